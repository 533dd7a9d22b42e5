"""The facts of the neural networks: gradients by hand, S(kx) and its limit, XOR, the losses, PCA as an autoencoder, the shipped weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.checks import Check
from core.data.classics import scanned_digits
from core.data.examples import digits
from core.vision.neural_network.live import learned
from core.vision.neural_network.network import (
    LINEAR,
    Layer,
    Network,
    cross_entropy,
    random_network,
    sigmoid,
    slope,
    squared,
)
from core.vision.neural_network.plane import CORNERS, TASKS, XOR, lines
from core.vision.neural_network.stored import networks
from core.vision.neural_network.views import redrawn, seen, share_lost

__all__ = ["checks", "identities", "of_weights"]

EPS = 1e-5  # of the central differences: errors of 1e-10 by their order, 1e-11 by rounding
GRADIENT = 1e-6  # the tolerance that the facts of the post ask for
DOUBLE = 1e-12
SHARP = 1e9
COMPONENTS = 4
STEPS = 600  # of training while one waits


def numeric_gap(net: Network, x: np.ndarray, labels: np.ndarray | None) -> float:
    """The largest difference between backpropagation and central differences over all weights, biases and inputs, relative to the largest slope.

    The loss is the cross-entropy with ``labels``, else the squared error of x redrawn.
    """

    def loss(one: Network, at: np.ndarray) -> tuple[float, np.ndarray]:
        made = one(at)
        return squared(made, x) if labels is None else cross_entropy(made, labels)

    found = net.forward(x)
    gradients, by_input = net.backward(found, loss(net, x)[1])
    gaps, largest = [0.0], max(float(np.abs(w).max()) for w, _ in gradients)

    def compare(place: np.ndarray, gradient: np.ndarray, value: object) -> None:
        for index in np.ndindex(place.shape):
            kept = place[index]
            ends = []
            for by in (EPS, -EPS):
                place[index] = kept + by
                ends.append(value())  # type: ignore[operator]
            place[index] = kept
            gaps.append(abs((ends[0] - ends[1]) / (2 * EPS) - gradient[index]) / largest)

    for layer, (by_weight, by_bias) in zip(net.layers, gradients, strict=True):
        compare(layer.weight, by_weight, lambda: loss(net, x)[0])
        compare(layer.bias, by_bias, lambda: loss(net, x)[0])
    at = x.copy()
    compare(at, by_input, lambda: loss(net, at)[0])
    return max(gaps)


def plus_minus(net: Network, x: np.ndarray) -> np.ndarray:
    """The outputs, 0 or 1, of the same steps with the post's values ±1: W and b of the next layer are W/2 and b + W·½."""
    signs = x
    for number, layer in enumerate(net.layers):
        weight, bias = (
            (layer.weight, layer.bias) if number == 0 else (layer.weight / 2, layer.bias + layer.weight.sum(1) / 2)
        )
        signs = np.sign(signs @ weight.T + bias)
    return (signs + 1) / 2


def best_single_line(wanted: tuple[int, ...]) -> int:
    """The most corners of the square that one step unit gets right, over 24 directions of its normal and all places between the corners."""
    best = 0
    for angle in np.arange(24) * (2 * math.pi / 24) + 0.05:
        along = CORNERS @ [math.cos(angle), math.sin(angle)]
        ends = np.sort(along)
        for threshold in (ends[0] - 1, *(ends[1:] + ends[:-1]) / 2, ends[-1] + 1):
            unit = Network((Layer(np.array([[math.cos(angle), math.sin(angle)]]), np.array([-threshold]), math.inf),))
            best = max(best, int((unit(CORNERS)[:, 0] == wanted).sum()))
    return best


def pca_stationary() -> float:
    """The largest slope of a linear autoencoder's loss at PCA's weights, over that at random weights: scanned digits, 4 components."""
    x = scanned_digits().x_train.astype(float)
    mean = x.mean(0)
    basis = np.linalg.eigh((x - mean).T @ (x - mean))[1][:, ::-1][:, :COMPONENTS].T
    at = Network((Layer(basis, -basis @ mean, LINEAR), Layer(basis.T.copy(), mean, LINEAR)))
    other = random_network((64, COMPONENTS, 64), (LINEAR, LINEAR), np.random.default_rng(0))

    def steepest(net: Network) -> float:
        found = net.forward(x)
        return max(float(np.abs(w).max()) for w, _ in net.backward(found, squared(found[-1], x)[1])[0])

    return steepest(at) / steepest(other)


