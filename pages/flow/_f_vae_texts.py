"""Texts of the f-VAE page: what its measures are called, the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "MEASURES", "SHORT", "STORY"]

MEASURES = {
    "parameters": t("参数", "parameters"),
    "training petaflop": t("训练运算 (PFLOP)", "operations of training (PFLOP)"),
    "held-out bits/dim": t("留出图 bits/dim 上界（越小越好）", "held-out bits/dim, bound (less is better)"),
    "reconstruction ratio": t("重建误差比（越小越好）", "reconstruction ratio (less is better)"),
    "pair diversity": t("样本多样性（真图 = 1）", "diversity of samples (real = 1)"),
    "feature distance (own classifier)": t(
        "样本与真图的特征距离（越小越好）", "feature distance of samples (less is better)"
    ),
    "1-NN accuracy, real against samples": t(
        "真假的最近邻正确率（0.5 最好）", "1-NN accuracy, real or sample (0.5 is best)"
    ),
}
SHORT = {
    "held-out bits/dim": t("似然", "likelihood"),
    "reconstruction ratio": t("重建", "reconstruction"),
    "pair diversity": t("多样性", "diversity"),
    "feature distance (own classifier)": t("特征距离", "feature distance"),
    "1-NN accuracy, real against samples": t("最近邻难辨", "1-NN accuracy"),
}

STORY = t(
    r"""
**问题。** VAE 画得糊，Glow 画得清楚却极费算力：它要求处处可逆，几百层卷积才够用。能不能只让一小部分可逆，其余照旧用普通的卷积？

**把流放进 VAE。** 编码器 $E$、解码器 $G$ 是任意的卷积网络，只有 $F$ 可逆；$\sigma_1,\sigma_2$ 是两个学出来的**标量**。令 $h=E(x)+\sigma_1u$，$u\sim\mathcal N(0,I_D)$，隐变量 $z=F(h)$，则

$$\begin{aligned}\mathcal L=\mathbb E_u\Big[&\frac1{2\sigma_2^2}\|G(h)-x\|^2+D\ln\sigma_2+\frac D2\ln2\pi\\&+\frac12\|F(h)\|^2-\frac12\|u\|^2-\ln\Big|\det\frac{\partial F}{\partial h}\Big|-D\ln\sigma_1\Big]\end{aligned}$$

是 $-\ln q(x)$ 的上界；训练时每张图只抽一个 $u$。重建项的权重 $1/2\sigma_2^2$ 不是调出来的，而是学出来的。采样时取 $z\sim\mathcal N(0,T^2I)$，

$$x=G\big(F^{-1}(z)\big).$$

**两个特例。** $F$ 取恒等，就是 VAE（隐变量与图一样大，噪声是一个标量）；$E$、$G$ 取恒等，就是加了噪声的流（Glow）。所以一个类、两个开关，就能在参数量与训练运算量都相等时比较三者。

$F$ 由 Glow 的步骤搭成：ActNorm、LU 分解的 1×1 卷积、仿射耦合；每层结束时分走一半通道。
""",
    r"""
**The question.** A VAE draws blurred pictures; Glow draws sharp ones at an enormous price, since it must be invertible everywhere and needs hundreds of convolutions. Could a small part be invertible and the rest be ordinary convolutions?

**A flow inside a VAE.** Encoder $E$ and decoder $G$ are any convolutional networks, only $F$ is invertible, and $\sigma_1,\sigma_2$ are two learned **scalars**. With $h=E(x)+\sigma_1u$, $u\sim\mathcal N(0,I_D)$ and the latent $z=F(h)$,

$$\begin{aligned}\mathcal L=\mathbb E_u\Big[&\frac1{2\sigma_2^2}\|G(h)-x\|^2+D\ln\sigma_2+\frac D2\ln2\pi\\&+\frac12\|F(h)\|^2-\frac12\|u\|^2-\ln\Big|\det\frac{\partial F}{\partial h}\Big|-D\ln\sigma_1\Big]\end{aligned}$$

