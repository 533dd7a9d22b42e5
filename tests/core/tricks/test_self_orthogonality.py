"""The self-orthogonality module: the facts hold, and fail on broken formulas."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from core.refusal import Refusal
from core.tricks.self_orthogonality import angles, kernels, packing, training, verification
from tests.facts import Checks, together, unnoticed

plain_sign, plain_statistics, plain_penalty = angles.sign_statistic, angles.statistics, angles.penalty
plain_regulariser, plain_pack, plain_lowest = training.regulariser, packing.pack, packing.lowest


def halved(u: np.ndarray, v: np.ndarray, batch: int, repeats: int, seed: int) -> np.ndarray:
    """Statistics of half the batch, a tenth too small."""
    return np.repeat(plain_sign(u, v, batch // 2, repeats // 2 or 1, seed) * 0.9, 2 if repeats > 1 else 1)


PARTS: dict[ModuleType, Checks] = {
    angles: together(verification.lemma_facts, verification.module_facts),
    kernels: verification.kernels_facts,
    training: verification.training_facts,
    packing: verification.packing_facts,
}
"""Where the facts about each module stand."""

BROKEN: list[tuple[ModuleType, str, Any, tuple[str, ...]]] = [
    (angles, "lemma", lambda theta: np.cos(theta), ("lemma: largest", "mean square")),
    (angles, "sign_statistic", halved, ("60°: mean", "60°: its standard")),
    (angles, "statistics", lambda x, w, gamma=10.0: plain_statistics(x, w, 10.0), ("γ → 0",)),
    (angles, "statistics", lambda x, w, gamma=10.0: plain_statistics(x, w, 0.01), ("γ → ∞",)),
    (angles, "orthogonal_statistics", lambda d, b, s: {"normal": np.full(9, 0.2), "relu": np.zeros(9)}, ("orthogonal weights", "after a ReLU")),
    (angles, "penalty", lambda theta, sums=False: plain_penalty(theta), ("the post's sums",)),
    (angles, "penalty", lambda theta, sums=False: 100 * angles.off_diagonal(theta).square().mean(), ("penalty of ϑ",)),
    (angles, "biggan", angles.frobenius, ("BigGAN's penalty of the columns",)),
    (angles, "frobenius", lambda w: (w.T @ w).square().mean(), ("‖WᵀW − I‖²",)),
    (kernels, "patches", lambda x: torch.nn.functional.unfold(x.view(-1, 1, 8, 8), 5, padding=2).transpose(1, 2).flip(2), ("patches times kernels",)),
    (kernels, "regulariser", lambda kind, x, w, sums=False: plain_regulariser("none", x, w), ("mean ϑ² of the outputs", "BigGAN's penalty: how many", "over the module's")),
    (training, "regulariser", lambda kind, x, w, sums=False: plain_regulariser("none", x, w), ("dense net: mean ϑ²", "spread of the weights")),
    (training, "regulariser", lambda kind, x, w, sums=False: 1e5 * plain_regulariser("none" if kind == "none" else "frobenius", x, w), ("accuracy lost",)),
    (packing, "welch", lambda k, d: 1.0, ("12 vectors", "against Welch")),
    (packing, "pack", lambda k, d, kind, steps, seed: plain_pack(k, d, kind, 1, seed), ("12 vectors", "6 lines", "how many edges", "7 lines")),
    (packing, "lowest", lambda k, d: 1.05 * plain_lowest(k, d), ("tables of the best",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "broken", "facts"), BROKEN, ids=[f"{b[0].__name__.split('.')[-1]}-{b[1]}-{k}" for k, b in enumerate(BROKEN)]
)  # fmt: skip
def test_a_broken_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, broken: Any, facts: tuple[str, ...]
) -> None:
    monkeypatch.setattr(module, name, broken)
    assert not unnoticed(PARTS[module], *facts)


def last(states: Any) -> Any:
    *_, state = states
    return state


def test_known_angles_and_their_statistics() -> None:
    u = np.array([1.0, 0.0])
    for degrees, expected in ((0, 1.0), (90, 0.0), (180, -1.0), (45, 0.5)):
        v = 3 * np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
        assert angles.lemma(angles.angle(u, v)) == pytest.approx(expected)
    assert plain_sign(u, u, 50, 3, 0).tolist() == [1, 1, 1] and plain_sign(u, -u, 50, 3, 0).tolist() == [-1] * 3


@pytest.mark.parametrize("v", [(0.3, 1.0), (-1.0, 0.1), (1.0, -0.7), (-0.4, -1.2)])
def test_signs_differ_in_the_wedges_and_nowhere_else(v: tuple[float, float]) -> None:
    two = angles.two_vectors((1.1, 0.2), v, 64, 1)
    inside = np.zeros(len(two.x), bool)
    for corners in two.wedges:
        one, other = corners[1], corners[-1]
        inside |= np.linalg.solve(np.stack([one, other], 1), two.x.T).min(0) > 0
    assert np.array_equal(inside, ~two.agree)
    assert two.expected == pytest.approx(1 - 2 * two.differ) and two.shares.sum() == pytest.approx(1)
    assert two.average == pytest.approx(two.expected, abs=5 * two.expected_deviation / math.sqrt(angles.REPEATS))


def test_a_zero_vector_is_refused_in_both_languages_under_its_own_name() -> None:
    for name, vectors in (("u", ((0.0, 0.0), (1.0, 0.0))), ("v", ((1.0, 0.0), (0.0, 0.0)))):
        with pytest.raises(Refusal) as caught:
            angles.two_vectors(*vectors, 64, 1)
        assert caught.value.input == name and "零向量" in caught.value.zh and "zero" in caught.value.en


def test_the_statistic_is_that_of_the_definition_and_does_not_know_lengths() -> None:
    rng = torch.Generator().manual_seed(0)
    x, w = (torch.randn(*shape, dtype=torch.float64, generator=rng) for shape in ((64, 5), (5, 3)))
    y = torch.tanh(10 * x @ w).numpy()
    expected = y[:, 0] @ y[:, 1] / np.linalg.norm(y[:, 0]) / np.linalg.norm(y[:, 1])
    assert plain_statistics(x, w).numpy()[0, 1] == pytest.approx(expected)
    far = plain_statistics(x, 1e6 * w).numpy()
    assert far[0, 1] == pytest.approx(float((torch.sign(x @ w[:, 0]) * torch.sign(x @ w[:, 1])).mean()))


def test_only_the_module_looks_at_the_inputs_and_sends_them_no_gradient() -> None:
    x, w = torch.randn(32, 6, requires_grad=True), torch.randn(6, 4, requires_grad=True)
    plain_regulariser("signs", x, w).backward()
    assert x.grad is None and w.grad is not None and w.grad.abs().sum() > 0
    assert float(plain_regulariser("none", x, w)) == 0
    with pytest.raises(ValueError, match=r"^kind = l2"):
        plain_regulariser("l2", x, w)


def test_centring_removes_most_of_the_bias() -> None:
    normal, relu, centred = angles.smooth_signs(50.0, 10.0, 12, 0).sizes
    assert normal < 0.025 and centred < 0.5 * relu


def test_training_repeats_itself_and_biggan_gathers_the_angles() -> None:
    one, again = (last(training.compare("biggan", 3.0, True, 120, 2, 4)) for _ in range(2))
    assert np.array_equal(one.kept.density, again.kept.density) and one.kept.places.tolist() == [0, 60, 120]
    assert one.kept.deviation[-1] < 0.6 * one.bare.deviation[-1]
    assert one.bare.density.sum() * 1.0 == pytest.approx(1.0, abs=0.02)  # bins of one degree


def test_kernels_lie_side_by_side_and_more_of_them_than_dimensions_cannot_be_orthogonal() -> None:
    first, *_, end = kernels.compare("biggan", 10.0, 30, False, 60, 1, 0)
    assert first.step == 0 and np.array_equal(first.bare.cosines, first.kept.cosines)
    assert end.kept.mosaic.shape == (29, 35) and np.isnan(end.kept.mosaic[5]).all()
    assert np.nansum(np.square(end.kept.mosaic)) == pytest.approx(30, rel=1e-4)
    assert end.bare.count[-1] < end.kept.count[-1] < 25.001
    assert end.kept.largest_cosine >= packing.welch(30, 25) - 1e-6
    assert pickle.loads(pickle.dumps(end)).step == 60


def test_sums_kill_the_mean_and_leave_the_spread() -> None:
    means, sums = (last(kernels.compare("signs", 10.0, 16, s, 120, 1, 1)).kept for s in (False, True))
    assert abs(sums.mean_theta) < 0.01 and sums.square[-1] > 2 * means.square[-1]


def test_bounds_that_are_known() -> None:
    assert packing.welch(3, 2) == pytest.approx(0.5) and packing.welch(6, 3) == pytest.approx(1 / math.sqrt(5))
    assert packing.welch(4, 4) == packing.lowest(4, 4) == 0 and packing.lowest(7, 3) == pytest.approx(1 / math.sqrt(3))
    assert packing.lowest(16, 3) == pytest.approx(math.sqrt(33 / 65))  # Levenshtein's
    assert packing.best_angle(5, 2) == 36 and packing.best_angle(3, 9) == 90 and packing.best_angle(20, 7) is None


@pytest.mark.parametrize(("k", "d"), [(3, 2), (5, 2), (4, 3), (5, 3), (9, 3), (10, 3), (12, 3), (16, 3)])
def test_the_best_packings_that_are_known_are_found(k: int, d: int) -> None:
    packed, best = packing.pack(k, d, "largest", 500, 1), packing.best_angle(k, d)
    assert best is not None and best - 0.1 < packed.smallest[-1] < best + 1e-3
    assert packed.smallest[-1] == pytest.approx(packed.angles[0]) and len(packed.angles) == k * (k - 1) // 2


def test_fewer_steps_are_the_beginning_of_more_and_vectors_have_length_one() -> None:
    short, long = (packing.pack(5, 4, "signs", steps, 3) for steps in (20, 40))
    assert np.array_equal(short.smallest, long.smallest[:3]) and long.best is None
    assert np.linalg.norm(long.vectors, axis=1) == pytest.approx(1)
    ends = long.touching
    assert np.allclose(np.linalg.norm(ends, axis=2), 1) and len(ends) == 2 * long.contacts


@pytest.mark.parametrize(
    ("call", "said"),
    [(lambda: plain_pack(3, 2, "none", 1, 0), r"^kind = none"), (lambda: angles.angle(np.zeros(2), np.ones(2)), r"^u = ")],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
