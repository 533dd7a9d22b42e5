"""Figures of the clustering VAE's page: clusters and samples in rows, one picture's shares, tables of counts, seeds, λ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.figures import Axes
from gallery.page import Say, t
from pages.vae._vae_clustering_inputs import clusters_named, kinds_named

if TYPE_CHECKING:
    from core.vae.vae_clustering.agreement import Agreement
    from core.vae.vae_clustering.views import Compared, Explained, Rows, Sampled, Weighed

__all__ = [
    "MEASURES",
    "POST",
    "POST_OLD",
    "clusters",
    "confusion",
    "explained",
    "rivals",
    "samples",
    "table",
    "told",
    "weighed",
]

MEASURES = {
    "purity": t("纯度（原文的准确率）", "Purity (the post's accuracy)"),
    "hungarian accuracy": t("匈牙利匹配后的准确率", "Accuracy after Hungarian matching"),
    "nmi": t("归一化互信息", "Normalised mutual information"),
}
BASELINES = {
    "K-means on pixels": t("K-means，像素", "K-means, pixels"),
    "K-means on autoencoder codes": t("K-means，自编码器编码", "K-means, autoencoder codes"),
}
POST = {"mnist28": 0.83, "fashion28": 0.585}
POST_OLD = {"mnist28": 0.845, "fashion28": 0.606}
"""What the post reports, now and in an earlier version: the author's networks, 50 epochs."""
HEAD = 0.6  # over rows of pictures, for what they are
GAP = 0.15  # between the centres and the pictures, in pictures
ROOM, NAME_ROOM = 0.9, 0.3  # beside rows of pictures, and for every letter of a name, in pictures
BESIDE = 0.2  # half the width of two bars that stand side by side
FARTHEST = 12.0  # the axis of distances; a sample of N(μ_y, I) in 20 dimensions lies about 4.5 from its centre


def told(one: Agreement, data: str, say: Say) -> str:
    """Which labels were split over several clusters, and which have none of their own."""
    kinds = kinds_named(data, say)
    comma = say("、", ", ")
    parts = []
    if one.split:
        names = comma.join(kinds[k] for k in one.split)
        parts.append(say(f"{names} 被拆开", f"{names} split"))
    if one.unclaimed:
        names = comma.join(kinds[k] for k in one.unclaimed)
        parts.append(say(f"{names} 没有自己的簇", f"no cluster for {names}"))
    return say("；", "; ").join(parts) or say("每一类恰有一簇", "every kind has its cluster")


def clusters(y: Rows, data: str, say: Say) -> go.Figure:
    """One row a cluster: its name, the decoded centre, pictures (those of another label are red), and the share of its label."""
    one = y.agreement
    verdict = say(
        f"没有用标签的十簇：纯度 {one.purity:.1%}（匈牙利 {one.hungarian:.1%}）；{told(one, data, say)}",
        f"Ten clusters without labels: purity {one.purity:.1%} (Hungarian {one.hungarian:.1%}); {told(one, data, say)}",
    )
    many, count = y.pictures.shape[:2]
    figure, panel = rows_of(verdict, clusters_named(y.majority, data, say), [f"{share:.0%}" for share in y.own], 1 + GAP + count, HEAD)  # fmt: skip
    what = say("数据集的原图（前 1000 张测试图）", "the data set's own pictures (first 1 000 of the test set)") if y.real else say("测试图，由编码重画 G(μ(x))", "test pictures as redrawn from the code, G(μ(x))")  # fmt: skip
    panel.note(0.5, many + HEAD / 2, say("中心", "centre"), "center")
    panel.note(1 + GAP, many + HEAD / 2, what, "left")
    panel.picture(outputs.grid_image(outputs.Grid(list(y.centres), 1), gap=1), 0, 0, 1, many)
    shown = outputs.grid_image(outputs.Grid([p for row in y.tinted for p in row], count), gap=1)
    panel.picture(shown, 1 + GAP, 0, 1 + GAP + count, many)
    return figure


def rows_of(
    verdict: str, names: Sequence[str], shares: Sequence[str], across: float, head: float = 0.0
) -> tuple[go.Figure, figures.Panel]:
    """A figure for rows of pictures, ``across`` pictures wide, with a name at the left and a share at the right of each, and a head."""
    many, room = len(names), NAME_ROOM * max(map(len, names)) + ROOM
    figure, panel = figures.panel(verdict, height=540, axes=False, square=True, x_range=(-room, across + 2 * ROOM), y_range=(0, many + head))  # fmt: skip
    for k, (name, share) in enumerate(zip(names, shares, strict=True)):
        panel.note(0, many - k - 0.5, f"<b>{name}</b>", "right")
        panel.note(across, many - k - 0.5, share, "left")
    return figure, panel


