"""Verification: overlaps, powers and spectra of checkerboards, modulation, counts, and the four trained architectures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from core import codec
from core.checks import Check, Relation
from core.gan.architectures import StyleModulation
from core.gan.o_gan_verification import modulation
from core.gan.pictures_views import of_weights
from core.gan.self_mod.checkerboard import Method, board, expected_power, outputs, overlaps, unevenness
from core.gan.self_mod.count import count
from core.gan.self_mod.modulation import LAYERS, WEIGHTS, crossed, mixed
from core.gan.self_mod.race import race
from core.weights import load

__all__ = ["TRAINED", "checkerboards", "checks", "counts", "modulations"]

TRAINED = ("dcgan-sgan-sn-mnist28", "resnet-sgan-sn-mnist28", "sgan-sn-mnist28", "style-sgan-sn-mnist28")
NETWORKS = 400  # of random weights
POWER_TOLERANCE = 0.1  # of the mean over 400 networks and 256 places a phase; three standard deviations (0.03 over ten seeds, the largest 0.066)
EXACT = 1e-5


def checkerboards(mean_power: Any = expected_power) -> Iterator[Check]:
    """Counted, expected and simulated; ``mean_power`` stands in the place of the recursion when it is given."""
    for kernel, wanted in ((5, (3, 2)), (4, (2, 2)), (3, (2, 1))):
        found = overlaps(kernel, 2, 8)[8:10]
        yield Check(
            f"overlaps of k = {kernel} with stride 2, at an even and an odd place", f"k = {kernel}、步长 2：偶数与奇数位置的覆盖次数", 10 * float(found[0]) + float(found[1]),
            10 * wanted[0] + wanted[1], 0.0, note="both digits of one number: ⌈k/2⌉ and ⌊k/2⌋", note_zh="合写成一个两位数：⌈k/2⌉ 与 ⌊k/2⌋",
        )  # fmt: skip
    yield Check(
        "one layer of k = 5: largest over smallest expected power", "一层 k = 5：期望功率最大与最小之比", unevenness(mean_power("transposed", 5, 1)), 2.25, EXACT,
        note="(3/2)², once along x and once along y", note_zh="(3/2)²，横竖各一次",
    )  # fmt: skip
    made = outputs("transposed", 5, 3, NETWORKS, 1).double().square().mean(0).numpy()
    quarter = len(made) // 4
    inner = slice(quarter, -quarter)
    found, wanted = made[inner, inner], mean_power("transposed", 5, 3)[inner, inner]
    found, wanted = found / found.mean(), wanted / wanted.mean()
    worst = max(
        abs(float(found[a::2, b::2].mean() - wanted[a::2, b::2].mean())) for a in (0, 1) for b in (0, 1)
    )  # fmt: skip
    yield Check(
        "expected power against 400 networks of random weights, k = 5, three layers", "期望功率与 400 个随机网络对照，k = 5，三层", worst, 0.0, POWER_TOLERANCE,
        note="worst of the four places within a stride; they differ by up to 0.9", note_zh="步长内四个位置中最差的；它们之间相差可达 0.9",
    )  # fmt: skip
    cases: tuple[tuple[Method, int, Relation, float, str], ...] = (
        ("transposed", 4, "at_least", 5.0, "转置卷积"), ("repeated", 3, "at_most", 1.0, "重复像素"),
    )  # fmt: skip
    for method, kernel, relation, bound, zh in cases:
        yield Check(
            f"{method}, k = {kernel}: highest frequency over its neighbours", f"{zh}，k = {kernel}：最高频与邻近频率之比", board(method, kernel, 3, 0).line, bound, 0.0, relation,
            note="an even kernel evens the power, but not the grid: only repetition ends it", note_zh="偶数核让功率均匀，格子却还在；重复像素才消掉它",
        )  # fmt: skip


@torch.inference_mode()
def modulations() -> Iterator[Check]:
    """Style and content in the trained generator, and the two kinds of modulation by their definitions."""
    rng = torch.Generator().manual_seed(0)
    yield from modulation(rng)
    layer = StyleModulation(8, 16)
    h, w = 3 + 2 * torch.randn(32, 8, 6, 6, generator=rng), torch.randn(32, 16, generator=rng)
    out = layer(h, w)
    wrong = max(
        float((out.mean((2, 3)) - layer.shift(w)).abs().max()),
        float((out.std((2, 3), correction=0) - (1 + layer.gain(w)).abs()).abs().max()),
    )
    yield Check(
        "style modulation: each map's mean is β(w), its deviation |γ(w)|, worst error", "风格调制：每张特征图的均值是 β(w)、标准差是 |γ(w)|，最大误差", wrong, 0.0, 2e-3,
        note="up to the 1e-3 under the root", note_zh="根号下的 1e-3 除外",
    )  # fmt: skip
    model = load(WEIGHTS)
    codes = codec.random_codes(model, range(4))
    plain = model.decode(codes)
    yield Check(
        "the same code for content and style draws the plain sample: largest difference", "内容与风格用同一编码，就是普通的样本：最大差", float((mixed(model.generator, codes, codes, 2) - plain).abs().max()), 0.0, EXACT,
    )  # fmt: skip
    other = mixed(model.generator, codes, codes.flip(0), LAYERS)
    yield Check(
        "all modulations follow the content: style changes nothing", "调制全跟内容走时，风格不起作用：最大差", float((other - plain).abs().max()), 0.0, EXACT,
    )  # fmt: skip
    y = crossed(4, 6, 0, 20)
    yield Check(
        "share of the mean colour that style decides", "平均颜色由风格决定的份额", y.colour[1], 0.25, 0.0, "at_least",
        note="four contents, six styles; 0 if modulation did nothing", note_zh="四个内容、六个风格；若调制不起作用则为 0",
    )  # fmt: skip


def counts() -> Iterator[Check]:
    """Parameters and operations of DCGAN's generator at 32 pixels, by hand.

    z of 64, maps of 128, 64, 32 channels, one channel out. Dense: 64 · 2048 + 2048. Normalisations: 2 · (128 + 64 + 32).
    Transposed convolutions: 16 · (128 · 64 + 64 · 32 + 32) + 64 + 32 + 1. Operations are two a product: the dense layer's
    weights once, each kernel once a place of its input, 16, 64 and 256 of them.
    """
    found = count("dcgan", 32, 1, 64, 32)
    dense = 64 * 2048
    parameters = dense + 2048 + 2 * (128 + 64 + 32) + 16 * (128 * 64 + 64 * 32 + 32) + 64 + 32 + 1
    operations = 2 * (dense + 16 * (128 * 64 * 16 + 64 * 32 * 64 + 32 * 256))
    yield Check("DCGAN's generator at 32 pixels: parameters", "32 像素 DCGAN 生成器的参数", found.generator_parameters, parameters, 0.0, note="by hand", note_zh="手算")  # fmt: skip
    yield Check("DCGAN's generator at 32 pixels: operations", "32 像素 DCGAN 生成器的运算量", found.generator_operations, operations, 0.0, note="by hand", note_zh="手算")  # fmt: skip
    heavy, light = count("resnet", 128, 3, 128, 32), count("dcgan", 128, 3, 128, 32)
    yield Check(
        "ResNet's generator over DCGAN's at 128 pixels, equally wide: operations", "128 像素、同样宽：ResNet 生成器与 DCGAN 的运算量之比",
        heavy.generator_operations / light.generator_operations, 2.0, 0.0, "at_least",
        note="the post: DCGAN is at least 50 % faster", note_zh="原文：DCGAN 至少快 50 %",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """The checks of post 6549's page."""
    yield from checkerboards()
    yield from modulations()
    yield from counts()
    spent = [float(lap.operations[-1]) for lap in race(TRAINED)]
    yield Check(
        "operations of training, largest over smallest of the four", "四种架构的训练运算量，最大与最小之比", max(spent) / min(spent), 1.0, 0.01,
        note="equal cost, by the logs and the counts", note_zh="同价，按日志与计数",
    )  # fmt: skip
    for name in TRAINED:
        yield from of_weights(name)
