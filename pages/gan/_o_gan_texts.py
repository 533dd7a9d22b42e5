"""Texts of the O-GAN page: the story of the post, what was changed, and sentences with numbers in them."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "ERRORS", "PLANE", "STORY"]

ERRORS = t(
    "{many} 张图的平均误差：标准化 {standard:.2f}，不标准化 {raw:.2f}；avg E(x) 平均 {average:.2f}",
    "Mean error of {many} pictures: {standard:.2f} with N(·), {raw:.2f} without; avg E(x) is {average:.2f}",
)
"""Said of a shelf of pictures, also by the browser (o_gan.live.js)."""

PLANE = t(
    "({x:.2f}, {y:.2f})：编码离 {name} 最近，余弦 {cosine:.2f}。拖动圆点",
    "({x:.2f}, {y:.2f}): nearest to {name}, cosine {cosine:.2f}. Drag the dot",
)
"""Said of a place in the plane, also by the browser (o_gan.live.js)."""

STORY = t(
    r"""
**问题。** 普通的 GAN 只会从随机数画图，不会把一张真图变回编码。加一个编码器通常要再训练一个网络。能不能让判别器自己就是编码器？

**正交分解。** 对 $z\in\mathbb R^n$，记 $\mathrm{avg}(z)=\frac1n\sum_i z_i$，$\mathrm{std}(z)=\sqrt{\frac1n\sum_i(z_i-\mathrm{avg}(z))^2}$，$\mathcal N(z)=(z-\mathrm{avg}(z))/\mathrm{std}(z)$。$n\ge3$ 时三者互不相干：均值拿去判别，标准化的剩余拿去编码，各用各的自由度。编码与 $z$ 的接近程度用相关系数衡量：

$$\rho(z,\hat z)=\cos\big(\mathcal N(z),\mathcal N(\hat z)\big)$$

它对 $\hat z\to a\hat z+b\ (a>0)$ 不变，所以不会和判别抢自由度；若改用 $\|z-\hat z\|^2$，$n$ 个自由度全被占满，判别就没有余地了。

**目标。** 真图得低分，假图得高分（能量的约定）：

$$\begin{aligned}E&:\min\ \mathrm{avg}E(x)-\mathrm{avg}E(G(z))+\lambda_1\frac{[\mathrm{avg}E(x)-\mathrm{avg}E(G(z))]^2}{\|x-G(z)\|^2}-\lambda_2\,\rho(z,E(G(z)))\\G&:\min\ \mathrm{avg}E(G(z))-\lambda_2\,\rho(z,E(G(z)))\end{aligned}$$

$\lambda_1=0.25$，$\lambda_2=0.5$，$\|\cdot\|^2$ 是像素的均方。编码再解码就是

$$\hat x=G\big(\mathcal N(E(x))\big).$$
""",
    r"""
**The question.** An ordinary GAN draws pictures from random numbers and cannot turn a real picture back into a code. An encoder usually means one more network. Can the critic itself be the encoder?

**Orthogonal decomposition.** For $z\in\mathbb R^n$ let $\mathrm{avg}(z)=\frac1n\sum_i z_i$, $\mathrm{std}(z)=\sqrt{\frac1n\sum_i(z_i-\mathrm{avg}(z))^2}$, $\mathcal N(z)=(z-\mathrm{avg}(z))/\mathrm{std}(z)$. For $n\ge3$ the three are independent of each other: the average goes to the critic, the standardised rest to the encoder, each with its own degrees of freedom. How near a code is to $z$ is measured by correlation:

$$\rho(z,\hat z)=\cos\big(\mathcal N(z),\mathcal N(\hat z)\big)$$

It does not change under $\hat z\to a\hat z+b\ (a>0)$ and so takes nothing from the critic; with $\|z-\hat z\|^2$ instead, all $n$ degrees of freedom would be taken and none left to discriminate.

**The objective.** Real pictures score low, generated ones high (the convention of energies):

