"""Samples of several models from the same codes, wall beside wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.inputs import seed, slider
from gallery.outputs import Metric
from gallery.page import Say, Tab, Try, t
from gallery.text import Text
from pages.shared.plane import OBJECTIVES

if TYPE_CHECKING:
    from core.gan.pictures_views import Samples

COLUMNS, SHOWN = 6, 36
TALL, LOW = 440, 330  # pixels, of up to two walls and of more


class Walls(Tab):
    """Subclasses give the question and ``rivals``, objectives whose digits stand beside each other; or ``weights`` and ``names``."""

    label = t("画图", "Draw")
    outputs = (outputs.figure("samples", height=TALL), outputs.metrics("facts"))
    tries = (
        Try(
            t("编码缩到 0.5 倍：彼此更相像", "Codes half as long: more alike"),
            {"length": 0.5},
            lambda y: max(y.spread) < 0.95,
        ),
        Try(
            t("编码取 0：每张都是同一张", "Codes of length 0: all the same"),
            {"length": 0.0},
            lambda y: max(y.spread) < 1e-6,
        ),
    )
    rivals: ClassVar[tuple[str, ...]] = ()

    length: float = slider(1.0, 0.0, 1.5, step=0.05, label=t("编码的长度", "Length of codes"))
    seed: int = seed(1)

    @property
    def weights(self) -> tuple[str, ...]:
        """The weights that draw, one folder an objective."""
        return tuple(f"{one}-mnist28" for one in self.rivals)

    @property
    def names(self) -> tuple[Text, ...]:
        """What these weights are called."""
        return tuple(OBJECTIVES[one] for one in self.rivals)

    def compute(self) -> Samples:
        from core.gan.pictures_views import samples

        return samples(self.weights, SHOWN, self.length, self.seed)

    def show(self, y: Samples, say: Say) -> Mapping[str, Any]:
        names = [say(name) for name in self.names]
        return {"samples": walls(y, names, self.slot("samples").height, say), "facts": wall_facts(y, names, say)}


def walls(y: Samples, names: Sequence[str], height: int, say: Say) -> go.Figure:
    """One wall of samples a model; which of them lies nearest to real pictures stands in the title."""
    nearest = min(range(len(names)), key=lambda k: y.distance[k])
    others = say("、", ", ").join(f"{names[k]} {y.distance[k]:.1f}" for k in range(len(names)) if k != nearest)
    verdict = say(
        f"最接近真图的是 {names[nearest]}：特征距离（模型卡）{y.distance[nearest]:.1f}，{others}",
        f"{names[nearest]} is nearest to real pictures by its card: feature distance {y.distance[nearest]:.1f}, {others}",
    )
    if len(names) == 1:
        verdict = say(
            f"{names[0]}，{y.steps[0]} 步：特征距离 {y.distance[0]:.1f}，多样性 {y.spread[0]:.2f}（真图 = 1）",
            f"{names[0]}, {y.steps[0]} steps: feature distance {y.distance[0]:.1f}, diversity {y.spread[0]:.2f} (real = 1)",
        )
    figure, panels = figures.panels(verdict, [Axes(name, axes=False, square=True) for name in names], height=height)
    for panel, made in zip(panels, y.pictures, strict=True):
        panel.picture(outputs.grid_image(outputs.Grid(made, columns=COLUMNS), gap=1), 0, 0, 1, 1)
    return figure


def wall_facts(y: Samples, names: Sequence[str], say: Say) -> list[Metric]:
    """Feature distance and spread of each model's samples."""
    own = say("模型卡，编码长 1；不是 FID", "card, codes of length 1; not FID")
    found = []
    for name, distance, spread, steps in zip(names, y.distance, y.spread, y.steps, strict=True):
        told = say(f"{steps} 步；{own}", f"{steps} steps; {own}")
        found.append(Metric(say(f"{name}：特征距离", f"{name}: feature distance"), distance, told))
        found.append(
            Metric(say(f"{name}：这里的多样性", f"{name}: diversity here"), spread, say("真图 = 1", "real = 1"))
        )
    return found
