"""SBML models against exact distributions, by the criterion of the SBML stochastic test suite: |Z| < 3 for means, |Y| < 5 for sds.

With 10 000 trajectories, Z = sqrt(n)(mean - mu)/sigma is standard normal and Y = (S²/sigma² - 1) / sqrt((kappa - 1)/n)
too. About 60 values are compared over fixed seeds; a correct engine would leave |Z| < 3 in one run of six, so Z_LIMIT is
4 here (one run in 260); a wrong one leaves it by tens.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.stats.gillespie import NetworkError, load_sbml, simulate
from core.stats.gillespie.ensembles import own
from core.stats.gillespie.formula import parse, shown
from core.stats.gillespie.network import Network, Reaction
from core.stats.gillespie.rate_equations import deterministic

RUNS = 10_000
Z_LIMIT, Y_LIMIT = 4.0, 5.0


def math_ml(text: str) -> str:
    """MathML of a formula, by libsbml."""
    import libsbml

    node = libsbml.parseL3Formula(text)
    assert node is not None, libsbml.getLastParseL3Error()
    return libsbml.writeMathMLToString(node).split("?>", 1)[1]


def model(
    species: str = '<species id="X" compartment="C" initialAmount="100" hasOnlySubstanceUnits="true"/>',
    parameters: str = "",
    reactions: str = "",
    extra: str = "",
    level: int = 3,
    size: str = 'size="1"',
    first: str = "",
) -> bytes:
    space = "level3/version1/core" if level == 3 else "level2/version4"
    version = 1 if level == 3 else 4
    if level == 3:
        species = species.replace("/>", ' constant="false" />') if "constant" not in species else species
        species = (
            species.replace("<species ", '<species boundaryCondition="false" ')
            if "boundary" not in species
            else species
        )
    dims = 'spatialDimensions="3" constant="true"' if level == 3 else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/{space}" level="{level}" version="{version}"><model id="m">{first}
<listOfCompartments><compartment id="C" {size} {dims}/></listOfCompartments>
<listOfSpecies>{species}</listOfSpecies>
{f"<listOfParameters>{parameters}</listOfParameters>" if parameters else ""}
{extra}
{f"<listOfReactions>{reactions}</listOfReactions>" if reactions else ""}
</model></sbml>""".encode()


def events(text: str) -> str:
    return f"<listOfEvents>{text}</listOfEvents>"


def with_events(document: bytes, text: str) -> bytes:
    return document.replace(b"</model>", f"{events(text)}</model>".encode())


def parameter(name: str, value: float, constant: bool = True, level: int = 3) -> str:
    return f'<parameter id="{name}" value="{value}" constant="{str(constant).lower()}"/>'


def reaction(name: str, left: str, right: str, law: str, level: int = 3, local: str = "") -> str:
    def side(text: str, tag: str) -> str:
        if not text:
            return ""
        refs = ""
        for part in text.split("+"):
            count, _, species = part.strip().rpartition(" ")
            constant = ' constant="true"' if level == 3 else ""
            refs += f'<speciesReference species="{species}" stoichiometry="{count or 1}"{constant}/>'
        return f"<{tag}>{refs}</{tag}>"

    fast = ' fast="false"' if level == 3 else ""
    return (
        f'<reaction id="{name}" reversible="false"{fast}>{side(left, "listOfReactants")}{side(right, "listOfProducts")}'
        f"<kineticLaw>{math_ml(law)}{local}</kineticLaw></reaction>"
    )


def event(trigger: str, assignments: dict[str, str], delay: str = "", early: bool = True, initial: bool = True) -> str:
    sets = "".join(f'<eventAssignment variable="{v}">{math_ml(f)}</eventAssignment>' for v, f in assignments.items())
    wait = f"<delay>{math_ml(delay)}</delay>" if delay else ""
    return (
        f'<event useValuesFromTriggerTime="{str(early).lower()}"><trigger initialValue="{str(initial).lower()}" persistent="true">'
        f"{math_ml(trigger)}</trigger>{wait}<listOfEventAssignments>{sets}</listOfEventAssignments></event>"
    )


