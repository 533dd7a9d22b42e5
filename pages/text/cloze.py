"""A cloze reader that picks a word of the passage for its blank (post 4564)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, slider, text
from gallery.outputs import Metric, Texts
from gallery.page import Page, Post, Say, Tab, Try, t
from pages.text import _cloze_figures as pictures
from pages.text._cloze_texts import BASELINE_NAMES, CHANGES, OWN, PASSAGE_NAMES, READER_NAMES, STORY, TEST_NAMES

if TYPE_CHECKING:
    from core.text.cloze.record import Measured, Merging
    from core.text.cloze.views import Compared, Filled, Swept

MOST_TEXT, MOST_PLACES = 1200, 39  # characters of a reader's text; blanks of the longest of the passages here
SHOWN = 23  # the blank shown first: merging mends the answer there
READERS = tuple(READER_NAMES)
NOTE = outputs.markdown("note")


class Passages(Tab):
    """A passage of this project's, or the reader's own."""

    which: str = choice("fox", PASSAGE_NAMES, label=t("文章", "Passage"))
    text: str = text(
        OWN,
        label=t("自己的文章", "Your own text"),
        max_length=MOST_TEXT,
        lines=5,
        help=t(
            "用 XXXXX 标出空；不标就挖一个重复的名词", "Mark the blank by XXXXX; without it a repeated noun is blanked"
        ),
        shown_when={"which": "own"},
    )


class Fill(Passages):
    label = t("填空", "Fill")
    question = t(
        "挖掉一个词，它从文章里挑哪个词填回去？", "One word is taken out: which of the passage's words is put back?"
    )
    outputs = (
        outputs.figure("ranking", height=380),
        outputs.text("passages", height=300),
        outputs.metrics("facts"),
        NOTE,
    )
    tries = (
        Try(
            t("第 6 个空：合并反而改错，“小兔子”成了“小狐狸”", "Blank 6: merging spoils it, and the little rabbit becomes the little fox"),
            {"number": 6},
            holds=lambda y: y.answer.single == y.truth and y.right is False,
        ),
        Try(
            t("自己的文章，没有“原词”：单看一处填“猫”，合并后填“花花”", "Your own text, no word known: a single place says “cat”, merged it is the cat's name"),
            {"which": "own"},
            holds=lambda y: (y.answer.single, y.answer.merged) == ("猫", "花花"),
        ),
    )  # fmt: skip

    number: int = slider(
        SHOWN, 1, MOST_PLACES, label=t("挖第几个（数完从头来）", "Which blank (going round)"), play=True
    )
    reader: str = choice("two", READER_NAMES, label=t("模型", "Reader"))

    def compute(self) -> Filled:
        from core.text.cloze.views import chosen, filled

        return filled(chosen(self.which, self.text), self.number, self.reader)

    def show(self, y: Filled, say: Say) -> Mapping[str, Any]:
        hidden = y.truth or say("未知", "not known")
        place = (
            say(f"排第 {y.rank}，P = {y.sums[y.truth]:.3f}", f"no. {y.rank}, P = {y.sums[y.truth]:.3f}")
            if y.truth
            else ""
        )
        return {
            "passages": Texts(pictures.both(y, say)),
            "ranking": pictures.ranking(y, say),
            "facts": [
                Metric(say("填入", "Filled in"), y.answer.merged, f"P = {y.answer.ranked[0][1]:.3f}"),
                Metric(say("原词", "Hidden word"), hidden, place),
                Metric(say("最多的名词", "Most frequent noun"), y.frequent, say("基线", "baseline")),
                Metric(say("最近的重复名词", "Nearest repeated noun"), y.nearest, say("基线", "baseline")),
            ],
            "note": pictures.told(y.text, self.number, say),
        }


class Readers(Passages):
    label = t("几个模型", "Readers")
    question = t(
        "一层还是两层？匹配状态还是词向量？",
        "One layer or two, and states or word vectors?",
    )
    outputs = (
        outputs.figure("beside", height=320),
        outputs.text("passages", height=420),
        outputs.table("table"),
        NOTE,
    )
    tries = (
        Try(
            t("第 20 个空：两个匹配状态的填对，匹配词向量的填错", "Blank 20: both readers of states are right, the one of word vectors is wrong"),
            {"number": 20},
            holds=lambda y: y.right == ("one", "two"),
        ),
        Try(
            t("灯塔，第 15 个空：只有两层填对", "Lighthouse, blank 15: two layers alone are right"),
            {"which": "stars", "number": 15},
            holds=lambda y: y.right == ("two",),
        ),
    )  # fmt: skip

    number: int = slider(SHOWN, 1, MOST_PLACES, label=t("挖第几个（数完从头来）", "Which blank (going round)"))

    def compute(self) -> Compared:
        from core.text.cloze.views import chosen, compared

        return compared(chosen(self.which, self.text), self.number)

    def show(self, y: Compared, say: Say) -> Mapping[str, Any]:
        return {
            "beside": pictures.beside(y, say),
            "passages": Texts(pictures.rivals(y, say)),
            "table": pictures.rivals_table(y, say),
            "note": pictures.told(next(iter(y.filled.values())).text, self.number, say),
        }


class Every(Passages):
    label = t("整篇", "Every blank")
    question = t(
        "每个重复的名词轮流挖掉：哪里填得对，哪里填不对？",
        "Every repeated noun is blanked in turn: where is it right, and where not?",
    )
    outputs = (outputs.figure("blanks", height=360), outputs.text("passage", height=260), outputs.metrics("facts"))
    tries = (
        Try(
            t("红帽子：合并同词反而少对几个", "The red hat: with words merged some fewer are right"),
            {"which": "fox"},
            holds=lambda y: y.unmerged >= y.right + 3,
        ),
        Try(
            t("种子：角色都差不多，填对不到一半，仍多于基线", "The seed: characters much alike, less than half right, still above the baselines"),
            {"which": "seed"},
            holds=lambda y: y.baseline + 2 <= y.right < len(y.places) / 2,
        ),
    )  # fmt: skip

    which: str = choice("stars", PASSAGE_NAMES, label=t("文章", "Passage"))
    reader: str = choice("two", READER_NAMES, label=t("模型", "Reader"))

    def compute(self) -> Swept:
        from core.text.cloze.views import chosen, swept

        return swept(chosen(self.which, self.text), self.reader)

    def show(self, y: Swept, say: Say) -> Mapping[str, Any]:
        return {
            "passage": Texts([pictures.all_blanks(y, say)]),
            "blanks": pictures.blanks_figure(y, say),
            "facts": [
                Metric(say("填对", "Right"), f"{y.right} / {len(y.places)}", say("合并同词", "words merged")),
                Metric(say("不合并", "Not merged"), f"{y.unmerged} / {len(y.places)}", say("取最大的一处", "the largest position")),
                *(
                    Metric(say(name), f"{y.baselines[key]} / {len(y.places)}", say("基线", "baseline"))
                    for key, name in BASELINE_NAMES.items()
                ),
            ],
        }  # fmt: skip


class Merge(Tab):
    label = t("合并同词", "Merging")
    question = t("同一个词的几处为什么要加起来？", "Why are the positions of one word added up?")
    outputs = (outputs.figure("hand", height=340), outputs.figure("tests", height=360), NOTE)
    tries = (
        Try(
            t("B 只出现一次：没有可加的，两种办法一样", "B stands once: nothing to add, both ways agree"),
            {"times": 1},
            holds=lambda y: not y.case.turns,
        ),
        Try(
            t("p(A) = 0.6：过了一半，合并也改不了", "p(A) = 0.6: above one half merging cannot change it"),
            {"alone": 0.6},
            holds=lambda y: not y.case.turns and y.case.together == "A",
        ),
        Try(
            t("本站自写的短文：合并反而填错更多", "This project's passages: merged, more are wrong"),
            {"test": "own"},
            holds=lambda y: y.measured.of("own").merged["two"] < y.measured.of("own").single["two"] - 0.02,
        ),
    )

    alone: float = slider(0.4, 0.05, 0.95, step=0.01, label=t("A 的一处，p(A)", "A's one position, p(A)"))
    times: int = slider(3, 1, 8, label=t("B 出现几处（平分其余）", "B's positions (sharing the rest)"))
    test: str = choice("cmrc", TEST_NAMES, label=t("测试集", "Test set"))

    def compute(self) -> Merging:
        from core.text.cloze.record import merging

        return merging(self.alone, self.times)

    def show(self, y: Merging, say: Say) -> Mapping[str, Any]:
        return {
            "hand": pictures.hand(y.case, say),
            "tests": pictures.merging(y.measured, self.test, READERS, say),
            "note": pictures.turned(y.measured, self.test, READERS, say),
        }


class Accuracy(Tab):
    slug = "measured"
    label = t("测得", "Measured")
    question = t(
        "填对多少？比最多的名词强多少，离原文多远？", "How many are right, against the most frequent noun and the post?"
    )
    outputs = (
        outputs.figure("accuracies", height=400),
        outputs.figure("times", height=380),
        outputs.table("sets"),
        NOTE,
    )
    tries = (
        Try(
            t("提问：没练过的题型，与最多的名词分不出高下", "User questions, not trained on: no telling it from the most frequent noun"),
            {"test": "user"},
            holds=lambda y: max(y.of("user").lead(name) for name in READERS) < 2,
        ),
        Try(
            t("小说：两层比最多的名词多对九个百分点", "Novels: two layers, nine points above the most frequent noun"),
            {"test": "novels"},
            holds=lambda y: 0.08 < y.of("novels").merged["two"] - y.of("novels").frequent < 0.11,
        ),
    )  # fmt: skip

    test: str = choice("cmrc", TEST_NAMES, label=t("测试集", "Test set"))

    def compute(self) -> Measured:
        from core.text.cloze.record import measured

        return measured()

    def show(self, y: Measured, say: Say) -> Mapping[str, Any]:
        return {
            "accuracies": pictures.accuracies(y, self.test, READERS, say),
            "times": pictures.by_times(y, self.test, READERS, say),
            "sets": pictures.sets_table(y, TEST_NAMES, READERS, say),
            "note": pictures.beside_the_post(say),
        }


POST = Post(
    id=4564,
    title=t("开学啦！咱们来做完形填空~(讯飞杯)", "School is on! Let us do some clozes (iFLYTEK cup)"),
    date=datetime.date(2017, 9, 3),
    story=STORY,
    changes=CHANGES,
    papers=(
        ("Cui et al. 2016, Consensus Attention-based Neural Networks for Chinese Reading Comprehension", "https://arxiv.org/abs/1607.02250"),
        ("Cui et al. 2018, Dataset for the First Evaluation on Chinese Machine Reading Comprehension", "https://arxiv.org/abs/1709.08299"),
        ("Kadlec et al. 2016, Text Understanding with the Attention Sum Reader Network", "https://arxiv.org/abs/1603.01547"),
    ),
)  # fmt: skip

PAGE = Page(
    title=t("完形填空", "Filling in the blank"),
    summary=t(
        "从文章自己的词里选一个填空：每个词得到的注意力，合并同词前后，一层、两层与词向量，与最多的名词比。",
        "One of the passage's own words fills its blank: attention by word, before and after merging, one layer, two, and word vectors, beside the most frequent noun.",
    ),
    post=POST,
    tabs=(Fill, Readers, Every, Merge, Accuracy),
    added=datetime.date(2026, 11, 27),
    weights=("cloze",),
)
