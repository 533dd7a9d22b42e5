"""det(exp A) = exp(tr A) (post 6377): three ways to the exponential, what they lose, and the volume that flows.

f(t) = det e^{tA} obeys f' = tr(A) f with f(0) = 1, whatever A is, diagonalisable or not. It is Jacobi's formula
d det X = det X · tr(X⁻¹ dX) along X = e^{tA}, where X⁻¹ dX = A dt. In floating point the identity is lost where e^A is
nearly singular in relative terms: the determinant is then a difference of large numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import expm

from core.refusal import Refusal

__all__ = [
    "Box",
    "Errors",
    "Facts",
    "Flow",
    "LARGEST_NORM",
    "Loss",
    "NAMED",
    "Route",
    "Sums",
    "box",
    "by_eigenvalues",
    "by_series",
    "columns",
    "commutator_gap",
    "commuting",
    "conditioning",
    "drawn",
    "errors_of",
    "exact_exponential",
    "facts_of",
    "flow",
    "log_det_gap",
    "matrix",
    "moved",
    "pair",
    "routes",
    "shoelace",
    "tail",
]

LARGEST_NORM = 50.0  # e^50 = 5e21: beyond, products of entries leave float64
EPSILON = float(np.finfo(np.float64).eps)
FINE = 81  # points of a curve
SHOWN = 9  # positions of the square
PATHS = 12  # points whose paths are drawn
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
CUBE = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)])

NAMED: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "spiral": ((0.2, -1.5), (1.5, -0.5)),
    "rotation": ((0.0, -1.0), (1.0, 0.0)),
    "saddle": ((1.0, 0.0), (0.0, -1.0)),  # trace 0
    "growth": ((0.6, 0.2), (0.1, 0.3)),
    "jordan": ((1.0, 1.0), (0.0, 1.0)),  # defective: one eigenvector
    "nilpotent": ((0.0, 1.0), (0.0, 0.0)),
    "shear": ((0.0, 1.5), (0.0, 0.0)),  # defective, trace 0
}
"""Matrices worth a look, by rows."""


def matrix(rows: Sequence[Sequence[float]] | Sequence[Mapping[str, float]]) -> np.ndarray:
    """A square matrix of finite numbers with Frobenius norm at most 50, from rows of numbers or of named cells.

    Raises Refusal that says what is wrong.
    """
    cells = [list(row.values()) if isinstance(row, Mapping) else list(row) for row in rows]
    sizes = sorted({len(row) for row in cells})
    if sizes != [len(cells)]:
        each = "、".join(map(str, sizes)) or "0"
        raise Refusal(
            f"应为方阵，现在是 {len(cells)} 行、每行 {each} 个数",
            f"the matrix must be square; it has {len(cells)} rows of {each.replace('、', ' or ')} numbers",
            input="rows",
        )
    a = np.array(cells, dtype=float)
    if not np.isfinite(a).all():
        raise Refusal("只能是有限的数", "finite numbers only", input="rows")
    if (norm := float(np.linalg.norm(a))) > LARGEST_NORM:
        raise Refusal(
            f"范数 {norm:.3g} 太大，最多 {LARGEST_NORM:g}",
            f"the norm {norm:.3g} is too large, at most {LARGEST_NORM:g}",
            input="rows",
        )
    return a


def columns(first: Sequence[float], second: Sequence[float]) -> np.ndarray:
    """The matrix [2, 2] with these columns."""
    return np.array([first, second], dtype=float).T


def drawn(n: int, norm: float, seed: int) -> np.ndarray:
    """A matrix [n, n] of normal entries, scaled to 2-norm ``norm``."""
    a = np.random.default_rng(seed).standard_normal((n, n))
    return a * (norm / np.linalg.norm(a, 2))


def pair(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(A, B) [n, n] of norm about 1 with B = (1 − share)·(I + A²)/2 + share·random: at ``share`` 0 they commute."""
    a, other = drawn(n, 1.0, seed), drawn(n, 1.0, seed + 1)
    return a, (1 - share) * (0.5 * np.eye(n) + 0.5 * a @ a) + share * other


# Routes to the exponential


def exact_exponential(a: np.ndarray) -> np.ndarray:
    """e^A computed with 60 digits (mpmath) and rounded to float64: the reference of the other routes."""
    import mpmath

    with mpmath.workdps(60):
        return np.array(mpmath.expm(mpmath.matrix(a.tolist())).tolist(), dtype=float)


