"""Texts for training: poems of Tang and Song, ci, qu, classical novels and Lu Xun's prose, as documents with their form.

From the folder that ``GALLERY_DATA`` names, else from their public origins (training/text/origins.py). What is held out
depends on the text alone, so that every model holds out the same: one poem in fifty, one chapter in fifty, and every text
that shares a line with the verse which ships in assets/examples.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.data.examples import verse
from core.text.prosody import FORMS, form_of
from core.text.tokenizer import BODY, END, PAD, Tokenizer
from training.text.packs import lines

__all__ = [
    "TITLE_SHOWN",
    "Document",
    "Packed",
    "couplets",
    "documents",
    "is_held_out",
    "split",
    "split_couplets",
    "vocabulary",
]

HELD_OUT_EVERY = 50
CHUNK = 240  # characters of prose in one document: with form and title it fits into 256 tokens
TITLE_MOST = 12
TITLE_SHOWN = 0.6  # share of training texts that carry their title
LINE = re.compile(r"[，。！？；：、\n]")


@dataclass(frozen=True, slots=True)
class Document:
    """One text: its ``form`` (五绝 … 小说), ``title`` (the tune of a 词, the book of a novel) and ``body``."""

    form: str
    title: str
    body: str


def is_held_out(text: str) -> bool:
    """Whether ``text`` is one of the fiftieth that no model is trained on: by its checksum, the same on every machine."""
    return zlib.crc32(text.encode()) % HELD_OUT_EVERY == 0


def documents() -> Iterator[Document]:
    """All texts: poems of one volume of a poet as they stand, prose in pieces of about 240 characters, cut at paragraphs."""
    seen: set[str] = set()
    for file in ("poems_notsong.jsonl.gz", "poems_song.jsonl.xz"):
        for line in lines(file):
            poem = json.loads(line)
            body = "".join(poem["p"])
            if len(body) < 8 or body in seen or "□" in body:
                continue
            seen.add(body)
            yield Document(form_of(poem["k"], poem["p"]), _title(poem["t"], poem["k"]), body)
    for file, form in (("novels_classic.txt.gz", "小说"), ("luxun.txt.gz", "散文")):
        yield from _prose(lines(file), form)


def couplets(length: int) -> list[str]:
    """Tang couplets of two lines of ``length`` (5 or 7) characters each, without punctuation."""
    return [LINE.sub("", line) for line in lines(f"couplets_tang{length}.txt.gz")]


def split(texts: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """(training, held out). A text that shares a line of five or more characters with the shipped verse is in neither."""
    shipped = {line for poem in verse() for line in LINE.split(poem.text) if len(line) >= 5}
    train, held = [], []
    for text in texts:
        if not shipped.isdisjoint(LINE.split(text.body)):
            continue
        (held if is_held_out(text.body) else train).append(text)
    return train, held


def split_couplets(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """(training, held out) of couplets without marks; none that shares a line with the shipped verse."""
    shipped = {line for poem in verse() for line in LINE.split(poem.text)}
    train, held = [], []
    for text in texts:
        half = len(text) // 2
        if text[:half] not in shipped and text[half:] not in shipped:
            (held if is_held_out(text) else train).append(text)
    return train, held


def vocabulary(texts: Sequence[str], size: int, forms: Sequence[str] = FORMS) -> Tokenizer:
    """The tokenizer of the ``size`` most frequent characters of ``texts`` (ties in order of code point)."""
    counts = Counter[str]()
    for text in texts:
        counts.update(text)
    ordered = sorted(counts, key=lambda c: (-counts[c], c))
    return Tokenizer(forms, (c for c in ordered[:size] if not c.isspace() or c == "\n"))


class Packed:
    """Documents as tokens, drawn into rows that are packed with whole texts, first fit: little is padded, nothing cut."""

    def __init__(self, texts: Sequence[Document], tokenizer: Tokenizer, context: int) -> None:
        self.context = context
        heads, bodies = [], []
        for text in texts:
            form = tokenizer.form(text.form)
            title = tokenizer.encode_plain(text.title)
            heads.append(np.array([form, *title, BODY], np.int16))
            bodies.append(np.array([*tokenizer.encode_plain(text.body), END], np.int16))
        self.heads, self.bodies = heads, bodies

    def text(self, k: int, titled: bool) -> np.ndarray:
        """Tokens of document ``k``: form, title if ``titled``, [BODY], body, [END]; at most context + 1 of them."""
        head = self.heads[k]
        head = head if titled else head[[0, -1]]
        return np.concatenate([head, self.bodies[k]])[: self.context + 1]

    def batch(self, tokens: int, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """(inputs, targets, texts), each [tokens / context, context]; targets are −1 on padding, texts number the documents."""
        rows = tokens // self.context
        picks = np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng, device=rng.device)))
        inputs = np.full((rows, self.context), PAD, np.int64)
        targets, texts = np.full_like(inputs, -1), np.zeros_like(inputs)
        filled, misses, number = np.zeros(rows, int), 0, 0
        while misses < 8 and filled.min() < self.context - 8:
            text = self.text(int(picks.integers(len(self.bodies))), picks.random() < TITLE_SHOWN)
            n = len(text) - 1
            fits = np.flatnonzero(filled + n <= self.context)
            if not len(fits):
                misses += 1
                continue
            row, number = fits[0], number + 1
            place = slice(filled[row], filled[row] + n)
            inputs[row, place], targets[row, place], texts[row, place] = text[:-1], text[1:], number
            filled[row] += n
        return tuple(torch.from_numpy(a) for a in (inputs, targets, texts))  # type: ignore[return-value]


def _title(title: str, collection: str) -> str:
    """What a title tells of a poem: for 词 and 曲 the tune alone, else its first words without numbers of a series."""
    if collection in ("ci", "wudai", "nalan"):
        title = re.split(r"[·・ （(]", title)[0]
    elif collection == "qu":
        title = re.split(r"[·・]", title)[-1]
    title = re.sub(r"(其[一二三四五六七八九十]+|[一二三四五六七八九十]+首?)$", "", re.split(r"[\s　（(]", title)[0])
    return title[:TITLE_MOST]


def _prose(lines: Iterable[str], form: str) -> Iterator[Document]:
    book, piece = "", ""
    for line in lines:
        line = line.strip().replace("　", "").replace(" ", "")
        name = re.fullmatch(r"《(.+)》", line)
        if name or re.match(r"第[零〇一二三四五六七八九十百]+[回章卷]", line):
            if len(piece) > 40:
                yield Document(form, book[:TITLE_MOST], piece)
            book, piece = (name[1] if name else book), ""
            continue
        while line:
            room = CHUNK - len(piece)
            if len(line) <= room:
                piece, line = piece + line + "\n", ""
            else:
                cut = max((line.rfind(mark, 0, room) for mark in "。！？”；"), default=-1) + 1 or room
                piece, line = piece + line[:cut], line[cut:]
            if len(piece) > CHUNK - 40 or line:
                yield Document(form, book[:TITLE_MOST], piece)
                piece = ""
    if len(piece) > 40:
        yield Document(form, book[:TITLE_MOST], piece)
