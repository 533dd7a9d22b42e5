"""Texts of the GAN-QP page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**两难。** 原版 GAN 的判别器给出 JS 散度：两个分布一旦不相交，它就停在 $\log 2$，对距离的导数是 0，生成器学不到东西。WGAN 用 $W_1$，处处有梯度，代价是判别器要满足 Lipschitz 约束（L 约束），得靠裁剪、惩罚或谱归一化。

**平方势散度。** 能不能不要 L 约束，也没有梯度消失？在目标里减去一个二次项即可：

$$\mathcal L_{QP}[p,q]=\max_T\ \mathbb E_{x_r\sim p,\,x_f\sim q}\Big[\Delta T-\frac{\Delta T^2}{2\lambda\,d(x_r,x_f)}\Big],\qquad \Delta T=T(x_r,x_f)-T(x_f,x_r)$$

**两个点。** $p=\delta_\alpha,\ q=\delta_\beta$ 时它等于 $\frac12\lambda\,d(\alpha,\beta)$：和 $W_1$ 一样随距离增长，而没有任何约束。

**最优的判别器**逐点可解：

$$\Delta T^*=\lambda\,d(x_r,x_f)\,\frac{p(x_r)q(x_f)-p(x_f)q(x_r)}{p(x_r)q(x_f)+p(x_f)q(x_r)}$$

于是 $|\Delta T^*|\le\lambda d$：它自己就满足一个随样本而变的 L 约束。$\lambda$ 只是整体的缩放。

**训练。** 判别器最大化上式；生成器最小化 $\mathbb E[\Delta T]$，二次项不给生成器。实际使用一元的 $\Delta T=T(x_r)-T(x_f)$，$\lambda=10$，$d$ 为像素差的平均绝对值（L1）或均方根（L2），判别器 2 步、生成器 1 步，Adam(2e-4, 0.5)。
""",
    r"""
**The dilemma.** The critic of the original GAN measures the JS divergence: as soon as two distributions no longer meet it stays at $\log 2$, its derivative with respect to the distance is 0, and the generator learns nothing. WGAN uses $W_1$, which has a gradient everywhere, at the price of a Lipschitz constraint on the critic: clipping, a penalty, or spectral normalisation.

**A quadratic potential.** Can one have neither the constraint nor the vanishing gradient? Subtract a quadratic term:

$$\mathcal L_{QP}[p,q]=\max_T\ \mathbb E_{x_r\sim p,\,x_f\sim q}\Big[\Delta T-\frac{\Delta T^2}{2\lambda\,d(x_r,x_f)}\Big],\qquad \Delta T=T(x_r,x_f)-T(x_f,x_r)$$

**Two points.** For $p=\delta_\alpha,\ q=\delta_\beta$ it is $\frac12\lambda\,d(\alpha,\beta)$: it grows with the distance as $W_1$ does, without any constraint.

**The best critic** is found pointwise:

$$\Delta T^*=\lambda\,d(x_r,x_f)\,\frac{p(x_r)q(x_f)-p(x_f)q(x_r)}{p(x_r)q(x_f)+p(x_f)q(x_r)}$$

so that $|\Delta T^*|\le\lambda d$: it satisfies a Lipschitz constraint of its own, adapted to the samples. $\lambda$ only rescales.

**Training.** The critic maximises the objective; the generator minimises $\mathbb E[\Delta T]$, and the quadratic term is not given to it. In practice $\Delta T=T(x_r)-T(x_f)$ with $T$ of one picture, $\lambda=10$, $d$ the mean absolute difference of pixels (L1) or its root mean square (L2), two steps of the critic for one of the generator, Adam(2e-4, 0.5).
""",
)

CHANGES = t(
    r"""
- 原文在 128–512 像素的 CelebA-HQ 上训练；这里是 32 像素的手写数字与 64 像素的猫脸，CPU 上的小网络。生成器加了自调制（SELF-MOD），卷积核 4×4。
- 对照的 SGAN + 谱归一化（只在手写数字上）用同样的数据、生成器、步数与优化器；只有目标和判别器的归一化不同（GAN-QP 用批归一化，如原作者的代码）。
- “两个点”推广成两个同方差的正态分布，积分是一维的；二元、一元与训练出来的判别器在同一对分布上比较，这些都是本页所加。
- 原文称二元的 $T$ 没有带来好处；本页给出两者在已知分布上的差。
- 平面上的训练对所有目标一视同仁：学习率线性降到 2 %，样本取自生成器参数的滑动平均。
""",
    r"""
- The post trains on CelebA-HQ at 128-512 pixels; here digits of 32 and cats of 64 pixels, with small networks on a CPU. The generator has self-modulation, and kernels are 4×4.
- SGAN with spectral normalisation, for comparison (on digits alone), has the same data, generator, steps and optimiser; the objective and the critic's normalisation differ (batch normalisation for GAN-QP, as in the author's code).
- Two points are generalised to two normals of one variance, where a one-dimensional integral does; critics of two arguments, of one, and trained ones are compared on the same pair of densities. All this is added.
- The post says that a $T$ of two arguments brought no gain; the page shows by how much the two differ on known densities.
- Training in the plane treats all objectives alike: the learning rate falls linearly to 2 %, and samples are drawn with a moving average of the generator's parameters.
""",
)
