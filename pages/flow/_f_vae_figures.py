"""Figures of f-VAE's page: rows of faces under their names, moments before and after the flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.page import Say
from pages.flow._f_vae_texts import SHORT

if TYPE_CHECKING:
    from core.flow import f_vae_views as views

__all__ = ["comparison", "levels", "moments"]

ROW, HEAD = 104, 30  # pixels of a row of pictures, and of a block's name


def comparison(y: views.Comparison, names: Sequence[str], say: Say) -> go.Figure:
    """A row of pictures for each of the models called ``names``; the title says which measures each of them wins."""
    won = {name: [say(SHORT[key]) for key, k in y.winners.items() if names[k] == name] for name in names}
    best = [
        say(f"{name} 胜在{'、'.join(wins)}", f"{name} wins {', '.join(wins)}") for name, wins in won.items() if wins
    ]
    blocks = [(name, [row]) for name, row in zip(names, y.rows, strict=True)]
    real = [] if y.pictures is None else [(say("原图", "Pictures"), [y.pictures])]
    return _rows(say("；", "; ").join(best), [*real, *blocks])


def levels(y: views.Levels, say: Say) -> go.Figure:
    """For each level pictures with its latent resampled, and under them how they differ from the reconstruction."""
    changes = [f"{change:.1%}" for change in y.changes]
    finer = say("、", ", ").join(changes[:-1])
    verdict = say(
        f"最粗一层定了画面：重抽它，图变了随机两图之差的 {changes[-1]}；更细的各层只变 {finer}",
        f"The coarsest level decides: resampled, it moves the picture by {changes[-1]} of a random pair's distance; "
        f"the finer ones by {finer}",
    )
    names = [
        say(
            f"重抽第 {k} 层（{size} 个数）；下：与重建之差 ×{factor}",
            f"level {k} resampled ({size} numbers); below: difference from the reconstruction ×{factor}",
        )
        for k, (size, factor) in enumerate(zip(y.sizes, y.factors, strict=True), 1)
    ]
    return _rows(verdict, [(name, [row, gap]) for name, row, gap in zip(names, y.rows, y.differences, strict=True)])


def moments(y: views.Levels, say: Say) -> go.Figure:
    """Every latent dimension's mean and variance, before the flow and after it."""
    before, after = y.variances
    verdict = say(
        f"F 把各维方差的平均从 {before:.2f} 变成 {after:.2f}（N(0, I) 为 1）",
        f"F takes the mean variance of a dimension from {before:.2f} to {after:.2f} (1 for N(0, I))",
    )
    mean, variance = say("每一维的均值", "mean of each dimension"), say("方差", "variance")
    figure, panel = figures.panel(verdict, mean, variance, 380, y_log=True)
    panel.points(y.moments.h_mean, y.moments.h_variance, say("流之前 h", "before the flow, h"), 1, 4, 0.35)
    panel.points(y.moments.z_mean, y.moments.z_variance, say("流之后 z", "after it, z"), 0, 4, 0.35)
    panel.level(1, say("方差 1", "variance 1"), colour=3)
    panel.level(0, say("均值 0", "mean 0"), axis="x", colour=3)
    return figure


def _rows(verdict: str, blocks: Sequence[tuple[str, Sequence[np.ndarray]]]) -> go.Figure:
    """Blocks of rows of pictures, each under its name."""
    height = 80 + sum(HEAD + ROW * len(rows) for _, rows in blocks)
    axes = [figures.Axes(name, axes=False, square=True) for name, _ in blocks]
    figure, panels = figures.panels(verdict, axes, columns=1, height=height)
    for panel, (_, rows) in zip(panels, blocks, strict=True):
        for up, row in enumerate(reversed(rows)):
            strip = outputs.grid_image(outputs.Grid(list(row), columns=len(row)), gap=1)
            panel.picture(strip, 0, 1.05 * up, len(row), 1.05 * up + 1)
    return figure
