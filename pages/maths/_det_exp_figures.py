"""Figures of the page on det(exp A), and the numbers under them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import Axes
from gallery.outputs import Metric
from gallery.page import Say, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.maths import det_exp as model
    from core.maths import log_det

LONGEST = 4.0  # of the times of a flow
MOST_TERMS = 60
LARGEST_SCALE = 1.5  # s of e^{s(A + B)}
PLANE = (-3.2, 3.2)
EDGES = ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7))
PADE, EIGENVALUES = t("缩放平方 + Padé", "scaling, squaring, Padé"), t("特征值", "eigenvalues")
ROUTES = {
    "pade": PADE,
    "series": t(f"级数，{MOST_TERMS} 项", f"series, {MOST_TERMS} terms"),
    "eigenvalues": EIGENVALUES,
}


def flow(found: model.Flow, which: str, time: float, say: Say) -> go.Figure:
    """The square as it flows with the velocities at its unit vectors, and its area over time."""
    area, facts, law = found.areas[-1], found.facts, (*found.law, 0.1, 10.0)
    both = f"{area:.4g}{say('，', ', ')}e^(t·tr A) = {found.expected:.4g}"
    figure, (plane, growth) = figures.panels(
        say(
            f"t = {time:g}：面积 {both}，tr A = {facts.trace:.3g}",
            f"t = {time:g}: area {both}, tr A = {facts.trace:.3g}",
        ),
        [
            Axes(say("单位正方形的流动", "The unit square flows"), "x", "y", PLANE, PLANE, square=True),
            Axes(
                say("面积：斜率就是迹", "Its area: the slope is the trace"),
                "t",
                say("面积", "area"),
                (0, LONGEST),
                (min(law), max(law)),
                y_log=True,
            ),
        ],
        height=480,
    )
    plane.line(*found.trail.T, colour=figures.faded(3, 0.5), width=1)
    for square in found.squares[:-1]:
        plane.polygon(*square.T, colour=0, opacity=0.05)
    plane.polygon(*found.squares[-1].T, colour=1, opacity=0.5)
    for name, text, column in zip(("first", "second"), ("A e₁", "A e₂"), found.matrix.T, strict=True):
        if which == "own":
            plane.handle(name, *column, name=text, colour=2)
        plane.arrow((0, 0), tuple(column), colour=2, text="" if which == "own" else text)
    growth.line(found.axis, found.law, "e^(t·tr A)", colour=7, width=6)
    growth.points(found.times, found.areas, say("量得的面积", "area measured"), colour=1, size=9, opacity=1)
    return figure


def flow_facts(found: model.Flow, time: float, say: Say) -> list[Metric]:
    """The area measured and by the trace, the eigenvalues, and the determinant that plays no part."""
    area, facts = found.areas[-1], found.facts
    defective = say("亏损：没有特征基", "defective: no eigenbasis") if facts.defective else ""
    return [
        Metric(say("面积（由四角算得）", "Area (from its corners)"), area, f"t = {time:g}"),
        Metric("e^(t·tr A)", found.expected),
        Metric(say("特征值", "Eigenvalues"), ", ".join(map(_complex, facts.eigenvalues)), defective),
        Metric("det A", facts.determinant, say("与面积无关", "plays no part in the area")),
    ]


def errors(found: model.Errors, terms: int, say: Say) -> go.Figure:
    """What the series leaves out, its bound, and the trace, by terms."""
    error, bound, m = found.series[terms - 1], found.bounds[terms - 1], terms
    bounded = say(f"余项界 {bound:.1e}", f"its bound {bound:.1e}")
    if not math.isfinite(bound):
        bounded = say("m + 1 ≤ ‖A‖，还没有界", "no bound yet, as m + 1 ≤ ‖A‖")
    figure, panel = figures.panel(
        say(f"{m} 项：误差 {error:.1e}，{bounded}", f"{m} terms: the error is {error:.1e}, {bounded}"),
        x=say("项数 m", "terms m"),
        y=say("误差", "error"),
        height=430,
        y_log=True,
        x_range=(1, MOST_TERMS),
        y_range=(found.rounding / 30, 30 * max(found.largest, 1.0)),
    )
    panel.line(found.terms, found.bounds, say("余项界", "bound"), colour=2, dash="dot")
    panel.line(found.terms, found.gaps, "|log det Σ − tr A|", colour=1)
    panel.line(found.terms, found.series, "‖Σ − exp A‖", colour=0, width=3)
    panel.points([m], [error], colour=0, size=11, opacity=1)
    panel.level(found.norm, "m = ‖A‖", axis="x", colour=3)
    panel.level(found.rounding, say("ε × 最大项", "ε × largest term"), colour=7)
    return figure


def series_facts(found: model.Errors, terms: int, say: Say) -> list[Metric]:
    """The errors of three routes, and of the identity."""
    error, m = found.series[terms - 1], terms
    return [
        Metric(say("级数的误差", "Error of the series"), error, say(f"{m} 项", f"{m} terms")),
        Metric(say("特征值法的误差", "Error by eigenvalues"), found.eigenvalues, f"cond V = {found.condition:.3g}"),
        Metric(say("缩放平方 + Padé 的误差", "Error by scaling, squaring, Padé"), found.pade, "scipy"),
        Metric("|log det Σ − tr A|", found.gaps[m - 1]),
        Metric("‖exp A‖", found.exponential_norm),
    ]


def box(found: model.Box, say: Say) -> go.Figure:
    """The unit cube at three times, with the verdict on the three routes."""
    worst = found.worst
    name, at = say(ROUTES[worst.name]), f"t = {found.time:g}"
    verdict = say(
        f"三种算法最多偏 {abs(worst.gap):.1e}（{name}）",
        f"the routes are off by at most {abs(worst.gap):.1e} ({name})",
    )
    if math.isnan(worst.gap):
        verdict = say(f"{name}法没有答案", f"{name} have no answer")
    both = f"{found.volume:.4g}{say('，', ', ')}e^(t·tr A) = {found.law[-1]:.4g}"
    figure = figures.space(
        say(f"{at}：体积 {both}；{verdict}", f"{at}: volume {both}; {verdict}"), "x", "y", "z", height=480
    )
    for k, (corners, colour, opacity) in enumerate(zip(found.boxes, (7, 0, 1), (0.12, 0.18, 0.45), strict=True)):
        _cube(figure, corners, f"t = {found.time * k / 2:g}", colour, opacity)
    figure.update_scenes(aspectmode="auto")
    return figure


def matrices(found: model.Box, say: Say) -> go.Figure:
    """A, exp A and the volume over time."""
    facts = found.facts
    cells = {float(k): str(k + 1) for k in range(3)}
    grid = {"x_ticks": cells, "y_ticks": cells, "y_range": (2.5, -0.5), "square": True, "grid": False}
    volume = Axes(say("体积", "Volume"), "t", say("体积", "volume"), from_zero=True)
    heats, panels = figures.panels(
        f"det exp A = {facts.det_exponential:.4g}{say('，', ', ')}e^(tr A) = {facts.exp_trace:.4g}",
        [Axes("A", **grid), Axes("exp A", **grid), volume],
        height=380,
    )
    for panel, values in zip(panels[:2], (found.matrix, found.exponential), strict=True):
        panel.heat(values, diverging=True, text=[[f"{v:.3g}" for v in row] for row in values])
    panels[2].line(found.times, found.law, "e^(t·tr A)", colour=7, width=6)
    panels[2].line(found.times, found.volumes, "det exp(tA)", colour=1)
    return heats


def own_facts(found: model.Box, say: Say) -> list[Metric]:
    """Both sides of the identity, the trace and the eigenvalues."""
    facts = found.facts
    return [
        Metric("det exp A", facts.det_exponential),
        Metric("e^(tr A)", facts.exp_trace),
        Metric("tr A", facts.trace),
        Metric(
            say("特征值", "Eigenvalues"),
            ", ".join(map(_complex, facts.eigenvalues)),
            f"cond V = {facts.condition:.3g}",
        ),
    ]


def routes_table(found: model.Box, say: Say) -> dict[str, Any]:
    """The determinant by every route, and by how much it misses the trace."""
    return {
        say("算法", "route"): [say(ROUTES[route.name]) for route in found.routes],
        "det exp A": [route.determinant for route in found.routes],
        "log|det| − tr A": [route.gap for route in found.routes],
    }


def logarithm(found: log_det.Backwards, at: float, radius: float, say: Say) -> go.Figure:
    """det along X = I + sM with its tangent, and the errors of the log series."""
    path = found.path
    logs = f"log det B = {_complex(found.log_det)}{say('，', ', ')}tr log B = {_complex(found.trace_log)}"
    slope = f"{path.slope:.4g}{say('，', ', ')}det X · tr(X⁻¹M) = {path.by_trace:.4g}"
    figure, (way, series) = figures.panels(
        say(f"{logs}；det 的斜率 {slope}", f"{logs}; slope of det {slope}"),
        [
            Axes(say("det 沿 X = I + sM", "det along X = I + sM"), "s", "det X", (0, 1)),
            Axes(
                say("对数级数的误差", "Error of the log series"),
                say("项数", "terms"),
                "|Σ − log det B|",
                (1, MOST_TERMS),
                y_log=True,
            ),
        ],
    )
    way.line(path.s, path.determinants, "det X", colour=0, width=3)
    way.line(*path.tangent, say("切线", "tangent"), colour=1, dash="dash")
    way.points([at], [path.value], colour=1, size=11, opacity=1)
    series.line(range(1, MOST_TERMS + 1), found.errors, f"ρ = {radius:g}", colour=0, width=3)
    return figure


def turning(found: log_det.Backwards, say: Say) -> go.Figure:
    """The imaginary parts of the trace, of tr log and of Log det while A turns."""
    turning, lost = found.turning, round(found.turning.turns[-1])
    below, angles = figures.panel(
        say(f"转到 α = 4π，tr log e^A 比 tr A 少 {lost} 圈", f"At α = 4π, tr log e^A is {lost} turns short of tr A"),
        x="α",
        y=say("虚部", "imaginary part"),
        height=380,
        y_range=(-8, 26),
        x_ticks={0.0: "0"} | {k * math.pi: f"{k}π".removeprefix("1") for k in range(1, 5)},
    )
    angles.line(turning.angles, turning.trace, "tr A", colour=7, width=2.5, dash="dash")
    angles.line(turning.angles, turning.trace_log, "tr log e^A", colour=0, width=2.5)
    angles.line(turning.angles, turning.log_det, "Log det e^A", colour=1, width=2.5, dash="dot")
    return below


def logarithm_facts(found: log_det.Backwards, radius: float, at: float, say: Say) -> list[Metric]:
    """Both logarithms, the series, and the slope of det by columns and by the trace."""
    path = found.path
    converges = say("ρ < 1：收敛", "ρ < 1: converges") if radius < 1 else say("ρ ≥ 1：发散", "ρ ≥ 1: diverges")
    return [
        Metric("log det B", _complex(found.log_det)),
        Metric("tr log B", _complex(found.trace_log), say("主值对数（scipy）", "principal logarithm (scipy)")),
        Metric(say(f"级数 {MOST_TERMS} 项", f"Series, {MOST_TERMS} terms"), found.partial[-1], converges),
        Metric(say("det 的斜率，逐列求", "Slope of det, column by column"), path.slope, f"s = {at:g}"),
        Metric("det X · tr(X⁻¹M)", path.by_trace, say("Jacobi 公式", "Jacobi's formula")),
    ]


def loss(found: model.Loss, say: Say) -> go.Figure:
    """The error of log det by scale, in both precisions."""
    off = f"float32 {found.single[-1]:.1e}{say('，', ', ')}float64 {found.double[-1]:.1e}"
    figure, panel = figures.panel(
        say(f"s = 20 时 log det 的误差：{off}", f"Error of log det at s = 20: {off}"),
        x=say("尺度 s", "scale s"),
        y="|log det exp(sA) − s·tr A|",
        x_log=True,
        y_log=True,
        x_range=(0.1, 20),
        y_range=(1e-17, 1e4),
    )
    panel.line(found.scales, found.guide, say("ε × 条件数", "ε × condition"), colour=2, dash="dot")
    panel.line(found.scales, found.single, "float32", colour=1, width=3)
    panel.line(found.scales, found.double, "float64", colour=0, width=3)
    panel.level(1.0, say("一位不剩", "no digit left"), colour=7)
    return figure


def loss_note(count: int, n: int, say: Say) -> str:
    """What the medians say."""
    return say(
        f"{count} 个 {n}×{n} 正态矩阵的中位数。恒等式在数学上总成立，在浮点数里却会丢：$e^{{sA}}$ 的条件数一旦超过 $1/\\varepsilon$，行列式只剩舍入误差。所以要比较 $\\log\\det$ 而不是 $\\det$，并留意条件数。",
        f"Medians of {count} normal {n}×{n} matrices. The identity always holds in mathematics, and is lost in floating point once the condition of $e^{{sA}}$ passes $1/\\varepsilon$: the determinant is then rounding alone. Compare $\\log\\det$, not $\\det$, and watch the condition.",
    )


def loss_table(found: model.Loss, say: Say) -> dict[str, Any]:
    """The medians by scale."""
    return {
        "s": found.scales,
        "float64": found.double,
        "float32": found.single,
        say("条件数", "condition"): found.condition,
        say("行列式算成负数的比例（应为 0）", "share of negative determinants (should be 0)"): found.negative,
    }


def gap(found: model.Sums, n: int, say: Say) -> go.Figure:
    """Both shapes or their semi-axes, and by how much matrices and determinants differ."""
    apart, both, top = found.gaps[-1], (found.of_sum, found.of_product), max(0.1, *found.gaps, *found.halves)
    names = ("exp(A + B)", "exp A · exp B")
    shapes = Axes(say("半轴（奇异值）", "Semi-axes (singular values)"), "", say("长度", "length"), from_zero=True)
    if found.squares is not None:
        shapes = Axes(say("单位正方形变成了什么", "What becomes of the unit square"), "x", "y", square=True)
    differ = Axes(
        say("差多少", "By how much they differ"),
        "s",
        say("相对差", "relative difference"),
        (0, LARGEST_SCALE),
        (-0.03 * top, top),
    )
    figure, (shape, gap) = figures.panels(
        say(
            f"两个矩阵相差 {apart:.0%}，行列式是 {both[0]:.4g} 与 {both[1]:.4g}",
            f"The matrices differ by {apart:.0%}, their determinants are {both[0]:.4g} and {both[1]:.4g}",
        ),
        [shapes, differ],
        height=430,
    )
    for k, axes in enumerate((found.axes_of_sum, found.axes_of_product)):
        if found.squares is not None:
            area = say(f"面积 {both[k]:.4g}", f"area {both[k]:.4g}")
            x, y = found.squares[k].T
            shape.polygon(x, y, f"{names[k]}{say('：', ': ')}{area}", colour=k, opacity=0.25)
        else:
            shape.bars([f"σ{j + 1}" for j in range(n)], axes, names[k], colour=k, opacity=0.7)
    gap.line(found.scales, found.halves, "½s²‖[A, B]‖", colour=7, dash="dash")
    gap.line(found.scales, found.gaps, say("矩阵", "matrices"), colour=0, width=3)
    gap.line(found.scales, found.parted, say("行列式", "determinants"), colour=1, width=3)
    return figure


def sum_facts(found: model.Sums, say: Say) -> list[Metric]:
    """How far the matrices and the determinants differ."""
    apart = found.gaps[-1]
    return [
        Metric(say("矩阵的相对差", "Relative difference of the matrices"), apart, f"s = {LARGEST_SCALE}"),
        Metric("det exp(s(A + B))", found.of_sum),
        Metric("det exp(sA) · det exp(sB)", found.of_product),
        Metric(
            say("行列式的相对差", "Relative difference of the determinants"),
            found.parted[-1],
            say("舍入", "rounding"),
        ),
    ]


def _cube(figure: go.Figure, corners: Any, name: str, colour: int, opacity: float) -> None:
    """A parallelepiped with corners [8, 3] and its edges."""
    import plotly.graph_objects as go

    shade, looks = figures.COLOURS[colour], {"hoverinfo": "skip", "name": name}
    sides = dict(zip("xyz", corners.T, strict=True))
    figure.add_trace(go.Mesh3d(**sides, **looks, alphahull=0, color=shade, opacity=opacity))
    ends = {axis: [value for i, j in EDGES for value in (at[i], at[j], None)] for axis, at in sides.items()}
    figure.add_trace(go.Scatter3d(**ends, **looks, mode="lines", line={"color": shade, "width": 4}))


def _complex(value: complex) -> str:
    return f"{value.real:.3g}" if abs(value.imag) < 1e-12 else f"{value.real:.3g}{value.imag:+.3g}i".replace("-", "−")
