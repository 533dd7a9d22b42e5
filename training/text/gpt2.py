"""Recipe of the Chinese GPT-2 (post 7292): ``python -m training.text.gpt2``.

A character-level model with GPT2_ML's block on poems of Tang and Song, ci, qu, classical novels and Lu Xun, each text behind
the token of its form. Rows are packed with whole texts. AdamW (β₂ 0.95, decay 0.1 on matrices), warm-up, cosine to zero,
gradients clipped to norm 1. Expected of the CPU preset: some 5.7 bits a character on held-out 五律, 4.9 on novels.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn

from core import weights
from core.text.gpt2 import GPT2, Config
from core.text.library import VERSE
from core.text.sampling import Sampling, draw, probabilities
from core.text.tokenizer import BODY, END, PAD, Tokenizer
from training.command import run as run_command
from training.loop import LOG, Run, Schedule, train
from training.losses import tied_cross_entropy
from training.sources import SOURCES
from training.text.corpus import Document, Packed, documents, split, vocabulary
from training.text.verse_measures import bits_per_character, verse_metrics
from training.updates import decaying, descend

LARGEST_GRADIENT = 1.0
DECAY, BETAS = 0.1, (0.9, 0.95)
CHARACTERS = 8000  # 99.97 % of the training text
LOOKED_AT = 32  # held-out texts of each form at a look
STEPS = 3600
LIMITS = {
    "zh": "字级小模型，CPU 上训练约一遍语料：格式、平仄、押韵大体学会，词句通顺，篇章无主旨；现代新闻体不会写。词表外的字读不了。",
    "en": "A small character model, trained on the CPU for about one pass over its texts: form, tones and rhyme are mostly learnt, phrases read well, a whole has no theme. It does not write modern news prose, and cannot read characters outside its vocabulary.",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes and schedule on the CPU or the GPU; ``vocabulary`` of the config is filled in."""

    config: Config
    schedule: Schedule
    lr: float


def presets(steps: int) -> Mapping[str, Preset]:
    """All settings; ``steps`` are the CPU's."""
    return {
        "cpu": Preset(
            Config(0, 256, 6, 4, 256, block="gpt2_ml"),
            Schedule(steps, batch=8192, ema=0.998, eval_every=500, warm_up=300, cosine=True), 1.5e-3,
        ),
        "gpu": Preset(
            Config(0, 512, 10, 8, 256, block="gpt2_ml", dropout=0.1),
            Schedule(12_000, batch=32_768, ema=0.999, eval_every=1000, warm_up=500, cosine=True), 6e-4,
        ),
    }  # fmt: skip


class GPT2Recipe:
    """One update of the language model on rows packed with texts."""

    def __init__(
        self, preset: Preset, tokenizer: Tokenizer, train: list[Document], held: list[Document], seed: int
    ) -> None:
        torch.manual_seed(seed)
        self.tokenizer = tokenizer
        values = {**asdict(preset.config), "vocabulary": len(tokenizer)}
        self.model = GPT2(Config(**values))
        self.lr = preset.lr
        self.data = Packed(train, tokenizer, preset.config.context)
        self.held = held
        self.device = torch.device("cpu")

    def to(self, device: torch.device) -> None:
        self.device = device

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        groups = decaying(self.model, DECAY)
        return {"model": (_Hidden(self.model), torch.optim.AdamW(groups, self.lr, BETAS))}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        inputs, targets, texts = (t.to(self.device) for t in self.data.batch(batch, rng))
        hidden = model(inputs, texts).flatten(0, 1)
        with fabric.autocast():
            total = tied_cross_entropy(hidden, self.model.embedding.weight, targets.flatten())
        loss = total / (targets >= 0).sum()
        descend(fabric, model, optimiser, loss, LARGEST_GRADIENT)
        return {"loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, GPT2)
        model.eval()
        measures = {}
        for form in self.tokenizer.forms:
            some = [text for text in self.held if text.form == form][:LOOKED_AT]
            measures[f"bits {form}"] = bits_per_character(model, self.tokenizer, some)
        text = "\n".join(f"{form}: {one}" for form in self.tokenizer.forms for one in self._samples(model, form))
        model.train()
        return measures, text

    def _samples(self, model: GPT2, form: str, count: int = 3) -> list[str]:
        rng = torch.Generator(self.device).manual_seed(0)
        how = Sampling(0.8, top_p=0.95)
        tokens = torch.tensor([[self.tokenizer.form(form), BODY]] * count, device=self.device)
        banned = torch.ones(len(self.tokenizer), dtype=torch.bool, device=self.device)
        banned[self.tokenizer.first_character :] = False
        banned[END] = False
        cache, fresh, done = model.empty_cache(count), tokens, torch.zeros(count, dtype=torch.bool, device=self.device)
        for _ in range(96):
            p = probabilities(model(fresh, cache)[:, -1], how, ~banned)
            token = draw(p, torch.rand(count, generator=rng, device=self.device))
            token = torch.where(done, PAD, token)
            done |= token == END
            fresh = token[:, None]
            tokens = torch.cat([tokens, fresh], 1)
            if bool(done.all()):
                break
        return [self.tokenizer.decode(row) for row in tokens.tolist()]


class _Hidden(nn.Module):
    """The model up to its last hidden state: what the wrapped forward of the loop computes."""

    def __init__(self, model: GPT2) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, texts: Tensor) -> Tensor:
        return self.model.hidden(tokens, texts=texts)


def ship(run: Run, recipe: GPT2Recipe, train_texts: list[Document], seed: int, folder: Path) -> None:
    """Write weights, vocabulary, card and log."""
    assert isinstance(run.model, GPT2)
    model = run.model.half().float().eval()  # rounded to the precision in which it ships
    metrics = {**verse_metrics(model, recipe.tokenizer, recipe.held, train_texts), "training minutes": run.seconds / 60}
    source = SOURCES["verse and prose"]
    weights.save(
        model, VERSE, folder,
        extras={"vocabulary.txt": recipe.tokenizer.dump(), "log.csv": (run.folder / LOG).read_bytes()},
        builder="core.text.gpt2.build", config=asdict(model.config), data=source.text, licence=source.licence,
        recipe="python -m training.text.gpt2", seed=seed, steps=int(run.rows[-1]["step"]),
        date=datetime.date.today().isoformat(), metrics={k: float(f"{v:.6g}") for k, v in metrics.items()}, limits=LIMITS,
    )  # fmt: skip


def main(
    preset: Annotated[str, typer.Option(help="cpu or gpu; default: what is there")] = "",
    steps: Annotated[int, typer.Option(help="of the CPU preset")] = STEPS,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train the model, write weights and card. A second call goes on where the first was stopped."""
    chosen = preset or ("gpu" if torch.cuda.is_available() else "cpu")
    settings = presets(steps)[chosen]
    train_texts, held = split(documents())
    tokenizer = vocabulary([text.title + text.body for text in train_texts], CHARACTERS)
    recipe = GPT2Recipe(settings, tokenizer, train_texts, held, seed)
    run = train(recipe, settings.schedule, seed, runs / f"{VERSE}-{chosen}-{seed}")
    ship(run, recipe, train_texts, seed, out)


if __name__ == "__main__":
    run_command(main)
