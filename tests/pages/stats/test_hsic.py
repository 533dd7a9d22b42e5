"""HSIC's page: what each tab shows, beyond what every page promises."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from core.stats.hsic import hsic
from core.stats.hsic.clouds import SHAPES
from gallery.inputs import InputError, parse
from gallery.outputs import Progress
from pages.stats import hsic as page


def shown(answer: Any) -> list[Mapping[str, Any]]:
    """What a tab has put on the page, step by step."""
    updates = list(answer) if isinstance(answer, Iterator) else [answer]
    return [u for u in updates if not isinstance(u, Progress)]


def fact(values: Mapping[str, Any], label: str) -> Any:
    (value,) = [m.value for m in values["facts"] if m.label == label]
    return value


def test_hsic_sees_the_circle_and_correlation_does_not() -> None:
    (values,) = shown(page.play(page.Play(), "en"))
    labels = [a.text for a in values["cloud"].layout.annotations]
    assert any(text.startswith("✓ HSIC") for text in labels)
    assert any(text.startswith("✗ Pearson") for text in labels)
    x, y = (np.asarray(values["points"].columns[name]) for name in ("x", "y"))
    assert fact(values, "HSIC") == pytest.approx(hsic(x, y))
    assert fact(values, "Pearson") == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_nothing_is_seen_in_an_independent_cloud() -> None:
    (values,) = shown(page.play(page.Play(shape="independent", n=200), "en"))
    assert not any(a.text.startswith("✓") for a in values["cloud"].layout.annotations)


def test_a_drawing_is_played_and_an_empty_one_is_refused_in_words() -> None:
    (values,) = shown(page.play(page.Play(shape="drawn", n=60), "zh"))
    assert len(values["points"].columns["x"]) == 60
    empty = page.Play(shape="drawn").model_copy(update={"drawing": np.zeros((28, 28), np.float32)})
    with pytest.raises(ValueError, match="drawing: is empty"):
        page.play(empty, "en")


def test_every_shape_of_core_is_offered() -> None:
    assert set(page.SHAPES) == set(SHAPES)


def test_the_three_terms_add_up_to_the_statistic() -> None:
    (values,) = shown(page.idea(page.Idea(), "en"))
    total = fact(values, "ΣK∘L / n²") + fact(values, "ΣK·ΣL / n⁴") - fact(values, "2·Σ rows / n³")
    assert total == pytest.approx(fact(values, "tr(KHLH)/n²"), rel=1e-9)
    assert len(values["steps"].data) == 6


def test_the_null_law_grows_to_all_shuffles() -> None:
    steps = shown(page.null(page.Null(permutations=500), "en"))
    assert len(steps) == 10
    assert [step["law"].data[0].name for step in (steps[0], steps[-1])] == ["50 shuffles", "500 shuffles"]
    p = fact(steps[-1], "p (shuffles)")
    assert p == pytest.approx(round(p * 501) / 501)
    assert p == pytest.approx(fact(steps[-1], "p (gamma)"), abs=0.05)


@pytest.mark.parametrize(
    ("against", "points", "axis"), [("n", page.SIZES, "Samples n"), ("noise", page.NOISES, "Noise")]
)
def test_power_is_drawn_point_by_point_against_either(against: str, points: tuple[float, ...], axis: str) -> None:
    steps = shown(page.power(page.Power(against=against, repeats=20), "en"))
    assert [len(step["shares"].columns[axis]) for step in steps] == list(range(1, len(points) + 1))
    table = steps[-1]["shares"].columns
    power, type_one = table["HSIC"], table["HSIC, independent"]
    assert (power[-1] > power[0]) == (against == "n")
    assert np.mean(type_one) < 0.05 + 4 * math.sqrt(
        0.05 * 0.95 / (20 * len(points))
    )  # a right test fails 3e-5 of the time


def test_the_example_has_its_known_dependences_and_no_others() -> None:
    """The example is made with the chains raf-mek-erk-akt, jnk-pka-p38 and plcg-pip2 and nothing between them."""
    chains = ({"raf", "mek", "erk", "akt"}, {"pka", "jnk", "p38"}, {"plcg", "pip2"})
    steps = shown(page.own(page.Own(), "en"))
    table = steps[-1]["pairs"].columns
    found = {
        frozenset(pair) for *pair, p in zip(table["x"], table["y"], table["p (Holm)"], strict=True) if p < page.ALPHA
    }
    assert len(table["x"]) == 36
    assert all(any(pair <= chain for chain in chains) for pair in found)
    for pair in (("raf", "mek"), ("mek", "erk"), ("erk", "akt"), ("pka", "jnk"), ("pka", "p38"), ("plcg", "pip2")):
        assert frozenset(pair) in found


def test_the_largest_power_runs_stay_inside_the_budget() -> None:
    (tab,) = [tab for tab in page.PAGE.tabs if tab.slug == "power"]
    for against in ("n", "noise"):
        assert tab.cost(page.Power(against=against, n=160, repeats=150)) <= tab.budget


def test_a_bad_shape_names_what_is_allowed() -> None:
    with pytest.raises(InputError, match="circle"):
        parse(page.Play, {"shape": "blob"})
