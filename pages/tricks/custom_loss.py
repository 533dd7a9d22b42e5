"""Losses of one's own (post 4493)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import Inputs, PointValue, choice, point, seed, slider
from gallery.page import Lang, Page, Post, Tab, Update, t

LOSSES = {
    "softmax": t("Softmax 交叉熵", "Softmax cross-entropy"), "centre": t("Center loss", "Centre loss"), "triplet": t("三元组", "Triplet"), "margin": t("Margin softmax", "Margin softmax"),
    "focal": t("Focal", "Focal"), "smooth": t("标签平滑", "Smoothed labels"),
}  # fmt: skip
DIGIT_COLOURS = (*figures.COLOURS[:8], "#b08d57", "#4a4a8a")
MARGIN = t("间隔 m（余弦）", "Margin m (cosines)")
STEPS = t("训练步数", "Training steps")
FRAMES = 8
BUDGET = 8000.0  # training steps of a small network
EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
ARC = 181


class Embed(Inputs):
    loss: str = choice("softmax", LOSSES, label=t("损失", "Loss"))
    centre: float = slider(
        0.03,
        0.001,
        1.0,
        log=True,
        label=t("λ（center loss 的权重）", "λ (weight of the centre loss)"),
        shown_when={"loss": "centre"},
    )
    margin: float = slider(0.2, 0.0, 0.6, step=0.02, label=MARGIN, shown_when={"loss": ("triplet", "margin")})
    gamma: float = slider(2.0, 0.0, 5.0, step=0.25, label=t("γ（focal）", "γ (focal)"), shown_when={"loss": "focal"})
    smoothing: float = slider(
        0.1, 0.0, 0.6, step=0.02, label=t("ε（标签平滑）", "ε (smoothing)"), shown_when={"loss": "smooth"}
    )
    steps: int = slider(600, 100, 2000, step=100, label=STEPS)
    seed: int = seed(1)


class Compare(Inputs):
    centre: float = slider(0.03, 0.001, 1.0, log=True, label=t("λ（center loss）", "λ (centre loss)"))
    margin: float = slider(0.2, 0.0, 0.6, step=0.02, label=MARGIN)
    gamma: float = slider(2.0, 0.0, 5.0, step=0.25, label=t("γ（focal）", "γ (focal)"))
    smoothing: float = slider(0.1, 0.0, 0.6, step=0.02, label=t("ε（标签平滑）", "ε (smoothing)"))
    steps: int = slider(300, 100, 800, step=100, label=STEPS)
    seed: int = seed(1)


class Triplet(Inputs):
    query: PointValue = point((1.0, 0.2), (-1.5, 1.5), (-1.5, 1.5), label=t("查询 q", "Query q"))
    positive: PointValue = point((0.5, 1.0), (-1.5, 1.5), (-1.5, 1.5), label=t("正例 A⁺", "Positive A⁺"))
    negative: PointValue = point((1.0, -0.5), (-1.5, 1.5), (-1.5, 1.5), label=t("负例 A⁻", "Negative A⁻"))
    margin: float = slider(0.1, 0.0, 1.0, step=0.02, label=MARGIN)


class Smoothing(Inputs):
    smoothing: float = slider(0.1, 0.01, 0.6, step=0.01, label=t("ε", "ε"))
    steps: int = slider(500, 100, 2000, step=100, label=STEPS)
    seed: int = seed(1)


class Shapes(Inputs):
    gamma: float = slider(2.0, 0.0, 5.0, step=0.25, label=t("γ（focal）", "γ (focal)"))
    smoothing: float = slider(0.1, 0.0, 0.6, step=0.02, label=t("ε（标签平滑）", "ε (smoothing)"))
    seed: int = seed(0)


def embed(inputs: Embed, lang: Lang) -> Iterator[Update]:
    from core.tricks.custom_loss import Settings
    from core.tricks.custom_loss import embed as trained

    settings = Settings(inputs.centre, inputs.margin, inputs.gamma, inputs.smoothing)
    for state in trained(inputs.loss, settings, inputs.steps, FRAMES, inputs.seed):
        title = t(
            f"{LOSSES[inputs.loss].zh}，第 {state.step} 步：450 个测试数字",
            f"{LOSSES[inputs.loss].en}, step {state.step}: 450 test digits",
        )(lang)
        figure = go.Figure()
        figure.update_layout(
            title_text=title,
            height=560,
            legend={"orientation": "v", "x": 1.01, "y": 1, "yanchor": "top", "xanchor": "left"},
            margin_t=64,
        )
        _cloud(figure, state, inputs.loss, {})
        figure.update_xaxes(title_text="f₁", constrain="domain")
        figure.update_yaxes(title_text="f₂", scaleanchor="x", constrain="domain")
        facts = [
            outputs.Metric(t("测试准确率", "Test accuracy")(lang), f"{state.accuracy:.1%}"), outputs.Metric(t("类间方差占比", "Variance between classes")(lang), f"{state.separation:.1%}", t("其余在类内", "the rest is within")(lang)),
            outputs.Metric(t("还有梯度的三元组", "Active triplets")(lang), f"{state.active:.1%}", f"m = {inputs.margin:g}"), outputs.Metric(t("损失（最近 20 步）", "Loss (last 20 steps)")(lang), float(state.trace[-20:].mean()) if len(state.trace) else math.nan),
        ]  # fmt: skip
        trace = state.trace if len(state.trace) else np.array([0.0])
        fall = figures.chart(
            t("训练损失", "Training loss")(lang), t("步", "step")(lang), t("损失", "loss")(lang), height=280
        )
        fall.add_trace(
            figures.line(np.arange(1, len(trace) + 1), trace, t("损失", "loss")(lang), 0, 1.5, showlegend=False)
        )
        fall.update_xaxes(range=[0, inputs.steps])
        yield {"cloud": figure, "facts": facts, "loss": fall}
        yield outputs.Progress(state.step / inputs.steps)


def compare(inputs: Compare, lang: Lang) -> Iterator[Update]:
    from core.tricks.custom_loss import Settings
    from core.tricks.custom_loss import embed as trained

    settings = Settings(inputs.centre, inputs.margin, inputs.gamma, inputs.smoothing)
    runs = {name: trained(name, settings, inputs.steps, 4, inputs.seed) for name in LOSSES}
    while True:
        states = {name: state for name, run in runs.items() if (state := next(run, None)) is not None}
        if not states:
            return
        step = next(iter(states.values())).step
        names = [f"{LOSSES[name](lang)} {state.accuracy:.0%}" for name, state in states.items()]
        figure = figures.panels(
            t(
                f"同一个网络，六种损失，第 {step} 步（测试准确率）",
                f"One network, six losses, step {step} (test accuracy)",
            )(lang),
            names,
            rows=2,
            columns=3,
            height=640,
            vertical_spacing=0.15,
            horizontal_spacing=0.05,
        )
        for k, (name, state) in enumerate(states.items()):
            _cloud(figure, state, name, {"row": k // 3 + 1, "col": k % 3 + 1}, size=4, legend=False)
        figure.update_xaxes(constrain="domain")
        figure.update_yaxes(constrain="domain")
        told = {
            t("损失", "loss")(lang): [LOSSES[n](lang) for n in states],
            t("测试准确率", "test accuracy")(lang): [s.accuracy for s in states.values()],
            t("类间方差占比", "variance between classes")(lang): [s.separation for s in states.values()],
            t("活跃三元组", "active triplets")(lang): [s.active for s in states.values()],
        }
        yield {"clouds": figure, "told": outputs.Table(told)}
        yield outputs.Progress(step / inputs.steps)


def triplet(inputs: Triplet, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.custom_loss import around_circle, triplet_of

    points = np.array([inputs.query, inputs.positive, inputs.negative])
    found = triplet_of(points, inputs.margin)
    angles, values = around_circle(points, inputs.margin, ARC)
    figure = figures.panels(
        t("三个向量与各自被推的方向", "Three vectors, and the way each is pushed")(lang) if found.loss > 0 else t("间隔已够：梯度为零，谁也不动", "The gap is past the margin: no gradient, nobody moves")(lang),
        [t("箭头：−梯度", "Arrows: −gradient")(lang), t("负例转一圈", "Negative all round")(lang)], columns=2, height=480,
    )  # fmt: skip
    for k, name in enumerate(("q", "A⁺", "A⁻")):
        x, y = points[k]
        figure.add_trace(figures.line([0, x], [0, y], name, k, 3), 1, 1)
        if np.abs(found.push[k]).max() > 0:
            figure.add_annotation(
                x=x + 0.6 * found.push[k, 0],
                y=y + 0.6 * found.push[k, 1],
                ax=x,
                ay=y,
                xref="x",
                yref="y",
                axref="x",
                ayref="y",
                text="",
                showarrow=True,
                arrowhead=2,
                arrowwidth=2.5,
                arrowcolor=figures.COLOURS[k],
            )
        figure.add_annotation(x=x, y=y, text=f"<b>{name}</b>", showarrow=False, xshift=12, yshift=10, row=1, col=1)
    figure.update_xaxes(range=[-1.8, 1.8], constrain="domain", row=1, col=1)
    figure.update_yaxes(range=[-1.8, 1.8], scaleanchor="x", constrain="domain", row=1, col=1)
    figure.add_trace(figures.line(angles, values, t("损失", "loss")(lang), 3, 3, showlegend=False), 1, 2)
    here = math.degrees(math.atan2(inputs.negative[1], inputs.negative[0])) % 360
    figures.reference(figure, here, "A⁻", colour=2, row=1, col=2)
    figure.update_xaxes(
        title_text=t("A⁻ 的方向（度）", "direction of A⁻ (degrees)")(lang),
        tickvals=[0, 90, 180, 270, 360],
        row=1,
        col=2,
    )
    figure.update_yaxes(title_text=t("损失", "loss")(lang), row=1, col=2)
    facts = [
        outputs.Metric("cos(q, A⁺)", found.near), outputs.Metric("cos(q, A⁻)", found.far), outputs.Metric(t("间隔", "Gap")(lang), found.near - found.far, t(f"要超过 m = {inputs.margin:g}", f"must pass m = {inputs.margin:g}")(lang)), outputs.Metric(t("损失", "Loss")(lang), found.loss),
    ]  # fmt: skip
    return {"triplet": figure, "facts": facts}


def smoothing(inputs: Smoothing, lang: Lang) -> Iterator[Update]:
    from core.tricks.custom_loss import confidence, optimal_gap, trained_gap

    hard = confidence(0.0, inputs.steps, inputs.seed)
    yield outputs.Progress(0.45)
    soft = confidence(inputs.smoothing, inputs.steps, inputs.seed)
    yield outputs.Progress(0.9)
    gap = optimal_gap(inputs.smoothing, 10)
    figure = figures.panels(
        t(f"ε = {inputs.smoothing:g}：最优间隔 {gap:.3f}", f"ε = {inputs.smoothing:g}: best gap {gap:.3f}")(lang),
        [t("测试数字的最大概率", "Largest probability")(lang), t("logit 间隔", "Gap of the logits")(lang)],
        columns=2,
        height=460,
    )
    edges = np.linspace(0.1, 1, 37)
    for found, name, colour in ((hard, "ε = 0", 3), (soft, f"ε = {inputs.smoothing:g}", 0)):
        counts, _ = np.histogram(found.probability, edges)
        figure.add_trace(figures.bars((edges[1:] + edges[:-1]) / 2, counts, name, colour), 1, 1)
    figure.update_layout(barmode="overlay", bargap=0)
    figures.reference(figure, 1 - 0.9 * inputs.smoothing, t("最优", "best")(lang), colour=2, row=1, col=1)
    fine = np.linspace(0.004, 0.6, 120)
    figure.add_trace(
        figures.line(fine, [optimal_gap(float(e), 10) for e in fine], t("公式", "formula")(lang), 1, 3), 1, 2
    )
    figure.add_trace(
        figures.points(
            EPSILONS,
            [trained_gap(e, 10) for e in EPSILONS],
            t("自由的 logit 优化到底", "free logits, minimised")(lang),
            2,
            9,
            1.0,
        ),
        1,
        2,
    )
    figure.add_trace(
        figures.points(
            [inputs.smoothing],
            [soft.gap],
            t("网络在测试集上的平均", "the network, mean over the test set")(lang),
            0,
            11,
            1.0,
        ),
        1,
        2,
    )
    figure.update_xaxes(title_text=t("最大概率", "largest probability")(lang), row=1, col=1)
    figure.update_yaxes(title_text=t("个数", "count")(lang), row=1, col=1)
    figure.update_xaxes(title_text="ε", row=1, col=2)
    facts = [
        outputs.Metric(t("准确率 ε = 0", "Accuracy, ε = 0")(lang), f"{hard.right.mean():.1%}", t(f"平均把握 {hard.probability.mean():.1%}", f"mean confidence {hard.probability.mean():.1%}")(lang)), outputs.Metric(t(f"准确率 ε = {inputs.smoothing:g}", f"Accuracy, ε = {inputs.smoothing:g}")(lang), f"{soft.right.mean():.1%}", t(f"平均把握 {soft.probability.mean():.1%}", f"mean confidence {soft.probability.mean():.1%}")(lang)),
        outputs.Metric(t("间隔：网络 / 公式", "Gap: network / formula")(lang), f"{soft.gap:.2f} / {gap:.2f}", t(f"ε = 0：{hard.gap:.2f}，公式为 ∞", f"ε = 0: {hard.gap:.2f}, formula ∞")(lang)), outputs.Metric(t("测试交叉熵 0 / ε", "Test cross-entropy 0 / ε")(lang), f"{hard.cross_entropy:.3f} / {soft.cross_entropy:.3f}"),
    ]  # fmt: skip
    yield {"confidence": figure, "facts": facts}


def shapes(inputs: Shapes, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.custom_loss import LOSSES as known
    from core.tricks.custom_loss import gradient_gap, one_sample

    p = np.linspace(0.002, 0.998, 250)
    curves = one_sample(p, inputs.gamma, inputs.smoothing)
    figure = figures.panels(
        t("一个样本：正确类的概率是 p，其余均分", "One sample: its class has probability p, the rest share alike")(
            lang
        ),
        [t("损失", "Loss")(lang), t("推力（−∂损失/∂logit）", "Push (−∂loss/∂logit)")(lang)],
        columns=2,
        height=470,
    )
    for k, (name, (value, push)) in enumerate(curves.items()):
        figure.add_trace(figures.line(p, value, LOSSES[name](lang), k, 3), 1, 1)
        figure.add_trace(figures.line(p, push, LOSSES[name](lang), k, 3, showlegend=False), 1, 2)
    figures.reference(figure, 0.0, "", "y", 7, row=1, col=2)
    figure.update_xaxes(title_text="p")
    figure.update_yaxes(range=[0, 5], row=1, col=1)
    note = t(
        "focal 把已经有把握的样本（$p$ 大）的推力压下去；标签平滑的推力在 $p>1-\\varepsilon+\\varepsilon/K$ 处变负：太有把握反而被拉回来。下表用有限差分核对每个损失的梯度。",
        "Focal damps the push on samples that are already sure (large $p$). With smoothed labels the push turns negative beyond $p>1-\\varepsilon+\\varepsilon/K$: too sure is pulled back. The table holds every loss's gradient against finite differences.",
    )(lang)
    return {
        "shapes": figure,
        "note": note,
        "gradients": outputs.Table(
            {
                t("损失", "loss")(lang): [LOSSES[n](lang) for n in known],
                t("与有限差分的相对差", "relative difference from finite differences")(lang): [
                    gradient_gap(n, inputs.seed) for n in known
                ],
            }
        ),
    }


def checks() -> Iterable[Check]:
    from core.tricks.custom_loss import checks as facts

    return facts()


def _cloud(
    figure: go.Figure, state: Any, loss: str, place: Mapping[str, Any], size: int = 6, legend: bool = True
) -> None:
    """Test digits in the plane, coloured by class; class weights as rays, or class centres as crosses."""
    reach = float(np.quantile(np.linalg.norm(state.features, axis=1), 0.98)) or 1.0
    for k in range(10):
        mine = state.features[state.labels == k]
        if loss in ("softmax", "focal", "smooth", "margin"):
            length = float(np.linalg.norm(state.rays[k])) or 1.0
            x, y = state.rays[k] / length * reach
            figure.add_trace(
                figures.line([0, x], [0, y], "", DIGIT_COLOURS[k], 1.2, showlegend=False, hoverinfo="skip"), **place
            )
        figure.add_trace(
            figures.points(mine[:, 0], mine[:, 1], str(k), DIGIT_COLOURS[k], size, 0.7, showlegend=legend), **place
        )
    if loss in ("centre", "triplet"):
        figure.add_trace(
            go.Scatter(
                x=state.centres[:, 0],
                y=state.centres[:, 1],
                mode="markers",
                marker={"symbol": "x", "size": 9, "color": "#222", "line": {"width": 1, "color": "white"}},
                showlegend=False,
                hoverinfo="skip",
            ),
            **place,
        )


def _settings(i: Embed | Compare) -> str:
    return f"Settings({i.centre!r}, {i.margin!r}, {i.gamma!r}, {i.smoothing!r})"


def _code_embed(i: Embed) -> str:
    return f"""from core.tricks.custom_loss import Settings, embed

