"""Verification: what the estimators and tests of HSIC must do, measured now over fixed seeds.

Statistical checks pass within Z_LIMIT standard errors: a right estimator fails one with probability 6e-5.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.stats

from core.checks import Check
from core.stats.hsic.covariances import road
from core.stats.hsic.estimators import hsic
from core.stats.hsic.gaussian import normal_hsic
from core.stats.hsic.permutation import permutation_test

__all__ = ["checks"]

Z_LIMIT = 4.0
REPEATS = 400
RANDOM_PAIRS = 300
SEED = 6910


def checks(seed: int = SEED) -> Iterator[Check]:
    """The checks of post 6910's page, about two seconds in all."""
    rng = np.random.default_rng(seed)
    for rho in (0.3, 0.6, 0.9):
        values = [hsic(*_normal(rng, 60, rho), "unbiased", sigma_x=1, sigma_y=1) for _ in range(REPEATS)]
        yield _mean(
            f"bivariate normal, rho = {rho}: unbiased estimator's mean", f"二元正态 ρ = {rho}：无偏估计的均值",
            values, normal_hsic(rho), "closed form", "闭式",
        )  # fmt: skip
    small = {"unbiased": [], "biased": [], "post": []}
    for _ in range(2000):
        x, y = _normal(rng, 10, 0.6)
        for name, found in small.items():
            found.append(hsic(x, y, name, sigma_x=1, sigma_y=1))  # type: ignore[arg-type]
    truth = normal_hsic(0.6)
    yield _mean(
        "n = 10: unbiased estimator's mean",
        "n = 10：无偏估计的均值",
        small["unbiased"],
        truth,
        "closed form .01662",
        "闭式 .01662",
    )
    yield Check(
        "n = 10: the post's 1/(m-1)² lies above the truth (z score)", "n = 10：原文的 1/(m−1)² 高于真值（z 值）",
        _z(small["post"], truth), 20.0, 0.0, "at_least",
        note=f"mean {np.mean(small['post']):.4f} against {truth:.4f}: not unbiased, though the post says so",
        note_zh=f"均值 {np.mean(small['post']):.4f}，真值 {truth:.4f}：并非原文所说的无偏",
    )  # fmt: skip
    yield Check(
        "n = 10: 1/(m-1)² is farther off than 1/m²", "n = 10：1/(m−1)² 比 1/m² 偏得更远",
        float(np.mean(small["post"]) / np.mean(small["biased"])), (10 / 9) ** 2, 1e-9,
        note="ratio (m/(m-1))²", note_zh="比值 (m/(m−1))²",
    )  # fmt: skip
    x, y = rng.normal(size=(80, 2)), rng.normal(size=(80, 3))
    y[:, 0] += x[:, 0]
    cross = (x - x.mean(0)).T @ (y - y.mean(0)) / len(x)
    yield Check(
        "linear kernel: HSIC is the squared Frobenius norm of the cross-covariance", "线性核：HSIC 等于互协方差的 Frobenius 范数平方",
        hsic(x, y, kernel="linear"), float(np.square(cross).sum()), 1e-12, note="an identity", note_zh="恒等式",
    )  # fmt: skip
    values = [hsic(rng.normal(size=50), rng.exponential(size=50), "unbiased") for _ in range(REPEATS)]
    yield _mean(
        "independent: unbiased estimator's mean is 0",
        "独立：无偏估计的均值为 0",
        values,
        0.0,
        "U-statistic",
        "U 统计量",
    )
    p_values = [permutation_test(rng.normal(size=40), rng.uniform(size=40), 99, i).p_value for i in range(REPEATS)]
    counts = np.histogram(p_values, np.linspace(0.005, 1.005, 11))[0]
    yield Check(
        "independent: permutation p-values are uniform (p of a chi-square test)", "独立：置换 p 值服从均匀分布（卡方检验的 p 值）",
        float(scipy.stats.chisquare(counts).pvalue), 1e-4, 0.0, "at_least", note="10 bins of 400; fails 1 time in 10 000", note_zh="400 个分 10 组；万分之一的误报",
    )  # fmt: skip
    yield from _road_checks(rng)
    x = rng.normal(size=900)
    y = np.sin(2 * x) + rng.normal(size=900)
    dense = hsic(x, y, low_rank=False)
    yield Check(
        "low rank equals dense (relative difference)", "低秩与稠密一致（相对差）", hsic(x, y, low_rank=True) / dense - 1, 0.0, 1e-9,
        note="pivoted incomplete Cholesky, n = 900", note_zh="主元不完全 Cholesky，n = 900",
    )  # fmt: skip
    half = np.sqrt(0.5)  # the post's kernel exp(-d²) is exp(-d²/2σ²) with σ² = 1/2
    values = [hsic(rng.normal(size=300), rng.normal(size=300), "biased", sigma_x=half, sigma_y=half) for _ in range(60)]
    yield _mean(
        "the post's first example: independent normals",
        "原文第一例：独立正态",
        np.array(values) * 300,
        (1 - 5**-0.5) ** 2 * (1 - 1 / 300),
        "m HSIC = (1 - 5^-½)²",
        "m·HSIC = (1 − 5^−½)²",
    )
    values = []
    for _ in range(60):
        x = rng.normal(size=300)
        values.append(hsic(x, x + 0.1 * rng.normal(size=300), "unbiased", sigma_x=half, sigma_y=half))
    rho = 1 / np.sqrt(1.01)
    yield _mean(
        "the post's second example: y = x + 0.1 ε",
        "原文第二例：y = x + 0.1 ε",
        values,
        normal_hsic(rho, half, half, 1.0, 1.01),
        "closed form .0945",
        "闭式 .0945",
    )


