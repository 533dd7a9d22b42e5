"""Samples for a mixture to be fitted to, and where EM begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.cluster import kmeans_plusplus

from core.data.classics import iris, two_moons
from core.data.clouds import from_ink
from core.data.tables import standardised
from core.refusal import Refusal
from core.stats.em.mixture import Mixture

__all__ = ["DATA", "HOW", "drawn", "sample", "start"]

DATA = ("blobs", "moons", "ring", "iris")
HOW = ("kmeans++", "random", "together", "placed")
BOX = 3.2  # half the side of the square where outliers fall
DRAWING_SIDE = 2.8  # half the side of a drawing
TOGETHER = 0.01  # standard deviation of the means about the one sample where all of them start


def sample(data: str, n: int, outliers: float, seed: int) -> np.ndarray:
    """``n`` points [n, 2] of ``data`` (one of DATA; iris: petals in standard units, 150 at most), a share of them outliers."""
    if data not in DATA:
        raise Refusal(f"应为 {'、'.join(DATA)} 之一", f"must be one of {', '.join(DATA)}", input="data", value=data)
    rng = np.random.default_rng(seed)
    if data == "blobs":
        which = rng.choice(3, n, p=(0.5, 0.3, 0.2))
        centres = np.array([(-1.3, -0.6), (1.2, -0.9), (0.4, 1.5)])
        roots = np.array([[(0.75, 0.3), (0.0, 0.3)], [(0.3, 0.0), (-0.15, 0.6)], [(0.35, 0.0), (0.0, 0.35)]])
        x = centres[which] + np.einsum("nij,nj->ni", roots[which], rng.standard_normal((n, 2)))
    elif data == "moons":
        angle, upper = rng.uniform(0, np.pi, n), rng.random(n) < 0.5
        x = 1.6 * two_moons(upper, angle, 0.15) + 0.15 * rng.standard_normal((n, 2))
    elif data == "ring":
        angle = rng.uniform(0, 2 * np.pi, n)
        x = 2 * np.stack([np.cos(angle), np.sin(angle)], 1) + 0.15 * rng.standard_normal((n, 2))
    else:
        petals = standardised(iris()[1][:, 2:])
        x = petals[rng.permutation(len(petals))[:n]]
    wild = rng.random(len(x)) < outliers
    x[wild] = rng.uniform(-BOX, BOX, (int(wild.sum()), 2))
    return x


def drawn(drawing: np.ndarray, n: int, seed: int) -> np.ndarray:
    """``n`` points [n, 2] drawn at random from a picture, about the size of :func:`sample`'s; Refusal when it is empty."""
    return DRAWING_SIDE * np.stack(from_ink(drawing, n, 0.0, seed), 1)


def start(x: np.ndarray, k: int, how: str, seed: int, placed: Sequence[tuple[float, float]] = ()) -> Mixture:
    """Where EM begins: equal weights, round components of the data's variance over k, and means by ``how`` (one of HOW).

    kmeans++: samples far from one another (Arthur and Vassilvitskii 2007); random: any k samples; together: all about one
    sample, the bad start; placed: at the places given, components beyond them at random samples. Raises Refusal when there
    are fewer samples than components.
    """
    n, d = x.shape
    if n < k:
        raise Refusal(f"样本只有 {n} 个", f"there are {n} samples only", input="k", value=k)
    rng = np.random.default_rng(seed)
    if how == "kmeans++":
        means = kmeans_plusplus(x, k, random_state=seed)[0]
    elif how == "random":
        means = x[rng.choice(n, k, replace=False)]
    elif how == "together":
        means = x[rng.integers(n)] + TOGETHER * rng.standard_normal((k, d))
    elif how == "placed":
        means = np.concatenate([np.reshape(placed, (-1, d)), x[rng.choice(n, k, replace=False)]])[:k]
    else:
        raise Refusal(f"应为 {'、'.join(HOW)} 之一", f"must be one of {', '.join(HOW)}", input="how", value=how)
    variance = float(x.var(0).mean()) / k
    return Mixture(np.full(k, 1 / k), np.array(means, float), np.repeat(variance * np.eye(d)[None], k, 0))
