"""Paths: every jump of single trajectories, and the two ways of making a histogram of them.

A histogram of a path must weigh each state by how long it lasted; post 5607 counts jumps instead, which over-weighs
states that are left quickly.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from core import jit as nb
from core.refusal import Refusal
from core.stats.gillespie.compiled import compile_network
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.lanes import start_stream
from core.stats.gillespie.machine import MAX_STACK, execute
from core.stats.gillespie.network import Network
from core.stats.gillespie.result import Path, check_failure
from core.stats.gillespie.scalar import draw, fill_propensities, fire, pick
from core.stats.gillespie.simulate import MAX_SEED, whole

__all__ = ["histogram", "path"]

MAX_JUMPS = 2_000_000


def path(
    network: Network,
    horizon: float,
    seed: int,
    max_jumps: int = 200_000,
    mass_action: Literal["exact", "post"] = "exact",
) -> Path:
    """One exact trajectory with every jump, from time 0 to ``horizon`` [time] or to ``max_jumps`` jumps.
    Less than one molecule never reacts.

    Raises NetworkError for a network with events or time-dependent laws, Refusal for a bad argument.
    """
    if not (np.isfinite(horizon) and horizon > 0):
        raise Refusal("必须是正数", "must be a positive number", input="horizon", value=horizon)
    whole("seed", seed, 0, MAX_SEED)
    whole("max_jumps", max_jumps, 1, MAX_JUMPS)
    c = compile_network(network, mass_action)
    if network.events or c.timed:
        raise NetworkError(
            "逐次记录跳跃的路径要求网络没有事件，速率也不随时间变化",
            "a path with every jump needs a network without events and time-dependent laws",
        )
    times = np.empty(max_jumps + 1)
    chosen = np.empty(max_jumps, np.int64)
    rule_end = 0 if len(c.rules.starts) == 1 else int(c.rules.starts[-1])
    jumps, failed = _log_path(
        seed, horizon, c.initial, c.constants, c.factor_start, c.factor_slot, c.factor_offset, c.is_law,
        c.change_start, c.change_slot, c.change_value, c.laws.code, c.laws.constants, c.laws.starts,
        c.rules.code, c.rules.constants, rule_end, times, chosen,
    )  # fmt: skip
    check_failure(network, failed, max_jumps)
    species = len(network.species)
    change = np.zeros((len(network.reactions), species))
    for r in range(len(network.reactions)):
        for i in range(c.change_start[r], c.change_start[r + 1]):
            change[r, c.change_slot[i]] += c.change_value[i]
    states = np.concatenate([np.asarray(network.initial)[None], change[chosen[:jumps]]]).cumsum(0)
    truncated = jumps == max_jumps
    end = float(times[jumps]) if truncated else horizon
    return Path(network.species, times[: jumps + 1], states, end, truncated)


def histogram(found: Path, species: str, weigh: Literal["time", "jumps"] = "time") -> tuple[np.ndarray, np.ndarray]:
    """Values of a species on a path and their shares, by time spent or (the post's way) by jumps; shares sum to 1."""
    values = found.states[:, found.species.index(species)].astype(np.int64)
    weights = found.durations if weigh == "time" else np.ones(len(values))
    shares = np.bincount(values, weights)
    present = np.arange(values.min(), values.max() + 1)
    return present, shares[present] / shares.sum()


@nb.njit(nogil=True, error_model="numpy", cache=True)
def _log_path(
    seed, horizon, initial, constants, factor_start, factor_slot, factor_offset, is_law, change_start, change_slot,
    change_value, law_code, law_constants, law_start, rule_code, rule_constants, rule_end, times, chosen,
):  # fmt: skip  # pragma: no cover - compiled
    """Fill times and chosen with one trajectory; returns (jumps, failed reaction or -1)."""
    x = initial.copy().reshape(-1, 1)
    stack = np.empty((MAX_STACK, 1))
    state = np.zeros((4, 1), np.uint64)
    start_stream(state, 0, seed, 0)
    a = np.empty(constants.shape[0])
    times[0] = 0.0
    t = 0.0
    for jump in range(chosen.shape[0]):
        if rule_end > 0:
            execute(rule_code, rule_constants, 0, rule_end, x, stack, 1)
        total, failed = fill_propensities(
            x, stack, a, constants, factor_start, factor_slot, factor_offset, is_law, law_code, law_constants, law_start
        )
        if failed >= 0:
            return jump, failed
        if total <= 0.0:
            return jump, -1
        target = draw(state) * total
        t -= np.log(draw(state)) / total
        if t > horizon:
            return jump, -1
        chosen[jump] = pick(a, target)
        times[jump + 1] = t
        fire(x, chosen[jump], 1.0, change_start, change_slot, change_value)
    return chosen.shape[0], -1
