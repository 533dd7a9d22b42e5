"""Minimum entropy IV: from a library to word vectors (post 6191)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import PointValue, choice, point, seed, slider, text, toggle
from gallery.outputs import Passage, Table, Texts
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.text import _min_entropy_figures as pictures
from pages.text import _min_entropy_numbers as numbers
from pages.text import _min_entropy_texts as texts
from pages.text._min_entropy_inputs import COSTS, Library

if TYPE_CHECKING:
    from core.text.min_entropy.findings import Found, Sentence
    from core.text.min_entropy.findings import Vectors as Learned
    from core.text.min_entropy.views import Bounds, Placed, Shelf

FACTS = outputs.metrics("facts")
PLANE = (-1.25, 1.25)
WALK = {"cost_by": "walk"}
SOURCES = {"novels": t("小说与鲁迅（只有统计）", "Novels and Lu Xun (counts)"), "own": t("自己的文字", "Your own text")}
KINDS = {
    "inner": COSTS["inner"],
    "pair": t("Skip-gram（每词两个向量）", "Skip-gram (two vectors a word)"),
    "euclid": COSTS["euclid"],
    "t": COSTS["t"],
}
PMI, PROBA = t("PMI 门槛（nat）", "Least PMI (nats)"), t("最低概率", "Least probability")
COST, LEAST = t("借两本书的成本", "Cost of two books"), t("最小距离 d_min", "Least distance d_min")


class Shelves(Library):
    slug = "library"
    label = t("图书馆", "The library")
    question = t(
        "书怎样摆，借两本书最省力？", "How should books be placed, for two of them to be fetched with least effort?"
    )
    outputs = (outputs.figure("plane", height=480), FACTS)
    tries = (
        Try(
            t("d_min = 0：全堆在门口，S = 0", "d_min = 0: all at the door, S = 0"),
            {"least": 0.0},
            lambda y: y.cost == 0,
        ),
        Try(
            t("一套教材：前后册排成一条线", "A course: the volumes form a line"),
            {"library": "course", "cost_by": "euclid"},
            lambda y: y.in_order > 0.9,
        ),
        Try(
            t("内积：常借的书反而最远", "Inner product: popular books are the farthest out"),
            {"library": "topics", "cost_by": "inner"},
            lambda y: y.correlation > 0.5,
        ),
    )

    cost_by: str = choice("walk", COSTS, label=COST)
    least: float = slider(1.0, 0.0, 2.0, step=0.1, label=LEAST, shown_when=WALK)
    percent: int = slider(100, 0, 100, label=t("优化到几成（%）", "How far optimised (%)"), play=True)

    def compute(self) -> Shelf:
        from core.text.min_entropy.records import of_rows, simulated
        from core.text.min_entropy.views import shelved

        own = self.library == "own"
        records = of_rows(self.rows) if own else simulated(self.library, self.borrowings, self.focus, self.seed)
        return shelved(records, self.cost_by, self.least, self.percent, self.seed)

    def show(self, y: Shelf, say: Say) -> Mapping[str, Any]:
        facts = numbers.shelf(y, say)
        return {
            "plane": pictures.shelf(y, self.cost_by, self.least, say),
            "facts": facts,
        }  # fmt: skip


class Place(Library):
    label = t("自己放一本", "Place a book")
    question = t("把一本书拖到别处，能比最优更好吗？", "Drag one book elsewhere: can you do better than the optimum?")
    outputs = (outputs.figure("plane", height=600), FACTS)
    tries = (
        Try(
            t("欧氏 softmax：拖到角上，S 变大", "Euclid: dragged into a corner, S is larger"),
            {"cost_by": "euclid", "place": (1.2, 1.2)},
            lambda y: y.excess > 0.001,
        ),
        Try(
            t("最常借的书挪到角上：贵一成以上", "The most popular book in a corner: over a tenth dearer"),
            {"rank": 1, "place": (-1.2, 1.2)},
            lambda y: y.excess > 0.1,
        ),
    )

    cost_by: str = choice("walk", COSTS, label=COST)
    least: float = slider(1.0, 0.1, 2.0, step=0.1, label=LEAST, shown_when=WALK)
    rank: int = slider(3, 1, 40, label=t("第几常借的书", "Which book, by popularity"))
    place: PointValue = point((0.9, 0.7), PLANE, PLANE, label=t("放在哪里", "Place"), in_picture=True)

    def compute(self) -> Placed:
        from core.text.min_entropy.records import of_rows, simulated
        from core.text.min_entropy.views import by_hand

        own = self.library == "own"
        records = of_rows(self.rows) if own else simulated(self.library, self.borrowings, self.focus, self.seed)
        return by_hand(records, self.cost_by, self.least, self.rank, self.place, self.seed)

    def show(self, y: Placed, say: Say) -> Mapping[str, Any]:
        facts = numbers.placed(y, say)
        return {
            "plane": pictures.placed(y, self.cost_by, say),
            "facts": facts,
        }  # fmt: skip


class Bound(Library):
    label = t("下界", "The bound")
    question = t("S 能低到 H(J|I) 吗？要几维？", "Does S come down to H(J|I), and in how many dimensions?")
    outputs = (outputs.figure("bounds", height=460), outputs.markdown("note"))
    live = False

    def compute(self) -> Iterator[Bounds]:
        from core.text.min_entropy.records import of_rows, simulated
        from core.text.min_entropy.views import bounds

        own = self.library == "own"
        records = of_rows(self.rows) if own else simulated(self.library, self.borrowings, self.focus, self.seed)
        return bounds(records, self.seed)

    def progress(self, result: Bounds) -> float:
        return result.done

    def show(self, y: Bounds, say: Say) -> Mapping[str, Any]:
        return {"bounds": pictures.bounds(y, say), "note": say(texts.TOUCHING)}


class Words(Tab):
    label = t("找词", "Find words")
    question = t("不用词典，哪些字该放在一起？", "Without a dictionary, which characters belong together?")
    outputs = (
        outputs.figure("found", height=520),
        outputs.markdown("note"),
        outputs.table("words", t("找到的词（前 60）", "Words found (first 60)")),
        outputs.table("gone", t("多余的：拆成别的词（前 60）", "Redundant: taken apart (first 60)")),
    )
    tries = (
        Try(
            t("读自己的文字：找到了“词向量”“图书馆”", "A text of one's own: “word vector” and “library” are found"),
            {"source": "own"},
            lambda y: "词向量" in y and "图书馆" in y,
        ),
        Try(
            t(
                "不去冗余：词更多，能拼出来的词一个也没有拆",
                "Redundancy kept: more words, and none that shorter ones make up is taken apart",
            ),
            {"prune": False},
            lambda y: not y.redundant and len(y.longer) > 42_000,
        ),
        Try(
            t("门槛提到 5 nat：只剩很少的词", "A threshold of 5 nats: few words are left"),
            {"level": 5},
            lambda y: len(y.longer) < 20_000,
        ),
    )

    source: str = choice("novels", SOURCES, label=t("文字", "Text"))
    text: str = text(
        texts.PASSAGE, label=t("自己的文字", "Your text"), max_length=10_000, lines=8, shown_when={"source": "own"}
    )
    level: int = slider(2, 1, 5, label=PMI, shown_when={"source": "novels"})
    min_proba: float = slider(1e-6, 1e-6, 1e-3, log=True, label=PROBA, shown_when={"source": "novels"})
    min_pmi: float = slider(3.0, 0.0, 8.0, step=0.1, label=PMI, shown_when={"source": "own"})
    least: int = slider(2, 2, 20, label=t("至少出现几次", "Least count"), shown_when={"source": "own"})
    prune: bool = toggle(True, label=t("去冗余", "Take redundancy out"))

    def compute(self) -> Found:
        from core.text.min_entropy.findings import find, find_in_novels

        if self.source == "own":
            return find(self.text, self.min_pmi, self.least, self.prune)
        return find_in_novels(self.level, self.min_proba, self.prune)

    def show(self, y: Found, say: Say) -> Mapping[str, Any]:
        word, count = say("词", "word"), say("次数", "count")
        return {
            "found": pictures.found(y, say),
            "note": texts.reading(y.reading, say) or " ",
            "words": Table({word: [w.text for w in y.listed], count: [w.count for w in y.listed], "log p": [w.log_p for w in y.listed]}),
            "gone": Table({
                word: [r.word for r in y.gone], count: [r.count for r in y.gone],
                say("拆成", "parts"): [" + ".join(r.parts) for r in y.gone],
                say("log p − Σ log p（部分）", "log p − Σ log p of parts"): [r.gain for r in y.gone],
            }),
        }  # fmt: skip


class Cut(Tab):
    label = t("分词", "Cut a sentence")
    question = t("用找到的词去切一句话，切得对吗？", "Cut into the words found, is a sentence cut right?")
    outputs = (
        outputs.text("passage", height=150),
        outputs.figure("paths", height=330),
        FACTS,
        outputs.markdown("note"),
        outputs.table("words", t("逐词", "Word by word")),
    )
    tries = (
        Try(
            t("繁体字照样切", "Traditional characters are cut as well"),
            {"text": "劉姥姥進了大觀園，眾人都笑了。"},
            lambda y: "刘姥姥" in y.words,
        ),
        Try(
            t("现代的词不在这些书里：一字一字地切", "Modern words are not in these books and fall apart"),
            {"text": "互联网公司发布了新版操作系统"},
            lambda y: "互联网" not in y.words and "操作系统" not in y.words,
        ),
    )

    text: str = text(
        texts.SENTENCES[0],
        label=t("一句话", "A sentence"),
        max_length=5000,
        lines=4,
        examples=texts.SENTENCES,
        help=t(
            "繁体先转简体；标点处断开；词库里没有的字、字母与数字一个一个切，每个记 −100 nat",
            "traditional characters are simplified and marks end a piece; characters, letters and digits that the lexicon lacks stand alone, at −100 nats each",
        ),
    )
    level: int = slider(2, 1, 5, label=PMI)
    min_proba: float = slider(1e-6, 1e-6, 1e-3, log=True, label=PROBA)

    def compute(self) -> Sentence:
        from core.text.min_entropy.findings import segmented

        return segmented(self.text, self.level, self.min_proba)

    def show(self, y: Sentence, say: Say) -> Mapping[str, Any]:
        caption = say(
            f"{len(y.words)} 个词，平均 {y.mean_length:.2f} 字",
            f"{len(y.words)} words of {y.mean_length:.2f} characters on average",
        )
        return {
            "passage": Texts([Passage(y.reading.text, "", caption, False, y.shades, y.notes)]),
            "paths": pictures.cut(y, say),
            "facts": texts.agreement(y.against_jieba, say),
            "note": texts.reading(y.reading, say, y.unknown) or " ",
            "words": Table({say("词", "word"): list(y.words), "log p": list(y.log_p)}),
        }  # fmt: skip


class Vectors(Tab):
    label = t("词向量", "Word vectors")
    question = t("把书换成词，同样的优化会得到什么？", "With words for books, what does the same optimisation give?")
    outputs = (
        outputs.figure("vectors", height=520),
        FACTS,
        outputs.table("near", t("最近的词", "The nearest words")),
    )
    budget = 400.0 * 400 * 64 * 300
    live = False
    tries = (
        Try(
            t("64 维的内积：比 2 维低，离 H(J|I) 更近", "64 dimensions: lower than 2, nearer to H(J|I)"),
            {"dimensions": 64},
            lambda y: y.cost - y.bound < 0.15,
        ),
        Try(
            t("看“行者”：近邻里有八戒", "The word for Monkey: Pigsy is among its neighbours"),
            {"query": "行者"},
            lambda y: any(word == "八戒" for word, _ in y.near),
        ),
    )

    query: str = text("宝玉", label=t("看哪个词", "Word"), max_length=8, examples=("宝玉", "行者", "孔明", "先生"))
    kind: str = choice("inner", KINDS, label=t("两个词同现的成本 f", "Cost f of two words together"))
    size: int = slider(400, 60, 400, step=10, label=t("最常见的几个词", "Most frequent words"))
    dimensions: int = slider(16, 2, 64, label=t("维数 d", "Dimensions d"))
    iterations: int = slider(120, 20, 300, step=10, label=t("迭代次数", "Iterations"))
    seed: int = seed()

    def cost(self) -> float:
        return float(self.size**2 * self.dimensions * self.iterations)

    def compute(self) -> Iterator[Learned]:
        from core.text.min_entropy.findings import learned

        return learned(self.size, self.kind, self.dimensions, self.query, self.iterations, self.seed)

    def progress(self, result: Learned) -> float:
        return result.done

    def show(self, y: Learned, say: Say) -> Mapping[str, Any]:
        facts = numbers.vectors(y, say)
        return {
            "vectors": pictures.vectors(y, say),
            "facts": facts,
            "near": Table({say("最近的词", "nearest"): [w for w, _ in y.near], say("相似", "likeness"): [s for _, s in y.near]}),
        }  # fmt: skip


POST = Post(
    id=6191,
    title=t(
        "最小熵原理（四）：“物以类聚”之从图书馆到词向量",
        "Minimum entropy (4): like with like, from the library to word vectors",
    ),
    date=datetime.date(2018, 12, 2),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=(
        (
            "Hinton and Roweis 2002, Stochastic Neighbor Embedding",
            "https://papers.nips.cc/paper/2276-stochastic-neighbor-embedding",
        ),
        (
            "van der Maaten and Hinton 2008, Visualizing Data using t-SNE",
            "https://www.jmlr.org/papers/v9/vandermaaten08a.html",
        ),
        (
            "Mikolov et al. 2013, Distributed Representations of Words and Phrases and their Compositionality",
            "https://arxiv.org/abs/1310.4546",
        ),
    ),
)
PAGE = Page(
    title=t("图书馆与词向量", "The library and word vectors"),
    summary=t(
        "把书摆到最省力，常借的靠门、一起借的相邻；同样的优化用在词上就是词向量，词也是从文字里找出来的。",
        "Shelve books with least effort: popular ones by the door, like with like; on words found in texts, the same optimisation gives word vectors.",
    ),
    post=POST,
    tabs=(Shelves, Place, Bound, Words, Cut, Vectors),
    added=datetime.date(2026, 11, 27),
    weights=("min-entropy",),
)
