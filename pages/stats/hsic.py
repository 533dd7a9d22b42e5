"""HSIC: is there any dependence at all? (post 6910)"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import outputs
from gallery.inputs import FileValue, Inputs, SketchValue, choice, file, seed, sketch, slider, toggle
from gallery.page import Lang, Page, Post, Tab, Text, Update, t
from pages.stats import _hsic_figures as pictures

SHAPES: Mapping[str, Text] = {
    "circle": t("圆", "Circle"), "linear": t("直线", "Line"), "parabola": t("抛物线", "Parabola"), "sine": t("正弦", "Sine"),
    "cross": t("十字", "Cross"), "spiral": t("螺线", "Spiral"), "checkerboard": t("棋盘", "Checkerboard"), "w": t("W 形", "W shape"),
    "independent": t("独立", "Independent"),
}  # fmt: skip
DRAWN = t("自己画", "Draw it yourself")
PERMUTATIONS = 199
OTHER_PERMUTATIONS = 99
ALPHA = 0.05
SIZES = (20, 40, 80, 160, 320)
NOISES = (0.0, 0.1, 0.2, 0.3, 0.45, 0.65, 1.0)
WORK_BUDGET = 3e9  # multiply-adds: about three seconds on two cores
RANK = 26  # usual rank of a Gaussian Gram matrix at the median bandwidth (bench/hsic.py)
MAX_COLUMNS, MAX_ROWS = 14, 20_000
NOISE = t("噪声", "Noise")
SHAPE = t("形状", "Shape")
SAMPLES = t("样本数 n", "Samples n")
START = "                            \n" * 5 + "\n".join(
    "".join("#" if abs((r - 13.5) - 8 * np.sin((c - 13.5) / 3)) < 1.6 else " " for c in range(28)) for r in range(5, 28)
)


class Play(Inputs):
    shape: str = choice("circle", {**SHAPES, "drawn": DRAWN}, label=SHAPE)
    drawing: SketchValue = sketch(
        28, label=t("画一片点云", "Draw a cloud"), default=START, shown_when={"shape": "drawn"}
    )
    n: int = slider(300, 20, 2000, log=True, label=SAMPLES)
    noise: float = slider(0.1, 0.0, 1.0, step=0.02, label=NOISE)
    seed: int = seed(1)


class Idea(Inputs):
    shape: str = choice("circle", SHAPES, label=SHAPE)
    n: int = slider(80, 20, 160, label=SAMPLES)
    noise: float = slider(0.05, 0.0, 1.0, step=0.02, label=NOISE)
    sigma: float = slider(1.0, 0.05, 20.0, log=True, label=t("带宽（中位数的倍数）", "Bandwidth (times the median)"))
    seed: int = seed(1)


class Null(Inputs):
    shape: str = choice("spiral", SHAPES, label=SHAPE)
    n: int = slider(100, 20, 2000, log=True, label=SAMPLES)
    noise: float = slider(0.1, 0.0, 1.0, step=0.02, label=NOISE)
    sigma: float = slider(0.5, 0.05, 20.0, log=True, label=t("带宽（中位数的倍数）", "Bandwidth (times the median)"))
    permutations: int = slider(2000, 99, 10_000, log=True, label=t("打乱次数", "Shuffles"))
    seed: int = seed(1)


class Power(Inputs):
    shape: str = choice("circle", {k: v for k, v in SHAPES.items() if k != "independent"}, label=SHAPE)
    against: str = choice("n", {"n": SAMPLES, "noise": NOISE}, label=t("横轴", "Against"))
    noise: float = slider(0.3, 0.0, 1.5, step=0.05, label=NOISE, shown_when={"against": "n"})
    n: int = slider(120, 20, 160, log=True, label=SAMPLES, shown_when={"against": "noise"})
    repeats: int = slider(60, 20, 150, label=t("每点重复", "Repeats a point"))
    seed: int = seed(1)


class Own(Inputs):
    data: FileValue = file(
        (".csv", ".tsv", ".txt"), label=t("CSV（首行为列名）", "CSV (first row: names)"), max_bytes=5_000_000,
        examples={"signalling": "examples/signalling.csv"}, default="signalling",
    )  # fmt: skip
    log: bool = toggle(True, label=t("先取对数（仅正的列）", "Take logarithms first (positive columns)"))
    rows: int = slider(600, 50, 2000, log=True, label=t("最多用多少行", "Most rows used"))
    permutations: int = slider(1500, 99, 4000, log=True, label=t("打乱次数", "Shuffles"))
    seed: int = seed(1)


def play(inputs: Play, lang: Lang) -> Mapping[str, Any]:
    from core.stats.hsic import dependence, hsic, permutation_test
    from core.stats.hsic.permutation import permuted_p_value

    x, y = _cloud(inputs)
    test = permutation_test(x, y, PERMUTATIONS, inputs.seed)
    normalised = test.statistic / np.sqrt(hsic(x, x) * hsic(y, y))
    rows = [(t("HSIC，归一化", "HSIC, normalised")(lang), normalised, test.p_value)]
    for name, measure, size in (
        (t("距离相关", "distance corr.")(lang), dependence.distance_correlation, dependence.distance_correlation),
        (t("互信息，nat", "mutual inf., nat")(lang), dependence.mutual_information, dependence.mutual_information),
        ("Spearman", dependence.spearman, dependence.spearman_size), ("Pearson", dependence.pearson, dependence.pearson_size),
    ):  # fmt: skip
        rows.append((name, measure(x, y), permuted_p_value(size, x, y, OTHER_PERMUTATIONS, inputs.seed)))
    names, values, p_values = (list(column) for column in zip(*rows, strict=True))
    title = {**SHAPES, "drawn": DRAWN}[inputs.shape](lang)
    figure = pictures.play(title, x, y, names, values, [p <= ALPHA for p in p_values], lang)
    facts = [
        outputs.Metric("HSIC", test.statistic, f"p = {test.p_value:.3g}"),
        outputs.Metric(t("HSIC（无偏）", "HSIC (unbiased)")(lang), hsic(x, y, "unbiased")),
        *(
            outputs.Metric(n, float(v), f"p = {p:.3g}")
            for n, v, p in zip(names[1:], values[1:], p_values[1:], strict=True)
        ),
    ]
    note = t(
        "p 值由打乱 $y$ 得到：HSIC 199 次，其余 99 次。绿色：$p\\le 0.05$。归一化：$\\mathrm{HSIC}(x,y)/\\sqrt{\\mathrm{HSIC}(x,x)\\,\\mathrm{HSIC}(y,y)}$。",
        "p-values come from shuffling $y$: 199 times for HSIC, 99 for the others. Green: $p\\le 0.05$. Normalised: $\\mathrm{HSIC}(x,y)/\\sqrt{\\mathrm{HSIC}(x,x)\\,\\mathrm{HSIC}(y,y)}$.",
    )(lang)
    return {"cloud": figure, "facts": facts, "note": note, "points": outputs.Table({"x": x, "y": y})}


def idea(inputs: Idea, lang: Lang) -> Mapping[str, Any]:
    from core.stats.hsic.clouds import cloud
    from core.stats.hsic.estimators import gram_steps

    x, y = cloud(inputs.shape, inputs.n, inputs.noise, inputs.seed)
    order = np.argsort(x)
    steps = gram_steps(x[order], y[order], inputs.sigma)
    names = ["K", "L", "K∘L", "HKH", "HLH", "HKH ∘ HLH"]
    grams = [steps.k, steps.l, steps.k * steps.l, steps.centred_k, steps.centred_l, steps.centred_k * steps.centred_l]
    figure = pictures.gram_steps(
        t("两个 Gram 矩阵，中心化，逐点相乘，求和", "Two Gram matrices, centred, multiplied, summed")(lang),
        grams,
        names,
        t("样本按 x 排序", "samples sorted by x")(lang),
        lang,
    )
    n = inputs.n
    facts = [
        outputs.Metric("tr(KHLH)/n²", steps.hsic, t("右下图之和 / n²", "the last picture's sum / n²")(lang)),
        outputs.Metric("ΣK∘L / n²", float((steps.k * steps.l).mean()), "E[k l]"),
        outputs.Metric("ΣK·ΣL / n⁴", float(steps.k.mean() * steps.l.mean()), "E[k] E[l]"),
        outputs.Metric("2·Σ rows / n³", float(2 * (steps.k.mean(1) * steps.l.mean(1)).mean()), "2 E[E′k · E′l]"),
        outputs.Metric(
            "σx, σy", f"{steps.sigma_x:.3g}, {steps.sigma_y:.3g}", t("中位数 × 倍数", "median × factor")(lang)
        ),
    ]
    kl, apart, crossed = (float(metric.value) for metric in facts[1:4])
    formula = (
        rf"$$\mathrm{{HSIC}}=\underbrace{{{kl:.4f}}}_{{\mathbb E[kl]}}+\underbrace{{{apart:.4f}}}_{{\mathbb E[k]\mathbb E[l]}}"
        rf"-\underbrace{{{crossed:.4f}}}_{{2\mathbb E[\mathbb E'k\,\mathbb E'l]}}={steps.hsic:.5f},\qquad n={n}$$"
    )
    text = t(
        "带宽太大，$K$ 处处近 1，中心化后什么也不剩；太小，$K$ 只剩对角线。",
        "With too large a bandwidth $K$ is 1 everywhere and centring leaves nothing; with too small a one only the diagonal of $K$ is left.",
    )(lang)
    return {"steps": figure, "facts": facts, "sum": f"{formula}\n\n{text}"}


def null(inputs: Null, lang: Lang) -> Iterator[Update]:
    from core.stats.hsic import gamma_null, median_distance, permutation_stream
    from core.stats.hsic.clouds import cloud

    x, y = cloud(inputs.shape, inputs.n, inputs.noise, inputs.seed)
    width_x, width_y = inputs.sigma * median_distance(x), inputs.sigma * median_distance(y)
    law = gamma_null(x, y, sigma_x=width_x, sigma_y=width_y)
    for test in permutation_stream(x, y, inputs.permutations, inputs.seed, parts=10, sigma_x=width_x, sigma_y=width_y):
        grid = np.linspace(1e-9, max(test.null.max(), test.statistic) * 1.08, 200)
        title = t(f"{SHAPES[inputs.shape].zh}，n = {inputs.n}", f"{SHAPES[inputs.shape].en}, n = {inputs.n}")(lang)
        gap = float(np.abs(np.quantile(test.null, 0.95) / law.quantile(0.95) - 1))
        facts = [
            outputs.Metric("HSIC", test.statistic),
            outputs.Metric(
                t("p（打乱）", "p (shuffles)")(lang),
                test.p_value,
                f"(1 + {test.reached}) / (1 + {len(test.null)})",
            ),
            outputs.Metric(t("p（Γ 近似）", "p (gamma)")(lang), law.p_value(test.statistic)),
            outputs.Metric(
                t("95% 分位数之差", "95 % quantile, relative gap")(lang),
                gap,
                t("Γ 与打乱", "gamma against shuffles")(lang),
            ),
        ]
        yield {
            "law": pictures.null_law(title, test.null, test.statistic, (grid, law.density(grid)), test.p_value, lang),
            "facts": facts,
        }
        yield outputs.Progress(len(test.null) / inputs.permutations)


def power(inputs: Power, lang: Lang) -> Iterator[Update]:
    from core.stats.hsic.power import rejections

    name, settings = SHAPES[inputs.shape], _settings(inputs)
    if inputs.against == "n":
        axis, places = SAMPLES(lang), [n for n, _ in settings]
        title = t(f"{name.zh}，噪声 {inputs.noise:g}", f"{name.en}, noise {inputs.noise:g}")(lang)
    else:
        axis, places = NOISE(lang), [noise for _, noise in settings]
        title = t(f"{name.zh}，n = {inputs.n}", f"{name.en}, n = {inputs.n}")(lang)
    found: list[Any] = []
    independent: list[Any] = []
    runs = (
        rejections(s, settings, inputs.repeats, 99, ALPHA, inputs.seed + k)
        for k, s in enumerate((inputs.shape, "independent"))
    )
    for k, (there, absent) in enumerate(zip(*runs, strict=True), 1):
        found.append(there)
        independent.append(absent)
        shares = {"HSIC": [p.hsic for p in found], "Pearson": [p.pearson for p in found],
                  t("HSIC，独立", "HSIC, independent")(lang): [p.hsic for p in independent],
                  t("Pearson，独立", "Pearson, independent")(lang): [p.pearson for p in independent]}  # fmt: skip
        figure = pictures.power_curves(title, axis, places, shares, inputs.repeats, ALPHA, inputs.against == "n", lang)
        yield {"curves": figure, "shares": outputs.Table({axis: places[:k], **shares})}
        yield outputs.Progress(k / len(settings))


def own(inputs: Own, lang: Lang) -> Iterator[Update]:
    from core.refusal import Refusal
    from core.stats.hsic import holm, hsic, hsic_matrix
    from core.tables import prepared, read_table

    if inputs.data is None:
        raise Refusal(
            "data：请上传至少两列数的 CSV，或用例子",
            "data: upload a CSV file with two or more numeric columns, or take the example",
        )
    names, data = read_table(inputs.data.data, MAX_COLUMNS, MAX_ROWS)
    data = prepared(data, names, inputs.log, inputs.rows, inputs.seed)
    v = len(names)
    own_hsic = [hsic(data[:, i], data[:, i]) for i in range(v)]
    strength, p_values = np.eye(v), np.full((v, v), np.nan)
    pairs: list[tuple[int, int, float]] = []
    for i, j, test in hsic_matrix(data, inputs.permutations, inputs.seed):
        pairs.append((i, j, test.p_value))
        strength[i, j] = strength[j, i] = test.statistic / np.sqrt(own_hsic[i] * own_hsic[j])
        done = len(pairs) / (v * (v - 1) / 2)
        if j == v - 1:
            adjusted = holm(np.array([p for *_, p in pairs]))
            for (a, b, _), q in zip(pairs, adjusted, strict=True):
                p_values[a, b] = p_values[b, a] = q
            figure = pictures.dependence_matrix(
                t("列与列的依赖", "Dependence of the columns")(lang), names, strength, p_values, lang
            )
            table = {"x": [names[a] for a, *_ in pairs], "y": [names[b] for _, b, _ in pairs], "nHSIC": [strength[a, b] for a, b, _ in pairs],
                     "p": [p for *_, p in pairs], "p (Holm)": adjusted}  # fmt: skip
            facts = [outputs.Metric(t("行数", "Rows")(lang), len(data)), outputs.Metric(t("检验数", "Tests")(lang), len(pairs)),
                     outputs.Metric(t("Holm 校正后显著", "Significant after Holm")(lang), int((adjusted < ALPHA).sum()), f"p < {ALPHA}")]  # fmt: skip
            yield {"matrix": figure, "facts": facts, "pairs": outputs.Table(table)}
        yield outputs.Progress(done)


def _settings(inputs: Power) -> list[Any]:
    from core.stats.hsic.power import Setting

    if inputs.against == "n":
        return [Setting(n, inputs.noise) for n in SIZES]
    return [Setting(inputs.n, noise) for noise in NOISES]


def checks() -> Iterable[Check]:
    from core.stats.hsic.verification import checks as facts

    return facts()


def _cloud(inputs: Play) -> tuple[np.ndarray, np.ndarray]:
    from core.stats.hsic.clouds import cloud, from_ink

    if inputs.shape == "drawn":
        return from_ink(inputs.drawing, inputs.n, inputs.noise, inputs.seed)
    return cloud(inputs.shape, inputs.n, inputs.noise, inputs.seed)


STORY = t(
    r"""