def checks() -> Iterator[Check]:
    """Facts of the mathematics, then of the shipped networks."""
    yield from identities()
    yield from of_weights()


def identities() -> Iterator[Check]:
    """Facts that hold for any weights."""
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(5, 6)), rng.integers(0, 3, 5)
    for name, zh, net, wanted in (
        ("a classifier 6-5-4-3", "分类器 6-5-4-3", random_network((6, 5, 4, 3), (1.0, 3.0, LINEAR), rng), labels),
        ("an autoencoder 6-5-2-5-6", "自编码器 6-5-2-5-6", random_network((6, 5, 2, 5, 6), (4.0, LINEAR, 4.0, LINEAR), rng), None),
    ):  # fmt: skip
        yield Check(
            f"backpropagation against numeric slopes, {name}", f"反向传播与数值导数之差，{zh}",
            numeric_gap(net, x, wanted), 0, GRADIENT,
            note="all weights, biases and inputs; central differences, relative to the largest slope",
            note_zh="全部权重、偏置与输入；中心差分，相对于最大的导数",
        )  # fmt: skip
    z = np.linspace(-3, 3, 61)
    rise = (sigmoid(z + EPS, 2.5) - sigmoid(z - EPS, 2.5)) / (2 * EPS)
    yield Check(
        "S'(kx) = k S (1 - S), k = 2.5", "导数 S'(kx) = k S (1 − S)，k = 2.5", float(np.abs(rise - slope(sigmoid(z, 2.5), 2.5)).max()), 0, 1e-8
    )  # fmt: skip
    steep = np.abs(z)[np.abs(z) > 0.05]
    gap = np.abs(sigmoid(z, 100.0) - sigmoid(z, math.inf))[np.abs(z) > 0.05]
    yield Check(
        "S(kx) against the step: the gap is 1 / (1 + e^{k|x|}), k = 100", "S(kx) 与阶跃之差为 1 / (1 + e^{k|x|})，k = 100",
        float(np.abs(gap - 1 / (1 + np.exp(100 * steep))).max()), 0, DOUBLE,
    )  # fmt: skip
    net = random_network((6, 20, 10, 3), (1.0, 1.0, LINEAR), rng)
    many = rng.normal(size=(200, 6))
    yield Check(
        "k → ∞: a network with k = 1e9 against steps, outputs", "k → ∞：k = 1e9 的网络与阶跃网络的输出之差",
        float(np.abs(net.sharpened(SHARP)(many) - net.sharpened(math.inf)(many)).max()), 0, 1e-9,
        note="200 inputs; no weighted sum lies within 1e-8 of 0", note_zh="200 个输入，没有加权和落在 0 的 1e-8 之内",
    )  # fmt: skip
    scaled = Network(
        tuple(replace(one, weight=7 * one.weight, bias=7 * one.bias) if one.k else one for one in net.layers)
    )
    yield Check(
        "sharpness 7 against weights and biases times 7", "k = 7 与权重、偏置乘 7 之差",
        float(np.abs(net.sharpened(7.0)(many) - scaled(many)).max()), 0, DOUBLE, note="S(kx): k is the weights' scale", note_zh="S(kx)：k 就是权重的尺度",
    )  # fmt: skip
    stepped = random_network((6, 8, 5, 2), (math.inf,) * 3, rng)
    shifted = Network(tuple(replace(one, bias=rng.normal(size=len(one.bias))) for one in stepped.layers))
    yield Check(
        "steps of 0 and 1 against the post's ±1, outputs that differ", "0/1 阶跃与原文 ±1 阶跃：不同的输出个数",
        float((shifted(many) != plus_minus(shifted, many)).sum()), 0, 0, note="W/2 and b + ΣW/2 in the next layer", note_zh="下一层取 W/2 与 b + ΣW/2",
    )  # fmt: skip
    yield Check(
        "XOR by two step units and a third: corners right",
        "两个阶跃单元加一个输出做异或：答对的角",
        lines(XOR, math.inf, "xor").right,
        4,
        0,
    )
    yield Check(
        "XOR by one step unit: the most corners right", "一个阶跃单元做异或：最多答对的角", best_single_line(TASKS["xor"]), 3, 0,
        note="all 14 ways in which a line parts the corners of a square", note_zh="直线划分正方形四角的全部 14 种方式",
    )  # fmt: skip
    yield Check(
        "cross-entropy by hand: logits (log 6, log 3, 0), the second is right", "手算交叉熵：logits (log 6, log 3, 0)，第二类为真",
        cross_entropy(np.log([[6.0, 3.0, 1.0]]), np.array([1]))[0], math.log(10 / 3), DOUBLE,
    )  # fmt: skip
    yield Check(
        "squared error by hand: (1, 2) for (0, 0), (3, 1) for (3, 3)", "手算平方误差：(0,0) 画成 (1,2)，(3,3) 画成 (3,1)",
        squared(np.array([[1.0, 2], [3, 1]]), np.array([[0.0, 0], [3, 3]]))[0], 4.5, DOUBLE, note="(5 + 4) / 2: summed over a picture, mean over pictures", note_zh="(5 + 4) / 2：图内求和，图间平均",
    )  # fmt: skip
    yield Check(
        "PCA is a stationary point of the linear autoencoder: its slope over a random one's", "PCA 是线性自编码器的驻点：导数与随机处之比",
        pca_stationary(), 0, 1e-9, note="Baldi and Hornik 1989", note_zh="Baldi 与 Hornik，1989",
    )  # fmt: skip
    *_, smooth = learned(32, 4.0, 0.5, STEPS, 1, 0)
    yield Check(
        f"{STEPS} steps of gradient descent on scanned digits: share of the test digits wrong", f"扫描数字上梯度下降 {STEPS} 步：测试错误率",
        smooth.test_error[-1], 0.08, 0, "at_most", note="0.9 before training", note_zh="训练前约 0.9",
    )  # fmt: skip
    *_, stuck = learned(32, math.inf, 0.5, 50, 1, 0)
    yield Check(
        "with steps the first layer does not move",
        "阶跃单元：第一层不动",
        stuck.moved,
        0,
        0,
        note="the step's slope is 0",
        note_zh="阶跃的导数为 0",
    )


