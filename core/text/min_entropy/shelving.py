"""Placing books in the plane: the optimisation step by step, and the best place for one book while the others stay.

The walk with a minimal distance: projected gradient steps (pairs that are too near are pushed apart until none is), then books
change places, or one moves to the best free place, as long as that lowers S. What comes out cannot be bettered by moving one book
(to within the places that are tried) or by exchanging two. Cross-entropies: L-BFGS from a small random start, then the same trial
with one book at a time, and L-BFGS again where that helped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.text.min_entropy.costs import conditional_entropy, distances, gradient, softmax_cost, walk
from core.text.min_entropy.descent import lbfgs
from core.text.min_entropy.records import Records

__all__ = ["COSTS", "Film", "cost_of", "costs_at", "fitted", "nearest", "projected", "shelve", "spots"]

COSTS = ("walk", "euclid", "inner", "t")
GATHER, PUSHES = 160, 12  # gradient steps of the walk, and rounds of pushing after each
FINISH = 400  # rounds of pushing at the end
STEP = 0.25  # of a gradient step, in units of the minimal distance, where a book has the mean popularity
SLACK = 1e-9  # relative: books are put this much farther apart than they must be
ANGLES = 24  # places tried around each book
LATTICE = 41  # places tried along each axis of the plane for cross-entropies
ROUNDS = 12
DOORSTEP = 0.1  # the minimal distance for which the start is drawn where there is none
ITERATIONS = 300  # of L-BFGS
START = 0.3  # standard deviation of the start, for cross-entropies
FILMED = {"euclid": 1e-9, "inner": 1e-8, "t": 1e-6}
"""Relative change of S at which L-BFGS stops here; t-SNE's kernel, of which far out only ratios count, would drift on for ever."""
ROOM = 0.7  # radius of the disc in which the walk starts, in units of the minimal distance times √N; packed books need 0.53
GAIN = 1e-9  # relative: what is less is no improvement
FRAMES = 61


@dataclass(frozen=True)
class Film:
    """``places`` [F, N, 2] and ``costs`` [F] of F recorded steps (numbered ``steps``), the last of them the optimum found.

    ``bound`` is H(J|I), NaN for the walk, which is no cross-entropy.
    """

    kind: str
    steps: np.ndarray
    places: np.ndarray
    costs: np.ndarray
    bound: float

    @property
    def optimum(self) -> np.ndarray:
        """The last places [N, 2]."""
        return self.places[-1]


def cost_of(kind: str, p: np.ndarray, places: np.ndarray) -> float:
    """S of all places [N, 2]."""
    return walk(p, places) if kind == "walk" else softmax_cost(kind, p, places)


def nearest(places: np.ndarray) -> float:
    """The least distance between two books."""
    found = distances(places)
    np.fill_diagonal(found, np.inf)
    return float(found.min())


def projected(places: np.ndarray, least: float, rounds: int = FINISH) -> np.ndarray:
    """The places with pairs nearer than ``least`` pushed apart, half each; at last all are spread a little if any still is."""
    x = places.copy()
    if least == 0:
        return x
    for _ in range(rounds):
        between = x[:, None] - x[None]
        far = np.sqrt((between**2).sum(2))
        np.fill_diagonal(far, np.inf)
        missing = np.maximum(least * (1 + SLACK) - far, 0.0)
        if not missing.any():
            return x
        x = x + (between / np.maximum(far, 1e-12)[..., None] * (missing / 2)[..., None]).sum(1)
    return x * max(1.0, least * (1 + SLACK) / nearest(x))


@lru_cache(maxsize=16)
def _shelved(key: bytes, size: int, kind: str, least: float, seed: int) -> Film:
    p = np.frombuffer(key).reshape(size, size)
    if kind == "walk":
        steps = _walked(p, least, seed)
        bound = float("nan")
    else:
        steps = _entropic(kind, p, seed)
        bound = conditional_entropy(p)
    steps = _turned(kind, p, steps)
    chosen = np.unique(np.round(np.linspace(0, 1, FRAMES) ** 1.5 * (len(steps) - 1)).astype(int))
    places = np.stack([steps[k] for k in chosen])
    return Film(kind, chosen, places, np.array([cost_of(kind, p, x) for x in places]), bound)


