"""Measures of generators: known values."""

from __future__ import annotations

import pytest
import torch

from core.quality import (
    fidelity,
    frechet,
    mean_square,
    nearest_neighbour_accuracy,
    pair_distance,
    pair_diversity,
    reconstruction_ratio,
)


def test_pair_distance_is_the_mean_over_all_pairs() -> None:
    x = torch.randn(7, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    pairs = [float((x[i] - x[j]).square().mean()) for i in range(7) for j in range(7) if i != j]
    assert pair_distance(x) == pytest.approx(sum(pairs) / len(pairs), rel=1e-12)


def test_a_collapsed_generator_has_no_diversity_and_a_perfect_one_has_one() -> None:
    real = torch.randn(50, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    assert pair_diversity(real[:1].expand(9, -1, -1, -1), real) == pytest.approx(0.0, abs=1e-12)
    assert pair_diversity(real, real) == 1.0


def test_reconstruction_ratio_is_zero_for_the_picture_itself_and_one_for_another() -> None:
    x = torch.randn(400, 1, 3, 3, generator=torch.Generator().manual_seed(2))
    assert reconstruction_ratio(x, x) == 0.0
    assert reconstruction_ratio(x, x.roll(1, 0)) == pytest.approx(1.0, abs=0.1)  # sd of the mean of 400 pairs: 0.02
    assert reconstruction_ratio(x, x.mean(0, keepdim=True).expand_as(x)) == pytest.approx(0.5, abs=0.01)


def test_mean_square_is_per_picture() -> None:
    assert mean_square(
        torch.zeros(2, 1, 2, 2), torch.tensor([1.0, 2.0]).reshape(2, 1, 1, 1).expand(2, 1, 2, 2)
    ).tolist() == [1, 4]


def test_one_picture_has_no_pairs() -> None:
    with pytest.raises(ValueError, match="pictures = 1"):
        pair_distance(torch.zeros(1, 2))


def normal(n: int, mean: float, sd: float, seed: int) -> torch.Tensor:
    return mean + sd * torch.randn(n, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_frechet_distance_is_that_of_two_normal_distributions() -> None:
    """In d dimensions, of N(0, I) and N(m, s² I): d (m² + (1 - s)²); sampling error of 20 000 points is a few thousandths."""
    a, b = normal(20_000, 0.0, 1.0, 0), normal(20_000, 0.7, 2.0, 1)
    assert frechet(a, b) == pytest.approx(3 * (0.49 + 1.0), abs=0.1)
    assert frechet(a, a) == pytest.approx(0.0, abs=1e-9)
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-6)


def test_a_nearest_neighbour_tells_other_distributions_apart_and_the_same_one_not() -> None:
    """Same distribution: leave-one-out accuracy of 1 000 points has mean just under 0.5 and sd near 0.02."""
    a = normal(500, 0, 1, 0)
    assert nearest_neighbour_accuracy(a, normal(500, 0, 1, 1)) == pytest.approx(0.5, abs=0.07)
    assert nearest_neighbour_accuracy(a, normal(500, 50, 1, 2)) == 1.0
    assert nearest_neighbour_accuracy(a, a + 1e-9) < 0.01  # copies of the real pictures: each finds its copy


def test_fidelity_wants_equally_many() -> None:
    with pytest.raises(ValueError, match="real = 3, samples = 2"):
        fidelity(torch.nn.Flatten(), torch.zeros(3, 1, 2, 2), torch.zeros(2, 1, 2, 2))
