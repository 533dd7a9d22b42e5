"""Studies: the exact answers beside the simulated ones — distributions, the phase plane, two fates, two slips.

Each function gives a frozen result with all numbers of one picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.stats.gillespie.birth_death import schloegl_chain, stationary, switching_times
from core.stats.gillespie.ensembles import affordable
from core.stats.gillespie.master_equation import empirical, example_distribution
from core.stats.gillespie.networks import examples, phase_window, started_at
from core.stats.gillespie.paths import histogram, path
from core.stats.gillespie.rate_equations import deterministic, drift, fixed_points
from core.stats.gillespie.simulate import simulate

__all__ = [
    "Comparison", "Fates", "JumpSlip", "Plane", "StoichiometrySlip", "distribution", "fates", "jump_slip", "phase_plane",
    "stoichiometry_slip",
]  # fmt: skip

FRAMES = 41  # moments of a distribution's film
TIMES = 161
MOST_BINS = 100
REST = 1e-4  # probability that a picture may leave out at the right
PLANE_JUMPS = 60_000
SLIP_JUMPS = 600_000
PLANE_TIMES = 600
ARROWS, NULLCLINES = 15, 57  # grid points along each side
LEVEL_WIDTH, LEVELS = 20, 40  # bins of the Schlögl picture
SCHLOEGL_MOST = 1000  # molecules: beyond all fixed points
LOW_STATE, WAS_LOW, WAS_HIGH = 256, 100, 550  # molecules: the valley of the stationary distribution; clearly low, high


@dataclass(frozen=True, slots=True)
class Comparison:
    """Simulation and master equation at ``times`` [time], for one or two ``species``.

    ``centres`` [bin] a species, of bins as wide as ``widths`` says; ``simulated`` and ``solved`` [time, bin] are the
    probabilities a molecule, cut where less than REST is left. ``means``, ``sds``, ``solved_means``, ``solved_sds`` [time,
    species]. ``variation`` [time, species] is the total variation distance over the bins, and ``chance`` what as many
    draws from the solution itself would have on average; ``lost`` [time] the probability outside the states kept.
    """

    species: tuple[str, ...]
    times: np.ndarray
    centres: tuple[np.ndarray, ...]
    widths: tuple[int, ...]
    simulated: tuple[np.ndarray, ...]
    solved: tuple[np.ndarray, ...]
    means: np.ndarray
    sds: np.ndarray
    solved_means: np.ndarray
    solved_sds: np.ndarray
    variation: np.ndarray
    chance: np.ndarray
    lost: np.ndarray
    trajectories: int
    asked: int

    def __str__(self) -> str:
        off = (
            f"{s} {v:.3f} ({c:.3f} by chance)"
            for s, v, c in zip(self.species, self.variation[-1], self.chance[-1], strict=True)
        )
        return f"total variation at t = {self.times[-1]:g}, {self.trajectories} trajectories: {', '.join(off)}"

    def nearest(self, share: float) -> int:
        """The moment that lies at ``share`` of the time span."""
        return round(share * (len(self.times) - 1))

    def at_mean(self, moment: int) -> float:
        """Probability of the first species at its mean, as a share of the largest: near 0 between two peaks."""
        p, bin_ = self.solved[0][moment], np.abs(self.centres[0] - self.solved_means[moment, 0]).argmin()
        return float(p[bin_] / p.max())

    def height(self, species: int, moment: int) -> float:
        """Probability up to which a film of a species need reach: all but the sharpest moments, and this one."""
        peaks = self.solved[species].max(1)
        return 1.25 * float(max(np.quantile(peaks, 0.85), peaks[moment], self.simulated[species][moment].max()))


@lru_cache(maxsize=16)
def distribution(network: str, runs: int = 2000, seed: int = 1) -> Comparison:
    """Histograms of as many of ``runs`` trajectories as are affordable, beside the solved master equation."""
    example = examples()[network]
    solution = example_distribution(network, FRAMES)
    species = example.shown[:2]
    result = simulate(example.network, solution.times, affordable(runs, example.events), seed, keep=True)
    columns, solved_columns = [result.of(s) for s in species], [solution.species.index(s) for s in species]
    bins = [_binned(result.kept[:, :, c], solution.marginal(s)[1]) for c, s in zip(columns, species, strict=True)]
    centres, widths, simulated, solved = zip(*bins, strict=True)
    pairs = list(zip(simulated, solved, widths, strict=True))
    spread = [
        np.sqrt(2 * np.clip(p * w * (1 - p * w), 0, 1) / (np.pi * result.trajectories)).sum(1) for _, p, w in pairs
    ]
    ends = [_support(np.maximum(s, p) * w) for s, p, w in pairs]
    mean, sd = solution.moments()
    return Comparison(
        species=species,
        times=solution.times,
        centres=tuple(c[:end] for c, end in zip(centres, ends, strict=True)),
        widths=widths,
        simulated=tuple(s[:, :end] for s, end in zip(simulated, ends, strict=True)),
        solved=tuple(p[:, :end] for p, end in zip(solved, ends, strict=True)),
        means=result.mean[:, columns],
        sds=result.sd[:, columns],
        solved_means=mean[:, solved_columns],
        solved_sds=sd[:, solved_columns],
        variation=np.stack([0.5 * w * np.abs(s - p).sum(1) for s, p, w in pairs], 1),
        chance=0.5 * np.stack(spread, 1),
        lost=np.maximum(solution.lost, 0.0),
        trajectories=result.trajectories,
        asked=runs,
    )


def _binned(counts: np.ndarray, solved: np.ndarray) -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
    """Bins of both: centres [bin], their width, and the probabilities a molecule [time, bin]."""
    values = solved.shape[1]
    width = -(-_support(solved) // MOST_BINS)
    edges = np.arange(0, values, width)
    simulated = empirical(counts, values)
    middles = edges + 0.5 * (width - 1)
    return (
        middles,
        width,
        np.add.reduceat(simulated, edges, axis=1) / width,
        np.add.reduceat(solved, edges, axis=1) / width,
    )


def _support(p: np.ndarray) -> int:
    """How many values to show: up to where less than REST of any moment's probability is left."""
    tail = p[:, ::-1].cumsum(1)[:, ::-1]
    return max(int((tail.max(0) > REST).sum()) + 1, 3)


