"""Long texts of the DGCNN page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gallery.page import Say, t

if TYPE_CHECKING:
    from core.text.dgcnn.questions import Measured

MOST_NAMED = 12  # unknown characters that a note lists

STORY = t(
    """阅读理解式问答：给一个问题和若干段材料，答案是材料里的一段文字。这篇文章不用 RNN，只用 CNN 加上简单的注意力，所以快：在一块 GTX1060 上几个小时就能训练完。

**膨胀门控卷积块。** 一个卷积给出两半 $a,c$，后一半经 sigmoid 成为门：

$$\\boldsymbol{y}=\\boldsymbol{x}\\otimes(1-\\boldsymbol{g})+\\text{Conv}_a(\\boldsymbol{x})\\otimes\\boldsymbol{g},\\qquad \\boldsymbol{g}=\\sigma(\\text{Conv}_g(\\boldsymbol{x}))$$

门关上时 $\\boldsymbol{y}=\\boldsymbol{x}$：信息原样传下去，是一条自己决定开多大的残差通道。核宽 3、膨胀率 $r$ 的卷积看第 $i-r,i,i+r$ 个字；叠起来，感受野是 $1+2\\sum r$：问题一侧 1, 2, 1 为 9，段落一侧 1, 2, 4, 8, 16, 1 为 65。每一层之后都要把填充位清零，否则下一层的膨胀卷积会读到它们。

**注意力池化。** 变长的序列成为一个向量：

$$\\boldsymbol{v}=\\sum_i\\lambda_i\\boldsymbol{x}_i,\\qquad \\lambda=\\text{softmax}\\big(\\boldsymbol{\\alpha}^{\\top}\\tanh(\\boldsymbol{W}\\boldsymbol{x}_i)\\big)$$

问题这样成为一个向量，拼到段落的每个字上，再过段落的卷积块。

**输出。** 起点与终点各是逐字的二分类，不是对整段的 softmax：没有答案的段落可以处处为零。整段的向量另给出 $p^{global}$（这段话里有没有答案），乘到每个字上：

$$p_i^{start}=p^{start}_{global}\\cdot\\sigma(\\boldsymbol{w}^{\\top}[\\boldsymbol{x}_i;\\boldsymbol{v}_q]+b)$$

正例极少，所以用 focal loss（$\\alpha=0.25,\\gamma=2$）。

**解码与投票。** 起点、终点都高于阈值才算答案，得分为两者之积；同一答案在几段材料里的得分 $s$ 合成

$$\\frac{\\sum s^2}{1+\\sum s}$$

一次 0.7 得 0.288，四次 0.2 得 0.089；直接求和会选后者。

**原文的 0.7583** 是 WebQA 测评集上（准确率 + F1）/ 2，是 K 折模型的集成；单个模型为 0.74 到 0.75。与本页的数字不能直接比较：数据、词向量、规模都不同。""",
    """Question answering by reading: given a question and several passages, the answer is a stretch of a passage. The post uses no RNN, only convolutions and a simple attention, and is fast for it: hours of training on one GTX1060.

**The dilated gated block.** One convolution gives two halves $a,c$; a sigmoid makes the second a gate:

$$\\boldsymbol{y}=\\boldsymbol{x}\\otimes(1-\\boldsymbol{g})+\\text{Conv}_a(\\boldsymbol{x})\\otimes\\boldsymbol{g},\\qquad \\boldsymbol{g}=\\sigma(\\text{Conv}_g(\\boldsymbol{x}))$$

With the gate closed $\\boldsymbol{y}=\\boldsymbol{x}$: a residual path that decides for itself how far to open. A kernel of width 3 with dilation $r$ looks at characters $i-r,i,i+r$; stacked, the receptive field is $1+2\\sum r$: 9 for the question (1, 2, 1), 65 for the passage (1, 2, 4, 8, 16, 1). Padding must be set to zero after every layer, or the next dilated convolution reads it.

**Attention pooling.** A sequence of any length becomes one vector:

$$\\boldsymbol{v}=\\sum_i\\lambda_i\\boldsymbol{x}_i,\\qquad \\lambda=\\text{softmax}\\big(\\boldsymbol{\\alpha}^{\\top}\\tanh(\\boldsymbol{W}\\boldsymbol{x}_i)\\big)$$

The question becomes a vector this way, is joined to every character of the passage, and the passage's blocks follow.

**Outputs.** Starts and ends are binary decisions for every character, not a softmax over the passage: without an answer all may be zero. The passage's vector adds $p^{global}$ (does this passage hold an answer at all?), which multiplies every character:

$$p_i^{start}=p^{start}_{global}\\cdot\\sigma(\\boldsymbol{w}^{\\top}[\\boldsymbol{x}_i;\\boldsymbol{v}_q]+b)$$

Positives are rare, hence the focal loss ($\\alpha=0.25,\\gamma=2$).

