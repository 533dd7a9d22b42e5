"""BiGAN-QP: losses and stopped gradients by hand, the plane game's gradients by autograd, and broken copies that are noticed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from core.gan.bigan_qp import objective, plane, verification
from core.gan.bigan_qp.model import BiGAN, Config
from core.gan.bigan_qp.plane import Pair, Players, Settings, duel
from core.gan.objectives import paired_distance
from core.gan.plane.network import Network
from core.gan.plane.targets import target
from core.quality import sharpness
from tests.facts import failed, unnoticed


def test_the_losses_on_numbers_worked_by_hand() -> None:
    assert not failed(verification.objectives)


@pytest.mark.parametrize(
    "broken",
    [
        lambda encoder, generator, x, z, code, made, part: objective.Squares(
            (z - encoder(made)).square().mean(), (x - generator(code)).square().mean()
        ),  # the gradient goes through
        lambda encoder, generator, x, z, code, made, part: objective.Squares(
            (z - encoder(made.detach())).square().sum() * 2, (x - generator(code.detach())).square().mean()
        ),
        lambda encoder, generator, x, z, code, made, part: objective.Squares(
            (x - generator(code.detach())).square().mean(), (z - encoder(made.detach())).square().mean()
        ),
    ],
)
def test_broken_squares_are_noticed(broken: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "squares", broken)
    assert failed(verification.objectives)


def test_a_critic_of_pictures_alone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The distance of a pair counts the code too, and its sign matters."""

    def without_code(real, fake, x, made, code, z, lam=10.0):  # type: ignore[no-untyped-def]
        delta = real - fake
        return (delta.square() / (2 * lam * paired_distance(x, made)) - delta).mean()

    monkeypatch.setattr(verification, "critic_loss", without_code)
    monkeypatch.setattr(verification, "gap", lambda real, fake: (fake - real).mean())
    assert not unnoticed(verification.objectives, "the critic's loss", "G and E minimise")


def _module(net: Network) -> nn.Sequential:
    """The same network for autograd."""
    layers: list[nn.Module] = []
    for weight, bias in zip(net.raw, net.biases, strict=True):
        layer = nn.Linear(*weight.shape)
        layer.weight = nn.Parameter(weight.T.clone())
        layer.bias = nn.Parameter(bias.clone())
        layers += [layer, nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("kind", ["half", "whole", "none"])
def test_the_plane_games_gradients_are_those_of_the_objective(kind: plane.Kind) -> None:
    """What is written out by hand, layer by layer, is what autograd finds of ΔT + β₁ ‖z - E(G(z))‖² + β₂ ‖x - G(E(x))‖²."""
    players = Players(Settings(kind, (2.0, 3.0), code=3, batch=16, seed=5), target("moons", 0).points)
    x, z = players.drawn()
    players.lay_down(x, z)
    encoder, generator, critic = (_module(p.net) for p in (players.encoder, players.generator, players.critic))
    code, made = encoder(x), generator(z)
    scores = critic(torch.cat([torch.cat([x, code], 1), torch.cat([made, z], 1)]))[:, 0]
    total = objective.gap(scores[:16], scores[16:])
    if kind != "none":
        codes, points = objective.squares(encoder, generator, x, z, code, made, kind)
        total = total + 2.0 * codes + 3.0 * points
    total.backward()
    for module, player in ((encoder, players.encoder), (generator, players.generator)):
        found = torch.cat(
            [p.grad.T.flatten() if p.dim() == 2 else p.grad for p in module.parameters() if p.grad is not None]
        )
        assert found.numel() == player.net.gradient.numel()
        assert torch.allclose(found, player.net.gradient, atol=2e-6)


def test_the_critics_step_is_the_objectives() -> None:
    """The distance of a pair counts the code too: without it the gradient is another."""
    players = Players(Settings(code=3, batch=16, seed=5), target("moons", 0).points)
    again = Players(Settings(code=3, batch=16, seed=5), target("moons", 0).points)
    x, z = again.drawn()
    code, made, critic = again.encoder.net(x), again.generator.net(z), _module(again.critic.net)
    scores = critic(torch.cat([torch.cat([x, code], 1), torch.cat([made, z], 1)]))[:, 0]
    objective.critic_loss(scores[:16], scores[16:], x, made, code, z).backward()
    wanted = torch.cat(
        [p.grad.T.flatten() if p.dim() == 2 else p.grad for p in critic.parameters() if p.grad is not None]
    )
    players.critic_step(1)
    assert torch.allclose(players.critic.net.gradient, wanted, atol=2e-6)


def test_the_squares_bring_a_point_back_and_the_same_seed_repeats() -> None:
    aim = target("ring", 0)
    runs = []
    for _ in range(2):
        pairs = [y for y in duel(Settings("half", steps=150), Settings("none", steps=150), aim) if isinstance(y, Pair)]
        runs.append(pairs[-1])
    first, again = runs
    assert first.left.last.error < 0.5 * first.right.last.error
    np.testing.assert_array_equal(first.left.last.samples, again.left.last.samples)
    assert [record.step for record in first.left.records][-1] == 150
    assert all(a.step < b.step for a, b in pairwise(first.left.records))
    with pytest.raises(ValueError, match="same steps"):
        next(duel(Settings(steps=10), Settings(steps=20), aim))


def test_the_critic_sees_picture_and_code_and_its_layers_have_no_biases() -> None:
    model = BiGAN(Config(16, 1, 5, 4, hidden=7))
    x, z = torch.randn(3, 1, 16, 16), torch.randn(3, 5)
    assert model.score(x, z).shape == (3,)
    assert not torch.allclose(model.score(x, z), model.score(x, -z))
    model.eval()
    assert not torch.allclose(model.score(x, z), model.score(-x, z))
    biases = [name for name, _ in model.critic.named_parameters() if name.endswith("bias")]
    assert all("norms" in name for name in biases)
    assert model.encode(x).shape == (3, 5)
    assert model.decode(z).shape == (3, 1, 16, 16)


def test_an_untrained_model_fails_the_checks_of_the_weights() -> None:
    torch.manual_seed(0)
    fresh = BiGAN(Config(32, 1, 64, 8, 16)).eval()
    facts = {check.name for check in verification.of_model(fresh)}
    assert failed(lambda: verification.of_model(fresh)) == facts


def test_sharpness_on_a_picture_worked_by_hand() -> None:
    """One bright pixel of 6 in a field of 0: the Laplacian is -24 there, 6 at its four neighbours, 0 elsewhere."""
    x = torch.zeros(2, 1, 7, 7)
    x[0, 0, 3, 3] = 6.0
    values = [-24.0, 6.0, 6.0, 6.0, 6.0] + [0.0] * 20
    assert sharpness(x).tolist() == pytest.approx([float(np.var(values)), 0.0])
