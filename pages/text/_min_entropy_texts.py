"""Texts of the page: the story of the post and what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say, t

if TYPE_CHECKING:
    from core.text.min_entropy.findings import Agreement, Read

__all__ = ["CHANGES", "PASSAGE", "SENTENCES", "STORY", "TOUCHING", "agreement", "reading"]

TOUCHING = t(
    "**为什么 t 贴不到。** 要贴到下界，内积要有 Gram 矩阵 $\\log p(i,j)+c$：对角线是自由的，加大就正定；欧氏要有平方距离 $c-\\log p(i,j)$：$c$ 够大就是真的距离。t 的核要有 $1+\\|v_i-v_j\\|^2\\propto 1/p(i,j)$，没有可以加的常数：$i$、$j$ 都常与 $k$ 一起借，而 $i$、$j$ 很少一起借时，三角不等式不成立，再多的维也没有用。",
    "**Why t does not touch.** To touch the bound the inner product needs the Gram matrix $\\log p(i,j)+c$, whose diagonal is free and makes it positive definite when it is large; Euclid needs squared distances $c-\\log p(i,j)$, which are distances of points when $c$ is large. The kernel of t needs $1+\\|v_i-v_j\\|^2\\propto 1/p(i,j)$, with no constant to add: where $i$ and $j$ are both often borrowed with $k$ and seldom with each other, the triangle inequality fails, and no number of dimensions helps.",
)
PASSAGE = """图书馆里的书不是随便放的。读者来图书馆借书，常常不只借一本：借了数学分析，多半还要借线性代数；借了红楼梦，也许再借一本水浒传。
如果图书馆把数学书放在一起，把小说放在一起，读者走的路就短了。常借的书放在门口，不常借的书放在里面，读者走的路还会更短。
词向量也是这样。一句话里的词常常一起出现：说到图书馆，后面多半要说到读者、借书；说到线性代数，后面多半要说到矩阵、向量。把常常一起出现的词放在一起，就得到了词向量。
所以最小熵原理说的是同一件事：图书馆里的书、一句话里的词，怎样摆放，成本最小。读者借书的成本最小，书就分门别类；说话的成本最小，词就有了词向量。
图书馆是平面上的词向量，词向量是高维空间里的图书馆。最小熵原理不需要词典，也不需要标签，它只要数一数，什么和什么常常一起出现。"""
SENTENCES = (
    "话说孙行者别了师父，一筋斗云来到南海，拜见观音菩萨。",
    "黛玉听了这话，不觉又喜又惊，又悲又叹。",
    "我在朦胧中，眼前展开一片海边碧绿的沙地来。",
    "今天天气不错，我们一起去图书馆借书吧。",
)

STORY = t(
    r"""
**为什么图书馆要分门别类？** 只借一本书，知道它的坐标就够了，怎么摆都一样。但人常常一次借两本，而且这两本多半有关。设先借 $i$ 再借 $j$ 的概率是 $p(i,j)$，门在原点，书在 $v_i$，走路的成本就是

$$S=\sum_{i,j}p(i,j)\big[\|v_i\|+\|v_i-v_j\|\big],\qquad \|v_i-v_j\|\ge d_{\min}$$

没有最小距离，所有的书堆在门口，$S=0$；有了它，书要占地方，于是常借的靠门，一起借的相邻：这就是“物以类聚”的套路，它是省力省出来的。

**去掉约束。** 带约束的优化不好做，换成一般的 $f$，让它自己不塌：

$$S=\sum_{i,j}p(i,j)f(v_i,v_j),\qquad f=-\log\frac{e^{-\|v_i-v_j\|^2}}{Z_i},\qquad f=-\log\frac{e^{\langle v_i,v_j\rangle}}{Z_i}$$

每一个 $f$ 都是 $-\log q(j|i)$，$S$ 就是交叉熵：**最小成本就是最大似然**，$q(j|i)$ 去逼近 $p(j|i)$。欧氏距离给出 SNE，把核换成 $(1+\|v_i-v_j\|^2)^{-1}$ 就是 t-SNE 的；把书换成词，内积的那个就是 Word2Vec 的 Skip-gram。所以图书馆是平面上的词向量，词向量是高维的图书馆。

