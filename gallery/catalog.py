"""Catalog: finds the pages under pages/, checks their slugs, groups them by family.

Nobody lists the pages by hand: a file ``pages/<family>/<page>.py`` with a module-level ``PAGE`` is a page.
"""

from __future__ import annotations

import datetime
import importlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from gallery import outputs, words
from gallery.inputs import Inputs
from gallery.page import Lang, Page, Post, Tab
from gallery.text import Text, t

__all__ = ["FAMILIES", "Catalog", "Entry", "UnknownPage", "catalog"]

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
PAGES_VARIABLE = "GALLERY_PAGES"
"""Environment variable: another folder of pages inside the repository (the tests' kitchen of every kind of input)."""

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


@dataclass(frozen=True)
class Entry:
    """A page and where it stands."""

    slug: str
    family: str
    module: str

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


class _Nothing(Inputs):
    """A page that is not there asks for nothing."""


def _unavailable(slug: str) -> Page:
    """What stands in the place of a page that cannot be imported."""
    said = words.PAGE_BROKEN

    def run(inputs: Inputs, lang: Lang) -> dict[str, str]:
        raise ValueError(said(lang))

    tab = Tab(
        "unavailable",
        t("载入失败", "Not loaded"),
        said,
        _Nothing,
        (outputs.figure("nothing"),),
        run,
        lambda i: "",
        lambda i: 0.0,
        1.0,
    )
    post = Post(0, t("载入失败", "Not loaded"), datetime.date.min, said, said)
    return Page(
        t(f"{slug}（载入失败）", f"{slug} (not loaded)"),
        said,
        post,
        (tab,),
        lambda: (),
        datetime.date.min,
        striking=-1,
    )


def find(folder: Path) -> Catalog:
    """The pages in ``folder`` (laid out as pages/): ValueError for an unknown family or a slug used twice."""
    entries: dict[str, Entry] = {}
    package = ".".join(folder.resolve().relative_to(ROOT).parts)
    for path in sorted(p for p in folder.glob("*/*.py") if not p.stem.startswith("_")):
        family, slug = path.parent.name, path.stem.replace("_", "-")
        if family not in FAMILIES:
            raise ValueError(f"{path}: no family {family!r}; there are {', '.join(FAMILIES)}")
        if slug in entries:
            raise ValueError(f"{path}: the slug {slug!r} is taken by {entries[slug].module}")
        entries[slug] = Entry(slug, family, f"{package}.{family}.{path.stem}")
    return Catalog(entries)


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """The gallery's catalog, read once a process."""
    return find(ROOT / os.environ.get(PAGES_VARIABLE, "pages"))
