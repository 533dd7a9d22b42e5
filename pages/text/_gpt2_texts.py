"""The post behind the GPT-2 page, in our words, and what differs."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

FORMS: Mapping[str, Text] = {
    "wujue": t("五绝", "Wujue: 4 lines of 5"),
    "qijue": t("七绝", "Qijue: 4 lines of 7"),
    "wulv": t("五律", "Wulü: 8 lines of 5"),
    "qilv": t("七律", "Qilü: 8 lines of 7"),
    "gushi": t("古诗", "Old verse (gushi)"),
    "ci": t("词", "Ci (the title is its tune)"),
    "qu": t("曲", "Qu"),
    "novel": t("小说", "Novel"),
    "essay": t("散文", "Lu Xun's prose"),
}
FORM, PASSAGE = t("体裁", "Form"), t("一段文字", "A text")
MOST_BEGINNING = 60
PARALLEL = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"

STORY = t(
    r"""
**问题。** GPT 一个字一个字地写：$p(x)=\prod_t p(x_t\mid x_{<t})$。原文把 GPT2_ML 的 15 亿参数中文权重搬进了 Keras；这里用同一种结构训练一个小模型，让它在你面前写诗填词，并看它每一步在想什么。

记 $s$ 为一层的输入，每个字一个 $h$ 维向量；Att 是注意力，FFN 是两层全连接（中间 $f$ 维）。三种 Transformer 块的差别，只在 LayerNorm（LN）放哪里：

$$\begin{aligned}\text{GPT-2}&\quad u=s+\mathrm{Att}(\mathrm{LN}_1s),\quad s'=u+\mathrm{FFN}(\mathrm{LN}_2u)\\ \text{GPT2\_ML, Grover}&\quad u=s+\mathrm{Att}(s),\quad s'=\mathrm{LN}_1\big(u+\mathrm{FFN}(\mathrm{LN}_0u)\big)\\ \text{BERT}&\quad u=\mathrm{LN}(s+\mathrm{Att}(s)),\quad s'=\mathrm{LN}(u+\mathrm{FFN}(u))\end{aligned}$$

GPT2_ML 的嵌入之后先做一次 LN，注意力之前不做；输出与嵌入共用矩阵，没有偏置；GELU 用误差函数。设层数 $L$、词表 $V$ 字、最长 $P$ 个字，参数量有闭式 $L(4h^2+4h+2hf+f+h+4h)+Vh+Ph+2h$：原文的 $L=48,h=1536,f=6144,V=8021,P=1024$ 得 13.7 亿。

**怎样取下一个字。** 先除以温度，再留概率最大的 $k$ 个（top-k），再留累积概率刚好到 $p$ 的一批（top-p：排在前面的概率之和 $<p$ 者留下），每次重新归一。

**格律与词谱**不是靠反复重写碰出来的：每一步把不合句式、平仄、韵脚的字的概率置零；一句的末字再乘上“后面接句读”的概率，免得句子断在半途。写出来的是模型自己的条件分布在格律上的限制。
""",
    r"""
**The question.** A GPT writes one character after another: $p(x)=\prod_t p(x_t\mid x_{<t})$. The post brings the Chinese weights of GPT2_ML, advertised as 1.5 billion, to Keras; here a small model of the same architecture is trained, writes verse before your eyes, and shows what it expects at each step.

Let $s$ be the input of a layer, a vector of $h$ numbers for each character; Att is attention, FFN two dense layers with $f$ units between them. Three Transformer blocks differ in where the layer norms (LN) stand:

$$\begin{aligned}\text{GPT-2}&\quad u=s+\mathrm{Att}(\mathrm{LN}_1s),\quad s'=u+\mathrm{FFN}(\mathrm{LN}_2u)\\ \text{GPT2\_ML, Grover}&\quad u=s+\mathrm{Att}(s),\quad s'=\mathrm{LN}_1\big(u+\mathrm{FFN}(\mathrm{LN}_0u)\big)\\ \text{BERT}&\quad u=\mathrm{LN}(s+\mathrm{Att}(s)),\quad s'=\mathrm{LN}(u+\mathrm{FFN}(u))\end{aligned}$$

GPT2_ML normalises the embedding and not the input of attention; the output shares the embedding's matrix and has no bias; its GELU is the exact one, with the error function. With $L$ layers, a vocabulary of $V$ characters and texts of at most $P$, the number of weights is $L(4h^2+4h+2hf+f+h+4h)+Vh+Ph+2h$: 1.37 billion for the post's $L=48,h=1536,f=6144,V=8021,P=1024$.

**How the next character is sampled.** Divide by the temperature; keep the $k$ likeliest (top-k); keep those before which less than $p$ has accumulated (top-p); renormalise each time.

**Metre and the patterns of ci** are not found by rejection: at each step the characters that break lines, tones or rhyme have their probability set to zero, and the last character of a line is weighted by the probability that the line's mark follows, so that no line breaks off halfway. What is written is the model's own conditional distribution, restricted.
""",
)
CHANGES = t(
    r"""
- 原文的权重有 13.7 亿参数、训练于 15–30 GB 现代文本，这里是 690 万参数、3200 万字：唐宋诗、词、曲，明清小说，鲁迅的文章，在两个 CPU 核上约一小时。现代新闻式的续写做不到。
- 这么小的模型写得出像样的绝句、律诗，小令也还过得去；曲、小说、散文写不成句，所以“写”一栏不提供（“下一个字”里仍可读它们）。
- 文本前有体裁记号（五绝、词、小说……）与可选的题目，所以不写开头也能写；原文直接续写。
- 词的句式由题目里的词牌定：81 个词牌各自最常见的句式，是从语料里数出来的，不守平仄与韵。
- 原文解码用 top-k = 5、遇句号且够长则停；这里有结束记号。
- 宣传的“15 亿参数”按公式数出来是 13.7 亿（8021 词表）或 13.9 亿（21128 词表）。
- 大模型一栏可联网取 uer 的四个 1.02 亿参数模型（固定版本），结构是 OpenAI 的 GPT-2。它们的仓库里只有 `pytorch_model.bin`：用 PyTorch 的受限读取器读，只收张量，不执行任何代码。
- 韵用平水韵：由《广韵》（nk2028 的 tshet-uinh 数据）归并；个别字与平水韵书有出入。
""",
    r"""
- The post's weights are 1.37 billion, trained on 15-30 GB of modern text; here are 6.9 million weights and 32 million characters: Tang and Song verse, ci and qu, novels of Ming and Qing, Lu Xun's prose; about an hour on two CPU cores. Modern news prose is out of reach.
- A model of this size writes passable quatrains and regulated verse, and short ci; its qu, novels and prose make no sense, so the tab "Write" does not offer them ("Next character" still reads them).
- Each text stands behind the token of its form (quatrain, ci, novel …) and, if you like, a title, so that it can be written from nothing; the post goes on from a prompt.
- The lines of a ci follow the tune in its title: the commonest pattern of each of 81 tunes, counted in the texts. Tones and rhyme of ci are not held.
- The post decodes with top-k = 5 and stops at a full stop when long enough; here there is a token for the end.
- The advertised "1.5 billion" is, by the formula, 1.37 (8 021 tokens) or 1.39 billion (21 128).
- The tab of larger models fetches four 102-million-weight models by UER at pinned revisions; they have OpenAI's block. Their repositories hold `pytorch_model.bin` alone: read by PyTorch's restricted reader, which takes tensors and runs nothing.
- Rhymes are those of Pingshui, merged from the Guangyun (nk2028's tshet-uinh); single characters may differ from the rhyme books.
""",
)
