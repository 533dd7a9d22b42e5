"""Figures and cards of the DGCNN page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.outputs import Passage, Texts
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.text.dgcnn.questions import Asked, Gates, Measured, Ruler, Tally, Voted

RULES = {
    "max": t("取最大：max s", "Largest: max s"),
    "sum": t("求和：Σs", "Sum: Σs"),
    "smoothed": t("原文：Σs²/(1+Σs)", "The post's: Σs²/(1+Σs)"),
}
WAYS = {
    "": t("DGCNN", "DGCNN"),
    ", stretch of it": t("该句中的一段", "a stretch of it"),
    ", best sentence": t("最匹配的句子", "best matching sentence"),
}
SETS = {"CMRC": "CMRC 2018", "DRCD": "DRCD"}
MOST_NAME = 8  # characters of an answer on an axis
ROOM = 1.3  # of the longest bar: its number stands beside it
LEAST_SPAN = 0.01
CURVES = ("answered", "right of all", "answered on another passage", "answered on another passage of its article")
ANSWERED_ABOVE = 0.1  # the threshold that a title names


def told(text: str, say: Say) -> str:
    """An answer in quotation marks."""
    return f"「{text}」" if say.lang == "zh" else f"“{text}”"


def _names(texts: Sequence[str]) -> list[str]:
    """Answers as an axis has room for them, still different from each other."""
    found: dict[str, None] = {}
    for text in texts:
        short = text if len(text) <= MOST_NAME else text[: MOST_NAME - 1] + "…"
        while short in found:
            short += "′"
        found[short] = None
    return list(found)


def heat(y: Asked, threshold: float, say: Say) -> Texts:
    """The answer in its passage, starts, ends, and the question's attention."""
    best = say(
        f"最高的一段是{told(y.best.text, say)}，{y.best.score:.3f}",
        f"the best is {told(y.best.text, say)}, {y.best.score:.3f}",
    )
    none = say(f"没有高于阈值 {threshold:g} 的答案", f"No answer above the threshold {threshold:g}")
    title = f"{told(y.answer, say)} · {y.answers[0].score:.3f}" if y.answers else none
    caption = say("最红：答案；淡红：与问题最匹配的句子", "reddest: the answer; faint: the sentence that matches best")
    top = say("最大 {:.3f}；颜色为 p", "largest {:.3f}; the shade is p")
    starts, ends = ([f"p = {p:.4f}" for p in values] for values in (y.start, y.end))
    weights = [f"λ = {weight:.3f}" for weight in y.weights]
    return Texts(
        [
            Passage(y.passage, title, caption if y.answers else best, False, y.answer_shades),
            Passage(y.passage, say("起点 p_start", "Start, p_start"), top.format(y.start.max()), False, y.start_shades, starts),
            Passage(y.passage, say("终点 p_end", "End, p_end"), top.format(y.end.max()), False, y.end_shades, ends),
            Passage(y.question, say("问题的注意力 λ", "The question's attention λ"), say("越红权重越大", "the redder, the larger the weight"), False, y.weight_shades, weights),
        ]
    )  # fmt: skip


def cards(y: Voted, asked: str, truths: Sequence[str], say: Say) -> Texts:
    """The question, with what is right where that is known, and every passage with what it answers."""
    right = " / ".join(truths)
    known = say(f"正确答案：{right}", f"the right answer: {right}") if truths else ""
    found = [Passage(asked, say("问题", "The question"), known, False)]
    for number, one in enumerate(y.each, 1):
        answer = (
            f"{told(one.answer, say)} · {one.answers[0].score:.3f}" if one.answers else say("没有答案", "no answer")
        )
        title = say(f"第 {number} 段：{answer}", f"Passage {number}: {answer}")
        caption = f"p_global = {one.whole[0]:.3f}, {one.whole[1]:.3f}"
        found.append(Passage(one.passage, title, caption, False, one.answer_shades))
    return Texts(found)


