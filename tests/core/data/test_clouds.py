"""Clouds: every shape has its points, and a drawing is sampled where its ink is."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.clouds import SHAPES, cloud, from_ink
from core.refusal import Refusal


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_have_their_size_and_their_seed(shape: str) -> None:
    x, y = cloud(shape, 500, 0.0, 1)
    assert len(x) == len(y) == 500 and max(np.abs(x).max(), np.abs(y).max()) <= 1 + 1e-12
    assert np.array_equal(x, cloud(shape, 500, 0.0, 1)[0]) and not np.array_equal(x, cloud(shape, 500, 0.0, 2)[0])


def test_ink_is_sampled_where_it_is() -> None:
    drawing = np.zeros((8, 8))
    drawing[0, 7] = 1.0
    x, y = from_ink(drawing, 500, 0.0, 1)
    assert x.min() >= 0.75 and y.min() >= 0.75


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cloud("blob", 10, 0, 0), "^shape = blob"), (lambda: cloud("circle", 2, 0, 0), "^n = 2"),
        (lambda: cloud("circle", 10, -1, 0), "^noise = -1"), (lambda: from_ink(np.zeros((8, 8)), 10, 0, 0), "^drawing: is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(call, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        call()
