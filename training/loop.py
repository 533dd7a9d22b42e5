"""The training loop, once: seeded, resumable after a kill, with an average of the weights, a log and sample sheets.

On Lightning Fabric: precision, devices and several machines are its business (``fabric run --devices 4 training/gan/o_gan.py …``).
A step's random numbers depend on the seed and the step alone, so a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import csv
import ctypes
import json
import math
import os
import pickle
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from lightning_fabric import Fabric
from PIL import Image
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from training.command import CannotGoOn

__all__ = ["LOG", "SHEETS", "Log", "Recipe", "Run", "Schedule", "train"]

CHECKPOINT, BEST = "checkpoint.ckpt", "best-{:07d}.ckpt"
LOG, SHEETS = "log.csv", "sheets"
LAUNCHED = "LT_DEVICES"  # set by the library's own launcher, which then says how many devices and of what kind
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # mallopt's numbers, malloc.h
LARGEST_THRESHOLD = 2**25  # bytes: the most that glibc takes (HEAP_MAX_SIZE / 2)
EARLY_EVALUATIONS = 4  # at a half, a quarter … of ``eval_every``


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how: the same recipe has one for the CPU and one for the GPU.

    ``steps`` of ``batch`` samples each (images; tokens for text); ``ema`` is the decay of the averaged weights. The averaged
    model is evaluated, and a sheet of its samples written, every ``eval_every`` steps and a few times before the first of
    them; a checkpoint is saved every ``checkpoint_every`` seconds.
    The learning rate grows linearly for ``warm_up`` steps and then stays, or with ``cosine`` falls to zero at the last step.
    With ``keep``, the name of a measure, the run gives the averaged model of the evaluation at which it was least, not the last.
    """

    steps: int
    batch: int = 64
    ema: float = 0.999
    eval_every: int = 500
    checkpoint_every: float = 120.0
    precision: str = "bf16-mixed"
    warm_up: int = 0
    cosine: bool = False
    keep: str = ""

    def lr_factor(self, step: int) -> float:
        """What the learning rate is multiplied by at ``step``."""
        if step < self.warm_up:
            return (step + 1) / self.warm_up
        if not self.cosine:
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (step - self.warm_up) / max(self.steps - self.warm_up, 1)))


class Recipe(Protocol):
    """What a model gives the loop."""

    @property
    def model(self) -> nn.Module:
        """All networks; what is averaged and shipped."""
        ...

    def networks(self) -> Mapping[str, tuple[nn.Module, torch.optim.Optimizer]]:
        """The parts that are trained, each with its optimiser."""
        ...

    def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Mapping[str, Tensor]:
        """One update of every part on ``batch`` images; gives the terms of the loss."""
        ...

    def evaluate(self, model: nn.Module) -> tuple[Mapping[str, float], np.ndarray | str]:
        """Measures of the averaged model, and a sheet of its samples (uint8 [H, W, 3], or text)."""
        ...

    def to(self, device: torch.device) -> None:
        """Move the data."""
        ...


@dataclass(frozen=True, slots=True)
class Log:
    """Rows of numbers by step, in ``log.csv``; rows after the step that a run resumes from are dropped."""

    path: Path

    def rows(self) -> list[dict[str, float]]:
        """All rows so far."""
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]

    def write(self, rows: list[dict[str, float]]) -> None:
        """Replace the file at once, so that a kill leaves the old or the new."""
        partial = self.path.with_suffix(".part")
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        partial.replace(self.path)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: the averaged model after ``step`` steps, the log's rows, seconds spent in all and the folder."""

    model: nn.Module
    rows: list[dict[str, float]]
    seconds: float
    folder: Path
    step: int


