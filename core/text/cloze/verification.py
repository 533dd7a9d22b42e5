"""The facts of the cloze reader: sums of probabilities, merging and loss by hand, padding, empty parts, and the shipped weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np
import torch

from core import weights
from core.checks import Check
from core.text.cloze.answers import NAME, READERS, answers
from core.text.cloze.model import ClozeModels, Question, Reader, Scores, loss, merged, shares
from core.text.cloze.passages import PASSAGES
from core.text.cloze.record import measured
from core.text.cloze.views import BASELINES, models, swept
from core.text.cloze.words import Passage

__all__ = ["checks", "identities", "of_weights"]

LENGTHS = ((3, 9), (17, 2), (6, 6), (1, 24))
"""Words of the left and right part of the questions on which the arithmetic is checked."""
DOUBLE = 1e-10  # what float64 leaves of sums over some dozens of steps
SAME_ANSWERS = 0.016  # three of 186 blanks may turn where two words are nearly alike
CALLED = {
    "frequent": ("the most frequent noun", "最多的名词"),
    "nearest": ("the nearest repeated noun", "最近的重复名词"),
    "constant": ("one noun for all blanks of a passage", "一篇只填一个名词"),
}
MARGIN = 3.0  # standard errors: passed by chance once in 740


def questions(words: int) -> list[Question]:
    """Questions of unequal length, of words drawn with seed 0, an unknown one among them."""
    rng = np.random.default_rng(0)
    made = [Question(*(rng.integers(1, words, size=n).tolist() for n in pair)) for pair in LENGTHS]
    return [Question([0, *made[0].left[1:]], made[0].right), *made[1:]]


def exact(name: str) -> tuple[Reader, torch.Tensor]:
    """A copy of a shipped reader and of the word vectors in float64, on the CPU."""
    model: ClozeModels = models()
    reader = copy.deepcopy(model.readers[name]).double().cpu().eval()
    assert isinstance(reader, Reader)
    return reader, model.table.double().cpu()


def right_share(name: str) -> float:
    """The share of all blanks of the project's own passages that a reader fills with the hidden word."""
    made = [swept(text, name) for text in PASSAGES.values()]
    return sum(one.right for one in made) / sum(len(one.places) for one in made)


def baseline_share() -> tuple[str, float]:
    """The baseline that fills most of them, and the share."""
    made = [swept(text, READERS[0]) for text in PASSAGES.values()]
    total = {name: sum(one.baselines[name] for one in made) for name in BASELINES}
    best = max(total, key=lambda name: total[name])
    return best, total[best] / sum(len(one.places) for one in made)


@torch.no_grad()
def by_hand(reader: Reader, table: np.ndarray, question: Question) -> np.ndarray:
    """The probabilities of a one-layer reader of states by the LSTM's formulas, step by step; [words]."""
    weights = {key: value.numpy() for key, value in reader.state_dict().items()}
    units = reader.config.hidden

    def run(part: list[np.ndarray], way: str) -> list[np.ndarray]:
        h, c, found = np.zeros(units), np.zeros(units), []
        for x in part:
            z = weights[f"lstm.weight_ih_l0{way}"] @ x + weights[f"lstm.weight_hh_l0{way}"] @ h
            i, f, g, o = np.split(z + weights[f"lstm.bias_ih_l0{way}"] + weights[f"lstm.bias_hh_l0{way}"], 4)
            c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(c) / (1 + np.exp(-o))
            found.append(h)
        return found

    states, finals = [], []
    for part in question:
        x = [weights["unknown"] if word == 0 else table[word] for word in part]
        forth, back = run(x, ""), run(x[::-1], "_reverse")
        states += [np.concatenate(pair) for pair in zip(forth, back[::-1], strict=True)]
        finals.append(np.concatenate([forth[-1], back[-1]]))
    scores = np.stack(states) @ np.mean(finals, axis=0)
    made = np.exp(scores - scores.max())
    return made / made.sum()


def checks() -> Iterator[Check]:
    """Facts of the mathematics, then of the shipped readers."""
    yield from identities()
    yield from of_weights()