def election(y: Tally, say: Say, asked: str = "") -> Any:
    """What each rule makes of the scores, and whom it elects; the question ``asked`` stands before that."""
    totals = {rule: f"{y.totals[rule][y.winners(rule)[0]]:.3f}" for rule in RULES}
    who = {rule: " = ".join(told(name, say) for name in y.winners(rule)) for rule in RULES}
    if y.agree:
        title = say(
            f"三条规则都选{who['max']}：总分 {'、'.join(totals.values())}",
            f"All three rules elect {who['max']}: totals {', '.join(totals.values())}",
        )
    else:
        title = say(
            f"max 选{who['max']}（{totals['max']}），Σs 选{who['sum']}（{totals['sum']}），Σs²/(1+Σs) 选{who['smoothed']}（{totals['smoothed']}）",
            f"max elects {who['max']} ({totals['max']}), Σs {who['sum']} ({totals['sum']}), Σs²/(1+Σs) {who['smoothed']} ({totals['smoothed']})",
        )
    title = f"{asked}{' ' if say.lang == 'en' and asked else ''}{title}"
    answers = y.leading[::-1]
    names = _names(answers)
    figure, panels = figures.panels(
        title,
        [
            figures.Axes(
                name(say.lang),
                say("总分", "total score"),
                x_range=(0, max(ROOM * max(y.totals[rule].values()), LEAST_SPAN)),
            )
            for rule, name in RULES.items()
        ],
        height=400,
    )
    for panel, rule in zip(panels, RULES, strict=True):
        elected, scores = y.winners(rule), y.totals[rule]
        colours = [1 if answer in elected else 7 for answer in answers]
        panel.bars(names, [scores[answer] for answer in answers], colour=colours, horizontal=True)
        for k, answer in enumerate(answers):
            panel.note(scores[answer], k, f"{scores[answer]:.3f}")
    return figure


def gates(y: Gates, block: int, closed: int, drop: float, say: Say) -> Any:
    """The mean gate of every block at every character."""
    dropped = say(f"（丢掉 {drop:.0%} 的门）", f" with {drop:.0%} of the gates dropped") if drop else ""
    same = y.answer.text == y.open.text
    now = f"{told(y.answer.text, say)} {y.answer.score:.3f}"
    before = f"{told(y.open.text, say)} {y.open.score:.3f}"
    if closed:
        title = say(
            f"关上第 {closed} 块的门{dropped}：{before} → {now}" + ("（答案没变）" if same else "（答案变了）"),
            f"Block {closed} closed{dropped}: {before} → {now}"
            + (" (the same answer)" if same else " (another answer)"),
        )
    else:
        mean = y.means[block - 1]
        title = say(
            f"第 {block} 块平均让 {mean:.0%} 的卷积结果通过{dropped}；答案 {now}",
            f"Block {block} lets {mean:.0%} of its convolution through on average{dropped}; answer {now}",
        )
    rows = [f"{k} (r={r})" for k, r in enumerate(y.dilations, 1)]
    figure, panel = figures.panel(
        title, x=say("字的位置", "place of the character"), y=say("块（膨胀率 r）", "block (dilation r)"), height=330,
        y_ticks=dict(enumerate(rows, 1)),
    )  # fmt: skip
    panel.heat(
        y.gates, range(1, y.gates.shape[1] + 1), range(1, len(rows) + 1), low=0, high=1, scale=say("门 σ", "gate σ")
    )
    panel.level(y.open.first + 1, say("原答案", "its answer"), axis="x")
    return figure


