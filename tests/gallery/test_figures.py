"""Figures: where texts stand, what the forms for less width change, what the ranges hold, what a browser makes of it."""

from __future__ import annotations

import itertools
import json
import pickle
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from gallery import components, figures
from gallery.drawing.placement import LINE, block_size, lines_of, spread, text_width, wrapped
from gallery.drawing.planes import LABEL
from gallery.drawing.sheet import FORMS, MIDDLE, NARROW, USUAL, WIDE, stretched
from gallery.engine import render
from gallery.engine.export import browser_path
from gallery.outputs import Metric

T = np.linspace(0.0, 10.0, 101)
LONG = "The share of heads is within 0.01 of p after 3,241 throws, and it stays there for good, as far as we threw"
CHINESE = "误差在 λ = 0.3 处最小（验证集 0.124），再大就上升；三个种子都是这样，最大的差别是 0.002，不影响结论。"


def close_lines() -> go.Figure:
    figure, panel = figures.panel(LONG, x="throws", y="share of heads", x_log=True)
    n = np.arange(1, 1001)
    for k, name in enumerate(("p̂", "p + 2σ", "p − 2σ", "a name that is much too long to stand beside a figure")):
        panel.line(n, 0.5 + (k - 1) / np.sqrt(n) / 5, name, k)
    panel.level(0.5, "p = 0.5", colour=4)
    panel.points(n[::50], 0.5 + 0.1 * np.sin(n[::50]), "measured")
    return figure


def three_kinds() -> go.Figure:
    figure, (left, middle, right) = figures.panels(
        CHINESE,
        [
            figures.Axes("训练", "步", "损失", y_log=True),
            figures.Axes("点云", "x (m)", "y (m)", square=True),
            figures.Axes("热图", "列", "行"),
        ],
    )
    for k in range(4):
        left.line(T, (k + 1) * np.exp(-T / 3) + 0.1 * k + 1e-3, f"lr = {10.0**-k:g}", k)
    left.level(0.5, "阈值")
    middle.points(np.cos(T), np.sin(T), "真")
    middle.points(np.cos(T) / 2, np.sin(T) / 2, "假", 1)
    right.heat(np.outer(np.sin(T[:9]), np.cos(T[:7])), diverging=True, scale="值")
    return figure


def thresholds() -> go.Figure:
    figure, (left, right) = figures.panels(
        "HSIC is 0.032, larger than 95 % of what shuffled pairs give",
        [figures.Axes("null distribution", "HSIC", "count"), figures.Axes("shares", "model", "share", from_zero=True)],
        ghost=True,
    )
    left.bars(T, np.exp(-T) * 100, "shuffled")
    left.level(5.0, "95 % of pairs", "x")
    left.level(5.6, "measured: 5.6", "x", 2)
    left.level(9.9, "far to the right", "x", 3)
    right.bars(["NICE", "RealNVP", "Glow"], [0.3, 0.5, 0.9], "train")
    right.bars(["NICE", "RealNVP", "Glow"], [0.2, 0.4, 0.5], "held out", 1)
    return figure


def grid() -> go.Figure:
    figure, panels = figures.panels(
        "Four rooms", [figures.Axes(f"room {k}", "time (s)", "molecules") for k in range(4)],
        columns=2, height=600, shared_x=True, shared_y=True,
    )  # fmt: skip
    for k, panel in enumerate(panels):
        panel.lines(T, np.outer(range(1, 6), np.sin(T + k)), "paths")
        panel.band(T, -np.sqrt(T), np.sqrt(T), "±σ", 1)
        panel.line(T, 0 * T, "mean", 1)
    return figure


def wordy_legend() -> go.Figure:
    figure, panel = figures.panel("Before and after the flow", x="mean of each dimension", y="variance", y_log=True)
    for k, name in enumerate(("before the flow, h", "after the flow, z", "drawn from N(0, I)")):
        panel.points(T - 5, np.exp(-T - k), name, k)
    panel.level(1.0, "variance 1", colour=3)
    return figure


def large_and_small_numbers() -> go.Figure:
    figure, panels = figures.panels(
        "Steps and losses",
        [
            figures.Axes("many", "steps", "count"),
            figures.Axes("a few, of which the title is broken (largest of the three layers)", "step", "gradient norm"),
        ],
    )
    panels[0].line(1200 * T, 3e4 * T, "seen")
    panels[1].line(1e6 * T, 2e-6 * T, "norm")
    return figure


def many_names() -> go.Figure:
    names = [f"{a}·{b}·{c}" for a, b, c in itertools.combinations(range(1, 6), 3)]
    figure, panels = figures.panels(
        "Ten minors", [figures.Axes("upright", "rows kept", "square"), figures.Axes("lying", "square", "rows kept")]
    )
    panels[0].bars(names, range(10), "v")
    panels[1].bars(["a model with a long name", "another one", "NICE"], [1, 2, 3], "v", horizontal=True)
    return figure


def long_names_of_axes() -> go.Figure:
    names = ["Random split", "Weighted by the exact q/p"]
    figure, panels = figures.panels(
        "Long names", [figures.Axes("left", "validation error less the true test error of each split", "", x_range=(-1, 1)),
        figures.Axes("right", "step", "share of the shuffled pairs that fall into a bin of this width")],
    )  # fmt: skip
    panels[0].points([0.5, -0.5], names)
    panels[1].line(T, T, "y")
    return figure


