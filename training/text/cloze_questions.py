"""Clozes to train and to test on: from the novels and Lu Xun, and from the fairy tales of CMRC2017 and CFT.

A tenth of the documents of CMRC2017's user questions and of CFT is held out, by checksum; CMRC2017's cloze validation set is
for testing alone. A training document that shares a sentence of ten or more characters with any test passage is left out.
jieba, whose dictionary also says what is a noun, is needed for training alone.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.text.cloze.words import BLANK, Lexicon, Passage, blanks
from core.text.information import ppmi
from core.text.tokenizer import is_han, tidy
from training.text.packs import lines

__all__ = ["Tales", "lexicon", "tales", "vectors"]

FILE = "cloze_fairytale.jsonl.gz"
CLOZE, USER, INSIDE = "cmrc2017-cloze-valid", "cmrc2017-user-valid", "cft-human"
HELD_OUT_EVERY = 10
SHARED = 10  # characters of a sentence that counts as the same
ASKS = ("什么", "谁", "哪")
"""Words of a question in whose place the blank is set."""
TALES_COUNT = 30  # a word of the tales counts as thirty of the novels', of which there are some sixteen times as many
WINDOW, SMOOTHING, ROUNDS = 5, 0.75, 4  # of the co-occurrences, of the contexts' frequencies, of the randomised SVD
SPREAD = 0.5  # root mean square of a vector's numbers


@dataclass(frozen=True, slots=True)
class Tales:
    """``train``: documents as words. ``tests``: passages with their answers, by the name of the test set."""

    train: list[list[str]]
    tests: Mapping[str, list[Passage]]


def tales() -> Tales:
    """The fairy tales, split. Raises DatasetError."""
    rows = [json.loads(line) for line in lines(FILE)]
    documents = {row["src"] + "".join(row["doc"]): row for row in rows if row["src"] != CLOZE}
    held = {key for key in documents if zlib.crc32(key.encode()) % HELD_OUT_EVERY == 0}
    tests: dict[str, list[Passage]] = {"cmrc": [], "cft": [], "user": []}
    tested: set[str] = set()
    for row in rows:
        if row["src"] != CLOZE and row["src"] + "".join(row["doc"]) not in held:
            continue
        tested |= _sentences(row["doc"])
        if row["src"] in (CLOZE, INSIDE):
            tests["cmrc" if row["src"] == CLOZE else "cft"].append(_passage(_words(row["doc"]), row["answer"]))
        elif row["src"] == USER and (asked := _asked(row)) is not None:
            tests["user"].append(asked)
    train = [
        [row["answer"] if word == BLANK else word for word in _words(row["doc"])]
        for key, row in documents.items()
        if key not in held and tested.isdisjoint(_sentences(row["doc"]))
    ]
    return Tales(train, tests)


def _words(document: Iterable[str]) -> list[str]:
    return [
        word for word in tidy("\n".join(" ".join(document).replace(BLANK, f" {BLANK} ").split())).split("\n") if word
    ]


def _passage(words: list[str], answer: str) -> Passage:
    at = words.index(BLANK)
    return Passage(tuple(words[:at]), tuple(words[at + 1 :]), tidy(answer))


def _asked(row: Mapping[str, str]) -> Passage | None:
    """A question as a cloze: put after the passage, the blank in place of its 什么, 谁 or 哪; None without one of them."""
    question = _words([row["query"]])
    at = next((k for k, word in enumerate(question) if word.startswith(ASKS)), None)
    if at is None:
        return None
    return _passage([*_words(row["doc"]), *question[:at], BLANK, *question[at + 1 :]], row["answer"])


def _sentences(document: Iterable[str]) -> set[str]:
    bare = (re.sub(r"\W", "", sentence) for sentence in document)
    return {sentence for sentence in bare if len(sentence) >= SHARED}


@lru_cache(maxsize=1)
def _tags() -> Mapping[str, str]:
    import jieba.posseg

    jieba.posseg.lcut("词")  # loads the dictionary
    return jieba.posseg.dt.word_tag_tab


def lexicon(pieces: Iterable[Sequence[str]], documents: Iterable[Sequence[str]], size: int) -> Lexicon:
    """The ``size`` most frequent words of novels (``pieces``) and tales; nouns are those that jieba's dictionary calls so.

    A word of the tales that the dictionary lacks, of two or more Chinese characters, is taken for a noun.
    """
    counts, told = Counter[str](), Counter[str]()
    for piece in pieces:
        counts.update(piece)
    for document in documents:
        told.update(document)
    for word, count in told.items():
        counts[word] += TALES_COUNT * count
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    tags = _tags()
    nouns = {
        word for word in words
        if tags.get(word, "").startswith("n") or (word not in tags and word in told and len(word) > 1 and all(map(is_han, word)))
    }  # fmt: skip
    return Lexicon(tuple(words), tuple(counts[word] for word in words), frozenset(nouns))


def vectors(
    pieces: Iterable[Sequence[str]], documents: Iterable[Sequence[str]], known: Lexicon, size: int, seed: int
) -> np.ndarray:
    """Word vectors [V + 1, size] (float32): the truncated SVD of the positive pointwise mutual information, U √S, rows of one length.

    Co-occurrences within ``WINDOW`` words, a pair at distance k weighted by 1/k; the frequencies of contexts are smoothed by
    the power ``SMOOTHING``. Row 0, of unknown words, is zero.
    """
    import scipy.sparse
    from sklearn.utils.extmath import randomized_svd

    n = len(known.words) + 1
    found = scipy.sparse.csr_matrix((n, n), dtype=np.float32)
    for texts, weight in ((pieces, 1.0), (documents, float(TALES_COUNT))):
        gap = [0] * WINDOW  # so that no pair crosses the border of two texts
        row = np.array([k for text in texts for k in (*known.numbers(text), *gap)], np.int32)
        for distance in range(1, WINDOW + 1):
            a, b = row[:-distance], row[distance:]
            both = (a > 0) & (b > 0)
            values = np.full(int(both.sum()), weight / distance, np.float32)
            found = found + scipy.sparse.coo_matrix((values, (a[both], b[both])), (n, n)).tocsr()
    matrix = ppmi(found + found.T, SMOOTHING)
    left, values, _ = randomized_svd(matrix, size, n_iter=ROUNDS, random_state=seed)  # pyright: ignore
    made = left * np.sqrt(values)
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    made = made / np.maximum(lengths, 1e-9) * SPREAD * np.sqrt(size)
    made[0] = 0
    return made.astype(np.float32)


def cloze(words: Sequence[str], known: Lexicon, width: int, rng: np.random.Generator) -> Passage | None:
    """A cloze made of ``words``: a repeated noun is blanked, within a window of ``width`` words; None where there is none."""
    start = int(rng.integers(max(1, len(words) - width + 1)))
    window = words[start : start + width]
    places = blanks(window, known)
    return Passage.of(window, places[int(rng.integers(len(places)))]) if places else None
