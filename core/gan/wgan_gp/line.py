"""Critics trained on the line: what each way of keeping them regular makes of W1, and a generator that learns to imitate.

For N(0, 1) and N(δ, 1), W1 = δ. With D = |F_p - F_q| and r the density of x̂ between pairs, a critic gains ∫ D |T'| dx when
its slope has the right sign, and a penalty costs λ ∫ r (|T'| - 1)² dx. So the best slope under the squared penalty is
1 + D/2λr at each place, and the gain W1 + ∫ D²/r dx / 2λ. Without the square, λ E relu(‖∇T‖ - 1), as in the script of post
4439, the best slope is exactly 1 wherever D < λ r. Clipping bounds weights, not the slope.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import norm

from core.gan.objectives import objective
from core.gan.plane.network import Network
from core.gan.plane.player import Player
from core.gan.plane.training import penalise
from core.progress import Progress

__all__ = ["WAYS", "Estimates", "Imitation", "estimate", "imitate", "penalised_gain", "penalised_slope"]

PENALISED = ("two-sided", "linear")
WAYS = ("none", "clip", "two-sided", "linear", "spectral")
WIDTHS = (32, 32)
BATCH = 256
LR, IMITATION_LR = 5e-3, 2e-3  # for a critic alone, for both players
CLIP = 0.1  # on networks of 32 units; the paper's 0.01 is for pictures
REACH, POINTS = 4.0, 161  # standard deviations beyond both centres that are shown
MEASURED = 4000
SHOWN_EVERY = 5  # records, between two pictures while training goes on
GENERATOR_WIDTHS, CRITIC_STEPS, SHOWN_SAMPLES = (32, 32), 5, 4000
PARTS = ((-1.5, 0.35, 0.6), (1.2, 0.5, 0.4))  # mean, sd and weight of the two normals to imitate
WINDOW, BINS = 3.0, 60
SHARES, TAIL, PLACES = 200, 6.0, 401  # of the sums over ε and over the line; 6 standard deviations leave out 1e-9
BETAS = (0.0, 0.9)  # arXiv 1704.00028


@dataclass(frozen=True)
class Estimates:
    """``steps`` [k]; by way: ``gain`` E_p T - E_q T [k] and ``steepest`` slope [k] on the line, ``critic`` T [161] now; ``w1``."""

    x: np.ndarray
    w1: float
    steps: np.ndarray
    gain: dict[str, np.ndarray]
    steepest: dict[str, np.ndarray]
    critic: dict[str, np.ndarray]
    total: int

    def quotient(self, way: str) -> float:
        """Gain over steepest slope at the last step: by duality no more than W1."""
        return float(self.gain[way][-1] / self.steepest[way][-1])

    def expected(self, lam: float) -> float:
        """What the best critic under the squared penalty with this λ gains."""
        return penalised_gain(self.w1, lam)


@dataclass(frozen=True)
class Imitation:
    """Moments of a generator's training: ``steps`` [k], ``made`` [k, 60] and ``real`` [60] densities in the bins about
    ``centres``, the critic ``critic`` [k, 60] there with mean 0, ``w1`` [k] of samples and target."""

    centres: np.ndarray
    real: np.ndarray
    steps: np.ndarray
    made: np.ndarray
    critic: np.ndarray
    w1: np.ndarray
    total: int


def _criticise(
    player: Player, way: str, lam: float, real: torch.Tensor, fake: torch.Tensor, mix: torch.Tensor, step: int
) -> None:
    """One update of a critic that is kept regular by ``way``, on points [B, 1] with shares ``mix`` [B, 1] between them."""
    player.judge(objective("wgan-gp"), real, fake, torch.ones(len(real)))
    if way in PENALISED:
        penalise(player.net, mix * real + (1 - mix) * fake, way, lam)
    player.step(step)
    if way == "clip":
        player.net.parameters.clamp_(-CLIP, CLIP)


def estimate(delta: float, lam: float, steps: int, seed: int, every: int = 50) -> Iterator[Estimates | Progress]:
    """Train one critic a way on N(0, 1) and N(δ, 1); yields all of them a few times, the last time whole."""
    rng = torch.Generator().manual_seed(seed)
    start = int(torch.randint(2**31, (1,), generator=rng))
    nets = {
        way: Network((1, *WIDTHS, 1), torch.Generator().manual_seed(start), spectral=way == "spectral") for way in WAYS
    }
    players = {way: Player(net, LR, steps, BETAS) for way, net in nets.items()}
    x = np.linspace(min(0.0, delta) - REACH, max(0.0, delta) + REACH, POINTS)
    fresh = torch.randn(2, MEASURED, 1, generator=torch.Generator().manual_seed(seed + 1))
    fresh[1] += delta
    grid = torch.from_numpy(x).float()[:, None]
    seen: list[int] = []
    gain: dict[str, list[float]] = {way: [] for way in WAYS}
    steepest: dict[str, list[float]] = {way: [] for way in WAYS}
    for step in range(1, steps + 1):
        points = torch.randn(2, BATCH, 1, generator=rng)
        points[1] += delta
        mix = torch.rand(BATCH, 1, generator=rng)
        for way, player in players.items():
            _criticise(player, way, lam, points[0], points[1], mix, step)
        if step % every and step != steps:
            continue
        seen.append(step)
        for way, net in nets.items():
            gain[way].append(float(net(fresh[0]).mean() - net(fresh[1]).mean()))
            slope = net.input_gradient(net.forward(grid)[1], torch.ones_like(grid))
            steepest[way].append(float(slope.abs().max()))
        if step == steps or len(seen) % SHOWN_EVERY == 0:
            critic = {way: _scores(net, grid) for way, net in nets.items()}
            yield Estimates(
                x, delta, np.array(seen), {w: np.array(v) for w, v in gain.items()},
                {w: np.array(v) for w, v in steepest.items()}, critic, steps,
            )  # fmt: skip
        else:
            yield Progress(step / steps)


def _scores(net: Network, grid: torch.Tensor) -> np.ndarray:
    scores = net(grid)[:, 0].double().numpy()
    return scores - scores.mean()


def imitate(way: str, lam: float, steps: int, seed: int, records: int = 20) -> Iterator[Imitation | Progress]:
    """Train G: U(-1, 1) → line against a critic kept regular by ``way``, to imitate two normals; five critic steps a step."""
    rng = torch.Generator().manual_seed(seed)
    critic = Network((1, *WIDTHS, 1), rng, spectral=way == "spectral")
    generator = Network((1, *GENERATOR_WIDTHS, 1), rng)
    judge, maker = (Player(net, IMITATION_LR, steps, BETAS) for net in (critic, generator))
    goal = objective("wgan-gp")
    centres, sds, weights = (torch.tensor(column) for column in zip(*PARTS, strict=True))
    target = torch.Generator().manual_seed(seed + 1)

    def real(count: int, source: torch.Generator) -> torch.Tensor:
        part = torch.multinomial(weights, count, replacement=True, generator=source)
        return (centres[part] + sds[part] * torch.randn(count, generator=source))[:, None]

    shown = real(SHOWN_SAMPLES, target)
    codes = 2 * torch.rand(SHOWN_SAMPLES, 1, generator=target) - 1
    edges = np.linspace(-WINDOW, WINDOW, BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    grid = torch.from_numpy(middle).float()[:, None]
    seen: list[int] = []
    made: list[np.ndarray] = []
    potentials: list[np.ndarray] = []
    w1: list[float] = []

    def record(step: int) -> None:
        drawn = generator(codes)
        seen.append(step)
        made.append(_density(drawn, edges))
        potentials.append(_scores(critic, grid))
        w1.append(float((drawn[:, 0].sort().values - shown[:, 0].sort().values).abs().mean()))

    record(0)
    every = max(steps // records, 1)
    for step in range(1, steps + 1):
        for _ in range(CRITIC_STEPS):
            x, z = real(BATCH, rng), 2 * torch.rand(BATCH, 1, generator=rng) - 1
            _criticise(judge, way, lam, x, generator(z), torch.rand(BATCH, 1, generator=rng), step)
        y, tape = generator.forward(2 * torch.rand(BATCH, 1, generator=rng) - 1)
        scores, critic_tape = critic.forward(y)
        scored = goal.generator(torch.zeros(BATCH), scores[:, 0])
        generator.zero()
        generator.backward(tape, critic.input_gradient(critic_tape, scored.fake[:, None]))
        maker.step(step)
        if step % every and step != steps:
            continue
        record(step)
        if step == steps or len(seen) % SHOWN_EVERY == 0:
            yield Imitation(
                middle,
                _density(shown, edges),
                np.array(seen),
                np.array(made),
                np.array(potentials),
                np.array(w1),
                steps,
            )
        else:
            yield Progress(step / steps)


def _density(values: torch.Tensor, edges: np.ndarray) -> np.ndarray:
    counts = np.histogram(values.numpy(), edges)[0]
    return counts / (len(values) * (edges[1] - edges[0]))


def between(x: np.ndarray, delta: float) -> np.ndarray:
    """The density r [N] of x̂ = εx + (1 - ε)y on the line, x ~ N(0, 1), y ~ N(δ, 1), ε ~ U[0, 1]: a mixture over ε."""
    eps = (np.arange(SHARES) + 0.5) / SHARES
    mean, sd = (1 - eps) * delta, np.sqrt(eps**2 + (1 - eps) ** 2)
    return norm.pdf(x[:, None], mean, sd).mean(1)


def penalised_slope(x: np.ndarray, delta: float, lam: float) -> np.ndarray:
    """1 + D/2λr [N], at which D s - λ r (s - 1)² is largest: the slope of the best critic under the squared penalty."""
    return 1 + np.abs(norm.cdf(x) - norm.cdf(x, delta)) / (2 * lam * between(x, delta))


def penalised_gain(delta: float, lam: float) -> float:
    """W1 + ∫ D²/r dx / 2λ, the gain E_p T - E_q T of that critic; W1 + W1²/2λ is less, by Cauchy and Schwarz."""
    x = np.linspace(-TAIL, delta + TAIL, PLACES)
    apart = np.abs(norm.cdf(x) - norm.cdf(x, delta))
    return delta + float((apart**2 / between(x, delta)).sum() * (x[1] - x[0])) / (2 * lam)
