"""A reader's loss: a formula, drawn with its gradient, compared with cross-entropy, and trained on the digits."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from core.fitting import Diverged
from core.formulas import Formula, parse
from core.refusal import Refusal
from core.tricks.custom_loss.objectives import Settings, smoothed_each
from core.tricks.custom_loss.samples import PROBABILITIES, Curves, curves, one_sample
from core.tricks.custom_loss.training import State, embed, train

__all__ = ["Own", "formula_each", "formula_loss", "own"]

NAMES = ("u", "y", "p")


def formula_each(logits: Tensor, y: Tensor, formula: Formula) -> Tensor:
    """The loss of each sample, [n]: the formula's value for each class, summed over the classes; float64, in which log p does not overflow."""
    u = logits.double()
    return formula(u=u, y=F.one_hot(y, u.shape[1]).double(), p=u.softmax(1)).sum(1)


def formula_loss(source: str) -> Formula:
    """A reader's loss, written for one class: u is its logit, p its probability (softmax of the logits), y is 1 for the right class, else 0.

    The loss of a sample is the sum over the classes. Raises Refusal (input ``formula``) for what cannot be read, for a formula
    without u and p, and for one that is not finite or pushes no sample at all.
    """
    refused = functools.partial(Refusal, input="formula", value=source)
    formula = parse(source, NAMES, "formula")
    if not formula.names & {"u", "p"}:
        raise refused("要含有 u 或 p，否则没有梯度", "u or p must occur: there is no gradient otherwise")
    _, loss, push = one_sample(functools.partial(formula_each, formula=formula), PROBABILITIES)
    bad = ~(np.isfinite(loss) & np.isfinite(push))
    if bad.any():
        p = f"p = {PROBABILITIES[bad.argmax()]:.3f}"
        raise refused(f"在 {p} 处，损失或梯度不是有限数（如负数的 log）", f"the loss or its gradient is not finite at {p} (as the log of a negative number)")  # fmt: skip
    if not push.any():
        raise refused("梯度处处为零，学不到东西", "its gradient is zero everywhere: nothing would be learnt")
    return formula


@dataclass(frozen=True, slots=True)
class Own:
    """A reader's loss and cross-entropy: their curves (``own``, ``softmax``), the same network under each, and its accuracy at each of ``steps``."""

    curves: Curves
    own: State
    softmax: State
    steps: np.ndarray
    own_accuracy: np.ndarray
    softmax_accuracy: np.ndarray


def own(formula: str, steps: int, frames: int, seed: int) -> Iterator[Own]:
    """Train the network of :func:`embed` under a reader's formula and under cross-entropy, same weights and batches at the start.

    Raises Refusal (input ``formula``) as :func:`formula_loss` does, and when the loss or a feature becomes infinite on the way.
    """
    parsed = formula_loss(formula)
    each = functools.partial(formula_each, formula=parsed)
    drawn = curves({"own": each, "softmax": functools.partial(smoothed_each, epsilon=0.0)})
    runs = (
        train(lambda f, y, head, settings: each(head.logits(f), y).mean(), "own", Settings(), steps, frames, seed),
        embed("softmax", Settings(), steps, frames, seed),
    )
    history: list[tuple[int, float, float]] = []
    try:
        for mine, plain in zip(*runs, strict=True):
            if not np.isfinite(mine.features).all():  # the loss was finite, its gradient was not
                raise Diverged(mine.step, math.nan)
            history.append((mine.step, mine.accuracy, plain.accuracy))
            at, accuracy, usual = map(np.array, zip(*history, strict=True))
            yield Own(drawn, mine, plain, at, accuracy, usual)
    except Diverged as error:
        raise Refusal(
            f"训练到第 {error.step} 步，损失不再是有限数", f"at step {error.step} of the training the loss is no longer finite", input="formula", value=formula
        ) from None  # fmt: skip
