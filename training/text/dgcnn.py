"""Recipe of the reader (post 5409): ``python -m training.text.dgcnn``.

As the author's later release (post 6906): focal loss with α = 0.25 and γ = 2 on starts and ends, RAdam at 1e-3, averaged weights.
Characters instead of words, a width of 64, and nine thousand questions instead of WebQA's. Trained so, p_global is worse
than the share alone (nearly all passages have the answer; the card has both): its two logistic heads are therefore fitted
once more at the end, everything else fixed, to say whether a crop holds an answer. What ships is the best evaluation on the validation
questions; the card's figures are of the test questions, whose articles are in neither other part.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from core import weights
from core.text.dgcnn.network import DGCNN, Config, focal
from core.text.tokenizer import Tokenizer
from training.command import run as run_command
from training.loop import LOG, Run, Schedule, train
from training.sources import SOURCES
from training.text.corpus import documents
from training.text.corpus import split as split_documents
from training.text.extractive import Crops, Question, character_vectors, questions, rarity, split, vocabulary
from training.text.reading_measures import answered, metrics
from training.updates import descend

NAME = "dgcnn-questions"
LR, DECAY = 1e-3, 0.01
STEPS = 4000
SHORTEST, LONGEST, EVERY = 96, 192, 32  # lengths of crops, in characters
AROUND, ELSEWHERE = 0.7, 0.15  # shares of crops that hold an answer, and of crops of another passage
FITTED, CHECKED = 160, 40  # batches on which p_global is fitted, and of test questions on which it is measured
FITTED_AROUND, FITTED_ELSEWHERE = 0.5, 0.3  # shares of what they hold
FITTED_LENGTHS = (32, 64, 128, 256, 448)  # characters: sentences up to whole passages
FITTED_DECAY, FITTED_STEPS = 1e-4, 100
MISSED = "validation miss"
LIMITS = {
    "zh": "只见过 8 803 个问题，读了十五遍左右（原文的 WebQA 大得多），按字不按词，宽 64。测试题半数以上答错：常常截短（林文远答成林文），或取了同类的另一个词，转述与跨句推理多半答错。p_global 认得出话题不同的段落，却常常认不出同一篇文章里没有答案的段落：见卡上两种 another passage。答案至多 12 个字。",
    "en": "8 803 questions seen, about fifteen times each (the post's WebQA is far larger); characters instead of words, width 64. More than half of the test questions are answered wrongly: often the answer is cut short, or another word of the same kind is taken; paraphrases and reasoning over several sentences mostly fail. p_global tells passages of other topics, but often not a passage of the same article without the answer: see both kinds of another passage on the card. Answers have at most 12 characters.",
}


class Reader(nn.Module):
    """The loop's forward: the loss of a batch."""

    def __init__(self, model: DGCNN) -> None:
        super().__init__()
        self.model = model

    def forward(self, passages: Tensor, asked: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
        start, end = self.model(passages, asked).probabilities()
        mask = passages > 0
        return focal(start, starts, mask) + focal(end, ends, mask)


class DGCNNRecipe:
    """One update on a batch of questions with cropped passages."""

    def __init__(self, model: DGCNN, crops: Crops, validation: list[Question], tokenizer: Tokenizer) -> None:
        self.model, self.crops, self.validation, self.tokenizer = model, crops, validation, tokenizer

    def to(self, device: torch.device) -> None:
        self.crops.to(device)

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        optimiser = torch.optim.RAdam(self.model.parameters(), LR, weight_decay=DECAY, decoupled_weight_decay=True)
        return {"model": (Reader(self.model), optimiser)}

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        model, optimiser = parts["model"]
        sizes = (LONGEST - SHORTEST) // EVERY + 1
        length = SHORTEST + EVERY * int(torch.randint(sizes, (), generator=rng, device=rng.device))
        loss = model(*self.crops.draw(batch, length, AROUND, ELSEWHERE, rng))
        descend(fabric, model, optimiser, loss)
        return {"loss x100": 100 * loss.detach()}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], str]:
        assert isinstance(model, DGCNN)
        model.eval()
        found = answered(model, self.tokenizer, self.validation)
        model.train()
        measures = {MISSED: 1 - found.f1(), "validation EM": found.exact(), "validation F1": found.f1()}
        told = zip(self.validation, found.answers, strict=True)
        return measures, "\n".join(f"{q.question}\t{answer}\t{'/'.join(q.answers)}" for q, answer in told)


