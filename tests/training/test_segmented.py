"""Prose cut into words: what stays, what is kept, and that it is read back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.text import segmented
from training.text.corpus import Document

TEXTS = ("宝玉笑道：“林妹妹来了。”众人都笑。", "OK，他说好！")


@pytest.fixture(autouse=True)
def two_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [Document("小说", "", text) for text in TEXTS]
    monkeypatch.setattr(segmented, "prose", lambda: (documents, documents[:1]))


def test_sentences_have_chinese_words_alone(tmp_path: Path) -> None:
    train, held = segmented.sentences(tmp_path)
    assert ["".join(words) for words in train] == ["宝玉笑道林妹妹来了", "众人都笑", "他说好"]
    assert held == train[:2]


def test_pieces_are_whole_with_their_punctuation(tmp_path: Path) -> None:
    train, held = segmented.pieces(tmp_path)
    assert ["".join(words) for words in train] == list(TEXTS)
    assert held == train[:1]


def test_what_was_cut_is_kept_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = segmented.sentences(tmp_path), segmented.pieces(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4

    def refuse(text: str) -> list[str]:
        raise AssertionError(f"cut again: {text}")

    monkeypatch.setattr("jieba.lcut", refuse)
    assert (segmented.sentences(tmp_path), segmented.pieces(tmp_path)) == first
