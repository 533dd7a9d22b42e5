"""Texts of the page on VAE-2: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**一个出发点：让两个联合分布靠近。** 数据 $\tilde p(x)$ 与编码器 $p(z|x)$ 给出联合分布 $p(x,z)=\tilde p(x)p(z|x)$；先验 $q(z)$ 与解码器 $q(x|z)$ 给出另一个，$q(x,z)=q(z)q(x|z)$。VAE 就是最小化这两者的 KL 散度（原作者的记号：$p$ 是推断一侧，$q$ 是生成一侧，与多数论文相反；本页照用）：

$$KL\big(p(x,z)\,\|\,q(x,z)\big)=\mathbb E_{\tilde p(x)}\Big[\mathbb E_{z\sim p(z|x)}[-\ln q(x|z)]+KL\big(p(z|x)\,\|\,q(z)\big)\Big]-H(\tilde p)$$

数据的熵 $H(\tilde p)$ 是常数，其余两项就是损失：不必先写证据下界。

**每一部分是什么。** 同一个散度也等于

$$KL\big(\tilde p(x)\,\|\,q(x)\big)+\mathbb E_{\tilde p(x)}KL\big(p(z|x)\,\|\,q(z|x)\big)$$

第一项说模型像不像数据，第二项说编码器离真正的后验多远；所以损失是 $\mathbb E[-\ln q(x)]$ 的上界，差的正是第二项。

**重构的权重不是随便定的。** $q(x|z)$ 取方差固定的正态分布时，

$$-\ln q(x|z)=\frac{\|x-\mu(z)\|^2}{2\sigma^2}+\frac D2\ln 2\pi\sigma^2$$

重构项前面的系数就是 $1/(2\sigma^2)$：调“权重”就是在说像素的噪声有多大。取伯努利分布，就得到交叉熵，且要对像素**求和**。

**采样一个 $z$ 就够。** 每一步、每张图只采一个 $z$：$p(z|x)$ 很窄，而且训练要重复很多轮，每一轮都会重新采样。这里量得：$\sigma^2$ 学出的模型确实如此，伯努利模型则不然。
""",
    r"""
**One starting point: bring two joint distributions together.** Data $\tilde p(x)$ and encoder $p(z|x)$ give the joint distribution $p(x,z)=\tilde p(x)p(z|x)$; prior $q(z)$ and decoder $q(x|z)$ give another, $q(x,z)=q(z)q(x|z)$. A VAE minimises the KL divergence of the two (in the author's letters $p$ is the inference side and $q$ the generative side, the reverse of most papers; this page keeps them):

$$KL\big(p(x,z)\,\|\,q(x,z)\big)=\mathbb E_{\tilde p(x)}\Big[\mathbb E_{z\sim p(z|x)}[-\ln q(x|z)]+KL\big(p(z|x)\,\|\,q(z)\big)\Big]-H(\tilde p)$$

The data's entropy $H(\tilde p)$ is a constant, and the other two terms are the loss: no evidence lower bound has to come first.

**What each part is.** The same divergence is also

$$KL\big(\tilde p(x)\,\|\,q(x)\big)+\mathbb E_{\tilde p(x)}KL\big(p(z|x)\,\|\,q(z|x)\big)$$

The first term says how far the model is from the data, the second how far the encoder is from the true posterior; so the loss bounds $\mathbb E[-\ln q(x)]$ from above, and the gap is the second term.

**The weight of reconstruction is not free.** With a normal $q(x|z)$ of fixed variance,

$$-\ln q(x|z)=\frac{\|x-\mu(z)\|^2}{2\sigma^2}+\frac D2\ln 2\pi\sigma^2$$

What stands before the squared error is $1/(2\sigma^2)$: to tune “the weight” is to say how noisy a pixel is. A Bernoulli distribution gives the cross-entropy, **summed** over pixels.

**One $z$ is enough.** One $z$ a picture and step: $p(z|x)$ is narrow, and training takes many epochs, each of which samples anew. Measured here: true of the learned $\sigma^2$, not of the Bernoulli model.
""",
)

CHANGES = t(
    r"""
- 网络与原作者的脚本同构（784-256-$n$ 与 $n$-256-784，MNIST，每批 100 张，RMSprop 1e-3），编码由 2 维改为 20 维；训练步数见模型卡（原为 50 轮），取权重的滑动平均；$\ln\sigma^2$ 的学习率为 0.02。各模型的网络、种子与训练长度相同，各取留出目标最低的一次评估，只有 $q(x|z)$ 不同。
- 以下都是本页所加：不同 $\sigma^2$ 与学出的 $\sigma^2$ 并排；一维的联合 KL 每一部分都精确；梯度散布的实测；重要性下界（Burda 等，2015）；每一维的 KL 与“在用”的维数（同一篇，$\mu$ 的方差 > 0.01）。
- 学出的 $\sigma^2$ 是所有像素共用的一个数；最优时它等于平均平方误差（Rybkin 等，2020）。
- 灰度像素按伯努利计的交叉熵，与原作者脚本相同；它不是灰度图的对数似然，也不能与高斯的界相比：后者是密度，随像素的单位而变。
- 卡片上的数字在 MNIST 留出的数字上测；页面上现算的，用程序画的 100 个数字或你给的图，没有训练过。
- “求平均”的模型是故意做错的：交叉熵对 784 个像素取平均，KL 照旧，相当于 KL 的权重大了 784 倍。
""",
    r"""
- The networks are those of the author's script (784-256-$n$ and $n$-256-784, MNIST, batches of 100, RMSprop 1e-3) with codes of 20 numbers instead of 2, trained for the steps that the cards tell (his 50 epochs), with an average of the weights and a learning rate of 0.02 for $\ln\sigma^2$. All models have the same networks, seed and length of training, each at its best held-out evaluation; only $q(x|z)$ differs.
- Added here: several $\sigma^2$ beside a learned one; the joint KL in one dimension, where every part is exact; the scatter of gradients, measured; importance bounds (Burda et al. 2015); KL by entry and entries in use (the same paper: variance of $\mu$ > 0.01).
- The learned $\sigma^2$ is one number for all pixels; at the optimum it equals the mean squared error (Rybkin et al. 2020).
- Grey pixels have the cross-entropy of Bernoulli ones, as in the author's script. It is no log-likelihood of grey levels, nor does it compare with a Gaussian's bound, which is one of a density and changes with the unit of a pixel.
- Figures of the cards are measured on held-out MNIST digits; what the page computes is of 100 digits drawn by a program, or of your picture, none trained on.
- The model “mean” is wrong on purpose: its cross-entropy is a mean over 784 pixels with the KL as it was, which weighs the KL 784 times more.
""",
)
