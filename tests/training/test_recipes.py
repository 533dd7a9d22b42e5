"""The recipes: how a seed is chosen, what a step changes, what ships, and that the comparison of three models is fair."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from PIL import Image

from core import weights
from core.flow.f_vae import FVAE
from core.gan.o_gan import Config
from training.data import ImageSet
from training.flow.f_vae import presets, step_cost
from training.gan.o_gan import OGANRecipe, chosen, ship
from training.loop import LOG, SHEETS, Schedule, train
from training.sheets import film

TINY = Config(side=32, channels=1, z_dim=8, base=4)


def pictures(name: str = "mnist28") -> ImageSet:
    """Random pictures of blobs, 32x32."""
    rng = torch.Generator().manual_seed(0)
    x = torch.nn.functional.interpolate(torch.rand(80, 1, 4, 4, generator=rng), scale_factor=8, mode="bilinear")
    x = (255 * x).byte()
    return ImageSet(name, x[:60], x[60:], mirror=False)


def row(ratio: float, diversity: float, rho: float = 0.5) -> dict[str, float]:
    return {"reconstruction ratio": ratio, "pair diversity": diversity, "rho": rho}


def test_the_seed_is_chosen_by_reconstruction_among_the_diverse_and_never_by_rho() -> None:
    trials = {0: row(0.30, 0.9, 0.5), 1: row(0.25, 0.01, 0.99), 2: row(0.28, 0.8, 0.4)}
    assert chosen(trials) == 2
    with pytest.raises(RuntimeError, match="every trial collapsed"):
        chosen({0: row(0.2, 0.1, 0.99)})


def test_a_step_moves_encoder_and_generator_and_leaves_the_encoder_trainable() -> None:
    recipe = OGANRecipe(TINY, pictures(), seed=0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    before = {key: value.clone() for key, value in recipe.model.named_parameters()}
    losses = recipe.step(fabric, parts, 8, torch.Generator().manual_seed(1))
    moved = {key.split(".")[0] for key, value in recipe.model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {"encoder", "generator"}
    assert all(p.requires_grad for p in recipe.model.parameters())
    assert set(losses) == {"encoder loss", "gap", "rho train"}


def test_a_run_ships_weights_card_film_and_log(tmp_path: Path) -> None:
    recipe = OGANRecipe(TINY, pictures(), seed=3)
    schedule = Schedule(4, batch=8, eval_every=2, precision="32-true")
    run = train(recipe, schedule, 3, tmp_path / "run", device="cpu")
    ship(run, recipe.data, 3, {3: row(0.4, 0.9)}, schedule.steps, tmp_path / "weights")
    card = weights.read_card("o-gan-mnist28", tmp_path / "weights")
    assert (card.seed, card.steps, card.config["side"]) == (3, 4, 32)
    assert card.metrics["trial of seed 3: reconstruction ratio"] == 0.4
    assert {"reconstruction ratio", "pair diversity", "rho", "feature distance (own classifier)"} <= set(card.metrics)
    weights.verify("o-gan-mnist28", tmp_path / "weights")
    again = weights.load("o-gan-mnist28", folder=tmp_path / "weights")
    state = {key: value.half().float() for key, value in run.model.state_dict().items() if value.is_floating_point()}
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in state.items())
    frames = Image.open(io.BytesIO(weights.extra("o-gan-mnist28", "film.webp", tmp_path / "weights")))
    log = weights.extra("o-gan-mnist28", "log.csv", tmp_path / "weights").decode().splitlines()
    looks = len(list((tmp_path / "run" / SHEETS).glob("*.png")))
    assert len(log) - 1 == looks
    assert 1 <= frames.n_frames <= looks  # type: ignore[attr-defined]  # frames that are alike are stored once
    assert (tmp_path / "run" / LOG).exists()
    (tmp_path / "weights" / "o-gan-mnist28" / "film.webp").write_bytes(b"damaged")
    with pytest.raises(weights.WeightsError, match=r"film\.webp"):
        weights.verify("o-gan-mnist28", tmp_path / "weights")


def test_a_film_shows_the_samples_and_not_the_held_out_pictures(tmp_path: Path) -> None:
    """A sheet is samples at left, held-out pictures at right: only the left may ship."""
    sheet = np.zeros((192, 384, 3), np.uint8)
    sheet[:, 192:] = 255
    for k in range(3):
        Image.fromarray(sheet + k).save(tmp_path / f"{k}.png")
    frames = Image.open(io.BytesIO(film(tmp_path)))
    assert np.asarray(frames.convert("RGB")).max() < 50


def test_the_comparison_of_three_models_is_fair_by_its_presets() -> None:
    """As many parameters and as many operations of training, within 4 %."""
    cpu = presets(1000)["cpu"]
    sizes = [sum(p.numel() for p in FVAE(preset.config).parameters()) for preset in cpu.values()]
    costs = [step_cost(preset.config, preset.schedule.batch) * preset.schedule.steps for preset in cpu.values()]
    assert max(sizes) / min(sizes) < 1.04
    assert max(costs) / min(costs) < 1.04
