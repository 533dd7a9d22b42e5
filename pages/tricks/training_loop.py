"""A training loop with extras (post 6311)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import Inputs, choice, seed, slider, toggle
from gallery.page import Lang, Page, Post, Tab, Update, t

FRAMES = 8
BUDGET = 12_000.0  # steps of a small network (a step of VAT counts as four)
RATE, STEPS, BETA = t("学习率", "Learning rate"), t("步数", "Steps"), t("β（滑动平均）", "β (moving average)")
MATRICES = {"known": t("指定奇异值比", "Chosen singular values"), "normal": t("正态矩阵", "Normal entries"), "digits": t("数字像素的协方差", "Covariance of digits")}  # fmt: skip
MOST_ITERATIONS = 60


class Run(Inputs):
    average: bool = toggle(True, label=t("权重滑动平均", "Moving average of weights"))
    beta: float = slider(0.98, 0.5, 0.999, step=0.005, label=BETA, shown_when={"average": True})
    accumulate: bool = toggle(False, label=t("梯度累积（每批分 4 份）", "Accumulate (4 pieces a batch)"))
    spectral: bool = toggle(False, label=t("谱归一化", "Spectral normalisation"))
    vat: bool = toggle(True, label=t("虚拟对抗训练", "Virtual adversarial training"))
    radius: float = slider(0.5, 0.1, 3.0, step=0.1, label=t("对抗半径", "Adversarial radius"), shown_when={"vat": True})
    labelled: int = slider(60, 20, 400, log=True, label=t("有标签的数字", "Labelled digits"))
    steps: int = slider(200, 50, 600, step=50, label=STEPS)
    seed: int = seed(1)


class Bar(Inputs):
    units: int = slider(24, 2, 64, label=t("隐藏单元数", "Hidden units"))
    stateful: bool = toggle(True, label=t("‖h‖² 是有状态的指标（原样显示）", "‖h‖² is stateful (shown as it is)"))
    rate: float = slider(0.004, 0.0005, 0.02, log=True, label=RATE)
    steps: int = slider(400, 50, 1500, step=50, label=STEPS)
    seed: int = seed(1)


class Accumulation(Inputs):
    batch: int = slider(64, 8, 256, log=True, label=t("批大小", "Batch"))
    parts: int = slider(7, 1, 8, label=t("分几份", "Pieces"))
    steps: int = slider(60, 10, 200, step=10, label=STEPS)
    seed: int = seed(1)


class Averaging(Inputs):
    beta: float = slider(0.95, 0.0, 0.995, step=0.005, label=BETA)
    rate: float = slider(0.1, 0.01, 0.3, log=True, label=RATE)
    noise: float = slider(1.0, 0.0, 4.0, step=0.1, label=t("梯度噪声", "Noise of the gradient"))
    steps: int = slider(200, 20, 600, label=STEPS)
    seed: int = seed(1)


class Spectral(Inputs):
    kind: str = choice("known", MATRICES, label=t("矩阵", "Matrix"))
    size: int = slider(30, 2, 128, log=True, label=t("阶数", "Size"), shown_when={"kind": ("known", "normal")})
    ratio: float = slider(0.8, 0.1, 0.999, step=0.001, label=t("σ₂/σ₁", "σ₂/σ₁"), shown_when={"kind": "known"})
    iterations: int = slider(5, 1, MOST_ITERATIONS, label=t("幂迭代次数", "Power iterations"))
    seed: int = seed(1)


class Virtual(Inputs):
    radius: float = slider(0.3, 0.0, 1.0, step=0.05, label=t("对抗半径", "Adversarial radius"))
    labelled: int = slider(6, 2, 40, step=2, label=t("有标签的点", "Labelled points"))
    iterations: int = slider(1, 1, 4, label=t("幂迭代次数", "Power iterations"))
    n: int = slider(200, 60, 400, label=t("点数", "Points"))
    steps: int = slider(400, 50, 800, step=50, label=STEPS)
    seed: int = seed(1)


def run(inputs: Run, lang: Lang) -> Iterator[Update]:
    from core.tricks.training_loop import Extras
    from core.tricks.training_loop import run as trained

    extras = Extras(
        inputs.beta if inputs.average else 0.0,
        4 if inputs.accumulate else 1,
        inputs.spectral,
        inputs.radius if inputs.vat else 0.0,
    )
    runs = [trained(e, inputs.labelled, 0.003, inputs.steps, FRAMES, inputs.seed) for e in (Extras(), extras)]
    lines = []
    for bare, state in zip(*runs, strict=True):
        lines.append(state.bar)
        figure = figures.panels(
            t(
                f"{inputs.labelled} 个有标签的数字，第 {state.step} 步",
                f"{inputs.labelled} labelled digits, step {state.step}",
            )(lang),
            [t("训练损失", "Training loss")(lang), t("测试准确率", "Test accuracy")(lang)],
            columns=2,
            height=450,
        )
        for k, (one, name) in enumerate(((bare, t("什么都不开", "nothing on")), (state, t("打开的", "as switched")))):
            figure.add_trace(
                figures.line(np.arange(1, one.step + 1), one.loss, name(lang), (7, 0)[k], 1.5, showlegend=False), 1, 1
            )
            figure.add_trace(figures.line(one.places, one.accuracy, name(lang), (7, 0)[k], 3), 1, 2)
        if inputs.average:
            figure.add_trace(
                figures.line(state.places, state.averaged, t("滑动平均的权重", "averaged weights")(lang), 1, 3, "dot"),
                1,
                2,
            )
        figure.update_xaxes(range=[0, inputs.steps], title_text=t("步", "step")(lang))
        figure.update_yaxes(type="log", row=1, col=1)
        figure.update_yaxes(tickformat=".0%", row=1, col=2)
        facts = [
            outputs.Metric(t("测试准确率", "Test accuracy")(lang), f"{state.accuracy[-1]:.1%}", t(f"什么都不开：{bare.accuracy[-1]:.1%}", f"nothing on: {bare.accuracy[-1]:.1%}")(lang)), outputs.Metric(t("滑动平均的权重", "Averaged weights")(lang), f"{state.averaged[-1]:.1%}" if inputs.average else "–"),
            outputs.Metric(t("三层的谱范数", "Spectral norms of the layers")(lang), " ".join(f"{v:.2f}" for v in state.norms[-1]), t(f"什么都不开：{' '.join(f'{v:.2f}' for v in bare.norms[-1])}", f"nothing on: {' '.join(f'{v:.2f}' for v in bare.norms[-1])}")(lang)), outputs.Metric("‖h‖²", state.hidden, t("指标，不进损失", "a metric, not in the loss")(lang)),
        ]  # fmt: skip
        yield {"run": figure, "facts": facts, "bar": "\n".join(lines)}
        yield outputs.Progress(state.step / inputs.steps)


def bar(inputs: Bar, lang: Lang) -> Iterator[Update]:
    from core.tricks.training_loop import autoencode

    for state in autoencode(inputs.units, inputs.rate, inputs.steps, FRAMES, inputs.stateful, inputs.seed):
        figure = figures.panels(
            t(
                f"64 → {inputs.units} → 64，第 {state.step} 步：上原图，下重构",
                f"64 → {inputs.units} → 64, step {state.step}: digits above, rebuilt below",
            )(lang),
            [""] * 20,
            rows=2,
            columns=10,
            height=250,
            horizontal_spacing=0.008,
            vertical_spacing=0.06,
        )
        for row, images in enumerate((state.digits, state.rebuilt)):
            for k, image in enumerate(images):
                figure.add_trace(
                    figures.heat(image.reshape(8, 8), showscale=False, zmin=0, zmax=1, hoverinfo="skip"), row + 1, k + 1
                )
        figure.update_xaxes(showticklabels=False, ticks="", showgrid=False)
        figure.update_yaxes(showticklabels=False, ticks="", showgrid=False, autorange="reversed")
        traces = figures.panels(
            "", [t("损失", "Loss")(lang), t("指标 ‖h‖²", "Metric ‖h‖²")(lang)], columns=2, height=320
        )
        steps = np.arange(1, state.step + 1)
        for column, values in ((1, state.loss), (2, state.hidden)):
            traces.add_trace(figures.line(steps, values, "", 7, 1, showlegend=False), 1, column)
            running = np.cumsum(values) / steps
            if not (column == 2 and inputs.stateful):
                traces.add_trace(
                    figures.line(
                        steps,
                        running,
                        t("进度条显示的：滑动均值", "what the bar shows: running mean")(lang),
                        1,
                        3,
                        showlegend=column == 1,
                    ),
                    1,
                    column,
                )
        traces.update_xaxes(range=[0, inputs.steps], title_text=t("步", "step")(lang))
        facts = [outputs.Metric(t("最后的损失", "Last loss")(lang), float(state.loss[-1])), outputs.Metric(t("进度条的损失", "The bar's loss")(lang), float(state.loss.mean()), t("从头到尾的均值，落后于现在", "mean since the start: it lags")(lang)), outputs.Metric("‖h‖²", float(state.hidden[-1]))]  # fmt: skip
        yield {"digits": figure, "bar": "\n".join(state.lines), "facts": facts, "traces": traces}
        yield outputs.Progress(state.step / inputs.steps)


def accumulation(inputs: Accumulation, lang: Lang) -> Iterator[Update]:
    from core.tricks.training_loop import accumulation_gap

    figure = figures.chart(
        t(f"{inputs.batch} 个一批，分 {inputs.parts} 份", f"Batches of {inputs.batch} in {inputs.parts} pieces")(lang),
        t("步", "step")(lang),
        t("与整批的权重之差", "difference from whole batches")(lang),
        height=460,
    )
    figure.update_yaxes(type="log", exponentformat="power", range=[-18, 0.5])
    figure.update_xaxes(range=[0, inputs.steps])
    told: dict[str, list[Any]] = {t("做法", "way")(lang): [], t("最大差", "largest difference")(lang): []}
    ways = (
        (t("按每份的样本数计权", "pieces by their size"), True, False),
        (t("每份等权", "pieces alike"), False, False),
        (t("按样本数计权，有 BatchNorm", "by size, with batch norm"), True, True),
    )
    for k, (name, weighted, normalised) in enumerate(ways):
        if normalised and inputs.batch // inputs.parts < 2:
            gaps = np.full(inputs.steps, np.nan)  # a piece of one sample has no batch statistics
        else:
            gaps = accumulation_gap(inputs.batch, inputs.parts, weighted, normalised, inputs.steps, inputs.seed)
            figure.add_trace(figures.line(np.arange(1, len(gaps) + 1), np.maximum(gaps, 1e-17), name(lang), k, 3))
        for column, value in zip(told.values(), (name(lang), float(gaps.max())), strict=True):
            column.append(value)
        yield {"gap": figure, "told": outputs.Table(told)}
        yield outputs.Progress((k + 1) / len(ways))
    sizes = [inputs.batch // inputs.parts + (j < inputs.batch % inputs.parts) for j in range(inputs.parts)]
    yield {"note": t(
        f"各份的样本数是 {'、'.join(map(str, sizes))}。损失是均值，各份要按样本数计权才等于整批；除得尽时等权也对。BatchNorm 的统计量来自每一份，所以永远不等。",
        f"The pieces have {', '.join(map(str, sizes))} samples. The loss is a mean, so pieces must count by their size; where they divide evenly, alike is right, too. Batch normalisation takes its statistics from a piece, and never agrees.",
    )(lang)}  # fmt: skip


def averaging(inputs: Averaging, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.training_loop import averaged_walk, closed_form

    places, averages = averaged_walk(inputs.rate, inputs.noise, inputs.beta, inputs.steps, inputs.seed)
    formula = closed_form(places, inputs.beta)
    figure = figures.panels(
        t(
            f"β = {inputs.beta:g}：约记住 {1 / (1 - inputs.beta):.0f} 步",
            f"β = {inputs.beta:g}: some {1 / (1 - inputs.beta):.0f} steps remembered",
        )(lang),
        [t("带噪声的下降", "A noisy descent")(lang), t("离最小点", "Distance")(lang)],
        columns=2,
        height=470,
        column_widths=[0.55, 0.45],
    )
    figure.add_trace(figures.line(places[:, 0], places[:, 1], t("权重", "weights")(lang), 7, 1), 1, 1)
    figure.add_trace(figures.line(averages[:, 0], averages[:, 1], t("滑动平均", "moving average")(lang), 0, 3), 1, 1)
    figure.add_trace(
        go.Scatter(
            x=[0],
            y=[0],
            mode="markers",
            marker={"symbol": "star", "size": 14, "color": figures.COLOURS[3]},
            name=t("最小点", "minimum")(lang),
        ),
        1,
        1,
    )
    for values, colour, width in ((places, 7, 1), (averages, 0, 3)):
        figure.add_trace(
            figures.line(np.arange(len(values)), np.linalg.norm(values, axis=1), "", colour, width, showlegend=False),
            1,
            2,
        )
    figure.update_xaxes(title_text=t("步", "step")(lang), row=1, col=2)
    figure.update_yaxes(type="log", row=1, col=2)
    half = len(places) // 2
    far, near = (float(np.sqrt((v[half:] ** 2).sum(1).mean())) for v in (places, averages))
    facts = [
        outputs.Metric(t("后一半离最小点：权重", "Second half, distance: weights")(lang), far), outputs.Metric(t("滑动平均", "Moving average")(lang), near, t("太大的 β 会落后", "too large a β lags")(lang)),
        outputs.Metric(t("与闭式之差", "Off the closed form by")(lang), float(np.abs(averages - formula).max())), outputs.Metric(t("白噪声方差的倍数", "Factor on white noise")(lang), (1 - inputs.beta) / (1 + inputs.beta), "(1 − β)/(1 + β)"),
    ]  # fmt: skip
    return {"walk": figure, "facts": facts}


def spectral(inputs: Spectral, lang: Lang) -> Mapping[str, Any]:
    from core.tricks.training_loop import norm_after, power_iterations, real_matrix, singular_values

    w = real_matrix(inputs.kind, inputs.size, inputs.ratio, inputs.seed)
    values, found = singular_values(w), power_iterations(w, MOST_ITERATIONS).numpy()
    errors = np.maximum(1 - found / values[0], 1e-17)
    ratio = float(values[1] / values[0])
    figure = figures.panels(
        t(f"σ₂/σ₁ = {ratio:.3f}", f"σ₂/σ₁ = {ratio:.3f}")(lang),
        [t("奇异值", "Singular values")(lang), t("估计的相对误差", "Relative error")(lang)],
        columns=2,
        height=450,
    )
    figure.add_trace(figures.points(np.arange(1, len(values) + 1), values, "σ", 0, 7, 0.9, showlegend=False), 1, 1)
    figures.reference(figure, float(found[inputs.iterations - 1]), t("估计", "estimate")(lang), "y", 1, row=1, col=1)
    steps = np.arange(1, MOST_ITERATIONS + 1)
    figure.add_trace(figures.line(steps, errors, t("实测", "measured")(lang), 0, 3), 1, 2)
    law = errors[inputs.iterations - 1] * ratio ** (4.0 * (steps - inputs.iterations))
    figure.add_trace(
        figures.line(steps, np.clip(law, 1e-17, 1e3), t("斜率 (σ₂/σ₁)⁴", "slope (σ₂/σ₁)⁴")(lang), 1, 2, "dash"), 1, 2
    )
    figures.reference(figure, inputs.iterations, "k", colour=3, row=1, col=2)
    figure.update_yaxes(type="log", exponentformat="power", range=[-16.5, 0.3], row=1, col=2)
    figure.update_xaxes(title_text=t("幂迭代次数", "power iterations")(lang), row=1, col=2)
    facts = [
        outputs.Metric(t("估计的 σ", "Estimate of σ")(lang), float(found[inputs.iterations - 1])), outputs.Metric(t("精确的 σ₁", "Exact σ₁")(lang), float(values[0])),
        outputs.Metric("‖W/σ‖₂", norm_after(w, inputs.iterations), t("应为 1；迭代不够就大于 1", "should be 1; more with too few iterations")(lang)),
    ]  # fmt: skip
    note = t(
        "原文从 $u=(1,\\dots,1)$ 出发迭代 5 次。$\\sigma_2$ 接近 $\\sigma_1$ 时（随机矩阵就是如此）5 次不够，归一化后的范数明显大于 1；训练中若把 $u$ 留到下一步接着迭代，误差会逐渐消失。",
        "The post iterates 5 times from $u=(1,\\dots,1)$. Where $\\sigma_2$ is near $\\sigma_1$, as for random matrices, 5 do not suffice and the normalised norm stays well above 1; kept from step to step in training, $u$ would wear the error down.",
    )(lang)
    return {"power": figure, "facts": facts, "note": note}


def virtual(inputs: Virtual, lang: Lang) -> Iterator[Update]:
    from core.tricks.training_loop import moons, vat_run

    points, classes, places = moons(inputs.n, inputs.labelled, inputs.seed)
    runs = [
        vat_run(inputs.n, inputs.labelled, r, inputs.iterations, inputs.steps, 5, inputs.seed)
        for r in (0.0, inputs.radius)
    ]
    for bare, state in zip(*runs, strict=True):
        names = [
            t(f"只用标签：{bare.accuracy:.0%}", f"Labels only: {bare.accuracy:.0%}")(lang),
            t(f"加 VAT：{state.accuracy:.0%}", f"With VAT: {state.accuracy:.0%}")(lang),
        ]
        figure = figures.panels(
            t(
                f"{inputs.labelled} 个有标签的点（大），第 {state.step} 步",
                f"{inputs.labelled} labelled points (large), step {state.step}",
            )(lang),
            names,
            columns=2,
            height=460,
            horizontal_spacing=0.06,
        )
        for column, one in ((1, bare), (2, state)):
            figure.add_trace(
                go.Contour(
                    x=one.axis,
                    y=one.axis,
                    z=one.surface,
                    showscale=False,
                    contours={"start": 0.0, "end": 1.0, "size": 0.1, "coloring": "fill"},
                    line_width=0,
                    colorscale=[[0, figures.faded(0, 0.55)], [0.5, "rgba(255,255,255,0)"], [1, figures.faded(1, 0.55)]],
                    hoverinfo="skip",
                    showlegend=False,
                    name="",
                ),
                1,
                column,
            )
            figure.add_trace(
                figures.points(
                    points[:, 0], points[:, 1], t("无标签", "unlabelled")(lang), 7, 4, 0.7, showlegend=column == 1
                ),
                1,
                column,
            )
            for k in (0, 1):
                mine = points[places[classes[places] == k]]
                figure.add_trace(
                    go.Scatter(
                        x=mine[:, 0],
                        y=mine[:, 1],
                        mode="markers",
                        name=t(f"类 {k}", f"class {k}")(lang),
                        marker={"size": 13, "color": figures.COLOURS[k], "line": {"width": 2, "color": "white"}},
                        showlegend=column == 1,
                    ),
                    1,
                    column,
                )
            ends = np.stack(
                [points, points + max(inputs.radius, 0.1) * one.directions, np.full_like(points, np.nan)], 1
            ).reshape(-1, 2)
            figure.add_trace(
                figures.line(
                    ends[:, 0],
                    ends[:, 1],
                    t("最敏感的方向", "most sensitive direction")(lang),
                    3,
                    1,
                    showlegend=column == 1,
                    hoverinfo="skip",
                ),
                1,
                column,
            )
        figure.update_xaxes(range=[-2, 2], constrain="domain")
        figure.update_yaxes(range=[-2, 2], constrain="domain")
        facts = [
            outputs.Metric(t("全部点的准确率：只用标签", "Accuracy on all: labels only")(lang), f"{bare.accuracy:.1%}"),
            outputs.Metric(
                t("加 VAT", "With VAT")(lang),
                f"{state.accuracy:.1%}",
                t("半径太大会抹平一切", "too large a radius flattens all")(lang),
            ),
        ]
        yield {"moons": figure, "facts": facts}
        yield outputs.Progress(state.step / inputs.steps)


def checks() -> Iterable[Check]:
    from core.tricks.training_loop import checks as facts

    return facts()


def _code_run(i: Run) -> str:
    extras = (i.beta if i.average else 0.0, 4 if i.accumulate else 1, i.spectral, i.radius if i.vat else 0.0)
    return f"""from core.tricks.training_loop import Extras, run