for state in embed({i.loss!r}, {_settings(i)}, {i.steps}, {FRAMES}, {i.seed}):
    print(state.step, state.accuracy, state.separation)
"""


def _code_compare(i: Compare) -> str:
    return f"""from core.tricks.custom_loss import LOSSES, Settings, embed

for name in LOSSES:
    *_, state = embed(name, {_settings(i)}, {i.steps}, 4, {i.seed})
    print(name, state.accuracy, state.separation)
"""


def _code_triplet(i: Triplet) -> str:
    return f"""import numpy as np
from core.tricks.custom_loss import triplet_of

points = np.array([{i.query}, {i.positive}, {i.negative}])
print(triplet_of(points, {i.margin}))
"""


def _code_smoothing(i: Smoothing) -> str:
    return f"""from core.tricks.custom_loss import confidence, optimal_gap, trained_gap

for epsilon in (0.0, {i.smoothing}):
    found = confidence(epsilon, {i.steps}, {i.seed})
    print(epsilon, found.right.mean(), found.gap, optimal_gap(epsilon, 10))
print(trained_gap({i.smoothing}, 10))
"""


def _code_shapes(i: Shapes) -> str:
    return f"""import numpy as np
from core.tricks.custom_loss import gradient_gap, one_sample

print(one_sample(np.array([0.1, 0.5, 0.9, 0.99]), {i.gamma}, {i.smoothing}))
print(gradient_gap("focal", {i.seed}))
"""


STORY = t(
    r"""
