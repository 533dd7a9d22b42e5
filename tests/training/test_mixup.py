"""The recipe of the small CNNs on clothes: same start for all methods, the loss of a blend, the schedule, and what ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from core import weights
from core.vision.mixup import clothes
from core.vision.mixup.mixing import METHODS
from core.vision.mixup.plane import Toy
from training.data import Labelled
from training.loop import Schedule, train
from training.vision import mixup
from training.vision.mixup import MixRecipe, drawn, ship

pytestmark = pytest.mark.usefixtures("without_onednn")


def pictures() -> Labelled:
    """Ten brightnesses, 28x28."""
    rng = torch.Generator().manual_seed(0)

    def made(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.arange(count) % 10
        return (20 * labels[:, None, None, None] + 40 * torch.rand(count, 1, 28, 28, generator=rng)).byte(), labels

    return Labelled(*made(80), *made(50))


def step(recipe: MixRecipe) -> float:
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    return float(recipe.step(fabric, parts, 8, torch.Generator().manual_seed(1))["loss"])


def test_methods_of_a_seed_share_pictures_and_first_weights_and_differ_in_the_batch_alone() -> None:
    data, test = drawn(pictures(), 40, 3)
    assert len(data.y) == 40 and len(test.y) == 50
    assert float(data.x.max()) <= 1
    plain, mixed = (MixRecipe(name, data, test, 4, 3) for name in ("plain", "mixup-1"))
    for a, b in zip(plain.model.parameters(), mixed.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert step(plain) != step(mixed)


def test_the_loss_of_a_network_that_answers_nothing_is_log_ten() -> None:
    """Equal logits: −log 1/10 for hard and for soft labels alike."""
    data, test = drawn(pictures(), 40, 0)
    for name in METHODS:
        recipe = MixRecipe(name, data, test, 4, 0)
        for parameter in recipe.model.parameters():
            torch.nn.init.zeros_(parameter)
        assert step(recipe) == pytest.approx(2.302585, abs=1e-5)


def test_the_schedule_counts_updates_and_they_are_kept_with_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    data, test = drawn(pictures(), 40, 0)
    asked = []
    monkeypatch.setattr(mixup, "is_on", lambda method, done, epoch: asked.append((done, epoch)) or False)
    recipe = MixRecipe("pair-ends-off", data, test, 4, 0)
    step(recipe)
    step(recipe)
    assert asked == [(0.0, 0), (0.25, 0)]
    assert int(recipe.model.state_dict()["updates"]) == 2


def test_the_record_holds_every_run_and_the_networks_are_those_of_the_most_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixup, "redrawn_errors", lambda model: dict.fromkeys(model.nets, 0.5))
    schedule = Schedule(2, 8, ema=0.0, eval_every=2, precision="32-true")
    runs = {}
    for count in (20, 40):
        for seed in range(2):
            data: tuple[Toy, Toy] = drawn(pictures(), count, seed)
            for name in METHODS:
                folder = tmp_path / f"{count}-{name}-{seed}"
                runs[count, name, seed] = train(MixRecipe(name, *data, 2, seed), schedule, seed, folder, device="cpu")
    ship(runs, 2, 2, tmp_path / "weights")
    record = json.loads(weights.extra(clothes.NAME, clothes.RECORD, tmp_path / "weights"))
    assert set(record) == {"20", "40"} and set(record["40"]) == set(METHODS)
    row = runs[40, "mixup-1", 1].rows[-1]
    assert record["40"]["mixup-1"]["error"][1] == pytest.approx(row["error"], rel=1e-4)
    card = weights.read_card(clothes.NAME, tmp_path / "weights")
    mean = sum(record["20"]["plain"]["error"]) / 2
    assert card.metrics["plain, 20 pictures: test error"] == pytest.approx(mean, rel=1e-4)
    shipped = weights.load(clothes.NAME, folder=tmp_path / "weights")
    ours = runs[40, "pair", 0].model.state_dict()["net.0.weight"]
    assert torch.equal(shipped.nets["pair"][0].weight, ours.half().float())
