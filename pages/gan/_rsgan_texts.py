"""Texts of the RSGAN page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**图灵测试。** 原版 GAN 的判别器一次只看一张图，说它是真是假；生成器只管骗过一个不动的标准。RSGAN 让判别器同时看两张：一真一假，哪张是真的？如果把两张调换，它也说不出差别，生成器就成功了。

**目标。** 记 $\sigma$ 为 sigmoid，

$$\begin{aligned}T&:\min\ -\mathbb E_{x_r,x_f}\log\sigma\big(T(x_r)-T(x_f)\big)\\G&:\min\ -\mathbb E_{x_r,x_f}\log\sigma\big(T(x_f)-T(x_r)\big)\end{aligned}$$

**最优的判别器**满足

$$\frac{p(x_r)\,q(x_f)}{p(x_f)\,q(x_r)}=e^{T(x_r)-T(x_f)},$$

所以生成器缩小的是两个联合分布 $p(x_r)q(x_f)$ 与 $p(x_f)q(x_r)$ 之间的 f 散度：真假互换的散度。

**只有差值有意义。** 给 $T$ 加一个常数，RSGAN 的两个损失都不变；SGAN 的会变。
""",
    r"""
**A Turing test.** The discriminator of the original GAN sees one picture at a time and says whether it is real; the generator only has to fool a fixed standard. RSGAN's critic sees two at once, one real and one generated: which is real? The generator has succeeded when the two could be swapped without anyone noticing.

**The objective.** With the sigmoid $\sigma$,

$$\begin{aligned}T&:\min\ -\mathbb E_{x_r,x_f}\log\sigma\big(T(x_r)-T(x_f)\big)\\G&:\min\ -\mathbb E_{x_r,x_f}\log\sigma\big(T(x_f)-T(x_r)\big)\end{aligned}$$

**The best critic** satisfies

$$\frac{p(x_r)\,q(x_f)}{p(x_f)\,q(x_r)}=e^{T(x_r)-T(x_f)},$$

so that the generator reduces an f-divergence between the two joint distributions $p(x_r)q(x_f)$ and $p(x_f)q(x_r)$: real and generated, and the two swapped.

**Differences alone mean something.** Add a constant to $T$ and neither loss of RSGAN changes; SGAN's do.
""",
)

CHANGES = t(
    r"""
- 原作者的脚本是 64 像素的 CelebA、DCGAN 加谱归一化；这里是 32 像素的手写数字，自调制的生成器，判别器各层谱归一化、没有批归一化。
- 判别器与生成器按 2:1 更新（原脚本 1:2），步数与网络和本站其他 GAN 相同。
- “猜真假”的真图是本站自己画的 100 个数字，没有用于训练。
- 已知的两个正态、加常数的曲线、平面上的对比都是本页所加。
""",
    r"""
- The author's script is DCGAN with spectral normalisation on CelebA at 64 pixels; here digits of 32 pixels, a self-modulated generator, and a critic whose layers are spectrally normalised, without batch normalisation.
- Critic and generator are updated 2:1 (1:2 in the script), with the same steps and networks as the other GANs here.
- The real pictures of the guessing game are 100 digits drawn for this gallery; none was trained on.
- Two known normals, the curves over the constant, and duels in the plane are added.
""",
)
