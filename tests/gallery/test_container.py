"""The container's files: what the Dockerfile copies is there and not ignored, and its door and health check do what they say."""

from __future__ import annotations

import fnmatch
import re
import runpy
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml

from core.settings import CALLER_CAN_MEND
from gallery.engine.catalog import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COPIED = [name for line in re.findall(r"^COPY (?:--\S+ )*(.*) \S+$", DOCKERFILE, re.M) for name in line.split()]


def test_what_the_container_copies_is_there_and_not_ignored() -> None:
    assert {"app.py", "requirements.txt", "packages.txt", "core", "gallery", "pages", "assets"} <= set(COPIED)
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    left_out = [line for line in lines if line and not line.startswith(("#", "!")) and line != "*"]
    for name in COPIED:
        assert (ROOT / name).exists(), name
        assert name in kept, name
        assert not any(fnmatch.fnmatch(name, pattern) for pattern in left_out), name


def test_what_the_container_runs_is_copied() -> None:
    for path in re.findall(r'"(\w+/\w+\.\w+)"', DOCKERFILE):
        assert (ROOT / path).is_file() and path.split("/")[0] in COPIED, path


def test_the_container_is_no_root_and_listens_where_it_says() -> None:
    assert re.search(r"^USER gallery$", DOCKERFILE, re.M)
    exposed = re.search(r"^EXPOSE (.*)$", DOCKERFILE, re.M)
    assert exposed is not None
    assert set(exposed[1].split()) == set(re.findall(r"_SERVER_PORT=(\d+)", DOCKERFILE))


def test_an_unknown_door_is_refused_in_one_sentence() -> None:
    done = subprocess.run(["sh", "container/start.sh", "flask"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == CALLER_CAN_MEND
    assert done.stderr == "door = flask: must be streamlit or gradio\n"


@pytest.mark.parametrize(("variable", "status", "healthy"), [
    ("STREAMLIT_SERVER_PORT", 200, 0), ("GRADIO_SERVER_PORT", 200, 0), ("GRADIO_SERVER_PORT", 503, 1),
])  # fmt: skip
def test_health_is_an_answer_of_either_door(
    variable: str, status: int, healthy: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    nobody = "9"  # the port of «discard»: nothing listens there
    for name in ("STREAMLIT_SERVER_PORT", "GRADIO_SERVER_PORT"):
        monkeypatch.setenv(name, nobody)
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            monkeypatch.setenv(variable, str(server.server_port))
            assert runpy.run_path(str(ROOT / "container" / "healthy.py"))["main"]() == healthy
        finally:
            server.shutdown()
            thread.join()


def test_workflows_have_a_limit_and_run_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
            assert job["timeout-minutes"] > 0, (path, name)
            for step in job["steps"]:
                for targets in re.findall(r"^make (.*)$", step.get("run", ""), re.M):
                    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets.split()), targets
