"""Figures, passages and notes of the cloze page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import COLOURS
from gallery.outputs import Passage, Table
from gallery.page import Say, t
from pages.text._cloze_texts import BASELINE_NAMES, READER_NAMES, TEST_NAMES

if TYPE_CHECKING:
    from core.text.cloze.record import HandCase, Measured
    from core.text.cloze.views import Compared, Filled, Swept, Text

POST_VALIDATION = 73.55  # %, of the post, on the same 2 000 questions
ACCURACY = t("正确率（%）", "accuracy, %")
GAP = "\uff3f\uff3f"  # a full-width line on both sides of the blank, so that it is found in the passage
BARS = 12  # words of the ranking that are drawn
TIMES = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 10**9))
"""How often the answer stands in the passage, the blank apart: the groups of the second figure."""


def verdict(y: Filled, say: Say) -> str:
    """What the reader answers, and how that stands to the hidden word."""
    word, p = y.answer.merged, f"{y.answer.ranked[0][1]:.2f}"
    if y.right is None:
        return say(f"填“{word}”，P = {p}", f"It fills in {word}, P = {p}")
    if y.right:
        if y.answer.single != word:
            one = y.answer.single
            return say(
                f"填“{word}”，P = {p}：正是原词；最大的一处却是“{one}”，合并改对了",
                f"It fills in {word}, P = {p}: the word that was there; the largest position is {one}'s, and merging mends it",
            )
        return say(f"填“{word}”，P = {p}：正是原词", f"It fills in {word}, P = {p}: the word that was there")
    truth, own = y.truth, f"{y.sums[y.truth]:.3f}"
    return say(
        f"填“{word}”，P = {p}；原词“{truth}”排第 {y.rank}，{own}",
        f"It fills in {word}, P = {p}; the hidden {truth} is no. {y.rank}, {own}",
    )


def ranking(y: Filled, say: Say) -> Any:
    """The likeliest words: the sum of their positions, and the largest position alone."""
    words = [word for word, _ in y.answer.ranked[:BARS]]
    figure, panel = figures.panel(
        verdict(y, say), x=say("候选词", "candidate"), y=say("概率", "probability"), height=380, y_range=(0, 1)
    )
    panel.bars(
        words,
        [y.sums[word] for word in words],
        say("合并：各处之和 P(w)", "merged: sum of its positions, P(w)"),
        0,
        0.8,
    )
    panel.bars(words, [y.largest[word] for word in words], say("概率最大的一处", "its most probable position"), 1, 0.8)
    return figure


def passage(y: Filled, together: bool, title: str, caption: str) -> Passage:
    """The passage with the answer in its gap, words coloured by their probability, before merging or after it."""
    gap, split = f"{GAP}【{y.answer.merged if together else y.answer.single}】{GAP}", len(y.answer.passage.left)
    pieces = [
        (word, shade, f"{word}: p = {p:.4f}, P = {y.sums[word]:.4f} (×{y.times[word]})")
        for word, p, shade in zip(y.answer.passage.words, y.answer.p, y.shades(together), strict=True)
    ]
    return coloured([*pieces[:split], (gap, 0.0, ""), *pieces[split:]], title, caption)


def coloured(pieces: Sequence[tuple[str, float, str]], title: str, caption: str) -> Passage:
    """A passage of (word, shade, note)."""
    text = "".join(word for word, _, _ in pieces)
    shades = [shade for word, shade, _ in pieces for _ in word]
    notes = [note for word, _, note in pieces for _ in word]
    return Passage(text, title, caption, False, shades, notes)


def both(y: Filled, say: Say) -> list[Passage]:
    """The passage before and after merging."""
    one, word = y.answer.single, y.answer.merged
    p, total = f"{y.single_share:.3f}", f"{y.sums[word]:.3f}"
    before = say(f"最大的一处：“{one}”，{p}", f"largest position: {one}, {p}")
    times = y.times[word]
    after = say(f"“{word}”出现 {times} 次，共 {total}", f"{word} stands {times}×, in all {total}")
    if one != word:
        after += say("；合并改了答案", "; merging changed the answer")
    return [
        passage(y, False, say("合并前：每个位置的 p", "Before merging: p of every position"), before),
        passage(y, True, say("合并后：每个词的 P", "After merging: P of every word"), after),
    ]


def told(one: Text, asked: int, say: Say) -> str:
    """What was done to the reader's text: where the blank is (``asked`` for), how words were found, what is unknown."""
    parts, many = [], len(one.places)
    if one.marked:
        parts.append(say("空在您标出的地方。", "The blank is where you marked it."))
    else:
        here = say(f"第 {one.number} 个", f"no. {one.number}")
        if asked > many:
            here = say(
                f"第 {one.number} 个（没有第 {asked} 个，数完从头来）",
                f"no. {one.number} (there is no {asked}: counting goes round)",
            )
        parts.append(
            say(
                f"可挖的空有 {many} 个（出现至少两次的名词），现在是{here}。",
                f"There are {many} places for a blank (nouns that stand at least twice); this is {here}.",
            )
        )
    if one.spaced:
        parts.append(say("词按空格分开。", "Words are set apart by your spaces."))
    if one.converted:
        parts.append(say("繁体已转成简体。", "Traditional characters were turned into simplified ones."))
    if one.unknown:
        some, count = "、".join(one.unknown[:8]), len(one.unknown)
        parts.append(
            say(
                f"词表里没有的词（{count} 个）：{escaped(some)}{'…' if count > 8 else ''}；它们取各部分向量的平均或“未知词”的向量，仍可被选中。",
                f"Words outside the vocabulary ({count}): {escaped(some)}{'…' if count > 8 else ''}; they get the mean of their parts' vectors or the vector of unknown words, and can still be chosen.",
            )
        )
    return " ".join(parts)


