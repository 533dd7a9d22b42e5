"""Figures of the page on MLM and MAE as dropout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import Axes
from gallery.inputs import labels
from gallery.page import Say, Tab, Text, t

if TYPE_CHECKING:
    from core.text.mlm_dropout.averaging import Averaged
    from core.text.mlm_dropout.columns import Columns
    from core.text.mlm_dropout.filling import Filled
    from core.text.mlm_dropout.measured import Correction, DropToken, Reported
    from core.text.mlm_dropout.toy import Averages

SINGLE: Mapping[str, Text] = {
    "off": t("E 不变", "E as it is"),
    "corrected": t("修正的 E", "corrected E"),
    "scaled": t("(1−r)E", "(1−r)E"),
}
COLOURS: Mapping[str, int] = {"average": 0, "off": 1, "corrected": 2, "scaled": 3}
BEGINS: Mapping[str, Text] = {
    "plain": t("E 不变", "E as it is"),
    "corrected": t("修正的 E", "corrected E"),
    "scaled": t("0.85 E", "0.85 E"),
    "scratch": t("不预训练", "no pretraining"),
}
MOST_ROWS, NAMED = 14, 40
SAME = 1e-9
LABELLED = 9  # tokens along an axis whose names have room on a phone


def filled(r: Filled, say: Say) -> Any:
    """The five likeliest characters at every mask: a row a mask."""
    m = min(len(r.places), MOST_ROWS)
    if r.known:
        verdict = say(
            f"{r.known} 个遮住的字猜对 {r.right} 个，前五含 {r.among} 个；只猜「{r.common}」对 {r.guessed} 个",
            f"{r.right} of {r.known} masked characters right, {r.among} among the first five; {r.common} alone: {r.guessed}",
        )
    else:
        best, p = r.likeliest[0][0], f"{r.p[0, 0]:.0%}"
        verdict = say(f"第一个空最可能是「{best}」，{p}", f"The first blank is most likely {best}, {p}")
    rows = {float(k): f"{r.places[k]} {r.truth[k] or '?'}" for k in range(m)}
    figure, panel = figures.panel(
        verdict, x=say("名次", "rank"), y=say("第几个字，原来是什么", "place, and what stood there"), height=430,
        y_range=(m - 0.5, -0.5), grid=False, x_ticks={float(k): str(k + 1) for k in range(len(r.likeliest[0]))}, y_ticks=rows,
    )  # fmt: skip
    text = [[f"{c} {p:.0%}" for c, p in zip(*row, strict=True)] for row in zip(r.likeliest[:m], r.p[:m], strict=True)]
    brief = [list(row) for row in r.likeliest[:m]]
    panel.heat(100 * r.p[:m], low=0, high=100, scale=say("概率（%）", "probability, %"), text=text, brief=brief)
    return figure


def averaged(r: Averaged, chosen: float, say: Say) -> Any:
    """How far the single passes are from the growing average, and the likeliest characters."""
    last, noise = r.last, f"{r.noise[-1]:.3f}"
    first, second, third = (f"{say(SINGLE[name])} {last[name]:.3f}" for name in r.ordered)
    if chosen == 0:
        verdict = say(
            "r = 0：什么也不丢，三者都是模型平均", "r = 0: nothing is dropped, and all three are the model average"
        )
    elif len(r.tied) == 1:
        verdict = say(
            f"离模型平均最近的是{first}（TV）；{second}，{third}，平均自身的误差 {noise}",
            f"Nearest to the model average: {first} (TV); {second}, {third}; the average's own error is {noise}",
        )
    elif len(r.tied) == 2:
        verdict = say(
            f"{third} 比最近的远（TV）；{first} 与 {second} 之差不到平均自身的误差 {noise}，分不出",
            f"{third} is farther (TV); {first} and {second} differ by less than the average's own error, {noise}",
        )
    else:
        verdict = say(
            f"三者分不出远近：{first}，{second}，{third}，平均自身的误差 {noise}",
            f"No telling which is nearest: {first}, {second}, {third}; the average's own error is {noise}",
        )
    figure, (left, right) = figures.panels(
        verdict,
        [
            Axes(say("到模型平均的距离", "Distance to the model average"), say("平均了多少个遮法", "masks averaged"), say("TV 距离", "total variation"), from_zero=True),
            Axes(say("第一个空的概率", "The first blank"), "", say("概率", "probability"), from_zero=True),
        ],
        height=420,
    )  # fmt: skip
    for key, values in r.apart.items():
        left.line(r.counts, values, say(SINGLE[key]), COLOURS[key])
    left.line(r.counts, r.noise, say("平均自身的误差", "the average's own error"), 7, dash="dot")
    for key, p in r.p.items():
        right.bars(
            list(r.characters),
            p,
            say("模型平均", "model average") if key == "average" else say(SINGLE[key]),
            COLOURS[key],
            0.8,
        )
    return figure


def columns(r: Columns, layer: int, head: int, renumbered: bool, say: Say) -> Any:
    """A and Norm(A⊗M̃) of one head."""
    n, m, top = len(r.names), r.count, f"{r.largest:.2f}"
    if m == n:
        verdict = say(f"一列也没丢：Norm(A⊗M̃) = A", "No column dropped: Norm(A⊗M̃) = A")  # noqa: F541
    elif r.worst < SAME:
        verdict = say(
            f"只编码留下的 {m}/{n} 个 = 遮掉 {n - m} 列：最大差 {r.worst:.0e}",
            f"Encoding the {m} of {n} kept = dropping {n - m} columns: largest difference {r.worst:.0e}",
        )
    else:
        why = say("位置被重新编号", "positions were renumbered") if renumbered else ""
        verdict = say(f"两者不等，最大差 {r.worst:.2g}：{why}", f"They differ by up to {r.worst:.2g}: {why}")
    ticks = {float(k): "·" if name == "[CLS]" else name for k, name in enumerate(r.names)} if n <= NAMED else None
    some = ticks and {k: name for k, name in ticks.items() if k % -(-n // LABELLED) == 0}
    axes = [
        Axes(title, say("看谁", "looked at"), say("谁在看", "who looks"), y_range=(n - 0.5, -0.5), grid=False, x_ticks=some, y_ticks=some)
        for title in (say(f"A：{layer} 层 {head} 头，最深 {top}", f"A: layer {layer}, head {head}; darkest {top}"), say(f"Norm(A⊗M̃)，最深 {top}", f"Norm(A⊗M̃); darkest {top}"))
    ]  # fmt: skip
    figure, (left, right) = figures.panels(verdict, axes, height=500)
    left.heat(r.attention, low=0, high=r.largest)
    right.heat(r.norm, low=0, high=r.largest, scale="")
    return figure


def gap(r: Columns, ratio: float, say: Say) -> Any:
    """How far E Norm(A⊗M̃) is from A, by the share that is kept."""
    figure, panel = figures.panel(
        say(
            f"“期望”只是一阶的：丢 {ratio:.0%} 时 E Norm(A⊗M̃) 与 A 差 {r.gap:.3f}",
            f"Only first order: with {ratio:.0%} dropped, E Norm(A⊗M̃) is {r.gap:.3f} from A",
        ),
        x=say("每列留下的概率 p（%）", "probability p that a column is kept, %"),
        y=say("每行 TV 距离的平均", "mean TV of a row"), height=330, x_range=(0, 100), y_range=(0, 1),
    )  # fmt: skip
    panel.line(100 * r.ps, r.gaps, "TV(E Norm(A⊗M̃), A)", end=False)
    panel.points([100 - 100 * ratio], [r.gap], say("现在", "now"), 1, 10, 1.0)
    panel.level(0.0, "Norm(Ap) = A", colour=2)
    return figure


def correction(r: Correction, say: Say) -> Any:
    """What fine-tuning measured with BERT's own rule, and which effect it could have seen."""
    plain, fixed = r.arms["plain"], r.arms["corrected"]
    difference, half = fixed.less(plain)
    told, least = f"{100 * difference:+.2f} ± {100 * half:.2f}", f"{100 * half:.1f}"
    seeds, error = plain.seeds, f"{100 * fixed.standard_error(plain):.2f}"
    if not r.significant("corrected"):
        verdict = say(
            f"看不出修正的影响：{told} 个百分点（95%）；{seeds} 个种子、标准误 {error}，不到 {least} 的效应测不出",
            f"No effect of the correction is seen: {told} points (95 %); {seeds} seeds, standard error {error}: one below {least} would not be",
        )
    else:
        verdict = say(
            f"修正改变了微调的准确率：{told} 个百分点（95%，{seeds} 个种子，标准误 {error}）",
            f"The correction changes the accuracy: {told} points (95 %, {seeds} seeds, standard error {error})",
        )
    figure, panel = figures.panel(
        verdict, x=say("微调怎样开始（BERT 的规则）", "how fine-tuning begins (BERT's rule)"), y=say("测试准确率 %", "test accuracy, %"),
        y_range=_range([arm.right for arm in r.arms.values()], r.naive), height=400,
    )  # fmt: skip
    _arms(panel, {say(BEGINS[way]): arm for way, arm in r.arms.items()}, say)
    panel.level(100 * r.naive, say("朴素贝叶斯", "naive Bayes"), colour=7)
    return figure


