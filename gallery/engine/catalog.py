"""Catalog: finds the pages under pages/, checks their slugs, groups them by family.

Nobody lists the pages by hand: a file ``pages/<family>/<page>.py`` with a module-level ``PAGE`` is a page.
"""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from core.checks import Check
from core.refusal import Refusal
from core.settings import BadSetting
from gallery import outputs
from gallery.engine import words
from gallery.page import Page, Post, Tab
from gallery.text import Text, t

__all__ = ["FAMILIES", "Catalog", "Entry", "Measured", "UnknownPage", "catalog"]

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES_VARIABLE = "GALLERY_PAGES"
"""Environment variable: another folder of pages inside the repository (the tests' kitchen of every kind of input)."""

SHARED = "shared"
"""A folder of pages/ for what several pages show alike; it holds no page."""

FAMILIES: Mapping[str, Text] = {
    "gan": t("生成对抗网络", "GANs"),
    "vae": t("变分自编码器", "VAEs"),
    "flow": t("流模型", "Flows"),
    "text": t("文本", "Text"),
    "vision": t("视觉", "Vision"),
    "stats": t("概率统计", "Statistics"),
    "maths": t("数学", "Mathematics"),
    "tricks": t("训练技巧", "Training tricks"),
}


class UnknownPage(LookupError):
    """No page has this slug; the message lists those there are."""


@dataclass
class Measured:
    """How many facts a page has, once they have been measured in this process; 0 until then."""

    count: int = 0


@dataclass(frozen=True)
class Entry:
    """A page and where it stands."""

    slug: str
    family: str
    module: str
    measured: Measured = field(default_factory=Measured, compare=False, repr=False)

    @cached_property
    def page(self) -> Page:
        """The declaration; imported when first asked for. A page that cannot be imported says so, and the others live."""
        try:
            page = importlib.import_module(self.module).PAGE
        except Exception:  # whatever a page's code raises while it is read
            log.exception("the page %s cannot be imported", self.module)
            return _unavailable(self.slug)
        if not isinstance(page, Page):
            raise TypeError(f"{self.module}.PAGE is a {type(page).__name__}, not a Page")
        return page

    def checks(self) -> Iterable[Check]:
        """The model's facts, measured as they are asked for: the page's own, or those that stand beside the model.

        ``checks()`` stands in ``core.<family>.<page>``, or, where the model is long, in ``…_verification`` or in
        ``….verification``. Raises LookupError when none of them has it.
        """
        if self.page.checks is not None:
            return self.page.checks()
        name = self.checks_module
        if name is None:
            model = self._model
            raise LookupError(f"{self.slug}: no checks() in {model}, {model}_verification or {model}.verification")
        return importlib.import_module(name).checks()

    @property
    def checks_module(self) -> str | None:
        """Where the facts stand beside the model; None for a page that has its own, or none."""
        names = (self._model, f"{self._model}_verification", f"{self._model}.verification")
        return next((n for n in names if _is_module(n) and hasattr(importlib.import_module(n), "checks")), None)

    @property
    def _model(self) -> str:
        return f"core.{self.family}.{self.slug.replace('-', '_')}"


@dataclass(frozen=True)
class Catalog:
    """All pages: by slug, by family, and in the front page's order."""

    entries: Mapping[str, Entry]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def __getitem__(self, slug: str) -> Entry:
        try:
            return self.entries[slug]
        except KeyError:
            raise UnknownPage(f"page = {slug}: must be one of {' | '.join(self.entries)}") from None

    def families(self) -> list[tuple[str, Text, list[Entry]]]:
        """(family, its name, its pages) in the house's order, without empty families."""
        groups = [(f, name, [e for e in self if e.family == f]) for f, name in FAMILIES.items()]
        return [group for group in groups if group[2]]

    def front(self) -> list[Entry]:
        """The most striking first, then the newest."""
        return sorted(self, key=lambda e: (-e.page.striking, -e.page.added.toordinal(), e.slug))


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is a module and no package
        return False


class _Unavailable(Tab):
    """What stands in the place of a page that cannot be imported."""

    slug = "unavailable"
    label = t("载入失败", "Not loaded")
    question = words.PAGE_BROKEN
    outputs = (outputs.figure("nothing"),)

    def compute(self) -> None:
        raise Refusal(*words.PAGE_BROKEN)


def _unavailable(slug: str) -> Page:
    said = words.PAGE_BROKEN
    title = t(f"{slug}（载入失败）", f"{slug} (not loaded)")
    post = Post(0, t("载入失败", "Not loaded"), datetime.date.min, said, said)
    return Page(title, said, post, (_Unavailable,), datetime.date.min, striking=-1, checks=lambda: ())


def find(folder: Path) -> Catalog:
    """The pages in ``folder`` (laid out as pages/): ValueError for an unknown family or a slug used twice."""
    entries: dict[str, Entry] = {}
    package = ".".join(folder.resolve().relative_to(ROOT).parts)
    for path in sorted(p for p in folder.glob("*/*.py") if not p.stem.startswith("_") and p.parent.name != SHARED):
        family, slug = path.parent.name, path.stem.replace("_", "-")
        if family not in FAMILIES:
            raise ValueError(f"{path}: no family {family!r}; there are {', '.join(FAMILIES)}")
        if slug in entries:
            raise ValueError(f"{path}: the slug {slug!r} is taken by {entries[slug].module}")
        entries[slug] = Entry(slug, family, f"{package}.{family}.{path.stem}")
    return Catalog(entries)


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """The gallery's catalog, read once a process; BadSetting where the variable names no folder of pages inside it."""
    given = os.environ.get(PAGES_VARIABLE, "pages")
    folder = (ROOT / given).resolve()
    if not (folder.is_dir() and folder.is_relative_to(ROOT)):
        raise BadSetting(PAGES_VARIABLE, given, "a folder inside the repository")
    return find(folder)
