"""Form, tone and rhyme of classical verse, by the 平水韵 (106 rhymes) over the readings of the 廣韻 (1008).

The readings come from the package ``tshet-uinh`` (nk2028's edition of the 廣韻, MIT); its 206 rhymes are merged into the 106
by the usual table (王力, 汉语诗律学, §4). Simplified characters get the readings of all traditional ones that OpenCC turns into
them. 平水韵 sets a few single characters elsewhere than this rule does; they are not listed one by one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from core.text.tokenizer import is_han, simplified

__all__ = [
    "FORMS", "ORDERS", "REGULAR", "Meter", "Reading", "Report", "examine", "form_of", "laid_out", "lines_of", "meters", "readings", "rhyme", "rhymes", "tone",
]  # fmt: skip

FORMS = ("五绝", "七绝", "五律", "七律", "古诗", "词", "曲", "小说", "散文")
REGULAR: Mapping[str, tuple[int, int]] = {"五绝": (5, 4), "七绝": (7, 4), "五律": (5, 8), "七律": (7, 8)}
MARKS = re.compile(r"[，。！？；：、\s]+")
LONGEST_LINE = 11  # characters, marks included, of a line in which a ci is set
Tone = Literal["平", "上", "去", "入"]

# 平水韵's rhymes, tone by tone, each with the 廣韻 rhymes merged in it (the first names it unless a name stands before ":").
MERGED: Mapping[Tone, str] = {
    "平": "東 冬鍾 江 支脂之 微 魚 虞模 齊 佳皆 灰咍 真諄臻 文欣殷 元魂痕 寒桓 刪山 先仙 蕭宵 肴 豪 歌戈 麻 陽唐 庚耕清 青 蒸登 尤侯幽 侵 覃談 鹽添嚴 咸銜凡",
    "上": "董 腫 講 紙旨止 尾 語 麌姥 薺 蟹駭 賄海 軫準 吻隱 阮混很 旱緩 潸產 銑獮 篠小 巧 晧:晧皓 哿果 馬 養蕩 梗耿靜 迥拯等 有厚黝 寑:寑寢 感敢 琰忝儼 豏檻范",
    "去": "送 宋用 絳 寘至志 未 御 遇暮 霽祭 泰 卦怪夬 隊代廢 震稕 問焮 願慁恨 翰換 諫襇:諫襉襇 霰線 嘯笑 效 号:号號 箇過 禡 漾宕 敬:映敬諍勁 徑證嶝 宥候幼 沁 勘闞 豔:豔艷㮇釅 陷鑑梵:陷鑑鑒梵",
    "入": "屋 沃燭 覺 質術櫛 物迄 月沒 曷末 黠鎋 屑薛 藥鐸 陌麥昔 錫 職德 緝 合盍 葉帖怗業 洽狎乏",
}  # fmt: skip
# The 廣韻's own shapes of common characters: 間 stands there as 閒.
VARIANTS = {
    "间": "閒", "窗": "窻", "魂": "䰟", "剑": "劒", "鞍": "鞌", "皓": "晧", "裙": "帬", "煮": "煑", "胸": "匈", "着": "著", "联": "聮",
    "隣": "鄰", "廻": "迴", "臯": "皋", "髪": "髮", "讐": "讎", "粧": "妝", "潇": "蕭", "韩": "寒", "蝴": "胡", "烹": "亨", "呌": "叫", "栢": "柏", "玳": "代",
    "嫦": "常", "槁": "槀", "飡": "餐", "爷": "耶", "琉": "流", "倘": "儻",
}  # fmt: skip
NAMES = {"諫襇": "諫", "陷鑑梵": "陷", "晧": "皓", "寑": "寢", "号": "號", "豔": "豔"}


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """One reading of a character: its ``tone`` (平 上 去 入) and its ``rhyme``, named in simplified characters (such as 侵)."""

    tone: Tone
    rhyme: str


@lru_cache(maxsize=1)
def _table() -> Mapping[str, frozenset[Reading]]:
    from tshet_uinh.data.廣韻 import iter條目

    rhyme_of: dict[str, Reading] = {}
    for tone_name, groups in MERGED.items():
        for group in groups.split():
            name, _, members = group.rpartition(":")
            called = simplified(NAMES.get(name, name) or members[0])
            rhyme_of.update({member: Reading(tone_name, called) for member in members})
    found: dict[str, set[Reading]] = {}
    for entry in iter條目():
        reading = rhyme_of[entry.來源.韻目]
        for character in {entry.字頭, simplified(entry.字頭)}:
            found.setdefault(character, set()).add(reading)
    for character, other in VARIANTS.items():
        found.setdefault(character, set()).update(found.get(other, ()))
    return {character: frozenset(some) for character, some in found.items() if some}


def readings(character: str) -> frozenset[Reading]:
    """All readings of ``character``; empty when the 廣韻 lacks it."""
    return _table().get(character, frozenset())


def tone(character: str) -> str:
    """平 (level), 仄 (oblique), 通 when it has readings of both kinds, ？ when the table lacks it."""
    level = {reading.tone == "平" for reading in readings(character)}
    return "？" if not level else "通" if len(level) == 2 else "平" if level == {True} else "仄"


def rhyme(character: str) -> frozenset[str]:
    """The level-tone rhymes of ``character``: what may end a rhyming line of regulated verse."""
    return frozenset(reading.rhyme for reading in readings(character) if reading.tone == "平")


def rhymes(characters: Sequence[str]) -> bool:
    """Whether one level-tone rhyme is common to all ``characters``, and all of them differ."""
    common = frozenset.intersection(*(rhyme(c) for c in characters)) if characters else frozenset()
    return bool(common) and len(set(characters)) == len(characters)


def lines_of(text: str) -> list[str]:
    """The lines of a poem: what stands between punctuation marks and blanks."""
    return [line for line in MARKS.split(text) if line]


def laid_out(text: str, form: str) -> str:
    """A poem with a line break after each mark; prose as it is.

    Of 词 and 曲 after each sentence, and inside a sentence where a line would be longer than 11 characters, marks included.
    """
    if form in ("小说", "散文"):
        return text
    if form not in ("词", "曲"):
        return re.sub("([，。！？；])(?=.)", "\\1\n", text)
    lines = [""]
    for part in re.findall("[^，。！？、；：]*[，。！？、；：]?", text):
        if lines[-1] and (lines[-1][-1] in "。！？" or len(lines[-1] + part) > LONGEST_LINE):
            lines.append("")
        lines[-1] += part
    return "\n".join(filter(None, lines))


def form_of(collection: str, lines: Sequence[str]) -> str:
    """The form of a poem by the collection it stands in and its lines' number and length (tones and rhymes are not asked)."""
    if collection in ("ci", "wudai", "nalan"):
        return "词"
    if collection == "qu":
        return "曲"
    parts = lines_of("".join(lines))
    sizes = {len(part) for part in parts}
    shape = (sizes.pop(), len(parts)) if len(sizes) == 1 else None
    return next((form for form, wanted in REGULAR.items() if wanted == shape), "古诗")


