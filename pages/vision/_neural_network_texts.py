"""The post behind the page of neural networks, in our words, what differs, and the words that its tabs share."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

LAYERS = {
    "read": t(
        "读作 {first}，p = {sure:.3f}；其次 {second}，{less:.3f}",
        "Read as {first}, p = {sure:.3f}; next {second}, {less:.3f}",
    ),
    "leads": t(
        "{first} 比 {second} 多 {margin:.1f}；最要紧的一个像素占 {share:.2f}",
        "{first} leads {second} by {margin:.1f}; one pixel alone carries {share:.2f}",
    ),
    "flat": t(
        "{first} 对 {second}：阶跃的导数为 0，梯度什么也没说",
        "{first} against {second}: the step's slope is 0, the gradient says nothing",
    ),
    "ink": t("加墨会偏向 {first}（蓝）或 {second}（红）", "more ink speaks for {first} (blue) or {second} (red)"),
}
"""Said of a digit that passes the layers, also by the browser (neural_network.live.js)."""

STORY = t(
    r"""
**问题。** 让机器分类：一句话是褒是贬，一张手写的图是 0 到 9 的哪一个。原文是一次闲聊，谈个人的理解，不是教程。

一个单元把输入加权求和，看是否越过门槛：$\theta\big(\sum_i w_i x_i\big)$，$\theta$ 是取值 $\pm1$ 的阶跃函数。把这些判断再加权、再判断，就是两层的网络

$$y_k=\theta\Big(\sum_j w^{(2)}_{kj}\,\theta\Big(\sum_i w^{(1)}_{ji}x_i\Big)\Big).$$

阶跃函数除 0 点外导数处处为 0，无法求导优化；把它换成光滑的

$$S(kx)=\frac1{1+e^{-kx}},\qquad S'(kx)=k\,S\,(1-S),$$

$k\to\infty$ 时又回到阶跃，就可以用梯度下降去找权重。

分类因此有两个问题：**用什么函数**（神经网络的回答是复合：简单函数套简单函数），**用什么特征**。自编码器回答后一个：让 100 个数经过 50 个数再还原成 100 个数，中间放不下的只好丢掉；能还原，就说明那 50 个数抓住了要点。
""",
    r"""
**The question.** Let a machine classify: is a sentence praise or blame, which of 0 to 9 is a handwritten digit? The post is a chat about one's own understanding, not a tutorial.

A unit weighs its inputs and asks whether the sum passes a threshold: $\theta\big(\sum_i w_i x_i\big)$ with the step function $\theta$ of values $\pm1$. Weighing these verdicts and asking again gives a network of two layers,

$$y_k=\theta\Big(\sum_j w^{(2)}_{kj}\,\theta\Big(\sum_i w^{(1)}_{ji}x_i\Big)\Big).$$

The step's slope is 0 wherever it has one, so there is nothing to descend. In its place stands the smooth

$$S(kx)=\frac1{1+e^{-kx}},\qquad S'(kx)=k\,S\,(1-S),$$

which becomes the step again as $k\to\infty$; then weights can be found by gradient descent.

So classifying asks two things: **which function** (the network's answer is composition: simple functions of simple functions) and **which features**. The autoencoder answers the second: 100 numbers pass through 50 and are restored to 100. What has no room in the middle is lost; if the restoration is good, the 50 numbers have what matters.
""",
)
CHANGES = t(
    r"""
- 原文没有代码，没有网络大小，也没有实验数字；本页的网络、训练与测量都是本站所加。
- 单元取 0 与 1 而不是 ±1：$\theta_{\pm1}=2\theta_{01}-1$，系数归入下一层的权重与偏置，输出完全相同（“验证”里有）。每个单元另有偏置。
- 分类器是 784-100-10，输出用 softmax 与交叉熵；自编码器是 784-128-m-128-784（原文的例子是 100-50-100 一层），瓶颈与输出是线性的，好与同样大小的 PCA 比。
- 反向传播是手写的 numpy 公式，训练时也用它（优化器 Adam 来自 PyTorch）；现场训练用普通梯度下降。
- “异或”、“看向哪里”、“哪些像素起作用”、PCA 的对照与现场训练为本站所加。
- 您画的数字先像 MNIST 那样放大到 20 像素、按重心居中。
""",
    r"""
- The post has no code, no sizes of networks and no measured figures: networks, training and measurements are added here.
- Units are 0 and 1 and not ±1: $\theta_{\pm1}=2\theta_{01}-1$, which the next layer's weights and biases take up; the outputs are the same (see Verify). Every unit also has a bias.
- The classifier is 784-100-10 with softmax and cross-entropy. The autoencoders are 784-128-m-128-784 (the post's example has one layer, 100-50-100); bottleneck and output are linear, for the comparison with PCA of the same size.
- Backpropagation is written by hand in numpy and also made the shipped weights (the optimiser, Adam, is PyTorch's); live training is plain gradient descent.
- XOR, what units look at, which pixels decide, PCA beside the autoencoder and live training are added here.
- A digit that you draw is first scaled to 20 pixels and centred by its mass, as MNIST's are.
""",
)
TASK_NAMES: Mapping[str, Text] = {
    "xor": t("异或 XOR", "XOR"),
    "and": t("与 AND", "AND"),
    "or": t("或 OR", "OR"),
    "equal": t("相等", "Equal"),
}
UNITS: Mapping[str, Text] = {
    "step": t("阶跃 θ", "Steps θ"),
    "smooth": t("光滑 S(kx)", "Smooth S(kx)"),
}