def draggable() -> go.Figure:
    figure, panel = figures.panel("The point", x="x", y="y", x_range=(-2, 2), y_range=(-1, 1), ghost=True)
    panel.line(T - 5, np.sin(T), "sin")
    panel.handle("start", 1.0, 0.5, "start")
    return figure


def film() -> go.Figure:
    figure, panel = figures.panel("A wave", x="x", y="u")
    panel.line(T, np.sin(T), "wave")
    panel.line(T, 0 * T, "rest", 7)
    frames = [[go.Scatter(x=T, y=(1 + k) * np.sin(T)), go.Scatter(x=T, y=0 * T)] for k in range(5)]
    figures.film(figure, frames, [str(k) for k in range(5)], "t = ", 2)
    return figure


SAMPLES: dict[str, Callable[[], go.Figure]] = {
    one.__name__: one
    for one in (
        close_lines,
        three_kinds,
        thresholds,
        grid,
        wordy_legend,
        large_and_small_numbers,
        many_names,
        long_names_of_axes,
        draggable,
        film,
    )
}
every_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
every_width = pytest.mark.parametrize("width", FORMS)


def form(figure: go.Figure, width: int) -> dict[str, Any]:
    """The layout for a width, as a front end lays it out."""
    layout = figure.to_dict()["layout"]
    meta = layout.pop("meta")
    changes = {WIDE: {}, MIDDLE: meta["middle"], NARROW: meta["narrow"]}[width]
    return {
        name: {**value, **changes.get(name, {})} if isinstance(value, dict) else changes.get(name, value)
        for name, value in layout.items()
    }


def plane(layout: dict[str, Any], suffix: str, width: int) -> tuple[float, float, float, float]:
    """A plane in pixels: left, top, right, bottom."""
    margin, height = layout["margin"], layout["height"]
    paper = (width - margin["l"] - margin["r"], height - margin["t"] - margin["b"])
    x, y = layout[f"xaxis{suffix}"]["domain"], layout[f"yaxis{suffix}"]["domain"]
    across = [margin["l"] + paper[0] * share for share in x]
    down = [margin["t"] + paper[1] * (1 - share) for share in reversed(y)]
    return across[0], down[0], across[1], down[1]