def shelve(records: Records, kind: str, least: float = 1.0, seed: int = 0) -> Film:
    """The optimisation of ``records`` by the cost ``kind`` (one of COSTS); ``least`` is d_min of the walk."""
    return _shelved(records.joint.tobytes(), len(records.titles), kind, least if kind == "walk" else 1.0, seed)


def fitted(
    kind: str, p: np.ndarray, start: np.ndarray, most: int, seen: list[np.ndarray] | None = None, change: float = 1e-13
) -> np.ndarray:
    """L-BFGS on the cross-entropy ``kind`` from ``start`` (any shape), at most ``most`` iterations, all iterates appended to ``seen``.

    It stops where S changes by less than the share ``change``.
    """

    last = start
    for point in lbfgs(lambda x: gradient(kind, p, x), start, most, change):
        last = point.x
        if seen is not None:
            seen.append(last)
    return last


def _entropic(kind: str, p: np.ndarray, seed: int) -> list[np.ndarray]:
    x = START * np.random.default_rng(seed).normal(size=(len(p), 2))
    steps: list[np.ndarray] = []
    x = fitted(kind, p, x, ITERATIONS, steps, FILMED[kind])
    for _ in range(ROUNDS):
        best = softmax_cost(kind, p, x)
        moved = x.copy()
        for k in range(len(p)):
            candidates = spots(kind, p, moved, k, 1.0)
            costs = costs_at(kind, p, moved, k, candidates)
            if costs.min() < softmax_cost(kind, p, moved) - GAIN * best:
                moved[k] = candidates[costs.argmin()]
        if softmax_cost(kind, p, moved) >= best - GAIN * best:
            break
        steps.append(moved)
        x = fitted(kind, p, moved, ITERATIONS, steps, FILMED[kind])
    return steps


