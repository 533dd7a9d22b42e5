"""Figures of the library, of the words found in a text, and of their vectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say
from pages.text._min_entropy_inputs import COSTS

if TYPE_CHECKING:
    from core.text.min_entropy.findings import Found, Sentence, Vectors
    from core.text.min_entropy.records import Records
    from core.text.min_entropy.views import Bounds, Placed, Shelf

__all__ = ["bounds", "cut", "found", "placed", "shelf", "vectors"]

SMALLEST, LARGEST = 6.0, 18.0  # diameters in pixels of the least and most popular book
DOOR = 26  # pixels, more than the largest book
ORDERLY = 0.9  # of neighbouring volumes side by side, from which the books are said to form a line
TOLD = 5  # words that a title names
NEAR = 0.01  # nats: a gap below this is called closed
BARS = 10  # words with a bar
STRONG = 0.3  # rank correlation from which popularity is said to matter


def shelf(y: Shelf, cost: str, d_min: float, say: Say) -> go.Figure:
    """The plane now, and S up to now."""
    walk = cost == "walk"
    unit = "" if walk else say("（最远的书 = 1）", " (farthest book = 1)")
    axes = [
        Axes(say(COSTS[cost]), f"x{unit}", f"y{unit}", x_range=(-y.reach, y.reach), y_range=(-y.reach, y.reach), square=True),
        Axes(say("成本 S", "Cost S"), say("优化的步", "step"), "S" if walk else say("S（nat）", "S (nats)"), from_zero=walk),
    ]  # fmt: skip
    figure, (plane, fall) = figures.panels(_verdict(y, walk, d_min, say), axes, widths=(1.9, 1.0), height=480)
    for one, other in y.pairs:
        (x0, y0), (x1, y1) = y.drawn[one], y.drawn[other]
        plane.line([x0, x1], [y0, y1], colour=7, width=1)
    _books(plane, y.records, y.drawn, range(len(y.records.titles)), y.named, y.rise, say)
    if walk:
        _door(plane, say)
    steps, costs = y.film.steps, y.film.costs
    fall.line(steps, costs, colour=7, width=1)
    fall.line(steps[: y.frame + 1], costs[: y.frame + 1], colour=0, width=3)
    fall.points([steps[y.frame]], [y.cost], colour=0, size=9, opacity=1)
    if not walk:
        fall.level(y.film.bound, f"H(J|I) = {y.film.bound:.3f}")
    return figure


def _verdict(y: Shelf, walk: bool, d_min: float, say: Say) -> str:
    """What is to be seen now, with its number."""
    now = f"S = {y.cost:.3f}"
    if walk and d_min == 0:
        if y.fallen < 1:
            return say(f"{now}：没有最小距离，都往门口去", f"{now}: with no least distance all go to the door")
        return say("没有最小距离：全堆在门口，S = 0", "No least distance: all at the door, S = 0")
    r = y.correlation
    if not walk:
        gap = y.cost - y.film.bound
        told, told_en = f"{now}，比下界 H(J|I) 高 {gap:.3f} nat", f"{now}, above its bound H(J|I) by {gap:.3f} nats"
        if not y.records.topics and y.in_order > ORDERLY:
            return say(f"前后册相邻 {y.in_order:.0%}，排成一条线；{told}", f"{y.in_order:.0%} of successive volumes side by side, a line; {told_en}")  # fmt: skip
        if r > STRONG:
            return say(f"常借的书更远（秩相关 {r:.2f}）；{told}", f"Popular books are farther out (rank correlation {r:.2f}); {told_en}")  # fmt: skip
        if r < -STRONG:
            return say(f"常借的书更近中心（秩相关 {r:.2f}）；{told}", f"Popular books are nearer the centre (rank correlation {r:.2f}); {told_en}")  # fmt: skip
        return say(told, told_en)
    if y.fallen < 1:
        return say(f"{now}，已走完下降的 {y.fallen:.0%}", f"{now}, {y.fallen:.0%} of the descent behind")
    if not r < -STRONG:
        return say(f"{now}，书与书至少隔 {y.least:.2f}", f"{now}, books at least {y.least:.2f} apart")
    return say(
        f"{now}：常借的书靠门（秩相关 {r:.2f}）",
        f"{now}: popular books are near the door (rank correlation {r:.2f})",
    )


def placed(y: Placed, cost: str, say: Say) -> go.Figure:
    """S over the plane for one book, with the others where the optimum has them, and the reader's place."""
    name = say(*y.records.titles[y.book])
    now, best = f"{y.cost:.4g}", f"{y.optimum:.4g}"
    more = say(f"S = {now}，比最优 {best} 多 {y.excess:.2%}", f"S = {now}, {y.excess:.2%} above the optimum, {best}")
    if y.beaten:
        title = say(f"S = {now}：比算出来的 {best} 还好！", f"S = {now}: better than the {best} that was found!")
    elif y.returned:
        title = say(f"「{name}」回到了原处：S = {now}", f"{name} is back in its place: S = {now}")
    elif y.exchanged >= 0:
        other = say(*y.records.titles[y.exchanged])
        title = say(f"与「{other}」换了位置：{more}", f"Changed places with {other}: {more}")
    elif y.tied:
        title = say(f"S = {now}：与最优打平", f"S = {now}: level with the optimum")
    else:
        title = more
    reach = (float(y.axis[0]), float(y.axis[-1]))
    unit = say("（最远的书 = 1）", " (farthest book = 1)")
    figure, plane = figures.panel(title, f"x{unit}", f"y{unit}", height=600, x_range=reach, y_range=reach, square=True)
    plane.heat(y.landscape, y.axis, y.axis, high=y.ceiling, scale=say("这本书在此处时的 S", "S with the book here"))
    _books(plane, y.records, y.places, y.other_books, y.named, y.rise, say, on_map=True)
    if cost == "walk":
        _door(plane, say)
    plane.points(
        [y.home[0]],
        [y.home[1]],
        say("最优的位置", "where the optimum has it"),
        colour=2,
        size=13,
        opacity=1,
        symbol="star",
    )
    plane.handle("place", *y.place, name)
    return figure


