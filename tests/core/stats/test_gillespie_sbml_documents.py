"""SBML documents as they come: encodings, Level 1, packages, and what a reaction's id, constraints and rate rules mean."""

from __future__ import annotations

import codecs
import math
import subprocess
import sys
from pathlib import Path

import libsbml
import numpy as np
import pytest

from core.stats.gillespie import NetworkError, load_sbml, simulate
from tests.core.stats.test_gillespie_sbml_meaning import Draft, outcome

RUNS = 3000
Z = 4.0
NAME = "Zerfall über Nacht 衰变"
LATIN = "désintégration à 20 °C"


def named(name: str, encoding: str) -> str:
    d = Draft().species("X", 3.0).reaction({"X": 1}, {}, "X")
    d.model.setName(name)
    return d.text().replace('encoding="UTF-8"', f'encoding="{encoding}"')


@pytest.mark.parametrize(
    ("name", "declared", "codec", "mark"),
    [
        (NAME, "UTF-8", "utf-8", b""), (NAME, "UTF-8", "utf-8", codecs.BOM_UTF8), (NAME, "UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
        (NAME, "UTF-16", "utf-16-be", codecs.BOM_UTF16_BE), (NAME, "utf-16", "utf-16-le", b""), (NAME, "UTF-16BE", "utf-16-be", b""),
        (NAME, "GB18030", "gb18030", b""), (NAME, "UTF-32", "utf-32-le", codecs.BOM_UTF32_LE), (LATIN, "ISO-8859-1", "latin-1", b""),
        (LATIN, "iso-8859-15", "iso-8859-15", b""), (LATIN, "windows-1252", "cp1252", b""), (LATIN, "utf-16", "utf-8", b""),
        (NAME, "UTF-16", "utf-8", codecs.BOM_UTF8),
    ],
)  # fmt: skip
def test_encodings_are_honoured(name: str, declared: str, codec: str, mark: bytes, tmp_path: Path) -> None:
    data = mark + named(name, declared).encode(codec)
    assert load_sbml(data).name == name
    (tmp_path / "m.xml").write_bytes(data)
    assert load_sbml(tmp_path / "m.xml").name == name


def test_text_that_is_text_already_needs_no_encoding() -> None:
    assert load_sbml(named(NAME, "ISO-8859-1")).name == NAME


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            named(LATIN, "UTF-8").encode("latin-1"),
            "byte .* is no utf-8 text; the XML declaration must name the encoding",
        ),
        (named(LATIN, "X-UNKNOWN").encode(), "the declared encoding X-UNKNOWN is not known"),
        (named("a", "unicode_escape").encode(), "encoding unicode_escape is not known"),
        (named("a", "rot13").encode(), "encoding rot13 is not known"),
        (codecs.BOM_UTF16_LE + named("a", "UTF-16").encode("utf-16-le")[:-1], "is no utf-16-le text"),
        ("<sbml>\ud800</sbml>", "is no Unicode character"),
    ],
)
def test_what_cannot_be_decoded_is_refused(data: bytes | str, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        load_sbml(data)


def level_1(volume: float = 1.0, version: int = 2) -> str:
    species = "species" if version == 2 else "specie"
    return f"""<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="{version}"><model name="old">
<listOfCompartments><compartment name="c" volume="{volume}"/></listOfCompartments>
<listOf{species.capitalize() if version == 2 else "Species"}><{species} name="P" compartment="c" initialAmount="50"/>
<{species} name="Q" compartment="c" initialAmount="0"/></listOf{species.capitalize() if version == 2 else "Species"}>
<listOfParameters><parameter name="k" value="0.3"/><parameter name="v" value="1"/></listOfParameters>
<listOfRules><parameterRule name="v" formula="2 * k"/></listOfRules>
<listOfReactions><reaction name="r" reversible="false">
<listOfReactants><{species}Reference {species}="P"/></listOfReactants><listOfProducts><{species}Reference {species}="Q" stoichiometry="2"/></listOfProducts>
<kineticLaw formula="c * k * P"/></reaction></listOfReactions></model></sbml>"""


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("volume", [1.0, 4.0])
def test_level_1_is_read(volume: float, version: int) -> None:
    """P decays at k: binomial with p = e^(-0.6), whatever the volume."""
    network = load_sbml(level_1(volume, version))
    assert [(r.equation, r.law) for r in network.reactions] == [("P → 2 Q", "0.3")]
    result = simulate(network, [2.0], RUNS, 1)
    p = math.exp(-0.6)
    assert result.species == ("P", "Q", "v")
    assert abs(result.mean[0, 0] - 50 * p) < Z * math.sqrt(50 * p * (1 - p) / RUNS)
    assert result.mean[0, 2] == 0.6


LAYOUT = "http://www.sbml.org/sbml/level3/version1/layout/version1"


def with_package(inside: str, space: str = LAYOUT, required: str = "false", prefix: str = "layout") -> str:
    text = Draft().species("X", 3.0).text()
    text = text.replace("<sbml ", f'<sbml xmlns:{prefix}="{space}" {prefix}:required="{required}" ', 1)
    return (
        text.replace("<model>", f"<model>{inside}", 1)
        if "<model>" in text
        else text.replace("</model>", f"{inside}</model>", 1)
    )


@pytest.mark.parametrize(
    "inside",
    [
        "<layout:listOfLayouts><layout:layout/></layout:listOfLayouts>",
        f'<listOfLayouts xmlns="{LAYOUT}"><layout id="a"><dimensions width="a &gt; b"/></layout></listOfLayouts>',
        "<layout:listOfLayouts>\n<layout:nonsense>\n<layout:layout/></layout:nonsense></layout:listOfLayouts><layout:other a='>'/>",
    ],
)
def test_faults_in_packages_that_are_not_required_do_no_harm(inside: str) -> None:
    assert load_sbml(with_package(inside)).species == ("X",)


def test_lines_keep_their_numbers_when_a_package_is_left_out() -> None:
    said = []
    for inside in ("\n\n\n\n\n", "\n<layout:listOfLayouts>\n\n<layout:nonsense/></layout:listOfLayouts>\n\n"):
        with pytest.raises(NetworkError, match=r"line [0-9]+: .*compartment") as caught:
            load_sbml(with_package(inside).replace('compartment="C"', 'compartment="D"'))
        said.append(caught.value.en)
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("space", "name"),
    [("http://www.sbml.org/sbml/level3/version1/comp/version1", "comp"), ("http://example.org/new", "example.org/new")],
)
def test_a_package_that_is_required_is_refused_by_name(space: str, name: str) -> None:
    with pytest.raises(NetworkError, match=f"SBML package .*{name}: not supported|comp"):
        load_sbml(with_package("", space, "true", "comp"))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("arcsin(0.3) + arccos(0.3)", math.pi / 2), ("arctan(p)", math.atan(2.5)), ("cosh(p)^2 - sinh(p)^2", 1.0), ("arcsinh(sinh(p))", 2.5),
        ("arccosh(cosh(p))", 2.5), ("arctanh(tanh(p))", 2.5), ("sech(p) * cosh(p) + csch(p) * sinh(p) + coth(p) * tanh(p)", 3.0),
        ("arcsec(1 / cos(0.4))", 0.4), ("arccsc(1 / sin(0.4))", 0.4), ("arccot(1 / tan(0.4))", 0.4), ("arcsech(1 / cosh(0.4))", 0.4),
        ("arccsch(1 / sinh(0.4))", 0.4), ("arccoth(1 / tanh(0.4))", 0.4),
    ],
)  # fmt: skip
def test_the_functions_of_mathml_have_their_values(formula: str, expected: float) -> None:
    d = Draft().species("X", 0.0).parameter("p", 2.5, constant=True).parameter("r").rule("r", formula)
    assert outcome(d.network(), 0.0)["r"][0] == pytest.approx(expected, rel=1e-12)


