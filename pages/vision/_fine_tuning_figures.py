"""Figures and notes of the page on fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gallery import figures, outputs
from gallery.figures import COLOURS, Axes
from gallery.page import Say
from pages.vision._fine_tuning_texts import KIND_NAMES, PART_NAMES, WITHOUT_NAMES

if TYPE_CHECKING:
    from core.vision.fine_tuning.effects import Blended, Effects, Share, Stages
    from core.vision.fine_tuning.plane import Plane
    from core.vision.fine_tuning.views import Asked, Gated, Judged, Varied

NAMED = 2  # effects beyond noise that a title can name
FLICKR = "https://www.flickr.com/photo.gne?id={}"


def kinds(say: Say) -> list[str]:
    """The names of the five kinds."""
    return [say(name) for name in KIND_NAMES]


def percent(value: float) -> str:
    """A share in per cent with one decimal."""
    return f"{100 * value:.1f} %"


def credit(places: Sequence[str], say: Say) -> str:
    """Where the photographs shown come from."""
    links = " · ".join(f"[{one}]({FLICKR.format(one)})" for one in places if one)
    if not links:
        return ""
    return say(
        f"照片：Flickr {links}，CC BY 2.0，缩小为 64×64。",
        f"Photographs: Flickr {links}, CC BY 2.0, reduced to 64×64.",
    )


def verdict(y: Judged, say: Say) -> Any:
    """The photograph, and the five probabilities of both softmaxes."""
    names, p = kinds(say), f"{y.p0[y.best]:.2f}"
    said = names[y.best]
    if y.right is None:
        title = say(f"它说是{said}，p₀ = {p}", f"It says {said}, p₀ = {p}")
    elif y.right:
        title = say(f"它说是{said}，p₀ = {p}：对", f"It says {said}, p₀ = {p}: right")
    else:
        assert y.asked.kind is not None
        true, own = names[y.asked.kind], f"{y.p0[y.asked.kind]:.2f}"
        title = say(
            f"它说是{said}，p₀ = {p}；其实是{true}（{own}）", f"It says {said}, p₀ = {p}; it is a {true} ({own})"
        )
    figure, (left, right) = figures.panels(
        title,
        [Axes(say("照片", "photograph"), axes=False, square=True), Axes(say("五类的概率", "the five kinds"), "", say("概率", "probability"), y_range=(0, 1))],
        height=400, widths=(1, 1.4),
    )  # fmt: skip
    left.picture(y.asked.picture, 0, 0, 1, 1)
    right.bars(names, y.p0, say("p₀，接在 GLU 特征上", "p₀, on the gated feature"), 0, 0.8)
    right.bars(names, y.p1, say("p₁，辅助，接在 h 上", "p₁, auxiliary, on h"), 1, 0.8)
    return figure


def near(y: Judged, say: Say) -> outputs.Grid:
    """The shipped photographs with the nearest features."""
    captions = [f"{say(KIND_NAMES[one.kind])} · {gap:.2f}" for one, gap in zip(y.nearest, y.distances, strict=True)]
    return outputs.Grid([one.picture for one in y.nearest], len(y.nearest), captions)


def beside(y: Judged, say: Say) -> str:
    """What the neighbours say, and whose photographs these are."""
    said, n, m = say(KIND_NAMES[y.best]), y.agreeing, len(y.nearest)
    known = [y.asked.flickr, *(one.flickr for one in y.nearest)]
    return say(
        f"上排是 60 张留出照片里特征最近的 {m} 张（数字是 ‖f − f′‖），其中 {n} 张是{said}。",
        f"The row shows the {m} of sixty held-out photographs whose features are nearest (the number is ‖f − f′‖); {n} of them: {said}. ",
    ) + credit(known, say)


def copies(y: Varied, on: Sequence[str], say: Say) -> Any:
    """Twelve augmented copies and the probability of the right kind on each."""
    many, plain, mean = len(y.p), f"{y.plain[y.kind]:.2f}", f"{y.mean:.2f}"
    true = say(KIND_NAMES[y.kind])
    if on:
        title = say(
            f"{many} 份里 {y.right} 份仍判为{true}；平均 P = {mean}，原图 {plain}",
            f"{y.right} of {many} copies are still called {true}; mean P = {mean}, the original {plain}",
        )
    else:
        title = say(
            f"全部关掉：{many} 份都是原图，P({true}) = {plain}",
            f"All off: {many} copies of the original, P({true}) = {plain}",
        )
    figure, (wall, bars) = figures.panels(
        title,
        [Axes(say("扩增后的样子", "what training sees"), axes=False, square=True), Axes(say(f"每份的 P({true})", f"P({true}) of each copy"), say("第几份", "copy"), "P", y_range=(0, 1))],
        height=440, widths=(1.2, 1),
    )  # fmt: skip
    wall.picture(outputs.grid_image(outputs.Grid(list(y.copies), 4), gap=1), 0, 0, 4, 3)
    right = [int(row.argmax()) == y.kind for row in y.p]
    bars.bars(range(1, many + 1), y.p[:, y.kind], "", [COLOURS[0] if one else COLOURS[1] for one in right], 0.8)
    bars.level(float(y.plain[y.kind]), say("原图", "original"), colour=7)
    return figure


def gates(y: Gated, say: Say) -> Any:
    """Every unit's value and gate; the answers with the gates as they are, open, and cut at the threshold."""
    passed, (asis, opened, _) = f"{100 * y.passed:.0f} %", y.right
    figure, (left, right) = figures.panels(
        say(f"门放过 {passed} 的幅度；全开，60 张里对 {opened} 张，原样 {asis} 张", f"The gates pass {passed} of the magnitude; all open, {opened} of 60 are right, as they are {asis}"),
        [Axes(say("64 个分量", "the 64 components"), say("值 W₁h + b₁", "value W₁h + b₁"), say("门 σ(W₂h + b₂)", "gate σ(W₂h + b₂)"), y_range=(0, 1)),
         Axes(say("p₀ 怎样变", "what becomes of p₀"), "", say("概率", "probability"), y_range=(0, 1))],
        height=420,
    )  # fmt: skip
    # Grey and green belong to the gates alone: the bars' colours tell three other things.
    for mark, name, colour in (
        (y.closed, say("低于门限", "below threshold"), 7),
        (~y.closed, say("不低于", "not below"), 2),
    ):
        if mark.any():
            left.points(y.values[mark], y.gates[mark], name, colour, 8, 0.8)
    left.level(y.threshold, colour=7)
    ways = (say("门照原样", "gates as they are"), say("全开", "all open"), say("低于门限的关死", "those below shut"))
    for k, (name, p) in enumerate(zip(ways, y.p, strict=True)):
        right.bars(kinds(say), p, name, (0, 3, 1)[k], 0.8)
    return figure


