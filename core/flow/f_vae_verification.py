"""Facts that must hold of f-VAE: its flow inverts and knows its log-determinant, its special cases are VAE and Glow, and
the shipped weights are as good as their cards say."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from core.checks import Check
from core.codec import prepared
from core.data.examples import portraits
from core.flow import f_vae
from core.flow.f_vae import FVAE, Config, f_vae_loss, latent_moments, noisy_reconstructions, resampled
from core.flow.glow import Glow, GlowConfig, standard_normal
from core.quality import reconstruction_ratio
from core.weights import load, read_card

__all__ = ["NAMES", "checks", "identities", "log_determinant_gap", "measured", "of_weights", "randomised"]

NAMES: Mapping[str, tuple[str, str]] = {
    "f-vae-toonfaces64": ("f-VAE", "f-VAE"),
    "vae-toonfaces64": ("VAE（去掉流）", "VAE without the flow"),
    "glow-toonfaces64": ("Glow", "Glow"),
}
"""The shipped weights of the comparison."""
RELATIVE = 0.01  # between machines: kernels sum in other orders
ROUND_TRIP = 1e-5
DRAWS = 8


def randomised(module: nn.Module, seed: int) -> nn.Module:
    """The module with every parameter moved by noise: a fresh flow is too near the identity to test anything."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=rng, dtype=parameter.dtype)
    return module


def log_determinant_gap(flow: nn.Module, x: Tensor) -> float:
    """|logdet - ln |det J|| of ``flow`` at one input x [1, C, H, W], J by automatic differentiation."""
    jacobian = torch.autograd.functional.jacobian(lambda v: flow(v.reshape(x.shape))[0].flatten(), x.flatten())
    assert isinstance(jacobian, Tensor)
    return float((flow(x)[1][0] - torch.linalg.slogdet(jacobian).logabsdet).abs().detach())


@torch.inference_mode()
def measured(model: FVAE) -> dict[str, float]:
    """What can be said of a model from the portraits that ship, none of which was trained on.

    ``portraits bits/dim`` bounds their bits per dimension; ``portraits reconstruction ratio`` is the mse of G(E(x)) over that of
    random pairs; ``latent mean square`` is the mean over dimensions of z² for z = F(E(x) + σ₁ u): 1 where z ~ N(0, I).
    """
    device = next(model.parameters()).device
    side = model.config.side
    shrink = portraits().shape[1] // side
    pictures = torch.from_numpy(portraits()).permute(0, 3, 1, 2).float()
    pictures = nn.functional.avg_pool2d(pictures, shrink).round().byte()
    rng = torch.Generator().manual_seed(0)
    x = f_vae.dequantised(pictures, torch.rand(pictures.shape, generator=rng)).to(device)
    u = torch.randn(len(x), *model.config.latent_shape, generator=rng).to(device)
    loss = f_vae_loss(model, x, u).total.mean()
    sigma_1, _ = model.sigma()
    codes = model.flow(model.encoder(x) + sigma_1 * u)[0]
    return {
        "portraits bits/dim": f_vae.bits_per_dimension(float(loss), model.config.dimensions),
        "portraits reconstruction ratio": reconstruction_ratio(x, model.decode(model.encode(x))),
        "latent mean square": float(codes.square().mean()),
    }


