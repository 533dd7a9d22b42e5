"""The self-orthogonality module (post 7169)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import Inputs, PointValue, choice, point, seed, slider, toggle
from gallery.page import Lang, Page, Post, Tab, Update, t

KINDS = {"none": t("不加", "Nothing"), "signs": t("自正交模块", "Self-orthogonality"), "biggan": t("BigGAN 惩罚", "BigGAN's penalty"), "frobenius": t("‖WᵀW − I‖²", "‖WᵀW − I‖²")}  # fmt: skip
PACKINGS = {"signs": t("自正交模块", "Self-orthogonality"), "biggan": t("BigGAN 惩罚", "BigGAN's penalty"), "largest": t("压最大的 |cos|", "The largest |cos|")}  # fmt: skip
SEED_REPEATS = 1500
SHOWN = 1200
GAMMAS = np.geomspace(0.05, 200, 40)
FRAMES = 8
BUDGET = 3e8  # products of single numbers


class Vectors(Inputs):
    u: PointValue = point((1.1, 0.2), (-1.5, 1.5), (-1.5, 1.5), label=t("权重 u", "Weight u"))
    v: PointValue = point((0.3, 1.0), (-1.5, 1.5), (-1.5, 1.5), label=t("权重 v", "Weight v"))
    batch: int = slider(64, 4, 1024, log=True, label=t("批大小 b", "Batch b"))
    seed: int = seed(1)


class Pairs(Inputs):
    count: int = slider(200, 20, 500, label=t("多少对向量", "Pairs of vectors"))
    dimension: int = slider(8, 2, 64, log=True, label=t("维数 d", "Dimensions d"))
    batch: int = slider(1000, 50, 4000, log=True, label=t("批大小 b", "Batch b"))
    seed: int = seed(1)


class Smooth(Inputs):
    degrees: float = slider(50.0, 0.0, 180.0, step=1, label=t("两个权重的夹角（度）", "Angle of the weights (degrees)"))
    gamma: float = slider(10.0, 0.05, 200.0, log=True, label=t("γ", "γ"))
    dimension: int = slider(16, 4, 48, label=t("维数 d", "Dimensions d"))
    seed: int = seed(1)


class Train(Inputs):
    kind: str = choice("signs", {k: v for k, v in KINDS.items() if k != "none"}, label=t("正则项", "Penalty"))
    strength: float = slider(10.0, 0.1, 30.0, log=True, label=t("强度", "Strength"))
    centred: bool = toggle(True, label=t("先减去输入的均值", "Subtract the inputs' mean"), shown_when={"kind": "signs"})
    steps: int = slider(400, 50, 1000, step=50, label=t("训练步数", "Training steps"))
    seed: int = seed(1)


class Pack(Inputs):
    k: int = slider(6, 2, 32, label=t("向量个数 k", "Vectors k"))
    d: int = slider(3, 2, 16, label=t("维数 d", "Dimensions d"))
    kind: str = choice("largest", PACKINGS, label=t("压什么", "What is made small"))
    steps: int = slider(500, 50, 1000, step=50, label=t("步数", "Steps"))
    seed: int = seed(1)


def vectors(inputs: Vectors, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.self_orthogonality import agreement, angle, lemma, sign_statistic

    u, v = np.array(inputs.u), np.array(inputs.v)
    theta = angle(u, v)
    law = float(lemma(theta))
    found = sign_statistic(u, v, inputs.batch, SEED_REPEATS, inputs.seed)
    x, agree = agreement(u, v, SHOWN, inputs.seed)
    figure = figures.panels(
        t(f"θ = {math.degrees(theta):.1f}°：不同号的占 {theta / math.pi:.1%}", f"θ = {math.degrees(theta):.1f}°: signs differ for {theta / math.pi:.1%}")(lang), [t("x 落在哪里，两个符号不同？", "Where signs differ")(lang), t(f"b = {inputs.batch} 的统计量", f"Statistic, b = {inputs.batch}")(lang)],
        columns=2, height=480,
    )  # fmt: skip
    figure.add_trace(figures.points(x[agree, 0], x[agree, 1], t("同号", "same sign")(lang), 2, 4, 0.5), 1, 1)
    figure.add_trace(figures.points(x[~agree, 0], x[~agree, 1], t("异号", "signs differ")(lang), 3, 4, 0.7), 1, 1)
    for vector, name, colour in ((u, "u", 0), (v, "v", 1)):
        figure.add_trace(figures.line([0, vector[0]], [0, vector[1]], name, colour, 5), 1, 1)
    figure.update_xaxes(range=[-2.2, 2.2], constrain="domain", row=1, col=1)
    figure.update_yaxes(range=[-2.2, 2.2], scaleanchor="x", constrain="domain", row=1, col=1)
    values, counts = np.unique(np.round(found, 6), return_counts=True)
    figure.add_trace(
        figures.bars(values, counts / len(found), t("占比", "share")(lang), 0, 0.7, showlegend=False), 1, 2
    )
    figures.reference(figure, law, "1 − 2θ/π", colour=1, row=1, col=2)
    figure.update_xaxes(title_text=t("sgn·sgn 的均值", "mean of sgn·sgn")(lang), range=[-1.05, 1.05], row=1, col=2)
    deviation = math.sqrt(max(1 - law * law, 0.0) / inputs.batch)
    facts = [
        outputs.Metric("1 − 2θ/π", law), outputs.Metric(t("统计量的均值", "Mean statistic")(lang), float(found.mean()), t(f"{SEED_REPEATS} 批", f"{SEED_REPEATS} batches")(lang)),
        outputs.Metric(t("标准差", "Standard deviation")(lang), float(found.std()), f"√((1 − ϑ²)/b) = {deviation:.4f}"), outputs.Metric("cos θ", math.cos(theta), t("同号、同零点，但不相等", "same sign and zero, another number")(lang)),
    ]  # fmt: skip
    note = t(
        "$x^\\top u$ 与 $x^\\top v$ 异号，当且仅当 $x$ 落在两条垂线之间的两个楔形里，各占角度 $\\theta$。$x$ 的方向均匀时，这个概率就是 $\\theta/\\pi$：引理就证完了。",
        "$x^\\top u$ and $x^\\top v$ differ in sign just where $x$ lies in the two wedges between the perpendiculars, each of angle $\\theta$. For directions of $x$ that are uniform, the probability is $\\theta/\\pi$: that is the proof.",
    )(lang)
    return {"signs": figure, "facts": facts, "note": note}


def pairs(inputs: Pairs, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.self_orthogonality import lemma, lemma_pairs

    thetas, found = lemma_pairs(inputs.count, inputs.dimension, inputs.batch, inputs.seed)
    law = np.asarray(lemma(thetas))
    z = (found - law) / np.sqrt((1 - law**2) / inputs.batch)
    grid = np.linspace(0, math.pi, 100)
    line = np.asarray(lemma(grid))
    width = 3 * np.sqrt((1 - line**2).clip(min=0) / inputs.batch)
    figure = figures.chart(
        t(
            f"{inputs.count} 对向量，{inputs.dimension} 维，每对 {inputs.batch} 个 x",
            f"{inputs.count} pairs in {inputs.dimension} dimensions, {inputs.batch} x each",
        )(lang),
        t("夹角（度）", "angle (degrees)")(lang),
        t("sgn·sgn 的均值", "mean of sgn·sgn")(lang),
        height=470,
    )
    figure.add_trace(figures.band(np.degrees(grid), line - width, line + width, "±3σ", 0))
    figure.add_trace(figures.line(np.degrees(grid), line, "1 − 2θ/π", 0, 2))
    figure.add_trace(figures.line(np.degrees(grid), np.cos(grid), "cos θ", 7, 1.5, "dash"))
    figure.add_trace(figures.points(np.degrees(thetas), found, t("一对向量", "a pair")(lang), 1, 6, 0.7))
    facts = [
        outputs.Metric(t("在 ±3σ 之外", "Outside ±3σ")(lang), int((np.abs(z) > 3).sum()), t(f"期望 {0.0027 * inputs.count:.1f} 对", f"{0.0027 * inputs.count:.1f} expected")(lang)), outputs.Metric(t("z 的均方（应为 1）", "Mean square of z (should be 1)")(lang), float((z**2).mean())),
        outputs.Metric(t("最大的 |z|", "Largest |z|")(lang), float(np.abs(z).max())),
    ]  # fmt: skip
    return {"pairs": figure, "facts": facts}


def smooth(inputs: Smooth, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.self_orthogonality import bias_of_positive, lemma, statistics_by_gamma

    theta = math.radians(inputs.degrees)
    u, v = np.array([1.0, 0.0]), np.array([math.cos(theta), math.sin(theta)])
    curve = statistics_by_gamma(u, v, GAMMAS, 6000, inputs.seed)
    here = float(statistics_by_gamma(u, v, np.array([inputs.gamma]), 6000, inputs.seed)[0])
    biased = bias_of_positive(inputs.dimension, 4000, inputs.seed)
    figure = figures.panels(
        t(f"θ = {inputs.degrees:g}°，γ = {inputs.gamma:.3g}", f"θ = {inputs.degrees:g}°, γ = {inputs.gamma:.3g}")(lang),
        [t("tanh(γy) 代替符号", "tanh(γy) for signs")(lang), t("正交权重的 ϑ", "ϑ of orthogonal weights")(lang)],
        columns=2,
        height=470,
    )
    figure.add_trace(figures.line(GAMMAS, curve, "ϑ(γ)", 0, 3), 1, 1)
    figures.reference(figure, float(lemma(theta)), "1 − 2θ/π", "y", 1, row=1, col=1)
    figures.reference(figure, math.cos(theta), "cos θ", "y", 7, row=1, col=1)
    figure.add_trace(figures.points([inputs.gamma], [here], t("现在", "here")(lang), 3, 12, 1.0), 1, 1)
    edges = np.linspace(-0.3, 0.7, 61)
    for name, label, colour in (
        ("normal", t("正态输入", "normal inputs"), 2),
        ("relu", t("ReLU 之后", "after a ReLU"), 3),
        ("centred", t("ReLU 之后减均值", "ReLU less its mean"), 0),
    ):
        counts, _ = np.histogram(biased[name], edges)
        figure.add_trace(
            figures.bars((edges[1:] + edges[:-1]) / 2, counts / len(biased[name]), label(lang), colour), 1, 2
        )
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_xaxes(type="log", title_text="γ", exponentformat="power", row=1, col=1)
    figure.update_yaxes(title_text="ϑ", row=1, col=1)
    figure.update_xaxes(title_text="ϑ", row=1, col=2)
    facts = [
        outputs.Metric("ϑ", here),
        outputs.Metric("1 − 2θ/π", float(lemma(theta)), "γ → ∞"),
        outputs.Metric("cos θ", math.cos(theta), "γ → 0"),
    ]
    facts += [
        outputs.Metric(t(f"平均 |ϑ|，{label.zh}", f"Mean |ϑ|, {label.en}")(lang), float(np.abs(biased[name]).mean()))
        for name, label in (("normal", t("正态", "normal")), ("relu", t("ReLU", "ReLU")))
    ]
    note = t(
        "右图的权重是**严格正交**的。输入经过 ReLU 全是非负的，$\\vartheta$ 就偏离 0：统计量量的是输入分布眼里的角度。减去均值能去掉大部分偏差。",
        "The weights at right are **exactly** orthogonal. After a ReLU no input is negative and $\\vartheta$ leaves 0: the statistic measures angles as the inputs' law sees them. Subtracting the mean removes most of that.",
    )(lang)
    return {"gamma": figure, "facts": facts, "note": note}


def train(inputs: Train, lang: Lang) -> Iterator[Update]:
    from core.tricks.self_orthogonality import train as trained

    runs = [
        trained(kind, inputs.strength, inputs.steps, FRAMES, inputs.seed, inputs.centred)
        for kind in ("none", inputs.kind)
    ]
    edges = np.linspace(50, 130, 81)
    for bare, state in zip(*runs, strict=True):
        figure = figures.panels(
            t(
                f"{KINDS[inputs.kind].zh}，第 {state.step} 步：两个隐藏层的权重夹角",
                f"{KINDS[inputs.kind].en}, step {state.step}: angles of two hidden layers",
            )(lang),
            [t("夹角（度）", "Angles (degrees)")(lang), t("输出的 ϑ² 均值", "Mean ϑ²")(lang)],
            columns=2,
            height=470,
            column_widths=[0.58, 0.42],
        )
        for one, name, colour in ((bare, KINDS["none"], 7), (state, KINDS[inputs.kind], 0)):
            share, _ = np.histogram(np.concatenate(one.angles), edges, density=True)
            figure.add_trace(figures.bars((edges[1:] + edges[:-1]) / 2, share, name(lang), colour, 0.6), 1, 1)
            figure.add_trace(figures.line(one.places, one.square, name(lang), colour, 3, showlegend=False), 1, 2)
        figure.update_layout(barmode="overlay", bargap=0)
        figures.reference(figure, 90.0, "90°", colour=3, row=1, col=1)
        figure.update_yaxes(range=[0, 0.14], row=1, col=1)
        figure.update_xaxes(range=[0, inputs.steps], title_text=t("步", "step")(lang), row=1, col=2)
        figure.update_yaxes(rangemode="tozero", row=1, col=2)
        facts = [
            outputs.Metric(t("夹角标准差（度）", "Angles, deviation (degrees)")(lang), float(state.deviation[-1]), t(f"不加：{bare.deviation[-1]:.2f}", f"nothing: {bare.deviation[-1]:.2f}")(lang)), outputs.Metric(t("ϑ² 均值", "Mean ϑ²")(lang), float(state.square[-1]), t(f"不加：{bare.square[-1]:.4f}", f"nothing: {bare.square[-1]:.4f}")(lang)),
            outputs.Metric(t("测试准确率", "Test accuracy")(lang), f"{state.accuracy:.1%}", t(f"不加：{bare.accuracy:.1%}", f"nothing: {bare.accuracy:.1%}")(lang)), outputs.Metric(t("交叉熵（最近 20 步）", "Cross-entropy (last 20)")(lang), float(state.loss[-20:].mean()) if len(state.loss) else math.nan),
        ]  # fmt: skip
        yield {"angles": figure, "facts": facts}
        yield outputs.Progress(state.step / inputs.steps)
    yield {"note": t(
        "BigGAN 的惩罚直接压 $W^\\top W$，夹角缩得最快。自正交模块压的是**输出**之间的 $\\vartheta$：数字图像远非各向同性，所以输出很快去相关，权重的夹角只是跟着缩一些。准确率几乎不变。",
        "BigGAN's penalty presses $W^\\top W$ itself, and angles shrink fastest. The module presses $\\vartheta$ of the **answers**: pictures of digits are far from isotropic, so answers decorrelate soon while the weights' angles follow in part only. Accuracy hardly moves.",
    )(lang)}  # fmt: skip


def pack(inputs: Pack, lang: Lang) -> Iterator[Update]:
    from core.tricks.self_orthogonality import pack as packed
    from core.tricks.self_orthogonality import welch

    bound = welch(inputs.k, inputs.d)
    for state in packed(inputs.k, inputs.d, inputs.kind, inputs.steps, FRAMES, inputs.seed):
        figure = figures.panels(
            t(
                f"{inputs.d} 维里的 {inputs.k} 个向量，第 {state.step} 步",
                f"{inputs.k} vectors in {inputs.d} dimensions, step {state.step}",
            )(lang),
            [t("夹角（度，取锐角）", "Angles (acute)")(lang), t("最大的 |cos|", "Largest |cos|")(lang)],
            columns=2,
            height=460,
        )
        counts, edges = np.histogram(np.minimum(state.angles, 180 - state.angles), np.linspace(0, 90, 46))
        figure.add_trace(
            figures.bars((edges[1:] + edges[:-1]) / 2, counts, t("几对", "pairs")(lang), 0, 0.8, showlegend=False), 1, 1
        )
        figures.reference(figure, math.degrees(math.acos(bound)), "Welch", colour=3, row=1, col=1)
        figure.add_trace(
            figures.line(state.places, state.largest, t("最大的 |cos|", "largest |cos|")(lang), 0, 3), 1, 2
        )
        figure.add_trace(
            figures.line(
                state.places, np.sqrt(state.mean_square), t("均方根 |cos|", "root mean square |cos|")(lang), 1, 2, "dot"
            ),
            1,
            2,
        )
        figures.reference(figure, bound, t("Welch 界", "Welch")(lang), "y", 3, row=1, col=2)
        figure.update_xaxes(range=[0, inputs.steps], title_text=t("步", "step")(lang), row=1, col=2)
        figure.update_yaxes(range=[-0.03, 1.03], row=1, col=2)
        facts = [
            outputs.Metric(t("最大的 |cos|", "Largest |cos|")(lang), float(state.largest[-1])), outputs.Metric(t("Welch 界", "Welch's bound")(lang), bound, "√((k−d)/(d(k−1)))"),
            outputs.Metric(t("cos² 的均值", "Mean cos²")(lang), float(state.mean_square[-1]), t(f"至少 {bound**2:.4f}", f"at least {bound**2:.4f}")(lang)),
        ]  # fmt: skip
        yield {"pack": figure, "facts": facts}
        yield outputs.Progress(state.step / inputs.steps)
    yield {"note": t(
        "$k\\le d$ 时可以全部正交。$k>d$ 时不行：BigGAN 的惩罚达到 $\\cos^2$ **均值**的下界（紧框架），但个别两个向量可能几乎平行；要压**最大**的 $|\\cos|$，才会走向等角的摆法。3 维 6 个向量是正二十面体的对角线，恰好取到 Welch 界 $1/\\sqrt5$。",
        "With $k\\le d$ all can be orthogonal. With $k>d$ they cannot: BigGAN's penalty attains the least **mean** $\\cos^2$ (a tight frame) while single pairs may be nearly parallel; only pressing the **largest** $|\\cos|$ leads to equal angles. Six vectors in 3 dimensions become the diagonals of an icosahedron, which attain Welch's bound $1/\\sqrt5$.",
    )(lang)}  # fmt: skip


def checks() -> Iterable[Check]:
    from core.tricks.self_orthogonality import checks as facts

    return facts()


def _code_vectors(i: Vectors) -> str:
    return f"""import numpy as np
