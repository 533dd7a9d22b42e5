"""Inputs that tabs of the DGCNN page share: a passage with questions that were written for it, or the reader's own."""

from __future__ import annotations

from typing import Any

from core.text.dgcnn.examples import EXAMPLES, RIVALS
from gallery.inputs import choice, slider, text, toggle
from gallery.page import Tab, t

PASSAGE, QUESTION = t("段落", "Passage"), t("问题", "Question")
MOST_PASSAGE, MOST_QUESTION, MOST_LINES = 2000, 60, 3000
NAMES = {
    "town": t("青石镇（虚构）", "A town (invented)"),
    "mathematician": t("祖冲之", "Zu Chongzhi"),
    "moon": t("登月", "The moon landing"),
    "band": t("晚风乐队（虚构）", "A band (invented)"),
    "voyage": t("郑和下西洋", "Zheng He's voyages"),
    "railway": t("云临铁路（虚构）", "A railway (invented)"),
    "panda": t("大熊猫", "The giant panda"),
    "university": t("北岭大学（虚构）", "A university (invented)"),
    "own": t("自己写", "My own text"),
}
OWN_PASSAGE = "DGCNN由膨胀卷积和门控结构组成，没有使用循环神经网络。2018年4月15日，苏剑林在科学空间介绍了这个模型，它在一块GTX1060显卡上几个小时就能训练完。"
OWN_QUESTION = "苏剑林在哪里介绍了这个模型？"
EXAMPLE = {example.name: example for example in EXAMPLES}
RIVAL = {rivals.name: rivals for rivals in RIVALS}
RIVAL_NAMES = {
    "seismoscope": t("地动仪是谁发明的", "Who invented the seismoscope"),
    "tower": t("望江楼是谁主持修建的", "Who had the tower built"),
    "mountain": t("最高的山峰", "The highest mountain"),
    "guitar": t("乐队的吉他手（两个答案）", "The band's guitarist (two answers)"),
    "own": t("自己写", "My own text"),
}
LINES = t("段落，每行一段", "Passages, one a line")
THRESHOLD = t("阈值（起点、终点各自）", "Threshold (start and end each)")
LONGEST = t("答案最长几个字", "Longest answer, characters")
GLOBAL = t("乘上 p_global", "Multiply by p_global")


FIRST = {"town": 2, "moon": 3}
"""Which of a passage's questions stands there at first; 0 of the others. All are answered in the last tab."""


def _question(name: str) -> Any:
    found = [question for question, _ in EXAMPLE[name].questions]
    return text(
        found[FIRST.get(name, 0)], label=QUESTION, max_length=MOST_QUESTION, examples=found, shown_when={"source": name}
    )


class Reading(Tab):
    """A passage and a question."""

    source: str = choice("town", NAMES, label=PASSAGE)
    passage: str = text(OWN_PASSAGE, label=t("自己的段落", "Your passage"), max_length=MOST_PASSAGE, lines=6, shown_when={"source": "own"})  # fmt: skip
    question_town: str = _question("town")
    question_mathematician: str = _question("mathematician")
    question_moon: str = _question("moon")
    question_band: str = _question("band")
    question_voyage: str = _question("voyage")
    question_railway: str = _question("railway")
    question_panda: str = _question("panda")
    question_university: str = _question("university")
    query: str = text(OWN_QUESTION, label=QUESTION, max_length=MOST_QUESTION, shown_when={"source": "own"})

    @property
    def read(self) -> str:
        """The passage."""
        return self.passage if self.source == "own" else EXAMPLE[self.source].passage

    @property
    def asked(self) -> str:
        """The question."""
        return self.query if self.source == "own" else getattr(self, f"question_{self.source}")


def threshold() -> Any:
    """Least p_start and p_end of an answer."""
    return slider(0.1, 0.01, 0.9, step=0.01, label=THRESHOLD)


def longest() -> Any:
    """Characters of an answer, at most."""
    return slider(12, 1, 40, label=LONGEST)


def with_global() -> Any:
    """Whether the whole passage has its say."""
    return toggle(True, label=GLOBAL)
