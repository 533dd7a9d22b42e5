"""Pictures of dependence: clouds, the road from covariances to HSIC, Gram matrices, null distributions, power, matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.stats.hsic import Comparison, Curve, GramSteps, Matrix, Null, Road

MEASURES = {
    "hsic": t("HSIC", "HSIC"),
    "distance": t("距离相关", "distance correlation"),
    "information": t("互信息", "mutual information"),
    "spearman": t("Spearman", "Spearman"),
    "pearson": t("Pearson", "Pearson"),
}
SHARES = {
    ("power", "hsic"): t("HSIC", "HSIC"),
    ("power", "pearson"): t("Pearson", "Pearson"),
    ("false_alarms", "hsic"): t("HSIC，独立", "HSIC, independent"),
    ("false_alarms", "pearson"): t("Pearson，独立", "Pearson, independent"),
}
SHOWN_POINTS, SHOWN_STRENGTHS = 3000, 6
ENOUGH = 0.8  # power that a study usually asks for


def cloud(result: Comparison, level: float, say: Say) -> go.Figure:
    """The cloud at left; at right each measure's value, coloured by whether its test sees the dependence."""
    seen = result.seen(level)
    by, missed = (
        say("、", ", ").join(say(MEASURES[m.name]) for m in result.measures if (m.name in seen) == there)
        for there in (True, False)
    )
    title = say(
        f"看得见：{by or '无'}；看不见：{missed or '无'}", f"Seen by {by or 'none'}; missed by {missed or 'none'}"
    )
    reach = 1.1 * max(1.0, *(abs(m.value) for m in result.measures))
    who = say(f"谁看得见？绿色：p ≤ {level}", f"Who sees it? Green: p ≤ {level}")
    axes = [
        Axes(say("样本", "The samples"), "x", "y", square=True),
        Axes(who, say("量的绝对值", "absolute value"), x_range=(0, reach)),
    ]
    figure, (left, right) = figures.panels(title, axes, height=480)
    left.points(result.x[:SHOWN_POINTS], result.y[:SHOWN_POINTS], size=5, opacity=0.55)
    upwards = [*reversed(result.measures)]
    colours = [2 if m.name in seen else 7 for m in upwards]
    names = [say(MEASURES[m.name]) for m in upwards]
    right.bars(names, [abs(m.value) for m in upwards], colour=colours, width=0.5, horizontal=True)
    return figure


def road(result: Road, at: tuple[float, float], say: Say) -> go.Figure:
    """From one covariance by way of the best one to all of them: four panels."""
    one, best, total = f"{result.covariance:.3f}", f"{result.largest:.3f}", f"{result.hsic:.4f}"
    title = say(
        f"一对函数的协方差 {one}，最好的一对 {best}，全部平方相加：HSIC = {total}",
        f"One pair's covariance {one}, the best pair's {best}, all squared and added: HSIC = {total}",
    )
    pair_title = say(
        f"② 选定的一对：相关系数 {result.correlation:.2f}", f"② The chosen pair: correlation {result.correlation:.2f}"
    )
    count = min(SHOWN_STRENGTHS, len(result.squares))
    places = list(range(1, count + 1))
    axes = [
        Axes(
            say("① 一对鼓包的协方差（可拖动）", "① Covariance of two bumps (drag)"),
            "x, a",
            "y, b",
            square=True,
        ),
        Axes(pair_title, "f(x)", "g(y)"),
        Axes(say("③ 单位球里最好的一对", "③ The best pair of the unit balls"), say("x 或 y", "x or y"), "f*, g*"),
        Axes(
            say("④ 协方差的平方，逐个相加", "④ Squared covariances, added up"),
            "i",
            "σᵢ²",
            from_zero=True,
            x_ticks={i: str(i) for i in places},
        ),
    ]
    figure, (plane, pair, curves, sums) = figures.panels(title, axes, columns=2, height=640)
    plane.heat(result.bumps, result.grid_x, result.grid_y, diverging=True, scale="cov")
    plane.points(result.x, result.y, colour=7, size=4, opacity=0.6)
    plane.handle("at", *at, name="(a, b)", colour=2)
    pair.points(result.f, result.g, size=5, opacity=0.55)
    curves.line(result.grid_x, result.best_f, "f*(x)", 0)
    curves.line(result.grid_y, result.best_g, "g*(y)", 1)
    sums.bars(places, result.squares[:count])
    sums.line(places, result.running[:count], say("前 i 项之和", "sum of the first i"), 2)
    sums.level(result.hsic, "HSIC")
    return figure


def gram_steps(result: GramSteps, say: Say) -> go.Figure:
    """The samples, K and L, their centred forms and the product, all in the order of x."""
    plain = {say("K：x 两两相似", "K: likeness in x"): result.k, say("L：y 两两相似", "L: likeness in y"): result.l}
    centred = {
        say("HKH：K 减去均值", "HKH: K, centred"): result.centred_k,
        say("HLH：L 减去均值", "HLH: L, centred"): result.centred_l,
        say("HKH ∘ HLH：逐格相乘", "HKH ∘ HLH: cell by cell"): result.product,
    }
    axes = [Axes(say("样本：越往右越深", "The samples, darker to the right"), "x", "y", square=True)]
    axes += [Axes(name, square=True, axes=False) for name in plain | centred]
    title = say(
        f"最后一图的平均就是 HSIC = {result.hsic:.5f}（行、列都按 x 排序）",
        f"The mean of the last picture is HSIC = {result.hsic:.5f} (rows and columns sorted by x)",
    )
    figure, (cloud, *squares) = figures.panels(title, axes, columns=3, height=585)
    n = len(result.x)
    shades = [figures.faded(0, 0.25 + 0.75 * i / n) for i in range(n)]
    cloud.points(result.x, result.y, colour=shades, size=7, opacity=1)
    for panel, gram in zip(squares, plain.values(), strict=False):
        panel.heat(gram, low=0, high=1, scale="")
    for panel, gram in zip(squares[2:], centred.values(), strict=True):
        panel.heat(gram, diverging=True, scale="")
    return figure