for extras in (Extras(), Extras{extras}):
    *_, state = run(extras, {i.labelled}, 0.003, {i.steps}, {FRAMES}, {i.seed})
    print(state.accuracy[-1], state.averaged[-1], state.norms[-1], state.bar)
"""


def _code_bar(i: Bar) -> str:
    return f"""from core.tricks.training_loop import autoencode

*_, state = autoencode({i.units}, {i.rate!r}, {i.steps}, {FRAMES}, {i.stateful}, {i.seed})
print("\\n".join(state.lines))
"""


def _code_accumulation(i: Accumulation) -> str:
    return f"""from core.tricks.training_loop import accumulation_gap

for weighted in (True, False):
    print(weighted, accumulation_gap({i.batch}, {i.parts}, weighted, False, {i.steps}, {i.seed}).max())
"""


def _code_averaging(i: Averaging) -> str:
    return f"""from core.tricks.training_loop import averaged_walk, closed_form

places, averages = averaged_walk({i.rate!r}, {i.noise}, {i.beta}, {i.steps}, {i.seed})
print(abs(averages - closed_form(places, {i.beta})).max(), averages[-1])
"""


def _code_spectral(i: Spectral) -> str:
    return f"""from core.tricks.training_loop import norm_after, power_iterations, real_matrix

