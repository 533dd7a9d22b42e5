"""Numbers and tables of the page on EM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery.outputs import Metric
from gallery.page import Say
from pages.stats import _em_figures as pictures

if TYPE_CHECKING:
    from core.stats.em import Ascent, Collapse, Groups, Hardening, Restarts
    from core.stats.em import Topics as Found


def step(result: Ascent, say: Say) -> list[Metric]:
    """Cross-entropy, the gap of the bound, the entropy of the responsibilities, and the weights."""
    return [
        Metric(
            say("交叉熵（nat）", "Cross-entropy (nats)"),
            result.cross_entropy,
            say("= −对数似然 / n", "= −log-likelihood / n"),
        ),
        Metric(
            say("KL(r ‖ 后验) / n", "KL(r ‖ posterior) / n"),
            result.gap,
            say("E 步把它变成 0", "an E-step makes it 0"),
        ),
        Metric(say("责任度的熵（bit）", "Entropy of r (bits)"), result.entropy),
        Metric(say("各分量的权重", "Weights"), " ".join(f"{w:.2f}" for w in result.now.mixture.weights)),
    ]


def half_steps(result: Ascent, say: Say) -> dict[str, Any]:
    """The likelihood and its bound after every half-step."""
    return {
        say("半步", "half-step"): list(range(result.half + 1)),
        say("做了", "done"): [
            say("初值", "start") if what == "start" else what for what in result.done[: result.half + 1]
        ],
        say("对数似然 / n", "log-likelihood / n"): result.log_likelihoods[: result.half + 1],
        say("下界 / n", "bound / n"): result.bounds[: result.half + 1],
    }


def starts(result: Restarts, say: Say) -> list[Metric]:
    """The best start, the median, and how many come as far."""
    return [
        Metric(say("最好的初值找到的", "Best"), result.ends[result.best], say(pictures.PER_SAMPLE)),
        Metric(say("中位数", "Median"), result.median),
        Metric(
            say("离最好不到 0.001 的初值", "Starts within 0.001 of the best"),
            f"{result.as_good} / {len(result.fits)}",
        ),
    ]


def ends(result: Restarts, say: Say) -> dict[str, Any]:
    """Where every start ends."""
    return {
        say("种子", "seed"): [result.seed + k for k in range(len(result.fits))],
        say("迭代", "iterations"): [len(climb) - 1 for climb in result.climbs],
        say("对数似然 / n", "log-likelihood / n"): result.ends,
    }


def ways(result: Collapse, say: Say) -> dict[str, Any]:
    """How every way of fitting ends."""
    return {
        say("办法", "way"): [pictures.way_name(way.kind, way.floor, say) for way in result.ways],
        say("走了几次迭代", "iterations"): [
            f"{way.iterations}{say('（崩溃）', ' (collapsed)') if way.collapsed else ''}" for way in result.ways
        ],
        say("最小的 σ", "smallest σ"): [f"{way.deviations[-1]:.3g}" for way in result.ways],
        say("对数似然", "log-likelihood"): [f"{way.log_likelihoods[-1]:.2f}" for way in result.ways],
    }


def limit(result: Hardening, say: Say) -> list[Metric]:
    """How far the mixture is from K-means."""
    return [
        Metric(say("均值与 K-means 之差", "Means' difference from K-means"), result.distance),
        Metric(say("责任度的熵（bit）", "Entropy of r (bits)"), result.entropy, say("0：非此即彼", "0: hard")),
        Metric(say("与 K-means 同类的样本", "Samples assigned alike"), f"{result.agreement:.1%}"),
        Metric(
            say("不同的均值", "Distinct means"),
            result.distinct,
            say("σ 太大时全部并到重心", "all merge when σ is large"),
        ),
    ]


def topics(result: Found, say: Say) -> list[Metric]:
    """The size of the corpus, the perplexity, and how much of one document is held."""
    return [
        Metric(say("文档 × 词", "Documents × words"), f"{result.documents} × {len(result.words)}"),
        Metric(
            say("困惑度", "Perplexity"),
            result.perplexity,
            say("越小越好；均匀分布为词数", "smaller is better; uniform: the number of words"),
        ),
        Metric(
            say("盖住这一篇的", "Of this document held"),
            f"{result.overlap[-1]:.1%}",
            say("全部主题之和", "by the sum of all topics"),
        ),
        Metric(say("迭代", "Iterations"), result.iterations),
    ]


def mixes(result: Found, k: int, say: Say) -> dict[str, Any]:
    """The topics of the documents."""
    shown = result.found.topics[:60]
    return {say("文档", "document"): range(1, len(shown) + 1)} | {f"z{j + 1}": shown[:, j].round(4) for j in range(k)}


def groups(result: Groups, say: Say) -> list[Metric]:
    """Rows, columns, groups, and the rows that are sure."""
    left_out = say("没有用上（常数）：", "left out (constant): ") + say("、", ", ").join(result.left_out)
    return [
        Metric(say("行数", "Rows"), len(result.plane)),
        Metric(say("列数", "Columns"), len(result.names), left_out if result.left_out else ""),
        Metric("k", result.chosen),
        Metric(say("拿得准的行（责任度 > 0.95）", "Rows that are sure (r > 0.95)"), f"{result.sure:.1%}"),
    ]


def means(result: Groups, say: Say) -> dict[str, Any]:
    """Weights and means of the components."""
    table = {say("分量", "component"): range(1, result.chosen + 1), say("权重", "weight"): result.weights}
    table |= {name: result.means[:, j] for j, name in enumerate(result.names)}
    return table
