"""Verification: counts, PMI and SVD against brute force, the objective of SGNS against differences and its known maximum, look-ups, and what ships."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from core.checks import Check
from core.text.vectors import WordVectors
from core.text.word2vec_svd.counting import BREAK, cooccurrences
from core.text.word2vec_svd.factors import pmi, positive, truncated
from core.text.word2vec_svd.likeness import chance, nearest, overlap
from core.text.word2vec_svd.reviews import read
from core.text.word2vec_svd.sgns import Settings, Vectors, climb, dense, gradients, noise
from core.text.word2vec_svd.shelf import counts, shipped, words
from core.text.word2vec_svd.views import looked, spectrum

__all__ = ["checks", "of_counting", "of_lookup", "of_neighbours", "of_ranks", "of_reviews", "of_sgns"]

TOY = np.array([0, 1, 2, 0, BREAK, 1, 1, 2], np.int32)
"""a b c a | b b c: by hand, in windows of 1, #(a,b) = 1, #(b,c) = 2, #(c,a) = 1, #(b,b) = 2."""
TOY_COUNTS = {(0, 1): 1, (1, 2): 2, (2, 0): 1, (1, 1): 2}
EXACT = 1e-9
USED, RANK = 500, 40
ALIKE = 0.15  # ten times what chance gives, a third of what is measured
REVIEWS = (
    ("酒店位置好，房间干净，服务热情，下次还来", True), ("书的内容很精彩，印刷也好，值得推荐", True), ("牛奶味道很好，孩子喜欢喝", True),
    ("电脑外观漂亮，速度快，性价比高，非常满意", True), ("房间又脏又吵，服务态度极差，再也不来了", False), ("书是盗版，错字很多，太失望了", False),
    ("用了两天就坏了，客服不理人，垃圾", False), ("屏幕有亮点，质量差，要求退货", False),
)  # fmt: skip
"""Written for this check: reviews whose judgement nobody doubts."""


def of_counting() -> Iterator[Check]:
    """Counts by hand; PMI by hand; the margins."""
    found = cooccurrences(TOY, 3, 1)
    by_hand = np.zeros((3, 3))
    for (i, j), n in TOY_COUNTS.items():
        by_hand[i, j] = by_hand[j, i] = n
    gap = float(np.abs(dense(found) - by_hand).max())
    yield Check("counts of a toy text by hand", "玩具文本的共现，手数", gap, 0.0, 0.0, note="windows of 1 do not reach over the end of a sentence", note_zh="窗口为 1，不跨句")  # fmt: skip
    at = int(np.flatnonzero((found.row == 1) & (found.column == 2))[0])
    expected = math.log(2 * by_hand.sum() / (by_hand[1].sum() * by_hand[2].sum())) - math.log(3)
    yield Check("PMI − log 3 of one pair by hand", "一对词的 PMI − log 3，手算", float(pmi(found, 3.0, 1.0)[at]), expected, EXACT)  # fmt: skip
    rng = np.random.default_rng(0)
    tokens = rng.integers(-1, 30, 3000).astype(np.int32)
    brute = np.zeros((30, 30))
    for i in range(len(tokens)):
        for j in range(i + 1, min(i + 5, len(tokens))):
            if (tokens[i : j + 1] < 0).any():
                break
            brute[tokens[i], tokens[j]] += 1
            brute[tokens[j], tokens[i]] += 1
    gap = float(np.abs(dense(cooccurrences(tokens, 30, 4)) - brute).max())
    yield Check("counts of 3 000 random words, pair by pair", "3000 个随机词的共现，逐对数", gap, 0.0, 0.0)


def of_ranks() -> Iterator[Check]:
    """Eckart and Young, and the randomised SVD against LAPACK's."""
    y = spectrum(300, 1.0, RANK)
    yield Check("rank 40: ‖M − M_d‖ against √Σσ²", "秩 40：‖M − M_d‖ 与 √Σσ²", y.measured, y.predicted, EXACT, note="Eckart and Young", note_zh="Eckart–Young 定理")  # fmt: skip
    matrix = positive(counts().first(USED), 1.0)
    factors = truncated(matrix, RANK)
    full = np.linalg.svd(matrix.toarray().astype(np.float64), compute_uv=False)
    gap = float(np.abs(factors.values / full[:RANK] - 1).max())
    yield Check("40 singular values against LAPACK's", "40 个奇异值与 LAPACK 之差", gap, 0.0, 2e-3, "at_most", "relative; the iteration is randomised and stopped", "相对误差；随机迭代若干次即止")  # fmt: skip
    left = matrix.toarray() - (factors.left * factors.values) @ factors.right.T
    best = math.sqrt(float(np.square(full[RANK:]).sum()))
    yield Check("its error above the least", "它的误差与最小可能之比", float(np.linalg.norm(left)) / best, 1.0, 1e-3, note="no matrix of rank 40 has less", note_zh="没有秩 40 的矩阵更小")  # fmt: skip
    turned = factors.left.T @ factors.left
    yield Check("columns of U are orthonormal", "U 的列正交归一", float(np.abs(turned - np.eye(RANK)).max()), 0.0, 1e-3)