w = real_matrix({i.kind!r}, {i.size}, {i.ratio}, {i.seed})
print(power_iterations(w, {i.iterations}), norm_after(w, {i.iterations}))
"""


def _code_virtual(i: Virtual) -> str:
    return f"""from core.tricks.training_loop import vat_run

for radius in (0.0, {i.radius}):
    *_, state = vat_run({i.n}, {i.labelled}, radius, {i.iterations}, {i.steps}, 5, {i.seed})
    print(radius, state.accuracy)
"""


STORY = t(
    r"""
**问题。** 一个训练循环之外还想要：没有标签的损失、要记住状态的指标、权重滑动平均、显存不够时的梯度累积、谱归一化、对抗训练，还有一根说真话的进度条。每一样单独写都只有几行，合在一起还对吗？

权重滑动平均只是

$$v_t=\beta v_{t-1}+(1-\beta)\theta_t=\beta^t\theta_0+(1-\beta)\sum_{i=1}^t\beta^{t-i}\theta_i.$$

梯度累积：损失是均值时，把一批 $B$ 分成 $B_1,\dots,B_k$，

$$\nabla L_B=\sum_j\frac{|B_j|}{|B|}\nabla L_{B_j},$$

与整批**严格相等**（没有 BatchNorm 的话）。谱归一化 $W/\sigma(W)$ 的 $\sigma$ 由幂迭代给出，

