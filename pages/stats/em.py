"""From maximum likelihood to EM (post 5239)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import FileValue, Inputs, SketchValue, choice, file, seed, sketch, slider, text
from gallery.page import Lang, Page, Post, Tab, Update, t

DATA = {"blobs": t("三团", "Three blobs"), "moons": t("两弯月", "Two moons"), "ring": t("圆环", "Ring"), "iris": t("鸢尾花（花瓣）", "Irises (petals)")}  # fmt: skip
HOW = {"kmeans++": t("k-means++", "k-means++"), "random": t("随机样本", "Random samples"), "together": t("挤在一处（坏）", "All in one place (bad)")}  # fmt: skip
KINDS = {"full": t("任意椭圆", "Any ellipse"), "diag": t("轴对齐", "Along the axes"), "spherical": t("圆", "Circles"), "tied": t("全体共用一个", "One for all")}  # fmt: skip
CLOUD, COMPONENTS, START, COVARIANCE = t("数据", "Data"), t("分量数 k", "Components k"), t("初值", "Start"), t("协方差", "Covariances")  # fmt: skip
OWN_FLOOR = (
    1e-2  # a tenth of a column's deviation: measured lengths are rounded, and a component on one value would collapse
)
FLOOR = 1e-4  # smallest eigenvalue of a covariance in the tabs where collapse is not the question
VIEW = 3.4
ITERATIONS = 200
BUDGET = 6e7  # samples x components x iterations
MOST_ROWS, MOST_COLUMNS = 2000, 8
RESTARTS = 4
SINGULAR_STEPS = 60
SIGMAS = np.geomspace(0.02, 3.0, 24)
SOFT_ITERATIONS = 40
DRAWN = "\n".join("".join("#" if (r - 8) ** 2 + (c - 8) ** 2 < 26 or (abs(r - 20) < 2 and 10 < c < 25) else " " for c in range(28)) for r in range(28))  # fmt: skip
LINES = "深度学习 神经网络 梯度 下降\n梯度 下降 学习率 优化器\n神经网络 卷积 图像 识别\n图像 生成 对抗 网络\n行列式 矩阵 特征值\n矩阵 特征值 分解 向量\n向量 空间 行列式 体积\n图像 识别 卷积 深度学习"


class Step(Inputs):
    data: str = choice("blobs", {**DATA, "drawn": t("自己画", "Draw it yourself")}, label=CLOUD)
    drawing: SketchValue = sketch(
        28, label=t("画一片点云", "Draw a cloud"), default=DRAWN, shown_when={"data": "drawn"}
    )
    half: int = slider(3, 0, 60, label=t("半步（单数 E，双数 M）", "Half-steps (odd E, even M)"))
    k: int = slider(3, 1, 6, label=COMPONENTS)
    how: str = choice("random", HOW, label=START)
    kind: str = choice("full", KINDS, label=COVARIANCE)
    outliers: float = slider(0.0, 0.0, 0.4, step=0.02, label=t("离群点比例", "Share of outliers"))
    n: int = slider(300, 20, 800, label=t("样本数 n", "Samples n"))
    seed: int = seed(3)


class Starts(Inputs):
    data: str = choice("moons", DATA, label=CLOUD)
    k: int = slider(5, 2, 7, label=COMPONENTS)
    how: str = choice("random", HOW, label=START)
    kind: str = choice("full", KINDS, label=COVARIANCE)
    starts: int = slider(12, 2, 24, label=t("多少个初值", "How many starts"))
    n: int = slider(300, 50, 500, label=t("样本数 n", "Samples n"))
    seed: int = seed(1)


class Singular(Inputs):
    deviation: float = slider(
        0.03, 0.001, 0.5, log=True, label=t("压在一点上的分量：初始 σ", "The component on one point: σ at the start")
    )
    floor: float = slider(0.05, 0.001, 0.5, log=True, label=t("救法一：σ 的下限", "What saves it, 1: a least σ"))
    which: int = slider(7, 0, 49, label=t("压在第几个样本上", "Which sample it sits on"))
    n: int = slider(150, 50, 400, label=t("样本数 n", "Samples n"))
    seed: int = seed(2)


class Limit(Inputs):
    data: str = choice("blobs", DATA, label=CLOUD)
    sigma: float = slider(0.5, 0.02, 3.0, log=True, label=t("固定的 σ", "σ, held fixed"))
    k: int = slider(3, 2, 6, label=COMPONENTS)
    n: int = slider(300, 50, 600, label=t("样本数 n", "Samples n"))
    seed: int = seed(1)


class Topics(Inputs):
    source: str = choice(
        "digits",
        {
            "digits": t("手写数字（像素当词）", "Digits (pixels as words)"),
            "verse": t("唐宋诗（字）", "Tang and Song verse"),
            "own": t("自己的文档", "My own documents"),
        },
        label=t("语料", "Documents"),
    )
    documents: str = text(
        LINES,
        label=t("一行一篇，词以空格分开", "One document a line, words apart by spaces"),
        max_length=4000,
        lines=8,
        shown_when={"source": "own"},
    )
    k: int = slider(10, 2, 16, label=t("主题数", "Topics"))
    iterations: int = slider(60, 1, 200, label=t("迭代次数", "Iterations"))
    seed: int = seed(1)


class Own(Inputs):
    data: FileValue = file(
        (".csv", ".tsv", ".txt"),
        label=t("CSV（首行列名；不传则用鸢尾花）", "CSV (first row: names; without one, Fisher's irises)"),
        max_bytes=2_000_000,
    )
    most: int = slider(6, 2, 8, label=t("最多几个分量", "Most components"))
    kind: str = choice("full", KINDS, label=COVARIANCE)
    seed: int = seed(1)


def step(inputs: Step, lang: Lang) -> Mapping[str, Any]:
    from core.stats.em import climb, entropy, start

    x = _cloud(inputs)
    steps = list(climb(x, start(x, inputs.k, inputs.how, inputs.seed), 31, inputs.kind, FLOOR))
    steps = steps[: min(inputs.half, len(steps) - 1) + 1]
    now, n = steps[-1], len(x)
    figure = figures.panels(
        "",
        [
            t("样本与 1σ、2σ 椭圆", "Samples, 1σ, 2σ")(lang),
            t("似然与下界", "Likelihood, bound")(lang),
        ],
        columns=2,
        height=480,
        column_widths=[0.55, 0.45],
    )
    figure.update_layout(
        title_text={
            "start": t("初值", "The start"),
            "E": t("E 步之后：重新着色，下界贴紧", "After E: new colours, the bound touches"),
            "M": t("M 步之后：椭圆移动，似然上升", "After M: ellipses move, likelihood rises"),
        }[now.done](lang)
    )
    _coloured(figure, x, now.r, now.mixture, 1, lang)
    half = list(range(len(steps)))
    figure.add_trace(
        figures.line(half, [s.log_likelihood / n for s in steps], t("对数似然 / n", "log-likelihood / n")(lang), 0),
        1,
        2,
    )
    figure.add_trace(
        figures.line(half, [s.bound / n for s in steps], t("下界 / n", "bound / n")(lang), 1, dash="dot"), 1, 2
    )
    touching = [h for h, s in enumerate(steps) if s.done == "E"]
    figure.add_trace(
        figures.points(
            touching, [steps[h].bound / n for h in touching], t("E 步：贴紧", "E-step: touching")(lang), 2, 7, 1.0
        ),
        1,
        2,
    )
    figure.update_xaxes(title_text=t("半步", "half-steps")(lang), row=1, col=2)
    figure.update_yaxes(title_text=t("nat / 样本", "nats a sample")(lang), row=1, col=2)
    facts = [
        outputs.Metric(t("交叉熵（nat）", "Cross-entropy (nats)")(lang), -now.log_likelihood / n, t("= −对数似然 / n", "= −log-likelihood / n")(lang)),
        outputs.Metric(t("KL(r ‖ 后验) / n", "KL(r ‖ posterior) / n")(lang), max(now.log_likelihood - now.bound, 0.0) / n, t("E 步把它变成 0", "an E-step makes it 0")(lang)),
        outputs.Metric(t("责任度的熵（bit）", "Entropy of r (bits)")(lang), entropy(now.r)),
        outputs.Metric(t("各分量的权重", "Weights")(lang), " ".join(f"{w:.2f}" for w in now.mixture.weights)),
    ]  # fmt: skip
    table = {
        t("半步", "half-step")(lang): half,
        t("做了", "done")(lang): [s.done for s in steps],
        t("对数似然", "log-likelihood")(lang): [s.log_likelihood for s in steps],
        t("下界", "bound")(lang): [s.bound for s in steps],
    }
    return {"cloud": figure, "facts": facts, "trace": outputs.Table(table)}


def starts(inputs: Starts, lang: Lang) -> Iterator[Update]:
    from core.stats.em import best_of, expect, sample

    x = sample(inputs.data, inputs.n, 0.0, inputs.seed)
    found: list[Any] = []
    for run in best_of(x, inputs.k, inputs.starts, inputs.how, ITERATIONS, inputs.kind, FLOOR, inputs.seed):
        found.append(run)
        yield outputs.Progress(len(found) / inputs.starts)
        if len(found) % 4 and len(found) < inputs.starts:
            continue
        ends = np.array([f.trace[-1] for f in found]) / len(x)
        best, worst = int(ends.argmax()), int(ends.argmin())
        figure = figures.panels(
            t(f"{len(found)} 个初值，落在 {len(set(np.round(ends, 4)))} 个不同的高度", f"{len(found)} starts come to rest at {len(set(np.round(ends, 4)))} different heights")(lang),
            [t("爬升", "The climbs")(lang), t(f"最好：{ends[best]:.3f}", f"Best: {ends[best]:.3f}")(lang), t(f"最差：{ends[worst]:.3f}", f"Worst: {ends[worst]:.3f}")(lang)], columns=3, height=440, horizontal_spacing=0.06,
        )  # fmt: skip
        for k, f in enumerate(found):
            mark = 2 if k == best else (3 if k == worst else 7)
            figure.add_trace(
                figures.line(
                    np.arange(len(f.trace)),
                    f.trace / len(x),
                    "",
                    mark,
                    3 if k in (best, worst) else 1,
                    showlegend=False,
                ),
                1,
                1,
            )
        low = float(np.quantile([f.trace[min(1, len(f.trace) - 1)] for f in found], 0.1)) / len(x)
        figure.update_yaxes(
            title_text=t("对数似然 / n", "log-likelihood / n")(lang),
            range=[low, float(ends.max()) + 0.05 * (float(ends.max()) - low)],
            row=1,
            col=1,
        )
        figure.update_xaxes(title_text=t("迭代", "iterations")(lang), type="log", row=1, col=1)
        for k, column in ((best, 2), (worst, 3)):
            _coloured(figure, x, expect(x, found[k].mixture), found[k].mixture, column, lang)
        facts = [
            outputs.Metric(t("最好的初值找到的", "Best")(lang), float(ends.max()), t("nat / 样本", "nats a sample")(lang)), outputs.Metric(t("中位数", "Median")(lang), float(np.median(ends))),
            outputs.Metric(t("离最好不到 0.001 的初值", "Starts within 0.001 of the best")(lang), f"{int((ends > ends.max() - 1e-3).sum())} / {len(ends)}"),
        ]  # fmt: skip
        yield {
            "climbs": figure,
            "facts": facts,
            "ends": outputs.Table(
                {
                    t("种子", "seed")(lang): [inputs.seed + k for k in range(len(found))],
                    t("迭代", "iterations")(lang): [len(f.trace) - 1 for f in found],
                    t("对数似然 / n", "log-likelihood / n")(lang): ends,
                }
            ),
        }


def singular(inputs: Singular, lang: Lang) -> Mapping[str, Any]:
    from core.stats.em import climb, log_likelihood, on_one_point, sample, smallest_deviation

    x = sample("blobs", inputs.n, 0.0, inputs.seed)
    sigmas = np.geomspace(1e-8, 1, 80)
    curve = np.array([log_likelihood(x, on_one_point(x, inputs.which, s)) for s in sigmas])
    plain = log_likelihood(x, on_one_point(x, inputs.which, 1.0))
    begin = on_one_point(x, inputs.which, inputs.deviation)
    ways = (
        (t("不设下限", "no floor"), "full", 0.0, 3), (t(f"σ ≥ {inputs.floor:.3g}", f"σ ≥ {inputs.floor:.3g}"), "full", inputs.floor**2, 2), (t("共用一个协方差", "one covariance for all"), "tied", 0.0, 0),
    )  # fmt: skip
    figure = figures.panels(
        t("似然没有上界：σ → 0 时按 −2 ln σ 升到无穷", "The likelihood has no bound: as σ → 0 it rises as −2 ln σ")(lang),
        [t("压在一个样本上的分量", "On one sample")(lang), t("EM 从那里出发", "EM from there")(lang)], columns=2, height=470,
    )  # fmt: skip
    figure.add_trace(
        figures.line(sigmas, curve - plain, t("对数似然之增", "gain of log-likelihood")(lang), 3, showlegend=False),
        1,
        1,
    )
    figure.update_xaxes(title_text="σ", type="log", exponentformat="power", row=1, col=1)
    figure.update_yaxes(title_text=t("比 σ = 1 时高（nat）", "above that at σ = 1 (nats)")(lang), row=1, col=1)
    figures.reference(figure, inputs.deviation, t("起点", "start")(lang), colour=0, row=1, col=1)
    told: dict[str, list[Any]] = {
        "": [],
        t("走了几次迭代", "iterations")(lang): [],
        t("最小的 σ", "smallest σ")(lang): [],
        t("对数似然", "log-likelihood")(lang): [],
    }
    for name, kind, floor, colour in ways:
        states = [s for s in climb(x, begin, SINGULAR_STEPS, kind, floor) if s.done != "E"]
        least = [smallest_deviation(s.mixture) for s in states]
        figure.add_trace(figures.line(list(range(len(least))), least, name(lang), colour, 3), 1, 2)
        collapsed = len(states) <= SINGULAR_STEPS
        for column, value in zip(
            told.values(),
            (
                name(lang),
                f"{len(states) - 1}" + (t("（崩溃）", " (collapsed)")(lang) if collapsed else ""),
                f"{least[-1]:.3g}",
                f"{states[-1].log_likelihood:.2f}",
            ),
            strict=True,
        ):
            column.append(value)
    figure.update_xaxes(title_text=t("迭代", "iterations")(lang), row=1, col=2)
    figure.update_yaxes(title_text=t("最小的 σ", "smallest σ")(lang), type="log", exponentformat="power", row=1, col=2)
    note = t(
        "起点的 σ 比样本间的距离小得多时，那个分量只“看见”一个样本，M 步把它的协方差变成零。给特征值设下限（把小于 ε 的特征值提到 ε，恰是该约束下的精确最大值，所以似然仍不会下降），或让各分量共用协方差，都能救它；把起点 σ 调大，EM 自己也能走出来。",
        "Where σ starts far below the distance between samples, that component sees one sample alone, and the M-step makes its covariance zero. A floor under the eigenvalues saves it (lifting those below ε to ε is the exact maximum under that constraint, so the likelihood still never falls), and so does one covariance for all. With a larger σ at the start EM walks out by itself.",
    )(lang)
    return {"collapse": figure, "told": outputs.Table(told), "note": note}


def limit(inputs: Limit, lang: Lang) -> Mapping[str, Any]:
    from core.stats.em import Mixture, entropy, k_means, sample, soft_k_means, start

    x = sample(inputs.data, inputs.n, 0.0, inputs.seed)
    begin = start(x, inputs.k, "kmeans++", inputs.seed).means
    hard, nearest = k_means(x, begin, SOFT_ITERATIONS)
    means, r = soft_k_means(x, begin, inputs.sigma, SOFT_ITERATIONS)
    runs = [soft_k_means(x, begin, s, SOFT_ITERATIONS) for s in SIGMAS]
    apart = [max(float(np.abs(m - hard).max()), 1e-16) for m, _ in runs]
    shared = [entropy(q) for _, q in runs]
    round_ones = Mixture(
        np.full(inputs.k, 1 / inputs.k), means, np.repeat(inputs.sigma**2 * np.eye(2)[None], inputs.k, 0)
    )
    figure = figures.panels(
        t(f"固定 σ = {inputs.sigma:.3g}", f"σ = {inputs.sigma:.3g}, held fixed")(lang),
        [
            t("× 为 K-means", "× K-means")(lang),
            t("差多远", "Distance")(lang),
        ],
        columns=2,
        height=470,
        column_widths=[0.55, 0.45],
    )
    _coloured(figure, x, r, round_ones, 1, lang)
    figure.add_trace(
        go.Scatter(
            x=hard[:, 0],
            y=hard[:, 1],
            mode="markers",
            marker={"symbol": "x", "size": 13, "color": figures.COLOURS[3], "line": {"width": 1, "color": "white"}},
            name="K-means",
        ),
        1,
        1,
    )
    figure.add_trace(figures.line(SIGMAS, apart, t("均值之差", "difference of the means")(lang), 0), 1, 2)
    figure.add_trace(
        figures.line(
            SIGMAS, np.maximum(shared, 1e-16), t("责任度的熵（bit）", "entropy of r (bits)")(lang), 1, dash="dot"
        ),
        1,
        2,
    )
    figures.reference(figure, inputs.sigma, "σ", colour=3, row=1, col=2)
    figure.update_xaxes(title_text="σ", type="log", row=1, col=2)
    figure.update_yaxes(type="log", exponentformat="power", range=[-9, 1], row=1, col=2)
    facts = [
        outputs.Metric(t("均值与 K-means 之差", "Means' difference from K-means")(lang), float(np.abs(means - hard).max())), outputs.Metric(t("责任度的熵（bit）", "Entropy of r (bits)")(lang), entropy(r), t("0：非此即彼", "0: hard")(lang)),
        outputs.Metric(t("与 K-means 同类的样本", "Samples assigned alike")(lang), f"{float((r.argmax(1) == nearest).mean()):.1%}"),
        outputs.Metric(t("不同的均值", "Distinct means")(lang), len({tuple(np.round(m, 2)) for m in means}), t("σ 太大时全部并到重心", "all merge when σ is large")(lang)),
    ]  # fmt: skip
    return {"limit": figure, "facts": facts}


def topics(inputs: Topics, lang: Lang) -> Iterator[Update]:
    from core.stats.em import plsa, plsa_counts

    counts, words = plsa_counts(inputs.source, inputs.documents)
    total = counts.sum()
    for done, found in enumerate(plsa(counts, inputs.k, inputs.iterations, inputs.seed)):
        yield outputs.Progress(done / inputs.iterations)
        if done % 20 and done < inputs.iterations:
            continue
        if inputs.source == "digits":
            across = min(inputs.k, 5)
            tiles = -(-inputs.k // across)
            figure = figures.panels(
                t("每个主题 p(w|z) 是一个笔画部件", "Each topic p(w|z) is a part of strokes")(lang),
                [f"z{k + 1}" for k in range(inputs.k)],
                rows=tiles,
                columns=across,
                height=150 + 170 * tiles,
                horizontal_spacing=0.01,
                vertical_spacing=0.14,
            )
            for k, topic in enumerate(found.words):
                figure.add_trace(
                    figures.heat(topic.reshape(8, 8), showscale=False, hoverinfo="skip"),
                    k // across + 1,
                    k % across + 1,
                )
            figure.update_xaxes(showticklabels=False, ticks="", showgrid=False, constrain="domain")
            figure.update_yaxes(
                showticklabels=False, ticks="", showgrid=False, autorange="reversed", constrain="domain"
            )
            figure.for_each_yaxis(lambda axis: axis.update(scaleanchor=axis.anchor, scaleratio=1))
        else:
            figure = _word_bars(found.words, words, lang)
        perplexity = math.exp(-float(found.trace[-1]) / total)
        climb = figures.chart(
            t("pLSA 的对数似然", "pLSA's log-likelihood")(lang),
            t("迭代", "iterations")(lang),
            t("nat / 词", "nats a word")(lang),
            height=300,
        )
        climb.add_trace(
            figures.line(
                np.arange(len(found.trace)),
                found.trace / total,
                t("对数似然 / 词数", "log-likelihood / words")(lang),
                0,
                showlegend=False,
            )
        )
        facts = [
            outputs.Metric(t("文档 × 词", "Documents × words")(lang), f"{counts.shape[0]} × {counts.shape[1]}"), outputs.Metric(t("困惑度", "Perplexity")(lang), perplexity, t("越小越好；均匀分布为词数", "smaller is better; uniform: the number of words")(lang)),
            outputs.Metric(t("迭代", "Iterations")(lang), done),
        ]  # fmt: skip
        yield {
            "topics": figure,
            "facts": facts,
            "climb": climb,
            "mixes": outputs.Table(
                {
                    t("文档", "document")(lang): np.arange(1, min(len(found.topics), 60) + 1),
                    **{f"z{k + 1}": np.round(found.topics[:60, k], 4) for k in range(inputs.k)},
                }
            ),
        }


def own(inputs: Own, lang: Lang) -> Iterator[Update]:
    from core.classics import iris
    from core.stats.em import Mixture, bayesian_criterion, best_of, expect, principal_plane
    from core.tables import prepared, read_table

    if inputs.data is None:
        names, x, _ = iris()
    else:
        names, x = read_table(inputs.data.data, MOST_COLUMNS)
        x = prepared(x, names, False, MOST_ROWS, inputs.seed)
    z, plane = (x - x.mean(0)) / x.std(0), principal_plane(x)
    criteria, fits = [], []
    for k in range(1, inputs.most + 1):
        best = max(
            best_of(z, k, RESTARTS if k > 1 else 1, "kmeans++", ITERATIONS, inputs.kind, OWN_FLOOR, inputs.seed),
            key=lambda f: f.trace[-1],
        )
        fits.append(best)
        criteria.append(bayesian_criterion(best, len(z), inputs.kind))
        yield outputs.Progress(k / inputs.most)
        chosen = int(np.argmin(criteria))
        r = expect(z, fits[chosen].mixture)
        figure = figures.panels(
            t(f"BIC 选了 k = {chosen + 1}", f"BIC chooses k = {chosen + 1}")(lang),
            [
                t("前两个主成分", "Two components")(lang),
                t("BIC", "BIC")(lang),
            ],
            columns=2,
            height=470,
            column_widths=[0.6, 0.4],
        )
        nothing = Mixture(np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2, 2)))
        _coloured(figure, plane, r, nothing, 1, lang, view=None)
        figure.add_trace(figures.line(list(range(1, k + 1)), criteria, "BIC", 0, showlegend=False), 1, 2)
        figure.add_trace(figures.points([chosen + 1], [criteria[chosen]], t("选中", "chosen")(lang), 3, 11, 1.0), 1, 2)
        figure.update_xaxes(title_text="k", dtick=1, range=[0.7, inputs.most + 0.3], row=1, col=2)
        means = fits[chosen].mixture.means * x.std(0) + x.mean(0)
        order = np.argsort(-fits[chosen].mixture.weights)
        facts = [outputs.Metric(t("行数", "Rows")(lang), len(x)), outputs.Metric(t("列数", "Columns")(lang), x.shape[1]), outputs.Metric("k", chosen + 1), outputs.Metric(t("拿得准的行（责任度 > 0.95）", "Rows that are sure (r > 0.95)")(lang), f"{float((r.max(1) > 0.95).mean()):.1%}")]  # fmt: skip
        yield {
            "clusters": figure,
            "facts": facts,
            "means": outputs.Table(
                {
                    t("分量", "component")(lang): [int(o) + 1 for o in order],
                    t("权重", "weight")(lang): fits[chosen].mixture.weights[order],
                    **{name: means[order, j] for j, name in enumerate(names)},
                }
            ),
        }


def checks() -> Iterable[Check]:
    from core.stats.em import checks as facts

    return facts()


def _cloud(inputs: Step) -> np.ndarray:
    from core.stats.em import sample
    from core.stats.hsic.clouds import from_ink

    if inputs.data == "drawn":
        return 2.8 * np.stack(from_ink(inputs.drawing, inputs.n, 0.0, inputs.seed), 1)
    return sample(inputs.data, inputs.n, inputs.outliers, inputs.seed)


def _coloured(
    figure: go.Figure, x: np.ndarray, r: np.ndarray, mixture: Any, column: int, lang: Lang, view: float | None = VIEW
) -> None:
    """Points whose colour mixes the components' by responsibility, with the components' ellipses."""
    from core.stats.em import ellipse

    palette = [figures.COLOURS[k % len(figures.COLOURS)].lstrip("#") for k in range(r.shape[1])]
    rgb = np.array([[int(c[i : i + 2], 16) for i in (0, 2, 4)] for c in palette], float)
    mixed = (r @ rgb).round().astype(int)
    figure.add_trace(
        go.Scattergl(
            x=x[:, 0],
            y=x[:, 1],
            mode="markers",
            marker={"color": [f"rgb({a},{b},{c})" for a, b, c in mixed], "size": 6, "opacity": 0.85},
            showlegend=False,
            hoverinfo="skip",
            name=t("样本", "samples")(lang),
        ),
        1,
        column,
    )
    for k, (mean, covariance, weight) in enumerate(
        zip(mixture.means, mixture.covariances, mixture.weights, strict=True)
    ):
        for deviations, width in ((1, 2.5), (2, 1)):
            ex, ey = ellipse(mean, covariance, deviations).T
            figure.add_trace(
                figures.line(
                    ex,
                    ey,
                    "",
                    k,
                    width,
                    showlegend=False,
                    hoverinfo="skip",
                    opacity=float(max(0.15, min(1.0, 2 * weight))),
                ),
                1,
                column,
            )
    if view:
        figure.update_xaxes(range=[-view, view], constrain="domain", row=1, col=column)
        figure.update_yaxes(
            range=[-view, view], scaleanchor="x" if column == 1 else f"x{column}", constrain="domain", row=1, col=column
        )


def _word_bars(topics: np.ndarray, words: list[str], lang: Lang, most: int = 8) -> go.Figure:
    """The most probable words of each topic, as rows of text shaded by p(w|z)."""
    best = np.argsort(-topics, axis=1, kind="stable")[:, :most]
    values = np.take_along_axis(topics, best, 1)
    figure = figures.chart(
        t("每个主题里最可能的词", "The likeliest words of each topic")(lang),
        t("名次", "rank")(lang),
        "",
        height=120 + 34 * len(topics),
    )
    figure.add_trace(
        figures.heat(
            values,
            text=[[words[w] for w in row] for row in best],
            texttemplate="%{text}",
            colorbar={"title": "p(w|z)", "thickness": 12},
        )
    )
    figure.update_yaxes(
        tickvals=list(range(len(topics))), ticktext=[f"z{k + 1}" for k in range(len(topics))], autorange="reversed"
    )
    figure.update_xaxes(tickvals=list(range(best.shape[1])), ticktext=[str(k + 1) for k in range(best.shape[1])])
    return figure


def _code_step(i: Step) -> str:
    data = (
        f"sample({i.data!r}, {i.n}, {i.outliers}, {i.seed})"
        if i.data != "drawn"
        else f"sample('blobs', {i.n}, 0.0, {i.seed})  # instead of the drawing"
    )
    return f"""from core.stats.em import climb, sample, start

