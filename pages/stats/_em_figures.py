"""Pictures of EM: coloured clouds with ellipses, climbs, collapses, and digits put together from parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gallery import figures
from gallery.figures import Axes, Panel
from gallery.page import Say, t

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go

    from core.stats.em import Ascent, Collapse, Groups, Hardening, Mixture, Restarts, Topics

VIEW = 3.4
PLANE = {"x_range": (-VIEW, VIEW), "y_range": (-VIEW, VIEW), "square": True}
PER_SAMPLE = t("nat / 样本", "nats a sample")
FIRST_STEPS, ALL_STEPS = 20, 60
TILE, GAP = 8, 2  # pixels of a digit, and between two
NAME = 4  # pixels of a digit that its name takes above it: on a phone a digit is 50 pixels of the screen high
ACROSS = 5  # parts of one digit that are drawn
LIKELIEST, NAMING = 8, 3  # words shown of a topic, and words that name it


def step(result: Ascent, handles: Sequence[tuple[str, tuple[float, float]]], say: Say) -> go.Figure:
    """The cloud coloured by responsibility, and the staircase of likelihood and bound up to now."""
    log_likelihood = f"{result.log_likelihoods[result.half]:.3f}"
    title = {
        "start": say(f"初值：对数似然 {log_likelihood}", f"The start: log-likelihood {log_likelihood}"),
        "E": say(
            f"E 步之后：重新着色，下界贴住 {log_likelihood}",
            f"After E: new colours, the bound touches {log_likelihood}",
        ),
        "M": say(
            f"M 步之后：椭圆移动，似然升到 {log_likelihood}",
            f"After M: ellipses move, the likelihood rises to {log_likelihood}",
        ),
    }[result.now.done]
    last = FIRST_STEPS if result.half <= FIRST_STEPS else ALL_STEPS
    stairs = Axes(
        say("每两个半步升一级", "A stair every other half-step"),
        say("半步", "half-steps"),
        say(PER_SAMPLE),
        x_range=(0, last),
        y_range=result.window,
    )
    axes = [Axes(say("样本与 1σ、2σ 椭圆", "Samples, 1σ and 2σ ellipses"), "x₁", "x₂", **PLANE), stairs]
    figure, (cloud, climb) = figures.panels(title, axes, height=480, widths=[0.55, 0.45])
    _coloured(cloud, result.x, result.now.r)
    for k, way in enumerate(result.path[: result.half + 1].swapaxes(0, 1)):
        cloud.line(way[:, 0], way[:, 1], colour=k, width=1.5, dash="dot")
    _ellipses(cloud, result.now.mixture)
    for k, (name, place) in enumerate(handles):
        cloud.handle(name, *place, name=say(f"初值 {k + 1}", f"start {k + 1}"), colour=k)
    halves = list(range(result.half + 1))
    climb.steps(halves, result.log_likelihoods[: result.half + 1], say("对数似然", "log-likelihood"), 0, end=False)
    climb.steps(halves, result.bounds[: result.half + 1], say("下界", "bound"), 1, end=False)
    begin = f"{result.log_likelihoods[0]:.2f}"
    below = say(f"↓ 起点 {begin} 在下面", f"↓ the start, {begin}, lies below")
    low, high = result.window
    climb.note(last, low + 0.04 * (high - low), below, anchor="right")
    touching = say("E 步：贴紧", "E-step: touching")
    climb.points(result.touching, result.bounds[result.touching], touching, colour=2, size=7, opacity=1)
    return figure


def starts(result: Restarts, say: Say) -> go.Figure:
    """All climbs, and the mixtures of the best and the worst."""
    count, heights, ends = len(result.fits), result.heights, result.ends
    title = say(
        f"{count} 个初值停在 {heights} 个高度，最差比最好低 {result.spread:.3f}",
        f"{count} starts rest at {heights} heights, the worst {result.spread:.3f} below the best",
    )
    best, worst = say("最好", "best"), say("最差", "worst")
    axes = [
        Axes(say("爬升", "The climbs"), say("迭代", "iterations"), say(PER_SAMPLE), x_log=True, y_range=result.window),
        Axes(f"{best} {ends[result.best]:.3f}", "x₁", "x₂", **PLANE),
        Axes(f"{worst} {ends[result.worst]:.3f}", "x₁", "x₂", **PLANE),
    ]
    figure, (climbs, *clouds) = figures.panels(title, axes, height=440)
    marked = {result.worst: (worst, 3), result.best: (best, 2)}
    for run, climb in enumerate(result.climbs):
        if run not in marked:
            climbs.line(range(1, len(climb)), climb[1:], colour=7, width=1)
    for (run, (name, colour)), panel in zip(reversed(marked.items()), clouds, strict=False):
        climb = result.climbs[run]
        climbs.line(range(1, len(climb)), climb[1:], name, colour, 3)
        _coloured(panel, result.x, result.r(run))
        _ellipses(panel, result.fits[run].mixture)
    return figure


def collapse(result: Collapse, deviation: float, say: Say) -> go.Figure:
    """The likelihood's rise as σ of one component shrinks, and where EM takes it in three ways."""
    free = result.ways[0]
    if free.collapsed:
        title = say(
            f"似然没有上界：不设下限，{free.iterations} 次迭代后 σ 塌到 0",
            f"The likelihood has no bound: without a floor σ collapses at iteration {free.iterations}",
        )
    else:
        title = say(
            f"从这么大的 σ 出发，EM 自己走了出来：σ = {free.deviations[-1]:.2g}",
            f"From so large a σ EM walks out by itself: σ = {free.deviations[-1]:.2g}",
        )
    axes = [
        Axes(
            say("只压在一个样本上的分量", "A component on one sample"),
            "σ",
            say("比 σ = 1 时高（nat）", "above that at σ = 1 (nats)"),
            x_log=True,
        ),
        Axes(
            say("EM 从那里出发", "EM from there"), say("迭代", "iterations"), say("最小的 σ", "smallest σ"), y_log=True
        ),
    ]
    figure, (rise, ways) = figures.panels(title, axes, height=470)
    rise.line(result.sigmas[::-1], result.gains[::-1], colour=3)
    rise.note(float(result.sigmas[20]), float(result.gains[20]) + 1, say("斜率 −2：−2 ln σ", "slope −2: −2 ln σ"))
    rise.level(deviation, say("起点", "start"), axis="x", colour=0)
    for way, colour in zip(result.ways, (3, 2, 0), strict=True):
        ways.line(range(way.iterations + 1), way.deviations, way_name(way.kind, way.floor, say), colour, 3)
    return figure


