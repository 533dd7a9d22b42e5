"""Verification: the terms of the objective on numbers worked out by hand and by sampling, and what the shipped weights must do, measured now."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from core.checks import Check
from core.data.examples import digits
from core.vae.digits import Config, DigitVAE, seen
from core.vae.objective import bernoulli, drawn, gaussian, kl
from core.vae.vae.views import Posteriors, asked, manifold, posteriors
from core.weights import load

__all__ = ["CONDITIONAL", "FREE", "NAME", "checks", "digits_on_demand", "of_codes", "of_model", "terms"]

NAME, FREE, CONDITIONAL = "vae-mlp-mnist28", "vae-free-mnist28", "vae-conditional-mnist28"
SAMPLES = 100_000
PIXELS = 28**2
EXACT = 1e-5  # relative, of sums in float32
FIVE = 5.0  # standard errors: fails once in two million
MEAN, VARIANCE = (0.8, -1.5), (0.16, 2.25)  # of the normal that is sampled
BY_HAND = Posteriors(np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([[0.5, 2.0], [1.5, 1.0]]), np.array([0, 1]))
MEAN_OFF, VARIANCE_OFF = 0.3, 0.5  # of the moments of all codes, which come to 0 and 1 as training goes on
BACK = 0.5  # the most of the codes' variance that may be lost on the way through the pictures
RIGHT = 0.35  # the least share of digits on demand that must be right: 0.1 by chance
PRESENT = 8  # digits of ten that the manifold must show
CODES = 200  # held-out codes that are decoded and encoded again


def terms() -> Iterator[Check]:
    """The divergence, the two likelihoods and the sampled code, each against what it must be."""
    mean, variance = torch.tensor([MEAN]), torch.tensor([VARIANCE])
    closed = sum(0.5 * (m * m + v - math.log(v) - 1) for m, v in zip(MEAN, VARIANCE, strict=True))
    yield Check(
        "KL of two numbers by the formula", "两维的 KL，按公式", float(kl(mean, variance.log())), closed, EXACT * closed,
        note="½ Σ (μ² + σ² − ln σ² − 1), μ = (0.8, −1.5), σ² = (0.16, 2.25)", note_zh="½ Σ (μ² + σ² − ln σ² − 1)，μ = (0.8, −1.5)，σ² = (0.16, 2.25)",
    )  # fmt: skip
    noise = torch.randn(SAMPLES, 2, generator=torch.Generator().manual_seed(0))
    z = drawn(mean, variance.log(), noise)
    ratio = (z.square() - (z - mean).square() / variance - variance.log()).double().sum(1) / 2
    yield Check(
        f"KL as the mean of ln p(z|x) − ln q(z) over {SAMPLES:,} samples", f"KL：{SAMPLES:,} 个样本上 ln p(z|x) − ln q(z) 的平均",
        float(ratio.mean()), float(kl(mean, variance.log())), FIVE * float(ratio.std()) / math.sqrt(SAMPLES),
        note="five standard errors; samples by z = μ + σ ε", note_zh="五个标准误；样本由 z = μ + σ ε 得到",
    )  # fmt: skip
    yield Check(
        "variance of the samples z = μ + σ ε", "样本 z = μ + σ ε 的方差", float(z[:, 0].double().var()), VARIANCE[0],
        FIVE * VARIANCE[0] * math.sqrt(2 / SAMPLES), note="σ² = 0.16, not σ = 0.4; five standard errors", note_zh="σ² = 0.16，而非 σ = 0.4；五个标准误",
    )  # fmt: skip
    half, black = torch.zeros(1, 1, 28, 28), torch.zeros(1, 1, 28, 28)
    yield Check(
        "cross-entropy of 784 pixels at even odds", "784 个像素都给 ½ 时的交叉熵", float(bernoulli(black, half)), PIXELS * math.log(2), EXACT * PIXELS,
        note="784 ln 2: a sum over pixels; the mean would be ln 2", note_zh="784 ln 2：对像素求和；取平均则是 ln 2",
    )  # fmt: skip
    yield Check(
        "−log N(x; x − ½, 0.1 I) of 784 pixels", "784 个像素的 −log N(x; x − ½, 0.1 I)", float(gaussian(black + 0.5, black, 0.1)),
        PIXELS * (0.25 / 0.2 + 0.5 * math.log(2 * math.pi * 0.1)), EXACT * PIXELS,
        note="‖x − μ‖²/(2σ²) + D/2 ln(2πσ²), with its constant", note_zh="‖x − μ‖²/(2σ²) + D/2 ln(2πσ²)，含常数",
    )  # fmt: skip
    yield from _through_the_noise()
    yield from _own_priors()


def _through_the_noise() -> Iterator[Check]:
    """E z² = μ² + σ², whose derivative by ln σ² is σ²: what the reparametrisation brings back through the samples."""
    log_variance = torch.tensor([[math.log(VARIANCE[1])]], requires_grad=True)
    noise = torch.randn(SAMPLES, 1, generator=torch.Generator().manual_seed(1))
    squares = drawn(torch.tensor([[MEAN[1]]]), log_variance, noise).square()
    (slope,) = torch.autograd.grad(squares.mean(), log_variance)
    # of one sample: z σ ε, whose variance is σ² μ² + 2 σ⁴
    error = math.sqrt((VARIANCE[1] * MEAN[1] ** 2 + 2 * VARIANCE[1] ** 2) / SAMPLES)
    yield Check(
        "d E z² / d ln σ², through the samples", "d E z² / d ln σ²，梯度穿过样本", float(slope), VARIANCE[1], FIVE * error,
        note="σ² = 2.25; 0 where the gradient does not pass", note_zh="σ² = 2.25；梯度穿不过去则为 0",
    )  # fmt: skip


def _own_priors() -> Iterator[Check]:
    """N(μ^Y, I) costs nothing against itself, and ½ ‖μ^Y − μ^W‖² against another kind's."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = DigitVAE(Config(labels=10))
    with torch.inference_mode():
        one, other = torch.tensor([3]), torch.tensor([8])
        mean, nothing = model.prior_mean(one), torch.zeros(1, 2)
        wanted = 0.5 * float((mean - model.prior_mean(other)).square().sum())
        to_other, to_own = (float(model.divergence(mean, nothing, kind)) for kind in (other, one))
    yield Check(
        "KL of N(μ³, I) to the prior of 8",
        "N(μ³, I) 对 8 的先验的 KL",
        to_other,
        wanted,
        EXACT * wanted,
        note="½ ‖μ³ − μ⁸‖²",
    )
    yield Check("KL of N(μ³, I) to its own prior", "N(μ³, I) 对自己的先验的 KL", to_own, 0.0, EXACT * wanted)