def bounds(y: Bounds, say: Say) -> go.Figure:
    """S of three costs by dimensions above H(J|I), and the gap on a logarithmic axis."""
    closed = [kind for kind in y.kinds if y.gap(kind) < NEAR]
    names = {"euclid": say("欧氏", "Euclid"), "inner": say("内积", "inner product"), "t": "t"}
    if y.done < 1:
        title = say(f"正在算：{y.done:.0%}", f"Under way: {y.done:.0%}")
    elif len(closed) == len(y.kinds):
        title = say(
            f"{y.books} 维：三种成本都贴到下界（差 < {NEAR} nat）",
            f"{y.books} dimensions: all three touch the bound (gap < {NEAR} nats)",
        )
    elif closed:
        open_ = [kind for kind in y.kinds if kind not in closed]
        told, rest = "、".join(names[k] for k in closed), "、".join(f"{names[k]} {y.gap(k):.3f}" for k in open_)
        told_en, rest_en = (
            " and ".join(names[k] for k in closed),
            ", ".join(f"{names[k]} {y.gap(k):.3f}" for k in open_),
        )
        title = say(
            f"{y.books} 维：{told}贴到下界，仍有距离的：{rest}",
            f"{y.books} dimensions: {told_en} touch the bound; still above it: {rest_en}",
        )
    else:
        title = say(f"{y.books} 维仍没有贴到下界", f"None touches the bound at {y.books} dimensions")
    ticks = {float(d): str(d) for d in y.dimensions}
    axes = [
        Axes("S", say("维数 d", "dimensions d"), say("S（nat）", "S (nats)"), x_log=True, x_ticks=ticks),
        Axes(
            "S − H(J|I)",
            say("维数 d", "dimensions d"),
            say("差（nat）", "gap (nats)"),
            x_log=True,
            x_ticks=ticks,
            y_log=True,
            y_range=(1e-5, 3),
        ),
    ]
    figure, (cost, gap) = figures.panels(title, axes, height=460)
    for k, kind in enumerate(y.kinds):
        cost.line(y.dimensions, y.costs[k], names[kind], k)
        gap.line(y.dimensions, y.drawn_gaps[k], names[kind], k)
    cost.level(y.bound, f"H(J|I) = {y.bound:.3f}", colour=3)
    cost.level(y.independent, say("不看第一本", "ignoring the first"), colour=7)
    gap.level(NEAR, f"{NEAR}", colour=7)
    return figure


