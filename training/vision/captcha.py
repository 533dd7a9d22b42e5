"""Recipe of the two CAPTCHA nets: ``python -m training.vision.captcha``. Expected: over 95 % of letters right at distortion 1.

Pictures are drawn once into the folder of the runs, 40 000 of four letters and 10 000 of two, three, five or six, which CTC alone
can use. A quarter of an hour a net on one core. ``--nets heads`` and ``--nets ctc`` may run at the same time.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from core import weights
from core.vision.captcha.drawing import FONTS, HEIGHT, LENGTH, MIXED, MOST_DISTORTION, WIDTH, drawn, random_text
from core.vision.captcha.model import Config, Net, Nets, ctc_loss, greedy, heads_loss, parameters
from core.vision.captcha.reading import NAME, seen
from core.vision.captcha.record import RECORD
from core.vision.captcha.trials import Fresh, fresh, numbers, slots
from core.vision.captcha.views import LONGEST, STEPS
from training.command import run as run_command
from training.loop import Run, Schedule, train
from training.sheets import sheet
from training.updates import decaying, descend

NETS: Mapping[str, Config] = {"heads": Config(), "ctc": Config(ctc=True)}
FOUR, OTHER = 40_000, 10_000
LENGTHS = (2, 3, 5, 6)
"""Of the other pictures' texts, equally often."""
EASIEST, HARDEST = 0.0, 1.5  # distortion of the training pictures, uniform
LR, DECAY, CLIP = 2e-3, 1e-4, 5.0
BATCH, WARM_UP = 64, 200
SHIFT = 3  # pixels by which a batch is moved at most, across and up
CONTRAST, NOISE = 0.3, 0.05  # of the pictures' range [-1, 1]
WATCHED, WATCHED_SEED = 500, 10_000
TESTED, TRIED, TEST_SEED = 2000, 300, 20_000
"""Pictures of the whole test, and of every font, distortion and length."""
LIMITS = {
    "zh": "只读本站自己画的验证码（程序包 captcha 的画法、五种训练字体），不是腾讯的样本。扭曲强度在 1.5 以上没有训练过；没见过的字体明显更差；大写 I 与小写 l 在无衬线字体里几乎一样。",
    "en": "Reads CAPTCHAs of our own drawing (the steps of the package captcha, five training fonts), not Tencent's. Distortion above 1.5 was not trained; unseen fonts are read clearly worse; a capital I and a small l look almost alike in sans-serif fonts.",
}
SHEET = 8


@dataclass(frozen=True, slots=True)
class Data:
    """Training pictures uint8 [N, 50, 120], those of four letters first, and their texts."""

    greys: np.ndarray
    texts: tuple[str, ...]
    four: int


