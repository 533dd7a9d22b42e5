"""Texts of the VAE's page: the story of the post, what was changed, and the sentences with numbers in them."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "OWN", "PLANE", "STORY"]

PLANE = {
    "drawn": t(
        "z = ({x:.2f}, {y:.2f})：画出 {kind}（分类器 {sure:.2f}）；最近的 {near} 张留出图里 {many} 张是 {common}",
        "z = ({x:.2f}, {y:.2f}) draws: {kind} (classifier {sure:.2f}); of the {near} nearest held-out pictures {many}: {common}",
    ),
    "classifier": t("分类器给 {sure:.2f}", "classifier: {sure:.2f}"),
}
"""Said of a point of the plane, also by the browser (vae.live.js)."""

OWN = t(
    "这张图自己的正态：σ = ({a:.3f}, {b:.3f})，先验是 1；KL = {kl:.1f} nat，抽样使重构多付 {cost:.1f} nat",
    "This picture's own normal: σ = ({a:.3f}, {b:.3f}), the prior's is 1; KL = {kl:.1f} nats, and sampling costs {cost:.1f} nats",
)
"""Said of one picture's normal, also by the browser."""

STORY = t(
    r"""
**要变换的是分布。** 想从标准正态的 $Z$ 生成图 $X=G(Z)$，难处在于：手上只有样本，不知道生成的与真实的两个分布差多少。若只从先验 $p(Z)=\mathcal N(0,I)$ 采样，采到的 $Z$ 就不知道对应哪一张图，没有办法比较 $G(Z)$ 与 $X$。

**每个样本有自己的正态。** 原文强调，许多教程都漏了这一点：VAE 假定的是 $p(Z|X_k)$ 为正态，每张图 $X_k$ 一个。编码器给出它的均值与方差：

$$p(z|x)=\mathcal N\big(\mu(x),\ \operatorname{diag}\sigma^2(x)\big),\qquad z=\mu+\sigma\odot\varepsilon,\quad \varepsilon\sim\mathcal N(0,I)$$

$\varepsilon$ 不含参数，梯度可以穿过 $\mu,\sigma$（重参数）。网络输出的是 $\ln\sigma^2$，可正可负。

**噪声与重构相争。** 只看重构，噪声有害无利，$\sigma$ 会缩到 0，模型退化成普通的自编码器。于是要求每个 $p(z|x)$ 都向 $\mathcal N(0,I)$ 看齐：

$$\mathcal L=\mathbb E_{x}\Big[\mathbb E_{z\sim p(z|x)}\big[-\ln q(x|z)\big]+\mathrm{KL}\big(p(z|x)\,\|\,\mathcal N(0,I)\big)\Big],\qquad \mathrm{KL}=\frac12\sum_i\big(\mu_i^2+\sigma_i^2-\ln\sigma_i^2-1\big)$$

此时 $p(Z)=\int p(Z|X)\tilde p(X)\,dX$ 接近标准正态，于是可以从先验采样来生成。（记号照作者：$p$ 是编码一侧，$q$ 是生成一侧。）

**条件 VAE。** 把 KL 里的 $\mu_i^2$ 换成 $(\mu_i-\mu_i^Y)^2$，每一类 $Y$ 就有了自己的先验 $\mathcal N(\mu^Y,I)$，其中 $\mu^Y$ 也由训练得到：要画哪一类，就从哪一类的先验采样。

**设置（作者的脚本）。** 编码 2 个数；多层感知机 784–256–2、2–256–784，或两层卷积；RMSprop，学习率 $10^{-3}$，每批 100 张；$-\ln q(x|z)$ 取 784 个像素交叉熵之**和**，而不是平均。
""",
    r"""
**A distribution is to be transformed.** Pictures $X=G(Z)$ are to be made of a standard normal $Z$. The difficulty: there are only samples, and nobody knows how far the made distribution is from the real one. If $Z$ is merely sampled from $p(Z)=\mathcal N(0,I)$, it belongs to no picture in particular, and there is nothing to compare $G(Z)$ with.

**Every sample has its own normal.** The post stresses what most tutorials miss: what a VAE takes to be normal is $p(Z|X_k)$, one for every picture $X_k$. The encoder gives its mean and variance:

$$p(z|x)=\mathcal N\big(\mu(x),\ \operatorname{diag}\sigma^2(x)\big),\qquad z=\mu+\sigma\odot\varepsilon,\quad \varepsilon\sim\mathcal N(0,I)$$

There are no parameters in $\varepsilon$, so gradients pass through $\mu$ and $\sigma$ (the reparametrisation). The network gives $\ln\sigma^2$, which may have either sign.

**Noise against reconstruction.** To redraw a picture, noise only harms: $\sigma$ would shrink to 0, and the model would be a plain autoencoder. So every $p(z|x)$ is drawn towards $\mathcal N(0,I)$:

$$\mathcal L=\mathbb E_{x}\Big[\mathbb E_{z\sim p(z|x)}\big[-\ln q(x|z)\big]+\mathrm{KL}\big(p(z|x)\,\|\,\mathcal N(0,I)\big)\Big],\qquad \mathrm{KL}=\frac12\sum_i\big(\mu_i^2+\sigma_i^2-\ln\sigma_i^2-1\big)$$

Then $p(Z)=\int p(Z|X)\tilde p(X)\,dX$ is close to the standard normal, and pictures can be made of samples from the prior. (In the author's letters: $p$ is the side of the encoder, $q$ that of the decoder.)

**The conditional VAE.** With $(\mu_i-\mu_i^Y)^2$ for $\mu_i^2$ in the KL each kind $Y$ has a prior $\mathcal N(\mu^Y,I)$ of its own, whose $\mu^Y$ is learned too: to draw a kind, sample its prior.

**Settings (the author's scripts).** Codes of 2 numbers; perceptrons 784–256–2 and 2–256–784, or two layers of convolutions; RMSprop at $10^{-3}$, batches of 100; $-\ln q(x|z)$ is the **sum** of the cross-entropies of 784 pixels, not their mean.
""",
)

