"""Figures of the CAPTCHA page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import COLOURS
from gallery.outputs import Grid, Table
from gallery.page import Say
from pages.vision._captcha_texts import EMPTY, READ, SHORT_NAMES

if TYPE_CHECKING:
    from core.vision.captcha.looking import Looks
    from core.vision.captcha.paths import Paths
    from core.vision.captcha.reading import Shown
    from core.vision.captcha.trials import Slots
    from core.vision.captcha.views import Fonts, Lengths, Swept, Together

BARS, GAP = 5, 1  # letters of a slot that are drawn, and the room between slots
SCALE = 3  # of a picture shown alone
MOST_PATHS, MOST_TEXTS = 40, 12  # rows of the table; texts that are drawn


def empty(text: str, say: Say) -> str:
    """A text as it is shown: the empty one has a name."""
    return text or say(EMPTY)


def verdict(y: Shown, say: Say) -> str:
    """What the heads read, against what was drawn."""
    joint, found = f"{y.reading.joint:.2f}", y.reading.letters
    if not y.truth:
        return say(READ).format(letters=found, joint=y.reading.joint)
    if y.all_right:
        return say(
            f"画 {y.drawn.text}，读 {found}：四个全对，概率之积 {joint}",
            f"Drawn {y.drawn.text}, read {found}: all four right, product {joint}",
        )
    right = sum(y.right)
    return say(
        f"画 {y.drawn.text}，读 {found}：对 {right} 个，概率之积 {joint}",
        f"Drawn {y.drawn.text}, read {found}: {right} of four right, product {joint}",
    )


def pictured(panel: figures.Panel, y: Shown, width: float = 120, left: float = 0) -> None:
    """The picture itself, ``width`` units across."""
    panel.picture(y.drawn.colours, left, 0, left + width, 50)


def slots(y: Shown, say: Say) -> Any:
    """The picture, and the likeliest letters of every head; the letter that was drawn stands out, and so does a wrong one."""
    heads = len(y.reading.heads)
    ranked = [y.reading.ranked(k, BARS) for k in range(heads)]
    places = [[k * (BARS + GAP) + n for n in range(BARS)] for k in range(heads)]
    ticks: dict[float, str] = {
        place: letter
        for row, letters in zip(places, ranked, strict=True)
        for place, (letter, _) in zip(row, letters, strict=True)
    }
    axes = [
        figures.Axes("", axes=False, square=True),
        figures.Axes("", say("每位最可能的五个字母", "the five likeliest letters of every slot"), say("概率", "probability"), y_range=(0, 1.15), x_ticks=ticks, grid=False),
    ]  # fmt: skip
    figure, (left, right) = figures.panels(verdict(y, say), axes, widths=(1, 1.4), height=360)
    pictured(left, y)
    for k, (row, letters) in enumerate(zip(places, ranked, strict=True)):
        drawn = y.truth[k] if y.right else ""
        colours = [
            COLOURS[2] if letter == drawn else COLOURS[1] if drawn and rank == 0 else COLOURS[0]
            for rank, (letter, _) in enumerate(letters)
        ]
        right.bars(row, [p for _, p in letters], "", colours, 0.75)
        right.note(row[BARS // 2], 1.08, say(f"第 {k + 1} 位", f"slot {k + 1}"), "center")
    return figure


def looking(y: Looks, how: str, say: Say) -> Grid:
    """The picture under the four maps."""
    letters = y.shown.reading.letters
    captions = [
        say(f"第 {k + 1} 头：{letter}，得分 {score:.1f}", f"head {k + 1}: {letter}, score {score:.1f}")
        for k, (letter, score) in enumerate(zip(letters, y.scores, strict=True))
    ]
    return Grid(y.overlays(how), columns=2, captions=captions, scale=SCALE)


def shares(y: Looks, say: Say) -> Any:
    """Of each head's positive contributions, how much lies under each letter."""
    letters = y.shown.drawn.text
    names = [f"{k + 1}: {letter}" for k, letter in enumerate(letters)] or [
        say(f"第 {k + 1} 份", f"quarter {k + 1}") for k in range(y.shares.shape[1])
    ]
    heads = [f"{k + 1}" for k in range(len(y.shares))]
    own = sum(a == k for k, a in enumerate(y.most))
    low, high = min(y.own), max(y.own)
    title = say(
        f"{own} 个头最看自己的字母；自己字母上的贡献占 {low:.0%} 到 {high:.0%}",
        f"{own} of 4 heads look most at their own letter, with {low:.0%} to {high:.0%} of what counts for it",
    )
    if not letters:
        title = say(
            f"图分四份：{own} 个头最看自己的那一份，占 {low:.0%} 到 {high:.0%}",
            f"The picture in quarters: {own} of 4 heads look most at their own, with {low:.0%} to {high:.0%}",
        )
    figure, panel = figures.panel(title, x=say("图中的字母", "letter of the picture"), y=say("头", "head"), height=360)
    text = [[f"{v:.0%}" for v in row] for row in y.shares]
    panel.heat(y.shares, names, heads, low=0, high=1, scale=say("份额", "share"), text=text)
    return figure