x = {data}
begin = start(x, {i.k}, {i.how!r}, {i.seed})
for step in list(climb(x, begin, 31, {i.kind!r}, floor={FLOOR}))[: {i.half} + 1]:
    print(step.done, step.log_likelihood, step.bound)
"""


def _code_starts(i: Starts) -> str:
    return f"""from core.stats.em import best_of, sample

x = sample({i.data!r}, {i.n}, 0.0, {i.seed})
for found in best_of(x, {i.k}, {i.starts}, {i.how!r}, {ITERATIONS}, {i.kind!r}, {FLOOR}, {i.seed}):
    print(found.trace[-1] / len(x))
"""


def _code_singular(i: Singular) -> str:
    return f"""from core.stats.em import climb, on_one_point, sample, smallest_deviation

x = sample("blobs", {i.n}, 0.0, {i.seed})
begin = on_one_point(x, {i.which}, {i.deviation!r})
for kind, floor in (("full", 0.0), ("full", {i.floor!r} ** 2), ("tied", 0.0)):
    steps = list(climb(x, begin, {SINGULAR_STEPS}, kind, floor))
    print(kind, floor, len(steps), smallest_deviation(steps[-1].mixture), steps[-1].log_likelihood)
"""


def _code_limit(i: Limit) -> str:
    return f"""from core.stats.em import entropy, k_means, sample, soft_k_means, start