def assert_law(
    document: bytes, times: list[float], mean: list[float], sd: list[float], column: int = 0, seed: int = 7
) -> None:
    """Hold column of the simulation against means and sds at times."""
    result = simulate(load_sbml(document), times, RUNS, seed, keep=True)
    assert result.counts is not None
    for at, (mu, sigma) in enumerate(zip(mean, sd, strict=True)):
        x = result.counts[:, at, column]
        if sigma == 0:
            assert (x == mu).all(), (times[at], mu)
            continue
        kurtosis = max(float((((x - x.mean()) / x.std()) ** 4).mean()), 1.5)
        z = math.sqrt(RUNS) * (x.mean() - mu) / sigma
        y = (x.var(ddof=1) / sigma**2 - 1) / math.sqrt((kurtosis - 1) / RUNS)
        assert abs(z) < Z_LIMIT, (times[at], x.mean(), mu, z)
        assert abs(y) < Y_LIMIT, (times[at], x.std(), sigma, y)


BIRTH_DEATH = [reaction("Birth", "X", "2 X", "L * X"), reaction("Death", "X", "", "M * X")]
RATES = parameter("L", 0.1) + parameter("M", 0.11)
TIMES = [0.0, 5.0, 10.0, 50.0]


def birth_death(t: float, n: float = 100, birth: float = 0.1, death: float = 0.11) -> tuple[float, float]:
    growth = math.exp((birth - death) * t)
    return n * growth, math.sqrt(n * (birth + death) / (birth - death) * growth * (growth - 1))


def test_birth_death_has_the_known_moments() -> None:
    mean, sd = zip(*(birth_death(t) for t in TIMES), strict=True)
    assert_law(model(parameters=RATES, reactions="".join(BIRTH_DEATH)), TIMES, list(mean), list(sd))


def test_plain_mass_action_runs_on_the_fast_kernel() -> None:
    network = load_sbml(model(parameters=RATES, reactions="".join(BIRTH_DEATH)))
    assert all(isinstance(r.rate, float) for r in network.reactions)


@pytest.mark.parametrize("level", [2, 3])
def test_local_parameters_shadow_global_ones(level: int) -> None:
    if level == 3:
        local = '<listOfLocalParameters><localParameter id="L" value="0.1"/></listOfLocalParameters>'
    else:
        local = '<listOfParameters><parameter id="L" value="0.1"/></listOfParameters>'
    reactions = reaction("Birth", "X", "2 X", "L * X", level, local) + reaction("Death", "X", "", "M * X", level)
    document = model(parameters=parameter("L", 55) + parameter("M", 0.11), reactions=reactions, level=level)
    mean, sd = zip(*(birth_death(t) for t in TIMES), strict=True)
    assert_law(document, TIMES, list(mean), list(sd))


def test_concentration_species_use_the_compartment_size() -> None:
    species = '<species id="X" compartment="C" initialConcentration="50" hasOnlySubstanceUnits="false"/>'
    laws_ = reaction("Birth", "X", "2 X", "L * X * C") + reaction("Death", "X", "", "M * X * C")
    document = model(species, RATES, laws_, size='size="2"')
    mean, sd = zip(*(birth_death(t) for t in TIMES), strict=True)
    assert_law(document, TIMES, list(mean), list(sd))
    result = simulate(load_sbml(document, report="concentration"), [0.0], 2, 1)
    assert result.mean[0, 0] == 50
    without = model(species, RATES, laws_.replace("C", "C"), size='size="2"').replace(b"<ci> C </ci>", b"<cn> 1 </cn>")
    halved = simulate(load_sbml(without), [10.0], RUNS, 3)  # propensity L * [X]: half the rate
    assert abs(halved.mean[0, 0] - birth_death(5)[0]) < 4 * birth_death(5)[1] / 100


