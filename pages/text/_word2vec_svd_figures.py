"""Figures of the page of Word2Vec and SVD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import Axes
from gallery.outputs import Table
from gallery.page import Say, Text, t

if TYPE_CHECKING:
    from core.text.word2vec_svd.reviews import Accuracy, Read, Scheme
    from core.text.word2vec_svd.views import Compared, Looked, Products, Spectrum

POST_SAYS = 0.85  # "about 85 %", the post's figure for averages, without a data set named
SHOWN_PIECES = 14
EXACT = 1e-9
PARTS: Mapping[float, str] = {0.0: "0", 0.25: "25", 0.5: "50", 0.75: "75", 1.0: "100"}
SHARES: Mapping[float, str] = {0.7: "70", 0.75: "75", 0.8: "80", 0.85: "85", 0.9: "90", 0.95: "95"}
"""Ticks of shares, in per cent."""
UNITS: Mapping[str, Text] = {
    "character": t("单字", "characters"),
    "word": t("词", "words"),
    "pair": t("1+2 字串", "1+2-grams"),
}
KINDS: Mapping[str, Text] = {"svd": t("PPMI–SVD", "PPMI-SVD")}
SPAN = (-5.0, 6.0)  # nats
SHARED, ALONE = 0, 7  # places in the palette
LEAST = 0.001  # of a probability told
FOR, AGAINST = 0, 1  # blue and orange, which all eyes tell apart
SIZES = (32, 64, 128, 256, 512)
BAGS = ("character", "word", "pair")
AVERAGES = (("svd", "word"), ("svd", "character"))


def _named(vectors: str, unit: str, size: int = 0) -> Text:
    """What a scheme is called."""
    if not vectors:
        return t(f"词袋：{UNITS[unit].zh}", f"Bag of {UNITS[unit].en}")
    of = f"（d = {size}）" if size else ""
    return t(
        f"{UNITS[unit].zh}向量平均：{KINDS[vectors].zh}{of}",
        f"Average of {KINDS[vectors].en}, {UNITS[unit].en}" + (f" (d = {size})" if size else ""),
    )


SCHEMES: Mapping[str, Text] = {
    **{f"bag-{unit}": _named("", unit) for unit in BAGS},
    **{f"{kind}-{unit}-{size}": _named(kind, unit, size) for kind, unit in AVERAGES for size in (64, 256, 512)},
}


def scheme_named(scheme: Scheme, say: Say) -> str:
    """A scheme's name."""
    return say(_named(scheme.vectors, scheme.unit, scheme.size))


def product(y: Looked, drawn: int, mean: bool, say: Say) -> Any:
    """One-hot rows and their sum, the table, and the product, as matrices."""
    n, m = y.one_hot.shape
    counted = say("词频 c / n", "counts / n") if mean else say("词频 c", "counts c")
    added = say("平均", "mean") if mean else say("和 cW", "sum c W")
    verdict = (
        say("一个数不差", "exactly equal")
        if max(y.row_gap, y.sum_gap) == 0
        else say(f"最大差 {max(y.row_gap, y.sum_gap):.1g}", f"largest gap {max(y.row_gap, y.sum_gap):.1g}")
    )
    hot: dict[float, str] = dict(enumerate([*y.pieces, counted]))
    rows: dict[float, str] = dict(enumerate([*y.pieces, added]))
    figure, (left, middle, right) = figures.panels(
        say(f"{n} 个 one hot 乘 {y.words}×{y.size} 的表，与查表、求和{verdict}；词频最大 {y.most}，和的长度 {y.length:.4f}", f"{n} one-hot rows times a table of {y.words}×{y.size}: rows and sum {verdict}; largest count {y.most}, length of the sum {y.length:.4f}"),
        [
            Axes(say(f"X：{n} 行 one hot", f"X: {n} one-hot rows"), say("词", "word"), "", y_range=(n + 0.5, -0.5), x_ticks=dict(enumerate(y.columns)), y_ticks=hot, grid=False),
            Axes(say(f"W：{m} 行词向量", f"W: {m} word vectors"), say("维", "dimension"), "", y_range=(m - 0.5, -0.5), y_ticks=dict(enumerate(y.columns)), grid=False),
            Axes(say("X W：查到的行，末行是" + ("平均" if mean else "和"), "X W: the rows; last, their " + ("mean" if mean else "sum")), say("维", "dimension"), "", y_range=(n + 0.5, -0.5), y_ticks=rows, grid=False),
        ],
        height=470,
        widths=(m + 3, drawn, drawn),
    )  # fmt: skip
    left.heat(y.left(mean), text=y.left_text(mean))
    middle.heat(y.table[:, :drawn], diverging=True, high=y.largest)
    right.heat(y.right(mean)[:, :drawn], diverging=True, high=y.largest, scale=say("数值", "value"))
    return figure


