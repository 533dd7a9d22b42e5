"""Figures of the page on VAE-2: rate and distortion, the joint divergence and its parts, gradients, bounds, entries of a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes, Panel
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.vae.vae_bayes.joint import Joint, Model, Parts
    from core.vae.vae_bayes.views import Balance, Clouds, Dimensions, Importance, Rivals

RATE = t("R：KL（nat / 图）", "R: KL, nats a picture")
DISTORTION = t("D：每像素平方误差", "D: squared error of a pixel")
NATS = t("nat / 图", "nats a picture")
P, Q, GREY = 0, 1, 7  # inference side, generative side, what is only context
HALF = 0.3  # half the height of a stacked bar
REACH = 3.2  # of the plane of (x, z)
LEAST_PART, MOST_LOSS = -0.6, 5.0  # of bars and curves, nats; E[−ln q(x|z)] ≥ ½ ln 2πσ², −0.58 where σ² = 0.05
MOST_KL = 14.0  # of one entry, nats: 12.2 with σ² = 0.001


def balance(y: Balance, say: Say) -> go.Figure:
    """Rate against distortion with all models; samples' distance and sharpness by σ²; what both models draw."""
    one, own = y.fixed, y.learned
    verdict = say(
        f"σ² = {one.variance:g}：D = {one.distortion:.4f}，R = {one.rate:.1f} nat，采样的特征距离 {one.distance:.1f}；学出的 σ² = {own.variance:.4f}：{own.distortion:.4f}，{own.rate:.1f}，{own.distance:.1f}",
        f"σ² = {one.variance:g}: D = {one.distortion:.4f}, R = {one.rate:.1f} nats, samples' feature distance {one.distance:.1f}; learned σ² = {own.variance:.4f}: {own.distortion:.4f}, {own.rate:.1f}, {own.distance:.1f}",
    )
    ends, most = (0.0008, 1.3), max(m.rate for m in y.series)
    axes = [
        Axes(say("率与失真", "Rate and distortion"), say(RATE), say(DISTORTION), x_range=(-0.06 * most, 1.2 * most), from_zero=True),
        Axes(say(f"重构，σ² = {one.variance:g}（左：原图）", f"Redrawn, σ² = {one.variance:g} (left: the digit)"), axes=False, square=True),
        Axes(say("采样离真图", "Samples from real digits"), "σ²", say("特征距离（模型卡）", "feature distance (cards)"), x_log=True, x_range=ends, from_zero=True),
        Axes(say(f"采样，σ² = {one.variance:g}", f"Samples, σ² = {one.variance:g}"), axes=False, square=True),
    ]  # fmt: skip
    figure, (curve, redrawn, distance, drawn) = figures.panels(verdict, axes, columns=2, height=760, widths=(1.15, 1.0))
    curve.line([m.rate for m in y.series], [m.distortion for m in y.series], "", GREY)
    curve.points(
        [m.rate for m in y.series], [m.distortion for m in y.series], say("固定 σ²", "σ² fixed"), P, size=9, opacity=1
    )
    for m in y.series:
        curve.note(m.rate, m.distortion, f"{m.variance:g}")
    curve.points([own.rate], [own.distortion], say("学出的 σ²", "σ² learned"), Q, size=13, opacity=1, symbol="diamond")
    curve.points([one.rate], [one.distortion], say("此处", "here"), 3, size=18, opacity=1, symbol="circle-open")
    distance.line([m.variance for m in y.series], [m.distance for m in y.series], "", GREY)
    distance.points([m.variance for m in y.series], [m.distance for m in y.series], "", P, size=9, opacity=1)
    distance.points([own.variance], [own.distance], "", Q, size=13, opacity=1, symbol="diamond")
    distance.points([one.variance], [one.distance], "", 3, size=18, opacity=1, symbol="circle-open")
    pairs = [picture for pair in zip(y.pictures, y.again[0], strict=True) for picture in pair]
    for panel, pictures in ((redrawn, pairs), (drawn, y.samples[0])):
        wall = outputs.grid_image(outputs.Grid(pictures, columns=6), gap=1)
        panel.picture(wall, 0, 0, wall.shape[1] / wall.shape[0], 1)
    return figure


