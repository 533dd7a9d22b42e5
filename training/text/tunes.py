"""The patterns of ci, measured: ``python -m training.text.tunes`` prints the table that stands in core/text/tunes.py.

Of each tune the commonest lengths of lines among its texts, then the commonest marks among those. Kept are tunes with at least
40 texts of which at least three in ten agree on the lengths; 失调名 ("tune lost") is no tune.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from core.text.tunes import Tune
from training.command import run as run_command
from training.text.corpus import LINE, Document, documents

__all__ = ["measured"]

LEAST_TEXTS, LEAST_SHARE = 40, 0.3
NO_TUNE = "失调名"
KINDS = str.maketrans("！？；：", "。。。，")  # what ends a sentence counts as 。, a colon as ，
MARKS = re.compile("[，。、]")


def measured(texts: Iterable[Document]) -> Iterator[Tune]:
    """The tunes with enough texts that agree, the commonest first."""
    lengths: defaultdict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
    marks: defaultdict[tuple[str, tuple[int, ...]], Counter[str]] = defaultdict(Counter)
    for text in texts:
        if text.form != "词" or text.title in ("", NO_TUNE):
            continue
        sizes = tuple(len(line) for line in LINE.split(text.body) if line)
        lengths[text.title][sizes] += 1
        ends = "".join(MARKS.findall(text.body.translate(KINDS)))
        if len(ends) == len(sizes):
            marks[text.title, sizes][ends] += 1
    for name, found in sorted(lengths.items(), key=lambda item: -item[1].total()):
        sizes, agree = found.most_common(1)[0]
        share = agree / found.total()
        if found.total() < LEAST_TEXTS or share < LEAST_SHARE or not marks[name, sizes]:
            continue
        ends = marks[name, sizes].most_common(1)[0][0]
        yield Tune(name, "".join(f"{size}{mark}" for size, mark in zip(sizes, ends, strict=True)), found.total(), share)


def main() -> None:
    """Print the table."""
    for tune in measured(documents()):
        print(f"{tune.name} {tune.texts} {tune.share:.2f} {tune.pattern}")


if __name__ == "__main__":
    run_command(main)
