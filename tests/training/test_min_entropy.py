"""The recipe that counts and solves: boundaries by hand, pairs of words by hand, and a small run to the end, twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import weights
from core.text.min_entropy.lexicon import Segmenter, runs
from core.text.min_entropy.records import joint
from core.text.min_entropy.statistics import COUNTS, LEVELS, NAME, parsed
from training.text import min_entropy as recipe
from training.text.corpus import Document

BODY = "行者见了师父，便问八戒。师父道：行者何在？八戒笑道：行者在山下。\n孔明见了玄德，玄德大喜。孔明道：主公何忧？玄德笑道：孔明在此。"


def test_agreement_of_boundaries_by_hand() -> None:
    """Ours 天地|玄|黄, theirs 天地|玄黄: both cut after 天地, ours once more."""
    ours, theirs = recipe.boundaries(["天地", "玄", "黄"]), recipe.boundaries(["天地", "玄黄"])
    assert ours == {2, 3} and theirs == {2}
    told = recipe.agreement([ours], [theirs])
    assert told == pytest.approx({"precision": 0.5, "recall": 1.0, "F1": 2 / 3})


def test_words_side_by_side_by_hand() -> None:
    """0 1 0 in one sentence: the pair (0, 1) twice, (0, 0) is no pair; −1 holds a place; sentences stay apart."""
    table = recipe.together([[0, 1, 0], [2, -1, 1], [2]], 3)
    assert table.tolist() == [[0, 2, 0], [2, 0, 1], [0, 1, 0]]
    far = recipe.together([[0, *[-1] * (recipe.WINDOW - 1), 1, 2]], 3)
    assert far[0].tolist() == [0, 1, 0]  # five words away counts, six do not


def test_runs_of_every_level_are_those_of_the_text() -> None:
    texts = ["行者见了师父", "师父见了行者", "行者道师父道"]
    found, levels = recipe.counted(texts, 0.0)
    for level in LEVELS:
        assert levels[level] == runs(texts, found.strong(level, 0.0))


def test_sentences_are_cut_apart_at_their_ends() -> None:
    model = Segmenter({"行者": 5, "师父": 4, "见": 1, "了": 1})
    assert list(recipe.cut_sentences(["行者见了师父。师父"], model)) == [["行者", "见", "了", "师父"], ["师父"]]


def test_vectors_of_a_table_lower_s_and_are_measured_beside_what_needs_none() -> None:
    rng = np.random.default_rng(0)
    table = rng.poisson(3.0, (12, 12)) * (np.arange(12)[:, None] // 6 == np.arange(12)[None] // 6) + 1
    table = np.triu(table, 1) + np.triu(table, 1).T
    model = recipe.solved(joint(table, 0.0), joint(table, 0.0), 6, 60, 0)
    told = recipe.measured(model, table, table)
    assert told["training bound H(J|I)"] <= told["training S"] < told["training S, word frequencies alone"] - 0.05
    assert told["held-out S"] == pytest.approx(told["training S"])


def test_a_small_run_ships_counts_and_vectors_and_a_second_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    documents = [Document("小说", "", BODY)] * 6
    monkeypatch.setattr(recipe, "prose", lambda: (documents, documents[:1]))
    monkeypatch.setattr(recipe, "DIMENSIONS", 3)
    monkeypatch.setattr(recipe, "against_jieba", lambda held, words: {"words found: F1 against jieba": 0.5})
    recipe.main(0, 5, True, tmp_path / "runs", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(recipe, "prose", lambda: pytest.fail("counted again"))
    recipe.main(0, 5, False, tmp_path / "runs", tmp_path / "out")
    kept = parsed(weights.extra(NAME, COUNTS, tmp_path / "out"))
    card = weights.read_card(NAME, tmp_path / "out")
    assert "孔明" in kept.words and kept.totals[LEVELS[0]] > 0
    assert card.config == {"words": len(kept.words), "dimensions": 3} and card.steps == 5
    model = weights.load(NAME, folder=tmp_path / "out")
    assert model.both.shape == (2, len(kept.words), 3)