def joint(y: Joint, say: Say) -> go.Figure:
    """Both joint distributions as ellipses, three ways to add up to the loss, and the loss along σ²."""
    m, parts = y.models[-1], y.parts[-1]
    verdict = say(
        f"联合 KL {parts.total:.3f} = KL(p̃(x)‖q(x)) {parts.data:.3f} + E KL(p(z|x)‖q(z|x)) {parts.posterior:.3f}",
        f"Joint KL {parts.total:.3f} = KL(p̃(x)‖q(x)) {parts.data:.3f} + E KL(p(z|x)‖q(z|x)) {parts.posterior:.3f}",
    )
    rows = {3.0: say("损失", "loss"), 2.0: say("先看 x", "by x"), 1.0: say("先看 z", "by z")}
    span = (-REACH, REACH)
    axes = [
        Axes(say("两个联合分布（1 倍与 2 倍标准差）", "Both distributions (1, 2 sd)"), "x", "z", x_range=span, y_range=span, square=True),
        Axes(say("同一个损失，三种拆法", "One loss, split three ways"), say("nat", "nats"), "", x_range=(LEAST_PART, MOST_LOSS), y_range=(0.4, 3.6), y_ticks=rows),
        Axes(say("只动 σ²", "Moving σ² alone"), "σ²", say("nat", "nats"), x_log=True, x_range=(0.02, 4.0), y_range=(1.2, MOST_LOSS)),
    ]  # fmt: skip
    figure, (plane, bars, curves) = figures.panels(verdict, axes, height=430, widths=(1.0, 1.25, 1.0))
    ellipses(plane, m)
    splits(bars, parts, say)
    curves.line(y.noises, np.minimum(y.losses, 2 * MOST_LOSS), say("损失", "loss"), P, end=False)
    curves.line(y.noises, y.likelihoods, "E[−ln q(x)]", Q, end=False)
    curves.level(m.sigma2, say("此处", "here"), axis="x", colour=3)
    return figure


def ellipses(panel: Panel, m: Model) -> None:
    """Both joint distributions at one and two standard deviations, and the mean of each conditional."""
    from core.vae.vae_bayes.joint import contour

    for covariance, name, colour in ((m.p, "p(x,z) = p̃(x)p(z|x)", P), (m.q, "q(x,z) = q(z)q(x|z)", Q)):
        for radius in (2, 1):
            x, z = contour(covariance, radius)
            panel.polygon(x, z, name if radius == 2 else "", colour, 0.18)
    ends = np.array([-REACH, REACH])
    panel.line(ends, m.a * ends, "", P, width=1, dash="dash")
    panel.line(m.w * ends, ends, "", Q, width=1, dash="dash")


def splits(panel: Panel, parts: Parts, say: Say) -> None:
    """Three stacked bars, each as long as the loss; one that does not fit says how long it is."""
    from core.vae.vae_bayes.joint import DATA_ENTROPY

    entropy = (DATA_ENTROPY, "H(p̃)", GREY)
    codes = (parts.codes, "KL(p(z)‖q(z))", 2)
    stacks = {
        3.0: ((parts.reconstruction, "E[−ln q(x|z)]", 5), (parts.mutual, say("互信息 I(x;z)", "information I(x;z)"), 4), codes),
        2.0: (entropy, (parts.data, "KL(p̃(x)‖q(x))", Q), (parts.posterior, "E KL(p(z|x)‖q(z|x))", P)),
        1.0: (entropy, codes, (parts.decoder, "E KL(p(x|z)‖q(x|z))", 3)),
    }  # fmt: skip
    for row, stack in stacks.items():
        begin = 0.0
        for length, name, colour in stack:
            x = np.clip([begin, begin + length], LEAST_PART, MOST_LOSS)
            panel.polygon(
                [x[0], x[1], x[1], x[0]], [row - HALF, row - HALF, row + HALF, row + HALF], name, colour, 0.65
            )
            begin += length
        if begin > MOST_LOSS:
            panel.note(MOST_LOSS, row + HALF + 0.12, f"→ {begin:.1f}", anchor="right")
    panel.level(DATA_ENTROPY, say("最小：H(p̃)", "least: H(p̃)"), axis="x", colour=GREY)


def rivals(y: Rivals, names: Sequence[str], say: Say) -> go.Figure:
    """Both measures of each model on the same digits, and the grey levels of reconstructions."""
    verdict = say(
        f"按平方误差：{names[0]} {y.squares[0]:.4f}，{names[1]} {y.squares[1]:.4f}；按交叉熵：{y.crosses[0]:.0f}，{y.crosses[1]:.0f} nat",
        f"Squared error: {names[0]} {y.squares[0]:.4f}, {names[1]} {y.squares[1]:.4f}; cross-entropy: {y.crosses[0]:.0f}, {y.crosses[1]:.0f} nats",
    )
    axes = [
        Axes(say("平方误差（每像素）", "Squared error of a pixel"), "", "", from_zero=True),
        Axes(say("交叉熵（nat / 图）", "Cross-entropy, nats a picture"), "", "", from_zero=True),
        Axes(say("重构的灰度", "Grey levels of reconstructions"), say("灰度", "grey level"), say("像素的比例", "share of pixels"), y_log=True, y_range=(1e-4, 1)),
    ]  # fmt: skip
    figure, (squares, crosses, levels) = figures.panels(verdict, axes, height=380, widths=(1.0, 1.0, 1.3))
    colours = figures.COLOURS[: len(names)]
    squares.bars(list(names), list(y.squares), "", colours)
    crosses.bars(list(names), list(y.crosses), "", colours)
    crosses.level(y.floor, say("像素自己的熵", "the pixels' own"))
    levels.line(y.levels, np.maximum(y.real, 1e-5), say("原图", "the digits"), GREY, end=False)
    for k, name in enumerate(names):
        levels.line(y.levels, np.maximum(y.shares[k], 1e-5), name, k, end=False)
    return figure


