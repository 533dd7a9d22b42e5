"""What must hold: of the mathematics by hand, and of the weights that ship."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch

from core.checks import Check
from core.text.dgcnn.baselines import best_sentence
from core.text.dgcnn.decoding import spans
from core.text.dgcnn.examples import EXAMPLES
from core.text.dgcnn.matching import RUNS, matches
from core.text.dgcnn.network import (
    DGCNN,
    PASSAGE_DILATIONS,
    QUESTION_DILATIONS,
    AttentionPool,
    GatedBlock,
    focal,
    receptive_field,
)
from core.text.dgcnn.questions import ask, influence, marked, reader, tally
from core.text.dgcnn.texts import encode, f1, padded
from core.text.tokenizer import Tokenizer

__all__ = ["checks"]

PLACES = 161  # of the input whose gradient is measured: more than any receptive field here
EXACT = 1e-9
MORE_PADDING = 100
LEAST_GAIN = 0.2  # of F1, above the best sentence's
LEAST_APART = 0.9


def checks() -> Iterator[Check]:
    """All facts, the hand-computed ones first."""
    yield from _formulas()
    model, words = reader()
    yield from _shipped(model, words)


def _formulas() -> Iterator[Check]:
    block = GatedBlock(1, 2).double()
    with torch.no_grad():
        block.convolution.weight.copy_(
            torch.tensor([[[1.0, 2.0, -1.0]], [[0.0, 0.0, math.log(3)]]], dtype=torch.float64)
        )
        block.convolution.bias.copy_(torch.tensor([0.5, 0.0], dtype=torch.float64))  # pyright: ignore[reportOptionalMemberAccess]
        x = torch.tensor([[[3.0, 0.0, 2.0, 0.0, 1.0]]], dtype=torch.float64)
        y = block(x, torch.ones(1, 1, 5, dtype=torch.float64))
    yield Check(
        "gated block by hand", "门控块，手算",
        float(y[0, 0, 2]), 2 * 0.25 + 6.5 * 0.75, EXACT,
        note="x = 3, 0, 2, 0, 1, dilation 2: candidate 3 + 4 - 1 + 0.5 = 6.5, gate σ(log 3) = 3/4, y = 2 (1 - g) + 6.5 g",
        note_zh="x = 3, 0, 2, 0, 1，膨胀 2：候选值 3 + 4 − 1 + 0.5 = 6.5，门 σ(log 3) = 3/4，y = 2(1 − g) + 6.5g",
    )  # fmt: skip
    pool = AttentionPool(1).double()
    with torch.no_grad():
        pool.inner.weight.fill_(1.0)
        pool.score.weight.fill_(1.0)
        values = torch.tensor([[[0.0], [1.0], [5.0]]], dtype=torch.float64)
        pooled = float(pool(values, torch.tensor([[True, True, False]])))
    yield Check(
        "attention pool of two characters and one of padding", "两个字加一个填充位的注意力池化",
        pooled, math.exp(math.tanh(1)) / (1 + math.exp(math.tanh(1))), EXACT,
        note="W = α = 1: weights ∝ exp(tanh x); padding has none", note_zh="W = α = 1：权重 ∝ exp(tanh x)，填充位的权重为零",
    )  # fmt: skip
    p = torch.tensor([[0.9, 0.9, 0.5]], dtype=torch.float64)
    loss = float(focal(p, torch.tensor([[1, 0, 1]]), torch.tensor([[1, 1, 0]])))
    by_hand = (0.25 * 0.1**2 * -math.log(0.9) + 0.75 * 0.9**2 * -math.log(0.1)) / 2
    yield Check(
        "focal loss by hand", "focal loss，手算", loss, by_hand, EXACT,
        note="p = 0.9 where the target is 1 and where it is 0, averaged over the two characters; the third is padding",
        note_zh="p = 0.9，目标为 1 与为 0 各一处，对两个字平均；第三个是填充",
    )  # fmt: skip
    election = tally([("A", 0.7), *[("B", 0.2)] * 4])
    for answer, by_rule in (("A", 0.49 / 1.7), ("B", 0.16 / 1.8)):
        yield Check(
            f"Σs²/(1+Σs) of {answer} in the post's example", f"原文的例子：{answer} 的 Σs²/(1+Σs)",
            election.totals["smoothed"][answer], by_rule, EXACT, note="A: once 0.7; B: four times 0.2", note_zh="A：一次 0.7；B：四次 0.2",
        )  # fmt: skip
    wrong = sum(election.winners(rule) != (who,) for rule, who in (("max", "A"), ("sum", "B"), ("smoothed", "A")))
    yield Check("rules that elect another than they should", "选错了人的投票规则", wrong, 0, 0)
    yield Check(
        "best answers that differ from exhaustive search", "与穷举不同的最优答案", _against_exhaustive(), 0, 0,
        note="50 random passages of 30 characters, answers of at most 12", note_zh="50 段随机的 30 字，答案至多 12 字",
    )  # fmt: skip
    tokens = torch.tensor([[5, 6, 7, 8, 6]]), torch.tensor([[6, 7, 9]])
    found = matches(*tokens, tokens[0] > 0, tokens[1] > 0, torch.tensor([[1.0, 1.0, 2.0]]))[0].double()
    expected = torch.tensor([[0, 1, 1, 0, 1], [0, 1, 1, 0, 0]]).double()
    yield Check(
        "features of matches: runs of one and two, by hand", "匹配特征：单字与双字，手算",
        float((found[:, : len(RUNS)].T[:2] - expected).abs().max()), 0, 0,
        note="passage 甲乙丙丁乙, question 乙丙戊", note_zh="段落「甲乙丙丁乙」，问题「乙丙戊」",
    )  # fmt: skip
    yield Check(
        "features of matches: share of the question nearby, by hand", "匹配特征：附近有问题的几成，手算",
        float(found[0, len(RUNS)]), 0.5, EXACT,
        note="乙 and 丙 are near, worth 1 of 4 each; 戊, worth 2, is not", note_zh="乙、丙在附近，各值四分之一；戊值四分之二，不在",
    )  # fmt: skip
    yield Check(
        "F1 of 1986年 where 1986年2月 is right", "答「1986年」而正确的是「1986年2月」的 F1", f1("1986年", ("1986年2月",)), 2 / 3, EXACT,
        note="a number is one unit: the longest run is 2 of 2 and of 4", note_zh="一个数算一个单位：最长公共串长 2，两边长 2 与 4",
    )  # fmt: skip


def _against_exhaustive() -> int:
    """How often the best span is not that of trying all pairs."""
    rng = np.random.default_rng(0)
    text, wrong = "".join(chr(0x4E00 + i) for i in range(30)), 0
    for _ in range(50):
        start, end = rng.uniform(size=(2, len(text)))
        pairs = itertools.product(range(len(text)), repeat=2)
        best = max((start[i] * end[j], i, j) for i, j in pairs if i <= j < i + 12 and min(start[i], end[j]) > 0.1)
        found = spans(text, start, end)[0]
        wrong += (found.first, found.last) != best[1:]
    return wrong


def _shipped(model: DGCNN, words: Tokenizer) -> Iterator[Check]:
    exact = copy.deepcopy(model).cpu().double()
    for blocks, dilations, zh, en in (
        (exact.passage_blocks, PASSAGE_DILATIONS, "段落", "passage"),
        (exact.question_blocks, QUESTION_DILATIONS, "问题", "question"),
    ):
        seen = int(np.count_nonzero(influence(blocks, PLACES)))
        yield Check(
            f"receptive field of the {en}, by the gradient", f"{zh}的感受野（由梯度量出）", seen, receptive_field(dilations), 0,
            note="1 + 2 Σ r: places with a gradient that is not zero, shipped weights, float64", note_zh="1 + 2 Σ r：梯度不为零的位置数，随附权重，float64",
        )  # fmt: skip
    example = EXAMPLES[0]
    pair = encode(words, example.passage, example.questions[0][0])
    with torch.no_grad():
        tight = exact(padded([pair.passage]), padded([pair.question]))
        loose = exact(
            padded([pair.passage], len(pair.passage) + MORE_PADDING),
            padded([pair.question], len(pair.question) + MORE_PADDING),
        )
    gaps = [
        float((a - b[:, : a.shape[1]]).abs().max())
        for a, b in zip(tight.probabilities(), loose.probabilities(), strict=True)
    ]
    yield Check(
        "change of the outputs by padding", "填充带来的输出变化", max(gaps), 0, EXACT,
        note=f"{MORE_PADDING} more places of padding in passage and question; the largest change of p_start and p_end",
        note_zh=f"段落与问题各多填充 {MORE_PADDING} 位；p_start 与 p_end 的最大变化",
    )  # fmt: skip
    one, local = (ask(model, words, example.passage, example.questions[1][0], 0.1, use_global=g) for g in (True, False))
    for name, zh, ours, theirs, whole in (("starts", "起点", one.start, local.start, one.whole[0]), ("ends", "终点", one.end, local.end, one.whole[1])):  # fmt: skip
        yield Check(
            f"{name}: p = p_global · p_local", f"{zh}：p = p_global · p_local", float(np.abs(ours - whole * theirs).max()), 0, 1e-6,
            note="on an example, at every character; float32", note_zh="一个例子的每个字；float32",
        )  # fmt: skip
    yield from _answers(model, words)


def _answers(model: DGCNN, words: Tokenizer) -> Iterator[Check]:
    """On the questions written for the page, which no training has seen."""
    found = marked(model, words)
    count = len(found.questions)
    sentences = [
        f1(e.passage[slice(*best_sentence(e.passage, q))], truths) for e in EXAMPLES for q, truths in e.questions
    ]
    floor = sum(sentences) / count
    yield Check(
        "F1 on the page's own questions", "本页自拟问题上的 F1", found.f1, floor + LEAST_GAIN, 0, "at_least",
        note=f"the best matching sentence has {floor:.3f}; the network must be {LEAST_GAIN:g} above", note_zh=f"最匹配的句子为 {floor:.3f}；网络至少要高出 {LEAST_GAIN:g}",
    )  # fmt: skip
    held = 0
    for i, example in enumerate(EXAMPLES):
        stranger = EXAMPLES[(i + 1) % len(EXAMPLES)].passage
        for question, _ in example.questions:
            own, other = (ask(model, words, text, question).whole for text in (example.passage, stranger))
            held += math.prod(own) > math.prod(other)
    yield Check(
        "share of questions with a larger p_global on their own passage", "p_global 在自己的段落上更大的问题比例",
        held / count, LEAST_APART, 0, "at_least",
        note="against the next example's passage, start times end", note_zh="与下一个例子的段落比，起点乘终点",
    )  # fmt: skip
