"""Texts of the page of Word2Vec: the story of the post and what was changed."""

from __future__ import annotations

from gallery.page import t

__all__ = ["CHANGES", "STORY"]

STORY = t(
    r"""
**同一个 Word2Vec，用 Keras 写。** 与系列的第 5 篇（TensorFlow 版）原理相同：CBOW 把窗口 $C$ 里各词的向量**求和**，给每个词 $w$ 打分

$$z_w=b_w+\Big\langle u_w,\ \sum_{c\in C}v_c\Big\rangle ,\qquad p(w|c)=\frac{e^{z_w}}{\sum_{w'}e^{z_{w'}}}$$

词表有几万个词，分母太贵。

**随机 softmax。** 对每个目标 $t$ 均匀地随机取 $K=16$ 个词 $n_1,\dots,n_K$，只在这 $K+1$ 个词上做 softmax：

$$\mathcal L=-\log\frac{e^{z_t}}{e^{z_t}+\sum_{k=1}^K e^{z_{n_k}}}$$

**它学到什么？**（以下推导为本站所加，「最优解」一页逐格验证。）设噪声的分布为 $q$，每个 $z_w(c)$ 都自由，则各损失的最小值点是

| 损失 | $z_w(c)$ 的最优解 | 噪声均匀 | 噪声 $q=p(w)$ |
|---|---|---|---|
| 随机 softmax | $\log\dfrac{p(w\mid c)}{q(w)}+\text{const}(c)$ | $\log p+\text{const}$ | $\text{PMI}+\text{const}$ |
| 负采样 SGNS | $\log\dfrac{p(w\mid c)}{q(w)}-\log K$ | $\log p+\log N-\log K$ | $\text{PMI}-\log K$ |
| NCE | $\log p(w\mid c)$ | 同左 | 同左 |
| 完整 softmax | $\log p(w\mid c)+\text{const}(c)$ | – | – |

所以均匀噪声下，**随机 softmax 的最优解就是完整 softmax 的最优解**，不论 $K$ 多小：$\text{softmax}(z)=p(w|c)$。换成按词频的噪声，学到的就变成 $\text{PMI}=\log\frac{p(w|c)}{p(w)}$；负采样再减去 $\log K$（Levy 与 Goldberg 2014）。噪声可以撞上目标；若把撞上的剔除，最优解反而偏了。

**降采样改变了 $p$，但改得回来。**（本站所加。）高频词 $w$ 作目标时只以概率 $\kappa_w=\frac tf+\sqrt{\frac tf}$（至多 1，$t=10^{-5}$，$f$ 为词频）保留，于是模型学到的是 $\tilde p(w|c)\propto\kappa_w\,p(w|c)$。除以 $\kappa_w$ 再归一化，就还是 $p(w|c)$，不用重新训练。

原文报告（TF 版，两万多篇旅游文章，2 轮）：随机 softmax 8 分 19 秒，`nce_loss` 4 轮也不好，$K=1000$ 的 `sampled_softmax` 8 分 38 秒，效果与随机 softmax 相近；没有给出别的指标。
""",
    r"""
**The same Word2Vec, written in Keras.** The principle is that of part 5 of the series (the TensorFlow version): CBOW **sums** the vectors of the words in a window $C$ and scores every word $w$,

$$z_w=b_w+\Big\langle u_w,\ \sum_{c\in C}v_c\Big\rangle ,\qquad p(w|c)=\frac{e^{z_w}}{\sum_{w'}e^{z_{w'}}}$$

With tens of thousands of words the denominator is too expensive.

**Random softmax.** For every target $t$ draw $K=16$ words $n_1,\dots,n_K$ uniformly at random, and take the softmax over these $K+1$ words alone:

$$\mathcal L=-\log\frac{e^{z_t}}{e^{z_t}+\sum_{k=1}^K e^{z_{n_k}}}$$

**What does it learn?** (What follows is added here; the tab Optimum verifies it cell by cell.) Let the noise have the distribution $q$ and let every $z_w(c)$ be free. The losses are least at

| Loss | minimiser $z_w(c)$ | uniform noise | noise $q=p(w)$ |
|---|---|---|---|
| random softmax | $\log\dfrac{p(w\mid c)}{q(w)}+\text{const}(c)$ | $\log p+\text{const}$ | $\text{PMI}+\text{const}$ |
| negative sampling, SGNS | $\log\dfrac{p(w\mid c)}{q(w)}-\log K$ | $\log p+\log N-\log K$ | $\text{PMI}-\log K$ |
| NCE | $\log p(w\mid c)$ | the same | the same |
| full softmax | $\log p(w\mid c)+\text{const}(c)$ | – | – |

With uniform noise, then, **random softmax has the optimum of the full softmax**, however small $K$ is: $\text{softmax}(z)=p(w|c)$. With noise by word frequency it learns $\text{PMI}=\log\frac{p(w|c)}{p(w)}$ instead, and negative sampling that minus $\log K$ (Levy and Goldberg 2014). Noise may hit the target; to leave hits out is what biases the optimum.

**Sub-sampling changes $p$, and can be undone.** (Added here.) A frequent word $w$ is kept as a target with probability $\kappa_w=\frac tf+\sqrt{\frac tf}$ only (at most 1; $t=10^{-5}$, $f$ the word's frequency), so the model learns $\tilde p(w|c)\propto\kappa_w\,p(w|c)$. Divided by $\kappa_w$ and normalised, that is $p(w|c)$ again, with no training.

The post reports (TF version, over twenty thousand travel articles, 2 epochs): random softmax 8 min 19 s; `nce_loss` poor even after 4 epochs; `sampled_softmax` with $K=1000$ 8 min 38 s and similar to random softmax. No other figure is given.
""",
)

