"""Numbers, tables and remarks of the page on Word2Vec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery.outputs import Metric
from gallery.page import Say

if TYPE_CHECKING:
    from core.text.word2vec.live import Moment
    from core.text.word2vec.toy import Optimum
    from core.text.word2vec.views import Guess


def guess_facts(y: Guess, say: Say) -> list[Metric]:
    """Perplexity and held-out loss beside the baselines; first of all the word asked for, if one was."""
    card = y.card
    facts = [
        Metric(say("困惑度", "Perplexity"), f"{y.perplexity:,.0f}", say(f"犹豫得像在这么多同样可能的词里乱猜；只看词频 {y.unigram_perplexity:,.0f}", f"as undecided as a blind guess among so many words; {y.unigram_perplexity:,.0f} by frequency")),
        Metric(say("留出句子：损失", "Held-out loss"), f"{card['CBOW: log-loss (nat)']:.2f}", say(f"nat；词频 {card['unigram: log-loss (nat)']:.2f}，左邻二元 {card['left neighbour: log-loss (nat)']:.2f}", f"nat; frequencies {card['unigram: log-loss (nat)']:.2f}, left neighbour {card['left neighbour: log-loss (nat)']:.2f}")),
        Metric(say("留出句子：前十命中", "Held-out: among ten"), f"{card['CBOW: accuracy at 10']:.1%}", say(f"词频 {card['unigram: accuracy at 10']:.1%}，左邻二元 {card['left neighbour: accuracy at 10']:.1%}", f"frequencies {card['unigram: accuracy at 10']:.1%}, left neighbour {card['left neighbour: accuracy at 10']:.1%}")),
    ]  # fmt: skip
    if y.answer is not None:
        word, rank, p, plain = y.answer
        facts = [
            Metric(
                f"p({word})",
                f"{p:.2%}",
                say(f"第 {rank} 名；词频 {plain:.2%}", f"rank {rank}; frequency {plain:.2%}"),
            ),
            *facts,
        ]
    return facts


def guess_told(y: Guess, say: Say) -> list[str]:
    """How the sentence was cut, and what of it was not read."""
    told = [
        _bigram(y, say),
        say(
            f"切成：{y.cut}。窗口里认识的词有 {y.read.seen} 个。",
            f"Cut into: {y.cut}. Known words in the window: {y.read.seen}.",
        ),
    ]
    if y.read.unknown:
        told.append(say(f"不在词表的一万词里：{'、'.join(y.read.unknown[:12])}，当作「其他」。", f"Not among the 10 000 words: {', '.join(y.read.unknown[:12])}; taken as “other”."))  # fmt: skip
    if y.read.others:
        told.append(say(f"只看有空的那一句，另外 {y.read.others} 句不看。", f"Only the sentence with the blank is read; {y.read.others} others are not."))  # fmt: skip
    if not y.read.seen:
        told.append(say("窗口里没有一个认识的词：给出的几乎就是偏置。", "There is no known word in the window: what is shown is little more than the bias."))  # fmt: skip
    return told


def lines(y: Optimum, say: Say) -> dict[str, Any]:
    """Both regression lines, measured and by theory."""
    pairs = ((y.to_log_p, y.expected_log_p), (y.to_pmi, y.expected_pmi))
    return {
        say("对", "against"): ["log p(w|c)", "PMI"],
        say("斜率", "slope"): [round(fit.slope, 3) for fit, _ in pairs],
        say("理论", "theory"): [round(fit.slope, 3) for _, fit in pairs],
        say("截距（nat）", "offset (nat)"): [round(fit.offset, 3) for fit, _ in pairs],
        say("理论 ", "theory "): [round(fit.offset, 3) for _, fit in pairs],
        "r": [round(fit.r, 4) for fit, _ in pairs],
    }


def live_facts(y: Moment, say: Say) -> list[Metric]:
    """The words of the text, and the loss beside that of frequencies."""
    return [
        Metric(say("词", "Words"), len(y.text.words), say(f"{y.examples} 个样本；另有 {y.text.dropped} 处是太少见的词", f"{y.examples} examples; {y.text.dropped} places have words too rare")),
        Metric(say("损失", "Loss"), y.losses[-1], say(f"nat，训练文本；只看词频 {y.baseline:.2f}", f"nat, on the text itself; frequencies {y.baseline:.2f}")),
    ]  # fmt: skip


def _bigram(y: Guess, say: Say) -> str:
    """How CBOW does beside the bigram model of the left neighbour, on held-out sentences."""
    ours, other = y.card["CBOW: accuracy at 10"], y.card["left neighbour: accuracy at 10"]
    loss, theirs = y.card["CBOW: log-loss (nat)"], y.card["left neighbour: log-loss (nat)"]
    better = ours > other and loss < theirs
    return say(
        f"留出句子上，只看左邻一个词的**二元模型**损失 {theirs:.2f} nat（CBOW {loss:.2f}），前十命中 {other:.1%}（CBOW {ours:.1%}）："
        + ("CBOW 更好。" if better else "填空上 CBOW 不胜过它；CBOW 求和丢了词序，它要的是词向量。"),
        f"On held-out sentences a **bigram model**, which sees the left neighbour alone, has a loss of {theirs:.2f} nats (CBOW {loss:.2f}) and {other:.1%} among ten (CBOW {ours:.1%}): "
        + ("CBOW is better." if better else "at blanks CBOW does not beat it; its sum forgets the order, and it is after word vectors."),
    )  # fmt: skip
