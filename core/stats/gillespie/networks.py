"""Networks: the named examples of the page, and networks that a reader types in.

Every number stands with its source: the post (5607), Gillespie 1977, or the textbook example that it comes from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from core.stats.gillespie.errors import NetworkError, naming
from core.stats.gillespie.formula import names, parse
from core.stats.gillespie.network import Network, Reaction
from core.stats.gillespie.notices import about_dead_reactions

__all__ = ["MAX_REACTIONS", "MAX_SPECIES", "Example", "examples", "from_rows", "phase_window", "started_at"]

MAX_SPECIES = 20
MAX_REACTIONS = 40
MAX_STOICHIOMETRY = 100
MAX_INITIAL = 1_000_000
TERM = re.compile(r"^(?:(\d{1,3})\s*\*?\s*)?([A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]{0,15})$")
NOTHING = {"", "0", "∅", "-"}
RESERVED = {"t", "time", "and", "or", "not"}  # have a meaning of their own in rate laws


@dataclass(frozen=True, slots=True)
class Example:
    """A named network, until when it is watched, and which species the pictures show.

    ``events`` is the measured number of reactions of one trajectory up to ``horizon``: what a page budgets with.
    ``most`` bounds the master equation's states; None where they are too many to solve.
    """

    network: Network
    horizon: float
    shown: tuple[str, ...]
    events: float
    most: Mapping[str, int] | None = None


@lru_cache(maxsize=1)
def examples() -> Mapping[str, Example]:
    """The examples by name."""
    r = Reaction
    schloegl = (
        r({"X": 2}, {"X": 3}, 3e-7 * 1e5),
        r({"X": 3}, {"X": 2}, 1e-4),
        r({}, {"X": 1}, 1e-3 * 2e5),
        r({"X": 1}, {}, 3.5),
    )
    found = {
        # post 5607: mRNA is made, translated into protein, and both decay
        "gene": Example(
            Network(
                ("m", "n"), (0, 0),
                (r({}, {"m": 1}, 20.0), r({"m": 1}, {"m": 1, "n": 1}, 2.5), r({"m": 1}, {}, 1.0), r({"n": 1}, {}, 1.0)),
            ),
            10.0, ("m", "n"), 1241, {"m": 55, "n": 140},
        ),
        # Poisson at every time
        "immigration-death": Example(
            Network(("X",), (0,), (r({}, {"X": 1}, 10.0), r({"X": 1}, {}, 0.5))), 12.0, ("X",), 222, {"X": 60},
        ),
        # SBML stochastic test suite (DSMTS) 001-01
        "birth-death": Example(
            Network(("X",), (100,), (r({"X": 1}, {"X": 2}, 0.1), r({"X": 1}, {}, 0.11))), 50.0, ("X",), 841, {"X": 400},
        ),
        # 2P <-> P2 with 0.001 and 0.01, as in the SBML stochastic test suite
        "dimerisation": Example(
            Network(("P", "P2"), (100, 0), (r({"P": 2}, {"P2": 1}, 0.001), r({"P2": 1}, {"P": 2}, 0.01))), 50.0, ("P", "P2"), 66, {"P": 100, "P2": 50},
        ),
        # Schlögl's model with the usual 3e-7, 1e-4, 1e-3, 3.5; A = 1e5 and B = 2e5 are folded in
        "schloegl": Example(Network(("X",), (250,), schloegl), 10.0, ("X",), 37238, {"X": 1200}),
        # Wilkinson, Stochastic Modelling for Systems Biology: 1, 0.005, 0.6
        "lotka-volterra": Example(
            Network(
                ("prey", "predator"), (50, 100),
                (r({"prey": 1}, {"prey": 2}, 1.0), r({"prey": 1, "predator": 1}, {"predator": 2}, 0.005), r({"predator": 1}, {}, 0.6)),
            ),
            20.0, ("prey", "predator"), 6962,
        ),
        # two genes repress each other, after Gardner, Cantor & Collins 2000
        "toggle": Example(
            Network(
                ("u", "v"), (10, 10),
                (r({}, {"u": 1}, "50 / (1 + v^2)"), r({"u": 1}, {}, 1.0), r({}, {"v": 1}, "50 / (1 + u^2)"), r({"v": 1}, {}, 1.0)),
            ),
            40.0, ("u", "v"), 3662, {"u": 90, "v": 90},
        ),
        "repressilator": Example(_repressilator(), 150.0, ("p1", "p2", "p3"), 153460),
        # 100 people, R0 = 1.5, one infected
        "sir": Example(
            Network(("S", "I", "R"), (99, 1, 0), (r({"S": 1, "I": 1}, {"I": 2}, 1.5 / 100), r({"I": 1}, {"R": 1}, 1.0))),
            25.0, ("S", "I", "R"), 46, {"S": 99, "I": 100, "R": 100},
        ),
        # Gillespie 1977: 2, 0.1, 104, 0.016, 26
        "oregonator": Example(
            Network(
                ("Y1", "Y2", "Y3"), (500, 1000, 2000),
                (
                    r({"Y2": 1}, {"Y1": 1}, 2.0), r({"Y1": 1, "Y2": 1}, {}, 0.1), r({"Y1": 1}, {"Y1": 2, "Y3": 1}, 104.0),
                    r({"Y1": 2}, {}, 0.016), r({"Y3": 1}, {"Y2": 1}, 26.0),
                ),
            ),
            2.0, ("Y1", "Y2", "Y3"), 251763,
        ),
        # a promoter that flips on and off and is repressed by its own protein
        "bursts": Example(
            Network(
                ("off", "on", "m", "p"), (1, 0, 0, 0),
                (
                    r({"off": 1}, {"on": 1}, 0.2), r({"on": 1, "p": 1}, {"off": 1, "p": 1}, 0.004), r({"on": 1}, {"off": 1}, 0.1),
                    r({"on": 1}, {"on": 1, "m": 1}, 8.0), r({"m": 1}, {"m": 1, "p": 1}, 4.0), r({"m": 1}, {}, 1.0), r({"p": 1}, {}, 0.1),
                ),
            ),
            120.0, ("m", "p"), 2703,
        ),
    }  # fmt: skip
    return MappingProxyType(found)


def _repressilator() -> Network:
    """Elowitz & Leibler 2000: alpha 216, alpha0 0.216, n 2, beta 0.2 (protein over mRNA decay), K_M 40, 20 proteins a transcript.

    In their units K_M = 1 protein unit is 40 molecules; a transcript is made at alpha / (1 + (p/40)^2) * beta' with the
    scale chosen so that a steady transcript gives 20 proteins in its life.
    """
    reactions = []
    per_transcript = 20.0
    molecules = 40.0
    beta = 0.2
    # In scaled units dm/dt = -m + alpha/(1+p^2) + alpha0, dp/dt = -beta (p - m); p counts molecules / K_M and
    # m transcripts * per_transcript / (beta K_M).
    scale = beta * molecules / per_transcript
    for i, by in ((1, 3), (2, 1), (3, 2)):
        law = f"{216 * scale!r} / (1 + (p{by} / {molecules!r})^2) + {0.216 * scale!r}"
        reactions += [
            Reaction({}, {f"m{i}": 1}, law),
            Reaction({f"m{i}": 1}, {}, 1.0),
            Reaction({f"m{i}": 1}, {f"m{i}": 1, f"p{i}": 1}, per_transcript),
            Reaction({f"p{i}": 1}, {}, beta),
        ]
    return Network(("m1", "m2", "m3", "p1", "p2", "p3"), (0, 20, 0, 40, 0, 0), tuple(reactions))


def started_at(network: Network, initial: Sequence[float]) -> Network:
    """The network from another start."""
    return replace(network, initial=tuple(float(x) for x in initial))


def phase_window(name: str) -> tuple[float, float]:
    """How far the phase plane of a two-species example reaches: where its paths go."""
    return {"lotka-volterra": (500.0, 700.0), "toggle": (80.0, 80.0), "gene": (45.0, 120.0)}[name]


def from_rows(reactions: Sequence[Row], initial: Sequence[Row]) -> Network:
    """A network from rows of text.

    Parameters
    ----------
    reactions : ("2 A + B", "C", "0.1"), or mappings with the keys reactants, products and rate: a number is the
        mass-action constant c, a formula is the propensity itself.
    initial : ("A", 5), or mappings with the keys species and molecules; species that it leaves out start at 0.

    Raises NetworkError of the input «reactions» or «initial» that names the row and what is wrong.
    """
    try:
        start = _start(initial)
    except NetworkError as error:
        raise error.of("initial") from None
    try:
        return _network(reactions, start)
    except NetworkError as error:
        raise error.of("reactions") from None


Row = Sequence[Any] | Mapping[str, Any]


def _row(row: Row, *columns: str) -> list[Any]:
    return [row[name] for name in columns] if isinstance(row, Mapping) else list(row)


def _start(initial: Sequence[Row]) -> dict[str, float]:
    """Molecules at the start, by species."""
    start = {}
    for number, row in enumerate(initial, 1):
        name, amount = _row(row, "species", "molecules")
        with naming(f"第 {number} 行", f"row {number}"):
            if not TERM.fullmatch(name.strip()) or name.strip()[0].isdigit():
                raise NetworkError(
                    f"{name!r} 不是物种名（字母或汉字开头，后接字母、数字或 _，最多 16 个）",
                    f"{name!r} is not a species name (a letter, then letters, digits or _, at most 16)",
                )
            if not (0 <= amount <= MAX_INITIAL and amount == int(amount)):
                raise NetworkError(
                    f"{amount:g} 个分子：必须是 0 到 {MAX_INITIAL} 的整数",
                    f"{amount:g} molecules: must be a whole number from 0 to {MAX_INITIAL}",
                )
        start[name.strip()] = float(amount)
    return start


def _network(rows: Sequence[Row], start: Mapping[str, float]) -> Network:
    if not rows:
        raise NetworkError("至少要有一行", "at least one row is needed")
    if len(rows) > MAX_REACTIONS:
        raise NetworkError(
            f"{len(rows)} 行太多了；最多 {MAX_REACTIONS} 行",
            f"{len(rows)} rows are too many; at most {MAX_REACTIONS} are allowed",
        )
    reactions = []
    for number, row in enumerate(rows, 1):
        left, right, rate = _row(row, "reactants", "products", "rate")
        with naming(f"第 {number} 行", f"row {number}"):
            reactions.append(Reaction(_side(left), _side(right), _rate(str(rate)), name=f"row {number}"))
    found = dict.fromkeys((*start, *(s for r in reactions for s in (*r.reactants, *r.products))))
    if not found:
        raise NetworkError("哪一行都没有物种", "no species in any row")
    for name in sorted(RESERVED & found.keys()):
        raise NetworkError(
            f"物种不能叫 {name}：速率里它另有含义",
            f"no species may be called {name}: it has a meaning of its own in rates",
        )
    if len(found) > MAX_SPECIES:
        raise NetworkError(
            f"{len(found)} 个物种太多了；最多 {MAX_SPECIES} 个",
            f"{len(found)} species are too many; at most {MAX_SPECIES} are allowed",
        )
    for number, reaction in enumerate(reactions, 1):
        if isinstance(reaction.rate, str):
            for name in sorted(names(parse(reaction.rate)) - found.keys() - {"t"}):
                there = ", ".join(found)
                raise NetworkError(
                    f"第 {number} 行：速率里的 {name} 不是物种；现有的是 {there}，还可以用时间 t",
                    f"row {number}: {name} in the rate is no species; there are {there}, and the time t",
                )
    network = Network(tuple(found), tuple(start.get(s, 0.0) for s in found), tuple(reactions))
    return replace(network, notices=tuple(about_dead_reactions(network)))


def _rate(text: str) -> float | str:
    """A mass-action constant, or a rate law that has been read once."""
    try:
        constant = float(text)
    except ValueError:
        if not text.strip():
            raise NetworkError(
                "缺少速率：数或式都可以", "the rate is missing; a number or a formula is needed"
            ) from None
        parse(text.strip())
        return text.strip()
    if not (math.isfinite(constant) and constant >= 0):
        raise NetworkError(f"速率 {text} 必须不小于 0", f"the rate {text} must be a number of at least 0")
    return constant


def _side(text: str) -> dict[str, int]:
    """One side of a reaction, "2 A + B", as species to stoichiometry."""
    side: dict[str, int] = {}
    if text.strip() in NOTHING:
        return side
    for part in text.split("+"):
        match = TERM.match(part.strip())
        if match is None:
            raise NetworkError(
                f"{part.strip()!r} 不是「2 A」这样的形式：一个整数，再是物种名",
                f"{part.strip()!r} is not of the form «2 A»: a whole number, then a species name",
            )
        count = int(match.group(1) or 1)
        if not 1 <= count <= MAX_STOICHIOMETRY:
            raise NetworkError(
                f"{count} {match.group(2)}：系数必须是 1 到 {MAX_STOICHIOMETRY}",
                f"{count} {match.group(2)} must be from 1 to {MAX_STOICHIOMETRY}",
            )
        side[match.group(2)] = side.get(match.group(2), 0) + count
    return side
