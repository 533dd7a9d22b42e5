"""Exact SSA ensembles against gillespy2's C++ solver, rebop and libroadrunner, side by side: ``python -m bench.gillespie``.

Every engine runs the same network to 51 saved times. Events are counted by ours (one law for all exact engines) and
divided by each engine's seconds, by the clock and of CPU. A peer that would take longer than the budget runs fewer
trajectories.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.report import measured, write
from core.device import cores
from core.stats.gillespie import Network, Reaction, simulate
from core.stats.gillespie.networks import examples

BUDGET = 4.0  # seconds a peer may take in one row
SIZES = (1_000, 10_000)


def networks() -> dict[str, tuple[Network, float]]:
    """The seven networks: (network, horizon)."""
    r, e = Reaction, examples()
    return {
        "bdi": (Network(("X",), (0,), (r({}, {"X": 1}, 10.0), r({"X": 1}, {}, 0.1))), 55.0),
        "dimer": (Network(("P", "P2"), (1000, 0), (r({"P": 2}, {"P2": 1}, 0.002), r({"P2": 1}, {"P": 2}, 0.1))), 20.0),
        "schlogl": (e["schloegl"].network, 1.5),
        "lv": (e["lotka-volterra"].network, 10.0),
        "toggle": (e["toggle"].network, 20.0),
        "oreg": (e["oregonator"].network, 0.12),
        "sir": (
            Network(("S", "I", "R"), (950, 50, 0), (r({"S": 1, "I": 1}, {"I": 2}, 0.002), r({"I": 1}, {"R": 1}, 1.0))),
            20.0,
        ),
    }


def gillespy2(network: Network, horizon: float) -> Callable[[int], Any]:
    """A prepared call of gillespy2's SSACSolver: compiled outside the clock."""
    import gillespy2 as g

    os.environ["PYTHONPATH"] = sysconfig.get_paths()[
        "purelib"
    ]  # its build calls the base interpreter, which lacks SCons
    model = g.Model(name="m")
    species = {
        s: g.Species(name=s, initial_value=int(x), mode="discrete")
        for s, x in zip(network.species, network.initial, strict=True)
    }
    model.add_species(list(species.values()))
    reactions = []
    for i, reaction in enumerate(network.reactions):
        sides = ({species[s]: n for s, n in side.items()} for side in (reaction.reactants, reaction.products))
        reactants, products = sides
        reactions.append(
            g.Reaction(name=f"r{i}", reactants=reactants, products=products, propensity_function=_law(reaction, "**"))
        )
    model.add_reaction(reactions)
    model.timespan(g.TimeSpan.linspace(t=horizon, num_points=51))
    solver = g.SSACSolver(model=model)
    return lambda n: solver.run(number_of_trajectories=n, seed=1)


def rebop(network: Network, horizon: float) -> Callable[[int], Any]:
    """rebop (Rust), one call a trajectory."""
    import rebop as rb

    model = rb.Gillespie()
    for reaction in network.reactions:
        left, right = (
            [s for s, n in side.items() for _ in range(n)] for side in (reaction.reactants, reaction.products)
        )
        if isinstance(reaction.rate, str):
            model.add_reaction(reaction.rate, left, right)
        else:
            rate = float(reaction.rate)
            for n in reaction.reactants.values():
                rate /= {1: 1, 2: 2, 3: 6}[n]
            model.add_reaction(rate, left, right)
    start = {s: int(x) for s, x in zip(network.species, network.initial, strict=True)}
    return lambda n: [model.run(start, tmax=horizon, nb_steps=50, rng=i) for i in range(n)]