def of_sgns() -> Iterator[Check]:
    """The gradient by differences; the maximum at full rank is PMI − log k."""
    rng = np.random.default_rng(1)
    pairs = rng.integers(1, 9, (6, 6)).astype(np.float64)
    pairs = pairs + pairs.T
    share = noise(pairs.sum(0), 0.75)
    v, u, step = rng.standard_normal((6, 3)), rng.standard_normal((6, 3)), 1e-6
    slope = gradients(Vectors(v, u), pairs, 3.0, share)[1]
    worst = 0.0
    for table, found in ((v, slope.words), (u, slope.contexts)):
        for at in ((0, 0), (3, 1), (5, 2)):
            kept = table[at]
            ends = []
            for sign in (1, -1):
                table[at] = kept + sign * step
                ends.append(gradients(Vectors(v, u), pairs, 3.0, share)[0])
            table[at] = kept
            worst = max(worst, abs((ends[0] - ends[1]) / (2 * step) - found[at]))
    yield Check("gradient of SGNS against differences", "SGNS 的梯度与差分", worst, 0.0, 1e-4)
    *_, (_, _, vectors) = climb(pairs.astype(np.float32), Settings(size=6, negatives=3.0, steps=2000, lr=0.05), 0)
    target = np.log(pairs / (pairs.sum(1, keepdims=True) * share)) - math.log(3)
    gap = float(np.abs(vectors.words @ vectors.contexts.T - target).max())
    yield Check("full rank: v·u against PMI − log k", "满秩：v·u 与 PMI − log k", gap, 0.0, 0.02, note="Levy and Goldberg 2014; 2 000 steps on 6 words", note_zh="Levy–Goldberg 2014；6 个词 2000 步")  # fmt: skip


def of_lookup() -> Iterator[Check]:
    """One-hot rows and counts times the whole table, exactly."""
    y = looked("宝玉打了黛玉，黛玉哭了，宝玉笑了")
    yield Check("one-hot × table against the rows", "one hot × 表与查到的行", y.row_gap, 0.0, 0.0, note="all 6 000 × 100 entries, float64", note_zh="整张 6000 × 100 的表，float64")  # fmt: skip
    yield Check("counts × table against the sum", "词频 × 表与逐词之和", y.sum_gap, 0.0, 0.0, note="sums of half-precision numbers are exact in float64", note_zh="半精度数之和在 float64 里没有舍入")  # fmt: skip
    first = y.columns.index("黛玉")
    yield Check("黛玉 is counted", "黛玉的词频", float(y.bag[first]), 2.0, 0.0)


def of_neighbours() -> Iterator[Check]:
    """SVD and SGNS have neighbours in common, far beyond chance; the shipped table is the SVD of the shipped counts."""
    kept, names = counts().first(USED), words()[:USED]
    svd = nearest(WordVectors(names, truncated(positive(kept), RANK).vectors(RANK, 0.5)).units, USED)
    *_, (_, _, vectors) = climb(dense(kept), Settings(size=RANK, steps=80), 0)
    found = overlap(svd, nearest(WordVectors(names, vectors.words).units, USED))
    floor = chance(USED)
    yield Check("overlap@10 of SVD and SGNS, 500 words", "SVD 与 SGNS 的 overlap@10，500 词", found, ALIKE, 0.0, "at_least", f"chance gives {floor:.3f}", f"瞎猜为 {floor:.3f}")  # fmt: skip
    table = shipped()
    near = table.neighbours(table.ids["黛玉"], 10).words
    known = {"宝钗", "宝玉", "紫鹃", "湘云", "袭人", "探春", "凤姐", "贾母", "王夫人", "薛姨妈"}
    yield Check("黛玉's neighbours are of her novel", "黛玉的近邻都在《红楼梦》里", float(len(known & set(near))), 6.0, 0.0, "at_least", "of 10; random vectors have 0", "10 个里；随机向量得 0")  # fmt: skip


def of_reviews() -> Iterator[Check]:
    """Contributions add up; reviews that nobody doubts are judged right by averages and by the bag of words."""
    for scheme in ("bag-word", "svd-word-256", "bag-pair"):
        y = read(REVIEWS[0][0], scheme)
        share = float(y.shares.sum())
        yield Check(f"{scheme}: characters add up to the logit", f"{scheme}：逐字之和即 logit", share + y.bias, y.straight, EXACT)  # fmt: skip
        right = float(np.mean([(read(text, scheme).good > 0.5) == good for text, good in REVIEWS]))
        yield Check(f"{scheme}: eight plain reviews", f"{scheme}：八条明白的评价", right, 0.87, 0.0, "at_least", "written for this check; guessing gives 0.5", "为此而写；瞎猜为 0.5")  # fmt: skip


def checks() -> Iterator[Check]:
    """Every fact of the page."""
    yield from of_counting()
    yield from of_ranks()
    yield from of_sgns()
    yield from of_lookup()
    yield from of_neighbours()
    yield from of_reviews()