def way_name(kind: str, floor: float, say: Say) -> str:
    """What a reader calls a way of EM."""
    if kind == "tied":
        return say("共用协方差", "one covariance")
    return f"σ ≥ {floor:.3g}" if floor else say("不设下限", "no floor")


def limit(result: Hardening, say: Say) -> go.Figure:
    """The soft mixture beside K-means' means, and how both differ over σ."""
    same = f"{result.agreement:.1%}"
    title = say(
        f"σ = {result.sigma:.3g}：{same} 的样本与 K-means 同类，均值差 {result.distance:.2g}",
        f"σ = {result.sigma:.3g}: {same} of the samples as in K-means, means differ by {result.distance:.2g}",
    )
    axes = [
        Axes(say("× 为 K-means 的均值", "× marks the means of K-means"), "x₁", "x₂", **PLANE),
        Axes(say("离 K-means 多远", "How far from K-means"), "σ", x_log=True, y_log=True, y_range=(1e-9, 10)),
    ]
    figure, (cloud, apart) = figures.panels(title, axes, height=470, widths=[0.55, 0.45])
    _coloured(cloud, result.x, result.r)
    _ellipses(cloud, result.mixture)
    cloud.points(result.hard[:, 0], result.hard[:, 1], colour=3, size=13, opacity=1, symbol="x")
    apart.line(result.sigmas, result.distances, say("均值之差", "difference of means"), 0)
    apart.line(result.sigmas, result.entropies, say("r 的熵（bit）", "entropy of r (bits)"), 1)
    apart.level(result.sigma, "σ", axis="x", colour=3)
    return figure


