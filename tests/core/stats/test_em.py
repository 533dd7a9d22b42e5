"""EM: the facts hold, and fail on broken steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.data.tables import Table
from core.progress import Progress
from core.refusal import Refusal
from core.stats.em import (
    Mixture,
    ascend,
    blended,
    collapse,
    drawn,
    find_groups,
    find_topics,
    fit,
    harden,
    limits,
    mixture,
    restarts,
    sample,
    start,
    topics,
    verification,
)
from core.stats.em.ascent import best_of
from core.stats.em.limits import k_means, on_one_point, soft_k_means
from core.stats.em.mixture import bayesian_criterion, climb, expect, free_parameters, log_likelihood, maximise
from core.stats.em.topics import plsa, plsa_counts, plsa_step
from core.stats.em.verification import (
    absolute_checks,
    climb_checks,
    gradient_checks,
    limit_checks,
    peer_checks,
    topic_checks,
)
from tests.facts import Checks, gives_all, unnoticed


def added_floor(x: np.ndarray, r: np.ndarray, kind: str, floor: float, before: Mixture) -> Mixture:
    """The usual shortcut, adding floor·I, which is no maximiser."""
    found = maximise(x, r, kind, 0.0, before)
    return Mixture(found.weights, found.means, found.covariances + floor * np.eye(x.shape[1]))


def unweighted(x: np.ndarray, r: np.ndarray, kind: str, floor: float, before: Mixture) -> Mixture:
    found = maximise(x, r, kind, floor, before)
    return Mixture(np.full(len(found.weights), 1 / len(found.weights)), found.means, found.covariances)


def tempered(x: np.ndarray, mixture: Mixture) -> np.ndarray:
    r = expect(x, mixture) ** 0.8
    return r / r.sum(1, keepdims=True)


def fewer_dimensions(x: np.ndarray, at: Mixture) -> np.ndarray:
    """½ log 2π for ½ d log 2π: EM climbs as well, and every likelihood is wrong by a constant."""
    return plain_joint(x, at) + 0.5 * (x.shape[1] - 1) * math.log(2 * math.pi)


def peers(kind: str) -> Checks:
    """The checks beside scikit-learn for one kind of covariance."""
    return lambda: peer_checks((kind,))


plain_joint, plain_bound, plain_step, plain_soft = mixture.log_joint, mixture.bound, plsa_step, soft_k_means
BROKEN: list[tuple[Any, str, Callable[..., Any], Checks, str]] = [
    (mixture, "log_joint", fewer_dimensions, absolute_checks, "standard normal in 3"),
    (mixture, "log_joint", fewer_dimensions, absolute_checks, "against scipy"),
    (mixture, "log_joint", fewer_dimensions, peers("full"), "BIC, covariances full"),
    (mixture, "free_parameters", lambda k, d, kind: k * d, peers("tied"), "BIC, covariances tied"),
    (mixture, "maximise", added_floor, climb_checks, "largest fall over all steps"),
    (mixture, "maximise", unweighted, climb_checks, "n·π"),
    (mixture, "maximise", unweighted, peers("full"), "scikit-learn, covariances full"),
    (mixture, "maximise", unweighted, peers("diag"), "covariances diag: largest"),
    (mixture, "maximise", unweighted, peers("spherical"), "covariances spherical: largest"),
    (mixture, "maximise", unweighted, peers("tied"), "covariances tied: largest"),
    (mixture, "expect", tempered, climb_checks, "the bound touches"),
    (mixture, "expect", tempered, gradient_checks, "Fisher"),
    (mixture, "bound", lambda x, r, m: plain_bound(x, r, m) + 30, climb_checks, "never above"),
    (limits, "soft_k_means", lambda x, m, s, i: plain_soft(x, m, 0.5, i), limit_checks, "means at σ"),
    (limits, "soft_k_means", lambda x, m, s, i: plain_soft(x, m, 0.5, i), limit_checks, "no sample is shared"),
    (limits, "on_one_point", lambda x, k, s: on_one_point(x, k, max(s, 1e-50)), limit_checks, "per ln(1/σ)"),
    (topics, "plsa_step", lambda c, w, t, m: tuple(a[::-1] for a in plain_step(c, w, t, m)), topic_checks, "pLSA: one step"),
    (topics, "plsa_step", lambda c, w, t, m: (np.roll(w, 1, 1), t), topic_checks, "pLSA: largest fall"),
]  # fmt: skip
"""What is broken, how, and the part of the checks in which the fact stands that must notice it."""


@pytest.mark.parametrize(("module", "name", "broken", "part", "fact"), BROKEN)
def test_a_broken_step_is_found(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Any, part: Checks, fact: str
) -> None:
    monkeypatch.setattr(module, name, broken)
    assert not unnoticed(part, fact)


def test_all_parts_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ("climb_checks", "absolute_checks", "peer_checks", "gradient_checks", "limit_checks", "topic_checks")
    assert gives_all(monkeypatch, verification, *parts)


def test_the_likelihood_of_one_sample_is_worked_out_by_hand() -> None:
    """Weights ½, ½; N(0, I) and N((2, 0), 4I) in the plane; x = (0, 0): ½ (1/2π + e^{-1/2}/8π)."""
    both = Mixture(np.array([0.5, 0.5]), np.array([[0.0, 0.0], [2.0, 0.0]]), np.stack([np.eye(2), 4 * np.eye(2)]))
    expected = math.log(0.5 * (1 / (2 * math.pi) + math.exp(-0.5) / (8 * math.pi)))
    assert log_likelihood(np.zeros((1, 2)), both) == pytest.approx(expected, abs=1e-14)


def test_separate_blobs_are_recovered() -> None:
    random = np.random.default_rng(0)
    truth = np.array([(-5.0, 0.0), (5.0, 0.0)])
    x = truth[random.integers(2, size=4000)] + random.standard_normal((4000, 2))
    found = fit(x, start(x, 2, "kmeans++", 0), 100).mixture
    order = np.argsort(found.means[:, 0])
    assert np.abs(found.means[order] - truth).max() < 0.1
    assert np.abs(found.covariances - np.eye(2)).max() < 0.12 and abs(found.weights[0] - 0.5) < 0.03


def test_one_component_is_the_sample_mean_and_covariance() -> None:
    x = sample("moons", 200, 0.0, 1)
    found = fit(x, start(x, 1, "random", 0), 1).mixture
    assert found.means[0] == pytest.approx(x.mean(0)) and found.covariances[0] == pytest.approx(np.cov(x.T, bias=True))


def test_a_component_on_one_sample_collapses_unless_held() -> None:
    x = sample("blobs", 150, 0.0, 2)
    begin = on_one_point(x, 7, 0.01)
    assert fit(x, begin, 60).collapsed
    for kind, floor in (("full", 0.05**2), ("tied", 0.0)):
        found = fit(x, begin, 60, kind, floor)
        assert not found.collapsed and found.mixture.smallest_deviation > 0.0499


def test_the_bad_start_is_worse_than_the_best_of_many() -> None:
    x = sample("blobs", 300, 0.0, 1)
    best = max(f.trace[-1] for f in best_of(x, 3, 8, "kmeans++", 100, "full", 1e-4, 0))
    one_step = fit(x, start(x, 3, "together", 0), 5, "full", 1e-4)
    assert one_step.trace[-1] < best - 50


def test_the_criterion_finds_three_blobs() -> None:
    x = sample("blobs", 600, 0.0, 0)
    values = [bayesian_criterion(max(best_of(x, k, 5, "kmeans++", 200, "full", 1e-4, 0), key=lambda f: f.trace[-1]), len(x), "full") for k in range(1, 6)]  # fmt: skip
    assert int(np.argmin(values)) + 1 == 3


def test_parameters_are_counted() -> None:
    assert [free_parameters(3, 2, kind) for kind in ("full", "diag", "spherical", "tied")] == [17, 14, 11, 11]


def test_an_ellipse_keeps_its_distance() -> None:
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    both = Mixture(np.full(2, 0.5), np.array([[1.0, 2.0], [0.0, 0.0]]), np.stack([covariance, np.eye(2)]))
    curves = both.ellipses(2.0)
    z = curves[0] - [1.0, 2.0]
    assert np.einsum("ni,ij,nj->n", z, np.linalg.inv(covariance), z) == pytest.approx(4.0)
    assert np.linalg.norm(curves[1], axis=1) == pytest.approx(2.0)


def test_k_means_never_leaves_a_fixed_point() -> None:
    x = sample("blobs", 200, 0.0, 3)
    means, nearest = k_means(x, start(x, 3, "kmeans++", 0).means, 60)
    again, same = k_means(x, means, 1)
    assert np.array_equal(nearest, same) and again == pytest.approx(means)
    merged, _ = soft_k_means(x, means, 100.0, 50)
    assert merged == pytest.approx(np.repeat(x.mean(0)[None], 3, 0), abs=1e-3)


def test_topics_find_two_vocabularies() -> None:
    counts, words = plsa_counts("own", "a b c a b\nb c a c\nx y z x\nz y y x")
    *_, found = plsa(counts, 2, 100, 0)
    first = {words[w] for w in np.argsort(-found.words[0])[:3]}
    assert first in ({"a", "b", "c"}, {"x", "y", "z"})
    assert found.words.sum(1) == pytest.approx(1) and found.topics.sum(1) == pytest.approx(1)


def test_a_probability_of_zero_stays_zero() -> None:
    counts = np.array([[3.0, 0.0], [0.0, 2.0]])
    words, topics = np.array([[1.0, 0.0], [0.5, 0.5]]), np.full((2, 2), 0.5)
    after, _ = plsa_step(counts, words, topics, topics @ words)
    assert after[0, 1] == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: sample("stars", 10, 0, 0), r"^data = stars"), (lambda: start(np.zeros((2, 2)), 3, "random", 0), r"^k = 3"),
        (lambda: start(np.zeros((4, 2)), 3, "magic", 0), r"^how = magic"), (lambda: drawn(np.zeros((9, 9)), 5, 0), r"^drawing: is empty"),
        (lambda: maximise(np.zeros((4, 2)), np.ones((4, 1)), "round", 0, start(np.zeros((4, 2)), 1, "random", 0)), r"^kind = round"),
        (lambda: plsa_counts("own", "one line"), r"^documents: at least"),
        (lambda: next(find_groups(Table.of("ab", np.stack([np.arange(9.0), np.ones(9)], 1)), 2, "full", 0.01, 1, 9, 0)), r"^data: 1 column"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(Refusal, match=said) as caught:
        call()
    assert any("\u4e00" <= c <= "\u9fff" for c in caught.value.zh)


def test_half_steps_alternate_and_the_bound_touches() -> None:
    x = sample("iris", 150, 0.0, 0)
    steps = list(climb(x, start(x, 2, "kmeans++", 0), 5, "full", 1e-4))
    assert [s.done for s in steps] == ["start", *["E", "M"] * 5] and len(x) == 150
    assert all(math.isclose(s.bound, s.log_likelihood, abs_tol=1e-10) for s in steps if s.done == "E")
    assert all(s.bound < s.log_likelihood for s in steps if s.done == "M")


def test_a_climb_is_shown_at_any_half_step_in_a_window_that_does_not_move() -> None:
    x = sample("blobs", 200, 0.0, 1)
    begin = start(x, 3, "random", 3)
    early, late = (ascend(x, begin, half, "full", 1e-4) for half in (4, 37))
    assert early.window == late.window and np.array_equal(early.path, late.path)
    low, high = late.window
    assert late.log_likelihoods[0] < low < late.bounds[2:].min() and late.log_likelihoods.max() < high
    assert early.rise + early.left == pytest.approx(late.rise + late.left) and late.left < early.left
    assert late.touching.tolist() == list(range(1, 38, 2))
    assert early.gap > 0 and late.gap == pytest.approx(0, abs=1e-12)
    assert early.now.mixture.means == pytest.approx(early.path[4])
    assert blended(late.now.r, np.eye(3)) == pytest.approx(late.now.r)


def test_centres_begin_where_they_are_placed() -> None:
    x = sample("blobs", 50, 0.0, 1)
    begin = start(x, 4, "placed", 0, ((1.0, 2.0), (-3.0, 0.5)))
    assert begin.means[:2].tolist() == [[1.0, 2.0], [-3.0, 0.5]]
    assert all((x == mean).all(1).any() for mean in begin.means[2:])
    assert start(x, 1, "placed", 0, ((1.0, 2.0), (-3.0, 0.5))).means.tolist() == [[1.0, 2.0]]


def test_restarts_come_with_progress_and_know_best_and_worst() -> None:
    x = sample("moons", 150, 0.0, 1)
    events = list(restarts(x, 4, 6, "random", 100, "full", 1e-4, 1))
    assert [type(e) is Progress for e in events] == [True, True, True, False, True, False]
    last = events[-1]
    assert len(last.fits) == 6 and last.ends[last.best] == last.ends.max() and last.ends[last.worst] == last.ends.min()
    assert 1 <= last.heights <= 6 and 1 <= last.as_good <= 6 and last.spread == pytest.approx(np.ptp(last.ends))
    assert last.r(last.best).sum(1) == pytest.approx(1)


def test_a_floor_or_one_covariance_saves_what_collapses() -> None:
    x = sample("blobs", 150, 0.0, 2)
    found = collapse(x, 7, 0.03, 0.05, 60)
    free, floored, tied = found.ways
    assert free.collapsed and not floored.collapsed and not tied.collapsed
    assert floored.deviations[1:].min() >= 0.05 - 1e-9 and tied.iterations == 60
    slope = np.diff(found.gains)[0] / np.diff(np.log(found.sigmas))[0]
    assert slope == pytest.approx(-2, abs=1e-3)


def test_soft_means_become_k_means_and_rounding_is_not_drawn() -> None:
    x = sample("blobs", 200, 0.0, 1)
    found = harden(x, 3, 0.02, [0.02, 0.5, 3.0], 40, 1)
    assert found.agreement == 1 and found.distance < 1e-9 and found.entropy < 1e-6
    assert np.isnan(found.distances[0]) and np.isfinite(found.distances[1:]).all()
    assert harden(x, 3, 100.0, [1.0], 200, 1).distinct == 1


def test_groups_of_irises_in_their_own_units() -> None:
    from core.data.classics import iris

    names, x, _ = iris()
    rare = np.concatenate([x, np.ones((150, 1))], 1)
    *_, found = steps = list(find_groups(Table.of([*names, "never"], rare), 4, "full", 0.01, 2, 200, 1))
    assert [len(s.criteria) for s in steps] == [1, 2, 3, 4] and found.left_out == ("never",)
    assert found.weights @ found.means == pytest.approx(x.mean(0), rel=1e-6)
    assert (np.diff(found.weights) <= 0).all() and found.r.sum(1) == pytest.approx(1)
    *_, large = find_groups(Table.of(names, x * 1e160), 4, "full", 0.01, 2, 200, 1)
    assert large.criteria == pytest.approx(found.criteria) and large.means == pytest.approx(found.means * 1e160)


def test_a_digit_is_put_together_from_its_parts() -> None:
    events = list(find_topics("digits", "", 10, 40, 5, 1))
    last = events[-1]
    counts, _ = plsa_counts("digits")
    own = counts[4] / counts[4].sum()
    assert last.own == pytest.approx(own) and last.iterations == 40
    assert last.sums[-1] == pytest.approx((last.found.topics @ last.found.words)[4])
    assert (np.diff(last.shares) <= 0).all() and last.shares.sum() == pytest.approx(1)
    assert (np.diff(last.overlap) >= -1e-12).all()
    assert last.overlap[-1] == pytest.approx(1 - 0.5 * np.abs(own - last.sums[-1]).sum())
    assert last.overlap[-1] > 0.75 > events[0].overlap[-1]
    assert last.pictures.shape == (10, 8, 8) and last.perplexity < 64
    assert next(iter(find_topics("own", "a b\nb c", 2, 1, 99, 0))).document == 2
