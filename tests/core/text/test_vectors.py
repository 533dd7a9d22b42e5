"""Word vectors: neighbours and analogies by hand-made vectors, refusals, cutting."""

import pickle

import numpy as np
import pytest

from core.refusal import Refusal
from core.text.vectors import WordVectors

WORDS = ("的", "男", "女", "国王", "王后", "国", "苹果")
TABLE = np.array([[0, 0, 1], [2, 0, 0], [0, 2, 0], [3, 0, 3], [0, 5, 5], [1, 1, 1], [0, 0, -1]], np.float16)


@pytest.fixture
def vectors() -> WordVectors:
    return WordVectors(WORDS, TABLE)


def test_an_analogy_is_solved_by_unit_vectors(vectors: WordVectors) -> None:
    """男 : 国王 = 女 : 王后 holds for directions, though the lengths differ."""
    a, b, c = (vectors.ids[w] for w in ("男", "国王", "女"))
    found = vectors.analogy(a, b, c, k=3)
    assert found.words[0] == "王后" and not {"男", "国王", "女"} & set(found.words)
    x = vectors.units[b] - vectors.units[a] + vectors.units[c]
    assert found.cosines[0] == pytest.approx(float(x @ vectors.units[4] / np.linalg.norm(x)))


def test_neighbours_leave_the_word_out_and_are_sorted(vectors: WordVectors) -> None:
    found = vectors.neighbours(vectors.ids["国王"], 10)
    assert len(found.words) == 6 and "国王" not in found.words
    assert (np.diff(found.cosines) <= 0).all()
    assert found.rank("苹果") == 6 and found.rank("国王") is None


def test_only_frequent_words_when_asked(vectors: WordVectors) -> None:
    assert set(vectors.neighbours(6, 10, among=3).words) == {"的", "男", "女"}


def test_a_traditional_word_is_found(vectors: WordVectors) -> None:
    assert vectors.lookup("國王") == 3
    assert vectors.lookup(" 蘋果 ") == 6


@pytest.mark.parametrize("word", ["", "  ", "king", "😀", "。。", "龘", "\ud800", "x" * 10_000])
def test_what_is_no_word_is_refused(vectors: WordVectors, word: str) -> None:
    with pytest.raises(Refusal) as refused:
        vectors.lookup(word, "first")
    assert refused.value.input == "first" and refused.value.zh and refused.value.en


def test_an_unknown_word_is_refused_with_those_that_share_most_characters(vectors: WordVectors) -> None:
    with pytest.raises(Refusal) as refused:
        vectors.lookup("女王国")
    assert "国王、女" in refused.value.zh and "国王, 女" in refused.value.en


def test_the_longest_known_word_is_taken_and_a_blank_ends_a_word(vectors: WordVectors) -> None:
    assert [p.text for p in vectors.cut("国王的苹果，國 王")] == ["国王", "的", "苹果", "国", "王"]
    assert [p.known for p in vectors.cut("国 王a")] == [True, False, False]
    assert vectors.cut("。！ \n") == ()


def test_odd_one_out(vectors: WordVectors) -> None:
    assert vectors.odd_one([1, 3, 5, 6]) == 3


def test_vectors_are_pickled_and_must_fit() -> None:
    again = pickle.loads(pickle.dumps(WordVectors(WORDS, TABLE)))
    assert again.words == WORDS and np.array_equal(again.table, TABLE)
    with pytest.raises(ValueError, match="table"):
        WordVectors(WORDS, TABLE[:2])