def texts(figure: go.Figure, width: int) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Every text that the vocabulary places, with its box in pixels: left, top, right, bottom."""
    layout = form(figure, width)
    title = layout["title"]
    wide, tall = block_size(title["text"], title["font"]["size"])
    found = [(title["text"], (8.0, 8.0, 8 + wide, 8 + tall))]
    for note in layout.get("annotations", ()):
        if note.get("ax") is not None or not note["text"]:
            continue
        suffix = note["xref"].removesuffix(" domain")[1:]
        left, top, right, bottom = plane(layout, suffix, width)
        share = []
        for axis in "xy":
            if "domain" in note[f"{axis}ref"]:
                share.append(note[axis])
            else:
                low, high = layout[f"{axis}axis{suffix}"]["range"]
                share.append((note[axis] - low) / (high - low))
        x = left + share[0] * (right - left) + note.get("xshift", 0)
        y = bottom - share[1] * (bottom - top) - note.get("yshift", 0)
        wide, tall = block_size(note["text"], note["font"]["size"])
        x -= {"left": 0, "center": wide / 2, "right": wide}[note["xanchor"]]
        y -= {"top": 0, "middle": tall / 2, "bottom": tall}[note["yanchor"]]
        found.append((note["text"], (x, y, x + wide, y + tall)))
    return found


def covers(one: tuple[float, ...], other: tuple[float, ...], slack: float = 1.0) -> bool:
    return (
        one[0] + slack < other[2]
        and other[0] + slack < one[2]
        and one[1] + slack < other[3]
        and other[1] + slack < one[3]
    )


# Placement


def test_spread_boxes_do_not_overlap_stay_inside_and_keep_their_order() -> None:
    rng = random.Random(5)
    for _ in range(300):
        heights = [rng.uniform(5, 20) for _ in range(rng.randint(1, 8))]
        centres = [rng.uniform(-20, 220) for _ in heights]
        placed = spread(centres, heights, 0, 200)
        order = sorted(range(len(centres)), key=centres.__getitem__)
        assert order == sorted(range(len(centres)), key=placed.__getitem__)
        assert all(c - h / 2 + 1e-9 >= 0 and c + h / 2 <= 200 + 1e-9 for c, h in zip(placed, heights, strict=True))
        for a, b in itertools.pairwise(order):
            assert placed[a] + heights[a] / 2 <= placed[b] - heights[b] / 2 + 1e-9


def test_boxes_with_room_stay_and_two_on_one_spot_part_equally() -> None:
    assert spread([20, 60, 100], [10, 10, 10], 0, 200) == [20, 60, 100]
    assert spread([50, 50], [10, 20], 0, 200) == [42.5, 57.5]


def test_more_boxes_than_room_stand_one_under_another() -> None:
    assert spread([3, 1, 2], [10, 10, 10], 0, 20) == [25, 5, 15]


@pytest.mark.parametrize("text", [LONG, CHINESE, "一<b>粗体</b>二", "x<sub>1</sub> and x<sub>2</sub>"])
@pytest.mark.parametrize("room", [90, 200, 1000])
def test_broken_texts_fit_and_lose_nothing(text: str, room: float) -> None:
    lines = lines_of(wrapped(text, 14, room))
    assert all(text_width(line, 14) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。；）" or line[-1] == "（" for line in lines)


# Layout


@every_sample
@every_width
def test_no_two_texts_overlap_and_all_are_inside(sample: Callable[[], go.Figure], width: int) -> None:
    figure = sample()
    placed = texts(figure, width)
    for (one, a), (other, b) in itertools.combinations(placed, 2):
        assert not covers(a, b), (one, a, other, b)
    height = form(figure, width)["height"]
    for text, (left, top, right, bottom) in placed:
        assert 0 <= left < right <= width + 1, (text, left, right)
        assert 0 <= top < bottom <= height, (text, top, bottom)


@every_sample
def test_narrow_panels_stand_one_under_another_and_fill_the_width(sample: Callable[[], go.Figure]) -> None:
    layout = form(sample(), NARROW)
    planes = [plane(layout, name[5:], NARROW) for name in layout if name.startswith("xaxis")]
    for above, below in itertools.pairwise(planes):
        assert below[1] - above[3] > 20
        assert (below[0], below[2]) == pytest.approx((above[0], above[2]))
    assert all(right - left > NARROW / 2 and bottom - top > 100 for left, top, right, bottom in planes)


def test_wide_panels_stand_beside_each_other_and_half_a_screen_takes_two_in_a_row() -> None:
    wide, middle = (form(three_kinds(), width) for width in (WIDE, MIDDLE))
    tops = [plane(wide, suffix, WIDE)[1] for suffix in ("", "2", "3")]
    assert len(set(np.round(tops))) == 1
    a, b, c = (plane(middle, suffix, MIDDLE) for suffix in ("", "2", "3"))
    assert a[1] == pytest.approx(b[1])
    assert c[1] > a[3]
    assert c[0] == pytest.approx(a[0])


def test_relative_widths_are_kept() -> None:
    figure, _ = figures.panels("", [figures.Axes(axes=False), figures.Axes(axes=False)], widths=[3, 1])
    left, right = (plane(form(figure, WIDE), suffix, WIDE) for suffix in ("", "2"))
    assert (left[2] - left[0]) / (right[2] - right[0]) == pytest.approx(3, rel=0.01)


def test_the_figure_keeps_its_height_and_grows_only_for_planes_that_would_vanish() -> None:
    assert grid().layout.height == 600
    figure, _ = figures.panels("", [figures.Axes(str(k), "x", "y") for k in range(8)], columns=2, height=300)
    assert figure.layout.height > 8 / 2 * 110


def test_rows_of_pictures_take_no_more_height_than_they_fill() -> None:
    figure, panels = figures.panels(
        "", [figures.Axes(str(k), axes=False, square=True) for k in range(3)], columns=1, height=600
    )
    for panel in panels:
        panel.picture(np.zeros((8, 64, 3), np.uint8), 0, 0, 8, 1)
    for least, width in ((MIDDLE, USUAL), (NARROW, NARROW)):
        layout = form(figure, least)
        for suffix in ("", "2", "3"):
            left, top, right, bottom = plane(layout, suffix, width)
            assert (right - left) / (bottom - top) == pytest.approx(8, rel=0.02)
    assert form(figure, WIDE)["height"] == 600


def test_a_plane_left_over_has_the_row_for_itself() -> None:
    figure, panels = figures.panels("", [figures.Axes(str(k), "x", "y") for k in range(3)])
    for panel in panels:
        panel.line(T, T, "the diagonal")
    layout = form(figure, MIDDLE)
    first, last = plane(layout, "", MIDDLE), plane(layout, "3", MIDDLE)
    assert last[2] - last[0] > 1.8 * (first[2] - first[0])
    assert last[2] + text_width("the diagonal", LABEL) <= MIDDLE


def test_panels_without_names_at_their_axes_stay_three_in_a_row() -> None:
    figure, panels = figures.panels("", [figures.Axes(str(k), square=True) for k in range(6)], columns=3)
    for panel in panels:
        panel.points(np.cos(T), np.sin(T))
    tops = [plane(form(figure, MIDDLE), suffix, MIDDLE)[1] for suffix in ("", "2", "3", "4")]
    assert tops[0] == pytest.approx(tops[2])
    assert tops[3] > tops[0] + 100


def test_a_colour_bar_keeps_its_distance_from_the_plane_however_high_the_figure() -> None:
    for height in (300, 2000):
        figure, panel = figures.panel("", height=height)
        panel.heat(np.eye(3), scale="z")
        layout = form(figure, WIDE)
        paper = WIDE - layout["margin"]["l"] - layout["margin"]["r"]
        gap = (layout["coloraxis"]["colorbar"]["x"] - layout["xaxis"]["domain"][1]) * paper
        assert gap == pytest.approx(8, abs=1)


@pytest.mark.parametrize(
    ("crowd", "left", "place"), [(0.4, True, "top left"), (-0.4, False, "top right"), (0.0, None, "top right")]
)
def test_the_name_of_a_handle_stands_where_fewer_points_are(crowd: float, left: bool | None, place: str) -> None:
    figure, panel = figures.panel("", x_range=(-3, 3), y_range=(-3, 3))
    panel.points([crowd, 2 * crowd, 2.5], [0.2, 0.1, 0.1])
    panel.points([crowd, 2 * crowd], [-1.0, 2.0])  # under it and far above: no matter
    panel.handle("start", 0.0, 0.0, "start")
    assert figure.layout.meta["handles"][0]["left"] is left
    assert figure.data[-1].textposition == place


@pytest.mark.parametrize(
    ("x", "name", "left"), [(2.0, "Dictionary", True), (2.0, "z", None), (0.0, "Dictionary", None)]
)
def test_the_name_of_a_handle_does_not_stand_over_the_colour_bar(x: float, name: str, left: bool | None) -> None:
    figure, panel = figures.panel("", x_range=(-3, 3), y_range=(-3, 3))
    panel.heat(np.zeros((2, 2)), [-3, 3], [-3, 3], scale="S")
    panel.handle("place", x, 0.0, name)
    assert figure.layout.meta["handles"][0]["left"] is left


@pytest.mark.parametrize(("x", "place"), [(-2.0, "top left"), (1.0, "top right")])
def test_the_name_of_a_handle_without_points_stands_away_from_the_middle(x: float, place: str) -> None:
    """Arrows mostly come from there; the front end has the same rule."""
    figure, panel = figures.panel("", x_range=(-3, 3), y_range=(-3, 3))
    panel.handle("start", x, 0.0, "start")
    assert figure.layout.meta["handles"][0]["left"] is None
    assert figure.data[-1].textposition == place
    rule = (components.FOLDER / "figure.js").read_text(encoding="utf-8")
    assert f"const LEFT = {figures.LEFT};" in rule


def test_a_norm_is_printed_with_narrow_bars() -> None:
    """Chinese fonts make U+2016 as wide as a character."""
    figure, _ = figures.panel("‖A‖ = 2")
    assert form(figure, WIDE)["title"]["text"] == "||A|| = 2"
    assert "KL(r || 后验)" in render.metrics_html([Metric("KL(r ‖ 后验)", 0.1)], "zh")


def test_numbers_in_a_figure_are_printed_and_formulas_are_left_alone() -> None:
    figure, panel = figures.panel("error 8.4e-04 at x = -0.3, 1e-8 below")
    panel.line(T, T, "max(0, 1-(2*y-1)*u)")
    panel.level(1.0, "-2e3")
    assert form(figure, WIDE)["title"]["text"] == "error 8.4×10⁻⁴ at x = −0.3, 10⁻⁸ below"
    assert {text["text"] for text in form(figure, WIDE)["annotations"]} == {"max(0, 1-(2*y-1)*u)", "−2×10³"}


def test_a_bracket_is_not_left_behind_at_the_end_of_a_line() -> None:
    text = "ε = 10⁻⁷（Keras）的改动"
    for room in range(20, 200, 7):
        assert not any(line.endswith("（") for line in lines_of(wrapped(text, 12, room)))
    assert wrapped(text, 12, 1e4) == text


def test_texts_along_an_axis_are_left_out_rather_than_crowded() -> None:
    figure, panel = figures.panel("", square=True)
    panel.heat(np.eye(40), [f"word {k}" for k in range(40)], [f"word {k}" for k in range(40)])
    wide, narrow = form(figure, WIDE), form(figure, NARROW)
    assert len(wide["yaxis"]["tickvals"]) > len(narrow["yaxis"]["tickvals"]) > 5
    assert narrow["xaxis"]["tickangle"] == -90
    assert narrow["yaxis"]["ticktext"] == narrow["yaxis"]["tickvals"]


@every_sample
def test_a_card_is_taller_and_its_texts_keep_their_places(sample: Callable[[], go.Figure]) -> None:
    layout = form(sample(), WIDE)
    card = layout | stretched(layout, 700)
    tops = [height * (1 - one["legend"]["y"]) for one, height in ((layout, layout["height"]), (card, 700))]
    assert tops[0] == pytest.approx(tops[1])
    paper = [one["height"] - one["margin"]["t"] - one["margin"]["b"] for one in (layout, card)]
    for one, other in zip(layout.get("sliders", ()), card.get("sliders", ()), strict=True):
        assert one["y"] * paper[0] == pytest.approx(other["y"] * paper[1])


# Names


def test_a_line_is_named_at_its_last_point_in_its_colour_and_not_in_the_legend() -> None:
    figure, panel = figures.panel("", x="x", y="y")
    panel.line([0, 1, 2, 3], [1.0, 4.0, 2.0, np.nan], "b", colour=2)
    (label,) = figure.layout.annotations
    assert (label.text, label.x, label.y) == ("b", 2, 2)
    assert label.font.color == figures.COLOURS[2]
    assert not figure.data[0].showlegend


def test_on_logarithmic_axes_the_name_stands_at_the_logarithm_of_the_last_positive_point() -> None:
    figure, panel = figures.panel("", x="n", y="error", x_log=True, y_log=True)
    panel.line([1, 10, 100, 1000], [1.0, 0.1, 0.01, 0.0], "error")
    panel.level(0.1, "goal")
    at = {label.text: (label.x, label.y) for label in figure.layout.annotations}
    assert at["error"] == (2, -2)
    assert at["goal"] == (1, -1)  # of the plane's width, and 10⁻¹
    assert tuple(figure.layout.xaxis.range) == pytest.approx((0, 2.0)) or figure.layout.xaxis.range[1] == 3
    assert figure.layout.shapes[0].y0 == 0.1  # shapes count in values


def test_a_name_stands_where_the_line_leaves_the_given_range() -> None:
    figure, panel = figures.panel("", y_range=(0, 5), x_range=(0, 10))
    panel.line([0, 1, 2, 3], [1, 4, 9, 16], "x²")
    assert (figure.layout.annotations[0].x, figure.layout.annotations[0].y) == (1, 4)


def test_the_legend_names_once_what_no_label_names() -> None:
    figure, panel = figures.panel("")
    panel.line(T, T, "labelled")
    panel.line(T, -T, "asked for", end=False)
    panel.points(T, T, "cloud")
    panel.points(T, -T, "cloud")
    panel.points(T, -T)
    shown = [trace["showlegend"] for trace in figure.to_dict()["data"]]
    assert shown == [False, True, True, False, False]


def test_names_that_find_no_room_go_into_the_legend() -> None:
    figure, panel = figures.panel("")
    for k in range(20):
        panel.line(T, T + k, f"line {k}")
    assert not figure.layout.annotations
    assert all(trace.showlegend for trace in figure.data)


# Ranges and colours


def test_given_ranges_are_kept_whatever_is_drawn() -> None:
    figure, panel = figures.panel("", x_range=(0, 1), y_range=(1, 100), y_log=True)
    panel.points(T * 50, T * 1e5)
    panel.level(1e9, "far")
    assert tuple(figure.layout.xaxis.range) == (0, 1)
    assert tuple(figure.layout.yaxis.range) == (0, 2)


def test_without_ranges_the_data_fit_and_thresholds_are_in_sight() -> None:
    figure, panel = figures.panel("", from_zero=True)
    panel.line(range(5), [1, 2, 3, 2, 1], "a")
    panel.level(7, "limit")
    assert tuple(figure.layout.xaxis.range) == (0, 4)  # lines reach from edge to edge
    assert figure.layout.yaxis.range[0] == 0
    assert 7 < figure.layout.yaxis.range[1] < 8


def test_shared_axes_have_one_range_and_are_named_at_the_border() -> None:
    layout = form(grid(), WIDE)
    assert len({tuple(layout[f"yaxis{k}"]["range"]) for k in ("", "2", "3", "4")}) == 1
    assert [layout[f"xaxis{k}"]["showticklabels"] for k in ("", "2", "3", "4")] == [False, False, True, True]
    assert [bool(layout[f"yaxis{k}"]["title"]["text"]) for k in ("", "2", "3", "4")] == [True, False, True, False]


def test_a_diverging_heat_map_is_centred_on_zero() -> None:
    figure, panel = figures.panel("")
    panel.heat([[1.0, 2.0], [3.0, -0.5]], diverging=True)
    panel.heat([[1.0, 2.0]], diverging=True, low=-5, scale="w")
    first, second = figure.data
    assert (first.zmin, first.zmax) == (-3, 3)
    assert (figure.layout[second.coloraxis].cmin, figure.layout[second.coloraxis].cmax) == (-5, 5)
    assert figure.layout[second.coloraxis].colorbar.title.text == "w"


def test_a_colour_bar_may_go_without_a_name_and_then_takes_less_room() -> None:
    def bar(scale: str | None) -> tuple[str, float]:
        figure, panel = figures.panel("")
        panel.heat(np.eye(3), scale=scale)
        return figure.layout.to_plotly_json().get("coloraxis", {}).get("colorbar", {}).get("title", {}).get(
            "text", "none"
        ), figure.layout.margin.r

    (named, most), (bare, less), (none, least) = bar("z"), bar(""), bar(None)
    assert (named, bare, none) == ("z", "", "none")
    assert most > less > least


def test_bars_over_names_stand_side_by_side_and_over_numbers_fill_their_cells() -> None:
    figure = thresholds()
    _ = figure.layout
    train, held_out = figure.data[1:]
    assert train.offset + train.width == pytest.approx(held_out.offset)
    low, high = figure.layout.xaxis.range
    assert (low, high) == pytest.approx((-0.05, 10.05))
    assert tuple(figure.layout.xaxis2.categoryarray) == ("NICE", "RealNVP", "Glow")


def test_a_turned_axis_turns_the_labels_with_it() -> None:
    figure, panel = figures.panel("", y_range=(10, 0))
    panel.line(T, T, "down")
    panel.line(T, T - 0.1, "nearly")
    placed = dict(texts(figure, WIDE))
    assert placed["down"][1] > placed["nearly"][1]


def test_points_take_places_of_the_palette_or_a_scale() -> None:
    figure, panel = figures.panel("")
    panel.points([0, 1], [0, 1], colour=np.array([0, 1]))
    panel.points([0, 1], [0, 1], colour=np.array([0.0, 0.5]))
    assert tuple(figure.data[0].marker.color) == figures.COLOURS[:2]
    assert figure.data[1].marker.colorscale is not None


def test_many_points_are_drawn_by_webgl_and_few_are_not() -> None:
    figure, panel = figures.panel("")
    panel.points(range(10), range(10))
    panel.points(range(5000), range(5000))
    assert [trace.type for trace in figure.data] == ["scatter", "scattergl"]


# What the front end is told


def test_handles_name_inputs_traces_and_axes() -> None:
    figure, (_, right) = figures.panels("", [figures.Axes(), figures.Axes()])
    right.line(T, T, "a")
    right.handle("start", 1.0, 0.5, "start")
    (handle,) = figure.layout.meta["handles"]
    assert (handle["input"], handle["trace"], handle["xaxis"], handle["yaxis"]) == ("start", 1, "x2", "y2")
    assert (figure.data[1].x[0], figure.data[1].y[0]) == (1.0, 0.5)


def test_what_the_page_writes_itself_stays_in_every_form() -> None:
    figure, panel = figures.panel("")
    panel.line(T, T, "a")
    figure.add_annotation(text="mine", x=1, y=1)
    figure.update_layout(barmode="stack", hovermode=False)
    panel.line(T, -T, "b")
    assert [note.text for note in figure.layout.annotations] == ["a", "b", "mine"]
    assert len(figure.layout.meta["narrow"]["annotations"]) == 2
    assert figure.layout.hovermode is False


@every_sample
def test_a_figure_reads_alike_in_every_way(sample: Callable[[], go.Figure]) -> None:
    data = json.loads(sample().to_json())
    figure = sample()
    assert figure.layout.height == data["layout"]["height"]  # settled by reading the layout
    assert json.loads(figure.to_json()) == data
    assert json.loads(go.Figure(sample()).to_json()) == data
    back = pickle.loads(pickle.dumps(sample()))
    assert type(back) is go.Figure
    assert json.loads(back.to_json()) == data


def test_a_film_keeps_ranges_that_hold_all_moments_and_names_in_the_legend() -> None:
    figure = film()
    assert figure.layout.yaxis.range[1] >= 5
    assert figure.layout.yaxis.range[0] <= -4.9
    assert not figure.layout.annotations
    assert [trace.showlegend for trace in figure.data] == [True, True]
    assert max(figure.data[0].y) == pytest.approx(3, rel=1e-2)  # moment 2 is shown
    assert len(figure.frames) == 5
    assert figure.layout.meta["narrow"]["sliders"][0]["steps"][3]["args"][0] == ["3"]


def test_space_has_a_title_a_scene_and_a_form_for_phones() -> None:
    figure = figures.space("A surface", "x", "y", "z")
    figure.add_trace(go.Surface(z=np.outer(T, T)))
    assert figure.layout.scene.zaxis.title.text == "z"
    assert figure.layout.title.text == "A surface"
    assert figure.layout.meta["narrow"]["height"] <= 400


def test_the_colour_bar_of_a_body_stands_beside_it_and_lies_under_it_on_a_phone() -> None:
    bare = figures.space("A surface")
    figure = figures.space("A surface", scale="density")
    figure.add_trace(go.Surface(z=np.outer(T, T), coloraxis="coloraxis"))
    wide, narrow = form(figure, WIDE), form(figure, NARROW)
    assert (
        wide["coloraxis"]["colorbar"]["orientation"] == "v"
        and wide["coloraxis"]["colorbar"]["title"]["text"] == "density"
    )
    assert narrow["coloraxis"]["colorbar"]["orientation"] == "h" and narrow["coloraxis"]["colorbar"]["yanchor"] == "top"
    room = narrow["margin"]["b"] - form(bare, NARROW)["margin"]["b"]
    assert room == narrow["height"] - form(bare, NARROW)["height"] > 0  # the body stays as large as without a bar


# In a browser


LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
ADDRESS = "http://figure.test/"
PLOTLY = ADDRESS + "plotly.js"


def needs_browser(test: Callable[..., None]) -> Callable[..., None]:
    for mark in (
        pytest.mark.browser,
        pytest.mark.xdist_group("figures"),
        pytest.mark.skipif(browser_path() is None, reason="needs Chromium"),
    ):
        test = mark(test)
    return test


TEXTS = ".gtitle, .legendtext, .annotation-text, .xtick text, .ytick text, [class^=g-x] text, [class^=g-y] text, .slider-label"
BOXES = """(selector) => [...document.querySelectorAll(selector)].filter((node) => node.textContent.trim()).map((node) => {
  const box = node.getBoundingClientRect();
  return [node.textContent, [box.left, box.top, box.right, box.bottom]];
})"""
WATCH = """window.sent = []; window.told = [];
document.addEventListener("gallery-set", (event) => told.push(event.detail));
window.start = (props) => { window.view = mount(document.getElementById("root"), props, (value) => sent.push(value)); };"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 900, "height": 700}, has_touch=True)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    style = components.streamlit_parts("figure")["css"]
    html = f"<!doctype html><meta charset=utf-8><style>body{{margin:0}}{style}</style><body><div id=root></div>"

    def answer(route: Route) -> None:
        if route.request.url == PLOTLY:
            route.fulfill(path=LIBRARY, content_type="text/javascript")
        else:
            route.fulfill(body=html, content_type="text/html")

    page.route(ADDRESS + "**", answer)
    yield page
    page.close()
    assert not wrong