def samples(y: Sampled, sd: float, data: str, say: Say) -> go.Figure:
    """Samples by cluster, a row each, and beside it how many of many p(y|z) gives back to it."""
    verdict = say(
        f"标准差 {sd:g}：{y.recognised:.1%} 的样本仍被 p(y|z) 认作自己那一簇（右边是各簇的比例）",
        f"Standard deviation {sd:g}: p(y|z) gives {y.recognised:.1%} of samples back to their own cluster (by cluster at the right)",
    )
    many, count = y.pictures.shape[:2]
    names, back = clusters_named(y.majority, data, say), [f"{share:.0%}" for share in y.back]
    figure, panel = rows_of(verdict, names, back, count)
    panel.picture(outputs.grid_image(outputs.Grid([p for row in y.pictures for p in row], count), gap=1), 0, 0, count, many)  # fmt: skip
    return figure


def explained(y: Explained, data: str, say: Say) -> go.Figure:
    """p(y|z) beside Bayes' rule, and the distances to all centres."""
    names = clusters_named(y.majority, data, say)
    best, nearest = names[y.best], names[y.nearest]
    verdict = say(
        f"这张图归“{best}”簇：p(y|z) = {y.shares[y.best]:.3f}；最近的中心是“{nearest}”，距离 {y.distances[y.nearest]:.2f}",
        f"The picture is in cluster {best}: p(y|z) = {y.shares[y.best]:.3f}; the nearest centre is that of {nearest}, {y.distances[y.nearest]:.2f} away",
    )
    ticks = {-float(k): name for k, name in enumerate(names)}  # numbers as names would be taken for places
    axes = [
        Axes(say("簇的概率", "Probability of the cluster"), x_range=(0, 1), y_ticks=ticks),
        Axes(say("到各中心的距离", "Distance to its centre"), x_range=(0, FARTHEST), y_ticks=ticks),
    ]
    figure, (shares, gaps) = figures.panels(verdict, axes, height=460)
    above, below = ([place + side for place in ticks] for side in (BESIDE, -BESIDE))
    shares.bars(above, list(y.shares), say("分类器 p(y|z)", "classifier p(y|z)"), 0, horizontal=True, width=2 * BESIDE)
    shares.bars(below, list(y.bayes), say("贝叶斯公式", "Bayes' rule"), 1, horizontal=True, width=2 * BESIDE)
    gaps.bars(list(ticks), list(y.distances), "", 2, horizontal=True, width=0.8)
    return figure


def confusion(one: Agreement, of: str, data: str, say: Say) -> go.Figure:
    """Counts of pictures by cluster and label, shaded by the share of the cluster or of the label."""
    kinds, names = kinds_named(data, say), clusters_named(one.majority[one.order], data, say)
    count = int(one.table.sum())
    verdict = say(
        f"{count} 张测试图：{told(one, data, say)}；纯度 {one.purity:.1%}，匈牙利 {one.hungarian:.1%}",
        f"{count} test pictures: {told(one, data, say)}; purity {one.purity:.1%}, Hungarian {one.hungarian:.1%}",
    )
    places = range(len(kinds))
    figure, panel = figures.panel(
        verdict, say("标签", "label"), say("簇（以多数标签为名）", "cluster (named by majority)"), 520,
        x_ticks=dict(zip(places, kinds, strict=True)), y_ticks={-k: name for k, name in enumerate(names)}, grid=False,
    )  # fmt: skip
    table = one.table[one.order]
    text = [[str(n) if n else "" for n in row] for row in table.tolist()]
    scale = say("占本簇", "share of cluster") if of == "cluster" else say("占本类", "share of label")
    panel.heat(one.shares(of)[one.order], list(places), [-k for k in range(len(names))], low=0, high=1, scale=scale, text=text)  # fmt: skip
    return figure


