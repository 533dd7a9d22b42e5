"""Texts of the SELF-MOD page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**DCGAN** 定下了第一套规矩：步长 2 的卷积与转置卷积，核 4 或 5；生成器与判别器都用批归一化（判别器第一层、生成器最后一层除外）；生成器用 ReLU，判别器用 LeakyReLU；最后展平接一个全连接，输出 tanh。

**ResNet** 只用 3×3 卷积，放大靠重复像素，缩小靠平均，每块是 $x+\alpha f(x)$，$\alpha\approx0.1$。更重：原文说 DCGAN 至少快 50 %，而在 128 与 256 像素上看不出差别。

**SELF-MOD** 回到 DCGAN，只改归一化：缩放与平移不再是固定的参数，而是噪声 $z$ 的函数，

$$h'=\gamma(z)\odot\frac{h-\mu}{\sigma}+\beta(z)$$

$\gamma,\beta$ 是两层的小网络（中间 32 个单元就够），开始时 $\gamma=1,\ \beta=0$，也就是普通的批归一化。噪声由此进入每一层，代价几乎为零。论文报告：144 组设置中有 124 组变好，FID 相对下降 5 %–35 %。

**StyleGAN** 走得更远：输入是一个学出来的常数，$z$ 先经过映射网络，再以 AdaIN（每张图自己的均值与方差）进入各层。原文的评价：简化的 StyleGAN-DCGAN 能收敛，但有轻微的模式坍缩；SELF-MOD 更容易，也更好。
""",
    r"""
**DCGAN** set the first rules: convolutions and transposed convolutions of stride 2 with kernels of 4 or 5; batch normalisation in both networks, save the critic's first layer and the generator's last; ReLU in the generator, LeakyReLU in the critic; flattened into one dense layer, tanh at the end.

**ResNet** has 3×3 convolutions only, enlarges by repeating pixels and reduces by averaging, in blocks $x+\alpha f(x)$ with $\alpha\approx0.1$. It is heavier: the post finds DCGAN at least 50 % faster and no visible difference at 128 and 256 pixels.

**SELF-MOD** goes back to DCGAN and changes the normalisation alone: scale and shift are no longer fixed parameters but functions of the noise $z$,

$$h'=\gamma(z)\odot\frac{h-\mu}{\sigma}+\beta(z)$$

$\gamma,\beta$ are networks of two layers (32 units between them are enough) that begin at $\gamma=1,\ \beta=0$, plain batch normalisation. The noise thus reaches every layer at almost no cost. The paper reports gains in 124 of 144 settings, an FID lower by 5 to 35 %.

**StyleGAN** goes further: the input is a learned constant, $z$ passes a mapping network and enters every layer by AdaIN (mean and deviation of each picture by itself). The post's verdict: a simplified StyleGAN-DCGAN converges with slight mode collapse; SELF-MOD is easier and better.
""",
)

CHANGES = t(
    r"""
- 四种架构在 32 像素的手写数字上训练，目标都是 SGAN，判别器都用谱归一化、没有批归一化，优化器相同；训练的总运算量相等，步数由此算出。ResNet 的每块是 $Wx+\alpha f(x)$（$W$ 为 1×1 卷积，$\alpha=0.1$），判别器也是残差的，另三种共用 DCGAN 的判别器；ResNet 的通道数减半，否则一步约为 8.6 倍，剩下的步数就太少。每种三个种子，取试训时特征距离最低的。
- SELF-MOD 的权重在带 bfloat16 的机器上训练，其余三个用 float32；步数与运算量的计数相同。
- “特征距离”用本站自己的分类器的特征计算，不是 FID，数值不能与论文比。
- StyleGAN 式的生成器只取常数输入、映射网络（两层）与 AdaIN，没有噪声注入与模糊。
- 棋盘格的精确期望功率与频谱、风格与内容的方差分解、运算量的计数，都是本页所加。风格与内容用的是 O-GAN 的猫脸生成器，它正是 SELF-MOD 架构。
""",
    r"""
- The four architectures are trained on digits of 32 pixels, all with SGAN, critics with spectral and without batch normalisation, and one optimiser; the operations of training are equal in all, and the numbers of steps follow. ResNet has blocks $Wx+\alpha f(x)$ ($W$ a 1×1 convolution, $\alpha=0.1$) and a residual critic, the other three share DCGAN's critic; ResNet has half the channels, since a step would else cost about 8.6 times as much and few steps would be left. Three seeds each, the one with the lowest feature distance in the trial.
- SELF-MOD's weights were trained on a machine with bfloat16, the other three in float32; steps and operations are counted alike.
- The feature distance is taken from a classifier of our own. It is not FID and cannot be compared with the paper's figures.
- The StyleGAN-like generator has the constant input, the mapping network (two layers) and AdaIN, without noise inputs and blur.
- The exact expected power and spectra of checkerboards, the analysis of variance of style and content, and the counts of operations are added. Style and content are shown on the generator of O-GAN's cats, which is of the SELF-MOD architecture.
""",
)