@dataclass(frozen=True, slots=True)
class Plane:
    """The phase plane of two ``species`` up to ``window`` [species], and two ways through it from ``start``.

    The flow of the rate equations: its direction in ``degrees`` [arrow] clockwise from straight up, as seen in a square
    plane, at ``arrows`` [arrow, species]; ``drift`` [y, x, species] on ``grid`` [species, point] for the nullclines.
    ``path`` [jump + 1, species] is the exact path and ``ode`` [time, species] the deterministic one; ``stepped``
    [time, species] is the exact path at ``times`` too.
    """

    species: tuple[str, str]
    window: tuple[float, float]
    start: tuple[int, int]
    arrows: np.ndarray
    degrees: np.ndarray
    grid: np.ndarray
    drift: np.ndarray
    path: np.ndarray
    times: np.ndarray
    stepped: np.ndarray
    ode: np.ndarray
    truncated: bool

    def __str__(self) -> str:
        end = f"at t = {self.times[-1]:g} the path is at {self.path[-1]}, the rate equations at {self.ode[-1].round(1)}"
        return f"from {self.start}, after {self.jumps} jumps: {end}"

    @property
    def jumps(self) -> int:
        """Reactions on the exact path."""
        return len(self.path) - 1

    def share(self, points: np.ndarray) -> np.ndarray:
        """Points [..., species] as shares of the window's sides."""
        return points / np.array(self.window)

    @property
    def apart(self) -> float:
        """Distance of the two ends, as a share of the window's sides (root mean square of both)."""
        return float(np.sqrt((((self.path[-1] - self.ode[-1]) / self.window) ** 2).mean()))


def phase_plane(network: str, start: Sequence[float], span: float = 1.0, seed: int = 3) -> Plane:
    """One exact path and the deterministic one from ``start``, given as shares of the plane's sides."""
    example = examples()[network]
    window = phase_window(network)
    x, y = (round(share * top) for share, top in zip(start, window, strict=True))
    moved = started_at(example.network, (x, y))
    found = path(moved, example.horizon * span, seed, max_jumps=PLANE_JUMPS)
    times = np.linspace(0, example.horizon * span, PLANE_TIMES)
    middles = (np.arange(ARROWS) + 0.5) / ARROWS
    arrows = np.stack(np.meshgrid(middles * window[0], middles * window[1]), -1).reshape(-1, 2)
    right, up = (drift(moved, arrows) / window).T
    grid = np.stack([np.linspace(0, top, NULLCLINES) for top in window])
    return Plane(
        species=(example.shown[0], example.shown[1]),
        window=window,
        start=(x, y),
        arrows=arrows,
        degrees=np.degrees(np.arctan2(right, up)),
        grid=grid,
        drift=drift(moved, np.stack(np.meshgrid(*grid), -1)),
        path=found.states,
        times=times,
        stepped=found.states[np.searchsorted(found.times, times, "right") - 1],
        ode=deterministic(moved, times),
        truncated=found.truncated,
    )


@dataclass(frozen=True, slots=True)
class Fates:
    """The Schlögl network from one start: ``paths`` [path, time] and the rate equation ``ode`` [time].

    Densities [level] of the count at the end (``final``) and when stationary, a molecule, over bins of ``width`` around
    ``levels``. ``low`` and ``stationary_low`` are the probabilities of the lower state; ``crossed`` the share of paths that
    were clearly low and clearly high; ``up`` and ``down`` the mean times between the ``modes`` [time], exact;
    ``roots`` the fixed points of the rate equation, the middle one unstable.
    """

    times: np.ndarray
    paths: np.ndarray
    ode: np.ndarray
    levels: np.ndarray
    width: int
    final: np.ndarray
    stationary: np.ndarray
    low: float
    stationary_low: float
    crossed: float
    modes: tuple[int, int]
    up: float
    down: float
    roots: tuple[float, ...]
    trajectories: int
    asked: int

    def __str__(self) -> str:
        return (
            f"low at t = {self.times[-1]:g}: {self.low:.4f} of {self.trajectories} paths, {self.stationary_low:.4f} when stationary; "
            f"mean time up {self.up:.0f}, down {self.down:.0f}; the rate equation ends at {self.ode[-1]:.1f}"
        )


