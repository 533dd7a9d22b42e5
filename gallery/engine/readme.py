"""README's table of pages, made from the catalogue: ``python -m gallery.engine.readme`` (or ``make readme``) renews it."""

from __future__ import annotations

from gallery.engine.catalog import ROOT, Catalog, catalog

__all__ = ["BEGIN", "END", "pages_table", "renewed"]

BEGIN, END = "<!-- pages: made by `make readme` -->", "<!-- /pages -->"


def pages_table(pages: Catalog) -> str:
    """A row a page, by family: the page, its post, what a reader finds out."""
    rows = ["| page | post | what a reader finds out |", "|---|---|---|"]
    for _, name, entries in pages.families():
        rows.append(f"| **{name.en}** | | |")
        for entry in entries:
            page = entry.page
            file = f"{entry.module.replace('.', '/')}.py"
            rows.append(f"| [{page.title.en}]({file}) | [{page.post.id}]({page.post.address}) | {page.summary.en} |")
    return "\n".join(rows)


def renewed(readme: str, pages: Catalog) -> str:
    """README's text with the present table; ValueError when the marks are not there."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README has no {BEGIN} … {END}")
    return f"{head}{BEGIN}\n{pages_table(pages)}\n{END}{tail}"


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(renewed(path.read_text(encoding="utf-8"), catalog()), encoding="utf-8")
