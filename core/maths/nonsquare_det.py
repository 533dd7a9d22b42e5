"""Determinants of matrices that are not square (post 6096): the volume of k vectors in n dimensions.

For B [n, k] with n ≥ k columns b_1 … b_k, |det B| := √det(BᵀB) is the k-volume of the parallelotope they span. It is the product
of the singular values, the product of |R_ii| of B = QR (Gram-Schmidt's heights), and by Cauchy-Binet the root of the sum of the
squares of all k x k minors: the square of a volume is the sum of the squares of its shadows on the coordinate planes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from scipy.stats import ortho_group

from core.checks import Check
from core.refusal import Refusal

__all__ = [
    "Minor", "Parallelogram", "Routes", "Surface", "area", "checks", "cross", "determinant", "elements", "exact_gram", "exact_minors", "heights", "lengths", "matrix", "minors", "parallelogram", "parting", "products", "routes", "surfaces", "volume",
]  # fmt: skip

ROUNDING = 1e-12
PICKED = 12  # random matrices a check


@dataclass(frozen=True, slots=True)
class Minor:
    """One term of Cauchy-Binet: the ``rows`` kept (from 1) and the determinant there, the signed volume of the shadow."""

    rows: tuple[int, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Routes:
    """The same volume by four routes."""

    gram: float
    singular: float
    heights: float
    minors: float


def matrix(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """B [n, k] from rows of numbers. Raises Refusal when there is none, they differ in length, or a number is not finite."""
    sizes = {len(row) for row in rows}
    if not rows or sizes in ({0}, set()) or len(sizes) != 1:
        raise Refusal("rows：应有至少一行，各行一样长", "rows: at least one row, all of one length")
    b = np.array(rows, dtype=float)
    if not np.isfinite(b).all():
        raise Refusal("rows：只能是有限的数", "rows: finite numbers only")
    return b


def volume(b: np.ndarray) -> float:
    """√det(BᵀB) for B [n, k]; 0 when k > n, as k vectors in fewer dimensions span no volume. By logarithms of the Gram matrix's LU."""
    n, k = b.shape
    if k > n:
        return 0.0
    sign, logarithm = np.linalg.slogdet(b.T @ b)
    return math.exp(0.5 * logarithm) if sign > 0 else 0.0


def heights(b: np.ndarray) -> np.ndarray:
    """Gram-Schmidt's heights: how far each column stands out of the span of those before it; [k]. Zero beyond the rank."""
    if b.shape[1] > b.shape[0]:
        return np.append(heights(b[:, : b.shape[0]]), np.zeros(b.shape[1] - b.shape[0]))
    return np.abs(np.diagonal(np.linalg.qr(b, mode="r")))


def minors(b: np.ndarray) -> list[Minor]:
    """All k x k minors of B [n, k], in order of their rows; none when k > n."""
    n, k = b.shape
    chosen = itertools.combinations(range(n), k)
    return [Minor(tuple(i + 1 for i in rows), float(np.linalg.det(b[list(rows)]))) for rows in chosen]


def routes(b: np.ndarray) -> Routes:
    """The volume of B's columns by Gram matrix, singular values, heights and minors."""
    if b.shape[1] > b.shape[0]:
        return Routes(0.0, 0.0, float(np.prod(heights(b))), 0.0)
    singular = float(np.prod(np.linalg.svd(b, compute_uv=False)))
    return Routes(volume(b), singular, float(np.prod(heights(b))), math.sqrt(sum(m.value**2 for m in minors(b))))


@dataclass(frozen=True, slots=True)
class Parallelogram:
    """Of a, b [3]: area, base and height (Gram-Schmidt), the shadows on yz, zx, xy with sign, and ‖a‖²‖b‖² − ⟨a, b⟩²."""

    area: float
    base: float
    height: float
    shadows: np.ndarray
    squared: float

    @property
    def by_shadows(self) -> float:
        """√Σ shadow²: the area again."""
        return float(np.sqrt((self.shadows**2).sum()))


def parallelogram(a: np.ndarray, b: np.ndarray) -> Parallelogram:
    """The parallelogram that a and b span in space."""
    columns = np.stack([a, b], 1)
    base, height = heights(columns)
    return Parallelogram(
        volume(columns), float(base), float(height), cross(a, b), float((a @ a) * (b @ b) - (a @ b) ** 2)
    )


