"""Gradients changed at will: clipped, set to zero, reversed, or let through a step whose derivative is zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import batches, digit_tensors, generator, mlp, shown_steps
from core.refusal import Refusal

__all__ = ["CLIPS", "Clipping", "Signs", "binarise", "clip", "clipped_run", "compare_clipping", "reverse", "sign_run"]

CLIPS: tuple[str, ...] = ("none", "global", "layer", "sign", "freeze")
SIGN_STEP = 0.01  # what «sign» makes of every entry of the gradient
BATCH = 64
SHOCK_EVERY = 40
MEASURED = 40  # how often the test accuracy is taken along a run


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.factor * gradients[0], None


def reverse(x: Tensor, factor: float) -> Tensor:
    """x itself; its gradient is multiplied by −factor on the way back (Ganin and Lempitsky 2015)."""
    return _Reverse.apply(x, factor)  # type: ignore[no-any-return]


class _Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradients[0] * (x.abs() <= 1)


def binarise(x: Tensor, through: bool) -> Tensor:
    """sign(x) ∈ {−1, 1}. Its derivative is 0; with ``through`` the gradient passes unchanged where |x| ≤ 1 (Courbariaux et al. 2016)."""
    return _Through.apply(x) if through else torch.where(x.detach() >= 0, 1.0, -1.0).to(x.dtype) + 0 * x  # type: ignore[no-any-return]


def clip(gradients: Sequence[Tensor], way: str, limit: float) -> list[Tensor]:
    """Gradients of the layers, changed one ``way``: none; global: all scaled so that the norm of all together is at most ``limit``;
    layer: each for itself; sign: limit·sign; freeze: the first becomes zero."""
    match way:
        case "none":
            return list(gradients)
        case "global":
            whole = torch.stack([g.norm() for g in gradients]).norm()
            return [g * (limit / whole).clamp(max=1) for g in gradients]
        case "layer":
            return [g * (limit / g.norm().clamp(min=1e-300)).clamp(max=1) for g in gradients]
        case "sign":
            return [limit * g.sign() for g in gradients]
        case "freeze":
            return [torch.zeros_like(gradients[0]), *gradients[1:]]
    raise Refusal(f"应为 {'、'.join(CLIPS)} 之一", f"must be one of {', '.join(CLIPS)}", input="way", value=way)


@dataclass(frozen=True, slots=True)
class Clipped:
    """A run up to ``step``: norm of each layer's gradient before and after, [step, 3] (NaN once it is not finite), and the test accuracy at ``steps``."""

    step: int
    before: np.ndarray
    after: np.ndarray
    steps: np.ndarray
    accuracy: np.ndarray


def clipped_run(
    way: str, limit: float, lr: float, shock: float, steps: int, frames: int, seed: int
) -> Iterator[Clipped]:
    """SGD on digits (64-64-64-10) with changed gradients; one batch in SHOCK_EVERY has its pixels times ``shock`` (1: none)."""
    rng, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    net = mlp([64, 64, 64, 10], rng)
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    before: list[list[float]] = []
    after: list[list[float]] = []
    scores: list[tuple[int, float]] = []
    shown, measured = shown_steps(steps, frames), shown_steps(steps, MEASURED)
    for step, batch in enumerate(batches(len(x), BATCH, steps, rng), 1):
        times = shock if step % SHOCK_EVERY == 0 else 1.0
        loss = F.cross_entropy(net(times * x[batch]), y[batch])
        found = torch.autograd.grad(loss, [p for layer in layers for p in layer.parameters()])
        flat = [torch.cat([found[2 * k].flatten(), found[2 * k + 1]]) for k in range(len(layers))]
        changed = clip(flat, way, limit)
        with torch.no_grad():
            for layer, g in zip(layers, changed, strict=True):
                size = layer.weight.numel()
                layer.weight.sub_(lr * g[:size].view_as(layer.weight))
                layer.bias.sub_(lr * g[size:])
        before.append([float(g.norm()) for g in flat])
        after.append([float(g.norm()) for g in changed])
        if step in measured or step in shown:
            with torch.no_grad():
                scores.append((step, float((net(x_test).argmax(1) == y_test).float().mean())))
        if step in shown:
            at, accuracy = map(np.array, zip(*scores, strict=True))
            yield Clipped(step, _finite(before), _finite(after), at, accuracy)