$$v\leftarrow\frac{Wu}{\|Wu\|},\quad u\leftarrow\frac{W^\top v}{\|W^\top v\|},\quad\sigma\approx v^\top Wu,$$

误差每次缩小 $(\sigma_2/\sigma_1)^4$ 倍。虚拟对抗训练不要标签，只要求答案在最敏感的方向上也不变：

$$L_{\text{vat}}=KL\big(p(y|x)\,\big\|\,p(y|x+\epsilon d)\big),\qquad d\leftarrow\frac{\nabla_rKL\big|_{r=\xi d}}{\big\|\nabla_rKL\big|_{r=\xi d}\big\|};$$

KL 在 $r=0$ 处最小，$\nabla_rKL|_{\xi d}\approx\xi Hd$，所以这正是对 Hessian 的幂迭代。
""",
    r"""
**The question.** Besides the loop one wants losses without labels, metrics with state, averaged weights, accumulated gradients where memory is short, spectral normalisation, adversarial training, and a progress bar that tells the truth. Each takes a few lines; are they still right together?

The moving average of the weights is just

$$v_t=\beta v_{t-1}+(1-\beta)\theta_t=\beta^t\theta_0+(1-\beta)\sum_{i=1}^t\beta^{t-i}\theta_i.$$

Accumulation: where the loss is a mean and the batch $B$ is cut into $B_1,\dots,B_k$,

