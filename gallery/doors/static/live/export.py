"""A part of a shipped model as ONNX, for the reader's browser: the weights as they are shipped, checked against torch.

Weights are shipped as float16 and computed with as float32. The ONNX file keeps them so: float16 and a cast, which costs
nothing in exactness and halves what a reader downloads. The browser's runtime does the cast once, when it loads the file.
"""

from __future__ import annotations

import tempfile
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.weights import load
from gallery.doors.static.live.manifest import Part

if TYPE_CHECKING:
    import onnx
    import torch

__all__ = [
    "INPUT",
    "OUTPUT",
    "TOLERANCE",
    "Exported",
    "NotTheSame",
    "check",
    "computed",
    "difference",
    "exported",
    "trial",
]

TOLERANCE = 1e-4
"""The largest difference from torch that is allowed anywhere, on outputs of the order of 1: an eightieth of a grey level of pixels in [-1, 1]."""
INPUT, OUTPUT = "input", "output"
OPSET = 17  # the first with LayerNormalization, and known to every ONNX Runtime Web since 1.12
ITEMS = 3  # of a stored trial: more than one, so that the number of items is not fixed by mistake
SMALL = 64  # numbers: shorter tensors stay as they are, a cast of their own is longer than what it saves


class NotTheSame(RuntimeError):
    """An exported part that does not compute what torch does."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A part as ``onnx`` bytes, with a trial: ``inputs`` [ITEMS, …] and what torch makes of them, ``outputs`` by name, [ITEMS, …] (float32).

    ``difference``: how far onnxruntime's outputs are from torch's at most.
    """

    onnx: bytes
    inputs: np.ndarray
    outputs: Mapping[str, np.ndarray]
    difference: float


def exported(name: str, part: Part) -> Exported:
    """The part ``name`` = ``<weights>/<method>`` as ONNX with a free number of items, checked against torch.

    The bytes depend on the weights and the versions of torch and onnx alone. Raises NotTheSame where onnxruntime's outputs are farther
    than TOLERANCE from torch's, WeightsError for weights that cannot be loaded, AttributeError for a method there is not.
    """
    import torch

    weights, method = name.split("/")
    model = load(weights, torch.device("cpu"))
    inputs = trial(name, part)
    outputs = computed(model, method, inputs)
    made = _onnx(model, method, inputs, list(outputs))
    return Exported(made, inputs, outputs, check(name, made, inputs, outputs))


def computed(model: torch.nn.Module, method: str, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """What torch makes of ``inputs`` [items, …]: a tensor under the name OUTPUT, several by the fields of the named tuple they come in."""
    import torch

    with torch.inference_mode():
        made = attrgetter(method)(model)(torch.from_numpy(inputs))
    fields = getattr(made, "_fields", None)
    named = {OUTPUT: made} if fields is None else dict(zip(fields, made, strict=True))
    return {name: tensor.float().numpy() for name, tensor in named.items()}


def trial(name: str, part: Part, items: int = ITEMS) -> np.ndarray:
    """Inputs [items, …] to try a part with, float32, the same each time: N(0, 1), or uniform over the part's range."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    shape = (items, *part.shape)
    drawn = rng.standard_normal(shape) if part.range is None else rng.uniform(*part.range, shape)
    return drawn.astype(np.float32)


def check(name: str, made: bytes, inputs: np.ndarray, outputs: Mapping[str, np.ndarray]) -> float:
    """The largest difference of onnxruntime's outputs from ``outputs``; NotTheSame above TOLERANCE, or where shapes differ."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])
    apart = 0.0
    found = map(np.asarray, session.run(list(outputs), {INPUT: inputs}))
    for values, (output, wanted) in zip(found, outputs.items(), strict=True):
        if values.shape != wanted.shape:
            raise NotTheSame(f"{name}: onnxruntime's {output} is {values.shape}, torch's {wanted.shape}")
        apart = float(np.maximum(apart, difference(values, wanted)))  # unlike max, keeps what is no number
    if not apart <= TOLERANCE:
        raise NotTheSame(f"{name}: onnxruntime differs from torch by {apart:.2e}, more than {TOLERANCE:g}")
    return apart


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference, where |b| is above 1 relative to it; nan where anything is no number."""
    return float((np.abs(a - b) / np.maximum(1, np.abs(b))).max())


def _onnx(model: torch.nn.Module, method: str, inputs: np.ndarray, outputs: list[str]) -> bytes:
    import onnx
    import torch

    class Method(torch.nn.Module):
        """The method as a forward pass, which is what the exporter takes."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: torch.Tensor) -> Any:
            return attrgetter(method)(self.model)(x)

    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "part.onnx")
        # The newer exporter folds batch normalisation into kernels, which then are no longer the shipped numbers and need
        # float32, and takes ten times as long; what it warns of, its own deprecation, is bounded by requirements.txt.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="Constant folding")
        torch.onnx.export(
            Method().eval(), (torch.from_numpy(inputs),), path, dynamo=False, do_constant_folding=False, opset_version=OPSET,
            input_names=[INPUT], output_names=outputs, dynamic_axes={name: {0: "items"} for name in (INPUT, *outputs)},
        )  # fmt: skip
        made = onnx.load(path)
    _halve(made)
    _anonymous(made)
    onnx.checker.check_model(made)
    return made.SerializeToString(deterministic=True)


def _halve(made: onnx.ModelProto) -> None:
    """Store every tensor that float16 holds exactly as float16, with a cast to float32 in front of its readers."""
    from onnx import TensorProto, helper, numpy_helper

    kept: list[Any] = []
    casts = []
    for tensor in made.graph.initializer:
        values = numpy_helper.to_array(tensor)
        half = values.astype(np.float16) if values.dtype == np.float32 and values.size > SMALL else None
        if half is None or not np.array_equal(half.astype(np.float32), values):
            kept.append(tensor)
            continue
        stored = f"{tensor.name}.half"
        kept.append(numpy_helper.from_array(half, stored))
        casts.append(helper.make_node("Cast", [stored], [tensor.name], f"{tensor.name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *made.graph.node]
    del made.graph.initializer[:]
    del made.graph.node[:]
    made.graph.initializer.extend(kept)
    made.graph.node.extend(nodes)


def _anonymous(made: onnx.ModelProto) -> None:
    """Leave out what tells of the machine and of the run and not of the model."""
    made.graph.doc_string = made.doc_string = ""
    del made.metadata_props[:]
    for node in made.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
