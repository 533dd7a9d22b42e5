"""The text pages beyond what every page promises: hostile text, unknown characters told, drafts that grow, larger models offline."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from core.refusal import Refusal
from core.text.machines import offered
from gallery.engine.catalog import catalog
from gallery.engine.runner import Failed, Finished, run_tab
from gallery.inputs import InputError, labels, parse, parse_link
from gallery.page import Say, Tab
from pages.text import cloze, dgcnn, gpt2, mlm_dropout, poem_vae

HOSTILE = ("<script>alert(1)</script>", "床前\u202e光明月\u202c", "👨‍👩‍👧‍👦🀄", "床\u0301\u0302前", "مرحبا 床前 שלום", "=cmd|' /C'!A0", "$\\frac{1}{0}$ `x` **y**", "𠮷野家", "\uff21\uff22\uff11")  # fmt: skip


def ran(slug: str, tab: str, lang: Any = "en", **values: Any) -> Any:
    entry = next(entry for entry in catalog() if entry.slug == slug)
    return list(run_tab(slug, parse(entry.page.tab(tab), values), lang))[-1]


def shown(tab: Tab, lang: str = "en") -> Mapping[str, Any]:
    """What the tab shows in the end."""
    result = tab.compute()
    *_, last = result if hasattr(result, "__next__") else [result]
    return tab.show(last, Say(lang))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(("slug", "tab", "name"), [("gpt2", "write", "beginning"), ("gpt2", "next", "text"), ("gpt2", "acrostic", "heads"), ("poem-vae", "near", "couplet_5")])  # fmt: skip
def test_any_text_ends_in_an_answer_or_in_a_refusal_that_names_it(slug: str, tab: str, name: str, text: str) -> None:
    text = text[:8] if name == "heads" else text[:20] if slug == "poem-vae" else text
    last = ran(slug, tab, **{name: text})
    if isinstance(last, Failed):
        label = labels(next(entry for entry in catalog() if entry.slug == slug).page.tab(tab))[name]
        assert last.expected and last.message.en.startswith(label.en) and last.message.zh.startswith(label.zh)
    else:
        assert isinstance(last, Finished)


def test_control_characters_and_length_are_refused_by_the_form() -> None:
    for value in ("床\x00前", "床" * 61):
        with pytest.raises(InputError, match="beginning"):
            parse(gpt2.Write, {"beginning": value})


@pytest.mark.parametrize(
    ("tab", "name", "most"),
    [(gpt2.Layers, "text", 32), (gpt2.Silence, "text", 60), (cloze.Fill, "text", 1200), (mlm_dropout.Fill, "text", 240), (dgcnn.Ask, "query", 60)],
)  # fmt: skip
def test_a_text_too_long_in_a_link_is_told_by_its_label(tab: type[Tab], name: str, most: int) -> None:
    """The default stands in its place, and the reader is told so, with the length that would do."""
    inputs, (problem,) = parse_link(tab, {name: "床" * (most + 1)})
    assert getattr(inputs, name) == getattr(tab(), name)
    told = problem.told("zh")
    assert labels(tab)[name].zh in told and str(most) in told


def test_a_question_in_english_is_told_that_the_network_reads_chinese() -> None:
    for tab in (dgcnn.Ask, dgcnn.Doors):
        assert "no Chinese character" in shown(tab(source="moon", question_moon="Who landed?"))["note"]
        assert "no Chinese character" not in shown(tab())["note"]


def test_what_is_left_out_is_told_by_the_inputs_label_and_as_code() -> None:
    assert "Beginning `😀`" in shown(gpt2.Write(beginning="床前😀", count=1))["note"]
    assert shown(gpt2.Next(text="床前`Ωa月"), "zh")["note"].endswith("一段文字 `' Ω`")


def test_traditional_characters_are_understood() -> None:
    simple, traditional = (
        shown(gpt2.Next(text=text))["text"].passages[0].text for text in ("国破山河在", "國破山河在")
    )
    assert simple == traditional == "国破山河在"


def test_drafts_grow_by_a_character_at_a_time() -> None:
    tab = gpt2.Write(count=2)
    values = [tab.show(sheet, Say("zh")) for sheet in tab.compute()]
    sizes = [len(v["drafts"].passages[0].text.replace("\n", "")) for v in values]
    assert sizes[0] == 3 and all(0 <= b - a <= 1 for a, b in itertools.pairwise(sizes))
    assert "正在写" in values[0]["drafts"].passages[0].caption
    assert "正在写" not in values[-1]["drafts"].passages[0].caption and values[-1]["note"].startswith("**2 份里")


def test_what_cannot_be_shown_is_not_offered_and_a_link_to_it_says_so() -> None:
    """Prose and qu of the small model make no sense: they are read, not written."""
    for form in ("novel", "essay", "qu"):
        inputs, (problem,) = parse_link(gpt2.Write, {"form": form, "title": "红楼梦"})
        assert (inputs.form, inputs.title) == ("wujue", "红楼梦") and problem.name == "form" and form in problem.value
        assert parse(gpt2.Next, {"form": form}).form == form


def test_a_ci_says_whether_its_tune_is_known() -> None:
    known, other = (
        gpt2.Write(form="ci", title=title, beginning="", count=1, longest=20) for title in ("菩萨蛮", "夜思")
    )
    assert shown(known)["note"].startswith("**菩萨蛮: 8 lines, 44 characters; 1 of 1 drafts have them.**")
    assert shown(known)["drafts"].passages[0].caption.startswith("form: yes")
    assert (
        shown(other)["note"].startswith("**No known tune") and "form" not in shown(other)["drafts"].passages[0].caption
    )


def test_an_acrostic_says_to_which_form_it_moved() -> None:
    moved = shown(gpt2.Acrostic(heads="平安喜乐万事", count=1))["note"]
    assert moved.startswith("**6 characters need 6 lines and a qijue has 4: a qilü is written.**")
    assert "need" not in shown(gpt2.Acrostic(count=1))["note"]


def test_a_larger_model_offline_says_so_and_the_bundled_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    last = ran("gpt2", "larger", checkpoint="lyric")
    assert isinstance(last, Failed) and "bundled model goes on working" in last.message.en
    assert isinstance(ran("gpt2", "larger"), Finished)


def test_the_probability_kept_is_that_of_the_filters() -> None:
    one, everything = gpt2.Next(top_k=1), gpt2.Next(top_k=0, top_p=1.0)
    assert one.compute().following.count == 1
    assert everything.compute().following.mass == pytest.approx(1, abs=1e-4)


def test_a_head_is_titled_by_where_it_looks() -> None:
    tab = gpt2.Attention(layer=5, head=4)
    result = tab.compute()
    (first, most), *_ = result.ranked(5, 4)
    title = tab.show(result, Say("en"))["one"].layout.meta["title"]
    assert first == "before" and title.startswith(f"Layer 5, head 4: {most:.0%} on the character before")


def test_a_machine_is_offered_by_its_card_and_what_is_missing_is_explained() -> None:
    assert set(poem_vae.OFFERED) == {str(line) for line in offered()}
    why = poem_vae._why()
    assert (why is None) == (set(offered()) == {5, 7})
    assert why is None or ("30%" in why.en and "七言" in why.zh)


def test_cosines_are_called_cosines() -> None:
    tab = poem_vae.Near()
    result = tab.compute()
    table = tab.show(result, Say("en"))["real"]
    (heading,) = [name for name in table.columns if name.startswith("cosine")]
    assert list(table.columns[heading]) == list(result.cosines) and f"{result.spread:.2f}" in heading


@pytest.mark.parametrize(("tab", "name", "value"), [(gpt2.Acrostic, "heads", "ab"), (gpt2.Next, "text", "😀"), (poem_vae.Near, "couplet_5", "春"), (poem_vae.Walk, "end_5", "春"), (poem_vae.NotGan, "start_5", "春")])  # fmt: skip
def test_refusals_name_the_input_in_both_languages(tab: type[Tab], name: str, value: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse(tab, {name: value}).compute()
    assert caught.value.input == name and caught.value.zh != caught.value.en


@pytest.mark.parametrize("slug", ["library", "place", "bound"])
def test_a_library_of_ones_own_is_shelved(slug: str) -> None:
    """The rows that a reader finds there, as the form sends them: a table's numbers are real ones."""
    assert isinstance(ran("min-entropy", slug, library="own"), Finished)