**问题。** 框架自带的损失是 $\ell(y_{\text{true}},y_{\text{pred}})$ 的样子。带可训练参数的、跨样本的、没有标签的损失怎么写？原文的办法是把标签也当输入，把损失当输出。这里看这些损失各自把真实的手写数字在平面上排成什么样。

网络把 $8\times8$ 的数字变成二维特征 $f$，再接一个分类头。六种损失：

$$\begin{aligned}\text{softmax}&:\ -\log p_y,\qquad p=\mathrm{softmax}(Wf+b)\\ \text{center}&:\ -\log p_y+\lambda\|f-c_y\|^2\\ \text{triplet}&:\ \max\big(0,\ m+\cos(q,A^-)-\cos(q,A^+)\big)\\ \text{margin}&:\ -\log\mathrm{softmax}_y\big(s(\cos\theta_j-m\,[j=y])\big)\\ \text{focal}&:\ -(1-p_y)^\gamma\log p_y\\ \text{smoothing}&:\ -(1-\varepsilon)\log p_y-\frac\varepsilon K\sum_j\log p_j\end{aligned}$$

中心 $c_y$ 是标签的 Embedding，梯度 $\partial/\partial c_y=-2\lambda(f-c_y)$，特征固定时最优的中心就是**类均值**。标签平滑在最优时，正确类的 logit 比其余高出