def test_boundary_species_keep_their_amount() -> None:
    species = (
        '<species id="Y" compartment="C" initialAmount="1" hasOnlySubstanceUnits="true" boundaryCondition="true"/>'
        '<species id="X" compartment="C" initialAmount="0" hasOnlySubstanceUnits="true" boundaryCondition="false"/>'
    )
    document = model(species, "", reaction("In", "Y", "X", "Y") + reaction("Out", "X", "", "0.1 * X"))
    network = load_sbml(document)
    assert_law(
        document,
        TIMES,
        [10 * (1 - math.exp(-0.1 * t)) for t in TIMES],
        [math.sqrt(10 * (1 - math.exp(-0.1 * t))) for t in TIMES],
        1,
    )
    assert simulate(network, TIMES, 50, 1).mean[-1, 0] == 1


@pytest.mark.parametrize("burst", [5, 10, 100])
def test_batch_immigration_has_the_known_moments(burst: int) -> None:
    species = '<species id="X" compartment="C" initialAmount="0" hasOnlySubstanceUnits="true"/>'
    document = model(species, "", reaction("In", "", f"{burst} X", "1") + reaction("Out", "X", "", "0.2 * X"))
    t = np.array([5.0, 50.0])
    mean = burst / 0.2 * (1 - np.exp(-0.2 * t))
    variance = mean + (burst - 1) * burst / 0.4 * (1 - np.exp(-0.4 * t))
    assert_law(document, t.tolist(), mean.tolist(), np.sqrt(variance).tolist())


DIMER = (
    '<species id="P" compartment="C" initialAmount="100" hasOnlySubstanceUnits="true"/>'
    '<species id="P2" compartment="C" initialAmount="0" hasOnlySubstanceUnits="true"/>'
)
DIMER_REACTIONS = reaction("D", "2 P", "P2", "0.001 * P * (P - 1) / 2") + reaction("U", "P2", "2 P", "0.01 * P2")


def test_dimerisation_matches_the_master_equation() -> None:
    assert_law(model(DIMER, "", DIMER_REACTIONS), [10.0, 50.0], [52.2143, 28.5423], [5.5118, 4.7893])


def test_an_event_on_the_state_resets_it() -> None:
    document = with_events(model(DIMER, "", DIMER_REACTIONS), event("P2 > 30", {"P": "100", "P2": "0"}))
    result = simulate(load_sbml(document), np.linspace(0, 50, 51), 500, 1, keep=True)
    assert result.counts is not None
    assert result.counts[:, :, 1].max() == 30
    assert (result.counts[..., 0] + 2 * result.counts[..., 1] == 100).all()
    # The chain on P2 = 0 … 30 that jumps from 30 back to 0, solved exactly.
    k = np.arange(31.0)
    up, down = 0.001 * (100 - 2 * k) * (99 - 2 * k) / 2, 0.01 * k
    q = np.diag(down[1:], 1) + np.diag(up[:-1], -1) - np.diag(up + down)
    q[0, 30] += up[30]
    import scipy.linalg

    p = scipy.linalg.expm(q * 30.0)[:, 0]
    mean = p @ k
    assert_law(document, [30.0], [mean], [math.sqrt(p @ k**2 - mean**2)], 1)


IMMIGRATION = model(
    '<species id="X" compartment="C" initialAmount="0" hasOnlySubstanceUnits="true"/>',
    "", reaction("In", "", "X", "1") + reaction("Out", "X", "", "0.1 * X"),
)  # fmt: skip


def after_reset(since: float) -> tuple[float, float]:
    """Immigration-death from 50: 50 survivors' binomial and a Poisson."""
    stay = math.exp(-0.1 * since)
    return 50 * stay + 10 * (1 - stay), math.sqrt(50 * stay * (1 - stay) + 10 * (1 - stay))


@pytest.mark.parametrize("trigger", ["time >= 25", "25 <= time", "time - 5 >= 20", "2 * time >= 50"])
def test_an_event_at_a_time_fires_exactly_then_and_once(trigger: str) -> None:
    document = with_events(IMMIGRATION, event(trigger, {"X": "50"}))
    mean, sd = zip(*(after_reset(s) for s in (1.0, 5.0, 25.0)), strict=True)
    assert_law(document, [25.0, 26.0, 30.0, 50.0], [50.0, *mean], [0.0, *sd])


