"""The checks of the Gillespie page pass for the engine and fail for engines that are deliberately broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.stats.gillespie import Network, Reaction, Result, birth_death, rate_equations, simulate, verification
from core.stats.gillespie.networks import started_at

SEED = verification.SEED
Engine = Callable[..., Result]


def fast_clock(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    return simulate(network, np.asarray(times) * 1.1, *rest, **options)


def one_more(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    return simulate(started_at(network, [network.initial[0] + 1, *network.initial[1:]]), times, *rest, **options)


def one_more_infected(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    return simulate(started_at(network, (98, 2, 0)), times, *rest, **options)


def no_stoichiometry(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    return simulate(network, times, *rest, **{**options, "mass_action": "post"})


def stronger(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    """Every constant but the first 5 % larger."""
    first, *others = network.reactions
    reactions = (first, *(Reaction(r.reactants, r.products, r.rate * 1.05) for r in others))  # type: ignore[operator]
    return simulate(replace(network, reactions=reactions), times, *rest, **options)


def too_narrow(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    """Every fluctuation 10 % too small, the means right."""
    found = simulate(network, times, *rest, **options)
    counts = found.mean + 0.9 * (found.counts - found.mean) if found.counts is not None else None
    return replace(found, sd=0.9 * found.sd, counts=counts)


def seed_of_the_grid(network: Network, times: Any, trajectories: int, seed: int, **options: Any) -> Result:
    return simulate(network, times, trajectories, seed + len(times), **options)


def loses_molecules(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    first, *others = network.reactions
    return simulate(replace(network, reactions=(replace(first, products={}), *others)), times, *rest, **options)


def slow_leaps(network: Network, times: Any, *rest: Any, **options: Any) -> Result:
    """Every rate 0.9 of itself, but only in tau-leaping."""
    if options.get("method") != "tau-leaping":
        return simulate(network, times, *rest, **options)
    reactions = tuple(Reaction(r.reactants, r.products, r.rate * 0.9) for r in network.reactions)  # type: ignore[operator]
    return simulate(replace(network, reactions=reactions), times, *rest, **options)


GROUPS = {
    "immigration-death": (verification._immigration_death, (fast_clock, stronger, one_more)),
    "gene": (verification._gene, (fast_clock, stronger, too_narrow)),
    "dimerisation": (verification._dimerisation, (fast_clock, no_stoichiometry, stronger, too_narrow)),
    "birth-death": (verification._birth_death, (fast_clock, stronger, one_more, too_narrow)),
    "schloegl": (verification._schloegl, (fast_clock, stronger)),
    "sir": (verification._sir, (stronger, one_more_infected)),
    "structure": (verification._structure, (seed_of_the_grid, loses_molecules)),
    "leaping": (verification._leaping, (slow_leaps, too_narrow)),
}
BROKEN = [
    pytest.param(group, engine, id=f"{name}-{engine.__name__}")
    for name, (group, engines) in GROUPS.items()
    for engine in engines
]


def test_every_check_passes() -> None:
    found = list(verification.checks())
    assert [check.name for check in found if not check.passed] == []
    assert len({check.name for check in found}) == len(found) >= 25
    assert all(check.zh for check in found)


@pytest.mark.parametrize(("group", "engine"), BROKEN)
def test_a_broken_engine_is_seen(group: Callable, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "simulate", engine)
    assert any(not check.passed for check in group(SEED))


def test_a_histogram_by_time_alone_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    by_time = verification.histogram
    monkeypatch.setattr(verification, "histogram", lambda found, species, weigh: by_time(found, species, "time"))
    assert any(not check.passed for check in verification._histograms(SEED))


def test_rate_equations_with_binomials_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = rate_equations.propensities

    def binomial(network: Network, x: np.ndarray, t: float = 0.0, continuous: bool = False) -> np.ndarray:
        """x (x - 1) … / s! in place of x^s / s!, without the jump at one molecule that an integrator would not pass."""
        rates = exact(network, x, t, continuous=True)
        for j, reaction in enumerate(network.reactions):
            for species, order in reaction.reactants.items():
                amount = np.maximum(np.asarray(x)[..., network.species.index(species)], 1e-300)
                for offset in range(1, order if isinstance(reaction.rate, int | float) else 0):
                    rates[..., j] *= np.maximum(amount - offset, 0) / amount
        return rates

    monkeypatch.setattr(rate_equations, "propensities", binomial)
    failed = [check.name for check in verification._rate_equations() if not check.passed]
    assert "rate equations: P left of 2 at t = 1, 2P → P2" in failed
    assert len(failed) == 3


@pytest.mark.parametrize(
    "broken",
    [
        lambda time, birth, start: 2 * time,
        lambda time, birth, start: time - 1 / birth[start],
        lambda time, birth, start: time * birth[start] / birth[start + 1],
    ],
)
def test_wrong_passage_times_are_seen(broken: Callable[..., float], monkeypatch: pytest.MonkeyPatch) -> None:
    right = birth_death.mean_passage_time
    monkeypatch.setattr(
        birth_death, "mean_passage_time", lambda b, d, start, end: broken(right(b, d, start, end), b, start)
    )
    assert any(not check.passed for check in verification._passage_times())
