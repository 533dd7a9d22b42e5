"""Determinants of matrices that are not square (post 6096): the volume of k vectors in n dimensions.

For B [n, k] with n ≥ k columns b_1 … b_k, |det B| := √det(BᵀB) is the k-volume of the parallelotope they span. It is the product
of the singular values, the product of |R_ii| of B = QR (Gram-Schmidt's heights), and by Cauchy-Binet the root of the sum of the
squares of all k x k minors: the square of a volume is the sum of the squares of its shadows on the coordinate planes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from core.refusal import Refusal

__all__ = [
    "Area",
    "Measured",
    "Minor",
    "Parallelogram",
    "Parting",
    "Products",
    "Routes",
    "Surface",
    "area",
    "cross",
    "determinant",
    "elements",
    "exact_gram",
    "exact_minors",
    "heights",
    "lengths",
    "matrix",
    "measured",
    "measured_surface",
    "minors",
    "parallelogram",
    "parting",
    "products",
    "routes",
    "surface",
    "surfaces",
    "volume",
]

RESOLVED = 1e-14  # relative errors below this are the rounding of the sums, and no property of the rule


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


def matrix(rows: Sequence[Sequence[float]] | Sequence[Mapping[str, float]]) -> np.ndarray:
    """B [n, k] from rows of numbers or of named cells. Refusal when there is no row, they differ in length, or a number is not finite."""
    cells = [list(row.values()) if isinstance(row, Mapping) else list(row) for row in rows]
    sizes = {len(row) for row in cells}
    if len(sizes) != 1 or sizes == {0}:
        raise Refusal("应有至少一行，各行一样长", "there must be at least one row, all of one length", input="rows")
    b = np.array(cells, dtype=float)
    if not np.isfinite(b).all():
        raise Refusal("只能是有限的数", "finite numbers only", input="rows")
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
class Measured:
    """Of B [n, k]: its volume by four routes, all k x k minors, the columns' lengths [k] and heights [k], and det B with
    its sign where B is square."""

    shape: tuple[int, int]
    routes: Routes
    minors: tuple[Minor, ...]
    lengths: np.ndarray
    heights: np.ndarray
    determinant: float | None

    @property
    def squares(self) -> list[float]:
        """The squares of the minors, which add up to the volume's."""
        return [minor.value**2 for minor in self.minors]


def measured(b: np.ndarray) -> Measured:
    """The volume that the columns of B span, and what it is made of."""
    n, k = b.shape
    det = determinant(b) if n == k else None
    return Measured((n, k), routes(b), tuple(minors(b)), lengths(b), heights(b), det)


@dataclass(frozen=True, slots=True)
class Parallelogram:
    """Of a, b [3]: area, base and height (Gram-Schmidt), the shadows on yz, zx, xy with sign, and ‖a‖²‖b‖² − ⟨a, b⟩²."""

    a: np.ndarray
    b: np.ndarray
    area: float
    base: float
    height: float
    shadows: np.ndarray
    squared: float

    @property
    def by_shadows(self) -> float:
        """√Σ shadow²: the area again."""
        return float(np.sqrt(self.squares.sum()))

    @property
    def squares(self) -> np.ndarray:
        """The squares of the three shadows' areas, on yz, zx, xy."""
        return self.shadows**2

    @property
    def corners(self) -> np.ndarray:
        """0, a, a + b, b: [4, 3]."""
        return np.stack([0 * self.a, self.a, self.a + self.b, self.b])

    @property
    def reach(self) -> float:
        """The largest coordinate of a corner, without its sign."""
        return float(np.abs(self.corners).max())

    def shadow(self, axis: int, wall: float) -> np.ndarray:
        """Corners [4, 3] of the shadow along ``axis`` on the plane where that coordinate is ``wall``."""
        flat = self.corners
        flat[:, axis] = wall
        return flat


def parallelogram(a: Sequence[float], b: Sequence[float]) -> Parallelogram:
    """The parallelogram that a and b span in space."""
    one, two = np.array(a, float), np.array(b, float)
    columns = np.stack([one, two], 1)
    base, height = heights(columns)
    squared = float((one @ one) * (two @ two) - (one @ two) ** 2)
    return Parallelogram(one, two, volume(columns), float(base), float(height), cross(one, two), squared)


def lengths(b: np.ndarray) -> np.ndarray:
    """Lengths of the columns of B [n, k], [k]."""
    return np.linalg.norm(b, axis=0)


def determinant(b: np.ndarray) -> float:
    """det B of a square B, with its sign."""
    return float(np.linalg.det(b))


@dataclass(frozen=True, slots=True)
class Parting:
    """Relative errors [g] of the four routes at ``gaps`` [g]: how far the last column is from parallel to the first."""

    gaps: np.ndarray
    gram: np.ndarray
    singular: np.ndarray
    heights: np.ndarray
    minors: np.ndarray

    def errors(self) -> dict[str, np.ndarray]:
        """The errors by the route's name."""
        return {"gram": self.gram, "singular": self.singular, "heights": self.heights, "minors": self.minors}

    def resolved(self) -> dict[str, np.ndarray]:
        """The errors for a logarithmic axis: NaN where a route is exact to the last bit."""
        return {name: np.where(errors > 0, errors, np.nan) for name, errors in self.errors().items()}

    def digits(self, name: str, gap: float) -> float:
        """How many decimal digits the route has right at the gap nearest to ``gap``; 16 where its error is zero, at least 0."""
        place = int(np.abs(np.log(self.gaps / gap)).argmin())
        error = max(float(self.errors()[name][place]), 1e-16)
        return max(0.0, -math.log10(error))


