"""Verification: NICE's loss worked out by hand, what additive couplings can and cannot do, and what the shipped weights must do."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from core.checks import Check
from core.data.examples import digits
from core.flow.f_vae_verification import log_determinant_gap, randomised
from core.flow.nice.model import NICE, Config, DenseCoupling, constant, loss
from core.flow.nice.views import WEIGHTS, drawn, likelihoods, pixels, stages
from core.flow.transforms import Chain
from core.weights import load, read_card

__all__ = ["by_hand", "checks", "in_the_plane", "of_layers", "of_model"]

EXACT = 1e-6
PLANE = Config(side=1, channels=2, hidden=8, layers=2)
REACH, CELLS = 12.0, 241  # of the grid in the plane, over which a density is summed
CORNERS = 4000  # of the curve whose area is measured
RELATIVE = 0.01  # between machines: kernels sum in other orders
OPEN = 0.3  # added to biases, so that few ReLUs are closed
UNTRAINED = 1000.0  # nats by which training must have lowered the loss


def by_hand() -> Iterator[Check]:
    """One coupling on two numbers, m(a) = ReLU(2 ReLU(a)) = 2 max(a, 0), and k = (ln 2, 0).

    x = (3, 5): reversed (5, 3), then 3 - m(5) = -7, so z = (10, -7) and ½ (100 + 49) - ln 2. x = (3, -5): m(-5) = 0, so
    z = (-10, 3) and ½ (100 + 9) - ln 2. Back from z = (10, -7) the inverse adds: -7 + m(5) = 3.
    """
    model = _two_numbers()
    with torch.no_grad():
        found = loss(*model(torch.tensor([[3.0, 5.0], [3.0, -5.0]]))).tolist()
        back = model.inverse(torch.tensor([[10.0, -7.0]]))[0][0].tolist()
        origin = float(model.log_likelihood(torch.zeros(1, 2))[0])
    yield Check(
        "loss of x = (3, 5) by hand", "手算：x = (3, 5) 的损失", found[0], 74.5 - math.log(2), 1e-5,
        note="m(5) = 10 is subtracted: z = (10, -7), ½ ||z||² - ln 2", note_zh="减去 m(5) = 10：z = (10, −7)，½‖z‖² − ln 2",
    )  # fmt: skip
    yield Check(
        "loss of x = (3, -5) by hand", "手算：x = (3, −5) 的损失", found[1], 54.5 - math.log(2), 1e-5,
        note="m(-5) = 0: z = (-10, 3)", note_zh="m(−5) = 0：z = (−10, 3)",
    )  # fmt: skip
    yield Check(
        "the generator adds: way back from z = (10, -7), as 10 x₁ + x₂", "生成时相加：从 z = (10, −7) 回来，记作 10 x₁ + x₂", 10 * back[0] + back[1], 35.0, 1e-4,
        note="-7 + m(5) = 3, reversed: x = (3, 5)", note_zh="−7 + m(5) = 3，再倒序：x = (3, 5)",
    )  # fmt: skip
    yield Check(
        "log q(0) on two numbers, nats", "两个数上的 log q(0) (nat)", origin, math.log(2) - math.log(2 * math.pi), EXACT,
        note="z = 0: Σ k - ln 2π is left", note_zh="z = 0，只剩 Σ k − ln 2π",
    )  # fmt: skip
    yield Check(
        "the constant D/2 ln 2π at D = 784, nats", "D = 784 时的常数 D/2·ln 2π (nat)", constant(784), 720.4478, 1e-3,
        note="which the post's loss leaves out: 392 x 1.837877", note_zh="原文的损失略去了它：392 × 1.837877",
    )  # fmt: skip


def _two_numbers() -> NICE:
    model = NICE(Config(side=1, channels=2, hidden=1, layers=1, couplings=1))
    coupling = next(part for part in model.flow.parts if isinstance(part, DenseCoupling))
    first, last = (part for part in coupling.network if isinstance(part, nn.Linear))
    with torch.no_grad():
        first.weight.fill_(1.0)
        last.weight.fill_(2.0)
        model.scale.log_scale.copy_(torch.tensor([math.log(2), 0.0]))
    return model


def _random(config: Config, seed: int, wide: float = 0.0) -> NICE:
    """A small model with random parameters in float64; ``wide`` is added to every bias."""
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    model = randomised(NICE(config), seed).double()
    torch.random.set_rng_state(state)
    assert isinstance(model, NICE)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter += wide
    return model


@torch.no_grad()
def in_the_plane(seed: int = 0) -> Iterator[Check]:
    """A random NICE of two numbers: its density sums to 1, and couplings preserve areas."""
    model = _random(PLANE, seed, OPEN)
    line = torch.linspace(-REACH, REACH, CELLS, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    mass = float(model.log_likelihood(grid).exp().sum() * (line[1] - line[0]) ** 2)
    yield Check(
        "∫ q(x) dx over the plane", "平面上 ∫ q(x) dx", mass, 1.0, 1e-3,
        note=f"a random model, {CELLS} x {CELLS} grid; without Σ k or the constant it is another number", note_zh=f"随机模型，{CELLS}×{CELLS} 的网格；漏掉 Σ k 或常数就不是 1",
    )  # fmt: skip
    angle = torch.arange(CORNERS, dtype=torch.float64) * (2 * math.pi / CORNERS)
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    couplings = Chain(*model.flow.parts[:-1])
    yield Check(
        "area of a circle after the couplings, over its own", "圆经过各耦合层之后的面积与原面积之比", _area(couplings(circle)[0]) / _area(circle), 1.0, 1e-3,
        note="additive couplings move, and neither stretch nor squeeze", note_zh="加性耦合只搬动，不拉伸也不压缩",
    )  # fmt: skip
    whole = _area(model(circle)[0]) / _area(circle)
    yield Check(
        "ln of the same after the scale too, minus Σ k", "再经过尺度变换：面积比的对数减 Σ k", math.log(whole) - float(model.scale.log_scale.sum()), 0.0, 1e-3,
        note="the scale alone changes volumes, everywhere alike", note_zh="只有尺度变换改变体积，而且处处一样",
    )  # fmt: skip


def _area(curve: Tensor) -> float:
    """Area inside a closed curve of points [N, 2] (the shoelace formula)."""
    x, y = curve.T
    return float((x * y.roll(-1) - y * x.roll(-1)).sum().abs() / 2)


@torch.no_grad()
def of_layers(seed: int = 1) -> Iterator[Check]:
    """A random NICE of 16 numbers: which of them four couplings change, with the reversals and without."""
    model = _random(Config(4, 1, 8, 2), seed)
    for parameter in model.parameters():
        parameter.abs_()  # m is then positive everywhere: its last bias is
    x = torch.rand(1, 16, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    couplings = [part for part in model.flow.parts if isinstance(part, DenseCoupling)]
    without = Chain(*couplings)(x)[0]
    yield Check(
        "of 16 numbers, unchanged by four couplings without reversals", "不倒序：四个耦合层之后，16 个数里没变的", float((without == x).sum()), 8.0, 0.0,
        note="the even places stay as they are, for ever", note_zh="偶数位永远原样通过",
    )  # fmt: skip
    turned = Chain(*model.flow.parts[:-1])(x)[0]
    yield Check(
        "the same with the reversals", "倒序之后的同一个数目", float((turned == x).sum()), 0.0, 0.0,
        note="reversal swaps even and odd places; after four of them each number is at its place again", note_zh="倒序交换奇偶位；四次之后每个数又回到原位",
    )  # fmt: skip
    with torch.enable_grad():
        gap = log_determinant_gap(model, x)
    yield Check(
        "log-determinant of a random model minus autograd's", "随机模型的对数行列式与自动求导之差", gap, 0.0, 1e-9, note="16 x 16 Jacobian, float64", note_zh="16×16 的雅可比矩阵，float64",
    )  # fmt: skip


@torch.no_grad()
def of_model(instead: NICE | None = None) -> Iterator[Check]:
    """What the weights must do on the gallery's drawn digits; ``instead`` is measured in their place when it is given."""
    model: NICE = load(WEIGHTS) if instead is None else instead
    shelf = pixels(digits()[0], model)
    here = float(loss(*model(shelf)).mean())
    torch_state = torch.random.get_rng_state()
    torch.manual_seed(0)
    fresh = NICE(model.config).to(shelf.device)
    torch.random.set_rng_state(torch_state)
    start = float(loss(*fresh(shelf)).mean())
    yield Check(
        "mean loss of 100 drawn digits, beside that of random weights", "100 个程序画的数字的平均损失，与随机权重对照", here, start - UNTRAINED, 0.0, "at_most",
        note=f"½ ||z||² - Σ k, nats; random weights {start:.0f}, at least {UNTRAINED:.0f} above", note_zh=f"½‖z‖² − Σ k (nat)；随机权重 {start:.0f}，至少高 {UNTRAINED:.0f}",
    )  # fmt: skip
    yield from _round_trips(model, shelf)
    yield _exact_determinant(model, shelf[:1])
    yield Check(
        "largest log-determinant minus Σ k over the digits", "各数字的对数行列式与 Σ k 的最大差", float((model(shelf)[1] - model.scale.log_scale.sum()).abs().max()), 0.0, 1e-3,
        note="the couplings have none, whatever the picture", note_zh="无论是什么图，耦合层都没有贡献",
    )  # fmt: skip


