"""Verification: GAN-QP's divergence, its best critic, and what the shipped weights must do, measured now."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.optimize import minimize_scalar

from core.checks import Check
from core.gan.gan_qp import critics
from core.gan.gan_qp.divergences import curves
from core.gan.pictures_views import judged, of_weights

__all__ = ["checks"]

LAMBDA, DISTANCE = 10.0, 0.37
STEPS = 1000  # of the network that is compared with the formula
PERTURBATIONS = 50
WEIGHTS = ("gan-qp-l1-mnist28", "sgan-sn-mnist28", "gan-qp-l1-cats64")


def checks() -> Iterator[Check]:
    """The checks of post 6163's page, about four seconds in all."""

    def loss(gap: float) -> float:
        return gap**2 / (2 * LAMBDA * DISTANCE) - gap

    yield Check(
        "two points: max over ΔT of ΔT - ΔT²/(2λd), beside λd/2", "两个点：ΔT − ΔT²/(2λd) 的最大值，应为 λd/2", -loss(float(minimize_scalar(loss).x)),
        LAMBDA * DISTANCE / 2, 1e-6, note="λ = 10, d = 0.37; found by search", note_zh="λ = 10，d = 0.37；用搜索求得",
    )  # fmt: skip
    far = curves(np.array([12.0]), 1.0, LAMBDA)
    yield Check(
        "12 standard deviations apart: JS", "相距 12 个标准差：JS", float(far.values["js"][0]), math.log(2), 1e-6,
        note="saturates at log 2", note_zh="停在 log 2",
    )  # fmt: skip
    yield Check(
        "12 standard deviations apart: slope of QP", "相距 12 个标准差：QP 的导数", float(far.slopes["qp"][0]), LAMBDA / 2, 1e-3,
        note="λ/2, as for two points", note_zh="λ/2，与两个点相同",
    )  # fmt: skip
    x, p, q = critics.densities("normals", 1.5)
    share, d = critics.best_difference(p, q), np.abs(x[:, None] - x[None])
    reached = critics.value(x, p, q, share * d)
    yield Check(
        "the formula's value on a grid, beside the integral over x_r - x_f", "公式在网格上的值，与一维积分之比",
        reached / float(curves(np.array([1.5]), critics.SD, 1.0).values["qp"][0]), 1.0, 2e-3,
        note="121 points from -3 to 3 cut tails and corners off", note_zh="121 个格点，截去了尾部",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, (PERTURBATIONS, len(x), len(x)))
    gains = [critics.value(x, p, q, share * d + d * (one - one.T)) - reached for one in noise]
    yield Check(
        "largest gain by changing the formula's ΔT at random", "随机改动公式的 ΔT，目标最多增加", max(gains), 0.0, 0.0, "at_most",
        note="50 antisymmetric changes; a maximum gains nothing", note_zh="50 次反对称的改动；已是最大值",
    )  # fmt: skip
    unary = critics.best_unary(x, p, q)
    one_sided = unary[:, None] - unary[None]
    yield Check(
        "best T of one argument: value, beside ½ E ΔT", "最优的一元 T：目标的值应为 ½ E ΔT", critics.value(x, p, q, one_sided),
        float((p - q) @ unary) / 2, 1e-9, note="true of a quadratic objective at its maximum", note_zh="二次目标在最大值处必然如此",
    )  # fmt: skip
    yield Check(
        "T of one argument reaches no more than T of two", "一元的不超过二元的", critics.value(x, p, q, one_sided), reached, 0.0, "at_most",
    )  # fmt: skip
    *_, last = critics.train("normals", 1.5, STEPS, 0)
    assert isinstance(last, critics.Critics)
    yield Check(
        "trained T(x_r, x_f) against the formula: R²", "训练出的 T(x_r, x_f) 与公式：R²", last.r2, 0.99, 0.0, "at_least",
        note="1 000 steps on drawn pairs; 0 for a constant", note_zh="在采样的对上训练 1000 步；常数为 0",
    )  # fmt: skip
    yield Check(
        "trained: share of pairs with |ΔT| ≤ 1.05 λd", "训练出的：|ΔT| ≤ 1.05 λd 的份额", last.within, 0.97, 0.0, "at_least",
        note="the formula has all of them within λd", note_zh="公式全部不超过 λd",
    )  # fmt: skip
    on_digits = judged(WEIGHTS[0], 1)
    yield Check(
        "digits: share of pairs with |ΔT| ≤ λd", "手写数字：|ΔT| ≤ λd 的份额", on_digits.within(), 0.99, 0.0, "at_least",
        note="10 000 pairs; nothing but the objective asks for it", note_zh="一万对；除了目标本身，没有任何约束",
    )  # fmt: skip
    yield Check(
        "digits: pairs in which the real one scores higher", "手写数字：真图打分更高的比例", on_digits.right, 0.6, 0.0, "at_least",
        note="0.5 for a critic that knows nothing", note_zh="一无所知的判别器为 0.5",
    )  # fmt: skip
    for name in WEIGHTS:
        yield from of_weights(name)
