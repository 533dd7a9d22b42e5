"""Figures of the capsule page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gallery import figures
from gallery.figures import COLOURS, Axes, Panel
from gallery.outputs import Table
from gallery.page import Say, Text
from pages.vision._capsule_inputs import HEADS, METHODS

if TYPE_CHECKING:
    from core.vision.capsule.cost import Costs
    from core.vision.capsule.digits import Answered, Apart, Coupled, Measured
    from core.vision.capsule.plane import Routing, Track
    from core.vision.capsule.poses import Moved

VIEW = 3.4
PLANE: Mapping[str, Any] = {"x_range": (-VIEW, VIEW), "y_range": (-VIEW, VIEW), "square": True, "grid": False}
A, B = 1, 0  # colours of the two readers
DIGITS = [str(k) for k in range(10)]
HALF = 0.5
POST_PAIR, POST_SURE = (40, 90), (10, 90)  # per cent, of the post: A about, B above


def clouds(y: Routing, step: int, method: str, handles: Sequence[tuple[str, tuple[float, float]]], say: Say) -> Any:
    """The method shown at round ``step``, with the starts to drag; and the mean entropy of a vote by round, of all three."""
    if y.groups is not None:
        told = [f"{say(METHODS[name])} {y.right(name, step):.0%}" for name in y.tracks]
        title = say(
            f"第 {step} 轮，分对的票：{'，'.join(told)}", f"Round {step}, votes in the right group: {', '.join(told)}"
        )
    else:
        told = [f"{say(METHODS[name])} {track.cost[step]:.2f}" for name, track in y.tracks.items()]
        title = say(f"第 {step} 轮，票的平均熵（nat）：{'，'.join(told)}", f"Round {step}, mean entropy of a vote in nats: {', '.join(told)}")  # fmt: skip
    axes = [
        Axes(say(METHODS[method]), "u₁", "u₂", **PLANE),
        Axes(say("平均熵", "Mean entropy"), say("轮", "round"), say("nat / 票", "nats a vote")),
    ]
    figure, (plane, lines) = figures.panels(title, axes, height=460, widths=[0.6, 0.4])
    _cloud(plane, y, method, step)
    for k, (name, place) in enumerate(handles):
        plane.handle(name, *place, name=say(f"初值 {k + 1}", f"start {k + 1}"), colour=k)
    for colour, (name, track) in enumerate(y.tracks.items()):
        lines.line(range(len(track.cost)), track.cost, say(METHODS[name]), colour=colour + 3, end=False)
    lines.level(step, axis="x", colour=7)
    return figure


def _cloud(panel: Panel, y: Routing, method: str, step: int) -> None:
    track = y.tracks[method]
    panel.points(y.x[:, 0], y.x[:, 1], colour=track.r[step].argmax(1), size=4)
    _clusters(panel, method, track, step)


def rivals(y: Routing, step: int, say: Say) -> Any:
    """The three methods beside each other."""
    lowest = min(y.tracks, key=lambda name: y.tracks[name].cost[step])
    title = say(
        f"代价 = 熵：{say(METHODS[lowest])}最低，每票 {y.tracks[lowest].cost[step]:.2f} nat",
        f"Cost = entropy: lowest by {say(METHODS[lowest])}, {y.tracks[lowest].cost[step]:.2f} nats a vote",
    )
    axes = [Axes(say(METHODS[name]), **PLANE, axes=False) for name in y.tracks]
    figure, planes = figures.panels(title, axes, height=320)
    for panel, name in zip(planes, y.tracks, strict=True):
        _cloud(panel, y, name, step)
    return figure


def _clusters(panel: Panel, name: str, track: Track, step: int) -> None:
    for k, (x, y) in enumerate(track.centres[step]):
        way = track.centres[: step + 1, k]
        panel.line(way[:, 0], way[:, 1], colour=k, width=1.5, dash="dot")
        panel.points([x], [y], colour=k, size=11, opacity=1, symbol="x")
        if name == "dynamic":
            panel.arrow((0, 0), (float(x), float(y)), colour=k)
        elif name == "em":
            edge = track.ellipse(step, k)
            panel.line(edge[:, 0], edge[:, 1], colour=k, width=1.5)


def entropies(y: Routing, step: int, say: Say) -> Table:
    """S_j of every cluster by method."""
    columns: dict[str, Any] = {say("类", "cluster"): list(range(1, y.tracks["em"].entropies.shape[1] + 1))}
    for name, track in y.tracks.items():
        columns[say(f"S（{say(METHODS[name])}）", f"S, {say(METHODS[name])}")] = track.entropies[step].round(2)
        columns[say(f"票（{say(METHODS[name])}）", f"votes, {say(METHODS[name])}")] = track.mass[step].round(1)
    return Table(columns)


def cost(y: Costs, share: float, say: Say) -> Any:
    """The votes of one capsule with their Gaussian; S by σ; the activation by σ, with both readings of the mass."""
    from core.vision.capsule.cost import SPREADS

    title = say(
        f"σ = {y.spread:.2f}：S = {y.entropy:.2f} nat，激活 a = {y.active:.2f}",
        f"σ = {y.spread:.2f}: S = {y.entropy:.2f} nats, activation a = {y.active:.2f}",
    )
    axes = [
        Axes(say("一个上层胶囊的票", "The votes of one capsule"), "V₁", "V₂", **PLANE),
        Axes(say("激活 a", "Activation a"), "σ", "a", x_log=True, y_range=(0, 1)),
    ]
    figure, (plane, active) = figures.panels(title, axes, height=420)
    plane.points(y.votes[:, 0], y.votes[:, 1], colour=0, size=5, opacity=0.25 + 0.7 * share)
    for edge in y.ellipses:
        plane.line(edge[:, 0], edge[:, 1], colour=1)
    active.line(SPREADS, y.active_curve, say("乘 Σ aR（论文）", "times Σ aR (paper)"), 0, end=False)
    active.line(SPREADS, y.alone_curve, say("乘 1", "times 1"), 2, dash="dash", end=False)
    active.points([y.spread], [y.active], colour=1, size=10, opacity=1)
    return figure


def entropy(y: Costs, say: Say) -> Any:
    """S by σ, and S measured from the votes."""
    from core.vision.capsule.cost import SPREADS

    title = say(
        f"公式 {y.entropy:.4f}，由票算得 {y.measured:.4f} nat", f"By the formula {y.entropy:.4f}, measured {y.measured:.4f} nats"
    )  # fmt: skip
    figure, line = figures.panel(title, x="σ", y=say("熵 S（nat）", "entropy S (nats)"), height=300, x_log=True)
    line.line(SPREADS, y.curve, "S = 1 + log 2π + 2 log σ", 0, end=False)
    line.points([y.spread], [y.measured], "−Σ r log p", 1, 10, 1)
    return figure


def _pair(pair: tuple[int, int], say: Say) -> str:
    return say(f"{pair[0]} 和 {pair[1]}", f"{pair[0]} and {pair[1]}")


def verdict(y: Answered, seed: int, say: Say) -> str:
    """What both readers say, and whether it is right where that is known."""
    said = []
    for kind, name in enumerate("AB"):
        pair, second = y.says(kind, seed)
        told = _pair(pair, say)
        if y.right is not None:
            mark = say("对", "right") if y.right[kind][seed] else say("错", "wrong")
            said.append(
                say(
                    f"{name} 说 {told}（{mark}，次高 {second:.2f}）",
                    f"{name} says {told} ({mark}, second {second:.2f})",
                )
            )
        else:
            said.append(say(f"{name} 说 {told}（次高 {second:.2f}）", f"{name} says {told} (second {second:.2f})"))
    if y.same and y.digits is not None:
        one = y.digits[0]
        return say(f"两个都是 {one}，一个数字只有一个胶囊：{'；'.join(said)}", f"Both are {one}, which has one capsule: {'; '.join(said)}")  # fmt: skip
    return say("；", "; ").join(said)


def answers(y: Answered, seed: int, say: Say) -> Any:
    """The picture, and the ten probabilities of A and of B."""
    axes = [Axes(say(name), say("数字", "digit"), "p", y_range=(0, 1)) for name in HEADS]
    figure, bars = figures.panels(verdict(y, seed, say), axes, height=360)
    for panel, p, colour in zip(bars, y.p, (A, B), strict=True):
        panel.bars(DIGITS, p[seed], colour=colour, opacity=0.8)
        panel.level(HALF, "½")
    return figure


def answers_table(y: Answered, say: Say) -> Table:
    """All seeds: the pair, and the probability of its second digit."""
    seeds = range(y.p.shape[1])
    columns: dict[str, list[Any]] = {say("种子", "seed"): list(seeds)}
    for kind, name in enumerate("AB"):
        said = [y.says(kind, seed) for seed in seeds]
        columns[name] = [_pair(pair, say) for pair, _ in said]
        columns[say(f"{name} 次高的 p", f"{name}, second p")] = [round(p, 3) for _, p in said]
        if y.right is not None:
            columns[say(f"{name} 对", f"{name} right")] = ["✓" if one else "✗" for one in y.right[kind]]
    return Table(columns)


def coupling(y: Coupled, step: int, say: Say) -> Any:
    """The picture, where the two longest capsules have their places, and the lengths."""
    first, second = y.leading(step)
    most = f"{y.largest(step):.2f}"
    title = say(
        f"更新 {step} 次：最长的是 {first}（{y.lengths[step, first]:.2f}）和 {second}（{y.lengths[step, second]:.2f}），最大的 c = {most}（均分是 0.10）",
        f"{step} updates: the longest are {first} ({y.lengths[step, first]:.2f}) and {second} ({y.lengths[step, second]:.2f}); largest c = {most} (even: 0.10)",
    )
    rows, columns = y.coupling.shape[1:3]
    names = [
        say("输入（中间部分）", "input (central part)"),
        say(f"给 {first} 的 c", f"c to {first}"),
        say(f"给 {second} 的 c", f"c to {second}"),
    ]
    starts = [k * (columns + 1) for k in range(len(names))]
    ticks = {start + columns / 2: name for start, name in zip(starts, names, strict=True)}
    maps = Axes(
        x_ticks=ticks, y_ticks={}, grid=False, square=True, y_range=(0, rows), x_range=(0, starts[-1] + columns)
    )
    lengths = Axes(say("长度 ‖v‖", "Length ‖v‖"), say("数字", "digit"), "", y_range=(0, 1))
    figure, (panel, bars) = figures.panels(title, [maps, lengths], height=420)
    panel.picture(y.seen, 0, 0, columns, rows)
    for start, k in zip(starts[1:], (first, second), strict=True):
        panel.heat(y.coupling[step, :, :, k], np.arange(columns) + start + HALF, rows - np.arange(rows) - HALF, low=0, high=y.highest)  # fmt: skip
    bars.bars(DIGITS, y.lengths[step], colour=B, opacity=0.8)
    bars.level(HALF, "½")
    return figure


def lengths(y: Coupled, step: int, say: Say) -> Any:
    """The ten lengths by update."""
    above = [str(k) for k in range(10) if y.lengths[step, k] > HALF]
    title = say(
        f"更新 {step} 次之后，过 ½ 的：{'、'.join(above) or '没有'}",
        f"After {step} updates above ½: {', '.join(above) or 'none'}",
    )
    figure, panel = figures.panel(
        title, x=say("更新次数", "updates of the coupling"), y="‖v‖", height=320, y_range=(0, 1)
    )
    for k in range(10):
        name = str(k) if str(k) in above else ""
        panel.line(range(len(y.lengths)), y.lengths[:, k], name, k, 3 if name else 1)
    panel.level(HALF, "½")
    panel.level(step, axis="x", colour=7)
    return figure


def apart(y: Apart, say: Say) -> Any:
    """The share of right pairs by seed, live."""
    a, b = y.means
    lead = "" if b > a else say("：B 不再领先", ": B leads no more")
    title = say(
        f"{y.pairs} 对本站画的数字，两个都对：A {a:.0%}，B {b:.0%}", f"{y.pairs} pairs of digits drawn for this site, both right: A {a:.0%}, B {b:.0%}"
    )  # fmt: skip
    figure, panel = figures.panel(title + lead, y="%", height=360, y_range=(0, 100))
    names = [say("两个都对", "both right"), say("且都过 ½", "both > ½"), say("只有这两个过 ½", "only these > ½")]
    for values, name, colour in zip(y.percent, HEADS, (A, B), strict=True):
        panel.bars(names, values, say(name), colour, 0.8)
    return figure


def apart_table(y: Apart, say: Say) -> Table:
    """Both right by seed."""
    a, b = (shares.round(3) for shares in y.pair)
    return Table({say("种子", "seed"): list(range(len(a))), "A": a, "B": b})


def measured(y: Measured, names: Mapping[str, Text], course: str, say: Say) -> Any:
    """The shares on MNIST's test digits by seed, and the course of training."""
    a, b = (y.shares[head].average("pair") for head in ("pool", "capsules"))
    title = say(
        f"{y.pairs:,} 对测试数字，两个都对：A {a:.1%}，B {b:.1%}", f"{y.pairs:,} test pairs, both right: A {a:.1%}, B {b:.1%}"
    )  # fmt: skip
    axes = [
        Axes(say("发布时测得", "When shipped"), "", "%", y_range=(0, 100)),
        Axes(
            say(f"训练中：{say(names[course])}", f"In training: {say(names[course])}"),
            say("步", "steps"),
            "%",
            y_range=(0, 100),
        ),
    ]
    figure, (bars, lines) = figures.panels(title, axes, height=400)
    places = [say(names[name]) for name in names]
    for head, name, colour in zip(("pool", "capsules"), HEADS, (A, B), strict=True):
        bars.bars(places, [100 * y.shares[head].average(measure) for measure in names], say(name), colour, 0.8)
        for seed in range(len(y.shares[head].pair)):
            rows = y.log[f"{head}-{seed}"]
            lines.line([row["step"] for row in rows], [100 * row[course] for row in rows], colour=colour, width=1.5)
    return figure


