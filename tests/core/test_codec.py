"""Pictures to codes and back: what a model sees of an upload, films between codes, neighbours."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import codec
from core.data.examples import digits, portraits
from core.refusal import Refusal
from core.weights import load

RNG = np.random.default_rng(0)


def test_a_picture_of_the_models_size_is_seen_as_it_is() -> None:
    picture = portraits()[0]
    x = codec.prepared([picture], 64, 3)
    assert x.shape == (1, 3, 64, 64)
    assert np.array_equal(codec.to_pictures(x)[0], picture)
    assert float(x.min()) >= -1
    assert float(x.max()) <= 1


def test_half_the_size_is_the_mean_of_every_four_pixels() -> None:
    picture = RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    small = codec.to_pictures(codec.prepared([picture], 32, 3))[0]
    mean = picture.reshape(32, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(small - mean).max() <= 1


def test_of_a_wide_picture_the_middle_square_is_seen() -> None:
    wide = np.zeros((64, 128, 3), np.uint8)
    wide[:, 32:96] = 200
    assert (codec.to_pictures(codec.prepared([wide], 64, 3))[0] == 200).all()


@pytest.mark.parametrize("turned", [False, True])
def test_dark_ink_on_white_is_turned_over_and_white_on_black_is_not(turned: bool) -> None:
    digit = digits()[0][7]
    shown = np.repeat((255 - digit if turned else digit)[:, :, None], 3, 2)
    seen = codec.to_pictures(codec.prepared([shown], 32, 1))[0][:, :, 0]
    assert np.array_equal(seen[2:-2, 2:-2], digit)
    assert not seen[:2].any()


def test_chunks_make_no_difference() -> None:
    model = load("o-gan-cats64")
    codes = codec.random_codes(model, range(20))
    together, alone = codec.decode(model, codes), codec.decode(model, codes[17:18])[0]
    assert np.abs(together[17].astype(int) - alone).max() <= 1


def test_a_seed_is_a_code_and_no_other_seed_is_the_same() -> None:
    model = load("f-vae-toonfaces64")
    a = codec.random_codes(model, [5, 6])
    assert torch.equal(a, codec.random_codes(model, [5, 6]))
    assert not torch.equal(a[0], a[1])
    assert a.mean().abs() < 0.1


@pytest.mark.parametrize(("name", "standardised"), [("o-gan-cats64", True), ("f-vae-toonfaces64", False)])
def test_random_codes_are_standardised_where_the_models_codes_are(name: str, standardised: bool) -> None:
    codes = codec.random_codes(load(name), [5, 6])
    assert bool(((codes.std(-1, correction=0) - 1).abs() < 1e-5).all()) == standardised


def test_cosines_do_not_depend_on_lengths() -> None:
    shelf = torch.tensor([[0.0, 5.0], [0.1, 0.1], [-1.0, 0.0]])
    assert codec.cosines(torch.tensor([3.0, 0.0]), shelf) == pytest.approx([0.0, 2**-0.5, -1.0], abs=1e-6)


def test_what_a_model_sees_it_sees_the_same_once_more() -> None:
    model, digit = load("o-gan-mnist28"), np.repeat(digits()[0][7][:, :, None], 3, 2)
    seen = codec.as_seen(model, digit)
    assert np.array_equal(codec.as_seen(model, seen), seen)


def test_a_drawing_is_ink_on_white_and_only_digits_are_drawn() -> None:
    drawing = np.zeros((28, 28), np.float32)
    drawing[10:18, 10:18] = 1
    picture = codec.of_drawing(load("o-gan-mnist28"), drawing)
    assert picture[0, 0].tolist() == [255] * 3 and picture[12, 12].tolist() == [0] * 3
    with pytest.raises(Refusal, match="only the model of digits"):
        codec.of_drawing(load("o-gan-cats64"), drawing)
    with pytest.raises(Refusal, match="draw something first"):
        codec.of_drawing(load("o-gan-mnist28"), np.zeros((28, 28), np.float32))


def test_spread_and_mean_squares_are_on_the_models_scale() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert codec.mean_squares([black], [white]).tolist() == [4.0]
    assert codec.spread([black, white]) == pytest.approx(4.0)
