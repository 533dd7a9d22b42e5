"""Figures of the page on validation sets, and the numbers under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import Axes
from gallery.inputs import PointValue
from gallery.outputs import Metric
from gallery.page import Say, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.stats import validation_split as model
    from core.stats.validation_sets import Selection

SCHEMES = {
    "random": t("随机划分", "Random split"),
    "top": t("取 D 最大的", "Those with the largest D"),
    "d": t("按 D 加权", "Weighted by D"),
    "ratio": t("按 D/(1−D) 加权", "Weighted by D/(1−D)"),
    "resampled": t("按 D/(1−D) 重采样", "Resampled by D/(1−D)"),
    "exact": t("按精确 q/p 加权", "Weighted by the exact q/p"),
}
TRAIN, TEST = t("训练集", "training"), t("测试集", "test")
PLANE, WEIGHTS, UNIT = (-3.5, 3.5), (1e-3, 1e3), (0.0, 1.0)
FARTHEST = 2.5
ALMOST_CERTAIN = 0.99  # AUC above which the two sets hardly overlap, and weights mean nothing
SHOULD = t("应为 1", "should be 1")


def clouds(found: model.Clouds, mean: PointValue, say: Say) -> go.Figure:
    """Both sets with points as large as their weights, and the recovered weights over the exact ones."""
    figure, (plane, weights) = figures.panels(
        say(
            f"AUC {found.found.area:.3f}；还原的 ln w 与精确值相差 {found.log_error:.2f}（均方根）",
            f"AUC {found.found.area:.3f}; the recovered ln w is off by {found.log_error:.2f} (root mean square)",
        ),
        [
            Axes(say("点越大，权重越大", "The larger a point, the larger w"), "x₁", "x₂", PLANE, PLANE, square=True),
            Axes(
                say("权重", "Weights"),
                say("精确的 q/p", "exact q/p"),
                "D/(1−D)",
                WEIGHTS,
                WEIGHTS,
                x_log=True,
                y_log=True,
            ),
        ],
        height=480,
        widths=(1.2, 1),
    )
    sizes: Any = 3 + 4 * found.emphasis
    x, y = found.train.T
    test_x, test_y = found.test.T
    plane.points(test_x, test_y, say(TEST), colour=1, size=4, opacity=0.35)
    plane.points(x, y, say(TRAIN), colour=0, size=sizes, opacity=0.55)
    plane.handle("mean", *mean, name="μ", colour=1)
    weights.line(WEIGHTS, WEIGHTS, "w = q/p", colour=7, width=1.5, dash="dash")
    weights.points(found.exact, found.weights, colour=0, size=5, opacity=0.5)
    return figure


def cloud_facts(found: model.Clouds, say: Say) -> list[Metric]:
    """AUC, the mean weight, the effective size, and how far the weights are off."""
    limit = say(f"精确权重的极限 {found.share:.3f}", f"limit for exact weights {found.share:.3f}")
    return [
        Metric("AUC", found.found.area, say("0.5：分不开", "0.5: cannot be told apart")),
        Metric(say("平均权重", "Mean weight"), found.mean_weight, say(SHOULD)),
        Metric("ESS / n", found.effective, limit),
        Metric(say("ln 权重之差的均方根", "rms of log-weight errors"), found.log_error),
    ]


def gaps(found: model.Comparison, say: Say) -> go.Figure:
    """Every scheme by seed: how far the validation error is from the true one."""
    many, ratio, random = len(found.trials), found.bias("ratio"), found.bias("random")
    figure, panel = figures.panel(
        say(
            f"{many} 个种子：按 D/(1−D) 加权的偏差 {ratio:+.3f}，随机划分 {random:+.3f}",
            f"{many} seeds: the bias is {ratio:+.3f} with weights D/(1−D), {random:+.3f} with a random split",
        ),
        x=say("验证误差 − 真实测试误差", "validation error − true test error"),
        x_range=(-0.3, 0.3),
        y_range=(len(SCHEMES) - 0.4, -0.6),
        y_ticks={float(k): say(name) for k, name in enumerate(SCHEMES.values())},
    )
    for k, scheme in enumerate(SCHEMES):
        places = [k - 0.28 + 0.56 * j / (many - 1) for j in range(many)]
        panel.points(found.gaps(scheme), places, colour=k, size=5, opacity=0.45)
        panel.line([found.bias(scheme)] * 2, [k - 0.38, k + 0.38], colour=k, width=4)
    panel.level(0.0, say("0：预测得准", "0: unbiased"), axis="x", colour=7)
    return figure


def schemes(found: model.Comparison, say: Say) -> dict[str, Any]:
    """Bias, spread and root mean square error of every scheme."""
    return {
        say("做法", "scheme"): [say(name) for name in SCHEMES.values()],
        say("偏差（平均之差）", "bias (mean difference)"): [found.bias(s) for s in SCHEMES],
        say("标准差", "standard deviation"): [found.spread(s) for s in SCHEMES],
        say("均方根误差", "root mean square error"): [found.rms(s) for s in SCHEMES],
        say("偏差的标准误", "standard error of the bias"): [found.bias_error(s) for s in SCHEMES],
    }


def compared_facts(found: model.Comparison, say: Say) -> list[Metric]:
    """The best scheme, the true error, and the samples that count."""
    size = say(f"验证集 {found.validation} 个", f"of {found.validation} validation samples")
    return [
        Metric(say("均方根误差最小的做法", "Least root mean square error"), say(SCHEMES[found.best])),
        Metric(
            say("真实测试误差", "True test error"),
            found.truth,
            say("随机划分所训的模型", "model of the random split"),
        ),
        Metric(say("平均 AUC", "Mean AUC"), found.area),
        Metric(say("平均有效样本数", "Mean effective size"), found.effective, size),
    ]


def reliability(found: model.Calibration, say: Say) -> go.Figure:
    """The share of test samples by D, and the weights, out of fold and on samples seen."""
    fresh, seen = say("折外", "out of fold"), say("见过的样本上", "on samples seen")
    figure, (reliability, weights) = figures.panels(
        say(
            f"D 与实际比例的差：折外 {found.fresh.gap:.3f}，见过的样本上 {found.seen.gap:.3f}",
            f"D is off by {found.fresh.gap:.3f} out of fold, and by {found.seen.gap:.3f} on samples it has seen",
        ),
        [
            Axes(
                say("D 说多少，是不是多少", "Is D what it says"),
                "D",
                say("测试样本的比例", "share of test samples"),
                UNIT,
                UNIT,
            ),
            Axes(say("训练样本的权重", "Weights of training samples"), "x₁", "w", (-3, 3), (1e-2, 1e2), y_log=True),
        ],
        height=470,
    )
    reliability.line(UNIT, UNIT, say("校准", "calibrated"), colour=7, width=1.5, dash="dash", end=False)
    for name, binned, w, colour in (
        (fresh, found.fresh, found.fresh_weights, 2),
        (seen, found.seen, found.seen_weights, 3),
    ):
        reliability.line(binned.mean, binned.share, name, colour=colour, width=3, end=False)
        weights.points(found.x, w, colour=colour, size=5, opacity=0.5)
    weights.line(found.grid, found.ratio, "q/p", colour=0, width=3)
    return figure


def calibration_facts(found: model.Calibration, say: Say) -> list[Metric]:
    """Calibration gaps and mean weights."""
    fresh, seen = say("折外", "out of fold"), say("见过的样本上", "on samples seen")
    return [
        Metric(say(f"校准误差，{fresh}", f"Calibration gap, {fresh}"), found.fresh.gap),
        Metric(say(f"校准误差，{seen}", f"Calibration gap, {seen}"), found.seen.gap),
        Metric(say(f"平均权重，{fresh}", f"Mean weight, {fresh}"), found.means[0], say(SHOULD)),
        Metric(say(f"平均权重，{seen}", f"Mean weight, {seen}"), found.means[1], say(SHOULD)),
    ]


def share(found: model.Effective, say: Say) -> go.Figure:
    """The effective size by the distance of the sets: its limit, and with exact and learned weights."""
    needed = [_rounded(100 / share) if share else "∞" for share in (found.at_one, found.at_two)]
    exact, learned = say("精确权重", "exact weights"), say("还原的权重", "recovered weights")
    figure, panel = figures.panel(
        say(
            f"要 100 个有效样本：|μ| = 1 需 {needed[0]} 个，|μ| = 2 需 {needed[1]} 个",
            f"For 100 effective samples: {needed[0]} are needed at |μ| = 1, {needed[1]} at |μ| = 2",
        ),
        x=say("两个中心的距离 |μ|", "distance |μ| of the centres"),
        y="ESS / n",
        x_range=(0, FARTHEST),
        y_range=(5e-4, 1.2),
        y_log=True,
    )
    panel.line(found.axis, found.limit, "s²(2−s²)·exp(−|μ|²/(2−s²))", colour=0, width=3, end=False)
    panel.points(found.distances, found.exact, exact, colour=2, size=9, opacity=0.9)
    panel.points(found.distances, found.learned, learned, colour=1, size=9, opacity=0.9)
    return figure


def effective_facts(found: model.Effective, say: Say) -> list[Metric]:
    """How many samples 100 effective ones take."""
    needed = [_rounded(100 / share) if share else "∞" for share in (found.at_one, found.at_two)]
    return [
        Metric(say("|μ| = 1 时的极限", "Limit at |μ| = 1"), found.at_one),
        Metric(say("要 100 个有效样本，|μ| = 1 需", "For 100 effective samples at |μ| = 1"), needed[0]),
        Metric(say("|μ| = 2 需", "at |μ| = 2"), needed[1]),
    ]


def effective_table(found: model.Effective, say: Say) -> dict[str, Any]:
    """The effective size by distance."""
    exact, learned = say("精确权重", "exact weights"), say("还原的权重", "recovered weights")
    return {"|μ|": found.distances, exact: found.exact, learned: found.learned, say("极限", "limit"): found.limits}


def shift(found: Selection, say: Say) -> go.Figure:
    """How D is distributed over both sets, and the columns that tell them apart."""
    area, (column, alone) = found.found.area, found.telling[0]
    told = say(f"{column} 列最露馅（单列 {alone:.3f}）", f"{column} tells them apart best (alone {alone:.3f})")
    if area > ALMOST_CERTAIN:
        told += say("：两个集几乎不重叠，权重不可信", ": they hardly overlap, do not trust the weights")
    most = found.telling[14::-1]
    figure, (scores, columns) = figures.panels(
        f"AUC {area:.3f}{say('；', '; ')}{told}",
        [
            Axes(say("D 的分布", "Distribution of D"), "D", say("密度", "density"), UNIT, from_zero=True),
            Axes(say("单列 AUC", "AUC of one column"), "AUC", "", (0.5, 1.0)),
        ],
        height=470,
    )
    scores.bars(found.middles, found.train_density, say(TRAIN), colour=0)
    scores.bars(found.middles, found.test_density, say(TEST), colour=1)
    columns.bars([name for name, _ in most], [value for _, value in most], colour=2, opacity=0.8, horizontal=True)
    return figure


def own_facts(found: Selection, count: int, say: Say) -> list[Metric]:
    """AUC, rows, the effective size, and how many rows are distinct."""
    sets, area = found.sets, found.found.area
    rows = (len(sets.train), len(sets.test))
    drawn = say(
        f"文件共 {sets.rows_in_file[0]} / {sets.rows_in_file[1]} 行",
        "of {} / {} in the files".format(*sets.rows_in_file),
    )
    return [
        Metric("AUC", area, say("0.5：两个集同分布", "0.5: one distribution")),
        Metric(
            say("训练 / 测试行数", "Rows, training / test"),
            f"{rows[0]} / {rows[1]}",
            "" if rows == sets.rows_in_file else drawn,
        ),
        Metric("ESS", found.effective, say(f"共 {rows[0]} 行", f"of {rows[0]} rows")),
        Metric(
            say("不同的行", "Distinct rows"),
            len(found.chosen),
            say(f"取 {count} 次，重复保留", f"of {count} drawn, duplicates kept"),
        ),
    ]


def chosen_rows(found: Selection, say: Say) -> dict[str, Any]:
    """The rows drawn, with their weights and columns."""
    sets = found.sets
    chosen = {
        say("训练集第几行", "row of the training set"): found.rows,
        say("次数", "times"): found.times,
        say("权重 w", "weight w"): found.weights[found.chosen],
    }
    chosen |= dict(zip(sets.names, sets.train[found.chosen].T, strict=True))
    return chosen


def _rounded(count: float) -> str:
    return f"{count:,.0f}" if count < 1e7 else f"{count:.1e}"
