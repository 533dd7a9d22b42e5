"""Learning rates by layer and gradients one may bend (post 6418)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import Inputs, PointValue, choice, point, seed, slider
from gallery.page import Lang, Page, Post, Tab, Update, t

SURFACES = {
    "rosenbrock": t("香蕉谷", "Banana valley"),
    "valley": t("窄谷", "Narrow valley"),
    "saddle": t("鞍点", "Saddle"),
}
OPTIMISERS = {"sgd": t("SGD", "SGD"), "momentum": t("SGD + 动量", "SGD, momentum"), "adam": t("Adam", "Adam")}
CLIPS = {"none": t("不管", "Leave it"), "global": t("全局裁剪", "Clip the whole norm"), "layer": t("按层裁剪", "Clip each layer"), "sign": t("只取符号", "Signs only"), "freeze": t("第一层置零", "First layer zero")}  # fmt: skip
LAYERS = (t("第一层", "layer 1"), t("第二层", "layer 2"), t("第三层", "layer 3"))
REACH = 2.5
FRAMES = 8
BUDGET = 6000.0  # steps of a small network
OPTIMISER, RATE, STEPS = t("优化器", "Optimiser"), t("学习率 α", "Learning rate α"), t("步数", "Steps")
EPSILON, DECAY = t("Adam 的 ε", "Adam's ε"), t("权重衰减", "Weight decay")


class Surface(Inputs):
    surface: str = choice("rosenbrock", SURFACES, label=t("曲面", "Surface"))
    start: PointValue = point((-1.6, 2.0), (-REACH, REACH), (-REACH, REACH), label=t("起点", "Start"))
    optimiser: str = choice("momentum", OPTIMISERS, label=OPTIMISER)
    factor: float = slider(1.7, 0.1, 4.0, log=True, label=t("λ：y 写成 λφ", "λ: y written as λφ"))
    rate: float = slider(0.006, 0.001, 0.3, log=True, label=RATE)
    epsilon: float = slider(1e-12, 1e-12, 0.1, log=True, label=EPSILON, shown_when={"optimiser": "adam"})
    decay: float = slider(0.0, 0.0, 0.5, step=0.01, label=DECAY)
    steps: int = slider(150, 10, 600, label=STEPS)


class Network(Inputs):
    optimiser: str = choice("adam", OPTIMISERS, label=OPTIMISER)
    first: float = slider(0.3, 0.1, 4.0, log=True, label=t("λ，第一层", "λ of layer 1"))
    second: float = slider(1.0, 0.1, 4.0, log=True, label=t("λ，第二层", "λ of layer 2"))
    third: float = slider(3.0, 0.1, 4.0, log=True, label=t("λ，第三层", "λ of layer 3"))
    rate: float = slider(0.002, 0.0005, 0.05, log=True, label=RATE)
    steps: int = slider(100, 20, 400, label=STEPS)
    seed: int = seed(1)


class Clipped(Inputs):
    way: str = choice("layer", CLIPS, label=t("怎样处理梯度", "What to do with gradients"))
    limit: float = slider(0.5, 0.01, 20.0, log=True, label=t("上限", "Limit"), shown_when={"way": ("global", "layer")})
    rate: float = slider(0.1, 0.01, 0.5, log=True, label=RATE)
    shock: float = slider(
        100.0, 1.0, 300.0, log=True, label=t("每 40 批有一批的像素乘以", "One batch in 40 has its pixels times")
    )
    steps: int = slider(400, 100, 1000, step=50, label=STEPS)
    seed: int = seed(1)


class Reversal(Inputs):
    factor: float = slider(1.0, 0.0, 5.0, step=0.1, label=t("反转的倍数", "Factor of the reversal"))
    degrees: float = slider(35.0, 0.0, 90.0, step=5, label=t("目标域转过的角度", "The target is turned by (degrees)"))
    n: int = slider(250, 50, 400, label=t("每个域的样本数", "Samples a domain"))
    steps: int = slider(400, 100, 1000, step=50, label=STEPS)
    seed: int = seed(1)


class Through(Inputs):
    units: int = slider(24, 2, 128, log=True, label=t("±1 隐藏单元数", "Hidden ±1 units"))
    rate: float = slider(0.003, 0.0005, 0.02, log=True, label=RATE)
    steps: int = slider(500, 100, 1500, step=100, label=STEPS)
    seed: int = seed(1)


def surface(inputs: Surface, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.layerwise_lr import multiplier, surface_grid, walks

    found = walks(
        inputs.surface,
        inputs.start,
        inputs.factor,
        inputs.optimiser,
        inputs.rate,
        inputs.steps,
        inputs.epsilon,
        inputs.decay,
    )
    axis, heights = surface_grid(inputs.surface, REACH, 60)
    times = multiplier(inputs.factor, inputs.optimiser)
    title = t(
        f"y = {inputs.factor:.3g}·φ，等于 y 的学习率乘 {times:.3g}",
        f"y = {inputs.factor:.3g}·φ is y's learning rate times {times:.3g}",
    )(lang)
    figure = figures.panels(
        title,
        [t("轨迹", "Walks")(lang), t("两条之差", "Their gap")(lang)],
        columns=2,
        height=490,
        column_widths=[0.6, 0.4],
    )
    levels = np.log10(heights - heights.min() + 0.02)
    figure.add_trace(
        go.Contour(
            x=axis,
            y=axis,
            z=levels,
            ncontours=22,
            showscale=False,
            contours={"coloring": "lines"},
            line={"width": 1},
            colorscale=[[0, figures.SEQUENTIAL[2]], [1, figures.SEQUENTIAL[-2]]],
            opacity=0.6,
            hoverinfo="skip",
            name="",
            showlegend=False,
        ),
        1,
        1,
    )
    figure.add_trace(
        figures.line(found.plain.places[:, 0], found.plain.places[:, 1], t("都用 α", "both at α")(lang), 7, 2), 1, 1
    )
    figure.add_trace(
        figures.line(
            found.group.places[:, 0],
            found.group.places[:, 1],
            t("参数组：y 的学习率乘倍", "parameter group")(lang),
            0,
            6,
            opacity=0.5,
        ),
        1,
        1,
    )
    figure.add_trace(
        figures.line(
            found.scaled.places[:, 0],
            found.scaled.places[:, 1],
            t("改写：y = λφ", "rewritten: y = λφ")(lang),
            1,
            2,
            "dot",
        ),
        1,
        1,
    )
    figure.add_trace(
        figures.line(
            np.arange(len(found.gap)), np.maximum(found.gap, 1e-17), t("差", "gap")(lang), 3, 2, showlegend=False
        ),
        1,
        2,
    )
    figures.reference(figure, 1e-6, "1e-6", "y", 2, row=1, col=2)
    figure.update_xaxes(range=[-REACH, REACH], constrain="domain", row=1, col=1)
    figure.update_yaxes(range=[-REACH, REACH], scaleanchor="x", constrain="domain", row=1, col=1)
    figure.update_xaxes(title_text=t("步", "step")(lang), row=1, col=2)
    figure.update_yaxes(type="log", exponentformat="power", range=[-17.5, 1], row=1, col=2)
    left = len(found.group.places) - 1 < inputs.steps
    facts = [
        outputs.Metric(t("终点高度：都用 α", "Height at the end: both at α")(lang), float(found.plain.heights[-1])), outputs.Metric(t("参数组", "Parameter group")(lang), float(found.group.heights[-1]), t("跑飞了：学习率太大", "ran away: too large a rate")(lang) if left else ""),
        outputs.Metric(t("改写", "Rewritten")(lang), float(found.scaled.heights[-1])), outputs.Metric(t("两条轨迹的最大差", "Largest gap")(lang), float(found.gap.max()), t("等价时只剩舍入", "rounding alone where equivalent")(lang)),
    ]  # fmt: skip
    return {"walks": figure, "facts": facts}


def network(inputs: Network, lang: Lang) -> Iterator[Update]:
    from core.tricks.layerwise_lr import equivalence, multiplier

    factors = (inputs.first, inputs.second, inputs.third)
    cases: list[tuple[Any, dict[str, float]]] = [(t("照此训练", "as it is"), {}), (t("权重衰减 0.01", "weight decay 0.01"), {"decay": 0.01}), (t("全局裁剪到 0.1", "global norm clipped to 0.1"), {"norm": 0.1})]  # fmt: skip
    if inputs.optimiser == "adam":
        cases[1:1] = [
            (t("ε = 1e-7（Keras 默认）", "ε = 1e-7 (Keras)"), {"epsilon": 1e-7}),
            (t("ε = 1e-3", "ε = 1e-3"), {"epsilon": 1e-3}),
        ]
    figure = figures.chart(
        t(
            "改写权重与参数组之差（64-32-32-10，数字）",
            "Rewritten weights against groups",
        )(lang),
        t("步", "step")(lang),
        t("权重之差 / 最大权重", "difference / largest weight")(lang),
        height=470,
    )
    figure.update_yaxes(type="log", exponentformat="power", range=[-17, 1])
    figure.update_xaxes(range=[0, inputs.steps])
    figure.update_layout(legend={"orientation": "v", "x": 0.99, "xanchor": "right", "y": 0.02, "yanchor": "bottom"})
    figures.reference(figure, 1e-6, "1e-6", "y", 7)
    told: dict[str, list[Any]] = {t("设置", "setting")(lang): [], t("最大差", "largest difference")(lang): []}
    for k, (name, options) in enumerate(cases):
        gaps = equivalence(factors, inputs.optimiser, inputs.rate, inputs.steps, inputs.seed, **options)
        figure.add_trace(
            figures.line(np.arange(1, len(gaps) + 1), np.maximum(gaps, 1e-17), name(lang), k, 3 if k == 0 else 2)
        )
        for column, value in zip(told.values(), (name(lang), float(gaps.max())), strict=True):
            column.append(value)
        facts = [
            outputs.Metric(
                t(f"{layer.zh}的学习率", f"Rate of {layer.en}")(lang),
                inputs.rate * multiplier(f, inputs.optimiser),
                f"λ = {f:.3g}, × {multiplier(f, inputs.optimiser):.3g}",
            )
            for layer, f in zip(LAYERS, factors, strict=True)
        ]
        yield {"gap": figure, "facts": facts, "told": outputs.Table(told)}
        yield outputs.Progress((k + 1) / len(cases))


def clipped(inputs: Clipped, lang: Lang) -> Iterator[Update]:
    from core.tricks.layerwise_lr import clipped_run

    limit = 0.01 if inputs.way == "sign" else inputs.limit
    for state in clipped_run(inputs.way, limit, inputs.rate, inputs.shock, inputs.steps, FRAMES, inputs.seed):
        figure = figures.panels(
            t(
                f"{CLIPS[inputs.way].zh}：第 {state.step} 步，测试准确率 {state.accuracy:.1%}",
                f"{CLIPS[inputs.way].en}: step {state.step}, test accuracy {state.accuracy:.1%}",
            )(lang),
            [t("损失", "Loss")(lang), t("各层梯度范数", "Gradient norms")(lang)],
            columns=2,
            height=470,
        )
        steps = np.arange(1, state.step + 1)
        figure.add_trace(
            figures.line(steps, np.maximum(state.loss, 1e-4), t("损失", "loss")(lang), 0, 1.5, showlegend=False), 1, 1
        )
        for k, name in enumerate(LAYERS):
            figure.add_trace(figures.line(steps, np.maximum(state.before[:, k], 1e-6), name(lang), k, 1, "dot"), 1, 2)
            figure.add_trace(
                figures.line(
                    steps,
                    np.maximum(state.after[:, k], 1e-6),
                    t(f"{name.zh}，处理后", f"{name.en}, bent")(lang),
                    k,
                    2.5,
                    showlegend=False,
                ),
                1,
                2,
            )
        figure.update_xaxes(range=[0, inputs.steps], title_text=t("步", "step")(lang))
        figure.update_yaxes(type="log", exponentformat="power")
        facts = [
            outputs.Metric(t("测试准确率", "Test accuracy")(lang), f"{state.accuracy:.1%}", t("乱猜 10%", "chance: 10 %")(lang)), outputs.Metric(t("最大的梯度范数", "Largest gradient norm")(lang), float(state.before.max()), t("处理之前", "before")(lang)),
            outputs.Metric(t("处理之后", "After")(lang), float(state.after.max())),
        ]  # fmt: skip
        yield {"run": figure, "facts": facts}
        yield outputs.Progress(state.step / inputs.steps)
    yield {
        "note": t(
            "虚线是原来的梯度范数，实线是处理后的。每 40 批里有一批的像素被放大：不裁剪时，一次就足以毁掉网络。",
            "Dots: norms of the gradients as they come; lines: as used. One batch in 40 has its pixels blown up: without clipping a single one can ruin the network.",
        )(lang)
    }


def reversal(inputs: Reversal, lang: Lang) -> Iterator[Update]:
    from core.tricks.layerwise_lr import domains, reversal_run

    data = domains(inputs.n, inputs.degrees, inputs.seed)
    runs = [reversal_run(data, factor, inputs.steps, 5, inputs.seed) for factor in (0.0, inputs.factor)]
    for plain, turned in zip(*runs, strict=True):
        names = [
            t(f"不反转：目标 {plain.target:.0%}", f"Plain: target {plain.target:.0%}")(lang),
            t(f"反转：目标 {turned.target:.0%}", f"Reversed: target {turned.target:.0%}")(lang),
        ]
        figure = figures.panels(
            t(
                f"第 {turned.step} 步：底色是分类器，方块来自没有标签的目标域",
                f"Step {turned.step}: shade: the classifier; squares: the target, unlabelled",
            )(lang),
            names,
            columns=2,
            height=470,
            horizontal_spacing=0.06,
        )
        for column, state in ((1, plain), (2, turned)):
            figure.add_trace(
                go.Contour(
                    x=state.axis,
                    y=state.axis,
                    z=state.surface,
                    showscale=False,
                    contours={"start": 0.0, "end": 1.0, "size": 0.25, "coloring": "fill"},
                    line_width=0,
                    colorscale=[[0, figures.faded(0, 0.5)], [0.5, "rgba(255,255,255,0)"], [1, figures.faded(1, 0.5)]],
                    hoverinfo="skip",
                    showlegend=False,
                    name="",
                ),
                1,
                column,
            )
            for k in (0, 1):
                figure.add_trace(
                    figures.points(
                        data.source[data.labels == k, 0],
                        data.source[data.labels == k, 1],
                        t(f"源域，类 {k}", f"source, class {k}")(lang),
                        k,
                        4,
                        0.6,
                        showlegend=column == 1,
                    ),
                    1,
                    column,
                )
                mine = data.target[data.hidden == k]
                figure.add_trace(
                    go.Scattergl(
                        x=mine[:, 0],
                        y=mine[:, 1],
                        mode="markers",
                        name=t(f"目标域，类 {k}", f"target, class {k}")(lang),
                        marker={"symbol": "square-open", "size": 6, "color": figures.COLOURS[k]},
                        showlegend=column == 1,
                    ),
                    1,
                    column,
                )
        figure.update_xaxes(range=[-2.4, 2.4], constrain="domain")
        figure.update_yaxes(range=[-2.4, 2.4], constrain="domain")
        facts = [
            outputs.Metric(t("目标域准确率：不反转", "Target accuracy: plain")(lang), f"{plain.target:.1%}", t(f"源域 {plain.source:.1%}", f"source {plain.source:.1%}")(lang)), outputs.Metric(t("反转", "Reversed")(lang), f"{turned.target:.1%}", t(f"源域 {turned.source:.1%}", f"source {turned.source:.1%}")(lang)),
            outputs.Metric(t("域分类器：不反转", "Domain classifier: plain")(lang), f"{plain.domain:.1%}"), outputs.Metric(t("反转", "Reversed")(lang), f"{turned.domain:.1%}", t("50%：分不出来自哪个域", "50 %: cannot tell")(lang)),
        ]  # fmt: skip
        yield {"domains": figure, "facts": facts}
        yield outputs.Progress(turned.step / inputs.steps)
    yield {"note": t(
        "反转让特征分不出两个域，于是源域学到的边界也跟着目标域走。它不保证成功：换几个种子，有时提高三成，有时几乎没有，角度太大时两类会对调。",
        "Reversal makes features that cannot tell the domains apart, so that the border learnt on the source follows the target. Nothing guarantees it: over seeds the gain runs from thirty points to next to none, and at large angles the classes may change places.",
    )(lang)}  # fmt: skip


def through(inputs: Through, lang: Lang) -> Iterator[Update]:
    from core.tricks.layerwise_lr import sign_run

    for state in sign_run(inputs.units, inputs.steps, FRAMES, inputs.rate, inputs.seed):
        figure = figures.chart(
            t(f"隐藏层只有 ±1：{inputs.units} 个单元", f"A hidden layer of ±1: {inputs.units} units")(lang),
            t("步", "step")(lang),
            t("测试准确率", "test accuracy")(lang),
            height=460,
        )
        figure.add_trace(
            figures.line(state.steps, state.through, t("straight-through", "straight-through")(lang), 0, 3)
        )
        figure.add_trace(
            figures.line(
                state.steps,
                state.blocked,
                t("真导数（处处为零）：第一层不动", "true derivative (zero): layer 1 stays")(lang),
                3,
                3,
            )
        )
        figure.update_yaxes(range=[0, 1], tickformat=".0%")
        figure.update_xaxes(range=[0, inputs.steps])
        facts = [
            outputs.Metric("straight-through", f"{state.through[-1]:.1%}"),
            outputs.Metric(
                t("真导数", "True derivative")(lang),
                f"{state.blocked[-1]:.1%}",
                t("只有最后一层在学", "the last layer alone learns")(lang),
            ),
        ]
        yield {"signs": figure, "facts": facts}
        yield outputs.Progress(state.step / inputs.steps)
    yield {
        "note": t(
            "单元少时差别大：随机的 ±1 特征不够用，得学；单元多到一百以上，随机特征也够分了。",
            "With few units the difference is large: random ±1 features do not suffice and must be learnt. With a hundred and more, random ones will do.",
        )(lang)
    }


def checks() -> Iterable[Check]:
    from core.tricks.layerwise_lr import checks as facts

    return facts()


def _code_surface(i: Surface) -> str:
    return f"""from core.tricks.layerwise_lr import walks

