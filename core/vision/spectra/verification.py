"""The facts of the spectra: sums of halves, what one number sees, soft F1, dropout of steps, lines at their redshift, the shipped net."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import weights
from core.checks import Check
from core.vision.spectra.model import CLASSES, Block, Config, Reader, StepDropout, parameter_count, receptive_field
from core.vision.spectra.objective import f1_loss, f1_of_ratio, macro_f1, soft_f1
from core.vision.spectra.painter import (
    GALAXY,
    GRID,
    KINDS,
    QSO_FAR,
    QSO_NEAR,
    WAVELENGTHS,
    Painter,
    Scene,
    batch,
    draw,
    redshifts,
    unit_median,
)

__all__ = ["checks", "drawing", "identities", "of_weights", "seen_by"]

POST_PARAMETERS, POST_FIELD = 748_324, 3698
PAINTER, NET = "spectra-painter", "spectra-f1"
DOUBLE = 1e-10  # what float64 leaves of some hundreds of additions
LONG, STEP_AT = 8192, 32  # points, more than twice the receptive field; a number of the last block in the middle
CLEAN = 1e7  # signal to noise of a spectrum without noise
NEAR = 24.0  # Å at either side, in the rest frame, within which a line's peak is looked for
PEAK = 8.0  # Å that the peak may lie off: a quasar's lines are hundreds of Å wide, and dust tilts them
SLOW = 201  # points of the moving average that is taken away before a peak is looked for
STANDARD_ERRORS = 4.0  # passed by chance once in 16 000
MASKS, STEPS = 2000, 20
EACH, SEED = 48, 77  # spectra on which the shipped net is tried
LEAST_RIGHT = 0.7
"""Chance is 0.25; of 48 spectra 0.7 is seven standard errors above it."""
LINES = (
    ("A", "Hβ", 4862.68, 0.0, -1),
    (GALAXY, "Ca K", 3934.78, 0.1, -1),
    (GALAXY, "Ca K", 3934.78, 0.4, -1),
    (QSO_NEAR, "Mg II", 2799.12, 0.6, 1),
    (QSO_NEAR, "Mg II", 2799.12, 1.4, 1),
    (QSO_FAR, "C III]", 1908.73, 2.0, 1),
)
"""Kind, line, its wavelength at rest in Å in vacuum (SDSS DR7's table), redshift, and 1 for emission."""


def painter() -> Painter:
    """The shipped painter. Raises WeightsError."""
    found: Any = weights.load(PAINTER)
    return found


def net() -> Reader:
    """The shipped net. Raises WeightsError."""
    found: Any = weights.load(NET)
    return found


@torch.no_grad()
def seen_by(config: Config, at: int = STEP_AT, length: int = LONG) -> int:
    """How many points of the input move the number ``at`` of the last block, by trial.

    All weights positive and no bias: an impulse then gives something above zero exactly where it is seen, through every ReLU
    and every maximum. What sees it is an interval, whose ends are found by halving.
    """
    reader = Reader(config).double().eval()
    for weight in reader.parameters():
        nn.init.constant_(weight, 0.2 if weight.ndim > 1 else 0.0)

    def moved(point: int) -> bool:
        x = torch.zeros(1, length, dtype=torch.float64)
        x[0, point] = 1.0
        return float(reader.features(x)[0, 0, at]) > 0

    inside = at * 2 ** (len(config.channels) - 1)
    ends = []
    for outside in (-1, length):
        near, far = inside, outside
        while abs(near - far) > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if moved(middle) else (near, middle)
        ends.append(near)
    return ends[1] - ends[0] + 1


def peak(kind: str, rest: float, z: float, sign: int) -> float:
    """Where a clean spectrum stands out most (``sign`` 1), or least (−1), near ``rest``: Å in the rest frame."""
    flux = draw(painter(), Scene(kind, z, CLEAN, 0)).clean
    out = flux - np.convolve(flux, np.ones(SLOW) / SLOW, "same")
    near = np.abs(WAVELENGTHS / (1 + z) - rest) < NEAR
    return float(WAVELENGTHS[near][int((sign * out[near]).argmax())] / (1 + z))


def by_two_convolutions(block: Block, x: Tensor) -> Tensor:
    """What a block gives, every layer as two convolutions of their own whose ReLUs are added."""
    y = x
    for layer in block.convolutions:
        assert isinstance(layer, nn.Conv1d) and layer.bias is not None
        d = int(layer.dilation[0])
        halves = zip(layer.weight.chunk(2), layer.bias.chunk(2), strict=True)
        a, b = (F.relu(F.conv1d(y, w, bias, padding=d, dilation=d)) for w, bias in halves)
        y = a + b
    return y + block.skip(x)


def checks() -> Iterator[Check]:
    """Facts of the mathematics, of what is drawn, and of the shipped net."""
    yield from identities()
    yield from drawing()
    yield from of_weights()


@torch.no_grad()
def identities() -> Iterator[Check]:
    """Facts that hold for any weights."""
    post = Config()
    counted = sum(weight.numel() for weight in Reader(post).parameters())
    yield Check("parameters at the post's width", "原文宽度下的参数个数", counted, POST_PARAMETERS, 0)
    yield Check("parameters by the closed form", "参数个数：公式", parameter_count(post), POST_PARAMETERS, 0)
    yield Check(
        "receptive field by the formula", "感受野：公式", receptive_field(post), POST_FIELD, 0,
        note="1 + 14·(2⁸ − 1) + (2⁷ − 1)", note_zh="1 + 14·(2⁸ − 1) + (2⁷ − 1)",
    )  # fmt: skip
    yield Check(
        "receptive field by impulses", "感受野：逐点脉冲", seen_by(Config(1)), POST_FIELD, 0,
        note="positive weights: an impulse is above zero exactly where it is seen", note_zh="权重取正：脉冲在且仅在被看到处大于零",
    )  # fmt: skip
    yield Check(
        "what it is without dilation, by impulses", "不用膨胀时，逐点脉冲", seen_by(Config(1, False)), receptive_field(Config(1, False)), 0,
        note="1 + 6·255 + 127 = 1 658", note_zh="1 + 6·255 + 127 = 1 658",
    )  # fmt: skip
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(3, 5, 60, generator=rng, dtype=torch.float64)
    block = Block(5, 4, (1, 2, 4)).double()
    yield Check(
        "a block against pairs of ReLU convolutions, added", "一块与成对的 ReLU 卷积之和的差",
        float((block(x) - by_two_convolutions(block, x)).abs().max()), 0, DOUBLE,
        note="2f channels whose halves are added are two convolutions", note_zh="2f 个通道两半相加，就是两个卷积相加",
    )  # fmt: skip
    reader = Reader(Config(2)).double().eval()
    spectra = torch.randn(2, 2600, generator=rng, dtype=torch.float64)
    shuffled = reader.features(spectra)[:, :, torch.randperm(STEPS, generator=rng)]
    scores = reader.output(F.relu(reader.hidden(shuffled.amax(2))))
    yield Check(
        "the order of the last 20 steps does not count", "最后 20 个时间步的次序无关",
        float((scores - reader(spectra)).abs().max()), 0, DOUBLE, note="a maximum over them", note_zh="对它们取最大值",
    )  # fmt: skip
    yield from _of_f1(rng)
    yield from _of_dropout()


def _of_f1(rng: torch.Generator) -> Iterator[Check]:
    from sklearn.metrics import f1_score

    labels, said = (torch.randint(4, (200,), generator=rng) for _ in range(2))
    counts = np.zeros((4, 4))
    np.add.at(counts, (labels.numpy(), said.numpy()), 1)
    expected = float(f1_score(labels.numpy(), said.numpy(), average="macro"))
    sharp = F.one_hot(said, 4).double()
    yield Check(
        "soft F1 of one-hot predictions against scikit-learn's macro-F1", "one-hot 预测的软 F1 与 scikit-learn 的宏 F1",
        float(soft_f1(sharp, labels).mean()), expected, DOUBLE,
    )  # fmt: skip
    yield Check(
        "macro-F1 of the confusion against scikit-learn", "由混淆矩阵算的宏 F1 与 scikit-learn", float(macro_f1(counts).mean()), expected, DOUBLE
    )  # fmt: skip
    hand = torch.tensor([[0.8, 0.2], [0.6, 0.4], [0.5, 0.5]], dtype=torch.float64).log()
    yield Check(
        "F1 loss by hand: p = .8 and .6 of two, .5 of one", "手算 F1 损失：两个的 p 为 .8、.6，一个为 .5",
        float(f1_loss(hand, torch.tensor([0, 0, 1]))), float(-np.log((2.8 / 3.9 + 1.0 / 2.1) / 2)), DOUBLE,
        note="F₁ = 2·1.4/(2 + 1.9), F₂ = 2·0.5/(1 + 1.1), −log of their mean", note_zh="F₁ = 2·1.4/(2 + 1.9)，F₂ = 2·0.5/(1 + 1.1)，取平均的 −log",
    )  # fmt: skip
    two = np.array([[90.0, 10.0], [20.0, 80.0]])
    yield Check(
        "F1 of the first of two classes at 3 : 1, by hand", "两类 3 : 1 时第一类的 F1，手算",
        float(f1_of_ratio(two, np.array([3.0, 1.0]))[0]), 2 * 2.7 / (3 + 2.9), DOUBLE,
        note="2·3·.9 / (3 + 3·.9 + 1·.2); at 1 : 1 it is .857", note_zh="2·3·.9 / (3 + 3·.9 + 1·.2)；1 : 1 时为 .857",
    )  # fmt: skip


def _of_dropout() -> Iterator[Check]:
    layer = StepDropout().train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = layer(torch.ones(MASKS, 3, STEPS))
    yield Check(
        "a dropped step is dropped in all channels", "丢掉的时间步在所有通道都丢掉", float((made - made[:, :1]).abs().max()), 0, 0,
        note="noise shape (batch, length, 1)", note_zh="noise_shape 为 (batch, length, 1)",
    )  # fmt: skip
    steps = made[:, 0]
    yield Check(
        "mean of what dropout leaves of ones", "dropout 之后 1 的平均", float(steps.mean()), 1, STANDARD_ERRORS / steps.numel() ** 0.5,
        note="the rest is doubled, of variance 1; 4 standard errors of 40 000 steps", note_zh="留下的加倍，方差为 1；40 000 步的 4 个标准误",
    )  # fmt: skip
    yield Check(
        "correlation of neighbouring steps after dropout", "相邻时间步 dropout 的相关系数",
        float(torch.corrcoef(torch.stack([steps[:, 0], steps[:, 1]]))[0, 1]), 0, STANDARD_ERRORS / MASKS**0.5,
        note="every step has its own draw; 4 standard errors of 2 000", note_zh="每步各掷一次；2 000 次的 4 个标准误",
    )  # fmt: skip


def drawing() -> Iterator[Check]:
    """Facts of what is drawn."""
    made = painter()
    for kind, line, rest, z, sign in LINES:
        yield Check(
            f"{line} of {kind} at z = {z:g}, Å in the rest frame", f"{kind} 在 z = {z:g} 时的 {line}，静止系 Å", peak(kind, rest, z, sign), rest, PEAK,
            note=f"it stands at (1 + z)·{rest} Å", note_zh=f"它应在 (1 + z)·{rest} Å",
        )  # fmt: skip
    worst = 0.0
    for kind in KINDS:
        axis, _ = made.rest(kind)
        low, high = redshifts(kind)
        worst = max(worst, axis[0] - (GRID[0] - np.log10(1 + high)), (GRID[-1] - np.log10(1 + low)) - axis[-1])
    yield Check(
        "how far a template falls short of the range at any redshift, in log λ", "模板在任一红移下缺的波段，log λ", float(worst), 0, 1e-9, "at_most",
        note="beyond its end a template would be continued by a constant", note_zh="超出末端的部分会被常数填充",
    )  # fmt: skip
    axis, table = made.rest("G")
    points, step = 3, float(GRID[1] - GRID[0])
    moved, still = (np.interp(GRID - np.log10(1 + z), axis, table[0]) for z in (10 ** (points * step) - 1, 0.0))
    yield Check(
        "a redshift is a shift of the logarithmic axis", "红移就是对数波长轴上的平移", float(np.abs(moved[points:] - still[:-points]).max()), 0, 1e-9,
    )  # fmt: skip
    quiet, loud = (draw(made, Scene("K", 0.0, snr, 3)) for snr in (CLEAN, 10.0))
    both = np.corrcoef(quiet.clean, loud.clean)[0, 1]
    yield Check(
        "the same star at two noise levels, correlation", "同一颗星在两种噪声下，相关系数", float(both), 1, 1e-9
    )
    middle = slice(1000, 1800)  # away from the ends, where noise is larger
    sigma = (loud.flux - loud.clean)[middle].std() / np.abs(loud.clean).mean()
    yield Check(
        "noise in the middle at a signal to noise of 10", "信噪比 10 时中段的噪声", float(sigma), 0.1, 0.02,
        note="800 points have a standard error of .0025; lines of the sky add to it", note_zh="800 点的标准误 0.0025，天光线另加一些",
    )  # fmt: skip
    yield Check(
        "a spectrum 1000 times as bright, of unit median: difference", "亮 1000 倍的光谱，中位数归一之后的差",
        float(np.abs(unit_median(1000 * loud.flux) - unit_median(loud.flux)).max()), 0, 1e-6,
    )  # fmt: skip


def of_weights() -> Iterator[Check]:
    """Facts of the shipped net: random weights lack them."""
    found, reader = batch(painter(), (1.0, 1.0, 1.0, 1.0), EACH, SEED), net()
    with torch.inference_mode():
        said = reader(torch.from_numpy(found.flux).to(next(reader.parameters()).device)).argmax(1).cpu().numpy()
    yield Check(
        "fresh spectra told right", "新画的光谱，判对的比例", float((said == found.labels).mean()), LEAST_RIGHT, 0, "at_least",
        note=f"{EACH} spectra of four classes; chance is .25, seven standard errors below", note_zh=f"{EACH} 条、四类；瞎猜 .25，低七个标准误",
    )  # fmt: skip
    told = json.loads(weights.extra(NET, "record.json"))
    counts = np.array(told["readers"]["f1"]["confusion"])
    yield Check(
        "macro-F1 of the recorded confusion, beside the card", "由记录的混淆矩阵算的宏 F1 与模型卡",
        float(macro_f1(counts).mean()), weights.read_card(NET).metrics["macro-F1"], 1e-5,
    )  # fmt: skip
    real = np.array(told["real"]["said"])
    yield Check(
        "real stars called stars, beside the card", "真实恒星判为恒星的比例与模型卡",
        float((real == CLASSES.index("star")).mean()), weights.read_card(NET).metrics["real stars called stars"], 1e-5,
    )  # fmt: skip
