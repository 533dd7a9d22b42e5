"""The recipe of VAE-2's models: a learned σ² has steps of its own, and the card tells what the page shows."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from core import weights
from core.vae.digits import DigitVAE
from core.vae.vae_bayes.bounds import KS
from core.vae.vae_bayes.views import BERNOULLI, LEARNED, MEAN, VARIANCES, fixed
from tests.training.test_recipes import small_digits
from training.loop import Schedule, train
from training.vae import bayes
from training.vae.bayes import PRESETS, BayesRecipe
from training.vae.digits import LR, units


def test_the_presets_differ_in_the_likelihood_alone() -> None:
    assert set(PRESETS) == {BERNOULLI, LEARNED, MEAN, *(fixed(v) for v in VARIANCES)}
    assert {(c.net, c.z_dim, c.labels) for c in PRESETS.values()} == {("mlp", 20, 0)}
    assert {name for name, c in PRESETS.items() if c.kl_weight != 1} == {MEAN}
    assert all(PRESETS[fixed(v)].variance == v for v in VARIANCES)


def test_a_learned_variance_has_larger_steps_and_comes_near_the_squared_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bayes, "BATCH", 7)
    recipe = BayesRecipe(PRESETS[LEARNED], *small_digits(), 0)
    (_, optimiser), *_ = recipe.networks().values()
    assert [group["lr"] for group in optimiser.param_groups] == [LR, bayes.VARIANCE_LR]
    held = [p for group in optimiser.param_groups for p in group["params"]]
    assert len(held) == len({id(p) for p in held}) == len(list(recipe.model.parameters()))
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    for step in range(200):
        recipe.step(fabric, parts, 32, torch.Generator().manual_seed(step))
    assert recipe.model.log_variance is not None
    error = bayes.more(recipe.model, units(recipe.data.train))["squared error"]
    assert float(recipe.model.log_variance.detach().exp()) == pytest.approx(error, rel=0.4)


def test_a_run_ships_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bayes, "BATCH", 7)
    data, kinds = small_digits()
    schedule = Schedule(4, batch=8, eval_every=2, precision="32-true", keep="objective")
    run = train(BayesRecipe(PRESETS[LEARNED], data, kinds, 0), schedule, 0, tmp_path / "run", device="cpu")
    assert isinstance(run.model, DigitVAE) and run.model.log_variance is not None
    bayes.ship(run, LEARNED, data, kinds, 0, tmp_path / "weights")
    name = "vae-bayes-learned-mnist28"
    weights.verify(name, tmp_path / "weights")
    metrics = weights.read_card(name, tmp_path / "weights").metrics
    assert all(math.isfinite(value) for value in metrics.values())
    bounds = [metrics[f"importance bound, K = {k}"] for k in KS]
    assert bounds == sorted(bounds, reverse=True)
    assert metrics["learned variance"] == pytest.approx(float(run.model.log_variance.detach().exp()), rel=1e-3)