**下界。** 无论怎么摆，

$$S-H(J|I)=\sum_i p(i)\,KL\big(p(\cdot|i)\,\big\|\,q(\cdot|i)\big)\ge 0,\qquad H(J|I)=-\sum_{i,j}p(i,j)\log p(j|i)$$

等号当且仅当 $q=p$。维数够时内积与欧氏都能做到；t 的核做不到，“下界”一页说了为什么。

**词从哪里来。** 系列的第二篇用同样的原理从文字里找词：相邻两字的互信息大就不切开，再把能由更短的词拼成的词去掉，剩下的词用一元模型的最短路分词。

$$\log\frac{p(ab)}{p(a)p(b)}>\theta,\qquad \log p(w)-\sum_i\log p(w_i)<\mathrm{len}(w)-1\ \Rightarrow\ \text{delete } w$$
""",
    r"""
**Why does a library have sections?** For one book its coordinates are all one needs, wherever it stands. But people often take two at a time, and the two mostly have to do with each other. Let $p(i,j)$ be the probability of $i$ and then $j$, the door the origin and $v_i$ the place of a book; the walk then costs

$$S=\sum_{i,j}p(i,j)\big[\|v_i\|+\|v_i-v_j\|\big],\qquad \|v_i-v_j\|\ge d_{\min}$$

With no least distance all books lie in a heap at the door and $S=0$. With one they take up room, so the popular ones are near the door and those borrowed together are neighbours: like stands with like, and it comes of saving effort.

**Without the constraint.** Constrained optimisation is awkward, so take a general $f$ that does not collapse by itself:

$$S=\sum_{i,j}p(i,j)f(v_i,v_j),\qquad f=-\log\frac{e^{-\|v_i-v_j\|^2}}{Z_i},\qquad f=-\log\frac{e^{\langle v_i,v_j\rangle}}{Z_i}$$

Each $f$ is $-\log q(j|i)$ and $S$ a cross-entropy: **least cost is maximum likelihood**, with $q(j|i)$ approaching $p(j|i)$. Euclidean distances give SNE, and the kernel $(1+\|v_i-v_j\|^2)^{-1}$ in their place is that of t-SNE; with words for books the inner product is the Skip-gram of Word2Vec. A library is word vectors in the plane, and word vectors are a library of many dimensions.

**The bound.** However the books stand,

$$S-H(J|I)=\sum_i p(i)\,KL\big(p(\cdot|i)\,\big\|\,q(\cdot|i)\big)\ge 0,\qquad H(J|I)=-\sum_{i,j}p(i,j)\log p(j|i)$$

with equality just where $q=p$. In enough dimensions the inner product and Euclid both get there; the kernel of t does not, and “The bound” says why.

**Where words come from.** Part two of the series finds words in a text by the same principle: two neighbouring characters with large mutual information are not cut apart, then words that shorter ones make up are taken out, and what is left cuts sentences by the best path of a unigram model.

$$\log\frac{p(ab)}{p(a)p(b)}>\theta,\qquad \log p(w)-\sum_i\log p(w_i)<\mathrm{len}(w)-1\ \Rightarrow\ \text{delete } w$$
""",
)
CHANGES = t(
    r"""
