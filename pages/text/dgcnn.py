"""Reading comprehension by convolutions alone: DGCNN (post 5409)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.text.dgcnn.examples import EXAMPLES
from gallery import outputs
from gallery.inputs import Column, choice, seed, slider, table, text, toggle
from gallery.outputs import Metric, Passage, Table, Texts
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.text import _dgcnn_figures as pictures
from pages.text import _dgcnn_inputs as inputs
from pages.text import _dgcnn_texts as texts

if TYPE_CHECKING:
    from core.text.dgcnn.questions import Asked, Gates, Measured, Ruler, Tally, Voted

NAME = "dgcnn-questions"
FACTS, NOTE = outputs.metrics("facts"), outputs.markdown("note")
STACKS = {
    "post": t("1, 2, 4, 8, 16, 1（段落）", "1, 2, 4, 8, 16, 1 (passage)"),
    "question": t("1, 2, 1（问题）", "1, 2, 1 (question)"),
    "ones": t("1, 1, 1, 1, 1, 1（不膨胀）", "1, 1, 1, 1, 1, 1 (not dilated)"),
    "twos": t("2, 2, 2, 2, 2, 2（只有偶数）", "2, 2, 2, 2, 2, 2 (even numbers alone)"),
    "jump": t("1, 8, 16（跳得太快）", "1, 8, 16 (too far, too soon)"),
    "wide": t("1, 2, 4, 8, 16, 32（更远）", "1, 2, 4, 8, 16, 32 (farther)"),
}
DILATIONS = {
    "post": (1, 2, 4, 8, 16, 1), "question": (1, 2, 1), "ones": (1,) * 6, "twos": (2,) * 6, "jump": (1, 8, 16), "wide": (1, 2, 4, 8, 16, 32),
}  # fmt: skip
REACH = 70  # characters to either side on the ruler: more than any of the stacks sees
TRAP = [{"answer": "A", "score": 0.7}, *[{"answer": "B", "score": 0.2}] * 4]
BLOCKS = 6
STRANGE = "谁是第一个踏上月球的人？"


class Ask(inputs.Reading):
    label = t("提问", "Ask")
    question = t("给一段话和一个问题，答案从哪个字开始，到哪个字为止？", "A passage and a question: where does the answer begin, and where does it end?")  # fmt: skip
    outputs = (outputs.text("heat", height=420), FACTS, outputs.table("answers", t("高于阈值的答案", "Answers above the threshold")), NOTE)  # fmt: skip
    tries = (
        Try(
            t("换一段：飞船溅落在哪个大洋", "Another passage: in which ocean the spacecraft came down"),
            {"source": "moon"},
            holds=lambda y: y.answer == "太平洋",
        ),
        Try(
            t(
                "问这段里没有的事：p_global 很小，没有答案",
                "Ask what is not in the passage: p_global is small, no answer",
            ),
            {"question_town": STRANGE},
            holds=lambda y: max(y.whole) < 0.5 and y.best.score < 0.1,
        ),
        Try(
            t(
                "同一问不乘 p_global：到处都有一点像答案",
                "The same without p_global: everything looks a little like an answer",
            ),
            {"question_town": STRANGE, "use_global": False},
            holds=lambda y: bool(y.answers),
        ),
        Try(
            t(
                "答错的一例：问颜色，答花名（文中没写颜色）",
                "A miss: asked for a colour that is not told, it names the flower",
            ),
            {"source": "university", "question_university": "校花是什么颜色？"},
            holds=lambda y: y.answer == "丁香",
        ),
    )

    threshold: float = inputs.threshold()
    longest: int = inputs.longest()
    use_global: bool = inputs.with_global()

    def compute(self) -> Asked:
        from core.text.dgcnn.questions import ask, reader

        return ask(*reader(), self.read, self.asked, self.threshold, self.longest, self.use_global)

    def show(self, y: Asked, say: Say) -> Mapping[str, Any]:
        first, last = y.whole
        facts = [
            Metric(say("答案", "Answer"), y.answer or "—", say(f"得分 {y.best.score:.3f} = p_start·p_end", f"score {y.best.score:.3f} = p_start·p_end")),
            Metric(say("p_global（起点、终点）", "p_global (start, end)"), f"{first:.3f}, {last:.3f}", say("这段话里有没有答案", "is there an answer in this passage?")),
            Metric(say("高于阈值的答案", "Answers above the threshold"), len(y.answers), say(f"p_start 与 p_end 都 > {self.threshold:g}", f"p_start and p_end both > {self.threshold:g}")),
        ]  # fmt: skip
        spans = y.shown
        columns = {
            say("答案", "answer"): [span.text for span in spans], say("得分", "score"): [span.score for span in spans],
            say("从第几字", "from character"): [span.first + 1 for span in spans], say("到第几字", "to character"): [span.last + 1 for span in spans],
        }  # fmt: skip
        return {"heat": pictures.heat(y, self.threshold, say), "facts": facts, "answers": Table(columns), "note": texts.read(y.unknown, y.converted, y.foreign, say)}  # fmt: skip


class Passages(Tab):
    label = t("几段材料", "Several passages")
    question = t("几段材料说法不一，听谁的？", "Several passages disagree: which answer is taken?")
    outputs = (outputs.figure("election", height=400), outputs.text("each", height=260), NOTE)
    tries = (
        Try(
            t("最高的山峰：求和选对，原文的规则选错", "The highest mountain: the sum is right, the post's rule wrong"),
            {"source": "mountain"},
            holds=lambda y: (
                bool(y.election)
                and y.election.winners("sum") == ("珠穆朗玛峰",)
                and y.election.winners("smoothed") == ("第二高峰",)
            ),
        ),
        Try(
            t("不乘 p_global：说别的事的段落也来投票", "Without p_global: passages on other matters vote as well"),
            {"use_global": False},
            holds=lambda y: len(y.election.scores) > 3 and any(one.answers and max(one.whole) < 0.5 for one in y.each),
        ),
    )

    source: str = choice("seismoscope", inputs.RIVAL_NAMES, label=t("例子", "Example"))
    passages: str = text("\n".join(inputs.RIVAL["mountain"].passages[:3]), label=inputs.LINES, max_length=inputs.MOST_LINES, lines=8, shown_when={"source": "own"})  # fmt: skip
    query: str = text(inputs.RIVAL["mountain"].question, label=inputs.QUESTION, max_length=inputs.MOST_QUESTION, shown_when={"source": "own"})  # fmt: skip
    threshold: float = inputs.threshold()
    longest: int = inputs.longest()
    use_global: bool = inputs.with_global()

    @property
    def read(self) -> str:
        """The passages, one a line."""
        return self.passages if self.source == "own" else "\n".join(inputs.RIVAL[self.source].passages)

    @property
    def asked(self) -> str:
        """The question."""
        return self.query if self.source == "own" else inputs.RIVAL[self.source].question

    def compute(self) -> Voted:
        from core.text.dgcnn.questions import reader, vote

        return vote(*reader(), self.read, self.asked, self.threshold, self.longest, self.use_global)

    def show(self, y: Voted, say: Say) -> Mapping[str, Any]:
        figure = pictures.election(y.election, say, self.asked) if y.election else pictures.nobody(self.threshold, say)
        truths = () if self.source == "own" else inputs.RIVAL[self.source].answers
        note = " ".join((texts.read(y.unknown, y.converted, y.foreign, say), texts.CHOSEN(say.lang)))
        return {"election": figure, "each": pictures.cards(y, self.asked, truths, say), "note": note}


class Vote(Tab):
    label = t("投票的陷阱", "The trap of voting")
    question = t("一次很有把握，与四次勉强，该选谁？", "Once with confidence, or four times without: who should win?")
    outputs = (outputs.figure("election", height=400), outputs.table("totals", t("各规则的总分", "Totals by rule")), NOTE)  # fmt: skip
    tries = (
        Try(
            t("五次 0.6 对一次 0.8：三条规则里两条改选 B", "Five times 0.6 against once 0.8: two of the rules take B"),
            {"rows": [{"answer": "A", "score": 0.8}, *[{"answer": "B", "score": 0.6}] * 5]},
            holds=lambda y: y.winners("max") == ("A",) and y.winners("sum") == y.winners("smoothed") == ("B",),
        ),
        Try(
            t("0.7 对三十九次 0.2：原文的规则仍选 A", "0.7 against 39 times 0.2: the post's rule still takes A"),
            {"rows": [{"answer": "A", "score": 0.7}, *[{"answer": "B", "score": 0.2}] * 39]},
            holds=lambda y: y.winners("smoothed") == ("A",) and y.winners("sum") == ("B",),
        ),
    )

    rows: tuple[Mapping[str, Any], ...] = table(
        TRAP,
        (
            Column("answer", t("答案", "Answer"), max_length=12),
            Column("score", t("得分", "Score"), number=True, minimum=0.0, maximum=1.0, default=0.0),
        ),
        label=t("每段材料的答案与得分", "Answer and score of each passage"),
        max_rows=40,
    )

    @property
    def found(self) -> list[tuple[str, float]]:
        """The rows as pairs."""
        return [(row["answer"], row["score"]) for row in self.rows]

    def compute(self) -> Tally:
        from core.text.dgcnn.questions import tally

        return tally(self.found)

    def show(self, y: Tally, say: Say) -> Mapping[str, Any]:
        names = list(y.scores)
        columns = {
            say("答案", "answer"): names, say("几段", "passages"): [len(y.scores[name]) for name in names],
            **{rule(say.lang): [y.totals[key][name] for name in names] for key, rule in pictures.RULES.items()},
        }  # fmt: skip
        return {"election": pictures.election(y, say), "totals": Table(columns), "note": texts.TRAP(say.lang)}


class Doors(inputs.Reading):
    slug = "gates"
    label = t("门", "Gates")
    question = t("每一块让多少卷积结果通过？关上一块会怎样？", "How much does each block let through, and what if one is closed?")  # fmt: skip
    outputs = (outputs.figure("gates", height=330), outputs.text("shaded", height=200), FACTS, NOTE)
    tries = (
        Try(
            t("关上第 2 块：换了答案", "Block 2 closed: another answer"),
            {"block": 2, "closed": 2, "drop": 0.0},
            holds=lambda y: y.answer.text != y.open.text and y.answer.score < 0.5 * y.open.score,
        ),
        Try(
            t("关上第 5 块：几乎没有影响", "Block 5 closed: hardly any change"),
            {"block": 5, "closed": 5, "drop": 0.0},
            holds=lambda y: y.answer.text == y.open.text and y.answer.score > 0.7,
        ),
    )

    block: int = slider(3, 1, BLOCKS, label=t("看第几块", "Block shown"))
    closed: int = slider(3, 0, BLOCKS, label=t("关上第几块（0：都开着）", "Block closed (0: none)"))
    drop: float = slider(0.1, 0.0, 0.9, step=0.05, label=t("drop_gate", "drop_gate"))
    seed: int = seed()

    def compute(self) -> Gates:
        from core.text.dgcnn.questions import gates, reader

        return gates(*reader(), self.read, self.asked, self.closed, self.drop, self.seed)

    def show(self, y: Gates, say: Say) -> Mapping[str, Any]:
        shades, mean = y.shades(self.block), y.means[self.block - 1]
        title = say(f"第 {self.block} 块的门", f"The gates of block {self.block}")
        caption = say(f"平均 {mean:.3f}；越红，越多卷积结果通过", f"mean {mean:.3f}; the redder, the more of the convolution gets through")  # fmt: skip
        attention = Passage(y.passage, say("段落的注意力 λ", "The passage's attention λ"), say("p_global 由它汇总", "p_global is read from what it collects"), False, y.attention_shades)  # fmt: skip
        facts = [
            Metric(say("现在的答案", "Answer now"), y.answer.text, f"{y.answer.score:.3f}"),
            Metric(say("不关时的答案", "Answer with none closed"), y.open.text, f"{y.open.score:.3f}"),
            Metric(
                say("这一块的改变 |y−x|/|x|", "Change by the block |y−x|/|x|"),
                f"{y.moved[self.block - 1]:.2f}",
                say("比值；关上为 0", "a ratio; 0 where closed"),
            ),
        ]
        shaded = Texts([Passage(y.passage, title, caption, False, shades, [f"σ = {value:.3f}" for value in shades]), attention])  # fmt: skip
        return {"gates": pictures.gates(y, self.block, self.closed, self.drop, say), "shaded": shaded, "facts": facts, "note": "\n\n".join([texts.FOREIGN(say.lang)] * y.foreign + [texts.GATES(say.lang)])}  # fmt: skip


class Field(Tab):
    slug = "receptive-field"
    label = t("感受野", "Receptive field")
    question = t("一个字的输出，看得到左右多少个字？", "How many characters to either side does one output see?")
    outputs = (outputs.figure("ruler", height=400), outputs.text("seen", height=160), NOTE)
    tries = (
        Try(
            t("全是 2：宽 25，只看到 13 个", "All twos: 25 wide, 13 seen"),
            {"stack": "twos"},
            holds=lambda y: y.reach == 25 and y.seen == 13,
        ),
        Try(t("同样六层不膨胀：只有 13", "Six blocks, not dilated: 13"), {"stack": "ones"}, holds=lambda y: y.seen == 13),
        Try(t("1, 8, 16：宽 51，漏掉 30 个", "1, 8, 16: 51 wide, 30 left out"), {"stack": "jump"}, holds=lambda y: (y.reach, y.seen) == (51, 21)),
    )  # fmt: skip

    stack: str = choice("post", STACKS, label=t("各块的膨胀率", "Dilations of the blocks"))
    place: int = slider(64, 1, len(EXAMPLES[0].passage), label=t("第几个字的输出", "Output of character"))

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilations."""
        return DILATIONS[self.stack]

    def compute(self) -> Ruler:
        from core.text.dgcnn.questions import ruler

        return ruler(self.dilations, REACH)

    def show(self, y: Ruler, say: Say) -> Mapping[str, Any]:
        passage = EXAMPLES[0].passage
        title = say(f"「{passage[self.place - 1]}」（第 {self.place} 字）看到的字", f"What character {self.place} sees")
        caption = say("颜色为梯度大小的四次方根", "the shade is the fourth root of the gradient's size")
        seen = Texts([Passage(passage, title, caption, False, y.shades(len(passage), self.place - 1))])
        return {"ruler": pictures.ruler(y, say), "seen": seen, "note": texts.FIELD(say.lang)}


