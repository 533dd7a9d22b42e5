"""Batch: the exact direct method with all trajectories as one batch of tensors, for a GPU.

Each step is a handful of tensor operations on [species, trajectory]; finished trajectories are dropped now and then. On a
CPU the numba kernel is quicker; on a GPU this one is, from some ten thousand trajectories on.
"""

from __future__ import annotations

import numpy as np
import torch

from core.device import device as default_device
from core.stats.gillespie.compiled import compile_network
from core.stats.gillespie.network import Network, NetworkError
from core.stats.gillespie.result import Result
from core.stats.gillespie.simulate import MAX_SEED, check_times, whole

__all__ = ["simulate_batch"]

DROP_EVERY = 64  # steps between two looks at which trajectories are done: a look waits for the device


def simulate_batch(
    network: Network, times: object, trajectories: int, seed: int, *, device: torch.device | None = None
) -> Result:
    """An exact ensemble of a mass-action network by torch on ``device``; arguments as in :func:`simulate`.

    Other random numbers than the CPU kernel's from the same seed, and other ones on other devices; the same law.
    Raises NetworkError for rate laws, rules and events.
    """
    grid_values = check_times(times)  # type: ignore[arg-type]
    trajectories = whole("trajectories", trajectories, 1, 10_000_000)
    seed = whole("seed", seed, 0, MAX_SEED)
    c = compile_network(network)
    if c.is_law.any() or network.events or network.rules or (c.output_slot < 0).any():
        raise NetworkError("the batch engine takes mass-action networks without rules and events")
    place = device or default_device()
    generator = torch.Generator(place).manual_seed(seed)
    species, reactions = len(network.species), len(c.constants)
    change = torch.zeros(reactions + 1, species, dtype=torch.float64)  # the last row: nothing happens
    for r in range(reactions):
        for i in range(c.change_start[r], c.change_start[r + 1]):
            change[r, c.change_slot[i]] += c.change_value[i]
    change = change.to(place)
    factors = [
        [(int(c.factor_slot[f]), float(c.factor_offset[f])) for f in range(c.factor_start[r], c.factor_start[r + 1])]
        for r in range(reactions)
    ]
    grid = torch.tensor(np.append(grid_values, np.inf), dtype=torch.float64, device=place)
    last = len(grid_values)
    x = torch.tensor(network.initial, dtype=torch.float64, device=place)[:, None].repeat(1, trajectories)
    t = torch.zeros(trajectories, dtype=torch.float64, device=place)
    at = torch.zeros(trajectories, dtype=torch.long, device=place)
    # Differences: what a trajectory holds when it passes grid times g … h - 1 is added at g and taken away at h.
    sums = torch.zeros(2, last + 1, species, dtype=torch.float64, device=place)
    events = torch.zeros((), dtype=torch.long, device=place)
    bound = torch.empty(reactions, trajectories, dtype=torch.float64, device=place)
    step = 0
    while t.numel():
        total = torch.zeros_like(t)
        for r in range(reactions):
            rate = torch.full_like(t, float(c.constants[r]))
            for slot, offset in factors[r]:
                rate = rate * (x[slot] - offset if offset else x[slot])
            total = total + rate
            bound[r, : t.numel()] = total
        u = torch.rand(2, t.numel(), dtype=torch.float64, device=place, generator=generator)
        new = t - torch.log1p(-u[0]) / total  # a0 = 0 gives infinity: the state stays
        reached = torch.searchsorted(grid, new, right=False).clamp_(max=last)
        passed = reached > at
        for power in (1, 2):
            held = torch.where(passed, x**power, 0.0)
            sums[power - 1].index_add_(0, at, held.T).index_add_(0, reached, -held.T)
        at = torch.maximum(at, reached)
        chosen = (bound[:, : t.numel()] <= u[1] * total).sum(0)
        chosen = torch.where(at < last, chosen, reactions)
        x = x + change[chosen].T
        events += (chosen < reactions).sum()
        t = new
        step += 1
        if step % DROP_EVERY == 0 or bool(t.numel() < 2):
            alive = at < last
            x, t, at = x[:, alive], t[alive], at[alive]
    first, second = sums.cumsum(1)[:, :last].cpu().numpy()
    mean = first / trajectories
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.maximum(second - first * mean, 0.0) / (trajectories - 1))
    return Result(network.species, grid_values, mean, sd, trajectories, int(events))