def by_series(a: np.ndarray, terms: int) -> np.ndarray:
    """Σ_{k < terms} Aᵏ/k!, summed as it stands."""
    total = power = np.eye(len(a), dtype=a.dtype)
    for k in range(1, terms):
        power = power @ a / k
        total = total + power
    return total


def tail(a: np.ndarray, terms: int) -> float:
    """An upper bound of the 2-norm of what ``terms`` terms leave out: ‖A‖^m/m! · 1/(1 − ‖A‖/(m + 1)).

    It holds for ‖A‖ < m + 1 and is infinite otherwise. The second factor is the geometric series that bounds the later
    terms; without it the bound is false: for A = [2] and m = 3 there is e² − 5 = 2.39 left, and 2³/3! = 1.33.
    """
    x = float(np.linalg.norm(a, 2))
    if x == 0:
        return 0.0
    return math.exp(terms * math.log(x) - math.lgamma(terms + 1)) / (1 - x / (terms + 1)) if x < terms + 1 else math.inf


def by_eigenvalues(a: np.ndarray) -> tuple[np.ndarray, float]:
    """(V e^Λ V⁻¹, condition of V). Defective matrices have no such V: NaN, and a condition that is infinite."""
    values, vectors = np.linalg.eig(a)
    condition = float(np.linalg.cond(vectors))
    if not condition < 1 / EPSILON:
        return np.full_like(a, np.nan), math.inf
    result = (vectors * np.exp(values)) @ np.linalg.inv(vectors)
    return (result.real if np.isrealobj(a) else result), condition


def log_det_gap(a: np.ndarray, exponential: np.ndarray) -> float:
    """log |det E| − tr A for E meant to be e^A: zero where the identity holds; NaN where det E is 0 or E is not finite."""
    if not np.isfinite(exponential).all():
        return math.nan
    sign, logarithm = np.linalg.slogdet(exponential)
    return float(logarithm - np.trace(a).real) if sign != 0 else math.nan


# Flow: what e^{tA} does to areas and volumes


@dataclass(frozen=True, slots=True)
class Facts:
    """Of A [n, n]: det e^A (by scaling and squaring), e^{tr A}, tr A, det A, the eigenvalues [n], and the condition of
    their eigenvectors, infinite where A is defective."""

    det_exponential: float
    exp_trace: float
    trace: float
    determinant: float
    eigenvalues: np.ndarray
    condition: float

    @property
    def defective(self) -> bool:
        """Whether A has no basis of eigenvectors, as far as float64 can tell."""
        return math.isinf(self.condition)


def facts_of(a: np.ndarray) -> Facts:
    """What the identity is about, for one matrix."""
    trace = float(np.trace(a))
    return Facts(
        float(np.linalg.det(expm(a))),
        math.exp(trace),
        trace,
        float(np.linalg.det(a)),
        np.linalg.eigvals(a),
        by_eigenvalues(a)[1],
    )