def _walked(p: np.ndarray, least: float, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    popularity = p.sum(1)
    turn, out = 2 * np.pi * rng.uniform(size=len(p)), np.sqrt(rng.uniform(size=len(p)))
    room = ROOM * max(least, DOORSTEP) * np.sqrt(len(p))
    x = projected(room * out[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1), least)
    steps = [x]
    if least == 0:  # nothing keeps the books apart, and all go to the door
        return [x * (1 - k / GATHER) for k in range(GATHER + 1)]
    for k in range(GATHER):
        rate = STEP * least * (1 - k / GATHER) * len(p)
        x = projected(x - rate * _walk_gradient(p, x), least, PUSHES)
        steps.append(projected(x, least) if k % 8 == 7 else x * max(1.0, least / nearest(x)))
    x = projected(x, least)
    while True:
        before = walk(p, x)
        x = _exchanged(p, x, steps)
        for k in np.argsort(-popularity):
            candidates = spots("walk", p, x, int(k), least)
            if not len(candidates):
                continue
            costs = costs_at("walk", p, x, int(k), candidates)
            if costs.min() < walk(p, x) * (1 - GAIN):
                x = x.copy()
                x[k] = candidates[costs.argmin()]
                steps.append(x)
        if walk(p, x) > before * (1 - 1e-5):
            return steps if steps[-1] is x else [*steps, x]


def _walk_gradient(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    radius = np.sqrt((x * x).sum(1, keepdims=True))
    between = x[:, None] - x[None]
    far = np.sqrt((between**2).sum(2))
    np.fill_diagonal(far, 1.0)
    pull = 2 * (p / np.maximum(far, 1e-12))[..., None] * between
    return p.sum(1)[:, None] * x / np.maximum(radius, 1e-12) + pull.sum(1)


def _exchanged(p: np.ndarray, x: np.ndarray, steps: list[np.ndarray]) -> np.ndarray:
    """Exchange the two books that gain most, until no exchange lowers the walk."""
    popularity = p.sum(1)
    while True:
        radius, far = np.sqrt((x * x).sum(1)), distances(x)
        mixed = p @ far
        own = np.diag(mixed)
        gain = 2 * (mixed + mixed.T - own[:, None] - own[None] + 2 * p * far)
        gain += (popularity[None] - popularity[:, None]) * (radius[:, None] - radius[None])
        one, other = np.unravel_index(gain.argmin(), gain.shape)
        if gain[one, other] >= -GAIN * walk(p, x):
            return x
        x = x.copy()
        x[[one, other]] = x[[other, one]]
        steps.append(x)


def spots(kind: str, p: np.ndarray, places: np.ndarray, book: int, least: float) -> np.ndarray:
    """Places [M, 2] worth trying for ``book`` while the others stay.

    For the walk: the door, ``ANGLES`` points on the circle of radius ``least`` around every other book, and where two such
    circles meet (S is convex in one place, so its least value lies on the edge of what is free, unless inside); for the
    others a lattice over the plane. Only what keeps the minimal distance stays.
    """
    others = np.delete(places, book, 0)
    if kind != "walk":
        reach = 1.2 * np.abs(places).max()
        axis = np.linspace(-reach, reach, LATTICE)
        return np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    r = least * (1 + SLACK)
    turn = 2 * np.pi * np.arange(ANGLES) / ANGLES
    circle = r * (1 + SLACK) * np.stack([np.cos(turn), np.sin(turn)], 1)
    around = (others[:, None] + circle[None]).reshape(-1, 2)
    one, other = np.triu_indices(len(others), 1)
    between = others[other] - others[one]
    far = np.sqrt((between**2).sum(1))
    meet = (far < 2 * r) & (far > 0)
    one, between, far = one[meet], between[meet], far[meet]
    middle = others[one] + between / 2
    aside = (
        np.stack([-between[:, 1], between[:, 0]], 1) / far[:, None] * np.sqrt(r**2 * (1 + SLACK) - far**2 / 4)[:, None]
    )
    tried = np.concatenate([np.zeros((1, 2)), around, middle + aside, middle - aside])
    clear = (((tried[:, None] - others[None]) ** 2).sum(2) >= least**2).all(1)
    return tried[clear]


def costs_at(kind: str, p: np.ndarray, places: np.ndarray, book: int, tried: np.ndarray) -> np.ndarray:
    """S [M] with ``book`` at each of ``tried`` [M, 2] and all others where they are."""
    others = np.delete(np.arange(len(p)), book)
    rest = places[others]
    if kind == "walk":
        without = p[np.ix_(others, others)]
        still = float(p.sum(1)[others] @ np.sqrt((rest * rest).sum(1)) + (without * distances(rest)).sum())
        far = np.sqrt(((tried[:, None] - rest[None]) ** 2).sum(2))
        return still + p[book].sum() * np.sqrt((tried * tried).sum(1)) + 2 * far @ p[book, others]
    if kind == "inner":
        scores = tried @ rest.T
        among = rest @ rest.T
    else:
        squares = ((tried[:, None] - rest[None]) ** 2).sum(2)
        scores = -squares if kind == "euclid" else -np.log1p(squares)
        inside = ((rest[:, None] - rest[None]) ** 2).sum(2)
        among = -inside if kind == "euclid" else -np.log1p(inside)
    np.fill_diagonal(among, -np.inf)
    each = np.logaddexp.reduce(among, 1)  # log Σ over the books that stay
    own = np.logaddexp.reduce(scores, 1)
    theirs = np.logaddexp(each[None], scores)  # [M, N − 1]
    there = np.where(np.isfinite(among), among, 0.0)
    fixed = float((p[np.ix_(others, others)] * there).sum())
    linear = fixed + 2 * scores @ p[book, others]
    return p[book].sum() * own + theirs @ p.sum(1)[others] - linear


def _turned(kind: str, p: np.ndarray, steps: list[np.ndarray]) -> list[np.ndarray]:
    """All steps turned alike, so that the optimum is widest along x; where only distances count, the mean book is the origin."""
    last = steps[-1]
    if kind in ("euclid", "t"):
        steps = [x - p.sum(1) @ x for x in steps]
        last = steps[-1]
    _, _, axes = np.linalg.svd(last - last.mean(0), full_matrices=False)
    if np.linalg.det(axes) < 0:
        axes = axes * np.array([[1.0], [-1.0]])
    return [x @ axes.T for x in steps]
