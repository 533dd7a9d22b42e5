"""What every page promises, asserted over the whole catalog (and the kitchen page with every kind of input)."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import io
import itertools
import json
import pickle
import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gallery.engine.catalog import ROOT, Entry
from gallery.engine.runner import Computed, Failed, Finished, Values, compute_tab, run_tab
from gallery.engine.source import code_shown
from gallery.fields import Choice, File, Number, Seed, Sketch, TextField, Toggle
from gallery.inputs import InputError, fields, json_schema, parse, parse_link
from gallery.outputs import check_value, to_json
from gallery.page import Say, Tab
from gallery.text import Text
from tests.conftest import every_tab
from tests.pages_computed import cheapest, compute_again, differences, fingerprint, result_of

PICTURES = {"figure", "image", "images", "animation", "text"}  # what a model of language writes is its picture
CJK = re.compile(r"[\u4e00-\u9fff]")
TABS = pytest.mark.parametrize(("entry", "tab"), every_tab())
FETCHED = {"held-out", "real"}  # options that bring a data set from the network, which tests do not ask
MOST_CODE = 24  # lines of the code shown, without its head and imports
PLAIN = (str, bytes, bool, int, float, complex, type(None), np.generic, np.ndarray)


@TABS
def test_the_defaults_fill_every_output_in_both_languages(entry: Entry, tab: type[Tab]) -> None:
    result = result_of(entry, tab)
    for lang in ("zh", "en"):
        values = tab().show(result, Say(lang))
        assert set(values) == {slot.name for slot in tab.outputs}
        for slot in tab.outputs:
            check_value(slot, values[slot.name])
            assert to_json(slot, values[slot.name]) not in (None, "", [])


@TABS
def test_a_result_is_frozen_and_travels(entry: Entry, tab: type[Tab]) -> None:
    """Frozen: nobody changes what the cache keeps. Pickled: it may have been computed on another machine."""
    result = result_of(entry, tab)
    assert list(_open_places(result)) == []
    assert fingerprint(pickle.loads(pickle.dumps(result))) == fingerprint(result)


def _open_places(value: Any, where: str = "result") -> Iterator[str]:
    """Where a result is neither plain nor frozen."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if not value.__dataclass_params__.frozen:  # type: ignore[attr-defined]
            yield f"{where}: {type(value).__name__} is not frozen"
        for field in dataclasses.fields(value):
            yield from _open_places(getattr(value, field.name), f"{where}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _open_places(item, f"{where}[{key!r}]")
    elif isinstance(value, list | tuple | frozenset):
        for item in value:
            yield from _open_places(item, f"{where}[…]")
    elif not isinstance(value, PLAIN):
        yield f"{where}: {type(value).__name__}"


@TABS
def test_the_code_shown_runs_and_gives_the_same_result(entry: Entry, tab: type[Tab], tmp_path: Path) -> None:
    """Which also says that the same inputs give the same result: it is computed a second time."""
    inputs = parse(tab, cheapest(tab))
    expected, code = result_of(entry, tab, cheapest(tab)), code_shown(entry.slug, inputs)
    assert "gallery." not in code.replace("gallery's", "") or entry.slug == "every-kind"
    body = [line for line in code.splitlines() if line.strip() and not line.startswith(("#", "import ", "from "))]
    assert 2 <= len(body) <= MOST_CODE or entry.slug == "every-kind", code
    for name, field in fields(tab).items():
        if isinstance(field, Sketch):
            levels = (255 - getattr(inputs, name) * 255).round().astype(np.uint8)
            Image.fromarray(levels).save(tmp_path / f"{name}.png")
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    module = types.ModuleType("shown")
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(code, f"{entry.slug}/{tab.slug}", "exec"), module.__dict__)  # the point of this test
    assert said.getvalue().strip()
    if differences(expected, module.__dict__["result"]):
        # A library loaded meanwhile may have changed how the processor rounds: compare with what is computed now.
        *_, last = compute_again(inputs)
        assert differences(last, module.__dict__["result"]) == []


@TABS
def test_another_seed_gives_another_result(entry: Entry, tab: type[Tab]) -> None:
    seeds = [name for name, field in fields(tab).items() if isinstance(field, Seed)]
    if not seeds or (entry.slug, tab.slug) in {("every-kind", "numbers"), ("hsic", "own")}:
        return  # nothing drawn at the defaults (the kitchen's sine; the example has fewer rows than are used)
    given = cheapest(tab)
    if fingerprint(result_of(entry, tab, given)) == fingerprint(result_of(entry, tab, given | {seeds[0]: 12345})):
        # At the least of its inputs nothing may be drawn at all.
        assert fingerprint(result_of(entry, tab)) != fingerprint(result_of(entry, tab, {seeds[0]: 12345}))


@TABS
def test_what_a_try_claims_holds(entry: Entry, tab: type[Tab]) -> None:
    assert len({attempt.label.en for attempt in tab.tries}) == len(tab.tries) <= 4
    for attempt in tab.tries:
        inputs = parse(tab, attempt.inputs)
        assert attempt.inputs
        assert None not in inputs.to_link().values(), "a try is a link"
        assert inputs.to_link() != tab().to_link(), f"{attempt.label.en!r} changes nothing"
        result = result_of(entry, tab, attempt.inputs)
        assert attempt.holds(result), attempt.label.en
        for lang in ("zh", "en"):
            inputs.show(result, Say(lang))