found = walks({i.surface!r}, {i.start}, {i.factor!r}, {i.optimiser!r}, {i.rate!r}, {i.steps}, {i.epsilon!r}, {i.decay!r})
print(found.group.places[-1], found.scaled.places[-1], found.gap.max())
"""


def _code_network(i: Network) -> str:
    return f"""from core.tricks.layerwise_lr import equivalence

factors = ({i.first!r}, {i.second!r}, {i.third!r})
print(equivalence(factors, {i.optimiser!r}, {i.rate!r}, {i.steps}, {i.seed}).max())
"""


def _code_clipped(i: Clipped) -> str:
    limit = 0.01 if i.way == "sign" else i.limit
    return f"""from core.tricks.layerwise_lr import clipped_run

for state in clipped_run({i.way!r}, {limit!r}, {i.rate!r}, {i.shock!r}, {i.steps}, {FRAMES}, {i.seed}):
    print(state.step, state.accuracy, state.loss[-1])
"""


def _code_reversal(i: Reversal) -> str:
    return f"""from core.tricks.layerwise_lr import domains, reversal_run

data = domains({i.n}, {i.degrees}, {i.seed})
for factor in (0.0, {i.factor}):
    *_, state = reversal_run(data, factor, {i.steps}, 5, {i.seed})
    print(factor, state.source, state.target, state.domain)