def escaped(text: str) -> str:
    """A reader's words inside Markdown: as code, so that no mark of theirs is obeyed."""
    return "`" + text.replace("`", "'") + "`"


def beside(y: Compared, say: Say) -> Any:
    """Every reader's answer, how sure it is of it, and what it gives the hidden word."""
    given = {name: (say(READER_NAMES[name]), one.answer.merged) for name, one in y.filled.items()}
    told = say("，", ", ").join(f"{name} {word}" for name, word in given.values())
    truth, right = next(iter(y.filled.values())).truth, len(y.right)
    if truth:
        verdict = say(
            f"原词“{truth}”，{len(given)} 个模型填对 {right} 个：{told}",
            f"The hidden word is {truth}; {right} of {len(given)} readers are right: {told}",
        )
    elif len(y.answers) == 1:
        verdict = say(f"{len(given)} 个模型都填“{y.answers[0]}”", f"All {len(given)} readers fill in {y.answers[0]}")
    else:
        verdict = say(f"{len(given)} 个模型意见不一：{told}", f"The readers differ: {told}")
    figure, panel = figures.panel(
        verdict, x=say("模型", "reader"), y=say("概率", "probability"), height=320, y_range=(0, 1)
    )
    x = [f"{name}: {word}" for name, word in given.values()]
    panel.bars(x, [one.answer.ranked[0][1] for one in y.filled.values()], say("它的答案", "its answer"), 0, 0.8)
    if truth:
        panel.bars(x, [one.sums[truth] for one in y.filled.values()], say("原词", "the hidden word"), 2, 0.8)
    return figure


def rivals(y: Compared, say: Say) -> list[Passage]:
    """The passage as every reader sees it."""
    made = []
    for name, one in y.filled.items():
        mark = {True: " ✓", False: " ✗", None: ""}[one.right]
        made.append(passage(one, True, f"{say(READER_NAMES[name])}: {one.answer.merged}{mark}", verdict(one, say)))
    return made


def rivals_table(y: Compared, say: Say) -> Table:
    """Every reader's answer here, over all blanks of the passage, and on the validation set."""
    columns: dict[str, list[Any]] = {
        say("模型", "reader"): [say(READER_NAMES[name]) for name in y.filled],
        say("答案", "answer"): [one.answer.merged for one in y.filled.values()],
        "P": [round(one.answer.ranked[0][1], 3) for one in y.filled.values()],
    }
    if y.swept:
        total = len(next(iter(y.swept.values())).places)
        columns[say(f"本文 {total} 个空填对", f"right of {total} blanks here")] = [
            one.right for one in y.swept.values()
        ]
    columns[say("验证集正确率 (%)", "validation accuracy (%)")] = [
        round(100 * y.accuracy[name], 1) for name in y.filled
    ]
    return Table(columns)


def all_blanks(y: Swept, say: Say) -> Passage:
    """The passage with every blanked word coloured by the probability of what was there."""
    chances = dict(zip(y.places, y.truths, strict=True))
    given = {place: one.merged for place, one in zip(y.places, y.answers, strict=True)}
    pieces = []
    for k, word in enumerate(y.text.words):
        p = chances.get(k)
        note = (
            ""
            if p is None
            else say(f"挖掉它：填“{given[k]}”；它的 P = {p:.3f}", f"blanked: {given[k]}; its own P = {p:.3f}")
        )
        pieces.append((word, p or 0.0, note))
    caption = say(
        "越红，挖掉之后原词的 P 越大；没有颜色的没有挖。指着一个词看它被挖掉时的答案。",
        "The redder, the larger P of the word once it is blanked; words without colour were not. Point at one for the answer.",
    )
    return coloured(pieces, "", caption)


