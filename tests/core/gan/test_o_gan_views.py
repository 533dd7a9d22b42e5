"""What O-GAN's page looks at."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import codec
from core.data.examples import digits, portraits
from core.films import film
from core.gan import o_gan_views as views
from core.gan.o_gan import rho
from core.latent import standardise
from core.morphing import picture_end, random_end
from core.weights import load, read_card

PORTRAITS, DIGITS, CATS = "o-gan-toonfaces64", "o-gan-mnist28", "o-gan-cats64"


def digit(k: int) -> np.ndarray:
    return np.repeat(digits()[0][k][:, :, None], 3, 2)


def test_errors_are_mean_squares_over_those_of_random_pairs() -> None:
    model, x = load(DIGITS), codec.prepared([digit(30)], 32, 1)
    found = views.reconstruction(model, DIGITS, picture_end(model, digit(30)), 0.9, True)
    with torch.inference_mode():
        code = model.code(x)
        made, raw = model.decode(0.9 * standardise(code)), model.decode(0.9 * code)
        scale = read_card(DIGITS).metrics["real pair distance"]
        assert found.errors == pytest.approx([float((m - x).square().mean()) / scale for m in (made, raw)], rel=1e-4)
        assert found.agreement == pytest.approx(float(rho(code, model.code(made))), abs=1e-5)
    assert found.errors == pytest.approx(found.shelf_errors[:, 30], rel=1e-4)  # it is the 31st of the shelf
    assert (found.average, found.deviation) == pytest.approx(
        (float(code.mean()), float(code.std(correction=0))), rel=1e-4
    )
    assert np.array_equal(found.picture, codec.to_pictures(x)[0])


def test_standardising_matters_where_the_score_has_drifted_from_zero() -> None:
    """The answer to the tab's question: digits and cats need N(·), portraits, whose avg E(x) is near 0, do not."""
    drift, gain = {}, {}
    for name, picture in ((PORTRAITS, portraits()[0]), (DIGITS, digit(3)), (CATS, views.shelf(CATS)[0])):
        model = load(name)
        found = views.reconstruction(model, name, picture_end(model, picture), 0.9, True)
        drift[name], gain[name] = abs(found.mean_average), found.mean_errors[1] / found.mean_errors[0]
        assert found.recognised[0] > 0.7
    assert drift[PORTRAITS] < 0.5 and min(drift[DIGITS], drift[CATS]) > 3
    assert gain[PORTRAITS] == pytest.approx(1, abs=0.15)
    assert gain[DIGITS] > 1.5 and gain[CATS] > 10


def test_a_ratio_below_a_half_is_not_yet_the_same_face() -> None:
    """Portrait 3 scores 0.45 and yet the mean picture is nearer, as are some others."""
    model = load(PORTRAITS)
    found = views.reconstruction(model, PORTRAITS, picture_end(model, portraits()[2]), 0.9, True)
    assert found.errors[0] < views.MEAN_PICTURE
    assert found.errors[0] > found.mean_picture
    assert found.nearer >= 5


def test_the_mean_picture_scores_a_half() -> None:
    x = codec.prepared(list(portraits()), 64, 3).double()
    pairs = 2 * x.var(0, correction=1).mean()
    error = (x - x.mean(0)).square().mean()
    assert float(error / pairs) == pytest.approx(views.MEAN_PICTURE, rel=2 / len(x))


def test_a_query_is_not_its_own_neighbour() -> None:
    model, shelf = load(PORTRAITS), views.shelf(PORTRAITS)
    found = views.neighbours(model, picture_end(model, shelf[3]), shelf, 8)
    assert found.size == len(shelf) - 1
    assert found.cosines[0] < 0.99 and (np.diff(found.cosines) <= 0).all()
    assert not any(np.array_equal(picture, found.query) for picture in found.pictures)
    codes = codec.encode(model, shelf)
    expected = sorted(codec.cosines(codes[3], codes).tolist(), reverse=True)[1:9]
    assert found.cosines == pytest.approx(expected, abs=1e-5)


def test_a_random_query_is_drawn_and_meets_the_whole_shelf() -> None:
    model, shelf = load(DIGITS), views.shelf(DIGITS)
    found = views.neighbours(model, random_end(model, 5), shelf, 4)
    assert found.size == len(shelf) == 100
    assert np.array_equal(found.query, codec.decode(model, codec.random_codes(model, [5]))[0])


def test_chance_is_the_largest_of_independent_cosines() -> None:
    """Median over 200 draws of the largest of 63 cosines in 128 dimensions; its standard error is about 0.004."""
    model, shelf = load(PORTRAITS), views.shelf(PORTRAITS)
    found = views.neighbours(model, picture_end(model, shelf[3]), shelf, 1)
    rng = torch.Generator().manual_seed(0)
    draws = [
        codec.cosines(torch.randn(128, generator=rng), torch.randn(63, 128, generator=rng)).max() for _ in range(200)
    ]
    assert found.chance == pytest.approx(float(np.median(draws)), abs=0.016)


def test_turning_average_and_deviation_moves_the_score_alone() -> None:
    found = views.turned(load(DIGITS), shift=0.7, factor=2.5, seed=1, count=32)
    assert found.rho_change < 1e-5
    assert found.score_after - found.score_before == pytest.approx([0.7] * 32, abs=1e-4)
    assert found.score_change == pytest.approx(0.7, abs=1e-4)
    assert np.abs(found.before.astype(int) - found.after).max() <= 1


def test_the_three_codes_lie_at_their_places() -> None:
    model = load(CATS)
    for k, place in enumerate(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))):
        found = views.plane_view(model, 7, place, 0.9, 4, -1.0, 2.0)  # pictures at -1, 0, 1, 2
        assert found.nearest == k
        assert found.cosines[k] == pytest.approx(1, abs=1e-5)
        row, column = 2 - round(place[1]), 1 + round(place[0])  # the top row is y = 2
        assert np.abs(found.here.astype(int) - found.chart[row, column]).max() <= 1


@pytest.mark.parametrize("name", [PORTRAITS, DIGITS, CATS])
def test_the_film_is_that_of_the_run_on_the_card(name: str) -> None:
    found, card = film(name), read_card(name)
    assert len(found.frames) == len(found.record["step"])
    assert found.record["step"][-1] == card.steps
    assert found.record["rho"][-1] == pytest.approx(card.metrics["rho"], abs=0.03)
    assert found.record["reconstruction ratio"][-1] == pytest.approx(card.metrics["reconstruction ratio"], abs=0.05)