x = sample({i.data!r}, {i.n}, 0.0, {i.seed})
begin = start(x, {i.k}, "kmeans++", {i.seed}).means
means, r = soft_k_means(x, begin, {i.sigma!r}, {SOFT_ITERATIONS})
print(abs(means - k_means(x, begin, {SOFT_ITERATIONS})[0]).max(), entropy(r))
"""


def _code_topics(i: Topics) -> str:
    documents = i.documents if i.source == "own" else ""
    return f"""from core.stats.em import plsa, plsa_counts

counts, words = plsa_counts({i.source!r}, {documents!r})
*_, found = plsa(counts, {i.k}, {i.iterations}, {i.seed})
print(found.trace[-1] / counts.sum())
for topic in found.words:
    print([words[w] for w in topic.argsort()[::-1][:8]])
"""


def _code_own(i: Own) -> str:
    read = "names, x, _ = iris()" if i.data is None else f"names, x = read_table(open({i.data.name!r}, 'rb').read())"
    return f"""from core.classics import iris
from core.stats.em import bayesian_criterion, best_of
from core.tables import read_table

{read}
z = (x - x.mean(0)) / x.std(0)
for k in range(1, {i.most} + 1):
    best = max(best_of(z, k, {RESTARTS}, "kmeans++", {ITERATIONS}, {i.kind!r}, {OWN_FLOOR}, {i.seed}), key=lambda f: f.trace[-1])
    print(k, bayesian_criterion(best, len(z), {i.kind!r}))
