"""A loss without targets, a metric of one's own, and the progress bar that shows both (post 6311).

A loss need not compare an output with a label: here it compares what an autoencoder was given with what it gave back. A metric is
any number worth watching; it has no part in the gradient. Keras's bar shows the mean of a number since the bar began, and a
"stateful" metric as it is now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from core.fitting import batches, digit_tensors, generator, mlp, shown_steps

__all__ = ["METRICS", "ProgressBar", "Reconstruction", "autoencode", "running_mean"]

BAR_WIDTH = 30
BATCH = 128
SHOWN = 10  # test digits that are drawn

METRICS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "hidden": lambda h, error: h.square().sum(1).mean(),  # ‖h‖² of the hidden layer: the post's
    "active": lambda h, error: (h > 0).float().mean(),  # share of hidden units that are not zero
    "worst": lambda h, error: error.abs().max(),  # the pixel that is farthest off in the batch
}
"""Metrics of (hidden units [n, m], output − input [n, 64])."""


@dataclass(slots=True)
class ProgressBar:
    """Keras's bar as text: means of the values since its start, weighted by steps, but the ``stateful`` ones as they are."""

    target: int
    stateful: frozenset[str] = frozenset()
    done: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def update(self, done: int, values: Mapping[str, float]) -> str:
        """The line after ``done`` of ``target`` steps; ``values`` hold for the steps since the last call. ValueError when it runs back."""
        if not self.done < done <= self.target:
            raise ValueError(f"done = {done}: must be from {self.done + 1} to {self.target}")
        for name, value in values.items():
            self.sums[name] = value if name in self.stateful else self.sums.get(name, 0.0) + value * (done - self.done)
        self.done = done
        filled = BAR_WIDTH * done // self.target
        head = ">" * (0 < filled < BAR_WIDTH)
        bar = ("=" * (filled - len(head)) + head).ljust(BAR_WIDTH, ".")
        shown = "".join(
            f" - {name}: {total if name in self.stateful else total / done:.4f}" for name, total in self.sums.items()
        )
        return f"{done:{len(str(self.target))}d}/{self.target} [{bar}]{shown}"


def running_mean(values: np.ndarray) -> np.ndarray:
    """Mean of the first 1, 2, … values: what the bar shows of a number that has no state, [n]."""
    return np.cumsum(values) / np.arange(1, len(values) + 1)


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """An autoencoder in training.

    step : how many steps are done. loss, metric [steps] : of each batch. bar_loss, bar_metric [steps] : what the bar showed.
    lines : of the bar. sheet : ten test digits above, what comes back below, NaN between them, [17, 89].
    """

    step: int
    loss: np.ndarray
    metric: np.ndarray
    bar_loss: np.ndarray
    bar_metric: np.ndarray
    lines: tuple[str, ...]
    sheet: np.ndarray


def autoencode(
    units: int, metric: str, stateful: bool, lr: float, steps: int, frames: int, seed: int
) -> Iterator[Reconstruction]:
    """An autoencoder 64-``units``-64 by Adam; its loss is Σ(output − input)², one of METRICS is watched, ``stateful`` or not."""
    rng, (x, _, x_test, _) = generator(seed), digit_tensors()
    encoder, decoder = mlp([64, units], rng), mlp([units, 64], rng)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=lr)
    bar = ProgressBar(steps, frozenset({metric}) if stateful else frozenset())
    losses: list[float] = []
    watched: list[float] = []
    lines: list[str] = []
    shown = shown_steps(steps, frames)
    for step, rows in enumerate(batches(len(x), BATCH, steps, rng), 1):
        hidden = torch.relu(encoder(x[rows]))
        error = decoder(hidden) - x[rows]
        loss = error.square().sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        watched.append(float(METRICS[metric](hidden.detach(), error.detach())))
        line = bar.update(step, {"loss": losses[-1], metric: watched[-1]})
        if step in shown:
            lines.append(line)
            digits = x_test[:SHOWN]
            with torch.no_grad():
                rebuilt = decoder(torch.relu(encoder(digits))).clamp(0, 1)
            loss_now, metric_now = np.array(losses), np.array(watched)
            yield Reconstruction(
                step,
                loss_now,
                metric_now,
                running_mean(loss_now),
                metric_now if stateful else running_mean(metric_now),
                tuple(lines),
                _sheet(digits.numpy(), rebuilt.numpy()),
            )


def _sheet(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Two rows of pictures [n, 64] with one pixel of NaN between neighbours, [17, 9n − 1]."""
    rows = []
    for pictures in (above, below):
        padded = np.pad(pictures.reshape(-1, 8, 8), ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
        rows.append(np.concatenate(list(padded), 1))
    return np.concatenate(rows)[:-1, :-1]
