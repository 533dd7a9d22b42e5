"""One battery over every invertible transform: round trip, log-determinant against autograd, inverse's sign."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from core.flow.f_vae_verification import log_determinant_gap, randomised
from core.flow.glow import Glow, GlowConfig
from core.flow.i_resnet.blocks import Residual, convolutional
from core.flow.nice.model import NICE, DenseCoupling, DiagonalScale, Reversal
from core.flow.nice.model import Config as NICEConfig
from core.flow.transforms import ActNorm, Chain, ConditionalActNorm, Coupling, InvertibleConv, Permutation, Squeeze


class Flat(nn.Module):
    """A transform of vectors as one of pictures [B, 4, 4, 4]."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.part(x.flatten(1))

    def inverse(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, logdet = self.part.inverse(z)  # type: ignore[operator]
        return x.reshape(-1, 4, 4, 4), logdet


TRANSFORMS: dict[str, Callable[[], nn.Module]] = {
    "ActNorm": lambda: ActNorm(4),
    "Permutation": lambda: Permutation(4),
    "InvertibleConv": lambda: InvertibleConv(4),
    "additive coupling": lambda: Coupling(4, 8, affine=False),
    "affine coupling": lambda: Coupling(4, 8, affine=True),
    "Squeeze": Squeeze,
    "Chain": lambda: Chain(ActNorm(4), InvertibleConv(4), Coupling(4, 8, affine=True), Squeeze()),
    "Glow": lambda: Glow(GlowConfig(4, 4, 2, 2, 8)),
    "Glow of three levels": lambda: Glow(GlowConfig(4, 4, 3, 1, 8, squeeze_first=False, mixing="permutation")),
    "residual block": lambda: Residual(convolutional(4, 8, 4, 0.9, "exact")),
    "NICE's reversal": lambda: Flat(Reversal()),
    "NICE's coupling": lambda: Flat(DenseCoupling(64, 8, 2)),
    "NICE's scale": lambda: Flat(DiagonalScale(64)),
    "NICE": lambda: Flat(NICE(NICEConfig(8, 1, 8, 2))),
}


@pytest.fixture(params=TRANSFORMS)
def transform(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return randomised(TRANSFORMS[request.param](), 1).double()  # a fresh one is the identity, which proves nothing


def batch(count: int = 3) -> torch.Tensor:
    return torch.randn(count, 4, 4, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_the_inverse_undoes_it_both_ways(transform: nn.Module) -> None:
    x = batch()
    z, logdet = transform(x)
    back, logdet_back = transform.inverse(z)  # type: ignore[operator]
    assert (back - x).abs().max() < 1e-9
    assert (logdet + logdet_back).abs().max() < 1e-9
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    again, _ = transform(transform.inverse(noise)[0])  # type: ignore[operator]
    assert (again - noise).abs().max() < 1e-8


def test_its_log_determinant_is_that_of_its_jacobian(transform: nn.Module) -> None:
    assert log_determinant_gap(transform, batch(1)) < 1e-9


def test_samples_do_not_see_each_other(transform: nn.Module) -> None:
    x = batch()
    whole, logdet = transform(x)
    alone, logdet_alone = transform(x[1:2])
    assert torch.allclose(whole[1:2], alone, atol=1e-12)
    assert torch.allclose(logdet[1:2], logdet_alone, atol=1e-12)


def test_the_conditional_norm_inverts_given_the_same_half() -> None:
    torch.manual_seed(0)
    layer = randomised(ConditionalActNorm(4), 1).double()
    x, given = batch(), batch().flip(0)
    z, logdet = layer(x, given)
    back, logdet_back = layer.inverse(z, given)  # type: ignore[operator]
    assert (back - x).abs().max() < 1e-12
    assert (logdet + logdet_back).abs().max() < 1e-12
    jacobian = torch.autograd.functional.jacobian(
        lambda v: layer(v.reshape(1, 4, 4, 4), given[:1])[0].flatten(), x[:1].flatten()
    )
    assert isinstance(jacobian, torch.Tensor)
    assert float((torch.linalg.slogdet(jacobian).logabsdet - logdet[0]).abs().detach()) < 1e-9


def test_a_fresh_additive_coupling_is_the_identity_and_an_affine_one_half_open() -> None:
    x = batch().float()
    assert torch.equal(Coupling(4, 8, affine=False)(x)[0], x)
    z, logdet = Coupling(4, 8, affine=True)(x)
    scale = 0.05 + 0.95 * torch.sigmoid(torch.tensor(2.0))
    assert torch.allclose(z[:, 2:], scale * x[:, 2:], atol=1e-6)
    assert torch.allclose(logdet, scale.log() * 2 * 16, atol=1e-4)


def test_the_latent_vector_has_as_many_numbers_as_the_input() -> None:
    flow = Glow(GlowConfig(3, 8, 3, 1, 8))
    assert flow(torch.zeros(2, 3, 8, 8))[0].shape == (2, 192)
    assert sum(c * h * w for c, h, w in flow.shapes) == 192


def test_levels_and_channels_must_fit() -> None:
    with pytest.raises(ValueError, match="levels = 4"):
        Glow(GlowConfig(4, 4, 4, 1, 8))
    with pytest.raises(ValueError, match="channels = 3"):
        Coupling(3, 8, affine=True)