$$\log\frac{1-\varepsilon+\varepsilon/K}{\varepsilon/K},$$

$\varepsilon=0.1$、$K=10$ 时是 $\log91\approx4.51$，而不是无穷。三元组的间隔一超过 $m$，梯度就是零。
""",
    r"""
**The question.** A framework's losses look like $\ell(y_{\text{true}},y_{\text{pred}})$. How does one write a loss with parameters of its own, across samples, or without labels? The post's way is to take labels as inputs and the loss as output. Here one sees how each loss lays out real handwritten digits in the plane.

The network turns an $8\times8$ digit into a feature $f$ in the plane, with a classifier on top. Six losses:

$$\begin{aligned}\text{softmax}&:\ -\log p_y,\qquad p=\mathrm{softmax}(Wf+b)\\ \text{center}&:\ -\log p_y+\lambda\|f-c_y\|^2\\ \text{triplet}&:\ \max\big(0,\ m+\cos(q,A^-)-\cos(q,A^+)\big)\\ \text{margin}&:\ -\log\mathrm{softmax}_y\big(s(\cos\theta_j-m\,[j=y])\big)\\ \text{focal}&:\ -(1-p_y)^\gamma\log p_y\\ \text{smoothing}&:\ -(1-\varepsilon)\log p_y-\frac\varepsilon K\sum_j\log p_j\end{aligned}$$

