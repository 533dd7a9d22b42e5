"""Prose cut into words by jieba: the sentences of the novels and of Lu Xun for word vectors, whole pieces of them for clozes.

jieba is needed for training alone. Segmenting thirteen million characters takes some two minutes; the words are then kept in
the cache folder. What is held out depends on the text alone (:func:`training.text.corpus.split`).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from core.text.tokenizer import is_han, tidy
from training.text.corpus import Document, documents, split

__all__ = ["PROSE", "pieces", "prose", "sentences"]

Cut = Callable[[str], Iterator[list[str]]]

PROSE = ("小说", "散文")
"""Forms of the documents that are segmented: novels and Lu Xun's prose."""

CUT_VERSION = 1
"""Raised whenever what :func:`sentences` or :func:`pieces` keep of a text changes."""
STOP = re.compile(r"[。！？；…\n]+")


def prose() -> tuple[list[Document], list[Document]]:
    """(training, held out): the documents of novels and of Lu Xun. Raises DatasetError."""
    train, held = split(documents())
    return [x for x in train if x.form in PROSE], [x for x in held if x.form in PROSE]


def sentences(cache: Path | None = None) -> tuple[list[list[str]], list[list[str]]]:
    """(training, held out): sentences as lists of words. Only words of Chinese characters stay; empty sentences go.

    Kept in ``cache`` (the user's cache folder of the gallery when it is None) under a name made of the texts' own checksum,
    jieba's version and that of the cut (``CUT_VERSION``): another dictionary cuts other words.
    Raises DatasetError.
    """
    return _both("words", _sentences, cache)


def pieces(cache: Path | None = None) -> tuple[list[list[str]], list[list[str]]]:
    """(training, held out): pieces of some 240 characters as words with their punctuation, kept as :func:`sentences` are."""
    return _both("pieces", _whole, cache)


def _both(kind: str, cut: Cut, cache: Path | None) -> tuple[list[list[str]], list[list[str]]]:
    import pooch

    folder = cache or Path(pooch.os_cache("kexue-gallery"))
    train, held = (_kept(kind, cut, [text.body for text in texts], folder) for texts in prose())
    return train, held


def _kept(kind: str, cut: Cut, texts: list[str], folder: Path) -> list[list[str]]:
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    path = folder / f"{kind}-{digest}-jieba{version('jieba')}-cut{CUT_VERSION}.txt.gz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")  # two recipes may begin at once
        with gzip.open(unfinished, "wt", encoding="utf-8", compresslevel=4) as file:
            file.writelines(" ".join(words) + "\n" for text in texts for words in cut(text))
        unfinished.replace(path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [list(map(sys.intern, line.split())) for line in file]  # a word is kept once


def _sentences(text: str) -> Iterator[list[str]]:
    import jieba

    for sentence in STOP.split(text):
        words = [word for word in jieba.lcut(sentence) if all(map(is_han, word))]
        if words:
            yield words


def _whole(text: str) -> Iterator[list[str]]:
    import jieba

    yield [word for word in jieba.lcut(tidy(text)) if word.strip()]