**问题。** 相关系数为零不等于独立：圆上的点相关系数为 0，却显然不独立。HSIC 用核函数把“所有可能的函数”一并考虑：

$$\mathrm{HSIC}(X,Y)=\|C_{xy}\|_{HS}^2=\mathbb E[k\,l]+\mathbb E[k]\,\mathbb E[l]-2\,\mathbb E\big[\mathbb E'[k]\,\mathbb E'[l]\big],$$

其中 $k=k(x,x')$、$l=l(y,y')$。对高斯核这类特征核，它为零当且仅当 $X$ 与 $Y$ 独立。由 $n$ 个样本估计：

$$\mathrm{HSIC}_b=\frac1{n^2}\mathrm{tr}(KHLH),\qquad H=I-\tfrac1n\mathbf 1\mathbf 1^\top.$$

这里的核是 $\exp(-d^2/2\sigma^2)$，$\sigma$ 取各变量两两距离（$i<j$）的中位数。无偏估计（Song 等 2012）为

$$\mathrm{HSIC}_u=\frac1{n(n-3)}\Big[\mathrm{tr}(\tilde K\tilde L)+\frac{\mathbf 1^\top\tilde K\mathbf 1\,\mathbf 1^\top\tilde L\mathbf 1}{(n-1)(n-2)}-\frac2{n-2}\mathbf 1^\top\tilde K\tilde L\mathbf 1\Big],$$

