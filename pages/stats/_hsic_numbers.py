"""Numbers and tables of the page on HSIC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery.outputs import Metric
from gallery.page import Say
from pages.stats import _hsic_figures as pictures

if TYPE_CHECKING:
    from core.stats.hsic import Comparison, GramSteps, Matrix, Null, Road


def compared(result: Comparison, say: Say) -> list[Metric]:
    """The five measures with their p-values."""
    hsic, *others = result.measures
    return [
        Metric("HSIC", result.hsic, f"p = {hsic.p_value:.3g}"),
        Metric(say("HSIC（无偏）", "HSIC (unbiased)"), result.unbiased),
        *(Metric(say(pictures.MEASURES[m.name]), m.value, f"p = {m.p_value:.3g}") for m in others),
    ]


def road(result: Road, n: int, say: Say) -> list[Metric]:
    """The covariance at f and g, the largest, and HSIC."""
    return [
        Metric("cov(f(X), g(Y))", result.covariance, say("E[fg] − E[f]E[g]", "E[fg] − E[f]E[g]")),
        Metric("σ₁", result.largest, say("单位球上的上确界", "supremum over the unit balls")),
        Metric("HSIC = Σσᵢ²", result.hsic, f"tr(KHLH)/n², n = {n}"),
    ]


def gram(result: GramSteps, say: Say) -> list[Metric]:
    """The three terms of HSIC, and the bandwidths."""
    widths = f"{result.sigma_x:.3g}, {result.sigma_y:.3g}"
    return [
        Metric("tr(KHLH)/n²", result.hsic, say("右下图的平均", "the mean of the last picture")),
        Metric("ΣK∘L / n²", result.joint, "E[k l]"),
        Metric("ΣK·ΣL / n⁴", result.apart, "E[k] E[l]"),
        Metric("2·Σ rows / n³", result.crossed, "2 E[E′k · E′l]"),
        Metric("σx, σy", widths, say("中位数 × 倍数", "median × factor")),
    ]


def null(result: Null, say: Say) -> list[Metric]:
    """HSIC and its p-value by shuffles and by the gamma approximation."""
    count = f"(1 + {result.test.reached}) / (1 + {len(result.test.null)})"
    gap = say("95% 分位数的相对差", "95 % quantile, relative gap")
    return [
        Metric("HSIC", result.test.statistic),
        Metric(say("p（打乱）", "p (shuffles)"), result.p_value, count),
        Metric(say("p（Γ 近似）", "p (gamma)"), result.gamma_p_value),
        Metric(gap, f"{result.gap:+.1%}", say("Γ 近似比打乱", "gamma against shuffles")),
    ]


def pairs(result: Matrix, say: Say) -> dict[str, Any]:
    """Every pair of columns: its normalised HSIC and p-values."""
    pairs = result.pairs
    return {
        say("列", "column"): [pair.x for pair in pairs],
        say("另一列", "other column"): [pair.y for pair in pairs],
        say("归一化 HSIC", "normalised HSIC"): [pair.strength for pair in pairs],
        "p": [pair.p_value for pair in pairs],
        "p (Holm)": [pair.adjusted for pair in pairs],
    }