def neighbours(y: Compared, say: Say) -> Any:
    """Two lists of neighbours with their cosines; those that both name in one colour."""
    many, of = len(y.shared), len(y.svd.words)
    figure, panels = figures.panels(
        say(
            f"「{y.word}」{of} 个近邻有 {many} 个相同（蓝）；全体 {y.mutual:.2f}，SGNS 换起点 {y.seeds:.2f}",
            f"{many} of the {of} neighbours of {y.word} are shared (blue); overall {y.mutual:.2f}, two starts of SGNS {y.seeds:.2f}",
        ),
        [
            Axes(title, say("余弦", "cosine"), "", x_range=(0, 1))
            for title in ("PPMI–SVD", say(f"SGNS，第 {y.step} 步", f"SGNS, step {y.step}"))
        ],
        height=450,
    )
    for panel, found in zip(panels, (y.svd, y.sgns), strict=True):
        names = list(reversed(found.words))
        colours = [SHARED if name in y.shared else ALONE for name in names]
        panel.bars(names, list(reversed(found.cosines.tolist())), "", colours, 0.75, horizontal=True)
    return figure


def path(y: Compared, say: Say) -> Any:
    """Overlaps while SGNS climbs."""
    steps, mutual, seeds = y.curves
    nearer = y.mutual >= y.seeds
    figure, panel = figures.panel(
        say("SVD 与 SGNS 不比两次 SGNS 更远", "SVD is no farther from SGNS than another start")
        if nearer
        else say(
            f"SVD 与 SGNS 的重合是两次 SGNS 的 {y.share:.0%}",
            f"SVD and SGNS agree {y.share:.0%} as much as two starts of SGNS",
        ),
        x=say("SGNS 的步数", "steps of SGNS"),
        y=say("十个近邻里相同的比例", "share of ten neighbours"),
        height=300,
        x_range=(0, y.steps),
        y_range=(0, 1),
    )
    panel.line(steps, mutual, say("SVD 对 SGNS", "SVD, SGNS"), 0)
    panel.line(steps, seeds, say("两次 SGNS", "two SGNS"), 2)
    panel.level(y.random, say("瞎猜", "chance"), colour=7)
    return figure


def products(y: Products, say: Say) -> Any:
    """Products of vectors against PMI − log k, a point a pair."""
    svd, sgns = y.r
    figure, panels = figures.panels(
        say(f"与 PMI − log k 的相关：SVD {svd:.2f}，SGNS {sgns:.2f}（第 {y.step} 步）", f"Correlation with PMI − log k: SVD {svd:.2f}, SGNS {sgns:.2f} (step {y.step})"),
        [
            Axes(title, "PMI − log k (nat)", name, x_range=SPAN, y_range=SPAN)
            for title, name in ((say("SVD：逼近 max(PMI − log k, 0)", "SVD: approximates max(PMI − log k, 0)"), "(UΣVᵀ)ᵢⱼ"), (say("SGNS：逼近 PMI − log k", "SGNS: approximates PMI − log k"), "vᵢ·uⱼ"))
        ],
        height=440,
    )  # fmt: skip
    for panel, values in zip(panels, (y.svd, y.sgns), strict=True):
        panel.points(y.target, values, colour=0, size=4, opacity=0.45, text=y.pairs)
        panel.line(SPAN, SPAN, "", 1, dash="dash")
        panel.note(SPAN[1] - 1.4, SPAN[1] - 0.6, "y = x", "right", colour=1)
    return figure