def topics(result: Topics, digits: bool, say: Say) -> go.Figure:
    """p(w|z) of every topic: pictures of pixels, or rows of the likeliest words."""
    k = len(result.found.words)
    told = say(
        f"困惑度 {result.perplexity:.1f}，均匀分布为 {len(result.words)}",
        f"perplexity {result.perplexity:.1f}, uniform: {len(result.words)}",
    )
    if not digits:
        words, values = result.likeliest(LIKELIEST)
        names = [f"z{i + 1}" for i in range(k)]
        figure, panel = figures.panel(
            say(f"每个主题里最可能的词（{told}）", f"The likeliest words of each topic ({told})"),
            say("名次", "rank"),
            height=140 + 34 * k,
            y_range=(k - 0.5, -0.5),
            y_ticks=dict(enumerate(names)),
            x_ticks={i: str(i + 1) for i in range(values.shape[1])},
        )
        panel.heat(values, low=0, scale="p(w|z)", text=words)
        return figure
    across = min(k, 5)
    title = say(f"{k} 个主题各是一个笔画部件（{told}）", f"Each of {k} topics is a part of strokes ({told})")
    figure, panel = _tiles(title, across, -(-k // across), 110 + 150 * -(-k // across))
    for i, picture in enumerate(result.pictures):
        _tile(panel, picture, i % across, i // across, f"z{i + 1}")
    return figure


def together(result: Topics, digits: bool, say: Say) -> go.Figure:
    """One document put together: a digit from its parts, a text from its topics."""
    shares, order = result.shares, result.order
    heaviest = f"z{order[0] + 1}"
    if not digits:
        words, _ = result.likeliest(NAMING)
        title = say(
            f"第 {result.document} 篇里 {heaviest} 占 {shares[0]:.0%}",
            f"{heaviest} makes {shares[0]:.0%} of document {result.document}",
        )
        figure, panel = figures.panel(title, "p(z|d)", x_range=(0, 1), height=140 + 30 * len(shares))
        names = [f"z{z + 1} {' '.join(words[z])}" for z in order]
        panel.bars(names[::-1], shares[::-1], horizontal=True, width=0.6)
        return figure
    count = min(ACROSS, len(shares))
    overlap = result.overlap[count - 1]
    title = say(
        f"第 {result.document} 个数字 ≈ {count} 个部件之和，盖住它 {overlap:.0%} 的墨",
        f"Digit {result.document} ≈ the sum of {count} parts, which hold {overlap:.0%} of its ink",
    )
    figure, panel = _tiles(title, ACROSS + 1, 2, 330)
    high = float(result.own.max())
    parts = result.pictures[order[:count]]
    _tile(panel, result.own.reshape(TILE, TILE), 0, 1, say("原图", "the digit"), high)
    for m in range(count):
        _tile(panel, parts[m], m + 1, 0, f"{shares[m]:.0%} z{order[m] + 1}")
        _tile(panel, result.sums[m].reshape(TILE, TILE), m + 1, 1, f"= {result.overlap[m]:.0%}", high)
    return figure


def climb(result: Topics, say: Say) -> go.Figure:
    """pLSA's log-likelihood, iteration by iteration."""
    gained = f"{result.climb[-1] - result.climb[0]:.3f}"
    title = say(
        f"对数似然每词升了 {gained} nat，从不下降", f"The log-likelihood rose by {gained} nats a word and never fell"
    )
    figure, panel = figures.panel(title, say("迭代", "iterations"), say("nat / 词", "nats a word"), height=300)
    panel.line(range(len(result.climb)), result.climb)
    return figure


def groups(result: Groups, most: int, say: Say) -> go.Figure:
    """The rows on two principal components, coloured by group, and BIC over the number of groups."""
    chosen, tried = result.chosen, len(result.criteria)
    second = f"{result.lead:.1f}" if tried > 1 else "–"
    title = say(
        f"BIC 选了 {chosen} 群，比次好的低 {second}", f"BIC chooses {chosen} groups, {second} below the next best"
    )
    axes = [
        Axes(
            say("各行（前两个主成分）", "The rows on two components"),
            say("主成分 1", "component 1"),
            say("主成分 2", "component 2"),
        ),
        Axes("BIC", "k", "BIC", x_range=(0.7, most + 0.3), x_ticks={k: str(k) for k in range(1, most + 1)}),
    ]
    figure, (plane, criterion) = figures.panels(title, axes, height=470, widths=[0.6, 0.4])
    _coloured(plane, result.plane, result.r)
    criterion.line(range(1, tried + 1), result.criteria)
    criterion.points([chosen], [result.criteria[chosen - 1]], colour=3, size=11, opacity=1)
    criterion.level(chosen, say("选中", "chosen"), axis="x", colour=3)
    return figure


def _coloured(panel: Panel, x: np.ndarray, r: np.ndarray) -> None:
    """Points whose colour mixes those of the components by responsibility."""
    from core.stats.em import blended

    palette = [figures.COLOURS[k % len(figures.COLOURS)] for k in range(r.shape[1])]
    mixed = blended(r, [[int(css[i : i + 2], 16) for i in (1, 3, 5)] for css in palette])
    colours = [f"rgb({red:.0f},{green:.0f},{blue:.0f})" for red, green, blue in mixed]
    panel.points(x[:, 0], x[:, 1], colour=colours, size=6, opacity=0.85)


def _ellipses(panel: Panel, mixture: Mixture) -> None:
    for deviations, width in ((1, 2.5), (2, 1)):
        for k, (curve, weight) in enumerate(zip(mixture.ellipses(deviations), mixture.weights, strict=True)):
            colour = figures.faded(k, max(0.4, min(1.0, 3 * float(weight))))
            panel.line(curve[:, 0], curve[:, 1], colour=colour, width=width)


def _tiles(title: str, columns: int, rows: int, height: int) -> tuple[go.Figure, Panel]:
    """A figure with room for a grid of pictures and their names."""
    right, bottom = columns * (TILE + GAP) - GAP - 0.5, -(rows - 1) * (TILE + NAME) - TILE + 0.5
    return figures.panel(
        title, height=height, x_range=(-0.5, right), y_range=(bottom, NAME - 0.5), axes=False, square=True
    )


def _tile(panel: Panel, picture: np.ndarray, column: int, row: int, name: str, high: float | None = None) -> None:
    """A picture of TILE × TILE pixels in a grid of pictures, with its name above it."""
    left, top = column * (TILE + GAP), -row * (TILE + NAME)
    panel.heat(picture, [left + i for i in range(TILE)], [top - i for i in range(TILE)], low=0, high=high)
    panel.note(left + (TILE - 1) / 2, top + 0.5 + NAME / 2 - 0.3, name, anchor="center")
