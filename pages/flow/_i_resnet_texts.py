"""Texts of the i-ResNet page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**不动结构，只加约束。** NICE、RealNVP、Glow 为了可逆，把网络写成特殊的耦合形式。可逆 ResNet 反过来：照用普通的残差块，只要求支路 $g$ 的 Lipschitz 常数小于 1，整块就可逆。

$$y=x+g(x),\qquad \mathrm{Lip}(g)<1$$

**怎样约束。** $g$ 由若干层复合而成，激活函数的斜率不超过 1，于是 $\mathrm{Lip}(g)$ 不超过各层谱范数之积。每层用谱归一化压到 $c<1$，$\sigma$ 是这一层作为线性算子的最大奇异值：

$$W\leftarrow \frac{W}{\max(1,\ \sigma(W)/c)}$$

卷积也是线性算子，它的 $\sigma$ 要在真实的输入尺寸上做幂迭代；把核铺平成矩阵再求范数，既不是它，也不是它的上界。

**怎样求逆。** $x$ 是 $x\mapsto y-g(x)$ 的不动点，由压缩映射定理，从 $x_0=y$ 迭代即可，误差按指数衰减：

$$x_{n+1}=y-g(x_n),\qquad \|x_n-x\|\le\frac{\mathrm{Lip}(g)^n}{1-\mathrm{Lip}(g)}\,\|x_1-x_0\|$$

**怎样求行列式。** 雅可比矩阵是 $I+J_g$，$\ln\det=\mathrm{tr}\ln$，再展成级数，截断到 $N$ 项，迹用随机向量估计（Hutchinson），于是只需要 $u^\top J$ 这样的乘积，反向传播就能给出：

$$\ln\det(I+J_g)=\sum_{k\ge1}\frac{(-1)^{k+1}}{k}\,\mathrm{tr}\,J_g^k\approx\sum_{k=1}^{N}\frac{(-1)^{k+1}}{k}\,u^\top J_g^k\,u,\qquad u\sim\mathcal N(0,I)$$

截断带来偏差，随机向量带来方差；训练会利用偏差，所以 $N$ 太小时目标函数会说谎。

**有什么用。** 可逆意味着没有丢掉信息：同一个网络既能分类，也能当流模型用。论文里在 CIFAR-10 上的密度估计为 3.45 比特/维，MNIST 为 1.06。
""",
    r"""
**Keep the structure, add a constraint.** NICE, RealNVP and Glow are invertible because their networks are written as couplings. An invertible ResNet takes the ordinary residual block, and only asks that its branch $g$ have a Lipschitz constant below 1: then the block is invertible.

$$y=x+g(x),\qquad \mathrm{Lip}(g)<1$$

**The constraint.** $g$ is a composition of layers and activations of slope at most 1, so $\mathrm{Lip}(g)$ is at most the product of the layers' spectral norms. Spectral normalisation brings each below $c<1$; $\sigma$ is the largest singular value of the layer as a linear operator:

$$W\leftarrow \frac{W}{\max(1,\ \sigma(W)/c)}$$

A convolution is a linear operator too, and its $\sigma$ takes power iterations at the true size of its input. The norm of the kernel reshaped to a matrix is neither that number nor a bound on it.

**The inverse.** $x$ is the fixed point of $x\mapsto y-g(x)$. That map contracts, so iterates from $x_0=y$ come to it exponentially fast:

$$x_{n+1}=y-g(x_n),\qquad \|x_n-x\|\le\frac{\mathrm{Lip}(g)^n}{1-\mathrm{Lip}(g)}\,\|x_1-x_0\|$$

**The determinant.** The Jacobian is $I+J_g$, and $\ln\det=\mathrm{tr}\ln$. Expanded in a series that is cut after $N$ terms, with traces estimated by random vectors (Hutchinson), it needs only products $u^\top J$, which backpropagation gives:

$$\ln\det(I+J_g)=\sum_{k\ge1}\frac{(-1)^{k+1}}{k}\,\mathrm{tr}\,J_g^k\approx\sum_{k=1}^{N}\frac{(-1)^{k+1}}{k}\,u^\top J_g^k\,u,\qquad u\sim\mathcal N(0,I)$$

The cut gives a bias, the random vector a variance. Training makes use of a bias, so with a small $N$ the objective is not to be trusted.

**What for.** Invertible means that no information is lost: one network can classify and be a flow. As a density model the paper has 3.45 bits per dimension on CIFAR-10 and 1.06 on MNIST.
""",
)