The centre $c_y$ is an embedding of the label with gradient $\partial/\partial c_y=-2\lambda(f-c_y)$; with features fixed the best centre is the **class mean**. At the optimum of smoothed labels the right logit exceeds the others by

$$\log\frac{1-\varepsilon+\varepsilon/K}{\varepsilon/K},$$

which for $\varepsilon=0.1$, $K=10$ is $\log91\approx4.51$, not infinity. Once a triplet's gap is past $m$ its gradient is zero.
""",
)
CHANGES = t(
    r"""
- 原文的三元组用在问答的 LSTM 上，center loss 用在 MNIST 上；这里六种损失同用一个小网络和 scikit-learn 自带的 1 797 个真实数字（每四个留一个测试），几秒就能训完。
- 三元组取一个批里**所有**还活跃的三元组求平均；原文随机取一个负例。
- margin softmax 与 focal 是补上的；margin 取 AM-softmax，$s=12$。
- center loss 的 $\lambda$ 默认 0.03：特征只有两维，0.2 会在开始时把各类一起拉向原点，学得慢。
""",
    r"""
- The post uses triplets for an LSTM of questions and answers, and the centre loss for MNIST; here all six train one small network on the 1 797 real digits that scikit-learn carries (every fourth is a test digit), in seconds.
- Triplets: the mean over **all** active ones of a batch; the post draws one negative.
- Margin softmax and focal are added; margin is AM-softmax with $s=12$.
- The centre loss has $\lambda=0.03$ by default: with two features, 0.2 first pulls all classes to the origin, and learns slowly.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("自定义复杂的损失函数", "Losses of your own"),
    summary=t("看真实的手写数字在六种损失下怎样在平面上散开：center、三元组、margin、focal、标签平滑。", "Watch real digits spread out in the plane under six losses: centre, triplet, margin, focal, smoothed labels."),
    post=Post(
        id=4493, title=t("Keras中自定义复杂的loss函数", "Complex custom losses in Keras"), date=datetime.date(2017, 7, 22), story=STORY, changes=CHANGES,
        papers=(
            ("Wen et al. 2016, A discriminative feature learning approach for deep face recognition", "https://doi.org/10.1007/978-3-319-46478-7_31"), ("Schroff, Kalenichenko, Philbin 2015, FaceNet", "https://arxiv.org/abs/1503.03832"),
            ("Wang et al. 2018, Additive margin softmax for face verification", "https://arxiv.org/abs/1801.05599"), ("Lin et al. 2017, Focal loss for dense object detection", "https://arxiv.org/abs/1708.02002"),
            ("Szegedy et al. 2016, Rethinking the Inception architecture", "https://arxiv.org/abs/1512.00567"),
        ),
    ),
    tabs=(
        Tab("embed", t("特征", "Features"), t("一种损失把数字在平面上排成什么样？", "How does a loss lay digits out in the plane?"),
            Embed, (outputs.figure("cloud", height=560), FACTS, outputs.figure("loss", height=280)), embed, _code_embed, lambda i: float(i.steps), BUDGET),
        Tab("compare", t("六种对照", "All six"), t("同一个网络，六种损失差在哪里？", "One network, six losses: what differs?"),
            Compare, (outputs.figure("clouds", height=640), outputs.table("told", t("数值", "Values"))), compare, _code_compare, lambda i: float(6 * i.steps), BUDGET, live=False),
        Tab("triplet", t("三元组", "A triplet"), t("三元组损失何时推，何时停？", "When does a triplet push, and when does it stop?"),
            Triplet, (outputs.figure("triplet", height=480), FACTS), triplet, _code_triplet, lambda i: 1.0, BUDGET),
        Tab("smoothing", t("标签平滑", "Smoothed labels"), t("平滑以后，网络有多大把握才算够？", "With smoothed labels, how sure is sure enough?"),
            Smoothing, (outputs.figure("confidence", height=460), FACTS), smoothing, _code_smoothing, lambda i: float(2 * i.steps), BUDGET, live=False),
        Tab("shapes", t("形状与梯度", "Shapes"), t("每个样本被推多少，梯度写对了吗？", "How hard is a sample pushed, and are the gradients right?"),
            Shapes, (outputs.figure("shapes", height=470), NOTE, outputs.table("gradients", t("梯度核对", "Gradients held against differences"))), shapes, _code_shapes, lambda i: 10.0, BUDGET),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