from core.tricks.self_orthogonality import angle, lemma, sign_statistic

u, v = np.array({i.u}), np.array({i.v})
found = sign_statistic(u, v, {i.batch}, {SEED_REPEATS}, {i.seed})
print(lemma(angle(u, v)), found.mean(), found.std())
"""


def _code_pairs(i: Pairs) -> str:
    return f"""import numpy as np
from core.tricks.self_orthogonality import lemma, lemma_pairs

thetas, found = lemma_pairs({i.count}, {i.dimension}, {i.batch}, {i.seed})
print(np.abs(found - lemma(thetas)).max())
"""


def _code_smooth(i: Smooth) -> str:
    return f"""import numpy as np
from core.tricks.self_orthogonality import bias_of_positive, statistics_by_gamma

theta = np.radians({i.degrees})
u, v = np.array([1.0, 0.0]), np.array([np.cos(theta), np.sin(theta)])
print(statistics_by_gamma(u, v, np.array([0.05, {i.gamma!r}, 200.0]), 6000, {i.seed}))
print({{name: abs(found).mean() for name, found in bias_of_positive({i.dimension}, 4000, {i.seed}).items()}})
"""


def _code_train(i: Train) -> str:
    return f"""from core.tricks.self_orthogonality import train

for kind in ("none", {i.kind!r}):
    *_, state = train(kind, {i.strength!r}, {i.steps}, {FRAMES}, {i.seed}, {i.centred})
    print(kind, state.deviation[-1], state.square[-1], state.accuracy)
