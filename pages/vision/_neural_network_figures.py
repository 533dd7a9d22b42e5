"""Figures of the page of neural networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import COLOURS, Axes
from gallery.page import Say
from pages.vision._neural_network_texts import LAYERS, TASK_NAMES

if TYPE_CHECKING:
    from core.vision.neural_network.live import Learning
    from core.vision.neural_network.plane import Curve, Lines, Point
    from core.vision.neural_network.views import Squeezed, Through, Unit

VIEW = (-0.6, 1.6)  # of the plane of the four corners
DIGITS = [str(d) for d in range(10)]


def curve(y: Curve, say: Say) -> Any:
    """S(kx) beside the step, and its slope."""
    within, steep = f"{y.within:.2g}", f"{y.steepest:.3g}"
    figure, (left, right) = figures.panels(
        say(f"k = {y.k:.3g}：|x| > {within} 时离阶跃不到 0.01；0 处的斜率 {steep}", f"k = {y.k:.3g}: within 0.01 of the step for |x| > {within}; slope {steep} at 0"),
        [
            Axes(say("S(kx) 与阶跃", "S(kx) and the step"), "x", say("输出", "output"), y_range=(-0.05, 1.05), x_range=(-3, 3)),
            Axes(say("斜率 k S (1 − S)", "slope k S (1 − S)"), "x", say("斜率", "slope"), x_range=(-3, 3), from_zero=True),
        ],
        height=380,
    )  # fmt: skip
    left.line(y.x, y.step, say("阶跃 θ", "step θ"), 7, dash="dash", end=False)
    left.line(y.x, y.smooth, f"S({y.k:.3g}x)", 0, 3, end=False)
    left.points([y.at], [y.value], "", 1, 11, 1.0)
    right.line(y.x, y.slopes, "", 0, 3)
    right.points([y.at], [y.slope], "", 1, 11, 1.0)
    return figure


def whole(y: Curve, say: Say) -> Any:
    """The trained classifier with other sharpnesses than it was trained with."""
    record = y.record
    at_one = max(record.accuracy)
    best = record.sharpness[record.accuracy.index(at_one)]
    figure, panel = figures.panel(
        say(
            f"训练好的分类器：k = {best:g} 时 {at_one:.1%}，全换成阶跃仍有 {record.step:.1%}",
            f"The trained classifier: {at_one:.1%} at k = {best:g}; with steps throughout {record.step:.1%}",
        ),
        x=say("k（训练时为 1）", "k (1 in training)"), y=say("正确率", "accuracy"), height=320, x_log=True,
    )  # fmt: skip
    panel.line(
        record.sharpness,
        record.accuracy,
        say(f"{record.digits:,} 个测试数字", f"{record.digits:,} test digits"),
        0,
        end=False,
    )
    panel.level(record.step, say("阶跃", "steps"), colour=7)
    panel.figure.update_yaxes(tickformat=".0%")
    panel.level(y.k, f"k = {y.k:.3g}", "x")
    return figure


def planes(y: Lines, ends: Mapping[str, Point], task: str, say: Say) -> Any:
    """The plane of inputs with two lines, and the plane of the two outputs with a third."""
    name = say(TASK_NAMES[task])
    verdict = (
        say(f"{name}：4 个角全对", f"{name}: all 4 corners right")
        if y.right == 4
        else say(f"{name}：对了 {y.right} 个角，还差 {4 - y.right} 个", f"{name}: {y.right} of 4 corners right")
    )
    figure, (left, right) = figures.panels(
        verdict,
        [
            Axes(say("输入：两条直线", "inputs: two lines"), "x₁", "x₂", VIEW, VIEW, square=True),
            Axes(say("两个单元的输出：第三条", "the units' outputs: a third"), "h₁", "h₂", VIEW, VIEW, square=True),
        ],
        height=480,
    )  # fmt: skip
    wanted = [COLOURS[1] if one else COLOURS[0] for one in y.wanted]
    corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
    for panel, field, spots in ((left, y.field, corners), (right, y.after, y.hidden.tolist())):
        panel.regions(y.axis, y.axis, field)
        panel.points([x for x, _ in spots], [z for _, z in spots], "", wanted, 16, 1.0, [f"{a}{b}" for a, b in corners])
    for ok, (a, b) in zip(y.correct, corners, strict=True):
        if not ok:
            left.points([a], [b], "", 7, 22, 1.0, symbol="circle-open")
    for panel, number in ((left, 1), (left, 2), (right, 3)):
        start, end = ends[f"a{number}"], ends[f"b{number}"]
        across, up = end[0] - start[0], end[1] - start[1]
        far = [(start[0] + s * across, start[1] + s * up) for s in (-9, 9)]
        colour = 1 + number
        panel.line([p[0] for p in far], [p[1] for p in far], "", colour, 2, end=False)
        panel.handle(f"a{number}", *start, colour=colour)
        panel.handle(f"b{number}", *end, name=f"h{'₁₂'[number - 1]}" if number < 3 else "y", colour=colour)
    return figure


def through(y: Through, say: Say) -> Any:
    """A digit, the hidden units and the ten outputs."""
    figure, (digit, hidden, out) = figures.panels(
        say(LAYERS["read"]).format(first=y.first, sure=y.p[y.first], second=y.second, less=y.p[y.second]),
        [
            Axes(say("784 个像素", "784 pixels"), axes=False, square=True),
            Axes(say("100 个隐单元", "100 hidden units"), axes=False, square=True),
            Axes(say("10 个输出", "10 outputs"), say("数字", "digit"), "p", y_range=(0, 1)),
        ],
        height=330,
    )  # fmt: skip
    digit.heat(y.picture[::-1], low=0, high=1)
    hidden.heat(y.hidden.reshape(10, 10)[::-1], low=0, high=1)
    out.bars(DIGITS, y.p, "", [COLOURS[1] if d == y.first else COLOURS[0] for d in range(10)], 0.8)
    return figure


def pixels(y: Through, say: Say) -> Any:
    """The slope of the margin by every pixel, and what goes with each pixel of ink."""
    a, b = y.first, y.second
    verdict = LAYERS["flat" if y.flat else "leads"]
    title = say(verdict).format(first=a, second=b, margin=y.margin, share=y.heaviest)
    figure, (left, right) = figures.panels(
        title,
        [
            Axes(say(LAYERS["ink"]).format(first=a, second=b), axes=False, square=True),
            Axes(say("擦去这个像素，领先少多少", "what each erased pixel takes away"), axes=False, square=True),
        ],
        height=380,
    )  # fmt: skip
    left.heat(y.gradient[::-1], diverging=True)
    right.heat(y.removed[::-1], diverging=True)
    return figure


def unit(y: Unit, say: Say) -> Any:
    """One unit's weights, and its votes."""
    vote = f"{y.vote:+.2f}"
    at, others = f"{y.at_digit:.2f}", f"{y.at_others:.2f}"
    figure, (left, right) = figures.panels(
        say(f"单元 {y.number}：给 {y.digit} 的票 {vote}；见 {y.digit} 平均输出 {at}，见别的 {others}", f"Unit {y.number}: vote {vote} for {y.digit}; mean output {at} at {y.digit}s, {others} at others"),
        [
            Axes(say("看向哪里（蓝：要有墨；红：要空白）", "looks for ink (blue), for blank (red)"), axes=False, square=True),
            Axes(say("投给十个数字的票", "votes for the ten digits"), say("数字", "digit"), say("权重", "weight")),
        ],
        height=380,
    )  # fmt: skip
    left.heat(y.weights[::-1], diverging=True)
    right.bars(DIGITS, y.votes, "", [COLOURS[1] if d == y.digit else COLOURS[0] for d in range(10)], 0.8)
    return figure