def test_a_strict_inequality_fires_just_after_its_time() -> None:
    result = simulate(load_sbml(with_events(IMMIGRATION, event("time > 25", {"X": "50"}))), [25.0, 25.0001], 4000, 1)
    assert abs(result.mean[0, 0] - 10 * (1 - math.exp(-2.5))) < 4 * 3.03 / math.sqrt(4000)
    assert abs(result.mean[1, 0] - 50) < 0.02


def test_delays_and_values_from_the_trigger_time() -> None:
    early = with_events(IMMIGRATION, event("time >= 2", {"X": "X"}, delay="3"))
    late = with_events(IMMIGRATION, event("time >= 2", {"X": "X"}, delay="3", early=False))
    one = simulate(load_sbml(early), [2.0, 5.0], 2000, 1, keep=True)
    other = simulate(load_sbml(late), [2.0, 5.0], 2000, 1, keep=True)
    assert one.counts is not None
    assert (one.counts[:, 0] == one.counts[:, 1]).all()
    assert abs(other.mean[1, 0] - 10 * (1 - math.exp(-0.5))) < 4 * math.sqrt(3.93 / 2000)


def test_an_event_true_at_the_start_fires_only_when_its_initial_value_is_false() -> None:
    fires = simulate(load_sbml(with_events(IMMIGRATION, event("time >= 0", {"X": "50"}, initial=False))), [0.0], 2, 1)
    rests = simulate(load_sbml(with_events(IMMIGRATION, event("time >= 0", {"X": "50"}))), [0.0], 2, 1)
    assert (fires.mean[0, 0], rests.mean[0, 0]) == (50, 0)


def test_assignment_rules_report_their_variable() -> None:
    species = (
        '<species id="X" compartment="C" initialAmount="100" hasOnlySubstanceUnits="true"/>'
        '<species id="y" compartment="C" initialAmount="0" hasOnlySubstanceUnits="true"/>'
    )
    rule = f'<listOfRules><assignmentRule variable="y">{math_ml("2 * X")}</assignmentRule></listOfRules>'
    document = model(species, RATES, "".join(BIRTH_DEATH), rule)
    result = simulate(load_sbml(document), TIMES, 300, 1)
    assert result.species == ("X", "y")
    np.testing.assert_allclose(result.mean[:, 1], 2 * result.mean[:, 0], rtol=1e-12)
    np.testing.assert_allclose(result.sd[:, 1], 2 * result.sd[:, 0], rtol=1e-9)


def test_function_definitions_are_written_out() -> None:
    function = (
        '<listOfFunctionDefinitions><functionDefinition id="f"><math xmlns="http://www.w3.org/1998/Math/MathML"><lambda>'
        "<bvar><ci>a</ci></bvar><bvar><ci>b</ci></bvar><apply><times/><ci>a</ci><ci>b</ci></apply></lambda></math>"
        "</functionDefinition></listOfFunctionDefinitions>"
    )
    reactions = reaction("Birth", "X", "2 X", "f(L, X)") + reaction("Death", "X", "", "f(X, M)")
    mean, sd = zip(*(birth_death(t) for t in TIMES), strict=True)
    assert_law(model(parameters=RATES, reactions=reactions, first=function), TIMES, list(mean), list(sd))