def lengths(b: np.ndarray) -> np.ndarray:
    """Lengths of the columns of B [n, k], [k]."""
    return np.linalg.norm(b, axis=0)


def determinant(b: np.ndarray) -> float:
    """det B of a square B, with its sign."""
    return float(np.linalg.det(b))


def parting(n: int, k: int, gaps: Sequence[float], seed: int) -> dict[str, np.ndarray]:
    """Relative errors of the four routes on B [n, k] whose last column is the first plus a gap times another, for each gap.

    Against √det(BᵀB) in rational arithmetic of the very same float64 entries. The Gram matrix squares B's condition: with
    nearly parallel columns it loses twice the digits of the others. Raises Refusal for k < 2 or k > n.
    """
    if not 2 <= k <= n:
        raise Refusal(f"k = {k}：应在 2 到 n = {n} 之间", f"k = {k}: must be from 2 to n = {n}")
    base = np.random.default_rng(seed).standard_normal((n, k))
    errors: dict[str, list[float]] = {"gram": [], "singular": [], "heights": [], "minors": []}
    for gap in gaps:
        b = base.copy()
        b[:, -1] = base[:, 0] + gap * base[:, -1]
        exact, found = _root(exact_gram(b.tolist())), routes(b)
        for name, values in errors.items():
            values.append(abs(getattr(found, name) / exact - 1))
    return {name: np.array(values) for name, values in errors.items()}