def identities(seed: int = 0) -> Iterator[Check]:
    """What follows from the definitions, on small models with randomised parameters in float64."""
    rng = torch.Generator().manual_seed(seed)
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    small = [
        randomised(Glow(config), seed).double()
        for config in (
            GlowConfig(4, 4, 2, 2, 8, squeeze_first=False),
            GlowConfig(4, 4, 2, 2, 8, squeeze_first=False, affine=False, mixing="permutation"),
        )
    ]  # fmt: skip
    vae = randomised(FVAE(Config("vae", side=8, channels=1, levels=2, steps=1)), seed).double().eval()
    glow = randomised(
        FVAE(Config("glow", side=8, channels=1, flow_levels=2, flow_depth=2, flow_hidden=8)), seed
    ).double()
    fresh = FVAE(
        Config("f-vae", side=8, channels=3, levels=2, steps=1, flow_levels=1, flow_depth=1, flow_hidden=8)
    ).eval()
    torch.random.set_rng_state(state)
    assert isinstance(vae, FVAE)
    assert isinstance(glow, FVAE)
    x = torch.randn(1, 4, 4, 4, generator=rng, dtype=torch.float64)
    for flow, zh, en in zip(small, ("仿射、LU", "加性、置换"), ("affine, LU", "additive, permutation"), strict=True):
        yield Check(
            f"log-determinant of F ({en}) minus autograd's", f"F 的对数行列式（{zh}）与自动求导之差", log_determinant_gap(flow, x), 0.0, 1e-9,
            note="64 x 64 Jacobian of a small flow with random parameters, float64", note_zh="小流、随机参数、64×64 的雅可比矩阵，float64",
        )  # fmt: skip
    yield _vae_is_closed_form(vae, rng)
    yield _glow_is_likelihood(glow, rng)
    yield _resampled_at_temperature(glow, rng)
    yield _noise_is_sigma(glow, rng)
    with torch.no_grad():
        pictures = torch.rand(2, 3, 8, 8, generator=rng) * 2 - 1
        gap = (fresh.decoder(fresh.encoder(pictures)) - pictures.tanh()).abs().max()
    yield Check(
        "untrained G(E(x)) minus tanh(x)", "未训练的 G(E(x)) 与 tanh(x) 之差", float(gap), 0.0, 1e-6,
        note="the residual branches end in zeros: at first E and G only fold and unfold", note_zh="残差支路从零起步：起初 E、G 只是折叠与展开",
    )  # fmt: skip


def _vae_is_closed_form(model: FVAE, rng: torch.Generator) -> Check:
    """The mean over u of the prior's term is exact over {±√D eᵢ}, whose first two moments are those of N(0, I)."""
    d = model.config.dimensions
    with torch.no_grad():
        model.log_sigma_1.fill_(-0.7)
        x = torch.rand(1, 1, 8, 8, generator=rng, dtype=torch.float64) * 2 - 1
        axes = torch.eye(d, dtype=torch.float64) * math.sqrt(d)
        u = torch.cat([axes, -axes]).reshape(2 * d, *model.config.latent_shape)
        loss = f_vae_loss(model, x.expand(2 * d, -1, -1, -1), u)
        mean = model.encoder(x)
        sigma, _ = model.sigma()
        closed = 0.5 * (mean.square().sum() + d * (sigma**2 - 1 - 2 * sigma.log()))
        found = (loss.prior + loss.logdet).mean()
    return Check(
        "F = id: mean of the prior's term minus the VAE's KL, nats", "F = id：先验项的均值与 VAE 的 KL 之差 (nat)",
        float(found), float(closed), 1e-6, note="½ Σ (μ² + σ² - ln σ² - 1)", note_zh="½ Σ (μ² + σ² − ln σ² − 1)",
    )  # fmt: skip


