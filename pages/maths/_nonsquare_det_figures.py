"""Figures of the page on determinants that are not square, and the numbers under them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.outputs import Metric
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.maths import nonsquare_det as model

PLANE = (-2.8, 2.8)
SURFACES = {"torus": t("环面", "Torus"), "sphere": t("球面", "Sphere"), "helicoid": t("螺旋面", "Helicoid")}
COLUMNS = ("b1", "b2", "b3", "b4")
EYE = {"x": 1.1, "y": 0.9, "z": 0.7}
COUNTS = (4, 8, 16, 32, 64, 128)  # cells a side
GAPS = tuple(10 ** (k / 2) for k in range(-28, 1))
PARALLEL = 1e-8  # where the title counts digits
SHEETS = ("yz", "zx", "xy")
ROUTES = {"gram": "√det(BᵀB)", "singular": "∏ σᵢ", "heights": "∏ |Rᵢᵢ|", "minors": "√Σ det²"}


def space(found: model.Parallelogram, say: Say) -> go.Figure:
    """The parallelogram over its three shadows."""
    terms = " + ".join(f"{square:.4g}" for square in found.squares)
    total, reach = f"{found.by_shadows**2:.4g}", 3.0 if found.reach <= 2.9 else 5.5
    figure = figures.space(say(f"面积² = {total} = {terms}", f"Area² = {total} = {terms}"), "x", "y", "z", height=480)
    sheets = [(found.shadow(k, -0.98 * reach), f"{SHEETS[k]}: {found.squares[k]:.4g}", k + 1) for k in range(3)]
    words = {"mode": "text", "textposition": "middle center", "hoverinfo": "skip", "showlegend": False}
    for corners, text, colour in (*sheets, (found.corners, f"{say('面积²', 'area²')} {total}", 0)):
        sides = dict(zip("xyz", corners.T, strict=True))
        shade, opacity = figures.COLOURS[colour], 0.5 if colour else 0.85
        sheet = {"i": [0, 0], "j": [1, 2], "k": [2, 3], "hoverinfo": "skip", "flatshading": True}
        figure.add_trace(go.Mesh3d(**sides, **sheet, color=shade, opacity=opacity))
        # A little towards the eye: in the sheet itself half of the letters would lie behind it.
        middle = {axis: [(v[0] + v[2]) / 2 + 0.15 * reach * EYE[axis]] for axis, v in sides.items()}
        figure.add_trace(go.Scatter3d(**middle, **words, text=[text]))
    for name, vector in (("a", found.a), ("b", found.b)):
        ends = {axis: [0, value] for axis, value in zip("xyz", vector, strict=True)}
        line = {"width": 7, "color": figures.COLOURS[0]}
        figure.add_trace(go.Scatter3d(**ends, mode="lines+text", text=["", name], line=line, showlegend=False))
    span = {"range": (-reach, reach)}
    figure.update_scenes(xaxis=span, yaxis=span, zaxis=span, camera_eye=EYE)
    return figure


def shadows(found: model.Parallelogram, say: Say) -> go.Figure:
    """The shadows from above, to be dragged, and their squares that add up."""
    below, (plane, bars) = figures.panels(
        say("拖动 a、b 在 xy 面上的投影", "Drag the shadows of a and b on the xy plane"),
        [
            Axes(say("从上往下看", "Seen from above"), "x", "y", PLANE, PLANE, square=True),
            Axes(say("平方相加", "Squares add up"), "", say("面积²", "area²"), from_zero=True),
        ],
        height=400,
    )
    plane.polygon(found.corners[:, 0], found.corners[:, 1], colour=3, opacity=0.3)
    for name, vector in (("a", found.a), ("b", found.b)):
        plane.arrow((0, 0), (vector[0], vector[1]), colour=0)
        plane.handle(name, vector[0], vector[1], name=name, colour=0)
    heights = [*found.squares, found.squares.sum(), found.squared]
    bars.bars(
        [*SHEETS, say("三者之和", "their sum"), say("平行四边形", "parallelogram")], heights, colour=[1, 2, 3, 7, 0]
    )
    return below


def area_facts(found: model.Parallelogram, say: Say) -> list[Metric]:
    """The area by four formulas."""
    terms = " + ".join(f"{square:.4g}" for square in found.squares)
    return [
        Metric("√det(BᵀB)", found.area, say("平行四边形的面积", "area of the parallelogram")),
        Metric(say("底 × 高", "base × height"), found.base * found.height, f"{found.base:.3g} × {found.height:.3g}"),
        Metric(say("投影的平方和开方", "root of the shadows' squares"), found.by_shadows, f"√({terms})"),
        Metric("‖a‖²‖b‖² − ⟨a,b⟩²", found.squared, say("面积的平方", "the square of the area")),
    ]


def minors(found: model.Measured, say: Say) -> go.Figure:
    """The squares of the minors by the rows kept."""
    n, k = found.shape
    volume = found.routes.minors
    many, total = len(found.minors), f"{volume**2:.5g}"
    figure, panel = figures.panel(
        say(
            f"{n}×{k}：{many} 个子式的平方和 {total}，体积 {volume:.5g}",
            f"{n}×{k}: {many} squared minors add up to {total}, the volume is {volume:.5g}",
        ),
        x=say("取哪几行", "rows kept"),
        y=say("子式的平方", "minor squared"),
        from_zero=True,
    )
    panel.bars(["·".join(map(str, minor.rows)) for minor in found.minors] or ["–"], found.squares or [0.0], opacity=0.8)
    return figure


def route_facts(found: model.Measured, say: Say) -> list[Metric]:
    """The volume by four routes, and the determinant of a square matrix."""
    notes = (
        "",
        say("奇异值", "singular values"),
        say("Gram–Schmidt 的高", "Gram–Schmidt's heights"),
        "Cauchy–Binet",
    )
    facts = [Metric(ROUTES[r], getattr(found.routes, r), note) for r, note in zip(ROUTES, notes, strict=True)]
    if found.determinant is not None:
        facts.append(Metric("det B", found.determinant, say("方阵还有正负号", "a square one has a sign, too")))
    return facts


def lengths_and_heights(found: model.Measured, say: Say) -> dict[str, Any]:
    """Lengths of the columns, and their heights above those before."""
    k = found.shape[1]
    return {
        say("列", "column"): COLUMNS[:k],
        say("长度", "length"): found.lengths,
        say("高（离前面各列所张空间的距离）", "height above the span of those before"): found.heights,
    }


def errors(found: model.Parting, say: Say) -> go.Figure:
    """The relative error of every route as the vectors become parallel."""
    gram, others = found.digits("gram", PARALLEL), found.digits("heights", PARALLEL)
    figure, panel = figures.panel(
        say(
            f"ε = 1e-8：Gram 矩阵还对 {gram:.0f} 位，QR 还对 {others:.0f} 位",
            f"ε = 1e-8: the Gram matrix has {gram:.0f} digits right, QR {others:.0f}",
        ),
        x=say("ε（越小越平行）", "ε (the smaller, the more parallel)"),
        y=say("相对误差", "relative error"),
        x_log=True,
        y_log=True,
        x_range=(GAPS[0], 1),
        y_range=(1e-17, 1e3),
    )
    for k, (name, errors) in enumerate(found.resolved().items()):
        panel.line(found.gaps, errors, ROUTES[name], colour=k, width=3 if k == 0 else 2, end=False)
    panel.level(1.0, say("一位不剩", "no digit left"), colour=7)
    panel.level(PARALLEL, "ε = 1e-8", axis="x", colour=7)
    return figure


def cloud(found: model.Products, say: Say) -> go.Figure:
    """|det(AB)| over |det A|·|det B|."""
    low, high = found.ratio.min(), found.ratio.max()
    figure, panel = figures.panel(
        say(
            f"|det(AB)| 是 |det A|·|det B| 的 {low:.3g} 到 {high:.3g} 倍",
            f"|det(AB)| is {low:.3g} to {high:.3g} times |det A|·|det B|",
        ),
        x="|det A|·|det B|",
        y="|det(AB)|",
        x_log=True,
        y_log=True,
    )
    panel.points(found.right, found.left, colour=0, size=6)
    ends = (min(found.right.min(), found.left.min()), max(found.right.max(), found.left.max()))
    panel.line(ends, ends, say("相等", "equal"), colour=1, dash="dash")
    return figure


def ratio_facts(found: model.Products, say: Say) -> list[Metric]:
    """The ratio: its median and its ends."""
    low, high = found.ratio.min(), found.ratio.max()
    return [
        Metric(say("比值的中位数", "Median ratio"), found.median),
        Metric(
            say("比值的最小、最大", "Smallest, largest"),
            f"{low:.3g}, {high:.3g}",
            say("k = n 时恒为 1", "1 throughout when k = n"),
        ),
    ]


def surface(found: model.Area, surface: str, say: Say) -> go.Figure:
    """The surface, coloured by its element of area."""
    name, cells = say(SURFACES[surface]), f"{found.steps}×{found.steps}"
    figure = figures.space(
        say(
            f"{name}：{cells} 格求得 {found.found:.6g}，闭式 {found.exact:.6g}",
            f"{name}: {cells} cells give {found.found:.6g}, the closed form is {found.exact:.6g}",
        ),
        "x",
        "y",
        "z",
        height=520,
        scale="√det(JᵀJ)",
    )
    sides = {axis: found.points[..., k] for k, axis in enumerate("xyz")}
    figure.add_trace(go.Surface(**sides, surfacecolor=found.density, coloraxis="coloraxis"))
    figure.update_scenes(aspectmode="data")
    return figure


def convergence(found: model.Area, say: Say) -> go.Figure:
    """The error of the quadrature by cells a side."""
    exact = math.isnan(found.order)
    verdict = say("误差只剩舍入，与格数无关", "Rounding is all that is left, whatever the cells")
    if not exact:
        verdict = say(f"误差按 n 的 −{found.order:.2f} 次方下降", f"The error falls as n to the −{found.order:.2f}")
    convergence, panel = figures.panel(
        verdict,
        x=say("每边格数 n", "cells a side n"),
        y=say("相对误差", "relative error"),
        height=340,
        x_log=True,
        y_log=True,
        y_range=(1e-6, 1),
        x_range=(COUNTS[0], COUNTS[-1]),
        x_ticks={float(n): str(n) for n in COUNTS},
    )
    if exact:
        panel.note(22, 1e-3, say("每个 n 都精确", "exact for every n"), anchor="center")
    else:
        panel.line(found.counts, found.resolved, say("中点法", "midpoint rule"), colour=0, width=3)
        panel.points(found.counts, found.resolved, colour=0, size=8, opacity=1)
    return convergence


def quadrature_facts(found: model.Area, say: Say) -> list[Metric]:
    """The area by quadrature and in closed form."""
    exact = math.isnan(found.order)
    return [
        Metric(say("求积所得", "By quadrature"), found.found, f"n = {found.steps}"),
        Metric(say("闭式", "Closed form"), found.exact),
        Metric(say("相对误差", "Relative error"), found.error, say("舍入", "rounding") if exact else ""),
    ]
