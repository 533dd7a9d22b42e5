"""The recipes: how a seed is chosen, what a step changes, what ships, and that the comparison of three models is fair."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from PIL import Image

from core import weights
from core.films import frames
from core.flow.f_vae import FVAE
from core.flow.i_resnet.pictures import Config as ClassifierConfig
from core.flow.i_resnet.plane import Config as PlaneConfig
from core.flow.nice.model import Config as NICEConfig
from core.flow.nice.model import loss as loss_of_nice
from core.gan.architectures import ARCHITECTURES, Architecture
from core.gan.bigan_qp.model import Config as BiGANConfig
from core.gan.o_gan import Config
from core.gan.self_mod.count import count, step_operations
from core.gan.wgan_gp.mlp import Config as MLPConfig
from core.vae.digits import Config as DigitConfig
from training.command import CannotGoOn
from training.data import ImageSet, Labelled
from training.flow.f_vae import presets, step_cost
from training.flow.i_resnet import DigitsRecipe, PlaneRecipe, ship_plane
from training.flow.nice import LOSS, NICERecipe
from training.flow.nice import ship as ship_nice
from training.gan import o_gan
from training.gan.bigan_qp import BiGANRecipe, Squares
from training.gan.o_gan import OGANRecipe, chosen, ship
from training.gan.pictures import CRITIC_STEPS, PRESETS, at_equal_cost
from training.gan.wgan_gp_mlp import MLPRecipe
from training.loop import LOG, SHEETS, Run, Schedule, train
from training.sheets import film
from training.trials import best_of, records
from training.vae import digits
from training.vae.pictures import VAERecipe

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


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of four steps is not worth shipping, and ships here; its pictures change from step to step."""
    monkeypatch.setattr(o_gan, "LR", 0.05)
    monkeypatch.setattr(o_gan, "LEAST_DIVERSITY", 0.0)
    monkeypatch.setattr(o_gan, "MOST_RATIO", np.inf)


def test_a_collapsed_run_does_not_ship(tmp_path: Path) -> None:
    run = train(
        OGANRecipe(TINY, pictures(), 0),
        Schedule(2, batch=8, eval_every=2, precision="32-true"),
        0,
        tmp_path / "run",
        device="cpu",
    )
    with pytest.raises(RuntimeError, match="not shippable"):
        ship(run, pictures(), 0, {}, tmp_path / "weights")


@pytest.mark.usefixtures("lenient")
def test_a_run_ships_weights_card_film_and_log(tmp_path: Path) -> None:
    recipe = OGANRecipe(TINY, pictures(), seed=3)
    schedule = Schedule(4, batch=8, eval_every=2, precision="32-true")
    run = train(recipe, schedule, 3, tmp_path / "run", device="cpu")
    ship(run, recipe.data, 3, {"trial of seed 3: reconstruction ratio": 0.4}, tmp_path / "weights")
    card = weights.read_card("o-gan-mnist28", tmp_path / "weights")
    assert (card.seed, card.steps, card.config["side"]) == (3, 4, 32)
    assert card.metrics["trial of seed 3: reconstruction ratio"] == 0.4
    assert {"reconstruction ratio", "pair diversity", "rho", "feature distance (own classifier)"} <= set(card.metrics)
    weights.verify("o-gan-mnist28", tmp_path / "weights")
    again = weights.load("o-gan-mnist28", folder=tmp_path / "weights")
    state = {key: value.half().float() for key, value in run.model.state_dict().items() if value.is_floating_point()}
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in state.items())
    film_bytes = weights.extra("o-gan-mnist28", "film.webp", tmp_path / "weights")
    stored = Image.open(io.BytesIO(film_bytes))
    log = weights.extra("o-gan-mnist28", "log.csv", tmp_path / "weights").decode().splitlines()
    looks = len(list((tmp_path / "run" / SHEETS).glob("*.png")))
    assert len(log) - 1 == looks
    assert 1 <= stored.n_frames <= looks  # type: ignore[attr-defined]  # frames that are alike are stored once
    assert len(frames(film_bytes)) == looks
    assert (tmp_path / "run" / LOG).exists()
    (tmp_path / "weights" / "o-gan-mnist28" / "film.webp").write_bytes(b"damaged")
    with pytest.raises(weights.WeightsError, match=r"film\.webp"):
        weights.verify("o-gan-mnist28", tmp_path / "weights")


