"""Ensembles over time: moments, quantiles, single paths and the distribution at the end, ready to be drawn.

:func:`trajectories` watches a named example, :func:`own` a reader's network while its trajectories are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from core.notice import Notice
from core.progress import Progress
from core.stats.gillespie.network import Network
from core.stats.gillespie.networks import examples
from core.stats.gillespie.rate_equations import deterministic
from core.stats.gillespie.result import Result
from core.stats.gillespie.simulate import simulate, simulate_stream

__all__ = ["EVENTS", "Ensemble", "Histogram", "affordable", "histogram_of", "own", "trajectories"]

EVENTS = 1e8  # reactions that one picture may cost: some two seconds on two cores
OWN_EVENTS = 75_000_000  # reactions of one block of a reader's network
LEAP_COST = 6  # a reaction by tau-leaping costs up to this many exact ones where leaps are short (Schlögl)
FEWEST = 32  # trajectories, whatever they cost
TIMES, OWN_TIMES = 161, 101
QUANTILES = (0.05, 0.25, 0.75, 0.95)
SAMPLED = 4000  # trajectories whose values are kept for the quantiles
OWN_SAMPLED = 1024
OWN_SHOWN, OWN_PATHS = 4, 6
MOST_BINS, MOST_POINTS = 40, 121
TAIL = 1e-3  # of the Poisson distribution left out of a picture on either side: too low to be seen beside its peak


@dataclass(frozen=True, slots=True)
class Histogram:
    """Shares of values: ``density`` [bin] a unit of the value, over bins of ``width`` around ``centres`` [bin].

    ``poisson`` [point] is the Poisson distribution of the same mean at the whole numbers ``poisson_at`` [point], as far as it
    reaches, also where no value lies; None where values are not whole.
    """

    centres: np.ndarray
    density: np.ndarray
    width: float
    poisson_at: np.ndarray | None = None
    poisson: np.ndarray | None = None

    @property
    def top(self) -> float:
        """The largest value that a picture of it holds."""
        return float(max(self.centres[-1], 0.0 if self.poisson_at is None else self.poisson_at[-1]))


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Many trajectories of one network.

    ``means``, ``sds`` [time, species] over ``trajectories`` runs of the ``asked`` ones; ``shown`` are the columns that are
    drawn, and of these alone: ``quantiles`` [5 25 75 95 %, time, shown], single ``paths`` [path, time, shown], ``ends``,
    the histograms at the last time, and ``ode`` [time, shown], the rate equations (None where they are not asked for).
    ``reactions`` lists equation and rate as text, as the model has them written, and ``switches`` its events: condition,
    effect and delay («» without one); ``events`` counts reactions; ``exact`` is False for tau-leaping;
    ``notices`` are sentences that a reader must see, 中文 and English.
    """

    species: tuple[str, ...]
    shown: tuple[int, ...]
    times: np.ndarray
    means: np.ndarray
    sds: np.ndarray
    quantiles: np.ndarray
    paths: np.ndarray
    ends: tuple[Histogram, ...]
    ode: np.ndarray | None
    reactions: tuple[tuple[str, str], ...]
    trajectories: int
    asked: int
    events: int
    exact: bool
    notices: tuple[Notice, ...] = ()
    switches: tuple[tuple[str, str, str], ...] = ()

    @property
    def fano(self) -> np.ndarray:
        """Variance over mean at the last time [species]: 1 for a Poisson number, NaN where the mean is 0."""
        mean = self.means[-1]
        return np.divide(self.sds[-1] ** 2, mean, out=np.full(len(mean), np.nan), where=mean > 0)

    def top(self, row: int) -> float:
        """The largest finite number that the picture of the shown species ``row`` holds."""
        drawn = (self.quantiles[:, :, row], self.paths[:, :, row])
        return max(self.ends[row].top, *(float(part[np.isfinite(part)].max(initial=0.0)) for part in drawn))

    def __str__(self) -> str:
        ends = (f"{s} {m:.4g} ± {sd:.3g}" for s, m, sd in zip(self.species, self.means[-1], self.sds[-1], strict=True))
        return f"{self.trajectories} trajectories, t = {self.times[-1]:g}: {', '.join(ends)}"

    @property
    def noisiest(self) -> int | None:
        """The column shown with the largest Fano factor; None where all trajectories end alike."""
        known = [column for column in self.shown if self.fano[column] > 0]
        return max(known, key=lambda column: self.fano[column], default=None)


