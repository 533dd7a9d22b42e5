"""det(exp A) = exp(tr A) (post 6377): three ways to the exponential, what they lose, and the volume that flows.

f(t) = det e^{tA} obeys f' = tr(A) f with f(0) = 1, whatever A is, diagonalisable or not (Jacobi's formula). In floating point
the identity is lost where e^A is nearly singular in relative terms: the determinant is then a difference of large numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import expm, logm

from core.checks import Check
from core.refusal import Refusal

__all__ = [
    "Errors", "Facts", "LARGEST_NORM", "Loss", "by_eigenvalues", "by_series", "checks", "commutator_gap", "conditioning", "determinants", "drawn", "errors_of", "facts_of", "log_det", "log_series", "near_identity", "turning", "volumes", "exact_exponential", "flow", "jacobi", "log_det_gap", "matrix", "named", "pair", "reference_exponential", "tail", "trace_log",
]  # fmt: skip

LARGEST_NORM = 50.0  # e^50 = 5e21: beyond, products of entries leave float64
EPSILON = float(np.finfo(np.float64).eps)


def matrix(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """A square matrix of finite numbers with Frobenius norm at most 50. Raises Refusal that says what is wrong."""
    sizes = {len(row) for row in rows}
    if sizes != {len(rows)}:
        raise Refusal(f"rows：应为方阵，现在是 {len(rows)} 行、每行 {sorted(sizes)} 个", f"rows: must be square, not {len(rows)} rows of {sorted(sizes)}")  # fmt: skip
    a = np.array(rows, dtype=float)
    if not np.isfinite(a).all():
        raise Refusal("rows：只能是有限的数", "rows: finite numbers only")
    if (norm := float(np.linalg.norm(a))) > LARGEST_NORM:
        raise Refusal(
            f"rows：范数 {norm:.3g} 太大，最多 {LARGEST_NORM:g}",
            f"rows: norm {norm:.3g} is too large, at most {LARGEST_NORM:g}",
        )
    return a


def named() -> dict[str, np.ndarray]:
    """Matrices [2, 2] worth a look: rotation, shear (defective), saddle (trace 0), growth, spiral, Jordan block, nilpotent."""
    return {
        "spiral": np.array([[0.2, -1.5], [1.5, -0.5]]), "rotation": np.array([[0.0, -1.0], [1.0, 0.0]]), "saddle": np.array([[1.0, 0.0], [0.0, -1.0]]),
        "growth": np.array([[0.6, 0.2], [0.1, 0.3]]), "jordan": np.array([[1.0, 1.0], [0.0, 1.0]]), "nilpotent": np.array([[0.0, 1.0], [0.0, 0.0]]),
        "shear": np.array([[0.0, 1.5], [0.0, 0.0]]),
    }  # fmt: skip


def drawn(n: int, norm: float, seed: int) -> np.ndarray:
    """A normal matrix [n, n] scaled to 2-norm ``norm``."""
    a = np.random.default_rng(seed).standard_normal((n, n))
    return a * (norm / np.linalg.norm(a, 2))


def pair(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(A, B) [n, n] of norm 1 with B = (1 − share)·p(A) + share·random, p a polynomial: at ``share`` 0 they commute."""
    a, other = drawn(n, 1.0, seed), drawn(n, 1.0, seed + 1)
    return a, (1 - share) * (0.5 * np.eye(n) + 0.5 * a @ a) + share * other


def reference_exponential(a: np.ndarray) -> np.ndarray:
    """e^A by scaling and squaring with Padé approximants (scipy; Al-Mohy and Higham 2009)."""
    return expm(a)


def exact_exponential(a: np.ndarray) -> np.ndarray:
    """e^A computed with 60 digits (mpmath) and rounded to float64: what the other routes are held against."""
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
    """An upper bound of the 2-norm of what the series leaves out: ‖A‖^m/m! · 1/(1 − ‖A‖/(m + 1)) for ‖A‖ < m + 1, else infinite."""
    x = float(np.linalg.norm(a, 2))
    if x == 0:
        return 0.0
    return math.exp(terms * math.log(x) - math.lgamma(terms + 1)) / (1 - x / (terms + 1)) if x < terms + 1 else math.inf


def by_eigenvalues(a: np.ndarray) -> tuple[np.ndarray, float]:
    """(V e^Λ V⁻¹, condition of V). Defective matrices have no such V: its condition is then infinite or beyond 1/ε."""
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


