"""The facts of the CAPTCHA readers: separable kernels, CTC against all its paths, independence, exact maps, and the shipped net."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch.nn import functional as F

from core.checks import Check
from core.vision.captcha.drawing import LENGTH, MIXED, drawn
from core.vision.captcha.looking import contributions, looks
from core.vision.captcha.model import BLANK, Config, Net, Separable, collapsed, ctc_loss, heads_loss, parameters
from core.vision.captcha.paths import summed
from core.vision.captcha.reading import Shown, guesses, net, read
from core.vision.captcha.trials import Fresh, Slots, fresh, numbers, slots, spelled

__all__ = ["checks", "drawings", "identities", "of_weights"]

DOUBLE = 1e-10  # what float64 leaves of sums over some hundreds of terms
FRESH, FRESH_SEED = 200, 30_000
"""Drawings on which the shipped net are checked, and their seed."""
LOOKED = 40  # of them, for where the heads look
LETTERS_RIGHT, WHOLE_RIGHT = 0.8, 0.4  # far below what the card tells, far above chance (1/26, 1/26⁴)


def checks() -> Iterator[Check]:
    """Facts of the mathematics, of the drawing, then of the shipped net."""
    yield from identities()
    yield from drawings()
    yield from of_weights()


@torch.no_grad()
def identities() -> Iterator[Check]:
    """Facts of the mathematics: they hold for any weights."""
    rng = torch.Generator().manual_seed(0)
    layer, x = Separable(5, 7, 2).double(), torch.randn(2, 5, 9, 12, generator=rng).double()
    kernel = layer.pointwise.weight[:, :, 0, 0, None, None] * layer.depthwise.weight[None, :, 0]  # [b, a, 3, 3]
    yield Check(
        "a separable convolution against the full one with the factored kernel", "可分离卷积与因子化核的普通卷积之差",
        float((layer(x) - F.conv2d(x, kernel, stride=2, padding=1)).abs().max()), 0, DOUBLE,
        note="W[o, i, y, x] = P[o, i] · D[i, y, x]", note_zh="W[o, i, y, x] = P[o, i] · D[i, y, x]",
    )  # fmt: skip
    config = Config()
    yield Check(
        "weights of the net against the formula", "参数量与公式之差",
        sum(weight.numel() for weight in Net(config).parameters()), parameters(config), 0,
        note="9a + ab a separable convolution, 2b a norm", note_zh="可分离卷积 9a + ab，归一化 2b",
    )  # fmt: skip
    yield Check(
        "the heads' loss at uniform probabilities", "均匀概率时四个头的损失",
        float(heads_loss(torch.zeros(3, LENGTH, 26).double(), torch.tensor([[0, 1, 2, 3]] * 3))), LENGTH * math.log(26), DOUBLE,
        note="four cross-entropies, added: 4 log 26", note_zh="四个交叉熵之和：4 log 26",
    )  # fmt: skip
    logits = torch.randn(1, 5, 4, generator=rng).double()
    sums = summed(logits.softmax(-1)[0].numpy())
    for text in ((0, 1), (1, 1), (2, 0, 2), ()):
        yield Check(
            f"CTC's loss of {spelled(text) or 'the empty text'} against all 4⁵ paths", f"CTC 损失与枚举 4⁵ 条路径之差：{spelled(text) or '空串'}",
            float(ctc_loss(logits, [text])), -math.log(sums.get(text, math.nan)), DOUBLE,
            note="three letters and the blank, five columns", note_zh="三个字母加空白，五列",
        )  # fmt: skip
    total = sum(math.exp(-float(ctc_loss(logits, [text]))) for text in sums)
    yield Check(
        "probabilities of all texts, by CTC", "CTC 给所有文本的概率之和", total, 1, DOUBLE,
        note=f"{len(sums)} texts fit five columns", note_zh=f"五列放得下 {len(sums)} 个文本",
    )  # fmt: skip
    path = (0, 0, BLANK, 0, BLANK, BLANK, 1, 1)
    yield Check(
        "aa–a––bb collapses to aab", "aa–a––bb 塌缩为 aab", float(collapsed(path) == (0, 0, 1)), 1, 0,
        note="equal neighbours first, then blanks: the other way round would give ab", note_zh="先并相邻相同，再去空白；反过来得到 ab",
    )  # fmt: skip
    marginals = np.array([0.5, 0.75, 0.25, 0.5])
    patterns, _ = Slots((1,) * 16).table
    shares = np.prod(np.where(patterns == 1, marginals, 1 - marginals), axis=1) * 64
    independent, joined = Slots(tuple(shares.round().astype(int).tolist())), Slots((50, *[0] * 14, 50))
    yield Check("independence gap of independent errors", "独立错误的独立性缺口", independent.gap, 0, 1e-12,
        note="64 pictures, every pattern as often as the product says", note_zh="64 张图，各种对错恰按乘积出现")  # fmt: skip
    yield Check("independence gap of errors that come together", "四位同错同对时的缺口", joined.gap, 0.5 - 0.5**4, 1e-12,
        note="half of the pictures all right, half all wrong: ½ − 1/16", note_zh="一半全对，一半全错：½ − 1/16")  # fmt: skip


def drawings() -> Iterator[Check]:
    """Facts of the drawing."""
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    one, again, other = (drawn("Code", 1.0, MIXED, seed).colours for seed in (3, 3, 4))
    same = float(np.abs(one.astype(int) - again).max())
    yield Check("the same seed draws the same picture: largest difference", "同一种子画同一张图：最大差", same, 0, 0)
    yield Check(
        "another seed draws another: mean difference in grey levels", "换种子则不同：平均灰度差",
        float(np.abs(one.astype(int) - other).mean()), 1, 0, "at_least",
    )  # fmt: skip
    after = np.random.get_state()[1]  # type: ignore[index]  # noqa: NPY002
    yield Check("numbers of numpy's global state that drawing changed", "作画改动的全局随机状态", float((before != after).sum()), 0, 0)  # fmt: skip


def _ctc_right(trial: Fresh) -> float:
    pairs = zip(read(trial.greys), trial.texts, strict=True)
    return float(np.mean([one.ctc == spelled(numbers(text)) for one, text in pairs]))


def of_weights() -> Iterator[Check]:
    """Facts of the shipped net: random weights lack the last of them."""
    exact = copy.deepcopy(net()).cpu().double().eval()
    trial = fresh(FRESH, 1.0, MIXED, FRESH_SEED)
    places, _, scores, biases = contributions(exact, trial.greys[0])
    yield Check(
        "contributions of all places to the four scores, against score − bias", "各处贡献之和与“得分 − 偏置”之差",
        float(np.abs(places.sum((1, 2)) - (scores - biases)).max()), 0, 1e-4,
        note="a head is linear in the features", note_zh="头对特征是线性的",
    )  # fmt: skip
    made = slots(guesses(trial.greys), trial.texts)
    yield Check(
        "letters right on fresh drawings", "新画的图上字母正确率", made.letters, LETTERS_RIGHT, 0, "at_least",
        note=f"{FRESH} pictures, distortion 1, training fonts; chance is 1/26", note_zh=f"{FRESH} 张图，扭曲 1，训练字体；瞎猜 1/26",
    )  # fmt: skip
    yield Check(
        "all four right on fresh drawings", "新画的图上四个全对", made.whole, WHOLE_RIGHT, 0, "at_least",
        note=f"product of the single ones: {made.product:.3f}", note_zh=f"单个之积：{made.product:.3f}",
    )  # fmt: skip
    yield Check("the whole text right on fresh drawings, CTC", "新画的图上 CTC 全对", _ctc_right(trial), WHOLE_RIGHT, 0, "at_least")  # fmt: skip
    three = fresh(FRESH // 2, 1.0, MIXED, FRESH_SEED, 3)
    yield Check(
        "three letters, CTC", "三个字母，CTC", _ctc_right(three), WHOLE_RIGHT, 0, "at_least",
        note="four heads cannot answer with three", note_zh="四个头答不出三个字母",
    )  # fmt: skip
    readings = read(trial.greys[:LOOKED])
    shares = np.mean(
        [
            looks(Shown(one, found, one.text.lower())).shares
            for one, found in zip(trial.pictures[:LOOKED], readings, strict=True)
        ],
        axis=0,
    )
    others = shares[~np.eye(LENGTH, dtype=bool)].max()
    yield Check(
        "every head looks most at its own letter: the least share of an own letter", "每个头最看自己的字母：自己字母的最小份额",
        float(np.diag(shares).min()), float(others), 0, "at_least",
        note=f"mean over {LOOKED} drawings, against the largest share of another letter", note_zh=f"{LOOKED} 张图的平均，对照别的字母的最大份额",
    )  # fmt: skip