$$\nabla L_B=\sum_j\frac{|B_j|}{|B|}\nabla L_{B_j},$$

which **equals** the whole batch (without batch normalisation). Spectral normalisation $W/\sigma(W)$ has its $\sigma$ from power iteration,

$$v\leftarrow\frac{Wu}{\|Wu\|},\quad u\leftarrow\frac{W^\top v}{\|W^\top v\|},\quad\sigma\approx v^\top Wu,$$

whose error falls by $(\sigma_2/\sigma_1)^4$ each time. Virtual adversarial training needs no labels; it asks that the answer stay the same in the most sensitive direction:

$$L_{\text{vat}}=KL\big(p(y|x)\,\big\|\,p(y|x+\epsilon d)\big),\qquad d\leftarrow\frac{\nabla_rKL\big|_{r=\xi d}}{\big\|\nabla_rKL\big|_{r=\xi d}\big\|};$$

the KL has its minimum at $r=0$, $\nabla_rKL|_{\xi d}\approx\xi Hd$, so this is power iteration on the Hessian.
""",
)
CHANGES = t(
    r"""
- 原文都是 Keras 的类与回调；这里是同一个几十行的 torch 循环，每样一行，可以当场开关。
- 原文自编码器用 MNIST（784-100-784），这里用 scikit-learn 自带的 $8\times8$ 真实数字。
- 滑动平均从 $\theta_0$ 开始，所以不需要除以 $1-\beta^t$。
- 谱归一化照原文：每步从全 1 的 $u$ 迭代 5 次。「谱归一化」一栏给出它差多少。
- 数字只有 1 347 个训练样本，测试准确率的标准误约 2 个百分点，看开关的效果要多换几个种子。
""",
    r"""