@pytest.mark.usefixtures("lenient")
def test_a_run_that_goes_on_from_shipped_weights_counts_their_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run ships; the second starts from its weights, and card, log and film go on from there."""
    schedule = Schedule(4, batch=8, eval_every=2, precision="32-true")
    first = train(OGANRecipe(TINY, pictures(), seed=3), schedule, 3, tmp_path / "first", device="cpu")
    ship(first, pictures(), 3, {}, tmp_path / "weights")
    name, folder = "o-gan-mnist28", tmp_path / "weights"
    before, model = weights.read_card(name, folder), weights.load(name, folder=folder)
    logs = {path: weights.extra(name, path, folder) for path in ("film.webp", "log.csv")}
    monkeypatch.setattr(weights, "read_card", lambda wanted: before)
    monkeypatch.setattr(weights, "extra", lambda wanted, path: logs[path])
    recipe = OGANRecipe(TINY, pictures(), 3, model)
    assert all(torch.equal(a, b) for a, b in zip(recipe.model.parameters(), model.parameters(), strict=True))
    second = train(recipe, schedule, 3, tmp_path / "second", device="cpu")
    ship(second, pictures(), 3, {}, tmp_path / "on", start=name)
    monkeypatch.undo()
    card = weights.read_card(name, tmp_path / "on")
    assert card.steps == 8
    assert card.recipe.endswith(f"--start {name}")
    rows = weights.extra(name, "log.csv", tmp_path / "on").decode().splitlines()[1:]
    steps = [float(line.split(",")[0]) for line in rows]
    assert steps == [1, 2, 4, 5, 6, 8]
    assert len(frames(weights.extra(name, "film.webp", tmp_path / "on"))) == len(steps)


@pytest.mark.usefixtures("lenient")
def test_a_record_goes_on_from_the_step_that_shipped_and_not_from_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights of step 2 of a run of 4: the next run's rows count from 2."""
    schedule = Schedule(4, batch=8, eval_every=2, precision="32-true")
    run = train(OGANRecipe(TINY, pictures(), 3), schedule, 3, tmp_path / "run", device="cpu")
    first = records(run)
    monkeypatch.setattr(weights, "extra", lambda name, path: first[path])
    monkeypatch.setattr(weights, "read_card", lambda name: SimpleNamespace(steps=2))
    joined = records(run, "o-gan-mnist28")
    steps = [float(line.split(b",")[0]) for line in joined["log.csv"].splitlines()[1:]]
    assert steps == [1, 2, 3, 4, 6]
    assert len(frames(joined["film.webp"])) == 5


def test_the_best_of_seeds_is_trained_to_the_end_and_all_trials_are_told() -> None:
    asked: list[tuple[int, int | None]] = []

    def running(seed: int, stop_at: int | None = None) -> Run:
        asked.append((seed, stop_at))
        rows: list[dict[str, float]] = [{"step": 5.0, "loss": 9.0}, {"step": 10.0, "loss": abs(seed - 1.0)}]
        return Run(torch.nn.Identity(), rows, 1.0, Path(), 10)

    _, best, told = best_of(
        range(3), 10, running, lambda trials: min(trials, key=lambda k: trials[k]["loss"]), ("loss",)
    )
    assert best == 1
    assert asked == [(0, 10), (1, 10), (2, 10), (1, None)]
    with pytest.raises(CannotGoOn, match="no evaluation at step 7"):
        best_of(range(1), 7, running, lambda trials: 0, ())
    assert told == {"trial of seed 0: loss": 1.0, "trial of seed 1: loss": 0.0, "trial of seed 2: loss": 1.0}