"""


def _code_through(i: Through) -> str:
    return f"""from core.tricks.layerwise_lr import sign_run

for state in sign_run({i.units}, {i.steps}, {FRAMES}, {i.rate!r}, {i.seed}):
    print(state.step, state.through[-1], state.blocked[-1])
"""


STORY = t(
    r"""
**问题。** 微调时常要给不同的层不同的学习率，但框架的优化器只收一个。不改优化器，能不能办到？梯度又能不能随意改？

把参数写成 $\theta=\lambda\phi$，训练 $\phi$。SGD 的一步是

$$\phi\leftarrow\phi-\alpha\frac{\partial L}{\partial\phi}=\phi-\alpha\lambda\frac{\partial L}{\partial\theta}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda^2\frac{\partial L}{\partial\theta};$$

Adam 的更新量与梯度的大小无关，于是

$$\phi\leftarrow\phi-\alpha\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}.$$

所以 SGD 的学习率乘了 $\lambda^2$，Adam 乘了 $\lambda$（$\epsilon\to0$ 时严格）。初值要除以 $\lambda$。

梯度也可以自由地改：按层裁剪；把某层的梯度置零；梯度反转（前向恒等，反向乘 $-\lambda$），让特征骗过域分类器；straight-through，让梯度穿过导数处处为零的 $\mathrm{sign}$。
""",
    r"""
