"""The plane bench as a tab: two objectives learn one target side by side, and training time is scrubbed in the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.inputs import SketchValue, choice, seed, sketch, slider
from gallery.outputs import Metric
from gallery.page import Progress, Say, Tab, t
from gallery.text import Text

if TYPE_CHECKING:
    from core.gan.plane.duel import Duel
    from core.gan.plane.training import Record, Run

OBJECTIVES: Mapping[str, Text] = {
    "sgan": t("SGAN（原版）", "SGAN"),
    "sgan-saturating": t("SGAN（饱和）", "SGAN, saturating"),
    "sgan-sn": t("SGAN + 谱归一化", "SGAN-SN"),
    "lsgan": t("LSGAN", "LSGAN"),
    "hinge": t("Hinge", "Hinge"),
    "wgan-clip": t("WGAN + 裁剪", "WGAN, clipping"),
    "wgan-gp": t("WGAN-GP", "WGAN-GP"),
    "wgan-gp-one-sided": t("WGAN-GP（单边）", "WGAN-GP, one-sided"),
    "wgan-sn": t("WGAN + 谱归一化", "WGAN-SN"),
    "rsgan": t("RSGAN", "RSGAN"),
    "rsgan-sn": t("RSGAN + 谱归一化", "RSGAN-SN"),
    "rasgan": t("RaSGAN", "RaSGAN"),
    "gan-qp-l1": t("GAN-QP（L1）", "GAN-QP, L1"),
    "gan-qp-l2": t("GAN-QP（L2）", "GAN-QP, L2"),
    "energy": t("能量模型（零中心惩罚）", "Energy, zero-centred penalty"),
}
TARGETS: Mapping[str, Text] = {
    "eight": t("八个高斯", "Eight normals"),
    "grid": t("二十五个高斯", "Twenty-five normals"),
    "ring": t("圆环", "A ring"),
    "roll": t("瑞士卷", "A Swiss roll"),
    "moons": t("两弯月牙", "Two moons"),
    "drawn": t("自己画", "Your drawing"),
}
CRITIC_STEPS = t("每步训练几次判别器", "Critic steps for one of the generator")
RECORDS = 20  # moments of the film
HEART = [
    "".join(" #"[int((x * x + y * y - 1) ** 3 < x * x * y**3)] for x in np.linspace(-1.4, 1.4, 32))
    for y in np.linspace(1.4, -1.4, 32)
]
WHERE: dict[str, Any] = {"x_range": (-1.25, 1.25), "y_range": (-1.25, 1.25), "square": True, "grid": False}


class Duel2D(Tab):
    """Subclasses give the question, the defaults of ``left`` and ``right``, and tries."""

    label = t("平面上训练", "Train in the plane")
    outputs = (outputs.figure("plane", height=470), outputs.metrics("facts"), outputs.figure("curves", height=330))
    budget = 20_000.0
    live = False

    left: str = choice("gan-qp-l1", OBJECTIVES, label=t("左边的目标", "Objective on the left"))
    right: str = choice("wgan-gp", OBJECTIVES, label=t("右边的目标", "Objective on the right"))
    target: str = choice("eight", TARGETS, label=t("要学的分布", "Distribution to learn"))
    drawing: SketchValue = sketch(64, label=t("画", "Draw"), default="\n".join(HEART), shown_when={"target": "drawn"})
    steps: int = slider(800, 200, 2000, step=100, label=t("步数", "Steps"))
    critic_steps: int = slider(2, 1, 5, label=CRITIC_STEPS)
    lr: float = slider(0.002, 0.0002, 0.01, log=True, label=t("学习率", "Learning rate"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps * (1 + self.critic_steps)

    def compute(self) -> Iterator[Duel | Progress]:
        from core.gan.plane.duel import duel
        from core.gan.plane.targets import target
        from core.gan.plane.training import Settings

        aim = target(self.target, self.seed, self.drawing)
        every = self.steps // RECORDS
        left = Settings(self.left, self.steps, every, lr=self.lr, critic_steps=self.critic_steps, seed=self.seed)
        right = Settings(self.right, self.steps, every, lr=self.lr, critic_steps=self.critic_steps, seed=self.seed)
        return duel(left, right, aim)

    def progress(self, result: Duel) -> float:
        return result.done

    def show(self, y: Duel, say: Say) -> Mapping[str, Any]:
        names = [say(OBJECTIVES[run.settings.objective]) for run in y.runs]
        if names[0] == names[1]:
            names = [say(f"{names[0]}（左）", f"{names[0]} (left)"), say(f"{names[1]}（右）", f"{names[1]} (right)")]
        return {"plane": plane(y, names, say), "facts": facts(y, names, say), "curves": curves(y, names, say)}


def plane(y: Duel, names: Sequence[str], say: Say) -> go.Figure:
    """Real and generated points over each critic's surface, with its gradient; all records, to be scrubbed."""
    step = y.left.last.step
    told = say("，", ", ").join(_reached(run, name, y.centres, say) for run, name in zip(y.runs, names, strict=True))
    verdict = say(f"{step} 步后离目标：{told}", f"Distance to the target after {step} steps: {told}")
    axes = [Axes(name, **WHERE) for name in names]
    figure, both = figures.panels(verdict, axes, height=470)
    for panel, run, first in zip(both, y.runs, (True, False), strict=True):
        last = run.last
        panel.regions(run.axis, run.axis, last.contrast)
        x, up = last.strokes
        panel.add(go.Scatter(x=x, y=up, mode="lines", line={"color": figures.COLOURS[7], "width": 1}, hoverinfo="skip"))
        (real_x, real_y), (made_x, made_y) = y.points.T, last.samples.T
        panel.points(real_x, real_y, say("真样本", "real") if first else "", 7, size=3, opacity=0.5)
        panel.points(made_x, made_y, say("生成的", "generated") if first else "", 1, size=4, opacity=0.8)
    if y.done == 1 and all(not run.ended for run in y.runs):
        moments = list(zip(y.left.records, y.right.records, strict=True))
        frames = [[trace for record in pair for trace in _traces(record, y.points)] for pair in moments]
        figures.film(figure, frames, [str(pair[0].step) for pair in moments], say("步 ", "step "), len(moments) - 1)
    return figure


