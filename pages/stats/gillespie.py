"""Gillespie's direct method: random paths of reaction networks (post 5607)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider, toggle
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.stats import _gillespie_figures as pictures
from pages.stats import _gillespie_numbers as numbers
from pages.stats._gillespie_inputs import EVENTS, FACTS, METHODS, MOMENTS, PLANAR, RUNS, SLIPS, SOLVED, Simulated
from pages.stats._gillespie_own import Own
from pages.stats._gillespie_texts import ABOUT, CALLED, CHANGES, NAMES, STORY

if TYPE_CHECKING:
    from core.stats.gillespie.ensembles import Ensemble
    from core.stats.gillespie.studies import Comparison, Fates, JumpSlip, Plane, StoichiometrySlip

NETWORK = t("反应网络", "Network")
SPAN = t("以该网络的标准时长为单位", "in units of the network's usual span")
LEAPING = t(
    "**τ-leaping 是近似**：一步之内倾向函数视为不变。",
    "**Tau-leaping approximates**: propensities are held fixed within a leap.",
)


class Trajectories(Simulated):
    label = t("轨迹", "Trajectories")
    question = t("同样的起点，命运会有多不同？", "From one start, how different can the fates be?")
    outputs = (outputs.figure("fan", height=550), FACTS, outputs.markdown("about"), MOMENTS)
    budget = EVENTS
    tries = (
        Try(
            t(
                "迁入–死亡：方差等于均值，正是泊松分布",
                "Immigration–death: the variance equals the mean, as in a Poisson distribution",
            ),
            {"network": "immigration-death"},
            holds=lambda found: abs(found.fano.max() - 1) < 0.1,
        ),
        Try(
            t(
                "Oregonator：速率方程停在不动点，随机轨迹却都在振荡",
                "Oregonator: the rate equations rest at a fixed point, the random paths oscillate",
            ),
            {"network": "oregonator"},
            holds=lambda found: abs(found.ode - found.ode[0]).max() < 1 < 100 < found.sds[-1].min(),
        ),
        Try(
            t(
                "爆发的基因：蛋白质的方差是泊松分布的二十倍",
                "The bursting gene: its protein has twenty times the variance of a Poisson count",
            ),
            {"network": "bursts"},
            holds=lambda found: 15 < found.fano[-1] < 30,
        ),
    )

    network: str = choice("gene", NAMES, label=NETWORK)
    runs: int = slider(2000, 100, 10_000, log=True, label=RUNS)
    paths: int = slider(6, 0, 30, label=t("画出的单条轨迹", "Single paths drawn"))
    span: float = slider(1.0, 0.1, 2.0, step=0.1, label=t("时长", "Time span"), unit="×", help=SPAN)
    method: str = choice("exact", METHODS, label=t("方法", "Method"))
    seed: int = seed(1)

    def cost(self) -> float:
        return min(self.runs * 3e5 * self.span, EVENTS)

    def compute(self) -> Ensemble:
        from core.stats.gillespie.ensembles import trajectories

        return trajectories(
            self.network, runs=self.runs, span=self.span, method=self.method, seed=self.seed, paths=self.paths
        )

    def show(self, found: Ensemble, say: Say) -> Mapping[str, object]:
        about = [say(ABOUT[self.network]), *([] if found.exact else [say(LEAPING)]), pictures.reactions(found, say)]
        title = say(NAMES[self.network]) + say("：", ": ") + pictures.verdict(found, say)
        return {
            "fan": pictures.fan(title, found, say, CALLED),
            "facts": pictures.facts(found, say),
            "about": "\n\n".join(about),
            "moments": pictures.moments(found, say),
        }


class Distribution(Simulated):
    label = t("分布", "Distribution")
    question = t("模拟的直方图与主方程的解重合吗？", "Does the simulated histogram agree with the master equation?")
    outputs = (outputs.figure("law", height=520), FACTS, MOMENTS)
    budget = EVENTS
    tries = (
        Try(
            t(
                "双稳开关：概率几乎都不在均值附近，而在它两边的峰上",
                "Toggle switch: hardly any probability lies at the mean, it lies in a peak on either side",
            ),
            {"network": "toggle", "time": 1.0},
            holds=lambda found: found.at_mean(-1) < 0.002,
        ),
        Try(
            t(
                "二聚反应，一万条轨迹：总变差距离小于 0.02",
                "Dimerisation, ten thousand paths: total variation below 0.02",
            ),
            {"network": "dimerisation", "runs": 10_000, "time": 0.2},
            holds=lambda found: found.variation[8].max() < 0.02,
        ),
        Try(
            t(
                "SIR：近半数疫情几乎没有传开，均值却是 80 人未感染",
                "SIR: nearly half of the outbreaks hardly spread, though on average only 80 of 100 escape",
            ),
            {"network": "sir", "time": 1.0},
            holds=lambda found: (
                found.solved[0][-1, -1] * found.widths[0] > 0.45 and 75 < found.solved_means[-1, 0] < 85
            ),
        ),
    )

    network: str = choice("schloegl", {k: NAMES[k] for k in SOLVED}, label=NETWORK)
    time: float = slider(
        0.5,
        0.05,
        1.0,
        step=0.05,
        label=t("时刻", "Time"),
        unit="×",
        help=t(
            "以标准时长为单位；图下的滑块随后可以任意移动",
            "in units of the usual span; the slider under the picture moves on from there",
        ),
    )
    runs: int = slider(2000, 100, 10_000, log=True, label=RUNS)
    seed: int = seed(1)

    def cost(self) -> float:
        return min(self.runs * 4e4, EVENTS)

    def compute(self) -> Comparison:
        from core.stats.gillespie.studies import distribution

        return distribution(self.network, runs=self.runs, seed=self.seed)

    def show(self, found: Comparison, say: Say) -> Mapping[str, object]:
        at = found.nearest(self.time)
        title = numbers.solved_title(found, self.network, at, say)
        facts, columns = numbers.solved(found, at, say)
        return {"law": pictures.film(title, found, at, say), "facts": facts, "moments": outputs.Table(columns)}


class PhasePlane(Tab):
    label = t("相平面", "Phase plane")
    question = t("随机轨迹会跟着确定性的流走吗？", "Does a random path follow the deterministic flow?")
    outputs = (outputs.figure("plane", height=520), FACTS)
    budget = EVENTS
    tries = (
        Try(
            t(
                "双稳开关，从分界线旁出发：方程走向 v，随机轨迹却落到了 u",
                "Toggle switch from beside the divide: the equations go to v, the random path ends at u",
            ),
            {"network": "toggle", "start": (0.2, 0.24), "seed": 0},
            holds=lambda found: found.path[-1, 0] > found.path[-1, 1] and found.ode[-1, 1] > 40 > found.ode[-1, 0],
        ),
        Try(
            t(
                "捕食者与猎物，两倍时长：方程永远兜圈，随机轨迹里双双灭绝",
                "Lotka–Volterra for twice as long: the equations circle for ever, on the random path both die out",
            ),
            {"span": 2.0, "seed": 0},
            holds=lambda found: found.path[-1].max() == 0 and found.ode.min() > 30,
        ),
    )

    network: str = choice("lotka-volterra", {k: NAMES[k] for k in PLANAR}, label=NETWORK)
    start: PointValue = point(
        (0.1, 0.15),
        (0.0, 1.0),
        (0.0, 1.0),
        label=t("起点（占图幅的比例）", "Start (share of the plane)"),
        in_picture=True,
    )
    span: float = slider(1.0, 0.1, 2.0, step=0.1, label=t("时长", "Time span"), unit="×", help=SPAN)
    seed: int = seed(3)

    def cost(self) -> float:
        return 6e4

    def compute(self) -> Plane:
        from core.stats.gillespie.studies import phase_plane

        return phase_plane(self.network, self.start, span=self.span, seed=self.seed)

    def show(self, found: Plane, say: Say) -> Mapping[str, object]:
        moment = f"t = {found.times[-1]:g}"
        start, end, ode = (f"({x:.0f}, {y:.0f})" for x, y in (found.start, found.path[-1], found.ode[-1]))
        title = say(
            f"{NAMES[self.network].zh}，同从 {start} 出发，{moment} 时随机轨迹在 {end}，速率方程在 {ode}",
            f"{NAMES[self.network].en} from {start}: at {moment} the random path is at {end}, the rate equations at {ode}",
        )
        facts = numbers.plane(found, say)
        return {"plane": pictures.phase_plane(title, found, self.start, say), "facts": facts}


class WhySSA(Simulated):
    slug = "why-ssa"
    label = t("为何要随机", "Why SSA")
    question = t("速率方程说终点只有一个；真是这样吗？", "The rate equation knows one end; is there only one?")
    outputs = (outputs.figure("fates", height=480), FACTS)
    budget = EVENTS
    tries = (
        Try(
            t(
                "从 240 出发，低于不稳定点：方程去低态，三成多的轨迹仍去高态",
                "From 240, below the unstable root: the equation goes low, yet over 30 % of the paths go high",
            ),
            {"start": 240},
            holds=lambda found: found.ode[-1] < 90 and 0.3 < 1 - found.low < 0.45,
        ),
        Try(
            t(
                "从 80 出发走 60 个单位：没有一条轨迹换态，平均要等五万",
                "From 80 for 60 time units: no path switches, the mean wait being fifty thousand",
            ),
            {"start": 80, "horizon": 60.0},
            holds=lambda found: found.low == 1 and 4.5e4 < found.up < 5.5e4,
        ),
    )

    start: int = slider(250, 0, 800, label=t("起始分子数", "Molecules at the start"))
    horizon: float = slider(20.0, 2.0, 60.0, label=t("时长", "Time span"))
    runs: int = slider(400, 50, 2000, log=True, label=RUNS)
    paths: int = slider(8, 1, 20, label=t("画出的单条轨迹", "Single paths drawn"))
    seed: int = seed(2)

    def cost(self) -> float:
        return min(self.runs * 3.8e3 * self.horizon, EVENTS)

    def compute(self) -> Fates:
        from core.stats.gillespie.studies import fates

        return fates(self.start, horizon=self.horizon, runs=self.runs, seed=self.seed, paths=self.paths)

    def show(self, found: Fates, say: Say) -> Mapping[str, object]:
        low, high, end = f"{found.low:.0%}", f"{1 - found.low:.0%}", f"{found.ode[-1]:.0f}"
        title = say(
            f"从 {self.start} 出发，t = {self.horizon:g} 时 {low} 的轨迹在低态、{high} 在高态；速率方程只去 {end}",
            f"From {self.start}, {low} of the paths are low and {high} high at t = {self.horizon:g}; the rate equation goes to {end} only",
        )
        facts = numbers.fates(found, say)
        return {"fates": pictures.two_fates(title, found, say), "facts": facts}


class Slips(Simulated):
    label = t("两处疏忽", "Two slips")
    question = t(
        "漏掉一个组合数、数错一次直方图，差多少？", "Leave out a binomial, count jumps for time: what does it change?"
    )
    outputs = (outputs.figure("slip", height=440), FACTS)
    budget = EVENTS
    tries = (
        Try(
            t(
                "直方图数跳跃：蛋白质的均值偏高约 1.4",
                "A histogram that counts jumps: the protein's mean is about 1.4 too high",
            ),
            {"slip": "histogram"},
            holds=lambda found: abs(getattr(found, "excess", 0.0) - 1.4) < 0.4,
        ),
        Try(
            t(
                "轨迹只有 50 长：抽样误差比疏忽本身还大",
                "A path of length 50: the sampling error is larger than the slip",
            ),
            {"slip": "histogram", "horizon": 50.0},
            holds=lambda found: hasattr(found, "excess") and abs(found.time_mean - found.truth) > found.excess,
        ),
    )

    slip: str = choice("stoichiometry", SLIPS, label=t("哪一处", "Which slip"))
    post: bool = toggle(True, label=t("画出原文的做法", "Show the post's way"))
    runs: int = slider(4000, 200, 10_000, log=True, label=RUNS, shown_when={"slip": "stoichiometry"})
    horizon: float = slider(
        1000.0, 50.0, 2000.0, label=t("单条轨迹的时长", "Length of the path"), shown_when={"slip": "histogram"}
    )
    seed: int = seed(1)

    def cost(self) -> float:
        return 1.4e6

    def compute(self) -> StoichiometrySlip | JumpSlip:
        from core.stats.gillespie.studies import jump_slip, stoichiometry_slip

        if self.slip == "stoichiometry":
            return stoichiometry_slip(runs=self.runs, seed=self.seed)
        return jump_slip(horizon=self.horizon, seed=self.seed)

    def show(self, found: StoichiometrySlip | JumpSlip, say: Say) -> Mapping[str, object]:
        from core.stats.gillespie.studies import JumpSlip

        return (
            pictures.jumps(found, self.post, say)
            if isinstance(found, JumpSlip)
            else pictures.stoichiometry(found, self.post, say)
        )


POST = Post(
    id=5607,
    title=t("python简单实现gillespie模拟", "A simple Gillespie simulation in Python"),
    date=datetime.date(2018, 6, 7),
    story=STORY,
    changes=CHANGES,
    papers=(
        (
            "Gillespie 1977, Exact stochastic simulation of coupled chemical reactions",
            "https://doi.org/10.1021/j100540a008",
        ),
        (
            "Cao, Gillespie & Petzold 2006, Efficient step size selection for the tau-leaping simulation method",
            "https://doi.org/10.1063/1.2159468",
        ),
        ("Munsky & Khammash 2006, The finite state projection algorithm", "https://doi.org/10.1063/1.2145882"),
    ),
)

PAGE = Page(
    title=t("Gillespie：随机反应的精确模拟", "Gillespie: exact simulation of random reactions"),
    summary=t(
        "少量分子如何反应？逐个事件地抽出精确的样本路径，与主方程当面对质。",
        "How do a few molecules react? Exact paths drawn event by event, compared with the master equation.",
    ),
    post=POST,
    tabs=(Trajectories, Distribution, PhasePlane, WhySSA, Slips, Own),
    added=datetime.date(2026, 11, 20),
    striking=2,
)
