"""f-VAE's page: what each tab shows, beyond what every page promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from core.weights import read_card
from gallery.inputs import parse
from pages.flow import f_vae as page


def fact(values: Mapping[str, Any], label: str) -> Any:
    (value,) = [m.value for m in values["facts"] if m.label == label]
    return value


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize("model", page.MODELS)
def test_one_real_portrait_becomes_another(model: str) -> None:
    values = page.interpolate(parse(page.Interpolate, {"model": model}), "en")
    real_a, *made, real_b = values["strip"].images
    assert apart(made[0], real_a) < apart(made[0], real_b)
    assert apart(made[-1], real_b) < apart(made[-1], real_a)


def test_the_three_cost_the_same_and_are_as_large() -> None:
    """The comparison of the post: parameters and operations of training within 4 %."""
    cards = [read_card(space.weights) for space in page.SPACES.values()]
    for numbers in ([c.parameters for c in cards], [c.metrics["training petaflop"] for c in cards]):
        assert max(numbers) / min(numbers) < 1.04


def test_at_temperature_zero_all_codes_are_one_picture() -> None:
    values = page.temperature(parse(page.Temperature, {"temperature": 0.0}), "en")
    assert fact(values, "Distance of two samples here") == pytest.approx(0.0, abs=1e-6)
    assert len(values["one"].images) == len(page.TEMPERATURES)


def test_without_noise_every_reconstruction_is_the_same_and_with_much_they_differ() -> None:
    still = page.reconstruct(parse(page.Reconstruct, {"noise": False}), "en")["row"].images
    assert all(np.array_equal(picture, still[1]) for picture in still[1:])
    loud = page.reconstruct(parse(page.Reconstruct, {"factor": 4.0}), "en")["row"].images
    assert apart(loud[1], loud[2]) > 0.5


def test_the_flow_makes_the_latent_normal() -> None:
    values = page.levels(page.Levels(), "en")
    assert fact(values, "After F: mean variance") == pytest.approx(1.0, abs=0.3)
    assert abs(np.log(fact(values, "After F: mean variance"))) < abs(np.log(fact(values, "Before F: mean variance")))


@pytest.mark.parametrize("what", ["samples", "reconstructions", "interpolation"])
def test_three_models_stand_under_each_other(what: str) -> None:
    values = page.compare(parse(page.Compare, {"what": what}), "en")
    rows = len(values["rows"].layout.images)
    assert rows == (4 if what == "reconstructions" else 3)
    assert len(values["card"].rows) == 3