def show(page: Page, figure: go.Figure, width: int = 900, theme: str = "light") -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(ADDRESS)
    script = components.source("figure").replace("export function", "function") + WATCH
    page.add_script_tag(content=f"(() => {{{script}}})()")
    page.evaluate("(props) => start(props)", components.figure_props(figure, theme, "en", PLOTLY))
    page.wait_for_selector(".main-svg .gtitle", state="attached")
    settle(page)


def settle(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate(
        "() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 150))"
    )


def change(page: Page, figure: go.Figure) -> None:
    page.evaluate("(text) => view.update(text)", components.figure_text(figure))
    settle(page)


def point_at(page: Page) -> tuple[float, float]:
    """The middle of the handle on the screen."""
    box = page.locator(".g-handle").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def moved_to(x: float, y: float) -> go.Figure:
    figure, panel = figures.panel("The point", x="x", y="y", x_range=(-2, 2), y_range=(-1, 1), ghost=True)
    panel.line(T - 5, y * np.sin(T), "sin")
    panel.handle("start", x, y, "start")
    return figure


@needs_browser
@every_sample
def test_no_text_covers_another_on_the_screen(page: Page, sample: Callable[[], go.Figure]) -> None:
    """Wide, and then narrower and narrower while it is open."""
    show(page, sample(), 1100)
    for width in (1100, 620, 360):
        page.set_viewport_size({"width": width, "height": 700})
        settle(page)
        found = page.evaluate(BOXES, TEXTS)
        assert len(found) > 5
        for (one, a), (other, b) in itertools.combinations(found, 2):
            assert not covers(a, b, 2.0), (width, one, a, other, b)
        height = page.locator(".g-plot").bounding_box()["height"]
        for text, (left, top, right, bottom) in found:
            assert -1 <= left <= right <= width + 1, (width, text, left, right)
            assert -1 <= top <= bottom <= height + 1, (width, text, top, bottom)


@needs_browser
def test_texts_are_no_wider_than_reckoned(page: Page) -> None:
    page.goto(ADDRESS)
    measure = "([text, font]) => { const brush = document.createElement('canvas').getContext('2d'); brush.font = font; return brush.measureText(text).width; }"
    from gallery.theme import FONT

    for text in (LONG, CHINESE, "lr = 0.001", "p + 2σ", "WWMM@@", "RealNVP 0.532"):
        wide = page.evaluate(measure, [text, f"{LABEL}px {FONT}"])
        assert wide <= text_width(text, LABEL) * 1.02, text
        assert wide >= text_width(text, LABEL) * 0.6, text
    assert LINE == 1.3


@needs_browser
def test_less_width_changes_the_form_of_the_same_plot(page: Page) -> None:
    show(page, grid(), 1000)
    page.evaluate("document.querySelector('.g-plot').mark = 1")
    read = """() => { const full = document.querySelector('.g-plot')._fullLayout;
      return ['yaxis', 'yaxis2', 'yaxis3', 'yaxis4'].map((name) => [full[name]._offset, full[name]._offset + full[name]._length]); }"""
    a, b, *_ = page.evaluate(read)
    assert a[0] == b[0]
    assert page.locator(".modebar").count() == 1
    page.set_viewport_size({"width": 390, "height": 700})
    settle(page)
    page.wait_for_function("() => document.querySelector('.g-plot').offsetHeight > 650")
    settle(page)
    for above, below in itertools.pairwise(page.evaluate(read)):
        assert above[1] < below[0]
    assert page.locator(".modebar-btn").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.g-plot').mark") == 1  # told, not built anew


@needs_browser
def test_a_dragged_point_tells_its_place_while_it_moves_and_at_rest(page: Page) -> None:
    show(page, draggable())
    x, y = point_at(page)
    page.mouse.move(x + 3, y + 2)  # the grip keeps its distance from the middle
    page.mouse.down()
    for k in range(1, 11):
        page.mouse.move(x + 3 - 8 * k, y + 2 + 5 * k)
        page.wait_for_timeout(20)
    assert not page.evaluate("told.some((one) => one.settled)")
    page.mouse.up()
    told = page.evaluate("told")
    sent = page.evaluate("sent")
    assert 3 < len(told) <= 12
    assert [one["settled"] for one in told].count(True) == 1
    assert told[-1]["name"] == "start"
    axes = page.evaluate(
        "(() => { const f = document.querySelector('.g-plot')._fullLayout; return [f.xaxis._length, f.yaxis._length]; })()"
    )
    assert told[-1]["value"] == pytest.approx([1 - 80 * 4 / axes[0], 0.5 - 50 * 2 / axes[1]], abs=0.005)
    assert sent[-1] == {"name": "start", "value": told[-1]["value"]}
    assert len(sent) < len(told)  # what goes to a server goes less often
    assert point_at(page) == pytest.approx((x - 80, y + 50), abs=1.5)


@needs_browser
def test_a_finger_drags_too_and_the_point_stays_in_its_plane(page: Page) -> None:
    show(page, draggable(), 390)
    x, y = point_at(page)
    hand = page.context.new_cdp_session(page)
    for kind, places in (
        ("touchStart", [(x, y)]),
        ("touchMove", [(x + 30, y)]),
        ("touchMove", [(x + 2000, y - 2000)]),
        ("touchEnd", []),
    ):
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in places]})
        page.wait_for_timeout(30)
    told = page.evaluate("told")
    assert told[-1] == {"name": "start", "value": [2, 1], "settled": True}


