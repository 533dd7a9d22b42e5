"""The energy view of GANs: pits are dug and samples jump; momentum, games of two points, Langevin and MALA (post 6316)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider
from gallery.outputs import Metric
from gallery.page import Page, Post, Progress, Say, Tab, Try, t
from pages.gan import _gan_energy_figures as pictures
from pages.gan._gan_energy_texts import CHANGES, STORY

if TYPE_CHECKING:
    from core.gan.gan_energy.dirac import Flow
    from core.gan.gan_energy.mala import Chains, Density
    from core.gan.gan_energy.pits import Dug, Sweep

FACTS = outputs.metrics("facts")
PRESETS = {"three": t("三个", "Three"), "five": t("五个", "Five"), "eight": t("八个", "Eight")}
PITS = {"own": t("三个，自己拖", "Three, dragged"), **PRESETS}
OWN = {"pits": "own"}
GAMES = {
    "sgan": t("SGAN", "SGAN"),
    "sgan-l2": t("SGAN + L2", "SGAN + L2"),
    "wgan-sn": t("WGAN + 谱归一化", "WGAN-SN"),
    "gp-0": t("WGAN + 零中心惩罚", "WGAN, penalty at 0"),
    "gp-1": t("WGAN + 惩罚（中心 1）", "WGAN, penalty at 1"),
    "gan-qp": t("GAN-QP", "GAN-QP"),
    "gan-qp-l2": t("GAN-QP + L2", "GAN-QP + L2"),
    "gan-qp-script": t("GAN-QP（脚本：除以 |φ|）", "GAN-QP, script's |φ|"),
}
ENERGIES = {
    "double": t("两个等深的坑", "Two equal pits"),
    "tilted": t("一深一浅", "One deep, one shallow"),
    "waves": t("波浪", "Waves"),
    "bowl": t("一个碗", "A bowl"),
}
PENALTY, DIVERSITY = t("惩罚 λ（0 = 不用）", "Penalty λ (0 = none)"), t("多样性 μ", "Diversity μ")
STEPS, LR = t("步数", "Steps"), t("学习率", "Learning rate")
REACH = (-1.0, 1.0)
START = (-1.5, 1.5)
MOST_STEPS, MOST_RUN = 1000, 2000


def _pit(x: float, y: float, name: str) -> Any:
    return point((x, y), REACH, REACH, label=t(f"真样本 {name}", f"Real {name}"), shown_when=OWN, in_picture=True)


class DigAndJump(Tab):
    label = t("挖坑与跳坑", "Dig and jump")
    question = t(
        "把真样本放在哪里，坑就挖在哪里吗？假样本跳进去了吗？",
        "Are pits dug where the real points are put, and do the samples jump in?",
    )
    outputs = (outputs.figure("pits", height=580), FACTS)
    budget = float(MOST_STEPS)
    tries = (
        Try(
            t("不用惩罚：真样本处的坡陡十倍以上", "No penalty: more than ten times as steep there"),
            {"penalty": 0.0},
            lambda y: y.run.last.real_slope > 12,
        ),
        Try(
            t("β₁ = 0.9：假样本越过了所有的坑", "β₁ = 0.9: samples skip every pit"),
            {"beta_1": 0.9},
            lambda y: y.run.last.modes == 0,
        ),
        Try(
            t("八个坑，不用动量：几乎都跳得进", "Eight pits without momentum: nearly all are found"),
            {"pits": "eight", "beta_1": 0.0},
            lambda y: y.run.last.modes >= 6,
        ),
    )

    pits: str = choice("own", PITS, label=t("真样本", "Real points"))
    a: PointValue = _pit(-0.7, 0.5, "a")
    b: PointValue = _pit(0.75, 0.35, "b")
    c: PointValue = _pit(-0.05, -0.75, "c")
    penalty: float = slider(0.1, 0.0, 2.0, step=0.05, label=PENALTY)
    beta_1: float = slider(0.5, 0.0, 0.95, step=0.05, label=t("动量 β₁", "Momentum β₁"))
    diversity: float = slider(0.1, 0.0, 2.0, step=0.05, label=DIVERSITY)
    steps: int = slider(400, 100, MOST_STEPS, step=50, label=STEPS)
    lr: float = slider(0.005, 0.0005, 0.02, log=True, label=LR)
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Dug | Progress]:
        from core.gan.gan_energy.pits import chosen, dig

        where = chosen(self.pits, (self.a, self.b, self.c))
        return dig(where, self.steps, self.penalty, self.diversity, self.beta_1, self.lr, self.seed)

    def progress(self, result: Dug) -> float:
        return result.done

    def show(self, y: Dug, say: Say) -> Mapping[str, Any]:
        last = y.run.last
        handles = {name: getattr(self, name) for name in ("a", "b", "c")} if self.pits == "own" else {}
        between = say(f"真假之间为 {last.slope:.3g}", f"{last.slope:.3g} between real and generated")
        return {
            "pits": pictures.dug(y, handles, say),
            "facts": [
                Metric(say("盖住的坑", "Pits covered"), f"{last.modes}/{len(y.centres)}"),
                Metric(
                    say("好样本", "Good samples"),
                    f"{last.good:.0%}",
                    say("离真样本的中心 3 个标准差内", "within 3 sd of a place"),
                ),
                Metric(say("真样本处 ‖∇U‖ 的均值", "Mean ‖∇U‖ at real points"), last.real_slope, between),
                Metric(
                    say("最近的坑底，平均 / 最远", "Nearest bottom, mean / farthest"),
                    f"{y.mean_gap:.3f} / {y.gaps.max():.3f}",
                    say("真样本的标准差为 0.03", "real points have sd 0.03"),
                ),
            ],
        }


class Momentum(Tab):
    label = t("动量", "Momentum")
    question = t("动量大，多样性就差吗？", "Does large momentum cost diversity?")
    outputs = (outputs.figure("modes", height=380), FACTS)
    budget = float(MOST_RUN)
    live = False
    tries = (
        Try(
            t("三个坑：β₁ = 0.9 同样一个也进不去", "Three pits: β₁ = 0.9 finds none of them either"),
            {"pits": "three"},
            lambda y: y.mean_modes[-1] < 0.5 and y.mean_modes[0] > 1.5,
        ),
        Try(
            t(
                "学得慢五倍、步数三倍多：β₁ = 0.5 赶上来，0.9 仍不行",
                "Five times slower, over three times the steps: β₁ = 0.5 catches up, 0.9 does not",
            ),
            {"lr": 0.002, "steps": 500, "seeds": 1},
            lambda y: y.mean_modes[1] >= y.mean_modes[0] - 1 and y.mean_modes[-1] <= 1,
        ),
    )

    pits: str = choice("eight", PRESETS, label=t("真样本", "Real points"))
    seeds: int = slider(2, 1, 4, label=t("种子个数", "Seeds"))
    steps: int = slider(150, 100, 500, step=50, label=STEPS)
    penalty: float = slider(0.1, 0.0, 2.0, step=0.05, label=PENALTY)
    diversity: float = slider(0.1, 0.0, 2.0, step=0.05, label=DIVERSITY)
    lr: float = slider(0.01, 0.0005, 0.02, log=True, label=LR)
    seed: int = seed()

    def cost(self) -> float:
        return self.seeds * self.steps

    def compute(self) -> Iterator[Sweep | Progress]:
        from core.gan.gan_energy.pits import sweep

        return sweep(self.pits, self.seeds, self.steps, self.penalty, self.diversity, self.lr, self.seed)

    def progress(self, result: Sweep) -> float:
        return result.done

    def show(self, y: Sweep, say: Say) -> Mapping[str, Any]:
        return {
            "modes": pictures.momentum(y, say),
            "facts": [Metric(f"β₁ = {beta:g}", float(mean)) for beta, mean in zip(y.betas, y.mean_modes, strict=True)],
        }


class Dirac(Tab):
    label = t("两个点", "Two points")
    question = t("一个真样本，一个假样本，谁转圈，谁收敛？", "One real point, one generated: who circles, who arrives?")
    outputs = (outputs.figure("games", height=660), FACTS)
    budget = 100.0
    tries = (
        Try(
            t("惩罚中心为 1：转到半径 1 的圆上", "Penalty at 1: onto a circle of radius 1"),
            {"left": "gp-1", "duration": 100.0},
            lambda y: abs(y[0].late - 1) < 0.03 and y[1].late < 1e-3,
        ),
        Try(
            t("GAN-QP 停在圆上，加 L2 才收敛", "GAN-QP stays on a circle, with L2 it arrives"),
            {"left": "gan-qp", "right": "gan-qp-l2", "duration": 100.0},
            lambda y: abs(y[0].late - 0.03**0.5) < 0.002 and y[1].late < 0.01,
        ),
        Try(
            t("谱归一化：一直转圈，怎么转也不靠近", "Spectral normalisation: round and round, no nearer"),
            {"left": "wgan-sn", "right": "sgan"},
            lambda y: y[0].late > y[0].distance[0] and y[1].late > y[1].distance[0],
        ),
    )

    start: PointValue = point((0.2, 0.1), START, START, label=t("起点 θ(0)", "Start θ(0)"), in_picture=True)
    left: str = choice("sgan", GAMES, label=t("目标", "Objective"))
    right: str = choice("gp-0", GAMES, label=t("比较的目标", "Compared with"))
    duration: float = slider(60.0, 5.0, 100.0, step=5.0, label=t("时间", "Time"), play=True)

    def cost(self) -> float:
        return self.duration

    def compute(self) -> tuple[Flow, Flow]:
        from core.gan.gan_energy.dirac import compare

        return compare(self.left, self.right, self.start, self.duration)

    def show(self, y: tuple[Flow, Flow], say: Say) -> Mapping[str, Any]:
        names = [say(GAMES[one.name]) for one in y]
        if names[0] == names[1]:
            names = [say(f"{names[0]}（一）", f"{names[0]} (1)"), say(f"{names[1]}（二）", f"{names[1]} (2)")]
        facts = []
        for one, name in zip(y, names, strict=True):
            ended = say("，φ 变为 0，方程到此为止", ", φ became 0 and the equations end") if one.stopped else ""
            bound = (
                say("|φ| 与 |θ| 中大的至少是 ", "the larger of |φ| and |θ| is at least ") + f"√|A| = {one.radius:.3g}"
            )
            facts.append(
                Metric(say(f"{name}：最后的 |θ|", f"{name}: |θ| at the end"), float(one.distance[-1]), bound + ended)
            )
        return {"games": pictures.games(y, names, self.start, say), "facts": facts}


class Langevin(Tab):
    slug = "mala"
    label = t("采样：MALA", "Sampling: MALA")
    question = t(
        "按能量采样，步长大了还准吗？提议密度少一个 ½ 又如何？",
        "Do samples still have the energy's density at large steps, and when the proposal lacks its ½?",
    )
    outputs = (outputs.figure("histograms", height=540), FACTS)
    budget = 2000.0
    tries = (
        Try(
            t("步长很小：Langevin 也准，少 ½ 的仍不准", "Small steps: Langevin is right too, the ½ still missed"),
            {"eps": 0.05},
            lambda y: y[1].exact and y[2].exact and not y[3].exact,
        ),
        Try(
            t("一深一浅：少 ½ 的把两坑的轻重弄错", "One pit deeper: without the ½ the weights are wrong"),
            {"energy": "tilted", "eps": 0.2},
            lambda y: y[2].exact and y[3].ks > 0.15,
        ),
        Try(
            t("碗、ε = 1：少 ½ 的全部接受，等于 Langevin", "Bowl, ε = 1: without the ½ all is accepted, as Langevin"),
            {"energy": "bowl", "eps": 1.0},
            lambda y: y[3].accepted == 1 and y[3].ks == y[1].ks,
        ),
    )

    energy: str = choice("double", ENERGIES, label=t("能量 U(z)", "Energy U(z)"))
    eps: float = slider(0.3, 0.01, 2.0, log=True, label=t("步长 ε", "Step ε"), play=True)
    steps: int = slider(400, 50, 2000, log=True, label=STEPS)
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> tuple[Density, Chains, Chains, Chains]:
        from core.gan.gan_energy.mala import compare

        return compare(self.energy, self.eps, self.steps, self.seed)

    def show(self, y: tuple[Density, Chains, Chains, Chains], say: Say) -> Mapping[str, Any]:
        target, *runs = y
        names = ["Langevin", "MALA", say("少 ½ 的 MALA", "MALA without ½")]
        facts = []
        for run, name in zip(runs, names, strict=True):
            verdict = (
                say("与精确采样无异", "as an exact sample")
                if run.exact
                else say("不是这个分布", "another distribution")
            )
            facts.append(
                Metric(
                    say(f"{name}：接受率", f"{name}: accepted"),
                    f"{run.accepted:.1%}",
                    say(f"{verdict}；图外 {run.outside:.1%}", f"{verdict}; {run.outside:.1%} beyond the picture"),
                )
            )
        return {"histograms": pictures.histograms(target, runs, names, say), "facts": facts}


POST = Post(
    id=6316,
    title=t(
        "能量视角下的GAN模型（一）：GAN＝“挖坑”＋“跳坑”", "GANs as energies (1): digging pits and jumping into them"
    ),
    date=datetime.date(2019, 1, 30),
    story=STORY,
    changes=CHANGES,
    papers=(
        (
            "Kumar et al. 2019, Maximum Entropy Generators for Energy-Based Models",
            "https://arxiv.org/abs/1901.08508",
        ),
    ),
)

PAGE = Page(
    title=t("GAN：挖坑与跳坑", "GANs dig pits and jump"),
    summary=t(
        "摆好真样本，看判别器在那里挖坑、假样本跳进去；看大动量怎样越过坑、两点博弈怎样转圈、少一个 ½ 的采样错在哪里。",
        "Put real points down, see pits dug there and samples jump in; then how momentum skips pits, games of two points circle, and a missing ½ spoils MALA.",
    ),
    post=POST,
    tabs=(DigAndJump, Momentum, Dirac, Langevin),
    added=datetime.date(2026, 11, 27),
)
