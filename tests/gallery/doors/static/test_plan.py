"""Which states of a tab are tabulated, and how little room they take."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.doors.static.packing import Pool, difference, narrowed, script
from gallery.doors.static.plan import Caps, Free, moves, planned
from gallery.doors.static.tabulate import FIRST, MESSAGE, TRIES, Fault, tabulate
from gallery.doors.static.values import form_of, html_of_markdown, lightened
from gallery.engine.render import data_address
from gallery.fields import Number
from gallery.inputs import fields, parse
from gallery.page import Tab
from gallery.text import LANGUAGES, t
from tests.conftest import KITCHEN, every_tab, kitchen_tabs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=4),
    max_leaves=20,
)
HANDED = re.compile(r'^galleryTake\("([^"]*)","([^"]*)","([^"]*)"\);\n$')


def numbers() -> type[Tab]:
    return KITCHEN["every-kind"].page.tab("numbers")


def unpacked(text: str) -> tuple[str, str, Any]:
    """Key, part and content of a data script."""
    found = HANDED.match(text)
    assert found
    return found[1], found[2], json.loads(gzip.decompress(base64.b64decode(found[3])))


def applied(base: Any, change: Any) -> Any:
    """What the browser does (web/site.js) to undo ``difference``."""
    if change is None:
        return base
    if "=" in change:
        return change["="]
    if "~" in change:
        kept = {key: item for key, item in base.items() if key not in change.get("-", [])}
        return kept | {key: applied(base.get(key), item) for key, item in change["~"].items()}
    out = [*base[: change["n"]], *[None] * (change["n"] - len(base))]
    for place, item in change["@"].items():
        out[int(place)] = applied(base[int(place)] if int(place) < len(base) else None, item)
    return out


def resolved(value: Any, pool: dict[str, str]) -> Any:
    """``value`` with the long strings in the place of their names."""
    if isinstance(value, str):
        return re.sub("\x01([^\x02]+)\x02", lambda found: pool[found[1]], value)
    if isinstance(value, list):
        return [resolved(item, pool) for item in value]
    return {key: resolved(item, pool) for key, item in value.items()} if isinstance(value, dict) else value


# The plan


@pytest.mark.parametrize(("entry", "tab"), every_tab())
def test_the_default_comes_first_and_one_input_moves_at_a_time(entry: Any, tab: type[Tab]) -> None:
    """Beside the input that is moved only those are set that must be for it to show or to be offered."""
    plan = planned(tab)
    assert plan[0].inputs.to_link() == tab().to_link()
    assert plan[0].moved == ""
    links = [
        repr(sorted(step.inputs.to_link().items())) for step in plan if len(step.inputs.to_link()) == len(fields(tab))
    ]
    assert len(set(links)) == len(links)
    for step in plan:
        if not step.moved or any(attempt_sets(attempt, step) for attempt in tab.tries):
            continue
        changed = {n for n, v in step.inputs.to_link().items() if v != tab().to_link().get(n)} - {step.moved}
        field = fields(tab)[step.moved]
        needed = set(field.shown_when or {}) | {n for c in getattr(field, "only_when", {}).values() for n in c}
        for name in list(needed):
            needed |= set(fields(tab)[name].shown_when or {})
        assert changed <= needed


def attempt_sets(attempt: Any, step: Any) -> bool:
    return parse(type(step.inputs), attempt.inputs).to_link() == step.inputs.to_link()


def test_a_try_is_always_tabulated() -> None:
    links = [step.inputs.to_link() for step in planned(numbers())]
    for attempt in numbers().tries:
        assert parse(numbers(), attempt.inputs).to_link() in links


def test_a_hidden_input_is_moved_where_it_shows() -> None:
    moved = [step.inputs for step in planned(numbers()) if step.moved == "amount"]
    assert len(moved) > 10
    assert {inputs.shape for inputs in moved} == {"noise"}  # type: ignore[attr-defined]


def test_values_of_a_slider_come_coarse_to_fine_on_its_own_grain() -> None:
    field = fields(numbers())["n"]
    rounds = moves(field, 200, 50)
    first = rounds[0]
    assert first[:3] == [10, 2000, 1005]
    every = sorted(value for values in rounds for value in values)
    assert len(every) <= 50
    assert all(isinstance(value, int) for value in every)
    assert max(np.diff([10, *every])) < 100  # no gap of more than three fine steps
    few = Number(label=t("数", "n"), minimum=0, maximum=4, whole=True)
    assert sorted(itertools.chain(*moves(few, 2, 50))) == [0, 1, 3, 4]


def test_a_logarithmic_slider_has_as_many_values_in_every_decade() -> None:
    values = np.array(sorted(itertools.chain(*moves(fields(numbers())["scale"], 1.0, 50))))
    in_decades = [((values >= 10.0**k) & (values <= 10.0 ** (k + 1))).sum() for k in (-2, -1, 0, 1)]
    assert max(in_decades) - min(in_decades) <= 2


def test_no_input_has_more_values_than_its_cap() -> None:
    for _, tab in (param.values for param in kitchen_tabs()):  # type: ignore[attr-defined]
        for name, field in fields(tab).items():
            assert sum(map(len, moves(field, getattr(tab(), name), 7))) <= 7


FREE = Free({"n": (), "scale": ()}, [{"shape": "noise", "grid": False}])


def test_inputs_that_the_browser_follows_are_not_moved_and_their_bases_are_there() -> None:
    plan = planned(numbers(), free=FREE)
    moved = {step.moved for step in plan}
    assert moved >= {"shape", "amount", ""}
    assert not moved & {"n", "scale"}
    assert {"shape": "noise", "grid": "false"}.items() <= plan[1 + len(numbers().tries)].inputs.to_link().items()


# Packing


@given(JSON, JSON)
def test_a_difference_gives_back_what_it_was_made_of(base: Any, value: Any) -> None:
    change = difference(base, value)
    assert applied(base, json.loads(json.dumps(change))) == value
    assert json.dumps(applied(base, change), sort_keys=True) == json.dumps(value, sort_keys=True)  # 1 is not True
    if change is None:
        assert json.dumps(base, sort_keys=True) == json.dumps(value, sort_keys=True)


def test_one_is_not_true() -> None:
    assert difference({"a": 1}, {"a": True}) == {"~": {"a": {"=": True}}}
    assert difference([1, 2], [1, 2]) is None


def test_a_difference_of_alike_states_is_small() -> None:
    trace = {"x": list(range(100)), "y": [0.0] * 100, "name": "a"}
    base = {"data": [trace, trace], "layout": {"title": {"text": "one"}}}
    value = {"data": [trace, trace | {"name": "b"}], "layout": {"title": {"text": "two"}}}
    assert difference(base, value) == {
        "~": {
            "data": {"@": {"1": {"~": {"name": {"=": "b"}}}}, "n": 2},
            "layout": {"~": {"title": {"~": {"text": {"=": "two"}}}}},
        }
    }


def test_a_long_string_stands_once() -> None:
    first, picture = Pool(), "data:image/png;base64," + "A" * 400
    text = "x" * 300
    named = first.named([f'<img src="{picture}">', picture, text, "short"])
    assert named[0] == '<img src="\x010\x02">'
    assert named[1:] == ["\x010\x02", "\x011\x02", "short"]
    assert sorted(first.strings.values()) == sorted([picture, text])
    later = Pool("n.", first.names)
    assert later.named([text, "y" * 300]) == ["\x011\x02", "\x01n.0\x02"]
    assert list(later.strings.values()) == ["y" * 300]


def array(values: np.ndarray) -> dict[str, str]:
    return {"dtype": "f8", "bdata": base64.b64encode(values.astype("<f8").tobytes()).decode()}


def test_arrays_are_narrowed_only_where_a_picture_cannot_show_it() -> None:
    wide = narrowed({"y": array(np.linspace(0, 1, 50))})["y"]
    assert wide["dtype"] == "f4"
    np.testing.assert_allclose(np.frombuffer(base64.b64decode(wide["bdata"]), "<f4"), np.linspace(0, 1, 50), atol=1e-7)
    close = array(1e6 + np.linspace(0, 1, 50))  # single precision has steps of 0.06 there
    assert narrowed([{"y": close}]) == [{"y": close}]
    huge = array(np.array([0, 1e300]))
    assert narrowed({"y": huge}) == {"y": huge}
    gaps = narrowed({"y": array(np.array([0, np.nan, 1]))})["y"]
    assert np.isnan(np.frombuffer(base64.b64decode(gaps["bdata"]), "<f4")[1])


def test_a_script_has_the_same_bytes_each_time_and_gives_its_content_back() -> None:
    content = {"b": "文", "a": [1, None, {"</script>": 2}]}
    text = script("p/t", "n", content)
    assert text == script("p/t", "n", dict(reversed(content.items())))
    assert unpacked(text) == ("p/t", "n", content)
    assert "</" not in text


# What is shown


def test_colour_pictures_become_lighter_and_greys_stay() -> None:
    rng = np.random.default_rng(0)
    colour = data_address(rng.integers(0, 256, (64, 64, 3), np.uint8))
    grey = data_address(rng.integers(0, 256, (64, 64), np.uint8))
    assert len(lightened(f'<img src="{colour}">')) < 0.8 * len(colour)
    assert lightened(grey) == grey


def test_markdown_keeps_formulas_as_latex_and_lets_no_html_through() -> None:
    made = html_of_markdown("a $x<y$ and $$\\sum_i$$ <script>alert(1)</script>\n\n| a | b |\n|---|---|\n| 1 | `c` |")
    assert '<span class="g-tex">x&lt;y</span>' in made
    assert '<span class="g-tex g-display">\\sum_i</span>' in made
    assert "<script>" not in made
    assert "<table>" in made


# A table


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    made = tabulate("every-kind", numbers(), Caps(states=30), LANGUAGES)
    return {part: unpacked(text)[2] for part, text in made.scripts.items()} | {"made": made}


def test_a_table_gives_the_values_of_every_state(table: dict[str, Any]) -> None:
    """Undone as the browser undoes it, a state in either language is what the tab shows."""
    from gallery.doors.static.values import shown
    from gallery.text import Say

    first = table[FIRST]
    for part in (FIRST, TRIES, "in-n", "in-scale"):
        pool = first["pool"] | table[part]["pool"]
        for state in table[part]["states"]:
            inputs = parse(numbers(), state["link"])
            zh = applied(first["start"], state["values"][0])
            for lang, packed in (("zh", zh), ("en", applied(zh, state["values"][1]))):
                slots = inputs.show(inputs.compute(), Say(lang))
                there = resolved(packed, pool)
                for slot in numbers().outputs:
                    expected = shown(slot, slots[slot.name], lang)  # type: ignore[arg-type]
                    assert there[slot.name] == json.loads(json.dumps(expected)), (state["link"], lang, slot.name)


def test_a_table_ends_at_its_caps_and_says_which(table: dict[str, Any]) -> None:
    made = table["made"]
    assert (made.states, made.cut) == (30, "30 states")
    assert made.planned > 100
    assert tabulate("every-kind", numbers(), Caps(seconds=0), ("en",)).states == 1
    assert tabulate("every-kind", numbers(), Caps(bytes=0), ("en",)).cut == "0 MB"
    assert tabulate("every-kind", numbers(), Caps(seconds=0), ("en",), states=5).states == 5


def test_a_state_that_would_pass_the_cap_on_bytes_leaves_no_trace() -> None:
    few = tabulate("every-kind", numbers(), Caps(bytes=150_000), ("en",))
    assert few.cut == "0 MB" and 1 < few.states < few.planned
    assert tabulate("every-kind", numbers(), Caps(), ("en",), states=few.states).scripts == few.scripts


def test_the_form_offers_what_was_tabulated_and_no_more() -> None:
    tab = numbers()
    start = {name: [getattr(tab(), name)] for name in fields(tab)}
    offered = {
        field["name"]: field
        for field in form_of(tab, "en", start | {"n": [2000, 10, 200], "shape": ["sine", "noise"]}, {"scale": ()})
    }
    assert offered["n"]["stops"] == [10, 200, 2000]
    assert [option[0] for option in offered["shape"]["options"]] == ["sine", "noise"]
    assert "live gallery" in offered["grid"]["fixed"]
    assert "live gallery" in offered["name"]["fixed"]
    assert not {"fixed", "stops"} & set(offered["scale"])


def test_a_refusal_is_what_its_state_shows_and_a_fault_is_none(
    fresh_caches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.refusal import Refusal

    def refused(self: Tab) -> None:
        raise Refusal("太大", "too large")

    monkeypatch.setattr(numbers(), "compute", refused)
    made = tabulate("every-kind", numbers(), Caps(states=1), LANGUAGES)
    assert made.refused == 1
    assert unpacked(made.scripts[FIRST])[2]["start"] == {MESSAGE: "太大"}

    def broken(self: Tab) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(numbers(), "compute", broken)
    with pytest.raises(Fault, match="every-kind/numbers"):
        tabulate("every-kind", numbers(), Caps(states=1), LANGUAGES)
