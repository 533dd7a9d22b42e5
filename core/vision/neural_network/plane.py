"""One unit and three: S(kx) beside the step, and functions of two bits by units that are lines in the plane.

A unit of two inputs is a line: θ(n·x + b) is 1 on one side of it. Two of them and a third over their outputs make XOR, which no
single line can.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.refusal import Refusal
from core.vision.neural_network.network import Layer, Network, sigmoid, slope
from core.vision.neural_network.record import Record, record

__all__ = ["CORNERS", "TASKS", "XOR", "Curve", "Lines", "Point", "curve", "lines", "three_units"]

Point = tuple[float, float]
CORNERS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
TASKS: Mapping[str, tuple[int, ...]] = {
    "xor": (0, 1, 1, 0),
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "equal": (1, 0, 0, 1),
}
"""What is wanted at the four corners."""
XOR: tuple[tuple[Point, Point], ...] = (
    ((-0.25, 0.75), (0.75, -0.25)), ((0.25, 1.25), (1.25, 0.25)), ((1.25, 0.75), (0.25, -0.25)),
)  # fmt: skip
"""Three lines that make XOR: x1 + x2 > ½, x1 + x2 > 1½, and over both outputs h1 - h2 > ½."""
SPAN = (-1.0, 2.0)
GRID, CURVE = 91, 401
REACH = 3.0  # of the curve
NEAR = 0.01  # so close to the step counts as there


@dataclass(frozen=True, slots=True)
class Curve:
    """S(kx), its slope and the step over ``x``; at ``at`` the value and the slope; ``within``: beyond that |x| it is within 0.01 of the step."""

    k: float
    x: np.ndarray
    smooth: np.ndarray
    step: np.ndarray
    slopes: np.ndarray
    at: float
    value: float
    slope: float
    within: float
    record: Record

    @property
    def steepest(self) -> float:
        """The slope at 0, k/4."""
        return self.k / 4

    @property
    def nearest(self) -> float:
        """The accuracy of the trained classifier at the sharpness measured that is nearest to k."""
        gaps = [abs(math.log(k / self.k)) for k in self.record.sharpness]
        return self.record.accuracy[gaps.index(min(gaps))]


def curve(k: float, at: float) -> Curve:
    """The unit of sharpness k. Raises WeightsError."""
    x = np.linspace(-REACH, REACH, CURVE)
    smooth, here = sigmoid(x, k), sigmoid(np.array([at]), k)
    within = math.log(1 / NEAR - 1) / k
    return Curve(
        k, x, smooth, sigmoid(x, math.inf), slope(smooth, k), at, float(here[0]), float(slope(here, k)[0]), within, record()
    )  # fmt: skip


def three_units(ends: tuple[tuple[Point, Point], ...], k: float) -> Network:
    """Two units over the plane and one over their outputs, each the line through two points, on at the left of the way from the first to the second.

    A weight is the line's normal of length 1. Raises Refusal where two points are one.
    """
    rows, biases = [], []
    for number, (start, end) in enumerate(ends, 1):
        along = np.subtract(end, start)
        length = float(np.hypot(*along))
        if length == 0:
            raise Refusal(
                "两点重合，定不出直线", "lies on the other point: two points make a line", input=f"b{number}", value=end
            )
        normal = np.array([-along[1], along[0]]) / length
        rows.append(normal)
        biases.append(-float(normal @ np.asarray(start)))
    return Network(
        (Layer(np.array(rows[:2]), np.array(biases[:2]), k), Layer(np.array(rows[2:]), np.array(biases[2:]), k))
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """What three units make of the plane: ``field`` [y, x] over ``axis``; ``hidden`` [4, 2] and ``made`` [4] at the corners, ``wanted`` [4].

    ``after`` [y, x]: the third unit over the plane of the hidden outputs.
    """

    axis: np.ndarray
    field: np.ndarray
    after: np.ndarray
    hidden: np.ndarray
    made: np.ndarray
    wanted: tuple[int, ...]

    @property
    def correct(self) -> list[bool]:
        """Whether each corner is on the right side of ½; one that lies on it is not."""
        return [bool((y > 0.5) == bool(t) and y != 0.5) for y, t in zip(self.made, self.wanted, strict=True)]

    @property
    def right(self) -> int:
        """How many corners are right."""
        return sum(self.correct)

    @property
    def squeezed(self) -> bool:
        """Whether two corners of one class came to one place in the plane of hidden outputs, to 0.05."""
        pairs = [(i, j) for i in range(4) for j in range(i) if self.wanted[i] == self.wanted[j]]
        return any(float(np.abs(self.hidden[i] - self.hidden[j]).max()) < 0.05 for i, j in pairs)


def lines(ends: tuple[tuple[Point, Point], ...], k: float, task: str) -> Lines:
    """Three units that the reader placed, on a function of two bits. Raises Refusal where two points are one."""
    net = three_units(ends, k)
    axis = np.linspace(*SPAN, GRID)
    places = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    found = net.forward(CORNERS)
    return Lines(
        axis, net(places).reshape(GRID, GRID), net.layers[1](places).reshape(GRID, GRID), found[1], found[2][:, 0], TASKS[task]
    )  # fmt: skip
