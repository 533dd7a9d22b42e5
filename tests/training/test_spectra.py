"""The recipe of the spectra: templates become a painter, a few steps lower the loss and resume, and all of it ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch.nn import functional as F

from core import weights
from core.vision.spectra.model import CLASSES, LENGTH, Config, Reader
from core.vision.spectra.objective import f1_loss, macro_f1
from core.vision.spectra.painter import GRID, KINDS, STARS, Painter, batch, redshifts
from training.loop import Schedule, train
from training.vision import spectra as recipe
from training.vision.spectra import SpectraRecipe, confusion_of, record, ship
from training.vision.spectra_painter import fitted


def templates() -> dict[str, np.ndarray]:
    """A pack of two rows a kind: a hump at a place of its own and a slope; coefficients for all stars but CV."""
    rng = np.random.default_rng(0)
    star = np.linspace(3.56, 3.965, 900)
    rest = np.linspace(3.0, 4.1, 1200)

    def rows(axis: np.ndarray, place: float) -> np.ndarray:
        return np.stack([1 + 2 * np.exp(-0.5 * ((axis - place) / 0.01) ** 2), 0.5 * (axis - axis.mean())])

    found: dict[str, np.ndarray] = {"star_grid": star, "rest_grid": rest}
    for name in STARS:
        found[f"star_{name}"] = rows(star, 3.75)
        if name != "CV":
            found[f"coef_{name}"] = np.column_stack([np.ones(40), rng.normal(0, 1, 40)])
    for key, place in (("gal", 3.6), ("qso_lo", 3.45), ("qso_hi", 3.3)):
        found[key] = rows(rest, place)
    found["gal"][:, :5] = np.nan  # a template does not cover the whole of its grid
    return found


@pytest.fixture(scope="module")
def painter() -> Painter:
    return fitted(templates())


def test_the_painter_covers_every_redshift_and_keeps_the_lines(painter: Painter) -> None:
    for kind in KINDS:
        axis, table = painter.rest(kind)
        low, high = redshifts(kind)
        assert axis[0] <= GRID[0] - np.log10(1 + high)
        assert axis[-1] >= GRID[-1] - np.log10(1 + low)
        assert np.isfinite(table).all()
        assert np.abs(table[0]).mean() == pytest.approx(1, rel=1e-5)
        place = {"galaxy": 3.6, "qso-near": 3.45, "qso-far": 3.3}.get(kind, 3.75)
        assert axis[int(table[0].argmax())] == pytest.approx(place, abs=2e-3)


def test_the_components_of_a_star_have_its_templates_covariance() -> None:
    pack = templates()
    made = fitted(pack)
    axis, table = made.rest("F")
    scale = np.abs(pack["coef_F"].mean(0) @ pack["star_F"]).mean()
    wanted = np.interp(axis, pack["star_grid"], (pack["coef_F"] @ pack["star_F"]).std(0, ddof=1))
    found = np.sqrt((table[1:] ** 2).sum(0))
    ratio = found[wanted > 0.01] / wanted[wanted > 0.01]
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]), rel=1e-3)
    assert 0.5 / scale < ratio[0] < 2 / scale


def short(painter: Painter, loss: Any = F.cross_entropy) -> SpectraRecipe:
    torch.manual_seed(0)
    return SpectraRecipe(painter, Reader(Config(1)), loss, 3e-3, 0)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HELD_OUT", 12), ("TESTED", 12), ("EACH", 2), ("RATIOS", (1.0, 60.0))):
        monkeypatch.setattr(recipe, name, value)


@pytest.mark.usefixtures("few")
def test_a_few_steps_lower_the_loss(painter: Painter) -> None:
    made = short(painter)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in made.networks().items()}
    rng = torch.Generator().manual_seed(1)
    found = [float(made.step(fabric, parts, 16, rng)["loss"]) for _ in range(24)]
    assert np.mean(found[-5:]) < np.mean(found[:5])


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("loss", [F.cross_entropy, f1_loss])
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(painter: Painter, tmp_path: Path, loss: Any) -> None:
    schedule = Schedule(4, 8, ema=0.5, eval_every=2, precision="32-true")
    whole = train(short(painter, loss), schedule, 0, tmp_path / "whole", device="cpu")
    train(short(painter, loss), schedule, 0, tmp_path / "killed", device="cpu", stop_at=2)
    torch.manual_seed(123)  # what another process would have
    again = train(short(painter, loss), schedule, 0, tmp_path / "killed", device="cpu")
    for a, b in zip(whole.model.parameters(), again.model.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_the_confusion_counts_every_spectrum_once_and_leaves_the_mode(painter: Painter) -> None:
    reader = Reader(Config(1)).train()
    found = batch(painter, (1.0, 1.0, 1.0, 1.0), 9, 4)
    counts = confusion_of(reader, torch.from_numpy(found.flux), found.labels)
    assert counts.sum() == 9
    assert counts.sum(1).tolist() == np.bincount(found.labels, minlength=len(CLASSES)).tolist()
    assert reader.training


@pytest.mark.usefixtures("few")
def test_the_net_ships_with_its_record(painter: Painter, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    real = {
        "loglam": GRID, "flux": rng.uniform(1, 2, (5, LENGTH)), "subclass": np.array(["F9", "M0", "K5", "K5", "A2"]),
        "snr": np.full(5, 20.0),
    }  # fmt: skip
    schedule = Schedule(2, 8, ema=0.0, eval_every=2, precision="32-true")
    runs = {name: train(short(painter), schedule, 0, tmp_path / name, device="cpu") for name in ("ce", "f1", "alone")}
    told = record(runs, painter, real)
    ship("f1", runs["f1"], told, 0, tmp_path / "weights")
    card = weights.read_card("spectra-f1", tmp_path / "weights")
    kept = json.loads(weights.extra("spectra-f1", "record.json", tmp_path / "weights"))
    counts = np.array(kept["readers"]["f1"]["confusion"])
    assert counts.sum() == 12
    assert card.metrics["macro-F1"] == pytest.approx(float(macro_f1(counts).mean()), abs=1e-5)
    assert sum(map(sum, kept["real"]["kinds"].values())) == 5
    assert card.metrics["real stars called stars"] == pytest.approx(np.mean(np.array(kept["real"]["said"]) == 0))
    loaded = weights.load("spectra-f1", folder=tmp_path / "weights")
    x = torch.from_numpy(batch(painter, (1.0, 1.0, 1.0, 1.0), 3, 1).flux)
    with torch.inference_mode():
        torch.testing.assert_close(loaded(x), runs["f1"].model.eval()(x), atol=0.05, rtol=0.05)
