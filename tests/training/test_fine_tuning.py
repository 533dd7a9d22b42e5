"""The recipe of fine-tuning: stages move what they should, copies are augmented anew, and all of it ships and resumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from core import weights
from core.vision.fine_tuning.augment import STRONG, WEAK
from core.vision.fine_tuning.model import KINDS, Config, Model, Trunk
from core.vision.fine_tuning.shelf import NAME, OUTCOMES, PHOTOGRAPHS, SOURCES_FILE, VECTORS
from training.data import scaled
from training.vision import fine_tuning as recipe
from training.vision.fine_tuning import Arm, Lengths, Trials, bits
from training.vision.fine_tuning_shipping import EACH, moved, ship
from training.vision.flowers import Flowers, UpperRecipe, copies, seen, settled, varied
from training.vision.objects import ObjectsRecipe, crops

SMALL = Config((4, 6, 8), 10, 6)


pytestmark = pytest.mark.usefixtures("without_onednn")


def flowers(each: int = 14) -> Flowers:
    """Five kinds told apart by their mean colour."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(5 * each) % 5
    base = torch.tensor([[250, 60, 60], [60, 250, 60], [60, 60, 250], [240, 240, 40], [120, 120, 120]])
    noise = torch.randint(-40, 40, (len(labels), 3, 64, 64), generator=rng)
    x = (base[labels][:, :, None, None] + noise).clamp(0, 255).byte()
    return Flowers(x.clone(), labels, x[:10].clone(), labels[:10], x.clone(), labels)


def test_copies_differ_and_with_nothing_on_there_is_one() -> None:
    data, trunk = flowers(), Trunk(SMALL)
    settled(trunk, data)
    made = copies(trunk, data, STRONG, 2, 0)
    assert made.shape == (2, len(data.train), SMALL.out)
    assert not torch.equal(made[0], made[1])
    torch.testing.assert_close(copies(trunk, data, (), 2, 0)[0], seen(trunk, data.train))
    assert torch.equal(copies(trunk, data, WEAK, 1, 3), copies(trunk, data, WEAK, 1, 3))


def test_pictures_are_joined_with_their_own_kind_alone() -> None:
    data = flowers()
    for k in range(5):
        data.train[data.train_labels == k] = 50 * k
    index = torch.arange(len(data.train))
    made = varied(data, index, {"join"}, torch.Generator().manual_seed(0))
    torch.testing.assert_close(made, scaled(data.train))


def test_a_step_of_stage_two_moves_the_upper_part_alone() -> None:
    torch.manual_seed(0)
    data, model = flowers(), Model(SMALL)
    settled(model.trunk, data)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    maps = copies(model.trunk.maps, data, STRONG, 2, 0)
    made = UpperRecipe(model, maps, data.train_labels, (seen(model.trunk.maps, data.valid), data.valid_labels), 2, 0.01)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in made.networks().items()}
    made.step(fabric, parts, 8, torch.Generator().manual_seed(0))
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert any(name.startswith("trunk.high") for name in changed)
    assert not any(name.startswith("trunk.low") for name in changed)
    assert not any("running" in name for name in changed)


def test_crops_are_seeded_and_inside_the_range() -> None:
    x = torch.rand(6, 3, 32, 32) * 2 - 1
    a, b = (crops(x, 48, torch.Generator().manual_seed(0)) for _ in range(2))
    assert torch.equal(a, b)
    assert a.shape == (6, 3, 48, 48)
    assert float(a.abs().max()) <= 1.001


def test_pre_training_lowers_its_loss() -> None:
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(40) % 10
    x = (labels[:, None, None, None] * 25).expand(40, 3, 32, 32).byte()
    made = ObjectsRecipe(SMALL, (x, labels), (x, labels), 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in made.networks().items()}
    found = [float(made.step(fabric, parts, 16, rng)["cross-entropy"]) for _ in range(60)]
    assert np.mean(found[-10:]) < np.mean(found[:10])


def test_outcomes_are_bits() -> None:
    p = np.eye(5)[[0, 1, 2, 3, 4, 0, 0, 0, 1]]
    labels = torch.tensor([0, 1, 2, 3, 4, 1, 1, 1, 1])
    right = np.unpackbits(np.frombuffer(bytes.fromhex(bits(p, labels)), np.uint8))[:9]
    assert right.tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 1]


def test_all_of_it_ships_and_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recipe, "FROZEN_SEEDS", (0, 1))
    monkeypatch.setattr(recipe, "STAGE_SEEDS", (0, 1))
    monkeypatch.setattr(recipe, "RATES", (0.01,))
    monkeypatch.setattr(recipe, "COPIES", 1)
    monkeypatch.setattr(recipe, "FROZEN", {**recipe.LOSSES, "flip": Arm(on=STRONG - {"flip"})})
    torch.manual_seed(0)
    data = flowers()
    trunk = settled(Trunk(SMALL), data)
    names = np.array([f"{1000 + k}_abc.jpg" for k in range(len(data.held_out))])
    outcomes = []
    for _ in range(2):
        trials = Trials(data, SMALL, Lengths(2, 30, 4, 2), tmp_path / "runs", "cpu")
        heads = trials.frozen(trunk)
        trials.see(trunk)
        lr, models = trials.rates(trunk, heads)
        trials.whole(trunk, heads, lr)
        trials.controls()
        outcomes.append(trials.outcomes)
        assert moved(trunk, models[0].trunk)["stem"] == 0 < moved(trunk, models[0].trunk)["exit 2"]
        ship(
            models[0], trunk, trials.outcomes, data, names, lr=lr, objects=0.5, seconds=1.0, seed=0, steps=1,
            date="2026-01-01", folder=tmp_path / "weights",
        )  # fmt: skip
    assert outcomes[0] == outcomes[1]
    card = weights.read_card(NAME, tmp_path / "weights")
    assert {file.path for file in card.extras} == {OUTCOMES, PHOTOGRAPHS, SOURCES_FILE, VECTORS}
    lines = weights.extra(NAME, SOURCES_FILE, tmp_path / "weights").decode().splitlines()
    assert len(lines) == 1 + EACH * len(KINDS)
    assert all("CC BY 2.0" in line for line in lines[1:])
    assert isinstance(weights.load(NAME, folder=tmp_path / "weights"), Model)
    frozen = outcomes[0]["frozen"]
    assert [pair[0] for pair in frozen["auxiliary"]] == [pair[0] for pair in frozen["all"]]
