"""Numbers and tables of the page on Gillespie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery.outputs import Metric
from gallery.page import Say
from pages.stats import _gillespie_figures as pictures
from pages.stats._gillespie_texts import NAMES

if TYPE_CHECKING:
    from core.stats.gillespie.studies import Comparison, Fates, Plane


def solved_title(found: Comparison, network: str, at: int, say: Say) -> str:
    """The network, the time, and how far the histogram is from the master equation."""
    moment, runs = f"t = {found.times[at]:.3g}", f"{found.trajectories:,}"
    off, chance = f"{found.variation[at, 0]:.3f}", f"{found.chance[at, 0]:.3f}"
    return say(
        f"{NAMES[network].zh}，{moment}：与主方程的总变差距离 {off}；直接从解抽 {runs} 次，平均也有 {chance}",
        f"{NAMES[network].en} at {moment}: total variation {off} from the master equation; {runs} draws from its solution average {chance}",
    )


def solved(found: Comparison, at: int, say: Say) -> tuple[list[Metric], dict[str, Any]]:
    """Means and standard deviations beside the master equation's: now, and by time."""
    facts = [Metric("t", float(found.times[at])), pictures.runs(found, say)]
    columns = {say("时间", "time"): found.times}
    for k, name in enumerate(found.species):
        solved = f"{found.solved_means[at, k]:.4g} ± {found.solved_sds[at, k]:.4g}"
        value = f"{found.means[at, k]:.4g} ± {found.sds[at, k]:.4g}"
        facts += [
            Metric(name, value, say(f"主方程 {solved}", f"master equation {solved}")),
            Metric(
                say(f"{name}：总变差距离", f"{name}: total variation"),
                float(found.variation[at, k]),
                say("随 1/√n 减小", "falls as 1/√n"),
            ),
        ]
        columns |= {
            say(f"{name} 主方程均值", f"{name}-exact-mean"): found.solved_means[:, k],
            say(f"{name} 主方程标准差", f"{name}-exact-sd"): found.solved_sds[:, k],
            say(f"{name} 模拟均值", f"{name}-mean"): found.means[:, k],
            say(f"{name} 模拟标准差", f"{name}-sd"): found.sds[:, k],
        }
    facts.append(Metric(say("截断漏掉的概率", "Probability lost by truncation"), float(found.lost[at])))
    return facts, columns


def plane(found: Plane, say: Say) -> list[Metric]:
    """Where the random path and the rate equations begin and end."""
    start, end, ode = (f"({x:.0f}, {y:.0f})" for x, y in (found.start, found.path[-1], found.ode[-1]))
    return [
        Metric(say("起点", "Start"), start),
        Metric(say("跳跃次数", "Jumps"), found.jumps, say("已达上限", "limit reached") if found.truncated else ""),
        Metric(say("随机轨迹的终点", "End of the random path"), end),
        Metric(say("速率方程的终点", "End of the rate equations"), ode),
    ]


def fates(found: Fates, say: Say) -> list[Metric]:
    """How many paths are low, saw both states, and the mean times between them."""
    exact = say("首次通过时间的精确公式", "exact first-passage formula")
    stationary = f"{found.stationary_low:.4f}"
    first, second = found.modes
    return [
        pictures.runs(found, say),
        Metric(
            say("末时刻处于低态", "Low at the end"),
            found.low,
            say(f"平稳时 {stationary}", f"{stationary} when stationary"),
        ),
        Metric(say("两态都到过的轨迹", "Paths that saw both"), found.crossed, say("≤ 100 且 ≥ 550", "≤ 100 and ≥ 550")),
        Metric(say(f"平均切换时间 {first} → {second}", f"Mean time {first} → {second}"), found.up, exact),
        Metric(say(f"平均切换时间 {second} → {first}", f"Mean time {second} → {first}"), found.down, exact),
    ]
