"""EM: the facts hold, and fail on broken steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.stats import em as model
from core.stats.em import (
    Mixture,
    bayesian_criterion,
    best_of,
    checks,
    climb,
    ellipse,
    expect,
    fit,
    free_parameters,
    k_means,
    maximise,
    on_one_point,
    plsa,
    plsa_counts,
    sample,
    smallest_deviation,
    soft_k_means,
    start,
)
from tests.facts import failed, unnoticed


def test_all_facts_hold() -> None:
    assert not failed(checks)


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


plain_bound, plain_step, plain_soft = model.bound, model._plsa_step, model.soft_k_means
BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("maximise", added_floor, "largest fall over all steps"), ("maximise", unweighted, "n·π"), ("maximise", unweighted, "scikit-learn, covariances full"),
    ("maximise", unweighted, "covariances diag"), ("maximise", unweighted, "covariances spherical"), ("maximise", unweighted, "covariances tied"),
    ("expect", tempered, "the bound touches"), ("expect", tempered, "Fisher"), ("bound", lambda x, r, m: plain_bound(x, r, m) + 30, "never above"),
    ("soft_k_means", lambda x, m, s, i: plain_soft(x, m, 0.5, i), "means at σ"), ("soft_k_means", lambda x, m, s, i: plain_soft(x, m, 0.5, i), "no sample is shared"),
    ("on_one_point", lambda x, k, s: on_one_point(x, k, max(s, 1e-50)), "per ln(1/σ)"),
    ("_plsa_step", lambda c, w, t, m: tuple(a[::-1] for a in plain_step(c, w, t, m)), "pLSA: one step"),
    ("_plsa_step", lambda c, w, t, m: (np.roll(w, 1, 1), t), "pLSA: largest fall"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "broken", "fact"), BROKEN)
def test_a_broken_step_is_found(monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, fact: str) -> None:
    monkeypatch.setattr(model, name, broken)
    assert not unnoticed(checks, fact)


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
        assert not found.collapsed and smallest_deviation(found.mixture) > 0.0499


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
    z = ellipse(np.array([1.0, 2.0]), covariance, 2.0) - [1.0, 2.0]
    assert np.einsum("ni,ij,nj->n", z, np.linalg.inv(covariance), z) == pytest.approx(4.0)


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
    after, _ = model._plsa_step(counts, words, topics, topics @ words)
    assert after[0, 1] == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: sample("stars", 10, 0, 0), r"^data = stars"), (lambda: start(np.zeros((2, 2)), 3, "random", 0), r"^k = 3"), (lambda: start(np.zeros((4, 2)), 3, "magic", 0), r"^how = magic"),
        (lambda: maximise(np.zeros((4, 2)), np.ones((4, 1)), "round", 0, start(np.zeros((4, 2)), 1, "random", 0)), r"^kind = round"), (lambda: plsa_counts("own", "one line"), r"^documents"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


def test_half_steps_alternate_and_the_bound_touches() -> None:
    x = sample("iris", 150, 0.0, 0)
    steps = list(climb(x, start(x, 2, "kmeans++", 0), 5, "full", 1e-4))
    assert [s.done for s in steps] == ["start", *["E", "M"] * 5] and len(x) == 150
    assert all(math.isclose(s.bound, s.log_likelihood, abs_tol=1e-10) for s in steps if s.done == "E")
    assert all(s.bound < s.log_likelihood for s in steps if s.done == "M")
