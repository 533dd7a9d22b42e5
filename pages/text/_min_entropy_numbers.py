"""Numbers of the page on minimum entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say

if TYPE_CHECKING:
    from core.text.min_entropy.findings import Vectors as Learned
    from core.text.min_entropy.views import Placed, Shelf


def shelf(y: Shelf, say: Say) -> list[Metric]:
    """The cost, neighbours of a topic, popularity against distance, and the nearest two."""
    nearest, chance = y.together
    return [
        Metric("S", y.cost, say(f"开始时 {y.film.costs[0]:.3f}", f"{y.film.costs[0]:.3f} at the start")),
        Metric(
            say("最近的邻居同类", "Nearest neighbour of the same topic"),
            say("没有类", "no topics") if nearest != nearest else f"{nearest:.0%}",
            "" if nearest != nearest else say(f"随机摆放 {chance:.0%}", f"{chance:.0%} at random"),
        ),
        Metric(
            say("借阅次数与到门距离的秩相关", "Rank correlation, popularity and distance"),
            "—" if y.correlation != y.correlation else y.correlation,
            say("−1：越常借越近", "−1: the more popular, the nearer"),
        ),
        Metric(say("两本书最近", "Nearest two books"), y.least, say("记录", "records") + f": {y.records.borrowings}"),
    ]


def placed(y: Placed, say: Say) -> list[Metric]:
    """Your cost, the optimum's, and the lowest on the map."""
    return [
        Metric(say("你的 S", "Your S"), y.cost),
        Metric(say("最优的 S", "S of the optimum"), y.optimum),
        Metric(
            say("图上最低的 S", "Lowest S on the map"),
            float(y.landscape.min()),
            say("57×57 个位置", "of 57×57 places"),
        ),
    ]


def vectors(y: Learned, say: Say) -> list[Metric]:
    """The cost, its bound, the gap, and the variance in the plane."""
    return [
        Metric("S", y.cost, say("现在", "now")),
        Metric("H(J|I)", y.bound, say("下界", "the bound")),
        Metric("S − H(J|I)", y.cost - y.bound, say("nat", "nats")),
        Metric(say("图上留下的方差", "Variance in the plane"), f"{y.explained:.0%}"),
    ]
