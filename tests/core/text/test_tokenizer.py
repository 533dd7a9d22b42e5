"""Characters and tokens: what a reader may type, and that nothing is dropped in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.library import VERSE, tokenizer
from core.text.tokenizer import UNKNOWN, Tokenizer, is_han, tidy


def test_traditional_becomes_simplified() -> None:
    assert tidy("國破山河在,城春草木深.") == "国破山河在，城春草木深。"


def test_controls_and_marks_of_direction_go_and_line_breaks_stay() -> None:
    assert tidy("床\u202e前\u200b明\x00月\r\n光\ud800") == "床前明月\n光"


def test_unknown_characters_are_named() -> None:
    encoded = tokenizer(VERSE).encode("床前😀明月Ω")
    assert encoded.unknown == ("😀", "Ω")
    assert encoded.tokens.count(UNKNOWN) == 2
    assert tokenizer(VERSE).decode(encoded.tokens) == "床前□明月□"


@given(st.text(max_size=40))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    own = tokenizer(VERSE)
    encoded = own.encode(text)
    assert len(encoded.tokens) == len(encoded.characters)
    assert set(encoded.unknown) == {c for c in encoded.characters if c not in own.ids}
    assert tidy(encoded.characters) == encoded.characters  # what is tidy stays


def test_a_vocabulary_comes_back_from_its_file() -> None:
    own = Tokenizer(("五绝", "小说"), "，。山\n水")
    assert Tokenizer.parse(own.dump()).tokens == own.tokens
    assert own.form("小说") == 5 and own.first_character == 6
    assert own.decode(own.encode("山\n水").tokens) == "山\n水"


def test_a_character_stands_once() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        Tokenizer((), "山水山")


def test_lost_characters_are_never_written() -> None:
    own = Tokenizer(("词",), "山囗□")
    assert own.written == (False, True, False, False, False, True, False, False)


def test_what_counts_as_chinese() -> None:
    assert all(map(is_han, "山𠮷㐀"))
    assert not any(map(is_han, "a，1。あ😀"))
