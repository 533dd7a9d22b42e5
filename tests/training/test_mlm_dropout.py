"""The recipe of the small BERT: rows, its start, that the loss falls, and that trials resume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric

from core.text.information import ppmi
from core.text.mlm_dropout.bert import CLS, MARKS, Bert, Config
from training.text import mlm_fine_tuning
from training.text.corpus import vocabulary
from training.text.mlm_dropout import MLMRecipe
from training.text.mlm_fine_tuning import ARMS, arm_metrics, bag_of_characters, task, trials
from training.text.mlm_start import pair_counts
from training.text.mlm_texts import Streams, held_out_rows

TEXTS = {kind: ["天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。" * 12] * 30 for kind in ("verse", "novel")}
TOKENIZER = vocabulary([*TEXTS["verse"], "\n"], 100, MARKS)
STREAMS = Streams(TEXTS, TOKENIZER)
TINY = Config(len(TOKENIZER), 16, 1, 4, 96)


def test_rows_begin_with_cls_behind_a_stop() -> None:
    rows = STREAMS.batch(256, torch.Generator().manual_seed(0))
    assert (rows[:, 0] == CLS).all()
    assert {TOKENIZER.tokens[k] for k in rows[:, 1].tolist()} <= set("天日\n")


def test_pairs_are_counted_in_order() -> None:
    pairs = pair_counts(STREAMS, len(TOKENIZER), 1)
    i, j = TOKENIZER.ids["天"], TOKENIZER.ids["地"]
    assert pairs[i, j] == 2 * 30 * 12
    assert pairs[j, i] == 0
    assert ppmi(pairs)[i, j] > 0


def test_the_loss_falls() -> None:
    recipe = MLMRecipe(TINY, TOKENIZER, STREAMS, held_out_rows(STREAMS, TOKENIZER), 0)
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in recipe.networks().items()}
    rng = torch.Generator().manual_seed(0)
    losses = [float(recipe.step(fabric, parts, 512, rng)["loss"]) for _ in range(100)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    assert set(recipe.evaluate(recipe.model)[0]) == {"accuracy verse", "accuracy novel"}


def test_trials_go_on_where_they_stopped(tmp_path: Path) -> None:
    made = [("天地玄黄", 0), ("日月盈昃", 1)] * 20
    found = task("review", 2, made, made, TOKENIZER)
    assert bag_of_characters(found)["naive Bayes"] == 1
    bert = Bert(TINY)
    path = tmp_path / "trials.csv"
    first = trials(bert, found, 1, TOKENIZER.first_character, path)
    assert len(first) == len(ARMS)
    both = trials(bert, found, 2, TOKENIZER.first_character, path)
    assert both[: len(ARMS)] == first
    assert len(both) == 2 * len(ARMS)
    assert {"review, plain: accuracy", "review, plain, DropToken 0.5: ms/step"} <= set(arm_metrics(both))
    assert mlm_fine_tuning.fine_tuned(bert, found, "plain", 0.5, 0, TOKENIZER.first_character).accuracy == next(
        one.accuracy for one in first if (one.way, one.rate) == ("plain", 0.5)
    )
