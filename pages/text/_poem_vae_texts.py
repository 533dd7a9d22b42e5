"""The post behind the couplet machine, in our words, and what differs."""

from __future__ import annotations

from gallery.page import t

STORY = t(
    r"""
**问题。** 不给题目、不给开头，机器能不能随手写一联诗？把一联十个字（七言十四字）看成一个整体 $x=(x_1,\dots,x_{10})$，用 VAE 学它的编码 $z$，64 个数：

$$\mathcal L=\mathbb E_{z\sim q(z|x)}\Big[-\sum_{t=1}^{10}\log p(x_t|z)\Big]+\frac12\sum_{j=1}^{64}\big(\mu_j^2+e^{v_j}-v_j-1\big),\qquad z=\mu+e^{v/2}\varepsilon,\quad\varepsilon\sim N(0,I).$$

编码器由 $x$ 给出后验 $q(z|x)=N(\mu,e^v)$ 的均值 $\mu$ 与对数方差 $v$。字数固定，所以编码器、解码器都用门控卷积（GCNN）：一个宽为 3 的卷积给出 $a,b$ 两半，输出 $y+a\otimes\sigma(b)$，$y$ 是它的输入。编码器两层之后在位置上取平均；解码器由 $z$ 一次给出十个位置的特征，再过一层卷积和共享的 softmax。

给定 $z$ 之后各个位置互相独立，所以两句之间的对仗、呼应，全部要靠 $z$ 来说。训练好以后，从 $N(0,I)$ 取一个 $z$，就是一联诗。

重构一项对十个位置**求和**，KL 一项对 64 个隐维度求和，只在批上取平均。若重构改成按位置平均，KL 就相对重了十倍，$q(z|x)$ 会坍缩成先验，什么也学不到；“验证”里有手算的例子守着这一点。
""",
    r"""
**The question.** With no title and no beginning, can a machine write a couplet out of nothing? A couplet's ten characters (fourteen in seven-character verse) are one thing $x=(x_1,\dots,x_{10})$, and a VAE learns its code $z$ of 64 numbers:

$$\mathcal L=\mathbb E_{z\sim q(z|x)}\Big[-\sum_{t=1}^{10}\log p(x_t|z)\Big]+\frac12\sum_{j=1}^{64}\big(\mu_j^2+e^{v_j}-v_j-1\big),\qquad z=\mu+e^{v/2}\varepsilon,\quad\varepsilon\sim N(0,I).$$

The encoder gives the mean $\mu$ and the log-variance $v$ of the posterior $q(z|x)=N(\mu,e^v)$. The length is fixed, so encoder and decoder are gated convolutions: one convolution of width 3 gives two halves $a,b$, and the layer outputs $y+a\otimes\sigma(b)$ for its input $y$. After two of them the encoder averages over the positions. The decoder turns $z$ into features of all ten positions at once, then one convolution and a shared softmax.

Given $z$ the positions are independent: parallelism, and every echo between the two lines, must come from $z$. Once trained, a $z$ from $N(0,I)$ is a couplet.

The reconstruction is **summed** over the ten positions and the KL over the 64 latent dimensions; only the batch is averaged. With a mean over the positions instead, the KL weighs ten times as much, $q(z|x)$ collapses to the prior, and nothing is learnt; a case computed by hand in Verify guards this.
""",
)
CHANGES = t(
    r"""
- 语料是简体的全唐诗对句：五言 13 万联、七言 6 万联，各留出五十分之一；原文只有五言，没有留出集。页面所用的名句不在训练集中。
- 五言训练 40 轮（原文 100 轮），余弦学习率，权重取滑动平均；网络与损失同原文。
- 五言另训了一台，KL 的权重先从 0 升起，再停在 0.4，36 轮：编码记得住一联诗的大部分字，随机写出的却更散（“记性”一页）。“漫步”默认用它，其余各页用权重为 1 的那台。
- 七言另训一台。七言的对句不到五言的一半，每联要记的字却更多；卡片上“句中重字”不超过三成才在页面上提供（真诗是 9 %）。
- 原文用 argmax 解码；这里多了温度。
- 语料里代表缺字的“囗”不会被写出。
""",
    r"""
- The texts are couplets of the Complete Tang Poems in simplified characters: 130 000 of five characters a line, 60 000 of seven, one in fifty held out. The post has five characters only, and holds nothing out. The famous couplets on this page were not trained on.
- The five-character machine was trained for 40 epochs (the post: 100) with a cosine learning rate and averaged weights; network and loss are the post's.
- Another machine of five characters was trained with a weight of the KL that rises from 0 and stays at 0.4, for 36 epochs: its codes hold most characters of a couplet, and what it writes at random comes apart (see “Memory”). “Walk” takes it by default, the other tabs the one of weight 1.
- A further machine is trained on seven characters a line. There are less than half as many such couplets, and more to remember of each; it is offered here only if its card says that at most 30 % of its lines have a character twice (real verse: 9 %).
- The post decodes by argmax; here there is a temperature too.
- The sign that stands for a lost character in the texts is never written.
""",
)
PRIOR_NOTE = t(
    "$r=0$ 时每个位置只剩全体联句的平均：熵最大，取最可能的字就字字雷同。$r$ 大了，softmax 越来越自信，用字越来越生僻，词句脱离语料。训练见过的只有 $r\\approx1$。",
    "At $r=0$ each position is left with the average over all couplets: the entropy is largest, and the likeliest characters are all alike. At large $r$ the softmax grows confident, the characters rare, and the lines leave the language. Training has seen $r\\approx1$ only.",
)
NOT_GAN_NOTE = t(
    "GAN 的判别器要看生成的文字，文字是 argmax 的 one-hot：$z$ 动一点，要么一字不变（梯度为零），要么跳一个字（不可导）。若改给它看 softmax 概率，它只需检查“最大概率是不是 1”就能分清真假，生成器仍学不到语言。VAE 比较的是概率与真实的字，处处可导。",
    "A GAN's discriminator must see text, and text is the one-hot argmax: a small change of $z$ either changes no character (zero gradient) or jumps by one (no gradient). Shown the softmax instead, the discriminator need only check whether the largest probability is 1 to tell real from generated, and the generator still learns no language. A VAE compares probabilities with real characters and is differentiable everywhere.",
)
