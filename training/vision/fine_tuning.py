"""Recipe of fine-tuning (post 4611): ``python -m training.vision.fine_tuning``; some ten minutes of one CPU core.

Pre-training on CIFAR-10 stands in for ImageNet's; then the post's stages on flowers64: head on a frozen trunk, upper trunk at a
small rate, the same without strong augmentation. Every ingredient is left out once, over several seeds, on held-out pictures.
Expected: 62 to 67 % of the held-out flowers right.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor, nn

from core import weights
from core.vision.fine_tuning.augment import NAMES, STRONG, WEAK
from core.vision.fine_tuning.model import Config, Head, Model, Trunk
from core.vision.fine_tuning.objective import AUXILIARY, CENTRE
from training.command import run as run_command
from training.loop import LOG, Log, Run, Schedule, train
from training.vision.fine_tuning_shipping import ship
from training.vision.flowers import Flowers, HeadRecipe, ScratchRecipe, UpperRecipe, answers, copies, seen, settled
from training.vision.objects import ObjectsRecipe
from training.vision.packed import split_of

VALID_EVERY = 10  # of the training pictures: every tenth chooses the rate and α
COPIES = 2  # augmented copies of each picture for the frozen stage
FROZEN_SEEDS, STAGE_SEEDS, CONTROL_SEEDS = (0, 1, 2), (0, 1, 2), (0,)
RATES = (1e-4, 1e-3, 1e-2)  # of stages 2 and 3; the post's is the first, for sixty times as many steps
STANDARD = "all"


@dataclass(frozen=True, slots=True)
class Arm:
    """What one comparison changes: the gate, the weights of the loss, the augmentations, the steps of stage 1."""

    gated: bool = True
    centre: float = CENTRE
    auxiliary: float = AUXILIARY
    on: frozenset[str] = STRONG
    longer: int = 1


LOSSES = {
    STANDARD: Arm(),
    "gate": Arm(gated=False),
    "centre": Arm(centre=0.0),
    "auxiliary": Arm(auxiliary=0.0),
}
"""By what is left out; these go through all stages."""
FROZEN = {
    **LOSSES,
    "bare": Arm(gated=False, centre=0.0),
    "longer": Arm(longer=2),
    **{name: Arm(on=STRONG - {name}) for name in NAMES},
    "augmentations": Arm(on=frozenset()),
}
"""By what is left out, in stage 1 alone; ``bare`` has neither gate nor centres, ``longer`` has twice the steps."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Steps of every part."""

    objects: int = 800
    head: int = 400
    upper: int = 100
    scratch: int = 200

    def objects_schedule(self) -> Schedule:
        """Pre-training."""
        return Schedule(self.objects, 128, ema=0.998, eval_every=max(1, self.objects // 4), cosine=True, warm_up=self.objects // 16)  # fmt: skip

    def part(self, steps: int, cosine: bool = False) -> Schedule:
        """A stage: the post's 32 pictures a step; the last weights, not an average."""
        return Schedule(steps, 32, ema=0.0, eval_every=steps, cosine=cosine)


def bits(p: np.ndarray, labels: Tensor) -> str:
    """Which held-out pictures are right, as hexadecimal digits."""
    return np.packbits(p.argmax(1) == labels.cpu().numpy()).tobytes().hex()


@dataclass(frozen=True, slots=True)
class Maps:
    """What the frozen lower trunk gives, half precision: by augmentation [copies, N, …], for choosing, and held out [N, …]."""

    train: Mapping[frozenset[str], Tensor]
    valid: Tensor
    held_out: Tensor


class Trials:
    """All runs of one recipe: each in a folder of its own, so that a stopped recipe goes on where it was."""

    def __init__(self, data: Flowers, config: Config, lengths: Lengths, runs: Path, device: str) -> None:
        self.data, self.config, self.lengths, self.runs, self.device = data, config, lengths, runs, device
        self.outcomes: dict[str, Any] = {
            "frozen": {},
            "whole": {},
            "rates": {},
            "controls": {},
            "curves": {},
            "valid": {},
        }
        self.seconds = 0.0
        self.maps: Maps

    def run(self, recipe: Any, schedule: Schedule, seed: int, name: str) -> nn.Module:
        """The trained module of one run."""
        made = train(recipe, schedule, seed, self.runs / f"fine-tuning-{name}-{seed}", self.device)
        self.seconds += made.seconds
        self.outcomes["curves"][f"{name}-{seed}"] = [[row["step"], row["accuracy"]] for row in made.rows]
        return made.model.float().eval()

    def right(self, head: Head, h: Tensor) -> list[str]:
        """The held-out outcomes of p₀ and of p₁."""
        return [bits(p, self.data.held_out_labels) for p in answers(head, h)]

    def head(self, arm: Arm, cache: Tensor, valid: Tensor, seed: int, name: str) -> Head:
        """Stage 1 of one arm."""
        config = Config(**{**asdict(self.config), "gated": arm.gated})
        recipe = HeadRecipe(
            config, cache, self.data.train_labels, (valid, self.data.valid_labels), seed, arm.centre, arm.auxiliary
        )
        made = self.run(recipe, self.lengths.part(self.lengths.head * arm.longer), seed, f"head-{name}")
        assert isinstance(made, Head)
        return made

    def left(self, name: str, seeds: tuple[int, ...], steps: int) -> bool:
        """Whether a run of these seeds has steps left: only then are the copies needed that it is trained on."""
        logs = [Log(self.runs / f"fine-tuning-{name}-{seed}" / LOG).rows() for seed in seeds]
        return not all(rows and rows[-1]["step"] >= steps for rows in logs)

    def frozen(self, trunk: Trunk) -> dict[tuple[str, int], Head]:
        """Stage 1 of every arm and seed; the heads of those that go on."""
        held, valid = seen(trunk, self.data.held_out), seen(trunk, self.data.valid)
        kept, caches = {}, dict[Collection[str], Tensor]()
        for name, arm in FROZEN.items():
            cache = held[None, :0]
            if self.left(f"head-{name}", FROZEN_SEEDS, self.lengths.head * arm.longer):
                if arm.on not in caches:
                    caches = {STRONG: caches[STRONG]} if STRONG in caches else {}
                    caches[arm.on] = copies(trunk, self.data, arm.on, COPIES, 0)
                cache = caches[arm.on]
            heads = {seed: self.head(arm, cache, valid, seed, name) for seed in FROZEN_SEEDS}
            self.outcomes["frozen"][name] = [self.right(head, held) for head in heads.values()]
            kept |= {(name, seed): head for seed, head in heads.items() if name in LOSSES}
            typer.echo(f"stage 1 {name}: {[self.told(pair[0]) for pair in self.outcomes['frozen'][name]]}")
        return kept

    def see(self, trunk: Trunk) -> None:
        """What the frozen lower trunk makes of all pictures, for the stages after the first."""
        sets = {on: copies(trunk.maps, self.data, on, COPIES, 0).half() for on in (STRONG, WEAK)}
        self.maps = Maps(sets, *(seen(trunk.maps, x).half() for x in (self.data.valid, self.data.held_out)))

    def told(self, right: str) -> float:
        """The share of a list of outcomes that is right."""
        flat = np.unpackbits(np.frombuffer(bytes.fromhex(right), np.uint8))[: len(self.data.held_out)]
        return round(float(flat.mean()), 4)

    def stages(
        self, trunk: Trunk, head: Head, arm: Arm, lr: float, seed: int, name: str
    ) -> tuple[Model, list[list[str]], float]:
        """Stages 2 and 3 after a head of stage 1: the model, the outcomes after each of the three, the last one's validation accuracy."""
        model = Model(Config(**{**asdict(self.config), "gated": arm.gated}))
        model.trunk.load_state_dict(trunk.state_dict())
        model.head.load_state_dict(head.state_dict())
        model.to(self.data.train.device)
        found = [self.reached(model)]
        for stage, on in ((2, STRONG), (3, WEAK)):
            recipe = UpperRecipe(
                model, self.maps.train[on], self.data.train_labels, (self.maps.valid, self.data.valid_labels), stage, lr,
                arm.centre, arm.auxiliary,
            )  # fmt: skip
            made = self.run(recipe, self.lengths.part(self.lengths.upper), seed, f"stage{stage}-{name}")
            assert isinstance(made, Model)
            model = copy.deepcopy(made)
            found.append(self.reached(model))
        valid = self.outcomes["curves"][f"stage3-{name}-{seed}"][-1][1]
        typer.echo(f"stages {name} {seed}: {[self.told(pair[0]) for pair in found]}, validation {valid:.4f}")
        return model, found, valid

    @torch.no_grad()
    def reached(self, model: Model) -> list[str]:
        """The held-out outcomes of a model whose lower trunk is the pre-trained one."""
        return self.right(model.head, model.trunk.eval().vector(self.maps.held_out.float()))

    def rates(self, trunk: Trunk, heads: Mapping[tuple[str, int], Head]) -> tuple[float, dict[int, Model]]:
        """Every learning rate of stages 2 and 3; the one that validation likes best, and its models by seed."""
        models: dict[float, dict[int, Model]] = {}
        for lr in RATES:
            made = {s: self.stages(trunk, heads[STANDARD, s], LOSSES[STANDARD], lr, s, f"{STANDARD}-{lr:g}") for s in STAGE_SEEDS}  # fmt: skip
            models[lr] = {s: model for s, (model, _, _) in made.items()}
            self.outcomes["rates"][f"{lr:g}"] = [found for _, found, _ in made.values()]
            self.outcomes["valid"][f"{lr:g}"] = [valid for _, _, valid in made.values()]
        best = max(RATES, key=lambda lr: float(np.mean(self.outcomes["valid"][f"{lr:g}"])))
        return best, models[best]

    def whole(self, trunk: Trunk, heads: Mapping[tuple[str, int], Head], lr: float) -> None:
        """All three stages with one ingredient left out."""
        self.outcomes["whole"][STANDARD] = self.outcomes["rates"][f"{lr:g}"]
        for name, arm in LOSSES.items():
            if name != STANDARD:
                self.outcomes["whole"][name] = [
                    self.stages(trunk, heads[name, s], arm, lr, s, f"{name}-{lr:g}")[1] for s in STAGE_SEEDS
                ]

    def controls(self) -> None:
        """Without pre-training: a frozen random trunk, and the whole network trained on flowers alone."""
        found: dict[str, list[list[str]]] = {"random": [], "scratch": []}
        for seed in CONTROL_SEEDS:
            torch.manual_seed(seed)
            trunk = settled(Trunk(self.config), self.data)
            cache = copies(trunk, self.data, STRONG, COPIES, 0)
            head = self.head(Arm(), cache, seen(trunk, self.data.valid), seed, "random")
            found["random"].append(self.right(head, seen(trunk, self.data.held_out)))
            recipe = ScratchRecipe(self.config, self.data, STRONG, seed)
            model = self.run(recipe, self.lengths.part(self.lengths.scratch, cosine=True), seed, "scratch")
            assert isinstance(model, Model)
            found["scratch"].append(self.right(model.head, seen(model.trunk, self.data.held_out)))
            typer.echo(f"controls {seed}: {[self.told(pairs[-1][0]) for pairs in found.values()]}")
        self.outcomes["controls"] = found


def flowers() -> tuple[Flowers, np.ndarray]:
    """The flowers, every tenth of the training pictures apart; and the held-out pictures' file names."""
    found, names = split_of("flowers64")
    chosen = torch.arange(len(found.train)) % VALID_EVERY == 0
    parts = (found.train[~chosen], found.train_labels[~chosen], found.train[chosen], found.train_labels[chosen])
    return Flowers(*parts, found.held_out, found.held_out_labels), names


def pretrained(config: Config, lengths: Lengths, seed: int, runs: Path, device: str) -> Run:
    """The trunk's pre-training on CIFAR-10."""
    found, _ = split_of("cifar32_10k")
    recipe = ObjectsRecipe(config, (found.train, found.train_labels), (found.held_out, found.held_out_labels), seed)
    return train(recipe, lengths.objects_schedule(), seed, runs / f"fine-tuning-objects-{seed}", device)


def main(
    seed: Annotated[int, typer.Option(min=0, help="of the pre-training")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
    device: Annotated[str, typer.Option()] = "cpu",
) -> None:
    """Pre-train, fine-tune, leave out one ingredient at a time, and write weights, card and outcomes."""
    torch.set_num_threads(1)
    lengths, config = Lengths(), Config()
    start = pretrained(config, lengths, seed, runs, device)
    typer.echo(f"pre-training: {start.rows[-1]['accuracy']:.4f} of the held-out objects")
    trunk: Any = start.model.trunk
    trunk = trunk.float().eval()
    data, names = flowers()
    trials = Trials(data, config, lengths, runs, device)
    heads = trials.frozen(trunk)
    trials.see(trunk)
    lr, models = trials.rates(trunk, heads)
    typer.echo(f"rate {lr:g}")
    trials.whole(trunk, heads, lr)
    trials.controls()
    trials.seconds += start.seconds
    ship(
        models[0], trunk, trials.outcomes, data, names, lr=lr, objects=start.rows[-1]["accuracy"], seconds=trials.seconds,
        seed=seed, steps=lengths.objects + lengths.head + 2 * lengths.upper, date=datetime.date.today().isoformat(), folder=out,
    )  # fmt: skip


if __name__ == "__main__":
    run_command(main)