def fates(start: int = 250, horizon: float = 20.0, runs: int = 400, seed: int = 2, paths: int = 8) -> Fates:
    """Trajectories of the Schlögl network from ``start`` molecules, beside all that is known exactly about it."""
    example = examples()["schloegl"]
    network = started_at(example.network, [start])
    times = np.linspace(0, horizon, TIMES)
    count = affordable(runs, example.events * horizon / example.horizon)
    result = simulate(network, times, count, seed, keep=True)
    x = result.kept[:, :, 0]
    p = stationary(*schloegl_chain())
    valley = LOW_STATE + 1
    modes = int(p[:valley].argmax()), int(valley + p[valley:].argmax())
    up, down = switching_times(*modes)
    edges = np.arange(0, LEVEL_WIDTH * LEVELS, LEVEL_WIDTH)
    top = LEVEL_WIDTH * LEVELS
    final = empirical(x[:, -1:], top)[0]
    return Fates(
        times=times,
        paths=x[:paths].copy(),
        ode=deterministic(network, times)[:, 0],
        levels=edges + 0.5 * (LEVEL_WIDTH - 1),
        width=LEVEL_WIDTH,
        final=np.add.reduceat(final, edges) / LEVEL_WIDTH,
        stationary=np.add.reduceat(p[:top], edges) / LEVEL_WIDTH,
        low=float((x[:, -1] <= LOW_STATE).mean()),
        stationary_low=float(p[:valley].sum()),
        crossed=float(((x <= WAS_LOW).any(1) & (x >= WAS_HIGH).any(1)).mean()),
        modes=modes,
        up=up,
        down=down,
        roots=fixed_points(example.network, SCHLOEGL_MOST),
        trajectories=result.trajectories,
        asked=runs,
    )


@dataclass(frozen=True, slots=True)
class StoichiometrySlip:
    """Means of P in 2P ⇌ P₂ at ``times`` [time]: ``solved`` by the master equation, simulated with n(n-1)/2 (``right``)
    and with the post's n (``post``); ``at`` is the place of the moment ``moment`` among them."""

    times: np.ndarray
    solved: np.ndarray
    right: np.ndarray
    post: np.ndarray
    at: int

    def __str__(self) -> str:
        means = f"{self.solved[self.at]:.4f} solved, {self.right[self.at]:.4f} with n(n-1)/2, {self.post[self.at]:.4f} with n"
        return f"mean of P at t = {self.moment:g}: {means}"

    @property
    def moment(self) -> float:
        """The moment at which the three are compared [time]."""
        return float(self.times[self.at])


def stoichiometry_slip(runs: int = 4000, seed: int = 1) -> StoichiometrySlip:
    """What it changes to leave the stoichiometry out of the propensity, compared at t = 10."""
    network = examples()["dimerisation"].network
    solution = example_distribution("dimerisation", FRAMES)
    right, post = (
        simulate(network, solution.times, runs, seed, mass_action=kind).mean[:, 0] for kind in ("exact", "post")
    )
    at = int(np.abs(solution.times - 10).argmin())
    return StoichiometrySlip(solution.times, solution.moments()[0][:, 0], right, post, at)


@dataclass(frozen=True, slots=True)
class JumpSlip:
    """Histograms of the protein n on one long path: shares [value] of ``values`` by time and by jumps, and their means.

    ``truth`` is the stationary mean, 20 · 2.5 / 1; ``jumps_truth`` the mean that counting jumps tends to, E[a0 n] / E[a0].
    """

    values: np.ndarray
    by_time: np.ndarray
    by_jumps: np.ndarray
    jumps: int
    truth: float = 50.0
    jumps_truth: float = 7200 / 140

    def __str__(self) -> str:
        return f"mean of n: {self.time_mean:.3f} by time, {self.jumps_mean:.3f} by jumps ({self.jumps} of them), truth {self.truth:g}"

    @property
    def time_mean(self) -> float:
        """Mean of n, each state weighed by how long it lasted."""
        return float(self.values @ self.by_time)

    @property
    def jumps_mean(self) -> float:
        """Mean of n over the jumps."""
        return float(self.values @ self.by_jumps)

    @property
    def excess(self) -> float:
        """By how much counting jumps makes the mean larger."""
        return self.jumps_mean - self.time_mean


def jump_slip(horizon: float = 1000.0, seed: int = 1) -> JumpSlip:
    """What it changes to count jumps where time should be weighed, on one path of the post's own example."""
    found = path(examples()["gene"].network, horizon, seed, max_jumps=SLIP_JUMPS)
    values, by_time = histogram(found, "n", "time")
    _, by_jumps = histogram(found, "n", "jumps")
    return JumpSlip(values, by_time, by_jumps, len(found.times) - 1)