def roadrunner(network: Network, horizon: float) -> Callable[[int], Any]:
    """libroadrunner's gillespie integrator, one call a trajectory."""
    import roadrunner as rr

    model = rr.RoadRunner(_sbml(network))
    model.setIntegrator("gillespie")
    model.getIntegrator().variable_step_size = False

    def call(n: int) -> None:
        for i in range(n):
            model.reset()
            model.getIntegrator().seed = i + 1
            model.simulate(0, horizon, 51)

    return call


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the comparison and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.gillespie", description="Exact SSA ensembles, side by side.")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds a peer may take in one row")
    parser.add_argument("--networks", nargs="*", choices=list(networks()), default=list(networks()))
    given = parser.parse_args(arguments)
    peers = {"gillespy2 C++": gillespy2, "rebop": rebop, "libroadrunner": roadrunner}
    for name in ("bdi", "toggle"):  # load the kernel from its cache
        simulate(*_grid(networks()[name]), 64, 1)
    rows: list[list[object]] = []
    worst: dict[str, tuple[float, float]] = {}
    slowest_setup: dict[str, float] = {}
    for name in given.networks:
        network, horizon = networks()[name]
        calls: dict[str, Callable[[int], Any] | None] = {}
        for peer, prepare in peers.items():
            try:
                calls[peer], cost = measured(lambda prepare=prepare: prepare(network, horizon))
                calls[peer](2)
                slowest_setup[peer] = max(slowest_setup.get(peer, 0.0), cost.wall)
            except Exception as error:  # a peer's own failure is a fact of the comparison
                calls[peer] = None
                print(f"{peer} on {name}: {type(error).__name__}: {str(error)[:160]}", file=sys.stderr)
        for runs in SIZES:
            result, ours = min(
                (measured(lambda: simulate(*_grid((network, horizon)), runs, 1)) for _ in range(3)),
                key=lambda r: r[1].wall,
            )
            each = result.events / runs
            speed = result.events / ours.wall / 1e6, result.events / ours.cpu / 1e6
            row: list[object] = [name, f"{runs:,}", f"{each:,.0f}", f"**{speed[0]:.0f}**", f"**{speed[1]:.0f}**"]
            for peer, call in calls.items():
                if call is None:
                    row += ["–", "–"]
                    continue
                few = max(3, runs // 100)
                cost = measured(lambda: call(few))[1]
                count = int(min(runs, max(few, given.budget / max(cost.wall / few, 1e-6))))
                if count > few:
                    cost = measured(lambda: call(count))[1]
                wall, cpu = (each * count / seconds / 1e6 for seconds in cost)
                ratios = speed[0] / wall, speed[1] / cpu
                row += [f"{cpu:.2f}" + ("" if count == runs else f" ({count})"), f"{ratios[0]:.0f}x / {ratios[1]:.0f}x"]
                worst[peer] = min(worst.get(peer, ratios)[0], ratios[0]), min(worst.get(peer, ratios)[1], ratios[1])
            rows.append(row)
            print(*row, sep=" | ", file=sys.stderr)
    header = ["network", "trajectories", "events each", "ours, Mev/s wall", "ours, Mev/CPU-s"]
    for peer in peers:
        header += [f"{peer}, Mev/CPU-s", "ratio wall / CPU"]
    notes = [
        f"Mev: million reactions. Ours on {cores()} cores; peers as they come (one core; gillespy2 counted with its processes). Ratios by the clock and by CPU seconds. Brackets: trajectories that fitted the budget of {given.budget:g} s a row.",
        f"Smallest ratios, wall / CPU: {', '.join(f'{k} {v[0]:.0f}x / {v[1]:.0f}x' for k, v in worst.items())}. Longest set-up, not counted above: {', '.join(f'{k} {v:.1f} s' for k, v in slowest_setup.items())}.",
        "Hand-written C++ with AVX-512 lanes, specialised to one network, reaches 340-580 Mev/s on one core of this kind of machine: the bound for lanes.",
        _first_answer(), _memory(),
    ]  # fmt: skip
    write("gillespie", "Exact SSA, 51 saved times", header, rows, notes)


def _grid(case: tuple[Network, float]) -> tuple[Network, np.ndarray]:
    return case[0], np.linspace(0, case[1], 51)


def _first_answer() -> str:
    """A network never seen, in a process already warm: set-up included, 1 000 trajectories."""
    network = Network(
        ("A", "B"),
        (30, 5),
        (
            Reaction({"A": 1}, {"B": 1}, "0.3 * A / (1 + B / 7)"),
            Reaction({"B": 2}, {"A": 1}, 0.02),
            Reaction({}, {"A": 1}, 4.0),
        ),
    )
    _, ours = measured(lambda: simulate(network, np.linspace(0, 20, 51), 1000, 1))
    try:
        _, theirs = measured(lambda: gillespy2(network, 20.0)(1000))
    except Exception as error:
        return f"First answer for a new network: ours {ours.wall:.2f} s; gillespy2 failed ({type(error).__name__})."
    return f"First answer for a new network, set-up included, 1 000 trajectories: ours {ours.wall:.3f} s, gillespy2 {theirs.wall:.2f} s ({theirs.wall / ours.wall:.0f}x)."


def _memory() -> str:
    """Peak resident memory of 10^6 trajectories x 51 times x 3 species, in a process of its own."""
    code = (
        "import resource, time, numpy as np\nfrom core.stats.gillespie import simulate\nfrom core.stats.gillespie.networks import examples\n"
        "t = time.perf_counter()\nr = simulate(examples()['sir'].network, np.linspace(0, 25, 51), 1_000_000, 1)\n"
        "print(f'{time.perf_counter() - t:.1f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}')"
    )
    seconds, mebibytes = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    return f"10^6 trajectories x 51 times x 3 species (SIR): {seconds} s, {mebibytes} MiB peak resident."


def _law(reaction: Reaction, power: str) -> str:
    if isinstance(reaction.rate, str):
        return reaction.rate.replace("^", power)
    factors = [repr(float(reaction.rate))]
    for species, order in reaction.reactants.items():
        factors += [f"({species} - {k}) / {k + 1}" if k else species for k in range(order)]
    return " * ".join(factors)


def _sbml(network: Network) -> str:
    """The network as SBML for libroadrunner."""
    import libsbml

    document = libsbml.SBMLDocument(3, 1)
    model = document.createModel()
    compartment = model.createCompartment()
    compartment.setId("C")
    compartment.setConstant(True)
    compartment.setSize(1)
    for name, amount in zip(network.species, network.initial, strict=True):
        s = model.createSpecies()
        for setter, value in (
            ("Id", name),
            ("Compartment", "C"),
            ("InitialAmount", float(amount)),
            ("HasOnlySubstanceUnits", True),
            ("Constant", False),
            ("BoundaryCondition", False),
        ):
            getattr(s, f"set{setter}")(value)
    for i, reaction in enumerate(network.reactions):
        r = model.createReaction()
        r.setId(f"r{i}")
        r.setReversible(False)
        r.setFast(False)
        for side, create in ((reaction.reactants, r.createReactant), (reaction.products, r.createProduct)):
            for name, count in side.items():
                reference = create()
                reference.setSpecies(name)
                reference.setStoichiometry(count)
                reference.setConstant(True)
        r.createKineticLaw().setMath(libsbml.parseL3Formula(_law(reaction, "^")))
    return libsbml.writeSBMLToString(document)


if __name__ == "__main__":
    main()