def of_weights() -> Iterator[Check]:
    """Facts of the shipped networks: random ones lack them."""
    nets = networks()
    pictures, labels = digits()
    x = np.stack([seen(one) for one in pictures])
    yield Check(
        "the project's own digits, none trained on: share right", "本站自画的数字（没有训练过）：答对的比例",
        float((nets.classifier(x).argmax(1) == labels).mean()), 0.8, 0, "at_least",
        note="100 drawn digits; chance is 0.1", note_zh="100 个画出的数字；随机为 0.1",
    )  # fmt: skip
    gap = np.abs(nets.classifier.sharpened(1e6)(x) - nets.classifier.sharpened(math.inf)(x)).max()
    yield Check(
        "the trained classifier: k = 1e6 against steps, logits",
        "训练好的分类器：k = 1e6 与阶跃的 logit 之差",
        float(gap),
        0,
        1e-3,
    )
    products = nets.components.astype(float) @ nets.components.T
    yield Check(
        "principal components: orthonormal", "主成分：标准正交", float(np.abs(products - np.eye(len(products))).max()), 0, 2e-3,
        note="stored in half precision", note_zh="以半精度保存",
    )  # fmt: skip
    sizes = sorted(nets.autoencoders)
    lost = {m: [share_lost(x, made, nets.mean) for made in redrawn(nets, x, m)] for m in sizes}
    for m in sizes[1:5]:
        yield Check(
            f"a bottleneck of {m}: the autoencoder's error over PCA's", f"瓶颈 {m}：自编码器与 PCA 的误差之比", lost[m][0] / lost[m][1], 1, 0, "at_most",
            note="the project's own digits", note_zh="本站自画的数字",
        )  # fmt: skip