def _glow_is_likelihood(model: FVAE, rng: torch.Generator) -> Check:
    x = torch.rand(3, 1, 8, 8, generator=rng, dtype=torch.float64) * 2 - 1
    u = torch.randn(3, 1, 8, 8, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        model.log_sigma_1.fill_(-1.2)
        model.log_sigma_2.fill_(-1.2)
        total = f_vae_loss(model, x, u).total
        z, logdet = model.flow(x + model.sigma()[0] * u)
        likelihood = standard_normal(z) + logdet
    return Check(
        "E = G = id: L plus the flow's log-likelihood, nats", "E = G = id：L 与流的对数似然之和 (nat)",
        float((total + likelihood).abs().max()), 0.0, 1e-6,
        note="with σ₁ = σ₂ the reconstruction cancels the noise's entropy: what is left is Glow", note_zh="σ₁ = σ₂ 时重建项与噪声的熵相消，剩下的就是 Glow",
    )  # fmt: skip


def _resampled_at_temperature(model: FVAE, rng: torch.Generator) -> Check:
    """With E = G = id the pieces can be read back from the picture: level 1 must be T times the noise drawn, level 0 as it was."""
    x, temperature = torch.rand(3, 1, 8, 8, generator=rng, dtype=torch.float64) * 2 - 1, 0.3
    assert isinstance(model.flow, Glow)
    with torch.no_grad():
        before, _ = model.flow.pieces(x)
        after, _ = model.flow.pieces(resampled(model, x, [1], temperature, torch.Generator().manual_seed(5)))
        noise = torch.randn(before[1].shape, generator=torch.Generator().manual_seed(5))
        gap = max(float((after[0] - before[0]).abs().max()), float((after[1] - temperature * noise).abs().max()))
    return Check(
        "one level resampled at T = 0.3: latent minus what it should be, largest", "只重抽一层，T = 0.3：隐变量与应有值的最大差",
        gap, 0.0, 1e-6, note="the level drawn is T u, every other stays", note_zh="重抽的那层是 T·u，其余各层不动",
    )  # fmt: skip


def _noise_is_sigma(model: FVAE, rng: torch.Generator) -> Check:
    """With E = G = id the reconstruction minus the picture is the noise of the code itself."""
    x = torch.rand(1, 1, 8, 8, generator=rng, dtype=torch.float64) * 2 - 1
    with torch.no_grad():
        model.log_sigma_1.fill_(-1.2)
        made = noisy_reconstructions(model, x, 2.0, 400, torch.Generator().manual_seed(6))
        found = float((made - x).std(correction=0))
    return Check(
        "E = G = id: deviation of the reconstructions at twice the noise", "E = G = id：两倍噪声下重建的标准差",
        found, 2 * math.exp(-1.2), 0.015,
        note="factor · σ₁ with σ₁ = e^-1.2; 25 600 draws, five standard errors are 0.013", note_zh="倍数·σ₁，σ₁ = e^−1.2；25600 次抽样，五倍标准误为 0.013",
    )  # fmt: skip


def of_weights(name: str, instead: FVAE | None = None) -> Iterator[Check]:
    """The weights ``name`` against their card; ``instead`` is measured in their place when it is given."""
    card = read_card(name)
    model: FVAE = load(name) if instead is None else instead
    zh, en = NAMES[name]
    here = measured(model)
    for key, zh_key in (
        ("portraits bits/dim", "新头像的 bits/dim 上界"),
        ("portraits reconstruction ratio", "新头像的重建误差比"),
    ):
        if model.config.kind == "glow" and key.endswith("ratio"):
            continue  # a flow gives back every picture, trained or not: that is the round trip's fact
        on_card = card.metrics[key]
        yield Check(
            f"{en}: {key}, against the card", f"{zh}：{zh_key}，与卡片对照", here[key], on_card, RELATIVE * abs(on_card) + 1e-4,
            note="64 portraits never trained on, dequantised: a true bound", note_zh="64 张新画的头像，已去量化，是真正的上界",
        )  # fmt: skip
    x = _portraits(model)
    if model.config.kind == "f-vae":
        variance = float(latent_moments(model, x, DRAWS, 0).z_variance.mean())
        yield Check(
            f"{en}: variance of a latent dimension, mean", f"{zh}：隐变量各维方差的均值", variance, 1.0, 0.2,
            note="z = F(E(x) + σ₁u) of 64 pictures never seen should be N(0, I)", note_zh="64 张没见过的图，z = F(E(x) + σ₁u) 应服从 N(0, I)",
        )  # fmt: skip
    if model.config.kind != "vae":
        yield from _round_trips(en, zh, model, x)


def _portraits(model: FVAE) -> Tensor:
    """The shipped portraits as the model sees them."""
    x = prepared(list(portraits()), model.config.side, model.config.channels)
    return x.to(next(model.parameters()).device)


@torch.inference_mode()
def _round_trips(en: str, zh: str, model: FVAE, x: Tensor) -> Iterator[Check]:
    h = model.encoder(x)
    exact = copy.deepcopy(model.flow).cpu().double()
    twice = exact.inverse(exact(h.cpu().double())[0])[0]
    yield Check(
        f"{en}: F⁻¹(F(h)) minus h, largest, float64", f"{zh}：F⁻¹(F(h)) 与 h 的最大差，float64", float((twice - h.cpu()).abs().max()), 0.0, 1e-10,
        note="h = E(x) of 64 portraits, shipped weights", note_zh="h = E(x)，64 张头像，随附的权重",
    )  # fmt: skip
    back = model.flow.inverse(model.flow(h)[0])[0]
    yield Check(
        f"{en}: F⁻¹(F(h)) minus h, root mean square, float32", f"{zh}：F⁻¹(F(h)) 与 h 之差的均方根，float32", float((back - h).square().mean().sqrt()), 0.0, ROUND_TRIP,
        note="the largest of 200 000 entries is about five times that", note_zh="二十万个分量里最大的约为它的五倍",
    )  # fmt: skip


def checks() -> Iterator[Check]:
    """All facts of the page."""
    yield from identities()
    for name in NAMES:
        yield from of_weights(name)
