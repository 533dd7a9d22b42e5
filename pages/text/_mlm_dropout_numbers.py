"""Numbers of the page on MLM and MAE as dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say
from pages.text import _mlm_dropout_figures as pictures

if TYPE_CHECKING:
    from core.text.mlm_dropout.averaging import Averaged
    from core.text.mlm_dropout.columns import Columns as Dropped
    from core.text.mlm_dropout.measured import Correction as Trials
    from core.text.mlm_dropout.toy import Averages


def averages(y: Averaged, say: Say) -> list[Metric]:
    """The distance of every single pass to the average over masks, and the error of that average."""
    facts = [
        Metric(say(pictures.SINGLE[name]), value, say("到模型平均的 TV 距离", "TV to the model average"))
        for name, value in y.last.items()
    ]
    noise = Metric(
        say("平均自身的误差", "The average's own error"),
        float(y.noise[-1]),
        say("两半遮法之差的一半", "half of the halves' TV"),
    )
    return [*facts, noise]


def columns(y: Dropped, say: Say) -> list[Metric]:
    """The largest difference, and the work that is left."""
    linear, attention = y.work
    return [
        Metric(
            say("最大差", "Largest difference"),
            f"{y.worst:.1e}",
            say(f"所比之数最大 {y.size:.1f}", f"of numbers up to {y.size:.1f}"),
        ),
        Metric(
            say("留下的词", "Tokens kept"),
            f"{y.count} / {len(y.stay)}",
            say("[CLS] 从不丢", "[CLS] is never dropped"),
        ),
        Metric(
            say("线性层的计算量", "Work of linear layers"),
            f"{linear:.0%}",
            say("与不丢相比", "of dropping nothing"),
        ),
        Metric(say("注意力的计算量", "Work of attention"), f"{attention:.0%}", say("按词数的平方", "by the square")),
    ]


def correction(y: Trials, say: Say) -> list[Metric]:
    """Accuracy as it is, and what every other way gains, seed by seed."""
    plain, unit = y.arms["plain"], say("百分点，同种子之差 ± 95%", "points, seed by seed ± 95 %")
    told = [
        Metric(
            say(pictures.BEGINS["plain"]),
            f"{100 * plain.mean:.2f}%",
            say(f"{y.tested} 条测试评论", f"{y.tested:,} test reviews"),
        )
    ]
    for way in ("corrected", "scaled", "scratch"):
        difference, half = y.arms[way].less(plain)
        told.append(Metric(say(pictures.BEGINS[way]), f"{100 * difference:+.2f} ± {100 * half:.2f}", unit))
    return told


def toy(y: Averages, say: Say) -> list[Metric]:
    """The model average, two approximations of it, and the least squared error."""
    second = Metric(say("二阶近似", "To second order"), y.second, say("f(x) + ½φ″·Var", "f(x) + ½φ″·Var"))
    return [
        Metric(say("模型平均", "Model average"), y.average, say("256 个遮法全部算过", "over all 256 masks")),
        Metric(say("权重平均", "Weight average"), y.off, say("关掉 Dropout", "dropout off")),
        *([second] if y.second == y.second else []),
        Metric(say("最小平方误差", "Least squared error"), y.least, say("f(xε/p) 的方差", "variance of f(xε/p)")),
    ]