@torch.inference_mode()
def of_model(instead: DigitVAE | None = None) -> Iterator[Check]:
    """What the weights must do on 100 drawn digits and on held-out codes; ``instead`` is measured in their place when it is given."""
    model: DigitVAE = load(NAME) if instead is None else instead
    x = seen(model, list(digits()[0]))
    mean, log_variance = model.posterior(x)
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0)).to(x.device)
    cost = float(model.picture(x, model.logits(drawn(mean, log_variance, noise))).mean())
    middle = x.mean(0, keepdim=True).clamp(1e-6, 1 - 1e-6)
    blind = float(bernoulli(x, middle.logit().expand_as(x)).mean())
    yield Check(
        "100 drawn digits: nats to redraw one from z = μ + σ ε", "程序画的 100 个数字：由 z = μ + σ ε 重构的 nat", cost, blind, 0.0, "at_most",
        note="beside what the best single picture for all of them costs; none was trained on; 543 for pixels at even odds",
        note_zh="比较的是“所有数字用同一张最好的图”的花费；都没有训练过；处处给 ½ 为 543",
    )  # fmt: skip
    z = torch.from_numpy(posteriors(NAME).mean[:CODES]).to(x.device)
    back = model.posterior(model.decode(z))[0]
    left = float((back - z).square().mean() / z.var(0, correction=0).mean())
    yield Check(
        f"{CODES} held-out codes decoded and encoded again: variance not found", f"{CODES} 个留出图的编码，解码再编码：没找回的方差占比", left, BACK, 0.0, "at_most",
        note="0 for inverse networks, 1 or more where the encoder knows nothing of z", note_zh="互逆为 0；编码器对 z 一无所知则为 1 或更大",
    )  # fmt: skip