def spectrum(y: Spectrum, say: Say) -> Any:
    """Singular values, and the error that is left at every rank, with the one measured."""
    n, d = len(y.values), y.size
    kept = f"{y.measured:.1%}"
    equal = (
        say("与丢掉的奇异值算出的相等", "as the dropped singular values say")
        if y.gap < EXACT
        else say(f"与丢掉的奇异值算出的差 {y.gap:.1g}", f"{y.gap:.1g} from what the dropped singular values say")
    )
    figure, (left, right) = figures.panels(
        say(f"留 {d} 维，误差 {kept}，{equal}；随机 {d} 维 {y.random:.1%}", f"Rank {d}: error {kept}, {equal}; {d} random dimensions {y.random:.1%}"),
        [
            Axes(say("奇异值", "Singular values"), "i", "σᵢ", x_range=(1, n), x_log=True, y_log=True),
            Axes(say("相对误差", "Relative error"), "d", say("误差（%）", "error (%)"), x_range=(0, n), y_range=(0, 1.02), y_ticks=PARTS),
        ],
        height=430,
    )  # fmt: skip
    left.line(range(1, y.rank + 1), y.values[: y.rank], "σᵢ", 0)
    left.level(d, f"d = {d}", axis="x")
    right.line(range(n + 1), y.rest, say("由 σ 算", "from σ"), 0)
    right.points([d], [y.measured], say("逐项量出", "measured"), 1, 11, 1.0)
    right.points([d], [y.random], say("随机子空间", "random subspace"), 3, 9, 1.0)
    return figure


def chance(p: float) -> str:
    """A probability in per cent with one decimal; what would round to none or all is said to be less or more."""
    return f"< {LEAST:.1%}" if p < LEAST else f"> {1 - LEAST:.1%}" if p > 1 - LEAST else f"{p:.1%}"


def parts(y: Read, say: Say) -> Any:
    """What each unit adds to the logit, from the largest, the rest as one and the bias."""
    first, rest = y.first(SHOWN_PIECES)
    bars = [(f"{p.text}×{p.times}" if p.times > 1 else p.text, p.contribution) for p in first]
    if rest.times:
        bars.append((say(f"其余 {rest.times} 个", f"{rest.times} others"), rest.contribution))
    bars.append((say("偏置 b", "bias b"), y.bias))
    bars.reverse()
    judged = say("好评", "good") if y.good > 0.5 else say("差评", "bad")
    figure, panel = figures.panel(
        say(
            f"判为{judged}，P(好) {chance(y.good)}：各条之和 {y.logit:+.2f}（蓝：说好话，橙：说坏话）",
            f"Judged {judged}, P(good) {chance(y.good)}: bars add up to {y.logit:+.2f} (blue for it, orange against)",
        ),
        x=say("对 logit 的贡献", "contribution to the logit"),
        height=460,
    )
    panel.bars(
        [name for name, _ in bars],
        [value for _, value in bars],
        "",
        [FOR if value > 0 else AGAINST for _, value in bars],
        0.75,
        horizontal=True,
    )
    return figure


def accuracies(y: Accuracy, size: int, test: bool, say: Say) -> Any:
    """Accuracy against d for averages, with bags of words and the post's figure as levels."""
    words, characters, bag = (y.of(name, test) for name in (f"svd-word-{size}", f"svd-character-{size}", "bag-word"))
    figure, panel = figures.panel(
        say(
            f"d = {size}：词向量平均 {words:.1%}，字向量平均 {characters:.1%}，词袋 {bag:.1%}（±{y.error:.1%}）",
            f"d = {size}: averages of words {words:.1%}, of characters {characters:.1%}, bag of words {bag:.1%} (±{y.error:.1%})",
        ),
        x=say("维数 d", "dimensions d"),
        y=say("准确率（%）", "accuracy (%)"),
        height=470,
        x_log=True,
        x_ticks={d: str(d) for d in SIZES},
        y_range=(0.7, 0.95),
        y_ticks=SHARES,
    )
    for colour, (kind, unit) in enumerate(AVERAGES):
        panel.line(*y.curve(kind, unit, test), say(_named(kind, unit)), colour, end=False)  # type: ignore[arg-type]
    for unit, colour in (("pair", 4), ("word", 3), ("character", 5)):
        panel.level(y.of(f"bag-{unit}", test), say(_named("", unit)), colour=colour)
    panel.level(POST_SAYS, say("原文：约 85 %", "the post: about 85 %"), colour=7)
    panel.points([size, size], [words, characters], "", 1, 9, 1.0)
    return figure


def table(y: Accuracy, say: Say) -> Table:
    """All schemes with their accuracies."""
    return Table(
        {
            say("方法", "scheme"): [scheme_named(scheme, say) for scheme, *_ in y.rows],
            say("验证集", "validation"): [round(v, 4) for _, v, _ in y.rows],
            say("测试集", "test"): [round(test, 4) for *_, test in y.rows],
        }
    )
