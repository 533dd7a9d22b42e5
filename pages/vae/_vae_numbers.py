"""Numbers of the page on VAEs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say, t
from pages.shared.kinds import kind_name
from pages.vae._vae_texts import PLANE

if TYPE_CHECKING:
    from core.vae.vae.live import State
    from core.vae.vae.views import Game, Manifold, Own, Spot

NATS = t("nat / 图", "nats a picture")


def spot(y: Spot, data: str, say: Say) -> list[Metric]:
    """What is drawn, the σ of the nearest picture, and the moments of all codes."""
    sigma = y.posteriors.sigma[y.nearest]
    centre, variance = y.posteriors.moments
    return [
        Metric(say("画的是", "Drawn"), kind_name(data, y.kind, say), say(PLANE["classifier"]).format(sure=y.probabilities[y.kind])),
        Metric(say("最近一张留出图的 σ", "σ of the nearest held-out picture"), f"{sigma[0]:.3f}, {sigma[1]:.3f}", say("图中的小椭圆是它的 2σ", "the small ellipse is its 2σ")),
        Metric(say("全部编码的均值", "Mean of all codes"), f"{centre[0]:.2f}, {centre[1]:.2f}", say("先验是 0", "the prior's is 0")),
        Metric(say("全部编码的方差", "Variance of all codes"), f"{variance[0]:.2f}, {variance[1]:.2f}", say("var μ + E σ²，先验是 1", "var μ + E σ²; the prior's is 1")),
    ]  # fmt: skip


def own(y: Own, say: Say) -> list[Metric]:
    """Mean, σ and KL by entry, and what sampling costs."""
    return [
        Metric("μ", f"{y.mean[0]:.2f}, {y.mean[1]:.2f}"),
        Metric("σ", f"{y.sigma[0]:.3g}, {y.sigma[1]:.3g}", say("每一维", "by entry")),
        Metric(say("KL（每一维）", "KL by entry"), f"{y.terms[0]:.2f}, {y.terms[1]:.2f}", "nat"),
        Metric(say("−ln q(x|z)：由 μ", "−ln q(x|z) from μ"), y.cost_of_mean, "nat"),
        Metric(say("抽样多付", "Sampling costs"), y.noise_cost, say("nat，200 个 ε 的平均", "nats, mean over 200 ε")),
    ]


def game(y: Game, names: Sequence[str], say: Say) -> list[Metric]:
    """The objective of every model, and how many samples are clear."""
    facts = []
    for name, side in zip(names, y.sides, strict=True):
        facts += [
            Metric(say(f"{name}：重构 + KL", f"{name}: redrawing + KL"), f"{side.picture:.1f} + {side.divergence:.1f}", say(NATS)),
            Metric(say(f"{name}：看得清的样本", f"{name}: clear samples"), f"{side.clear:.0%}", say("100 个，分类器 > 0.9", "of 100, classifier > 0.9")),
        ]  # fmt: skip
    return facts


def manifold(y: Manifold, data: str, say: Say) -> list[Metric]:
    """The range of z, the commonest and the rarest kind, and how much is clear."""
    most, least = int(y.shares.argmax()), int(y.shares.argmin())
    return [
        Metric(say("z 的范围", "Range of z"), f"±{y.places[-1]:.2f}", say("先验的 σ", "σ of the prior")),
        Metric(say("最多的一类", "Commonest"), kind_name(data, most, say), f"{y.shares[most]:.0%}"),
        Metric(say("最少的一类", "Rarest"), kind_name(data, least, say), f"{y.shares[least]:.1%}"),
        Metric(say("看得清", "Clear"), f"{y.clear:.0%}", say("分类器 > 0.9", "classifier > 0.9")),
    ]


def live(y: State, say: Say) -> list[Metric]:
    """Both terms of the objective, the typical σ, and E(μ² + σ²)."""
    return [
        Metric(say("重构", "Redrawing"), y.picture, say(NATS)),
        Metric("KL", y.divergence, say(NATS)),
        Metric(say("σ（几何平均）", "σ (geometric mean)"), y.typical),
        Metric(
            "E(μ² + σ²)",
            y.second_moment,
            say("权重大于 0 时，最优处恰为 1", "1 at the optimum for any weight above 0"),
        ),
    ]
