"""Samples of several models from the same codes, wall beside wall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.outputs import Metric
from gallery.page import Say

if TYPE_CHECKING:
    from core.gan.pictures_views import Samples

COLUMNS = 6


def walls(y: Samples, names: Sequence[str], say: Say) -> go.Figure:
    """One wall of samples a model; which of them lies nearest to real pictures stands in the title."""
    nearest = min(range(len(names)), key=lambda k: y.distance[k])
    others = say("、", ", ").join(f"{names[k]} {y.distance[k]:.1f}" for k in range(len(names)) if k != nearest)
    verdict = say(
        f"{names[nearest]} 更近真图：特征距离（模型卡）{y.distance[nearest]:.1f}，{others}",
        f"{names[nearest]} is nearer to real pictures by its card: feature distance {y.distance[nearest]:.1f}, {others}",
    )
    if len(names) == 1:
        verdict = say(
            f"{names[0]}，{y.steps[0]} 步：特征距离 {y.distance[0]:.1f}，多样性 {y.spread[0]:.2f}（真图 = 1）",
            f"{names[0]}, {y.steps[0]} steps: feature distance {y.distance[0]:.1f}, diversity {y.spread[0]:.2f} (real = 1)",
        )
    figure, panels = figures.panels(verdict, [Axes(name, axes=False, square=True) for name in names], height=440)
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
