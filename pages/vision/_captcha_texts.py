"""The post behind the CAPTCHA readers, in our words, what differs, and the words that its tabs share."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

READ = t(
    "读作 {letters}，四头概率之积 {joint:.2f}", "Read as {letters}; the four probabilities multiply to {joint:.2f}"
)
"""Said of a reader's own picture, also by the browser (captcha.live.js)."""
EMPTY = t("（空）", "(empty)")
STORY = t(
    r"""
**问题。** 一张验证码图片里有四个字母，不切割、不去噪，直接从像素读出来（“端到端”）。

2016 年的第一个模型很小，整张图全对的正确率是 46%；这篇文章把卷积部分换成现成的 Xception，其余不变：一个 CNN 把图片变成一个特征向量，再接**四个头**，各是 Dropout(0.5) 与 26 类的 softmax，第 $k$ 个头只回答第 $k$ 个字母：

$$L=-\sum_{k=1}^{4}\log p_k(c_k).$$

文章报告：四个字母全对的图超过 85%，再调一调可超过 90%；别的现成 CNN 也都能胜任，选 Xception，是因为它层数不多、权重较小。它由**可分离卷积**搭成：先给每个通道一个 $3\times3$ 核，再用 $1\times1$ 卷积混合通道，即核可分解的普通卷积

$$W_{o,i,y,x}=P_{o,i}\,D_{i,y,x}.$$

$a$ 个输入通道、$b$ 个输出通道时只要 $9a+ab$ 个参数，而不是 $9ab$。

若四个头的对错互相独立，全对的概率就是 $\prod_k a_k$。2016 年的模型各位 0.89、0.72、0.73、0.87，乘积 0.41，实测 0.46：错误聚在同样的难图上。

**CTC**（本站所加）：把图横着看成 15 列，每列一个 softmax（26 个字母加空白“–”）。一条路径先合并相邻相同的符号，再去掉空白，得到文本；文本的概率是所有塌缩成它的路径之和

$$p(y)=\sum_{\pi:\,B(\pi)=y}\ \prod_t q_t(\pi_t).$$

它不必事先知道有几个字母。

> 这里的图全部是**本站自己画的**（程序包 captcha 的画法），不是腾讯的验证码；文中样本这里没有。
""",
    r"""
**The question.** A CAPTCHA shows four letters: read them straight from the pixels, with no cutting and no cleaning (end to end).

The first model, of 2016, was small and had 46 % of the pictures wholly right. This post replaces its convolutions by a ready Xception and keeps the rest: a CNN makes one vector of features of the picture, and **four heads** follow, each Dropout(0.5) and a softmax over 26 letters. Head $k$ answers for letter $k$ alone:

$$L=-\sum_{k=1}^{4}\log p_k(c_k).$$

The post reports over 85 % of the pictures wholly right, over 90 % with tuning. Other ready CNNs would do as well, it says; Xception has few layers and small weights. It is built of **separable convolutions**: a $3\times3$ kernel for every channel, then a $1\times1$ convolution that mixes the channels, which is a full convolution whose kernel factors,

$$W_{o,i,y,x}=P_{o,i}\,D_{i,y,x}.$$

For $a$ channels in and $b$ out that takes $9a+ab$ weights instead of $9ab$.

If the four heads erred independently, all four would be right with probability $\prod_k a_k$. The model of 2016 had 0.89, 0.72, 0.73, 0.87 by slot, product 0.41, but measured 0.46: errors gather in the same hard pictures.

**CTC** (added here) sees the picture as 15 columns, each with a softmax over 26 letters and a blank "–". A path becomes a text when equal neighbours are joined and blanks are then dropped; the probability of a text is the sum over all paths that collapse to it,

$$p(y)=\sum_{\pi:\,B(\pi)=y}\ \prod_t q_t(\pi_t).$$

It need not know beforehand how many letters there are.

> All pictures here are **our own drawings** (by the steps of the package captcha), not Tencent's CAPTCHAs, whose samples cannot be had here.
""",
)
CHANGES = t(
    r"""
- **图片**：文章用 10 万张腾讯验证码；这里是自己画的 50,000 张，五种字体（Droid Sans Mono、Caladea、Lato、Fredoka One、Manrope），每个字母随机取一种，大小写混排，标签不分大小写。扭曲 0 到 1.5 均匀；“1”是程序包的默认值。
- **网络**：文章用 ImageNet 预训练的 Xception，约 2,107 万参数，彩色输入，全局平均池化；这里是从头训练的小网络，30 万参数，灰度输入。池化只在高度方向平均，15 列都保留：这样小的网络要靠它分清先后。
- **CTC** 与四个头读**同一个主干**，两个损失相加一起训练，所以两者之差只在读法，不在特征。五分之一的图是 2、3、5、6 个字母，只有 CTC 用得上。
- 权重滑动平均、余弦学习率、少许平移、对比度与噪声的增广：本站所加。
- “看哪里”“独立吗”“扭曲”“字体”与两个 CTC 标签页为本站所加。“看哪里”不用 Grad-CAM 的平均梯度：头对特征是线性的，每处的贡献可以精确算出。
- 文章的图都读成四个字母；您自己的图会被压成 120×50，底色深的会反相。
""",
    r"""
- **Pictures**: the post has 100 000 Tencent CAPTCHAs; here are 50 000 of our own drawing in five fonts (Droid Sans Mono, Caladea, Lato, Fredoka One, Manrope), each letter in one of them at random, upper and lower case mixed, labels without case. Distortion is uniform from 0 to 1.5; 1 is the package's default.
- **Net**: the post has an Xception trained on ImageNet, about 21.07 million weights, colour, global average pooling; here is a small net trained from scratch, 300 000 weights, grey. It averages over height alone and keeps the 15 columns: so small a net tells first from last by them.
- **CTC** and the four heads read **one trunk**, trained by the sum of both losses: they differ in how they read, not in the features. A fifth of the pictures have 2, 3, 5 or 6 letters, which CTC alone can use.
- Averaged weights, a cosine learning rate, and slight shifts, contrasts and noise in training are added here.
- The tabs on where heads look, independence, distortion, fonts and the two on CTC are added here. "Where it looks" does not average gradients as Grad-CAM does: a head is linear in the features, so each place's contribution is exact.
- Every picture of the post has four letters. Your own picture is pressed to 120 × 50; a dark background is turned over.
""",
)
FONT_NAMES: Mapping[str, Text] = {
    "mixed": t("混用五种训练字体", "The five training fonts, mixed"),
    "droid": t("Droid Sans Mono（训练）", "Droid Sans Mono (trained)"),
    "caladea": t("Caladea（训练）", "Caladea (trained)"),
    "lato": t("Lato（训练）", "Lato (trained)"),
    "fredoka": t("Fredoka One（训练）", "Fredoka One (trained)"),
    "manrope": t("Manrope（训练）", "Manrope (trained)"),
    "hanken": t("Hanken Grotesk（没见过）", "Hanken Grotesk (unseen)"),
    "serif": t("Source Serif Pro（没见过）", "Source Serif Pro (unseen)"),
    "amatic": t("Amatic SC（没见过）", "Amatic SC (unseen)"),
}
SHORT_NAMES: Mapping[str, str] = {
    "droid": "Droid", "caladea": "Caladea", "lato": "Lato", "fredoka": "Fredoka", "manrope": "Manrope", "hanken": "Hanken", "serif": "Serif", "amatic": "Amatic",
}  # fmt: skip
EXAMPLES = {name: f"examples/captcha-{name}.png" for name in ("plain", "unseen", "drawn")}
ORIGIN = t(
    "图是本站自己画的，不是腾讯的验证码。",
    "The pictures are our own drawings, not Tencent's CAPTCHAs.",
)
