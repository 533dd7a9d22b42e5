"""mixup's figures: the curves lie within their frame, or the title says that some of them is outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gallery.page import Say
from pages.vision._mixup_figures import FARTHEST, UP
from pages.vision.mixup import Line, MixClothes


@pytest.mark.parametrize(
    ("given", "outside"),
    [({"degree": 2}, False), ({}, False), ({"p1": (-0.9, 1.5), "p2": (-0.85, -1.5)}, True)],
)
def test_the_curves_lie_in_their_frame_or_the_title_tells(given: dict[str, Any], outside: bool) -> None:
    tab = Line(**given)
    result = tab.compute()
    figure = tab.show(result, Say("en"))["fits"]
    low, high = figure.layout.yaxis2.range
    assert -FARTHEST <= low <= UP[0] and UP[1] <= high <= FARTHEST
    assert tuple(figure.layout.yaxis.range) == UP
    held = all(low <= np.min(curve) and np.max(curve) <= high for curve in result.curve.curves)
    assert held is not outside
    assert ("outside" in figure.layout.title.text.replace("<br>", " ")) is outside


def test_clothes_are_called_by_name() -> None:
    tab = MixClothes()
    shown = tab.show(tab.compute(), Say("en"))
    known = {"T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}
    assert {fact.value for fact in shown["facts"]} <= known