@torch.no_grad()
def collected(model: DGCNN, crops: Crops, batches: int, batch: int, seed: int) -> tuple[Tensor, Tensor]:
    """The pooled vectors [N, 2C] of crops of many lengths, and whether each holds a start and an end [N, 2]."""
    model.eval()
    rng = torch.Generator(crops.passages.device).manual_seed(seed)
    vectors, holds = [], []
    for number in range(batches):
        length = FITTED_LENGTHS[number % len(FITTED_LENGTHS)]
        passages, asked, starts, ends = crops.draw(batch, length, FITTED_AROUND, FITTED_ELSEWHERE, rng)
        vectors.append(model.pooled(passages, asked))
        holds.append(torch.stack([starts.any(-1), ends.any(-1)], -1))
    return torch.cat(vectors), torch.cat(holds).to(vectors[0])


def fit_global(model: DGCNN, vectors: Tensor, holds: Tensor) -> None:
    """Fit the two heads of p_global by logistic regression on ``vectors``, everything else as it is."""
    vectors, holds = vectors.double(), holds.double()
    weight = model.any.weight.detach().double().clone().requires_grad_()
    bias = model.any.bias.detach().double().clone().requires_grad_()
    solver = torch.optim.LBFGS([weight, bias], max_iter=FITTED_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        found = bce(vectors @ weight.T + bias, holds) + FITTED_DECAY * weight.square().sum()
        found.backward()
        return found

    solver.step(loss)  # pyright: ignore[reportArgumentType]
    with torch.no_grad():
        model.any.weight.copy_(weight)
        model.any.bias.copy_(bias)


@torch.no_grad()
def nats(model: DGCNN, vectors: Tensor, holds: Tensor) -> float:
    """The mean cross-entropy of p_global; a constant has log 2 where half of the crops hold an answer."""
    return float(bce(model.any(vectors), holds))


def refitted(model: DGCNN, train_crops: Crops, test_crops: Crops, batch: int, seed: int) -> dict[str, float]:
    """Fit p_global on training crops; its cross-entropy on test crops before and after, and that of their share alone."""
    held = collected(model, test_crops, CHECKED, batch, seed)
    before = nats(model, *held)
    fit_global(model, *collected(model, train_crops, FITTED, batch, seed))
    share = held[1].mean()
    alone = float(-(share * share.log() + (1 - share) * (1 - share).log()))
    return {
        "p_global nats, trained along": before,
        "p_global nats, fitted": nats(model, *held),
        "p_global nats, share alone": alone,
    }


def ship(
    run: Run, recipe: DGCNNRecipe, train_set: list[Question], test: list[Question], batch: int, seed: int, folder: Path
) -> None:  # fmt: skip
    """Fit p_global; write weights, vocabulary, card and log."""
    assert isinstance(run.model, DGCNN)
    tokenizer = recipe.tokenizer
    fitted = refitted(run.model, recipe.crops, Crops(test, tokenizer), batch, seed)
    model = run.model.half().float().eval()  # rounded to the precision in which it ships
    source = SOURCES["rc_extractive"]
    measured = {**metrics(model, tokenizer, train_set, test), **fitted, "training minutes": run.seconds / 60}
    weights.save(
        model, NAME, folder,
        extras={"vocabulary.txt": tokenizer.dump(), "log.csv": (run.folder / LOG).read_bytes()},
        builder="core.text.dgcnn.network.build", config=asdict(model.config), data=source.text, licence=source.licence,
        recipe="python -m training.text.dgcnn", seed=seed, steps=run.step, date=datetime.date.today().isoformat(),
        metrics={key: float(f"{value:.6g}") for key, value in measured.items()}, limits=LIMITS,
    )  # fmt: skip


def main(
    steps: Annotated[int, typer.Option(min=1, help="updates")] = STEPS,
    batch: Annotated[int, typer.Option(min=1, help="questions an update")] = 32,
    seed: Annotated[int, typer.Option(help="of weights and batches")] = 0,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train, keep the best evaluation on validation questions, fit p_global, write weights and card. A second call goes on where the first stopped."""
    train_set, validation, test = split(questions())
    tokenizer = vocabulary(train_set)
    prose = [text.body for text in split_documents(documents())[0] if text.form == "散文"]
    passages = [*dict.fromkeys(q.passage for q in train_set), *(q.question for q in train_set)]
    torch.manual_seed(seed)
    model = DGCNN(Config(len(tokenizer), dropout=0.2))
    with torch.no_grad():
        model.embedding.weight.copy_(character_vectors([*prose, *passages], tokenizer, model.config.width))
        model.rarity.copy_(rarity(train_set, tokenizer))
    recipe = DGCNNRecipe(model, Crops(train_set, tokenizer), validation, tokenizer)
    schedule = Schedule(steps, batch=batch, ema=0.999, eval_every=500, precision="32-true", warm_up=100, keep=MISSED)
    run = train(recipe, schedule, seed, runs / f"{NAME}-{seed}")
    ship(run, recipe, train_set, test, batch, seed, out)


if __name__ == "__main__":
    run_command(main)