def _moments_by_hand() -> Check:
    """Two pictures: μ = −1 and 1 in the first entry, 0 in the second; σ = 0.5 and 1.5, then 2 and 1."""
    _, variance = BY_HAND.moments
    wanted = np.array([1 + (0.25 + 2.25) / 2, (4 + 1) / 2])
    return Check(
        "var μ + E σ² of two normals, off the sum by hand", "两个正态的 var μ + E σ²，与手算之差", float(np.abs(variance - wanted).max()), 0.0, 1e-12,
        note="1 + (0.25 + 2.25)/2 = 2.25 and (4 + 1)/2 = 2.5", note_zh="1 + (0.25 + 2.25)/2 = 2.25，(4 + 1)/2 = 2.5",
    )  # fmt: skip


def of_codes(full: Posteriors | None = None, free: Posteriors | None = None) -> Iterator[Check]:
    """Moments of all codes together, and the noise with and without the divergence, by the shipped posteriors of 2 000 held-out digits."""
    with_kl, without = full or posteriors(NAME), free or posteriors(FREE)
    yield _moments_by_hand()
    mean, variance = with_kl.moments
    yield Check(
        "mean of all codes, larger entry", "全部编码的均值，较大的一维", float(np.abs(mean).max()), 0.0, MEAN_OFF,
        note="0 at the optimum: a shift of codes costs KL and buys nothing; 2 000 held-out digits", note_zh="最优处为 0：整体平移只会增加 KL；2000 个留出数字",
    )  # fmt: skip
    yield Check(
        "var μ + E σ² of all codes, mean of both entries", "全部编码的 var μ + E σ²，两维平均", float(variance.mean()), 1.0, VARIANCE_OFF,
        note="1 at the optimum: a change of scale can be undone by the decoder's first layer, so only the KL feels it",
        note_zh="最优处为 1：整体缩放可由解码器第一层抵消，只有 KL 在意它",
    )  # fmt: skip
    yield Check(
        "σ without the KL, over σ with it", "没有 KL 时的 σ，与有 KL 时之比", without.typical / with_kl.typical, 0.2, 0.0, "at_most",
        note="geometric means: noise only harms the reconstruction, so it shrinks", note_zh="几何平均：噪声对重构有害无利，于是缩小",
    )  # fmt: skip
    yield Check(
        "without the KL: spread of the means over σ", "没有 KL：μ 的离散与 σ 之比", float(without.mean.std(0).mean()) / without.typical, 100.0, 0.0, "at_least",
        note="the noise has all but gone: an autoencoder", note_zh="噪声几乎没有了：退化成自编码器",
    )  # fmt: skip


def digits_on_demand(instead: str = CONDITIONAL) -> Iterator[Check]:
    """Ten samples of each of ten digits asked for, judged by the classifier."""
    found = asked(instead, 0, 1, 0)
    yield Check(
        "a digit asked for is drawn: share of 100 samples", "点名的数字画对了：100 个样本中的比例", found.mean_right, RIGHT, 0.0, "at_least",
        note="by this gallery's own classifier; 0.1 by chance", note_zh="由本站自己的分类器判断；瞎猜为 0.1",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """The checks of post 5253's page."""
    yield from terms()
    yield from of_model()
    yield from of_codes()
    yield from digits_on_demand()
    grid = manifold(NAME, 15, 0.05)
    yield Check(
        "kinds among the 15×15 pictures of the manifold", "15×15 的流形里出现的数字种类", float((grid.shares > 0).sum()), PRESENT, 0.0, "at_least",
        note="of ten, by the classifier; two numbers are few, and some digits have little room", note_zh="共十类，由分类器判断；编码只有两维，有的数字地盘很小",
    )  # fmt: skip