- The post has Keras classes and callbacks; here it is one loop of some dozens of lines in torch, a line for each extra, switched on the spot.
- Its autoencoder is for MNIST (784-100-784); here it is for the real $8\times8$ digits that scikit-learn carries.
- The moving average begins at $\theta_0$, and needs no division by $1-\beta^t$.
- Spectral normalisation is the post's: 5 iterations from $u$ all ones at each step. The tab of that name tells how far off that is.
- With 450 test digits an accuracy has a standard error of about 2 points: try several seeds before believing a switch.
""",
)
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
PAGE = Page(
    title=t("训练循环里的小技巧", "Extras of a training loop"),
    summary=t("滑动平均、梯度累积、谱归一化、虚拟对抗训练、进度条：在同一次训练里逐个开关，逐个验证。", "Moving averages, accumulated gradients, spectral normalisation, VAT, the progress bar: switched and verified in one live run."),
    post=Post(
        id=6311, title=t("“让Keras更酷一些！”：随意的输出和灵活的归一化", "Making Keras cooler: free outputs and flexible normalisation"), date=datetime.date(2019, 1, 27), story=STORY, changes=CHANGES,
        papers=(
            ("Miyato et al. 2018, Virtual adversarial training", "https://arxiv.org/abs/1704.03976"), ("Miyato et al. 2018, Spectral normalization for GANs", "https://arxiv.org/abs/1802.05957"),
            ("Polyak, Juditsky 1992, Acceleration of stochastic approximation by averaging", "https://doi.org/10.1137/0330046"),
        ),
    ),
    tabs=(
        Tab("run", t("一次训练", "One run"), t("每样技巧打开以后，这次训练有什么不同？", "What does each extra change in this run?"),
            Run, (outputs.figure("run", height=450), FACTS, outputs.code("bar", t("进度条", "The progress bar"))), run, _code_run, lambda i: float(i.steps * 9), BUDGET),
        Tab("bar", t("损失与进度条", "Losses and the bar"), t("没有标签也能算损失吗，进度条上的数是现在的吗？", "Can a loss do without labels, and are the figures on the bar those of now?"),
            Bar, (outputs.figure("digits", height=250), outputs.code("bar", t("进度条", "The progress bar")), FACTS, outputs.figure("traces", height=320)), bar, _code_bar, lambda i: float(i.steps), BUDGET),
        Tab("accumulation", t("梯度累积", "Accumulation"), t("分几份累积，真的等于一个大批吗？", "Is a batch in pieces really the same as the batch?"),
            Accumulation, (outputs.figure("gap"), outputs.table("told", t("最大差", "Largest differences")), NOTE), accumulation, _code_accumulation, lambda i: float(i.steps * (i.parts + 1) * 3), BUDGET),
        Tab("average", t("滑动平均", "Moving average"), t("平均权重为什么比最后的权重更准？", "Why are averaged weights nearer than the last?"),
            Averaging, (outputs.figure("walk", height=470), FACTS), averaging, _code_averaging, lambda i: float(i.steps), BUDGET),
        Tab("spectral", t("谱归一化", "Spectral norm"), t("幂迭代几次才够？", "How many power iterations are enough?"),
            Spectral, (outputs.figure("power", height=450), FACTS, NOTE), spectral, _code_spectral, lambda i: float(MOST_ITERATIONS), BUDGET),
        Tab("vat", t("虚拟对抗", "VAT"), t("六个标签，怎样学会两弯月？", "How does one learn two moons from six labels?"),
            Virtual, (outputs.figure("moons", height=460), FACTS), virtual, _code_virtual, lambda i: float(i.steps * (4 + i.iterations)), BUDGET, live=False),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 21),
)  # fmt: skip