@needs_browser
def test_arrow_keys_move_the_point_by_a_hundredth_and_with_shift_by_a_tenth(page: Page) -> None:
    show(page, draggable())
    handle = page.locator(".g-handle")
    handle.focus()
    handle.press("ArrowLeft")
    handle.press("Shift+ArrowUp")
    told = page.evaluate("told.filter((one) => one.settled).map((one) => one.value)")
    assert told == [[0.96, 0.5], [0.96, 0.7]]
    assert handle.get_attribute("role") == "slider"
    assert handle.get_attribute("aria-valuetext") == "0.96, 0.7"


@needs_browser
def test_a_late_answer_does_not_take_the_point_back_but_a_new_value_moves_it(page: Page) -> None:
    show(page, moved_to(1.0, 0.5))
    handle = page.locator(".g-handle")
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    change(page, moved_to(1.04, 0.5))  # the answer to the first press
    assert handle.get_attribute("aria-valuetext") == "1.12, 0.5"
    change(page, moved_to(-1.0, -0.5))  # a try, a link, a reset
    assert handle.get_attribute("aria-valuetext") == "-1, -0.5"


@needs_browser
def test_the_setting_that_is_kept_stays_behind_in_grey_until_it_is_let_go(page: Page) -> None:
    show(page, moved_to(1.0, 0.5))
    lines = "[...document.querySelectorAll('.scatterlayer .js-line')].map((node) => node.style.stroke)"
    assert len(page.evaluate(lines)) == 1
    button = page.locator(".g-keep")
    button.click()
    change(page, moved_to(1.0, -0.5))
    grey, blue = page.evaluate(lines)
    assert (grey, blue) == ("rgb(138, 143, 152)", "rgb(58, 124, 165)")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    settle(page)
    assert len(page.evaluate(lines)) == 1