def trajectories(
    network: str, runs: int = 2000, span: float = 1.0, method: str = "exact", seed: int = 1, paths: int = 6
) -> Ensemble:  # fmt: skip
    """The example called ``network`` over ``span`` times its usual span [time], with the first ``paths`` trajectories.

    As many of the ``runs`` trajectories as EVENTS reactions pay for.
    """
    example = examples()[network]
    times = np.linspace(0, example.horizon * span, TIMES)
    cost = example.events * span * (LEAP_COST if method == "tau-leaping" else 1)
    result = simulate(example.network, times, affordable(runs, cost), seed, method=method, keep=SAMPLED)
    shown = tuple(result.of(name) for name in example.shown)
    ode = deterministic(example.network, times)[:, list(shown)]
    return _ensemble(example.network, result, shown, paths, ode, runs)


def own(network: Network, horizon: float = 100.0, runs: int = 500, seed: int = 1) -> Iterator[Ensemble | Progress]:
    """A reader's network up to ``horizon`` [time]: the ensemble so far, again and again until all ``runs`` are in it.

    Before them Progress, where a kernel has to be compiled.
    """
    times = np.linspace(0, horizon, OWN_TIMES)
    for result in simulate_stream(network, times, runs, seed, keep=OWN_SAMPLED, max_events=OWN_EVENTS):
        if isinstance(result, Progress):
            yield result
            continue
        shown = tuple(range(min(OWN_SHOWN, len(result.species))))
        yield _ensemble(network, result, shown, OWN_PATHS, None, runs)


def affordable(runs: int, events: float) -> int:
    """As many of ``runs`` trajectories as EVENTS reactions pay for, at ``events`` reactions each."""
    return max(FEWEST, min(runs, int(EVENTS / events)))


def histogram_of(values: np.ndarray) -> Histogram:
    """Histogram of the finite values [trajectory], in bins of a whole number of molecules where they are whole."""
    values = values[np.isfinite(values)]
    if not len(values):
        return Histogram(np.zeros(1), np.zeros(1), 1.0)
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.floor(values)).all())
    if whole:
        width = float(np.ceil((high - low + 1) / MOST_BINS))
        edges = low - 0.5 + width * np.arange(max(int(np.ceil((high - low + 1) / width)), 1) + 1)
    else:
        edges = np.linspace(low, high if high > low else low + 1, MOST_BINS + 1)
        width = float(edges[1] - edges[0])
    density = np.histogram(values, edges)[0] / (len(values) * width)
    centres = 0.5 * (edges[1:] + edges[:-1])
    if not whole:
        return Histogram(centres, density, width)
    mean = float(values.mean())
    low, high = scipy.stats.poisson.ppf([TAIL, 1 - TAIL], mean)
    reach = np.linspace(low, high, MOST_POINTS)
    at = np.unique(np.rint(reach))
    return Histogram(centres, density, width, at, scipy.stats.poisson.pmf(at, mean))


def _ensemble(
    network: Network, result: Result, shown: Sequence[int], paths: int, ode: np.ndarray | None, asked: int
) -> Ensemble:  # fmt: skip
    counts = result.kept[:SAMPLED, :, list(shown)]
    return Ensemble(
        species=result.species,
        shown=tuple(shown),
        times=result.times,
        means=result.mean,
        sds=result.sd,
        quantiles=np.quantile(counts, QUANTILES, axis=0),
        paths=counts[:paths].copy(),
        ends=tuple(histogram_of(counts[:, -1, i]) for i in range(len(shown))),
        ode=ode,
        reactions=tuple((r.equation, r.written or r.law) for r in network.reactions),
        trajectories=result.trajectories,
        asked=asked,
        events=result.events,
        exact=result.exact,
        notices=result.notices,
        switches=tuple((event.condition, event.effect, event.wait) for event in network.events),
    )
