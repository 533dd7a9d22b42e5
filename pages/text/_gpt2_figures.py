"""Figures and notes of the GPT-2 page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import Axes
from gallery.inputs import labels
from gallery.outputs import Passage, Texts
from gallery.page import Say, Tab, Text, t

if TYPE_CHECKING:
    from core.text.inside import Ablation, Lens
    from core.text.reading import Attention, Judgement
    from core.text.writing import Draft, Sheet

HABITS: Mapping[str, Text] = {
    "marks": t("体裁与题目的记号", "the marks of form and title"),
    "itself": t("这个字自己", "the character itself"),
    "stops": t("标点", "punctuation"),
    "before": t("前一个字", "the character before"),
    "above": t("上一句里与将写之字相对的字", "its partner in the line above"),
}
MOST_BITS = 20.0  # of the colours: guessing at random costs 13, a layer that says another character more
NAMED = 52  # tokens that still have room for their names on an axis


def expected(r: Judgement, say: Say) -> Any:
    """Probability of each next character: the model's own and after the filters."""
    now, end = r.following, r.text[-6:]
    first, p = now.characters[0], f"{now.p[0]:.0%}"
    figure, panel = figures.panel(
        say(f"「…{end}」之后最可能是「{first}」，{p}", f"After “…{end}” the likeliest is {first}, {p}"),
        x=say("下一个字", "next character"),
        y=say("概率", "probability"),
        height=420,
        from_zero=True,
    )
    panel.bars(list(now.characters), now.p, say("模型的概率", "the model's"), 0, 0.8)
    panel.bars(list(now.characters), now.kept, say("过滤之后", "after the filters"), 1, 0.8)
    return figure


def surprise(r: Judgement, say: Say) -> Any:
    """Bits of surprise of each character of a text."""
    most, worst, mean = r.text[r.most], f"{r.bits[r.most]:.1f}", f"{r.mean:.2f}"
    figure, panel = figures.panel(
        say(f"最意外的是「{most}」，{worst} bit", f"The most surprising is {most}, {worst} bits"),
        x=say("字", "character"),
        y=say("意外 −log₂ p（bit）", "surprise −log₂ p (bits)"),
        height=330,
        from_zero=True,
        x_ticks=_ticks(r.text) if len(r.text) <= NAMED else None,
    )
    panel.bars(range(len(r.text)), r.bits, opacity=0.8)
    panel.level(r.mean, say(f"平均 {mean}", f"mean {mean}"))
    return figure


def attention(r: Attention, layer: int, head: int, say: Say) -> Any:
    """One head's weights: who looks (down) at what (across)."""
    (first, most), (second, next_most), *_ = r.ranked(layer, head)
    n = len(r.names)
    ticks, across = _ticks(r.names), _ticks(["·" if len(name) > 1 else name for name in r.names])
    figure, panel = figures.panel(
        say(
            f"第 {layer} 层第 {head} 头：{most:.0%} 看{HABITS[first].zh}，{next_most:.0%} 看{HABITS[second].zh}",
            f"Layer {layer}, head {head}: {most:.0%} on {HABITS[first].en}, {next_most:.0%} on {HABITS[second].en}",
        ),
        x=say("看谁", "looked at"),
        y=say("谁在看", "who looks"),
        height=560,
        y_range=(n - 0.5, -0.5),
        grid=False,
        x_ticks=across if n <= NAMED else None,
        y_ticks=ticks if n <= NAMED else None,
    )
    panel.heat(r.weights[layer - 1, head - 1], low=0, high=1, scale=say("权重", "weight"))
    return figure


def wall(r: Attention, say: Say) -> Any:
    """All heads small: layers down and heads across."""
    layers, heads, n, _ = r.weights.shape
    (layer, head), share = r.most_parallel
    figure, panel = figures.panel(
        say(
            f"最管对仗的是第 {layer} 层第 {head} 头：{share:.0%} 看上一句里相对的字",
            f"Parallelism is seen to by layer {layer}, head {head}: {share:.0%} on the partner in the line above",
        ),
        x=say("头", "head"),
        y=say("层", "layer"),
        height=560,
        y_range=(layers * (n + 1) - 1.5, -0.5),
        grid=False,
        x_ticks={(j + 0.5) * (n + 1) - 1: str(j + 1) for j in range(heads)},
        y_ticks={(i + 0.5) * (n + 1) - 1: str(i + 1) for i in range(layers)},
    )
    panel.heat(r.wall, low=0, high=1, scale=say("权重的平方根", "root of the weight"))
    return figure


