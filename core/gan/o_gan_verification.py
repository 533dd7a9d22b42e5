"""Facts that must hold of O-GAN: identities of its operators and objective, and the shipped weights against their cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from core.checks import Check
from core.codec import device_of, prepared
from core.gan.o_gan import OGAN, SelfModulation, build, encoder_loss, generator_loss, joint_loss, rho
from core.gan.o_gan_views import MEAN_PICTURE, REAL, shelf
from core.latent import standardise
from core.quality import pair_distance, reconstruction_ratio
from core.weights import load, read_card

__all__ = ["NAMES", "checks", "identities", "measured", "modulation", "objectives", "of_shipped_pictures", "of_weights"]

NAMES: Mapping[str, tuple[str, str]] = {
    "o-gan-cats64": ("猫脸", "Cats"),
    "o-gan-toonfaces64": ("卡通头像", "Portraits"),
    "o-gan-mnist28": ("手写数字", "Digits"),
}
"""The shipped weights, with what they draw."""
PROBES = 256  # fixed codes on which a card's numbers are measured
FRESH = 1000  # codes that no card has seen
EXACT = 1e-5  # float32 sums of a hundred terms
RELATIVE = 0.02  # between machines: kernels sum in other orders, and samples saturate
FIVE_SIGMA = 5.0  # of a mean over FRESH codes: fails by chance once in two million runs


@torch.no_grad()
def measured(model: OGAN, seed: int = 0, count: int = PROBES) -> dict[str, float]:
    """What can be said of a model without any data, on ``count`` codes z ~ N(0, I) drawn with ``seed``.

    ``rho``: mean ρ(z, E(G(z))), with ``rho sd`` over codes. ``sample pair distance``: mean mse of two samples.
    ``self-reconstruction ratio``: mse of G(z) and G(N(E(G(z)))) over that distance.
    """
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(count, model.config.z_dim, generator=rng).to(device_of(model))
    made = torch.cat([model.decode(part) for part in z.split(64)])
    codes = torch.cat([model.code(part) for part in made.split(64)])
    again = torch.cat([model.decode(standardise(part)) for part in codes.split(64)])
    agreement = rho(z, codes)
    return {
        "rho": float(agreement.mean()),
        "rho sd": float(agreement.std()),
        "sample pair distance": pair_distance(made),
        "self-reconstruction ratio": reconstruction_ratio(made, again),
    }


def identities(seed: int = 0) -> Iterator[Check]:
    """What follows from the definitions, on random numbers and an untrained model."""
    rng = torch.Generator().manual_seed(seed)
    z, code = (torch.randn(64, 128, generator=rng, dtype=torch.float64) for _ in range(2))
    a, b = 0.1 + 5 * torch.rand(64, 1, generator=rng), 3 * torch.randn(64, 1, generator=rng)
    yield Check(
        "largest |rho(z, a c + b) - rho(z, c)|", "最大的 |ρ(z, aẑ+b) − ρ(z, ẑ)|",
        float((rho(z, a * code + b) - rho(z, code)).abs().max()), 0.0, 1e-7,
        note="rho ignores avg and std: they are left to the critic", note_zh="ρ 与 avg、std 无关：两个自由度留给判别器",
    )  # fmt: skip
    gap = 0.5 * (standardise(z) - standardise(code)).square().mean(-1) - 1 + rho(z, code)
    yield Check(
        "largest |-rho - (mean |N(z) - N(c)|^2 / 2 - 1)|", "最大的 |−ρ − (½·mean‖N(z)−N(ẑ)‖² − 1)|",
        float(gap.abs().max()), 0.0, 1e-7,
        note="so minimising -rho is a mean squared error on standardised codes", note_zh="最小化 −ρ 就是标准化编码上的均方误差",
    )  # fmt: skip
    yield from objectives()
    yield from _gradients(seed)
    yield from modulation(rng)


def objectives() -> Iterator[Check]:
    """Both objectives on one pair of codes of four entries, against numbers worked out by hand.

    E(x) = (-3, 1, 0, 0) has average -½; E(G(z)) = (3, 1, 1, -1) has average 1 and N(E(G(z))) = (√2, 0, 0, -√2), so that
    with z = (1, -1, 1, -1), which is N(z) already, ρ = (√2 + √2) / 4 = √½. The gap is -½ - 1 = -3/2; with ‖x - G(z)‖² = ½
    and λ₁ = ¼ the quadratic term is ¼ · 9/4 / ½ = 9/8.
    """
    z = torch.tensor([[1.0, -1.0, 1.0, -1.0]], dtype=torch.float64)
    real = torch.tensor([[-3.0, 1.0, 0.0, 0.0]], dtype=torch.float64)
    fake = torch.tensor([[3.0, 1.0, 1.0, -1.0]], dtype=torch.float64)
    distance = torch.tensor([0.5], dtype=torch.float64)
    agreement = 0.5**0.5
    yield Check(
        "E's objective on four numbers", "四个数上 E 的目标",
        float(encoder_loss(z, real, fake, distance, 0.25, 0.5)), -1.5 + 1.125 - 0.5 * agreement, 1e-6,
        note="gap -3/2, quadratic term +9/8, -ρ/2 with ρ = √½, by hand: any sign turned over shows",
        note_zh="差 −3/2，二次项 +9/8，−ρ/2（ρ = √½），手算；任何一个符号反了都看得出",
    )  # fmt: skip
    yield Check(
        "G's objective on four numbers", "四个数上 G 的目标",
        float(generator_loss(z, fake, 0.5)), 1 - 0.5 * agreement, 1e-6,
        note="avg E(G(z)) = 1 and -ρ/2: G lowers the score of its pictures", note_zh="avg E(G(z)) = 1，再减 ρ/2：G 压低自己的图的打分",
    )  # fmt: skip


def _gradients(seed: int) -> Iterator[Check]:
    torch_state = torch.random.get_rng_state()
    torch.manual_seed(seed)  # the untrained model below
    model = build(32, 1, 32, 8)
    x, z = torch.rand(16, 1, 32, 32) * 2 - 1, torch.randn(16, 32)
    torch.random.set_rng_state(torch_state)
    term = joint_loss(model, x, z).generator
    on_e = _largest_gradient(term, list(model.encoder.parameters()))
    on_g = _largest_gradient(term, list(model.generator.parameters()))
    yield Check(
        "largest gradient of G's term in E", "生成项对 E 的最大梯度", on_e / on_g, 0.0, 1e-6,
        note="avg E(G(z)) - avg E(sg G(z)): E's two gradients cancel; relative to G's", note_zh="avg E(G(z)) − avg E(sg G(z))：E 的两份梯度相消；以 G 的梯度为单位",
    )  # fmt: skip
    yield Check(
        "value of G's term", "生成项的值", float(term.detach()), 0.0, EXACT,
        note="it is worth nothing and still moves G", note_zh="值为零，却推动 G",
    )  # fmt: skip


def _largest_gradient(value: Tensor, parameters: list[Tensor]) -> float:
    found = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True)
    return max(float(g.abs().max()) for g in found if g is not None)


def modulation(rng: torch.Generator) -> Iterator[Check]:
    """Self-modulation begins as batch normalisation, on random maps and codes (post 6549)."""
    layer = SelfModulation(8, 16)
    for last in (layer.gain[-1], layer.shift[-1]):
        assert isinstance(last, torch.nn.Linear) and last.bias is not None
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.zeros_(last.bias)
    h, z = torch.randn(32, 8, 6, 6, generator=rng), torch.randn(32, 16, generator=rng)
    mean = h.mean((0, 2, 3), keepdim=True)
    plain = (h - mean) / (h.var((0, 2, 3), keepdim=True, correction=0) + layer.norm.eps).sqrt()
    yield Check(
        "self-modulation with gain 1 and shift 0, minus batch normalisation", "γ=1、β=0 的自调制与批归一化之差",
        float((layer(h, z) - plain).abs().max().detach()), 0.0, EXACT,
        note="the generator begins as plain DCGAN", note_zh="生成器从普通 DCGAN 起步",
    )  # fmt: skip


def of_weights(name: str, instead: OGAN | None = None) -> Iterator[Check]:
    """The weights ``name`` against their card; ``instead`` is measured in their place when it is given."""
    card = read_card(name)
    model: OGAN = load(name) if instead is None else instead
    zh, en = NAMES[name]
    here = measured(model)
    for key, zh_key in (
        ("rho", "ρ 的均值"), ("self-reconstruction ratio", "自重建比"), ("sample pair distance", "样本两两距离"),
    ):  # fmt: skip
        on_card = card.metrics[key]
        yield Check(
            f"{en}: {key}, against the card", f"{zh}：{zh_key}，与卡片对照", here[key], on_card, RELATIVE * abs(on_card),
            note=f"{PROBES} fixed codes", note_zh=f"{PROBES} 个固定编码",
        )  # fmt: skip
    fresh = measured(model, seed=20_190_306, count=FRESH)
    error = card.metrics["rho sd"] * (1 / FRESH + 1 / PROBES) ** 0.5
    yield Check(
        f"{en}: mean rho of fresh codes", f"{zh}：新编码的 ρ 均值", fresh["rho"], card.metrics["rho"], FIVE_SIGMA * error,
        note=f"{FRESH} codes that training never saw; tolerance five standard errors", note_zh=f"{FRESH} 个没见过的编码；容差为五倍标准误",
    )  # fmt: skip
    yield Check(
        f"{en}: pair diversity", f"{zh}：样本多样性", fresh["sample pair distance"] / card.metrics["real pair distance"], 1.0, 0.35,
        note="samples differ as much as real pictures do: 0 for a collapsed generator", note_zh="样本之间的差异与真图相当；崩溃的生成器为 0",
    )  # fmt: skip


def of_shipped_pictures(name: str, instead: OGAN | None = None) -> Iterator[Check]:
    """Reconstruction of the real pictures that ship with the gallery, none of which was trained on; cats have none."""
    if name not in REAL:
        return
    model: OGAN = load(name) if instead is None else instead
    zh, en = NAMES[name]
    with torch.inference_mode():
        x = prepared(shelf(name), model.config.side, model.config.channels).to(device_of(model))
        again = torch.cat([model.decode(model.encode(part)) for part in x.split(64)])
    yield Check(
        f"{en}: reconstruction ratio of {len(x)} real pictures", f"{zh}：{len(x)} 张真图的重建误差比", reconstruction_ratio(x, again), MEAN_PICTURE, 0.0, "at_most",
        note="mse over that of random pairs; 0.5 is what the mean picture scores. Drawn for the gallery, never trained on",
        note_zh="均方误差除以随机两图之差；“平均图”得 0.5。这些图为本站所画，从未训练过",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """All facts of the page."""
    yield from identities()
    for name in NAMES:
        yield from of_weights(name)
        yield from of_shipped_pictures(name)
