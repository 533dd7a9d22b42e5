"""Word2Vec: neighbours, the word in a blank, and what each loss converges to (post 4515)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.text.word2vec.shelf import CBOW_NAME, SKIP_GRAM_NAME, offered
from gallery import inputs, outputs
from gallery.inputs import choice, seed, slider, toggle
from gallery.outputs import Metric, Passage, Table, Texts
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.text import _word2vec_figures as pictures
from pages.text import _word2vec_numbers as numbers
from pages.text._word2vec_figures import LOSSES
from pages.text._word2vec_inputs import BLANKS, OWN, TABLES, WORDS
from pages.text._word2vec_texts import CHANGES, MINIMISER_NOTE, STORY

if TYPE_CHECKING:
    from core.text.word2vec.live import Moment
    from core.text.word2vec.toy import Optimum
    from core.text.word2vec.views import Answer, Guess, Neighbours, Plane

FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
VECTORS, WORD = t("哪组向量", "Which vectors"), t("词", "Word")
WORD_LENGTH, SENTENCE_LENGTH, TEXT_LENGTH = 20, 10_000, 10_000


class Near(Tab):
    label = t("近邻与类比", "Neighbours")
    question = t(
        "一个词的周围是哪些词？a 之于 b，如同 c 之于谁？", "Which words are near a word? And a is to b as c is to what?"
    )
    outputs = (outputs.figure("bars", height=440), FACTS, NOTE)
    tries = (
        Try(
            t("行者：最近的十个词里有八戒", "Wukong: Bajie is among the ten nearest"),
            {"word": "行者"},
            lambda y: "八戒" in y.found.words,
        ),
        Try(
            t(
                "父亲 : 母亲 = 公公 : 婆婆，在前十之内",
                "Father : mother = father-in-law : mother-in-law, among the first ten",
            ),
            {"mode": "analogy", "a": "父亲", "b": "母亲", "c": "公公"},
            lambda y: y.found.rank("婆婆") is not None,
        ),
    )

    mode: str = choice(
        "near", {"near": t("近邻", "Neighbours"), "analogy": t("类比", "Analogy")}, label=t("问什么", "Ask for")
    )
    word: str = inputs.text("宝玉", label=WORD, max_length=WORD_LENGTH, examples=WORDS, shown_when={"mode": "near"})
    a: str = inputs.text("父亲", label=t("a", "a"), max_length=WORD_LENGTH, shown_when={"mode": "analogy"})
    b: str = inputs.text("母亲", label=t("b", "b"), max_length=WORD_LENGTH, shown_when={"mode": "analogy"})
    c: str = inputs.text("公公", label=t("c", "c"), max_length=WORD_LENGTH, shown_when={"mode": "analogy"})
    table: str = choice("cbow", {name: TABLES[name] for name in offered()}, label=VECTORS)
    count: int = slider(10, 5, 30, label=t("几个", "How many"))

    def compute(self) -> Neighbours | Answer:
        from core.text.word2vec.views import analogy, neighbours

        if self.mode == "near":
            return neighbours(self.word, self.table, self.count)
        return analogy(self.a, self.b, self.c, self.table, self.count)

    def show(self, y: Neighbours | Answer, say: Say) -> Mapping[str, Any]:
        from core.text.word2vec.views import Neighbours

        first, cosine, card = y.found.words[0], y.found.cosines[0], y.card
        facts = [
            Metric(say("自拟的“谁更近”题", "Own questions, which is nearer"), f"{card['nearer of two: right']:.0f} / {card['nearer of two: asked']:.0f}", say("随机猜对一半；模型卡", "a guess: half; card")),
            Metric(say("自拟的类比题", "Own analogies"), f"{card['analogies: first']:.0f} / {card['analogies: asked']:.0f}", say(f"排第一；前十 {card['analogies: among ten']:.0f}", f"first; {card['analogies: among ten']:.0f} among ten")),
        ]  # fmt: skip
        if isinstance(y, Neighbours):
            title = say(
                f"离「{y.word}」最近的是「{first}」，余弦 {cosine:.2f}",
                f"Nearest to {y.word} is {first}, cosine {cosine:.2f}",
            )
            rarest = min(y.counts)
            told = say(
                f"向量长 ‖v‖ = {y.length:.2f}；余弦只看方向。这些近邻中最少见的在语料里出现 {rarest} 次。",
                f"The vector's length ‖v‖ is {y.length:.2f}; a cosine sees directions alone. The rarest of these neighbours occurs {rarest} times.",
            )
            if y.changed:
                told += say(
                    f"输入的「{y.typed.strip()}」按「{y.word}」查。", f" {y.typed.strip()} is looked up as {y.word}."
                )
            facts = [Metric(say("语料中出现", "Occurs in the text"), y.count, say("次", "times")), *facts]
        else:
            a, b, c = y.words
            title = say(
                f"{a} : {b} = {c} : 「{first}」，余弦 {cosine:.2f}", f"{a} : {b} = {c} : {first}, cosine {cosine:.2f}"
            )
            told = say(
                f"答案里有 {y.shared} / {len(y.found.words)} 个本来就是「{c}」的近邻：类比真正加上的，只是其余的。",
                f"{y.shared} of {len(y.found.words)} answers are neighbours of {c} anyway: only the rest is what the analogy adds.",
            )
        return {"bars": pictures.cosines(title, y.found, say), "facts": facts, "note": told}


class Blank(Tab):
    label = t("填空", "Fill a blank")
    question = t(
        "空里该填哪个词？上下文里是谁说了算？", "Which word is missing, and which words of the context decide?"
    )
    outputs = (
        outputs.figure("words", height=440),
        outputs.text(
            "context",
            t("颜色：把第一名往上推的词（指向可见数值）", "Shade: words that push the first one up (point at one)"),
            height=110,
        ),
        FACTS,
        NOTE,
    )
    tries = (
        Try(
            t("且听下回__：「下回分解」过半", "The formula that ends every chapter: over half on its last word"),
            {"text": "要知后事如何，且听下回__"},
            lambda y: y.words[0] == "下回分解" and y.p[0] > 0.5,
        ),
        Try(
            t("不校正降采样：最可能的词更像实词", "Sub-sampling not undone: rarer words come first"),
            {"text": "取出五十两__，送与老爹", "corrected": False},
            lambda y: "了" not in y.words[:5],
        ),
    )

    text: str = inputs.text(
        BLANKS[0], label=t("一句话，空处写 __", "A sentence, __ for the blank"), max_length=SENTENCE_LENGTH, lines=3, examples=BLANKS,
        help=t("词可以用空格分开，否则按词表最长匹配切分；两侧各看五个词", "words may be set apart by blanks, else the longest known ones are taken; five words at each side are seen"),
    )  # fmt: skip
    answer: str = inputs.text("", label=t("你的答案（可空）", "Your answer (may be empty)"), max_length=WORD_LENGTH)
    corrected: bool = toggle(True, label=t("校正降采样（除以 κ）", "Undo sub-sampling (divide by κ)"))
    count: int = slider(12, 5, 30, label=t("几个", "How many"))

    def compute(self) -> Guess:
        from core.text.word2vec.views import guess

        return guess(self.text, self.answer, self.count, self.corrected)

    def show(self, y: Guess, say: Say) -> Mapping[str, Any]:
        facts = numbers.guess_facts(y, say)
        told = numbers.guess_told(y, say)
        return {
            "words": pictures.blank(y, self.corrected, say),
            "context": Texts([_context(y, say)]),
            "facts": facts,
            "note": " ".join(told),
        }


def _context(y: Guess, say: Say) -> Passage:
    shown, shades, notes = y.letters
    places = [
        say("空", "the blank") if note is None else (say("窗口之外", "outside the window") if note == "" else note)
        for note in notes
    ]
    return Passage(
        shown, shades=shades, notes=places,
        caption=say(
            f"「{y.words[0]}」的 z 比平均高 {y.total:.2f} nat：十个位置共 {y.places:.2f}，偏置 {y.bias_share:.2f}",
            f"z of {y.words[0]} is {y.total:.2f} nat above the mean: {y.places:.2f} by the ten places, {y.bias_share:.2f} by the bias",
        ),
    )  # fmt: skip


class Map(Tab):
    label = t("地图", "Map")
    question = t("常用的词摊在平面上，你的词在哪里？", "The frequent words laid out in a plane: where is yours?")
    outputs = (outputs.figure("map", height=560), outputs.table("near", t("空间里最近的词", "Nearest in space")))
    tries = (
        Try(
            t("行者：八戒在标出的近邻里", "Wukong: Bajie is one of the neighbours marked"),
            {"word": "行者"},
            lambda y: "八戒" in y.near_words,
        ),
    )

    word: str = inputs.text("宝玉", label=t("找一个词", "Find a word"), max_length=WORD_LENGTH, examples=WORDS)
    words: int = slider(2000, 300, 10_000, log=True, label=t("画多少词（由常到少）", "Words drawn (most frequent)"))
    count: int = slider(12, 5, 30, label=t("标出几个近邻", "Neighbours marked"))

    def compute(self) -> Plane:
        from core.text.word2vec.views import plane

        return plane(self.word, self.words, self.count)

    def show(self, y: Plane, say: Say) -> Mapping[str, Any]:
        rows = {say("词", "word"): y.near_words, say("余弦", "cosine"): [round(float(c), 3) for c in y.cosines]}
        return {"map": pictures.plane(y, say), "near": Table(rows)}


class Minimiser(Tab):
    label = t("最优解", "Optimum")
    question = t("p(w|c) 已知时，每种损失学到的 z 是什么？", "Where p(w|c) is known, what z does each loss learn?")
    outputs = (outputs.figure("scores", height=440), outputs.table("lines", t("回归线：测得与理论", "Regression lines, measured and by theory"), height=150), NOTE)  # fmt: skip
    budget = 40_000.0
    live = False
    tries = (
        Try(
            t("均匀噪声换成词频噪声：log p 变成 PMI", "Noise by frequency instead of uniform: log p becomes PMI"),
            {"noise": "unigram"},
            lambda y: abs(y.to_pmi.slope - 1) < 0.1 and y.to_pmi.r > 0.99 > y.to_log_p.r,
        ),
        Try(
            t("负采样，K = 5：PMI − log 5，截距 −1.61", "Negative sampling, K = 5: PMI − log 5, offset −1.61"),
            {"loss": "sgns", "noise": "unigram", "k": 5},
            lambda y: abs(y.to_pmi.slope - 1) < 0.1 and abs(y.to_pmi.offset + 1.609) < 0.15,
        ),
        Try(
            t("剔除撞上目标的噪声：最优解偏了", "Hits left out: the optimum is biased"),
            {"loss": "sgns", "noise": "unigram", "hits": False},
            lambda y: y.gap > 0.08,
        ),
    )

    loss: str = choice("random", LOSSES, label=t("损失", "Loss"))
    noise: str = choice(
        "uniform",
        {"uniform": t("均匀（原文）", "Uniform (the post)"), "unigram": t("词频 p(w)", "Frequency p(w)"), "smoothed": t("p(w)^0.75", "p(w)^0.75")},
        label=t("噪声 q", "Noise q"),
    )  # fmt: skip
    k: int = slider(5, 1, 16, label=t("每个目标几个噪声 K", "Noise words a target, K"))
    hits: bool = toggle(True, label=t("噪声可以撞上目标", "Noise may hit the target"))
    spread: float = slider(1.0, 0.3, 2.0, step=0.1, label=t("上下文的影响（标准差）", "Influence of the context (sd)"))
    steps: int = slider(500, 100, 2000, step=100, label=t("步数", "Steps"))
    seed: int = seed()

    def cost(self) -> float:
        return self.steps * (4 + self.k)

    def compute(self) -> Iterator[Optimum]:
        from core.text.word2vec.toy import optimum

        return optimum(self.loss, self.noise, self.k, self.steps, self.spread, self.seed, self.hits)  # type: ignore[arg-type]

    def progress(self, result: Optimum) -> float:
        return result.done

    def show(self, y: Optimum, say: Say) -> Mapping[str, Any]:
        rows = numbers.lines(y, say)
        note = say(MINIMISER_NOTE)
        return {
            "scores": pictures.optimum(y, self.loss, self.noise, self.k, self.hits, say),
            "lines": Table(rows),
            "note": note,
        }


class Live(Tab):
    label = t("现场训练", "Train live")
    question = t("从随机向量开始，词是怎样找到同类的？", "From random vectors on, how do words find their kind?")
    outputs = (
        outputs.figure("training", height=440),
        outputs.table("near", t("此刻的近邻", "Neighbours now"), height=200),
        FACTS,
    )
    budget = 24_000_000.0
    live = False
    tries = (
        Try(
            t(
                "完整 softmax 作参照：八成以上的词与最近邻同类",
                "Full softmax to compare with: over 80 % of the words beside one of their kind",
            ),
            {"loss": "full"},
            lambda y: y.purity > 0.8,
        ),
        Try(
            t("跳字模型、负采样：同样八成以上", "Skip-gram, negative sampling: over 80 % as well"),
            {"way": "skip-gram", "loss": "sgns"},
            lambda y: y.purity > 0.8,
        ),
    )

    word: str = inputs.text("猫", label=t("看哪个词的近邻", "Word to watch"), max_length=WORD_LENGTH, examples=("猫", "北京", "茶", "火车", "春天"))  # fmt: skip
    source: str = choice("grammar", {"grammar": t("自编的小语言", "A little language"), "own": t("自己的文本", "Your own text")}, label=t("文本", "Text"))  # fmt: skip
    sentences: int = slider(600, 100, 1000, step=50, label=t("几句", "Sentences"), shown_when={"source": "grammar"})
    text: str = inputs.text(
        OWN, label=t("你的文本", "Your text"), max_length=TEXT_LENGTH, lines=6, shown_when={"source": "own"}
    )
    cut: str = choice("words", {"words": t("词（最长匹配）", "Words (longest match)"), "characters": t("字", "Characters")}, label=t("切成", "Cut into"), shown_when={"source": "own"})  # fmt: skip
    way: str = choice("cbow", {"cbow": t("CBOW", "CBOW"), "skip-gram": t("跳字（skip-gram）", "Skip-gram")}, label=t("结构", "Architecture"))  # fmt: skip
    loss: str = choice("random", LOSSES, label=t("损失", "Loss"))
    k: int = slider(5, 1, 16, label=t("噪声 K", "Noise words K"))
    dim: int = slider(16, 2, 64, label=t("维数 d", "Numbers a vector, d"))
    window: int = slider(3, 1, 4, label=t("窗口（每侧）", "Window (each side)"))
    epochs: int = slider(8, 1, 15, label=t("轮数", "Epochs"))
    lr: float = slider(0.01, 0.001, 0.1, log=True, label=t("学习率（Adam）", "Learning rate (Adam)"))
    least: int = slider(1, 1, 10, label=t("至少出现几次", "Least count of a word"))
    seed: int = seed()

    def cost(self) -> float:
        tokens = self.sentences * 7 if self.source == "grammar" else len(self.text)
        return tokens * self.epochs * (2 * self.window if self.way == "skip-gram" else 1) * (4 + self.k)

    def compute(self) -> Iterator[Moment]:
        from core.text.word2vec.live import learning, small

        corpus = small(self.source, self.text, self.cut, self.sentences, self.least, self.seed)
        rest = (self.k, self.dim, self.window, self.epochs, self.lr, self.seed)
        return learning(corpus, self.word, self.way, self.loss, *rest)  # type: ignore[arg-type]

    def progress(self, result: Moment) -> float:
        return result.done

    def show(self, y: Moment, say: Say) -> Mapping[str, Any]:
        rows = {say("词", "word"): y.near.words, say("余弦", "cosine"): [round(float(c), 3) for c in y.near.cosines]}
        facts = numbers.live_facts(y, say)
        return {"training": pictures.moment(y, self.loss, say), "near": Table(rows), "facts": facts}


POST = Post(
    id=4515,
    title=t("【不可思议的Word2Vec】6. Keras版的Word2Vec", "Marvellous Word2Vec (6): Word2Vec in Keras"),
    date=datetime.date(2017, 8, 6),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Mikolov et al. 2013, Distributed Representations of Words and Phrases and their Compositionality", "https://arxiv.org/abs/1310.4546"),
        ("Mikolov et al. 2013, Efficient Estimation of Word Representations in Vector Space", "https://arxiv.org/abs/1301.3781"),
        ("Ma and Collins 2018, Noise Contrastive Estimation and Negative Sampling for Conditional Models", "https://arxiv.org/abs/1809.01812"),
        ("Levy and Goldberg 2014, Neural Word Embedding as Implicit Matrix Factorization", "https://papers.nips.cc/paper/5477-neural-word-embedding-as-implicit-matrix-factorization"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("Word2Vec：随机 softmax", "Word2Vec with random softmax"),
    summary=t(
        "近邻、类比、填空与地图；在 p(w|c) 已知的小世界里验证：随机 softmax 学到 log p，负采样学到 PMI − log K。",
        "Neighbours, analogies, blanks and a map; and where p(w|c) is known: random softmax learns log p, negative sampling PMI − log K.",
    ),
    post=POST,
    tabs=(Near, Blank, Map, Minimiser, Live),
    added=datetime.date(2026, 11, 27),
    weights=(CBOW_NAME, *((SKIP_GRAM_NAME,) if "skip-gram" in offered() else ())),
)