@needs_browser
def test_only_figures_that_ask_for_it_offer_to_keep(page: Page) -> None:
    show(page, grid())
    assert page.locator(".g-keep").is_hidden()


@needs_browser
def test_a_figure_says_its_title_and_takes_the_theme(page: Page) -> None:
    show(page, close_lines(), theme="dark")
    assert page.locator(".g-figure").get_attribute("aria-label") == LONG
    light, dark = "rgb(30, 42, 54)", "rgb(229, 232, 234)"
    colour = "getComputedStyle(document.querySelector('.gtitle')).fill"
    assert page.evaluate(colour) == dark
    page.evaluate("(props) => view.update(props)", {"theme": "light"})
    settle(page)
    assert page.evaluate(colour) == light


@needs_browser
def test_new_data_keep_the_zoom_of_the_reader(page: Page) -> None:
    show(page, moved_to(1.0, 0.5))
    read = "document.querySelector('.g-plot')._fullLayout.xaxis.range"
    page.mouse.move(300, 150)
    page.mouse.down()
    page.mouse.move(500, 300, steps=4)
    page.mouse.up()
    settle(page)
    zoomed = page.evaluate(read)
    assert zoomed[1] - zoomed[0] < 2
    change(page, moved_to(0.5, 0.2))
    assert page.evaluate(read) == zoomed