def _finite(norms: list[list[float]]) -> np.ndarray:
    values = np.array(norms)
    return np.where(np.isfinite(values), values, np.nan)


@dataclass(frozen=True, slots=True)
class Clipping:
    """Every one of CLIPS on the same network and batches; ``chosen`` is one of them. ``shocks`` are the steps of the batches that were blown up.

    In the chosen run, ``raw`` and ``used`` [step] are the largest gradient norm of a layer before and after (NaN once none is finite),
    ``largest`` and ``kept`` the largest of these.
    """

    step: int
    runs: Mapping[str, Clipped]
    chosen: Clipped
    shocks: np.ndarray
    raw: np.ndarray
    used: np.ndarray
    largest: float
    kept: float


def compare_clipping(
    way: str, limit: float, lr: float, shock: float, steps: int, frames: int, seed: int
) -> Iterator[Clipping]:
    """:func:`clipped_run` in all ways side by side (signs with steps of SIGN_STEP); ``way`` is looked at closely."""
    clip([torch.ones(1)], way, limit)  # a way that there is not is refused before anything runs
    runs = [clipped_run(name, SIGN_STEP if name == "sign" else limit, lr, shock, steps, frames, seed) for name in CLIPS]
    for states in zip(*runs, strict=True):
        found = dict(zip(CLIPS, states, strict=True))
        mine = found[way]
        shocks = np.arange(SHOCK_EVERY, mine.step + 1, SHOCK_EVERY)
        raw, used = (norms.max(1) for norms in (mine.before, mine.after))
        yield Clipping(mine.step, found, mine, shocks, raw, used, float(np.nanmax(raw)), float(np.nanmax(used)))


@dataclass(frozen=True, slots=True)
class Signs:
    """At each of ``steps`` so far, the test accuracy of a net with ±1 units trained with (``through``) and without (``blocked``) straight-through."""

    step: int
    steps: np.ndarray
    through: np.ndarray
    blocked: np.ndarray


def sign_run(units: int, lr: float, steps: int, frames: int, seed: int) -> Iterator[Signs]:
    """A net 64-``units``-10 on digits whose hidden units are ±1. Without straight-through the first layer stays as it was initialised."""
    x, y, x_test, y_test = digit_tensors()
    nets = []
    for through in (True, False):
        rng = generator(seed)
        first, last = mlp([64, units], rng)[0], mlp([units, 10], rng)[0]
        assert isinstance(first, nn.Linear)
        with torch.no_grad():
            first.bias.copy_(-(first.weight @ x.mean(0)))  # units that are on for about half of the digits
        moving = torch.optim.Adam([*first.parameters(), *last.parameters()], lr=lr)
        nets.append((first, last, through, moving, batches(len(x), BATCH, steps, rng)))
    scores: list[list[float]] = [[], []]
    places: list[int] = []
    shown = shown_steps(steps, frames)
    for step in range(1, steps + 1):
        for first, last, through, moving, order in nets:
            batch = next(order)
            moving.zero_grad()
            F.cross_entropy(last(binarise(first(x[batch]), through)), y[batch]).backward()
            moving.step()
        if step in shown:
            places.append(step)
            for (first, last, through, *_), score in zip(nets, scores, strict=True):
                with torch.no_grad():
                    score.append(float((last(binarise(first(x_test), through)).argmax(1) == y_test).float().mean()))
            yield Signs(step, np.array(places), np.array(scores[0]), np.array(scores[1]))
