"""Simulate: ensembles of exact trajectories, block by block over the threads, with moments kept and memory bounded."""

from __future__ import annotations

import itertools
import operator
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np

from core.device import cores
from core.jit import COMPILING, uncompiled
from core.notice import Notice
from core.progress import Progress
from core.refusal import Refusal
from core.stats.gillespie.compiled import Compiled, compile_network, loose
from core.stats.gillespie.formula import Call, Formula, Name, parse
from core.stats.gillespie.general import general_kernel, run_general
from core.stats.gillespie.lanes import run_block
from core.stats.gillespie.network import Event, Network
from core.stats.gillespie.notices import about_constraints, refuse_frozen
from core.stats.gillespie.result import Result, check_failure
from core.stats.gillespie.scalar import SUMS
from core.stats.gillespie.tau_leaping import leaping_kernel, run_leaping

__all__ = ["MAX_EVENTS", "MAX_SEED", "Moments", "check_times", "first_use", "simulate", "simulate_stream", "whole"]

MAX_SEED = 2**63 - 1
MAX_TRAJECTORIES = 10_000_000
MAX_TIMES = 100_000
MAX_EVENTS = 10**12  # events of one block; a visitor's page sets a smaller bound
MAX_KEPT_BYTES = 2**31
BLOCK = 512
LARGE_BLOCK = 2048  # from LARGE on: fewer, longer blocks lose less at their ends
LARGE = 16_384


def simulate(
    network: Network,
    times: Sequence[float] | np.ndarray,
    trajectories: int,
    seed: int,
    *,
    method: str = "exact",
    mass_action: str = "exact",
    keep: bool | int = False,
    threads: int | None = None,
    max_events: int = MAX_EVENTS,
    executor: Executor | None = None,
) -> Result:
    """Simulate an ensemble and return its moments at ``times``.

    Parameters
    ----------
    network : species, reactions and what SBML adds (rules, events).
    times : increasing times of at least 0 [time]; a value is the state after the last jump at or before its time.
    trajectories, seed : how many independent runs, and where their random streams start. The same seed gives the same
        numbers whatever ``threads`` is; trajectory i is the same in a small and in a large ensemble.
    method : "exact" is the direct method; "tau-leaping" (Cao, Gillespie & Petzold 2006) approximates.
    mass_action : "post" leaves stoichiometry out of the propensity, as post 5607 does; to show what that changes.
    keep : also return values, ``counts`` [trajectory, time, species]: True those of all trajectories, a number those of
        at least so many of the first ones.
    threads : how many blocks run at once; None takes all cores allowed to this process.
    max_events : most reactions in one block of 512 or 2048 trajectories.
    executor : where the blocks run, other processes and machines included; None takes threads of this process. The numbers
        are the same bit for bit. What it computes comes back as moments alone, so ``keep`` must be False.

    Raises
    ------
    NetworkError for a network that cannot be simulated, Refusal naming any other argument and what is allowed, ValueError for
    an executor together with ``keep``.
    """
    result = None
    for result in simulate_stream(  # noqa: B007 - the last one is the answer
        network, times, trajectories, seed, method=method, mass_action=mass_action, keep=keep, threads=threads,
        max_events=max_events, executor=executor,
    ):  # fmt: skip
        pass
    assert isinstance(result, Result)
    return result


def first_use(method: str = "exact") -> Iterator[Progress]:
    """Says so where simulating mass action by ``method`` compiles a kernel first, which takes far longer than the rest."""
    if uncompiled(leaping_kernel if method == "tau-leaping" else run_block):
        yield Progress(0.0, COMPILING)


