"""Numbers of the page on self-orthogonality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say
from pages.tricks import _self_orthogonality_figures as pictures
from pages.tricks._self_orthogonality_inputs import ACCURACY, MEAN_SQUARE, REPEATS

if TYPE_CHECKING:
    from core.tricks.self_orthogonality.angles import Pairs, SmoothSigns, TwoVectors
    from core.tricks.self_orthogonality.kernels import KernelComparison
    from core.tricks.self_orthogonality.packing import Packing as Packed
    from core.tricks.self_orthogonality.training import Comparison


def vectors(result: TwoVectors, say: Say) -> list[Metric]:
    """What the lemma says, the mean and deviation of the statistic, and the cosine."""
    same = say("与引理同号、同零点，但不相等", "the lemma's sign and zero, another number")
    return [
        Metric("1 − 2θ/π", result.expected),
        Metric(say("统计量的均值", "Mean statistic"), result.average, say(f"{REPEATS} 批", f"{REPEATS} batches")),
        Metric(say("标准差", "Deviation"), result.deviation, f"√((1 − ϑ²)/b) = {result.expected_deviation:.4f}"),
        Metric("cos θ", result.cosine, same),
    ]


def pairs(result: Pairs, say: Say) -> list[Metric]:
    """How many pairs lie outside ±3σ, and the mean square and largest z."""
    expected = say(f"期望 {result.expected_outside:.1f} 对", f"{result.expected_outside:.1f} expected")
    return [
        Metric(say("在 ±3σ 之外", "Outside ±3σ"), result.outside, expected),
        Metric(say("z 的均方（应为 1）", "Mean square of z (should be 1)"), result.mean_square),
        Metric(say("最大的 |z|", "Largest |z|"), result.largest),
    ]


def smooth(result: SmoothSigns, say: Say) -> list[Metric]:
    """ϑ at γ and its two limits, and its mean size by input."""
    facts = [
        Metric("ϑ", result.here),
        Metric("1 − 2θ/π", result.law, "γ → ∞"),
        Metric("cos θ", result.cosine, "γ → 0"),
    ]
    for name, size in zip(pictures.INPUTS, result.sizes, strict=True):
        facts.append(Metric(say(f"平均 |ϑ|：{name.zh}", f"Mean |ϑ|: {name.en}"), size))
    return facts


def kernels(result: KernelComparison, say: Say) -> list[Metric]:
    """Cosines, ϑ and accuracy with the penalty, and without."""
    bare, kept = result.bare, result.kept
    return [
        Metric(say("最大的 |cos|", "Largest |cos|"), kept.largest_cosine, _without(f"{bare.largest_cosine:.3f}", say)),
        Metric(say("ϑ 的均值", "Mean ϑ"), kept.mean_theta, _without(f"{bare.mean_theta:.3f}", say)),
        Metric(say(MEAN_SQUARE), float(kept.square[-1]), _without(f"{bare.square[-1]:.4f}", say)),
        Metric(say(ACCURACY), f"{kept.accuracy:.1%}", _without(f"{bare.accuracy:.1%}", say)),
    ]


def training(result: Comparison, say: Say) -> list[Metric]:
    """Angles, ϑ², accuracy and loss with the penalty, and without."""
    bare, kept = result.bare, result.kept
    spread = say("夹角标准差（度）", "Spread of angles (degrees)")
    return [
        Metric(spread, float(kept.deviation[-1]), _without(f"{bare.deviation[-1]:.2f}", say)),
        Metric(say(MEAN_SQUARE), float(kept.square[-1]), _without(f"{bare.square[-1]:.4f}", say)),
        Metric(say(ACCURACY), f"{kept.accuracy:.1%}", _without(f"{bare.accuracy:.1%}", say)),
        Metric(say("交叉熵（最近 20 步）", "Cross-entropy (last 20)"), kept.loss, _without(f"{bare.loss:.4f}", say)),
    ]


def packing(result: Packed, say: Say) -> list[Metric]:
    """The smallest angle, its bound, the best known, and the mean cos²."""
    least = say(f"至少 {result.least_mean_square:.4f}", f"at least {result.least_mean_square:.4f}")
    at = say(f"{result.contacts} 对取到", f"at {result.contacts} pairs")
    tightest = say("三个界中最严的", "the tightest of three")
    return [
        Metric(say("最小夹角（度）", "Smallest angle (degrees)"), float(result.angles[0]), at),
        Metric(say("上界（度）", "Bound (degrees)"), result.bound, tightest),
        Metric(say("已知最好（度）", "Best known (degrees)"), result.best or "–"),
        Metric(say("cos² 的均值", "Mean cos²"), float(result.mean_square[-1]), least),
    ]


def _without(value: str, say: Say) -> str:
    return say(f"不加：{value}", f"without: {value}")
