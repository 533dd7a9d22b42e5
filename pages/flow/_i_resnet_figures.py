"""Figures of i-ResNet's page: the plane warped, the fixed point, the series, training, digits taken back, and norms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes, Panel
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.flow.i_resnet.determinant import Series
    from core.flow.i_resnet.inversion import Inversion
    from core.flow.i_resnet.learning import Learnt, Record
    from core.flow.i_resnet.views import Norms, TakenBack
    from core.flow.i_resnet.warp import Warped

WINDOW = (-4.0, 4.0)
WHERE: dict[str, Any] = {"x_range": WINDOW, "y_range": WINDOW, "square": True, "grid": False}
NEAR: dict[str, Any] = {**WHERE, "x_range": (-3.0, 3.0), "y_range": (-3.0, 3.0)}
NET = figures.faded(7, 0.55)
MODELS = (t("i-ResNet", "i-ResNet"), t("ResNet", "ResNet"))
LEAST_ERROR, LARGEST = 1e-12, 1e6  # that are drawn; core gives no larger error than that, for what diverges


def _net(panel: Panel, net: np.ndarray) -> None:
    """The lines of a net [lines, points, 2], one trace with gaps."""
    x, y = _strokes(net)
    line = {"color": NET, "width": 1}
    panel.add(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip"))


def _strokes(net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    broken = np.pad(net, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2)
    return broken[:, 0], broken[:, 1]


def warp(y: Warped, say: Say) -> go.Figure:
    """The target and the plane's net after some blocks; noise with as many undone; the model's density."""
    gap = max(y.nll - y.entropy, 0.0)  # by 4096 points, whose mean may lie a little below the entropy
    verdict = say(
        f"{y.of} 个残差块之后是高斯噪声：负对数似然 {y.nll:.2f} nat，目标的熵 {y.entropy:.2f}，差 {gap:.2f}",
        f"After {y.of} residual blocks it is Gaussian noise: {y.nll:.2f} nats a point, {gap:.2f} above the target's entropy {y.entropy:.2f}",
    )
    k = y.blocks
    axes = [
        Axes(say(f"数据过 {k} 块：x → z", f"Data after {k} blocks: x → z"), **WHERE),
        Axes(say(f"噪声退 {k} 块：z → x", f"Noise, {k} blocks undone: z → x"), **WHERE),
        Axes(say("模型的密度 p(x)", "The model's density p(x)"), **WHERE),
    ]
    figure, (there, back, density) = figures.panels(verdict, axes, height=430)
    _net(there, y.net)
    there.points(*y.points.T, colour=y.octants[0], size=4, opacity=0.75)
    back.points(*y.samples.T, colour=y.octants[1], size=4, opacity=0.75)
    density.heat(y.density, y.axis, y.axis, low=0.0)
    return figure


def fixed(y: Inversion, n: int, c: float, say: Say) -> go.Figure:
    """The iterates over the bent net, folds shaded; their error beside the bound."""
    figure, (plane, errors) = figures.panels(
        _fixed_verdict(y, c, say),
        [
            Axes(say("迭代 x ← z − g(x)", "The iterates x ← z − g(x)"), **NEAR),
            Axes(
                say("离 x 的距离", "Distance from x"),
                say("迭代次数 n", "iterations n"),
                "‖xₙ − x‖",
                (0, len(y.path) - 1),
                (1e-13, 100.0),
                y_log=True,
            ),
        ],
        height=480,
    )
    plane.regions(y.axis, y.axis, np.where(y.determinant > 0, 0.5, 1.0))
    _net(plane, y.net)
    walked = y.path[: n + 1]
    plane.line(*walked.T, colour=0, width=2)
    plane.points(*walked.T, colour=0, size=6, opacity=1)
    plane.points([y.z[0]], [y.z[1]], say("z，起点", "z, the start"), 3, size=11, opacity=1)
    if y.settled and not y.found:
        plane.points([y.end[0]], [y.end[1]], say("停在另一点", "comes to rest at another point"), 5, 13, 1, symbol="x")
    plane.handle("point", *y.x, name="x", colour=1)
    count = range(len(y.path))
    if np.isfinite(y.bounds).any():
        errors.line(count, y.bounds, say("界", "bound"), 2, dash="dash")
    errors.line(count, y.errors, say("误差", "error"), 0)
    errors.points([n], [y.errors[n]], "", 0, size=10, opacity=1)
    return figure


def _fixed_verdict(y: Inversion, c: float, say: Say) -> str:
    if math.isnan(y.rate):
        return say(f"Lip(g) = {c:g}：起点 z 就是解", f"Lip(g) = {c:g}: the start z is the solution already")
    rate = f"{y.rate:.2f}"
    if c < 1:
        return say(
            f"Lip(g) = {c:g}：误差平均每次乘以 {rate}，不超过 {c:g}",
            f"Lip(g) = {c:g}: an iteration multiplies the error by {rate} on average, at most {c:g}",
        )
    if y.folded:
        fate_zh = "这里仍找得回" if y.found else "停在另一点" if y.settled else "400 次之后仍未到解"
        fate = (
            "here x is still found"
            if y.found
            else "another point is found"
            if y.settled
            else "not at a solution after 400 iterations"
        )
        return say(f"Lip(g) = {c:g}：平面折叠了，{fate_zh}", f"Lip(g) = {c:g}: the plane is folded; {fate}")
    if y.found:
        return say(
            f"Lip(g) = {c:g}：没有保证，这里仍收敛（每次乘以 {rate}）",
            f"Lip(g) = {c:g}: no guarantee; here it still converges, by {rate} each",
        )
    return say(
        f"Lip(g) = {c:g}：没有折叠，也没有保证，400 次之后仍未到解",
        f"Lip(g) = {c:g}: not folded, but no guarantee; not at a solution after 400 iterations",
    )


def series(y: Series, point: tuple[float, float], terms: int, probes: int, say: Say) -> go.Figure:
    """The point, its partial sums with Hutchinson's spread, and the mean error over the target."""
    got = float(y.sums[terms - 1])
    verdict = say(
        f"{terms} 项：{got:.3f}，精确值 {y.exact:.3f}；{probes} 个随机向量的估计标准差 {y.sds[terms - 1]:.2f}",
        f"{terms} terms: {got:.3f}, exactly {y.exact:.3f}; estimates by {probes} random vector{'s' * (probes > 1)} have sd {y.sds[terms - 1]:.2f}",
    )
    count = np.arange(1, len(y.sums) + 1)
    low, high = (
        float((y.sums - 3 * y.sds).min()),
        float((y.sums + 3 * y.sds).max()),
    )  # the estimates spread beyond one sd
    axes = [
        Axes(say("拖动 x", "Drag x"), **WHERE),
        Axes(
            say("x 处的 ln det", "ln det at x"),
            say("项数 N", "terms N"),
            "",
            (1, len(count)),
            (min(low, y.exact), max(high, y.exact)),
        ),
        Axes(
            say("目标上的平均误差", "Mean error over the target"),
            say("项数 N", "terms N"),
            "",
            (1, len(count)),
            (1e-8, 100.0),
            y_log=True,
        ),
    ]
    figure, (plane, sums, errors) = figures.panels(verdict, axes, height=430)
    plane.heat(y.density, y.axis, y.axis, low=0.0)
    plane.handle("point", *point, name="x", colour=1)
    sums.band(count, y.sums - y.sds, y.sums + y.sds, say("±1 标准差", "±1 sd"), 0)
    sums.line(count, y.sums, "", 0)
    sums.points(np.full(len(y.estimates), terms), y.estimates, say("估计", "estimates"), 0, size=3, opacity=0.25)
    sums.points([terms], [got], "", 0, size=10, opacity=1)
    sums.level(y.exact, say("精确", "exact"))
    errors.line(count, y.bounds, say("余项界", "bound"), 2, dash="dash")
    errors.line(count, y.errors, say("误差", "error"), 0)
    for sign, name, colour in ((1, say("偏高", "too high"), 1), (-1, say("偏低", "too low"), 4)):
        there = sign * y.biases > 0
        errors.points(count[there], y.errors[there], name, colour, size=8, opacity=1)
    return figure