@needs_browser
def test_a_figure_that_changed_out_of_sight_is_drawn_when_it_comes_back(page: Page) -> None:
    show(page, moved_to(1.0, 0.5))
    hide = "(how) => { document.getElementById('root').style.display = how; }"
    page.evaluate(hide, "none")
    change(page, moved_to(1.0, -0.5))
    page.evaluate(hide, "")
    page.wait_for_function("() => document.querySelector('.g-plot')._fullData[0].y[10] < 0")
    assert page.locator(".g-handle").get_attribute("aria-valuetext") == "1, -0.5"


@needs_browser
def test_a_film_plays_in_the_browser(page: Page) -> None:
    show(page, film())
    top = "Math.max(...document.querySelector('.g-plot')._fullData[0].y)"
    assert page.evaluate(top) == pytest.approx(3, rel=1e-2)
    page.locator(".updatemenu-button").first.click()
    page.wait_for_function(f"() => {top} > 4.9", timeout=10_000)


@needs_browser
def test_destroy_leaves_nothing_behind(page: Page) -> None:
    show(page, draggable())
    page.evaluate("view.destroy()")
    assert page.evaluate("document.getElementById('root').children.length") == 0


def test_categories_that_are_numbers_keep_their_names() -> None:
    """Ticks at the places 0, 1, 2 would be taken for the categories "1" and "2" where these are names."""
    figure, panel = figures.panel("")
    panel.heat(np.eye(3), ["1", "2", "3"], ["a", "b", "c"])
    for axis, names in ((figure.layout.xaxis, ("1", "2", "3")), (figure.layout.yaxis, ("a", "b", "c"))):
        assert tuple(axis.tickvals) == tuple(axis.ticktext) == tuple(axis.categoryarray) == names
