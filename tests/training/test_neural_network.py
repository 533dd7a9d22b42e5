"""The recipe of the networks: gradients by hand are the optimiser's, digits move as told, what is measured by hand, one small run ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.vision.neural_network.record import NAME
from core.weights import read_card, verify
from training.data import Labelled
from training.loop import Schedule, train
from training.vision import neural_network as recipe
from training.vision.neural_network import NetworkRecipe, moved, principal, share_lost


def digits(count: int = 40) -> Labelled:
    """Noise with labels, and the same for a test."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (2, count, 1, 28, 28), generator=rng, dtype=torch.uint8)
    y = torch.randint(0, 10, (2, count), generator=rng)
    return Labelled(x[0], y[0], x[1], y[1])


def test_a_digit_moves_down_and_right_and_leaves_blank_behind() -> None:
    picture = torch.zeros(1, 28, 28, dtype=torch.uint8)
    picture[0, 5, 7] = 9
    there = moved(picture, torch.tensor([[1, -1]]))
    assert there.nonzero().tolist() == [[0, 6, 6]]
    corner = torch.full((1, 28, 28), 9, dtype=torch.uint8)
    assert int(moved(corner, torch.tensor([[1, 1]])).eq(0).sum()) == 28 + 27


def test_the_share_lost_by_hand() -> None:
    x = np.array([[0.0, 2], [2, 0]])
    assert share_lost(x, np.array([[1.0, 1], [2, 0]]), x.mean(0)) == pytest.approx(0.5)


def test_principal_components_are_those_of_the_singular_values() -> None:
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    mean, found = principal(x, 3)
    expected = np.linalg.svd(x - mean, full_matrices=False)[2][:3]
    np.testing.assert_allclose(np.abs((found * expected).sum(1)), 1, atol=1e-5)


def test_a_small_run_ships_what_it_trained_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "WATCHED", 10)
    data = digits()
    schedule = Schedule(4, 10, ema=0.5, eval_every=2, precision="32-true", cosine=True)
    for size in (0, 2):
        train(NetworkRecipe(size, data, 0), schedule, 0, tmp_path / str(size), device="cpu", stop_at=2)
    runs = {
        size: train(NetworkRecipe(size, data, 0), schedule, 0, tmp_path / str(size), device="cpu") for size in (0, 2)
    }
    whole = train(NetworkRecipe(2, data, 0), schedule, 0, tmp_path / "whole", device="cpu")
    for a, b in zip(runs[2].model.parameters(), whole.model.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    recipe.ship(runs, data, 0, 4, tmp_path / "out")
    verify(NAME, tmp_path / "out")
    card = read_card(NAME, tmp_path / "out")
    assert card.metrics["test digits"] == 40
    assert 0 < card.metrics["share of variance lost, PCA of 2"] < 1
