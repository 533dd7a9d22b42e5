"""The post on MLM and MAE as dropout, in our words, and what differs."""

from __future__ import annotations

from gallery.page import t

STORY = t(
    r"""
**Dropout。** 训练时每个输入乘 $\varepsilon/p$，$\varepsilon\sim\text{Bernoulli}(p)$，它的各阶矩都等于 $p$。平方误差下最好的预测是**模型平均** $\mathbb E_\varepsilon f(x\varepsilon/p)$；预测时“关掉 Dropout”用的却是**权重平均** $f(\mathbb E[x\varepsilon/p])=f(x)$，两者只在一阶近似下相等。

**MLM 是输入上的 Dropout。** 记第 $i$ 个字的嵌入为 $E_i$，[MASK] 的为 $E_m$：训练时 $E_i\to\varepsilon E_i+(1-\varepsilon)E_m$。“关掉”应是期望 $pE_i+(1-p)E_m$，微调时用的却是 $E_i$，前后不一致。BERT 遮 15%，其中 80% 换 [MASK]、10% 不变、10% 换随机字（平均为 $\bar E$），期望是

$$E_i\leftarrow0.85E_i+0.15\,(0.8E_m+0.1E_i+0.1\bar E)=0.865E_i+0.12E_m+0.015\bar E.$$

原文在 CLUE 上试了：没有显著变化。

**MAE 是注意力上的 Dropout。** 丢掉词只编码剩下的，等于把每层注意力矩阵的同一些列置零再归一：$\mathrm{Norm}(A\otimes\tilde M_1\otimes\cdots\otimes\tilde M_n)$，$\tilde M_i$ 以概率 $1-p$ 把第 $i$ 列置零。取期望，$\mathrm{Norm}(Ap)=\mathrm{Norm}(A)=A$：与不丢的模型一致，不必修正。

**DropToken。** 由此得到一个正则：微调时随机丢掉一些词，其余**保留原来的位置编号**；序列短了，训练也快了。
""",
    r"""
**Dropout.** In training each input is multiplied by $\varepsilon/p$, $\varepsilon\sim\text{Bernoulli}(p)$, all of whose moments are $p$. Under squared error the best prediction is the **model average** $\mathbb E_\varepsilon f(x\varepsilon/p)$; "dropout switched off" predicts with the **weight average** $f(\mathbb E[x\varepsilon/p])=f(x)$, and the two agree to first order only.

**MLM is dropout on the input.** Let $E_i$ be the embedding of character $i$ and $E_m$ that of [MASK]: training makes $E_i\to\varepsilon E_i+(1-\varepsilon)E_m$. "Off" should be the mean $pE_i+(1-p)E_m$, but fine-tuning uses $E_i$: an inconsistency. BERT masks 15 %, of which 80 % become [MASK], 10 % stay and 10 % become a random character ($\bar E$ on average); the mean is

$$E_i\leftarrow0.85E_i+0.15\,(0.8E_m+0.1E_i+0.1\bar E)=0.865E_i+0.12E_m+0.015\bar E.$$

The post tried it on CLUE: no significant change.

**MAE is dropout on attention.** Encoding only the tokens that are left is setting the same columns of every layer's attention matrix to zero and normalising: $\mathrm{Norm}(A\otimes\tilde M_1\otimes\cdots\otimes\tilde M_n)$, where $\tilde M_i$ zeroes column $i$ with probability $1-p$. With the mean in the mask's place, $\mathrm{Norm}(Ap)=\mathrm{Norm}(A)=A$: consistent with the model that drops nothing, so nothing need be corrected.

**DropToken.** Hence a regulariser: in fine-tuning drop some tokens at random and let the rest **keep their position ids**; sequences are shorter, so training is faster.
""",
)
CHANGES = t(
    r"""
- 原文用 BERT-base 与 CLUE；这里是 3 层 160 维的字级小 BERT，本站训练于诗词、古典小说、鲁迅与少量现代文，微调只有一个任务：商品评论的褒贬。它很小：留出文本上遮住的字猜对 20.9%（左右两字的计数 19.5%），诗词上 11.8%，低于计数的 13.2%。
- 小模型为了学得快，注意力加了按距离的偏置（如 T5），嵌入由字的互信息的 SVD 起步；遮字规则仍是 BERT 的 15%、80/10/10。
- 微调的分类层接在各字 $h_L$ 的平均上，不接 [CLS]；[CLS] 从不丢。DropToken 每条丢整数个：$\mathrm{round}(\text{比例}\times N)$，同批各条等比缩短。
- $(1-r)E$（只缩小、不补 $E_m$）是本站所加的对照，“不预训练”与朴素贝叶斯也是。
- “模型平均”一栏、$\mathbb E\,\mathrm{Norm}(A\otimes\tilde M)\ne A$ 的差距与它的积分公式是本站所加：原文的“关掉”只是一阶论证，这里把差距量了出来。
- 时间是一个线程的处理器时间，只可看比值。
""",
    r"""
- The post uses BERT-base and CLUE; here is a small character BERT (3 layers, 160 wide), trained here on verse, classical novels, Lu Xun and a little modern prose, and fine-tuned on one task: are shop reviews good or bad. It is small: of masked characters in held-out texts 20.9 % are right (counts of both neighbours: 19.5 %), in verse 11.8 %, below the counts' 13.2 %.
- To learn soon, the small model's attention has a bias by distance (as in T5) and its embedding starts from the SVD of characters' mutual information; masking is BERT's: 15 %, 80/10/10.
- The classes stand on the mean of all characters' $h_L$, not on [CLS]; [CLS] is never dropped. DropToken drops a whole number of each text, $\mathrm{round}(\text{rate}\times N)$, so that a batch shrinks evenly.
- $(1-r)E$ (scaled, with no $E_m$ in its place) is a comparison added here, and so are "no pretraining" and naive Bayes.
- The tab "Model average", the gap $\mathbb E\,\mathrm{Norm}(A\otimes\tilde M)\ne A$ and its integral are added here: the post's "off" is a first-order argument, and here its gap is measured.
- Times are processor time of one thread; only their ratios mean something.
""",
)
COLUMNS_NOTE = t(
    "行是“谁在看”，列是“看谁”；丢一个词就是所有层同一列变空，其余按比例放大。差在 float64 下逐数比较，取留下的各行。期望由一元积分算出（本站所加），[CLS] 从不丢。",
    "Rows look, columns are looked at; dropping a token empties the same column in all layers, and the rest grow in proportion. The difference is taken in float64, number by number, at the kept rows. The expectation is an integral of one variable (added here); [CLS] is never dropped.",
)
AVERAGE_NOTE = t(
    "被问的字始终遮住，其余各字按 BERT 的规则随机丢：一次一个遮法，所得分布的平均就是模型平均。三条线是一个字也不丢、各算一次的结果。模型训练时 r = 0.15。",
    "The asked character stays masked; all others are dropped by BERT's rule, a mask at a time, and the mean of the distributions is the model average. The three lines are single passes with nothing dropped. The model was trained at r = 0.15.",
)
CELLS = t(
    "图中每格是一个字和它的概率；窄屏上格里只有字，概率看颜色，或点一下那一格。",
    "Every cell holds a character and its probability; on a narrow screen it holds the character alone, and the colour, or a touch of the cell, tells the probability.",
)
