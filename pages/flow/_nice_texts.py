"""Texts of the NICE page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**为什么要流。** 生成模型想要 $q(x)=\int q(z)\,q(x|z)\,dz$，这个积分算不出来：VAE 优化它的一个下界，GAN 绕开它。流模型硬算：取 $z\sim\mathcal N(0,I_D)$，让 $x$ 与 $z$ 之间是一个可逆变换 $z=f(x)$，积分就变成变量代换：

$$q(x)=\frac{1}{(2\pi)^{D/2}}\exp\!\Big(-\tfrac12\|f(x)\|^2\Big)\left|\det\frac{\partial f}{\partial x}\right|$$

困难在于既要可逆，又要行列式好算，还要有非线性的拟合能力。

**加性耦合层。** 把 $x$ 分成 $x_1,x_2$ 两半，

$$h_1=x_1,\qquad h_2=x_2+m(x_1)$$

$m$ 可以是任意网络：逆就是减回去，$x_2=h_2-m(h_1)$；雅可比矩阵是三角阵，对角线全为 1，行列式恒为 1。

**交叉。** 一层只改一半，另一半原样通过，所以每层之前把整个向量**倒序**（$D$ 是偶数，倒序交换奇偶位），再按奇偶位分两半：四层之后，每个像素都被改过，也回到原位。

**尺度变换。** 行列式恒为 1，就只能搬动、不能伸缩。最后一层逐维乘上 $s=\exp(k)$：

$$\log q(x)=-\tfrac D2\ln 2\pi-\tfrac12\|s\odot f(x)\|^2+\sum_i\ln s_i$$

$\sigma_i=1/s_i$ 相当于第 $i$ 维先验的标准差：$\sigma_i\to0$ 的维度可有可无，流形因此被压扁（降维）。

**设置（原作者）。** $D=784$，像素 $x/255$，训练时减去 $\mathcal U(0,0.01)$ 的噪声；四个耦合层，$m$ 有五个 1000 维隐层，**最后一层也用 ReLU**；编码时减 $m$，生成时加 $m$。训练的损失是 $\tfrac12\|z\|^2-\sum_i k_i$，略去常数，约到 $-2200$。采样时标准差取 **0.75**。
""",
    r"""
**Why flows.** A generative model wants $q(x)=\int q(z)\,q(x|z)\,dz$, an integral that nobody can compute: a VAE optimises a bound of it, a GAN goes around it. A flow does compute it. Take $z\sim\mathcal N(0,I_D)$ and let $x$ and $z$ be related by an invertible transform $z=f(x)$; the integral becomes a change of variables:

$$q(x)=\frac{1}{(2\pi)^{D/2}}\exp\!\Big(-\tfrac12\|f(x)\|^2\Big)\left|\det\frac{\partial f}{\partial x}\right|$$

What is hard: to be invertible, with a determinant that is easy to compute, and non-linear enough to fit anything.

**Additive coupling.** Split $x$ into two halves $x_1,x_2$,

$$h_1=x_1,\qquad h_2=x_2+m(x_1)$$

where $m$ may be any network: the inverse takes it off again, $x_2=h_2-m(h_1)$; the Jacobian is triangular with ones on its diagonal, so its determinant is 1.

**Mixing.** One layer changes one half and lets the other through. So before each layer the whole vector is **reversed** ($D$ is even: that swaps even and odd places), and then split into even and odd places. After four layers every pixel has been changed and stands at its own place again.

**Scale.** With determinants of 1 the flow can move things but not stretch them. The last layer multiplies each dimension by $s=\exp(k)$:

$$\log q(x)=-\tfrac D2\ln 2\pi-\tfrac12\|s\odot f(x)\|^2+\sum_i\ln s_i$$

$\sigma_i=1/s_i$ acts as the standard deviation of the prior's dimension $i$: where $\sigma_i\to0$ the dimension hardly matters, and the manifold is pressed flat.

**Settings (the author's).** $D=784$, pixels $x/255$, noise $\mathcal U(0,0.01)$ taken off in training; four couplings, $m$ with five hidden layers of 1000 units and **a ReLU on its last layer too**; the encoder subtracts $m$ and the generator adds it. The training loss is $\tfrac12\|z\|^2-\sum_i k_i$, without the constant, and comes to about $-2200$. Samples are taken with standard deviation **0.75**.
""",
)

