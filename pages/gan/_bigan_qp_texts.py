"""Texts of the BiGAN-QP page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**又能生成，又能编码。** GAN 从噪声 $z$ 画出图 $G(z)$，却不知道一张图来自哪个 $z$。BiGAN 加一个编码器 $E$，判别器看的不再是图，而是“图与编码”这一对：$(x, E(x))$ 与 $(G(z), z)$。若这两种“对”同分布，$E$ 与 $G$ 便互为逆。

**换成平方势散度。** 用 GAN-QP 的目标（不需要 L 约束，梯度也不会消失），$\Delta T = T(x, E(x)) - T(G(z), z)$：

$$\max_T\ \mathbb E\Big[\Delta T-\frac{\Delta T^2}{2\lambda\,d}\Big],\qquad d=\|x-G(z)\|+\|E(x)-z\|$$

**还差一点。** 理论上这就够了，但互逆只是最优处的性质，训练中没有哪一项直接要求它。于是给 $G$ 与 $E$ 各加一个平方项：

$$\min_{G,E}\ \mathbb E\Big[\Delta T+\beta_1\|z-E(\overline{G(z)})\|^2+\beta_2\|x-G(\overline{E(x)})\|^2\Big]$$

横线表示**停梯度**：第一项只训练 $E$，第二项只训练 $G$。原文说，若不停梯度，两个平方项会主导训练，图就糊了。

**设置。** 所有范数都取平均：$d$ 取绝对值的平均，平方项取平方的平均；$\lambda=10$，$(\beta_1,\beta_2)=(2,3)$（128 像素）或 $(4,6)$（256 像素），判别器 2 步、生成器与编码器 1 步，Adam(2e-4, 0.5)。
""",
    r"""
**To draw and to encode.** A GAN draws a picture $G(z)$ from noise $z$, but does not know which $z$ a picture comes from. BiGAN adds an encoder $E$, and the critic no longer sees a picture but a pair of picture and code: $(x, E(x))$ against $(G(z), z)$. Where both pairs have the same distribution, $E$ and $G$ are each other's inverse.

**With the quadratic potential.** GAN-QP's objective needs no Lipschitz constraint and its gradient does not vanish; with $\Delta T = T(x, E(x)) - T(G(z), z)$:

$$\max_T\ \mathbb E\Big[\Delta T-\frac{\Delta T^2}{2\lambda\,d}\Big],\qquad d=\|x-G(z)\|+\|E(x)-z\|$$

**Not quite enough.** In theory that is all, but being inverse is a property of the optimum which nothing asks for on the way. So $G$ and $E$ get one square each:

$$\min_{G,E}\ \mathbb E\Big[\Delta T+\beta_1\|z-E(\overline{G(z)})\|^2+\beta_2\|x-G(\overline{E(x)})\|^2\Big]$$

The bar is a **stopped gradient**: the first square trains $E$ alone, the second $G$ alone. The post says that with the gradient let through the squares rule the training and pictures blur.

**Settings.** All norms are means: $d$ of absolute values, the squares of squares; $\lambda=10$, $(\beta_1,\beta_2)=(2,3)$ at 128 pixels and $(4,6)$ at 256, two steps of the critic for one of generator and encoder, Adam(2e-4, 0.5).
""",
)

CHANGES = t(
    r"""
- 原文在 128 与 256 像素的 CelebA-HQ 上训练；这里是 32 像素的手写数字，编码 64 个数，CPU 上的小网络；生成器与编码器沿用本站 O-GAN 的（生成器带自调制，卷积核 4×4）。
- 判别器与原作者的脚本同构：图像塔（无偏置）输出与编码等长的向量，与编码拼接，再过两层全连接；宽度由 1024 改为 256。
- 与 O-GAN、VAE 的对照，以及“清晰度”（拉普拉斯算子的方差）都是本页所加：三者编码同样长，生成器与编码器同构，各按自己的目标训练，步数见模型卡；O-GAN 的权重取自最后一步（它在第 2000 步时误差更低）。VAE 的噪声方差逐批取最优值，不是手调的。
- “停梯度”的对照为本页所加：同一个种子、各训练 1500 步，各取误差最低的一次评估，只改两个平方项。
- 平面上的训练为本页所加：三层、每层 64 个单元的小网络，学习率线性降到 2 %，样本取自滑动平均。
""",
    r"""
- The post trains on CelebA-HQ at 128 and 256 pixels; here digits of 32 pixels with codes of 64 numbers and small networks on a CPU. Generator and encoder are those of this gallery's O-GAN (self-modulation, 4×4 kernels).
- The critic is built as in the author's script: a tower without biases gives as many numbers as a code has; next to the code they pass two dense layers, 256 wide instead of 1024.
- The comparison with O-GAN and a VAE, and “sharpness” (the variance of the Laplacian), are added: codes are equally long and generator and encoder the same networks, each trained by its own objective; their steps are on the cards. O-GAN's weights are of its last step, while it erred less at step 2000. The VAE's noise is not tuned but the best for each batch.
- The comparison of stopped gradients is added: one seed, 1500 steps each, of each the evaluation that erred least; the squares alone differ.
- Training in the plane is added: networks of three layers of 64 units, a learning rate that falls linearly to 2 %, samples by a moving average.
""",
)