class Marks(Tab):
    slug = "measured"
    label = t("实测", "Measured")
    question = t("没见过的文章上，它答对多少？比不用网络强多少？", "On articles never seen, how much is right, and how much better than no network?")  # fmt: skip
    outputs = (
        outputs.figure("scores", height=400),
        outputs.figure("curve", height=380),
        outputs.table("own", t("本页自拟的问题", "The page's own questions"), height=420),
        NOTE,
    )

    measure: str = choice("F1", {"EM": t("完全相同（EM）", "Exact match (EM)"), "F1": t("F1", "F1")}, label=t("指标", "Measure"))  # fmt: skip
    use_global: bool = toggle(True, label=inputs.GLOBAL)

    def compute(self) -> Measured:
        from core.text.dgcnn.questions import measured

        return measured()

    def show(self, y: Measured, say: Say) -> Mapping[str, Any]:
        own = y.own
        columns = {
            say("问题", "question"): own.questions, say("网络的答案", "answer"): own.answers, say("正确", "right"): own.truths,
            "F1": own.marks, say("得分", "score"): own.scores,
        }  # fmt: skip
        return {
            "scores": pictures.scores(y, self.measure, say),
            "curve": pictures.curve(y, self.use_global, say),
            "own": Table(columns),
            "note": texts.measured(y, say),
        }


POST = Post(
    id=5409,
    title=t("基于CNN的阅读理解式问答模型：DGCNN", "A CNN for question answering by reading comprehension: DGCNN"),
    date=datetime.date(2018, 4, 15),
    story=texts.STORY,
    changes=texts.CHANGES,
    papers=texts.PAPERS,
)

PAGE = Page(
    title=t("用 CNN 读文章答问题：DGCNN", "Answering questions with a CNN: DGCNN"),
    summary=t(
        "膨胀门控卷积在段落里标出答案的起点与终点：自己提问，几段材料投票，看门与感受野，实测与基线相比。",
        "Dilated gated convolutions mark where an answer begins and ends: ask, let passages vote, see gates and receptive field, measured beside baselines.",
    ),
    post=POST,
    tabs=(Ask, Passages, Vote, Doors, Field, Marks),
    added=datetime.date(2026, 11, 27),
    weights=(NAME,),
)
