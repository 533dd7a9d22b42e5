"""What the recipes of models that draw pictures have in common: how they are evaluated, and how they ship."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from core import weights
from core.codec import Codec
from core.quality import pair_diversity, reconstruction_ratio
from training.data import ImageSet, scaled
from training.loop import Run
from training.sheets import SHEET, beside, sheet
from training.sources import SOURCES
from training.trials import records

__all__ = ["EVALUATED", "MOST_HELD_OUT", "RATIO", "Evaluated", "device_kind", "held_out", "rounded", "write"]

M = TypeVar("M", bound=nn.Module)
EVALUATED = 256  # held-out pictures, and fresh codes, measured at every evaluation
MOST_HELD_OUT = 1000  # that a card's figures are measured on
RATIO = "reconstruction ratio"


class Evaluated:
    """The data of a recipe, with the ``codes`` z ~ N(0, I) [256, n] and ``real`` held-out pictures of all its evaluations.

    They are the same in every run. A recipe of such a kind adds its model, its networks and its step.
    """

    def __init__(self, data: ImageSet, dimensions: int) -> None:
        self.data = data
        rng = torch.Generator().manual_seed(0)
        self.codes = torch.randn(EVALUATED, dimensions, generator=rng)
        self.real = scaled(data.held_out[torch.randperm(len(data.held_out), generator=rng)[:EVALUATED]])

    def to(self, device: torch.device) -> None:
        """Move the data, the codes and the pictures."""
        self.data.to(device)
        self.codes, self.real = self.codes.to(device), self.real.to(device)

    def redrawn(self, model: Codec) -> tuple[Tensor, dict[str, float], np.ndarray]:
        """Of a model that encodes and decodes: its samples G(z), their measures with those of reconstructions, and a sheet of both."""
        made, again = model.decode(self.codes), model.decode(model.encode(self.real))
        measures = {RATIO: reconstruction_ratio(self.real, again), "pair diversity": pair_diversity(made, self.real)}
        count = SHEET * SHEET
        both = [sheet(made[:count], SHEET), sheet(beside(self.real, again)[:count], SHEET)]
        return made, measures, np.concatenate(both, 1)


def device_kind(preset: str) -> str:
    """The preset asked for, else "gpu" where there is one and "cpu" where not."""
    return preset or ("gpu" if torch.cuda.is_available() else "cpu")


def held_out(data: ImageSet) -> Tensor:
    """The held-out pictures that a card's figures are measured on, [N, C, S, S] in [-1, 1]."""
    return scaled(data.held_out[:MOST_HELD_OUT])


def rounded(model: M) -> M:
    """The model in the precision in which it ships, ready to be measured."""
    return model.half().float().eval()


def write(
    run: Run, model: Any, name: str, data: ImageSet, folder: Path, *, builder: str, recipe: str, seed: int,
    metrics: Mapping[str, float], limits: Mapping[str, str], start: str = "", extras: Mapping[str, bytes] | None = None,
) -> None:  # fmt: skip
    """Write weights, card, training film, log and other ``extras``; those of the weights ``start``, which the run went on from, are counted in."""
    source = SOURCES[data.name]
    before = weights.read_card(start) if start else None
    minutes = run.seconds / 60 + (before.metrics["training minutes"] if before else 0)
    weights.save(
        model, f"{name}-{data.name}", folder, extras={**records(run, start), **(extras or {})}, builder=builder, config=asdict(model.config),
        data=source.text, licence=source.licence, recipe=recipe, seed=seed, steps=run.step + (before.steps if before else 0),
        date=datetime.date.today().isoformat(), limits=dict(limits),
        metrics={key: float(f"{value:.6g}") for key, value in {**metrics, "training minutes": minutes}.items()},
    )  # fmt: skip