def lens(r: Lens, say: Say) -> Any:
    """The first guess of every layer before each character, over the surprise at what comes; the mean by layer beside it."""
    layers, n = r.bits.shape
    here, there, after = r.repeated[1], r.right[-1], r.bits.shape[1] - 1
    zh = "始终没有转向下一个字" if r.turns is None else f"第 {r.turns} 层起转向下一个字"
    en = "none turns to what comes" if r.turns is None else f"layer {r.turns} turns to what comes"
    verdict = say(
        f"第 1 层：首字之后的 {after} 处有 {here} 处还是刚读到的字，{zh}；最后一层 {n} 字猜中 {there} 个",
        f"Layer 1 says the character just read at {here} of the {after} places after the first; {en}; the last has {there} of all {n} right",
    )
    axes = [
        Axes(
            say("各层的首选", "First guess by layer"), say("真正的下一个字", "what comes"), say("层", "layer"),
            x_ticks=_ticks(r.characters), y_ticks={float(k): str(k) for k in range(layers)}, y_range=(layers - 0.5, -0.5), grid=False,
        ),
        Axes(say("每字的意外", "Surprise"), say("层", "layer"), say("bit / 字", "bits a character"), from_zero=True),
    ]  # fmt: skip
    figure, (guess, means) = figures.panels(verdict, axes, height=520, widths=(3, 1))
    guess.heat(
        r.bits, low=0, high=MOST_BITS, scale=say("意外（bit）", "surprise (bits)"), text=[list(row) for row in r.first]
    )
    means.line(range(layers), r.mean, "", 0)
    means.points(range(layers), r.mean, "", 0, 7, 0.9)
    return figure


def silence(r: Ablation, layer: int, head: int, say: Say) -> Any:
    """Bits lost without each head, and what each character loses without the chosen one."""
    lost, place = r.loss_of(layer, head), r.hit_most(layer, head)
    more, most = r.without(layer, head), f"{r.without(layer, head)[place]:.1f}"
    change = say(f"多 {lost:.2f}", f"{lost:.2f} more") if lost >= 0 else say(f"少 {-lost:.2f}", f"{-lost:.2f} fewer")
    layers, heads = r.lost.shape
    (first, second, worst), *_ = r.worst
    if (first, second) == (layer, head):
        rank = say(f"{r.lost.size} 个头里最缺不得", f"missed most of {r.lost.size}")
    else:
        rank = say(
            f"最缺不得的是 {first} 层 {second} 头，{worst:.2f}",
            f"missed most is layer {first}, head {second}: {worst:.2f}",
        )
    verdict = say(
        f"关掉第 {layer} 层第 {head} 头：每字平均{change} bit（{rank}）；「{r.characters[place]}」最受影响（{most} bit）",
        f"Without layer {layer}, head {head}: {change} bits a character ({rank}); {r.characters[place]} is hit most ({most} bits)",
    )
    across = {float(j): str(j + 1) for j in range(heads)}
    down = {float(i): str(i + 1) for i in range(layers)}
    axes = [
        Axes(say("每字多出的 bit", "Bits a character more"), say("头", "head"), say("层", "layer"), x_ticks=across, y_ticks=down, y_range=(layers - 0.5, -0.5), grid=False),
        Axes(
            say("各个字的变化", "Change of each character"), say("字", "character"), "bit", from_zero=True,
            x_ticks=_ticks(r.characters) if len(r.characters) <= NAMED // 2 else None,
        ),
    ]  # fmt: skip
    figure, (all_heads, one) = figures.panels(verdict, axes, height=520, widths=(1, 2))
    all_heads.heat(r.lost, diverging=True, scale="", text=[[_signed(v) for v in row] for row in r.lost])
    corners = (
        (head - 1.5, head - 0.5, head - 0.5, head - 1.5, head - 1.5),
        (layer - 1.5, layer - 1.5, layer - 0.5, layer - 0.5, layer - 1.5),
    )
    all_heads.line(*corners, "", 1, 3)
    one.bars(range(len(more)), more, "", 0, 0.8)
    return figure


