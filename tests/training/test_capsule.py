"""The recipe of the capsules: a step trains what it should, what ships can be loaded and is measured, pairs are never trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from core import weights
from core.vision.capsule.matrix import Config as MatrixConfig
from core.vision.capsule.matrix import MatrixNet
from core.vision.capsule.model import HEADS, Config, Readers, name_of
from training.data import Labelled
from training.loop import Run, Schedule, train
from training.vision import capsule
from training.vision.capsule import MatrixRecipe, ReaderRecipe, measured, ship, ship_matrix

TINY, TINY_MATRIX = Config("capsules", 4), MatrixConfig(4, 2, 2)


def digits(count: int = 60) -> Labelled:
    """Pictures of ten kinds, each bright in a row of its own."""
    labels = torch.arange(count) % 10
    x = torch.zeros(count, 1, 28, 28, dtype=torch.uint8)
    for picture, label in zip(x, labels, strict=True):
        picture[0, 4 + 2 * int(label) : 6 + 2 * int(label), 6:22] = 200
    return Labelled(x, labels, x[:30], labels[:30])


def trained(recipe: ReaderRecipe | MatrixRecipe, folder: Path, steps: int = 2) -> Run:
    schedule = Schedule(steps, 8, eval_every=steps, precision="32-true")
    return train(recipe, schedule, 0, folder, device="cpu")


@pytest.mark.parametrize("head", HEADS)
def test_a_reader_learns_its_training_digits(head: str) -> None:
    recipe = ReaderRecipe(Config("pool" if head == "pool" else "capsules", 4), digits(), 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    losses = [float(recipe.step(fabric, parts, 16, torch.Generator().manual_seed(step))["loss"]) for step in range(40)]
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])


def test_a_step_moves_every_part_of_the_matrix_capsules_and_widens_the_margin() -> None:
    recipe = MatrixRecipe(TINY_MATRIX, digits(), 10, 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    before = {key: value.clone() for key, value in recipe.model.named_parameters()}
    for step in range(3):
        losses = recipe.step(fabric, parts, 8, torch.Generator().manual_seed(step))
        assert set(losses) == {"spread loss", "picture, nats"}
        assert recipe.passed(parts["model"][1]) == step + 1
    moved = {key.split(".")[0] for key, value in recipe.model.named_parameters() if not torch.equal(value, before[key])}
    assert {"body", "pose", "active", "inner", "outer", "decoder"} <= moved


def test_what_ships_is_loaded_again_and_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capsule, "MEASURED", 30)
    data = digits()
    runs = {name_of(head, 0): trained(ReaderRecipe(Config(head, 4), data, 0), tmp_path / head) for head in HEADS}
    ship(runs, data, 4, 2, "python -m training.vision.capsule", tmp_path / "weights")
    card = weights.read_card("capsule-readers", tmp_path / "weights")
    model = weights.load("capsule-readers", folder=tmp_path / "weights")
    assert isinstance(model, Readers)
    record = json.loads(weights.extra("capsule-readers", "record.json", tmp_path / "weights"))
    again = measured(model.readers["pool-0"], data.held_out, data.held_out_labels)  # type: ignore[arg-type]
    assert record["pool"]["pair"] == [again.pair]
    assert card.metrics["test pairs"] == record["pairs"] > 0
    assert record["pool"]["even"] == record["pool"]["pair"]  # pooling routes nothing
    assert set(card.limits) == {"zh", "en"}


def test_the_net_ships_with_the_deviations_of_its_poses(tmp_path: Path) -> None:
    run = trained(MatrixRecipe(TINY_MATRIX, digits(), 2, 0), tmp_path / "run")
    ship_matrix(run, digits(), "python -m training.vision.capsule", tmp_path / "weights")
    told = json.loads(weights.extra("capsule-matrix", "poses.json", tmp_path / "weights"))
    assert [len(told["deviations"]), len(told["deviations"][0])] == [10, 16]
    assert isinstance(weights.load("capsule-matrix", folder=tmp_path / "weights"), MatrixNet)
    assert 0 <= weights.read_card("capsule-matrix", tmp_path / "weights").metrics["accuracy"] <= 1


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole = trained(ReaderRecipe(TINY, digits(), 0), tmp_path / "whole", 4)
    schedule = Schedule(4, 8, eval_every=4, precision="32-true")
    train(ReaderRecipe(TINY, digits(), 0), schedule, 0, tmp_path / "parts", device="cpu", stop_at=2)
    parts = train(ReaderRecipe(TINY, digits(), 0), schedule, 0, tmp_path / "parts", device="cpu")
    for a, b in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.equal(a, b)
