"""Rhyme and tone against facts that any handbook of regulated verse gives."""

from __future__ import annotations

import pytest

from core.data.examples import verse
from core.text.prosody import FORMS, MERGED, REGULAR, examine, form_of, laid_out, meters, readings, rhyme, rhymes, tone

OLD_STYLE = {
    "春晓",
    "鹿柴",
    "江雪",
    "静夜思",
}  # oblique rhymes, or lines that do not keep the pattern (静夜思 is a 古绝)


def test_there_are_106_rhymes() -> None:
    """30 level, 29 rising, 30 departing, 17 entering: the 平水韵."""
    assert {name: len(groups.split()) for name, groups in MERGED.items()} == {"平": 30, "上": 29, "去": 30, "入": 17}


@pytest.mark.parametrize(
    ("character", "found"),
    [
        ("东", "平"),
        ("月", "仄"),
        ("白", "仄"),
        ("一", "仄"),
        ("看", "通"),
        ("过", "通"),
        ("间", "通"),
        ("呢", "平"),
        ("㈱", "？"),
    ],
)
def test_tones(character: str, found: str) -> None:
    """白, 一 and 月 are level or falling today and were entering; 看 and 过 had both tones."""
    assert tone(character) == found


@pytest.mark.parametrize(
    ("ends", "name"),
    [
        ("流楼", "尤"),
        ("深心金簪", "侵"),
        ("还山", "删"),
        ("天眠船", "先"),
        ("哀回来台杯", "灰"),
        ("光霜乡", "阳"),
        ("斜家花", "麻"),
    ],
)
def test_poems_rhyme_as_the_books_say(ends: str, name: str) -> None:
    assert rhymes(ends)
    assert name in frozenset.intersection(*map(rhyme, ends))


@pytest.mark.parametrize("ends", ["东冬", "元先", "真侵", "流流", "月绝"])
def test_what_does_not_rhyme(ends: str) -> None:
    """东 and 冬 are two rhymes however alike today; no character rhymes with itself; 月 and 绝 are oblique."""
    assert not rhymes(ends)


@pytest.mark.parametrize("poem", verse(), ids=lambda poem: poem.title)
def test_famous_poems(poem: object) -> None:
    report = examine(poem.text, poem.form)  # type: ignore[attr-defined]
    assert report.form_right
    if poem.title in OLD_STYLE:  # type: ignore[attr-defined]
        assert not report.rhyme_right or report.in_tone < 0.9
    else:
        assert report.rhyme_right and report.in_tone >= 0.94  # single licences (拗) are known in some


def test_the_four_patterns_differ_and_alternate() -> None:
    for form, (length, count) in REGULAR.items():
        found = meters(form)
        assert len({m.lines for m in found}) == 4
        for meter in found:
            assert all(len(line) == length for line in meter.lines) and len(meter.lines) == count
            for first, second in zip(meter.lines[::2], meter.lines[1::2], strict=True):
                assert {first[1], second[1]} == {"平", "仄"}  # 对: opposed within a couplet
            for second, third in zip(meter.lines[1::2], meter.lines[2::2], strict=False):
                assert second[1] == third[1]  # 粘: alike across couplets
            assert all(meter.lines[k][-1] == "平" for k in meter.rhyming)
            assert meter.name[0] == meter.lines[0][1]


def test_a_pattern_is_named_after_its_first_line() -> None:
    assert examine("朝辞白帝彩云间，千里江陵一日还。两岸猿声啼不住，轻舟已过万重山。", "七绝").meter == "平起首句入韵"
    assert examine("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", "五绝").meter == "仄起首句不入韵"


def test_another_shape_is_told() -> None:
    assert not examine("白日依山尽，黄河入海流。", "五绝").form_right
    assert not examine("", "五绝").form_right
    assert not examine("ab，cd。", "五绝").rhyme_right


def test_forms_by_their_lines() -> None:
    assert form_of("tang", ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]) == "五绝"
    assert form_of("ci", ["x"]) == "词" and form_of("qu", ["x"]) == "曲"
    assert form_of("tang", ["山不在高，有仙则名。"]) == "古诗"
    assert set(FORMS) >= set(REGULAR)


def test_lines_are_laid_out() -> None:
    assert laid_out("白日依山尽，黄河入海流。", "五绝") == "白日依山尽，\n黄河入海流。"
    assert laid_out("一，二。三", "词") == "一，二。\n三"
    assert (
        laid_out("无可奈何花落去，似曾相识燕归来。小园香径独徘徊。", "词")
        == "无可奈何花落去，\n似曾相识燕归来。\n小园香径独徘徊。"
    )
    assert laid_out("无意苦争春，一任群芳妒。零落", "词") == "无意苦争春，\n一任群芳妒。\n零落"
    assert laid_out("昨夜。\n风", "词").replace("\n", "") == "昨夜。风" and laid_out("", "词") == ""
    assert laid_out("一，二。三", "小说") == "一，二。三"


def test_simplified_characters_have_all_their_readings() -> None:
    """发 stands for 發 (月) and 髮 (月), 干 for 乾 干 幹: 平 and 仄."""
    assert {r.tone for r in readings("发")} == {"入"}
    assert tone("干") == "通"