def coefficients(r: Correction, say: Say) -> Any:
    """What takes the place of E_i under the rule that the sliders set."""
    own, mask, mean = (f"{value:.3f}" for value in r.coefficients)
    formula = f"E_i → {own} E_i + {mask} E_m + {mean} Ē"
    if r.as_trained:
        verdict = say(
            f"{formula}：BERT 的规则，下图微调的就是它", f"{formula}: BERT's rule, the one that was fine-tuned below"
        )
    else:
        verdict = say(
            f"{formula}：不是下图微调的规则，滑条只改这张图",
            f"{formula}: not the rule that was fine-tuned below; the sliders change this figure alone",
        )
    figure, panel = figures.panel(
        verdict, x=say("E_i 换成什么", "what replaces E_i"), y=say("系数", "coefficient"), y_range=(0, 1.08), height=280
    )
    names = ["E_i", "E_m", "Ē"]
    panel.bars(names, r.coefficients, colour=[0, 1, 2], opacity=0.8)
    for name, value in zip(names, (own, mask, mean), strict=True):
        panel.note(name, float(value) + 0.04, value, "center")  # pyright: ignore[reportArgumentType]
    return figure


def _arms(panel: figures.Panel, arms: Mapping[str, Any], say: Say) -> None:
    """A point a seed, and the mean with its 95 % interval."""
    import plotly.graph_objects as go

    names, means = list(arms), [100 * arm.mean for arm in arms.values()]
    bars = {"type": "data", "array": [100 * arm.half_width for arm in arms.values()], "thickness": 2, "width": 8}
    panel.add(go.Scatter(x=names, y=means, error_y=bars, mode="markers", marker={"size": 9, "color": figures.COLOURS[1]}, name=say("平均与 95% 区间", "mean and 95 % interval")))  # fmt: skip
    for k, (name, arm) in enumerate(arms.items()):
        panel.points([name] * len(arm.right), 100 * arm.right, say("一个种子", "one seed") if k == 0 else "", 0, 6, 0.5)