def moved(a: np.ndarray, points: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Where e^{tA} takes ``points`` [m, n] at ``times`` [s]: [s, m, n]."""
    return np.stack([points @ expm(t * a).T for t in times])


def shoelace(polygons: np.ndarray) -> np.ndarray:
    """Signed areas [s] of closed polygons [s, m, 2] whose last corner is the first again."""
    x, y = polygons[..., 0], polygons[..., 1]
    return 0.5 * (x[..., :-1] * y[..., 1:] - x[..., 1:] * y[..., :-1]).sum(-1)


@dataclass(frozen=True, slots=True)
class Flow:
    """The unit square [s, 5, 2] under e^{tA} at ``times`` [s] up to ``time``, the paths [m, f, 2] of points around it, and
    its ``areas`` [s], measured from the corners. ``law`` [f] is e^{t tr A} at ``axis`` [f], which reaches to ``last``."""

    matrix: np.ndarray
    facts: Facts
    time: float
    times: np.ndarray
    squares: np.ndarray
    areas: np.ndarray
    paths: np.ndarray
    axis: np.ndarray
    law: np.ndarray

    @property
    def expected(self) -> float:
        """e^{t tr A} at the end."""
        return math.exp(self.time * self.facts.trace)

    @property
    def trail(self) -> np.ndarray:
        """The paths as one curve [m·(f + 1), 2] with gaps of NaN between them."""
        gaps = np.full((len(self.paths), 1, 2), np.nan)
        return np.concatenate([self.paths, gaps], 1).reshape(-1, 2)

    @property
    def stretch(self) -> float:
        """The longest side of the square at the end."""
        sides = np.diff(self.squares[-1], axis=0)
        return float(np.linalg.norm(sides, axis=1).max())


def flow(a: np.ndarray | Sequence[Sequence[float]], time: float, last: float) -> Flow:
    """How the flow of ẋ = Ax carries the unit square up to ``time``; its area is measured by the shoelace formula."""
    a = np.asarray(a, float)
    times, axis = np.linspace(0, time, SHOWN), np.linspace(0, last, FINE)
    angles = np.linspace(0, 2 * math.pi, PATHS, endpoint=False)
    ring = np.array([0.5, 0.5]) + np.stack([np.cos(angles), np.sin(angles)], 1)
    squares = moved(a, SQUARE, times)
    paths = moved(a, ring, np.linspace(0, time, FINE)).swapaxes(0, 1)
    return Flow(a, facts_of(a), time, times, squares, shoelace(squares), paths, axis, np.exp(axis * np.trace(a)))


class Route(NamedTuple):
    """One way to e^A: its determinant and log |det| − tr A; NaN where the route has no answer."""

    name: str
    determinant: float
    gap: float


def routes(a: np.ndarray, terms: int) -> tuple[Route, ...]:
    """e^A by "pade" (scaling and squaring; Al-Mohy and Higham 2009), by the "series" of ``terms`` terms, by "eigenvalues"."""
    found = {"pade": expm(a), "series": by_series(a, terms), "eigenvalues": by_eigenvalues(a)[0]}
    return tuple(
        Route(name, float(np.linalg.det(e)) if np.isfinite(e).all() else math.nan, log_det_gap(a, e))
        for name, e in found.items()
    )


@dataclass(frozen=True, slots=True)
class Box:
    """The unit cube [3, 8, 3] under e^{tA} at 0, ``time``/2 and ``time``; its ``volumes`` [f] and e^{t tr A} at ``times``
    [f]; A, e^A and three routes to it."""

    matrix: np.ndarray
    exponential: np.ndarray
    facts: Facts
    routes: tuple[Route, ...]
    time: float
    boxes: np.ndarray
    times: np.ndarray
    volumes: np.ndarray
    law: np.ndarray

    @property
    def volume(self) -> float:
        """The cube's volume at the end."""
        return float(self.volumes[-1])

    @property
    def worst(self) -> Route:
        """The route whose determinant misses the identity by most; one without an answer is worst of all."""
        return max(self.routes, key=lambda route: math.inf if math.isnan(route.gap) else abs(route.gap))


def box(a: np.ndarray, time: float, terms: int) -> Box:
    """What e^{tA} does to the unit cube, and whether three routes to e^A keep det e^A = e^{tr A}."""
    times = np.linspace(0, time, FINE)
    exponentials = np.stack([expm(t * a) for t in times])
    return Box(
        a,
        expm(a),
        facts_of(a),
        routes(a, terms),
        time,
        moved(a, CUBE, np.array([0.0, time / 2, time])),
        times,
        np.linalg.det(exponentials),
        np.exp(times * np.trace(a)),
    )


# Series


@dataclass(frozen=True, slots=True)
class Errors:
    """Compared with 60 digits, in the 2-norm, for 1 … m terms [m]: the ``series``' errors, its ``bounds`` (:func:`tail`),
    |log |det Σ| − tr A| (``gaps``; NaN where it is zero or has no answer); the errors by eigenvalues and by Padé; ‖A‖ and
    ‖e^A‖. ``rounding`` is ε times the largest ‖A‖ᵏ/k!: the digits that cancel."""

    terms: np.ndarray
    series: np.ndarray
    bounds: np.ndarray
    gaps: np.ndarray
    eigenvalues: float
    condition: float
    pade: float
    norm: float
    exponential_norm: float
    rounding: float

    @property
    def largest(self) -> float:
        """The largest error of the series."""
        return float(self.series.max())


def errors_of(a: np.ndarray, most: int) -> Errors:
    """The three routes to e^A, and 1 … ``most`` terms of the series, compared with :func:`exact_exponential`."""
    exact = exact_exponential(a)
    terms = np.arange(1, most + 1)
    sums = [by_series(a, int(m)) for m in terms]
    by_values, condition = by_eigenvalues(a)
    norm = float(np.linalg.norm(a, 2))
    largest = max(math.exp(k * math.log(norm) - math.lgamma(k + 1)) for k in (0, math.floor(norm))) if norm else 1.0
    gaps = np.array([abs(log_det_gap(a, e)) for e in sums])
    return Errors(
        terms,
        np.array([float(np.linalg.norm(e - exact, 2)) for e in sums]),
        np.array([tail(a, int(m)) for m in terms]),
        np.where(gaps > 0, gaps, np.nan),
        float(np.linalg.norm(by_values - exact, 2)),
        condition,
        float(np.linalg.norm(expm(a) - exact, 2)),
        norm,
        float(np.linalg.norm(exact, 2)),
        EPSILON * largest,
    )


# Sums, and floating point


def commutator_gap(a: np.ndarray, b: np.ndarray, scale: float) -> tuple[float, float]:
    """(‖e^{sA + sB} − e^{sA}e^{sB}‖, ½s²‖[A, B]‖): the second is the first to second order in s."""
    gap = np.linalg.norm(expm(scale * (a + b)) - expm(scale * a) @ expm(scale * b))
    return float(gap), float(0.5 * scale**2 * np.linalg.norm(a @ b - b @ a))


@dataclass(frozen=True, slots=True)
class Sums:
    """At ``scales`` s [f]: ‖e^{s(A+B)} − e^{sA}e^{sB}‖ (``gaps``) and ½s²‖[A, B]‖ (``halves``) over ‖e^{s(A+B)}‖, and
    det e^{sA} · det e^{sB} / det e^{s(A+B)} − 1 (``parted``). At the last s: the two determinants, the singular values
    (semi-axes) of both matrices [n], and for n = 2 where they take the unit square [2, 5, 2]."""

    scales: np.ndarray
    gaps: np.ndarray
    halves: np.ndarray
    parted: np.ndarray
    of_sum: float
    of_product: float
    axes_of_sum: np.ndarray
    axes_of_product: np.ndarray
    squares: np.ndarray | None


def commuting(a: np.ndarray, b: np.ndarray, last: float) -> Sums:
    """Matrices that do not commute: e^{A+B} is not e^A e^B, yet both change volumes by the same factor."""
    scales = np.linspace(0, last, FINE)
    gaps, halves, parted = [], [], []
    for s in scales:
        gap, half = commutator_gap(a, b, float(s))
        whole = expm(s * (a + b))
        size = float(np.linalg.norm(whole))
        gaps.append(gap / size)
        halves.append(half / size)
        parted.append(float(np.linalg.det(expm(s * a)) * np.linalg.det(expm(s * b)) / np.linalg.det(whole)) - 1)
    one, two = expm(last * (a + b)), expm(last * a) @ expm(last * b)
    squares = np.stack([SQUARE @ one.T, SQUARE @ two.T]) if len(a) == 2 else None
    return Sums(
        scales,
        np.array(gaps),
        np.array(halves),
        np.array(parted),
        float(np.linalg.det(one)),
        float(np.linalg.det(two)),
        np.linalg.svd(one, compute_uv=False),
        np.linalg.svd(two, compute_uv=False),
        squares,
    )


@dataclass(frozen=True, slots=True)
class Loss:
    """At each of ``scales`` s: median |log |det e^{sA}| − s tr A| in float64 (``double``) and float32 (``single``), median
    condition of e^{sA}, ε times it (``guide``), and in float64 the share of matrices whose determinant comes out with a
    minus (``negative``): it is always positive."""

    scales: np.ndarray
    double: np.ndarray
    single: np.ndarray
    condition: np.ndarray
    guide: np.ndarray
    negative: np.ndarray


def conditioning(n: int, count: int, seed: int) -> Loss:
    """How the identity is lost as the norm grows: ``count`` normal matrices [n, n] at scales from 0.1 to 20 (scipy's expm)."""
    normal = np.random.default_rng(seed).standard_normal((count, n, n)) / math.sqrt(n)
    scales = np.geomspace(0.1, 20, 14)
    found = np.array([[_lost(s * a) for a in normal] for s in scales])  # [scales, count, 4]
    double, single = np.nanmedian(found[..., 0], 1), np.nanmedian(found[..., 1], 1)
    condition = np.median(found[..., 2], 1)
    return Loss(scales, double, single, condition, EPSILON * condition, found[..., 3].mean(1))


def _lost(a: np.ndarray) -> tuple[float, float, float, bool]:
    e = expm(a)
    small = a.astype(np.float32)
    minus = bool(np.linalg.slogdet(e)[0] < 0)
    return abs(log_det_gap(a, e)), abs(log_det_gap(small, expm(small))), float(np.linalg.cond(e)), minus