**The question.** Fine-tuning often wants other learning rates for other layers, yet the framework's optimiser takes one. Can it be done without touching the optimiser? And may gradients be bent at will?

Write a parameter as $\theta=\lambda\phi$ and train $\phi$. A step of SGD is

$$\phi\leftarrow\phi-\alpha\frac{\partial L}{\partial\phi}=\phi-\alpha\lambda\frac{\partial L}{\partial\theta}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda^2\frac{\partial L}{\partial\theta};$$

Adam's step does not depend on the gradient's size, so

$$\phi\leftarrow\phi-\alpha\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}.$$

SGD's rate is multiplied by $\lambda^2$, Adam's by $\lambda$ (exactly as $\epsilon\to0$). The start is divided by $\lambda$.

Gradients may be bent, too: clipped by layer; set to zero; reversed (identity forward, times $-\lambda$ backward), so that features deceive a domain classifier; let straight through $\mathrm{sign}$, whose derivative is zero.
""",
)
CHANGES = t(
    r"""
- 原文说 Adam 类是 $\lambda$ 倍；那要 $\epsilon$ 可以忽略。$\epsilon=10^{-3}$、权重衰减、按全局范数裁剪都会打破等价，「网络」一栏把它们画在一起。
- 原文只写权重的一层封装；这里偏置也一起缩放，等价才完整。
- 梯度反转与 straight-through 是补上的，都在真正训练的网络上对照。
""",
    r"""
