"""Texts of the WGAN-GP page: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**互怼。** 生成器 $G(z)$ 把噪声变成样本，判别器 $D$ 负责挑刺。判别器给真样本低分、给假样本高分，生成器想办法让自己的分数降下来；一来一回，假的越来越像真的。

**为什么要约束。** 如果判别器只管把分数拉开：

$$D:\ \min\ \mathbb E_{x\sim p}D(x)-\mathbb E_{x\sim q}D(x)$$

那么把 $D$ 乘以任意大的倍数，差距就任意大，没有最小值。要求 $\|\nabla D\|\le1$（Lipschitz 约束）之后，记 $T=-D$，最大的差距正是 Wasserstein 距离：

$$W_1(p,q)=\max_{\|\nabla T\|\le1}\ \mathbb E_pT-\mathbb E_qT$$

**怎样约束。** WGAN 把每个权重裁剪到 $[-c,c]$；WGAN-GP 在真假样本的连线上惩罚梯度的模：

$$\lambda\,\mathbb E_{\hat x}\big(\|\nabla_{\hat x}T(\hat x)\|-1\big)^2,\qquad \hat x=\epsilon x_r+(1-\epsilon)x_f,\ \epsilon\sim U[0,1]$$

论文取 $\lambda=10$，判别器 5 步、生成器 1 步，Adam(1e-4, 0, 0.9)，判别器不用批归一化。

原作者的 MNIST 脚本用的是单边、不平方的 $10\,\mathbb E\,\mathrm{relu}(\|\nabla D\|-1)$。
""",
    r"""
**Two that quarrel.** The generator $G(z)$ turns noise into samples, the critic $D$ finds fault. The critic gives real samples low scores and generated ones high scores; the generator tries to lower its own. Turn by turn the generated ones become more real.

**Why a constraint.** If the critic only has to pull the scores apart,

$$D:\ \min\ \mathbb E_{x\sim p}D(x)-\mathbb E_{x\sim q}D(x)$$

then $D$ times any factor has as large a gap as one likes, and there is no minimum. With $\|\nabla D\|\le1$ (a Lipschitz constraint) and $T=-D$ the largest gap is the Wasserstein distance:

$$W_1(p,q)=\max_{\|\nabla T\|\le1}\ \mathbb E_pT-\mathbb E_qT$$

**How to constrain.** WGAN clips each weight to $[-c,c]$; WGAN-GP penalises the norm of the gradient between real and generated samples:

$$\lambda\,\mathbb E_{\hat x}\big(\|\nabla_{\hat x}T(\hat x)\|-1\big)^2,\qquad \hat x=\epsilon x_r+(1-\epsilon)x_f,\ \epsilon\sim U[0,1]$$

The paper has $\lambda=10$, five critic steps for one of the generator, Adam(1e-4, 0, 0.9), and no batch normalisation in the critic.

The author's script for MNIST has the penalty one-sided and without the square, $10\,\mathbb E\,\mathrm{relu}(\|\nabla D\|-1)$.
""",
)

CHANGES = t(
    r"""
- 除故事开头与脚本的公式外，本页一律写成 $T=-D$（真样本高分）。
- 直线上的一切都是本页所加：手捏的判别器、与真值比较的估计、平方惩罚下最优的斜率 $1+D/(2\lambda r)$（$D=|F_p-F_q|$，$r$ 为 $\hat x$ 的密度），以及不平方时在 $D<\lambda r$ 处斜率恰为 1。
- 图片用 32 像素的手写数字、DCGAN 式的小网络（判别器没有归一化层），判别器 2 步、生成器 1 步，步数与网络和本站其他 GAN 相同（梯度惩罚使每一步更贵）。原作者的 MLP 另按他的脚本训练：判别器 5 步，惩罚单边、不平方，$z$ 均匀分布在 $[-1,1]^{10}$。
""",
    r"""
- Apart from the beginning of the story and the script's formula the page writes $T=-D$ (real samples score high).
- Everything on the line is added: the critic bent by hand, estimates beside the true value, the best slope under the squared penalty, $1+D/(2\lambda r)$ ($D=|F_p-F_q|$, $r$ the density of $\hat x$), and that without the square it is exactly 1 wherever $D<\lambda r$.
- Pictures are digits of 32 pixels from small DCGAN networks (no normalisation in the critic), two critic steps for one of the generator, with the same steps and networks as the other GANs here (the penalty makes each step dearer); the author's MLP is trained by his script: five critic steps, a one-sided penalty that is not squared, $z$ uniform on $[-1,1]^{10}$.
""",
)
