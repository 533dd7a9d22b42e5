"""Networks: the named examples of the page, and networks that a reader types in.

Every number stands with its source: the post (5607), Gillespie 1977, or the textbook example that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from core.stats.gillespie.network import Network, NetworkError, Reaction

__all__ = ["MAX_REACTIONS", "MAX_SPECIES", "Example", "examples", "from_rows", "phase_window", "started_at"]

MAX_SPECIES = 20
MAX_REACTIONS = 40
MAX_STOICHIOMETRY = 100
MAX_INITIAL = 1_000_000
TERM = re.compile(r"^(?:(\d{1,3})\s*\*?\s*)?([A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]{0,15})$")
NOTHING = {"", "0", "∅", "-"}


@dataclass(frozen=True, slots=True)
class Example:
    """A named network: what it is called and shows (zh, en), until when it is watched, which species the pictures show.

    ``events`` is the measured number of reactions of one trajectory up to ``horizon``: what a page budgets with.
    ``most`` bounds the master equation's states; None where they are too many to solve.
    """

    title: tuple[str, str]
    about: tuple[str, str]
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
        "gene": Example(
            ("基因表达（原文）", "Gene expression (the post)"),
            ("原文的例子：mRNA 合成、翻译成蛋白质、各自降解。", "The post's example: mRNA is made, translated into protein, and both decay."),
            Network(
                ("m", "n"), (0, 0),
                (r({}, {"m": 1}, 20.0), r({"m": 1}, {"m": 1, "n": 1}, 2.5), r({"m": 1}, {}, 1.0), r({"n": 1}, {}, 1.0)),
            ),
            10.0, ("m", "n"), 1241, {"m": 55, "n": 140},
        ),
        "immigration-death": Example(
            ("迁入–死亡", "Immigration–death"),
            ("最简单的例子：任何时刻都恰好服从泊松分布。", "The simplest: Poisson at every time."),
            Network(("X",), (0,), (r({}, {"X": 1}, 10.0), r({"X": 1}, {}, 0.5))), 12.0, ("X",), 222, {"X": 60},
        ),
        "birth-death": Example(
            ("线性生灭", "Linear birth–death"),
            ("DSMTS 001-01：每个个体以 0.1 出生、0.11 死亡，种群终将灭绝。", "DSMTS 001-01: each individual gives birth at 0.1 and dies at 0.11; extinction is certain."),
            Network(("X",), (100,), (r({"X": 1}, {"X": 2}, 0.1), r({"X": 1}, {}, 0.11))), 50.0, ("X",), 841, {"X": 400},
        ),
        "dimerisation": Example(
            ("二聚反应", "Dimerisation"),
            ("2P ⇌ P₂：倾向函数中的 n(n−1)/2 正是原文漏掉的。", "2P ⇌ P₂: the n(n−1)/2 in its propensity is what the post left out."),
            Network(("P", "P2"), (100, 0), (r({"P": 2}, {"P2": 1}, 0.001), r({"P2": 1}, {"P": 2}, 0.01))), 50.0, ("P", "P2"), 66, {"P": 100, "P2": 50},
        ),
        "schloegl": Example(
            ("Schlögl 双稳态", "Schlögl"),
            ("两个稳定状态，噪声使系统在其间跳转；确定性方程永远看不到。", "Two stable states; noise makes it jump between them, which the deterministic equation never shows."),
            Network(("X",), (250,), schloegl), 10.0, ("X",), 37238, {"X": 1200},
        ),
        "lotka-volterra": Example(
            ("捕食者与猎物", "Lotka–Volterra"),
            ("Wilkinson 的参数 1, 0.005, 0.6：振幅随机游走，总有一方先灭绝。", "Wilkinson's 1, 0.005, 0.6: the amplitude wanders until one side dies out."),
            Network(
                ("prey", "predator"), (50, 100),
                (r({"prey": 1}, {"prey": 2}, 1.0), r({"prey": 1, "predator": 1}, {"predator": 2}, 0.005), r({"predator": 1}, {}, 0.6)),
            ),
            20.0, ("prey", "predator"), 6962,
        ),
        "toggle": Example(
            ("双稳开关", "Toggle switch"),
            ("两个基因互相抑制：要么 u 多，要么 v 多。", "Two genes repress each other: either u is many or v is."),
            Network(
                ("u", "v"), (10, 10),
                (r({}, {"u": 1}, "50 / (1 + v^2)"), r({"u": 1}, {}, 1.0), r({}, {"v": 1}, "50 / (1 + u^2)"), r({"v": 1}, {}, 1.0)),
            ),
            40.0, ("u", "v"), 3662, {"u": 90, "v": 90},
        ),
        "repressilator": Example(
            ("抑制振荡子", "Repressilator"),
            ("三个基因首尾相抑（Elowitz & Leibler 2000，时间单位为 mRNA 寿命）。", "Three genes repress one another in a ring (Elowitz & Leibler 2000; time in mRNA lifetimes)."),
            _repressilator(), 150.0, ("p1", "p2", "p3"), 153460,
        ),
        "sir": Example(
            ("SIR 传染病", "SIR epidemic"),
            ("100 人、R₀ = 1.5、一名感染者：约三分之二的疫情很快自行熄灭。", "100 people, R₀ = 1.5, one infected: about two outbreaks in three die out early."),
            Network(("S", "I", "R"), (99, 1, 0), (r({"S": 1, "I": 1}, {"I": 2}, 1.5 / 100), r({"I": 1}, {"R": 1}, 1.0))),
            25.0, ("S", "I", "R"), 46, {"S": 99, "I": 100, "R": 100},
        ),
        "oregonator": Example(
            ("Oregonator", "Oregonator"),
            ("Gillespie 1977 的化学振荡：2, 0.1, 104, 0.016, 26。", "Gillespie's chemical clock of 1977: 2, 0.1, 104, 0.016, 26."),
            Network(
                ("Y1", "Y2", "Y3"), (500, 1000, 2000),
                (
                    r({"Y2": 1}, {"Y1": 1}, 2.0), r({"Y1": 1, "Y2": 1}, {}, 0.1), r({"Y1": 1}, {"Y1": 2, "Y3": 1}, 104.0),
                    r({"Y1": 2}, {}, 0.016), r({"Y3": 1}, {"Y2": 1}, 26.0),
                ),
            ),
            2.0, ("Y1", "Y2", "Y3"), 251763,
        ),
        "bursts": Example(
            ("自调控基因的爆发", "Autoregulated gene with bursts"),
            ("启动子时开时关，蛋白质抑制自己的启动子：分布远宽于泊松。", "The promoter flips on and off and its protein represses it: far wider than Poisson."),
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


def from_rows(rows: Sequence[tuple[str, str, str]], initial: Sequence[tuple[str, float]]) -> Network:
    """A network from rows of text: ("2 A + B", "C", "0.1") with a number for mass action or a rate law.

    ``initial`` lists (species, molecules at the start); species that it leaves out start at 0. NetworkError names the
    row and what is wrong.
    """
    if not rows:
        raise NetworkError("reactions: at least one row is needed")
    if len(rows) > MAX_REACTIONS:
        raise NetworkError(f"reactions: {len(rows)} rows are too many; at most {MAX_REACTIONS} are allowed")
    start = {}
    for number, (name, amount) in enumerate(initial, 1):
        if not TERM.match(name.strip()):
            raise NetworkError(
                f"initial amounts, row {number}: {name!r} is not a species name (a letter, then letters, digits or _)"
            )
        if not (amount == int(amount) and 0 <= amount <= MAX_INITIAL):
            raise NetworkError(
                f"initial amounts, row {number}: {amount:g} must be a whole number from 0 to {MAX_INITIAL}"
            )
        start[name.strip()] = float(amount)
    reactions = []
    for number, (left, right, rate) in enumerate(rows, 1):
        try:
            value: float | str = float(rate)
        except ValueError:
            value = rate.strip()
            if not value:
                raise NetworkError(f"row {number}: the rate is missing; a number or a rate law is needed") from None
        reactions.append(Reaction(_side(left, number), _side(right, number), value, name=f"row {number}"))
    found = dict.fromkeys((*start, *(s for r in reactions for s in (*r.reactants, *r.products))))
    if not found:
        raise NetworkError("reactions: no species in any row")
    if len(found) > MAX_SPECIES:
        raise NetworkError(f"species: {len(found)} are too many; at most {MAX_SPECIES} are allowed")
    return Network(tuple(found), tuple(start.get(s, 0.0) for s in found), tuple(reactions))


def _side(text: str, row: int) -> dict[str, int]:
    """One side of a reaction, "2 A + B", as species to stoichiometry."""
    side: dict[str, int] = {}
    if text.strip() in NOTHING:
        return side
    for part in text.split("+"):
        match = TERM.match(part.strip())
        if match is None:
            raise NetworkError(
                f"row {row}: {part.strip()!r} is not of the form «2 A»: a whole number, then a species name"
            )
        count = int(match.group(1) or 1)
        if not 1 <= count <= MAX_STOICHIOMETRY:
            raise NetworkError(f"row {row}: {count} {match.group(2)} must be from 1 to {MAX_STOICHIOMETRY}")
        side[match.group(2)] = side.get(match.group(2), 0) + count
    return side
