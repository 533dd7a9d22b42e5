"""What the page asks of the vectors that ship: neighbours, analogies, the word in a blank, the map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from core import weights
from core.refusal import Refusal
from core.text.vectors import Found, Piece, WordVectors
from core.text.word2vec.model import CBOW
from core.text.word2vec.shelf import CBOW_NAME, SKIP_GRAM_NAME, cbow, vectors

__all__ = [
    "Answer",
    "Guess",
    "Neighbours",
    "Plane",
    "Read",
    "analogy",
    "guess",
    "neighbours",
    "plane",
    "predict",
    "read",
]

BLANK = re.compile(r"[_\uff3f□]+")
SENTENCE = re.compile(r"[。！？!?；;…\n]+")
LANDMARKS, ROOM, EDGE = 8, (0.45, 0.12), 0.8  # how many; space of one on the map, which is [−1, 1]²; how far out
MAP_KEPT = 10  # neighbours whose survival on the map is measured


@dataclass(frozen=True)
class Neighbours:
    """The ``found`` neighbours of ``word``, how often it and they stand in the training text, and the card's figures."""

    word: str
    typed: str
    found: Found
    count: int
    counts: tuple[int, ...]
    length: float
    card: Mapping[str, float]

    @property
    def changed(self) -> bool:
        """Whether what was typed was simplified."""
        return self.word != self.typed.strip()


@dataclass(frozen=True)
class Answer:
    """``found``: x in a : b = c : x. ``plain`` are the neighbours of c alone, which an analogy must beat to say anything."""

    words: tuple[str, str, str]
    found: Found
    plain: Found
    card: Mapping[str, float]

    @property
    def shared(self) -> int:
        """How many answers are neighbours of c anyway."""
        return len(set(self.found.words) & set(self.plain.words))


def neighbours(word: str, table: str, k: int) -> Neighbours:
    """The ``k`` nearest words of ``word`` in one of the tables that ship. Raises Refusal (``word``) and WeightsError."""
    known = vectors(table)
    row = known.lookup(word)
    found = known.neighbours(row, k)
    counts = cbow().counts.tolist()
    return Neighbours(
        known.words[row], word, found, counts[row], tuple(counts[known.ids[one]] for one in found.words),
        float(np.linalg.norm(known.table[row])), _card(table),
    )  # fmt: skip


def analogy(a: str, b: str, c: str, table: str, k: int) -> Answer:
    """a : b = c : x. Raises Refusal (``a``, ``b``, ``c``) and WeightsError."""
    known = vectors(table)
    rows = [known.lookup(word, name) for name, word in (("a", a), ("b", b), ("c", c))]
    for name, at in (("b", 1), ("c", 2)):
        if rows[at] in rows[:at]:
            raise Refusal("三个词要各不相同", "the three words must differ", input=name, value=(a, b, c)[at])
    found = known.analogy(*rows, k)  # type: ignore[call-arg]
    words = tuple(known.words[row] for row in rows)
    return Answer(words, found, known.neighbours(rows[2], k), _card(table))  # type: ignore[arg-type]


def _card(table: str) -> Mapping[str, float]:
    return dict(weights.read_card(SKIP_GRAM_NAME if table == "skip-gram" else CBOW_NAME).metrics)


@dataclass(frozen=True)
class Read:
    """A reader's sentence around its blank: the pieces before and after, and the ids that CBOW sees.

    ``context`` [2 window] has the model's own row for unknown words and beyond the sentence. ``others`` says how many other
    sentences of the text were left aside.
    """

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    context: tuple[int, ...]
    window: int
    others: int

    @property
    def unknown(self) -> tuple[str, ...]:
        """Pieces that are no known word, each once."""
        return tuple(dict.fromkeys(piece.text for piece in (*self.before, *self.after) if not piece.known))

    @property
    def seen(self) -> int:
        """Known words inside the window."""
        return sum(piece.known for piece in (*self.before[-self.window :], *self.after[: self.window]))


def read(text: str, known: WordVectors, window: int, name: str = "text") -> Read:
    """The sentence with the blank, cut into words by longest match. Raises Refusal (``name``) unless there is exactly one blank."""
    sentences = [part for part in SENTENCE.split(text) if part.strip()]
    if not sentences:
        raise Refusal("请写一句话，空格处写 __", "write a sentence with __ where a word is missing", input=name)
    blanks = [(part, match) for part in sentences for match in BLANK.finditer(part)]
    if len(blanks) != 1:
        raise Refusal(
            f"要有且只有一个空（__）；这里有 {len(blanks)} 个",
            f"needs exactly one blank (__); there are {len(blanks)}",
            input=name,
        )
    sentence, blank = blanks[0]
    before, after = known.cut(sentence[: blank.start()]), known.cut(sentence[blank.end() :])
    other = len(known)
    left = [other if piece.id is None else piece.id for piece in before[-window:]]
    right = [other if piece.id is None else piece.id for piece in after[:window]]
    context = [other] * (window - len(left)) + left + right + [other] * (window - len(right))
    return Read(before, after, tuple(context), window, len(sentences) - 1)


