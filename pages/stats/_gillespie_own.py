"""The tab of the page on Gillespie that runs the reader's own network, from tables or SBML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gallery import outputs
from gallery.inputs import Column, FileValue, TableValue, file, seed, slider, table
from gallery.page import Progress, Say, Tab, Try, t
from pages.stats import _gillespie_figures as pictures
from pages.stats._gillespie_inputs import EVENTS, FACTS, MOMENTS, RUNS

if TYPE_CHECKING:
    from core.stats.gillespie.ensembles import Ensemble


class Own(Tab):
    label = t("你的网络", "Your network")
    question = t("你自己的反应会怎么走？", "How does your own network behave?")
    outputs = (
        outputs.figure("fan", height=850),
        FACTS,
        outputs.text("notices", t("须知", "Please note"), height=90),
        outputs.markdown("read", t("读到的反应", "The reactions as read")),
        MOMENTS,
    )
    budget = EVENTS
    live = False
    tries = (
        Try(
            t("没有酶 E：产物 P 一个也不生成", "Without the enzyme E not one product P is made"),
            {"initial": [{"species": "S", "molecules": 100.0}, {"species": "E", "molecules": 0.0}]},
            holds=lambda found: found.means[-1, found.species.index("P")] == 0,
        ),
        Try(
            t(
                "五百人里的一名感染者：疫情有的即刻熄灭，有的传给四百人",
                "One infected among five hundred: some outbreaks die out at once, some reach four hundred",
            ),
            {
                "reactions": [
                    {"reactants": "S + I", "products": "2 I", "rate": "0.0004"},
                    {"reactants": "I", "products": "R", "rate": "0.1"},
                ],
                "initial": [{"species": "S", "molecules": 500.0}, {"species": "I", "molecules": 1.0}],
                "horizon": 200.0,
            },
            holds=lambda found: found.quantiles[0, -1, 2] < 5 and found.quantiles[3, -1, 2] > 400,
        ),
    )

    reactions: TableValue = table(
        [
            {"reactants": "E + S", "products": "ES", "rate": "0.002"},
            {"reactants": "ES", "products": "E + S", "rate": "0.1"},
            {"reactants": "ES", "products": "E + P", "rate": "0.4"},
            {"reactants": "", "products": "S", "rate": "8 / (1 + P / 50)"},
            {"reactants": "P", "products": "", "rate": "0.05"},
        ],
        [
            Column("reactants", t("反应物", "Reactants"), max_length=80),
            Column("products", t("产物", "Products"), max_length=80),
            Column("rate", t("速率（数或式）", "Rate (number or formula)"), max_length=200),
        ],
        label=t("反应", "Reactions"),
        max_rows=24,
        help=t(
            "速率是数：质量作用律常数 c。速率是式子：它就是倾向函数，可用物种名、t、exp、piecewise 等。",
            "A number is the mass-action constant c. A formula is the propensity itself: species, t, exp, piecewise …",
        ),
    )
    initial: TableValue = table(
        [{"species": "S", "molecules": 100.0}, {"species": "E", "molecules": 20.0}],
        [
            Column("species", t("物种", "Species"), max_length=16),
            Column("molecules", t("分子数", "Molecules"), number=True, minimum=0, maximum=1_000_000, default=0),
        ],
        label=t("起始分子数（其余为 0）", "Molecules at the start (others 0)"),
        max_rows=12,
    )
    sbml: FileValue = file(
        (".xml", ".sbml"),
        label=t("SBML 模型（代替上面两张表）", "SBML model (in place of the tables)"),
        max_bytes=2_000_000,
    )
    horizon: float = slider(100.0, 0.01, 10_000.0, log=True, label=t("时长", "Time span"))
    runs: int = slider(500, 10, 5000, log=True, label=RUNS)
    seed: int = seed(1)

    def cost(self) -> float:
        return EVENTS

    def compute(self) -> Iterator[Ensemble | Progress]:
        from core.stats.gillespie import load_sbml
        from core.stats.gillespie.ensembles import own
        from core.stats.gillespie.networks import from_rows

        network = from_rows(self.reactions, self.initial) if self.sbml is None else load_sbml(self.sbml.data)
        return own(network, horizon=self.horizon, runs=self.runs, seed=self.seed)

    def progress(self, found: Ensemble) -> float:
        return found.trajectories / found.asked

    def show(self, found: Ensemble, say: Say) -> Mapping[str, object]:
        title = say("你的网络：", "Your network: ") + pictures.verdict(found, say)
        if found.notices:
            title += say("（见下面的须知）", " (see the notes below)")
        return {
            "fan": pictures.fan(title, found, say),
            "facts": pictures.facts(found, say),
            "notices": pictures.notices(found, say),
            "read": pictures.reactions(found, say),
            "moments": pictures.moments(found, say),
        }