def ruler(y: Ruler, say: Say) -> Any:
    """Which places each block sees, and the gradient that says so."""
    gaps = y.reach - y.seen
    stack = ", ".join(map(str, y.dilations))
    end = say("一个不漏", "none left out") if gaps == 0 else say(f"漏掉其间 {gaps} 个", f"{gaps} between them left out")
    figure, (seen, gradient) = figures.panels(
        say(
            f"膨胀率 {stack}：1 + 2Σr = {y.formula}，梯度看到 {y.seen} 个字，{end}",
            f"Dilations {stack}: 1 + 2Σr = {y.formula}; the gradient sees {y.seen} characters, {end}",
        ),
        [
            figures.Axes(
                say("每一块之后看到的字", "What is seen after each block"), say("与中心的距离（字）", "distance from the centre (characters)"), say("块", "block"),
                y_ticks={k: f"{k} (r={r})" for k, r in enumerate(y.dilations, 1)},
            ),
            figures.Axes(
                say("随机权重下的梯度大小", "Size of the gradient, random weights"), say("与中心的距离（字）", "distance from the centre (characters)"), say("|∂y₀/∂xᵢ|（最大 = 1）", "|∂y₀/∂xᵢ| (largest = 1)"),
                y_log=True,
            ),
        ],
        height=400,
    )  # fmt: skip
    seen.heat(y.shown, y.offsets, range(1, len(y.dilations) + 1), low=0, high=1)
    for k, width in enumerate(y.widths, 1):
        seen.note(y.offsets[-1], k, f"{width}", "right", plate=True)
    gradient.points(y.offsets[y.there], y.relative[y.there], colour=0, size=6, opacity=0.9)
    for edge in (-(y.formula // 2), y.formula // 2):
        gradient.level(edge, f"{edge:+d}", axis="x")
    return figure


def scores(y: Measured, measure: str, say: Say) -> Any:
    """Both sets apart: the network beside what needs none."""
    told_scores = "，".join(f"{SETS[s]} {y.rate(s, measure):.1%}" for s in SETS)
    english = ", ".join(f"{y.rate(s, measure):.1%} on {SETS[s]}" for s in SETS)
    figure, panel = figures.panel(
        say(f"留出问题上的 {measure}：{told_scores}", f"{measure} on held-out questions: {english}"),
        x=say("数据集", "data set"),
        y=measure,
        y_range=(0, 1),
        height=400,
    )
    for colour, (way, name) in enumerate(WAYS.items()):
        panel.bars([SETS[s] for s in SETS], [y.rate(s, measure, way) for s in SETS], name(say.lang), colour)
    return figure


def curve(y: Measured, use_global: bool, say: Say) -> Any:
    """What a threshold of the score lets through, on the right passage and on another."""
    at = y.thresholds
    answered, right, other, near = (y.curve(name, use_global) for name in CURVES)
    k = at.index(ANSWERED_ABOVE)
    figure, panel = figures.panel(
        say(
            f"得分高于 {ANSWERED_ABOVE:g} 才答：自己的段落上答 {answered[k]:.0%}，话题不同的段落上 {other[k]:.0%}，同篇的别段上 {near[k]:.0%}",
            f"Answering above a score of {ANSWERED_ABOVE:g}: {answered[k]:.0%} on the right passage, {other[k]:.0%} on another topic, {near[k]:.0%} elsewhere in the article",
        ),
        x=say("得分 p_start·p_end 的阈值", "threshold of the score p_start·p_end"),
        y=say("问题的比例", "share of questions"),
        y_range=(0, 1),
        height=380,
    )
    panel.line(at, answered, say("回答了", "answered"), 0)
    panel.line(at, right, say("答对", "right"), 2)
    panel.line(at, near, say("同篇的别段也答", "elsewhere in the article"), 3)
    panel.line(at, other, say("别的话题也答", "another topic"), 1)
    return figure


def nobody(threshold: float, say: Say) -> Any:
    """No passage answers."""
    figure, _ = figures.panel(
        say(f"没有一段给出高于阈值 {threshold:g} 的答案", f"No passage answers above the threshold {threshold:g}"),
        x=say("答案", "answer"), y=say("总分", "total score"), x_range=(0, 1), y_range=(0, 1), height=400,
    )  # fmt: skip
    return figure