$\tilde K,\tilde L$ 的对角线为零。二元正态时 HSIC 有闭式，「验证」一栏用它检验估计量。
""",
    r"""
**The question.** Uncorrelated is not independent: points on a circle have correlation 0 and are anything but independent. HSIC takes "all possible functions" at once by means of kernels:

$$\mathrm{HSIC}(X,Y)=\|C_{xy}\|_{HS}^2=\mathbb E[k\,l]+\mathbb E[k]\,\mathbb E[l]-2\,\mathbb E\big[\mathbb E'[k]\,\mathbb E'[l]\big],$$

with $k=k(x,x')$ and $l=l(y,y')$. For characteristic kernels such as the Gaussian it is zero exactly when $X$ and $Y$ are independent. From $n$ samples:

$$\mathrm{HSIC}_b=\frac1{n^2}\mathrm{tr}(KHLH),\qquad H=I-\tfrac1n\mathbf 1\mathbf 1^\top.$$

The kernel here is $\exp(-d^2/2\sigma^2)$ with $\sigma$ the median of each variable's distances over pairs $i<j$. The unbiased estimator (Song et al. 2012) is

$$\mathrm{HSIC}_u=\frac1{n(n-3)}\Big[\mathrm{tr}(\tilde K\tilde L)+\frac{\mathbf 1^\top\tilde K\mathbf 1\,\mathbf 1^\top\tilde L\mathbf 1}{(n-1)(n-2)}-\frac2{n-2}\mathbf 1^\top\tilde K\tilde L\mathbf 1\Big],$$

