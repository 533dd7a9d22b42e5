"""The Gradio front end: ``python app.py`` serves the gallery, its API and its MCP server at one port.

The main Blocks holds the named endpoints only; the pages stand behind the door (see :mod:`gallery.doors.gradio.routes`).
"""

from __future__ import annotations

import io
import os
import socket
import sys
from functools import partial

import gradio as gr
from starlette.middleware import Middleware

from core.settings import CALLER_CAN_MEND, BadSetting
from gallery.doors.api import add_endpoints, endpoints
from gallery.doors.gradio import zero_gpu
from gallery.doors.gradio.calls import LOOPBACK, Calls
from gallery.doors.gradio.frame import house_theme
from gallery.doors.gradio.routes import FORGET, MOST_WAITING, SESSIONS, Door, Rooms
from gallery.doors.guard import PORT_VARIABLE, Guard, Policy, check_settings, port_wanted
from gallery.engine import words
from gallery.engine.catalog import Catalog, catalog
from gallery.fields import ASSETS

__all__ = ["build_api", "launch", "main"]

THREADS = 80  # visitors waiting for a compute slot each hold one now and then; work itself is admitted by the slots


def main() -> None:
    """Serve until stopped. Host, port and public root come from the usual variables of Gradio.

    What cannot be used is said in one sentence on stderr, with exit status 2.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # the address appears at once also in a log
    try:
        zero_gpu.prepare()
        check_settings()
        blocks, _ = launch(catalog())
    except BadSetting as error:
        print(error, file=sys.stderr)
        raise SystemExit(CALLER_CAN_MEND) from None
    print(f"{words.HOUSE.zh} / {words.HOUSE.en}: {blocks.local_url}")
    blocks.block_thread()


def launch(pages: Catalog, port: int | None = None) -> tuple[gr.Blocks, Rooms]:
    """Start the server and return; ``close()`` of the Blocks ends it."""
    base = os.environ.get("GRADIO_ROOT_PATH", "").rstrip("/")
    name = os.environ.get("GRADIO_SERVER_NAME")
    wanted, policy = port or port_wanted(), Policy.read()
    check_port(name, wanted)
    rooms = Rooms(pages, base)
    blocks = build_api(pages)
    blocks.delete_cache = FORGET
    local = (name or "127.0.0.1") in LOOPBACK
    calls = partial(Calls, blocks=blocks, endpoints=endpoints(pages), policy=policy, local=local, rooms=rooms.blocks)
    blocks.launch(
        server_name=name,
        server_port=wanted,
        root_path=base or None,
        app_kwargs={"middleware": [Middleware(Guard, policy=policy), Middleware(Door, rooms=rooms, calls=calls)]},
        state_session_capacity=SESSIONS,
        mcp_server=True, ssr_mode=False, show_error=False, footer_links=[], run_history=False, max_threads=THREADS,
        favicon_path=ASSETS / "logo.svg", allowed_paths=[], theme=house_theme(), prevent_thread_lock=True,
        quiet=True, share=False,
    )  # fmt: skip
    return blocks, rooms


def check_port(name: str | None, port: int) -> None:
    """BadSetting where nothing can listen at ``port`` of the host ``name``: it is taken, or the host is not ours."""
    host = name or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            raise BadSetting(PORT_VARIABLE, f"{host}:{port}", f"free ({error.strerror or error})") from None


def build_api(pages: Catalog) -> gr.Blocks:
    """The Blocks that carries every named endpoint and MCP tool, and shows nothing itself."""
    with gr.Blocks(title=words.HOUSE.en, analytics_enabled=False) as blocks:
        add_endpoints(pages)
    blocks.queue(default_concurrency_limit=None, api_open=True, max_size=MOST_WAITING)
    return blocks
