"""What the page shows of one photograph: the verdict and its neighbours, augmented copies, and the gates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core import weights
from core.refusal import Refusal
from core.vision.fine_tuning.augment import augmented, drawn
from core.vision.fine_tuning.model import SIDE, Model
from core.vision.fine_tuning.shelf import COUNT, NAME, Photograph, photographs

__all__ = ["Asked", "Gated", "Judged", "Varied", "asked", "chosen", "features", "gated", "judged", "model", "scaled", "shelf", "to_uint8", "varied"]  # fmt: skip

SMALLEST = 16  # pixels of a side of a reader's photograph
NEIGHBOURS = 6
VARIED = 12  # copies shown


@dataclass(frozen=True, slots=True)
class Asked:
    """A photograph to judge: uint8 [64, 64, 3]; ``kind`` where it is known, and its place among the shipped ones, else −1."""

    picture: np.ndarray
    kind: int | None
    place: int
    flickr: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Both answers [5] and their mean; the shipped photographs whose feature is nearest: places, ‖f − f′‖, kinds."""

    asked: Asked
    p0: np.ndarray
    p1: np.ndarray
    nearest: tuple[Photograph, ...]
    distances: np.ndarray

    @property
    def best(self) -> int:
        """The kind that p₀ answers."""
        return int(self.p0.argmax())

    @property
    def right(self) -> bool | None:
        """Whether that is so; None where it is not known."""
        return None if self.asked.kind is None else self.best == self.asked.kind

    @property
    def agreeing(self) -> int:
        """How many of the neighbours are of the kind that is answered."""
        return sum(one.kind == self.best for one in self.nearest)


@dataclass(frozen=True, slots=True)
class Varied:
    """Augmented copies, uint8 [12, 64, 64, 3], the answers on them [12, 5], and the answer on the photograph itself [5].

    ``credits``: the Flickr numbers of all photographs that show in them.
    """

    asked: Asked
    copies: np.ndarray
    p: np.ndarray
    plain: np.ndarray
    kind: int
    credits: tuple[str, ...]

    @property
    def mean(self) -> float:
        """The mean of P(kind) over the copies."""
        return float(self.p[:, self.kind].mean())

    @property
    def right(self) -> int:
        """How many copies are answered right."""
        return int((self.p.argmax(1) == self.kind).sum())


@dataclass(frozen=True, slots=True)
class Gated:
    """One photograph inside the gated unit: ``values`` W₁h + b₁ and ``gates`` σ(W₂h + b₂), [64] each.

    ``closed``: gates below the threshold. The answers with the gates as they are, all of them open, and only those below the
    threshold shut; ``right``: of the sixty shipped photographs, how many each of the three answers right.
    """

    asked: Asked
    threshold: float
    values: np.ndarray
    gates: np.ndarray
    p: tuple[np.ndarray, np.ndarray, np.ndarray]
    right: tuple[int, int, int]

    @property
    def closed(self) -> np.ndarray:
        """Which gates lie below the threshold; [64]."""
        return self.gates < self.threshold

    @property
    def passed(self) -> float:
        """How much of Σ|W₁h + b₁| gets through the gates."""
        return float(np.abs(self.values * self.gates).sum() / np.abs(self.values).sum())


def model() -> Model:
    """The tuned model. Raises WeightsError."""
    return weights.load(NAME)


def scaled(pictures: np.ndarray, device: torch.device | None = None) -> Tensor:
    """uint8 [B, S, S, 3] → [B, 3, S, S] in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_uint8(pictures: Tensor) -> np.ndarray:
    """The way back."""
    return ((pictures + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def asked(number: int, own: np.ndarray | None = None) -> Asked:
    """The shipped photograph ``number`` (1 … 60), or the reader's ``own`` [H, W, 3], its middle square reduced to 64 pixels."""
    if own is None:
        if not 1 <= number <= COUNT:
            raise Refusal(f"必须在 1 到 {COUNT} 之间", f"must be from 1 to {COUNT}", input="number", value=number)
        one = photographs()[number - 1]
        return Asked(one.picture, one.kind, number - 1, one.flickr)
    height, width = own.shape[:2]
    side = min(height, width)
    if side < SMALLEST:
        raise Refusal(
            f"每边至少要有 {SMALLEST} 个像素，这张是 {width}×{height}",
            f"must have at least {SMALLEST} pixels a side, this one has {width}x{height}", input="own",
        )  # fmt: skip
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(own[top : top + side, left : left + side])
    return Asked(np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BOX)), None, -1, "")


