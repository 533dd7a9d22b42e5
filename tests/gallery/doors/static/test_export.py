"""Parts of shipped models as ONNX: what torch computes, the shipped numbers, the same bytes each time."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from core.weights import WeightsError, load
from gallery.doors.static.live import export
from gallery.doors.static.live.export import TOLERANCE, NotTheSame, check, computed, difference, exported, trial
from gallery.doors.static.live.manifest import Part, manifest
from gallery.engine.catalog import catalog

PARTS = {name: part for needs in map(manifest, catalog()) if needs is not None for name, part in needs.parts.items()}
GENERATOR = "o-gan-mnist28/decode"
MORE = 7  # items, another number than the file was made with
HALF = 0.55  # of what float32 would take, the graph included


@pytest.mark.parametrize("name", PARTS)
def test_every_part_computes_what_torch_does_on_inputs_it_was_not_made_with(name: str) -> None:
    part = PARTS[name]
    made = exported(name, part)
    weights, method = name.split("/")
    common = trial(f"other {name}", part, MORE)
    extreme = np.stack([np.full(part.shape, v, np.float32) for v in part.range or (-3.0, 0.0, 3.0)])
    for inputs in (common, common[:1], extreme):
        assert check(name, made.onnx, inputs, computed(load(weights), method, inputs)) <= TOLERANCE


def test_a_broken_export_is_refused_in_words() -> None:
    made = exported(GENERATOR, PARTS[GENERATOR])
    broken = onnx.load_from_string(made.onnx)
    largest = max(broken.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    values = numpy_helper.to_array(largest).copy()
    values.flat[0] += 0.5
    largest.CopyFrom(numpy_helper.from_array(values, largest.name))
    with pytest.raises(NotTheSame, match=rf"{GENERATOR}: onnxruntime differs from torch by \d"):
        check(GENERATOR, broken.SerializeToString(), made.inputs, made.outputs)
    with pytest.raises(NotTheSame, match="torch"):
        check(GENERATOR, made.onnx, made.inputs, {"output": made.outputs["output"][:, :, :4]})


def test_an_output_that_is_no_number_is_never_near() -> None:
    assert not difference(np.array([0.0, np.nan]), np.zeros(2)) <= TOLERANCE
    assert difference(np.array([1000.05]), np.array([1000.0])) == pytest.approx(5e-5)


def test_an_export_that_changes_the_network_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = export._onnx

    def other(model: torch.nn.Module, method: str, inputs: np.ndarray, outputs: list[str]) -> bytes:
        made = onnx.load_from_string(whole(model, method, inputs, outputs))
        node = next(node for node in made.graph.node if node.op_type == "Tanh")
        node.op_type = "Sigmoid"
        return made.SerializeToString()

    monkeypatch.setattr(export, "_onnx", other)
    with pytest.raises(NotTheSame):
        exported(GENERATOR, PARTS[GENERATOR])


def test_the_same_weights_give_the_same_bytes_whatever_was_exported_before() -> None:
    first = exported(GENERATOR, PARTS[GENERATOR])
    exported("features/classes", PARTS["features/classes"])
    assert exported(GENERATOR, PARTS[GENERATOR]).onnx == first.onnx


def test_weights_stay_the_shipped_ones_in_half_the_room() -> None:
    made = exported(GENERATOR, PARTS[GENERATOR])
    graph = onnx.load_from_string(made.onnx).graph
    stored = {
        t.name.removesuffix(".half").removeprefix("model."): numpy_helper.to_array(t).astype(np.float32)
        for t in graph.initializer
    }
    generator = {k: v.numpy() for k, v in load("o-gan-mnist28").state_dict().items() if k.startswith("generator.")}
    shared = stored.keys() & generator.keys()
    assert len(shared) >= 0.8 * len(stored)
    for name in shared:
        np.testing.assert_array_equal(stored[name], generator[name])
    assert len(made.onnx) < HALF * sum(4 * v.size for v in generator.values())


def test_nothing_of_the_machine_is_in_the_file() -> None:
    made = onnx.load_from_string(exported(GENERATOR, PARTS[GENERATOR]).onnx)
    assert not made.doc_string and not made.metadata_props and not made.graph.doc_string
    assert not any(node.doc_string or node.metadata_props for node in made.graph.node)


def test_weights_and_methods_that_are_not_there() -> None:
    with pytest.raises(WeightsError):
        exported("no-such-weights/decode", Part(shape=(2,)))
    with pytest.raises(AttributeError, match="dekode"):
        exported("o-gan-mnist28/dekode", Part(shape=(64,)))
