"""The compiled epochs take the gradient that the objective has; a run that was stopped goes on as if it had not been."""

from pathlib import Path

import numpy as np
import pytest
import torch
from typer import BadParameter

from core.text.word2vec.objective import loss_of
from training.command import CannotGoOn
from training.text import word2vec as recipe
from training.text.word2vec_kernel import cbow_epoch, skip_gram_epoch

V, D = 40, 6


def tables(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(0, 0.5, shape).astype(np.float32) for shape in ((V + 1, D), (V, D), (V,)))  # type: ignore[return-value]


def large_sums() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Adagrad with sums so large that a step is the gradient times lr / 1e4."""
    return tuple(np.full_like(table, 1e8) for table in tables())  # type: ignore[return-value]


def moved(before, after) -> list[np.ndarray]:
    """The gradient that a step of lr 1e4 / 1e4 took."""
    return [b.astype(np.float64) - a for b, a in zip(before, after, strict=True)]


def test_the_gradient_of_cbow_is_that_of_random_softmax() -> None:
    """One target; which noise was drawn is read off the rows that moved, so k = 3 distinct rows beside the target's."""
    tokens, starts = np.array([3, 7, V, 9], np.int32), np.array([0, 4])
    keep = np.zeros(V)
    keep[7] = 1.0
    before, after, sums = tables(), tables(), large_sums()
    count, loss = cbow_epoch(tokens, starts, np.array([0]), keep, after, sums, 3, 2, np.float32(1e4), np.uint64(5))
    assert count == 1
    gradient = moved(before, after)
    noise = [int(w) for w in np.flatnonzero(gradient[2]) if w != 7]
    assert len(noise) == 3
    v, u, b = (torch.from_numpy(table).double().requires_grad_() for table in before)
    hidden = v[3] + v[V] + v[9] + v[V]  # the window reaches one word beyond the sentence's start
    z = u @ hidden + b
    zero = torch.zeros(1)
    value = loss_of("random", z[[7]], z[noise][None], zero, zero).sum()
    value.backward()
    assert loss == pytest.approx(float(value.detach()), abs=1e-5)
    for found, parameter in zip(gradient, (v, u, b), strict=True):
        assert parameter.grad is not None
        expected = parameter.grad.numpy()
        rows = np.flatnonzero(np.abs(expected).reshape(len(expected), -1).sum(1))
        assert set(np.flatnonzero(np.abs(found).reshape(len(found), -1).sum(1))) == set(rows)
        assert np.allclose(found, expected, atol=2e-4)


def test_the_gradient_of_skip_gram_is_that_of_sgns() -> None:
    tokens, starts = np.array([3, 7], np.int32), np.array([0, 2])
    before, after, sums = tables(), tables(), large_sums()
    noise = np.array([20], np.int32)
    count, loss = skip_gram_epoch(
        tokens, starts, np.array([0]), np.ones(V), noise, after, sums, 2, 1, np.float32(1e1), np.uint64(5)
    )
    assert count == 2
    gradient = [1e3 * part for part in moved(before, after)]
    v, u, _ = (torch.from_numpy(table).double().requires_grad_() for table in before)
    zero, none = torch.zeros(1), torch.zeros(1, 2)
    value = torch.zeros(())
    for middle, near in ((3, 7), (7, 3)):
        z = u @ v[middle]
        value = value + loss_of("sgns", z[[near]], z[[20, 20]][None], zero, none).sum()
    value.backward()
    assert loss == pytest.approx(float(value.detach()) / 2, abs=1e-3)
    assert v.grad is not None and u.grad is not None
    assert np.allclose(gradient[0], v.grad.numpy(), atol=2e-2) and np.allclose(gradient[1], u.grad.numpy(), atol=2e-2)


def sentences() -> list[list[str]]:
    rng = np.random.default_rng(0)
    halves = ["天地日月山水风云", "刀枪剑戟斧钺弓箭"]
    return [list(rng.choice(list(halves[i % 2]), 6)) for i in range(600)]


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch) -> recipe.Corpus:
    monkeypatch.setattr(recipe, "sentences", lambda: (sentences(), sentences()[:60]))
    return recipe.corpus(15)


def test_the_corpus_counts_and_names_unknown_words(text: recipe.Corpus) -> None:
    assert len(text.words) == 15 and text.total == 3600 and text.counts.sum() < 3600
    assert (np.diff(text.counts) <= 0).all()
    assert (text.train[0] == 15).sum() == 3600 - text.counts.sum()
    first = text.contexts(np.array([[0, 6, 0]]), 2)[0].tolist()
    assert first == [15, 15, *text.held[0][1:3].tolist()]


@pytest.mark.parametrize("kind", ["cbow", "skip-gram"])
def test_a_stopped_run_goes_on_and_learns(kind: str, text: recipe.Corpus, tmp_path: Path) -> None:
    whole, parts = (
        recipe.Trainer(kind, text, 8, 4, 0, tmp_path / "whole"),
        recipe.Trainer(kind, text, 8, 4, 0, tmp_path / "parts"),
    )
    for trainer in (whole, parts):
        trainer.keep = np.ones(15)  # sub-sampling would leave nothing of so small a text
    for _ in range(4):
        whole.epoch()
    parts.epoch()
    parts.save()
    again = recipe.Trainer(kind, text, 8, 4, 0, tmp_path / "parts")
    again.keep = np.ones(15)
    again.resume()
    for _ in range(3):
        again.epoch()
    assert again.rows == whole.rows
    assert all(np.array_equal(a, b) for a, b in zip(again.tables, whole.tables, strict=True))
    assert whole.rows[-1]["loss"] < whole.rows[0]["loss"]


def test_cbow_beats_the_baselines_where_context_tells(text: recipe.Corpus, tmp_path: Path) -> None:
    trainer = recipe.Trainer("cbow", text, 8, 6, 0, tmp_path)
    trainer.keep = np.ones(15)
    for _ in range(6):
        trainer.epoch()
    blanks = text.blanks
    found = recipe.held_out(trainer.cbow(), text, blanks, corrected=False)
    told = recipe.baselines(text, blanks)
    assert found.loss < told["unigram"].loss - 0.2
    assert told["left neighbour"].loss < told["unigram"].loss


def test_a_damaged_or_foreign_checkpoint_is_told(text: recipe.Corpus, tmp_path: Path) -> None:
    trainer = recipe.Trainer("cbow", text, 8, 6, 0, tmp_path)
    trainer.epoch()
    trainer.save()
    with pytest.raises(CannotGoOn, match="sizes"):
        recipe.Trainer("cbow", text, 4, 6, 0, tmp_path).resume()
    with pytest.raises(CannotGoOn, match="6 epochs"):
        recipe.Trainer("cbow", text, 8, 7, 0, tmp_path).resume()
    trainer.path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(CannotGoOn, match="damaged"):
        trainer.resume()


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises((CannotGoOn, BadParameter)):
        recipe.main("glove")