def _round_trips(model: NICE, shelf: Tensor) -> Iterator[Check]:
    back = model.inverse(model(shelf)[0])[0]
    yield Check(
        "f⁻¹(f(x)) minus x, largest of 78 400 pixels, float32", "f⁻¹(f(x)) 与 x 的最大差，78400 个像素，float32", float((back - shelf).abs().max()), 0.0, 1e-5,
        note="100 drawn digits, pixels in [0, 1]", note_zh="100 个程序画的数字，像素在 [0, 1]",
    )  # fmt: skip
    exact = copy.deepcopy(model).cpu().double()
    twice = exact.inverse(exact(shelf.cpu().double())[0])[0]
    yield Check(
        "f⁻¹(f(x)) minus x, largest, float64", "f⁻¹(f(x)) 与 x 的最大差，float64", float((twice - shelf.cpu()).abs().max()), 0.0, 1e-12,
        note="the same digits", note_zh="同一批数字",
    )  # fmt: skip


def _exact_determinant(model: NICE, x: Tensor) -> Check:
    """Σ k against the whole Jacobian of one picture, float64: one tangent a pixel, all of them at once."""
    exact = copy.deepcopy(model).cpu().double()
    jacobian = torch.func.jacfwd(lambda v: exact(v[None])[0][0])(x[0].cpu().double())
    found = torch.linalg.slogdet(jacobian).logabsdet
    return Check(
        "ln |det ∂z/∂x| of one digit by autograd minus Σ k", "一个数字的 ln |det ∂z/∂x|（自动求导）减 Σ k", float(found - exact.scale.log_scale.detach().sum()), 0.0, EXACT,
        note="784 x 784 Jacobian of the shipped weights, float64", note_zh="随附权重的 784×784 雅可比矩阵，float64",
    )  # fmt: skip


