"""What the recipe measured: paired differences with their standard errors, stages, and the blend of the two answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import weights
from core.refusal import Refusal
from core.vision.fine_tuning.augment import NAMES
from core.vision.fine_tuning.objective import Blend, accuracy, best_blend, blend
from core.vision.fine_tuning.shelf import NAME, outcomes, vectors

__all__ = [
    "LEFT_OUT",
    "SURE",
    "Blended",
    "Effect",
    "Effects",
    "Share",
    "Stages",
    "blended",
    "effect",
    "effects",
    "share_of",
    "stages",
]

LEFT_OUT = {
    "frozen": ("gate", "centre", "auxiliary", "bare", *NAMES, "augmentations", "longer"),
    "whole": ("gate", "centre", "auxiliary"),
}
"""What is left out, by how far the training goes: stage 1 alone, or all three."""
SURE = 2.0  # standard errors from which on a difference is called more than noise: 5 % of the time it is not


@dataclass(frozen=True, slots=True)
class Share:
    """A share of held-out pictures, the mean over seeds, and its standard error over seeds and pictures."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Effect:
    """Accuracy with everything minus accuracy without ``name``, pictures and seeds paired; ``with_it``, ``without`` the two means.

    ``error``² = the variance over seeds / seeds + the variance over pictures / pictures. Positive: the ingredient helps.
    """

    name: str
    gain: float
    error: float
    with_it: float
    without: float
    seeds: int

    @property
    def sure(self) -> bool:
        """Whether the gain is more than SURE standard errors from nought."""
        return abs(self.gain) > SURE * self.error

    @property
    def exact(self) -> bool:
        """Whether no picture of any seed was answered otherwise."""
        return self.gain == 0 and self.error == 0


@dataclass(frozen=True, slots=True)
class Effects:
    """All effects of one kind of training, and the accuracy with everything."""

    effects: tuple[Effect, ...]
    standard: Share
    pictures: int

    @property
    def sure(self) -> tuple[Effect, ...]:
        """Those beyond noise."""
        return tuple(one for one in self.effects if one.sure)


@dataclass(frozen=True, slots=True)
class Stages:
    """Accuracy after stages 1, 2, 3 by learning rate, of both softmaxes; without pre-training; how far each part moved; curves.

    ``rates``: rate → three shares; ``gains``: rate → (stage 2 − 1, stage 3 − 2); ``chosen`` is the rate that validation chose.
    ``over_scratch``: rate → all three stages minus the network trained on flowers alone, whose one seed stands against every
    seed of the stages: how much another seed of it would differ is not in the error.
    ``curves``: seed 0's accuracy on the validation pictures by step, through the three stages, by rate.
    """

    rates: dict[float, tuple[Share, Share, Share]]
    gains: dict[float, tuple[Effect, Effect]]
    over_scratch: dict[float, Effect]
    chosen: float
    random: Share
    scratch: Share
    moved: dict[str, float]
    curves: dict[float, tuple[np.ndarray, np.ndarray]]
    ends: tuple[int, int]
    seeds: int
    control_seeds: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Blended:
    """The blend at ``alpha``: its accuracy where α is searched (``valid``) and held out, and both curves."""

    alpha: float
    valid: float
    held_out: float
    searched: Blend
    tested: Blend
    p0: float
    p1: float
    error: float
    pictures: int
    searched_on: int

    @property
    def at_best(self) -> float:
        """Held-out accuracy at the α found on the validation pictures."""
        return float(self.tested.found[int(self.searched.found.argmax())])


def _right(digits: Sequence[str], pictures: int) -> np.ndarray:
    """Outcomes [seeds, pictures] of 0 and 1 from hexadecimal digits."""
    rows = [np.unpackbits(np.frombuffer(bytes.fromhex(one), np.uint8))[:pictures] for one in digits]
    return np.array(rows, float)


def share_of(right: np.ndarray) -> Share:
    """The mean of outcomes [seeds, pictures] with its standard error."""
    return Share(float(right.mean()), _error(right))


