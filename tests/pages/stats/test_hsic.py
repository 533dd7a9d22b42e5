"""HSIC's page: what it shows beyond what every page promises."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.clouds import SHAPES
from core.progress import Progress
from core.refusal import Refusal
from core.stats.hsic.comparison import MEASURES
from core.stats.hsic.covariances import FUNCTIONS
from gallery.fields import Upload
from gallery.page import Say
from pages.stats import _hsic_figures as pictures
from pages.stats import hsic as page


def last(stream: object) -> object:
    """The whole result of a stream."""
    return [item for item in stream if not isinstance(item, Progress)][-1]  # type: ignore[attr-defined]


def test_every_shape_function_and_measure_of_core_is_offered() -> None:
    assert set(page.SHAPES) == set(SHAPES)
    assert set(page.FUNCTIONS) == set(FUNCTIONS)
    assert set(pictures.MEASURES) == {"hsic", *MEASURES}


def test_the_verdict_names_who_sees_the_circle() -> None:
    tab = page.Play()
    title = tab.show(tab.compute(), Say("en"))["cloud"].layout.meta["title"]
    assert title.startswith("Seen by HSIC") and title.endswith("Spearman, Pearson")


def test_an_empty_drawing_is_refused_by_the_inputs_name() -> None:
    empty = page.Play(shape="drawn").model_copy(update={"drawing": np.zeros((28, 28), np.float32)})
    with pytest.raises(Refusal, match="is empty") as caught:
        empty.compute()
    assert caught.value.input == "drawing"


def test_the_bumps_are_dragged_in_the_first_panel_of_the_road() -> None:
    tab = page.WayToHsic(at=(0.5, -0.25))
    figure = tab.show(tab.compute(), Say("en"))["road"]
    (handle,) = figure.layout.meta["handles"]
    assert handle["input"] == "at" and figure.data[handle["trace"]].x[0] == 0.5


def test_the_null_draws_the_95_percent_line_in_plain_units() -> None:
    tab = page.NullDistribution(permutations=500)
    result = last(tab.compute())
    figure = tab.show(result, Say("en"))["law"]
    lines = sorted(shape.x0 for shape in figure.layout.shapes)
    assert lines == sorted([result.threshold / result.unit, result.test.statistic / result.unit])
    assert 1 <= figure.layout.xaxis.range[1] < 10


def test_the_example_has_its_known_dependences_and_no_others() -> None:
    """The example is made with the chains raf-mek-erk-akt, jnk-pka-p38 and plcg-pip2 and nothing between them."""
    chains = ({"raf", "mek", "erk", "akt"}, {"pka", "jnk", "p38"}, {"plcg", "pip2"})
    result = last(page.Own().compute())
    found = {frozenset((pair.x, pair.y)) for pair in result.significant(page.ALPHA)}
    assert len(result.pairs) == 36
    assert all(any(pair <= chain for chain in chains) for pair in found)
    for pair in (("raf", "mek"), ("mek", "erk"), ("erk", "akt"), ("pka", "jnk"), ("pka", "p38"), ("plcg", "pip2")):
        assert frozenset(pair) in found


def test_a_rare_event_is_answered_and_an_event_that_was_not_drawn_is_named() -> None:
    x = np.random.default_rng(0).normal(size=400)
    rows = [f"{v:.4f},{int(v > 1)},{int(i == 5)}" for i, v in enumerate(x)]
    table = Upload("events.csv", "\n".join(["x,often,once", *rows]).encode())
    tab = page.Own(log=False, rows=50, permutations=199).model_copy(update={"data": table})
    told = tab.show(last(tab.compute()), Say("en"))["reading"]
    assert "left out: once" in told and told.endswith("unequal pairs: often")


def test_what_was_left_out_is_told_in_both_languages() -> None:
    x = np.random.default_rng(0).normal(size=(60, 2)).round(3)
    rows = [f"{a};{b};{'上海' if a > 0 else '北京'}".replace(".", ",") for a, b in x]
    rows[3] = "NA;1,5;上海"
    table = Upload("x.csv", "\n".join(["身高;体重;城市", *rows]).encode("gb18030"))
    tab = page.Own(log=False, permutations=99).model_copy(update={"data": table})
    result = last(tab.compute())
    chinese, english = (tab.show(result, Say(lang))["reading"].splitlines() for lang in ("zh", "en"))
    assert chinese[0] == "60 行中用了 59 行，2 列数值，以分号分隔"
    assert english[0] == "59 of 60 rows, 2 columns of numbers, separated by semicolons"
    assert (
        len(chinese) == len(english) == 5 and "GB18030" in english[1] and "城市" in english[3] and "row 4" in english[4]
    )


def test_a_missing_file_is_asked_for() -> None:
    with pytest.raises(Refusal, match=r"^data: upload"):
        page.Own().model_copy(update={"data": None}).compute()