"""


def _code_pack(i: Pack) -> str:
    return f"""from core.tricks.self_orthogonality import pack, welch

*_, state = pack({i.k}, {i.d}, {i.kind!r}, {i.steps}, {FRAMES}, {i.seed})
print(state.largest[-1], state.mean_square[-1], welch({i.k}, {i.d}))
"""


STORY = t(
    r"""
**问题。** 让一层的权重互相正交，能减少冗余、稳定训练。通常直接惩罚 $W^\top W$。这篇论文换了个思路：**用网络自己的输出**来估计权重之间的角度。

引理：$x$ 的方向均匀分布时，

$$\mathbb E_x\big[\mathrm{sgn}(x^\top w_i)\,\mathrm{sgn}(x^\top w_j)\big]=1-\frac2\pi\theta_{ij}.$$

于是一个批的输出 $Y=XW$ 就给出了角度。为了可导，用 $\tanh(\gamma Y)$（$\gamma=10$）代替符号，每列除以它在批上的长度，得到 $\vartheta=\hat Y^\top\hat Y$，再惩罚

$$\mathcal R=\lambda_1\Big(\operatorname*{mean}_{i\ne j}\vartheta_{ij}\Big)^2+\lambda_2\operatorname*{mean}_{i\ne j}\vartheta_{ij}^2,\qquad\lambda_1=100,\ \lambda_2=1,$$

