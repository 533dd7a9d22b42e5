"""Live fitting: the same seed gives the same run, whatever else draws from torch's global generator."""

import pytest
import torch

from core.fitting import Diverged, batches, descend, digit_tensors, generator, mlp, shown_steps


def run(seed: int, disturb: bool) -> list[float]:
    rng = generator(seed)
    x = torch.randn(64, 3, generator=rng)
    y = x @ torch.tensor([1.0, -2.0, 0.5])
    net = mlp([3, 1], rng)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for loss in descend(lambda i: (net(x[i])[:, 0] - y[i]).square().mean(), optimiser, batches(64, 16, 200, rng)):
        if disturb:
            torch.rand(7)
        losses.append(loss)
    return losses


def test_a_linear_map_is_found() -> None:
    assert run(0, False)[-1] < 1e-8


def test_the_global_generator_plays_no_part() -> None:
    assert run(3, False) == run(3, True) != run(4, False)


def test_a_pass_takes_every_sample_once() -> None:
    taken = list(batches(12, 4, 6, generator(0)))
    assert sorted(torch.cat(taken[:3]).tolist()) == sorted(torch.cat(taken[3:]).tolist()) == list(range(12))


def test_divergence_is_told() -> None:
    w = torch.nn.Parameter(torch.ones(1))
    steps = descend(lambda _: (w**4).sum(), torch.optim.SGD([w], lr=10.0), batches(4, 2, 50, generator(0)))
    with pytest.raises(Diverged, match="learning rate"):
        list(steps)


def test_shown_steps_are_even_and_end_with_the_last() -> None:
    assert sorted(shown_steps(10, 3)) == [3, 6, 9, 10] and sorted(shown_steps(4, 8)) == [1, 2, 3, 4]


def test_digits_come_as_fresh_copies() -> None:
    digit_tensors()[0].zero_()
    assert digit_tensors()[0].shape == (1347, 64) and digit_tensors()[0].max() == 1