def _likelihoods() -> Iterator[Check]:
    card = read_card(WEIGHTS).metrics
    y = likelihoods(drawn(0), 1.0, 0)
    yield Check(
        "shipped losses of 1 000 test digits: mean, against 5 000 by the card", "随附的 1000 个测试数字的损失：平均值，与卡片上 5000 个的对照", y.typical, card["held-out loss"], 50.0,
        note="nats; one digit's loss has a deviation of some 590, so the mean of 1 000 has 19", note_zh="nat；单个数字的损失标准差约 590，1000 个的平均约 19",
    )  # fmt: skip
    yield Check(
        "loss of a black picture minus the test digits' mean", "全黑图的损失减测试数字的平均损失", y.black - y.typical, 0.0, 0.0, "at_most",
        note="the known paradox: no digit, yet more probable than digits; measured here, against the shipped number", note_zh="著名的悖论：它不是数字，似然却比数字高；现场测量，与随附的数字对照",
    )  # fmt: skip
    yield Check(
        "loss of a drawn digit with its pixels shuffled minus its own, nats", "程序画的数字打乱像素之后与之前的损失之差 (nat)", y.own_shuffled - y.own, 1000.0, 0.0, "at_least",
        note="the same pixels in other places", note_zh="同样的像素，换了位置",
    )  # fmt: skip
    film = stages(drawn(0), 0)
    yield Check(
        "correlation of neighbours in drawn digits: z's over x's", "程序画的数字的相邻像素相关：z 与 x 之比", float(film.drawn[-1] / film.drawn[0]), 0.6, 0.0, "at_most",
        note=f"test digits, as shipped: {film.related[-1] / film.related[0]:.2f}", note_zh=f"测试数字（随附的数字）：{film.related[-1] / film.related[0]:.2f}",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """The checks of post 5776's page."""
    yield from by_hand()
    yield from in_the_plane()
    yield from of_layers()
    yield from of_model()
    yield from _likelihoods()