def together(y: Together, say: Say) -> Any:
    """Shares of right letters by slot, their product and the share of whole texts: live, on record, and of 2016."""
    from core.vision.captcha.record import FIRST, FIRST_TOGETHER

    rows = [
        *(say(f"第 {k + 1} 位", f"slot {k + 1}") for k in range(len(FIRST))),
        say("四者之积", "product"),
        say("四个全对", "all four"),
    ]
    live = [*y.live.single, y.live.product, y.live.whole]
    record = [*y.record.single, y.record.product, y.record.whole]
    first = [*FIRST, y.first_product, FIRST_TOGETHER]
    n, whole, product = y.record.pictures, f"{y.record.whole:.1%}", f"{y.record.product:.1%}"
    gap = f"{100 * y.record.gap:+.1f} ± {100 * y.record.gap_error:.1f}"
    if not y.clear:
        said = say("看不出不独立", "no dependence seen")
    elif y.record.gap > 0:
        said = say("错误聚在一起", "errors gather")
    else:
        said = say("错误彼此避开", "errors avoid each other")
    figure, panel = figures.panel(
        say(
            f"现场全对 {y.live.whole:.1%}，乘积 {y.live.product:.1%}；留档 {n} 张：{whole} 与 {product}，差 {gap} 点：{said}",
            f"Live: all four {y.live.whole:.1%}, product {y.live.product:.1%}; {n} on record: {whole} and {product}, gap {gap} points: {said}",
        ),
        y=say("正确率", "share right"), height=400, y_range=(0, 1),
    )  # fmt: skip
    figure.update_layout(yaxis_tickformat=".0%")
    panel.bars(rows, live, say(f"现场 {y.live.pictures} 张", f"live, {y.live.pictures}"), 0, 0.8)
    panel.bars(rows, record, say(f"留档 {n} 张", f"on record, {n}"), 2, 0.8)
    panel.bars(rows, first, say("2016 年的网络（腾讯）", "the net of 2016 (Tencent)"), 7, 0.8)
    return figure


def correlations(y: Slots, say: Say, pair: tuple[int, int, float]) -> Any:
    """Correlations of being right, slot against slot."""
    j, k, most = pair
    names = [say(f"第 {n + 1} 位", f"slot {n + 1}") for n in range(len(y.single))]
    figure, panel = figures.panel(
        say(f"对错的相关，最大在第 {j + 1}、{k + 1} 位：{most:+.2f}", f"Correlation of being right, largest for slots {j + 1} and {k + 1}: {most:+.2f}"),
        height=360,
    )  # fmt: skip
    found = y.correlations
    panel.heat(
        found, names, names, diverging=True, high=1.0, scale="", text=[[f"{v:.2f}" for v in row] for row in found]
    )
    return figure