def _range(values: Sequence[Any], also: float) -> tuple[float, float]:
    """A range around accuracies, in %, with room for the intervals."""
    found = [float(v) for row in values for v in row] + [also]
    return 100 * min(found) - 2, 100 * max(found) + 2


def _change(sure: tuple[float, float, float]) -> str:
    """A rate with its difference to rate 0, in points."""
    rate, difference, half = sure
    return f"{rate:.0%} ({100 * difference:+.2f} ± {100 * half:.2f})"


def measured(r: DropToken, say: Say) -> Any:
    """DropToken as measured here: accuracy over seeds, and the time of a step."""
    seeds, last = len(r.arms[0].right), r.time[-1]
    best, rate = 100 * r.accuracy[r.best], r.rates[r.best]
    better = ", ".join(_change(one) for one in r.sure if one[1] > 0)
    worse = ", ".join(_change(one) for one in r.sure if one[1] < 0)
    told = say(
        f"{f'显著变差：{worse}' if worse else '没有一档显著变差'}，{f'显著更准：{better}' if better else '没有一档显著更准'}",
        f"{f'surely worse: {worse}' if worse else 'no rate is surely worse'}, {f'surely better: {better}' if better else 'none surely better'}",
    )
    figure, (left, right) = figures.panels(
        say(
            f"丢一半：每步用时 {last:.0%}，准确率 {100 * r.accuracy[0]:.1f} → {100 * r.accuracy[-1]:.1f}%；{told}",
            f"Half dropped: {last:.0%} of a step's time, accuracy {100 * r.accuracy[0]:.1f} → {100 * r.accuracy[-1]:.1f} %; {told}",
        ),
        [
            Axes(say(f"准确率（最好 {best:.1f}%，丢 {rate:.0%}）", f"Accuracy (best {best:.1f} % at {rate:.0%})"), say("丢词比例 %", "rate, %"), say("测试准确率 %", "test accuracy, %"), y_range=_range([arm.right for arm in r.arms], r.accuracy[0]), x_range=(-3, 55)),
            Axes(say("一步的时间", "Time of a step"), say("丢词比例 %", "rate, %"), say("不丢时的 %", "% of rate 0"), x_range=(-3, 62), y_range=(0, 110)),
        ],
        height=430,
    )  # fmt: skip
    left.band(
        100 * r.rates,
        100 * (r.accuracy - r.half_widths),
        100 * (r.accuracy + r.half_widths),
        say("95% 区间", "95 % interval"),
        1,
    )
    left.line(100 * r.rates, 100 * r.accuracy, say(f"{seeds} 个种子平均", f"mean of {seeds} seeds"), 1, end=False)
    for rate, arm in zip(r.rates, r.arms, strict=True):
        left.points([100 * rate] * seeds, 100 * arm.right, colour=0, size=6)
    right.line(100 * r.rates, 100 * r.time, say("实测", "measured"), 1)
    right.line(100 * r.rates, 100 * r.work, say("乘法数", "multiplications"), 7, dash="dash")
    return figure