def found(y: Found, say: Say) -> go.Figure:
    """The most frequent pairs by how often and how much more than by chance they stand together, and the words found."""
    longer = y.longer
    if not longer:
        title = say(
            "这样的门槛下，没有两个字以上的词", "Above these thresholds there is no word of two characters or more"
        )
    else:
        names = say("、".join(w.text for w in longer[:TOLD]), ", ".join(w.text for w in longer[:TOLD]))
        title = say(
            f"找到 {len(longer)} 个词（{names} …），另有 {len(y.redundant)} 个多余的拆了",
            f"{len(longer)} words found ({names} …), {len(y.redundant)} redundant ones taken apart",
        )
        if not y.redundant:
            most = y.longest.text
            title = say(
                f"{len(longer)} 个词（{names} …），没有去掉一个；最长的是「{most}」",
                f"{len(longer)} words ({names} …), none taken apart; the longest is {most}",
            )
    axes = [
        Axes(say("相邻的两字", "Neighbouring pairs"), "log₁₀ p(ab)", "PMI (nat)"),
        Axes(say("最常见的词", "The most frequent words"), say("次数", "count"), ""),
    ]
    figure, (cloud, bars) = figures.panels(title, axes, widths=(1.3, 1.0), height=520)
    colour = [0 if strong else 7 for strong in y.strong]
    told = [f"{name}: PMI {pmi:.2f}" for name, pmi in zip(y.names, y.pmi, strict=True)]
    cloud.points(y.log10_p, y.pmi, colour=colour, size=5, opacity=0.6, text=told)
    cloud.level(y.min_pmi, f"PMI = {y.min_pmi:g}")
    for k in y.strongest:
        cloud.note(float(y.log10_p[k]), float(y.pmi[k]), y.names[k])
    top = longer[:BARS][::-1]
    bars.bars([w.text for w in top], [w.count for w in top], colour=0, horizontal=True)
    return figure


def cut(y: Sentence, say: Say) -> go.Figure:
    """All words of the lexicon that the beginning has, and the path through them with the largest Σ log p."""
    saved = y.total - y.single
    if not saved > 0:
        title = say("最好的路径就是一字一词", "The best path takes every character alone")
    else:
        many, few = len(y.longer), y.longer[:3]
        turned = say("转成简体后", " once simplified") if y.reading.turned else ""
        title = say(
            f"{turned}切成 {len(y.words)} 个词，两字以上 {many} 个（{'、'.join(few)}），比一字一词高 {saved:.1f} nat",
            f"{len(y.words)} words{turned}, {many} of two characters or more ({', '.join(few)}): {saved:.1f} nats above single characters",
        )
    ticks = {k + 0.5: c for k, c in enumerate(y.first)}
    axes = [Axes("", say(f"前 {len(y.first)} 个字符", f"the first {len(y.first)} characters"), say("词长（字）", "length of the word"), (0, len(y.first)), x_ticks=ticks, grid=False)]  # fmt: skip
    figure, (panel,) = figures.panels(title, axes, height=330)
    for chosen, name, colour in (
        (False, say("词库里的词", "a word of the lexicon"), 7),
        (True, say("选中的路径", "the path taken"), 1),
    ):
        gaps = [(start + 0.1, end - 0.1, end - start) for start, end, _, taken in y.possible if taken == chosen]
        if gaps:
            panel.line(
                [x for one in gaps for x in (one[0], one[1], None)],
                [h for one in gaps for h in (one[2], one[2], None)],
                name, colour, width=6 if chosen else 3, end=False,
            )  # fmt: skip
    return figure