def measured_table(y: Measured, names: Mapping[str, Text], say: Say) -> Table:
    """Ours, from the least seed to the largest, beside the post's."""
    post = {"single": ("99.3", "99.3"), "pair": (f"≈ {POST_PAIR[0]}", f"> {POST_PAIR[1]}"), "sure": (f"≈ {POST_SURE[0]}", f"> {POST_SURE[1]}")}  # fmt: skip
    unknown = ("–", "–")

    def ends(head: str, measure: str) -> str:
        low, high = y.shares[head].ends(measure)
        return f"{100 * low:.1f} – {100 * high:.1f}"

    return Table(
        {
            "%": [say(name) for name in names.values()],
            say("A 本站", "A, here"): [ends("pool", name) for name in names],
            say("B 本站", "B, here"): [ends("capsules", name) for name in names],
            say("A 原文", "A, post"): [post.get(name, unknown)[0] for name in names],
            say("B 原文", "B, post"): [post.get(name, unknown)[1] for name in names],
        }
    )


def poses(y: Moved, say: Say) -> Any:
    """The digit, what its pose draws, and with one number moved; the 4x4 pose; the activations."""
    slant, width = (y.changes[name][y.chosen] for name in ("slant", "width"))
    title = say(
        f"第 {y.chosen + 1} 个数从 −3σ 到 3σ：斜度变 {slant:+.0f}°，宽变 {width:+.1f} 像素",
        f"Number {y.chosen + 1} from −3σ to 3σ: slant {slant:+.0f}°, width {width:+.1f} pixels",
    )
    side = y.picture.shape[0]
    decoded = say(f"解码，读作 {y.read}", f"decoded, read as {y.read}")
    shown = ((say("输入", "input"), y.picture), (decoded, y.again), (say("动过之后", "moved"), y.by))
    starts = [k * (side + 2) for k in range(len(shown))]
    ticks = {start + side / 2: name for start, (name, _) in zip(starts, shown, strict=True)}
    row = Axes(x_ticks=ticks, y_ticks={}, grid=False, square=True, x_range=(0, starts[-1] + side), y_range=(0, side))
    bars = Axes(say("激活 a", "Activation a"), say("数字", "digit"), "", y_range=(0, 1))
    figure, (pictures, active) = figures.panels(title, [row, bars], height=320, widths=[0.6, 0.4])
    for start, (_, picture) in zip(starts, shown, strict=True):
        pictures.picture(picture, start, 0, start + side, side)
    colours = [COLOURS[1] if k == y.digit else COLOURS[0] for k in range(10)]
    active.bars(DIGITS, y.activations, colour=colours, opacity=0.8)
    return figure