$$\begin{aligned}E&:\min\ \mathrm{avg}E(x)-\mathrm{avg}E(G(z))+\lambda_1\frac{[\mathrm{avg}E(x)-\mathrm{avg}E(G(z))]^2}{\|x-G(z)\|^2}-\lambda_2\,\rho(z,E(G(z)))\\G&:\min\ \mathrm{avg}E(G(z))-\lambda_2\,\rho(z,E(G(z)))\end{aligned}$$

with $\lambda_1=0.25$, $\lambda_2=0.5$ and $\|\cdot\|^2$ the mean square over pixels. To encode and decode:

$$\hat x=G\big(\mathcal N(E(x))\big).$$
""",
)
CHANGES = t(
    r"""
- 原文有插值与重建；漫游、旋钮、近邻、训练过程是这里加的。
- 原文的人脸是 128–256 像素的 CelebA-HQ 与 FFHQ；这里是 64 像素的猫脸照片与卡通头像、32 像素的手写数字，网络相应小（最靠近图像的一层 32 个通道），在两个 CPU 核上训练。
- 生成器用自调制 (SELF-MOD，文章 6549) 的 4×4 DCGAN。有没有崩溃，从 $\rho$ 看不出来：在 32 像素数字上试过的短训练里，普通批归一化崩溃的三次 $\rho$ 为 0.72–0.76，没崩溃的六次为 0.41–0.69；而这里卡通头像的种子 1 在试跑时崩溃了（多样性 0.012，自调制也没挡住），$\rho$ 只有 0.59，低于另外两个种子的 0.82。
- $E$ 与 $G$ 轮流更新，而不是原文的一步同更；「验证」一栏检验了原文合成一步的写法：第二项的值为零，对 $E$ 的梯度相消。
- 插值默认先走直线再标准化：两个独立编码的中点，标准差只有 $1/\sqrt2$，不再标准化就会得到“过于平均”的脸。
- 参数取滑动平均 (EMA 0.999)。三个种子先试跑，按重建误差比和多样性挑一个接着训练，数字都在模型卡上；从不按 $\rho$ 挑。随附的总是最后一步，不一定是最好的一步：数字模型试跑到第 2000 步时误差比为 0.265，练到第 8000 步反而是 0.355。
- 误差以随机两张真图之差为 1。“平均图”对所有图平均得 0.5，所以小于 0.5 只说明编码里有这张图的信息，不说明画得像。
""",
    r"""
- The post has interpolation and reconstruction; wandering, the dial, neighbours and the training film are added here.
- The post's faces are CelebA-HQ and FFHQ at 128-256 pixels; here they are cat photographs and cartoon portraits at 64 pixels and digits at 32, with networks as small (32 channels next to the picture), trained on two CPU cores.
- The generator is a 4x4 DCGAN with self-modulation (post 6549). Collapse cannot be read off $\rho$: in short runs on digits at 32 pixels, three with plain batch normalisation collapsed with $\rho$ of 0.72-0.76, above the 0.41-0.69 of the six that did not; but here the trial of seed 1 on portraits collapsed (diversity 0.012, self-modulation notwithstanding) with $\rho$ of 0.59, below the 0.82 of the other two seeds.
- $E$ and $G$ are updated in turn and not in one step; the tab "Verify" tests the post's one-step form: its second term is worth zero and its gradients in $E$ cancel.
- By default an interpolation is standardised again after the straight line: midway between two independent codes the standard deviation is $1/\sqrt2$, which gives an "over-average" face.
- The weights are an exponential moving average (0.999). Three seeds are tried, and the one with the best reconstruction ratio among the diverse goes on, never the one with the best $\rho$; the numbers stand on the model card. What ships is always the last step, which need not be the best one: the digits had a ratio of 0.265 when the trial ended at step 2000, and 0.355 at step 8000.
- Errors are divided by the distance of two random real pictures. The mean picture scores 0.5 on average over all pictures, so less than 0.5 says that the code knows something of the picture, not that the reconstruction looks like it.
""",
)
