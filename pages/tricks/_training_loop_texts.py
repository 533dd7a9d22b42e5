"""What the page of the training loop says at length: the post, and notes under the figures."""

from __future__ import annotations

from gallery.text import t

UNDONE = t(
    "步后约束的梯度不知道有这个约束：每步把最大的奇异值推高，除法再把**所有**奇异值一起压低，剩下的方向越来越少。放进前向，梯度与 $V$ 正交，存着的 $\\|V\\|_F^2$ 每步只会增加 $\\alpha^2\\|\\nabla L\\|_F^2$（表中的谱范数则可升可降），谁也不被压掉。惩罚停在两股力平衡的地方：近 $c$，但不是 $c$。改成按每行归一，步后约束就没有这个毛病。",
    "With a constraint after the step, the gradient knows nothing of it: a step raises the largest singular value, the division then shrinks **all** of them, and fewer and fewer directions are left. Inside the forward pass the gradient is orthogonal to $V$, the stored $\\|V\\|_F^2$ can only grow, by $\\alpha^2\\|\\nabla L\\|_F^2$ a step (the spectral norm in the table may rise or fall), and nothing is shrunk. The penalty settles where two forces balance: near $c$, not at $c$. With every row normalised instead, the constraint does no such harm.",
)
LAGS = t(
    "进度条上的数是从头到现在的均值，训练越久越落后；「有状态」的指标才原样显示。指标不参与梯度：换一个指标，损失逐位不变。",
    "What the bar shows is the mean since the start, which lags more the longer training runs; only a “stateful” metric is shown as it is. A metric has no part in the gradient: with another one the losses are the same to the last bit.",
)
PIECES = t(
    "损失是均值，各份要按样本数计权才等于整批；除得尽时等权也对。BatchNorm 的统计量来自每一份，所以不等。与舍入误差相当的差不画。",
    "The loss is a mean, so pieces must count by their size to equal the whole batch; where it divides evenly, counting them alike is right too. Batch normalisation takes its statistics from a piece, so it differs. Differences of the size of rounding are not drawn.",
)
ITERATIONS = t(
    "原文从 $u=(1,\\dots,1)$ 出发迭代 5 次。$\\sigma_2$ 接近 $\\sigma_1$ 时收敛慢，归一化后的范数大于 1；若把 $u$ 留到下一个训练步接着迭代，误差会逐渐消失。",
    "The post iterates 5 times from $u=(1,\\dots,1)$. Where $\\sigma_2$ is near $\\sigma_1$ convergence is slow and the normalised norm exceeds 1; kept from one training step to the next, $u$ would wear the error down.",
)
STORY = t(
    r"""
**问题。** Keras 的常规写法是：一个输出、一个标签、一个损失。想要更随意一点呢？原文围绕四样东西：loss、metric、权重、进度条。

**损失**不一定要有标签：自编码器的损失只比较输入与输出，模型可以没有「输出」。**指标**是任何想看的量，例如隐藏层的 $\mathbb E\|h\|^2$，它不进梯度。**进度条**默认显示从头到现在的均值，「有状态」的指标才原样显示。

**权重**想保持某个范数 $c$，有三种做法：

$$\text{(1)}\ W\leftarrow W-\alpha\nabla L(W),\ W\leftarrow\frac{cW}{\|W\|};\qquad\text{(2)}\ L\Big(\frac{cV}{\|V\|}\Big);\qquad\text{(3)}\ L(W)+\lambda\big(\|W\|-c\big)^2.$$

(1) 是 Keras 的约束，在梯度步之后处理；(2) 让归一化参与前向，于是也参与梯度，$\langle\nabla_VL,V\rangle=0$；(3) 是惩罚，只能靠近。谱范数由幂迭代给出（原文：从全 1 出发 5 次），

$$v\leftarrow\frac{Wu}{\|Wu\|},\quad u\leftarrow\frac{W^\top v}{\|W^\top v\|},\quad\sigma\approx v^\top Wu,$$

误差每次缩小 $(\sigma_2/\sigma_1)^4$ 倍。

**补上的三样。** 权重滑动平均：

$$v_t=\beta v_{t-1}+(1-\beta)\theta_t=\beta^t\theta_0+(1-\beta)\sum_{i=1}^t\beta^{t-i}\theta_i.$$

梯度累积：损失是均值时，把一批 $B$ 分成 $B_1,\dots,B_k$，没有 BatchNorm 就与整批严格相等，

$$\nabla L_B=\sum_j\frac{|B_j|}{|B|}\nabla L_{B_j}.$$

虚拟对抗训练不要标签，只要求答案在最敏感的方向上也不变：

$$L_{\text{vat}}=KL\big(p(y|x)\,\big\|\,p(y|x+\epsilon d)\big),\qquad d\leftarrow\frac{\nabla_rKL\big|_{r=\xi d}}{\big\|\nabla_rKL\big|_{r=\xi d}\big\|};$$

KL 在 $r=0$ 处最小，$\nabla_rKL|_{\xi d}\approx\xi Hd$，所以这正是对 Hessian 的幂迭代。
""",
    r"""
**The question.** The usual Keras model has one output, one label, one loss. What if one wants more freedom? The post is about four things: loss, metric, weights and progress bar.

A **loss** needs no label: an autoencoder's compares inputs with outputs, and the model need not have an “output” at all. A **metric** is any quantity worth watching, such as $\mathbb E\|h\|^2$ of the hidden layer; it stays out of the gradient. The **progress bar** shows the mean since the start unless a metric is “stateful”.

There are three ways to hold the **weights** to a norm $c$:

$$\text{(1)}\ W\leftarrow W-\alpha\nabla L(W),\ W\leftarrow\frac{cW}{\|W\|};\qquad\text{(2)}\ L\Big(\frac{cV}{\|V\|}\Big);\qquad\text{(3)}\ L(W)+\lambda\big(\|W\|-c\big)^2.$$

(1) is Keras's constraint, applied after the gradient step; in (2) the normalisation is part of the forward pass, hence of the gradient, and $\langle\nabla_VL,V\rangle=0$; (3) is a penalty and only comes near. The spectral norm is found by power iteration (the post: 5 times from all ones),

$$v\leftarrow\frac{Wu}{\|Wu\|},\quad u\leftarrow\frac{W^\top v}{\|W^\top v\|},\quad\sigma\approx v^\top Wu,$$

whose error falls by $(\sigma_2/\sigma_1)^4$ each time.

**Three things added.** The moving average of the weights:

$$v_t=\beta v_{t-1}+(1-\beta)\theta_t=\beta^t\theta_0+(1-\beta)\sum_{i=1}^t\beta^{t-i}\theta_i.$$

Accumulated gradients: where the loss is a mean and the batch $B$ is cut into $B_1,\dots,B_k$, the sum equals the whole batch exactly, unless there is batch normalisation,

$$\nabla L_B=\sum_j\frac{|B_j|}{|B|}\nabla L_{B_j}.$$

Virtual adversarial training needs no labels; it asks that the answer stay the same in the most sensitive direction:

$$L_{\text{vat}}=KL\big(p(y|x)\,\big\|\,p(y|x+\epsilon d)\big),\qquad d\leftarrow\frac{\nabla_rKL\big|_{r=\xi d}}{\big\|\nabla_rKL\big|_{r=\xi d}\big\|};$$

the KL has its minimum at $r=0$, $\nabla_rKL|_{\xi d}\approx\xi Hd$, so this is power iteration on the Hessian.
""",
)
CHANGES = t(
    r"""
- **原文的**：损失、指标、进度条（「损失与进度条」），权重的约束与归一化（「权重」），5 次幂迭代的谱归一化。**补上的**：滑动平均、梯度累积（属于这个系列后来的文章）、虚拟对抗训练、「一次训练」里的合并，以及「谱归一化」一栏对迭代次数的检验。
- 原文是 Keras 的层与回调；这里是几十行的 torch 循环，每样几行。
- 原文自编码器用 MNIST（784-100-784），这里用 scikit-learn 自带的 $8\times8$ 真实数字（64-24-64）。
- 「权重」一栏用最朴素的梯度下降，这样 $\|V\|^2$ 每步恰好增加 $\alpha^2\|\nabla L\|^2$；偏置不受约束。
- 滑动平均从 $\theta_0$ 开始，所以不需要除以 $1-\beta^t$。
- 测试数字有 450 个，准确率的标准误约 2 个百分点，看开关的效果要多换几个种子。
""",
    r"""
- **The post's**: loss, metric and progress bar (tab “Losses and the bar”), constraint and normalisation of the weights (“Weights”), spectral normalisation by 5 power iterations. **Added**: moving averages and accumulated gradients (they belong to later posts of the series), virtual adversarial training, all of them in “One run”, and the test in “Spectral norm” of how many iterations suffice.
- The post has Keras layers and callbacks; here it is a loop of some dozens of lines in torch, a few for each extra.
- Its autoencoder is for MNIST (784-100-784); here it is for the real $8\times8$ digits that scikit-learn carries (64-24-64).
- “Weights” uses plain gradient descent, so that $\|V\|^2$ grows by exactly $\alpha^2\|\nabla L\|^2$ a step; biases are free.
- The moving average begins at $\theta_0$, and needs no division by $1-\beta^t$.
- There are 450 test digits, so an accuracy has a standard error of about 2 points: try several seeds before believing a switch.
""",
)
PAPERS = (
    ("Salimans, Kingma 2016, Weight normalization", "https://arxiv.org/abs/1602.07868"),
    ("Miyato et al. 2018, Spectral normalization for GANs", "https://arxiv.org/abs/1802.05957"),
    ("Miyato et al. 2018, Virtual adversarial training", "https://arxiv.org/abs/1704.03976"),
    (
        "Polyak, Juditsky 1992, Acceleration of stochastic approximation by averaging",
        "https://doi.org/10.1137/0330046",
    ),
)