$\tilde K,\tilde L$ with zero diagonals. For bivariate normals HSIC has a closed form, against which the tab "Verify" holds the estimators.
""",
)
CHANGES = t(
    r"""
- 原文说除以 $(n-1)^2$ 是无偏的；不是。$n=10$、$\rho=0.6$、$\sigma=1$ 时真值 0.0166，它的均值是 0.037，比除以 $n^2$ 偏得更远。「验证」一栏现场量给你看。
- 原文的核是 $\exp(-d^2/\sigma^2)$，$\sigma=1$；这里用 $\exp(-d^2/2\sigma^2)$ 和中位数带宽，验证原文的两个例子时取 $\sigma^2=1/2$，两者一致。
- 置换检验不需要 $n\times n$ 的矩阵：核矩阵用主元不完全 Cholesky 分解成 $n\times 25$ 左右的因子，$n=20000$ 也只要一两秒。
""",
    r"""
- The post calls division by $(n-1)^2$ unbiased; it is not. At $n=10$, $\rho=0.6$, $\sigma=1$ the truth is 0.0166 and its mean is 0.037, farther off than division by $n^2$. The tab "Verify" measures it for you.
- The post's kernel is $\exp(-d^2/\sigma^2)$ with $\sigma=1$; here it is $\exp(-d^2/2\sigma^2)$ with the median bandwidth. For the post's two examples $\sigma^2=1/2$ makes them the same.
- The permutation test needs no $n\times n$ matrix: pivoted incomplete Cholesky gives factors of about $n\times 25$, and $n=20000$ takes a second or two.
""",
)


def _code_cloud(i: Play) -> str:
    if i.shape == "drawn":
        rows = ["".join("#" if v > 0.5 else " " for v in row) for row in i.drawing]
        return f"ink = np.array([[c == '#' for c in row] for row in {rows!r}], float)\nx, y = from_ink(ink, {i.n!r}, {i.noise!r}, {i.seed!r})\n"
    return f"x, y = cloud({i.shape!r}, {i.n!r}, {i.noise!r}, {i.seed!r})\n"


def _code_play(i: Play) -> str:
    return (
        "import numpy as np\nfrom core.stats.hsic import hsic, permutation_test\nfrom core.stats.hsic.clouds import cloud, from_ink\nfrom core.stats.hsic.dependence import pearson\n\n"
        f"{_code_cloud(i)}test = permutation_test(x, y, {PERMUTATIONS}, {i.seed!r})\n"
        "print(test.statistic, test.p_value, hsic(x, y, 'unbiased'), pearson(x, y))\n"
    )


def _code_idea(i: Idea) -> str:
    return (
        "from core.stats.hsic.clouds import cloud\nfrom core.stats.hsic.estimators import gram_steps\n\n"
        f"x, y = cloud({i.shape!r}, {i.n!r}, {i.noise!r}, {i.seed!r})\nsteps = gram_steps(x, y, {i.sigma!r})\n"
        "print(steps.hsic, (steps.centred_k * steps.centred_l).mean())\n"
    )


def _code_null(i: Null) -> str:
    return (
        "from core.stats.hsic import gamma_null, median_distance, permutation_test\nfrom core.stats.hsic.clouds import cloud\n\n"
        f"x, y = cloud({i.shape!r}, {i.n!r}, {i.noise!r}, {i.seed!r})\n"
        f"widths = {{'sigma_x': {i.sigma!r} * median_distance(x), 'sigma_y': {i.sigma!r} * median_distance(y)}}\n"
        f"test = permutation_test(x, y, {i.permutations!r}, {i.seed!r}, **widths)\nprint(test.p_value, gamma_null(x, y, **widths).p_value(test.statistic))\n"
    )


def _code_power(i: Power) -> str:
    settings = [tuple(setting) for setting in _settings(i)]
    return (
        "from core.stats.hsic.power import rejections\n\n"
        f"for point in rejections({i.shape!r}, {settings!r}, {i.repeats!r}, 99, {ALPHA!r}, {i.seed!r}):\n    print(point)\n"
    )


def _code_own(i: Own) -> str:
    name = "assets/examples/signalling.csv" if i.data is None or i.data.example else i.data.name
    return (
        "from pathlib import Path\nfrom core.stats.hsic import holm, hsic_matrix\nfrom core.tables import prepared, read_table\n\n"
        f"names, data = read_table(Path({name!r}).read_bytes())\ndata = prepared(data, names, {i.log!r}, {i.rows!r}, {i.seed!r})\n"
        f"tests = list(hsic_matrix(data, {i.permutations!r}, {i.seed!r}))\nprint(holm([test.p_value for *_, test in tests]))\n"
    )


FACTS = outputs.metrics("facts")

PAGE = Page(
    title=t("HSIC：到底独不独立？", "HSIC: independent or not?"),
    summary=t("相关系数看不见圆，HSIC 看得见：用核函数检验任何形式的依赖。", "Correlation cannot see a circle; HSIC can: kernels test for dependence of any form."),
    post=Post(
        id=6910, title=t("HSIC简介：一个有意思的判断相关性的思路", "HSIC: an interesting way to judge dependence"), date=datetime.date(2019, 8, 26),
        story=STORY, changes=CHANGES,
        papers=(
            ("Gretton et al. 2005, Measuring statistical dependence with Hilbert-Schmidt norms", "https://doi.org/10.1007/11564089_7"),
            ("Gretton et al. 2007, A kernel statistical test of independence", "https://papers.nips.cc/paper/3201-a-kernel-statistical-test-of-independence"),
            ("Song et al. 2012, Feature selection via dependence maximization", "https://jmlr.org/papers/v13/song12a.html"),
            ("Pfister et al. 2018, Kernel-based tests for joint independence", "https://doi.org/10.1111/rssb.12235"),
        ),
    ),
    tabs=(
        Tab("play", t("试一试", "Play"), t("五种度量，谁看得见这片点云里的依赖？", "Five measures: which of them sees the dependence in this cloud?"),
            Play, (outputs.figure("cloud", height=480), FACTS, outputs.markdown("note"), outputs.table("points", t("样本点", "The samples"))),
            play, _code_play, lambda i: i.n**2 * 5 * OTHER_PERMUTATIONS + i.n * RANK**2 * PERMUTATIONS, WORK_BUDGET),
        Tab("idea", t("思路", "The idea"), t("两个 Gram 矩阵如何变成一个数？", "How do two Gram matrices become one number?"),
            Idea, (outputs.figure("steps", height=560), outputs.markdown("sum"), FACTS),
            idea, _code_idea, lambda i: i.n**2 * 10, WORK_BUDGET),
        Tab("null", t("零分布", "Null law"), t("这个数多大才算大？", "How large is large?"),
            Null, (outputs.figure("law"), FACTS),
            null, _code_null, lambda i: i.n * RANK**2 * i.permutations / 8, WORK_BUDGET),
        Tab("power", t("功效", "Power"), t("要多少样本才看得见？独立时又会看错多少次？", "How many samples does it take, and how often is it fooled?"),
            Power, (outputs.figure("curves"), outputs.table("shares", t("比例", "Shares"))),
            power, _code_power, lambda i: sum(n for n, _ in _settings(i)) * RANK**2 * 99 * i.repeats * 2 / 8, WORK_BUDGET, live=False),
        Tab("own", t("你的数据", "Your data"), t("你的数据里，哪些列彼此依赖？", "Which columns of your own data depend on one another?"),
            Own, (outputs.figure("matrix", height=520), FACTS, outputs.table("pairs", t("每一对", "Every pair"))),
            own, _code_own, lambda i: i.rows * RANK**2 * i.permutations * MAX_COLUMNS**2 / 2 / 64, 3 * WORK_BUDGET, live=False),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 20),
    striking=1,
)  # fmt: skip