def pose(y: Moved, say: Say) -> Table:
    """The 4x4 pose."""
    return Table({f"{say('列', 'column')} {k + 1}": y.pose[:, k].round(3) for k in range(y.pose.shape[1])})


def effects(y: Moved, say: Say) -> Table:
    """What each number's whole way changes."""
    return Table(
        {
            say("第几个数", "number"): list(range(1, len(y.shapes) + 1)),
            say("斜度（°）", "slant (°)"): y.changes["slant"].round(1),
            say("宽（像素）", "width (pixels)"): y.changes["width"].round(2),
            say("高（像素）", "height (pixels)"): y.changes["height"].round(2),
            say("墨（%）", "ink (%)"): [round(100 * float(v), 2) for v in y.changes["ink"]],
        }
    )


def told(y: Measured, say: Say) -> str:
    """What the figures say of routing itself, in words."""
    a, b = y.shares["pool"], y.shares["capsules"]
    zh = (
        f"两个都对：A {a.average('pair'):.1%}，B {b.average('pair'):.1%}，相差 {100 * y.gap:.0f} 个百分点"
        f"{'，B 最差的种子也高过 A 最好的' if y.parted else '，但种子之间有交叠'}。\n\n"
        f"B 若不更新耦合（r = 1，人人均分），两个都对的是 {b.average('even'):.1%}：路由本身加了 {100 * y.routing:+.1f} 个百分点，其余来自共用的 W、求和与长度。"
        f"只有这两个过 ½ 的图，A {a.average('alone'):.1%}，B {b.average('alone'):.1%}：别的胶囊常常也过 ½。这两项是本站加的。"
    )
    en = (
        f"Both right: A {a.average('pair'):.1%}, B {b.average('pair'):.1%}, {100 * y.gap:.0f} points apart"
        f"{'; the worst seed of B lies above the best of A' if y.parted else ', but seeds overlap'}.\n\n"
        f"With B's coupling never updated (r = 1, all alike) both are right in {b.average('even'):.1%}: routing itself adds {100 * y.routing:+.1f} points, the rest comes of the shared W, the sum and the length. "
        f"These two and no other lie above ½ in {a.average('alone'):.1%} (A) and {b.average('alone'):.1%} (B) of the pictures: other capsules often do too. Both measures are added here."
    )
    return say(zh, en)
