"""Live fitting: the same seed gives the same run, whatever else draws from torch's global generator."""

import pytest
import torch

from core.fitting import batches, descend, generator, mlp


def run(seed: int, disturb: bool) -> list[float]:
    random = generator(seed)
    x = torch.randn(64, 3, generator=random)
    y = x @ torch.tensor([1.0, -2.0, 0.5])
    net = mlp([3, 1], random)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for loss in descend(lambda i: (net(x[i])[:, 0] - y[i]).square().mean(), optimiser, batches(64, 16, 200, random)):
        if disturb:
            torch.rand(7)
        losses.append(loss)
    return losses


def test_a_linear_law_is_found() -> None:
    assert run(0, False)[-1] < 1e-8


def test_the_global_generator_has_no_say() -> None:
    assert run(3, False) == run(3, True) != run(4, False)


def test_a_pass_takes_every_sample_once() -> None:
    taken = list(batches(12, 4, 6, generator(0)))
    assert sorted(torch.cat(taken[:3]).tolist()) == sorted(torch.cat(taken[3:]).tolist()) == list(range(12))


def test_divergence_is_told() -> None:
    w = torch.nn.Parameter(torch.ones(1))
    steps = descend(lambda _: (w**4).sum(), torch.optim.SGD([w], lr=10.0), batches(4, 2, 50, generator(0)))
    with pytest.raises(FloatingPointError, match="learning rate"):
        list(steps)
