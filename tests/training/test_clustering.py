"""The recipe of the clustering VAE: what a step changes, that the loss falls, and that all seeds' figures ship."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from core import weights
from core.films import frames
from core.vae.vae_clustering import views
from core.vae.vae_clustering.model import Config
from training.data import Labelled
from training.loop import Schedule, train
from training.vae.clustering import (
    MEASURES,
    PRESETS,
    AutoencoderRecipe,
    ClusterRecipe,
    baselines,
    measured,
    ship,
)

TINY = Config(z_dim=3, hidden=8, dense=12)


def pictures() -> Labelled:
    """Blobs of ten brightnesses, 28x28."""
    rng = torch.Generator().manual_seed(0)

    def made(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.arange(count) % 10
        x = 20 * labels[:, None, None, None] + 40 * torch.rand(count, 1, 28, 28, generator=rng)
        return x.byte(), labels

    return Labelled(*made(60), *made(1000))


def losses(recipe: ClusterRecipe, steps: int) -> list[dict[str, float]]:
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    rng = torch.Generator().manual_seed(1)
    return [{key: float(value) for key, value in recipe.step(fabric, parts, 8, rng).items()} for _ in range(steps)]


def test_a_step_moves_all_networks_and_the_centres_and_the_loss_falls() -> None:
    recipe = ClusterRecipe(TINY, pictures(), 0)
    before = {key: value.clone() for key, value in recipe.model.named_parameters()}
    found = losses(recipe, 12)
    moved = {key.split(".")[0] for key, value in recipe.model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {"encoder", "decoder", "classifier", "centres"}
    assert found[-1]["train loss"] < found[0]["train loss"]
    for row in found:
        assert row["train loss"] == pytest.approx(
            sum(row[f"train {part}"] for part in ("picture", "spread", "centre", "labels")), rel=1e-5
        )


def test_lambda_weighs_the_picture_alone() -> None:
    """At the first step, with the same noise, the picture's term is ten times as large and the others are the same."""
    small, large = (losses(ClusterRecipe(TINY, pictures(), 0, lam), 1)[0] for lam in (0.5, 5.0))
    assert large["train picture"] == pytest.approx(10 * small["train picture"], rel=1e-5)
    assert large["train centre"] == pytest.approx(small["train centre"])


def test_the_autoencoder_has_neither_noise_nor_centres() -> None:
    recipe = AutoencoderRecipe(TINY, pictures(), 0)
    before = recipe.model.centres.clone()
    found = losses(recipe, 6)
    assert found[-1]["train loss"] < found[0]["train loss"]
    assert torch.equal(recipe.model.centres, before)
    told = baselines(pictures(), recipe.model)
    assert {f"K-means on pixels: {key}" for key in MEASURES[1:]} <= set(told)
    assert told["K-means on pixels: purity"] > 0.9  # ten brightnesses are ten clusters


def test_the_presets_are_the_authors_but_for_the_networks() -> None:
    for preset in PRESETS.values():
        assert preset.schedule.batch == 100
        assert preset.config.z_dim == 20
    assert PRESETS["full"].config.channels == (32, 64)
    assert PRESETS["full"].schedule.steps == 50 * 600


def test_all_seeds_ship_their_figures_and_the_least_loss_its_weights(tmp_path: Path) -> None:
    data, schedule = pictures(), Schedule(4, batch=8, ema=0.0, eval_every=2, precision="32-true")
    recipes = {seed: ClusterRecipe(TINY, data, seed) for seed in range(2)}
    runs = {seed: train(one, schedule, seed, tmp_path / str(seed), device="cpu") for seed, one in recipes.items()}
    best = ship(runs, recipes, "tiny", "mnist28", {"a": 1.0}, "python -m …", tmp_path / "weights")
    card = weights.read_card("tiny", tmp_path / "weights")
    told = {seed: card.metrics[f"seed {seed}: loss"] for seed in runs}
    assert card.seed == best == min(told, key=lambda seed: told[seed])
    assert {f"seed {seed}: {key}" for seed in runs for key in MEASURES} <= set(card.metrics)
    assert card.metrics["a"] == 1
    rows = weights.extra("tiny", "seeds.csv", tmp_path / "weights").decode().splitlines()
    assert rows[0] == "seed,step,loss,purity,hungarian accuracy,nmi"
    assert [row.split(",")[:2] for row in rows[1:]] == [[str(s), str(k)] for s in runs for k in (1, 2, 4)]
    model = weights.load("tiny", folder=tmp_path / "weights")
    again = measured(recipes[best], model)[1]
    assert again["purity"] == pytest.approx(card.metrics["purity"], abs=1e-5)
    shown = frames(weights.extra("tiny", "film.webp", tmp_path / "weights"))
    assert {frame.shape for frame in shown} == {(56, 140, 3)}  # ten centres in two rows
    stored = io.BytesIO(weights.extra("tiny", views.CODES, tmp_path / "weights"))
    with np.load(stored, allow_pickle=False) as codes:
        assert set(codes.files) == {"mean", "labels"}
        assert (codes["mean"].dtype, codes["labels"].dtype) == (np.float16, np.uint8)
        assert np.array_equal(codes["labels"], data.held_out_labels.numpy())
        with torch.no_grad():
            np.testing.assert_allclose(codes["mean"], model.encode(data.held_out.float() / 255).numpy(), atol=0.01)
    assert not list((tmp_path / "weights").rglob("*.png"))
