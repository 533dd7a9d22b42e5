"""The way between two pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import codec, morphing
from core.data.examples import portraits
from core.latent import interpolate
from core.weights import load


def between_cats(path: str, temperature: float = 0.9, frames: int = 5) -> morphing.Morphing:
    model = load("o-gan-cats64")
    return morphing.morphing(
        model, morphing.random_end(model, 1), morphing.random_end(model, 2), frames, path, temperature, 3
    )


def test_a_film_begins_and_ends_at_its_ends() -> None:
    model, found = load("o-gan-cats64"), between_cats("slerp")
    a, b = codec.random_codes(model, [1, 2])
    ends = codec.decode(model, 0.9 * torch.stack([a, b]))
    assert np.abs(found.frames[0].astype(int) - ends[0]).max() <= 1
    assert np.abs(found.frames[-1].astype(int) - ends[1]).max() <= 1
    middle = codec.decode(model, 0.9 * interpolate(a, b, 3, "slerp")[1][None])[0]
    assert np.abs(found.frames[2].astype(int) - middle).max() <= 1
    assert found.left is None and found.right is None and found.errors == (None, None)


def test_the_square_has_the_ends_and_two_random_codes_in_its_corners() -> None:
    model, found = load("o-gan-cats64"), between_cats("slerp")
    lower = codec.decode(model, 0.9 * codec.random_codes(model, [3, 4]))
    for place, picture in (
        ((0, 0), found.frames[0]),
        ((0, -1), found.frames[-1]),
        ((-1, 0), lower[0]),
        ((-1, -1), lower[1]),
    ):
        assert np.abs(found.square[place].astype(int) - picture).max() <= 1


def test_only_the_straight_line_shortens_the_middle_code() -> None:
    assert between_cats("lerp").middle_length == pytest.approx(np.sqrt((1 + between_cats("lerp").cosine) / 2), abs=1e-3)
    for path in ("slerp", "standardised"):
        assert between_cats(path).middle_length == pytest.approx(1, abs=1e-3)


def test_at_temperature_zero_nothing_moves() -> None:
    found = between_cats("slerp", temperature=0.0)
    assert not found.steps.any() and found.unevenness == 1.0 and found.crossfade == 0.0 and found.end_to_end == 0.0


def test_errors_are_those_of_the_ends_over_their_distance() -> None:
    model = load("f-vae-toonfaces64")
    a, b = portraits()[:2]
    found = morphing.morphing(model, morphing.picture_end(model, a), morphing.picture_end(model, b), 5, "lerp", 1.0, 0)
    assert found.left is not None and found.right is not None
    (x,), (apart,) = (
        codec.mean_squares([found.left], found.frames[:1]),
        codec.mean_squares(found.frames[:1], found.frames[-1:]),
    )
    assert found.errors[0] == pytest.approx(x / apart)
    assert max(e for e in found.errors if e is not None) < 0.05


def test_a_crossfade_is_known_as_one() -> None:
    first, last = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 200, np.uint8)
    fade = np.stack([first + np.uint8(50 * k) for k in range(5)])
    assert morphing.crossfade(fade) == pytest.approx(0, abs=1e-12)
    cut = np.stack([first, first, first, last, last])  # off by 0, 1/4, 1/2, 1/4 and 0 of the whole
    assert morphing.crossfade(cut) == pytest.approx((0.25**2 + 0.5**2 + 0.25**2) / 5)


def test_numbered_ends_are_random_codes_and_held_out_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY_DATA", raising=False)
    model = load("o-gan-toonfaces64")
    drawn = morphing.numbered_end(model, "seed", 7, "toonfaces64")
    assert torch.equal(drawn.code, codec.random_codes(model, [7])[0]) and drawn.picture is None
    held = morphing.numbered_end(model, "held-out", 65, "toonfaces64")
    assert held.picture is not None
    assert np.array_equal(held.picture, portraits()[1])
