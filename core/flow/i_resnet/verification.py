"""Verification of i-ResNet: blocks and series on numbers worked out by hand, and what the shipped weights must do, measured now."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from core.checks import Check
from core.flow.i_resnet import plane
from core.flow.i_resnet.blocks import (
    CPU,
    BoundedConv,
    Residual,
    conv_matrix,
    conv_norm,
    convolutional,
    iterates,
    log_det_series,
    probes_of_series,
    reshaped_norm,
)
from core.flow.i_resnet.determinant import quadratic_variance, remainder_bound
from core.flow.i_resnet.inversion import inversion
from core.flow.i_resnet.pictures import Classifier
from core.flow.i_resnet.plane import PlaneFlow, aim, branch, grid_points, log_density
from core.flow.i_resnet.views import FREE, NAME, shipped_error
from core.weights import load, read_card

__all__ = ["FLOWS", "by_hand", "checks", "norms_by_svd", "of_classifier", "of_flow", "of_series", "small_convolution"]

FLOWS = ("i-resnet-eight", "i-resnet-moons")
EXACT, SINGLE = 1e-9, 1e-4
FRESH = 4096  # points
DEVIATIONS = 4.5  # of a Monte Carlo mean: a right one fails once in 150 000
LEFT = 0.2  # nats above the entropy that the flow may be left with
DRAWN_TOLERANCE = 0.15  # of an error on 100 digits of another hand than the card's: 3 sd at 5 % are 0.07


def by_hand() -> Iterator[Check]:
    """g(x) = a x on the line, a = 1/2: F(x) = 3x/2, ln det = ln 3/2, partial sums 1/2, 3/8, 5/12; iterates of z = 3: 3, 3/2, 9/4."""
    layer = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(layer.weight, 0.5)
    block, x = Residual(layer), torch.tensor([[2.0]], dtype=torch.float64)
    z, logdet = (part.detach() for part in block(x))
    back, logdet_back = (part.detach() for part in block.inverse(z))
    yield Check("g = x/2: ln det", "g = x/2：ln det 的值", float(logdet), math.log(1.5), EXACT, note="ln(1 + a)", note_zh="ln(1 + a)")  # fmt: skip
    yield Check("g = x/2: z = F(2)", "g = x/2：z = F(2) 的值", float(z), 3.0, EXACT, note="2 + 1")
    yield Check(
        "g = x/2: the inverse of z = 3",
        "g = x/2：z = 3 的逆",
        float(back),
        2.0,
        1e-6,
        note="the start",
        note_zh="回到起点",
    )
    yield Check(
        "g = x/2: ln det there and back, their sum",
        "g = x/2：来回两个 ln det 之和",
        float(logdet + logdet_back),
        0.0,
        1e-6,
    )
    walked = [float(one.detach()) for one in iterates(layer, z, 2)]
    yield Check(
        "g = x/2: the iterates from z = 3, largest difference", "g = x/2：从 z = 3 出发的迭代，最大差",
        max(abs(a - b) for a, b in zip(walked, (3, 3 / 2, 9 / 4), strict=True)), 0.0, EXACT, note="3, 3/2, 9/4", note_zh="3、3/2、9/4",
    )  # fmt: skip
    sums = [float(log_det_series(torch.full((1, 1), 0.5), n)) for n in (1, 2, 3)]
    yield Check(
        "g = x/2: the series after 1, 2, 3 terms, largest difference", "g = x/2：级数的前 1、2、3 项，最大差",
        max(abs(a - b) for a, b in zip(sums, (1 / 2, 3 / 8, 5 / 12), strict=True)), 0.0, 1e-6,
        note="1/2, 3/8, 5/12: too high, too low, too high", note_zh="1/2、3/8、5/12：偏高、偏低、偏高",
    )  # fmt: skip


def of_series() -> Iterator[Check]:
    """Of a random J with ‖J‖ = 0.7: the remainder's bound, and Hutchinson's mean and variance."""
    rng = torch.Generator().manual_seed(0)
    jacobian = torch.randn(4, 4, generator=rng, dtype=torch.float64)
    jacobian *= 0.7 / torch.linalg.matrix_norm(jacobian, 2)
    exact = float(torch.linalg.slogdet(torch.eye(4) + jacobian).logabsdet)
    left = max(
        abs(float(log_det_series(jacobian, n)) - exact) / float(remainder_bound(torch.tensor(0.7), 4, n))
        for n in range(1, 31)
    )
    yield Check(
        "error of the series over its bound d Lᴺ⁺¹/((N+1)(1-L)), N to 30", "级数误差与余项界 d Lᴺ⁺¹/((N+1)(1−L)) 之比，N 到 30",
        left, 1.0, 0.0, "at_most", note="4x4, ‖J‖ = 0.7; a lost sign or 1/k leaves a constant error", note_zh="4×4，‖J‖ = 0.7；丢了正负号或 1/k，误差就不再变小",
    )  # fmt: skip
    count, terms = 20_000, 3
    probes = torch.randn(count, 4, generator=rng, dtype=torch.float64)
    found = probes_of_series(lambda x: x @ jacobian.T, torch.zeros(count, 4, dtype=torch.float64), probes, terms)
    matrix = jacobian - jacobian @ jacobian / 2 + jacobian @ jacobian @ jacobian / 3
    variance = float(quadratic_variance(matrix, "normal"))
    yield Check(
        f"Hutchinson's estimate of {terms} terms, mean of {count}", f"{terms} 项的 Hutchinson 估计，{count} 次的平均",
        float(found.detach().mean()), float(matrix.trace()), DEVIATIONS * math.sqrt(variance / count), note=f"unbiased; {DEVIATIONS} sd", note_zh=f"无偏；{DEVIATIONS} 个标准差",
    )  # fmt: skip
    yield Check(
        "its variance over 2 ‖S‖²", "它的方差与 2‖S‖² 之比", float(found.detach().var()) / variance, 1.0, 0.1,
        note="S the symmetric part; sd of a variance of 20 000 draws about 0.02", note_zh="S 为对称部分；20 000 次的方差自身的标准差约 0.02",
    )  # fmt: skip


def small_convolution() -> Iterator[Check]:
    """A convolutional block on 4 channels of 4x4: ln det by its Jacobian's series, and round trip."""
    torch.manual_seed(0)
    convolution = convolutional(4, 8, 4, 0.9, "exact")
    block = Residual(convolution).double().eval()
    for parameter in block.parameters():
        parameter.requires_grad_(False)
    for layer in convolution:
        if isinstance(layer, BoundedConv):
            layer.weight.mul_(4)  # fresh weights have norms below c, and would not meet the bound
    x = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    z, logdet = block(x)
    jacobian = block.jacobian(x)
    yield Check(
        "convolution on 4x4x4: ln det against 60 terms of the series", "4×4×4 上的卷积块：ln det 与级数 60 项之差",
        float((log_det_series(jacobian, 60) - logdet).abs().max()), 0.0, 1e-6, note="64 numbers; J by automatic differentiation", note_zh="64 个数；J 由自动微分给出",
    )  # fmt: skip
    back, _ = block.inverse(z)
    yield Check("convolution on 4x4x4: error of x → z → x", "4×4×4 上的卷积块：x → z → x 的误差", float((back - x).abs().max()), 0.0, EXACT)  # fmt: skip
    yield Check(
        "largest ‖J‖ of the block's branch, beside c³", "支路的最大 ‖J‖，上界为 c³", float(torch.linalg.matrix_norm(jacobian, 2).max()), 0.9**3, EXACT, "at_most",
        note="three layers of norm at most c = 0.9", note_zh="三层，每层范数不超过 c = 0.9",
    )  # fmt: skip


