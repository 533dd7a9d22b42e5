"""Small networks fitted while a visitor watches: what the pages with live training share.

Everything random comes from a generator that the caller owns: two visitors who train at once do not disturb each
other's pictures, as they would with torch's global generator.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from core.data.classics import scanned_digits

__all__ = ["Diverged", "batches", "descend", "digit_tensors", "generator", "initialise", "mlp", "shown_steps"]


class Diverged(FloatingPointError):
    """The loss before ``step`` (from 0) is ``loss``: NaN or infinite."""

    def __init__(self, step: int, loss: float) -> None:
        self.step, self.loss = step, loss
        super().__init__(f"the loss at step {step} is {loss}: a smaller learning rate may help")


def generator(seed: int) -> torch.Generator:
    """A generator on the CPU that starts from ``seed``."""
    return torch.Generator().manual_seed(seed)


def initialise(module: nn.Module, rng: torch.Generator) -> None:
    """Initialise every linear layer in place from ``rng``: He's uniform distribution for the weights, zeros for the biases."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = math.sqrt(6 / layer.in_features)
            with torch.no_grad():
                layer.weight.uniform_(-bound, bound, generator=rng)
                if layer.bias is not None:
                    layer.bias.zero_()


def mlp(sizes: Sequence[int], rng: torch.Generator, activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """A multilayer perceptron of these widths, input and output included; no activation after the last layer."""
    layers: list[nn.Module] = []
    for n, m in itertools.pairwise(sizes):
        layers += [nn.utils.skip_init(nn.Linear, n, m), activation()]
    net = nn.Sequential(*layers[:-1])
    initialise(net, rng)
    return net


def batches(n: int, size: int, steps: int, rng: torch.Generator) -> Iterator[Tensor]:
    """``steps`` index tensors [min(size, n)] into n samples, without replacement within a pass; passes are reshuffled."""
    size, left = min(size, n), torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        if len(left) < size:
            left = torch.randperm(n, generator=rng)
        yield left[:size]
        left = left[size:]


def descend(
    loss: Callable[[Tensor], Tensor], optimiser: torch.optim.Optimizer, indices: Iterator[Tensor]
) -> Iterator[float]:
    """One optimiser step for each index tensor; yields the loss before the step. A loss that is not finite ends it.

    Raises Diverged, which knows the step, when the loss is NaN or infinite.
    """
    for step, batch in enumerate(indices):
        value = loss(batch)
        if not torch.isfinite(value):
            raise Diverged(step, value.item())
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        yield value.item()


def shown_steps(steps: int, frames: int) -> frozenset[int]:
    """Which of the steps 1 … ``steps`` are shown: about ``frames`` of them, evenly, and the last."""
    every = max(1, steps // frames)
    return frozenset({*range(every, steps + 1, every), steps})


def digit_tensors() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The scanned digits as tensors: training inputs [1347, 64] and labels, test inputs [450, 64] and labels; fresh copies."""
    data = scanned_digits()
    x, y, x_test, y_test = (torch.tensor(a) for a in (data.x_train, data.y_train, data.x_test, data.y_test))
    return x, y, x_test, y_test