is an upper bound of $-\ln q(x)$; training draws one $u$ a picture. The weight $1/2\sigma_2^2$ of the reconstruction is not tuned: it is learned. To sample, $z\sim\mathcal N(0,T^2I)$ and

$$x=G\big(F^{-1}(z)\big).$$

**Two special cases.** With $F$ the identity it is a VAE, whose latent is as large as the picture and whose noise is one scalar; with $E$ and $G$ the identity it is a flow on noisy pictures (Glow). One class with two switches compares the three at equal parameters and equal operations of training.

$F$ is made of Glow's steps: ActNorm, a 1x1 convolution by its LU factors, an affine coupling; after each level half of the channels leaves.
""",
)
CHANGES = t(
    r"""
- 原文说 f-VAE 比 Glow 收敛快，小网络就有同样的效果。这里在参数量与训练运算量都相等时量（f-VAE 三千步，Glow 1207 步）：Glow 的 bits/dim（4.44 对 4.53）、样本多样性（0.61 对 0.36）和重建都更好；f-VAE 的样本在分类器的特征上离真图近得多（13.9 对 25.1）。
- 对照的 VAE 只是把 f-VAE 的 $F$ 换成恒等：隐变量仍有 3072 维，与图一样大。它的样本几乎是同一张图（多样性 0.04），插值近乎两张图叠影。这说明流在这里起什么作用，不说明 VAE 只能如此：常用的 VAE 隐变量窄得多，这里没有比。
- 原文是 64–128 像素的 CelebA-HQ，E、G 各 3×12 个残差步，训练十几万步；这里是 32 像素的卡通头像，460 万参数，在两个 CPU 核上训练三千步。采样因此偏软。
- 通道混合用 LU 参数化的 1×1 卷积，耦合用仿射（门控不低于 0.05）；原文是固定的随机置换与加性耦合，类里保留了这两个选项。
- 训练数据加了均匀噪声去量化：$x=(v+U(0,1))/128-1$，所以 $\mathcal L/(D\ln2)+7$ 是离散图像 bits/dim 的真正上界。原文的噪声宽度与格宽不一致，不能这样换算。
- 三个模型都不压缩：编码的维数 $D$ 等于像素数（3072）。
- 原文有采样、温度与插值；三者的对照、各层的重抽、噪声下的重建是这里加的。
""",
    r"""
- The post says that f-VAEs converge faster than Glow and reach the same with smaller nets. Measured here at equal parameters and equal operations of training (3000 steps of f-VAE, 1207 of Glow): Glow has the better bits/dim (4.44 against 4.53), diversity of samples (0.61 against 0.36) and reconstruction; the samples of f-VAE are much nearer to real pictures in a classifier's features (13.9 against 25.1).
- The VAE compared is the f-VAE with $F$ the identity and nothing else changed: its latent still has 3072 numbers, as many as the picture. Its samples are almost one picture (diversity 0.04) and its interpolation is nearly a cross-fade. That shows what the flow does here, not what VAEs can do at best: usual VAEs have a much narrower latent and are not compared.
- The post has CelebA-HQ at 64-128 pixels, E and G of 3x12 residual steps, and over a hundred thousand training steps; here are cartoon portraits at 32 pixels, 4.6 million parameters and three thousand steps on two CPU cores. Samples are soft for it.
- Channels are mixed by 1x1 convolutions in LU form, couplings are affine (gates above 0.05); the post has fixed random permutations and additive couplings, which the class keeps as options.
- Training pictures are dequantised by uniform noise, $x=(v+U(0,1))/128-1$, so that $\mathcal L/(D\ln2)+7$ is a true bound on the bits per dimension of the discrete picture. The post's noise is not as wide as a bin and allows no such number.
- None of the three compresses: a code has as many dimensions $D$ as the picture has numbers (3072).
- The post has samples, temperature and interpolation; the comparison, the levels resampled and reconstructions under noise are added here.
""",
)
