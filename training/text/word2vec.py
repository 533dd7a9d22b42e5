"""Recipe of the word vectors (post 4515): ``python -m training.text.word2vec cbow``, then ``skip-gram``.

Novels and Lu Xun's prose cut into words (training/text/segmented.py; one text in fifty held out), the 10 000 most frequent words.
CBOW has the author's settings: random softmax with 16 words of uniform noise, window 5, sub-sampling 1e-5 of the targets, one vector
for whatever lies beyond the sentence or the vocabulary. Not his: 96 numbers a vector (128), Adagrad (Adam), examples one by one
(batches of 20 sentences), 4 epochs (2). Skip-gram with negative sampling has the usual settings (5 words of noise ∝ p^0.75,
sub-sampling 1e-5 of all words); the page offers its vectors once they are trained.

Expected of CBOW: a log-loss of 6.58 nat on held-out blanks (word frequencies alone 7.40, the left neighbour 6.58), and the word among the
ten likeliest in 21 % (16 %, 27 %).
Half a minute an epoch on half a CPU core. A second call goes on where the first was stopped.
"""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor

from core import weights
from core.text.vectors import WordVectors
from core.text.word2vec.model import CBOW, Config, SkipGram, keep_probability
from core.text.word2vec.objective import SMOOTHING
from core.text.word2vec.questions import answered
from core.text.word2vec.shelf import CBOW_NAME, SKIP_GRAM_NAME, WORDS
from training.command import CannotGoOn
from training.command import run as run_command
from training.recipes import rounded
from training.text.segmented import sentences
from training.text.word2vec_kernel import Tables, cbow_epoch, skip_gram_epoch

VOCABULARY = 10_000
NOISE = {"cbow": 16, "skip-gram": 5}
LR, FIRST_SUM = 0.05, 0.01  # Adagrad: the learning rate, and what its sums begin with
FALL = 0.9  # of the learning rate, linearly over the epochs
WIDTH = 2.0  # the first vectors are uniform in ±WIDTH / dim
NOISE_TABLE = 1_000_000
JUDGED = 2000  # held-out blanks that are looked at after every epoch; they decide nothing
REPORTED = 20_000  # held-out blanks of which the card tells
PART = 1000
TEN = 10
PREVIOUS_WEIGHT = 0.5  # Jelinek and Mercer's interpolation in the baseline of the left neighbour; not tuned
TEXT = (
    "24 classical novels (github.com/luoxuhai/chinese-novel) and 663 pieces by Lu Xun (github.com/KumaTea/LuXunRobot), 6.4 million words by jieba; "
    "one text in fifty held out by its checksum"
)
LICENCE = "MIT (novels); texts in the public domain"
LIMITS = {
    "cbow": {
        "zh": "语料是明清小说与鲁迅，只有最常见的一万个词；今天的词大多没有，意思也是旧的。词向量不分一词多义；近邻里常见同一部书的人与地，而不是同义词。类比大多不成立，数字见下。填空并不比只看左邻的二元模型好：损失持平，前十命中更低——CBOW 把上下文求和，丢了词序。",
        "en": "The text is classical novels and Lu Xun, the vocabulary the 10 000 most frequent words: most words of today are missing, and meanings are old ones. One vector a word, whatever its senses; neighbours are often people and places of one book, not synonyms. Most analogies fail; see the figures. At blanks it is no better than a bigram model of the left neighbour: the same loss, fewer words among ten, since a sum forgets the order of words.",
    },
    "skip-gram": {
        "zh": "与 CBOW 同一语料、同一词表；只附输入向量，不能用来填空。",
        "en": "Text and vocabulary of the CBOW; only the input vectors ship, so no blank can be predicted with them.",
    },
}


