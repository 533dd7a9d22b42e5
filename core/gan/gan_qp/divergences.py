"""What three divergences say of two distributions on the line that move apart, and how steeply.

p = N(0, s²) and q = N(δ, s²), where s = 0 makes them two points. With d(x, y) = |x - y|, ε ~ N(0, 1), the log ratio
l = log q/p = δε/s - δ²/2s² at x = sε, and r = √2 s ε - δ, which is distributed as x_r - x_f:

    JS(p, q)  = log 2 - E softplus(l)            log 2 for two points that differ
    W1(p, q)  = δ
    QP(p, q)  = ½ λ E[|r| tanh²(δ r / 2s²)]      ½ λ δ for two points

The last puts the best critic of post 6163, ΔT = λ d (w - w')/(w + w') with w = p(x_r)q(x_f) and w' = p(x_f)q(x_r), into
the objective; for these two (w - w')/(w + w') = -tanh(δ (x_r - x_f) / 2s²).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

__all__ = ["DIVERGENCES", "Curves", "around", "curves"]

DIVERGENCES = ("js", "w1", "qp")
FARTHEST, PLOTTED = 6.0, 241  # distance, and places on the way to it, of the curves shown
REACH, NODES = 9.0, 2001  # of the trapezoidal rule over ε: beyond 9 standard deviations lies 2e-19 of the mass


@dataclass(frozen=True)
class Curves:
    """``values`` [n] over distances ``delta`` [n] and their derivatives ``slopes`` [n], by the name of the divergence."""

    delta: np.ndarray
    values: dict[str, np.ndarray]
    slopes: dict[str, np.ndarray]


def curves(delta: np.ndarray, sd: float, lam: float) -> Curves:
    """The three divergences of N(0, sd²) and N(δ, sd²) at every distance δ > 0 in ``delta`` [n]; λ = ``lam``."""
    delta = np.asarray(delta, float)
    one = np.ones_like(delta)
    if sd == 0:
        values = {"js": math.log(2) * one, "w1": delta, "qp": lam * delta / 2}
        return Curves(delta, values, {"js": 0 * one, "w1": one, "qp": lam / 2 * one})
    eps = np.linspace(-REACH, REACH, NODES)
    weight = np.exp(-(eps**2) / 2)
    weight /= weight.sum()
    apart = delta[:, None] / sd
    log_ratio = apart * eps - apart**2 / 2
    js = math.log(2) - np.logaddexp(0, log_ratio) @ weight
    js_slope = -(expit(log_ratio) * (eps - apart)) @ weight / sd
    r = math.sqrt(2) * eps - apart  # in units of sd
    t = np.tanh(apart * r / 2)
    qp = lam / 2 * sd * (np.abs(r) * t**2) @ weight
    through_ratio = (
        np.abs(r) * t * (1 - t**2) * (r - apart)
    )  # u = δr/2s² has the derivative (r - δ)/2s², since dr/dδ = -1
    qp_slope = lam / 2 * (through_ratio - np.sign(r) * t**2) @ weight
    return Curves(delta, {"js": js, "w1": delta, "qp": qp}, {"js": js_slope, "w1": one, "qp": qp_slope})


def around(delta: float, sd: float, lam: float) -> tuple[Curves, Curves]:
    """The curves over all distances that are shown, and the same at ``delta`` alone."""
    return curves(np.linspace(0.0, FARTHEST, PLOTTED)[1:], sd, lam), curves(np.array([delta]), sd, lam)
