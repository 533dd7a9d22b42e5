"""Numbers of the page on capsules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say
from pages.vision._capsule_inputs import METHODS, ROUNDS

if TYPE_CHECKING:
    from core.vision.capsule.cost import Costs
    from core.vision.capsule.plane import Routing


def clouds(y: Routing, say: Say) -> list[Metric]:
    """After how many rounds each kind of routing rests."""
    rest, moving = say("轮后不再动", "rounds until nothing moves"), say("轮后还在动", "rounds, and still moving")
    return [
        Metric(say(METHODS[name]), track.rest(), rest if track.rest() < ROUNDS else moving)
        for name, track in y.tracks.items()
    ]


def cost(y: Costs, say: Say) -> list[Metric]:
    """The entropy by formula and measured, the cost, and the activation."""
    return [
        Metric(say("S，按公式", "S by the formula"), y.entropy, "d/2 (1 + log 2π) + Σ log σ"),
        Metric(say("S，由票算得", "S measured"), y.measured, "−Σ r log p"),
        Metric(say("Σ aR（票的总量）", "Σ aR (mass of the votes)"), y.mass),
        Metric("cost", y.cost, "Σ (βᵤ + log σ) · Σ aR"),
        Metric(say("a，论文", "a, the paper"), y.active, "Σ aR"),
        Metric(say("a，乘 1", "a, times 1"), y.active_alone, "Σ r = 1"),
    ]