@dataclass(frozen=True)
class Guess:
    """What CBOW says of a blank.

    words, p, unigram, uncorrected : the likeliest words with p(w|context), p(w), and p̃(w|context) of the sub-sampled targets.
    entropy, unigram_entropy : nat. shares [2 window] : for the first word w of ``words``, what each place of the window adds to z_w
    above its mean over p(·|context): ⟨u_w − Σ p u, v_c⟩. ``answer`` : (word, rank from 1, p, p(w)) of the word that the reader gave.
    """

    read: Read
    words: tuple[str, ...]
    p: np.ndarray
    unigram: np.ndarray
    uncorrected: np.ndarray
    entropy: float
    unigram_entropy: float
    shares: np.ndarray
    bias_share: float
    answer: tuple[str, int, float, float] | None
    card: Mapping[str, float]

    @cached_property
    def lift(self) -> np.ndarray:
        """log p(w|context) − log p(w), nat: the PMI of each word with the whole context."""
        return np.log(self.p / self.unigram)

    @property
    def raised(self) -> bool:
        """Whether the context makes the likeliest word likelier than its frequency does."""
        return bool(self.p[0] > self.unigram[0])

    @property
    def percent(self) -> np.ndarray:
        """p in per cent."""
        return 100 * self.p

    @property
    def unigram_percent(self) -> np.ndarray:
        """p(w) in per cent."""
        return 100 * self.unigram

    @property
    def perplexity(self) -> float:
        """e^entropy: among how many equally likely words it is undecided."""
        return float(np.exp(self.entropy))

    @property
    def unigram_perplexity(self) -> float:
        """The same for the frequencies alone."""
        return float(np.exp(self.unigram_entropy))

    @property
    def cut(self) -> str:
        """The pieces that the text near the blank was cut into, at most twice the window at each side."""
        w = 2 * self.read.window
        before, after = self.read.before[-w:], self.read.after[:w]
        pieces = [piece.text for piece in before] + ["__"] + [piece.text for piece in after]
        return " / ".join(pieces)

    @property
    def places(self) -> float:
        """What the places of the window add up to."""
        return float(self.shares.sum())

    @property
    def total(self) -> float:
        """What the places and the bias add up to: z_w − Σ p z."""
        return self.places + self.bias_share

    @property
    def letters(self) -> tuple[str, list[float], list[str | None]]:
        """The sentence as characters, each with a shade in [0, 1] and a note: its share in nat, "" outside the window, None for the blank."""
        most = max(float(self.shares.max()), 1e-9)
        shown: str = ""
        shades: list[float] = []
        notes: list[str | None] = []
        for side, pieces in enumerate((self.read.before, self.read.after)):
            for i, piece in enumerate(pieces):
                share = self.place(side, i)
                text = piece.text + " "
                shown += text
                shades += [max(share or 0.0, 0.0) / most] * len(piece.text) + [0.0]
                notes += ["" if share is None else f"{share:+.2f} nat"] * len(text)
            if side == 0:
                shown, shades, notes = shown + "__ ", [*shades, 0.0, 0.0, 0.0], [*notes, None, None, None]
        return shown, shades, notes

    def place(self, side: int, index: int) -> float | None:
        """The share of piece ``index`` before (``side`` 0) or after (1) the blank; None outside the window."""
        w, pieces = self.read.window, (self.read.before, self.read.after)[side]
        at = w - len(pieces) + index if side == 0 else w + index
        inside = 0 <= at < w if side == 0 else w <= at < 2 * w
        return float(self.shares[at]) if inside else None


def guess(text: str, answer: str, k: int, corrected: bool = True) -> Guess:
    """What stands in the blank of ``text``; ``answer`` may name the word to look up, or be empty. Raises Refusal and WeightsError."""
    model, known = cbow(), vectors("cbow")
    found = read(text, known, model.config.window)
    asked = known.lookup(answer, "answer") if answer.strip() else None
    told, tilted, plain, shares, bias = predict(model, found.context, corrected)
    order = torch.argsort(told, descending=True, stable=True)[:k].tolist()
    named = None
    if asked is not None:
        named = (
            known.words[asked],
            1 + int((told > told[asked]).sum()),
            float(told[asked].exp()),
            float(plain[asked].exp()),
        )
    return Guess(
        found, tuple(known.words[i] for i in order), told.exp()[order].numpy(), plain.exp()[order].numpy(),
        tilted.exp()[order].numpy(), float(-(told.exp() * told).sum()), float(-(plain.exp() * plain).sum()), shares.numpy(), bias,
        named, dict(weights.read_card(CBOW_NAME).metrics),
    )  # fmt: skip