def curve(y: Swept, distortion: float, say: Say) -> Any:
    """Accuracy by distortion on record, and where the reader's text fails."""
    curves, x = y.curves, y.record.distortions()
    near = y.nearest(distortion)
    share = y.record.at(near)[0].whole
    fails = (
        say(f"这个词在 {y.fails:g} 处第一次读错", f"this text is first misread at {y.fails:g}")
        if y.fails is not None
        else say("这个词一直读对", "this text never fails")
    )
    title = say(
        f"扭曲 {near:g}：四个全对 {share:.0%}；{fails}", f"Distortion {near:g}: all four right in {share:.0%}; {fails}"
    )
    axes = [
        figures.Axes("", axes=False, square=True),
        figures.Axes("", say("扭曲（1 = 程序包默认）", "distortion (1 = the package's own)"), say("正确率", "share right"), y_range=(0, 1)),
    ]  # fmt: skip
    figure, (left, panel) = figures.panels(title, axes, widths=(1, 1.6), height=400)
    pictured(left, y.here)
    panel.band([0, 1.5], [0, 0], [1, 1], say("训练过的范围", "trained"), 7, 0.08)
    panel.line(x, curves["letters"], say("单个字母", "single letters"), 0, end=False)
    panel.line(x, curves["heads"], say("四个全对", "all four"), 2, end=False)
    panel.line(x, curves["product"], say("单个之积", "product"), 2, dash="dot", end=False)
    panel.line(x, curves["ctc"], say("CTC 全对", "CTC, all"), 3, end=False)
    panel.level(distortion, say("现在", "now"), axis="x")
    figure.update_layout(yaxis2_tickformat=".0%")
    return figure


def strip(y: Sequence[Shown], labels: Sequence[str], columns: int, say: Say) -> Grid:
    """Pictures with what the heads read under each."""
    captions = [
        f"{label} · {one.reading.letters} {'✓' if one.all_right else '✗'}" for label, one in zip(labels, y, strict=True)
    ]
    return Grid([one.drawn.colours for one in y], columns=columns, captions=captions)


def by_font(y: Fonts, trained: Sequence[str], unseen: Sequence[str], say: Say) -> Any:
    """Letters and whole texts by font, on record."""
    names = [*trained, *unseen]
    known = y.record.letters_of(trained)
    (worst, low), (best, high) = y.record.range_of(unseen)
    figure, panel = figures.panel(
        say(
            f"单个字母：训练字体平均 {known:.0%}；没见过的从 {low:.0%}（{SHORT_NAMES[worst]}）到 {high:.0%}（{SHORT_NAMES[best]}）",
            f"Letters right: {known:.0%} in trained fonts, {low:.0%} ({SHORT_NAMES[worst]}) to {high:.0%} ({SHORT_NAMES[best]}) in unseen ones",
        ),
        x=say("字体（右边三种没见过）", "font (the last three unseen)"), y=say("正确率", "share right"), height=380, y_range=(0, 1),
    )  # fmt: skip
    figure.update_layout(yaxis_tickformat=".0%")
    x = [SHORT_NAMES[name] for name in names]
    found = [y.record.of_font(name) for name in names]
    panel.bars(x, [heads.letters for heads, _ in found], say("单个字母", "letters"), 0, 0.8)
    panel.bars(x, [heads.whole for heads, _ in found], say("四头全对", "all four, heads"), 2, 0.8)
    panel.bars(x, [ctc.share for _, ctc in found], say("CTC 全对", "all, CTC"), 3, 0.8)
    return figure


