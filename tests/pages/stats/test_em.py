"""EM's page: what it shows beyond what every page promises."""

from __future__ import annotations

import numpy as np
import pytest

from core.progress import Progress
from core.refusal import Refusal
from core.stats.em import mixture, samples
from gallery.engine.source import code_shown
from gallery.fields import Upload
from gallery.page import Say
from pages.stats import em as page


def last(stream: object) -> object:
    """The whole result of a stream."""
    return [item for item in stream if not isinstance(item, Progress)][-1]  # type: ignore[attr-defined]


def test_everything_that_core_knows_is_offered() -> None:
    assert set(page.DATA) == set(samples.DATA)
    assert {*page.HOW, "placed"} == set(samples.HOW)
    assert set(page.KINDS) == set(mixture.KINDS)


@pytest.mark.parametrize(
    ("inputs", "names"),
    [({}, ["first", "second", "third"]), ({"k": 2}, ["first", "second"]), ({"how": "random"}, [])],
)
def test_the_starts_of_the_centres_are_dragged_in_the_cloud(inputs: dict[str, object], names: list[str]) -> None:
    tab = page.Step(**inputs)
    figure = tab.show(tab.compute(), Say("en"))["cloud"]
    assert [handle["input"] for handle in figure.layout.meta.get("handles", ())] == names


def test_the_staircase_keeps_its_axes_while_the_half_steps_play() -> None:
    ranges = []
    for half in (2, 9, 20):
        tab = page.Step(half=half)
        layout = tab.show(tab.compute(), Say("en"))["cloud"].layout
        ranges.append((layout.xaxis2.range, layout.yaxis2.range))
    assert ranges[0] == ranges[1] == ranges[2]
    low, high = ranges[0][1]
    assert high - low < 0.5  # the start's −7.3 would make the stairs invisible


def test_the_code_shown_for_a_drawing_draws_from_that_drawing() -> None:
    code = code_shown("em", page.Step(data="drawn"))
    assert "drawn(" in code and "drawing.png" in code and "'blobs'" not in code


def test_an_empty_drawing_is_refused_by_the_inputs_name() -> None:
    empty = page.Step(data="drawn").model_copy(update={"drawing": np.zeros((28, 28), np.float32)})
    with pytest.raises(Refusal, match=r"^drawing: is empty"):
        empty.compute()


def test_a_digit_and_a_text_are_put_together() -> None:
    digits = page.Topics(iterations=20)
    figure = digits.show(last(digits.compute()), Say("en"))["together"]
    assert len(figure.data) == 1 + 2 * 5  # the digit, five parts, and their running sums
    own = page.Topics(source="own", document=600, k=3)
    result = last(own.compute())
    assert result.document == result.documents == 8
    assert len(own.show(result, Say("zh"))["together"].data[0].y) == 3


def test_columns_that_are_constant_in_the_rows_used_are_named() -> None:
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{int(i == 5)}" for i, (a, b) in enumerate(rng.normal(size=(2500, 2)))]
    table = Upload("events.csv", "\n".join(["a,b,once", *rows]).encode())
    tab = page.Own(most=2).model_copy(update={"data": table})
    names = set()
    for seed in range(6):
        result = last(tab.model_copy(update={"seed": seed}).compute())
        names.add(result.left_out)
        assert np.isfinite(result.criteria).all()
    assert ("once",) in names