def plane(y: Plane, weight: float, say: Say) -> Any:
    """The two-dimensional features and their centres."""
    tight = f"{100 * y.tight:.0f} %"
    figure, panel = figures.panel(
        say(f"λ = {weight:g}，{y.step} 步：类内占总散布的 {tight}", f"λ = {weight:g}, {y.step} steps: {tight} of the spread lies within kinds"),
        x="f₁", y="f₂", height=460,
    )  # fmt: skip
    for k, name in enumerate(KIND_NAMES):
        mark = y.labels == k
        panel.points(y.f[mark, 0], y.f[mark, 1], say(name), k, 5, 0.6)
    shown = y.centres if weight else y.means
    panel.points(
        shown[:, 0],
        shown[:, 1],
        say("中心", "centres") if weight else say("类均值", "means"),
        "#888888",
        13,
        1.0,
        symbol="x",
    )
    return figure


def _told(one: Share) -> str:
    return f"{100 * one.value:.1f} ± {100 * one.error:.1f} %"


def staged(y: Stages, rate: float, say: Say) -> Any:
    """Held-out accuracy after each stage, by learning rate, and without pre-training."""
    first, last, over = y.rates[rate][0], y.rates[rate][2], y.over_scratch[rate]
    if not over.sure:
        told = say("相差在噪声内", "within noise")
    else:
        told = say("不如它", "worse") if over.gain > 0 else say("比它好", "better")
    figure, panel = figures.panel(
        say(f"学习率 {rate:g}：{percent(first.value)} → {percent(last.value)}；从零训练 {percent(y.scratch.value)}，{told}", f"Rate {rate:g}: {percent(first.value)} → {percent(last.value)}; from scratch {percent(y.scratch.value)}, {told}"),
        x=say("阶段之后", "after stage"), y=say("留出正确率（%）", "held-out accuracy (%)"), height=420,
    )  # fmt: skip
    x = ["①", "②", "③"]
    for k, (lr, shares) in enumerate(y.rates.items()):
        panel.line(
            x,
            [100 * one.value for one in shares],
            say(f"学习率 {lr:g}", f"rate {lr:g}"),
            k,
            4 if lr == rate else 2,
            end=False,
        )
    for place, one in zip(x, y.rates[rate], strict=True):
        panel.line([place] * 2, [100 * (one.value - one.error), 100 * (one.value + one.error)], "", 7, 2, end=False)
    panel.level(100 * y.random.value, say("主干随机、冻结", "random trunk, frozen"), colour=7)
    panel.level(100 * y.scratch.value, say("从零训练", "from scratch"), colour=1)
    return figure