其中第一项把夹角的均值拉到 $90°$，第二项压它的方差。它只进损失，不改前向。对照的是 BigGAN 的惩罚

$$\big\|W^\top W\odot(\mathbf 1-I)\big\|^2,$$

它只压非对角元，不管长度。$d$ 维里有 $k>d$ 个单位向量时，谁也不能全部正交（Welch）：

$$\max_{i\ne j}|\cos\theta_{ij}|\ \ge\ \sqrt{\frac{k-d}{d(k-1)}}.$$
""",
    r"""
**The question.** Weights of a layer that are orthogonal to one another are less redundant and train more stably. Usually $W^\top W$ is penalised. This paper takes another way: read the angles off **the network's own answers**.

Lemma: for $x$ whose direction is uniform,

$$\mathbb E_x\big[\mathrm{sgn}(x^\top w_i)\,\mathrm{sgn}(x^\top w_j)\big]=1-\frac2\pi\theta_{ij}.$$

So the answers $Y=XW$ of a batch tell the angles. To be differentiable, $\tanh(\gamma Y)$ with $\gamma=10$ stands for the signs, each column is divided by its length over the batch, $\vartheta=\hat Y^\top\hat Y$, and the penalty is

$$\mathcal R=\lambda_1\Big(\operatorname*{mean}_{i\ne j}\vartheta_{ij}\Big)^2+\lambda_2\operatorname*{mean}_{i\ne j}\vartheta_{ij}^2,\qquad\lambda_1=100,\ \lambda_2=1,$$