def columns(y: Lengths, say: Say) -> Any:
    """CTC's probabilities, column by column, and the path."""
    from core.vision.captcha.reading import SYMBOLS

    found, path = y.shown.reading.ctc, y.shown.reading.shown_path
    mark = say("对", "right") if y.shown.ctc_right else say("错", "wrong")
    title = say(
        f"路径 {path} 塌缩为 {empty(found, say)}：{mark}", f"The path {path} collapses to {empty(found, say)}: {mark}"
    )
    names = [SYMBOLS[k] for k in y.symbols]
    values = y.columns[:, list(y.symbols)].T
    count = values.shape[1]
    axes = [
        figures.Axes("", axes=False, x_range=(0.5, count + 0.5)),
        figures.Axes("", say("列（从左到右）", "column, left to right"), say("符号", "symbol"), x_range=(0.5, count + 0.5)),
    ]  # fmt: skip
    figure, (above, below) = figures.panels(title, axes, columns=1, height=480)
    pictured(above, y.shown, count, 0.5)
    below.heat(values, list(range(1, count + 1)), names, low=0, high=1)
    return figure


def by_length(y: Lengths, say: Say) -> Any:
    """Whole texts right by length: CTC, and the heads where they can answer."""
    lengths = y.record.lengths()
    four = y.record.heads["length 4"].whole
    best = max(lengths, key=lambda n: y.record.of_length(n).share)
    share = y.record.of_length(4).share
    figure, panel = figures.panel(
        say(f"四个字母：CTC {share:.0%}，四个头 {four:.0%}；别的长度只有 CTC 能答（最好 {best} 个）", f"Four letters: CTC {share:.0%}, heads {four:.0%}; other lengths CTC alone (best at {best})"),
        x=say("字母个数（1 与 7 没训练过）", "letters (1 and 7 not trained)"), y=say("全对的比例", "whole texts right"), height=380, y_range=(0, 1),
    )  # fmt: skip
    figure.update_layout(yaxis_tickformat=".0%")
    x = [str(n) for n in lengths]
    panel.bars(x, [y.record.of_length(n).share for n in lengths], "CTC", 3, 0.8)
    panel.bars(x, [four if n == 4 else 0.0 for n in lengths], say("四个头", "four heads"), 2, 0.8)
    return figure


def texts(y: Paths, say: Say) -> Any:
    """p(text) by text, and the likeliest path alone."""
    path, found, alone = y.all[0]
    best, total = y.best, y.texts[y.best]
    said = say("两者相同", "the same") if found == best else say("两者不同", "not the same")
    figure, panel = figures.panel(
        say(
            f"最大路径 {path} → {empty(found, say)}（{alone:.3f}）；最大文本 {empty(best, say)}（{total:.3f}）：{said}",
            f"Likeliest path {path} → {empty(found, say)} ({alone:.3f}); likeliest text {empty(best, say)} ({total:.3f}): {said}",
        ),
        x=say("文本", "text"), y=say("概率", "probability"), height=380, y_range=(0, 1),
    )  # fmt: skip
    shown = [text for text, chance in y.texts.items() if chance > 0][:MOST_TEXTS]
    panel.bars(
        [empty(text, say) for text in shown],
        [y.texts[text] for text in shown],
        say("所有路径之和", "all its paths"),
        0,
        0.8,
    )
    panel.bars(
        [empty(text, say) for text in shown],
        [y.of(text)[0][1] for text in shown],
        say("最大的一条", "the likeliest of them"),
        3,
        0.8,
    )
    return figure


def path_table(y: Paths, say: Say) -> Table:
    """All paths, the likeliest first, and what each collapses to."""
    rows = y.all[:MOST_PATHS]
    return Table(
        {
            say("路径", "path"): [path for path, _, _ in rows],
            say("塌缩为", "collapses to"): [empty(text, say) for _, text, _ in rows],
            say("概率", "probability"): [round(p, 5) for _, _, p in rows],
        }
    )


def exactness(y: Looks, say: Say) -> str:
    """What the maps are, with the sum that they keep."""
    sums = ", ".join(f"{score - bias:.1f}" for score, bias in zip(y.scores, y.biases, strict=True))
    return say(
        f"“特征的每一处”是精确的分解：四张图各自的贡献之和等于得分减偏置，{sums}。每一处的感受野比它的格子宽，所以格子会落到邻近的字母上。矩阵是正贡献落在各字母所在列的份额；字母重叠处的列两边都算，一行之和因此可以超过 100%。",
        f"The places of the features are an exact decomposition: the contributions of the four maps sum to score − bias, {sums}. A place sees more of the picture than its own cell, so a cell may lie on a neighbour. The matrix tells how much of the positive contributions lies in each letter's columns; where letters overlap a column counts for both, so a row may exceed 100 %.",
    )