def learnt(y: Learnt, terms: int, say: Say) -> go.Figure:
    """The target, and the model's density with its samples over training; all records, to be scrubbed."""
    last = y.last
    verdict = say(
        f"{last.step} 步：负对数似然 {last.nll:.2f} nat，目标的熵 {y.entropy:.2f}",
        f"{last.step} steps: {last.nll:.2f} nats a point; the target's entropy is {y.entropy:.2f}",
    )
    if terms:
        verdict += say(
            f"；{terms} 项的目标却说 {last.objective:.2f}",
            f"; the objective of {terms} terms says {last.objective:.2f}",
        )
    axes = [
        Axes(say("密度与样本", "Density and samples"), **WHERE),
        Axes(say("平面 x → z", "The plane, x → z"), **WHERE),
    ]
    figure, (density, plane) = figures.panels(verdict, axes, height=470)
    density.heat(last.density, y.axis, y.axis, low=0.0, high=float(max(r.density.max() for r in y.records)))
    density.points(*y.points.T, name=say("目标", "target"), colour=7, size=3, opacity=0.5)
    density.points(*last.samples.T, name=say("样本", "samples"), colour=1, size=3, opacity=0.7)
    _net(plane, last.net)
    if y.done == 1:
        frames = [_traces(record, y.points) for record in y.records]
        figures.film(figure, frames, [str(r.step) for r in y.records], say("步 ", "step "), len(frames) - 1)
    return figure


def _traces(record: Record, points: np.ndarray) -> list[Any]:
    (x, up), (a, b), (across, along) = points.T, record.samples.T, _strokes(record.net)
    return [go.Heatmap(z=record.density), go.Scatter(x=x, y=up), go.Scatter(x=a, y=b), go.Scatter(x=across, y=along)]