def null(result: Null, say: Say) -> go.Figure:
    """Histogram of the shuffled statistics, the gamma approximation, the 95 % line, and where the data stand."""
    unit, p = result.unit, f"p = {result.p_value:.3g}"
    if result.test.statistic > result.threshold:
        title = say(f"HSIC 在 95% 线之外：{p}，不独立", f"HSIC lies beyond the 95 % line: {p}, dependent")
    else:
        title = say(f"HSIC 在 95% 线之内：{p}，看不出依赖", f"HSIC lies inside the 95 % line: {p}, no dependence seen")
    name, share = f"HSIC = tr(KHLH)/n²  (× {unit:g})", say("每格占打乱的比例", "share of the shuffles in a bin")
    figure, panel = figures.panel(title, name, share, x_range=(0, result.reach / unit), from_zero=True)
    places, shares = result.histogram()
    count = len(result.test.null)
    panel.bars(
        places / unit, shares, say(f"{count} 次打乱", f"{count} shuffles"), width=result.reach / unit / len(places)
    )
    places, density = result.curve()
    panel.line(places / unit, density, say("Γ 近似", "gamma approximation"), 2, end=False)
    panel.level(result.threshold / unit, say("95%（打乱）", "95 % (shuffles)"), axis="x", colour=7)
    panel.level(result.test.statistic / unit, say("数据", "the data"), axis="x", colour=1)
    return figure


def power(result: Curve, against: str, places: Sequence[float], alpha: float, say: Say) -> go.Figure:
    """Shares of rejections at the places measured so far, with two standard errors; dotted where independence is true."""
    by_size = against == "n"
    now = [getattr(setting, against) for setting in result.settings]
    enough, last, (low, high) = result.reaching(ENOUGH, "hsic"), result.power[-1], result.alarms
    if not by_size:
        told = say(
            f"噪声 {last.noise:g} 时 HSIC 看得见 {last.hsic:.0%}", f"At noise {last.noise:g} HSIC sees {last.hsic:.0%}"
        )
    elif enough:
        told = say(f"n = {enough.n} 起 HSIC 看得见八成", f"HSIC sees 80 % from n = {enough.n}")
    else:
        told = say(f"n = {last.n} 时 HSIC 看得见 {last.hsic:.0%}", f"At n = {last.n} HSIC sees {last.hsic:.0%}")
    figure, panel = figures.panel(
        say(f"{told}；独立时误报 {low:.0%}–{high:.0%}", f"{told}; false alarms {low:.0%}–{high:.0%}"),
        x=say("样本数 n", "samples n") if by_size else say("噪声（标准差）", "noise (standard deviation)"),
        y=say("拒绝独立的比例", "share of tests that reject"),
        x_range=(places[0] * 0.9, places[-1] * 1.1) if by_size else (-0.02, places[-1] + 0.02),
        y_range=(-0.02, 1.04),
        x_log=by_size,
        x_ticks={n: str(n) for n in places} if by_size else None,
    )
    for (kind, test), name in SHARES.items():
        colour, there = 0 if test == "hsic" else 3, kind == "power"
        if there:
            panel.band(now, *result.band(kind, test), colour=colour, opacity=0.12)
        share = result.share(kind, test)
        panel.line(now, share, say(name), colour, dash="solid" if there else "dot", end=there)
        panel.points(now, share, colour=colour, size=6, opacity=1)
    panel.level(alpha, f"α = {alpha:g}", colour=7)
    return figure


def matrix(result: Matrix, alpha: float, say: Say) -> go.Figure:
    """Strength of every pair (normalised HSIC), with the Holm-adjusted p-value written in."""
    found, best = len(result.significant(alpha)), max(result.pairs, key=lambda pair: pair.strength)
    title = say(
        f"{result.total} 对中 {found} 对显著；最强：{best.x} 与 {best.y}（{best.strength:.2f}）",
        f"{found} of {result.total} pairs are significant; the strongest: {best.x} and {best.y} ({best.strength:.2f})",
    )
    text = [["" if p != p else f"{p:.3f} ✓" if p <= alpha else f"{p:.2f}" for p in row] for row in result.adjusted]
    brief = [["✓" if p <= alpha else "" for p in row] for row in result.adjusted]
    names, v = list(result.names), len(result.names)
    edges = (-0.5, v - 0.5)
    figure, panel = figures.panel(title, height=max(420, 44 * v + 160), x_range=edges, y_range=edges[::-1])
    scale = say("归一化 HSIC", "normalised HSIC")
    panel.heat(result.strength, names, names, low=0, high=1, scale=scale, text=text, brief=brief)
    return figure
