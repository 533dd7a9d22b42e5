"""The recipe of the CAPTCHA net: pictures drawn once, a step that lowers both losses, and a net that ships with its record."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from core import weights
from core.vision.captcha.drawing import HEIGHT, LENGTH, WIDTH
from core.vision.captcha.model import Config, Logits, Net
from core.vision.captcha.reading import seen
from core.vision.captcha.record import RECORD
from core.vision.captcha.trials import fresh
from training.loop import Schedule, train
from training.vision import captcha as recipe
from training.vision.captcha import CaptchaRecipe, data, scored, ship, trials

SMALL = Config(widths=(4, 6, 8, 8), last=8, middle=0)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of a few pictures."""
    for name in ("WATCHED", "TESTED", "TRIED"):
        monkeypatch.setattr(recipe, name, 4)
    monkeypatch.setattr(recipe, "SHEET", 2)


def test_pictures_are_drawn_once_and_always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, again = data(tmp_path / "a", 3, 6, 4), data(tmp_path / "b", 3, 6, 4)
    assert np.array_equal(made.greys, again.greys)
    assert made.texts == again.texts
    assert [len(text) for text in made.texts[:6]] == [LENGTH] * 6
    assert {len(text) for text in made.texts[6:]} == {2, 3, 5, 6}
    assert made.greys.shape == (10, HEIGHT, WIDTH)
    monkeypatch.setattr(recipe, "drawn", None)  # it is not called again
    assert data(tmp_path / "a", 3, 6, 4).texts == made.texts
    assert not np.array_equal(np.load(tmp_path / "a" / "pictures-3-6-4" / "greys.npy")[0], made.greys[1])


@pytest.mark.usefixtures("few")
def test_a_step_lowers_both_losses(tmp_path: Path) -> None:
    made = CaptchaRecipe(SMALL, data(tmp_path, 0, 6, 2), 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in made.networks().items()}
    rng = torch.Generator().manual_seed(1)
    found = [made.step(fabric, parts, 16, rng) for _ in range(60)]
    for name in ("loss, heads", "loss, ctc"):
        values = [float(one[name]) for one in found]
        assert np.mean(values[-10:]) < np.mean(values[:10]) - 0.5


@pytest.mark.usefixtures("few")
def test_variations_keep_the_shape_and_depend_on_the_generator(tmp_path: Path) -> None:
    made = CaptchaRecipe(SMALL, data(tmp_path, 0, 4, 0), 0)
    x = seen(made.data.greys[:4])
    one, same, other = (made.varied(x, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert one.shape == x.shape
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_scores_count_slots_and_whole_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = fresh(2, 1.0, "lato", 0)
    heads, columns = torch.zeros(2, 4, 26), torch.zeros(2, 15, 27)
    columns[:, :, -1] = 1.0
    for row, text in enumerate(trial.texts):
        for k, letter in enumerate(text.lower()):
            heads[row, k, ord(letter) - ord("a")] = 1.0
            columns[row, 3 * k, ord(letter) - ord("a")] = 2.0
    heads[1, 3] = -heads[1, 3]
    monkeypatch.setattr(recipe, "logits", lambda model, greys: Logits(heads, columns))
    outcome, right = scored(Net(SMALL), trial)
    assert outcome.whole == 0.5
    assert outcome.single == (1.0, 1.0, 1.0, 0.5)
    assert right == 2


@pytest.mark.usefixtures("few")
def test_the_net_ships_with_its_record(tmp_path: Path) -> None:
    made = data(tmp_path, 0, 6, 2)
    schedule = Schedule(2, 4, ema=0.0, eval_every=2, precision="32-true")
    run = train(CaptchaRecipe(SMALL, made, 0), schedule, 0, tmp_path / "run", device="cpu")
    assert {"letters", "whole texts", "whole texts, ctc"} <= set(run.rows[-1])
    ship(run, made, 0, "python -m …", tmp_path / "weights")
    card = weights.read_card("captcha", tmp_path / "weights")
    record = json.loads(weights.extra("captcha", RECORD, tmp_path / "weights"))
    assert record["ctc"].keys() == trials().keys()
    for name, counts in record["heads"].items():
        assert sum(counts) == 4
        assert counts[-1] / 4 == pytest.approx(card.metrics[f"{name}: heads, whole texts"])
    shipped = weights.load("captcha", folder=tmp_path / "weights")
    assert isinstance(shipped, Net)
    assert shipped.config == SMALL
