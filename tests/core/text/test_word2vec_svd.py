"""Word vectors by counting: facts, broken copies that are noticed, what readers may type."""

from __future__ import annotations

import numpy as np
import pytest

from core.refusal import Refusal
from core.text.word2vec_svd import reviews, verification, views
from core.text.word2vec_svd.counting import BREAK, cooccurrences
from core.text.word2vec_svd.factors import positive, truncated
from core.text.word2vec_svd.segmenting import Segmenter
from core.text.word2vec_svd.sgns import Settings, Vectors, climb, gradients, noise
from core.text.word2vec_svd.shelf import counts, dump_counts, parse_counts
from tests.facts import failed, unnoticed


@pytest.mark.parametrize("fact", ["of_counting", "of_ranks", "of_sgns", "of_lookup", "of_neighbours", "of_reviews"])
def test_facts_hold(fact: str) -> None:
    assert not failed(getattr(verification, fact))


def test_counts_over_the_end_of_a_sentence_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "cooccurrences", lambda t, n, w: cooccurrences(t[t != BREAK], n, w))
    assert not unnoticed(verification.of_counting, "toy text", "3 000 random words")


def test_a_pmi_without_the_shift_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.text.word2vec_svd.factors import pmi

    monkeypatch.setattr(verification, "pmi", lambda c, k, a: pmi(c, 1.0, a))
    assert not unnoticed(verification.of_counting, "PMI − log 3")


def test_a_wrong_svd_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setattr(verification, "truncated", lambda m, d: replace((f := truncated(m, d)), values=f.values**0.5))
    assert not unnoticed(verification.of_ranks, "LAPACK", "above the least")


def test_a_gradient_of_the_wrong_sign_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(vectors: Vectors, *rest: object) -> tuple[float, Vectors]:
        value, slope = gradients(vectors, *rest)  # type: ignore[arg-type]
        return value, Vectors(-slope.words, slope.contexts)

    monkeypatch.setattr(verification, "gradients", turned)
    assert not unnoticed(verification.of_sgns, "gradient of SGNS")


def test_negatives_without_k_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        verification, "climb", lambda p, s, seed: climb(p, Settings(s.size, 1.0, s.smoothing, s.steps, s.lr), seed)
    )
    assert not unnoticed(verification.of_sgns, "full rank")


def test_the_objective_by_hand() -> None:
    """One word, v·u = log 3: σ = ¾; two pairs and k = 1 give 2 log ¾ + 2 log ¼."""
    vectors = Vectors(np.array([[np.log(3.0)]]), np.array([[1.0]]))
    value, _ = gradients(vectors, np.array([[2.0]]), 1.0, noise(np.array([2.0]), 0.75))
    assert value == pytest.approx(2 * np.log(0.75) + 2 * np.log(0.25))


def test_counts_travel() -> None:
    kept = counts()
    again = parse_counts(dump_counts(kept))
    for one, other in zip(kept, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (np.diff(kept.start) > 0).all()


def test_the_same_counts_give_the_same_factors() -> None:
    matrix = positive(counts().first(300))
    a, b = truncated(matrix, 20), truncated(matrix, 20)
    np.testing.assert_array_equal(a.left, b.left)


def test_a_cut_keeps_every_character_and_prefers_the_probable() -> None:
    segmenter = Segmenter(["服务", "服务员", "态度", "员"], [10, 8, 9, 1])
    text = "服务员态度x好"
    assert segmenter.cut(text) == ["服务员", "态度", "x", "好"]
    assert segmenter.cut("") == []


@pytest.mark.parametrize("text", ["", "。！？", "😀😀", "hello"])
def test_a_sentence_without_a_known_word_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        views.looked(text)


def test_traditional_characters_are_read() -> None:
    y = views.looked("寶玉笑了")
    assert y.traditional and "宝玉" in y.pieces


def test_an_unknown_word_is_refused_with_known_ones() -> None:
    with pytest.raises(Refusal, match="known ones"):
        next(views.compared("酒驾驶", 400, Settings(10, steps=40), 1.0, 0.5, 0))


@pytest.mark.parametrize("text", ["", "\n", "😀"])
def test_a_review_without_a_known_character_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        reviews.read(text, "bag-word")


def test_a_long_paste_is_read_and_order_does_not_matter() -> None:
    y = reviews.read("很好，不错。" * 1700, "svd-word-256")
    assert y.gap < 1e-9 and y.good > 0.5
    a, b = (reviews.read(text, "bag-character").logit for text in ("房间很好", "好很间房"))
    assert a == pytest.approx(b, abs=1e-12)