def _road_checks(rng: np.random.Generator) -> Iterator[Check]:
    """From covariances of functions to HSIC."""
    x = rng.normal(size=120)
    y = np.cos(3 * x) + 0.5 * rng.normal(size=120)
    found = road(x, y, "bump", "bump", (0.3, -0.4))
    yield Check(
        "sum of the squared covariances is HSIC (relative difference)", "协方差平方之和就是 HSIC（相对差）",
        found.hsic / hsic(x, y) - 1, 0.0, 1e-9, note="‖C‖² by singular values against tr(KHLH)/n²", note_zh="奇异值算的 ‖C‖² 与 tr(KHLH)/n²",
    )  # fmt: skip
    bumps = [
        np.exp(-0.5 * ((v[:, None] - v) / s) ** 2) for v, s in ((found.x, found.sigma_x), (found.y, found.sigma_y))
    ]
    covariances = []
    for _ in range(RANDOM_PAIRS):
        f, g = (gram @ a / np.sqrt(a @ gram @ a) for gram in bumps for a in (rng.normal(size=120),))
        covariances.append(abs(np.mean((f - f.mean()) * (g - g.mean()))))
    yield Check(
        f"largest covariance of {RANDOM_PAIRS} random pairs of norm 1, over the first singular value", f"{RANDOM_PAIRS} 对范数为 1 的随机函数：最大协方差与第一奇异值之比",
        max(covariances) / found.largest, 1.0, 0.0, "at_most", note="no pair of the unit balls passes the supremum", note_zh="单位球内的任何一对都不超过上确界",
    )  # fmt: skip
    best = [
        np.interp(v, grid, f)
        for v, grid, f in ((found.x, found.grid_x, found.best_f), (found.y, found.grid_y, found.best_g))
    ]
    yield Check(
        "covariance of the pair drawn as the best, over the first singular value", "画出的最优一对：协方差与第一奇异值之比",
        float(np.mean((best[0] - best[0].mean()) * (best[1] - best[1].mean()))) / found.largest, 1.0, 0.01,
        note="read off the curves drawn, between 61 places", note_zh="从画出的曲线（61 个点）内插",
    )  # fmt: skip


def _normal(rng: np.random.Generator, n: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=n)
    return x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)


def _z(values: object, truth: float) -> float:
    v = np.asarray(values)
    return float((v.mean() - truth) / (v.std(ddof=1) / np.sqrt(len(v))))


def _mean(name: str, zh: str, values: object, truth: float, note: str, note_zh: str) -> Check:
    v = np.asarray(values)
    error = float(v.std(ddof=1) / np.sqrt(len(v)))
    return Check(
        name, zh, float(v.mean()), truth, Z_LIMIT * error,
        note=f"{note}; 4 standard errors", note_zh=f"{note_zh}；4 个标准误",
    )  # fmt: skip