CHANGES = t(
    r"""
- 语料：原文是十万篇微信公众号文章；这里是二十四部明清小说与鲁迅（结巴分词，640 万词），词表取最常见的一万词（原文取出现 10 次以上的词）。结巴只在训练时用；读者的句子按词表最长匹配切分。
- 照原文：CBOW，窗口 5，随机 softmax，$K=16$ 个均匀噪声（可以撞上目标），输出另有 $W,b$，降采样 $10^{-5}$ 只作用于目标，句子之外与词表之外共用一个可训练的向量。
- 不同：96 维（原文 128），Adagrad（原文 Adam），逐个样本稀疏更新，4 轮（原文 2 轮）。
- 跳字模型（skip-gram）、负采样、完整 softmax、NCE 与最优解、填空里 $1/\kappa_w$ 的校正、地图与现场训练都是本站所加。
- 填空的成绩如实给出：留出句子上 CBOW 的损失比词频低约 0.8 nat，与只看左邻的二元模型持平，前十命中还低几个百分点。求和丢了词序，而 Word2Vec 要的本来也是词向量，不是语言模型。
""",
    r"""
- Text: the post uses 100 000 WeChat articles; here 24 classical novels and Lu Xun (cut into words by jieba, 6.4 million words), and the 10 000 most frequent words (the post: all that occur 10 times). jieba is used in training only; a reader's sentence is cut by longest match with the vocabulary.
- As in the post: CBOW, window 5, random softmax with $K=16$ words of uniform noise (hits allowed), separate output $W,b$, sub-sampling $10^{-5}$ of targets alone, one trained vector for whatever lies beyond the sentence or the vocabulary.
- Different: 96 numbers a vector (128), Adagrad (Adam), sparse updates example by example, 4 epochs (2).
- Skip-gram, negative sampling, full softmax, NCE and the optimum, the correction by $1/\kappa_w$ for a blank, the map and training live are added here.
- How well blanks are filled is told as it is: on held-out sentences CBOW's loss is about 0.8 nat below that of word frequencies and level with a bigram model of the left neighbour, which has more words among its ten likeliest. A sum forgets the order of words; and Word2Vec is after word vectors, not a language model.
""",
)
MINIMISER_NOTE = t(
    "$\\text{PMI}=\\log\\frac{p(w|c)}{p(w)}$：上下文让这个词多了几倍的对数。NCE（噪声对比估计）与 SGNS（负采样）都是分辨真词与噪声，NCE 的打分另减 $\\log Kq$。八个上下文、十个词，每格一个自由的 $z$。损失留下任意常数 $\\text{const}(c)$ 的，取它使 $\\sum_w p(w|c)=1$；所以均匀噪声的随机 softmax 画出来是 $\\log p+\\log N$。",
    "$\\text{PMI}=\\log\\frac{p(w|c)}{p(w)}$ is the log of how much likelier the context makes the word. NCE (noise-contrastive estimation) and SGNS (negative sampling) both tell words from noise; NCE first takes $\\log Kq$ off the score. Eight contexts, ten words, one free $z$ a cell. Where the loss leaves $\\text{const}(c)$ free, it is chosen so that $\\sum_w p(w|c)=1$; random softmax with uniform noise is therefore drawn as $\\log p+\\log N$.",
)