def _reached(run: Run, name: str, centres: int, say: Say) -> str:
    modes = say(f"（{run.last.modes}/{centres} 个峰）", f" ({run.last.modes} of {centres} modes)") if centres else ""
    return f"{name} {run.last.distance:.2f}{modes}"


def _traces(record: Record, points: np.ndarray) -> list[Any]:
    x, up = record.strokes
    x_f, y_f = record.samples.T
    x_r, y_r = points.T
    return [
        go.Heatmap(z=record.contrast),
        go.Scatter(x=x, y=up),
        go.Scatter(x=x_r, y=y_r),
        go.Scatter(x=x_f, y=y_f),
    ]


def facts(y: Duel, names: Sequence[str], say: Say) -> list[Metric]:
    """The readings at the last record, both sides in each."""
    a, b = (run.last for run in y.runs)
    either = say("左 / 右", "left / right")
    found = []
    if y.centres:
        found += [
            Metric(
                say(f"盖住的峰（共 {y.centres} 个）", f"Modes covered, of {y.centres}"),
                f"{a.modes} / {b.modes}",
                either,
            ),
            Metric(
                say("好样本", "Good samples"),
                f"{a.good:.0%} / {b.good:.0%}",
                say("离峰 3 个标准差内", "within 3 sd of a mode"),
            ),
        ]
    floor = say(f"目标自己的两批样本：{y.left.floor:.3f}", f"two samples of the target: {y.left.floor:.3f}")
    found += [
        Metric(
            say("离目标（网格上的 JS）", "From the target (JS on a grid)"),
            f"{a.distance:.3f} / {b.distance:.3f}",
            floor,
        ),
        Metric(say("插值点上 ‖∇T‖ 的均值", "Mean ‖∇T‖ between pairs"), f"{a.slope:.2f} / {b.slope:.2f}", either),
    ]
    for run, name in zip(y.runs, names, strict=True):
        if run.ended:
            found.append(
                Metric(name, say("发散了", "diverged"), say(f"{run.last.step} 步以后", f"after step {run.last.step}"))
            )
    return found


def curves(y: Duel, names: Sequence[str], say: Say) -> go.Figure:
    """Distance to the target, what the critic sees, and ‖∇T‖, over the steps."""
    a, b = (run.last.distance for run in y.runs)
    starts = y.left.records[0].distance
    verdict = say(
        f"离目标的距离：从 {starts:.2f} 变为 {a:.2f}（{names[0]}）与 {b:.2f}（{names[1]}）",
        f"The distance to the target goes from {starts:.2f} to {a:.2f} ({names[0]}) and {b:.2f} ({names[1]})",
    )
    axes = [
        Axes(say("离目标（网格上的 JS）", "From the target (JS on a grid)"), say("步数", "step"), "", from_zero=True),
        Axes(say("判别器看到的散度", "Divergence that the critic sees"), say("步数", "step"), ""),
        Axes(say("插值点上 ‖∇T‖ 的均值", "Mean ‖∇T‖ between pairs"), say("步数", "step"), "", from_zero=True),
    ]
    figure, (distance, seen, slope) = figures.panels(verdict, axes, height=330)
    for colour, (run, name) in enumerate(zip(y.runs, names, strict=True)):
        steps = [record.step for record in run.records]
        distance.line(steps, [record.distance for record in run.records], name, colour, end=False)
        seen.line(steps[1:], [record.divergence for record in run.records[1:]], "", colour)
        slope.line(steps, [record.slope for record in run.records], "", colour)
    distance.level(y.left.floor, say("目标自己", "the target itself"), colour=7)
    return figure