"""


STORY = t(
    r"""
**问题。** 最大似然与 EM 常被分开讲。其实都是同一件事：让模型的分布 $p_\theta$ 靠近数据的经验分布 $\tilde p$。没有隐变量时

$$KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)=\underbrace{-\mathbb E_{\tilde p}[\log p_\theta(x)]}_{\text{cross-entropy}}-H(\tilde p),$$

最大似然就是最小化交叉熵。有隐变量 $y$ 时，给数据配上任意一个 $r(y|x)$，比较联合分布：

$$KL\big(\tilde p(x)r(y|x)\,\big\|\,p_\theta(x,y)\big)=KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)+\mathbb E_{\tilde p}\,KL\big(r(y|x)\,\big\|\,p_\theta(y|x)\big).$$

**E 步**固定 $\theta$，取 $r=p_\theta(y|x)$，第二项变成 0；**M 步**固定 $r$，对 $\theta$ 最小化左边。左边只降不升，第一项又从不超过左边，于是似然单调上升。等价地，下界

$$\log p_\theta(x)\ \ge\ \mathbb E_r[\log p_\theta(x,y)]-\mathbb E_r[\log r]$$

在每个 E 步后贴紧。高斯混合的两步是

$$r_{ik}=\frac{\pi_k N(x_i;\mu_k,\Sigma_k)}{\sum_j\pi_jN(x_i;\mu_j,\Sigma_j)},\qquad \mu_k=\frac{\sum_ir_{ik}x_i}{\sum_ir_{ik}},\quad \Sigma_k=\frac{\sum_ir_{ik}(x_i-\mu_k)(x_i-\mu_k)^\top}{\sum_ir_{ik}},\quad \pi_k=\frac1n\sum_ir_{ik};$$

