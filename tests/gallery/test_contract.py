"""What every page promises, asserted over the whole catalog (and the kitchen page with every kind of input)."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gallery.engine.catalog import ROOT, Entry
from gallery.engine.runner import Failed, Finished, run_tab
from gallery.fields import Choice, Number, Seed, Toggle
from gallery.inputs import InputError, fields, parse, parse_link
from gallery.outputs import to_json
from gallery.page import Tab
from gallery.text import Text
from tests.conftest import every_tab

PICTURES = {"figure", "image", "images", "animation", "text"}  # what a model of language writes is its picture
CJK = re.compile(r"[\u4e00-\u9fff]")
TABS = pytest.mark.parametrize(("entry", "tab"), every_tab())


def finished(entry: Entry, tab: Tab[Any], inputs: Any, lang: Any = "en") -> dict[str, Any]:
    last = list(run_tab(entry.slug, tab, inputs, lang))[-1]
    assert isinstance(last, Finished), last
    return {slot.name: to_json(slot, last.values[slot.name]) for slot in tab.outputs}


@TABS
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_defaults_run_and_fill_every_output(entry: Entry, tab: Tab[Any], lang: str) -> None:
    values = finished(entry, tab, tab.inputs(), lang)
    assert all(values[slot.name] not in (None, "", []) for slot in tab.outputs)


@TABS
def test_the_same_inputs_give_the_same_outputs(entry: Entry, tab: Tab[Any]) -> None:
    from gallery.engine.runner import _results

    first = finished(entry, tab, tab.inputs())
    _results().kept.clear()
    assert json.dumps(finished(entry, tab, tab.inputs())) == json.dumps(first)


@TABS
def test_another_seed_gives_other_outputs(entry: Entry, tab: Tab[Any]) -> None:
    seeds = [name for name, field in fields(tab.inputs).items() if isinstance(field, Seed)]
    if not seeds or (entry.slug, tab.slug) in {("every-kind", "numbers"), ("hsic", "own")}:
        return  # nothing drawn at the defaults (the kitchen's sine; the example has fewer rows than are used)
    other = parse(tab.inputs, {seeds[0]: 12345})
    assert json.dumps(finished(entry, tab, tab.inputs())) != json.dumps(finished(entry, tab, other))


@TABS
def test_every_bound_is_enforced(entry: Entry, tab: Tab[Any]) -> None:
    for name, field in fields(tab.inputs).items():
        bad: list[Any] = [object()]
        if isinstance(field, Number):
            bad += [field.minimum - 1, field.maximum + 1, "nan", "inf", "ten", True, None]
            assert parse(tab.inputs, {name: field.minimum}) and parse(tab.inputs, {name: field.maximum})
        elif isinstance(field, Seed):
            bad += [-1, 2**31, 0.5]
        elif isinstance(field, Choice):
            bad += ["no such option", 3]
            for option in field.options:
                assert getattr(parse(tab.inputs, {name: option}), name) == option
        elif isinstance(field, Toggle):
            bad += ["maybe", 2]
        for value in bad:
            with pytest.raises(InputError) as caught:
                parse(tab.inputs, {name: value})
            for lang in ("zh", "en"):
                assert caught.value.message(lang).startswith(f"{name} = ")
                assert fields(tab.inputs)[name].describe()(lang) in caught.value.message(lang)
            if isinstance(value, str):
                inputs, problems = parse_link(tab.inputs, {name: value})
                assert [p.name for p in problems] == [name]
                assert problems[0].message("en") == caught.value.message("en")
                assert inputs.to_link() == tab.inputs().to_link()


@TABS
def test_links_round_trip_at_the_defaults(entry: Entry, tab: Tab[Any]) -> None:
    link = tab.inputs().to_link()
    again, problems = parse_link(tab.inputs, link)
    assert not problems
    assert again.to_link() == link


@TABS
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_links_round_trip_anywhere(entry: Entry, tab: Tab[Any], data: st.DataObject) -> None:
    raw: dict[str, Any] = {}
    for name, field in fields(tab.inputs).items():
        if isinstance(field, Number):
            bounds = (field.minimum, field.maximum)
            raw[name] = data.draw(st.integers(*map(int, bounds)) if field.whole else st.floats(*map(float, bounds)))
        elif isinstance(field, Choice):
            raw[name] = data.draw(st.sampled_from(list(field.options)))
    inputs = parse(tab.inputs, raw)
    again, problems = parse_link(tab.inputs, inputs.to_link())
    assert not problems
    assert all(getattr(again, name) == value for name, value in raw.items())


@TABS
def test_the_worst_corner_stays_inside_the_budget(entry: Entry, tab: Tab[Any]) -> None:
    """Counted work, not wall time: at every corner of the sliders and every option of the choices."""
    assert tab.cost(tab.inputs()) <= tab.budget
    numbers = {n: (f.minimum, f.maximum) for n, f in fields(tab.inputs).items() if isinstance(f, Number)}
    options = {n: list(f.options) for n, f in fields(tab.inputs).items() if isinstance(f, Choice)}
    for corner in itertools.product(*numbers.values()):
        for chosen in itertools.product(*options.values()):
            inputs = parse(
                tab.inputs, dict(zip(numbers, corner, strict=True)) | dict(zip(options, chosen, strict=True))
            )
            assert tab.cost(inputs) <= tab.budget, inputs


def test_a_page_has_two_to_six_tabs_and_begins_with_a_picture(entry: Entry) -> None:
    page = entry.page
    assert 2 <= len(page.tabs) <= 6  # six where the issue names six questions
    assert len({tab.slug for tab in page.tabs}) == len(page.tabs)
    for tab in page.tabs:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", tab.slug)
        assert tab.outputs[0].kind in PICTURES
        assert tab.outputs[0].height > 0
        assert not set(fields(tab.inputs)) & {"tab", "lang", "theme", "embed"}
    assert page.tabs[0].live


def texts_of(entry: Entry) -> list[Text]:
    page = entry.page
    found = [page.title, page.summary, page.post.story, page.post.changes]
    for tab in page.tabs:
        found += [tab.title, tab.question, *(slot.label for slot in tab.outputs if slot.label)]
        for field in fields(tab.inputs).values():
            found += [field.label, *([field.help] if field.help else []), field.describe()]
            if isinstance(field, Choice):
                found += field.options.values()
    return found


def test_every_text_is_said_in_both_languages(entry: Entry) -> None:
    for text in texts_of(entry):
        assert text.zh.strip() and text.en.strip()
        assert not CJK.search(text.en), text.en
    assert CJK.search(entry.page.title.zh + entry.page.summary.zh)
    assert CJK.search(entry.page.post.story.zh)


def test_both_languages_show_the_same_formulas(entry: Entry) -> None:
    for text in (entry.page.post.story, entry.page.post.changes):
        displayed = [re.findall(r"\$\$.+?\$\$", side, re.S) for side in text]
        assert displayed[0] == displayed[1]


@TABS
def test_the_code_shown_runs_with_core_alone(entry: Entry, tab: Tab[Any]) -> None:
    code = tab.code(tab.inputs())
    if entry.slug == "every-kind":
        compile(code, "code", "exec")
        return
    assert "gallery" not in code
    assert 3 <= len([line for line in code.splitlines() if line.strip()]) <= 20
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_checks_pass_and_have_bilingual_names(entry: Entry) -> None:
    checks = list(entry.page.checks())
    assert len(checks) >= 5
    assert len({c.name for c in checks}) == len(checks)
    for check in checks:
        assert check.passed, check
        assert CJK.search(check.zh)


def test_unexpected_failures_are_words_and_not_tracebacks(kitchen: Any) -> None:
    entry = kitchen["every-kind"]
    tab = entry.page.tab("rows")
    broken = list(run_tab(entry.slug, tab, parse(tab.inputs, {"data": b"boom"}), "en"))[-1]
    assert isinstance(broken, Failed) and not broken.expected
    assert "Traceback" not in broken.message.en and "RuntimeError" not in broken.message.en
    refused = list(run_tab(entry.slug, tab, parse(tab.inputs, {"rows": [["a", 9], ["b", 9]]}), "en"))[-1]
    assert isinstance(refused, Failed) and refused.expected
    assert "rate" in refused.message.en
