"""One update of a model by its optimiser, and which weights decay: what most recipes have in common."""

from __future__ import annotations

from typing import Any

from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

__all__ = ["decaying", "descend"]


def descend(fabric: Fabric, model: nn.Module, optimiser: Optimizer, loss: Tensor, largest: float | None = None) -> None:
    """Gradients anew, of ``loss`` alone, cut to the norm ``largest`` where it is given, and one step of the optimiser."""
    optimiser.zero_grad()
    fabric.backward(loss)
    if largest is not None:
        fabric.clip_gradients(model, optimiser, max_norm=largest)
    optimiser.step()


def decaying(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Groups of weights for an optimiser: matrices decay, biases and the gains of norms do not."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
