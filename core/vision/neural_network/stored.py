"""The trained networks that ship: a classifier of digits, autoencoders with bottlenecks of several sizes, and PCA beside them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core import weights
from core.vision.neural_network.network import LINEAR, UNIT_SLOPE, Layer, Network
from core.vision.neural_network.record import NAME

__all__ = [
    "BOTTLENECKS",
    "CLASSIFIER",
    "PIXELS",
    "SIDE",
    "Networks",
    "Stored",
    "StoredNetworks",
    "autoencoder",
    "build",
    "networks",
]

SIDE = 28
PIXELS = SIDE**2
HIDDEN, CLASSES = 100, 10
CLASSIFIER = ((PIXELS, HIDDEN, CLASSES), (1.0, LINEAR))
"""Sizes of the layers, and the k of every layer's S(kx)."""
BOTTLENECKS = (1, 2, 4, 8, 16, 32, 64)
WIDE = 128


def autoencoder(size: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Sizes and sharpnesses of the autoencoder 784-128-``size``-128-784: code and output are weighted sums, as PCA's are."""
    return (PIXELS, WIDE, size, WIDE, PIXELS), (UNIT_SLOPE, LINEAR, UNIT_SLOPE, LINEAR)


class Stored(nn.Module):
    """Weights and biases of a network as torch keeps them; what they compute is in ``network``."""

    def __init__(self, sizes: Sequence[int], ks: Sequence[float]) -> None:
        super().__init__()
        self.ks = tuple(ks)
        self.weights = nn.ParameterList(torch.zeros(m, n) for n, m in itertools.pairwise(sizes))
        self.biases = nn.ParameterList(torch.zeros(m) for m in sizes[1:])

    def network(self) -> Network:
        """The network over the same numbers, float32; on the CPU a change of one is a change of the other."""
        pairs = zip(self.weights, self.biases, self.ks, strict=True)
        return Network(tuple(Layer(w.detach().cpu().numpy(), b.detach().cpu().numpy(), k) for w, b, k in pairs))


class StoredNetworks(nn.Module):
    """The classifier, the autoencoders by the size of their bottleneck, and the mean and first principal components of the digits."""

    def __init__(self, bottlenecks: Sequence[int]) -> None:
        super().__init__()
        self.classifier = Stored(*CLASSIFIER)
        self.autoencoders = nn.ModuleDict({str(size): Stored(*autoencoder(size)) for size in bottlenecks})
        self.mean: Tensor
        self.components: Tensor
        self.register_buffer("mean", torch.zeros(PIXELS))
        self.register_buffer("components", torch.zeros(max(bottlenecks), PIXELS))


def build(bottlenecks: Sequence[int] = BOTTLENECKS) -> StoredNetworks:
    """Untrained networks (what the card names)."""
    return StoredNetworks(bottlenecks)


@dataclass(frozen=True, slots=True)
class Networks:
    """What the pages look at, as arrays: ``mean`` [784] and ``components`` [most, 784] in rows of length 1."""

    classifier: Network
    autoencoders: dict[int, Network]
    mean: np.ndarray
    components: np.ndarray


def networks() -> Networks:
    """The shipped networks. Raises WeightsError."""
    stored = weights.load(NAME)
    assert isinstance(stored, StoredNetworks)
    coders = {int(size): one.network() for size, one in stored.autoencoders.items() if isinstance(one, Stored)}
    return Networks(
        stored.classifier.network(), coders, stored.mean.cpu().numpy(), stored.components.cpu().numpy()
    )  # fmt: skip
