"""The energy view: pits and their bottoms, games of two points, MALA; and that the checks fail on broken copies."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from core.gan.gan_energy import dirac, mala, pits, verification
from core.gan.plane import training
from core.progress import Progress
from tests.facts import unnoticed

AXIS = np.linspace(-1.25, 1.25, 41)


def bowls(*centres: tuple[float, float]) -> np.ndarray:
    """The lower envelope of paraboloids around the centres, as a surface over the grid [41, 41], rows y."""
    x, y = np.meshgrid(AXIS, AXIS)
    return np.min([(x - a) ** 2 + 2 * (y - b) ** 2 + (x - a) * (y - b) for a, b in centres], axis=0)


def test_minima_of_paraboloids_are_found_between_the_points_of_the_grid() -> None:
    found = pits.minima(bowls((-0.613, 0.281), (0.7, -0.402)), AXIS)
    assert found[found[:, 0].argsort()] == pytest.approx(np.array([[-0.613, 0.281], [0.7, -0.402]]), abs=1e-9)


def test_a_slope_and_a_hill_have_no_minima_and_then_no_gap_is_finite() -> None:
    x, _ = np.meshgrid(AXIS, AXIS)
    for surface in (x, -bowls((0.1, 0.1))):
        found = pits.minima(surface, AXIS)
        assert found.shape == (0, 2)
        assert pits.gaps(np.zeros((3, 2)), found).tolist() == [math.inf] * 3


def test_gaps_are_to_the_nearest_bottom() -> None:
    found = pits.gaps(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 0.5], [1.0, -0.25], [3.0, 3.0]]))
    assert found.tolist() == [0.5, 0.25]


def test_real_points_lie_around_their_places() -> None:
    target = pits.around([(0.5, -0.5), (-0.5, 0.5)], 3)
    near = np.linalg.norm(target.points - np.array([0.5, -0.5]), axis=1) < 0.3
    assert near.mean() == pytest.approx(0.5, abs=0.04)  # 5 standard errors of 4 096 points
    assert target.points[near].std(0) == pytest.approx(pits.SD, rel=0.1)
    assert pits.chosen("own", [(0.1, 0.2)]).tolist() == [[0.1, 0.2]]
    assert pits.chosen("eight", [(0.1, 0.2)]).shape == (8, 2)


def test_a_dig_is_shown_a_few_times_and_repeats() -> None:
    runs = [list(pits.dig(pits.places(3), 60, 0.1, 0.1, 0.5, 5e-3, 2)) for _ in range(2)]
    shown = [one for one in runs[0] if isinstance(one, pits.Dug)]
    assert [one.run.last.step for one in shown] == [12, 24, 36, 48, 60]
    assert all(isinstance(one, Progress) for one in runs[0] if one not in shown)
    last = shown[-1]
    assert len(last.bottoms) == len(last.run.records) == 21
    assert last.done == 1
    again = runs[1][-1]
    assert isinstance(again, pits.Dug)
    assert again.run.last.surface.tolist() == last.run.last.surface.tolist()


@pytest.mark.parametrize(("penalty", "kind"), [(0.0, "none"), (0.3, "own")])
def test_the_readers_numbers_reach_the_bench(monkeypatch: pytest.MonkeyPatch, penalty: float, kind: str) -> None:
    seen: list[training.Settings] = []

    def spy(settings: training.Settings, aim: object) -> object:
        seen.append(settings)
        return iter(())

    monkeypatch.setattr(pits, "train", spy)
    list(pits.dig(pits.places(3), 100, penalty, 0.7, 0.2, 1e-3, 9))
    (one,) = seen
    assert (one.objective, one.steps, one.every, one.penalty) == ("energy", 100, 5, kind)
    assert (one.penalty_weight, one.entropy, one.beta_1, one.lr, one.seed) == (penalty, 0.7, 0.2, 1e-3, 9)


def test_the_slope_on_real_points_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """T(x) = |x|²/2 has the slope |x|."""
    monkeypatch.setattr(training._Bench, "slope", lambda self, x: x)
    target = pits.around([(0.3, 0.4)], 0)
    *_, run = training.train(training.Settings("energy", 1, 1), target)
    expected = np.linalg.norm(target.points[: training.INTERPOLATES], axis=1).mean()
    assert run.last.real_slope == pytest.approx(float(expected), rel=1e-5)


def test_a_sweep_runs_every_momentum_with_every_seed() -> None:
    shown = [
        one for one in pits.sweep("three", 2, 20, 0.1, 0.1, 5e-3, 4, betas=(0.0, 0.9)) if isinstance(one, pits.Sweep)
    ]
    assert [one.done for one in shown] == [0.5, 1.0]
    last = shown[-1]
    assert last.modes.shape == (2, 2)
    assert (last.betas.tolist(), last.count) == ([0.0, 0.9], 3)
    assert shown[0].distance[:, 0].tolist() == last.distance[:, 0].tolist()
    *_, alone = pits.sweep("three", 1, 20, 0.1, 0.1, 5e-3, 5, betas=(0.9,))
    assert isinstance(alone, pits.Sweep)
    assert alone.distance[0, 0] == last.distance[1, 1]


def gradient(score: Callable[[torch.Tensor], torch.Tensor], at: np.ndarray) -> np.ndarray:
    leaf = torch.from_numpy(at).requires_grad_()
    (found,) = torch.autograd.grad(score(leaf), leaf)
    return found.numpy()


def critics_objective(name: str, phi: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    """What the critic ascends in each game, by the objective alone."""
    t = phi @ theta
    match name:
        case "sgan":
            return torch.nn.functional.logsigmoid(-t)
        case "sgan-l2":
            return torch.nn.functional.logsigmoid(-t) - dirac.L2 / 2 * phi @ phi
        case "wgan-sn":
            return -t / phi.norm()
        case "gp-0" | "gp-1":
            return -t - dirac.LAMBDA_GP * (phi.norm() - float(name[-1])) ** 2
        case _:
            square = t**2 / (2 * dirac.LAMBDA_QP * theta.norm())
            return -t - square - (dirac.L2 / 2 * phi @ phi if name.endswith("l2") else 0)


@pytest.mark.parametrize("name", [name for name in dirac.GAMES if name != "gan-qp-script"])
def test_velocities_are_the_gradients_of_the_objectives(name: str) -> None:
    phi, theta = np.array([0.3, -0.7]), np.array([0.4, 0.9])
    fixed_phi, fixed_theta = torch.from_numpy(phi), torch.from_numpy(theta)

    def generator(at: torch.Tensor) -> torch.Tensor:
        t = fixed_phi @ at
        if name.startswith("sgan"):
            return torch.nn.functional.logsigmoid(t)
        return t / fixed_phi.norm() if name == "wgan-sn" else t

    found = dirac.velocity(name, np.concatenate([phi, theta]))
    assert found[:2] == pytest.approx(gradient(lambda at: critics_objective(name, at, fixed_theta), phi))
    assert found[2:] == pytest.approx(gradient(generator, theta))


def test_the_script_divides_by_the_critics_length() -> None:
    phi, theta = np.array([0.3, -0.7]), np.array([0.4, 0.9])
    found = dirac.velocity("gan-qp-script", np.concatenate([phi, theta]))
    assert found[:2] == pytest.approx(-theta - (phi @ theta) * theta / np.linalg.norm(phi))


def test_a_game_that_needs_a_direction_ends_where_the_critic_vanishes() -> None:
    """On a line, with the penalty at 1, φ passes through 0; without that penalty it passes on."""
    ended = dirac.flow("gp-1", (0.1, 0.2), 40.0)
    assert ended.stopped
    assert ended.time[-1] < 40
    assert np.linalg.norm(ended.phi[-1]) < 0.1
    assert not dirac.flow("gp-0", (0.1, 0.2), 40.0).stopped


def test_gan_qp_may_start_on_the_real_point() -> None:
    assert np.isfinite(dirac.flow("gan-qp", (0.0, 0.0), 10.0).distance).all()


@pytest.mark.parametrize("name", mala.ENERGIES)
def test_densities_are_those_of_an_adaptive_integrator(name: str) -> None:
    found, value = mala.density(name), mala.ENERGIES[name].value
    mass = [quad(lambda z: float(np.exp(-value(np.array(z)))), -6, end, limit=200)[0] for end in (0.6, 6)]
    assert np.interp(0.6, found.z, found.below) == pytest.approx(mass[0] / mass[1], abs=1e-6)
    assert found.p @ np.full(len(found.z), found.z[1] - found.z[0]) == pytest.approx(1, abs=1e-6)


def test_kolmogorovs_distance_is_scipys() -> None:
    from scipy.stats import kstest

    found = mala.chains("tilted", 0.3, 50, 1, metropolis=True)
    target = mala.density("tilted")
    expected = kstest(found.z, lambda z: np.interp(z, target.z, target.below)).statistic
    assert found.ks == pytest.approx(float(expected), abs=1e-12)


def test_the_log_ratio_worked_by_hand() -> None:
    """U = z²/2 from 1 to 0 with ε = 1: U falls by ½; there = -1 + ½, back = 1 + 0, so (¼ - 1)/2 is added."""
    bowl, one, zero = mala.ENERGIES["bowl"], np.array([1.0]), np.array([0.0])
    assert mala.log_ratio(bowl, one, zero, 1.0)[0] == pytest.approx(0.5 - 0.375)
    assert mala.log_ratio(bowl, one, zero, 1.0, mala.POSTS_DRIFT)[0] == pytest.approx(0.5 + (0 - 1) / 2)


def test_langevin_takes_all_and_runaways_stop_at_the_edge() -> None:
    found = mala.chains("double", 2.0, 20, 0, metropolis=False)
    assert found.accepted == 1
    assert np.abs(found.z).max() <= mala.REACH


def games_broken(monkeypatch: pytest.MonkeyPatch, name: str, rule: dirac.Velocity, l2: float = 0.0) -> None:
    games = {**dirac.GAMES, name: dirac.Game(rule, l2, dirac.GAMES[name].directed)}
    monkeypatch.setattr(dirac, "GAMES", games)


def test_games_with_a_sign_turned_over_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def crooked(phi: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        up, along = dirac.sgan(phi, theta)
        return up - 0.01 * phi, along

    def normed(phi: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        length = np.linalg.norm(phi)
        return -theta / length - (phi @ theta) * phi / length**3, phi / length

    def anti(phi: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return -theta + (phi @ theta) * theta / np.linalg.norm(theta), phi

    games_broken(monkeypatch, "sgan", crooked)
    games_broken(monkeypatch, "wgan-sn", normed)
    games_broken(monkeypatch, "gan-qp", anti)
    assert not unnoticed(verification._games, "SGAN: the area", "WGAN-SN: largest change", "GAN-QP: |θ| late")


def test_penalties_with_another_centre_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dirac.wgan_gp(0.0), dirac.wgan_gp(1.0)
    games_broken(monkeypatch, "gp-0", rules[1])
    games_broken(monkeypatch, "gp-1", rules[0])
    games_broken(monkeypatch, "gan-qp-l2", dirac.gan_qp(True), 2 * dirac.L2)
    facts = ("penalty at 0: largest", "penalty at 0: |θ| late", "penalty at 1: |θ| late", "GAN-QP with L2")
    assert not unnoticed(verification._games, *facts)


def test_a_proposal_without_its_half_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mala, "HALF_DRIFT", mala.POSTS_DRIFT)
    ratio = mala.log_ratio
    short = lambda energy, z, there, eps, drift=1.0: ratio(energy, z, there, eps, mala.POSTS_DRIFT)  # noqa: E731
    monkeypatch.setattr(mala, "log_ratio", short)
    assert not unnoticed(verification._samplers, "MALA: π(z)K", "MALA: KS distance of 4 000")


def test_a_whole_half_put_back_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks that the post's density and plain Langevin are wrong fail where nothing is wrong."""
    monkeypatch.setattr(mala, "POSTS_DRIFT", mala.HALF_DRIFT)
    monkeypatch.setattr(verification, "EPS", 0.01)
    facts = ("the same with the post's", "Langevin: KS", "MALA with the post's")
    assert not unnoticed(verification._samplers, *facts)


def test_a_slope_with_its_sign_turned_over_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {name: mala.Energy(one.value, lambda z, one=one: -one.slope(z)) for name, one in mala.ENERGIES.items()}
    monkeypatch.setattr(mala, "ENERGIES", broken)
    facts = [f"U' against differences of U, {name}" for name in broken]
    assert not unnoticed(verification._samplers, *facts)


def test_a_penalty_that_is_centred_at_one_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the centre so high slopes are pulled up, and where the bottom of a pit should be there is none."""

    def centred(norms: torch.Tensor, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
        over = norms - 30.0
        return over.square().mean(), 2 * over / len(norms)

    monkeypatch.setattr(training, "gradient_penalty", centred)
    assert not unnoticed(verification._pits, "mean ‖∇U‖ at real points", "farthest bottom")


def test_momentum_that_does_not_arrive_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = pits._settings

    def deaf(
        steps: int, every: int, penalty: float, diversity: float, _: float, lr: float, seed: int
    ) -> training.Settings:
        return settings(steps, every, penalty, diversity, 0.5, lr, seed)

    monkeypatch.setattr(pits, "_settings", deaf)
    assert not unnoticed(verification._pits, "pits covered with")