def _root(value: Fraction) -> float:
    """√ of a rational number to float64, without under- or overflow of numerator and denominator."""
    with localcontext() as context:
        context.prec = 60
        return float((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())


def exact_minors(b: Sequence[Sequence[int]]) -> list[Fraction]:
    """The minors of an integer (or rational) matrix, exactly (fraction-free elimination)."""
    k = len(b[0])
    return [_exact_det([list(map(Fraction, b[i])) for i in rows]) for rows in itertools.combinations(range(len(b)), k)]


def exact_gram(b: Sequence[Sequence[int]]) -> Fraction:
    """det(BᵀB) of an integer (or rational) matrix, exactly."""
    k = len(b[0])
    gram = [[sum((Fraction(row[i]) * Fraction(row[j]) for row in b), Fraction(0)) for j in range(k)] for i in range(k)]
    return _exact_det(gram)


def _exact_det(a: list[list[Fraction]]) -> Fraction:
    a, sign, result = [row[:] for row in a], 1, Fraction(1)
    for j in range(len(a)):
        pivot = next((i for i in range(j, len(a)) if a[i][j]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != j:
            a[j], a[pivot], sign = a[pivot], a[j], -sign
        result *= a[j][j]
        for i in range(j + 1, len(a)):
            factor = a[i][j] / a[j][j]
            a[i] = [x - factor * y for x, y in zip(a[i], a[j], strict=True)]
    return sign * result


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The three shadows of the parallelogram of a, b [3], as areas with sign on the planes yz, zx, xy: the cross product."""
    by_rows = {m.rows: m.value for m in minors(np.stack([a, b], 1))}
    return np.array([by_rows[2, 3], -by_rows[1, 3], by_rows[1, 2]])


def products(n: int, k: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(|det(A B)|, |det A|·|det B|), [count] each, for random A [n, n], B [n, k]: equal where k = n or A is orthogonal only.

    The entries are normal; a square factor on the right, |det(B C)| = |det B||det C|, always multiplies.
    """
    random = np.random.default_rng(seed)
    pairs = [(random.standard_normal((n, n)), random.standard_normal((n, k))) for _ in range(count)]
    return (
        np.array([volume(a @ b) for a, b in pairs]),
        np.array([abs(float(np.linalg.det(a))) * volume(b) for a, b in pairs]),
    )


@dataclass(frozen=True, slots=True)
class Surface:
    """A surface x(u, v) over a rectangle with its two derivatives [..., 3] and its known ``area``."""

    point: Callable[[np.ndarray, np.ndarray], np.ndarray]
    du: Callable[[np.ndarray, np.ndarray], np.ndarray]
    dv: Callable[[np.ndarray, np.ndarray], np.ndarray]
    u: tuple[float, float]
    v: tuple[float, float]
    area: float


def surfaces(large: float, small: float) -> dict[str, Surface]:
    """A torus of radii ``large`` > ``small``, a sphere of radius ``large``, a helicoid of width ``small`` and pitch ``large``."""
    r, s, tau = large, small, 2 * math.pi

    def stack(*parts: np.ndarray) -> np.ndarray:
        return np.stack(np.broadcast_arrays(*parts), -1)

    return {
        "torus": Surface(
            lambda u, v: stack((r + s * np.cos(v)) * np.cos(u), (r + s * np.cos(v)) * np.sin(u), s * np.sin(v)),
            lambda u, v: stack(-(r + s * np.cos(v)) * np.sin(u), (r + s * np.cos(v)) * np.cos(u), 0 * v),
            lambda u, v: stack(-s * np.sin(v) * np.cos(u), -s * np.sin(v) * np.sin(u), s * np.cos(v)),
            (0, tau), (0, tau), tau**2 * r * s,
        ),
        "sphere": Surface(
            lambda u, v: stack(r * np.sin(v) * np.cos(u), r * np.sin(v) * np.sin(u), r * np.cos(v)),
            lambda u, v: stack(-r * np.sin(v) * np.sin(u), r * np.sin(v) * np.cos(u), 0 * v),
            lambda u, v: stack(r * np.cos(v) * np.cos(u), r * np.cos(v) * np.sin(u), -r * np.sin(v)),
            (0, tau), (0, math.pi), 2 * tau * r * r,
        ),
        "helicoid": Surface(
            lambda u, v: stack(v * np.cos(u), v * np.sin(u), r * u / tau),
            lambda u, v: stack(-v * np.sin(u), v * np.cos(u), r / tau + 0 * u),
            lambda u, v: stack(np.cos(u), np.sin(u), 0 * v),
            (0, tau), (0, s), _helicoid(r / tau, s),
        ),
    }  # fmt: skip


def _helicoid(c: float, s: float) -> float:
    """2π ∫₀ˢ √(v² + c²) dv in closed form."""
    return math.pi * (s * math.hypot(s, c) + c * c * math.asinh(s / c))


def elements(surface: Surface, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """(points [steps, steps, 3], area elements √det(JᵀJ) [steps, steps]) on a grid that reaches the borders, for a picture."""
    u, v = np.linspace(*surface.u, steps)[:, None], np.linspace(*surface.v, steps)[None, :]
    j = np.stack([surface.du(u, v), surface.dv(u, v)], -1)
    return surface.point(u, v), np.sqrt(np.linalg.det(np.swapaxes(j, -1, -2) @ j).clip(min=0))


def area(surface: Surface, steps: int) -> float:
    """∬ √det(JᵀJ) du dv with J = (x_u, x_v) [3, 2] by the midpoint rule on ``steps`` x ``steps`` cells."""
    (u0, u1), (v0, v1) = surface.u, surface.v
    u = u0 + (u1 - u0) * (np.arange(steps) + 0.5) / steps
    v = v0 + (v1 - v0) * (np.arange(steps) + 0.5) / steps
    u, v = u[:, None], v[None, :]
    j = np.stack([surface.du(u, v), surface.dv(u, v)], -1)
    density = np.sqrt(np.linalg.det(np.swapaxes(j, -1, -2) @ j).clip(min=0))
    return float(density.sum() * (u1 - u0) * (v1 - v0) / steps**2)


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    random = np.random.default_rng(0)
    shapes = [(n, k) for n in range(2, 8) for k in range(1, n + 1)][:PICKED]
    found = [routes(random.standard_normal(shape)) for shape in shapes]
    for name, zh in (
        ("singular", "奇异值之积"),
        ("heights", "Gram-Schmidt 各高之积"),
        ("minors", "Cauchy-Binet 子式平方和"),
    ):
        gap = max(abs(getattr(r, name) / r.gram - 1) for r in found)
        yield Check(
            f"√det(BᵀB) against {name}, largest relative gap", f"√det(BᵀB) 与{zh}的最大相对差", gap, 0.0, ROUNDING * 100,
            note=f"{PICKED} normal matrices from 2x1 to 5x3, float64", note_zh=f"{PICKED} 个正态矩阵，2x1 到 5x3，float64",
        )  # fmt: skip
    whole = random.integers(-9, 10, (6, 3)).tolist()
    gap = exact_gram(whole) - sum((m * m for m in exact_minors(whole)), Fraction(0))
    yield Check(
        "Cauchy-Binet in exact arithmetic: det(BᵀB) − Σ minors²", "精确算术下的 Cauchy-Binet：det(BᵀB) − Σ 子式²", float(gap), 0.0, 0.0,
        note="a 6x3 matrix of integers, rational arithmetic: equal, not nearly", note_zh="6x3 整数矩阵，有理数运算：严格相等",
    )  # fmt: skip
    b = random.standard_normal((5, 3))
    turned = ortho_group(5, seed=1).rvs() @ b
    yield Check(
        "a rotation leaves the volume", "旋转不改变体积", volume(turned) / volume(b), 1.0, ROUNDING,
        note="(QB)ᵀ(QB) = BᵀB for orthogonal Q", note_zh="Q 正交时 (QB)ᵀ(QB) = BᵀB",
    )  # fmt: skip
    square = random.standard_normal((4, 4))
    yield Check(
        "for a square matrix it is |det|", "方阵时即 |det|", volume(square) / abs(float(np.linalg.det(square))), 1.0, ROUNDING,
        note="√det(BᵀB) = |det B|", note_zh="√det(BᵀB) = |det B|",
    )  # fmt: skip
    c = random.standard_normal((3, 3))
    yield Check(
        "|det(BC)| = |det B||det C| for square C", "C 为方阵时 |det(BC)| = |det B||det C|", volume(b @ c) / (volume(b) * abs(float(np.linalg.det(c)))), 1.0, ROUNDING * 10,
        note="det(CᵀBᵀBC) = det(C)² det(BᵀB)", note_zh="det(CᵀBᵀBC) = det(C)² det(BᵀB)",
    )  # fmt: skip
    left, right = products(4, 2, 200, 2)
    yield Check(
        "|det(AB)| and |det A||det B| for square A on the left: median size of the log of their ratio", "A 在左边时 |det(AB)| 与 |det A||det B| 之比的对数，绝对值的中位数",
        float(np.median(np.abs(np.log(left / right)))), 0.2, 0.0, "at_least", note="not equal in general: A changes the k-volume by its action on that k-plane alone",
        note_zh="一般不等：A 只按它在那个 k 维平面上的作用改变体积",
    )  # fmt: skip
    a, b3 = random.standard_normal(3), random.standard_normal(3)
    yield Check(
        "the shadows on the coordinate planes are the cross product", "三个坐标面上的投影面积即叉积", float(np.abs(cross(a, b3) - np.cross(a, b3)).max()), 0.0, ROUNDING,
        note="minors of a 3x2 matrix", note_zh="3x2 矩阵的子式",
    )  # fmt: skip
    lost = parting(5, 3, [1e-6], 0)
    yield Check(
        "columns parallel to 1e-6: relative error by singular values", "列平行到 1e-6：奇异值法的相对误差", float(lost["singular"][0]), 0.0, 1e-8,
        note="condition about 1e6: some 1e-10", note_zh="条件数约 1e6：误差约 1e-10",
    )  # fmt: skip
    yield Check(
        "… by the Gram matrix over that", "……Gram 矩阵法的误差是它的多少倍", float(lost["gram"][0] / max(lost["singular"][0], 1e-16)), 100.0, 0.0, "at_least",
        note="BᵀB has the square of B's condition", note_zh="BᵀB 的条件数是 B 的平方",
    )  # fmt: skip
    for name, surface in surfaces(2.0, 0.7).items():
        yield Check(
            f"area of the {name} by ∬√det(JᵀJ), over the closed form", f"{SURFACE_ZH[name]}的面积：∬√det(JᵀJ) 与闭式之比", area(surface, 300) / surface.area, 1.0, 2e-5,
            note="midpoint rule, 300 x 300 cells: error of order 1/n², 5e-6 for the sphere", note_zh="中点法 300×300 格：误差 O(1/n²)，球面约 5e-6",
        )  # fmt: skip


SURFACE_ZH = {"torus": "环面", "sphere": "球面", "helicoid": "螺旋面"}
