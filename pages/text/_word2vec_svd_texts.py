"""The post behind the page of Word2Vec and SVD, in our words, what differs, and reviews to try."""

from __future__ import annotations

from gallery.page import t

GOOD = "房间很干净，服务员态度也好，早餐丰富，下次还会住这里。"
TURNED = "下次还会住这里，早餐丰富，服务员态度也好，房间很干净。"
"""The same sentences in another order."""
BAD = "收到的书有破损，客服一直不回复，纸张也很差，太失望了。"
MIXED = "外观漂亮，速度很快，可是屏幕有亮点，电池也不耐用，不太推荐。"

STORY = t(
    r"""
**问题。** 标题问：连 Word2Vec 都只不过是个 SVD？原文的回答是*结构*上等价，并非一切都等价。

**查表就是全连接。** 词 $w$ 的 one hot 行向量 $e_w\in\{0,1\}^{V}$ 乘词向量矩阵 $W\in\mathbb R^{V\times d}$，得到的就是 $W$ 的第 $w$ 行：词向量层是输入为 one hot 的全连接层。于是一句话 $w_1,\dots,w_n$ 的词向量之和

$$\sum_{i=1}^n e_{w_i}W=\Big(\sum_{i=1}^n e_{w_i}\Big)W=c\,W,$$

$c$ 是词频向量（词袋）。词向量求和或平均再接一层线性分类器，就是词袋接线性分类器，只是权重限制在 $W$ 的列空间里：$\theta\cdot\frac1n\sum_i v_{w_i}=\frac1n\sum_i s_{w_i}$，$s=W\theta$，每个词一个分数。这是恒等式，不是近似。

**Word2Vec 与 SVD。** CBOW 是 $V\to d\to V$ 的两层线性网络加 softmax，与自编码器、与共现矩阵的 SVD 结构相同；原文指出的差别是：Word2Vec 用上下文预测中心词，末端有 softmax，效果比直接分解共现矩阵好。

**把两边写成同一个矩阵**（本站所加，Levy 与 Goldberg 2014）。$\#(i,j)$ 是窗口内的共现次数，$D$ 是总数，

$$\mathrm{PMI}_{ij}=\log\frac{\#(i,j)\,D}{\#i\;\#j},\qquad M_{ij}=\max(\mathrm{PMI}_{ij}-\log k,\,0).$$

SVD 给出 $M\approx U_d\Sigma_dV_d^\top$，词向量取 $U_d\Sigma_d^{\,p}$。Eckart–Young：它是一切秩 $d$ 矩阵里 $\|M-M_d\|_F$ 最小的，且 $\|M-M_d\|_F^2=\sum_{i>d}\sigma_i^2$。带负采样的 skip-gram（SGNS）最大化

$$\sum_{(i,j)}\#(i,j)\Big[\log\sigma(v_i\cdot u_j)+k\,\mathbb E_{n\sim q}\log\sigma(-v_i\cdot u_n)\Big],$$

维数不限时最大点是 $v_i\cdot u_j=\mathrm{PMI}_{ij}-\log k$：同一个矩阵，另一种误差。SVD 对所有格子一视同仁（没见过的词对记 0），SGNS 按出现次数加权。
""",
    r"""
**The question.** The title asks whether even Word2Vec is nothing but an SVD. The post's answer: the *structure* is equivalent, not everything.

**A look-up is a dense layer.** The one-hot row $e_w\in\{0,1\}^{V}$ of a word $w$ times the table $W\in\mathbb R^{V\times d}$ is row $w$ of $W$: an embedding layer is a dense layer on one-hot input. The sum of the vectors of a sentence $w_1,\dots,w_n$ is therefore

$$\sum_{i=1}^n e_{w_i}W=\Big(\sum_{i=1}^n e_{w_i}\Big)W=c\,W,$$

with $c$ the counts of the words, the bag of words. A linear classifier on summed or averaged vectors is a linear classifier on the bag of words whose weights lie in the column space of $W$: $\theta\cdot\frac1n\sum_i v_{w_i}=\frac1n\sum_i s_{w_i}$ with $s=W\theta$, one score a word. This is an identity and no approximation.

**Word2Vec and SVD.** CBOW is a linear network $V\to d\to V$ with a softmax, the structure of an autoencoder and of an SVD of the co-occurrence matrix. The differences that the post names: Word2Vec predicts the centre from its context, it ends in a softmax, and it works better than factorising the co-occurrences directly.

**Both as one matrix** (added here; Levy and Goldberg 2014). With $\#(i,j)$ the co-occurrences within a window and $D$ their total,

$$\mathrm{PMI}_{ij}=\log\frac{\#(i,j)\,D}{\#i\;\#j},\qquad M_{ij}=\max(\mathrm{PMI}_{ij}-\log k,\,0).$$

The SVD gives $M\approx U_d\Sigma_dV_d^\top$, and word vectors $U_d\Sigma_d^{\,p}$. Eckart and Young: of all matrices of rank $d$ it has the least $\|M-M_d\|_F$, and $\|M-M_d\|_F^2=\sum_{i>d}\sigma_i^2$. Skip-gram with negative sampling (SGNS) maximises

$$\sum_{(i,j)}\#(i,j)\Big[\log\sigma(v_i\cdot u_j)+k\,\mathbb E_{n\sim q}\log\sigma(-v_i\cdot u_n)\Big],$$

whose maximum without a limit on the dimensions is $v_i\cdot u_j=\mathrm{PMI}_{ij}-\log k$: the same matrix under another error. The SVD treats all cells alike (a pair never seen counts as 0), SGNS weights them by how often they were seen.
""",
)
CHANGES = t(
    r"""
- 原文讨论 CBOW；与 SVD 有闭式联系的是 SGNS，所以比的是 SGNS。PMI、log k、Σ 的指数、与 SGNS 的对比都是本站所加。
- 语料是 24 部明清小说与鲁迅的文章，jieba 分词，最常用的 6000 词，窗口左右各 5。本页带的是共现次数（见过两次以上的词对，占全部的 90 %），SVD 与 SGNS 都在页面上现算。
- SGNS 不逐对采样，而是把目标函数按共现次数整个求和，用 Adam 上升：没有采样噪声，两边用的是同一张共现表。为了现算，只用最常用的 400–1200 词。
- 上下文词频默认也取 0.75 次方，与 SGNS 的负采样一致。
- “约 85 %”在原文里没有说明数据。这里用作者公开的评价集与他的划分；词向量只从训练集的评价学来，正则强度由验证集选，测试集只看一次。
- 评价的分词：词表来自 jieba，切分用页面自带的一元模型（Viterbi），训练与使用相同。
""",
    r"""
- The post discusses CBOW; it is SGNS that has a closed relation to an SVD, so SGNS is compared. PMI, log k, the exponent of Σ and the comparison are added here.
- The corpus is 24 novels of Ming and Qing and Lu Xun's prose, cut by jieba: the 6 000 commonest words, windows of 5 on each side. Co-occurrence counts ship (pairs seen twice or more, 90 % of all), and SVD and SGNS are computed here and now.
- SGNS does not sample pair by pair: its objective is summed over the counts as a whole and climbed by Adam, without noise of sampling, and both sides use one table of counts. To be live it uses the 400 to 1 200 commonest words.
- Context counts are to the power 0.75 by default, as in SGNS's negative sampling.
- The post names no data for its "about 85 %". Here it is the author's public set of reviews in his own split; vectors are learnt on the training reviews alone, the regulariser is chosen on the validation set, and the test set is read once.
- Words of reviews: the vocabulary is jieba's, the cut is the page's own unigram model (Viterbi), the same in training and in use.
""",
)
