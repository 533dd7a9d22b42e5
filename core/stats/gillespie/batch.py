"""Batch: the exact direct method with all trajectories as one batch of tensors, for a GPU.

A step is some twenty tensor operations on [species, trajectory] or [reaction, trajectory], whatever the network; it waits
for the device only at a look, every LOOK steps. What a trajectory holds at a grid time is scattered into a table when it
passes it, and gaps are filled from the right, so that nothing is added atomically. On a CPU the numba kernel is quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from core.device import device as default_device
from core.stats.gillespie.compiled import Compiled, compile_network, loose, ordered_rules
from core.stats.gillespie.errors import NetworkError
from core.stats.gillespie.evaluation import SNAP_WITHIN, evaluate, substitute
from core.stats.gillespie.formula import Formula, Number, parse
from core.stats.gillespie.network import Network
from core.stats.gillespie.result import Result, check_failure
from core.stats.gillespie.simulate import MAX_EVENTS, MAX_SEED, MAX_TRAJECTORIES, Moments, check_times, whole

__all__ = ["LOOK", "simulate_batch"]

LOOK = 64  # steps between two looks at which trajectories are done
SHRINK = 0.5  # a batch of which less than this is at work is made smaller
TABLE_BYTES = 2**29  # of values on the device at once; more trajectories run as several batches

Rates = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def simulate_batch(
    network: Network,
    times: Sequence[float] | np.ndarray,
    trajectories: int,
    seed: int,
    *,
    device: torch.device | None = None,
    max_events: int = MAX_EVENTS,
) -> Result:
    """An exact ensemble by torch on ``device``; arguments and result as in :func:`core.stats.gillespie.simulate`.

    Other random numbers than the CPU kernel's from the same seed, and other ones on other devices; the same distribution.
    Raises NetworkError for events, computed outputs, rates that depend on time and rates that become negative.
    """
    grid = check_times(times)
    trajectories = whole("trajectories", trajectories, 1, MAX_TRAJECTORIES)
    seed = whole("seed", seed, 0, MAX_SEED)
    c = compile_network(network)
    if network.events or network.constraints or c.timed or (c.output_slot < 0).any():
        raise NetworkError(
            "批量引擎不接受有事件、有计算输出或速率随时间变化的网络",
            "the batch engine takes networks without events, computed outputs and rates that depend on time",
        )
    place = device or default_device()
    generator = torch.Generator(place).manual_seed(seed)
    rates = _rates(network, c, place)
    size = max(1, TABLE_BYTES // (8 * (len(grid) + 1) * len(network.species)))
    moments = Moments.empty(len(grid), len(network.species))
    for first in range(0, trajectories, size):
        batch = _Batch(network, c, grid, min(size, trajectories - first), rates, generator, place)
        for part in batch.run(max_events):
            moments = moments.joined(part)
    return moments.result(network.species, grid, None, True)


class _Batch:
    """Trajectories at work: state [species + 1, n] (the last row is 1), time and next grid place [n], values [time + 1, species, n].

    The last row of values takes what nobody asked for: writes of trajectories that passed no grid time.
    """

    def __init__(
        self, network: Network, c: Compiled, grid: np.ndarray, n: int, rates: Rates, generator: torch.Generator, place: torch.device
    ) -> None:  # fmt: skip
        self.network, self.rates, self.generator, self.last = network, rates, generator, len(grid)
        self.grid = torch.tensor(grid, device=place)
        self.change = torch.zeros(len(network.species) + 1, len(c.constants), dtype=torch.float64)
        for r in range(len(c.constants)):
            for i in range(c.change_start[r], c.change_start[r + 1]):
                self.change[int(c.change_slot[i]), r] += float(c.change_value[i])
        self.change = self.change.to(place)
        self.state = torch.tensor([*network.initial, 1.0], dtype=torch.float64, device=place)[:, None].repeat(1, n)
        self.time = torch.zeros(n, dtype=torch.float64, device=place)
        self.at = torch.zeros(n, dtype=torch.long, device=place)
        self.fired = torch.zeros(n, dtype=torch.long, device=place)
        self.values = torch.full((self.last + 1, len(network.species), n), torch.nan, dtype=torch.float64, device=place)
        self.bad = torch.zeros((), dtype=torch.bool, device=place)

    def run(self, max_events: int) -> Sequence[Moments]:
        """The moments of all trajectories, in the parts in which they were finished."""
        parts: list[Moments] = []
        events = 0
        while self.at.numel():
            for _ in range(LOOK):
                self.step()
            if bool(self.bad):
                raise NetworkError(
                    "某个速率变成了负数或没有定义；它必须始终不小于 0",
                    "a rate law became negative or undefined; it must stay at least 0",
                )
            busy = self.at < self.last
            left = int(busy.sum())
            if left == 0 or left < SHRINK * len(busy):
                done = self.finished(~busy)
                parts.append(done)
                events += done.events
                self.state, self.time, self.at = self.state[:, busy], self.time[busy], self.at[busy]
                self.fired, self.values = self.fired[busy], self.values[:, :, busy]
            if events + int(self.fired.sum()) > max_events:
                check_failure(self.network, -2, max_events)
        return parts

    def step(self) -> None:
        """One reaction of every trajectory; those beyond the grid go on unrecorded and uncounted."""
        a = self.rates(self.state, self.at)
        self.bad |= ((a.amin(0) >= 0).logical_not_() & (self.at < self.last)).any()
        bound = a.cumsum(0)
        total = bound[-1]
        u = torch.rand(2, len(total), dtype=torch.float64, device=total.device, generator=self.generator)
        time = torch.addcdiv(
            self.time, u[0].neg_().log1p_(), total, value=-1.0
        )  # a0 = 0 gives infinity: the state stays
        reached = torch.searchsorted(self.grid, time)
        # Until its jump a trajectory holds its state: that is the value of every grid time before, written at the last one.
        row = torch.where(reached > self.at, reached - 1, self.last)
        self.values.scatter_(0, row.expand(1, *self.values.shape[1:]), self.state[None, :-1])
        chosen = (bound[:-1] <= u[1] * total).sum(0)
        self.state += self.change.index_select(1, chosen)
        self.fired += reached < self.last
        self.time, self.at = time, reached

    def finished(self, done: torch.Tensor) -> Moments:
        """The moments of trajectories that are done, gaps in their values filled from the next value written."""
        values = self.values[: self.last, :, done]
        for g in range(self.last - 2, -1, -1):
            values[g] = torch.where(values[g].isnan(), values[g + 1], values[g])
        mean = values.mean(2)
        deviation = values.sub_(mean[:, :, None]).square_().sum(2)
        return Moments(int(done.sum()), mean.cpu().numpy(), deviation.cpu().numpy(), int(self.fired[done].sum()))


def _rates(network: Network, c: Compiled, place: torch.device) -> Rates:
    """A function (state [species + 1, n], places [n]) -> propensities [reaction, n].

    Mass action takes a few operations for all reactions: every one has the same number of factors, those that are
    missing read the state's last row. Rate laws are evaluated one operation after the other.
    """
    species, reactions = len(network.species), len(c.constants)
    orders = np.diff(c.factor_start)
    slots = np.full((max(orders, default=0), reactions), species)
    offsets = np.zeros((*slots.shape, 1))
    for r in range(reactions):
        for f in range(orders[r]):
            slots[f, r] = c.factor_slot[c.factor_start[r] + f]
            offsets[f, r] = c.factor_offset[c.factor_start[r] + f]
    constants = torch.tensor(c.constants, device=place)[:, None]
    rows = torch.tensor(slots, device=place)
    less = [torch.tensor(offset, device=place) if offset.any() else None for offset in offsets]
    fractions = bool(loose(network))
    laws = _laws(network)

    def rates(state: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        a = constants.expand(-1, len(at)).clone()
        for row, offset in zip(rows, less, strict=True):
            factor = state.index_select(0, row)
            factor = factor if offset is None else factor.sub_(offset)
            a *= torch.where(factor >= 1.0, factor, 0.0) if fractions else factor  # less than one molecule never reacts
        if laws:
            values = dict(zip(network.species, state, strict=False))
            for r, (law, needed) in laws.items():
                rate = torch.as_tensor(evaluate(law, values, TORCH_FUNCTIONS), device=state.device).expand(len(at))
                for name, least in needed.items():  # a reaction cannot consume molecules that are not there
                    rate = torch.where(values[name] >= least, rate, 0.0)
                a[r] = rate
        return a

    return rates


def _laws(network: Network) -> dict[int, tuple[Formula, Mapping[str, int]]]:
    """The rate laws by reaction, parameters and rules put in, with the molecules that the reaction consumes."""
    values: dict[str, Formula] = {name: Number(float(v)) for name, v in network.parameters.items()}
    for variable, formula in ordered_rules(network).items():
        values[variable] = substitute(formula, values)
    return {
        r: (substitute(parse(reaction.rate), values), reaction.reactants)
        for r, reaction in enumerate(network.reactions)
        if not isinstance(reaction.rate, int | float)
    }


def _tensor(value: Any) -> torch.Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def _on_tensors(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """``function`` with numbers among its arguments turned into tensors, and truth values into 0 and 1."""
    return lambda *arguments: function(*(a if isinstance(a, torch.Tensor) else _tensor(a) for a in arguments)).to(
        torch.float64
    )


def _snapped(a: torch.Tensor) -> torch.Tensor:
    nearest = torch.floor(a + 0.5)
    return torch.where((a - nearest).abs() <= SNAP_WITHIN * nearest.abs(), nearest, a)


TORCH_FUNCTIONS: Mapping[str, Callable[..., torch.Tensor]] = {
    name: _on_tensors(function)
    for name, function in {
        "neg": torch.neg, "exp": torch.exp, "ln": torch.log, "log10": torch.log10, "sqrt": torch.sqrt, "abs": torch.abs,
        "floor": torch.floor, "ceil": torch.ceil, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "tanh": torch.tanh,
        "not": torch.logical_not, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "sinh": torch.sinh,
        "cosh": torch.cosh, "asinh": torch.asinh, "acosh": torch.acosh, "atanh": torch.atanh, "snap": _snapped, "factorial": lambda a: torch.lgamma(a + 1.0).exp(),
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow, "min": torch.minimum,
        "max": torch.maximum, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge, "eq": torch.eq, "ne": torch.ne,
        "and": torch.logical_and, "or": torch.logical_or, "select": lambda c, a, b: torch.where(c != 0, a, b),
    }.items()
}  # fmt: skip
"""The machine's operators on tensors; the names are those of ``NUMPY_FUNCTIONS``."""
