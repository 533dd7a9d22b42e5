"""log det = tr log, and the differential of a determinant."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.maths import log_det as model


def test_the_log_series_converges_inside_radius_one_only() -> None:
    inside, outside = (model.near_identity(4, radius, 0) for radius in (0.5, 1.3))
    assert model.log_series(inside, 80)[-1] == pytest.approx(model.log_det(inside).real, abs=1e-12)
    assert abs(model.log_series(outside, 80)[-1] - model.log_det(outside).real) > 1e3


def test_a_reflection_has_half_a_turn() -> None:
    b = np.diag([-2.0, 3.0])
    assert model.log_det(b) == pytest.approx(complex(math.log(6), math.pi))
    assert model.trace_log(b) == pytest.approx(model.log_det(b))


def test_along_an_exponential_jacobis_formula_is_the_identity() -> None:
    from scipy.linalg import expm

    a = np.array([[0.2, -1.5], [1.5, -0.5]])
    x = expm(0.7 * a)
    assert model.jacobi(x, a @ x) == pytest.approx(np.trace(a) * np.linalg.det(x))


def test_a_determinant_has_a_slope_where_no_inverse_exists() -> None:
    x, dx = np.diag([1.0, 0.0]), np.eye(2)
    assert model.det_rate(x, dx) == pytest.approx(1) and math.isnan(model.jacobi(x, dx))
    assert model.det_rate(np.zeros((2, 2)), dx) == 0


def test_the_way_from_the_identity_starts_with_the_trace() -> None:
    b = model.near_identity(5, 0.8, 2)
    start, end = model.path(b, 0.0), model.path(b, 1.0)
    assert start.value == pytest.approx(1) and start.slope == pytest.approx(np.trace(b) - 5) == start.by_trace
    assert end.value == pytest.approx(np.linalg.det(b)) == end.determinants[-1]
    s, det = start.tangent
    assert np.diff(det) / np.diff(s) == pytest.approx(start.slope)


def test_angles_fold_back_by_whole_turns() -> None:
    found = model.turning(np.linspace(0, 4 * math.pi, 401), 0.7)
    assert np.abs(found.turns - np.round(found.turns)).max() < 1e-12 and round(found.turns[-1]) == 3
    assert np.abs(found.log_det).max() <= math.pi + 1e-12


def test_no_error_of_the_arithmetic_stands_among_the_errors_of_the_series() -> None:
    found = model.backwards(model.near_identity(4, 0.3, 1), 60, 0.5, 0.7)
    assert np.isnan(found.errors[-1]) and (found.errors[:10] > 1e-16).all()
    assert found.trace_log == pytest.approx(found.log_det)
