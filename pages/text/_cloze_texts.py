"""The post behind the cloze reader, in our words, what differs, and the words that its tabs share."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

STORY = t(
    r"""
**问题。** 一篇童话，从中挖掉一个词；这个词在文中别处还出现过。请从文章自己的词里选一个填回去（CCL 2017 的 CMRC 评测，讯飞杯）。

候选词都在文章里，所以不必像语言模型那样对整个词表做 softmax，只需给文章的每个位置打分，便宜得多。空把文章分成左右两段，**同一个**双向 LSTM 分别读它们，每个位置 $i$ 得到状态 $h_i=[\overrightarrow{h}_i;\overleftarrow{h}_i]$。两段末状态的平均就是“空”的查询向量：

$$q=\frac12\sum_{s\in\{\mathrm L,\mathrm R\}}\big[\overrightarrow{h}^{\,s}_{n_s};\overleftarrow{h}^{\,s}_{1}\big],\qquad p_i=\frac{e^{\langle q,h_i\rangle}}{\sum_j e^{\langle q,h_j\rangle}}.$$

答案可能在文中出现多次。训练时，目标是在答案的所有位置 $A$ 上均匀分布：$\;-\frac1{|A|}\sum_{i\in A}\log p_i$；预测时，把同一个词各处的概率**加起来**再取最大：

$$P(w)=\sum_{i:\,w_i=w}p_i.$$

原文报告：验证集 73.55%、测试集 75.77%，单系统第六名；若用查询向量去匹配词向量而不是 LSTM 的状态，只有 69%–70%；两层好于一层，三层没有增益。
""",
    r"""
**The question.** A word is taken out of a fairy tale; it stands elsewhere in the tale as well. Put one of the tale's own words into the blank (the CMRC shared task of CCL 2017, the iFLYTEK cup).

All candidates stand in the passage, so no softmax over a whole vocabulary is needed, as a language model has: every position of the passage gets a score, which is far cheaper. The blank splits the passage into a left and a right part. **The same** bidirectional LSTM reads each, which gives every position $i$ a state $h_i=[\overrightarrow{h}_i;\overleftarrow{h}_i]$. The mean of the two parts' final states is the query of the blank:

$$q=\frac12\sum_{s\in\{\mathrm L,\mathrm R\}}\big[\overrightarrow{h}^{\,s}_{n_s};\overleftarrow{h}^{\,s}_{1}\big],\qquad p_i=\frac{e^{\langle q,h_i\rangle}}{\sum_j e^{\langle q,h_j\rangle}}.$$

The answer may stand at several positions. In training the target is uniform over all of them, $A$: $\;-\frac1{|A|}\sum_{i\in A}\log p_i$. In prediction the probabilities of one word are **added up** before the largest is taken:

$$P(w)=\sum_{i:\,w_i=w}p_i.$$

The post reports 73.55 % on the validation set and 75.77 % on the test set, the sixth of the single systems; with the query matched against word vectors instead of LSTM states only 69–70 %; two layers better than one, a third of no use.
""",
)
CHANGES = t(
    r"""
- **训练数据**：评测的训练集（354,295 题）这里得不到。我们自己挖空：在最多 300 个词的一段里挖掉一个出现至少两次的名词，六成来自童话（CMRC2017 的提问集与 CFT 的文章），四成来自 24 部古典小说与鲁迅。每个模型只训练 80,000 题，原文是 354,295 题 × 30 轮，所以正确率远低于原文。
- **测试**：CMRC2017 的填空验证集（2,000 题，与原文“验证集”是同一份）只用来测；CFT 与提问集按校验和留出十分之一，与任何测试文章有相同句子（十个字以上）的训练文章都去掉。
- **词向量**：原文是 128 维 skip-gram；这里是 96 维，点互信息矩阵的截断 SVD，同样冻结，只训练一个“未知词”向量。词表没有的词取它各部分向量的平均，这是本站所加；它仍是候选。
- **LSTM** 每向 96 个单元（原文 128）。“匹配词向量”的一版，查询向量先过一个线性层到 96 维。
- 训练时对词向量用 0.2 的 dropout，学习率余弦下降，权重取滑动平均，梯度裁剪：本站所加。
- 您自己的文章没有分词：用词表的最大概率切分；若词之间有空格，就按空格。
- “整篇”一页与基线为本站所加：最多的名词、最近的重复名词，以及“一篇只填一个名词”（全文里最多的那个；数的时候空已填好，比模型多知道一点）。
""",
    r"""
- **Training data**: the task's training set (354 295 questions) cannot be had here. We make our own: within a stretch of at most 300 words one noun that stands at least twice is blanked; six tenths from fairy tales (the passages of CMRC2017's user questions and of CFT), four from 24 classical novels and Lu Xun. Each model saw 80 000, the post's 354 295 × 30 epochs, so the accuracy is far below the post's.
- **Tests**: CMRC2017's cloze validation set (2 000 questions, the same as the post's) is for testing alone; of CFT and the user questions a tenth is held out by checksum, and training passages that share a sentence (ten characters or more) with any test passage are left out.
- **Word vectors**: the post has skip-gram with 128 numbers; here the truncated SVD of the pointwise mutual information with 96, frozen too, with one trained vector for unknown words. A word that the vocabulary lacks is the mean of its parts' vectors, which is added here; it remains a candidate.
- **The LSTM** has 96 units a direction (the post: 128). Where word vectors are matched, a linear layer takes the query to 96 numbers first.
- Dropout of 0.2 on the word vectors, a cosine learning rate, averaged weights and clipped gradients in training are added here.
- Your own text has no word boundaries: it is cut by the likeliest sequence of words of the vocabulary; where spaces set words apart, by them.
- The tab of all blanks and the baselines are added here: the most frequent noun, the nearest repeated noun, and one noun for all blanks (the whole passage's most frequent, counted with the blanks filled in, which is a little more than a reader may know).
""",
)
READER_NAMES: Mapping[str, Text] = {
    "one": t("一层", "1 layer"),
    "two": t("两层", "2 layers"),
    "vectors": t("匹配词向量", "word vectors"),
}
PASSAGE_NAMES: Mapping[str, Text] = {
    "fox": t("红帽子", "The red hat"),
    "well": t("挖井", "The well"),
    "clock": t("老钟", "The old clock"),
    "stars": t("灯塔与星星", "Lighthouse and stars"),
    "king": t("国王与裁缝", "King and tailor"),
    "seed": t("种子", "The seed"),
    "own": t("自己的文章", "Your own text"),
}
TEST_NAMES: Mapping[str, Text] = {
    "cmrc": t("CMRC2017 填空验证集", "CMRC2017 cloze validation"),
    "cft": t("CFT 童话（留出）", "CFT fairy tales (held out)"),
    "user": t("CMRC2017 提问（留出）", "CMRC2017 user questions (held out)"),
    "novels": t("小说（留出）", "novels (held out)"),
    "own": t("本站自写的短文", "this project's passages"),
}
BASELINE_NAMES: Mapping[str, Text] = {
    "frequent": t("最多的名词", "the most frequent noun"),
    "nearest": t("最近的重复名词", "the nearest repeated noun"),
    "constant": t("一篇只填一个名词", "one noun for all blanks"),
}
OWN = (
    "小明在院子里养了一只猫，猫的名字叫花花。花花喜欢晒太阳，也喜欢爬树。"
    "一天，花花爬到树上下不来了，小明搬来梯子，把XXXXX从树上抱了下来。"
)
"""Written for this page."""
