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

__all__ = ["batches", "descend", "generator", "initialise", "mlp"]


def generator(seed: int) -> torch.Generator:
    """A generator on the CPU that starts from ``seed``."""
    return torch.Generator().manual_seed(seed)


def initialise(module: nn.Module, random: torch.Generator) -> None:
    """Draw every linear layer's weights anew from ``random``: He's uniform law for weights, zero for biases; in place."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = math.sqrt(6 / layer.in_features)
            with torch.no_grad():
                layer.weight.uniform_(-bound, bound, generator=random)
                if layer.bias is not None:
                    layer.bias.zero_()


def mlp(sizes: Sequence[int], random: torch.Generator, activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """A multilayer perceptron of these widths, input and output included; no activation after the last layer."""
    layers: list[nn.Module] = []
    for n, m in itertools.pairwise(sizes):
        layers += [nn.utils.skip_init(nn.Linear, n, m), activation()]
    net = nn.Sequential(*layers[:-1])
    initialise(net, random)
    return net


def batches(n: int, size: int, steps: int, random: torch.Generator) -> Iterator[Tensor]:
    """``steps`` index tensors [min(size, n)] into n samples, without replacement within a pass; passes are reshuffled."""
    size, left = min(size, n), torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        if len(left) < size:
            left = torch.randperm(n, generator=random)
        yield left[:size]
        left = left[size:]


def descend(
    loss: Callable[[Tensor], Tensor], optimiser: torch.optim.Optimizer, indices: Iterator[Tensor]
) -> Iterator[float]:
    """One optimiser step for each index tensor; yields the loss before the step. A loss that is not finite ends it.

    Raises FloatingPointError with the step's number when the loss is NaN or infinite.
    """
    for step, batch in enumerate(indices):
        value = loss(batch)
        if not torch.isfinite(value):
            raise FloatingPointError(f"the loss at step {step} is {value.item()}: a smaller learning rate may help")
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        yield value.item()