@dataclass(frozen=True)
class Corpus:
    """Sentences as ids: V for a word that is not known. ``counts`` [V] and ``total`` are of the training text."""

    words: tuple[str, ...]
    counts: np.ndarray
    total: int
    train: tuple[np.ndarray, np.ndarray]
    held: tuple[np.ndarray, np.ndarray]

    @property
    def blanks(self) -> np.ndarray:
        """Places in the held-out tokens that have a known word, in an order of their own; [M, 3] of (sentence's start, its end, place)."""
        tokens, starts = self.held
        ends = np.repeat(np.stack([starts[:-1], starts[1:]], 1), np.diff(starts), 0)
        found = np.concatenate([ends, np.arange(len(tokens))[:, None]], 1)[tokens < len(self.words)]
        return np.random.default_rng(0).permutation(found)

    def contexts(self, blanks: np.ndarray, window: int) -> Tensor:
        """The words around held-out ``blanks`` [B, 3]; [B, 2 window]."""
        tokens, other = self.held[0], len(self.words)
        offsets = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
        places = blanks[:, 2:] + offsets
        inside = (places >= blanks[:, :1]) & (places < blanks[:, 1:2])
        return torch.from_numpy(np.where(inside, tokens[places.clip(0, len(tokens) - 1)], other).astype(np.int64))