where the first term draws the mean angle to $90°$, the second presses its variance. It enters the loss only; the forward pass stays. The rival is BigGAN's penalty

$$\big\|W^\top W\odot(\mathbf 1-I)\big\|^2,$$

which presses what is off the diagonal and leaves lengths alone. Of $k>d$ unit vectors in $d$ dimensions not all can be orthogonal (Welch):

$$\max_{i\ne j}|\cos\theta_{ij}|\ \ge\ \sqrt{\frac{k-d}{d(k-1)}}.$$
""",
)
CHANGES = t(
    r"""
- 原文写的是**求和**，摘要说的是均值与方差；这里一律取 $k(k-1)$ 对的均值，$\lambda$ 才不随宽度变。
- 惩罚只作用于本层的权重：输入 $X$ 不回传梯度。输入默认减去批均值，否则 ReLU 之后的输入使正交的权重也有 $\vartheta>0$（「平滑」一栏）。
- 网络是 64-48-48-10，数据是 scikit-learn 的真实数字；原文用 CIFAR-10。所以强度要到 10 左右才看得清。
- Welch 界与摆法是补上的。
""",
    r"""
- The post writes **sums** where the abstract speaks of mean and variance; here means over the $k(k-1)$ pairs throughout, so that $\lambda$ does not change with the width.
- The penalty moves the layer's own weights alone: no gradient runs back through $X$. Inputs have their batch mean subtracted by default, as after a ReLU even orthogonal weights have $\vartheta>0$ (tab "Smooth signs").
- The network is 64-48-48-10 on scikit-learn's real digits; the post has CIFAR-10. A strength of about 10 is needed to see much.
- Welch's bound and the packings are added.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("自正交模块", "The self-orthogonality module"),
    summary=t("不看权重，只看输出的符号，也能知道权重之间的角度：拖动向量看引理，开关模块看夹角。", "The signs of a layer's answers tell the angles of its weights: drag vectors for the lemma, switch the module on for the angles."),
    post=Post(
        id=7169, title=t("Self-Orthogonality Module：一个即插即用的核正交化模块", "Self-Orthogonality Module: a plug-and-play module that makes kernels orthogonal"), date=datetime.date(2020, 1, 12), story=STORY, changes=CHANGES,
        papers=(
            ("Zhang et al. 2020, Self-orthogonality module: a network architecture plug-in for learning orthogonal filters", "https://arxiv.org/abs/2001.01275"),
            ("Brock, Donahue, Simonyan 2019, Large scale GAN training (BigGAN)", "https://arxiv.org/abs/1809.11096"), ("Welch 1974, Lower bounds on the maximum cross correlation of signals", "https://doi.org/10.1109/TIT.1974.1055219"),
        ),
    ),
    tabs=(
        Tab("vectors", t("两个向量", "Two vectors"), t("只看符号，怎么知道夹角？", "How do signs alone tell an angle?"),
            Vectors, (outputs.figure("signs", height=480), FACTS, NOTE), vectors, _code_vectors, lambda i: float(i.batch * SEED_REPEATS * 4), BUDGET),
        Tab("lemma", t("引理", "The lemma"), t("任意维数、任意角度都成立吗？", "Does it hold for all dimensions and angles?"),
            Pairs, (outputs.figure("pairs", height=470), FACTS), pairs, _code_pairs, lambda i: float(2 * i.count * i.dimension * i.batch), BUDGET),
        Tab("smooth", t("平滑", "Smooth signs"), t("用 tanh 代替符号，还量得准吗？", "With tanh for the sign, is the angle still right?"),
            Smooth, (outputs.figure("gamma", height=470), FACTS, NOTE), smooth, _code_smooth, lambda i: float(12_000 * len(GAMMAS) + 3 * 4000 * i.dimension**2), BUDGET),
        Tab("train", t("训练", "Training"), t("开了模块，夹角真的收拢吗，准确率掉不掉？", "Does the module gather the angles, and at what cost in accuracy?"),
            Train, (outputs.figure("angles", height=470), FACTS, NOTE), train, _code_train, lambda i: float(2 * i.steps * 3e4), BUDGET, live=False),
        Tab("packing", t("摆不下时", "Too many vectors"), t("向量比维数多时，最好能正交到什么程度？", "With more vectors than dimensions, how near to orthogonal can they be?"),
            Pack, (outputs.figure("pack"), FACTS, NOTE), pack, _code_pack, lambda i: float(i.steps * i.k * i.d * 300), BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