@dataclass(frozen=True, slots=True)
class Meter:
    """A tone pattern: for each line 平, 仄 or 中 (free) at each place, and whether the first line rhymes."""

    name: str
    lines: tuple[str, ...]
    first_rhymes: bool

    @property
    def rhyming(self) -> tuple[int, ...]:
        """Numbers of the lines that rhyme, from 0."""
        even = tuple(range(1, len(self.lines), 2))
        return (0, *even) if self.first_rhymes else even


# The four kinds of line, by places 2 and 4 and the end; free are the first and third places (一三五不论), the end is not.
KINDS = {"a": "中仄中平仄", "b": "平平仄仄平", "c": "中平中仄仄", "d": "中仄仄平平"}
ORDERS = {"仄起首句不入韵": "abcd", "仄起首句入韵": "dbcd", "平起首句不入韵": "cdab", "平起首句入韵": "bdab"}


@lru_cache(maxsize=8)
def meters(form: str) -> tuple[Meter, ...]:
    """The four tone patterns of a regulated form (五绝 七绝 五律 七律); KeyError for another. Source: 王力, 诗词格律, chapter 2."""
    length, count = REGULAR[form]
    found = []
    for name, order in ORDERS.items():
        plain = ORDERS[name.replace("首句入韵", "首句不入韵")]
        kinds = order + plain  # the second half runs as if the first line did not rhyme
        # a form is named by the second place of its first line, which the two places before turn over
        called = name if length == 5 else {"仄": "平", "平": "仄"}[name[0]] + name[1:]
        found.append(Meter(called, tuple(_longer(KINDS[k], length) for k in kinds[:count]), order[0] == "d" or order[0] == "b"))  # fmt: skip
    return tuple(found)


def _longer(five: str, length: int) -> str:
    """A line of seven: two places before, opposite in tone at the second; the first is free."""
    return five if length == 5 else ("中平" if five[1] == "仄" else "中仄") + five


@dataclass(frozen=True, slots=True)
class Report:
    """What :func:`examine` finds: ``form_right`` (number and length of lines), ``rhyme_right``, the nearest ``meter``, the share of
    its fixed places that are ``in_tone``, and the tones of each line."""

    form_right: bool
    rhyme_right: bool
    meter: str
    in_tone: float
    tones: tuple[str, ...]


def examine(text: str, form: str) -> Report:
    """Measure ``text`` against a regulated ``form``: lines, rhyme (all rhyming lines in one level-tone rhyme) and tones.

    Characters that the table lacks, and those of both tones, never count against a pattern. The rhyme is that of the even
    lines, no character twice. A text of another shape has ``form_right`` False and the rest measured on what there is.
    """
    lines = lines_of(text)
    length, count = REGULAR[form]
    right = len(lines) == count and all(len(line) == length and all(map(is_han, line)) for line in lines)
    tones = tuple("".join(map(tone, line)) for line in lines)
    best, name = 0.0, ""
    joined = bool(lines) and rhymes([lines[0][-1], *(line[-1] for line in lines[1::2])])
    for meter in sorted(
        meters(form), key=lambda m: m.first_rhymes != joined
    ):  # among equals, the one that fits the rhyme
        places = [
            found in (wanted, "通", "？")
            for line, pattern in zip(tones, meter.lines, strict=False)
            for found, wanted in itertools.zip_longest(line, pattern)
            if wanted in ("平", "仄")
        ]
        if places and (share := sum(places) / len(places)) > best:
            best, name = share, meter.name
    ends = [line[-1] for line in lines[1::2]]
    return Report(right, len(ends) * 2 >= count and rhymes(ends), name, best, tones)
