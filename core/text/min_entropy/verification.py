"""Verification: the costs on numbers worked out by hand, the bound and when it is touched, the plane, the words, the weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from core.checks import Check
from core.text.min_entropy.costs import (
    SOFTMAX,
    conditional_entropy,
    exact,
    gradient,
    log_conditional,
    logits,
    softmax_cost,
    walk,
)
from core.text.min_entropy.findings import agreement_with_jieba, find
from core.text.min_entropy.lexicon import Segmenter, merged, pairs, pieces, pruned, runs
from core.text.min_entropy.records import joint, simulated
from core.text.min_entropy.shelving import cost_of, costs_at, fitted, nearest, shelve
from core.text.min_entropy.statistics import FLOOR, NAME, lexicon, statistics
from core.text.min_entropy.vectors import cosines
from core.text.min_entropy.views import correlation
from core.weights import load, read_card

__all__ = ["bound", "by_hand", "checks", "of_weights", "of_words", "plane"]

EXACT, ROUNDING = 1e-9, 1e-12
STEP, SLOPE = 1e-5, 1e-7  # of central differences, and how far they may be off
SEEDS = 3
KNOWN = tuple(
    [
        "宝玉",
        "黛玉",
        "凤姐",
        "孔明",
        "曹操",
        "宋江",
        "行者",
        "八戒",
        "唐僧",
        "先生",
        "夫人",
        "太太",
        "丫头",
        "姑娘",
        "如何",
        "什么",
        "不知",
        "天下",
        "将军",
        "国家",
    ]
)
"""Words that the novels are full of, written down before any were found."""
QUERIES = ("宝玉", "黛玉")
SENTENCE = ("却说", "行者", "叫道", "师父", "莫怕")
TEXT = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳"  # all different characters
SPOKEN = 2000  # words said in the made-up language


def by_hand() -> Iterator[Check]:
    """Two books and three books, with numbers that fit on a line; and every gradient against differences."""
    two = np.array([[0.0, 0.5], [0.5, 0.0]])
    yield Check(
        "walk, two books at (3, 4) and the door", "走路：两本书在 (3, 4) 与门口", walk(two, np.array([[3.0, 4.0], [0.0, 0.0]])), 7.5, ROUNDING,
        note="½ (5 + 5) + ½ (0 + 5)", note_zh="½ (5 + 5) + ½ (0 + 5)",
    )  # fmt: skip
    even = (1 - np.eye(3)) / 6
    line = np.array([[1.0], [math.log(2)], [0.0]])
    yield Check(
        "inner product, three books on a line", "内积：一条线上的三本书", softmax_cost("inner", even, line),
        (4 * math.log(3) - 2 * math.log(2) + 2 * math.log(2)) / 6, ROUNDING,
        note="q = (⅔, ⅓), (⅔, ⅓), (½, ½); the book itself is left out", note_zh="q = (⅔, ⅓)、(⅔, ⅓)、(½, ½)；不含自己",
    )  # fmt: skip
    apart = np.array([[0.0], [1.0], [3.0]])
    near, far, other = math.exp(-1), math.exp(-9), math.exp(-4)
    by_row = (near + far, near + other, far + other)
    yield Check(
        "Euclid, books at 0, 1, 3", "欧氏：书在 0、1、3", softmax_cost("euclid", even, apart),
        (sum(2 * math.log(z) for z in by_row) + 2 * (1 + 9 + 4)) / 6, ROUNDING,
        note="squared distances 1, 9, 4", note_zh="平方距离 1、9、4",
    )  # fmt: skip
    yield Check(
        "t, books at 0, 1, 3", "t：书在 0、1、3", softmax_cost("t", even, apart),
        (2 * math.log(1 / 2 + 1 / 10) + 2 * math.log(1 / 2 + 1 / 5) + 2 * math.log(1 / 10 + 1 / 5) + 2 * math.log(2 * 10 * 5)) / 6,
        ROUNDING, note="kernels ½, ⅒, ⅕", note_zh="核 ½、⅒、⅕",
    )  # fmt: skip
    p = simulated("course", 500, 0.8, 1).joint
    for kind in SOFTMAX:
        x = np.random.default_rng(0).normal(size=(2, len(p), 3) if kind == "pair" else (len(p), 3))
        way = np.random.default_rng(1).normal(size=x.shape)
        slope = (softmax_cost(kind, p, x + STEP * way) - softmax_cost(kind, p, x - STEP * way)) / (2 * STEP)
        yield Check(
            f"gradient of {kind} against differences", f"{kind} 的梯度对差分", float(np.vdot(gradient(kind, p, x)[1], way)), slope,
            SLOPE * max(1.0, abs(slope)), note="along a random direction", note_zh="沿随机方向",
        )  # fmt: skip


def bound() -> Iterator[Check]:
    """S − H(J|I) is a mean KL; vectors without a search touch it for the inner product and Euclid, and for t nothing can."""
    p = simulated("general", 3000, 0.85, 0).joint
    x = np.random.default_rng(2).normal(size=(len(p), 2))
    log_q = log_conditional(logits("euclid", x))
    off = ~np.eye(len(p), dtype=bool)
    conditional = p / p.sum(1, keepdims=True)
    kl = float((p[off] * (np.log(conditional[off]) - log_q[off])).sum())
    entropy = conditional_entropy(p)
    yield Check(
        "S − H(J|I) = mean KL(p ‖ q)", "S − H(J|I) = KL(p ‖ q) 的平均", softmax_cost("euclid", p, x) - entropy, kl, EXACT
    )  # fmt: skip
    uniform = joint(np.ones((5, 5), int))
    yield Check(
        "H(J|I) of five equal books", "五本一样的书的 H(J|I)", conditional_entropy(uniform), math.log(4), ROUNDING
    )
    for kind, zh in (("inner", "内积"), ("euclid", "欧氏")):
        yield Check(
            f"{kind}: S of constructed vectors − H(J|I)", f"{zh}：构造出的向量的 S − H(J|I)",
            softmax_cost(kind, p, exact(kind, p)) - entropy, 0.0, EXACT,
            note="Gram matrix log p(i, j) with a free diagonal; squared distances c − log p(i, j)", note_zh="Gram 矩阵 log p(i, j)，对角线任取；平方距离 c − log p(i, j)",
        )  # fmt: skip
    start = np.random.default_rng(3).normal(size=p.shape) * 0.3
    yield Check(
        "inner: S found by search in |V| dimensions − H(J|I)", "内积：|V| 维里搜索到的 S − H(J|I)",
        softmax_cost("inner", p, fitted("inner", p, start, 800)) - entropy, 0.0, 1e-3, "at_most",
    )  # fmt: skip
    length = np.zeros_like(p)
    length[off] = np.sqrt(1 / p[off])
    detour = np.where(off, length, np.inf)
    excess = max(float((length / (detour[:, [k]] + detour[[k]])).max()) for k in range(len(p)))
    yield Check(
        "t: a side over the way round it", "t：一条边与绕路之比", excess, 1.1, 0.0, "at_least",
        note="touching needs 1 + ‖v_i − v_j‖² ∝ 1 / p(i, j); where p(i, j)^−½ violates the triangle inequality no vectors have that",
        note_zh="贴到下界要 1 + ‖v_i − v_j‖² ∝ 1 / p(i, j)；p(i, j)^−½ 违反三角不等式时没有这样的向量",
    )  # fmt: skip


def plane() -> Iterator[Check]:
    """The walk: books keep their distance, S grows with d_min, no exchange and no place tried is better, popular books are near."""
    worst, gain, closest = -1.0, 0.0, math.inf
    for seed in range(SEEDS):
        records = simulated("general", 3000, 0.85, seed)
        film = shelve(records, "walk", 1.0, seed)
        p, x = records.joint, film.optimum
        worst = max(worst, correlation(records.popularity, x))
        closest = min(closest, nearest(x))
        best = cost_of("walk", p, x)
        for one, other in itertools.combinations(range(len(p)), 2):
            y = x.copy()
            y[[one, other]] = y[[other, one]]
            gain = max(gain, best - cost_of("walk", p, y))
    yield Check("walk: least distance of two books", "走路：两本书的最小距离", closest, 1.0, EXACT, "at_least")
    yield Check("walk: most gained by an exchange", "走路：交换两本最多省多少", gain, 0.0, 1e-6, "at_most")
    yield Check(
        "walk: rank correlation of popularity and distance", "走路：借阅次数与到门距离的秩相关", worst, -0.5, 0.0, "at_most",
        note="the largest of three seeds", note_zh="三个种子里最大的",
    )  # fmt: skip
    records = simulated("course", 1000, 0.85, 0)
    one, two = (shelve(records, "walk", least, 0).costs[-1] for least in (1.0, 2.0))
    yield Check(
        "walk: S at d_min = 2 over S at d_min = 1", "走路：d_min = 2 的 S 与 d_min = 1 的之比", two / one, 2.0, 1e-6
    )
    for kind in ("walk", "euclid", "inner", "t"):
        x = np.random.default_rng(5).normal(size=(len(records.titles), 2))
        moved = x.copy()
        moved[3] = (0.3, -0.7)
        told = float(costs_at(kind, records.joint, x, 3, moved[[3]])[0])
        yield Check(
            f"{kind}: S with one book moved",
            f"{kind}：挪动一本书后的 S",
            told,
            cost_of(kind, records.joint, moved),
            EXACT,
        )


def of_words() -> Iterator[Check]:
    """PMI and the rule of redundancy on counts worked out by hand; the best path against all paths; runs cut twice."""
    counted = pairs(["甲乙甲乙甲丙"])
    yield Check(
        "PMI of a pair, by hand", "一对字的 PMI，手算", counted.pmi("甲乙"), math.log(2 / 5) - math.log(3 / 6 * 2 / 6), ROUNDING,
        note="甲 3 and 乙 2 of 6 characters, 甲乙 2 of 5 pairs", note_zh="六个字里甲 3、乙 2，五对里甲乙 2",
    )  # fmt: skip
    words, gone = pruned({"甲乙": 10, "甲": 45, "乙": 45}, 0.0)
    gain = math.log(10 / 100) - 2 * math.log(45 / 90)
    yield Check(
        "redundancy: log p(w) − Σ log p(parts)",
        "冗余：log p(w) − Σ log p(部分)",
        gone[0].gain if gone else math.nan,
        gain,
        ROUNDING,
    )
    yield Check(
        "redundancy: the parts get the counts", "冗余：次数归给部分", words.get("甲", 0) + words.get("甲乙", 0), 55, 0.0
    )
    kept, _ = pruned({"甲乙": 80, "甲": 10, "乙": 10}, 0.0)
    yield Check("redundancy: what says more stays", "冗余：说得更多的留下", kept.get("甲乙", 0), 80, 0.0)
    rng = np.random.default_rng(0)
    known = {"甲": 5, "乙": 4, "丙": 3, "甲乙": 6, "乙丙": 4, "甲乙丙": 2, "丙甲": 3}
    model, off = Segmenter(known), 0.0
    for _ in range(20):
        piece = "".join(rng.choice(list("甲乙丙丁"), 7))
        best = sum(map(model.log_p, model.best(piece)))
        every = (
            sum(map(model.log_p, (piece[a:b] for a, b in itertools.pairwise((0, *ends, len(piece))))))
            for k in range(len(piece))
            for ends in itertools.combinations(range(1, len(piece)), k)
            if all(b - a == 1 or piece[a:b] in known for a, b in itertools.pairwise((0, *ends, len(piece))))
        )
        off = max(off, abs(best - max(every)))
    yield Check("Viterbi against all 64 ways to cut", "Viterbi 对全部 64 种切法", off, 0.0, EXACT)
    texts = list(pieces(TEXT * 2 + "天地日月寒暑天地玄月"))
    counted = pairs(texts)
    loose, tight = (counted.strong(pmi, 0.0) for pmi in (2.0, 3.2))
    direct, twice = runs(texts, tight), merged(runs(texts, loose), tight)
    yield Check(
        "runs cut again = runs of the text", "再切一次的片段 = 直接切的片段", sum((direct - twice).values()) + sum((twice - direct).values()), 0, 0.0,
        note="which is why counts may ship without the text", note_zh="所以可以只附统计、不附原文",
    )  # fmt: skip
    language = [TEXT[k : k + 2 + k % 2] for k in range(0, 36, 3)]
    spoken = "".join(language[k] for k in rng.integers(len(language), size=SPOKEN))
    mixed = "".join(rng.permutation(list(spoken)))
    found, shuffled = (
        sum(word in one for word in language) / len(language) for one in (find(spoken, 1.0, 10), find(mixed, 1.0, 10))
    )
    yield Check("words of a made-up language that are found", "一种假想语言里找到的词", found, 0.7, 0.0, "at_least")
    yield Check("the same with its characters shuffled", "同样的字打乱以后", shuffled, 0.1, 0.0, "at_most")


def of_weights() -> Iterator[Check]:
    """What ships: the words found, and vectors whose S lies between the bound and what frequencies alone give."""
    kept = statistics()
    words, _ = lexicon(2, FLOOR)
    share = sum(word in words for word in KNOWN) / len(KNOWN)
    yield Check("known words among those found", "熟知的词里找到的", share, 0.8, 0.0, "at_least")
    cut = Segmenter(words).best("".join(SENTENCE))
    yield Check("a sentence cut as by hand", "一句话切得与手工一致", len(set(cut) & set(SENTENCE)) / len(SENTENCE), 0.75, 0.0, "at_least")  # fmt: skip
    agreement = agreement_with_jieba()
    others = max(found.f1 for way, found in agreement.items() if way != "words found")
    yield Check(
        "boundary F1 against jieba, held out", "与 jieba 的边界 F1，留出", agreement["words found"].f1, others + 0.03, 0.0, "at_least",
        note=f"from the card; the better baseline has {others:.3f}", note_zh=f"据模型卡；较好的对照是 {others:.3f}",
    )  # fmt: skip
    model = load(NAME)
    p = joint(kept.beside, 0.0)
    popular = p.sum(0)
    scores = {
        "ours": logits("pair", model.both[:, : len(p)]),
        "frequencies": np.broadcast_to(np.log(popular), p.shape).copy(),
    }
    costs = {name: -float((p[p > 0] * log_conditional(score)[p > 0]).sum()) for name, score in scores.items()}
    entropy = conditional_entropy(p)
    closed = (costs["frequencies"] - costs["ours"]) / (costs["frequencies"] - entropy)
    yield Check(
        "vectors: share of the gap to H(J|I) that they close", "词向量：补上了多少到 H(J|I) 的差", closed, 0.4, 0.0, "at_least",
        note="from S of frequencies alone, now", note_zh="从只按词频的 S 算起，现算",
    )  # fmt: skip
    told = read_card(NAME).metrics
    yield Check(
        "vectors: held-out S below that of frequencies alone", "词向量：留出的 S 低于只按词频", told["held-out S"],
        told["held-out S, word frequencies alone"], 0.0, "at_most", note="from the card", note_zh="据模型卡",
    )  # fmt: skip
    near = {
        kept.words[k] for query in QUERIES for k in np.argsort(-cosines(model.both[0], kept.words.index(query)))[1:11]
    }
    yield Check(
        "宝玉 and 黛玉 have each other's world near",
        "宝玉、黛玉的近邻是红楼梦里的人",
        len(near & HOUSE),
        4,
        0.0,
        "at_least",
    )


HOUSE = set(
    [
        "宝玉",
        "黛玉",
        "宝钗",
        "袭人",
        "凤姐",
        "贾母",
        "湘云",
        "探春",
        "晴雯",
        "紫鹃",
        "王夫人",
        "贾政",
        "平儿",
        "薛姨妈",
        "李纨",
        "贾琏",
        "迎春",
        "惜春",
        "鸳鸯",
        "麝月",
        "林黛玉",
        "宝姐姐",
        "林妹妹",
    ]
)
"""Names of the Red Chamber."""


def checks() -> Iterator[Check]:
    """All facts of the page."""
    for part in (by_hand, bound, plane, of_words, of_weights):
        yield from part()
