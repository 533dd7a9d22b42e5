"""Figures of the page on dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.tricks import dropout as model
    from core.tricks import dropout_ridge


def mask(found: model.MaskStatistics, name: str, most: float, say: Say) -> go.Figure:
    """One mask as a sheet, and how the mean of the tensor is spread with and without sharing."""
    times = f"{found.widened:g}"
    middles: dict[float, str] = {2 + 6 * k: say(f"样本 {k + 1}", f"sample {k + 1}") for k in range(3)}
    figure, (sheet, density) = figures.panels(
        say(
            f"noise_shape {name}：均值仍是 {found.mean:.2f}，张量平均值的方差是独立掩码的 {times} 倍",
            f"noise_shape {name}: the mean stays {found.mean:.2f}, the tensor's mean has {times} times the variance of independent masks",
        ),
        [
            Axes(
                say(
                    f"一个掩码：深色留下，乘 {most:.3g}；浅色为 0",
                    f"one mask: dark is kept, times {most:.3g}; light is 0",
                ),
                x_ticks=middles,
                y_ticks={},
                grid=False,
            ),
            Axes(
                say("整个张量的平均值", "mean over the tensor"),
                say("平均值（输入全为 1）", "mean (inputs all 1)"),
                say("密度", "density"),
                from_zero=True,
            ),
        ],
        height=380,
    )
    sheet.heat(found.sheet[::-1], low=0, high=most)
    centres = (found.edges[1:] + found.edges[:-1]) / 2
    density.bars(centres, found.independent, say("各自独立", "independent"), 0)
    density.bars(centres, found.shared, f"noise_shape {name}", 1)
    density.level(1.0, "E = 1", axis="x", colour=3)
    return figure


def law(found: model.MaskStatistics, p: float, say: Say) -> go.Figure:
    """The variance of the mean over the number of masks."""
    law, plane = figures.panel(
        say("平均值的方差 = p/(1−p) ÷ 掩码个数", "Variance of the mean = p/(1−p) ÷ number of masks"),
        say("一个张量里独立掩码的个数", "independent masks in a tensor"),
        say("平均值的方差", "variance of the mean"),
        380,
        x_log=True,
        y_log=True,
        x_range=(0.8, 120),
    )
    if p > 0:
        plane.line(
            [1, 60],
            [found.predicted, found.predicted / 60],
            "p/(1−p)/" + say("个数", "masks"),
            7,
            dash="dash",
            end=False,
        )
    for shape, masks in found.masks.items():
        mine = shape == found.noise_shape
        name = "×".join(map(str, shape))
        plane.points(
            [masks],
            [found.variances[shape]],
            colour=1 if mine else 0,
            size=13 if mine else 8,
            opacity=1,
            text=[name],
        )
        if mine:  # the others, too close for names, say theirs when pointed at
            plane.note(masks, 1.15 * found.variances[shape], f" {name}", colour=1)
    return law


def fit(found: model.Overfit, p: float, steps: int, say: Say) -> go.Figure:
    """The two networks on the samples, and their errors while they learn."""
    plain, some, rate = found.plain, found.dropped, f"p = {p:g}"
    ends = f"{plain.test_error[-1]:.3f} → {some.test_error[-1]:.3f}"
    figure, (left, right, errors) = figures.panels(
        say(f"第 {some.step} 步：{rate} 使测试误差 {ends}", f"Step {some.step}: {rate} takes the test error {ends}"),
        [
            *(Axes(name, "x", "y", (-1.25, 1.25), (-2, 2)) for name in ("p = 0", rate)),
            Axes(
                say("误差：线为测试，点为训练", "errors: lines test, dots train"),
                say("步", "step"),
                say("均方根误差", "RMS error"),
                (0, steps),
                from_zero=True,
            ),
        ],
        height=470,
        widths=(3, 3, 2.6),
    )
    right.band(
        found.grid,
        some.middle - 2 * some.deviation,
        some.middle + 2 * some.deviation,
        say("照样丢：±2σ", "still dropping: ±2σ"),
        1,
    )
    for panel, fit, colour, name in ((left, plain, 3, "p = 0"), (right, some, 0, rate)):
        panel.line(found.grid, found.truth, say("真曲线", "the curve"), 2, 2, "dash", end=False)
        panel.points(found.x, found.y, say("样本", "samples"), 7, 7, 0.9)
        panel.line(found.grid, fit.answer, say(f"网络，{name}", f"network, {name}"), colour, 3, end=False)
        errors.line(fit.steps, fit.test_error, name, colour, 3)
        errors.line(fit.steps, fit.train_error, "", colour, 1.5, "dot")
    return figure


def nets(found: model.Ensemble, units: int, say: Say) -> go.Figure:
    """How good every thinned net is, and the ensemble against one pass."""
    nets, one = 2**units, found.accuracies["scaled"]
    figure, (each, odds) = figures.panels(
        say(
            f"{nets} 个瘦网络平均 {found.mean:.1%}，一次前向 {one:.1%}",
            f"{nets} thinned nets average {found.mean:.1%}, one pass has {one:.1%}",
        ),
        [
            Axes(
                say("各自的测试准确率", "accuracy of each"),
                say("测试准确率", "test accuracy"),
                say("占比（按概率）", "share (by probability)"),
                (0, 1),
                from_zero=True,
            ),
            Axes(
                say("合起来问，与一次前向", "asked together, and one pass"),
                say("一次前向的对数几率", "log-odds of one pass"),
                say("集成的对数几率", "log-odds of the ensemble"),
            ),
        ],
        height=470,
    )
    each.bars((found.edges[1:] + found.edges[:-1]) / 2, found.share, colour=0, opacity=0.7)
    each.level(found.mean, say("平均", "mean"), axis="x", colour=0)
    each.level(one, say("一次前向", "one pass"), axis="x", colour=1)
    ends = [float(found.scaled.min()), float(found.scaled.max())]
    odds.line(ends, ends, say("相等", "equal"), 7, 1.5, "dash", end=False)
    odds.points(found.scaled, found.arithmetic, say("概率的算术平均", "arithmetic mean of probabilities"), 1, 6)
    odds.points(found.scaled, found.geometric, say("概率的几何平均", "geometric mean"), 2, 6)
    return figure


def paths(found: dropout_ridge.Penalty, p: float, column: str, draws: int, say: Say) -> go.Figure:
    """The coefficients over p, and the loss along one of them."""
    figure, (paths, along) = figures.panels(
        say(
            f"p = {p:g}：带 dropout 的下降与岭回归相差 {found.gap:.3f}",
            f"p = {p:g}: descent with dropout is {found.gap:.3f} from ridge regression",
        ),
        [
            Axes(
                say(
                    "十个系数：线是岭回归，点是 SGD + dropout",
                    "ten coefficients: lines ridge, points SGD + dropout",
                ),
                "p",
                say("系数", "coefficient"),
                (0.95, 0.0),
            ),
            Axes(
                say(f"沿 {column} 的损失", f"loss along {column}"),
                f"w({column})",
                say("损失 / n", "loss / n"),
            ),
        ],
        height=480,
        widths=(3, 2),
    )
    for k, name in enumerate(found.names):
        mine = k == found.column
        paths.line(found.shares[::-1], found.paths[::-1, k], name, 1 if mine else 7, 4 if mine else 1.5)
    paths.points([p] * len(found.names), found.learned, colour=0, size=8, opacity=1, text=found.names)
    paths.level(p, f"p = {p:g}", axis="x", colour=0)
    spread = [float(x) for x in found.places for _ in range(draws)]
    along.points(spread, found.drawn.ravel(), say("每个掩码", "each mask"), 1, 4, 0.35)
    along.line(found.places, found.exact, say("闭式", "closed form"), 0, 3, end=False)
    return figure