def gaps(y: Together, say: Say) -> str:
    """The gaps of the three, in words."""
    from core.vision.captcha.record import FIRST_TOGETHER

    product, live = f"{y.first_product:.2f}", f"{100 * y.live.gap:+.1f} ± {100 * y.live.gap_error:.1f}"
    ends = (
        say(
            "两头的字母比中间的好读，2016 年也是如此。",
            "The outer letters are read better than the inner ones, as in 2016. ",
        )
        if y.record.ends_lead
        else ""
    )
    return ends + say(
        f"2016 年的网络：乘积 {product}，实测 {FIRST_TOGETHER:.2f}，错误聚在同样的图上。现场 {y.live.pictures} 张：差 {live} 个百分点（±为独立时的一个标准误）。它与这里的网络读的不是同样的图，正确率不能直接比；能比的是“差”的方向。相关矩阵来自留档的图，扭曲为 1。",
        f"The net of 2016: product {product}, measured {FIRST_TOGETHER:.2f}; its errors gather in the same pictures. Live, {y.live.pictures} pictures: gap {live} points (± is one standard error under independence). It and the net here read different pictures: accuracies cannot be compared directly, the sign of the gap can. The matrix is of the pictures on record, at distortion 1.",
    )


def font_note(y: Fonts, say: Say) -> str:
    """How many fonts read the reader's text, and what makes the unseen ones hard."""
    right, total = len(y.right), len(y.shown)
    return say(
        f"这个词在 {total} 种字体里读对 {right} 种。上图是留档的试验（扭曲 1，每种字体 300 张）。Amatic SC 是手绘的细长字，小写也画成大写。",
        f"This text is read right in {right} of {total} fonts. The figure is the trial on record (distortion 1, 300 pictures a font). Amatic SC is drawn by hand, narrow, and has capitals in place of small letters.",
    )


def both_read(y: Lengths, say: Say) -> str:
    """What the heads say of the same picture."""
    heads, found, drawn = y.shown.reading.letters, empty(y.shown.reading.ctc, say), y.shown.drawn.text
    if y.comparable:
        return say(
            f"画的是 {drawn}：CTC 读 {found}，四个头读 {heads}。",
            f"Drawn: {drawn}. CTC reads {found}, the four heads {heads}.",
        )
    n = len(drawn)
    return say(
        f"画的是 {drawn}（{n} 个字母）：CTC 读 {found}；四个头总是答四个字母，这里是 {heads}，不可能对。CTC 训练时也见过 2、3、5、6 个字母的图。",
        f"Drawn: {drawn} ({n} letters). CTC reads {found}; four heads always answer with four letters, here {heads}, and cannot be right. In training CTC also saw pictures of 2, 3, 5 and 6 letters.",
    )


def loss_note(y: Paths, say: Say) -> str:
    """The loss by recursion beside the sum over paths."""
    best, many = y.best, len(y.of(y.best))
    total, loss = f"{y.texts[best]:.4f}", f"{y.losses[best]:.4f}"
    return say(
        f"最大文本 {empty(best, say)} 有 {many} 条路径，概率之和 {total}；递推算出的 CTC 损失是 {loss}，即 $-\\log$ 这个和。规则：先合并相邻相同的，再去掉空白，所以 a–a 是 aa，aa 是 a。读图时用的是最大路径（贪心），没有对所有文本求和。",
        f"The likeliest text {empty(best, say)} has {many} paths, which sum to {total}; CTC's loss by recursion is {loss}, which is $-\\log$ of that sum. The rule joins equal neighbours, then drops blanks: a–a is aa, and aa is a. Pictures are read by the likeliest path (greedy), without a sum over all texts.",
    )