@torch.no_grad()
def identities() -> Iterator[Check]:
    """Facts of the mathematics: they hold for any weights."""
    reader, table = exact("one")
    asked = questions(len(table))
    scores = reader(table, asked)
    p = shares(scores)
    yield Check(
        "probabilities over the words sum to 1", "词的位置上概率之和为 1",
        max(abs(float(row[mask].sum()) - 1) for row, mask in zip(p, scores.mask, strict=True)) + 1, 1, DOUBLE,
        note="softmax over the positions of both parts; padding has no share", note_zh="softmax 取遍两段的位置，填充位不分概率",
    )  # fmt: skip
    one = asked[1]
    made = [*p[1, 0, : len(one.left)].tolist(), *p[1, 1, : len(one.right)].tolist()]
    yield Check(
        "attention against the LSTM's formulas, step by step", "与逐步手算的 LSTM 公式之差",
        float(np.abs(by_hand(reader, table.numpy(), one) - made).max()), 0, DOUBLE,
        note="query = mean of the two parts' final states", note_zh="查询向量是两段末状态的平均",
    )  # fmt: skip
    for name in READERS:
        other, vectors = exact(name)
        together = other(vectors, asked)
        apart = [other(vectors, [question]) for question in asked]
        gap = max(
            float((whole[mask] - alone.values[0][alone.mask[0]]).abs().max())
            for whole, mask, alone in zip(together.values, together.mask, apart, strict=True)
        )
        yield Check(
            f"a padded batch against one at a time, reader {name}", f"补齐成批与单条计算之差，{name}", gap, 0, DOUBLE
        )
    ends = [Question([], [5, 7, 11, 7]), Question([5, 7, 11, 7], [])]
    filled = answers(reader(table, ends), [Passage((), tuple("abcb")), Passage(tuple("abcb"), ())])
    yield Check(
        "a blank at an end: probabilities of the words sum to 1", "空在开头或结尾：各词概率之和为 1",
        min(sum(one.p) for one in filled), 1, DOUBLE, note="an empty part is one place-holder that cannot be chosen",
        note_zh="空的一段以一个占位向量代替，它不能被选中",
    )  # fmt: skip
    sums = merged(["A", "B", "C", "B"], [0.4, 0.28, 0.04, 0.28])
    yield Check(
        "merging by hand: A 0.4, B 0.28 twice", "手算合并：A 0.4，B 两处各 0.28",
        sums["B"], 0.56, 1e-12, note="B is the answer, though no position has more than A", note_zh="答案是 B，虽然最大的一处是 A",
    )  # fmt: skip
    hand = Scores(
        torch.tensor([[[0.5, 0.25], [0.25, 0.5]]]).double().log(), torch.tensor([[[True, True], [True, False]]])
    )
    yield Check(
        "loss by hand: p = (½, ¼ | ¼), the answer at the last two", "手算损失：p = (½, ¼ | ¼)，答案在后两处",
        float(loss(hand, torch.tensor([[[False, True], [True, False]]]))), 2 * math.log(2), 1e-12,
        note="uniform target: −½(log ¼ + log ¼); the log of the sum would give log 2", note_zh="均匀目标：−½(log ¼ + log ¼)；若取和的对数则为 log 2",
    )  # fmt: skip


def of_weights() -> Iterator[Check]:
    """Facts of the shipped weights: random ones lack them."""
    named, baseline = baseline_share()
    called, called_zh = CALLED[named]
    told = weights.read_card(NAME).metrics
    blanks = sum(len(swept(text, READERS[0]).places) for text in PASSAGES.values())
    for name in READERS[:2]:
        yield Check(
            f"blanks of this project's passages that {name} fills", f"本站自写短文的空，{name} 填对的比例",
            right_share(name), baseline, 0, "at_least",
            note=f"of {blanks} blanks; the best baseline, {called}, fills {baseline:.3f}", note_zh=f"共 {blanks} 个空；最好的基线（{called_zh}）填对 {baseline:.3f}",
        )  # fmt: skip
    for name in READERS:
        yield Check(
            f"the same, reader {name}, against the card", f"同上，{name}，与卡片对照", right_share(name), told[f"own: {name}"], SAME_ANSWERS,
            note="measured now with the shipped weights", note_zh="现在用自带的权重量出",
        )  # fmt: skip
    test = measured().of("cmrc")
    yield Check(
        "CMRC2017 validation, as recorded when the weights were made: lead over the most frequent noun, in standard errors", "CMRC2017 验证集，按制作权重时的记录：领先最多名词的标准误数",
        test.lead("two"), MARGIN, 0, "at_least",
        note=f"{test.merged['two']:.3f} against {test.frequent:.3f} on {test.questions} questions", note_zh=f"{test.questions} 题：{test.merged['two']:.3f} 对 {test.frequent:.3f}",
    )  # fmt: skip