def blanks_figure(y: Swept, say: Say) -> Any:
    """P of the hidden word, blank by blank."""
    n, right, base, name = len(y.places), y.right, y.baseline, BASELINE_NAMES[y.strongest]
    relation = say(
        "多于" if right > base else "等于" if right == base else "少于",
        "more than" if right > base else "as many as" if right == base else "fewer than",
    )
    figure, panel = figures.panel(
        say(f"{n} 个空轮流挖，填对 {right} 个，{relation}最好的基线 {base} 个（{name.zh}）", f"{right} of {n} blanks right, {relation} the {base} of the best baseline ({name.en})"),
        x=say("第几个空", "blank"), y=say("原词的 P", "P of the hidden word"), height=360, y_range=(0, 1),
    )  # fmt: skip
    correct = [one.merged == one.passage.answer for one in y.answers]
    for value, name, colour in ((True, say("填对", "right"), 2), (False, say("填错", "wrong"), 1)):
        chosen = [k for k, one in enumerate(correct) if one == value]
        if chosen:
            panel.points(
                [k + 1 for k in chosen],
                [y.truths[k] for k in chosen],
                name,
                colour,
                9,
                0.9,
                [y.answers[k].passage.answer for k in chosen],
            )
    return figure


def hand(y: HandCase, say: Say) -> Any:
    """Positions of the two words, and their sums."""
    a, b = f"{y.sums['A']:.2f}", f"{y.sums['B']:.2f}"
    if y.turns:
        title = say(
            f"最大的一处是 {y.single}，和最大的是 {y.together}：{a} 对 {b}",
            f"The largest position is {y.single}'s, the largest sum {y.together}'s: {a} to {b}",
        )
    else:
        title = say(f"两种办法都选 {y.single}：和为 {a} 对 {b}", f"Both ways choose {y.single}: sums {a} to {b}")
    figure, (left, right) = figures.panels(
        title,
        [figures.Axes(say("合并前", "before merging"), say("位置", "position"), "p", y_range=(0, 1)), figures.Axes(say("合并后", "after merging"), say("词", "word"), "P", y_range=(0, 1))],
        height=340,
    )  # fmt: skip
    spots = ["A", *(f"B{k + 1}" for k in range(y.times))]
    left.bars(
        spots,
        [y.alone, *(y.each for _ in range(y.times))],
        "",
        [COLOURS[1], *(COLOURS[0] for _ in range(y.times))],
        0.8,
    )
    right.bars(["A", "B"], [y.sums["A"], y.sums["B"]], "", [COLOURS[1], COLOURS[0]], 0.8)
    return figure


def merging(y: Measured, test: str, readers: Sequence[str], say: Say) -> Any:
    """Accuracy with and without merging, by reader, on one test set."""
    found = y.of(test)
    gains = [found.merged[name] - found.single[name] for name in readers]
    low, high = f"{100 * min(gains):+.1f}", f"{100 * max(gains):+.1f}"
    where = say(TEST_NAMES[test])
    figure, panel = figures.panel(
        say(f"{where}：合并使正确率变化 {low} 到 {high} 个百分点", f"{where}: merging changes accuracy by {low} to {high} points"),
        x=say("模型", "reader"), y=ACCURACY(say.lang), height=360, y_range=(0, 100),
    )  # fmt: skip
    names, base = [say(READER_NAMES[name]) for name in readers], f"{100 * found.frequent:.1f}"
    panel.bars(names, [100 * found.merged[name] for name in readers], say("合并", "merged"), 0, 0.8)
    panel.bars(names, [100 * found.single[name] for name in readers], say("不合并", "not merged"), 1, 0.8)
    panel.level(100 * found.frequent, say(f"最多的名词 {base}%", f"most frequent noun {base} %"), colour=7)
    return figure


