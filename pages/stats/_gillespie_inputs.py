"""What the tabs on Gillespie have in common: what a reader chooses, the budget, outputs, and the wait for a kernel."""

from __future__ import annotations

from collections.abc import Iterator

from gallery import outputs
from gallery.page import Progress, Tab, t

EVENTS = 1e8  # reactions that one picture may cost: about two seconds on two cores
SOLVED = ("gene", "immigration-death", "birth-death", "dimerisation", "schloegl", "toggle", "sir")
PLANAR = ("lotka-volterra", "toggle", "gene")
RUNS = t("轨迹数", "Trajectories")
FACTS = outputs.metrics("facts")
MOMENTS = outputs.table("moments", t("均值与标准差", "Means and standard deviations"))
METHODS = {
    "exact": t("精确（直接法）", "exact (direct method)"),
    "tau-leaping": t("τ-leaping（近似）", "tau-leaping (approximate)"),
}
SLIPS = {
    "stoichiometry": t("倾向函数漏了化学计量数", "propensity without stoichiometry"),
    "histogram": t("直方图数的是跳跃", "histogram that counts jumps"),
}


class Simulated(Tab):
    """A tab that simulates mass action; where a kernel has to be compiled first, it says so before it stands in line."""

    def fetch(self) -> Iterator[Progress]:
        from core.stats.gillespie.simulate import first_use

        return first_use(getattr(self, "method", "exact"))
