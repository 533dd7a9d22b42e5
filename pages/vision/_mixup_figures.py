"""Figures and notes of the mixup page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say
from pages.vision._mixup_texts import BRIEF, FUNCTION_NAMES, METHOD_NAMES

if TYPE_CHECKING:
    from core.vision.mixup.digits import Compared, Path
    from core.vision.mixup.fits import Fit, Fitted
    from core.vision.mixup.penalty import Taxed
    from core.vision.mixup.plane import Sides

SAME = 1e-9  # distance of two curves that rounding alone leaves
UP = (-1.6, 1.6)
FARTHEST = 6  # up and down to which the plane of the curves grows
PLAIN, OTHER = 7, 1  # colours


def fits(y: Fitted, names: list[str], say: Say) -> Any:
    """The points, their blends, and both fits: the line at the left, the curve at the right."""
    line, curve = y.line.apart, y.curve.apart
    same = say(f"两条直线重合（相差 {line:.0e}）", f"The lines coincide (to {line:.0e})")
    if line > SAME:
        same = say(f"两条直线相差 {line:.1e}", f"The lines are {line:.1e} apart")
    other = say(
        f"两条 {y.curve.degree} 次曲线相差 {curve:.2f}", f"the curves of degree {y.curve.degree} are {curve:.2f} apart"
    )
    if curve <= SAME:
        other = say(f"{y.curve.degree} 次曲线也重合", f"so do the curves of degree {y.curve.degree}")
    frame, outside = _frame(y.curve.curves)
    if outside:
        other = say(f"{other}（有一部分在框外）", f"{other} (partly outside the frame)")
    figure, both = figures.panels(
        say(f"{same}，{other}", f"{same}; {other}"),
        [
            Axes(say("直线（可拖动各点）", "line (drag the points)"), "x", "y", x_range=(-1.1, 1.1), y_range=UP),
            Axes(say(f"{y.curve.degree} 次多项式", f"polynomial of degree {y.curve.degree}"), "x", "y", x_range=(-1.1, 1.1), y_range=frame),
        ],
        height=430,
    )  # fmt: skip
    for panel, fit, first in zip(both, (y.line, y.curve), (True, False), strict=True):
        panel.points(y.blends[:, 0], y.blends[:, 1], say("混合的样本", "blends") if first else "", 7, 4, 0.35)
        _both_curves(panel, y, fit, first, say)
    left, right = both
    for name, (x, up) in zip(names, y.points.tolist(), strict=True):
        left.handle(name, x, up, "", 2)
    right.points(y.points[:, 0], y.points[:, 1], "", 2, 11, 1)
    return figure


def _frame(curves: Sequence[np.ndarray]) -> tuple[tuple[float, float], bool]:
    """What the curves' plane shows: as much as the line's where that is enough, else whole numbers; and whether some is outside."""
    low, high = (float(end([edge(one) for one in curves])) for end, edge in ((min, np.min), (max, np.max)))
    if UP[0] <= low and high <= UP[1]:
        return UP, False
    shown = (float(max(-FARTHEST, min(UP[0], math.floor(low)))), float(min(FARTHEST, max(UP[1], math.ceil(high)))))
    return shown, low < shown[0] or high > shown[1]


def _both_curves(panel: Any, y: Fitted, fit: Fit, named: bool, say: Say) -> None:
    own, over = fit.curves
    panel.line(y.grid, own, say("拟合样本", "fit to the samples") if named else "", 0, 5, end=False)
    panel.line(y.grid, over, say("拟合全部混合对", "fit to all pairs") if named else "", OTHER, 2, "dash", end=False)


def tax(y: Taxed, name: str, say: Say) -> Any:
    """The function with a chord, and the penalty over the spread of x."""
    found, second = y.here
    what = say(FUNCTION_NAMES[name])
    if second == 0:
        title = say(
            f"{what}：惩罚为 {found:.0e}，线性不罚", f"Penalty on {what}: {found:.0e}, none for a linear function"
        )
    else:
        title = say(
            f"{what}：惩罚 {found:.3g}，是二阶近似 {second:.3g} 的 {y.ratio:.2f} 倍",
            f"Penalty on {what}: {found:.3g}, {y.ratio:.2f} of its second order {second:.3g}",
        )
    figure, (left, right) = figures.panels(
        title,
        [
            Axes(say("函数与弦", "function and chord"), "x", "f"),
            Axes(say("惩罚 P", "penalty P"), say("x 的标准差 σ", "standard deviation σ of x"), "P", x_log=True, y_log=second != 0),
        ],
        height=400,
    )  # fmt: skip
    left.line(y.x, y.curve, "f", 0, end=False)
    (x0, y0), (x1, y1) = y.chord
    left.line([x0, x1], [y0, y1], say("弦：混合的目标", "chord: the blends' target"), OTHER, 2, "dash", end=False)
    right.line(y.spreads, y.measured, say("算得", "computed"), 0, 3, end=False)
    right.line(y.spreads, y.approximate, say("二阶", "second order"), OTHER, 2, "dash", end=False)
    return figure


def borders(y: Sides, method: str, say: Say) -> Any:
    """p(class 1) over the plane without and with blending."""
    a, b = y.plain, y.blended
    falls = b.gap < a.gap
    figure, both = figures.panels(
        say(
            f"线性差从 {a.gap:.2f} {'降' if falls else '变'}到 {b.gap:.2f}；新样本上的交叉熵 {a.cross_entropy:.2f} → {b.cross_entropy:.2f}",
            f"Linearity gap {a.gap:.2f} → {b.gap:.2f}; cross-entropy on fresh points {a.cross_entropy:.2f} → {b.cross_entropy:.2f}",
        ),
        [Axes(name, x_range=(-2.2, 2.2), y_range=(-2.2, 2.2), square=True, grid=False) for name in (say("不混合", "plain"), method)],
        height=470,
    )  # fmt: skip
    for panel, side, first in zip(both, (a, b), (True, False), strict=True):
        panel.regions(y.axis, y.axis, side.share)
        panel.contours(y.axis, y.axis, side.share, [0.5], say("p = ½", "p = ½") if first else "", 7, 2)
        for kind in (0, 1):
            name = say(f"第 {kind + 1} 类", f"class {kind + 1}") if first else ""
            mine = y.x[y.y == kind]
            panel.points(mine[:, 0], mine[:, 1], name, kind, 6, 0.9)
    return figure


def errors(y: Compared, say: Say) -> Any:
    """Errors of all methods with standard errors, and linearity gaps."""
    blended = [name for name in y.record if name != "plain"]
    best = min(blended, key=lambda name: y.of(name, "error").mean)
    mine, plain, apart = y.of(best, "error"), y.of("plain", "error"), y.against_plain(best, "error")
    verdict = {
        -1: say("混合更低", "lower with blending"),
        0: say("分不出高下", "no clear difference"),
        1: say("混合更高", "higher with blending"),
    }[apart.sign]
    bent, straighter = y.of("plain", "gap").mean, y.of(best, "gap").mean
    figure, (left, right) = figures.panels(
        say(
            f"测试误差：不混合 {plain.mean:.1%}，混合最低 {mine.mean:.1%}，{verdict}（{100 * apart.mean:+.1f} ± {100 * apart.error:.1f} 个百分点）；线性差 {bent:.2f} → {straighter:.2f}",
            f"Test error: plain {plain.mean:.1%}, blending's lowest {mine.mean:.1%}, {verdict} ({100 * apart.mean:+.1f} ± {100 * apart.error:.1f} points); linearity gap {bent:.2f} → {straighter:.2f}",
        ),
        [
            Axes(say("测试误差 (%)", "test error (%)"), "", "%"),
            Axes(say("线性差", "linearity gap"), "", "", from_zero=True),
        ],
        height=400,
    )  # fmt: skip
    for panel, measure, unit in ((left, "error", 100), (right, "gap", 1)):
        for k, name in enumerate(y.record):
            found = y.of(name, measure)
            place = say(BRIEF[name])
            panel.points([place], [unit * found.mean], "", PLAIN if name == "plain" else OTHER, 11, 1)
            panel.line([place, place], [unit * (found.mean - found.error), unit * (found.mean + found.error)], "", PLAIN if k == 0 else OTHER, 2, end=False)  # fmt: skip
    return figure


def table(y: Compared, say: Say) -> dict[str, list[Any]]:
    """All measures by method, as columns."""
    rows = list(y.record)
    both = {name: (y.of(name, "error"), y.against_plain(name, "error")) for name in rows}
    return {
        say("方法", "method"): [say(METHOD_NAMES[name]) for name in rows],
        say("测试误差 (%)", "test error (%)"): [f"{100 * a.mean:.2f} ± {100 * a.error:.2f}" for a, _ in both.values()],
        say("与不混合之差", "minus plain"): [
            "—" if name == "plain" else f"{100 * d.mean:+.2f} ± {100 * d.error:.2f}" for name, (_, d) in both.items()
        ],
        say("测试交叉熵 (nat)", "test cross-entropy (nats)"): [f"{y.of(n, 'cross-entropy').mean:.3f}" for n in rows],
        say("训练误差 (%)", "training error (%)"): [f"{100 * y.of(n, 'training error').mean:.2f}" for n in rows],
        say("线性差", "linearity gap"): [f"{y.of(n, 'gap').mean:.3f} ± {y.of(n, 'gap').error:.3f}" for n in rows],
    }


def told(y: Compared, say: Say) -> str:
    """What the figures are, and the schedule of SamplePairing."""
    on, off = y.of("pair", "error"), y.of("pair-ends-off", "error")
    apart = y.against_plain("pair-ends-off", "error")
    return say(
        f"当场训练，每种方法 {y.seeds} 个种子，1,000 个测试数字，± 为标准误；差按种子配对，不到两个标准误的算分不出。五种混合里挑最低的，本身就有利于混合。线性差是测试的数字上 $\\mathbb E\\|p(\\tilde x)-\\varepsilon p(x_a)-(1-\\varepsilon)p(x_b)\\|$，$\\varepsilon\\sim U(0,1)$，p 是 softmax 的输出。\n\n**SamplePairing 的开与关。** 它的标签始终是 $y_a$，同一张混合图既会标成 a 也会标成 b，所以训练一直开着时输出偏软；论文因此时开时关，并在最后关掉。这里：一直开误差 {on.mean:.1%}，末段关掉 {off.mean:.1%}（比不混合 {100 * apart.mean:+.1f} ± {100 * apart.error:.1f} 个百分点）。",
        f"Trained live, {y.seeds} seeds a method, 1 000 test digits, ± one standard error; differences are taken seed by seed, and are called clear from two standard errors on. To take the lowest of five favours blending. The linearity gap is $\\mathbb E\\|p(\\tilde x)-\\varepsilon p(x_a)-(1-\\varepsilon)p(x_b)\\|$ on the test digits, $\\varepsilon\\sim U(0,1)$, p the output of the softmax.\n\n**SamplePairing on and off.** Its label is always $y_a$, so one blend is labelled a at one time and b at another, and answers stay soft while it is on; its paper turns it on and off, and ends with it off. Here: always on, error {on.mean:.1%}; off at the end, {off.mean:.1%} ({100 * apart.mean:+.1f} ± {100 * apart.error:.1f} points against plain).",
    )


def clothes_note(y: Compared, count: int, say: Say) -> str:
    """What the figures of the clothes are, and how the methods' cross-entropies lie."""
    plain, soft = y.of("plain", "cross-entropy").mean, y.of("mixup-1", "cross-entropy").mean
    return say(
        f"事先训练：{count} 张训练图，每种方法 {y.seeds} 个种子（图与初始权重按种子相同），1 万张测试图，± 为标准误；差按种子配对，不到两个标准误的算分不出。误差之外，测试交叉熵从 {plain:.2f}（不混合）变为 {soft:.2f} nat（mixup，α = 1）。",
        f"Trained beforehand: {count} pictures, {y.seeds} seeds a method (with pictures and first weights in common), 10 000 test pictures, ± one standard error; differences are taken seed by seed, and are called clear from two standard errors on. Beside the error, the test cross-entropy goes from {plain:.2f} (plain) to {soft:.2f} nats (mixup, α = 1).",
    )


def along(y: Path, epsilon: float, say: Say, called: Callable[[int], str] = str) -> Any:
    """The answers along the way beside the straight lines, of plain training and of the chosen method; ``called`` names a kind."""
    names = {name: say(METHOD_NAMES[name]) for name in y.ways}
    gaps = say("，", ", ").join(f"{way.gap:.2f} ({names[name]})" for name, way in y.ways.items())
    figure, both = figures.panels(
        say(f"偏离直线的平均距离：{gaps}", f"Mean distance from the straight line: {gaps}"),
        [Axes(names[name], say("ε（第一个的份量）", "ε, the first one's weight"), "p", y_range=(0, 1)) for name in y.ways],
        height=400,
    )  # fmt: skip
    for k, (panel, way) in enumerate(zip(both, y.ways.values(), strict=True)):
        for colour, kind in enumerate(dict.fromkeys(way.ends)):
            name = called(kind)
            panel.line(y.grid, way.p[:, kind], name, colour)
            panel.line(y.grid, way.straight[:, kind], "", colour, 1.5, "dot", end=False)
        panel.level(epsilon, "ε" if k == 0 else "", "x", 7)
    return figure
