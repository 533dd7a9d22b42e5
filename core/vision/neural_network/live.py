"""A network that learns while the reader watches: 8x8 digits, plain gradient descent on gradients written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.data.classics import scanned_digits
from core.fitting import shown_steps
from core.vision.neural_network.network import LINEAR, UNIT_SLOPE, Layer, Network, cross_entropy, random_network, slope

__all__ = ["Learning", "learned", "step"]

SIDE, CLASSES = 8, 10
BATCH = 50
PICTURED = 20  # hidden units shown


@dataclass(frozen=True, slots=True)
class Learning:
    """After ``step`` of ``steps`` steps: ``trace``, the loss of every step so far, in nats; at the steps ``at`` the shares of training and
    test digits that are wrong; ``weights``, what hidden units look at, uint8 [8, 8].

    ``moved``: how far the first layer's weights are from where they began, relative to their size then. ``slope``: the mean slope
    S' of hidden units over the test digits; 1 without hidden units.
    """

    step: int
    steps: int
    trace: np.ndarray
    at: tuple[int, ...]
    train_error: tuple[float, ...]
    test_error: tuple[float, ...]
    weights: tuple[np.ndarray, ...]
    moved: float
    slope: float
    test: int

    @property
    def recent(self) -> float:
        """The mean loss of the last 20 steps."""
        return float(self.trace[-20:].mean()) if len(self.trace) else float("nan")


def step(net: Network, x: np.ndarray, y: np.ndarray, lr: float) -> tuple[Network, float]:
    """One step of gradient descent on the cross-entropy of a batch: W ← W - lr ∂loss/∂W. Gives the new network and the loss before it."""
    found = net.forward(x)
    loss, grad = cross_entropy(found[-1], y)
    gradients, _ = net.backward(found, grad)
    pairs = zip(net.layers, gradients, strict=True)
    return Network(tuple(Layer(one.weight - lr * w, one.bias - lr * b, one.k) for one, (w, b) in pairs)), loss


def learned(hidden: int, k: float, lr: float, steps: int, frames: int, seed: int) -> Iterator[Learning]:
    """Train 64-``hidden``-10 (64-10 where it is 0) with S(kx), from the same weights whatever k; yields the start and ``frames`` states."""
    rng, data = np.random.default_rng(seed), scanned_digits()
    sizes, ks = ((64, hidden, CLASSES), (UNIT_SLOPE, LINEAR)) if hidden else ((64, CLASSES), (LINEAR,))
    net = random_network(sizes, ks, rng).sharpened(k)
    begun = net.layers[0].weight
    trace: list[float] = []
    at: list[int] = []
    errors: tuple[list[float], list[float]] = ([], [])

    def state(done: int) -> Learning:
        at.append(done)
        for some, x, y in zip(errors, (data.x_train, data.x_test), (data.y_train, data.y_test), strict=True):
            some.append(float((net(x).argmax(1) != y).mean()))
        now = net.layers[0].weight
        inner = net.forward(data.x_test)[1]
        mean_slope = float(slope(inner, k).mean()) if hidden else 1.0
        return Learning(
            done, steps, np.array(trace), tuple(at), tuple(errors[0]), tuple(errors[1]), tuple(_grey(row) for row in now[:PICTURED]),
            float(np.linalg.norm(now - begun) / np.linalg.norm(begun)), mean_slope, len(data.y_test),
        )  # fmt: skip

    yield state(0)
    shown = shown_steps(steps, frames)
    order = np.empty(0, int)
    for done in range(1, steps + 1):
        if len(order) < BATCH:
            order = rng.permutation(len(data.y_train))
        index, order = order[:BATCH], order[BATCH:]
        net, loss = step(net, data.x_train[index], data.y_train[index], lr)
        trace.append(loss)
        if done in shown:
            yield state(done)


def _grey(weights: np.ndarray) -> np.ndarray:
    """Weights [64] as a picture uint8 [8, 8]: 0 is the middle grey."""
    return (127.5 + 127.5 * weights / np.abs(weights).max()).astype(np.uint8).reshape(SIDE, SIDE)