**Decoding and voting.** An answer needs a start and an end above the threshold; its score is their product. The scores $s$ of one answer in several passages are combined as

$$\\frac{\\sum s^2}{1+\\sum s}$$

0.7 once gives 0.288, 0.2 four times 0.089; a plain sum would elect the latter.

**The post's 0.7583** is (accuracy + F1) / 2 on the evaluation set of WebQA, for an ensemble of K folds; a single model had 0.74 to 0.75. It cannot be compared with this page's figures directly: data, word vectors and size all differ.""",
)

CHANGES = t(
    """- **数据**：WebQA 已无处可取。这里用 CMRC 2018（dev、trial）与 DRCD（dev、test，转为简体）共 11 238 个问题，八成训练；按文章划分，留出的文章从未见过。它们的段落都含有答案，所以负例是造出来的：问题配上别的段落，或同一段里随意截取的一截。
- **按字**：原文以词为单位，用预训练的 Word2Vec；这里以字为单位，字向量由训练段落与鲁迅文集的 PPMI 作 SVD 得到，随后一起训练。
- **匹配特征**：问题里的单字、双字、三字、四字是否出现，前后 8 字、24 字以内出现了问题的几成。2018 年的版本也有八个手工特征（原文说贡献两个百分点以上）；这里的六加二个是本站另拟的，只取精确匹配。它们的窗口在卷积的 65 字之外另看了 24 字。
- **p_global**：这份数据里段落几乎都有答案，一起训练出来的 p_global 比只知道比例还差（测试截段上的交叉熵 1.27 对 0.68 nat）。所以最后固定其余参数，用逻辑回归把它的两个输出头重新拟合一遍，让它回答「这一截里有没有答案」；模型卡上有前后的交叉熵。这一步是本站所加。
- **规模**：宽 64（2019 年的版本 128），drop_gate 0.1，权重滑动平均 0.999，RAdam 1e-3，不降学习率；训练约十五轮，取验证集上最好的一次。
- 输出的形式（p_global、focal loss、字级、阈值 0.1、答案至多 12 字）依作者 2019 年发布的 Keras 版本（文章 6906）。
- 门、感受野、关上一块、投票的可编辑表格是本站所加。""",
    """- **Data**: WebQA can no longer be had. Here: CMRC 2018 (development, trial) and DRCD (development, test; simplified), 11 238 questions, eight in ten for training; split by article, so held-out articles were never seen. Their passages all hold the answer, so negatives are made: a question with another passage, or with any crop of its own.