def accuracies(y: Measured, test: str, readers: Sequence[str], say: Say) -> Any:
    """Accuracy of every reader on one test set beside the baselines and, on the validation set, the post."""
    found = y.of(test)
    best = max(readers, key=lambda name: found.merged[name])
    share, base, where = f"{found.merged[best]:.1%}", f"{found.frequent:.1%}", say(TEST_NAMES[test])
    figure, panel = figures.panel(
        say(f"{where}，{found.questions} 题：最好 {share}（{READER_NAMES[best].zh}），最多名词 {base}", f"{where}, {found.questions} questions: best {share} ({READER_NAMES[best].en}), most frequent noun {base}"),
        x=say("模型", "reader"), y=ACCURACY(say.lang), height=400, y_range=(0, 100),
    )  # fmt: skip
    names = [say(READER_NAMES[name]) for name in readers]
    panel.bars(names, [100 * found.merged[name] for name in readers], "", 0, 0.8)
    for name in readers:
        low, high = found.merged[name] - found.error(name), found.merged[name] + found.error(name)
        panel.line([say(READER_NAMES[name])] * 2, [100 * low, 100 * high], "", 3, 2, end=False)
    panel.level(100 * found.frequent, say("最多的名词", "most frequent noun"), colour=7)
    if test == "cmrc":
        panel.level(POST_VALIDATION, say("原文 73.55%", "the post, 73.55 %"), colour=1)
    return figure


def by_times(y: Measured, test: str, readers: Sequence[str], say: Say) -> Any:
    """Accuracy by how often the answer stands in the passage."""
    groups = [(f"{a}" if a == b else f"≥{a}", y.of(test, a, b)) for a, b in TIMES]
    groups = [(name, found) for name, found in groups if found.questions]
    (first, few), (last, many), reader = groups[0], groups[-1], readers[0]
    low, high = f"{few.merged[reader]:.0%}", f"{many.merged[reader]:.0%}"
    figure, panel = figures.panel(
        say(
            f"答案在文中 {first} 次：{READER_NAMES[reader].zh}填对 {low}；{last} 次：{high}",
            f"Where the answer stands {first}×, {READER_NAMES[reader].en}: {low} right; {last}×: {high}",
        ),
        x=say("答案在文中出现几次（空除外）", "times the answer stands, the blank apart"),
        y=ACCURACY(say.lang),
        height=380,
        y_range=(0, 100),
    )
    x = [f"{name} ({found.questions})" for name, found in groups]
    for colour, one in enumerate(readers):
        panel.line(x, [100 * found.merged[one] for _, found in groups], say(READER_NAMES[one]), colour, end=False)
    base = [100 * found.frequent for _, found in groups]
    panel.line(x, base, say("最多的名词", "most frequent noun"), 7, dash="dash", end=False)
    return figure


def sets_table(y: Measured, tests: Mapping[str, Any], readers: Sequence[str], say: Say) -> Table:
    """All test sets: readers, baselines, in per cent."""
    columns: dict[str, list[Any]] = {
        say("测试集", "test set"): [say(TEST_NAMES[name]) for name in tests],
        say("题数", "questions"): [y.of(name).questions for name in tests],
    }
    for reader in readers:
        columns[say(READER_NAMES[reader]) + " (%)"] = [round(100 * y.of(name).merged[reader], 1) for name in tests]
    columns[say("最多的名词", "most frequent noun") + " (%)"] = [
        round(100 * y.metrics[f"{name}: frequent"], 1) for name in tests
    ]
    columns[say("最近的重复名词", "nearest repeated noun") + " (%)"] = [
        round(100 * y.metrics[f"{name}: nearest"], 1) for name in tests
    ]
    return Table(columns)


def turned(y: Measured, test: str, readers: Sequence[str], say: Say) -> str:
    """How many test questions merging mended and spoilt."""
    found = y.of(test)
    parts = [
        say(
            f"{READER_NAMES[name].zh}：改对 {found.mended[name]}，改错 {found.spoilt[name]}",
            f"{READER_NAMES[name].en}: {found.mended[name]} mended, {found.spoilt[name]} spoilt",
        )
        for name in readers
    ]
    return say(
        f"{found.questions} 题里合并改动的题：{'；'.join(parts)}。虚线是最多的名词。上图是手算的例子，$p_A>\\frac12$ 时合并不可能改变答案。",
        f"Of {found.questions} questions merging changed: {'; '.join(parts)}. The dashed line is the most frequent noun. The upper figure is a case by hand; where $p_A>\\frac12$ merging cannot change the answer.",
    )


def beside_the_post(say: Say) -> str:
    """What the figures are and what differs from the post."""
    return say(
        "竖线为 ±1 个标准误。原文的 73.55% 与这里的验证集是同一份 2,000 题，但训练用的是官方的 354,295 题；测试集 75.77% 的题目这里没有。“提问”一栏把问句接在文章之后、以空代替“什么/谁/哪”，模型没有见过这种题。",
        "Bars of error are ±1 standard error. The post's 73.55 % is on the same 2 000 validation questions, but trained on the official 354 295; the questions of its test set (75.77 %) are not here. For «user questions» the question follows the passage with the blank in place of 什么, 谁 or 哪; no reader was trained on such.",
    )