def vectors(y: Vectors, say: Say) -> go.Figure:
    """The words in the plane, the query and its neighbours named, and S up to now with its bound."""
    query, unit = y.words[y.query], say("主成分", "principal component")
    nearest = y.nearest
    told = say("、", ", ").join(y.words[k] for k in nearest[:TOLD])
    gap, d = y.cost - y.bound, y.vectors.shape[1]
    title = say(
        f"{d} 维里离「{query}」最近：{told}；S 比下界高 {gap:.2f} nat",
        f"Nearest to {query} in {d} dimensions: {told}; S is {gap:.2f} nats above its bound",
    )
    axes = [
        Axes(
            say("词向量的前两个主成分（不是全部距离）", "Two principal components (not all of the distance)"),
            f"{unit} 1",
            f"{unit} 2",
        ),
        Axes(say("成本 S", "Cost S"), say("优化的步", "step"), say("S（nat）", "S (nats)")),
    ]
    figure, (plane, fall) = figures.panels(title, axes, widths=(1.5, 1.0), height=520)
    x = y.plane
    plane.points(x[:, 0], x[:, 1], colour=7, size=5, opacity=0.5, text=list(y.words))
    plane.points(x[nearest, 0], x[nearest, 1], colour=0, size=9, opacity=0.9, text=[y.words[k] for k in nearest])
    plane.points(x[[y.query], 0], x[[y.query], 1], colour=1, size=12, opacity=1)
    for k in (*y.named, y.query):
        plane.note(float(x[k, 0]), float(x[k, 1]), y.words[k], colour=1 if k == y.query else 0)
    fall.line(range(len(y.costs)), y.costs, "S", 0)
    fall.level(y.bound, "H(J|I)", colour=3)
    fall.level(y.independent, say("只按词频", "frequencies alone"), colour=7)
    return figure


def _books(
    plane: figures.Panel, records: Records, places: np.ndarray, numbers: Iterable[int], named: Iterable[int], rise: float, say: Say,
    on_map: bool = False,
) -> None:  # fmt: skip
    """Books as discs: size by popularity, colour by topic, with a title above where there is room."""
    general = say("人人都借", "for all") if records.topics else ""
    kinds = {k: say(*name) for k, name in enumerate(records.topics)} | {-1: general}
    for kind, kind_name in kinds.items():
        of_kind = [k for k in numbers if records.topic[k] == kind]
        if of_kind:
            size = [SMALLEST + (LARGEST - SMALLEST) * float(records.share[k]) for k in of_kind]
            told = [f"{say(*records.titles[k])}: p = {records.popularity[k]:.3f}" for k in of_kind]
            colour = figures.COLOURS[kind if kind >= 0 else 5]
            marker = {"size": size, "sizemode": "diameter", "color": colour, "opacity": 0.75, "line": {"width": 0}}
            at = {"x": places[of_kind, 0], "y": places[of_kind, 1]}
            plane.add(go.Scatter(**at, mode="markers", name=kind_name, marker=marker, hovertext=told, hoverinfo="text"))
    for k in named:
        plane.note(
            float(places[k, 0]), float(places[k, 1]) + rise, say(*records.titles[k]), anchor="center", plate=on_map
        )


def _door(plane: figures.Panel, say: Say) -> None:
    """A frame about the door, drawn last and open, so that neither it nor the book in it is hidden."""
    marker = {"size": DOOR, "symbol": "square-open", "color": figures.COLOURS[6], "line": {"width": 3}}
    plane.add(go.Scatter(x=[0.0], y=[0.0], mode="markers", name=say("门", "door"), marker=marker, hoverinfo="name"))
