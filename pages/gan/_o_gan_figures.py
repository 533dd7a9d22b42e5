"""Figures of O-GAN's page: errors with and without N(·), the plane of three codes, the turned code, the training log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.page import Say
from pages.gan._o_gan_texts import ERRORS as ERRORS_TEXT
from pages.gan._o_gan_texts import PLANE

if TYPE_CHECKING:
    from core.gan import o_gan_views as views

__all__ = ["RATIO", "dial", "errors", "plane"]

RATIO = "reconstruction ratio"  # what the training log calls it
ERRORS = (0.01, 5.0)  # least and largest error drawn


def errors(y: views.Reconstruction, say: Say) -> go.Figure:
    """Every picture's error with N(·) and without; the entries of E(x) and N(E(x)) against N(0, 1)."""
    (standard, raw), many = y.mean_errors, len(y.shelf_averages)
    verdict = say(ERRORS_TEXT).format(many=many, standard=standard, raw=raw, average=y.mean_average)
    sides = {"x_range": ERRORS, "y_range": ERRORS, "x_log": True, "y_log": True}
    left = say("在线以上的图，标准化更好", "Pictures above the line: N(·) is better")
    axes = [
        figures.Axes(left, say("标准化后的误差", "error with N(·)"), say("不标准化的误差", "error without"), **sides),
        figures.Axes(
            say("E(x) 的分量，排好序", "Entries of E(x), sorted"),
            say("N(0, 1) 的分位数", "quantile of N(0, 1)"),
            say("分量的值", "value of the entry"),
        ),
    ]
    figure, (scatter, code) = figures.panels(verdict, axes)
    scatter.line(ERRORS, ERRORS, say("一样好", "equal"), 7, width=1, dash="dot", end=False)
    scatter.level(0.5, say("平均图", "mean picture"), colour=3)
    scatter.points(y.shelf_errors[0], y.shelf_errors[1], say(f"{many} 张图", f"{many} pictures"), 0, opacity=0.5)
    scatter.points([y.errors[0]], [y.errors[1]], say("这一张", "this one"), 1, size=12, opacity=1, symbol="diamond")
    code.line([-3, 3], [-3, 3], "N(0, 1)", 3, width=1.5, dash="dash")
    code.points(y.quantiles, y.code, "E(x)", 1)
    code.points(y.quantiles, y.standard_code, "N(E(x))", 0)
    return figure


def plane(y: views.PlaneView, place: tuple[float, float], low: float, high: float, say: Say) -> go.Figure:
    """The plane as a chart of pictures, with its three codes and the place to drag, and the picture there."""
    names, best, (x, up) = ("z₀", "z₁", "z₂"), y.nearest, place
    verdict = say(PLANE).format(x=x, y=up, name=names[best], cosine=y.cosines[best])
    half = (high - low) / (len(y.chart) - 1) / 2  # a picture lies around its own place
    span = (low - half, high + half)
    chart = figures.Axes("", "x", "y", x_range=span, y_range=span, square=True, grid=False)
    here = figures.Axes(say("这一点上的图", "The picture at this place"), axes=False, square=True)
    figure, (left, right) = figures.panels(verdict, [chart, here], height=430, widths=[0.56, 0.44])
    sheet = outputs.grid_image(outputs.Grid([p for row in y.chart for p in row], columns=len(y.chart)), gap=0)
    left.picture(sheet, span[0], span[0], span[1], span[1])
    for name, across, above in zip(names, (0, 1, 0), (0, 0, 1), strict=True):
        left.note(across, above, f"<b>{name}</b>", "center", plate=True)
    left.handle("place", x, up)
    right.picture(y.here, 0, 0, 1, 1)
    return figure


def dial(y: views.Turned, say: Say) -> go.Figure:
    """ρ and the critic's score of every code, before and after avg and std were turned."""
    many, limit = len(y.rho_before), f"{max(y.rho_change, 1e-6):.0e}"
    verdict = say(
        f"{many} 个编码：ρ 的变化不超过 {limit}，打分整体移动 {y.score_change:+.2f}",
        f"{many} codes: ρ changes by no more than {limit}, every score by {y.score_change:+.2f}",
    )
    before, after = say("转动前", "before"), say("转动后", "after")
    score = say("打分 avg E(G(z))，越低越像真图", "score avg E(G(z)), lower is more real")
    axes = [figures.Axes(title, before, after) for title in ("ρ(z, E(G(z)))", score)]
    figure, (rho, scores) = figures.panels(verdict, axes, height=420)
    for panel, old, new in ((rho, y.rho_before, y.rho_after), (scores, y.score_before, y.score_after)):
        ends = [min(old), max(old)]
        panel.line(ends, ends, say("不变", "no change"), 7, width=1, dash="dash", end=False)
        panel.points(old, new, say("每个编码一点", "one point a code"), 0)
    return figure
