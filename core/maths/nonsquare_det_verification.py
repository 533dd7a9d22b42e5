"""The facts that must hold of determinants that are not square."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from scipy.stats import ortho_group

from core.checks import Check
from core.maths import nonsquare_det as model

__all__ = ["checks"]

ROUNDING = 1e-12
PICKED = 12  # random matrices a check
SURFACE_ZH = {"torus": "环面", "sphere": "球面", "helicoid": "螺旋面"}


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    rng = np.random.default_rng(0)
    shapes = [(n, k) for n in range(2, 8) for k in range(1, n + 1)][:PICKED]
    found = [model.routes(rng.standard_normal(shape)) for shape in shapes]
    for name, zh in (
        ("singular", "奇异值之积"),
        ("heights", "Gram-Schmidt 各高之积"),
        ("minors", "Cauchy-Binet 子式平方和"),
    ):
        gap = max(abs(getattr(r, name) / r.gram - 1) for r in found)
        yield Check(
            f"√det(BᵀB) against {name}, largest relative gap",
            f"√det(BᵀB) 与{zh}的最大相对差",
            gap,
            0.0,
            ROUNDING * 100,
            note=f"{PICKED} normal matrices from 2x1 to 5x3, float64",
            note_zh=f"{PICKED} 个正态矩阵，2x1 到 5x3，float64",
        )
    whole = rng.integers(-9, 10, (6, 3)).tolist()
    gap = model.exact_gram(whole) - sum((m * m for m in model.exact_minors(whole)), Fraction(0))
    yield Check(
        "Cauchy-Binet in exact arithmetic: det(BᵀB) − Σ minors²",
        "精确算术下的 Cauchy-Binet：det(BᵀB) − Σ 子式²",
        float(gap),
        0.0,
        0.0,
        note="a 6x3 matrix of integers, rational arithmetic: equal, not nearly",
        note_zh="6x3 整数矩阵，有理数运算：严格相等",
    )
    b = rng.standard_normal((5, 3))
    turned = ortho_group(5, seed=1).rvs() @ b
    yield Check(
        "a rotation leaves the volume",
        "旋转不改变体积",
        model.volume(turned) / model.volume(b),
        1.0,
        ROUNDING,
        note="(QB)ᵀ(QB) = BᵀB for orthogonal Q",
        note_zh="Q 正交时 (QB)ᵀ(QB) = BᵀB",
    )
    square = rng.standard_normal((4, 4))
    yield Check(
        "for a square matrix it is |det|",
        "方阵时即 |det|",
        model.volume(square) / abs(float(np.linalg.det(square))),
        1.0,
        ROUNDING,
        note="√det(BᵀB) = |det B|",
        note_zh="√det(BᵀB) = |det B|",
    )
    c = rng.standard_normal((3, 3))
    yield Check(
        "|det(BC)| = |det B||det C| for square C",
        "C 为方阵时 |det(BC)| = |det B||det C|",
        model.volume(b @ c) / (model.volume(b) * abs(float(np.linalg.det(c)))),
        1.0,
        ROUNDING * 10,
        note="det(CᵀBᵀBC) = det(C)² det(BᵀB)",
        note_zh="det(CᵀBᵀBC) = det(C)² det(BᵀB)",
    )
    yield Check(
        "|det(AB)| and |det A||det B| for square A on the left: median size of the log of their ratio",
        "A 在左边时 |det(AB)| 与 |det A||det B| 之比的对数，绝对值的中位数",
        model.products(4, 2, 200, 2).spread,
        0.2,
        0.0,
        "at_least",
        note="not equal in general: A changes the k-volume by its action on that k-plane alone",
        note_zh="一般不等：A 只按它在那个 k 维平面上的作用改变体积",
    )
    a, b3 = rng.standard_normal(3), rng.standard_normal(3)
    yield Check(
        "the shadows on the coordinate planes are the cross product",
        "三个坐标面上的投影面积即叉积",
        float(np.abs(model.cross(a, b3) - np.cross(a, b3)).max()),
        0.0,
        ROUNDING,
        note="minors of a 3x2 matrix",
        note_zh="3x2 矩阵的子式",
    )
    lost = model.parting(5, 3, [1e-6], 0)
    yield Check(
        "columns parallel to 1e-6: relative error by singular values",
        "列平行到 1e-6：奇异值法的相对误差",
        float(lost.singular[0]),
        0.0,
        1e-8,
        note="condition about 1e6: some 1e-10",
        note_zh="条件数约 1e6：误差约 1e-10",
    )
    yield Check(
        "… by the Gram matrix over that",
        "……Gram 矩阵法的误差是它的多少倍",
        float(lost.gram[0] / max(lost.singular[0], 1e-16)),
        100.0,
        0.0,
        "at_least",
        note="BᵀB has the square of B's condition",
        note_zh="BᵀB 的条件数是 B 的平方",
    )
    for name, surface in model.surfaces(2.0, 0.7).items():
        yield Check(
            f"area of the {name} by ∬√det(JᵀJ), over the closed form",
            f"{SURFACE_ZH[name]}的面积：∬√det(JᵀJ) 与闭式之比",
            model.area(surface, 300) / surface.area,
            1.0,
            2e-5,
            note="midpoint rule, 300 x 300 cells: error of order 1/n², 5e-6 for the sphere",
            note_zh="中点法 300×300 格：误差 O(1/n²)，球面约 5e-6",
        )