CHANGES = t(
    r"""
- 原文没有实现；本页全部是新写的。论文的官方实现用大得多的网络：密度模型每级 16 块、宽 512，分类器每级 7 块、宽 32/64/128；这里是平面上的 10 块 × 64 个单元，与数字上的 6 块 × 32 通道，在 CPU 上训练。
- 平面上的雅可比矩阵只有 2×2，训练用精确的行列式；“训练”一页可以换成级数，看它的偏差。
- 激活函数：平面上用 $a\,\sigma(\beta a)/1.1$，$\beta=10$（$\beta=1$ 时各层的数都太小，激活函数近乎直线，学不动）；官方用 ELU，它的二阶导数不连续，对行列式求导时不合适。分类器不用行列式，仍用 ELU。
- 没有 ActNorm，先验就是 $\mathcal N(0,I)$；分类器不补零通道，784 个像素对应 784 个特征，由一个线性层给出分类；训练用 Adam，而不是 Adamax 或 SGD。
- 训练时用幂迭代，交付前按精确的范数再压一次（卷积在真实尺寸上用 Lanczos 方法，与 SVD 对过），取半精度后仍不超过 $c$。
- 目标分布取自本站的平面目标，放大并加噪，使每个峰的标准差为 0.2；熵在网格上算出。
- “不动点”一页的 $c$ 是整个支路的 Lipschitz 常数（在网格上量出），由缩放最后一层得到；“四分之一转”与“对折”两个例子为本页所加。
- 数字上的约束有代价：这里只训练两轮、各两个种子，受约束的网络错得比不受约束的多一倍以上（数字见“数字”一页）；论文训练得久，报告的差距小得多。
""",
    r"""
- The post has no implementation; all of this page is new. The official one of the paper has far larger networks: 16 blocks a level, 512 wide, for densities, 7 blocks a level, 32/64/128 wide, for classification. Here: 10 blocks of 64 units in the plane and 6 blocks of 32 channels on digits, trained on a CPU.
- In the plane the Jacobian is 2×2, and training takes the determinant itself; the tab “Train” can take the series instead, to show its bias.
- Activations: in the plane $a\,\sigma(\beta a)/1.1$ with $\beta=10$ (with $\beta=1$ a layer's numbers are so small that the activation is nearly a line, and little is learnt). The official ELU has a discontinuous second derivative, which does not suit the gradient of a determinant. The classifier needs no determinant and keeps ELU.
- No ActNorm, and the prior is $\mathcal N(0,I)$. The classifier gets no channels of zeros: 784 pixels become 784 features, of which a linear layer makes the logits. Adam instead of Adamax or SGD.
- Training takes power iterations. Before shipping, weights are divided once more by the exact norm (of convolutions at their true size, by Lanczos' method, compared with the SVD), so that after rounding to half precision none exceeds $c$.
- Targets are this gallery's in the plane, enlarged and blurred so that each mode has sd 0.2; entropies are computed on a grid.
- In “Fixed point” $c$ is the Lipschitz constant of the whole branch (measured on a grid), set by scaling its last layer. The examples “quarter turn” and “fold” are added.
- The bound has its price on digits: after only two epochs, two seeds each, the bounded network errs more than twice as often as the free one (figures in “Digits”); the paper trains far longer and reports a far smaller gap.
""",
)