- **Characters**: the post reads words with pre-trained Word2Vec; here characters, their vectors from an SVD of the PPMI of the training passages and Lu Xun's prose, then trained along.
- **Match features**: whether one, two, three, four characters stand in the question, and what share of the question occurs within 8 and within 24 characters. The 2018 version had eight hand-made features as well (worth more than two points, says the post); these are our own, of exact matches alone. Their windows reach 24 characters beyond the 65 of the convolutions.
- **p_global**: nearly all passages here have an answer, and p_global as trained along is worse than knowing the share alone (cross-entropy on test crops 1.27 against 0.68 nats). Its two output heads are therefore fitted once more at the end by logistic regression, all else fixed, to say whether a crop holds an answer; the card has the cross-entropy before and after. This step is added here.
- **Size**: width 64 (128 in the 2019 version), drop_gate 0.1, moving average of the weights 0.999, RAdam at 1e-3 throughout; about fifteen epochs, the best evaluation on the validation set.
- The form of the outputs (p_global, focal loss, characters, threshold 0.1, answers of at most 12 characters) follows the author's Keras release of 2019 (post 6906).
- Gates, receptive field, closing a block and the editable table of votes are added here.""",
)

PAPERS = (
    ("Gehring et al. 2017, Convolutional Sequence to Sequence Learning", "https://arxiv.org/abs/1705.03122"),
    ("Lin et al. 2017, Focal Loss for Dense Object Detection", "https://arxiv.org/abs/1708.02002"),
    ("Cui et al. 2018, A Span-Extraction Dataset for Chinese Machine Reading Comprehension", "https://arxiv.org/abs/1810.07366"),
    ("Shao et al. 2018, DRCD: a Chinese Machine Reading Comprehension Dataset", "https://arxiv.org/abs/1806.00920"),
)  # fmt: skip

TRAP = t(
    "$\\sum s$ 让多次勉强压过一次有把握；$\\max s$ 又完全不看次数。$\\frac{\\sum s^2}{1+\\sum s}$ 是以 $s$ 为权重的平均，分母的 1 像多了一张权重为 1、得分为 0 的选票。再来一票，只有高于当前总分才加分；同分的票越多总分越高，但永远不超过其中最高的得分。",
    "$\\sum s$ lets many weak votes beat one strong one; $\\max s$ ignores how many there are. $\\frac{\\sum s^2}{1+\\sum s}$ is a mean of the scores weighted by themselves, the 1 below acting like one more vote of weight 1 and score 0. A further vote helps only if it is higher than the present total; more equal votes always help; the total never exceeds the largest score.",
)
CHOSEN = t(
    "「地动仪」一例是看过网络的答案之后挑的，其余三例写在看到任何答案之前。",
    "The seismoscope was chosen after seeing the network's answers; the other three examples were written before any was seen.",
)
GATES = t(
    "$\\boldsymbol{y}=\\boldsymbol{x}\\otimes(1-\\boldsymbol{g})+\\text{Conv}_a(\\boldsymbol{x})\\otimes\\boldsymbol{g}$，图中是 64 个通道的平均。关上一块即 $\\boldsymbol{g}=0$，这一块原样通过。drop_gate 丢掉一部分门的 logit（变为 0，门为一半），其余放大 $1/(1-p)$：训练时用 0.1，读的时候本来不用，这里可以看看有多大影响。",
    "$\\boldsymbol{y}=\\boldsymbol{x}\\otimes(1-\\boldsymbol{g})+\\text{Conv}_a(\\boldsymbol{x})\\otimes\\boldsymbol{g}$; shown is the mean of 64 channels. A closed block has $\\boldsymbol{g}=0$ and hands its input on. drop_gate drops some of the gates' logits (to 0, a gate of one half) and enlarges the others by $1/(1-p)$: 0.1 in training, nothing when reading; here you see what it does.",
)
FIELD = t(
    "梯度不为零的位置就是看得到的字，与权重无关：这里用随机权重、双精度量出。膨胀率逐层翻倍、从 1 开始，就没有漏洞。段落的注意力池化、问题向量与匹配特征不受此限：前两者看到整段与问题，匹配特征让每个输入字另看前后 24 字。",
    "A character is seen where the gradient is not zero, whatever the weights: measured here with random weights in double precision. Doubling the dilation from 1 leaves no gaps. The attention pool, the question's vector and the match features are not bound by this: the first two see the whole passage and the question, and match features let every input character see 24 more to either side.",
)


FOREIGN = t(
    "**问题里没有汉字。** 网络只在中文问题上训练过，不懂别的语言；只有段落里原样出现的字母、数字能匹配上，答案不可信。",
    "**The question has no Chinese character.** The network was trained on questions in Chinese alone and knows no other language: only letters and digits that stand in the passage as they are can match, and the answer is not to be trusted.",
)


def read(unknown: Sequence[str], converted: bool, foreign: bool, say: Say) -> str:
    """What of the reader's text was changed or is not known."""
    lines = [FOREIGN(say.lang)] if foreign else []
    if converted:
        lines.append(say("繁体字、全角字母数字已转换，不可见的字符已去掉。", "Traditional characters and full-width letters were converted, invisible characters removed."))  # fmt: skip
    if unknown:
        named = "".join(c for c in unknown[:MOST_NAMED] if c.isprintable() and c != "`")
        more = "…" if len(unknown) > MOST_NAMED else ""
        lines.append(say(f"字表里没有的字（仍按相同与否参与匹配）：`{named}{more}`", f"Not in the vocabulary (still matched by being equal): `{named}{more}`"))  # fmt: skip
    return " ".join(lines) or " "


def measured(y: Measured, say: Say) -> str:
    """What was measured on what."""
    cmrc, drcd, own = y.count("CMRC"), y.count("DRCD"), y.own
    asked = len(own.questions)
    return say(
        f"留出：CMRC 2018 的 {cmrc} 个、DRCD 的 {drcd} 个问题，文章都没有见过；答案取得分最高的一段，至多 12 字。F1 按 CMRC 的办法：去掉标点后的最长公共连续串。基线：与问题的双字重合最多的一句，以及其中长度最像答案的一段。下面 {asked} 个问题是为本页写的，写的时候还没有看过网络的任何答案，全部列出（「提问」一开始显示的是其中答对的）：完全答对 {own.exact} 个，平均 F1 为 {own.f1:.2f}。原文的 0.7583 是 WebQA 上集成模型的（准确率 + F1）/ 2，不能与此直接比较。",
        f"Held out: {cmrc} questions of CMRC 2018 and {drcd} of DRCD, on articles never seen; the answer is the span of the highest score, at most 12 characters. F1 as CMRC has it: the longest common run without punctuation. Baselines: the sentence that shares most pairs of characters with the question, and the stretch of it whose length is most like an answer's. The {asked} questions below were written for this page before any answer of the network had been seen, and all are listed (what the first tab opens with is one of those it gets right): {own.exact} are exactly right, mean F1 {own.f1:.2f}. The post's 0.7583 is (accuracy + F1) / 2 of an ensemble on WebQA and cannot be compared directly.",
    )