def test_a_reactions_id_is_its_rate() -> None:
    d = Draft(2.0).species("X", 10.0, only_substance=False).species("Y", 0.0).parameter("v").rule("v", "3 * make + 1")
    d.reaction({}, {"Y": 1}, "0.4 * X", name="make").reaction({"Y": 1}, {}, "make * Y", name="lose")
    assert outcome(d.network(), 0.0)["v"] == pytest.approx([7.0], rel=1e-12)
    assert [(r.equation, r.law) for r in d.network().reactions] == [("X → X + Y", "0.2"), ("X + Y → X", "0.2")]


def test_local_parameters_stay_with_the_reaction_whose_id_is_read() -> None:
    d = Draft().species("X", 10.0).parameter("k", 7.0, constant=True).parameter("v").rule("v", "r + k")
    d.reaction({"X": 1}, {}, "k * X", name="r")
    local = d.model.getReaction(0).getKineticLaw().createLocalParameter()
    assert local.setId("k") == local.setValue(0.5) == libsbml.LIBSBML_OPERATION_SUCCESS
    assert outcome(d.network(), 0.0)["v"] == [0.5 * 10 + 7]


def commanded(text: str, folder: Path, trajectories: int) -> subprocess.CompletedProcess[str]:
    """The command run on the document ``text``; its table is ``o.csv`` in ``folder``."""
    document, table = folder / "m.xml", folder / "o.csv"
    document.write_text(text)
    command = [
        sys.executable,
        "-m",
        "core.stats.gillespie",
        document,
        "--trajectories",
        str(trajectories),
        "--csv",
        table,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_constraints_are_checked_and_told_with_their_message(tmp_path: Path) -> None:
    d = Draft().species("X", 4.0).reaction({"X": 1}, {}, "X").constraint("X > 1").constraint("X <= 4")
    message = '<message><p xmlns="http://www.w3.org/1999/xhtml">nearly <b>none</b> left</p></message>'
    text = d.text().replace("</constraint>", f"{message}</constraint>", 1)
    result = simulate(load_sbml(text), [0.0, 40.0], 50, 1)
    assert result.species == ("X",)
    assert [en.split(":")[0] for _, en in result.notices] == [
        "the constraint X > 1 was broken in 100% of the trajectories (nearly none left)"
    ]
    done = commanded(text, tmp_path, 50)
    assert "notice: the constraint X > 1 was broken in 100" in done.stderr
    assert (tmp_path / "o.csv").read_text().startswith("time,X-mean,X-sd\n")


def test_a_constraint_that_is_broken_from_the_start_is_told() -> None:
    (notice,) = simulate(Draft().species("X", 4.0).constraint("X > 9").network(), [1.0], 3, 1).notices
    assert "X > 9" in notice[1]


def test_an_event_without_a_trigger_never_happens_and_is_told() -> None:
    text = Draft().species("X", 4.0).event("time >= 1", X="9").text(3, 2)
    start, end = text.index("<trigger"), text.index("</trigger>") + len("</trigger>")
    network = load_sbml(text[:start] + text[end:])
    assert network.events == () and "has no trigger and never happens" in network.notices[0][1]
    assert outcome(network, 5.0) == {"X": [4.0]}


def test_rate_rules_move_sizes_parameters_and_species() -> None:
    """C grows as e^(0.1 t); a concentration that follows a rate rule of 1 moves its amount also with the size."""
    d = (
        Draft(2.0)
        .species("X", 8.0, only_substance=False)
        .species("S", 6.0, only_substance=False, BoundaryCondition=True)
    )
    d.parameter("p", 1.0).parameter("seen").rule("seen", "X").rate_rule("C", "0.1 * C").rate_rule("S", "1").rate_rule(
        "p", "-p"
    )
    found = outcome(d.network(), 0.0, 3.0)
    size = 2 * math.exp(0.3)
    for name, value in {"C": size, "S": (3 + 3) * size, "p": math.exp(-3), "seen": 8 / size, "X": 8.0}.items():
        assert found[name][1] == pytest.approx(value, rel=1e-6), name
    assert found["S"][0] == 6.0 and found["seen"][0] == 4.0


def test_a_model_of_rate_rules_alone_is_solved_and_events_reset_it() -> None:
    d = Draft().parameter("y", 1.0).parameter("n", 0.0).rate_rule("y", "y").event("y >= 2", y="1", n="n + 1")
    found = outcome(d.network(), 0.5, 3.5 * math.log(2))
    assert found["y"] == pytest.approx([math.exp(0.5), math.sqrt(2)], rel=1e-6)
    assert found["n"] == [0.0, 3.0]


def test_laws_in_messages_are_formulas() -> None:
    with pytest.raises(NetworkError, match=r"the rate law 0\.25 \* \(3\.1 - X / 2\)"):
        simulate(
            Draft(2.0).species("X", 0.0, only_substance=False).reaction({}, {"X": 1}, "0.25 * (3.1 - X)").network(),
            [900.0],
            20,
            1,
        )


def test_notices_reach_standard_error_and_the_table_is_written(tmp_path: Path) -> None:
    d = Draft().species("A", 0.5).species("B", 3.0).reaction({"A": 1}, {}, "A").reaction({"B": 1}, {}, "B", name="Q")
    done = commanded(d.text(), tmp_path, 9)
    assert "1 of 2 reactions can never happen: R (needs 1 A, has 0.5)" in done.stderr
    assert np.loadtxt(tmp_path / "o.csv", delimiter=",", skiprows=1)[-1, 1] == 0.5
