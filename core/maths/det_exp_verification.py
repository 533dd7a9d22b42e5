"""The facts that must hold of det(exp A) = exp(tr A)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.checks import Check
from core.maths import det_exp as model
from core.maths import log_det

__all__ = ["checks"]


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((5, 5)) * 0.5
    for kind, tolerance in ((np.float64, 1e-12), (np.float32, 1e-4)):
        small = a.astype(kind)
        yield Check(
            f"log det exp A − tr A, 5x5 normal, {kind.__name__}",
            f"log det exp A − tr A，5x5 正态矩阵，{kind.__name__}",
            model.log_det_gap(small, model.expm(small)),
            0.0,
            tolerance,
            note="some thousand units of rounding: the condition of exp A is below 100",
            note_zh="约千倍舍入误差：exp A 的条件数不到 100",
        )
    left, right = _exact(3, 6)
    yield Check(
        "exact: coefficients of det Σ tᵏAᵏ/k! and of Σ (t tr A)ᵏ/k! that differ, up to t⁵",
        "精确算术：det Σ tᵏAᵏ/k! 与 Σ (t tr A)ᵏ/k! 到 t⁵ 不同的系数个数",
        sum(bool(x != y) for x, y in zip(left, right, strict=True)),
        0,
        0,
        note="a 3x3 integer matrix, rational arithmetic (sympy)",
        note_zh="3x3 整数矩阵，有理数运算（sympy）",
    )
    jordan = np.array(model.NAMED["jordan"])
    yield Check(
        "a defective matrix: det exp [[1, 1], [0, 1]]",
        "亏损矩阵：det exp [[1, 1], [0, 1]]",
        float(np.linalg.det(model.expm(jordan))),
        math.e**2,
        1e-12,
        note="e²: no diagonalisation is needed",
        note_zh="e²：不需要对角化",
    )
    flowed = model.flow(np.array(model.NAMED["spiral"]), 2.0, 4.0)
    yield Check(
        "the unit square in the flow of a spiral: its area (shoelace formula) at t = 2",
        "螺旋流中的单位正方形在 t = 2 的面积（鞋带公式）",
        float(flowed.areas[-1]),
        math.exp(-0.6),
        1e-12,
        note="e^{t tr A} with tr A = −0.3",
        note_zh="e^{t tr A}，tr A = −0.3",
    )
    h = 1e-5
    ahead, behind = (float(np.linalg.slogdet(model.expm((0.7 + step) * a))[1]) for step in (h, -h))
    yield Check(
        "(log det e^{tA})' at t = 0.7, by differences",
        "t = 0.7 处 (log det e^{tA})'，用差分",
        (ahead - behind) / (2 * h),
        float(np.trace(a)),
        1e-7,
        note="central differences of step 1e-5: truncation 1e-10, rounding 1e-10",
        note_zh="步长 1e-5 的中心差分：截断 1e-10，舍入 1e-10",
    )
    x, dx = rng.standard_normal((4, 4)), rng.standard_normal((4, 4))
    ahead, behind = (float(np.linalg.det(x + step * dx)) for step in (h, -h))
    for name, zh, value in (
        ("det X · tr(X⁻¹ dX)", "det X · tr(X⁻¹ dX)", log_det.jacobi(x, dx)),
        ("columns replaced one by one", "逐列替换之和", log_det.det_rate(x, dx)),
    ):
        yield Check(
            f"Jacobi's formula: d det X by {name}, minus differences",
            f"Jacobi 公式：{zh} 与差分求得的 d det X 之差",
            value - (ahead - behind) / (2 * h),
            0.0,
            1e-7,
            note="X and dX normal 4x4; central differences of step 1e-5",
            note_zh="X、dX 为 4x4 正态矩阵；步长 1e-5 的中心差分",
        )
    b = rng.standard_normal((4, 4))
    b = b @ b.T + np.eye(4)
    yield Check(
        "tr log B − log det B, positive definite 4x4",
        "tr log B − log det B，4x4 正定",
        abs(log_det.trace_log(b) - math.log(np.linalg.det(b))),
        0.0,
        1e-10,
        note="the same identity read backwards",
        note_zh="恒等式倒过来读",
    )
    near = log_det.near_identity(5, 0.6, 1)
    yield Check(
        "log series: tr Σ (−1)^{k+1}(B − I)^k/k of 80 terms minus log det B",
        "对数级数：80 项的 tr Σ (−1)^{k+1}(B − I)^k/k 与 log det B 之差",
        float(log_det.log_series(near, 80)[-1]) - log_det.log_det(near).real,
        0.0,
        1e-12,
        note="spectral radius 0.6: the tail is below 5·0.6^81/(81·0.4) = 2e-19",
        note_zh="谱半径 0.6：余项小于 5·0.6^81/(81·0.4) = 2e-19",
    )
    turns = log_det.turning(np.linspace(0.1, 12, 60), 0.7).turns
    yield Check(
        "tr log e^A misses tr A by whole turns: largest distance of (tr A − tr log e^A)/2πi from an integer",
        "tr log e^A 与 tr A 只差整数圈：(tr A − tr log e^A)/2πi 离整数最远",
        float(np.abs(turns - np.round(turns)).max()),
        0.0,
        1e-12,
        note="A = i diag(α, 0.7α), α up to 12",
        note_zh="A = i diag(α, 0.7α)，α 到 12",
    )
    yield Check(
        "… and how many turns at most",
        "……最多差几圈",
        float(np.round(turns).max()),
        3.0,
        0.0,
        note="α = 12: 12/2π rounds to 2, 8.4/2π to 1",
        note_zh="α = 12：12/2π 取整为 2，8.4/2π 取整为 1",
    )
    free = a - np.trace(a) / 5 * np.eye(5)
    yield Check(
        "no trace, no change of volume: det exp(3A)",
        "迹为零则体积不变：det exp(3A)",
        float(np.linalg.det(model.expm(3 * free))),
        1.0,
        1e-9,
        note="Liouville: a flow without divergence",
        note_zh="Liouville：无散度的流",
    )
    two = np.array([[2.0]])
    for name, zh, of, terms in (
        ("5x5 normal", "5x5 正态", a, 6),
        ("5x5 normal", "5x5 正态", a, 12),
        ("A = [2]", "A = [2]", two, 3),
    ):
        left_out = float(np.linalg.norm(model.by_series(of, terms) - model.expm(of), 2))
        yield Check(
            f"series of {terms} terms, {name}: error below its bound",
            f"级数 {terms} 项，{zh}：误差不超过余项界",
            left_out,
            model.tail(of, terms),
            1e-14,
            "at_most",
            note="‖A‖^m/m! · 1/(1 − ‖A‖/(m + 1)); without the second factor it is false for A = [2], m = 3: e² − 5 = 2.39 > 1.33",
            note_zh="‖A‖^m/m! · 1/(1 − ‖A‖/(m + 1))；缺了后一个因子，对 A = [2]、m = 3 就不成立：e² − 5 = 2.39 > 1.33",
        )
    yield Check(
        "the bound for A = [2] and 3 terms over what is left out",
        "A = [2]、3 项时的余项界与实际余项之比",
        model.tail(two, 3) / (math.e**2 - 5),
        8 / 3 / (math.e**2 - 5),
        1e-12,
        note="2³/3! · 1/(1 − 2/4) = 8/3, and e² − 5 is left",
        note_zh="2³/3! · 1/(1 − 2/4) = 8/3，实际余 e² − 5",
    )
    by_values, _ = model.by_eigenvalues(a)
    yield Check(
        "eigenvalues against scaling and squaring",
        "特征值法与缩放平方法之差",
        float(np.abs(by_values - model.expm(a)).max()),
        0.0,
        1e-12,
        note="a matrix with a well conditioned eigenbasis",
        note_zh="特征向量组条件良好的矩阵",
    )
    other = rng.standard_normal((5, 5))
    gap, half = model.commutator_gap(a, other, 1e-3)
    yield Check(
        "exp(sA + sB) − exp(sA) exp(sB), over ½s²[A, B]",
        "exp(sA + sB) − exp(sA) exp(sB) 与 ½s²[A, B] 之比",
        gap / half,
        1.0,
        5e-3,
        note="s = 1e-3: the next order is smaller by about s‖A‖",
        note_zh="s = 1e-3：下一阶约小 s‖A‖ 倍",
    )
    sums = model.commuting(a, 0.3 * other, 1.0)
    yield Check(
        "matrices that do not commute: largest |det e^{sA} det e^{sB} / det e^{s(A+B)} − 1|, s up to 1",
        "不可交换时 |det e^{sA} det e^{sB} / det e^{s(A+B)} − 1| 的最大值，s 到 1",
        float(np.abs(sums.parted).max()),
        0.0,
        1e-11,
        note="tr(A + B) = tr A + tr B",
        note_zh="tr(A + B) = tr A + tr B",
    )
    yield Check(
        "… while the matrices themselves differ by, relatively",
        "……而矩阵本身的相对差",
        float(sums.gaps[-1]),
        0.1,
        0.0,
        "at_least",
        note="exp(A + B) is not exp(A) exp(B)",
        note_zh="exp(A + B) 不等于 exp(A) exp(B)",
    )


def _exact(size: int, terms: int) -> tuple[Any, Any]:
    """(det of Σ_{k < terms} tᵏAᵏ/k!, Σ_{k < terms} (t tr A)ᵏ/k!) as polynomials in t to order ``terms`` − 1, for an integer matrix, exactly."""
    import sympy

    t = sympy.Symbol("t")
    a = sympy.Matrix(size, size, lambda i, j: (3 * i + 5 * j + i * j) % 7 - 3)
    series = sum((t**k * a**k / sympy.factorial(k) for k in range(1, terms)), sympy.eye(size))
    left = sympy.expand(sympy.Matrix(series).det(method="berkowitz"))
    right = sympy.expand(sum((t * a.trace()) ** k / sympy.factorial(k) for k in range(terms)))
    return [left.coeff(t, k) for k in range(terms)], [right.coeff(t, k) for k in range(terms)]
