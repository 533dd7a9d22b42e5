"""Numbers and tables of the page on losses of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery.outputs import Metric
from gallery.page import Say
from pages.tricks._custom_loss_figures import ACCURACY, LOSS, LOSSES

if TYPE_CHECKING:
    from core.tricks import custom_loss as model


def embedded(found: model.State, margin: float, say: Say) -> list[Metric]:
    """Accuracy, the variance between classes, active triplets, and the loss."""
    return [
        Metric(say(ACCURACY), f"{found.accuracy:.1%}"),
        Metric(
            say("类间方差占比", "Variance between classes"),
            f"{found.separation:.1%}",
            say("其余在类内", "the rest is within"),
        ),
        Metric(say("还有梯度的三元组", "Active triplets"), f"{found.active:.1%}", f"m = {margin:g}"),
        Metric(say("损失（最近 20 步）", "Loss (last 20 steps)"), found.recent if found.step else "–"),
    ]


def compared(found: model.Comparison, say: Say) -> dict[str, Any]:
    """Accuracy, variance between classes and active triplets of all six losses."""
    return {
        say(LOSS): [say(LOSSES[name]) for name in found.states],
        say(ACCURACY): [state.accuracy for state in found.states.values()],
        say("类间方差占比", "variance between classes"): [state.separation for state in found.states.values()],
        say("活跃三元组", "active triplets"): [state.active for state in found.states.values()],
    }


def own(found: model.Own, formula: str, say: Say) -> list[Metric]:
    """Both accuracies, and how hard a quite wrong sample is pushed."""
    mine, usual = found.own_accuracy[-1], found.softmax_accuracy[-1]
    at = found.curves.pushes
    return [
        Metric(say("你的损失：测试准确率", "Your loss: test accuracy"), f"{mine:.1%}", formula),
        Metric(say("交叉熵：测试准确率", "Cross-entropy: test accuracy"), f"{usual:.1%}", "-y*log(p)"),
        Metric(
            say("完全错时的推力（p = 0.002）", "Push when quite wrong (p = 0.002)"),
            float(at["own"][0]),
            say(f"交叉熵 {at['softmax'][0]:.3f}", f"cross-entropy {at['softmax'][0]:.3f}"),
        ),
    ]


def triplet(found: model.Triplet, margin: float, say: Say) -> list[Metric]:
    """Both cosines, their gap, and the loss."""
    return [
        Metric("cos(q, A⁺)", found.near),
        Metric("cos(q, A⁻)", found.far),
        Metric(say("间隔", "Gap"), found.gap, say(f"要超过 m = {margin:g}", f"must pass m = {margin:g}")),
        Metric(say(LOSS), found.loss),
    ]


def smoothing(found: model.Smoothing, smoothing: float, say: Say) -> list[Metric]:
    """Accuracy, confidence, gap and cross-entropy without and with smoothing."""
    soft, hard, name = found.soft, found.hard, f"ε = {smoothing:g}"
    return [
        Metric(
            say("准确率 ε = 0", "Accuracy, ε = 0"),
            f"{hard.accuracy:.1%}",
            say(f"平均把握 {hard.certainty:.1%}", f"mean confidence {hard.certainty:.1%}"),
        ),
        Metric(
            say(f"准确率 {name}", f"Accuracy, {name}"),
            f"{soft.accuracy:.1%}",
            say(f"平均把握 {soft.certainty:.1%}", f"mean confidence {soft.certainty:.1%}"),
        ),
        Metric(
            say("间隔：网络 / 公式", "Gap: network / formula"),
            f"{soft.gap:.2f} / {found.gap:.2f}",
            say(f"ε = 0：{hard.gap:.2f}，公式为 ∞", f"ε = 0: {hard.gap:.2f}, formula ∞"),
        ),
        Metric(
            say("测试交叉熵 0 / ε", "Test cross-entropy 0 / ε"),
            f"{hard.cross_entropy:.3f} / {soft.cross_entropy:.3f}",
        ),
    ]


def gradients(found: model.Shapes, say: Say) -> dict[str, Any]:
    """Every gradient against finite differences."""
    return {
        say(LOSS): [say(LOSSES[name]) for name in found.gaps],
        say("与有限差分的相对差", "relative difference from finite differences"): list(found.gaps.values()),
    }
