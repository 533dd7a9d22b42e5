"""What visitors and callers cost a server: time, errors and memory, in both front ends: ``python -m bench.load``.

Three loads, one after another, on servers that this program starts on loopback:

- visits: the flagship page opened in a fresh browser context each time, as a new reader does, and left again;
- calls of the API (Gradio only), every tenth of which carries a text of 10 MB and must be refused;
- many visitors at once, each with a context of its own, all of whom open the page and move a slider.

Memory is the resident memory of the server's processes; it is read after the first ten visits or calls, when what is loaded
once has been loaded, and at the end. ``--visits``, ``--calls`` and ``--together`` shorten a run; the table says how many
there were.
"""

from __future__ import annotations

import gc
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated

import psutil
import typer
from gradio_client import Client

from bench.report import write
from gallery.doors import screenshots

SLUG, API, TEXT_API = "o-gan", "/hsic_play", "/gpt2_acrostic"
FIRST = 10  # visits or calls after which the server is warm
REFUSED_EVERY, REFUSED_BYTES = 10, 10_000_000
SECONDS = 120.0  # a call or a visit that takes longer is an error
UIS = ("streamlit", "gradio")


@dataclass
class Load:
    """Seconds of each visit or call, errors in words, and MiB when warm, at most and at the end."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warm: float = 0.0
    most: float = 0.0
    end: float = 0.0

    def cells(self) -> list[str]:
        p50 = statistics.median(self.times) if self.times else float("nan")
        p95 = sorted(self.times)[int(0.95 * len(self.times))] if self.times else float("nan")
        counts = [str(len(self.times)), str(len(self.errors)), f"{p50:.2f}", f"{p95:.2f}"]
        return [*counts, f"{self.warm:.0f}", f"{self.most:.0f}", f"{self.end:.0f}", f"{self.end - self.warm:+.0f}"]


def resident() -> float:
    """MiB of the servers that this process has started, with all their children."""
    servers = [child for child in psutil.Process().children() if "python" in child.name()]
    return sum(p.memory_info().rss for s in servers for p in (s, *s.children(recursive=True))) / 2**20


def repeated(count: int, act: Callable[[int], str]) -> Load:
    """``act`` ``count`` times, one after another; it returns "" or what went wrong, in words."""
    load = Load()
    for k in range(count):
        start = time.perf_counter()
        if said := act(k):
            load.errors.append(said)
        load.times.append(time.perf_counter() - start)
        now = resident()
        load.most = max(load.most, now)
        if k + 1 == min(FIRST, count):
            load.warm = now
    gc.collect()
    load.end = resident()
    return load


def visits(ui: str, count: int, together: int) -> tuple[Load, Load]:
    """New readers of the page one after another, then many of them at once."""
    from playwright.sync_api import sync_playwright

    with screenshots.server(ui) as base, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=screenshots.browser_path(), args=list(screenshots.BROWSER_ARGUMENTS)
        )

        def visit(k: int) -> str:
            context = browser.new_context(reduced_motion="reduce")
            try:
                page = context.new_page()
                page.goto(f"{base}/{SLUG}", timeout=1e3 * SECONDS)
                return "" if screenshots.ready(page, int(1e3 * SECONDS)) == "done" else "the page failed"
            except Exception as error:  # whatever a browser may raise is counted and told in the table
                return str(error).splitlines()[0]
            finally:
                context.close()

        alone = repeated(count, visit)
        crowd = Load(warm=resident())
        contexts = [browser.new_context(reduced_motion="reduce") for _ in range(together)]
        pages = [context.new_page() for context in contexts]
        start = time.perf_counter()
        for page in pages:  # all are opened before the first is waited for
            page.goto(f"{base}/{SLUG}", wait_until="commit", timeout=1e3 * SECONDS)
        for page in pages:
            try:
                if screenshots.ready(page, int(1e3 * SECONDS)) != "done":
                    crowd.errors.append("the page failed")
            except Exception as error:
                crowd.errors.append(str(error).splitlines()[0])
            crowd.times.append(time.perf_counter() - start)
            crowd.most = max(crowd.most, resident())
        for context in contexts:
            context.close()
        browser.close()
        crowd.end = resident()
    return alone, crowd


def calls(count: int) -> Load:
    """Calls of the API by Gradio's own client; every tenth is too large and must be refused."""
    with screenshots.server("gradio") as base:
        client = Client(base, verbose=False)
        large = "x" * REFUSED_BYTES

        def call(k: int) -> str:
            if k % REFUSED_EVERY != REFUSED_EVERY - 1:
                return _called(client, k)
            try:
                client.submit(large, api_name=TEXT_API).result(timeout=SECONDS)
            except Exception:  # however the client words a refusal
                return ""
            return "10 MB were taken"

        return repeated(count, call)


def _called(client: Client, k: int) -> str:
    """One ordinary call, of values not asked for before; "" or what went wrong."""
    try:
        client.submit(n=200 + k, api_name=API).result(timeout=SECONDS)
    except Exception as error:  # counted, and told under the table
        return f"{API}: {type(error).__name__}: {error}"
    return ""


def callers(count: int, threads: int = 8) -> Load:
    """Callers at once, each with a client of its own: their times, and that each is answered."""
    load, lock = Load(), threading.Lock()
    with screenshots.server("gradio") as base:

        def caller(first: int) -> None:
            client = Client(base, verbose=False)
            for k in range(first, first + count // threads):
                start = time.perf_counter()
                told = _called(client, k)
                with lock:
                    load.times.append(time.perf_counter() - start)
                    load.errors += [told] if told else []

        caller(0)
        load.times.clear()
        load.warm = resident()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(caller, range(1000, 1000 + 100 * threads, 100)))
        load.most = load.end = resident()
    return load


HEADER = ("load", "n", "errors", "p50, s", "p95, s", "MiB, warm", "MiB, most", "MiB, end", "grown")


def main(
    count: Annotated[int, typer.Option("--visits", min=FIRST)] = 500,
    called: Annotated[int, typer.Option("--calls", min=FIRST)] = 2000,
    together: Annotated[int, typer.Option(min=1)] = 50,
    ui: Annotated[list[str], typer.Option(help="streamlit, gradio or both")] = list(UIS),  # noqa: B006  # typer's own way
    note: Annotated[str, typer.Option(help="a line under the table")] = "",
    save: Annotated[bool, typer.Option(help="write bench/results/load.md")] = True,
) -> None:
    """Load the servers and write the table."""
    rows, said = [], []
    for name in ui:
        alone, crowd = visits(name, count, together)
        rows += [
            [f"{name}: visits of {SLUG}", *alone.cells()],
            [f"{name}: {together} visitors at once", *crowd.cells()],
        ]
        said += alone.errors + crowd.errors
    if "gradio" in ui and called:
        one, many = calls(called), callers(called // 4)
        rows += [
            [f"API: calls of {API}, every tenth 10 MB and refused", *one.cells()],
            ["API: eight callers at once", *many.cells()],
        ]
        said += one.errors + many.errors
    notes = [note] if note else []
    notes += [f"Errors: {'; '.join(sorted(set(said)))}"] if said else []
    if save:
        write("load", "Memory and time under load", HEADER, rows, notes)
    else:
        print("\n".join(" | ".join(map(str, row)) for row in [HEADER, *rows]), *notes, sep="\n")


if __name__ == "__main__":
    typer.run(main)