def corpus(vocabulary: int = VOCABULARY) -> Corpus:
    """The text as ids. Raises DatasetError."""
    train, held = sentences()
    counts = Counter(word for sentence in train for word in sentence)
    words = tuple(sorted(counts, key=lambda word: (-counts[word], word))[:vocabulary])
    ids = {word: i for i, word in enumerate(words)}

    def numbered(texts: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        texts = [text for text in texts if len(text) > 1]
        flat = np.array([ids.get(word, len(words)) for text in texts for word in text], np.int32)
        return flat, np.cumsum([0, *map(len, texts)]).astype(np.int64)

    known = np.array([counts[word] for word in words])
    return Corpus(words, known, counts.total(), numbered(train), numbered(held))


@dataclass(frozen=True, slots=True)
class Held:
    """Log-loss in nat and the share of blanks whose word is among the ten likeliest."""

    loss: float
    at_ten: float


@torch.no_grad()
def held_out(model: CBOW, text: Corpus, blanks: np.ndarray, corrected: bool = True) -> Held:
    """How well the model predicts held-out ``blanks``."""
    loss, right = 0.0, 0
    for part in np.split(blanks, range(PART, len(blanks), PART)):
        target = torch.from_numpy(text.held[0][part[:, 2]].astype(np.int64))[:, None]
        told = model.log_probability(text.contexts(part, model.config.window), corrected)
        own = told.gather(1, target)
        loss -= float(own.sum())
        right += int(((told > own).sum(1) < TEN).sum())
    return Held(loss / len(blanks), right / len(blanks))


def baselines(text: Corpus, blanks: np.ndarray) -> dict[str, Held]:
    """Without any vector: word frequencies alone, and frequencies mixed with those after the same left neighbour."""
    tokens, starts = text.train
    words = len(text.words)
    unigram = text.counts / text.counts.sum()
    inner = np.setdiff1d(np.arange(1, len(tokens)), starts)
    inner = inner[(tokens[inner] < words)]
    pairs = Counter(zip(tokens[inner - 1].tolist(), tokens[inner].tolist(), strict=True))
    after: dict[int, dict[int, int]] = {}
    for (left, word), count in pairs.items():
        after.setdefault(left, {})[word] = count
    held, found = text.held[0], {"unigram": [0.0, 0], "left neighbour": [0.0, 0]}
    for first, _, place in blanks.tolist():
        word = int(held[place])
        seen = after.get(int(held[place - 1]), {}) if place > first else {}
        share = PREVIOUS_WEIGHT if seen else 0.0
        mixed = (1 - share) * unigram
        if seen:
            ids, times = np.fromiter(seen, int, len(seen)), np.fromiter(seen.values(), float, len(seen))
            mixed[ids] += share * times / times.sum()
        for name, p in (("unigram", unigram), ("left neighbour", mixed)):
            found[name][0] -= float(np.log(p[word]))
            found[name][1] += int((p > p[word]).sum() < TEN)
    return {name: Held(loss / len(blanks), right / len(blanks)) for name, (loss, right) in found.items()}


class Trainer:
    """Tables, Adagrad's sums, and what the epochs so far gave; in one archive on disk after every epoch."""

    def __init__(self, kind: str, text: Corpus, dim: int, epochs: int, seed: int, folder: Path) -> None:
        self.kind, self.text, self.epochs, self.seed, self.folder = kind, text, epochs, seed, folder
        self.config = Config(len(text.words), text.total, dim)
        rng = np.random.default_rng(seed)
        words = len(text.words)

        def first(rows: int) -> np.ndarray:
            return rng.uniform(-WIDTH / dim, WIDTH / dim, (rows, dim)).astype(np.float32)

        self.tables: Tables = (first(words + 1), first(words), np.zeros(words, np.float32))
        self.sums: Tables = tuple(np.full_like(table, FIRST_SUM) for table in self.tables)  # type: ignore[assignment]
        self.rows: list[dict[str, float]] = []
        counts = torch.from_numpy(text.counts)
        self.keep = keep_probability(counts, text.total, self.config.subsample).numpy()
        smoothed = text.counts**SMOOTHING
        shares = np.cumsum(smoothed) / smoothed.sum()
        self.noise = np.searchsorted(shares, (np.arange(NOISE_TABLE) + 0.5) / NOISE_TABLE).astype(np.int32)

    @property
    def path(self) -> Path:
        """The checkpoint."""
        return self.folder / "checkpoint.npz"

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one. Raises CannotGoOn when it is damaged or of another run."""
        if not self.path.exists():
            return
        try:
            with np.load(self.path) as kept:
                read = [tuple(kept[f"{name}{i}"] for i in range(3)) for name in ("tables", "sums")]
                rows, epochs = json.loads(bytes(kept["rows"])), int(kept["epochs"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise CannotGoOn(f"{self.path} is damaged ({type(error).__name__}): move it away to begin anew") from error
        if [table.shape for table in read[0]] != [table.shape for table in self.tables]:
            raise CannotGoOn(f"{self.path} holds tables of other sizes: move it away to begin anew")
        if epochs != self.epochs:
            raise CannotGoOn(
                f"{self.path} is of a run of {epochs} epochs, whose learning rate falls otherwise: move it away"
            )
        self.tables, self.sums = read  # type: ignore[assignment]
        self.rows = rows

    def save(self) -> None:
        """Replace the checkpoint at once, so that a kill leaves the old or the new."""
        self.folder.mkdir(parents=True, exist_ok=True)
        named = {f"{name}{i}": table for name in ("tables", "sums") for i, table in enumerate(getattr(self, name))}
        rows = np.frombuffer(json.dumps(self.rows).encode(), np.uint8)
        made = io.BytesIO()
        np.savez(made, **named, rows=rows, epochs=np.array(self.epochs))  # type: ignore[arg-type]
        partial = self.path.with_suffix(".part")
        partial.write_bytes(made.getvalue())
        partial.replace(self.path)

    def epoch(self) -> dict[str, float]:
        """One more epoch; its random numbers depend on the seed and its number alone."""
        at = len(self.rows)
        drawn = np.random.SeedSequence((self.seed, at)).generate_state(1, np.uint64)[0] | np.uint64(1)
        tokens, starts = self.text.train
        order = np.random.default_rng((self.seed, at)).permutation(len(starts) - 1)
        lr = np.float32(LR * (1 - FALL * at / self.epochs))
        common = (self.tables, self.sums, NOISE[self.kind], self.config.window, lr, drawn)
        if self.kind == "cbow":
            count, loss = cbow_epoch(tokens, starts, order, self.keep, *common)
        else:
            count, loss = skip_gram_epoch(tokens, starts, order, self.keep, self.noise, *common)
        if not np.isfinite(loss):
            raise FloatingPointError(f"epoch {at + 1}: the loss is not finite")
        row = {"epoch": at + 1, "examples": count, "loss": loss}
        if self.kind == "cbow":
            now = held_out(self.cbow(), self.text, self.text.blanks[:JUDGED])
            row |= {"held-out loss": now.loss, "held-out at 10": now.at_ten}
        self.rows.append(row)
        return row

    def cbow(self) -> CBOW:
        """The model of the tables now."""
        model = CBOW(self.config)
        for parameter, table in zip((model.input, model.output, model.bias), self.tables, strict=True):
            parameter.data = torch.from_numpy(table.copy())
        model.counts = torch.from_numpy(self.text.counts.astype(np.int32))
        return model.eval()


def planed(table: np.ndarray, seed: int) -> np.ndarray:
    """t-SNE of unit vectors, in [-1, 1]²; float32 [V, 2]."""
    from sklearn.manifold import TSNE

    units = WordVectors(tuple(map(str, range(len(table)))), table).units
    found = TSNE(2, perplexity=30, init="pca", random_state=seed, metric="euclidean").fit_transform(units)
    found = found - (found.max(0) + found.min(0)) / 2
    return (found / np.abs(found).max()).astype(np.float32)


def ship(trainer: Trainer, command: str, folder: Path) -> None:
    """Write the tables and their card."""
    text, kind = trainer.text, trainer.kind
    told: dict[str, float] = {"epochs": len(trainer.rows)}
    steps = sum(int(row["examples"]) for row in trainer.rows)
    common: dict[str, Any] = {
        "data": f"{TEXT}; the {len(text.words)} most frequent words", "licence": LICENCE, "recipe": command, "seed": trainer.seed,
        "date": datetime.date.today().isoformat(), "limits": LIMITS[kind], "extras": {WORDS: "\n".join(text.words).encode()},
    }  # fmt: skip
    if kind == "cbow":
        model = rounded(trainer.cbow())
        blanks = text.blanks[:REPORTED]
        found = {"CBOW": held_out(model, text, blanks), "CBOW uncorrected": held_out(model, text, blanks, False)}
        for name, held in (found | baselines(text, blanks)).items():
            told |= {f"{name}: log-loss (nat)": held.loss, f"{name}: accuracy at 10": held.at_ten}
        told["held-out blanks"] = len(blanks)
        told |= answered(WordVectors(text.words, model.input.detach().numpy()[:-1]))
        model.plane = torch.from_numpy(planed(model.input.detach().numpy()[:-1], trainer.seed))
        weights.save(
            model, CBOW_NAME, folder, builder="core.text.word2vec.model.build", config=asdict(model.config), steps=steps,
            metrics={key: float(f"{value:.6g}") for key, value in told.items()}, **common,
        )  # fmt: skip
    else:
        model = SkipGram(len(text.words), trainer.config.dim)
        model.input.data = torch.from_numpy(trainer.tables[0][:-1].copy())
        model = rounded(model)
        told |= answered(WordVectors(text.words, model.input.detach().numpy()))
        weights.save(
            model, SKIP_GRAM_NAME, folder, builder="core.text.word2vec.model.build_skip_gram",
            config={"words": len(text.words), "dim": trainer.config.dim}, steps=steps,
            metrics={key: float(f"{value:.6g}") for key, value in told.items()}, **common,
        )  # fmt: skip
    typer.echo(f"{kind}: {told}")


def main(
    kind: Annotated[str, typer.Argument(help="cbow or skip-gram")],
    epochs: Annotated[int, typer.Option(min=1, help="epochs in all")] = 4,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    dim: Annotated[int, typer.Option(min=2, help="numbers a vector")] = 96,
    runs: Annotated[Path, typer.Option(help="folder of all runs")] = Path("runs"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER,
) -> None:
    """Train, write weights and card. A second call goes on."""
    if kind not in NOISE:
        raise CannotGoOn(f"kind = {kind}: must be one of {', '.join(NOISE)}")
    trainer = Trainer(kind, corpus(), dim, epochs, seed, runs / f"word2vec-{kind}-{dim}-{seed}")
    trainer.resume()
    while len(trainer.rows) < epochs:
        typer.echo(str(trainer.epoch()))
        trainer.save()
    ship(trainer, f"python -m training.text.word2vec {kind} --epochs {epochs} --seed {seed} --dim {dim}", out)


if __name__ == "__main__":
    run_command(main)