def simulate_stream(
    network: Network,
    times: Sequence[float] | np.ndarray,
    trajectories: int,
    seed: int,
    *,
    method: str = "exact",
    mass_action: str = "exact",
    keep: bool | int = False,
    threads: int | None = None,
    max_events: int = MAX_EVENTS,
    executor: Executor | None = None,
) -> Iterator[Result | Progress]:
    """As :func:`simulate`, but yields the result of the trajectories done so far after every round of blocks.

    The first item is Progress where a kernel has to be compiled first. Close the iterator to stop early.
    """
    if executor is not None and keep:
        raise ValueError(f"keep = {keep}: must be False with an executor: another process cannot write into counts")
    grid = check_times(times)
    trajectories = whole("trajectories", trajectories, 1, MAX_TRAJECTORIES)
    seed = whole("seed", seed, 0, MAX_SEED)
    threads = whole("threads", threads, 1, 256) if threads is not None else cores()
    if method not in ("exact", "tau-leaping"):
        raise Refusal("必须是 exact 或 tau-leaping", "must be exact or tau-leaping", input="method", value=method)
    if mass_action not in ("exact", "post"):
        raise Refusal("必须是 exact 或 post", "must be exact or post", input="mass_action", value=mass_action)
    given, network = network, _watching(network)
    assigned = frozenset(name for event in network.events for name, _ in event.assignments) - set(network.species)
    compiled = compile_network(network, mass_action, assigned)
    refuse_frozen(given)
    width = len(compiled.output_names)
    size = BLOCK if trajectories < LARGE else LARGE_BLOCK
    stored = trajectories if keep is True else min(-(-keep // size) * size, trajectories)  # whole blocks
    if 8 * stored * len(grid) * width > MAX_KEPT_BYTES:
        raise Refusal(
            f"{stored} × {len(grid)} × {width} 个数超过 {MAX_KEPT_BYTES >> 30} GiB；请减少轨迹、时刻或物种",
            f"{stored} x {len(grid)} x {width} values need more than {MAX_KEPT_BYTES >> 30} GiB; take fewer of them",
            input="keep", value=keep,
        )  # fmt: skip
    if method == "tau-leaping":
        block, kernel = _leaping_block, leaping_kernel
    elif network.events or compiled.timed or (loose(network) and not compiled.is_law.all()):
        block, kernel = (
            _general_block,
            general_kernel,
        )  # the lanes multiply mass action out without looking for fractions
    else:
        block, kernel = _lanes_block, run_block
    if uncompiled(kernel):
        yield Progress(0.0, COMPILING)
    counts = np.empty((stored, len(grid), width))
    starts = range(0, trajectories, size)
    moments = Moments.empty(len(grid), width)
    jobs: deque[Future[Moments]] = deque()
    to_do = iter(starts)
    with ThreadPoolExecutor(threads) if executor is None else nullcontext(executor) as pool:
        try:
            for done in range(1, len(starts) + 1):
                for first in itertools.islice(
                    to_do, 2 * threads - len(jobs)
                ):  # enough that no thread waits for the order
                    count = min(size, trajectories - first)
                    part = counts[first : first + count]
                    jobs.append(pool.submit(block, network, compiled, grid, first, count, seed, part, max_events))
                moments = moments.joined(jobs.popleft().result())
                if done % threads == 0 or done == len(starts):
                    kept = counts[: min(moments.trajectories, stored)] if keep else None
                    result = moments.result(compiled.output_names, grid, kept, method == "exact", given.notices)
                    yield _without_watchers(given, result) if given.constraints else result
        finally:
            for job in jobs:
                job.cancel()


@dataclass(frozen=True, slots=True)
class Moments:
    """Of some trajectories: how many, mean and summed squared deviation [time, output], and their events."""

    trajectories: int
    mean: np.ndarray
    deviation: np.ndarray
    events: int

    @staticmethod
    def empty(times: int, outputs: int) -> Moments:
        return Moments(0, np.zeros((times, outputs)), np.zeros((times, outputs)), 0)

    @staticmethod
    def of(sums: np.ndarray, events: int) -> Moments:
        """From what :func:`~core.stats.gillespie.scalar.record` kept [time, output, SUMS]."""
        count, first, total, squares = np.moveaxis(sums, 2, 0)
        shift = total / count
        return Moments(int(count.flat[0]), first + shift, np.maximum(squares - total * shift, 0.0), events)

    def joined(self, other: Moments) -> Moments:
        """Both sets together (Chan, Golub & LeVeque 1979): no cancellation between blocks."""
        total = self.trajectories + other.trajectories
        gap = other.mean - self.mean
        mean = self.mean + gap * (other.trajectories / total)
        spread = self.deviation + other.deviation + gap**2 * (self.trajectories * other.trajectories / total)
        return Moments(total, mean, spread, self.events + other.events)

    def result(
        self, names: tuple[str, ...], grid: np.ndarray, counts: np.ndarray | None, exact: bool, notices: tuple[Notice, ...] = ()
    ) -> Result:  # fmt: skip
        with np.errstate(invalid="ignore", divide="ignore"):
            sd = np.sqrt(self.deviation / (self.trajectories - 1))
        return Result(names, grid, self.mean, sd, self.trajectories, self.events, counts, exact, notices)


def _watching(network: Network) -> Network:
    """The network with an event and an output for each constraint: a mark that is 1 from when it is broken."""
    if not network.constraints:
        return network
    marks = [f"constraint {i}" for i in range(len(network.constraints))]
    events = [
        Event(Call("not", (parse(c.condition),)), ((mark, "1"),), initial_value=False)
        for c, mark in zip(network.constraints, marks, strict=True)
    ]
    outputs: list[tuple[str, str | Formula]] = list(network.outputs or ((s, Name(s)) for s in network.species))
    return replace(
        network,
        parameters={**network.parameters, **dict.fromkeys(marks, 0.0)},
        events=(*network.events, *events),
        outputs=(*outputs, *((mark, Name(mark)) for mark in marks)),
    )


def _without_watchers(network: Network, result: Result) -> Result:
    """The result without the marks of :func:`_watching`, and notices of the constraints that were broken."""
    shown = len(result.species) - len(network.constraints)
    return replace(
        result,
        species=result.species[:shown],
        mean=result.mean[:, :shown],
        sd=result.sd[:, :shown],
        counts=None if result.counts is None else result.counts[:, :, :shown],
        notices=(*result.notices, *about_constraints(network.constraints, result.mean[-1, shown:].tolist())),
    )


def _lanes_block(
    network: Network, c: Compiled, grid: np.ndarray, first: int, count: int, seed: int, counts: np.ndarray, most: int
) -> Moments:  # fmt: skip
    sums = np.zeros((len(grid), len(c.output_names), SUMS))
    rule_end = 0 if len(c.rules.starts) == 1 else int(c.rules.starts[-1])
    out_start = c.outputs.starts if (c.output_slot < 0).any() else np.zeros(len(c.output_names) + 1, np.int64)
    events, failed = run_block(
        first, count, seed, grid,
        c.initial, c.constants, c.factor_start, c.factor_slot, c.factor_offset, c.is_law,
        c.step_slot, c.step_base, c.step_bound, c.step_change,
        c.laws.code, c.laws.constants, c.laws.starts, c.rules.code, c.rules.constants, rule_end,
        c.outputs.code, c.outputs.constants, out_start, c.output_slot,
        sums, counts, most,
    )  # fmt: skip
    check_failure(network, failed, most)
    return Moments.of(sums, events)


def _general_block(
    network: Network, c: Compiled, grid: np.ndarray, first: int, count: int, seed: int, counts: np.ndarray, most: int
) -> Moments:  # fmt: skip
    sums, events = run_general(network, c, grid, first, count, seed, counts, most)
    return Moments.of(sums, events)


def _leaping_block(
    network: Network, c: Compiled, grid: np.ndarray, first: int, count: int, seed: int, counts: np.ndarray, most: int
) -> Moments:  # fmt: skip
    sums, events, failed = run_leaping(network, c, grid, first, count, seed, counts, most)
    check_failure(network, failed, most)
    return Moments.of(sums, events)


def check_times(times: Sequence[float] | np.ndarray) -> np.ndarray:
    """``times`` as an array; Refusal unless they increase, are finite and start at 0 or later."""
    grid = np.asarray(times, np.float64)
    if grid.ndim != 1 or not 1 <= len(grid) <= MAX_TIMES:
        raise Refusal(f"必须是 1 到 {MAX_TIMES} 个数", f"must be a list of 1 to {MAX_TIMES} numbers", input="times")
    if not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise Refusal(
            "必须是有限数，从 0 或之后开始，逐个增大",
            "must be finite, start at 0 or later, and increase",
            input="times",
        )
    return np.ascontiguousarray(grid)


def whole(name: str, value: int, low: int, high: int) -> int:
    """``value`` as an int in [low, high]; Refusal naming the argument otherwise."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or not low <= number <= high:
        raise Refusal(
            f"必须是 {low} 到 {high} 的整数", f"must be a whole number from {low} to {high}", input=name, value=value
        )
    return number
