"""Codes: standardisation, paths between them, planes."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.latent import PATHS, bilinear, interpolate, plane, plane_grid, slerp, standardise


def codes(count: int, size: int = 64, seed: int = 0) -> Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def test_a_standardised_code_has_mean_zero_and_population_deviation_one() -> None:
    z = standardise(3 * codes(5) + 2)
    assert z.mean(-1).abs().max() < 1e-6
    assert (z.std(-1, correction=0) - 1).abs().max() < 1e-6


@given(a=st.floats(0.01, 100), b=st.floats(-50, 50))
def test_standardisation_forgets_scale_and_shift(a: float, b: float) -> None:
    z = codes(2).double()
    assert torch.allclose(standardise(a * z + b), standardise(z), atol=1e-5)


def test_a_constant_code_has_no_direction() -> None:
    assert standardise(torch.full((4,), 7.0)).abs().max() == 0


@pytest.mark.parametrize("path", PATHS)
def test_every_path_begins_and_ends_at_its_ends(path: str) -> None:
    a, b = standardise(codes(2))
    way = interpolate(a, b, 9, path)
    assert torch.allclose(way[0], a, atol=1e-5)
    assert torch.allclose(way[-1], b, atol=1e-5)


def test_only_the_straight_line_shrinks_in_the_middle() -> None:
    """Independent codes: the midpoint of the straight line has length sqrt(n / 2), on the other paths sqrt(n)."""
    size = 4096
    a, b = standardise(codes(2, size))
    cosine = float(a @ b) / size
    middle = {path: float(interpolate(a, b, 3, path)[1].norm()) for path in PATHS}
    assert middle["lerp"] == pytest.approx(math.sqrt(size * (1 + cosine) / 2), rel=1e-5)
    assert middle["slerp"] == pytest.approx(math.sqrt(size), rel=1e-4)
    assert middle["standardised"] == pytest.approx(math.sqrt(size), rel=1e-4)


def test_slerp_moves_at_an_even_angle_and_scales_lengths_geometrically() -> None:
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 4.0])
    way = slerp(a.expand(5, -1), b.expand(5, -1), torch.linspace(0, 1, 5))
    angles = torch.atan2(way[:, 1], way[:, 0])
    assert torch.allclose(angles, torch.linspace(0, math.pi / 2, 5), atol=1e-5)
    assert torch.allclose(way.norm(dim=1), 4 ** torch.linspace(0, 1, 5), rtol=1e-5)


def test_slerp_of_parallel_codes_is_the_straight_line() -> None:
    a = codes(1)[0]
    way = slerp(a.expand(3, -1), (2 * a).expand(3, -1), torch.linspace(0, 1, 3))
    assert torch.allclose(way[1], 1.5 * a, rtol=1e-5)


def test_a_grid_has_its_corners_in_its_corners() -> None:
    corners = standardise(codes(4))
    grid = bilinear(corners, 5, 4, "slerp")
    assert grid.shape == (5, 4, 64)
    for place, corner in zip(((0, 0), (0, -1), (-1, 0), (-1, -1)), corners, strict=True):
        assert torch.allclose(grid[place], corner, atol=1e-4)


def test_the_plane_goes_through_its_three_codes() -> None:
    three = standardise(codes(3))
    for (x, y), code in zip(((0, 0), (1, 0), (0, 1)), three, strict=True):
        assert torch.allclose(plane(three, x, y), code, atol=1e-5)
    grid = plane_grid(three, 4, -1.0, 2.0)  # places -1, 0, 1, 2; y downwards from 2
    assert torch.allclose(grid[2, 1], three[0], atol=1e-5)
    assert torch.allclose(grid[2, 2], three[1], atol=1e-5)
    assert torch.allclose(grid[1, 1], three[2], atol=1e-5)


def test_what_is_asked_for_must_make_sense() -> None:
    a, b = codes(2)
    with pytest.raises(ValueError, match="steps = 1"):
        interpolate(a, b, 1)
    with pytest.raises(ValueError, match="path = bezier: must be one of"):
        interpolate(a, b, 3, "bezier")