CHANGES = t(
    r"""
- 隐层宽 500（原文 1000），模型因此小到可以随附：网络参数 558 万（原文 1920 万），存成 16 位浮点；舍入对损失的影响见模型卡。
- 对数尺度 $k$ 的学习率是其余参数的 10 倍：它每步大约只走一个学习率的距离，用原来的 1e-3 要多训练很久。权重取滑动平均，保留留出损失最低的一步（继续训练会过拟合）。
- 只训练了一个种子；测试集偶数位的数字用来选步数，奇数位的 5000 个用来报告损失。
- 数据集的图一张也不随附。随附的是权重和统计：1000 个测试数字、它们打乱像素之后、1000 张 Fashion-MNIST 测试图的损失，测试数字每一层之后相邻像素的相关，平均亮度与两两之差（模型卡）。示例数字与“程序画的数字”由本站的程序画出，没有参加训练；选“MNIST 测试集里的数字”时才去取数据集。
- 程序画的数字笔画简单，损失比真的测试数字还低：这又是“似然高不等于更真”。
- 原文用损失衡量；“特征距离”是本页所加，由本站自己训练的小分类器算出，不是 FID。
- NICE 里所有图的 $\sum_i k_i$ 都一样，所以似然只看编码的长短：$\|z\|^2$ 越小越可能。全黑的图编码比数字短，因而更“可能”，可从 $\mathcal N(0,I)$ 里几乎抽不到这么短的 $z$：密度最高的地方不是样本所在的地方。这一段是本页所加。
- 逐层的影片、只保留一部分编码、打乱的数字、服装图与程序画的数字的似然、补全、平面上的训练，都是本页所加。补全的想法来自 NICE 论文。
- 编码时减去的 $m\ge0$ 只会让像素更小，没法把 $[-0.01,0]$ 的噪声居中，所以总是黑的像素，最优的 $\sigma$ 是噪声的均方根 $0.01/\sqrt3$，不是标准差 $0.01/\sqrt{12}$。
- 噪声宽 0.01，不是像素的量化宽度 1/256，所以这里的似然不能换算成 bits/dim。
""",
    r"""
- Hidden layers have 500 units (the post's 1000), so that the model is small enough to ship: 5.58 million parameters (19.2 million), stored as 16-bit floats; what the rounding does to the loss is on the card.
- The log-scales $k$ have ten times the learning rate of the rest: they move by about the learning rate a step and would need far longer with the author's 1e-3. Weights are a moving average, of the step with the least held-out loss (with more training it overfits).
- One seed was trained. Test digits at even places choose the step; the 5000 at odd places give the loss that is reported.
- No picture of a data set ships. Weights and statistics do: the losses of 1000 test digits, of the same with their pixels shuffled and of 1000 test pictures of Fashion-MNIST, the correlation of neighbouring pixels in test digits after each layer, their mean brightness and the distance of two (card). Examples and “drawn digits” are drawn by a program of this gallery and were not trained on; the data set is fetched only where “a test digit of MNIST” is chosen.
- Drawn digits have plain strokes and a lower loss than real test digits: once more, more probable is not more real.
- The post measures by the loss alone; “feature distance” is added, by a small classifier trained for this gallery. It is no FID.
- In NICE $\sum_i k_i$ is the same for every picture, so likelihood is the length of the code and nothing else: the smaller $\|z\|^2$, the more probable. A black picture has a shorter code than digits and so is “more probable”, yet $\mathcal N(0,I)$ hardly ever gives so short a $z$: where the density is highest is not where samples are. This is added.
- Added: the film layer by layer, codes of which only a part is kept, likelihoods of shuffled digits, of clothes and of drawn digits, inpainting, and training in the plane. Inpainting is an idea of the NICE paper.
- The $m\ge0$ that is subtracted makes pixels smaller and cannot centre noise in $[-0.01,0]$: for a pixel that is always black the best $\sigma$ is the noise's root mean square $0.01/\sqrt3$ and not its standard deviation $0.01/\sqrt{12}$.
- The noise is 0.01 wide and not a pixel's quantisation 1/256, so likelihoods here do not convert into bits per dimension.
""",
)