def parting(n: int, k: int, gaps: Sequence[float], seed: int) -> Parting:
    """The four routes on B [n, k] whose last column is the first plus a gap times another, for each gap.

    Compared with √det(BᵀB) in rational arithmetic of the very same float64 entries. The Gram matrix squares B's condition:
    with nearly parallel columns it loses twice the digits of the others. Raises Refusal for k < 2 or k > n.
    """
    if not 2 <= k <= n:
        raise Refusal(f"应在 2 到 n = {n} 之间", f"must be from 2 to n = {n}", input="k", value=k)
    base = np.random.default_rng(seed).standard_normal((n, k))
    errors = []
    for gap in gaps:
        b = base.copy()
        b[:, -1] = base[:, 0] + gap * base[:, -1]
        exact, found = _root(exact_gram(b.tolist())), routes(b)
        errors.append([abs(value / exact - 1) for value in (found.gram, found.singular, found.heights, found.minors)])
    return Parting(np.array(gaps, float), *np.array(errors).T)


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


@dataclass(frozen=True, slots=True)
class Products:
    """|det(A B)| (``left``) and |det A|·|det B| (``right``) of random pairs, [count] each."""

    left: np.ndarray
    right: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """|det(A B)| / (|det A|·|det B|), [count]."""
        return self.left / self.right

    @property
    def median(self) -> float:
        """Its median."""
        return float(np.median(self.ratio))

    @property
    def spread(self) -> float:
        """The median size of the ratio's logarithm: 0 where determinants multiply."""
        return float(np.median(np.abs(np.log(self.ratio))))


def products(n: int, k: int, count: int, seed: int) -> Products:
    """|det(A B)| and |det A|·|det B| for random A [n, n], B [n, k]: equal where k = n or A is orthogonal only.

    The entries are normal; a square factor on the right, |det(B C)| = |det B||det C|, always multiplies. Raises Refusal for k > n.
    """
    if k > n:
        raise Refusal(f"不能大于 n = {n}", f"must be at most n = {n}", input="k", value=k)
    rng = np.random.default_rng(seed)
    pairs = [(rng.standard_normal((n, n)), rng.standard_normal((n, k))) for _ in range(count)]
    return Products(
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


def surface(name: str, large: float, small: float) -> Surface:
    """The surface called ``name`` (see :func:`surfaces`); Refusal for a torus that would meet itself."""
    if name == "torus" and small >= large:
        raise Refusal(
            f"环面的小半径应小于大半径 {large:g}",
            f"must be less than the torus's large radius {large:g}",
            input="small",
            value=f"{small:g}",
        )
    return surfaces(large, small)[name]


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
            (0, tau),
            (0, tau),
            tau**2 * r * s,
        ),
        "sphere": Surface(
            lambda u, v: stack(r * np.sin(v) * np.cos(u), r * np.sin(v) * np.sin(u), r * np.cos(v)),
            lambda u, v: stack(-r * np.sin(v) * np.sin(u), r * np.sin(v) * np.cos(u), 0 * v),
            lambda u, v: stack(r * np.cos(v) * np.cos(u), r * np.cos(v) * np.sin(u), -r * np.sin(v)),
            (0, tau),
            (0, math.pi),
            2 * tau * r * r,
        ),
        "helicoid": Surface(
            lambda u, v: stack(v * np.cos(u), v * np.sin(u), r * u / tau),
            lambda u, v: stack(-v * np.sin(u), v * np.cos(u), r / tau + 0 * u),
            lambda u, v: stack(np.cos(u), np.sin(u), 0 * v),
            (0, tau),
            (0, s),
            _helicoid(r / tau, s),
        ),
    }


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


@dataclass(frozen=True, slots=True)
class Area:
    """A surface's ``points`` [m, m, 3] and area elements ``density`` [m, m] for a picture; its area by ``steps`` x ``steps``
    cells (``found``) and in closed form (``exact``); the relative ``errors`` [c] with ``counts`` [c] cells a side."""

    points: np.ndarray
    density: np.ndarray
    steps: int
    found: float
    exact: float
    counts: tuple[int, ...]
    errors: np.ndarray

    @property
    def error(self) -> float:
        """found / exact − 1."""
        return self.found / self.exact - 1

    @property
    def resolved(self) -> np.ndarray:
        """The errors that are the rule's own; NaN where rounding is all that is left, [c]."""
        return np.where(self.errors > RESOLVED, self.errors, np.nan)

    @property
    def order(self) -> float:
        """p where the error falls as 1/n^p, from the last two counts; NaN where the rule is exact."""
        before, last = self.resolved[-2:]
        return (
            float(math.log(before / last) / math.log(self.counts[-1] / self.counts[-2])) if last == last else math.nan
        )


def measured_surface(surface: Surface, steps: int, counts: Sequence[int], drawn: int) -> Area:
    """The area of a surface by the midpoint rule, how fast it converges, and ``drawn`` x ``drawn`` points for a picture."""
    points, density = elements(surface, drawn)
    errors = np.array([abs(area(surface, n) / surface.area - 1) for n in counts])
    return Area(points, density, steps, area(surface, steps), surface.area, tuple(counts), errors)
