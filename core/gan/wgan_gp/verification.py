"""Verification: the Wasserstein distance on the line, what each constraint makes of it, and the shipped weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import wasserstein_distance

from core.checks import Check
from core.gan.gan_qp.critics import PAIRS, densities
from core.gan.pictures_views import between, of_weights
from core.gan.wgan_gp import line, potential

__all__ = ["checks"]

DELTA, LAMBDA, STEPS = 2.0, 10.0, 1000
CRITICS = 200  # bent at random
WEIGHTS = ("wgan-gp-mnist28", "gan-qp-l1-mnist28", "wgan-gp-mlp-mnist28")


def checks() -> Iterator[Check]:
    """The checks of post 4439's page, about four seconds in all."""
    for name in PAIRS:
        x, p, q = densities(name, 1.5)
        yield Check(
            f"W1 of the pair {name}, beside scipy's", f"{name} 的 W₁，与 scipy 的比较", potential.wasserstein(x, p, q),
            float(wasserstein_distance(x, x, p, q)), 1e-12,
        )  # fmt: skip
    x, p, q = densities("bumps", 2.0)
    best = potential.best(x, p, q)
    w1 = potential.wasserstein(x, p, q)
    yield Check(
        "duality: gain of the best potential, beside W1", "对偶：最优势函数拉开的差距与 W₁", float((p - q) @ best), w1, 1e-12,
        note="slope sign(F_q - F_p)", note_zh="斜率取 sign(F_q − F_p)",
    )  # fmt: skip
    yield Check(
        "steepest slope of that potential", "该势函数最陡的斜率", float(np.abs(np.diff(best) / np.diff(x)).max()), 1.0, 1e-9,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    bent = [potential.bend("bumps", 2.0, [*zip(*rng.uniform(-3, 3, (2, 4)), strict=True)]) for _ in range(CRITICS)]
    yield Check(
        "most that 200 critics bent at random prove", "随手捏的 200 个判别器，至多证明的距离", max(one.bound for one in bent), w1, 1e-12,
        "at_most", note="gain over steepest slope", note_zh="差距除以最陡的斜率",
    )  # fmt: skip
    *_, last = line.estimate(DELTA, LAMBDA, STEPS, 0)
    assert isinstance(last, line.Estimates)
    yield Check(
        "trained, penalty without the square: gain", "训练出的，惩罚不平方：差距", last.gain["linear"][-1], DELTA, 0.05 * DELTA,
        note="W1 = 2 within 5 %: the best slope is 1 wherever |F_p - F_q| < λr", note_zh="W₁ = 2，误差 5 % 以内：在 |F_p − F_q| < λr 处最优斜率为 1",
    )  # fmt: skip
    yield Check(
        "trained, squared penalty: gain, beside W1 + ∫(F_p - F_q)²/r / 2λ", "训练出的，惩罚平方：差距与 W₁ + ∫(F_p − F_q)²/r / 2λ", last.gain["two-sided"][-1],
        line.penalised_gain(DELTA, LAMBDA), 0.05 * DELTA, note="r is the density between pairs; 2.21 for λ = 10", note_zh="r 是真假连线上的密度；λ = 10 时为 2.21",
    )  # fmt: skip
    yield Check(
        "trained, spectral normalisation: gain", "训练出的，谱归一化：差距", last.gain["spectral"][-1], DELTA, 0.05 * DELTA,
    )  # fmt: skip
    yield Check(
        "trained without a constraint: gain", "不加约束：差距", last.gain["none"][-1], 10 * DELTA, 0.0, "at_least",
        note="grows without bound", note_zh="没有上界",
    )  # fmt: skip
    yield Check(
        "most that a trained critic proves", "训练出的判别器，至多证明的距离", max(last.quotient(way) for way in line.WAYS), DELTA, 0.06,
        "at_most", note="gain over steepest slope; 4 000 points a side have a standard error of 0.022", note_zh="差距除以最陡的斜率；每边 4000 点，标准误差 0.022",
    )  # fmt: skip
    yield Check(
        "digits: mean ‖∇T‖ between real and generated", "手写数字：真假之间 ‖∇T‖ 的均值", between(WEIGHTS[0], 1).mean, 1.0, 0.3,
        note="the penalty pulls it towards 1; measured 0.78 with the averaged weights that ship, on digits drawn by us; a critic without a penalty has 3.1", note_zh="惩罚把它拉向 1；随附的滑动平均权重在本站画的数字上测得 0.78，不加惩罚的判别器为 3.1",
    )  # fmt: skip
    for name in WEIGHTS:
        yield from of_weights(name)
