"""Figures of GAN-QP's page: three divergences and their slopes, best critics, scores of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.gan.gan_qp.critics import Critics
    from core.gan.gan_qp.divergences import Curves
    from core.gan.pictures_views import Judged

PAIRS = {
    "normals": t("两个正态", "Two normals"),
    "bumps": t("两个峰与一个峰", "Two bumps and one"),
    "boxes": t("两个均匀分布", "Two boxes"),
}
NAMES = {"js": "JS", "w1": "W₁", "qp": "QP"}


def apart(y: Curves, here: Curves, say: Say) -> go.Figure:
    """The three divergences over the distance, and their slopes; dots at the distance chosen."""
    delta = float(here.delta[0])
    js, qp = (float(here.slopes[name][0]) for name in ("js", "qp"))
    verdict = say(
        f"相距 {delta:.2g} 时对距离的导数：JS 为 {js:.2g}，QP 为 {qp:.3g}，没有任何约束",
        f"At distance {delta:.2g} the slope of JS is {js:.2g}, that of QP {qp:.3g}, without any constraint",
    )
    axes = [
        Axes(say("散度", "Divergence"), say("距离 δ", "distance δ"), from_zero=True),
        Axes(
            say("对 δ 的导数：生成器的动力", "Slope in δ: what moves the generator"),
            say("距离 δ", "distance δ"),
            from_zero=True,
        ),
    ]
    figure, both = figures.panels(verdict, axes, height=400)
    for panel, curves, dots in zip(both, (y.values, y.slopes), (here.values, here.slopes), strict=True):
        for colour, (key, name) in enumerate(NAMES.items()):
            panel.line(y.delta, curves[key], name, colour)
            panel.points([delta], dots[key], "", colour, size=10, opacity=1)
    return figure


def critics(y: Critics, lam: float, say: Say) -> go.Figure:
    """ΔT/(λ d) over all pairs: by the formula, and of the trained network; p and q with the best unary T."""
    verdict = say(
        f"训练出的 ΔT 与公式：R² = {y.r2:.3f}，目标值 {lam * y.values['trained']:.3g}，公式 {lam * y.values['formula']:.3g}",
        f"The trained ΔT against the formula: R² = {y.r2:.3f}, reaching {lam * y.values['trained']:.3g} of {lam * y.values['formula']:.3g}",
    )
    if not y.values["formula"]:
        verdict = say(
            "p 与 q 相同：散度是 0，最优的 ΔT 处处为 0",
            "p and q are the same: the divergence is 0, and so is the best ΔT everywhere",
        )
    span = (float(y.x[0]), float(y.x[-1]))
    where = {"x_range": span, "y_range": span, "square": True, "grid": False}
    fake, real = say("假样本 x_f", "generated x_f"), say("真样本 x_r", "real x_r")
    axes = [
        Axes(say("公式：ΔT*/λd", "Formula: ΔT*/λd"), fake, real, **where),
        Axes(say(f"网络，{y.step} 步后", f"Network after {y.step} steps"), fake, "", **where),
        Axes(say("两个密度，一元的最优 T（缩到同高）", "Both densities, best unary T (scaled)"), "x", ""),
    ]
    figure, (formula, network, line) = figures.panels(verdict, axes, height=400)
    formula.heat(y.share, y.x, y.x, diverging=True, low=-1, high=1)
    network.heat(y.trained, y.x, y.x, diverging=True, low=-1, high=1)
    top = float(max(y.p.max(), y.q.max()))
    line.band(y.x, 0 * y.p, y.p, "p", 0)
    line.band(y.x, 0 * y.q, y.q, "q", 1)
    line.line(y.x, top * y.unary / max(float(abs(y.unary).max()), 1e-12), "T(x)", 2)
    return figure


def scores(y: Judged, say: Say) -> go.Figure:
    """The histogram of ΔT/(λ d) over all pairs, and the scores of real and generated pictures."""
    within = y.within()
    verdict = say(
        f"{y.share.size} 对图中 {within:.1%} 满足 |ΔT| ≤ λd：约束没有写进网络，是目标自己带来的",
        f"{within:.1%} of {y.share.size} pairs have |ΔT| ≤ λd: no constraint was built in, the objective brings it",
    )
    axes = [
        Axes(say("所有真假对的 ΔT/λd", "ΔT/λd of all pairs"), "ΔT/λd", say("份额", "share"), x_range=(-1.3, 1.3)),
        Axes(say("打分 T", "Scores T"), "T", say("份额", "share")),
    ]
    figure, (ratio, each) = figures.panels(verdict, axes, height=380)
    for panel, found, names in (
        (ratio, y.histogram, ("",)),
        (each, y.score_histograms, (say("真图", "real"), say("生成的", "generated"))),
    ):
        for colour, (centres, shares) in enumerate(found):
            panel.bars(centres, shares, names[colour], colour)
    for edge in (-1.0, 1.0):
        ratio.level(edge, say("±λd", "±λd") if edge > 0 else "", axis="x")
    return figure
