"""What the page on fine-tuning ships: the tuned model, sixty attributed photographs, vectors to play with, all outcomes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save as to_bytes
from torch import Tensor

from core import weights
from core.vision.fine_tuning.model import KINDS, Model, Trunk
from core.vision.fine_tuning.objective import accuracy, best_blend, blend
from core.vision.fine_tuning.shelf import COLUMNS, NAME, OUTCOMES, PHOTOGRAPHS, SOURCES_FILE, VECTORS
from training.recipes import rounded
from training.sources import SOURCES
from training.vision.flowers import Flowers, answers, seen

__all__ = ["moved", "photographs", "ship"]

EACH = 12  # photographs of each kind that ship
PLAYED = 600  # training vectors that ship
FLICKR = "https://www.flickr.com/photo.gne?id="
LIMITS = {
    "zh": (
        "约 26 万参数，在 8500 张 32×32 的 CIFAR-10 上预训练（不是 ImageNet），只认五种花、64×64 像素；"
        "不是花的照片也会被归入五类之一。正确率与原文的狗不可比。"
    ),
    "en": (
        "About 0.26 million parameters, pre-trained on 8 500 CIFAR-10 pictures of 32x32 (not on ImageNet); it knows five kinds of flowers at "
        "64x64 and puts every other photograph into one of the five too. Its accuracy says nothing about the post's dogs."
    ),
}
LICENCE = (
    "weights free to use; CIFAR-10 has no formal licence (Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images); "
    "flower photographs CC BY 2.0, sixty of them shipped, reduced to 64x64, each named by its Flickr number in "
    + SOURCES_FILE
)


def photographs(data: Flowers, names: np.ndarray, seed: int) -> tuple[bytes, bytes, np.ndarray]:
    """``EACH`` held-out pictures of each kind, drawn at random and not for their looks: a sheet (PNG), their sources, their numbers."""
    rng = np.random.default_rng(seed)
    labels = data.held_out_labels.cpu().numpy()
    chosen = np.concatenate([rng.choice(np.flatnonzero(labels == k), EACH, replace=False) for k in range(len(KINDS))])
    pictures = data.held_out[torch.from_numpy(chosen)].cpu().numpy().transpose(0, 2, 3, 1)
    side = pictures.shape[1]
    rows = pictures.reshape(-1, COLUMNS, side, side, 3).swapaxes(1, 2).reshape(-1, COLUMNS * side, 3)
    sheet = io.BytesIO()
    Image.fromarray(rows).save(sheet, "PNG", optimize=True)
    lines = ["number\tkind\tflickr\taddress\tlicence"]
    for place, k in enumerate(chosen.tolist()):
        number = str(names[k]).split("_", 1)[0]
        lines.append(f"{place + 1}\t{KINDS[labels[k]]}\t{number}\t{FLICKR}{number}\tCC BY 2.0, reduced to 64x64")
    return sheet.getvalue(), ("\n".join(lines) + "\n").encode(), chosen


def moved(before: Trunk, after: Trunk) -> dict[str, float]:
    """‖W − W₀‖ / ‖W₀‖ of every part of the trunk, all its weights together."""
    parts = {
        "stem": "low.0",
        "block 1": "low.1",
        "block 2": "low.2",
        "block 3": "high.0",
        "exit 1": "high.1",
        "exit 2": "high.3",
    }
    found = {}
    for name, start in parts.items():
        pairs = [
            (a.detach().cpu().double(), b.detach().cpu().double())
            for (key, a), b in zip(before.named_parameters(), after.parameters(), strict=True) if key.startswith(start)
        ]  # fmt: skip
        gap, size = (sum(float(x.square().sum()) for x in xs) ** 0.5 for xs in ([b - a for a, b in pairs], [a for a, _ in pairs]))  # fmt: skip
        found[name] = gap / size
    return found


def _half(x: Tensor) -> np.ndarray:
    return x.cpu().numpy().astype(np.float16)


def ship(
    model: Model, start: Trunk, outcomes: Mapping[str, Any], data: Flowers, names: np.ndarray, *, lr: float, objects: float,
    seconds: float, seed: int, steps: int, date: str, folder: Path,
) -> None:  # fmt: skip
    """Write weights, card and extras. Figures of the card are those of the weights in the precision in which they ship."""
    change = moved(start, model.trunk)
    model = rounded(model)
    sheet, sources, chosen = photographs(data, names, seed)
    labels, valid = data.held_out_labels.cpu().numpy(), data.valid_labels.cpu().numpy()
    held_out = answers(model.head, seen(model.trunk, data.held_out))
    searched = answers(model.head, seen(model.trunk, data.valid))
    alpha = best_blend(*searched, valid).best
    played = seen(start, data.train[:PLAYED])
    tensors = {
        "h": _half(played), "h_labels": data.train_labels[:PLAYED].cpu().numpy().astype(np.uint8),
        "h_held_out": _half(seen(start, data.held_out)), "held_out_labels": labels.astype(np.uint8), "valid_labels": valid.astype(np.uint8),
        **{f"p{k}_held_out": p.astype(np.float16) for k, p in enumerate(held_out)},
        **{f"p{k}_valid": p.astype(np.float16) for k, p in enumerate(searched)},
    }  # fmt: skip
    told = {**outcomes, "labels": labels.tolist(), "shipped": chosen.tolist(), "lr": lr, "moved": change}
    metrics = {
        "held-out pictures": float(len(labels)),
        "held-out accuracy, p0": accuracy(held_out[0], labels),
        "held-out accuracy, p1": accuracy(held_out[1], labels),
        "blend: alpha found on validation": alpha,
        "blend: held-out accuracy": accuracy(blend(*held_out, alpha), labels),
        "shipped photographs: accuracy, p0": accuracy(held_out[0][chosen], labels[chosen]),
        "most frequent kind": float(np.bincount(labels).max() / len(labels)),
        "pre-training: held-out accuracy on ten objects": objects,
        "training minutes, all comparisons": seconds / 60,
    }
    weights.save(
        model, NAME, folder, builder="core.vision.fine_tuning.model.build", config=asdict(model.config),
        extras={
            OUTCOMES: (json.dumps(told, separators=(",", ":")) + "\n").encode(), PHOTOGRAPHS: sheet, SOURCES_FILE: sources,
            VECTORS: to_bytes({key: np.ascontiguousarray(value) for key, value in sorted(tensors.items())}),
        },
        data="; ".join(SOURCES[name].text for name in ("cifar32_10k", "flowers64")) + "; its own split, a fifth held out",
        licence=LICENCE, recipe="python -m training.vision.fine_tuning", seed=seed, steps=steps, date=date,
        metrics={key: float(f"{value:.6g}") for key, value in metrics.items()}, limits=LIMITS,
    )  # fmt: skip