- 借阅记录是按类模拟的，也可以自己填；每一对不同的书加 0.1 次，好让每个最优都是有限的，$H(J|I)$ 用的是同一个 $p$。一次借的是两本**不同**的书，所以各处的 $Z_i$ 都不含 $j=i$。
- 书只有一个向量，内积对称；Skip-gram 每词两个向量，在“词向量”一页里可选。
- 走路的求解为本站所加：投影梯度（太近的互相推开），再交换、再逐本挪动，直到交换任意两本、挪动任意一本（所试的位置里）都不能更省。它是局部最优，不保证是全局最优，“自己放一本”请读者来找更好的。
- S 的梯度都是解析的，用自己写的 L-BFGS；“下界”里每个维数都从随机的起点与前一维的解各做一次，取小的。向量的构造（Gram 矩阵 $\log p(i,j)$、平方距离 $c-\log p(i,j)$）与 t 核到不了下界的说明为本站所加。
- 找词照 nlp-zero 的规则。作者的默认是 PMI 大于 1 nat、概率大于 1e-7；本站在留出的文字上按与 jieba 的 F1 在 1 到 5 nat 里选了 2 nat，五个数字都在模型卡上；概率的下限是 1e-6，更少的不随附。随附的只有次数，没有原文：各门槛下的片段是在原文上数好的，所以与直接在原文上做一样。
- 词向量的同现次数来自按找到的词切开的小说与鲁迅，左右各 5 个词，只取最常见的 400 个词；页上现算。模型卡上的向量（2000 个词，48 维，Skip-gram）是同一目标的解，用来在留出的文字上量 S。
""",
    r"""
- Borrowing records are simulated by topics, or the reader's own; 0.1 of a borrowing is added to every pair of two books, so that each optimum is finite, and $H(J|I)$ is of the same $p$. The two books of a visit are **different**, so every $Z_i$ leaves $j=i$ out.
- A book has one vector and the inner product is symmetric; Skip-gram with two vectors a word can be chosen under “Word vectors”.
- How the walk is solved is added: projected gradients (books too near push each other apart), then exchanges, then one book at a time, until no exchange of two and no move of one (among the places tried) saves anything. That is a local optimum and need not be the global one; “Place a book” invites the reader to find better.
- Gradients of S are analytic, with an L-BFGS of our own; under “The bound” each dimension is solved from a random start and from the solution before, and the lower is taken. The constructions (Gram matrix $\log p(i,j)$, squared distances $c-\log p(i,j)$) and why the kernel of t does not reach the bound are added.
- Words are found by the rules of nlp-zero. The author's defaults are PMI above 1 nat and probability above 1e-7; here 2 nats were chosen from 1 to 5 by F1 against jieba on held-out texts, all five are on the card, and the least probability is 1e-6: what is rarer does not ship. Counts alone ship, no text: runs were counted in the text at each threshold, so that the result is that of the text itself.
- How often words stand together is counted in the texts cut into the words found, five words to either side, for the 400 most frequent words; the page solves it live. The vectors of the card (2000 words, 48 dimensions, Skip-gram) are the optimum of the same objective, by which S is measured on held-out texts.
""",
)


def reading(read: Read | None, say: Say, unknown: tuple[str, ...] = ()) -> str:
    """What of the reader's text was turned or left out, and which characters the lexicon lacks; empty where there is nothing to tell."""
    told = []
    if read is not None and read.turned:
        told.append(say("繁体字已转成简体。", "Traditional characters were turned into simplified ones."))
    if read is not None and read.skipped:
        told.append(say("不算字、跳过的：", "Skipped, as no characters: ") + _code(read.skipped))
    if unknown:
        told.append(say("词库里没有的字：", "Not in the lexicon: ") + _code(unknown))
    return "\n\n".join(told)


def _code(characters: tuple[str, ...]) -> str:
    """Characters as Markdown code, so that none of them is markup."""
    return "`" + " ".join(characters).replace("`", "'") + "`"


def agreement(ways: Mapping[str, Agreement], say: Say) -> list[Metric]:
    """How far the cuts of held-out texts agree with jieba's, beside two that need no words."""
    ours, single, double = ways["words found"], ways["every character a word"], ways["every two characters a word"]
    return [
        Metric(say("与 jieba 的边界 F1（留出的文字）", "Boundary F1 against jieba (held-out texts)"), ours.f1, say("PMI 2 nat，见模型卡", "at 2 nats, from the card")),
        Metric(say("准 / 全", "Precision / recall"), f"{ours.precision:.3f} / {ours.recall:.3f}"),
        Metric(say("一字一词的 F1", "F1, every character a word"), single.f1),
        Metric(say("两字一词的 F1", "F1, every two characters"), double.f1),
    ]  # fmt: skip
