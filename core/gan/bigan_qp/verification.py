"""Verification: BiGAN-QP's objectives on numbers worked out by hand, and what the shipped weights must do, measured now."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from core import codec
from core.checks import Check
from core.gan.bigan_qp.model import BiGAN
from core.gan.bigan_qp.objective import critic_loss, gap, squares
from core.gan.bigan_qp.views import measured
from core.gan.pictures_views import of_weights, shipped
from core.weights import load

__all__ = ["NAME", "RIVALS", "WITHOUT", "checks", "objectives", "of_model"]

NAME, WITHOUT = "bigan-qp-mnist28", "bigan-qp-none-mnist28"
RIVALS = ("vae-mnist28", "bigan-qp-whole-mnist28", WITHOUT)
MEAN_PICTURE = 0.5  # what the mean picture errs, on the scale on which a random pair errs 1
FRESH = 200  # codes that training never saw
KNOWN = 0.9  # the most that may be left of a code's variance; 1 or more where E knows nothing of z
SPREAD = 0.3  # of E(x), which is shorter than z as long as E knows only part of it (here a quarter of its variance)
EXACT = 1e-6


def objectives() -> Iterator[Check]:
    """The losses on one pair, and the gradients that are stopped, by hand.

    x = (1, -1), G(z) = (0, 0): mean |x - G(z)| = 1. E(x) = (½, ½), z = (0, 1): mean |E(x) - z| = ½. So d = 3/2; with
    T(x, E(x)) = 3 and T(G(z), z) = 1 the critic's loss is 4 / (2 · 10 · 3/2) - 2 = 2/15 - 2.
    """
    x, made, code, z = (torch.tensor([row]) for row in ([1.0, -1.0], [0.0, 0.0], [0.5, 0.5], [0.0, 1.0]))
    real, fake = torch.tensor([3.0]), torch.tensor([1.0])
    yield Check(
        "the critic's loss on one pair", "一对样本上判别器的损失", float(critic_loss(real, fake, x, made, code, z)), 2 / 15 - 2, EXACT,
        note="ΔT²/(2λd) - ΔT with ΔT = 2, d = 3/2, λ = 10", note_zh="ΔT²/(2λd) − ΔT，ΔT = 2，d = 3/2，λ = 10",
    )  # fmt: skip
    yield Check(
        "G and E minimise E ΔT", "G 与 E 最小化 E ΔT", float(gap(real, fake)), 2.0, EXACT, note="T(x, E(x)) - T(G(z), z) = 3 - 1",
    )  # fmt: skip
    yield from _stopped()


def _stopped() -> Iterator[Check]:
    """E(x) = a x and G(z) = b z with a = 2, b = 3 at x = 2, z = 1.

    Then (z - E(G(z)))² = (1 - 6)² = 25 and (x - G(E(x)))² = (2 - 12)² = 100. With the gradient stopped only a feels the
    first: -2 · (1 - 6) · 3 = 30, and only b the second: -2 · (2 - 12) · 4 = 80. Let through, b feels the first too:
    -2 · (1 - 6) · 2 = 20, and a the second: -2 · (2 - 12) · 3 · 2 = 120.
    """
    expected = {"half": ((30.0, 0.0), (0.0, 80.0)), "whole": ((30.0, 20.0), (120.0, 80.0))}
    for part, parts_zh in (("half", "停梯度"), ("whole", "不停梯度")):
        a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
        encoder, generator = _times(a), _times(b)
        x, z = torch.tensor([[2.0]]), torch.tensor([[1.0]])
        found = squares(encoder, generator, x, z, encoder(x), generator(z), part)  # type: ignore[arg-type]
        worst = 0.0
        for term, wanted in zip(found, expected[part], strict=True):
            slopes = torch.autograd.grad(term, (a, b), retain_graph=True, allow_unused=True)
            for slope, value in zip(slopes, wanted, strict=True):
                worst = max(worst, abs((0.0 if slope is None else float(slope)) - value))
        if part == "half":
            yield Check(
                "both squares of two numbers", "两个数上的两个平方项", float(found.codes.detach() + 1000 * found.pictures.detach()), 100_025.0, 1e-2,
                note="25 and 100, written as 25 + 1000 · 100", note_zh="25 与 100，合写成 25 + 1000 · 100",
            )  # fmt: skip
        yield Check(
            f"squares, {part}: gradients in E and in G, worst error", f"平方项（{parts_zh}）：对 E、G 的梯度，最大误差", worst, 0.0, 1e-4,
            note="E = 2x, G = 3z: four derivatives by hand; stopped, two of them are 0", note_zh="E = 2x，G = 3z：四个导数手算；停梯度时其中两个为 0",
        )  # fmt: skip


def _times(factor: Tensor) -> Callable[[Tensor], Tensor]:
    def network(x: Tensor) -> Tensor:
        return factor * x

    return network


@torch.inference_mode()
def of_model(instead: BiGAN | None = None) -> Iterator[Check]:
    """What the weights must do; ``instead`` is measured in their place when it is given."""
    model: BiGAN = load(NAME) if instead is None else instead
    z = codec.random_codes(model, range(FRESH))
    made = torch.cat([model.decode(part) for part in z.split(codec.CHUNK)])
    codes = torch.cat([model.encode(part) for part in made.split(codec.CHUNK)])
    yield Check(
        "z → E(G(z)): mean square, beside the variance 1 of z", "z → E(G(z))：均方误差，z 的方差为 1", float((codes - z).square().mean()), KNOWN, 0.0, "at_most",
        note=f"{FRESH} fresh codes; 1 for the mean code, about 2 for an unrelated one", note_zh=f"{FRESH} 个新编码；“平均编码”为 1，无关的编码约为 2",
    )  # fmt: skip
    x = codec.prepared(shipped(NAME), model.config.side, model.config.channels).to(codec.device_of(model))
    own = torch.cat([model.encode(part) for part in x.split(codec.CHUNK)])
    again = torch.cat([model.decode(part) for part in own.split(codec.CHUNK)])
    error = (x - again).square().mean() / (2 * x.var(0, correction=1).mean())
    yield Check(
        "100 real digits: error of x → G(E(x))", "100 个真实数字：x → G(E(x)) 的误差", float(error), MEAN_PICTURE, 0.0, "at_most",
        note="a random pair errs 1, the mean picture ½; none was trained on", note_zh="随机两图为 1，“平均图”为 ½；都没有训练过",
    )  # fmt: skip
    yield Check(
        "standard deviation of E(x) over 100 real digits", "100 个真实数字的 E(x) 的标准差", float(own.std()), SPREAD, 0.0, "at_least",
        note="1 at the optimum, where E(x) follows N(0, I); 0 for an encoder that has collapsed", note_zh="最优处 E(x) 服从 N(0, I)，为 1；坍缩的编码器为 0",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """The checks of post 6214's page."""
    yield from objectives()
    yield from of_model()
    half, none = measured(NAME), measured(WITHOUT)
    yield Check(
        "error with the two squares over that without", "有平方项与没有平方项的误差之比", half.error / none.error, 0.8, 0.0, "at_most",
        note="one seed, 1500 steps each, of each the evaluation that erred least", note_zh="同一个种子、各训练 1500 步，各取误差最低的一次评估",
    )  # fmt: skip
    for name in (NAME, *RIVALS):
        yield from of_weights(name)