def test_a_rate_that_varies_with_time_gives_an_inhomogeneous_poisson_process() -> None:
    species = '<species id="X" compartment="C" initialAmount="0" hasOnlySubstanceUnits="true"/>'
    document = model(species, "", reaction("In", "", "X", "10 * (1 + sin(time))"))
    t = np.array([1.0, 3.0, 10.0])
    mean = 10 * (t + 1 - np.cos(t))
    assert_law(document, t.tolist(), mean.tolist(), np.sqrt(mean).tolist())


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"not xml", "sbml: line 1: not well-formed"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + IMMIGRATION, "entities"),
        (IMMIGRATION.replace(b'compartment="C"', b'compartment="D"'), "sbml: line"),
        (model(DIMER, "", reaction("D", "2 P", "P2", "Q * P")), "Q"),
        (b"", "bytes"),
        (b"\xff\xfe<sbml/>", "byte 9 is no utf-16-le text"),
    ],
)
def test_what_cannot_be_simulated_is_named(document: bytes, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        load_sbml(document)


def test_a_law_that_becomes_negative_is_named() -> None:
    with pytest.raises(NetworkError, match="reaction 1"):
        simulate(load_sbml(model(reactions=reaction("R", "", "X", "100.5 - X"))), [10.0], 10, 1)


def test_a_reader_sees_laws_and_events_as_the_document_has_them() -> None:
    """The simulation's own additions, that half a molecule does not react, are no words of the document."""
    species = '<species id="X" compartment="C" initialAmount="10.5" hasOnlySubstanceUnits="true"/>'
    local = '<listOfLocalParameters><localParameter id="c" value="3"/></listOfLocalParameters>'
    laws = reaction("Out", "X", "", "k * X") + reaction(
        "In", "", "X", "c * piecewise(1, X < 5 && k < 1, 2)", local=local
    )
    document = with_events(model(species, parameter("k", 0.25), laws), event("X < 2", {"X": "X + 20"}, "1.5"))
    network = load_sbml(document)
    assert [r.written for r in network.reactions] == [
        "k * X; k = 0.25", "c * piecewise(1, (X < 5) and (k < 1), 2); c = 3, k = 0.25",
    ]  # fmt: skip
    assert "if(X >= 1" in shown(parse(network.reactions[0].rate)), "the rate that is simulated has more"
    *_, found = own(network, 1.0, 10)
    assert found.reactions[0] == ("X → ∅", "k * X; k = 0.25")
    assert found.switches == (("X < 2", "X = X + 20", "1.5"),)


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.stats.gillespie", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_writes_the_table(tmp_path: Path) -> None:
    (tmp_path / "m.xml").write_bytes(IMMIGRATION)
    out = tmp_path / "out.csv"
    done = run_command(
        str(tmp_path / "m.xml"), "--times", "0:50:51", "--trajectories", "500", "--seed", "1", "--csv", str(out)
    )
    assert done.returncode == 0, done.stderr
    lines = out.read_text().splitlines()
    assert lines[0] == "time,X-mean,X-sd"
    assert len(lines) == 52
    expected = simulate(load_sbml(IMMIGRATION), np.linspace(0, 50, 51), 500, 1)
    assert [float(v) for v in lines[-1].split(",")] == [50.0, expected.mean[-1, 0], expected.sd[-1, 0]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--times": "50:0:3"}, "times = 50:0:3"),
        ({"--trajectories": "0"}, "trajectories = 0"),
        ({"--seed": "-1"}, "seed = -1"),
        ({"model": "missing.xml"}, "missing.xml"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, change: dict[str, str], words: str) -> None:
    (tmp_path / "m.xml").write_bytes(IMMIGRATION)
    given = {
        "model": str(tmp_path / "m.xml"),
        "--times": "0:5:6",
        "--trajectories": "10",
        "--seed": "1",
        "--csv": str(tmp_path / "o.csv"),
    }
    given |= change
    done = run_command(given.pop("model"), *(x for pair in given.items() for x in pair))
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "o.csv").exists()


def test_the_general_kernel_agrees_with_the_lanes() -> None:
    """The same birth-death network, once with an event that never fires: another kernel, the same distribution."""
    plain = Network(("X",), (100,), (Reaction({"X": 1}, {"X": 2}, 0.1), Reaction({"X": 1}, {}, 0.11)))
    slow = load_sbml(
        with_events(model(parameters=RATES, reactions="".join(BIRTH_DEATH)), event("time >= 1000", {"X": "0"}))
    )
    a, b = (simulate(n, [10.0], RUNS, s) for n, s in ((plain, 1), (slow, 2)))
    assert abs(a.mean[0, 0] - b.mean[0, 0]) < 4 * 13.45 * math.sqrt(2 / RUNS)
    assert deterministic(plain, [10.0])[0, 0] == pytest.approx(birth_death(10)[0], rel=1e-6)