$\Sigma_k=\sigma^2I$ 且 $\sigma\to0$ 时就是 K-means。pLSA $p(w|d)=\sum_zp(w|z)p(z|d)$ 也是一样的两步。有监督学习是 $r$ 为已知独热标签的特例。
""",
    r"""
**The question.** Maximum likelihood and EM are often taught apart. They are one thing: bring the model's law $p_\theta$ near the data's empirical law $\tilde p$. Without hidden variables

$$KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)=\underbrace{-\mathbb E_{\tilde p}[\log p_\theta(x)]}_{\text{cross-entropy}}-H(\tilde p),$$

so maximum likelihood minimises a cross-entropy. With a hidden $y$, give the data any $r(y|x)$ and compare the joint laws:

$$KL\big(\tilde p(x)r(y|x)\,\big\|\,p_\theta(x,y)\big)=KL\big(\tilde p(x)\,\big\|\,p_\theta(x)\big)+\mathbb E_{\tilde p}\,KL\big(r(y|x)\,\big\|\,p_\theta(y|x)\big).$$

The **E-step** holds $\theta$ and takes $r=p_\theta(y|x)$, which makes the second term 0. The **M-step** holds $r$ and minimises the left side in $\theta$. The left side never rises and the first term is never above it, so the likelihood climbs. In other words, the bound

