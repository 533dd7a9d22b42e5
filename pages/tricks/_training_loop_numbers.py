"""Numbers and tables of the page on a training loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery.outputs import Metric
from gallery.page import Say
from pages.tricks import _training_loop_figures as pictures

if TYPE_CHECKING:
    from core.tricks.training_loop.accumulation import Gaps
    from core.tricks.training_loop.averaging import Walk
    from core.tricks.training_loop.bar import Reconstruction
    from core.tricks.training_loop.run import Pair
    from core.tricks.training_loop.spectral import Power
    from core.tricks.training_loop.vat import Moons
    from core.tricks.training_loop.weights import Weights as FourWays


def ways(result: FourWays, say: Say) -> dict[str, Any]:
    """Norms, stable rank, loss and accuracy of the four ways at the end."""
    return {
        say("做法", "way"): [say(name) for name, _ in pictures.WAYS],
        say("所用的范数", "norm used"): [f"{norm:.3f}" for norm in result.norm[:, -1]],
        say("存着的范数", "norm stored"): [f"{norm:.3f}" for norm in result.stored[:, -1]],
        say("用到几个方向（稳定秩）", "directions used (stable rank)"): [f"{n:.1f}" for n in result.directions],
        say("损失", "loss"): [f"{loss:.3f}" for loss in result.loss[:, -1]],
        say("测试准确率", "test accuracy"): [f"{share:.1%}" for share in result.accuracy[:, -1]],
    }


def bar(result: Reconstruction, metric: str, say: Say) -> list[Metric]:
    """The last loss, what the bar shows of it, and the metric."""
    name = say(pictures.METRICS[metric])
    shown = say(f"进度条：{result.bar_metric[-1]:.3f}", f"the bar: {result.bar_metric[-1]:.3f}")
    since = say("从头到尾的均值", "mean since the start")
    return [
        Metric(say("最后的损失", "Last loss"), float(result.loss[-1])),
        Metric(say("进度条的损失", "The bar's loss"), float(result.bar_loss[-1]), since),
        Metric(name, float(result.metric[-1]), shown),
    ]


def spectral(result: Power, say: Say) -> list[Metric]:
    """The estimated and the exact norm, and how many iterations are enough."""
    should = say("应为 1；迭代不够就大于 1", "should be 1; more with too few iterations")
    return [
        Metric(say("估计的 σ", "Estimate of σ"), result.estimate),
        Metric(say("精确的 σ₁", "Exact σ₁"), float(result.values[0])),
        Metric("‖W/σ‖₂", f"{result.norm:.5f}", should),
        Metric(say("误差在 1% 以内要几次", "Iterations for 1 %"), result.enough or "> 60"),
    ]


def run(result: Pair, average: bool, say: Say) -> list[Metric]:
    """Accuracy and norms with the extras, beside those of the bare run."""
    bare, extra = result.bare, result.extra
    norms, plain = (" ".join(f"{v:.2f}" for v in one.norms[-1]) for one in (extra, bare))
    nothing = say("什么都不开：", "nothing on: ")
    watched = say("指标，不进损失", "a metric, not in the loss")
    return [
        Metric(say("测试准确率", "Test accuracy"), f"{extra.accuracy[-1]:.1%}", f"{nothing}{bare.accuracy[-1]:.1%}"),
        Metric(say("平均权重的", "Of averaged weights"), f"{extra.averaged[-1]:.1%}" if average else "–"),
        Metric(say("三层的谱范数", "Spectral norms of the layers"), norms, nothing + plain),
        Metric("‖h‖²", extra.hidden, watched),
    ]


def largest(result: Gaps, say: Say) -> dict[str, Any]:
    """The largest difference of the weights, by how pieces are counted."""
    return {
        say("各份", "pieces"): [say(pictures.MANNERS[manner]) for manner in result.manners],
        say("权重的最大差", "largest difference of weights"): list(result.largest),
    }


def average(result: Walk, say: Say) -> list[Metric]:
    """How much nearer the average is than the last weights."""
    ratio = say("后一半：权重的距离 ÷ 平均的距离", "Second half: distance of weights over that of the average")
    median = say("20 个种子的中位数", "median of 20 seeds")
    return [
        Metric(ratio, result.ratio, median),
        Metric(say("平均更近的种子", "Seeds whose average is nearer"), f"{result.wins} / {len(result.ratios)}"),
        Metric(say("与闭式之差", "Difference from the closed form"), result.gap),
        Metric(say("白噪声方差的倍数", "Factor on white noise"), result.white, "(1 − β)/(1 + β)"),
    ]


def vat(result: Moons, say: Say) -> list[Metric]:
    """Accuracy with labels alone and with virtual adversarial training."""
    large = say("半径太大会抹平一切", "too large a radius flattens everything")
    return [
        Metric(say("全部点的准确率：只用标签", "Accuracy on all: labels only"), f"{result.bare.accuracy:.1%}"),
        Metric(say("加 VAT", "With VAT"), f"{result.smooth.accuracy:.1%}", large),
    ]