def _signed(value: float) -> str:
    """Two decimals with a sign; no minus before 0.00."""
    return f"{round(float(value), 2) + 0.0:+.2f}"


def passages(drafts: Sequence[Draft], title: str, say: Say) -> Texts:
    """The drafts with what became of each under it."""
    return Texts([Passage(draft.laid_out, title, _caption(draft, say), verse=True) for draft in drafts])


def _caption(draft: Draft, say: Say) -> str:
    if not draft.done:
        return say("正在写……", "writing …")
    bits = say(f"每字 {draft.bits:.2f} bit", f"{draft.bits:.2f} bits a character")
    yes = {True: say("合", "yes"), False: say("不合", "no")}
    parts = [] if draft.shape_right is None else [say("句式", "form: ") + yes[draft.shape_right]]
    if draft.report:
        parts.append(say("押韵", "rhyme: ") + yes[draft.report.rhyme_right])
        parts.append(say("平仄 ", "tones ") + f"{draft.report.in_tone:.0%}")
    return " · ".join([*parts, bits])


def verdict(r: Sheet, say: Say) -> str:
    """What became of the form, in bold."""
    n = len(r.drafts)
    if r.tune:
        count, lines = r.tune.characters, len(r.tune.lines)
        return say(
            f"**{r.tune.name}：{lines} 句 {count} 字，{n} 份中 {r.right} 份合。** 词牌定句式：语料里 {r.tune.texts} 首《{r.tune.name}》有 {r.tune.share:.0%} 如此断句。这里只守字数与句读，不守平仄和韵。",
            f"**{r.tune.name}: {lines} lines, {count} characters; {r.right} of {n} drafts have them.** The tune fixes the lines: of {r.tune.texts} ci to it in the texts, {r.tune.share:.0%} are cut this way. Lengths and marks are held, tones and rhyme are not.",
        )
    if r.form == "词":
        return say(
            "**没有认出词牌，句数由模型自定，不可当作词谱。** 题目写一个常见词牌（如浣溪沙、蝶恋花、水调歌头）就会守它的句式。",
            "**No known tune in the title: the model sets the lines itself, and they follow no pattern.** Give a common tune as the title (see its examples) and its lines are held.",
        )
    if r.in_tone == r.in_tone:
        return say(
            f"**{n} 份里句式合的 {r.right} 份，押韵的 {r.rhymed} 份，平仄平均合 {r.in_tone:.0%}。**",
            f"**Of {n} drafts {r.right} have the right lines, {r.rhymed} rhyme; {r.in_tone:.0%} of the tones are right.**",
        )
    return ""


def card(r: Sheet, say: Say) -> str:
    """What the card tells of this form, and of learning by heart."""
    f = r.figures
    assert f is not None
    return say(
        f"留作测试的{r.form}每字 {f.bits:.2f} bit（格律诗平均 {f.regulated:.2f}，二元模型 {f.bigram:.2f}）。背了多少？200 首样本与训练集最长的逐字重合是 {f.longest} 字（含标点），平均 {f.mean:.1f} 字。",
        f"Held-out texts of this form: {f.bits:.2f} bits a character (regulated verse {f.regulated:.2f}, a bigram model {f.bigram:.2f}). How much is learnt by heart? The longest verbatim overlap of 200 samples with the training texts is {f.longest} characters (marks included), {f.mean:.1f} on average.",
    )


def left_out(unknown: Sequence[tuple[str, Sequence[str]]], tab: Tab, say: Say) -> str:
    """Characters that the vocabulary lacks, by the input's label; as code, so that none of them is markup."""
    named = [
        f"{say(labels(type(tab))[name])} `{' '.join(lost).replace('`', chr(39))}`" for name, lost in unknown if lost
    ]
    return say("词表里没有：", "Not in the vocabulary: ") + "；".join(named) if named else ""


def _ticks(names: Sequence[str]) -> dict[float, str]:
    return {float(k): "↵" if name == "\n" else name for k, name in enumerate(names)}