@TABS
def test_every_option_of_a_choice_computes_and_shows(entry: Entry, tab: type[Tab]) -> None:
    """Each alone, at the least of the tab's numbers, where they are quick; what the reader has to bring may be refused."""
    if not tab.live:  # a run of its own, of seconds each
        return
    start, least = tab(), cheapest(tab)
    for name, field in fields(tab).items():
        if not isinstance(field, Choice) or name == "checkpoint":  # from the hub, which tests do not ask
            continue
        for option in field.options.keys() - {getattr(start, name)} - FETCHED:
            inputs = parse(tab, least | _needed(field, option) | {name: option})
            *_, last = compute_tab(entry.slug, inputs)
            if isinstance(last, Failed) and last.expected:
                brought = [f for f in fields(tab).values() if isinstance(f, File | Sketch | TextField)]
                assert any((f.shown_when or {}).get(name) == option for f in brought), (name, option, last)
                continue
            assert isinstance(last, Computed), (name, option, last)
            inputs.show(last.result, Say("en"))


def _needed(field: Choice, option: str) -> dict[str, Any]:
    """The values of other inputs that an option needs."""
    return {n: w[0] if isinstance(w, tuple) else w for n, w in field.only_when.get(option, {}).items()}


@TABS
def test_every_bound_is_enforced(entry: Entry, tab: type[Tab]) -> None:
    for name, field in fields(tab).items():
        bad: list[Any] = [object()]
        if isinstance(field, Number):
            bad += [field.minimum - 1, field.maximum + 1, "nan", "inf", "ten", True, None]
            bad += [field.minimum + 0.5] if field.whole else []
            assert parse(tab, {name: field.minimum}) and parse(tab, {name: field.maximum})
        elif isinstance(field, Seed):
            bad += [-1, 2**31, 0.5]
        elif isinstance(field, Choice):
            bad += ["no such option", 3]
            for option in field.options:
                assert getattr(parse(tab, _needed(field, option) | {name: option}), name) == option
        elif isinstance(field, Toggle):
            bad += ["maybe", 2]
        for value in bad:
            with pytest.raises(InputError) as caught:
                parse(tab, {name: value})
            for lang in ("zh", "en"):
                assert caught.value.message(lang).startswith(f"{name} = ")
                assert caught.value.problems[0].told(lang).startswith(field.label(lang))
                assert field.describe()(lang) in caught.value.message(lang)
            if isinstance(value, str):
                inputs, problems = parse_link(tab, {name: value})
                assert [p.name for p in problems] == [name]
                assert problems[0].message("en") == caught.value.message("en")
                assert inputs.to_link() == tab().to_link()


@TABS
def test_links_round_trip_at_the_defaults(entry: Entry, tab: type[Tab]) -> None:
    link = tab().to_link()
    again, problems = parse_link(tab, link)
    assert not problems
    assert again.to_link() == link


@TABS
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_links_round_trip_anywhere(entry: Entry, tab: type[Tab], data: st.DataObject) -> None:
    raw: dict[str, Any] = {}
    for name, field in fields(tab).items():
        if isinstance(field, Number):
            bounds = (field.minimum, field.maximum)
            raw[name] = data.draw(st.integers(*map(int, bounds)) if field.whole else st.floats(*map(float, bounds)))
        elif isinstance(field, Choice):
            raw[name] = data.draw(st.sampled_from(list(field.options)))
    raw = _offered(tab(), raw)
    inputs = parse(tab, raw)
    again, problems = parse_link(tab, inputs.to_link())
    assert not problems
    assert all(getattr(again, name) == value for name, value in raw.items())


def _offered(start: Tab, raw: Mapping[str, Any]) -> dict[str, Any]:
    """``raw`` with an option in the place of each that the other inputs (of ``start`` where not in ``raw``) rule out."""
    given, declared = dict(raw), fields(type(start))
    for name, field in declared.items():
        if isinstance(field, Choice):
            others = {n: given.get(n, getattr(start, n)) for n in declared}
            given[name] = field.nearest(others[name], others)
    return given


@TABS
def test_the_worst_corner_stays_inside_the_budget(entry: Entry, tab: type[Tab]) -> None:
    """Counted work, not wall time: at every corner of the sliders and every option of the choices."""
    start = tab()
    assert start.cost() <= tab.budget
    given = {name: getattr(start, name) for name in fields(tab)}
    numbers = {n: (f.parse(f.minimum), f.parse(f.maximum)) for n, f in fields(tab).items() if isinstance(f, Number)}
    options = {n: list(f.options) for n, f in fields(tab).items() if isinstance(f, Choice)}
    for chosen in itertools.product(*options.values()):
        picked = dict(zip(options, chosen, strict=True))
        parse(tab, _offered(start, picked))
        for corner in itertools.product(*numbers.values()):
            # Made of values that are parsed already: some tabs have ten thousand corners.
            raw = _offered(start, dict(zip(numbers, corner, strict=True)) | picked)
            inputs = tab.model_construct(**given | raw)
            assert inputs.cost() <= tab.budget, inputs