def course(y: Stages, rate: float, say: Say) -> Any:
    """Seed 0 on the validation pictures, step by step; and how far each part of the trunk has moved."""
    x, found = y.curves[rate]
    far = max(y.moved, key=lambda name: y.moved[name])
    figure, (left, right) = figures.panels(
        say(f"移动最多的是{PART_NAMES[far].zh}：{percent(y.moved[far])}；冻结的部分为 0", f"{PART_NAMES[far].en.capitalize()} moved most: {percent(y.moved[far])}; the frozen part not at all"),
        [Axes(say(f"验证集，学习率 {rate:g}，种子 0", f"validation, rate {rate:g}, seed 0"), say("步", "step"), say("正确率（%）", "accuracy (%)")),
         Axes(say(f"权重的相对变化，学习率 {y.chosen:g}", f"relative change, rate {y.chosen:g}"), "", "‖W − W₀‖ / ‖W₀‖ (%)")],
        height=380,
    )  # fmt: skip
    left.line(x, 100 * found, "", 0, end=False)
    for end, name in zip(y.ends, (say("阶段 2", "stage 2"), say("阶段 3", "stage 3")), strict=True):
        left.level(end, name, "x", 7)
    right.bars([say(PART_NAMES[name]) for name in y.moved], [100 * value for value in y.moved.values()], "", 0, 0.8)
    return figure


def stage_note(y: Stages, rate: float, say: Say) -> str:
    """What is beyond noise."""
    (two, three), over = y.gains[rate], y.over_scratch[rate]
    parts = []
    for number, one in (("2", two), ("3", three)):
        sure = say("超过", "more than") if one.sure else say("不到", "less than")
        parts.append(say(
            f"阶段 {number}：{100 * one.gain:+.1f} ± {100 * one.error:.1f} 点（{sure}两个标准误）",
            f"stage {number} {100 * one.gain:+.1f} ± {100 * one.error:.1f} points ({sure} two standard errors)",
        ))  # fmt: skip
    beyond = say("超过", "more than") if over.sure else say("不到", "less than")
    alone = say(
        f"走完三个阶段减去从零训练：{100 * over.gain:+.1f} ± {100 * over.error:.1f} 点（{beyond}两个标准误，从零的只有一个种子）。",
        f"All three stages minus training from scratch: {100 * over.gain:+.1f} ± {100 * over.error:.1f} points ({beyond} two standard errors, with one seed from scratch). ",
    )
    return alone + say(
        f"{'；'.join(parts)}。主干不预训练、冻结：{_told(y.random)}；整个网络只用花从零训练：{_told(y.scratch)}。对照各 {y.control_seeds} 个种子，其余 {y.seeds} 个，都在同样的 {y.pictures} 张留出照片上；验证集选的学习率是 {y.chosen:g}。",
        f"{'; '.join(parts).capitalize()}. An untrained frozen trunk: {_told(y.random)}; the whole network trained on flowers alone: {_told(y.scratch)}. Seeds: {y.control_seeds} of each control, {y.seeds} of the rest, on the same {y.pictures} held-out photographs; validation chose the rate {y.chosen:g}.",
    )


def forest(y: Effects, say: Say) -> Any:
    """What every ingredient brings, with two standard errors."""
    sure, many = y.sure, len(y.effects)
    named = [f"{say(WITHOUT_NAMES[one.name])} {100 * one.gain:+.1f} ± {100 * one.error:.1f}" for one in reversed(sure)]
    if not sure:
        title = say(f"{many} 项全在噪声之内", f"All {many} lie within noise")
    elif len(sure) <= NAMED:
        title = say(
            f"{'，'.join(named)} 点；其余 {many - len(sure)} 项在噪声内",
            f"{', '.join(named)} points; other {many - len(sure)} within noise",
        )
    else:
        title = say(
            f"{many} 项里 {len(sure)} 项超出两个标准误", f"{len(sure)} of {many} lie beyond two standard errors"
        )
    figure, panel = figures.panel(
        title[:1].upper() + title[1:],
        x=say("用上它，正确率变化（百分点）", "what it brings (points)"), y="", height=120 + 34 * many,
    )  # fmt: skip
    for one in reversed(y.effects):
        name = say(WITHOUT_NAMES[one.name])
        low, high = 100 * (one.gain - 2 * one.error), 100 * (one.gain + 2 * one.error)
        panel.line([low, high], [name] * 2, "", 7, 2, end=False)
    for mark, name, colour in ((True, say("超出噪声", "beyond noise"), 0), (False, say("在噪声内", "within noise"), 7)):
        chosen = [one for one in reversed(y.effects) if one.sure == mark]
        if chosen:
            panel.points(
                [100 * one.gain for one in chosen],
                [say(WITHOUT_NAMES[one.name]) for one in chosen],
                name,
                colour,
                10,
                1.0,
            )
    panel.level(0, "", "x", 1)
    return figure