def reported(r: Reported, task: Text, say: Say) -> Any:
    """DropToken on one CLUE task, as the post reports it."""
    rate, best, first, last = r.rates[r.best], r.accuracy[r.best], r.accuracy[0], r.accuracy[-1]
    figure, panel = figures.panel(
        say(
            f"{task.zh}：最好 {best:.2f}%（丢 {rate:.0%}），不丢 {first:.2f}%，丢一半 {last:.2f}%",
            f"{task.en}: best {best:.2f} % at {rate:.0%}, {first:.2f} % without, {last:.2f} % with half dropped",
        ),
        x=say("丢词比例 %", "rate, %"), y=say("验证集准确率 %（BERT-base，原文）", "dev accuracy, % (BERT-base, the post)"), height=430,
        x_range=(-3, 55),
    )  # fmt: skip
    panel.line(100 * r.rates, r.accuracy, end=False)
    panel.points(100 * r.rates, r.accuracy, say("原文的数字，各一次", "the post's figures, one run each"), 0, 9, 1.0)
    panel.level(first, say("不丢", "rate 0"))
    return figure


def toy(r: Averages, p: float, say: Say) -> Any:
    """The squared error of every constant, with both averages, and how the model average moves with p."""
    best, off = f"{r.average:.4g}", f"{r.off:.4g}"
    if p == 1:
        verdict = say("p = 1：不丢，两种平均相同", "p = 1: nothing dropped, both averages agree")
    elif abs(r.gap) < SAME:
        verdict = say("线性函数：权重平均就是模型平均", "A linear function: the weight average is the model average")
    else:
        verdict = say(
            f"最佳预测是 E f = {best}，关掉 Dropout 得 f(x) = {off}，误差 ×{r.worse:.2f}",
            f"The best prediction is E f = {best}; dropout off gives f(x) = {off}, error ×{r.worse:.2f}",
        )
    c = r.candidates
    figure, (left, right) = figures.panels(
        verdict,
        [
            Axes(say("用常数 c 预测的平方误差", "Squared error of predicting c"), "c", "E(f(xε/p) − c)²", from_zero=True),
            Axes(say("模型平均随 p 而变", "The model average by p"), say("保留的概率 p", "probability p of keeping"), "", x_range=(0, 1.0)),
        ],
        height=420,
    )  # fmt: skip
    left.line(c, r.error(c), end=False)
    left.level(r.average, "E f", axis="x", colour=2)
    left.level(r.off, "f(x)", axis="x", colour=1)
    right.line(r.ps, r.averages, say("模型平均 E f(xε/p)", "model average E f(xε/p)"), 2, end=False)
    right.level(r.off, say("权重平均 f(x)", "weight average f(x)"), colour=1)
    right.points([p], [r.average], say("现在", "now"), 2, 10, 1.0)
    return figure


def told_unknown(unknown: Sequence[str], tab: Tab, say: Say) -> str:
    """Characters that the vocabulary lacks, as code, so that none of them is markup."""
    if not unknown:
        return " "
    lost = " ".join(unknown).replace("`", "'")
    return say(
        f"“{labels(type(tab))['text'].zh}”里词表没有的字读作 □：`{lost}`", f"Not in the vocabulary, read as □: `{lost}`"
    )