def effect(name: str, with_it: np.ndarray, without: np.ndarray) -> Effect:
    """The paired difference of two tables of outcomes [seeds, pictures]."""
    gap = with_it - without
    return Effect(name, float(gap.mean()), _error(gap), float(with_it.mean()), float(without.mean()), len(gap))


def _error(table: np.ndarray) -> float:
    """The standard error of a mean over seeds and pictures, both of them drawn."""
    seeds, pictures = table.shape
    by_seed = table.mean(1).var(ddof=1) / seeds if seeds > 1 else 0.0
    return float((by_seed + table.mean(0).var(ddof=1) / pictures) ** 0.5)


def effects(far: str) -> Effects:
    """Every ingredient left out once; ``far`` is "frozen" (stage 1) or "whole". Raises WeightsError."""
    if far not in LEFT_OUT:
        raise Refusal("必须是 frozen 或 whole", "must be frozen or whole", input="far", value=far)
    found = outcomes()
    n = len(found["labels"])

    def table(name: str) -> np.ndarray:
        runs = found[far][name]
        return _right([run[0] if far == "frozen" else run[-1][0] for run in runs], n)

    standard = table("all")
    made = tuple(effect(name, standard, table(name)) for name in LEFT_OUT[far])
    made = tuple(
        Effect(one.name, -one.gain, one.error, one.without, one.with_it, one.seeds) if one.name == "longer" else one
        for one in made
    )
    return Effects(made, share_of(standard), n)


def stages() -> Stages:
    """What unfreezing brings. Raises WeightsError."""
    found = outcomes()
    n = len(found["labels"])
    tables = {
        float(rate): [_right([seed[stage][0] for seed in runs], n) for stage in range(3)]
        for rate, runs in sorted(found["rates"].items(), key=lambda pair: float(pair[0]))
    }
    curves, ends = {}, (0, 0)
    for rate in found["rates"]:
        names = ("head-all-0", f"stage2-all-{rate}-0", f"stage3-all-{rate}-0")
        parts = [np.array(found["curves"][name]) for name in names]
        starts = np.cumsum([0, *(part[-1, 0] for part in parts[:-1])])
        ends = int(starts[1]), int(starts[2])
        moved = [part + np.array([start, 0.0]) for part, start in zip(parts, starts, strict=True)]
        whole = np.concatenate(moved)
        curves[float(rate)] = (whole[:, 0], whole[:, 1])
    controls = found["controls"]
    random, scratch = (_right([one[0] for one in controls[name]], n) for name in ("random", "scratch"))
    alone = scratch.mean(0, keepdims=True)
    return Stages(
        {rate: (share_of(a), share_of(b), share_of(c)) for rate, (a, b, c) in tables.items()},
        {rate: (effect("2", b, a), effect("3", c, b)) for rate, (a, b, c) in tables.items()},
        {rate: effect("scratch", c, np.broadcast_to(alone, c.shape)) for rate, (_, _, c) in tables.items()},
        float(found["lr"]), share_of(random), share_of(scratch),
        dict(found["moved"]), curves, ends, len(next(iter(tables.values()))[0]), len(controls["random"]), n,
    )  # fmt: skip


def blended(alpha: float) -> Blended:
    """α p₀ + (1 − α) p₁ on the pictures that α is searched on and on the held-out ones. Raises WeightsError."""
    kept = vectors()
    held, valid = kept.held_out_labels, kept.valid_labels
    now = accuracy(blend(*kept.p, alpha), held)
    return Blended(
        alpha, accuracy(blend(*kept.searched, alpha), valid), now, best_blend(*kept.searched, valid), best_blend(*kept.p, held),
        accuracy(kept.p[0], held), accuracy(kept.p[1], held), (now * (1 - now) / len(held)) ** 0.5, len(held), len(valid),
    )  # fmt: skip


def card() -> dict[str, float]:
    """The card's figures. Raises WeightsError."""
    return weights.read_card(NAME).metrics