def flow(a: np.ndarray, points: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Where e^{tA} takes ``points`` [m, n] at ``times`` [s]: [s, m, n]."""
    return np.stack([points @ expm(t * a).T for t in times])


@dataclass(frozen=True, slots=True)
class Facts:
    """Of A [n, n]: det e^A (by scaling and squaring), e^{tr A}, tr A, det A, the eigenvalues [n] and the condition of their vectors."""

    det_exponential: float
    exp_trace: float
    trace: float
    determinant: float
    eigenvalues: np.ndarray
    condition: float


def facts_of(a: np.ndarray) -> Facts:
    """What the identity is about, for one matrix."""
    trace = float(np.trace(a))
    return Facts(
        float(np.linalg.det(expm(a))), math.exp(trace), trace, float(np.linalg.det(a)), np.linalg.eigvals(a), by_eigenvalues(a)[1]
    )  # fmt: skip


def volumes(a: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(det e^{tA}, e^{t tr A}) at ``times`` [s]: the unit box's volume as it flows, and the law."""
    return np.linalg.det(np.stack([expm(t * a) for t in times])), np.exp(times * np.trace(a))


@dataclass(frozen=True, slots=True)
class Errors:
    """Against 60 digits, in the 2-norm: ``series`` of 1 … m terms, its ``bounds``, |log |det Σ| − tr A| (``gaps``); the error by
    eigenvalues and by Padé; the norm of e^A."""

    series: np.ndarray
    bounds: np.ndarray
    gaps: np.ndarray
    eigenvalues: float
    condition: float
    pade: float
    norm: float


def errors_of(a: np.ndarray, most: int) -> Errors:
    """The three routes to e^A, and 1 … ``most`` terms of the series, against :func:`exact_exponential`. At least 1e-17, for logarithms."""
    exact = exact_exponential(a)
    sums = [by_series(a, m) for m in range(1, most + 1)]
    by_values, condition = by_eigenvalues(a)
    return Errors(
        np.array([max(float(np.linalg.norm(e - exact, 2)), 1e-17) for e in sums]), np.array([tail(a, m) for m in range(1, most + 1)]), np.array([max(abs(log_det_gap(a, e)), 1e-17) for e in sums]),
        float(np.linalg.norm(by_values - exact, 2)), condition, float(np.linalg.norm(expm(a) - exact, 2)), float(np.linalg.norm(exact, 2)),
    )  # fmt: skip


def determinants(a: np.ndarray, terms: int) -> dict[str, tuple[float, float]]:
    """(det, log |det| − tr A) of e^A by "pade", "series" of so many terms and "eigenvalues"; NaN where a route has no answer."""
    found = {"pade": expm(a), "series": by_series(a, terms), "eigenvalues": by_eigenvalues(a)[0]}
    return {
        name: (float(np.linalg.det(e)) if np.isfinite(e).all() else math.nan, log_det_gap(a, e)) for name, e in found.items()
    }  # fmt: skip


def log_series(b: np.ndarray, terms: int) -> np.ndarray:
    """tr of Σ_{k=1}^{m} (−1)^{k+1}(B − I)ᵏ/k for m = 1 … ``terms``; it converges to log det B where B − I has spectral radius below 1."""
    step, power, total, found = b - np.eye(len(b)), np.eye(len(b)), 0.0, []
    for k in range(1, terms + 1):
        power = power @ step
        total += (-1) ** (k + 1) * float(np.trace(power)) / k
        found.append(total)
    return np.array(found)


def near_identity(n: int, radius: float, seed: int) -> np.ndarray:
    """I + M [n, n] with M symmetric of spectral radius ``radius``, its largest eigenvalue positive: det > 0 for radius < 1."""
    m = np.random.default_rng(seed).standard_normal((n, n))
    values, vectors = np.linalg.eigh(m + m.T)
    values = values / np.abs(values).max()
    values = values if values.max() == 1 else -values
    return np.eye(n) + (vectors * (radius * values)) @ vectors.T


def log_det(b: np.ndarray) -> complex:
    """Log det B with the principal argument, in (−π, π]."""
    sign, logarithm = np.linalg.slogdet(b)
    return complex(logarithm, float(np.angle(sign)))


def turning(angles: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Imaginary parts of tr A, tr log e^A and Log det e^A for A = i·diag(α, share·α), [len(angles)] each: they part by multiples of 2π."""
    exact, traces, dets = [], [], []
    for alpha in angles:
        b = np.diag(np.exp(1j * np.array([alpha, share * alpha])))
        exact.append((1 + share) * alpha)
        traces.append(trace_log(b).imag)
        dets.append(log_det(b).imag)
    return np.array(exact), np.array(traces), np.array(dets)


def jacobi(a: np.ndarray, t: float, h: float = 1e-5) -> float:
    """(d/dt det e^{tA}) / det e^{tA} at ``t`` by central differences of step ``h``: tr A by Jacobi's formula."""
    ahead, behind = (float(np.linalg.det(expm((t + s) * a))) for s in (h, -h))
    return (ahead - behind) / (2 * h) / float(np.linalg.det(expm(t * a)))


def trace_log(b: np.ndarray) -> complex:
    """tr log B by the principal logarithm; log det B up to a multiple of 2πi."""
    return complex(np.trace(logm(b)))


def commutator_gap(a: np.ndarray, b: np.ndarray, scale: float) -> tuple[float, float]:
    """(‖e^{sA + sB} − e^{sA}e^{sB}‖, ½s²‖[A, B]‖): the second is the first to second order in s."""
    gap = np.linalg.norm(expm(scale * (a + b)) - expm(scale * a) @ expm(scale * b))
    return float(gap), float(0.5 * scale**2 * np.linalg.norm(a @ b - b @ a))


@dataclass(frozen=True, slots=True)
class Loss:
    """At each of ``scales`` s: median |log |det e^{sA}| − s tr A| in float64 (``double``) and float32 (``single``), median condition of
    e^{sA}, and in float64 the share of matrices whose determinant comes out with a minus (``negative``): it is always positive."""

    scales: np.ndarray
    double: np.ndarray
    single: np.ndarray
    condition: np.ndarray
    negative: np.ndarray


def conditioning(n: int, count: int, seed: int) -> Loss:
    """How the identity is lost as the norm grows: ``count`` normal matrices [n, n] at scales from 0.1 to 20 (scipy's expm)."""
    random = np.random.default_rng(seed)
    drawn = random.standard_normal((count, n, n)) / math.sqrt(n)
    scales = np.geomspace(0.1, 20, 14)
    double, single, condition, negative = [], [], [], []
    for s in scales:
        found = [_lost(s * a) for a in drawn]
        double.append(float(np.nanmedian([f[0] for f in found])))
        single.append(float(np.nanmedian([f[1] for f in found])))
        condition.append(float(np.median([f[2] for f in found])))
        negative.append(float(np.mean([f[3] for f in found])))
    return Loss(scales, np.array(double), np.array(single), np.array(condition), np.array(negative))


def _lost(a: np.ndarray) -> tuple[float, float, float, bool]:
    e = expm(a)
    small = a.astype(np.float32)
    minus = bool(np.linalg.slogdet(e)[0] < 0)
    return abs(log_det_gap(a, e)), abs(log_det_gap(small, expm(small))), float(np.linalg.cond(e)), minus


def _exact(size: int, terms: int) -> tuple[Any, Any]:
    """(det of Σ_{k < terms} tᵏAᵏ/k!, Σ_{k < terms} (t tr A)ᵏ/k!) as polynomials in t to order ``terms`` − 1, for an integer matrix, exactly."""
    import sympy

    t = sympy.Symbol("t")
    a = sympy.Matrix(size, size, lambda i, j: (3 * i + 5 * j + i * j) % 7 - 3)
    series = sum((t**k * a**k / sympy.factorial(k) for k in range(1, terms)), sympy.eye(size))
    left = sympy.expand(sympy.Matrix(series).det(method="berkowitz"))
    right = sympy.expand(sum((t * a.trace()) ** k / sympy.factorial(k) for k in range(terms)))
    return [left.coeff(t, k) for k in range(terms)], [right.coeff(t, k) for k in range(terms)]


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    random = np.random.default_rng(0)
    a = random.standard_normal((5, 5)) * 0.5
    for kind, tolerance in ((np.float64, 1e-12), (np.float32, 1e-4)):
        small = a.astype(kind)
        yield Check(
            f"log det exp A − tr A, 5x5 normal, {kind.__name__}", f"log det exp A − tr A，5x5 正态矩阵，{kind.__name__}", log_det_gap(small, expm(small)), 0.0, tolerance,
            note="some thousand units of rounding: the condition of exp A is below 100", note_zh="约千倍舍入误差：exp A 的条件数不到 100",
        )  # fmt: skip
    left, right = _exact(3, 6)
    yield Check(
        "exact: coefficients of det Σ tᵏAᵏ/k! and of Σ (t tr A)ᵏ/k! that differ, up to t⁵", "精确算术：det Σ tᵏAᵏ/k! 与 Σ (t tr A)ᵏ/k! 到 t⁵ 不同的系数个数",
        sum(bool(x != y) for x, y in zip(left, right, strict=True)), 0, 0, note="a 3x3 integer matrix, rational arithmetic (sympy)", note_zh="3x3 整数矩阵，有理数运算（sympy）",
    )  # fmt: skip
    jordan = named()["jordan"]
    yield Check(
        "a defective matrix: det exp [[1, 1], [0, 1]]", "亏损矩阵：det exp [[1, 1], [0, 1]]", float(np.linalg.det(expm(jordan))), math.e**2, 1e-12,
        note="e²: no diagonalisation is needed", note_zh="e²：不需要对角化",
    )  # fmt: skip
    yield Check(
        "Jacobi: (log det e^{tA})' at t = 0.7", "Jacobi 公式：t = 0.7 处 (log det e^{tA})'", jacobi(a, 0.7), float(np.trace(a)), 1e-7,
        note="central differences of step 1e-5: truncation 1e-10, rounding 1e-10", note_zh="步长 1e-5 的中心差分：截断 1e-10，舍入 1e-10",
    )  # fmt: skip
    b = random.standard_normal((4, 4))
    b = b @ b.T + np.eye(4)
    yield Check(
        "tr log B − log det B, positive definite 4x4", "tr log B − log det B，4x4 正定", abs(trace_log(b) - math.log(np.linalg.det(b))), 0.0, 1e-10,
        note="the same identity read backwards", note_zh="恒等式倒过来读",
    )  # fmt: skip
    near = near_identity(5, 0.6, 1)
    yield Check(
        "log series: tr Σ (−1)^{k+1}(B − I)^k/k of 80 terms minus log det B", "对数级数：80 项的 tr Σ (−1)^{k+1}(B − I)^k/k 与 log det B 之差", float(log_series(near, 80)[-1]) - log_det(near).real, 0.0, 1e-12,
        note="spectral radius 0.6: the tail is below 5·0.6^81/(81·0.4) = 2e-19", note_zh="谱半径 0.6：余项小于 5·0.6^81/(81·0.4) = 2e-19",
    )  # fmt: skip
    whole, traces, _ = turning(np.linspace(0.1, 12, 60), 0.7)
    turns = (whole - traces) / (2 * math.pi)
    yield Check(
        "tr log e^A misses tr A by whole turns: largest distance of (tr A − tr log e^A)/2πi from an integer", "tr log e^A 与 tr A 只差整数圈：(tr A − tr log e^A)/2πi 离整数最远", float(np.abs(turns - np.round(turns)).max()), 0.0, 1e-12,
        note="A = i diag(α, 0.7α), α up to 12", note_zh="A = i diag(α, 0.7α)，α 到 12",
    )  # fmt: skip
    yield Check("… and how many turns at most", "……最多差几圈", float(np.round(turns).max()), 3.0, 0.0, note="α = 12: 12/2π rounds to 2, 8.4/2π to 1", note_zh="α = 12：12/2π 取整为 2，8.4/2π 取整为 1")  # fmt: skip
    free = a - np.trace(a) / 5 * np.eye(5)
    yield Check(
        "no trace, no change of volume: det exp(3A)", "迹为零则体积不变：det exp(3A)", float(np.linalg.det(expm(3 * free))), 1.0, 1e-9,
        note="Liouville: a flow without divergence", note_zh="Liouville：无散度的流",
    )  # fmt: skip
    for terms in (6, 12):
        error = float(np.linalg.norm(by_series(a, terms) - expm(a), 2))
        yield Check(
            f"series of {terms} terms: error below its bound", f"级数 {terms} 项：误差不超过余项界", error, tail(a, terms), 1e-14, "at_most",
            note="‖A‖^m/m! · 1/(1 − ‖A‖/(m + 1))", note_zh="‖A‖^m/m! · 1/(1 − ‖A‖/(m + 1))",
        )  # fmt: skip
    by_values, _ = by_eigenvalues(a)
    yield Check(
        "eigenvalues against scaling and squaring", "特征值法与缩放平方法之差", float(np.abs(by_values - expm(a)).max()), 0.0, 1e-12,
        note="a matrix with a well conditioned eigenbasis", note_zh="特征向量组条件良好的矩阵",
    )  # fmt: skip
    gap, half = commutator_gap(a, random.standard_normal((5, 5)), 1e-3)
    yield Check(
        "exp(sA + sB) − exp(sA) exp(sB), over ½s²[A, B]", "exp(sA + sB) − exp(sA) exp(sB) 与 ½s²[A, B] 之比", gap / half, 1.0, 5e-3,
        note="s = 1e-3: the next order is smaller by about s‖A‖", note_zh="s = 1e-3：下一阶约小 s‖A‖ 倍",
    )  # fmt: skip
