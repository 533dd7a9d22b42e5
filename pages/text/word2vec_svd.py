"""Word vectors by counting and SVD, and averaged vectors as a bag of words (post 4233)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, seed, slider, text, toggle
from gallery.outputs import Metric, Passage, Texts
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.text import _word2vec_svd_figures as pictures
from pages.text._word2vec_svd_figures import SCHEMES, scheme_named
from pages.text._word2vec_svd_texts import BAD, CHANGES, GOOD, MIXED, STORY, TURNED

if TYPE_CHECKING:
    from core.text.word2vec_svd.reviews import Accuracy, Read
    from core.text.word2vec_svd.views import Compared, Looked, Products, Spectrum

FACTS = outputs.metrics("facts")
MOST_SENTENCE, MOST_REVIEW = 40, 1000
MOST_WORDS, MOST_STEPS, SHOWN_PAIRS = 1200, 300, 1200
SIZE, SHIFT = t("维数 d", "Dimensions d"), t("减去 log k 的 k", "k of the log k subtracted")


class Lookup(Tab):
    label = t("查表", "Lookup")
    question = t(
        "one hot 乘矩阵为什么就是查表？词向量之和又为什么是词袋过一层全连接？",
        "Why is a one-hot row times a matrix a look-up, and a sum of word vectors a dense layer on the bag of words?",
    )
    outputs = (outputs.figure("product", height=470), FACTS)
    tries = (
        Try(
            t("同一个词三次：词频 3，和是它的三倍", "One word three times: a count of 3, three times its vector"),
            {"text": "哭了又哭，还哭", "mean": False, "size": 16},
            lambda y: y.most == 3 and y.sum_gap == 0,
        ),
        Try(
            t(
                "“黛玉打了宝玉”：换了词序，和的长度一位不变",
                "Daiyu hits Baoyu: another order, the same length of the sum",
            ),
            {"text": "黛玉打了宝玉，黛玉哭了", "mean": False, "size": 16},
            lambda y: sorted(y.pieces) == sorted(("宝玉", "打", "了", "黛玉", "黛玉", "哭", "了")) and y.sum_gap == 0,
        ),
    )

    text: str = text("宝玉打了黛玉，黛玉哭了", label=t("一句话", "A sentence"), max_length=MOST_SENTENCE, examples=("宝玉打了黛玉，黛玉哭了", "行者笑道：师父放心", "大王的大将的马"))  # fmt: skip
    mean: bool = toggle(False, label=t("取平均（不勾则求和）", "Average (else the sum)"))
    size: int = slider(16, 4, 40, label=t("画出前几维", "Dimensions drawn"))

    def compute(self) -> Looked:
        from core.text.word2vec_svd.views import looked

        return looked(self.text)

    def show(self, y: Looked, say: Say) -> Mapping[str, Any]:
        left_out = say("、".join(y.unknown[:5]), ", ".join(y.unknown[:5])) or say("无", "none")
        return {
            "product": pictures.product(y, self.size, self.mean, say),
            "facts": [
                Metric(say("乘法（照乘积的写法）", "Products, as written"), y.products, say(f"{len(y.pieces)} 词 × {y.words} × {y.size}", f"{len(y.pieces)} words × {y.words} × {y.size}")),
                Metric(say("查表抄的数", "Numbers that a look-up copies"), y.copies, say("其余都是乘以 0", "the rest multiplies by 0")),
                Metric(say("词频 × W 与逐词相加", "Counts × W against the sum"), _gap(y.sum_gap, say), say("最大差，全部维数，float64", "largest gap, all dimensions, float64")),
                Metric(say("词表里没有的字", "Unknown characters"), len(y.unknown), left_out + (say("；繁体已转简体", "; simplified") if y.traditional else "")),
            ],
        }  # fmt: skip


class Climb(Tab):
    """SGNS climbs from the shipped counts, here and now; subclasses say what is looked at."""

    budget = float(MOST_WORDS**2 * MOST_STEPS)
    live = False

    words: int = slider(800, 400, MOST_WORDS, step=100, label=t("最常用的几个词", "The commonest words"))
    size: int = slider(50, 5, 200, label=t("维数 d（两边相同）", "Dimensions d of both"))
    negatives: int = slider(5, 1, 15, label=t("SGNS 的负样本数 k", "Negatives k of SGNS"))
    smooth: bool = toggle(True, label=t("上下文词频取 0.75 次方", "Context counts to the power 0.75"))
    steps: int = slider(120, 40, MOST_STEPS, step=20, label=t("SGNS 的步数", "Steps of SGNS"))

    @property
    def smoothing(self) -> float:
        """The exponent of context counts."""
        return 0.75 if self.smooth else 1.0

    def cost(self) -> float:
        return float(self.words**2 * self.steps)


class Neighbours(Climb):
    label = t("近邻", "Neighbours")
    question = t(
        "数共现，取 PPMI（比碰巧同现多几倍的对数，负的记 0），做 SVD：近邻和 Word2Vec 的 SGNS（负采样的跳字模型）一样吗？",
        "Count, take the PPMI (the log of how much more often than by chance words meet, 0 where negative), do an SVD: are the neighbours those of Word2Vec's SGNS (skip-gram with negative sampling)?",
    )
    outputs = (outputs.figure("pair", height=450), FACTS, outputs.figure("path", height=300))
    tries = (
        Try(
            t(
                "银子：全部词的重合是瞎猜的二十倍以上",
                "Silver: over all words the overlap is over twenty times chance",
            ),
            {"word": "银子"},
            lambda y: y.mutual > 20 * y.random,
        ),
        Try(
            t(
                "SVD 也减去 log 10：负的格子都成了 0，更不像",
                "Let the SVD subtract log 10: more cells become 0, less alike",
            ),
            {"shift": 10},
            lambda y: y.random < y.mutual < y.seeds - 0.15,
        ),
    )

    word: str = text(
        "酒", label=t("一个词", "A word"), max_length=12, examples=("酒", "马", "银子", "笑", "宝玉", "皇帝")
    )
    shift: int = slider(1, 1, 15, label=t("SVD 减去 log k 的 k", "k of the log k that the SVD subtracts"))
    power: float = slider(0.5, 0.0, 1.0, step=0.05, label=t("Σ 的指数 p", "Exponent p of Σ"))
    seed: int = seed()

    def compute(self) -> Iterator[Compared]:
        from core.text.word2vec_svd.sgns import Settings
        from core.text.word2vec_svd.views import compared

        how = Settings(self.size, float(self.negatives), self.smoothing, self.steps)
        return compared(self.word, self.words, how, float(self.shift), self.power, self.seed)

    def progress(self, result: Compared) -> float:
        return result.step / result.steps

    def show(self, y: Compared, say: Say) -> Mapping[str, Any]:
        return {
            "pair": pictures.neighbours(y, say),
            "path": pictures.path(y, say),
            "facts": [
                Metric(say("这个词", "This word"), f"{len(y.shared)} / {len(y.svd.words)}", say("两边都有的近邻", "neighbours that both name")),
                Metric(say("SVD 对 SGNS", "SVD against SGNS"), f"{y.mutual:.3f}", say("overlap@10：前 10 个近邻里相同的比例，全部词平均", "overlap@10: share of the ten nearest that both name, mean of all words")),
                Metric(say("SGNS 换个起点", "SGNS, another start"), f"{y.seeds:.3f}", say("两次 SGNS 之间", "between two runs of SGNS")),
                Metric(say("瞎猜", "Chance"), f"{y.random:.4f}", "10 / (V − 1)"),
            ],
        }  # fmt: skip


class Factorise(Climb):
    label = t("分解了什么", "What is factorised")
    question = t(
        "SGNS 的内积就是 PMI − log k 吗？（PMI：词对比碰巧同现多几倍，取对数）",
        "Are the products of SGNS just PMI − log k? (PMI: the log of how much more often than by chance two words meet)",
    )
    outputs = (outputs.figure("products", height=440), FACTS)
    tries = (
        Try(
            t("d = 200：内积更贴近对角线", "d = 200: the products come nearer to the diagonal"),
            {"size": 200, "words": 400},
            lambda y: y.r[1] > 0.8,
        ),
        Try(
            t("d = 5：装不下", "d = 5: no room for it"),
            {"size": 5, "words": 400},
            lambda y: y.error[1] > 0.3,
        ),
    )

    least: int = slider(10, 2, 200, log=True, label=t("词对至少出现几次", "A pair is seen at least"))
    seed: int = seed()

    def compute(self) -> Iterator[Products]:
        from core.text.word2vec_svd.sgns import Settings
        from core.text.word2vec_svd.views import products

        how = Settings(self.size, float(self.negatives), self.smoothing, self.steps)
        return products(self.words, how, self.least, SHOWN_PAIRS, self.seed)

    def progress(self, result: Products) -> float:
        return result.step / result.steps

    def show(self, y: Products, say: Say) -> Mapping[str, Any]:
        weighted = say("按出现次数加权", "weighted by counts")
        return {
            "products": pictures.products(y, say),
            "facts": [
                Metric(say("SGNS 的偏差", "SGNS deviates by"), f"{y.error[1]:.3f}", say(f"均方根，nat，{weighted}", f"RMS, nats, {weighted}")),
                Metric(say("SVD 的偏差", "The SVD deviates by"), f"{y.error[0]:.3f}", say("它逼近的是 max(·, 0)", "it approximates max(·, 0)")),
                Metric(say("步", "Steps"), f"{y.step} / {y.steps}", f"d = {y.size}, V = {y.words}"),
            ],
        }  # fmt: skip


class Ranks(Tab):
    slug = "spectrum"
    label = t("奇异值", "Spectrum")
    question = t("只留 d 个奇异值，丢掉了多少？", "With d singular values kept, how much is lost?")
    outputs = (outputs.figure("spectrum", height=430), FACTS)
    tries = (
        Try(
            t(
                "留八分之一的维数（100 / 800）：还剩一半以上的误差",
                "An eighth of the dimensions (100 of 800): over half of the error stays",
            ),
            {"words": 800, "size": 100, "shift": 1},
            lambda y: 0.5 < y.measured < 0.8 and abs(y.measured - y.predicted) < 1e-9,
        ),
        Try(
            t(
                "k = 15：剩下的词对少了，同样 64 维误差反而小",
                "k = 15: fewer pairs are left, and 64 dimensions lose less",
            ),
            {"words": 800, "size": 64, "shift": 15},
            lambda y: y.measured < 0.57,
        ),
    )

    words: int = slider(800, 200, 1200, step=100, label=t("最常用的几个词", "The commonest words"))
    size: int = slider(64, 1, 400, log=True, label=SIZE)
    shift: int = slider(1, 1, 15, label=SHIFT)

    def compute(self) -> Spectrum:
        from core.text.word2vec_svd.views import spectrum

        return spectrum(self.words, float(self.shift), self.size)

    def show(self, y: Spectrum, say: Say) -> Mapping[str, Any]:
        return {
            "spectrum": pictures.spectrum(y, say),
            "facts": [
                Metric(say("逐项量出的误差", "Error, entry by entry"), f"{y.measured:.4f}", "‖M − M_d‖ / ‖M‖"),
                Metric(say("由丢掉的 σ 算", "From the dropped σ"), f"{y.predicted:.4f}", say("平方和开方，除以 ‖M‖；差 ", "root of their squares' sum over ‖M‖; gap ") + _gap(y.gap, say)),
                Metric(say("随机 d 维子空间", "A random d-dimensional space"), f"{y.random:.4f}", say("同一个 M 投影上去", "the same M projected on it")),
                Metric(say("留住 ‖M‖² 的一半，要", "To keep half of ‖M‖²"), y.half, say("维", "dimensions")),
            ],
        }  # fmt: skip


class Review(Tab):
    label = t("评价", "Review")
    question = t("写一句评价：每个词各说了多少好话？", "Type a review: how much does each word speak for it?")
    outputs = (outputs.figure("parts", height=460), outputs.text("text", height=150), FACTS)
    tries = (
        Try(
            t("一句差评：P(好) 不到三成", "A bad one: P(good) below 30 %"),
            {"text": BAD, "scheme": "svd-word-256"},
            lambda y: y.good < 0.3,
        ),
        Try(
            t("头一句好评换了次序：P 与各条之和不变", "The first review in another order: the same P, the same sum"),
            {"text": TURNED, "scheme": "svd-word-256"},
            lambda y: y.good > 0.5 and y.gap < 1e-9,
        ),
    )

    text: str = text(
        GOOD, label=t("一句评价", "A review"), max_length=MOST_REVIEW, lines=4, examples=(GOOD, BAD, MIXED)
    )
    scheme: str = choice("svd-word-256", SCHEMES, label=t("方法", "Scheme"))

    def compute(self) -> Read:
        from core.text.word2vec_svd.reviews import read

        return read(self.text, self.scheme)

    def show(self, y: Read, say: Say) -> Mapping[str, Any]:
        for_it, against = y.towards
        notes = [f"{share:+.3f}" for share in y.shares]
        known = (
            say("都认得", "all known")
            if not y.unknown
            else say(f"不认得 {len(y.unknown)} 个，计 0", f"{len(y.unknown)} unknown count 0")
        )
        return {
            "parts": pictures.parts(y, say),
            "text": Texts([
                Passage(y.text, say("替它说好话的字", "What speaks for it"), "", False, for_it.tolist(), notes),
                Passage(y.text, say("替它说坏话的字", "What speaks against it"), "", False, against.tolist(), notes),
            ]),
            "facts": [
                Metric(say("好评的概率", "Probability of a good review"), pictures.chance(y.good), scheme_named(y.scheme, say)),
                Metric(say("b + 各贡献之和", "b + sum of contributions"), f"{y.logit:+.2f}", say("与内积之差 ", "off the inner product by ") + _gap(y.gap, say)),
                Metric(say("同意的方法", "Schemes that agree"), f"{y.agreeing} / {len(y.others)}", say("其余在“几种方法”", "all under Schemes")),
                Metric(say("单位", "Units"), len(y.pieces), known + (say("；繁体已转简体", "; simplified") if y.traditional else "")),
            ],
        }  # fmt: skip


class Schemes(Tab):
    label = t("几种方法", "Schemes")
    question = t(
        "平均词向量到底有百分之几？要多少维？", "How good is the average of word vectors, and of how many dimensions?"
    )
    outputs = (outputs.figure("curves", height=470), outputs.table("all", t("全部数字", "All figures")))
    tries = (
        Try(t("d = 512：平均词向量到 0.83 以上", "d = 512: averages reach 0.83 and more"), {"size": "512"}, lambda y: y.of("svd-word-512", True) > 0.83),
        Try(t("d = 32：比词袋差很多", "d = 32: far below the bag of words"), {"size": "32"}, lambda y: y.of("bag-word", True) - y.of("svd-word-32", True) > 0.04),
    )  # fmt: skip

    size: str = choice("128", {str(d): t(str(d), str(d)) for d in (32, 64, 128, 256, 512)}, label=SIZE)
    part: str = choice("test", {"test": t("测试集", "Test set"), "validation": t("验证集（用来选正则）", "Validation (chose the regulariser)")}, label=t("在哪里量", "Measured on"))  # fmt: skip

    def compute(self) -> Accuracy:
        from core.text.word2vec_svd.reviews import accuracies

        return accuracies()

    def show(self, y: Accuracy, say: Say) -> Mapping[str, Any]:
        test = self.part == "test"
        return {"curves": pictures.accuracies(y, int(self.size), test, say), "all": pictures.table(y, say)}


def _gap(value: float, say: Say) -> str:
    """A difference that is rounding at most, in one digit."""
    return f"{value:.0e}" if value else say("0（一位不差）", "0 (exactly)")


POST = Post(
    id=4233,
    title=t("SVD分解(三)：连Word2Vec都只不过是个SVD？", "SVD (3): is even Word2Vec nothing but an SVD?"),
    date=datetime.date(2017, 2, 23),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Levy and Goldberg 2014, Neural Word Embedding as Implicit Matrix Factorization", "https://papers.nips.cc/paper/5477-neural-word-embedding-as-implicit-matrix-factorization"),
        ("Levy, Goldberg and Dagan 2015, Improving Distributional Similarity with Lessons Learned from Word Embeddings", "https://aclanthology.org/Q15-1016/"),
        ("Mikolov et al. 2013, Distributed Representations of Words and Phrases and their Compositionality", "https://arxiv.org/abs/1310.4546"),
        ("Joulin et al. 2016, Bag of Tricks for Efficient Text Classification", "https://arxiv.org/abs/1607.01759"),
        ("Halko, Martinsson and Tropp 2011, Finding Structure with Randomness", "https://arxiv.org/abs/0909.4061"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("Word2Vec 与 SVD", "Word2Vec and SVD"),
    summary=t(
        "one hot 乘矩阵就是查表；数共现、取 PMI、做 SVD，与 SGNS 比近邻；平均词向量就是词袋，逐词看情感。",
        "A one-hot row times a matrix is a look-up; counts, PMI and SVD against SGNS; averaged vectors are a bag of words, review by review.",
    ),
    post=POST,
    tabs=(Lookup, Neighbours, Factorise, Ranks, Review, Schemes),
    added=datetime.date(2026, 11, 27),
    weights=("word2vec-svd-prose", "word2vec-svd-reviews"),
)
