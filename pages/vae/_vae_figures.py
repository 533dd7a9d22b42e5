"""Figures of the VAE's page: planes of codes, one picture's own normal, and what the plane decodes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes, Panel
from gallery.page import Say, t
from pages.shared.kinds import DIGIT_COLOURS, kind_name
from pages.vae._vae_texts import OWN
from pages.vae._vae_texts import PLANE as PLANE_TEXTS

if TYPE_CHECKING:
    from core.vae.vae.live import State
    from core.vae.vae.views import Asked, Game, Manifold, Own, Posteriors, Spot

VIEW = (-3.5, 3.5)
PLANE: dict[str, Any] = {"x_range": VIEW, "y_range": VIEW, "square": True}
AXES = ("z₁", "z₂")
PRIOR = t("先验的 σ 与 2σ", "the prior's σ and 2σ")
PRIOR_COLOUR = "#808080"  # no digit's
LIVE_VIEW = (
    5.0  # half a side, which holds the codes of all weights above 0.05; the view grows where they spread farther
)
ZOOM = 3.5  # σ around the mean


def plane(y: Spot, data: str, under: str, say: Say) -> go.Figure:
    """The plane of codes with the point that is decoded, and its picture beside it."""
    region, many = y.region
    verdict = say(PLANE_TEXTS["drawn"]).format(
        x=y.at[0], y=y.at[1], kind=kind_name(data, y.kind, say), sure=y.probabilities[y.kind], near=len(y.near), many=many,
        common=kind_name(data, region, say),
    )  # fmt: skip
    named = (
        say("留出图的 μ(x)", "μ(x) of held-out pictures") if under == "codes" else say("处处解码", "Decoded everywhere")
    )
    axes = [
        Axes(named, *AXES, **PLANE, grid=under == "codes"),
        Axes(say("解码 G(z)", "Decoded, G(z)"), axes=False, square=True),
    ]
    figure, (left, right) = figures.panels(verdict, axes, height=520, widths=(1.5, 1))
    if under == "codes":
        cloud(left, y.posteriors, data, say)
    else:
        left.picture(y.map, -3, -3, 3, 3)
    colour = DIGIT_COLOURS[y.posteriors.labels[y.nearest]]
    left.polygon(y.rim[:, 0], y.rim[:, 1], "", colour, 0.5)
    left.handle("at", float(y.at[0]), float(y.at[1]), "z")
    right.picture(y.picture, 0, 0, 1, 1)
    return figure


def own(y: Own, say: Say) -> go.Figure:
    """One picture's normal in the whole plane, and by itself with the codes sampled from it."""
    (a, b), (c, d) = y.sigma, y.mean
    verdict = say(OWN).format(a=a, b=b, kl=y.divergence, cost=y.noise_cost)
    near: dict[str, Any] = {"x_range": (c - ZOOM * a, c + ZOOM * a), "y_range": (d - ZOOM * b, d + ZOOM * b)}
    axes = [
        Axes(say("每张图一个正态", "A normal for every picture"), *AXES, **PLANE),
        Axes(say("放大：p(z|x) 与 200 个样本", "Near: p(z|x) and 200 samples"), *AXES, **near),
    ]
    figure, (whole, close) = figures.panels(verdict, axes, height=460)
    rims = y.posteriors.rims
    whole.lines(rims[:, :, 0], rims[:, :, 1], say("留出图各自的 2σ", "2σ of held-out pictures"), 0, 1, 0.7)
    whole.polygon(y.rims[1][:, 0], y.rims[1][:, 1], say("这张图的 2σ", "this picture's 2σ"), 1, 0.6)
    close.points(y.codes[:, 0], y.codes[:, 1], "z = μ + σε", 0, 5, 0.5)
    for rim, dash in zip(y.rims, ("solid", "dash"), strict=True):
        close.line(rim[:, 0], rim[:, 1], "", 1, 2, dash)
    for k, (x, up) in enumerate(y.codes[: len(y.again)], 1):
        close.note(float(x), float(up), str(k), "center")
    return figure


def game(y: Game, names: Sequence[str], alike: bool, say: Say) -> go.Figure:
    """The same held-out digits in the planes of three models, at one scale or each at its own, with the prior's circles."""
    first, *_, last = y.sides
    verdict = say(
        f"去掉 KL：σ 由 {last.posteriors.typical:.2g} 缩到 {first.posteriors.typical:.2g}，重构省 {last.picture - first.picture:.0f} nat，先验样本的特征距离由 {last.distance:.0f} 变成 {first.distance:.0f}",
        f"Without KL σ shrinks from {last.posteriors.typical:.2g} to {first.posteriors.typical:.2g}: {last.picture - first.picture:.0f} nats cheaper to redraw, but samples of the prior go from feature distance {last.distance:.0f} to {first.distance:.0f}",
    )
    spans = [(-reach, reach) for reach in (y.reach if alike else side.reach for side in y.sides)]
    axes = [
        Axes(f"{name}: σ ≈ {side.posteriors.typical:.2g}", *AXES, x_range=span, y_range=span, square=True)
        for name, side, span in zip(names, y.sides, spans, strict=True)
    ]
    figure, panels = figures.panels(verdict, axes, height=400)
    for panel, side in zip(panels, y.sides, strict=True):
        cloud(panel, side.posteriors, "mnist28", say, 3)
        for rim in y.rims:
            panel.line(rim[:, 0], rim[:, 1], say(PRIOR), PRIOR_COLOUR, 2, "dash", end=False)
    return figure


