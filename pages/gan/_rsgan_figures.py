"""Figures of RSGAN's page: the pair to guess, losses over a constant, the log ratio that is learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say
from pages.shared.plane import OBJECTIVES

if TYPE_CHECKING:
    from core.gan.rsgan.game import Round
    from core.gan.rsgan.ratio import Learned
    from core.gan.rsgan.shift import Shifted


def game(y: Round, guess: str, say: Say) -> go.Figure:
    """The two pictures, and all pairs' gaps of scores with this one marked once the reader has guessed."""
    told = guess != "none"
    if not told:
        verdict = say(
            "左边和右边，哪张是真的？先猜，再看判别器怎么说",
            "Left or right, which is real? Guess first, then see what the critic says",
        )
    else:
        reader = say("猜对了", "You are right") if guess == y.truth else say("猜错了", "You are wrong")
        side = say("左", "left") if y.truth == "left" else say("右", "right")
        critic = say("判别器也对", "so is the critic") if y.gap > 0 else say("判别器错了", "the critic is wrong")
        if guess != y.truth:
            critic = say("判别器对了", "the critic is right") if y.gap > 0 else say("判别器也错了", "so is the critic")
        verdict = say(
            f"{reader}：真的在{side}边。{critic}，σ(T(x_r) − T(x_f)) = {y.probability:.2f}",
            f"{reader}: the real one is on the {side}; {critic}, σ(T(x_r) - T(x_f)) = {y.probability:.2f}",
        )
    names = [say("左", "Left"), say("右", "Right")]
    axes = [Axes(name, axes=False, square=True) for name in names]
    axes.append(
        Axes(
            say("所有对的 T(x_r) − T(x_f)，从小到大", "T(x_r) - T(x_f) of all pairs, sorted"),
            say("对", "pair"),
            say("差值", "gap"),
        )
    )
    figure, (left, right, gaps) = figures.panels(verdict, axes, height=400, widths=[0.3, 0.3, 0.4])
    for panel, shown in ((left, y.left), (right, y.right)):
        panel.picture(shown, 0, 0, 1, 1)
    places = range(1, len(y.gaps) + 1)
    gaps.bars(places, y.gaps, say("> 0：判别器判断正确", "> 0: the critic is right"), 0)
    if told:
        gaps.points([y.rank], [y.gap], say("这一对", "this pair"), 1, size=11, opacity=1)
    return figure


def shift(y: Shifted, c: float, say: Say) -> go.Figure:
    """Critic's and generator's losses of each game, with T + c for T."""
    verdict = say(
        f"c 从 −6 到 6，SGAN 判别器的损失变动 {y.range('sgan'):.2f}，RSGAN 的变动 {y.range('rsgan'):.0e}",
        f"Over c from -6 to 6 the critic's loss changes by {y.range('sgan'):.2f} in SGAN, by {y.range('rsgan'):.0e} in RSGAN",
    )
    axes = [
        Axes(say("判别器的损失", "The critic's loss"), "c", say("损失", "loss")),
        Axes(say("生成器的损失", "The generator's loss"), "c", ""),
    ]
    figure, both = figures.panels(verdict, axes, height=400)
    for panel, table in zip(both, (y.critic, y.generator), strict=True):
        for colour, name in enumerate(table):
            panel.line(y.constants, table[name], say(OBJECTIVES[name]), colour)
        panel.level(c, "c", axis="x", colour=7)
    return figure


def ratio(y: Learned, say: Say) -> go.Figure:
    """T over x beside log p/q, and differences of T over differences of log p/q."""
    verdict = say(
        f"RSGAN 的差值与对数比：R² = {y.r2['rsgan']:.4f}；它的 T 自己偏了 {y.offset['rsgan']:+.2f}，SGAN 的偏 {y.offset['sgan']:+.2f}",
        f"RSGAN's differences and the log ratio: R² = {y.r2['rsgan']:.4f}; its T is off by {y.offset['rsgan']:+.2f}, SGAN's by {y.offset['sgan']:+.2f}",
    )
    if not y.truth.any():
        verdict = say(
            f"p 与 q 相同：谁也猜不出，RSGAN 的损失是 {y.loss['rsgan']:.3f}，log 2 = 0.693",
            f"p and q are the same and nobody can tell: RSGAN's loss is {y.loss['rsgan']:.3f}, log 2 = 0.693",
        )
    axes = [
        Axes(say("T(x) 与 log p/q", "T(x) and log p/q"), "x", ""),
        Axes(
            say("成对的差值", "Differences of pairs"),
            say("log p(x_r)q(x_f) / p(x_f)q(x_r)", "log p(x_r)q(x_f) / p(x_f)q(x_r)"),
            "T(x_r) − T(x_f)",
        ),
    ]
    figure, (scores, pairs) = figures.panels(verdict, axes, height=400)
    scores.line(y.x, y.truth, "log p/q", 7, dash="dash")
    for colour, name in ((1, "rsgan"), (0, "sgan")):
        scores.line(y.x, y.scores[name], say(OBJECTIVES[name]), colour)
        pairs.points(y.expected, y.found[name], say(OBJECTIVES[name]), colour, size=4)
    ends = [float(y.expected.min()), float(y.expected.max())]
    pairs.line(ends, ends, say("相等", "equal"), 7, width=1, dash="dot", end=False)
    return figure
