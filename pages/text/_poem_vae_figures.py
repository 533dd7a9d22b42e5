"""Figures of the couplet machine, and the numbers under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery import figures
from gallery.outputs import Metric
from gallery.page import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.text.couplet_questions import Couplets, Memory, Neighbourhood, Shells, Staircase
    from core.text.couplet_questions import Walk as Steps


def sheet_facts(r: Couplets, say: Say) -> list[Metric]:
    """Repeats, opposed tones, different characters, and the dimensions of a code."""
    return [
        Metric(
            say("句中重字", "Lines with a repeat"),
            f"{r.repeats:.0%}",
            say(f"真诗 {r.real_repeats:.0%}", f"real verse {r.real_repeats:.0%}"),
        ),
        Metric(
            say("平仄相对", "Opposed tones"),
            r.mean_opposed,
            say("两句同位的字一平一仄的比例", "share of places with one level, one oblique tone"),
        ),
        Metric(say("不同的字", "Different characters"), r.characters),
        Metric(say("编码维数", "Dimensions of a code"), r.latent, "z ~ N(0, I)"),
    ]


def walk_facts(r: Steps, say: Say) -> list[Metric]:
    """What comes back of both ends, the different couplets, and the distance of the codes."""
    (first, last), n, steps = r.rebuilt, r.length, len(r.texts)
    return [
        Metric(say("起点还原的字", "Start: characters rebuilt"), f"{first} / {n}"),
        Metric(say("终点还原的字", "End: characters rebuilt"), f"{last} / {n}"),
        Metric(say("不同的联", "Different couplets"), f"{r.different} / {steps}"),
        Metric("‖a − b‖", r.distance, say("两联编码的距离", "distance of the two codes")),
    ]


def walk_note(r: Steps, say: Say) -> str:
    """How the ends come back from their codes."""
    (first, last), n, steps = r.rebuilt, r.length, len(r.texts)
    if first + last < n:
        holds = say("编码没有记住每一个字，记住的是题材与句式。", "The codes do not hold every character; they hold the subject and the build of the lines.")  # fmt: skip
    else:
        holds = say("编码记住了大部分的字；中间的编码没有哪一联真诗给出过，写出的句子就散。", "The codes hold most characters; those between belong to no real couplet, and what is written there comes apart.")  # fmt: skip
    return say(
        f"**{steps} 步走过 {r.different} 种不同的联。** 两端是编码再解码的结果，不是原句：起点的 {n} 个字还原 {first} 个，终点 {last} 个。{holds}",
        f"**{steps} steps pass {r.different} different couplets.** The ends are what comes back from the codes, not the originals: {first} of {n} characters of the start, {last} of the end. {holds}",
    )


def memory(r: Memory, say: Say) -> go.Figure:
    """By the cards: held-out characters that come back, and neighbouring characters of samples that the language knows."""
    names = [say(f"KL × {weight:g}", f"KL × {weight:g}") for weight in r.weights]
    first, last = r.told[0], r.told[-1]
    verdict = say(
        f"KL 的权重由 {r.weights[0]:g} 降到 {r.weights[-1]:g}：还原的字从 {first.rebuilt:.0%} 升到 {last.rebuilt:.0%}，随机写出的相邻两字见于语料的从 {first.pairs:.0%} 降到 {last.pairs:.0%}",
        f"The KL's weight from {r.weights[0]:g} to {r.weights[-1]:g}: characters that come back, {first.rebuilt:.0%} to {last.rebuilt:.0%}; neighbours in random samples known to the texts, {first.pairs:.0%} to {last.pairs:.0%}",
    )
    axes = [
        figures.Axes(say("记性：留出的联", "Memory: held-out couplets"), y=say("还原的字", "characters that come back"), y_range=(0, 1)),
        figures.Axes(say("文采：随机的联", "Verse: couplets at random"), y=say("相邻两字见于语料", "neighbours known to the texts"), y_range=(0, 1)),
    ]  # fmt: skip
    figure, (back, known) = figures.panels(verdict, axes, height=330)
    back.bars(names, [one.rebuilt for one in r.told], "", [0, 1])
    known.bars(names, [one.pairs for one in r.told], "", [0, 1])
    known.level(first.real_pairs, say(f"真诗 {first.real_pairs:.0%}", f"real verse {first.real_pairs:.0%}"), colour=7)
    return figure


def memory_facts(r: Memory, say: Say) -> list[Metric]:
    """What comes back of the couplet, and what a code tells."""
    back = [
        Metric(say(f"KL × {weight:g}：还原的字", f"KL × {weight:g}: characters back"), f"{found} / {r.length}", text)
        for weight, found, text in zip(r.weights, r.rebuilt, r.again, strict=True)
    ]
    tells = [
        Metric(say(f"KL × {weight:g}：编码的信息", f"KL × {weight:g}: a code tells"), one.kl, say("nat，留出的联平均", "nats, mean of held-out couplets"))
        for weight, one in zip(r.weights, r.told, strict=True)
    ]  # fmt: skip
    return [*back, *tells]


def kept(r: Neighbourhood, radius: float, say: Say) -> go.Figure:
    """The share of characters kept by distance from the centre."""
    stays = say("走到哪里都留下中心一半以上的字", "More than half of the centre's characters stay everywhere")
    goes = say(
        f"离中心「{r.centre}」{r.half:.0f} 远处，它的字只剩不到一半",
        f"At distance {r.half:.0f} less than half of the centre's characters are left",
    )
    figure, panel = figures.panel(
        goes if r.half <= r.radii[-1] else stays,
        x=say("到中心编码的距离 r", "distance r from the centre's code"),
        y=say("留下的字（比例）", "characters kept (share)"),
        height=380,
        y_range=(0, 1),
    )
    panel.line(r.radii, r.kept)
    panel.level(0.5, say("一半", "half"))
    panel.level(radius, say("现在的半径", "radius now"), axis="x", colour=7)
    return figure


def shells(r: Shells, say: Say) -> go.Figure:
    """Repeats, distinct couplets and the entropy by the distance of the codes from the origin."""
    near, far = r.at(1.0)[0], r.at(4.0)[0]
    figure, (shares, entropy) = figures.panels(
        say(
            f"r = 1 时每字的熵是 {near:.1f} bit，r = 4 时只有 {far:.1f}：离先验越远越自信",
            f"Entropy of a character: {near:.1f} bits at r = 1, {far:.1f} at r = 4. Farther from the prior, more confident",
        ),
        [
            figures.Axes(
                say("写出的联", "Couplets written"),
                x=say("r：z ~ N(0, r²I)", "r: z ~ N(0, r²I)"),
                y=say("比例", "share"),
                y_range=(0, 1.05),
            ),
            figures.Axes(
                say("概率", "Probabilities"),
                x=say("r：z ~ N(0, r²I)", "r: z ~ N(0, r²I)"),
                y=say("每字的熵（bit）", "entropy of a character (bits)"),
                from_zero=True,
            ),
        ],
        height=420,
    )
    shares.line(r.radii, r.repeats, say("句中重字", "a character twice in a line"), 1)
    shares.line(r.radii, r.distinct, say("互不相同的联", "distinct couplets"), 2)
    entropy.line(r.radii, r.entropy, say("熵", "entropy"))
    for panel in (shares, entropy):
        panel.level(1.0, say("先验", "prior"), axis="x", colour=7)
    return figure


def staircase(r: Staircase, say: Say) -> go.Figure:
    """The VAE's loss and a discriminator's score on the way from couplet to couplet."""
    figure, (smooth, hard) = figures.panels(
        say(
            f"沿直线 a → b：VAE 的损失处处有斜率，GAN 的分数跳 {r.changes} 次，此外全平",
            f"Along the line a → b a VAE's loss slopes everywhere; a GAN's score jumps {r.changes} times and is flat between",
        ),
        [
            figures.Axes(say("VAE 的损失 −log p(终点 | z)", "VAE's loss −log p(end | z)"), x="t", y="nat"),
            figures.Axes(say("判别器给写出的文字打分", "A discriminator's score of the text written"), x="t", y="nat"),
        ],
        height=430,
    )
    smooth.line(r.t, r.smooth)
    hard.steps(r.t, r.hard, colour=1)
    return figure


def staircase_facts(r: Staircase, say: Say) -> list[Metric]:
    """Both slopes, the changes of the text, and the mean largest probability."""
    return [
        Metric(say("VAE：斜率的平均大小", "VAE: mean size of the slope"), r.mean_slope, "nat"),
        Metric(
            say("GAN：斜率的最大值", "GAN: largest slope"),
            r.largest_hard_slope,
            say("自动微分所得，处处为零", "by autograd: zero everywhere"),
        ),
        Metric(
            say("文字改变的次数", "Changes of the text"),
            r.changes,
            say(f"共 {len(r.t)} 点", f"at {len(r.t)} points"),
        ),
        Metric(
            say("最大概率的平均", "Mean largest probability"),
            r.mean_certainty,
            say("真实文字恒为 1", "of real text always 1"),
        ),
    ]
