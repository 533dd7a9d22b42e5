"""Exit status 0 while the door of this container answers, else 1: what Docker's HEALTHCHECK runs."""

from __future__ import annotations

import os
import urllib.request

SECONDS = 4  # less than the check's own limit


def answers(method: str, address: str) -> bool:
    """Whether a request is answered with a success."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=SECONDS) as answer:
            return answer.status < 400
    except OSError:
        return False


def main() -> int:
    """The container has one door; HEAD builds no page there."""
    streamlit, gradio = os.environ["STREAMLIT_SERVER_PORT"], os.environ["GRADIO_SERVER_PORT"]
    doors = (("GET", f"http://127.0.0.1:{streamlit}/_stcore/health"), ("HEAD", f"http://127.0.0.1:{gradio}/"))
    return 0 if any(answers(*door) for door in doors) else 1


if __name__ == "__main__":
    raise SystemExit(main())
