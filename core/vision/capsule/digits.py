"""Two digits before the readers: the picture put together, what each reader says, and how the votes are coupled round by round."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from core import weights
from core.codec import device_of
from core.vision.capsule.choosing import Chosen
from core.vision.capsule.choosing import own as drawing_of
from core.vision.capsule.model import DIGITS, HEADS, SIDE, Reader, Readers, name_of
from core.vision.capsule.pairs import SURE, Pairs, Told, told
from core.vision.capsule.routing import CONSTANT, ROUTINGS, rounds, squash

__all__ = [
    "LAST", "MEASURES", "NAME", "RECORD", "Answered", "Apart", "Coupled", "Measured", "Share", "answered", "apart", "coupled", "measured",
    "own_pairs", "readers", "together",
]  # fmt: skip

NAME, RECORD = "capsule-readers", "record.json"
MEASURES = ("single", "pair", "sure", "alone", "even")
LAST = 5  # updates of the coupling that are shown: r = 1 … 6
AT_ONCE = 50  # pictures of two digits


def readers() -> Readers:
    """The shipped readers. Raises WeightsError."""
    return weights.load(NAME)


def together(above: Tensor, below: Tensor, gap: int = 0, beside: bool = False) -> Tensor:
    """Two digits [..., 28, 28] as one picture, ``gap`` pixels of black between their frames (negative: the frames overlap, the darker ink gives way)."""
    axis = -1 if beside else -2
    size = SIDE + SIDE + gap
    shape = list(above.shape)
    shape[axis] = size
    first, second = above.new_zeros(shape), above.new_zeros(shape)
    first.narrow(axis, 0, SIDE).copy_(above)
    second.narrow(axis, size - SIDE, SIDE).copy_(below)
    return torch.maximum(first, second)


@dataclass(frozen=True)
class Answered:
    """One picture [H, W] uint8 before all readers: the probabilities ``p`` [2, seeds, 10] of A and B, and the true ``digits``, if known."""

    picture: np.ndarray
    p: np.ndarray
    digits: tuple[int, int] | None

    @cached_property
    def pairs(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """The two most probable digits, the smaller first, by kind of reader and seed."""
        return tuple(tuple(_largest(p) for p in kind) for kind in self.p)

    @cached_property
    def second(self) -> np.ndarray:
        """The probability of the second of them [2, seeds]."""
        return np.sort(self.p, 2)[:, :, -2]

    def says(self, kind: int, seed: int) -> tuple[tuple[int, int], float]:
        """The pair of a reader, and the probability of its second digit."""
        return self.pairs[kind][seed], float(self.second[kind, seed])

    @property
    def both(self) -> np.ndarray:
        """Whether both lie above one half, bool [2, seeds]."""
        return self.second > SURE

    @property
    def same(self) -> bool:
        """Whether the two digits are known and one and the same: no pair can be right then."""
        return self.digits is not None and self.digits[0] == self.digits[1]

    @property
    def right(self) -> np.ndarray | None:
        """Whether the pair is right, bool [2, seeds]; None where the digits are not known or the same."""
        if self.digits is None or self.same:
            return None
        return np.array([[pair == tuple(sorted(self.digits)) for pair in kind] for kind in self.pairs])


@torch.inference_mode()
def answered(above: Chosen, below: Chosen) -> Answered:
    """What all readers say of two digits, one above the other. Raises WeightsError."""
    model = readers()
    x = together(above.ink, below.ink)[None, None].to(device_of(model))
    p = [[model(x, head, seed)[0].cpu().double().numpy() for seed in range(model.seeds)] for head in HEADS]
    return Answered(_levels(x[0, 0]), np.array(p), _known(above, below))


@dataclass(frozen=True)
class Coupled:
    """The routing of one picture after 0 … LAST updates of the coupling.

    ``coupling`` [T, rows, columns, 10] of the places of the map, ``lengths`` [T, 10] of the squashed capsules, and the mean
    ``entropy`` of the coupling of a place [T] in bits.
    """

    picture: np.ndarray
    coupling: np.ndarray
    lengths: np.ndarray
    entropy: np.ndarray
    digits: tuple[int, int] | None

    @property
    def seen(self) -> np.ndarray:
        """The part of the picture over which the centres of the map's places lie: they are two pixels apart."""
        rows, columns = (2 * n for n in self.coupling.shape[1:3])
        top, left = ((whole - part) // 2 for whole, part in zip(self.picture.shape, (rows, columns), strict=True))
        return self.picture[top : top + rows, left : left + columns]

    @property
    def highest(self) -> float:
        """The largest coupling of any place and round."""
        return float(self.coupling.max())

    def largest(self, step: int) -> float:
        """The largest coupling after ``step`` updates; 0.1 where all are alike."""
        return float(self.coupling[step].max())

    def leading(self, step: int) -> tuple[int, int]:
        """The two longest capsules after ``step`` updates, the longest first."""
        order = np.argsort(-self.lengths[step], kind="stable")
        return int(order[0]), int(order[1])


@torch.inference_mode()
def coupled(above: Chosen, below: Chosen, seed: int, constant: float = CONSTANT) -> Coupled:
    """The coupling of two digits in reader B of ``seed``, with κ = ``constant`` in the squash. Raises WeightsError."""
    model = readers()
    reader = model.readers[name_of("capsules", seed)]
    assert isinstance(reader, Reader)
    x = together(above.ink, below.ink)[None, None].to(device_of(model))
    places = reader.body(x).shape[2:]
    votes = reader.cast(x)
    couplings, lengths = [], []
    for c, v in islice(rounds(votes), LAST + 1):
        couplings.append(c[0].unflatten(0, places).cpu().double().numpy())
        lengths.append(squash(v, constant)[0].norm(dim=-1).cpu().double().numpy())
    c = np.array(couplings)
    bits = -(c * np.log2(np.clip(c, 1e-300, None))).sum(-1).mean((1, 2))
    return Coupled(_levels(x[0, 0]), c, np.array(lengths), bits, _known(above, below))


@dataclass(frozen=True, slots=True)
class Share:
    """Shares by seed: single digits, pairs, pairs with both above one half, and with no other above it; and pairs with a single
    routing, all couplings alike (of A the same as ``pair``)."""

    single: tuple[float, ...]
    pair: tuple[float, ...]
    sure: tuple[float, ...]
    alone: tuple[float, ...]
    even: tuple[float, ...]

    def average(self, measure: str) -> float:
        """The mean over the seeds."""
        return float(np.mean(getattr(self, measure)))

    def ends(self, measure: str) -> tuple[float, float]:
        """The least and the largest of the seeds."""
        values = getattr(self, measure)
        return min(values), max(values)


@dataclass(frozen=True)
class Measured:
    """Shares by kind of reader on MNIST's test digits, how many pairs, and the readers' course in training."""

    shares: Mapping[str, Share]
    pairs: int
    log: Mapping[str, Sequence[Mapping[str, float]]]

    @property
    def gap(self) -> float:
        """How much larger the share of right pairs is with capsules: the means over the seeds."""
        return self.shares["capsules"].average("pair") - self.shares["pool"].average("pair")

    @property
    def routing(self) -> float:
        """How much of B's share of right pairs routing adds to couplings that are all alike: the mean over the seeds."""
        return self.shares["capsules"].average("pair") - self.shares["capsules"].average("even")

    @property
    def parted(self) -> bool:
        """Whether the worst seed of the capsules lies above the best of pooling."""
        return self.shares["capsules"].ends("pair")[0] > self.shares["pool"].ends("pair")[1]


def measured() -> Measured:
    """What came of the test pictures when the readers were shipped. Raises WeightsError."""
    record = json.loads(weights.extra(NAME, RECORD))
    shares = {head: Share(*(tuple(record[head][measure]) for measure in MEASURES)) for head in HEADS}
    return Measured(shares, int(record["pairs"]), record["log"])


@dataclass(frozen=True)
class Apart:
    """Pairs of the project's own drawings, live: ``pair``, ``sure`` and ``alone`` [2, seeds], some ``pictures``, and how many there are."""

    pair: np.ndarray
    sure: np.ndarray
    alone: np.ndarray
    pictures: list[np.ndarray]
    pairs: int

    @property
    def percent(self) -> np.ndarray:
        """Of A and of B: the three shares in per cent, means over the seeds, [2, 3]."""
        return 100 * np.stack([self.pair, self.sure, self.alone], 1).mean(2)

    @property
    def means(self) -> tuple[float, float]:
        """The share of right pairs of A and of B, the mean over the seeds."""
        a, b = self.pair.mean(1)
        return float(a), float(b)


def own_pairs(gap: int = 0, beside: bool = False, number: int = 0) -> Pairs:
    """The 45 pairs of different digits among the project's own drawings, the smaller digit first; ``number`` (0 … 9) says which drawing of each."""
    one = torch.stack([drawing_of(digit, number).ink for digit in range(DIGITS)])
    digits = torch.combinations(torch.arange(DIGITS))
    return Pairs(together(one[digits[:, 0]], one[digits[:, 1]], gap, beside)[:, None], digits)


@torch.inference_mode()
def apart(gap: int, beside: bool, number: int, updates: int = ROUTINGS - 1) -> Apart:
    """All readers on the pairs of :func:`own_pairs`, B with so many ``updates`` of its coupling (0: none). Raises WeightsError."""
    model = readers()
    pairs = own_pairs(gap, beside, number)

    def tell(head: str, seed: int) -> Told:
        reader = model.readers[name_of(head, seed)]
        assert isinstance(reader, Reader)
        parts = [part.to(device_of(model)) for part in pairs.pictures.split(AT_ONCE)]
        p = [reader.route(x, updates + 1).capsules.norm(dim=-1) if head == "capsules" else reader(x) for x in parts]
        return told(torch.cat(p).cpu(), pairs.digits)

    found = [[tell(head, seed).shares for seed in range(model.seeds)] for head in HEADS]
    pair, sure, alone = np.array(found).transpose(2, 0, 1)
    shown = [_levels(one[0]) for one in pairs.pictures[::9]]
    return Apart(pair, sure, alone, shown, len(pairs.digits))


def _known(above: Chosen, below: Chosen) -> tuple[int, int] | None:
    return None if above.digit is None or below.digit is None else (above.digit, below.digit)


def _largest(p: np.ndarray) -> tuple[int, int]:
    a, b = sorted(int(k) for k in np.argsort(-p, kind="stable")[:2])
    return a, b


def _levels(x: Tensor) -> np.ndarray:
    return (x * 255).round().clamp(0, 255).byte().cpu().numpy()
