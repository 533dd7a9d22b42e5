"""Verification: RSGAN's optimum on two known normals, its blindness to constants, and the shipped weights."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.checks import Check
from core.gan.pictures import spectral_norms
from core.gan.pictures_views import judged, of_weights
from core.gan.rsgan import ratio, shift
from core.weights import load

__all__ = ["checks"]

SHIFT, SD, STEPS = 2.0, 1.0, 750
WEIGHTS = ("rsgan-sn-mnist28", "sgan-sn-mnist28")
NOISE = 0.03  # five standard errors of a critic's loss on the last batch of 512 pairs (its sd is about 0.3 / √512 ≈ 0.013), and what is not learnt


def checks() -> Iterator[Check]:
    """The checks of post 6110's page, about four seconds in all."""
    *_, last = ratio.learn(SHIFT, SD, STEPS, 0)
    assert isinstance(last, ratio.Learned)
    yield Check(
        "trained RSGAN: R² of T(x_r) - T(x_f) against the log ratio", "训练出的 RSGAN：T(x_r) − T(x_f) 与对数比的 R²",
        last.r2["rsgan"], 0.99, 0.0, "at_least", note="4 000 fresh pairs of N(0, 1) and N(2, 1)", note_zh="N(0, 1) 与 N(2, 1) 的 4000 对新样本",
    )  # fmt: skip
    yield Check(
        "trained SGAN: mean of T - log p/q", "训练出的 SGAN：T − log p/q 的均值", last.offset["sgan"], 0.0, 0.3,
        note="SGAN learns the ratio itself, with its constant", note_zh="SGAN 连常数一起学到",
    )  # fmt: skip
    best = ratio.best_loss(SHIFT, SD)
    yield Check(
        "trained RSGAN: loss on the last batch, beside the least possible", "训练出的 RSGAN：最后一批的损失，与最小值",
        last.loss["rsgan"], best, NOISE, note="E softplus(l(x_f) - l(x_r)) by summation", note_zh="由求和得到的 E softplus(l(x_f) − l(x_r))",
    )  # fmt: skip
    yield Check(
        "equal distributions: least loss", "分布相同：最小的损失", ratio.best_loss(0.0, 1.0), math.log(2), 1e-9,
        note="log 2: a pair cannot be told from its swap", note_zh="log 2：调换也看不出来",
    )  # fmt: skip
    far = ratio.best_loss(12.0, 1.0)
    yield Check("12 standard deviations apart: least loss", "相距 12 个标准差：最小的损失", far, 0.0, 1e-9)
    moved = shift.shifted(WEIGHTS[0], 5.0, 1)
    for name, least in (("rsgan", 0.0), ("rasgan", 0.0), ("gan-qp-l1", 0.0)):
        yield Check(
            f"{name}: change of the critic's loss over constants", f"{name}：判别器损失随常数的变化", moved.range(name), least, 1e-9,
            note="differences of scores alone enter", note_zh="只用到打分之差",
        )  # fmt: skip
    yield Check(
        "sgan: change of the critic's loss over constants", "sgan：判别器损失随常数的变化", moved.range("sgan"), 0.5, 0.0, "at_least",
        note="-6 to 6", note_zh="−6 到 6",
    )  # fmt: skip
    on_digits = judged(WEIGHTS[0], 1)
    yield Check(
        "digits: share of pairs that the critic gets right", "手写数字：判别器判断正确的比例", on_digits.right, 0.6, 0.0, "at_least",
        note="0.5 for a critic that knows nothing", note_zh="一无所知的判别器为 0.5",
    )  # fmt: skip
    norms = spectral_norms(load(WEIGHTS[0]))
    yield Check(
        "digits: largest deviation from 1 of a layer's spectral norm", "手写数字：各层谱范数与 1 的最大偏差", float((norms - 1).abs().max()), 0.0, 0.02,
        note="weights ship in 16 bits", note_zh="权重以 16 位存放",
    )  # fmt: skip
    for name in WEIGHTS:
        yield from of_weights(name)