def manifold(y: Manifold, data: str, say: Say) -> go.Figure:
    """The decoded grid, and the share of every kind in it."""
    side, present = len(y.places), int((y.shares > 0).sum())
    verdict = say(
        f"{side}×{side} 张图：十类里出现了 {present} 类，分类器看得清（> 0.9）的占 {y.clear:.0%}",
        f"{side}×{side} pictures show {present} of ten kinds; {y.clear:.0%} are clear to the classifier (> 0.9)",
    )
    low, high = y.ends
    quantiles: dict[str, Any] = {"x_range": (low, high), "y_range": (low, high), "square": True, "grid": False}
    axes = [
        Axes(say("先验的分位数", "Quantiles of the prior"), "Φ(z₁)", "Φ(z₂)", **quantiles),
        Axes(say("各类的比例", "Share of each kind"), "", "", from_zero=True),
    ]
    figure, (grid, shares) = figures.panels(verdict, axes, height=600, widths=(1.7, 1))
    grid.picture(y.sheet, low, low, high, high)
    shares.bars([kind_name(data, k, say) for k in range(10)], y.shares, "", DIGIT_COLOURS)
    return figure


def asked(y: Asked, digit: int, say: Say) -> go.Figure:
    """The plane of the conditional model with each digit's prior, and how often a digit asked for is drawn."""
    verdict = say(
        f"要 {digit}：{y.right[digit]:.0%} 的样本被认作 {digit}；十个数字平均 {y.mean_right:.0%}",
        f"Asked for {digit}: {y.right[digit]:.0%} of the samples are taken for it; {y.mean_right:.0%} over all ten digits",
    )
    axes = [
        Axes(
            say("留出数字的 μ(x) 与各类的先验中心 μ^Y", "μ(x) of held-out digits, and each kind's prior mean μ^Y"),
            *AXES,
            square=True,
        ),
        Axes(say("画对的比例", "Share drawn right"), "", "", y_range=(0, 1)),
    ]
    figure, (left, right) = figures.panels(verdict, axes, height=460, widths=(1.4, 1))
    cloud(left, y.posteriors, "mnist28", say, 3)
    for k, (x, up) in enumerate(y.centres):
        left.points([x], [up], "", DIGIT_COLOURS[k], 13, 1, symbol="diamond")
    left.line(
        y.rims[digit][:, 0],
        y.rims[digit][:, 1],
        say(f"N(μ^{digit}, I) 的 2σ", f"2σ of N(μ^{digit}, I)"),
        DIGIT_COLOURS[digit],
        2,
        end=False,
    )
    right.bars([str(k) for k in range(10)], y.right, "", DIGIT_COLOURS)
    right.level(0.1, say("瞎猜", "chance"))
    return figure


def live(y: State, noise: bool, say: Say) -> go.Figure:
    """The plane of the model in training, what the prior decodes to, and both terms; without ``noise`` no σ is learned or told."""
    sigma = f"σ ≈ {y.typical:.3g}" if noise else say("没有噪声", "no noise")
    verdict = say(
        f"第 {y.step} 步：{sigma}，重构 {y.picture:.1f} nat，KL {y.divergence:.2f} nat",
        f"Step {y.step}: {sigma}, redrawing {y.picture:.1f} nats, KL {y.divergence:.2f} nats",
    )
    side = max(LIVE_VIEW, y.reach)
    span = (-side, side)
    axes = [
        Axes(say("450 个测试数字的 μ(x)", "μ(x) of 450 test digits"), *AXES, x_range=span, y_range=span, square=True),
        Axes(say("先验画出的流形", "The manifold of the prior"), axes=False, square=True),
        Axes(say("两项（nat / 图）", "Both terms (nats a picture)"), say("步", "step"), "", x_range=(0, y.steps), y_range=(0.01, 1000), y_log=True),
    ]  # fmt: skip
    figure, (left, middle, right) = figures.panels(verdict, axes, height=430)
    for k in range(10):
        mine = y.mean[y.labels == k]
        left.points(mine[:, 0], mine[:, 1], str(k), DIGIT_COLOURS[k], 5, 0.7)
    middle.picture(y.sheet, 0, 0, 1, 1)
    steps = range(1, len(y.trace) + 1)
    right.line(steps, y.trace[:, 0], say("重构", "redrawing"), 0, 1.5)
    right.line(steps, y.trace[:, 1], "KL", 1, 1.5)
    return figure


def cloud(panel: Panel, known: Posteriors, data: str, say: Say, size: float = 4) -> None:
    """The means of held-out pictures, a colour a kind."""
    for k in range(10):
        mine = known.mean[known.labels == k]
        panel.points(mine[:, 0], mine[:, 1], kind_name(data, k, say), DIGIT_COLOURS[k], size, 0.6)
