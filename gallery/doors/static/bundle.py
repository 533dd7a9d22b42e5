"""Bundle: the scripts and the style sheet that all pages of the site share.

One classic script: a page that is opened from a folder may not import modules.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from pathlib import Path

from gallery.components import FOLDER, NAMES, form_style, gradio_parts, source
from gallery.doors.static.vendor import vendored
from gallery.engine import render
from gallery.engine.front_page import find_script

__all__ = [
    "frame_script", "katex_files", "katex_style", "plotly_script", "site_script", "site_style", "small_plotly_script",
]  # fmt: skip

HERE = Path(__file__).parent / "web"
IMPORT = re.compile(r"^import .*$\n?", re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)
FONT = re.compile(r"src:url\(fonts/([\w-]+)\.woff2\)[^;}]*")
FORM = ("dom.js", "table.js", "form.js")
"""The modules of the form, each after those that it imports."""


@lru_cache(maxsize=1)
def site_script() -> str:
    """The components, the form, the search of the front page, and what moves a page (web/site.js), in one function."""
    mounts = "".join(f"{name}: (() => {{\n{_plain(source(name))}\nreturn mount;\n}})(),\n" for name in NAMES)
    form = "\n".join(_plain((FOLDER / name).read_text(encoding="utf-8")) for name in FORM)
    inside = "const { sketch, point, picture, file, play: playing } = mounts;"
    page = _plain((HERE / "site.js").read_text(encoding="utf-8"))
    return (
        f'(() => {{\n"use strict";\nconst mounts = {{\n{mounts}}};\n'
        f"const mountForm = (() => {{\n{inside}\n{form}\nreturn mount;\n}})();\n{page}\n}})();\n{find_script()}"
    )


def frame_script() -> str:
    """What a foreign page loads to embed tabs (web/frame.js)."""
    return (HERE / "frame.js").read_text(encoding="utf-8")


def site_style() -> str:
    """The house's style sheet in both palettes, the components', the form's, and the static page's own."""
    canvases = "".join(str(gradio_parts(name)["css_template"]) for name in NAMES)
    own = (HERE / "site.css").read_text(encoding="utf-8")
    return f"{render.css()}\n{canvases}\n{form_style()}\n{own}"


def plotly_script() -> str:
    """plotly.js as the package plotly carries it."""
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


def katex_files() -> dict[str, bytes]:
    """KaTeX, which sets the formulas: script, style sheet and fonts by their paths. Raises NotVendored without npm's packages."""
    folder = vendored() / "katex" / "dist"
    paths = [folder / "katex.min.js", folder / "katex.min.css", *sorted((folder / "fonts").glob("*.woff2"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def katex_style() -> str:
    """KaTeX's style sheet with its fonts inside, for a page that is one file."""
    files = katex_files()
    sheet = files["katex.min.css"].decode()

    def inlined(found: re.Match[str]) -> str:
        data = base64.b64encode(files[f"fonts/{found[1]}.woff2"]).decode("ascii")
        return f'src:url(data:font/woff2;base64,{data}) format("woff2")'

    return FONT.sub(inlined, sheet)


def small_plotly_script() -> str:
    """plotly.js without maps and three dimensions, a third of the whole; Raises NotVendored without npm's packages."""
    folder = vendored() / "plotly.js-cartesian-dist-min"
    return (folder / "plotly-cartesian.min.js").read_text(encoding="utf-8")


def _plain(module: str) -> str:
    """The text of a module without its imports and exports."""
    return EXPORT.sub("", IMPORT.sub("", module))