def bottleneck(y: Squeezed, say: Say) -> Any:
    """What is lost by the size of the bottleneck."""
    coder, pca = y.record.coder, y.record.pca
    figure, panel = figures.panel(
        say(
            f"{y.size} 个数，测试数字：自编码器丢 {coder[y.size]:.1%}，PCA 丢 {pca[y.size]:.1%}",
            f"{y.size} numbers, test digits: the autoencoder loses {coder[y.size]:.1%}, PCA {pca[y.size]:.1%}",
        ),
        x=say("瓶颈里有几个数", "numbers in the bottleneck"), y=say("丢掉的方差", "variance lost"), height=340, x_log=True, y_range=(0, 1),
    )  # fmt: skip
    panel.line(list(coder), list(coder.values()), say("自编码器", "autoencoder"), 0, 3, end=False)
    panel.line(list(pca), list(pca.values()), "PCA", 1, 3, dash="dash", end=False)
    panel.level(y.size, f"m = {y.size}", "x", colour=7)
    panel.figure.update_yaxes(tickformat=".0%")
    return figure


def learning(y: Learning, say: Say) -> Any:
    """The loss of every step, and the shares that are wrong."""
    wrong, before = f"{y.test_error[-1]:.1%}", f"{y.test_error[0]:.0%}"
    figure, (left, right) = figures.panels(
        say(f"第 {y.step} 步：测试数字错 {wrong}（起初 {before}）", f"Step {y.step}: {wrong} of the test digits wrong ({before} at first)"),
        [
            Axes(say("损失", "loss"), say("步", "step"), say("交叉熵，nat", "cross-entropy, nats"), x_range=(0, y.steps), y_log=True),
            Axes(say("答错的比例", "share wrong"), say("步", "step"), say("错误率", "error"), x_range=(0, y.steps), y_range=(0, 1)),
        ],
        height=380,
    )  # fmt: skip
    every = max(1, len(y.trace) // 400)
    left.line(range(1, len(y.trace) + 1, every), y.trace[::every], "", 0, 1.5)
    right.line(y.at, y.train_error, say("训练", "training"), 0, end=False)
    right.line(y.at, y.test_error, say("测试", "test"), 1, 3, end=False)
    right.figure.update_yaxes(tickformat=".0%", selector={"range": (0.0, 1.0)})
    return figure
