"""Pictures to codes and back: what a model sees of an upload, films between codes, neighbours."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import codec
from core.examples import digits, portraits
from core.latent import interpolate
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


def test_a_film_begins_and_ends_at_its_ends() -> None:
    model = load("o-gan-cats64")
    a, b = codec.random_codes(model, [1, 2], 128, True)
    film = codec.morph(model, a, b, 5, "slerp", 0.9)
    ends = codec.decode(model, 0.9 * torch.stack([a, b]))
    assert np.abs(film[0].astype(int) - ends[0]).max() <= 1
    assert np.abs(film[-1].astype(int) - ends[1]).max() <= 1
    middle = codec.decode(model, 0.9 * interpolate(a, b, 3, "slerp")[1][None])[0]
    assert np.abs(film[2].astype(int) - middle).max() <= 1


def test_chunks_make_no_difference() -> None:
    model = load("o-gan-cats64")
    codes = codec.random_codes(model, range(20), 128, True)
    together, alone = codec.decode(model, codes), codec.decode(model, codes[17:18])[0]
    assert np.abs(together[17].astype(int) - alone).max() <= 1


def test_a_seed_is_a_code_and_no_other_seed_is_the_same() -> None:
    model = load("o-gan-cats64")
    a = codec.random_codes(model, [5, 6], 128, False)
    assert torch.equal(a, codec.random_codes(model, [5, 6], 128, False))
    assert not torch.equal(a[0], a[1])
    assert a.mean().abs() < 0.3


def test_nearest_is_by_cosine_whatever_the_length() -> None:
    shelf = torch.tensor([[0.0, 5.0], [0.1, 0.1], [-1.0, 0.0]])
    order, cosines = codec.nearest(torch.tensor([3.0, 0.0]), shelf, 2)
    assert order == [1, 0]
    assert cosines == pytest.approx([2**-0.5, 0.0], abs=1e-6)


def test_spread_and_mean_squares_are_on_the_models_scale() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert codec.mean_squares([black], [white]) == [4.0]
    assert codec.spread([black, white]) == pytest.approx(4.0)


def test_held_out_portraits_are_told_apart_by_their_codes() -> None:
    """A portrait encoded, decoded and encoded again is nearer to itself than to any of 63 others, for most portraits."""
    model = load("o-gan-toonfaces64")
    shelf = codec.encode(model, list(portraits()))
    again = codec.encode(model, codec.decode(model, shelf))
    own = sum(codec.nearest(code, shelf, 1)[0] == [k] for k, code in enumerate(again))
    assert own >= 48  # by chance: one of 64