- The post gives Adam the factor $\lambda$; that needs a negligible $\epsilon$. $\epsilon=10^{-3}$, weight decay and clipping of the global norm break the equivalence; the tab "A network" draws them together.
- The post wraps the weights of a layer; here biases are scaled, too, which the full equivalence needs.
- Gradient reversal and straight-through are added, each against plain training of the same network.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("分层的学习率和自由的梯度", "Learning rates by layer, gradients at will"),
    summary=t("把权重写成 λφ，学习率就变成 λ² 倍（SGD）或 λ 倍（Adam）：两条轨迹严格重合，什么会打破它？", "Write a weight as λφ and its rate becomes λ² times (SGD) or λ times (Adam): two walks coincide. What breaks it?"),
    post=Post(
        id=6418, title=t("“让Keras更酷一些！”：分层的学习率和自由的梯度", "Making Keras cooler: layerwise learning rates and free gradients"), date=datetime.date(2019, 3, 10), story=STORY, changes=CHANGES,
        papers=(
            ("Kingma, Ba 2015, Adam", "https://arxiv.org/abs/1412.6980"), ("Ganin, Lempitsky 2015, Unsupervised domain adaptation by backpropagation", "https://arxiv.org/abs/1409.7495"),
            ("Hubara et al. 2016, Binarized neural networks", "https://arxiv.org/abs/1602.02830"),
        ),
    ),
    tabs=(
        Tab("surface", t("两条轨迹", "Two walks"), t("改写权重与改学习率，走的是同一条路吗？", "Do rewriting a weight and changing its rate walk the same path?"),
            Surface, (outputs.figure("walks", height=490), FACTS), surface, _code_surface, lambda i: float(3 * i.steps / 3), BUDGET),
        Tab("network", t("网络", "A network"), t("在真正的网络上还等价吗，什么会打破它？", "Does it hold for a real network, and what breaks it?"),
            Network, (outputs.figure("gap", height=470), FACTS, outputs.table("told", t("最大差", "Largest differences"))), network, _code_network, lambda i: float(10 * i.steps), BUDGET, live=False),
        Tab("clipping", t("裁剪", "Clipping"), t("一批坏数据来时，怎样的梯度处理救得了网络？", "When a bad batch comes, which treatment of gradients saves the network?"),
            Clipped, (outputs.figure("run", height=470), FACTS, NOTE), clipped, _code_clipped, lambda i: float(i.steps), BUDGET, live=False),
        Tab("reversal", t("梯度反转", "Reversal"), t("没有目标域的标签，怎样学会目标域？", "How does one learn a domain without its labels?"),
            Reversal, (outputs.figure("domains", height=470), FACTS, NOTE), reversal, _code_reversal, lambda i: float(4 * i.steps), BUDGET, live=False),
        Tab("through", t("直通", "Straight-through"), t("导数处处为零的单元怎么训练？", "How does one train units whose derivative is zero?"),
            Through, (outputs.figure("signs"), FACTS, NOTE), through, _code_through, lambda i: float(2 * i.steps), BUDGET, live=False),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