def train(
    recipe: Recipe, schedule: Schedule, seed: int, folder: Path, device: str = "auto", stop_at: int | None = None
) -> Run:
    """Train ``recipe`` in ``folder`` from its newest checkpoint, or from the start.

    The log, the sheets and the checkpoint stand in ``folder``. ``stop_at`` ends early, as a kill would, after saving.
    Raises CannotGoOn when the folder holds a run with another schedule or seed, one that is already longer, or a checkpoint
    that cannot be read, and FloatingPointError when a loss or a weight is not finite; the checkpoint before it stays.
    """
    _keep_memory()
    precision = _precision(schedule, device)
    if LAUNCHED in os.environ:
        fabric = Fabric(precision=precision)
    else:
        fabric = Fabric(accelerator=device, devices=1, precision=precision)
        fabric.launch()
    if fabric.is_global_zero:
        folder.mkdir(parents=True, exist_ok=True)
        _same_run(folder, schedule, seed)
    fabric.barrier()
    recipe.to(fabric.device)
    model = recipe.model.to(fabric.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    average = AveragedModel(model, multi_avg_fn=_warm_average(schedule.ema), use_buffers=True)
    networks = recipe.networks()
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in networks.items()}
    state: dict[str, Any] = {"step": 0, "average": average, "seconds": 0.0, "least": math.inf, "best": 0}
    for name, (module, optimiser) in parts.items():
        state |= {name: module, f"{name} optimiser": optimiser}
    checkpoint = folder / CHECKPOINT
    if checkpoint.exists():
        _load(fabric, checkpoint, state)
    if state["step"] > schedule.steps:
        raise CannotGoOn(f"{folder} holds a run of {state['step']} steps already: more than {schedule.steps}")
    log = Log(folder / LOG)
    rows = [row for row in log.rows() if row["step"] <= state["step"]]
    last = schedule.steps if stop_at is None else min(stop_at, schedule.steps)
    early = {schedule.eval_every // 2**k for k in range(1, EARLY_EVALUATIONS + 1)}
    began = saved = time.monotonic()
    before = state["seconds"]
    bar = tqdm(range(state["step"], last), initial=state["step"], total=schedule.steps, desc=folder.name, mininterval=5)
    bar.disable = not fabric.is_global_zero
    for step in bar:
        rng = torch.Generator(fabric.device).manual_seed(_step_seed(seed, step, fabric.global_rank))
        for _, optimiser in parts.values():
            for group in optimiser.param_groups:
                group["lr"] = group.setdefault("initial_lr", group["lr"]) * schedule.lr_factor(step)
        losses = recipe.step(fabric, parts, schedule.batch, rng)
        average.update_parameters(model)
        done = step + 1
        state["step"], state["seconds"] = done, before + time.monotonic() - began
        if done % schedule.eval_every == 0 or done in early or done == schedule.steps:
            row = {name: float(value) for name, value in losses.items()}
            if not all(np.isfinite(list(row.values()))):
                raise FloatingPointError(f"step {done}: the loss is not finite: {row}")
            measures, sheet = recipe.evaluate(average.module)
            rows.append({"step": done, "seconds": round(state["seconds"], 1), **row, **measures})
            if fabric.is_global_zero:
                log.write(rows)
                _write_sheet(folder / SHEETS / f"{done:07d}", sheet)
            bar.set_postfix({name: f"{value:.3g}" for name, value in measures.items()})
            if schedule.keep and (value := float(fabric.broadcast(measures[schedule.keep]))) < state["least"]:
                _finite(average, done)
                state["least"], state["best"] = value, done  # by the first process, so that all decide alike
                _save(fabric, folder / BEST.format(done), {"average": average})
                _save(fabric, checkpoint, state)  # it names the file before an older one goes
                saved = time.monotonic()
                _keep_only(fabric, folder, done)
        if (
            fabric.broadcast(time.monotonic() - saved > schedule.checkpoint_every) or done == last
        ):  # the first process's clock
            _finite(average, done)
            _save(fabric, checkpoint, state)
            saved = time.monotonic()
    if state["best"]:
        _load(fabric, folder / BEST.format(state["best"]), {"average": average})
    return Run(average.module, rows, state["seconds"], folder, state["best"] or state["step"])


def _load(fabric: Fabric, path: Path, state: dict[str, Any]) -> None:
    try:
        fabric.load(path, state)
    except (RuntimeError, OSError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise CannotGoOn(
            f"{path} is damaged or of another recipe ({type(error).__name__}): restore it, or move it away to begin anew"
        ) from error


def _finite(average: nn.Module, step: int) -> None:
    if not all(bool(weight.isfinite().all()) for weight in average.parameters()):
        raise FloatingPointError(f"step {step}: a weight is not finite")


def _keep_only(fabric: Fabric, folder: Path, step: int) -> None:
    """Remove the averages of all evaluations but that of ``step``."""
    if fabric.is_global_zero:
        for path in folder.glob("best-*.ckpt"):
            if path.name != BEST.format(step):
                path.unlink()


def _warm_average(decay: float) -> Any:
    """The exponential average with a decay that grows to ``decay``: min(decay, (1 + n) / (10 + n)) after n updates.

    The first weights, which are noise, are then forgotten from the start and not after 1 / (1 - decay) steps.
    """

    def update(averaged: Any, current: Any, updates: Tensor | int) -> None:
        n = int(updates)
        get_ema_multi_avg_fn(min(decay, (1 + n) / (10 + n)))(averaged, current, updates)

    return update


def _keep_memory() -> None:
    """Have glibc keep freed memory: large tensors would else be given back and faulted in anew at every step.

    Measured on the text models: 1.3 times as many steps a second. Other C libraries are left alone.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(MMAP_THRESHOLD, LARGEST_THRESHOLD)
        libc.mallopt(TRIM_THRESHOLD, 2**31 - 1)


def _precision(schedule: Schedule, device: str) -> Any:
    """Mixed precision is worth it where the hardware multiplies bfloat16; elsewhere it is slower and no better."""
    if device == "cpu" or not torch.cuda.is_available():
        flags = Path("/proc/cpuinfo")
        has = flags.exists() and any(name in flags.read_text(encoding="ascii") for name in ("amx_bf16", "avx512_bf16"))
        return schedule.precision if has else "32-true"
    return schedule.precision


def _step_seed(seed: int, step: int, rank: int) -> int:
    return int(np.random.SeedSequence((seed, step, rank)).generate_state(1, np.uint64)[0] >> 1)


def _same_run(folder: Path, schedule: Schedule, seed: int) -> None:
    free = ("checkpoint_every",) if schedule.cosine else ("checkpoint_every", "steps")
    settings = {"seed": seed, **{k: v for k, v in asdict(schedule).items() if k not in free}}
    path = folder / "run.json"
    if path.exists():
        if (found := json.loads(path.read_text(encoding="utf-8"))) != settings:
            raise CannotGoOn(f"{folder} holds a run with other settings: {found}, not {settings}")
        return
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(settings) + "\n", encoding="utf-8")
    partial.replace(path)


def _save(fabric: Fabric, path: Path, state: dict[str, Any]) -> None:
    partial = path.with_suffix(".part")
    fabric.save(partial, state)
    if fabric.is_global_zero:
        partial.replace(path)
    fabric.barrier()


def _write_sheet(path: Path, sheet: np.ndarray | str) -> None:
    path.parent.mkdir(exist_ok=True)
    if isinstance(sheet, str):
        path.with_suffix(".txt").write_text(sheet, encoding="utf-8")
    else:
        Image.fromarray(sheet).save(path.with_suffix(".png"))
