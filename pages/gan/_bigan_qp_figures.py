"""Figures of BiGAN-QP's page: error against sharpness, trained kinds side by side, and the game in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.gan.bigan_qp.plane import Pair, Record
    from core.gan.bigan_qp.views import Near, Redrawn

ERROR = t("重建误差（随机两图 = 1）", "error (a random pair = 1)")
SHARPNESS = t("清晰度（原图 = 1）", "sharpness (the picture = 1)")
WHERE: dict[str, Any] = {"x_range": (-1.25, 1.25), "y_range": (-1.25, 1.25), "square": True, "grid": False}
KINDS = {
    "half": t("停梯度（原文）", "Gradient stopped (the post)"),
    "whole": t("不停梯度", "Gradient let through"),
    "none": t("没有两个平方项", "No squares"),
}


def trade(y: Redrawn, names: Sequence[str], say: Say) -> go.Figure:
    """Every shipped digit's error and sharpness by each model with the means, and the feature distance of samples."""
    closest, best = y.closest, y.best_at_samples
    if closest == best:
        verdict = say(
            f"{names[best]} 重建误差最小（{y.shelf[best].error:.3f}），样本也最近真图（特征距离 {y.shelf[best].distance:.1f}）",
            f"{names[best]} redraws best (error {y.shelf[best].error:.3f}) and samples best (feature distance {y.shelf[best].distance:.1f})",
        )
    else:
        verdict = say(
            f"重建最像的是 {names[closest]}（误差 {y.shelf[closest].error:.3f}），凭空画得最好的是 {names[best]}（特征距离 {y.shelf[best].distance:.1f}）",
            f"{names[closest]} redraws best (error {y.shelf[closest].error:.3f}), {names[best]} draws best from noise (feature distance {y.shelf[best].distance:.1f})",
        )
    if 0 not in (closest, best):
        own = y.shelf[0]
        verdict += say(
            f"；{names[0]} 是 {own.error:.2f}，{own.distance:.1f}", f"; {names[0]} {own.error:.2f}, {own.distance:.1f}"
        )
    axes = [
        Axes(say("重建（菱形是平均）", "Redrawn (diamonds: means)"), say(ERROR), say(SHARPNESS), from_zero=True),
        Axes(say("样本的特征距离", "Samples: feature distance"), "", "", from_zero=True),
    ]  # fmt: skip
    figure, (redrawn, samples) = figures.panels(verdict, axes, height=400, widths=(1.6, 1.0))
    for colour, (one, name) in enumerate(zip(y.shelf, names, strict=True)):
        redrawn.points(one.errors, one.sharpness, name, colour, size=5, opacity=0.4)
        redrawn.points([one.error], [one.sharp], "", colour, size=16, opacity=1, symbol="diamond")
    redrawn.level(1.0, say("原图的清晰度", "the pictures' own"))
    samples.bars(list(names), [one.distance for one in y.shelf], "", figures.COLOURS[: len(names)])
    return figure


def near(y: Near, names: Sequence[str], say: Say) -> go.Figure:
    """The share of digits whose nearest neighbour is of the same kind, by codes of each model and by pixels."""
    best = int(np.argmax(y.right[:-1]))
    verdict = say(
        f"最近的图是同一个数字：按 {names[best]} 的编码 {y.right[best]:.0%}，按像素 {y.right[-1]:.0%}",
        f"The nearest picture shows the same digit for {y.right[best]:.0%} by codes of {names[best]}, {y.right[-1]:.0%} by pixels",
    )
    labels = [*names, say("像素", "pixels")]
    figure, panel = figures.panel(
        verdict, "", say("同一个数字的比例", "share with the same digit"), 300, y_range=(0, 1)
    )
    panel.bars(labels, list(y.right), "", 0)
    panel.level(0.1, say("随机", "chance"))
    return figure


def plane(y: Pair, say: Say) -> go.Figure:
    """Target, samples, and points drawn again with a line from each to what came of it; all records, to be scrubbed."""
    names = [say(KINDS[game.settings.kind]) for game in y.games]
    told = say("，", ", ").join(f"{name} {game.last.error:.3f}" for game, name in zip(y.games, names, strict=True))
    verdict = say(
        f"{y.left.last.step} 步后 x → G(E(x)) 的误差（随机两点 = 1）：{told}",
        f"Error of x → G(E(x)) after {y.left.last.step} steps (a random pair = 1): {told}",
    )
    figure, panels = figures.panels(verdict, [Axes(name, **WHERE) for name in names], height=470)
    for panel, game, first in zip(panels, y.games, (True, False), strict=True):
        last = game.last
        across, along = _strokes(y.points, last)
        panel.add(
            go.Scatter(
                x=across, y=along, mode="lines", line={"color": figures.faded(7, 0.35), "width": 1}, hoverinfo="skip"
            )
        )
        clouds = ((y.points, say("真样本 x", "real x"), 7), (last.samples, "G(z)", 1), (last.again, "G(E(x))", 0))
        for cloud, name, colour in clouds:
            x, up = cloud.T
            panel.points(x, up, name if first else "", colour, size=4, opacity=0.6)
    if y.done == 1:
        moments = list(zip(y.left.records, y.right.records, strict=True))
        frames = [[trace for record in pair for trace in _traces(record, y.points)] for pair in moments]
        figures.film(figure, frames, [str(pair[0].step) for pair in moments], say("步 ", "step "), len(moments) - 1)
    return figure


def _strokes(points: np.ndarray, record: Record) -> tuple[np.ndarray, np.ndarray]:
    broken = np.stack([points, record.again, np.full_like(points, np.nan)], 1).reshape(-1, 2)
    return broken[:, 0], broken[:, 1]


def _traces(record: Record, points: np.ndarray) -> list[Any]:
    across, up = _strokes(points, record)
    clouds = (points.T, record.samples.T, record.again.T)
    return [go.Scatter(x=across, y=up), *(go.Scatter(x=x, y=up_) for x, up_ in clouds)]