@pytest.mark.parametrize("kind", list(Squares))
def test_a_step_of_bigan_qp_moves_all_three_networks(kind: Squares) -> None:
    recipe = BiGANRecipe(BiGANConfig(32, 1, 8, 4, 8), pictures(), 0, kind)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    before = {key: value.clone() for key, value in recipe.model.named_parameters()}
    losses = recipe.step(fabric, parts, 8, torch.Generator().manual_seed(1))
    moved = {key.split(".")[0] for key, value in recipe.model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {"critic", "encoder", "generator"}
    assert all(p.requires_grad for p in recipe.model.parameters())
    assert set(losses) == {"critic loss", "gap", "square of codes", "square of pictures"}


def test_each_kind_of_squares_and_each_weight_is_felt(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step from the same start: kinds differ from each other, and β₁ exchanged with β₂ from the post's."""

    def stepped(kind: Squares) -> torch.Tensor:
        recipe = BiGANRecipe(BiGANConfig(32, 1, 8, 4, 8), pictures(), 0, kind)
        fabric = Fabric(accelerator="cpu", devices=1)
        parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
        recipe.step(fabric, parts, 8, torch.Generator().manual_seed(1))
        coders = (recipe.model.encoder, recipe.model.generator)
        return torch.cat([p.grad.flatten() for m in coders for p in m.parameters() if p.grad is not None])

    half, whole, none = (stepped(kind) for kind in (Squares.HALF, Squares.WHOLE, Squares.NONE))
    monkeypatch.setattr("core.gan.bigan_qp.objective.BETAS", (3.0, 2.0))
    turned = stepped(Squares.HALF)
    for one, other in ((half, whole), (half, none), (whole, none), (half, turned)):
        assert not torch.allclose(one, other, atol=1e-7)


def test_a_step_of_the_authors_perceptrons_moves_both_and_leaves_the_critic_trainable() -> None:
    recipe = MLPRecipe(MLPConfig(), pictures(), 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    before = {key: value.clone() for key, value in recipe.model.named_parameters()}
    recipe.step(fabric, parts, 8, torch.Generator().manual_seed(1))
    moved = {key.split(".")[0] for key, value in recipe.model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {"critic", "generator"}
    assert all(p.requires_grad for p in recipe.model.parameters())


def test_a_step_of_the_vae_lowers_its_own_bound() -> None:
    recipe = VAERecipe(TINY, pictures(), 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    bounds = [float(recipe.step(fabric, parts, 32, torch.Generator().manual_seed(1))["train bound"]) for _ in range(6)]
    assert bounds[-1] < bounds[0]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_architectures_are_trained_at_equal_cost(architecture: Architecture) -> None:
    preset = PRESETS["mnist28"]["cpu"]

    def spent(name: Architecture) -> float:
        config, schedule, trial = at_equal_cost(preset, "sgan-sn", name)
        assert trial % schedule.eval_every == 0
        found = count(name, config.side, config.channels, config.z_dim, config.base)
        return schedule.steps * step_operations(found, CRITIC_STEPS)

    assert spent(architecture) == pytest.approx(spent("self-mod"), rel=1e-3)
    assert at_equal_cost(preset, "sgan-sn", "self-mod")[1] == preset.schedule


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


def small_digits() -> tuple[ImageSet, Labelled]:
    """Random pictures of blobs, 28x28, with kinds 0 … 9 in turn."""
    x = pictures()
    train, held_out = x.train[..., 2:-2, 2:-2], x.held_out[..., 2:-2, 2:-2].repeat(4, 1, 1, 1)
    kinds = [torch.arange(len(part)) % 10 for part in (train, held_out)]
    return ImageSet("mnist28", train, held_out, mirror=False), Labelled(train, kinds[0], held_out, kinds[1])


@pytest.mark.parametrize("config", [DigitConfig(), DigitConfig(labels=10), DigitConfig("cnn", likelihood="gaussian")])
def test_a_step_of_the_vae_of_digits_moves_all_its_parts_and_lowers_its_objective(config: DigitConfig) -> None:
    recipe = digits.DigitRecipe(config, *small_digits(), 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    before = {key: value.clone() for key, value in recipe.model.named_parameters()}
    told = [recipe.step(fabric, parts, 32, torch.Generator().manual_seed(1)) for _ in range(6)]
    assert float(told[-1]["train objective"]) < float(told[0]["train objective"])
    moved = {key.split(".")[0] for key, value in recipe.model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {key.split(".")[0] for key in before}


def test_a_vae_of_digits_ships_the_posteriors_of_held_out_pictures(tmp_path: Path) -> None:
    data, kinds = small_digits()
    recipe = digits.DigitRecipe(DigitConfig(kl_weight=0.0), data, kinds, 0)
    schedule = Schedule(4, batch=8, eval_every=2, precision="32-true", keep=digits.OBJECTIVE)
    run = train(recipe, schedule, 0, tmp_path / "run", device="cpu")
    digits.ship(run, "free-mnist28", data, kinds, 0, {}, tmp_path / "weights", 4)
    card = weights.read_card("vae-free-mnist28", tmp_path / "weights")
    assert card.config["kl_weight"] == 0.0 and card.recipe.endswith("free-mnist28 --steps 4")
    assert card.metrics["bound"] == pytest.approx(card.metrics["picture term"] + card.metrics["kl"], rel=1e-4)
    assert card.metrics[digits.OBJECTIVE] == pytest.approx(card.metrics["picture term"], rel=1e-4)
    shipped = np.load(io.BytesIO(weights.extra("vae-free-mnist28", digits.CODES, tmp_path / "weights")))
    model = weights.load("vae-free-mnist28", folder=tmp_path / "weights")
    mean, log_variance = digits.posteriors(model, digits.units(data.held_out[0::2]))
    np.testing.assert_allclose(shipped["mean"], mean, atol=2e-3, rtol=2e-3)
    np.testing.assert_allclose(shipped["log_variance"], log_variance, atol=2e-3, rtol=2e-3)
    assert shipped["labels"].tolist() == [0, 2, 4, 6, 8] * 8


def test_a_step_of_i_resnets_recipes_moves_every_weight(tmp_path: Path) -> None:
    plane = PlaneRecipe("moons", 0, PlaneConfig(2, 8))
    rng = torch.Generator().manual_seed(0)
    digits = Labelled((255 * torch.rand(5100, 1, 28, 28, generator=rng)).byte(), torch.arange(5100) % 10, torch.zeros(0), torch.zeros(0))  # fmt: skip
    network = DigitsRecipe(ClassifierConfig(blocks=(1, 1), hidden=4), digits, 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    for recipe in (plane, network):
        parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
        before = {key: value.clone() for key, value in recipe.model.named_parameters()}
        losses = [recipe.step(fabric, parts, 16, torch.Generator().manual_seed(1)) for _ in range(2)]
        assert all(torch.isfinite(value) for loss in losses for value in loss.values())
        assert not any(torch.equal(value, before[key]) for key, value in recipe.model.named_parameters())


def test_an_i_resnet_of_the_plane_ships_within_its_bound(tmp_path: Path) -> None:
    recipe = PlaneRecipe("moons", 0, PlaneConfig(2, 8))
    schedule = Schedule(4, batch=16, eval_every=2, precision="32-true", cosine=True, keep="nll")
    run = train(recipe, schedule, 0, tmp_path / "run", device="cpu")
    ship_plane(run, "moons", 0, tmp_path / "weights")
    card = weights.read_card("i-resnet-moons", tmp_path / "weights")
    assert card.metrics["largest norm of a layer"] <= 0.9
    assert card.recipe.endswith("moons --steps 4")
    shipped = weights.load("i-resnet-moons", torch.device("cpu"), tmp_path / "weights")
    assert float(shipped.norms().max()) == pytest.approx(card.metrics["largest norm of a layer"], rel=1e-5)


def test_nice_lowers_its_loss_and_ships_what_its_page_measures(tmp_path: Path) -> None:
    """The log-scales move ten times as fast as the rest: after one step of Adam by 0.01 each, the others by 0.001."""
    recipe = NICERecipe(NICEConfig(32, 1, 8, 2), pictures(), 0)
    before = {name: value.detach().clone() for name, value in recipe.model.named_parameters()}
    schedule = Schedule(1, batch=8, eval_every=1, precision="32-true", keep=LOSS)
    train(recipe, schedule, 0, tmp_path / "one", device="cpu")
    moved = {
        name: float((value.detach() - before[name]).abs().max()) for name, value in recipe.model.named_parameters()
    }
    assert moved.pop("flow.parts.8.log_scale") == pytest.approx(0.01, rel=1e-3)
    assert max(moved.values()) == pytest.approx(0.001, rel=1e-3)
    assert min(moved.values()) > 0, "a layer that begins dead stays dead"
    run = train(
        recipe, Schedule(30, 8, eval_every=10, precision="32-true", keep=LOSS), 0, tmp_path / "more", device="cpu"
    )
    assert run.rows[-1][LOSS] < run.rows[0][LOSS]
    ship_nice(run, pictures(), pictures(), 0, {}, tmp_path / "weights", " --seeds 1")
    card = weights.read_card("nice-mnist28", tmp_path / "weights")
    assert card.recipe == "python -m training.flow.nice mnist28 --seeds 1"
    assert {"statistics.npz", "film.webp", "log.csv"} == {file.path for file in card.extras}
    shipped = np.load(
        io.BytesIO(weights.extra("nice-mnist28", "statistics.npz", tmp_path / "weights")), allow_pickle=False
    )
    model, fresh = weights.load("nice-mnist28", folder=tmp_path / "weights"), pictures().held_out[1::2]
    with torch.no_grad():
        again = loss_of_nice(*model(fresh.flatten(1) / 255))
    np.testing.assert_allclose(shipped["digits"], again, rtol=1e-4, atol=1e-2)
    assert shipped["shuffled"].shape == shipped["digits"].shape
    assert {value.ndim for value in shipped.values()} == {1}, "numbers of pictures, and no picture"
    assert {LOSS, "training loss", "held-out loss before rounding to 16 bits", "feature distance at T = 0.75"} <= set(
        card.metrics
    )
    assert card.metrics["round trip, largest error of a pixel"] < 1e-5