def norms_by_svd() -> Iterator[Check]:
    """Norms of convolutions: Lanczos against the SVD of the whole matrix, and a kernel whose reshaped norm bounds nothing."""
    kernel = torch.randn(3, 4, 3, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    svd = float(torch.linalg.matrix_norm(conv_matrix(kernel, 7), 2))
    yield Check("norm of a 3x3 convolution on 7x7x4: Lanczos against SVD", "7×7×4 上 3×3 卷积的范数：Lanczos 与 SVD", conv_norm(kernel, 7), svd, 1e-8)  # fmt: skip
    ones = torch.ones(1, 1, 3, 3)
    yield Check(
        "3x3 of ones on 14x14: operator's norm over that of the reshaped kernel", "14×14 上全 1 的 3×3：算子范数与核铺平后的范数之比",
        conv_norm(ones, 14) / reshaped_norm(ones), 2.5, 0.0, "at_least", note="(1 + 2 cos(π/15))²/3 = 2.91: the reshaped norm is no bound", note_zh="(1 + 2cos(π/15))²/3 = 2.91：铺平后的范数不是上界",
    )  # fmt: skip
    yield Check(
        "3x3 of ones on 14x14: operator's norm", "14×14 上全 1 的 3×3：算子范数", conv_norm(ones, 14), (1 + 2 * math.cos(math.pi / 15)) ** 2, 1e-6,
        note="a product of two tridiagonal matrices with eigenvalues 1 + 2 cos(kπ/15)", note_zh="两个三对角矩阵之积，特征值 1 + 2cos(kπ/15)",
    )  # fmt: skip


@torch.inference_mode()
def of_flow(instead: PlaneFlow | None = None) -> Iterator[Check]:
    """The shipped flow of eight normals; ``instead`` is measured in its place when it is given."""
    model: PlaneFlow = load(FLOWS[0], CPU) if instead is None else instead
    yield Check(
        "plane: largest norm of a layer by SVD, beside c", "平面模型：各层范数的最大值（SVD），上界 c", float(model.norms().max()), model.config.c, 0.0, "at_most",
        note="as it ships, rounded to fp16", note_zh="以半精度交付后的权重",
    )  # fmt: skip
    goal = aim("eight", 0)
    x = goal.sample(FRESH, torch.Generator().manual_seed(3))
    z, logdet = model(x)
    yield Check(
        "plane: divergence from the target, nats a point", "平面模型：与目标的散度，nat / 点", goal.excess(x, log_density(z, logdet)), LEFT / 2, LEFT / 2,
        note="1.85 for the best single normal; below 0 no density comes", note_zh="最好的单个高斯为 1.85；任何密度都不能低于 0",
    )  # fmt: skip
    _, grid = grid_points(128, 2 * plane.HALF)
    mass = float(model.log_density(grid).double().exp().sum()) * (4 * plane.HALF / 128) ** 2
    yield Check("plane: the density's integral", "平面模型：密度的积分", mass, 1.0, 5e-3, note="on [-8, 8]², cells of 0.125", note_zh="在 [−8, 8]² 上，格子边长 0.125")  # fmt: skip
    back, logdet_back = model.inverse(z)
    yield Check("plane: error of x → z → x", "平面模型：x → z → x 的误差", float((back - x).abs().max()), 0.0, SINGLE, note="float32, 10 blocks", note_zh="单精度，10 块")  # fmt: skip
    yield Check("plane: ln det there and back", "平面模型：来回的 ln det 之和", float((logdet + logdet_back).abs().max()), 0.0, 1e-2, note="float32; steep places magnify", note_zh="单精度；陡处会放大误差")  # fmt: skip


@torch.inference_mode()
def slopes_of_inversion(instead: PlaneFlow | None = None) -> Iterator[Check]:
    """The error of the fixed point shrinks at least as fast as the layers' norms say."""
    model: PlaneFlow = load(FLOWS[0], CPU) if instead is None else instead
    norms = model.norms().prod(0)
    x = aim("eight", 0).sample(200, torch.Generator().manual_seed(4)).double()
    worst = 0.0
    for number in range(model.config.blocks):
        layers = plane.in_double(model.block(number))

        def g(v: Tensor, layers: plane.Layers = layers) -> Tensor:
            return branch(layers, v)

        errors = torch.stack([(one - x).norm(dim=1) for one in iterates(g, x + g(x), 12)])
        known = errors[1:] > 1e-12  # above the rounding
        worst = max(worst, float(((errors[1:] / errors[:-1].clamp(min=1e-300))[known] / norms[number]).max()))
    yield Check(
        "fixed point: largest shrinking of the error over the product of norms", "不动点：误差每步的缩小率与各层范数之积的比，最大值", worst, 1.0, EXACT, "at_most",
        note="200 points, 12 iterations, all blocks: the slope is at most ln Lip", note_zh="200 个点、12 次迭代、所有块：斜率不超过 ln Lip",
    )  # fmt: skip


def beyond_one() -> Iterator[Check]:
    """Lip(g) = 1.1: what fails is told, not hidden."""
    fold = inversion("fold", 1, 1.1, (0.1, 0.05))
    yield Check(
        "g = -1.1 tanh(x): smallest det(I + J)", "g = −1.1 tanh(x)：det(I+J) 的最小值", fold.least, -0.05, 0.0, "at_most",
        note="not invertible: -0.1 · (1 - 1.1 sech²) on the axes", note_zh="不可逆：坐标轴上为 −0.1·(1 − 1.1 sech²)",
    )  # fmt: skip
    yield Check("g = -1.1 tanh(x): how far from x the iterates rest", "g = −1.1 tanh(x)：迭代停在离 x 多远处", float(abs(fold.end - fold.x).max()), 0.1, 0.0, "at_least")  # fmt: skip
    turn = inversion("turn", 1, 1.1, (0.1, 0.05))
    yield Check(
        "quarter turn of 1.1: how far the iterates stay from a solution", "四分之一转，1.1：迭代离解多远", turn.gap, 0.1, 0.0, "at_least",
        note="invertible (det = 1 + c² sech² sech² > 1), but they go round", note_zh="可逆（det = 1 + c² sech² sech² > 1），迭代却绕圈",
    )  # fmt: skip


@torch.inference_mode()
def of_classifier(instead: Classifier | None = None) -> Iterator[Check]:
    """The shipped classifier of digits; ``instead`` is measured in its place when it is given."""
    model: Classifier = load(NAME, CPU) if instead is None else instead
    worst = max(one.operator for one in model.norms())
    yield Check(
        "digits: largest operator norm of a layer, beside c", "数字：各层算子范数的最大值，上界 c", worst, 0.9, 0.0, "at_most",
        note="at the true sizes 14x14 and 7x7, rounded to fp16", note_zh="真实尺寸 14×14 与 7×7，半精度",
    )  # fmt: skip
    x = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    again = model.inverted(model.features(x), 50)[-1]
    yield Check("digits: error of noise from the last layer back", "数字：噪声图从最后一层找回的误差", float((again - x).abs().max()), 0.0, SINGLE, note="no picture is lost, digit or not", note_zh="任何图都不会丢，是不是数字都一样")  # fmt: skip
    yield Check(
        "digits: error on 100 digits of our own", "数字：自己画的 100 个数字上的错误率", shipped_error(NAME if instead is None else instead),
        read_card(NAME).metrics["test error"] + DRAWN_TOLERANCE, 0.0, "at_most", note=f"the card's test error and {DRAWN_TOLERANCE}; 0.9 by guessing", note_zh=f"模型卡的测试错误率加 {DRAWN_TOLERANCE}；瞎猜为 0.9",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """The checks of post 6482's page."""
    yield from by_hand()
    yield from of_series()
    yield from small_convolution()
    yield from norms_by_svd()
    yield from beyond_one()
    yield from of_flow()
    yield from slopes_of_inversion()
    yield from of_classifier()
    yield Check(
        "ResNet: largest operator norm of a layer", "ResNet：各层算子范数的最大值", max(one.operator for one in load(FREE, CPU).norms()), 1.0, 0.0, "at_least",
        note="without the bound the norms grow past 1", note_zh="不加约束，范数就超过 1",
    )  # fmt: skip