def curves(y: Learnt, terms: int, say: Say) -> go.Figure:
    """What the objective says and what is true, over the steps."""
    steps = [record.step for record in y.records]
    verdict = say(
        f"差目标的熵 {y.last.nll - y.entropy:.2f} nat", f"{y.last.nll - y.entropy:.2f} nats above the target's entropy"
    )
    if terms:
        verdict = say(
            f"目标函数把似然高估了 {y.gain:.2f} nat：级数截断的偏差被训练利用",
            f"The objective flatters the model by {y.gain:.2f} nats: training makes use of the cut series' bias",
        )
    figure, panel = figures.panel(verdict, say("步数", "steps"), say("nat / 点", "nats a point"), 300)
    panel.line(steps, [r.nll for r in y.records], say("真实", "true"), 0)
    if terms:
        panel.line(steps, [r.objective for r in y.records], say("目标函数", "objective"), 1, dash="dash")
    panel.level(y.entropy, say("目标的熵", "entropy"), colour=7)
    return figure


def digits(y: TakenBack, iterations: int, say: Say) -> go.Figure:
    """The error of the picture found again, by iterations; and what both classifiers say of it."""
    ours, plain = y.models
    verdict = say(
        f"每块 {iterations} 次迭代：i-ResNet 还原误差 {ours.error:.1e}，ResNet {_told(plain.error, say)}；测试错误率 {ours.test_error:.2%} 与 {plain.test_error:.2%}",
        f"{iterations} iterations a block: i-ResNet's picture is off by {ours.error:.1e}, ResNet's by {_told(plain.error, say)}; test errors {ours.test_error:.2%} and {plain.test_error:.2%}",
    )
    axes = [
        Axes(
            say("还原误差（像素范围 2）", "Error of the picture (pixels span 2)"),
            say("每块迭代次数", "iterations a block"),
            "",
            (1, max(y.counts)),
            (LEAST_ERROR, LARGEST),
            y_log=True,
        ),
        Axes(say("各类的概率", "Probability of each digit"), "", "", y_range=(0, 1)),
    ]
    figure, (errors, guesses) = figures.panels(verdict, axes, height=380, widths=(1.4, 1.0))
    for colour, (one, name) in enumerate(zip(y.models, MODELS, strict=True)):
        errors.line(
            y.counts,
            np.where((one.errors > LEAST_ERROR) & (one.errors < LARGEST), one.errors, np.nan),
            say(name),
            colour,
        )
        guesses.bars([str(k) for k in range(10)], one.probabilities, say(name), colour)
    return figure


def _told(error: float, say: Say) -> str:
    return say("超过 10⁶", "over 10⁶") if error >= LARGEST else f"{error:.1e}"


def norms(y: Norms, side: int, say: Say) -> go.Figure:
    """Norms of all layers beside c; one kernel's by the side of the picture; and by power iterations."""
    worst = max(one.operator for one in y.bounded)
    verdict = say(
        f"i-ResNet 的 {len(y.bounded)} 层，算子范数最大 {worst:.3f}，c = {y.c:g}；ResNet 到 {max(one.operator for one in y.free):.1f}",
        f"i-ResNet's {len(y.bounded)} layers have operator norms up to {worst:.3f}, c = {y.c:g}; ResNet's up to {max(one.operator for one in y.free):.1f}",
    )
    axes = [
        Axes(say("每层的范数", "Norm of each layer"), say("层", "layer"), "σ", from_zero=True),
        Axes(say("所选核：范数随图的边长", "The kernel: norm by the picture's side"), say("边长（像素）", "side, pixels"), "σ", from_zero=True),
        Axes(say(f"{side} 像素上的幂迭代", f"Power iterations at {side} pixels"), say("次数", "iterations"), "σ", from_zero=True),
    ]  # fmt: skip
    figure, (layers, sides, powers) = figures.panels(verdict, axes, height=400)
    for colour, (found, name) in enumerate(zip((y.bounded, y.free), MODELS, strict=True)):
        count = range(1, len(found) + 1)
        layers.points(count, [one.operator for one in found], say(name), colour, size=9, opacity=1)
        layers.points(
            count, [one.reshaped for one in found], say(f"{say(name)}：核铺平", f"{say(name)}: kernel reshaped"), colour, 8, 0.5, symbol="diamond-open",
        )  # fmt: skip
    layers.level(y.c, "c", colour=2)
    sides.line(y.sides, y.by_side, say("算子", "operator"), 0)
    sides.level(y.reshaped, say("核铺平", "reshaped"), colour=1)
    sides.level(y.k * y.reshaped, say("k × 核铺平", "k × reshaped"), colour=7)
    powers.line(range(1, len(y.powers) + 1), y.powers, say("估计", "estimate"), 0)
    powers.level(y.exact, say("精确", "exact"))
    return figure


def rows(y: TakenBack) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray], Sequence[np.ndarray]]:
    """States forward in i-ResNet, then back in i-ResNet and in ResNet."""
    ours, plain = y.models
    return ours.forward, ours.backward, plain.backward
