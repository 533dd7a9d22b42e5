"""The Gradio front end: ``python app.py`` serves the gallery, its API and its MCP server at one port.

The main Blocks holds the named endpoints only; the pages stand behind the door (see :mod:`gallery.doors.gradio.routes`).
"""

from __future__ import annotations

import io
import os
import sys

import gradio as gr
from starlette.middleware import Middleware

from gallery.doors.api import add_endpoints
from gallery.doors.gradio.frame import house_theme
from gallery.doors.gradio.routes import Door, Rooms
from gallery.engine import words
from gallery.engine.catalog import Catalog, catalog
from gallery.fields import ASSETS

__all__ = ["build_api", "launch", "main"]

DEFAULT_PORT = 7860
THREADS = 80  # visitors waiting for a compute slot each hold one now and then; work itself is admitted by the slots


def main() -> None:
    """Serve until stopped. Host, port and public root come from the usual variables of Gradio."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # the address appears at once also in a log
    blocks, _ = launch(catalog())
    print(f"{words.HOUSE.zh} / {words.HOUSE.en}: {blocks.local_url}")
    blocks.block_thread()


def launch(pages: Catalog, port: int | None = None) -> tuple[gr.Blocks, Rooms]:
    """Start the server and return; ``close()`` of the Blocks ends it."""
    base = os.environ.get("GRADIO_ROOT_PATH", "").rstrip("/")
    rooms = Rooms(pages, base)
    blocks = build_api(pages)
    blocks.launch(
        server_name=os.environ.get("GRADIO_SERVER_NAME"),
        server_port=port or int(os.environ.get("GRADIO_SERVER_PORT", DEFAULT_PORT)),
        root_path=base or None,
        app_kwargs={"middleware": [Middleware(Door, rooms=rooms)]},
        mcp_server=True, ssr_mode=False, show_error=False, footer_links=[], run_history=False, max_threads=THREADS,
        favicon_path=ASSETS / "logo.svg", allowed_paths=[], theme=house_theme(), prevent_thread_lock=True,
        quiet=True, share=False,
    )  # fmt: skip
    return blocks, rooms


def build_api(pages: Catalog) -> gr.Blocks:
    """The Blocks that carries every named endpoint and MCP tool, and shows nothing itself."""
    with gr.Blocks(title=words.HOUSE.en, analytics_enabled=False) as blocks:
        add_endpoints(pages)
    blocks.queue(default_concurrency_limit=None, api_open=True)
    return blocks