$$\log p_\theta(x)\ \ge\ \mathbb E_r[\log p_\theta(x,y)]-\mathbb E_r[\log r]$$

touches after every E-step. For a mixture of Gaussians the two steps are

$$r_{ik}=\frac{\pi_k N(x_i;\mu_k,\Sigma_k)}{\sum_j\pi_jN(x_i;\mu_j,\Sigma_j)},\qquad \mu_k=\frac{\sum_ir_{ik}x_i}{\sum_ir_{ik}},\quad \Sigma_k=\frac{\sum_ir_{ik}(x_i-\mu_k)(x_i-\mu_k)^\top}{\sum_ir_{ik}},\quad \pi_k=\frac1n\sum_ir_{ik};$$

with $\Sigma_k=\sigma^2I$ and $\sigma\to0$ they are K-means. pLSA, $p(w|d)=\sum_zp(w|z)p(z|d)$, takes the same two steps. Supervised learning is the case where $r$ is a known one-hot label.
""",
)
CHANGES = t(
    r"""
- 原文是推导；这里每一步都算出来，并与 scikit-learn 从同一初值逐步对照。
- 协方差设了下限，用的是把小于 ε 的**特征值提到 ε**：这是约束 $\Sigma\succeq\varepsilon I$ 下 M 步的精确解，似然仍单调。常见的做法是加 $\varepsilon I$，那不是任何约束下的最大值，似然可能下降。
- 初值、局部极大与奇异解原文没有展开，各给一页。
- pLSA 的 $r(z|d,w)$ 不必存下来，一次迭代只要两个矩阵乘法。
""",
    r"""
