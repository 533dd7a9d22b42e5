"""One update by hand: the gradient of the loss alone, cut where asked; and which weights decay."""

from __future__ import annotations

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from training.updates import decaying, descend


@pytest.mark.parametrize(("largest", "after"), [(None, (-3.0, -4.0)), (1.0, (-0.6, -0.8))])
def test_an_update_by_hand(largest: float | None, after: tuple[float, float]) -> None:
    """The loss 3a + 4b has a gradient of norm 5; SGD with rate 1 goes from 0 to its negative, or to that of norm 1."""
    fabric = Fabric(accelerator="cpu", devices=1)
    module = nn.Linear(2, 1, bias=False)
    module.weight.data.zero_()
    module.weight.grad = torch.full((1, 2), 100.0)  # of an earlier step: it must not count
    model, optimiser = fabric.setup(module, torch.optim.SGD(module.parameters(), 1.0))
    descend(fabric, model, optimiser, model(torch.tensor([[3.0, 4.0]])).sum(), largest)
    assert module.weight.detach().flatten().tolist() == pytest.approx(after, abs=1e-5)


def test_matrices_decay_and_gains_do_not() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))
    first, second = decaying(model, 0.1)
    assert (first["weight_decay"], second["weight_decay"]) == (0.1, 0.0)
    assert first["params"] == [model[0].weight] and len(second["params"]) == 3
