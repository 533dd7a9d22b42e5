"""The author's variational autoencoders of grey pictures of 28x28 pixels in [0, 1] (post 5253): his scripts' networks, with their settings open.

    mlp:  784 → 256 (ReLU) → μ, log σ²                          z → 256 (ReLU) → 784 (sigmoid)
    cnn:  conv 32, conv 64 (3x3, stride 2, ReLU) → 16 (ReLU) → μ, log σ²
          z → 7x7x64 (ReLU) → deconv 64, deconv 32 (3x3, stride 2, ReLU) → deconv 1 (3x3, sigmoid)

The conditional VAE has one more table: the prior of a picture of kind Y is N(μ^Y, I), and neither network sees Y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import codec
from core.vae.objective import bernoulli, drawn, gaussian, kl

__all__ = ["Config", "DigitVAE", "build", "framed", "levels", "seen"]

SIDE = 28
HIDDEN = 256
CHANNELS = (32, 64)
NARROW = 16  # the layer before μ and log σ² of the convolutional encoder
FRAME = 2  # black pixels around a digit, as the models of 32x32 pixels and the classifier see it


@dataclass(frozen=True)
class Config:
    """``labels`` is 0, or the number of kinds, each with a prior N(μ^Y, I) of its own.

    ``kl_weight`` multiplies the divergence; 1 is the VAE. ``variance`` is σ² of a Gaussian decoder; without one it is learned, one
    number for all pixels. A Bernoulli decoder has none.
    """

    net: Literal["mlp", "cnn"] = "mlp"
    z_dim: int = 2
    labels: int = 0
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    kl_weight: float = 1.0
    variance: float | None = None
    side: ClassVar[int] = SIDE
    channels: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.likelihood == "bernoulli" and self.variance is not None:
            raise ValueError(f"variance = {self.variance}: a Bernoulli decoder has none")
        if self.variance is not None and self.variance <= 0:
            raise ValueError(f"variance = {self.variance}: must be positive")

    @property
    def dimensions(self) -> int:
        """Numbers in a code."""
        return self.z_dim


class DigitVAE(nn.Module):
    """``posterior`` gives each picture its own normal; ``decode`` gives the means of the pixels."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = _perceptrons(config) if config.net == "mlp" else _convolutions(config)
        self.prior = nn.Linear(config.labels, config.z_dim) if config.labels else None
        learned = config.likelihood == "gaussian" and config.variance is None
        self.log_variance = nn.Parameter(torch.zeros(())) if learned else None
        self.apply(_begun)

    def forward(self, x: Tensor, labels: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Both terms of the objective, [B] each in nats, with ε = ``noise`` [B, n]: −log q(x|μ + σ ε), and the divergence without its weight."""
        mean, log_variance = self.posterior(x)
        again = self.logits(drawn(mean, log_variance, noise))
        return self.picture(x, again), self.divergence(mean, log_variance, labels)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """μ(x) and log σ²(x), [B, n] each, of pictures [B, 1, 28, 28] in [0, 1]."""
        mean, log_variance = self.encoder(x).float().chunk(2, 1)
        return mean, log_variance

    def logits(self, z: Tensor) -> Tensor:
        """Codes [B, n] → the logits of the pixels' means [B, 1, 28, 28]."""
        return self.decoder(z).float()

    def decode(self, z: Tensor) -> Tensor:
        """Codes [B, n] → the pixels' means [B, 1, 28, 28] in [0, 1]."""
        return self.logits(z).sigmoid()

    def prior_mean(self, labels: Tensor) -> Tensor:
        """μ^Y of kinds [B] → [B, n]; zeros where the model has no kinds."""
        if self.prior is None:
            return next(self.parameters()).new_zeros(len(labels), self.config.z_dim)
        return self.prior(F.one_hot(labels, self.config.labels).to(self.prior.weight.dtype))

    def variance(self) -> float | Tensor:
        """σ² of the pixels of a Gaussian decoder: fixed, or as learned (a scalar)."""
        if self.log_variance is not None:
            return self.log_variance.exp()
        if self.config.variance is None:
            raise ValueError("a Bernoulli decoder has no variance")
        return self.config.variance

    def picture(self, x: Tensor, logits: Tensor) -> Tensor:
        """−log q(x|z) in nats, [B], of pictures [B, 1, 28, 28] and the ``logits`` of their codes."""
        if self.config.likelihood == "bernoulli":
            return bernoulli(x, logits)
        return gaussian(x, logits.sigmoid(), self.variance())

    def divergence(self, mean: Tensor, log_variance: Tensor, labels: Tensor) -> Tensor:
        """KL(N(μ, σ²) ‖ N(μ^Y, I)) in nats, [B, n] each and labels [B] → [B]; Y counts where the model has kinds."""
        return kl(mean - self.prior_mean(labels), log_variance)


def build(
    net: Literal["mlp", "cnn"], z_dim: int, labels: int, likelihood: Literal["bernoulli", "gaussian"], kl_weight: float,
    variance: float | None,
) -> DigitVAE:  # fmt: skip
    """An untrained VAE (what a weights card names as its builder)."""
    return DigitVAE(Config(net, z_dim, labels, likelihood, kl_weight, variance))


def framed(x: Tensor) -> Tensor:
    """Pictures [B, 1, 28, 28] in [0, 1] → [B, 1, 32, 32] in [-1, 1] in a black frame, as the classifier sees them."""
    return F.pad(2 * x - 1, (FRAME,) * 4, value=-1.0)


def seen(model: DigitVAE, some: Sequence[np.ndarray]) -> Tensor:
    """Pictures uint8 [H, W, 3] or [28, 28] as the model sees them, where it lies: [N, 1, 28, 28] in [0, 1], white ink on black."""
    colour = [np.repeat(one[..., None], 3, 2) if one.ndim == 2 else one for one in some]
    return (codec.prepared(colour, model.config.side, 1).to(codec.device_of(model)) + 1) / 2


def levels(x: Tensor) -> list[np.ndarray]:
    """[N, 1, 28, 28] in [0, 1] → uint8 [28, 28] each."""
    return list((x[:, 0] * 255).round().clamp(0, 255).byte().cpu().numpy())


def _perceptrons(config: Config) -> tuple[nn.Module, nn.Module]:
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * config.z_dim))
    decoder = nn.Sequential(
        nn.Linear(config.z_dim, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, SIDE**2), nn.Unflatten(1, (1, SIDE, SIDE))
    )
    return encoder, decoder


def _convolutions(config: Config) -> tuple[nn.Module, nn.Module]:
    few, many = CHANNELS
    small = SIDE // 4
    encoder = nn.Sequential(
        nn.Conv2d(1, few, 3, 2, 1), nn.ReLU(), nn.Conv2d(few, many, 3, 2, 1), nn.ReLU(), nn.Flatten(),
        nn.Linear(many * small**2, NARROW), nn.ReLU(), nn.Linear(NARROW, 2 * config.z_dim),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(config.z_dim, many * small**2), nn.ReLU(), nn.Unflatten(1, (many, small, small)),
        nn.ConvTranspose2d(many, many, 3, 2, 1, 1), nn.ReLU(), nn.ConvTranspose2d(many, few, 3, 2, 1, 1), nn.ReLU(),
        nn.ConvTranspose2d(few, 1, 3, 1, 1),
    )  # fmt: skip
    return encoder, decoder


def _begun(module: nn.Module) -> None:
    """Keras' start: kernels uniform after Glorot, biases at 0."""
    if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
