"""Decoding faces: a strip of 16 by O-GAN and by f-VAE, eager and otherwise, against the machine's matrix products.

``python -m bench.images``. The floor is the model's multiply-adds at the speed of a 1024 x 1024 matrix product in the same
precision, in the same run. onnxruntime needs the package onnxscript for the export.
"""

from __future__ import annotations

import copy
import importlib.util
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from bench.report import write
from core.device import size_threads
from core.weights import load

STRIP = 16
REPEATS = 40
GEMM = 1024
EXPORTABLE = ("o-gan-cats64", "vae-toonfaces64")  # ONNX has no triangular solver, which the flows' inverse needs
MODELS = ("o-gan-cats64", "f-vae-toonfaces64", "vae-toonfaces64", "glow-toonfaces64")


class Decode(nn.Module):
    """``decode`` as a forward pass, for compilers and exporters."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> Tensor:
        return self.model.decode(z)


def fastest(work: Callable[[], Any]) -> float:
    """Milliseconds of the fastest of many runs after two to warm up."""
    work(), work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def gemm_speed(precision: torch.dtype) -> float:
    """GFLOP/s of a large matrix product."""
    a = torch.randn(GEMM, GEMM, dtype=precision)
    return 2 * GEMM**3 / fastest(lambda: a @ a) / 1e6


def onnx_session(model: nn.Module, z: Tensor) -> Any:
    """The model in onnxruntime; None where it cannot be exported here."""
    if not all(importlib.util.find_spec(name) for name in ("onnxruntime", "onnxscript")):
        return None
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decode.onnx"
        torch.onnx.export(model, (z,), str(path), dynamo=True, verbose=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        return onnxruntime.InferenceSession(str(path), options)


def rows_of(name: str) -> list[list[object]]:
    """Every way to decode the strip: milliseconds, and times the floor of its precision."""
    model = load(name)
    z = torch.randn(STRIP, model.config.dimensions, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model.decode(z)
    gflop = counter.get_total_flops() / 1e9
    floors = {p: 1e3 * gflop / gemm_speed(p) for p in (torch.float32, torch.bfloat16)}
    last = copy.deepcopy(model).to(memory_format=torch.channels_last)
    found: list[list[object]] = []

    def add(way: str, milliseconds: float, precision: torch.dtype, note: str = "") -> None:
        found.append(
            [
                name,
                way,
                f"{milliseconds:.2f}",
                f"{gflop:.2f}",
                f"{floors[precision]:.2f}",
                f"{milliseconds / floors[precision]:.1f}",
                note,
            ]
        )

    with torch.inference_mode():
        exact = model.decode(z)
        add("eager, float32", fastest(lambda: model.decode(z)), torch.float32)
        add("channels_last, float32", fastest(lambda: last.decode(z)), torch.float32)
        with torch.autocast("cpu", torch.bfloat16):
            error = (last.decode(z).float() - exact).abs().max()
            add(
                "channels_last, bfloat16",
                fastest(lambda: last.decode(z)),
                torch.bfloat16,
                f"largest error {float(error):.3f} on [-1, 1]",
            )
    session = onnx_session(Decode(model), z) if name in EXPORTABLE else None
    if session is not None:
        feed = {session.get_inputs()[0].name: z.numpy()}
        add("onnxruntime, float32", fastest(lambda: session.run(None, feed)), torch.float32)
    return found


def main() -> None:
    """Measure and write the table."""
    threads = size_threads()
    rows = [row for name in MODELS for row in rows_of(name)]
    header = ("weights", "way", "ms for 16", "GFLOP", "GEMM floor, ms", "times the floor", "note")
    write("images", f"A strip of {STRIP} pictures decoded, {threads} threads, fastest of {REPEATS}", header, rows)


if __name__ == "__main__":
    main()