@torch.inference_mode()
def predict(
    model: CBOW, context: tuple[int, ...], corrected: bool = True
) -> tuple[Tensor, Tensor, Tensor, Tensor, float]:
    """(log p, the other of log p and log p̃, log p(w), shares [2 window], the bias's share) of one context; on the CPU, float64."""
    places = torch.tensor([context], device=model.input.device)
    told, other = (model.log_probability(places, which)[0] for which in (corrected, not corrected))
    mean = told.exp() @ model.output.double()
    best = int(told.argmax())
    shares = model.input[places[0]].double() @ (model.output[best].double() - mean)
    bias = float(model.bias[best].double() - told.exp() @ model.bias.double())
    return told.cpu(), other.cpu(), model.log_unigram().cpu(), shares.cpu(), bias


@dataclass(frozen=True)
class Plane:
    """The most frequent words on the map; ``row`` is the word looked for, ``near`` its neighbours in space, by cosine.

    ``kept``: of the ten nearest in space (among those shown), how many are among the ten nearest on the map.
    """

    words: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    row: int
    near: tuple[int, ...]
    cosines: np.ndarray
    kept: int
    mean_kept: float
    by_chance: float

    @property
    def word(self) -> str:
        """The word looked for."""
        return self.words[self.row]

    @property
    def near_words(self) -> tuple[str, ...]:
        """Its neighbours."""
        return tuple(self.words[i] for i in self.near)

    def at(self, row: int) -> tuple[float, float]:
        """Where a word stands."""
        return float(self.x[row]), float(self.y[row])

    @property
    def asked(self) -> int:
        """How many neighbours are marked."""
        return len(self.near)

    @property
    def _landmarks(self) -> list[int]:
        """Frequent words to find one's way by, far from each other and from the word and its neighbours."""
        places = np.stack([self.x, self.y], 1).astype(float)
        taken = [self.row, *self.near]
        kept: list[int] = []
        for k, word in enumerate(self.words):
            away = np.abs(places[[*taken, *kept]] - places[k])
            if len(word) > 1 and not (away < ROOM).all(1).any() and np.abs(places[k]).max() < EDGE:
                kept.append(k)
            if len(kept) == LANDMARKS:
                break
        return kept

    @property
    def landmarks(self) -> tuple[list[float], list[float]]:
        """(x, y) of the landmarks."""
        rows = self._landmarks
        return self.x[rows].astype(float).tolist(), self.y[rows].astype(float).tolist()

    @property
    def landmark_words(self) -> tuple[str, ...]:
        """The landmarks' names."""
        return tuple(self.words[k] for k in self._landmarks)

    @property
    def near_x(self) -> np.ndarray:
        """Where its neighbours stand."""
        return self.x[list(self.near)]

    @property
    def near_y(self) -> np.ndarray:
        """Where its neighbours stand."""
        return self.y[list(self.near)]


def plane(word: str, count: int, k: int) -> Plane:
    """The map of the ``count`` most frequent words, with ``word`` (added where it is rarer). Raises Refusal and WeightsError."""
    known = vectors("cbow")
    wanted = known.lookup(word)
    rows = [*range(count), *([wanted] if wanted >= count else [])]
    places = cbow().plane.float().cpu().numpy()[rows]
    row, units = rows.index(wanted), known.units[rows]
    cosines = units @ units[row]
    cosines[row] = -np.inf
    near = np.argsort(-cosines, kind="stable")[:k]
    sample = np.unique(np.linspace(0, len(rows) - 1, 200).astype(int))
    kept = [_kept(units, places, int(one)) for one in sample]
    return Plane(
        tuple(known.words[i] for i in rows), places[:, 0], places[:, 1], row, tuple(map(int, near)), cosines[near],
        _kept(units, places, row), float(np.mean(kept)), MAP_KEPT**2 / (len(rows) - 1),
    )  # fmt: skip


def _kept(units: np.ndarray, places: np.ndarray, row: int) -> int:
    """How many of the ten nearest by cosine are among the ten nearest on the map."""
    cosines, gaps = units @ units[row], np.square(places - places[row]).sum(1)
    cosines[row], gaps[row] = -np.inf, np.inf
    return len(set(np.argsort(-cosines)[:MAP_KEPT].tolist()) & set(np.argsort(gaps)[:MAP_KEPT].tolist()))