def clouds(y: Clouds, say: Say) -> go.Figure:
    """Gradients of six batches, several draws of ε each, with 1, 5 and 50 samples a picture, on one scale."""
    first = y.scatters[0]
    verdict = say(
        f"K = 1：ε 的散布是批间散布的 {first.ratio:.0%}，一批 100 张抵 K = ∞ 的 {100 * first.worth:.0f} 张",
        f"K = 1: ε scatters {first.ratio:.0%} as much as batches do; 100 pictures are worth {100 * first.worth:.0f} with K = ∞",
    )
    most = 1.05 * max(float(np.abs(points).max()) for points in y.points)
    span = (-most, most)
    axes = [
        Axes(say(f"K = {k}：{s.ratio:.0%}", f"K = {k}: {s.ratio:.0%}"), say("方向 1", "direction 1"), say("方向 2", "direction 2"), x_range=span, y_range=span, square=True)
        for k, s in zip(y.ks, y.scatters, strict=True)
    ]  # fmt: skip
    figure, panels = figures.panels(verdict, axes, height=430, shared_y=True)
    for panel, points in zip(panels, y.points, strict=True):
        for batch, cloud in enumerate(points):
            panel.points(cloud[:, 0], cloud[:, 1], say(f"第 {batch + 1} 批", f"batch {batch + 1}"), batch, size=7)
    return figure


def importance(y: Importance, say: Say) -> go.Figure:
    """The bounds by K for one digit and for held-out ones, and how far the weights of one digit spread."""
    gain = y.bounds[-1] - y.bounds[0]
    verdict = say(
        f"L₁ = {y.bounds[0]:.1f}，L₅₁₂ = {y.bounds[-1]:.1f} nat：紧了 {gain:.1f}；留出数字平均紧 {y.card[-1] - y.card[0]:.1f}",
        f"L₁ = {y.bounds[0]:.1f}, L₅₁₂ = {y.bounds[-1]:.1f} nats: {gain:.1f} tighter; held-out digits on average {y.card[-1] - y.card[0]:.1f}",
    )
    axes = [
        Axes(say("对 ln q(x) 的界", "Bounds on ln q(x)"), say("K：每个界的采样数", "K, samples a bound"), say(NATS), x_log=True),
        Axes(say("权重 w = q(x|z)q(z)/p(z|x)", "Weights w = q(x|z)q(z)/p(z|x)"), say("ln w − ln 平均权重", "ln w − ln of the mean weight"), say("采样数", "samples")),
    ]  # fmt: skip
    figure, (bounds, weights) = figures.panels(verdict, axes, height=400, widths=(1.4, 1.0))
    bounds.band(y.ks, y.bounds - 2 * y.errors, y.bounds + 2 * y.errors, "", P)
    bounds.line(y.ks, y.bounds, say("这张图", "this digit"), P, end=False)
    bounds.line(y.ks, y.card, say("留出的 100 张，平均", "100 held-out digits, mean"), Q, dash="dash", end=False)
    counts, edges = np.histogram(y.spread, 60)
    weights.bars((edges[1:] + edges[:-1]) / 2, counts, "", P)
    weights.level(0.0, say("平均权重", "the mean weight"), axis="x")
    return figure


def dimensions(y: Dimensions, place: int, say: Say) -> go.Figure:
    """Divergence and variance of μ of every entry of the code, the most divergent first."""
    verdict = say(
        f"{y.active} 维在用（μ 的方差 > 0.01），共 {len(y.order)} 维；KL 合计 {y.divergences.sum():.1f} nat",
        f"{y.active} of {len(y.order)} entries in use (variance of μ > 0.01); KL {y.divergences.sum():.1f} nats in all",
    )
    ranks = np.arange(1, len(y.order) + 1)
    axes = [
        Axes(say("每一维的 KL", "KL of each entry"), say("维，按 KL 排序", "entry, by KL"), say("nat", "nats"), y_range=(0, MOST_KL)),
        Axes(say("每一维 μ(x) 的方差", "Variance of μ(x)"), say("维，按 KL 排序", "entry, by KL"), "", y_log=True, y_range=(1e-6, 30)),
    ]  # fmt: skip
    figure, (kl, variance) = figures.panels(verdict, axes, height=380)
    colours = [figures.COLOURS[3] if k == place else figures.COLOURS[P] for k in ranks]
    kl.bars(ranks, y.divergences, "", colours)
    variance.points(ranks, np.maximum(y.variances, 1.2e-6), "", colours, size=9, opacity=1)
    variance.level(0.01, say("在用", "in use"))
    return figure