def data(folder: Path, seed: int, four: int = FOUR, other: int = OTHER) -> Data:
    """The training pictures, drawn when they are not in ``folder`` yet."""
    place = folder / f"pictures-{seed}-{four}-{other}"
    if not place.exists():
        partial = place.with_suffix(".part")
        partial.mkdir(parents=True, exist_ok=True)
        greys = np.lib.format.open_memmap(partial / "greys.npy", "w+", np.uint8, (four + other, HEIGHT, WIDTH))
        texts = []
        for k in range(four + other):
            rng = np.random.default_rng([seed, k])
            length = LENGTH if k < four else LENGTHS[k % len(LENGTHS)]
            texts.append(random_text(rng, length))
            distortion = round(float(rng.uniform(EASIEST, HARDEST)), 1)
            greys[k] = drawn(texts[-1], distortion, MIXED, [seed, k, 1]).grey
        greys.flush()
        (partial / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        partial.replace(place)
    texts = json.loads((place / "texts.json").read_text(encoding="utf-8"))
    return Data(np.load(place / "greys.npy", mmap_mode="r"), tuple(texts), four)


class CaptchaRecipe:
    """One update on a batch of pictures, moved, with another contrast and noise."""

    def __init__(self, config: Config, made: Data, seed: int) -> None:
        torch.manual_seed(seed)
        self.model, self.data, self.device = Net(config), made, torch.device("cpu")
        self.watched = fresh(WATCHED, 1.0, MIXED, WATCHED_SEED)

    def to(self, device: torch.device) -> None:
        self.device = device

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        return {"model": (self.model, torch.optim.AdamW(decaying(self.model, DECAY), LR))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        ctc = self.model.config.ctc
        many = len(self.data.texts) if ctc else self.data.four
        picks = np.sort(torch.randint(many, (batch,), generator=rng, device=rng.device).cpu().numpy())
        x = self.varied(seen(self.data.greys[picks]).to(self.device), rng)
        texts = [numbers(self.data.texts[k]) for k in picks]
        logits = model(x).float()
        loss = ctc_loss(logits, texts) if ctc else heads_loss(logits, torch.tensor(texts, device=self.device))
        descend(fabric, model, optimiser, loss, CLIP)
        return {"loss": loss.detach()}

    def varied(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """The batch moved by a few pixels (all alike), every picture with a contrast and a brightness of its own, and noise."""
        across, up = (torch.randint(2 * SHIFT + 1, (2,), generator=rng, device=rng.device) - SHIFT).tolist()
        moved = F.pad(x, [SHIFT] * 4, mode="replicate")
        moved = moved[:, :, SHIFT + up : SHIFT + up + HEIGHT, SHIFT + across : SHIFT + across + WIDTH]
        gain, bias = CONTRAST * (torch.rand(2, len(x), 1, 1, 1, generator=rng, device=rng.device) - 0.5)
        noise = NOISE * torch.randn(x.shape, generator=rng, device=rng.device)
        return moved * (1 + 2 * gain) + bias + noise

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray]:
        assert isinstance(model, Net)
        model.eval()
        letters, whole = scored(model, self.watched.greys, self.watched.texts)
        model.train()
        return {"letters": letters, "whole texts": whole}, sheet(seen(self.watched.greys[: SHEET**2]), SHEET)


@torch.no_grad()
def guessed(model: Net, greys: np.ndarray) -> list[tuple[int, ...]]:
    """The texts that a net reads, in parts that fit the cache."""
    device, found = next(model.parameters()).device, []
    for start in range(0, len(greys), BATCH):
        logits = model(seen(greys[start : start + BATCH]).to(device))
        found += greedy(logits) if model.config.ctc else [tuple(row) for row in logits.argmax(-1).tolist()]
    return found


def scored(model: Net, greys: np.ndarray, texts: Sequence[str]) -> tuple[float, float]:
    """The shares of letters that are right (slot by slot, 0 for a text of another length) and of whole texts."""
    pairs = [(found, numbers(text)) for found, text in zip(guessed(model, greys), texts, strict=True)]
    letters = [np.mean(np.equal(a, b)) if len(a) == len(b) else 0.0 for a, b in pairs]
    return float(np.mean(letters)), float(np.mean([a == b for a, b in pairs]))


def trials() -> dict[str, Fresh]:
    """The drawings on which the nets are measured, none of them trained on, by name."""
    made = {"test": fresh(TESTED, 1.0, MIXED, TEST_SEED)}
    for k in range(STEPS + 1):
        distortion = MOST_DISTORTION * k / STEPS
        made[f"distortion {distortion:.2f}"] = fresh(TRIED, distortion, MIXED, TEST_SEED + 1)
    for font in FONTS:
        made[f"font {font}"] = fresh(TRIED, 1.0, font, TEST_SEED + 2)
    for length in range(1, LONGEST + 1):
        made[f"length {length}"] = fresh(TRIED, 1.0, MIXED, TEST_SEED + 3, length)
    return made


def measured(model: Nets) -> tuple[dict[str, float], dict[str, dict[str, list[int]]]]:
    """What the card tells, and the record: patterns of right slots of the heads, counts of right texts of CTC."""
    record: dict[str, dict[str, list[int]]] = {"heads": {}, "ctc": {}}
    metrics: dict[str, float] = {}
    heads, ctc = (model.nets[name] for name in NETS)
    assert isinstance(heads, Net)
    assert isinstance(ctc, Net)
    for name, trial in trials().items():
        found = guessed(ctc, trial.greys)
        right = sum(a == numbers(b) for a, b in zip(found, trial.texts, strict=True))
        record["ctc"][name] = [right, len(trial.texts)]
        metrics[f"{name}: ctc, whole texts"] = right / len(trial.texts)
        if len(trial.texts[0]) == LENGTH:
            patterns = slots(np.array(guessed(heads, trial.greys)), trial.texts)
            record["heads"][name] = list(patterns.counts)
            metrics |= {f"{name}: heads, letters": patterns.letters, f"{name}: heads, whole texts": patterns.whole}
    return metrics, record


def ship(runs: Mapping[str, Run], made: Data, seed: int, steps: int, command: str, folder: Path) -> None:
    """Write both nets, their card, and what came of every trial."""
    model = Nets(NETS)
    for name, run in runs.items():
        model.nets[name].load_state_dict(run.model.state_dict())
    model = model.half().float().eval()  # rounded to the precision in which it ships
    metrics, record = measured(model)
    metrics |= {f"training minutes, {name}": run.seconds / 60 for name, run in runs.items()}
    metrics |= {f"parameters, {name}": parameters(config) for name, config in NETS.items()}
    weights.save(
        model, NAME, folder, extras={RECORD: json.dumps(record, separators=(",", ":")).encode()},
        builder="core.vision.captcha.model.build", config={"nets": {name: asdict(config) for name, config in NETS.items()}},
        data=f"{made.four} CAPTCHAs of four letters and {len(made.texts) - made.four} of two, three, five or six (for CTC alone), drawn here by the steps of the package captcha "
        "0.7.1 with seeds, in Droid Sans Mono, Caladea, Lato, Fredoka One and Manrope; the trials are fresh drawings",
        licence="our own drawings; captcha BSD-3-Clause; fonts Apache-2.0 (Droid Sans Mono, Caladea) and SIL OFL 1.1 (the others)",
        recipe=command, seed=seed, steps=steps, date=datetime.date.today().isoformat(), limits=LIMITS,
        metrics={key: float(f"{value:.6g}") for key, value in metrics.items()},
    )  # fmt: skip
    typer.echo(json.dumps(metrics, indent=1))


def main(
    nets: Annotated[str, typer.Option(help="which are trained in this call, commas between; both ship once both are done")] = ",".join(NETS),
    steps: Annotated[int, typer.Option(min=1, help="of every net")] = 3600,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:  # fmt: skip
    """Draw the pictures, train the nets in turn; write weights and card when both have been trained. A second call goes on."""
    torch.set_num_threads(1)
    made = data(runs, seed)
    schedule = Schedule(steps, BATCH, ema=0.995, eval_every=max(1, steps // 8), warm_up=WARM_UP, cosine=True)
    done: dict[str, Run] = {}
    for name in nets.split(","):
        done[name] = train(
            CaptchaRecipe(NETS[name], made, seed), schedule, seed, runs / f"captcha-{name}", device="cpu"
        )
    if done.keys() == NETS.keys():
        ship(done, made, seed, steps, f"python -m training.vision.captcha --steps {steps}", out)


if __name__ == "__main__":
    run_command(main)