def chosen(source: str, number: int, own: np.ndarray) -> Asked:
    """The shipped photograph ``number`` with ``source`` "shipped", the reader's ``own`` with "own"."""
    return asked(number, own if source == "own" else None)


@lru_cache(maxsize=1)
def shelf() -> np.ndarray:
    """The sixty photographs; uint8 [60, 64, 64, 3]."""
    return np.stack([one.picture for one in photographs()])


@torch.no_grad()
def features(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """f [B, 64], p₀ and p₁ [B, 5] of uint8 pictures."""
    net = model()
    f, main, side = net(scaled(pictures, next(net.parameters()).device))
    return tuple(x.cpu().numpy() for x in (f, main.softmax(1), side.softmax(1)))  # pyright: ignore[reportReturnType]


def judged(one: Asked) -> Judged:
    """The verdict on a photograph, and what lies near it in the space of the feature. Raises WeightsError."""
    f, p0, p1 = features(np.concatenate([one.picture[None], shelf()]))
    gaps = np.linalg.norm(f[1:] - f[0], axis=1)
    order = [int(k) for k in np.argsort(gaps, kind="stable") if k != one.place][:NEIGHBOURS]
    known = photographs()
    return Judged(one, p0[0], p1[0], tuple(known[k] for k in order), gaps[order])


def varied(number: int, on: Collection[str], seed: int) -> Varied:
    """Twelve augmented copies of the shipped photograph ``number``; one seed gives one set of draws, whatever is on."""
    one, known = asked(number), photographs()
    rng = torch.Generator().manual_seed(seed)
    draws = drawn(VARIED, rng)
    same = [k for k, other in enumerate(known) if other.kind == one.kind and k != one.place]
    partner = [same[k] for k in torch.randint(len(same), (VARIED,), generator=rng).tolist()]
    other = torch.randint(len(known), (VARIED,), generator=rng).tolist()
    pictures = shelf()
    x = scaled(np.repeat(one.picture[None], VARIED, 0))
    made = to_uint8(augmented(x, scaled(pictures[partner]), scaled(pictures[other]), draws, on))
    _, p, _ = features(np.concatenate([one.picture[None], made]))
    assert one.kind is not None
    joined = [k for k, here in zip(partner, draws.joined.tolist(), strict=True) if here and "join" in on]
    under = [k for k, here in zip(other, (draws.factor < 1).tolist(), strict=True) if here and "zoom" in on]
    credits = dict.fromkeys([one.flickr, *(known[k].flickr for k in [*joined, *under])])
    return Varied(one, made, p[1:], p[0], one.kind, tuple(credits))


@torch.no_grad()
def gated(one: Asked, threshold: float) -> Gated:
    """What the gates do to a photograph's feature. Raises WeightsError."""
    net = model()
    h = net.trunk(scaled(np.concatenate([one.picture[None], shelf()]), next(net.parameters()).device))
    values, gates = net.head.value(h), net.head.gates(h)
    ways = [gates, torch.ones_like(gates), torch.where(gates < threshold, 0.0, gates)]
    answers = [net.head.main(values * gate).softmax(1).cpu().numpy() for gate in ways]
    kinds = np.array([photograph.kind for photograph in photographs()])
    right = [int((p[1:].argmax(1) == kinds).sum()) for p in answers]
    return Gated(
        one, threshold, values[0].cpu().numpy(), gates[0].cpu().numpy(),
        (answers[0][0], answers[1][0], answers[2][0]), (right[0], right[1], right[2]),
    )  # fmt: skip