CHANGES = t(
    r"""
- 网络（多层感知机）、优化器、批大小照作者的脚本；训练步数比作者的少（见模型卡），权重取滑动平均，并在留出图的一半上挑目标最低的一次评估。模型卡的数字在另一半留出图上测得。
- 灰度像素按伯努利分布计交叉熵，与作者相同：它不是灰度图的对数似然，最小值也不是 0；这里的“nat / 图”只能相互比较。
- “没有 KL”与“弱 KL”（权重 0.05）的对照、逐图的正态与 200 个 ε、现场训练（scikit-learn 的 8×8 数字）、衣物（Fashion-MNIST）都是本页所加。
- “看得清”与“认作某类”由本站自己训练的小分类器判断；它认识 29 类图，也是在 MNIST 训练集上训练的。
- 平面上的点是 2000 张留出图的 $\mu(x)$，随权重附带；数据集的图本身不附带，示例数字由程序画出，与 MNIST 的笔迹略有不同。
- 作者脚本里的 CelebA 人脸 VAE（64 像素）没有重现：在 CPU 上太贵。
""",
    r"""
- Networks (perceptrons), optimiser and batches are those of the author's scripts, with fewer steps than the author's (see the cards). Weights are a moving average, at the evaluation with the least objective on one half of the held-out pictures; the cards' figures are measured on the other half.
- Grey pixels have the cross-entropy of Bernoulli ones, as the author has it: no log-likelihood of grey levels, and its least value is not 0. “Nats a picture” here are for comparing with one another only.
- Added: the comparison without KL and with a weak one (weight 0.05), one picture's normal with 200 ε, training while one watches (scikit-learn's 8×8 digits), and clothes (Fashion-MNIST).
- “Clear” and “taken for” are judged by a small classifier trained here, which knows 29 kinds of pictures and was trained on MNIST's training digits too.
- The points in the plane are $\mu(x)$ of 2 000 held-out pictures, which ship beside the weights; the data set's pictures do not, and the example digits, drawn by a program, differ a little from MNIST's hands.
- The VAE of CelebA's faces at 64 pixels among the author's scripts is not reproduced: too much for a CPU.
""",
)