def effects_table(y: Effects, say: Say) -> outputs.Table:
    """The same in numbers."""
    rows = y.effects
    return outputs.Table({
        say("成分", "ingredient"): [say(WITHOUT_NAMES[one.name]) for one in rows],
        say("有（%）", "with (%)"): [round(100 * one.with_it, 1) for one in rows],
        say("无（%）", "without (%)"): [round(100 * one.without, 1) for one in rows],
        say("差（点）", "gain (points)"): [round(100 * one.gain, 2) for one in rows],
        say("标准误", "standard error"): [round(100 * one.error, 2) for one in rows],
        say("种子", "seeds"): [one.seeds for one in rows],
    })  # fmt: skip


def effects_note(y: Effects, far: str, say: Say) -> str:
    """How the errors are computed, and what cannot differ."""
    note = say(
        f"全部用上：{_told(y.standard)}。同一批 {y.pictures} 张留出照片、同样的种子配对相减；标准误合并了种子之间与照片之间的方差，线段是 ±2 个标准误。即使都无用，每二十项也约有一项碰巧越线。",
        f"With everything: {_told(y.standard)}. The same {y.pictures} held-out photographs and the same seeds are paired; the standard error joins the variance over seeds and that over photographs; the lines are ±2 of them. Were all of no use, about one in twenty would cross by chance. ",
    )
    if far == "frozen":
        note += say(
            "辅助 softmax 一栏恰为 0：主干冻结时它与 $p_0$ 没有共同的参数，不可能有影响。",
            "The auxiliary softmax brings exactly 0: while the trunk is frozen it shares no parameter with $p_0$ and can have no effect.",
        )
    return note


def mixed(y: Blended, say: Say) -> Any:
    """Accuracy by α where it is searched and held out."""
    best = y.searched.best
    if best in (0, 1):
        one = "p₁" if best == 0 else "p₀"
        title = say(
            f"验证集只选 {one}（α = {best:.0f}）：留出 {percent(y.at_best)}，混合没有帮助",
            f"Validation takes {one} alone (α = {best:.0f}): held out {percent(y.at_best)}, mixing brings nothing",
        )
    else:
        title = say(
            f"验证集选 α = {best:.2f}：留出 {percent(y.at_best)}；单用 p₀ {percent(y.p0)}，p₁ {percent(y.p1)}",
            f"Validation takes α = {best:.2f}: held out {percent(y.at_best)}; p₀ alone {percent(y.p0)}, p₁ {percent(y.p1)}",
        )
    figure, panel = figures.panel(
        title,
        x="α", y=say("正确率（%）", "accuracy (%)"), height=420,
    )  # fmt: skip
    panel.line(y.searched.alphas, 100 * y.searched.found, say("验证", "validation"), 1, end=False)
    panel.line(y.tested.alphas, 100 * y.tested.found, say("留出", "held out"), 0, end=False)
    panel.level(y.alpha, f"α = {y.alpha:.2f}", "x", 7)
    return figure


def mixed_note(y: Blended, say: Say) -> str:
    """What the search is worth."""
    gap = 100 * (float(np.max(y.tested.found)) - y.at_best)
    return say(
        f"α = 1 只用 $p_0$，α = 0 只用 $p_1$。验证集只有 {y.searched_on} 张，最高的一段很平；若在留出集上直接搜，会多报 {gap:.1f} 点。留出集一个标准误是 {100 * y.error:.1f} 点。",
        f"α = 1 is $p_0$ alone, α = 0 is $p_1$ alone. Validation has only {y.searched_on} photographs, and its top is flat; searching on the held-out ones would report {gap:.1f} points more. One standard error there is {100 * y.error:.1f} points.",
    )


def shut(y: Gated, say: Say) -> str:
    """How many gates of this photograph the threshold shuts."""
    few, many = int(y.closed.sum()), len(y.gates)
    return say(f"这张照片 {many} 个门里 {few} 个，σ 换成 0", f"{few} of {many} in this photograph, σ replaced by 0")


def own_credit(one: Asked, say: Say) -> str:
    """Whose photograph this is."""
    return credit([one.flickr], say)
