"""O-GAN's page: what each tab shows, beyond what every page promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from core.datasets import DatasetError
from core.weights import read_card
from gallery.catalog import catalog
from gallery.inputs import parse
from gallery.runner import Failed, run_tab
from pages.gan import o_gan as page

SEEDS = {"model": "cats", "left": "seed", "right": "seed"}


def fact(values: Mapping[str, Any], label: str) -> Any:
    (value,) = [m.value for m in values["facts"] if m.label == label]
    return value


def film(**values: Any) -> list[np.ndarray]:
    return list(page.interpolate(parse(page.Interpolate, SEEDS | values), "en")["film"].frames)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def test_one_real_portrait_becomes_another() -> None:
    """The ends resemble their own picture more than the other's."""
    values = page.interpolate(page.Interpolate(), "en")
    real_a, *made, real_b = values["strip"].images
    assert apart(made[0], real_a) < apart(made[0], real_b)
    assert apart(made[-1], real_b) < apart(made[-1], real_a)
    assert len(values["film"].frames) == 17


def test_with_truncation_zero_every_code_is_the_average_face() -> None:
    frames = film(temperature=0.0)
    assert all(apart(frame, frames[0]) < 0.6 for frame in frames)
    assert apart(*film(temperature=0.9)[::16]) > 10


def test_the_paths_agree_at_the_ends_and_not_on_the_way() -> None:
    """Standardised and spherical take the same great circle at another pace; the straight line is inside it."""
    paths = {path: film(path=path) for path in ("standardised", "slerp", "lerp")}
    for path in ("slerp", "lerp"):
        assert apart(paths[path][0], paths["standardised"][0]) < 1
        assert apart(paths[path][4], paths["standardised"][4]) > 0.1


def test_without_the_data_set_held_out_pictures_are_refused_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY_DATA", raising=False)
    inputs = parse(page.Interpolate, SEEDS | {"right": "held-out"})
    with pytest.raises(DatasetError):
        page.interpolate(inputs, "en")
    for lang, words in (("zh", "没有数据集 cats64"), ("en", "cats64 is not on this machine")):
        last = list(run_tab("o-gan", catalog()["o-gan"].page.tab("interpolate"), inputs, lang))[-1]  # type: ignore[arg-type]
        assert isinstance(last, Failed)
        assert words in last.message(lang)


def test_standardising_is_what_makes_the_reconstruction() -> None:
    start = {"model": "cats", "source": "seed"}
    on, off = (page.reconstruct(parse(page.Reconstruct, start | {"standard": s}), "en") for s in (True, False))
    label = "mse / that of a random pair"
    assert fact(on, label) < 0.5
    assert fact(off, label) > 2 * fact(on, label)
    assert np.array_equal(on["pictures"].images[1], off["pictures"].images[2])


def test_a_drawn_digit_is_drawn_again() -> None:
    values = page.reconstruct(parse(page.Reconstruct, {"model": "digits", "source": "sketch"}), "en")
    assert fact(values, "mse / that of a random pair") < 0.6


def test_the_dial_moves_the_score_and_not_rho() -> None:
    values = page.dial(parse(page.Dial, {"shift": -1.3, "factor": 3.0}), "en")
    assert fact(values, "Mean change of the score") == pytest.approx(-1.3, abs=1e-4)
    assert fact(values, "Largest change of ρ") < 1e-5
    before, after = values["pictures"].images
    assert apart(before, after) < 0.5


def test_the_corners_of_the_plane_are_their_own_codes() -> None:
    values = page.wander(parse(page.Wander, {"place": [1.0, 0.0]}), "en")
    assert fact(values, "cos(z, z₁)") == pytest.approx(1.0, abs=1e-5)


def test_a_portrait_s_nearest_neighbour_on_the_shelf_is_itself() -> None:
    values = page.neighbours(page.Neighbours(), "en")
    assert fact(values, "Nearest cosine") == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("model", page.SPACES)
def test_the_film_is_that_of_the_run_on_the_card(model: str) -> None:
    values = page.film(parse(page.Film, {"model": model}), "en")
    card = read_card(page.SPACES[model].weights)
    log = values["log"].columns
    assert len(values["film"].frames) == len(log["step"])
    assert log["step"][-1] == card.steps
    assert log["rho"][-1] == pytest.approx(card.metrics["rho"], abs=0.03)
    assert log["reconstruction ratio"][-1] == pytest.approx(card.metrics["reconstruction ratio"], abs=0.05)
