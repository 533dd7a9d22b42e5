"""The closed form of HSIC for a bivariate normal under Gaussian kernels: what the estimators are compared with."""

from __future__ import annotations

import math

__all__ = ["normal_hsic"]


def normal_hsic(rho: float, s: float = 1.0, t: float = 1.0, vx: float = 1.0, vy: float = 1.0) -> float:
    """HSIC of a bivariate normal with correlation ``rho`` and variances vx, vy; kernels exp(-d²/2s²), exp(-d²/2t²).

    With a = vx/s², b = vy/t², p = vx/(s² + vx), q = vy/(t² + vy):
    [(1+2a)(1+2b) - 4ρ²ab]^-½ + [(1+2a)(1+2b)]^-½ - 2 [(1+a)(1+b)]^-½ [(1+p)(1+q) - ρ²pq]^-½.
    """
    if not -1 < rho < 1:
        raise ValueError(f"rho = {rho}: must lie between -1 and 1")
    a, b, p, q = vx / s**2, vy / t**2, vx / (s**2 + vx), vy / (t**2 + vy)
    first = ((1 + 2 * a) * (1 + 2 * b) - 4 * rho**2 * a * b) ** -0.5
    second = ((1 + 2 * a) * (1 + 2 * b)) ** -0.5
    third = ((1 + a) * (1 + b)) ** -0.5 * ((1 + p) * (1 + q) - rho**2 * p * q) ** -0.5
    return first + second - 2 * third if math.isfinite(first) else math.nan