def rivals(y: Compared, key: str, data: str, say: Say) -> go.Figure:
    """Every seed and K-means by one measure, and how it came about in training."""
    low, mean, high = y.spread(key)
    name, labels = say(MEASURES[key]), [say(BASELINES[one.name]) for one in y.baselines]
    beside = say("；", "; ").join(
        f"{label} {one.measure(key):.1%}" for label, one in zip(labels, y.baselines, strict=True)
    )
    if len(y.seeds) > 1:
        ours = say(
            f"{len(y.seeds)} 个种子 {low:.1%} 到 {high:.1%}，平均 {mean:.1%}",
            f"{len(y.seeds)} seeds from {low:.1%} to {high:.1%}, mean {mean:.1%}",
        )
    else:
        ours = say(f"一个种子 {mean:.1%}", f"one seed {mean:.1%}")
    verdict = say(f"{name}：{ours}；{beside}", f"{name}: {ours}; {beside}")
    labels += [
        say(f"种子 {k}", f"seed {k}") + (say("（随附）", " (ships)") if k == y.shipped else "")
        for k in range(len(y.seeds))
    ]
    ticks = {-float(k): name for k, name in enumerate(labels)}
    axes = [
        Axes(say("1 万张测试图", "10 000 test pictures"), name, x_range=(0, 1), y_ticks=ticks),
        Axes(say("训练中", "In training"), say("步数", "steps"), name, y_range=(0, 1)),
    ]
    figure, (bars, curves) = figures.panels(verdict, axes, height=430, widths=(1.2, 1.0))
    every, colours = (*y.baselines, *y.seeds), [*[7] * len(y.baselines), *[0] * len(y.seeds)]
    bars.bars(list(ticks), [one.measure(key) for one in every], "", colours, horizontal=True, width=0.8)
    for k, (steps, values) in enumerate(y.curves):
        curves.line(steps, values[:, 1 + list(MEASURES).index(key)], say(f"种子 {k}", f"seed {k}"), k, end=False)
    if key == "purity":
        reported = say("原文", "the post") + f" {POST[data]:.1%}"
        bars.level(POST[data], reported, axis="x")
        curves.level(POST[data], reported)
    return figure


def table(y: Compared, data: str, say: Say) -> outputs.Table:
    """All figures of all seeds, of K-means and of the post."""
    who = [say(BASELINES[one.name]) for one in y.baselines]
    who += [say(f"种子 {k}", f"seed {k}") for k in range(len(y.seeds))]
    who += [
        say("原文（卷积，50 轮）", "the post (convolutions, 50 epochs)"),
        say("原文的另一版本", "another version of the post"),
    ]
    every = (*y.baselines, *y.seeds)
    blank = np.nan
    losses = [*[blank] * len(y.baselines), *y.losses, blank, blank]
    return outputs.Table(
        {
            say("方法", "method"): who,
            say("损失", "loss"): [f"{value:.2f}" if value == value else "" for value in losses],
            say("纯度", "purity"): [*(f"{one.purity:.1%}" for one in every), f"{POST[data]:.1%}", f"{POST_OLD[data]:.1%}"],
            say("匈牙利", "Hungarian"): [*(f"{one.hungarian:.1%}" for one in every), "", ""],
            say("互信息", "NMI"): [*(f"{one.nmi:.3f}" for one in every), "", ""],
        }
    )  # fmt: skip


def weighed(y: Weighed, lam: float, key: str, say: Say) -> go.Figure:
    """One measure of every seed, and the error of the redrawn pictures, over λ; the λ looked at is marked."""
    from core.vae.vae_clustering.views import LAMBDAS

    name, means, errors = say(MEASURES[key]), y.means(key), np.array(y.errors)
    best, sharpest = LAMBDAS[int(means.argmax())], LAMBDAS[int(errors.argmin())]
    verdict = say(
        f"{name}以 λ = {best:g} 时最高（平均 {means.max():.1%}），重建误差以 λ = {sharpest:g} 时最小（{errors.min():.1f}）",
        f"{name} is highest at λ = {best:g} (mean {means.max():.1%}), the reconstruction error least at λ = {sharpest:g} ({errors.min():.1f})",
    )
    ticks = {one: f"{one:g}" for one in LAMBDAS}
    axes = [
        Axes(say("分得开吗", "Apart?"), "λ", name, x_log=True, x_ticks=ticks, y_range=(0, 1)),
        Axes(say("画得像吗", "Faithful?"), "λ", say("每张图的 ‖x − G(μ(x))‖²", "‖x − G(μ(x))‖² a picture"), x_log=True, x_ticks=ticks),
    ]  # fmt: skip
    figure, (apart, faithful) = figures.panels(verdict, axes, height=320)
    apart.line(LAMBDAS, means, say("种子的平均", "mean of the seeds"), 0, end=False)
    places = [at for at, seeds in zip(LAMBDAS, y.seeds, strict=True) for _ in seeds]
    apart.points(
        places, [one.measure(key) for seeds in y.seeds for one in seeds], say("一个种子", "one seed"), 0, size=8
    )
    faithful.line(LAMBDAS, errors, "", 2)
    faithful.points(LAMBDAS, errors, "", 2, size=8, opacity=1.0)
    for one in (apart, faithful):
        one.level(lam, axis="x", colour=1)
    return figure
