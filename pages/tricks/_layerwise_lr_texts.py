"""What the page on learning rates by layer says of its post."""

from gallery.page import t

STORY = t(
    r"""
**问题。** 微调时常要给不同的层不同的学习率，但框架的优化器只收一个。不改优化器，能不能办到？梯度又能不能随意改？

把参数写成 $\theta=\lambda\phi$，训练 $\phi$。SGD 的一步是

$$\phi\leftarrow\phi-\alpha\frac{\partial L}{\partial\phi}=\phi-\alpha\lambda\frac{\partial L}{\partial\theta}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda^2\frac{\partial L}{\partial\theta};$$

Adam 的更新量与梯度的大小无关，于是

$$\phi\leftarrow\phi-\alpha\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}.$$

所以 SGD 的学习率乘了 $\lambda^2$，Adam 乘了 $\lambda$（$\epsilon\to0$ 时严格）。初值要除以 $\lambda$。

梯度也可以自由地改：按层裁剪；把某层的梯度置零；梯度反转（前向恒等，反向乘 $-\kappa$），让特征骗过域分类器；straight-through，让梯度穿过导数处处为零的 $\mathrm{sign}$。
""",
    r"""
**The question.** Fine-tuning often wants other learning rates for other layers, yet the framework's optimiser takes one. Can it be done without touching the optimiser? And may gradients be changed at will?

Write a parameter as $\theta=\lambda\phi$ and train $\phi$. A step of SGD is

$$\phi\leftarrow\phi-\alpha\frac{\partial L}{\partial\phi}=\phi-\alpha\lambda\frac{\partial L}{\partial\theta}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda^2\frac{\partial L}{\partial\theta};$$

Adam's step does not depend on the gradient's size, so

$$\phi\leftarrow\phi-\alpha\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}\quad\Longrightarrow\quad\theta\leftarrow\theta-\alpha\lambda\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}.$$

SGD's learning rate is multiplied by $\lambda^2$, Adam's by $\lambda$ (exactly as $\epsilon\to0$). The initial value is divided by $\lambda$.

Gradients may be changed, too: clipped by layer; set to zero; reversed (identity forward, times $-\kappa$ backward), so that features deceive a domain classifier; let straight through $\mathrm{sign}$, whose derivative is zero.
""",
)
CHANGES = t(
    r"""
- 原文说 Adam 类是 $\lambda$ 倍；那要 $\epsilon$ 可以忽略。$\epsilon=10^{-3}$、权重衰减、按全局范数裁剪都会打破等价，「网络」一栏把它们画在一起。
- 原文的 SetLearningRate 对层的 kernel、bias、embeddings 直到 gamma、beta 逐一改写；这里的网络只有权重与偏置，两者都改写。
- 梯度反转（倍数记作 $\kappa$，以免与 $\lambda$ 混淆）与 straight-through 是补上的，都与普通训练对照。
""",
    r"""
- The post gives Adam the factor $\lambda$; that needs a negligible $\epsilon$. $\epsilon=10^{-3}$, weight decay and clipping of the global norm break the equivalence; the tab "A network" draws them together.
- The post's SetLearningRate goes over kernel, bias, embeddings … gamma, beta of a layer; the networks here have weights and biases, and both are rewritten.
- Gradient reversal (its factor is called $\kappa$, to keep it apart from $\lambda$) and straight-through are added, each compared with plain training.
""",
)
CLIPPING_NOTE = t(
    "每 40 批里有一批的像素被放大，梯度随之大上百倍：不裁剪时，一次就足以毁掉网络。只取符号时，每一步本来就一样长。",
    "One batch in 40 has its pixels blown up, and its gradient is a hundred times as large: without clipping "
    "a single one can ruin the network. With signs alone every step has the same length anyhow.",
)
REVERSAL_NOTE = t(
    "反转让特征分不出两个域，于是源域学到的边界也跟着目标域走。它不保证成功：转 35° 时多数种子提高 10 到 40 个百分点，十六个里有一到三个不变或下降，是哪几个随处理器的舍入而变；角度太大时两类会对调。",
    "Reversal makes features that cannot tell the domains apart, so that the border learnt on the source follows "
    "the target. Nothing guarantees it: turned by 35°, most seeds gain 10 to 40 points, and one to three of sixteen stay or "
    "lose, which ones depends on the rounding of the CPU; at large angles the classes may change places.",
)
THROUGH_NOTE = t(
    "单元少时差别大：随机的 ±1 特征不够用，得学；单元多到一百以上，随机特征也够分了。",
    "With few units the difference is large: random ±1 features do not suffice and must be learnt. With a "
    "hundred and more, random ones will do.",
)