- The post derives; here every step is computed, and held against scikit-learn from the same start.
- Covariances have a floor: **eigenvalues below ε are lifted to ε**, the exact M-step under $\Sigma\succeq\varepsilon I$, so the likelihood still climbs. The usual way, adding $\varepsilon I$, maximises nothing, and the likelihood can fall.
- Starts, local maxima and singular solutions, which the post leaves aside, have tabs of their own.
- pLSA's $r(z|d,w)$ need not be stored: an iteration is two matrix products.
""",
)
FACTS = outputs.metrics("facts")
PAGE = Page(
    title=t("从最大似然到 EM 算法", "From maximum likelihood to EM"),
    summary=t("一步步看 EM：给样本着色，移动椭圆，下界每次都贴住似然。", "EM step by step: colour the samples, move the ellipses, and the bound touches the likelihood each time."),
    post=Post(
        id=5239, title=t("从最大似然到EM算法：一致的理解方式", "From maximum likelihood to EM: one way to understand both"), date=datetime.date(2018, 3, 15), story=STORY, changes=CHANGES,
        papers=(
            ("Dempster, Laird, Rubin 1977, Maximum likelihood from incomplete data via the EM algorithm", "https://doi.org/10.1111/j.2517-6161.1977.tb01600.x"),
            ("Hofmann 1999, Probabilistic latent semantic analysis", "https://arxiv.org/abs/1301.6705"), ("Neal, Hinton 1998, A view of the EM algorithm", "https://doi.org/10.1007/978-94-011-5014-9_12"),
        ),
    ),
    tabs=(
        Tab("step", t("一步一步", "Step by step"), t("E 步和 M 步各做了什么，似然为什么不会下降？", "What do E and M do, and why can the likelihood never fall?"),
            Step, (outputs.figure("cloud", height=480), FACTS, outputs.table("trace", t("每个半步", "Every half-step"))), step, _code_step, lambda i: float(i.n * i.k * 31), BUDGET),
        Tab("starts", t("初值", "Starts"), t("换个初值，会爬到同一座山顶吗？", "Do other starts climb the same hill?"),
            Starts, (outputs.figure("climbs", height=440), FACTS, outputs.table("ends", t("每个初值", "Every start"))), starts, _code_starts, lambda i: float(i.n * i.k * i.starts * ITERATIONS), BUDGET, live=False),
        Tab("singular", t("奇异解", "Singularities"), t("似然为什么会冲向无穷，什么能救它？", "Why can the likelihood run to infinity, and what saves it?"),
            Singular, (outputs.figure("collapse", height=470), outputs.table("told", t("三种办法", "Three ways"), height=160), outputs.markdown("note")), singular, _code_singular, lambda i: float(i.n * 2 * (3 * SINGULAR_STEPS + 80)), BUDGET),
        Tab("k-means", t("K-means", "K-means"), t("σ → 0 时 EM 怎样变成 K-means？", "How does EM become K-means as σ → 0?"),
            Limit, (outputs.figure("limit", height=470), FACTS), limit, _code_limit, lambda i: float(i.n * i.k * SOFT_ITERATIONS * (len(SIGMAS) + 2)), BUDGET),
        Tab("plsa", t("pLSA", "pLSA"), t("同样的两步怎样从词频里找出主题？", "How do the same two steps find topics in word counts?"),
            Topics, (outputs.figure("topics", height=490), FACTS, outputs.figure("climb", height=300), outputs.table("mixes", t("每篇文档的主题", "The documents' topics"))), topics, _code_topics, lambda i: float(600 * 64 * i.k * i.iterations / 3), BUDGET, live=False),
        Tab("own", t("你的数据", "Your data"), t("你的数据里有几群？", "How many groups are in your data?"),
            Own, (outputs.figure("clusters", height=470), FACTS, outputs.table("means", t("各分量的均值", "Means of the components"))), own, _code_own, lambda i: float(MOST_ROWS * i.most**2 / 2 * RESTARTS * ITERATIONS), 2 * BUDGET, live=False),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
