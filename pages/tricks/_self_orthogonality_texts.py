"""What the page of the self-orthogonality module says at length: the post, and notes under the figures."""

from __future__ import annotations

from gallery.text import t

WEDGES = t(
    "$x^\\top u$ 与 $x^\\top v$ 异号，当且仅当 $x$ 落在两条垂线之间的两个楔形里，各占角度 $\\theta$。$x$ 的方向均匀时，这个概率就是 $\\theta/\\pi$：引理就证完了。",
    "$x^\\top u$ and $x^\\top v$ differ in sign exactly when $x$ lies in the two wedges between the perpendiculars, each of angle $\\theta$. When the direction of $x$ is uniform, that has probability $\\theta/\\pi$, which proves the lemma.",
)
POSITIVE = t(
    "右图的权重是**严格正交**的。输入经过 ReLU 全是非负的，$\\vartheta$ 就偏离 0：统计量量的是输入分布眼里的角度。减去均值能去掉大部分偏差。",
    "The weights on the right are **exactly** orthogonal. After a ReLU no input is negative and $\\vartheta$ leaves 0: the statistic measures angles as the input distribution sees them. Subtracting the mean removes most of the bias.",
)
CONVOLUTION = t(
    "卷积就是对每个 $5\\times5$ 图块做全连接，所以 $X$ 取一批里所有的图块（减去均值）。BigGAN 的惩罚让**核**正交；模块让**输出**不相关。数字图像远非各向同性，两者不是一回事。准确率几乎不变。",
    "A convolution is a dense layer on every $5\\times5$ patch, so $X$ is all patches of the batch (less their mean). BigGAN's penalty makes the **kernels** orthogonal; the module makes their **outputs** uncorrelated. Images of digits are far from isotropic, so the two differ. Accuracy hardly moves.",
)
ROADS = t(
    "BigGAN 的惩罚直接压 $W^\\top W$，路向左走：夹角收拢。自正交模块压**输出**之间的 $\\vartheta$，路向下走：输出很快去相关，权重的夹角只跟着缩一些。准确率几乎不变。",
    "BigGAN's penalty acts on $W^\\top W$ itself: its path leads left, angles narrow. The module acts on $\\vartheta$ of the **outputs**: its path leads down, outputs soon decorrelate and the weights' angles follow only in part. Accuracy hardly moves.",
)
LINES = t(
    "$k\\le d$ 时可以全部正交。$k>d$ 时不行：BigGAN 的惩罚达到 $\\cos^2$ **均值**的下界（紧框架），个别两条线却可能很近；压**最大**的 $|\\cos|$ 才走向等角。3 维 6 条线是正二十面体的对角线，恰好取到 Welch 界 $1/\\sqrt5$；图中的棱连接夹角最小的端点。",
    "With $k\\le d$ all can be orthogonal. With $k>d$ they cannot: BigGAN's penalty attains the least **mean** $\\cos^2$ (a tight frame), yet two lines may be close; only lowering the **largest** $|\\cos|$ leads to equal angles. Six lines in space are the diagonals of an icosahedron, which attain Welch's bound $1/\\sqrt5$; the edges drawn join the ends at the smallest angle.",
)
STORY = t(
    r"""
**问题。** 全连接或卷积层计算 $y^\top=x^\top W$，$W=(w_1,\dots,w_k)\in\mathbb R^{d\times k}$ 叫做「核」。让各列互相正交，能减少冗余。通常直接惩罚

$$\big\|W^\top W-I\big\|^2\qquad\text{or}\qquad\big\|W^\top W\odot(\mathbf 1-I)\big\|^2,$$

后者是 BigGAN 用的，它只压非对角元，不管长度。这篇论文换了个思路：**用网络自己的输出**来估计核之间的角度。

引理：$x$ 的方向均匀分布时，

$$\mathbb E_x\big[\mathrm{sgn}(x^\top w_i)\,\mathrm{sgn}(x^\top w_j)\big]=1-\frac2\pi\theta_{ij}.$$

于是一个批的输出 $Y=XW$ 就给出了角度。为了可导，用 $\tanh(\gamma Y)$（$\gamma=10$）代替符号，每列除以它在批上的长度，得到 $\vartheta=\hat Y^\top\hat Y$，再惩罚

$$\mathcal R=\lambda_1\Big(\sum_{i\ne j}\vartheta_{ij}\Big)^2+\lambda_2\sum_{i\ne j}\vartheta_{ij}^2,\qquad\lambda_1=100,\ \lambda_2=1.$$

第一项把夹角的均值拉到 $90°$，第二项压它的方差。它只进损失，不改前向。$d$ 维里有 $k>d$ 个单位向量时，谁也不能全部正交（Welch）：

$$\max_{i\ne j}|\cos\theta_{ij}|\ \ge\ \sqrt{\frac{k-d}{d(k-1)}}.$$
""",
    r"""
**The question.** A dense or convolutional layer computes $y^\top=x^\top W$; $W=(w_1,\dots,w_k)\in\mathbb R^{d\times k}$ holds its kernels. Kernels that are orthogonal to one another are less redundant. The usual penalties are

$$\big\|W^\top W-I\big\|^2\qquad\text{or}\qquad\big\|W^\top W\odot(\mathbf 1-I)\big\|^2,$$

the latter BigGAN's, which presses what is off the diagonal and leaves lengths alone. This paper takes another way: estimate the angles of the kernels from **the network's own outputs**.

Lemma: for $x$ whose direction is uniform,

$$\mathbb E_x\big[\mathrm{sgn}(x^\top w_i)\,\mathrm{sgn}(x^\top w_j)\big]=1-\frac2\pi\theta_{ij}.$$

So the outputs $Y=XW$ of a batch tell the angles. To be differentiable, $\tanh(\gamma Y)$ with $\gamma=10$ stands for the signs, each column is divided by its length over the batch, $\vartheta=\hat Y^\top\hat Y$, and the penalty is

$$\mathcal R=\lambda_1\Big(\sum_{i\ne j}\vartheta_{ij}\Big)^2+\lambda_2\sum_{i\ne j}\vartheta_{ij}^2,\qquad\lambda_1=100,\ \lambda_2=1.$$

The first term draws the mean angle to $90°$, the second presses its variance. It enters the loss only; the forward pass stays. Of $k>d$ unit vectors in $d$ dimensions not all can be orthogonal (Welch):

$$\max_{i\ne j}|\cos\theta_{ij}|\ \ge\ \sqrt{\frac{k-d}{d(k-1)}}.$$
""",
)
CHANGES = t(
    r"""
- 原文对 $i\ne j$ **求和**，摘要说的是均值与方差；这里默认取 $N=k(k-1)$ 对的**均值**，强度才不随宽度变。但 $100:1$ 保留不变，两项的比重就变了：求和时第一项比这里重 $N$ 倍（16 个核是 240 倍，48 个神经元是 2256 倍）。「卷积核」一栏可以切回求和（整体除以 $N$）：均值立刻归零，单个的 $\vartheta$ 却压不下去。
- 惩罚只作用于本层的核：输入 $X$ 不回传梯度。输入默认减去批均值，否则 ReLU 之后的输入使正交的权重也有 $\vartheta>0$（「平滑」一栏）。
- 网络是 $8\times8$ 数字上的一层 $5\times5$ 卷积，或全连接 64-48-48-10，数据是 scikit-learn 的真实数字；论文用 CIFAR-10。所以强度要到 10 左右才看得清。
- 「摆不下时」一栏（Welch 界与直线的摆法）是补上的。
""",
    r"""
- The post **sums** over $i\ne j$ where the abstract speaks of mean and variance; here the default is the **mean** over the $N=k(k-1)$ pairs, so that a strength does not change with the width. As $100:1$ is kept, the balance shifts: with sums the first term weighs $N$ times more than here (240 times for 16 kernels, 2256 for 48 neurons). The tab "Kernels" can switch back to sums (divided by $N$ as a whole): the mean is 0 at once, but single $\vartheta$ do not come down.
- The penalty moves the layer's own kernels alone: no gradient runs back through $X$. Inputs have their batch mean subtracted by default, as after a ReLU even orthogonal weights have $\vartheta>0$ (tab "Smooth signs").
- The networks are one $5\times5$ convolution on $8\times8$ digits, or a dense 64-48-48-10, on scikit-learn's real digits; the paper has CIFAR-10. A strength of about 10 is needed to see much.
- The tab "Too many vectors" (Welch's bound and packings of lines) is added.
""",
)
PAPERS = (
    (
        "Zhang et al. 2020, Self-orthogonality module: a network architecture plug-in for learning orthogonal filters",
        "https://arxiv.org/abs/2001.01275",
    ),
    (
        "Brock, Donahue, Simonyan 2019, Large scale GAN training for high fidelity natural image synthesis (BigGAN)",
        "https://arxiv.org/abs/1809.11096",
    ),
    (
        "Welch 1974, Lower bounds on the maximum cross correlation of signals",
        "https://doi.org/10.1109/TIT.1974.1055219",
    ),
    (
        "Conway, Hardin, Sloane 1996, Packing lines, planes, etc.: packings in Grassmannian spaces",
        "https://arxiv.org/abs/math/0208004",
    ),
)