def test_a_page_has_two_to_six_tabs_and_begins_with_a_picture(entry: Entry) -> None:
    page = entry.page
    assert page.striking >= 0, "the page cannot be imported"
    assert 2 <= len(page.tabs) <= 7  # seven where the post has as many questions
    assert len({tab.slug for tab in page.tabs}) == len(page.tabs)
    for tab in page.tabs:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", tab.slug)
        assert tab.outputs[0].kind in PICTURES
        assert tab.outputs[0].height > 0
        assert not set(fields(tab)) & {"tab", "lang", "theme", "embed"}
    assert page.tabs[0].live


def texts_of(entry: Entry) -> list[Text]:
    page = entry.page
    texts = [page.title, page.summary, page.post.story, page.post.changes]
    for tab in page.tabs:
        texts += [tab.label, tab.question, *(slot.label for slot in tab.outputs if slot.label)]
        texts += [attempt.label for attempt in tab.tries]
        for field in fields(tab).values():
            texts += [field.label, *([field.help] if field.help else []), field.describe()]
            if isinstance(field, Choice):
                texts += field.options.values()
    return texts


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


def test_the_checks_pass_and_have_bilingual_names(entry: Entry) -> None:
    checks = list(entry.checks())
    assert len(checks) >= 5
    assert len({c.name for c in checks}) == len(checks)
    for check in checks:
        assert check.passed, check
        assert CJK.search(check.zh)


def test_a_fault_is_told_as_ours_and_a_refusal_as_the_readers(kitchen: Any) -> None:
    entry = kitchen["every-kind"]
    tab = entry.page.tab("rows")
    for fault in (b"boom", b"bad value"):  # a ValueError of core is a fault like any other
        broken = list(run_tab(entry.slug, parse(tab, {"data": fault}), "en"))[-1]
        assert isinstance(broken, Failed) and not broken.expected
        assert "Traceback" not in broken.message.en and "Error" not in broken.message.en
    refused = list(run_tab(entry.slug, parse(tab, {"rows": [["a", 9], ["b", 9]]}), "en"))[-1]
    assert isinstance(refused, Failed) and refused.expected
    assert refused.message.en.startswith("Table: ") and refused.message.zh.startswith("表格：")


def test_another_language_shows_the_kept_result(kitchen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = kitchen["every-kind"]
    tab = entry.page.tab("long")
    inputs = parse(tab, {"steps": 7, "pause": 0.0, "seed": 99})
    first = list(run_tab(entry.slug, inputs, "zh"))
    assert sum(isinstance(event, Values) for event in first) == 2
    monkeypatch.setattr(tab, "compute", lambda self: pytest.fail("computed again"))
    (only,) = run_tab(entry.slug, inputs, "en")
    assert isinstance(only, Finished)
    assert only.values["walk"].layout.title.text != first[-1].values["walk"].layout.title.text  # type: ignore[union-attr]


def test_the_kitchen_has_every_kind_that_pages_use(kitchen: Any) -> None:
    """Doors test the kitchen page alone, so it must have what any page has."""

    def kinds(entries: Any) -> set[str]:
        tabs = [tab for entry in entries for tab in entry.page.tabs]
        inputs = {
            f"{field.kind}{'+play' if getattr(field, 'play', False) else ''}"
            f"{'+in_picture' if getattr(field, 'in_picture', False) else ''}{'+crop' if getattr(field, 'crop', False) else ''}"
            for tab in tabs
            for field in fields(tab).values()
        }
        marks = {f"live {tab.live}" for tab in tabs} | ({"tries"} if any(tab.tries for tab in tabs) else set())
        return inputs | {slot.kind for tab in tabs for slot in tab.outputs} | marks

    from gallery.engine.catalog import catalog

    assert kinds(catalog()) - kinds(kitchen) == set()


@TABS
def test_the_schema_is_json_and_names_every_input(entry: Entry, tab: type[Tab]) -> None:
    schema = json.loads(json.dumps(json_schema(tab)))
    assert list(schema["properties"]) == list(fields(tab))


def test_pages_hold_no_mathematics() -> None:
    """No arithmetic on arrays, no loops over them: a page says what is computed and how it is shown."""
    words = re.compile(
        r"np\.linalg|torch\.|\.(std|var|mean|quantile|percentile|cumsum|argsort|dot)\(|np\.(exp|log|sqrt|cov|corrcoef)\("
    )
    found = []
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in _outside_claims(ast.parse(path.read_text(encoding="utf-8"))):
            product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
            if product or (isinstance(node, ast.Call) and words.search(f"{ast.unparse(node.func)}(")):
                found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', '')}: {ast.unparse(node)}")
    assert not found


def _outside_claims(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those inside a ``Try``, whose claim may compare a mean with a number."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Try":
            continue
        yield node
        yield from _outside_claims(node)
