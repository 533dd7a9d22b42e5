"""The text pages beyond what every page promises: hostile text, unknown characters told, drafts that grow, larger models offline."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from gallery.catalog import catalog
from gallery.inputs import InputError, parse
from gallery.outputs import Texts
from gallery.runner import Failed, Finished, run_tab
from pages.text import gpt2, poem_vae

HOSTILE = ("<script>alert(1)</script>", "床前\u202e光明月\u202c", "👨‍👩‍👧‍👦🀄", "床\u0301\u0302前", "مرحبا 床前 שלום", "=cmd|' /C'!A0", "$\\frac{1}{0}$ `x` **y**", "𠮷野家", "\uff21\uff22\uff11")  # fmt: skip


def of(slug: str) -> Any:
    return next(entry for entry in catalog() if entry.slug == slug)


def ran(slug: str, tab: str, lang: Any = "en", **values: Any) -> Any:
    page = of(slug).page
    chosen = page.tab(tab)
    return list(run_tab(slug, chosen, parse(chosen.inputs, values), lang))[-1]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(("slug", "tab", "name"), [("gpt2", "write", "beginning"), ("gpt2", "next", "text"), ("gpt2", "acrostic", "heads"), ("poem-vae", "near", "couplet_5")])  # fmt: skip
def test_any_text_ends_in_an_answer_or_in_a_refusal_that_names_it(slug: str, tab: str, name: str, text: str) -> None:
    text = text[:8] if name == "heads" else text[:20] if slug == "poem-vae" else text
    last = ran(slug, tab, **{name: text})
    if isinstance(last, Failed):
        assert last.expected and last.message.en.startswith(name)
    else:
        assert isinstance(last, Finished)


def test_control_characters_and_length_are_refused_by_the_form() -> None:
    for value in ("床\x00前", "床" * 61):
        with pytest.raises(InputError, match="beginning"):
            parse(gpt2.Write, {"beginning": value})


def test_what_is_left_out_is_told() -> None:
    assert "😀" in ran("gpt2", "write", beginning="床前😀").values["note"]
    assert "Ω" in ran("gpt2", "next", text="床前Ω月").values["note"]


def test_traditional_characters_are_understood() -> None:
    simple, traditional = (
        ran("gpt2", "next", text=text).values["text"].passages[0].text for text in ("国破山河在", "國破山河在")
    )
    assert simple == traditional == "国破山河在"


def test_drafts_grow_by_a_character_at_a_time() -> None:
    values = [u["drafts"] for u in gpt2.write(parse(gpt2.Write, {"count": 2}), "zh") if "drafts" in u]  # type: ignore[operator]
    sizes = [len(v.passages[0].text.replace("\n", "")) for v in values]
    assert sizes[0] == 3 and all(0 <= b - a <= 1 for a, b in itertools.pairwise(sizes))
    assert isinstance(values[-1], Texts) and "正在写" not in values[-1].passages[0].caption


def test_the_metre_is_told_to_hold() -> None:
    captions = [
        p.caption for p in ran("gpt2", "write", form="qilv", beginning="", metrical=True).values["drafts"].passages
    ]
    assert len(captions) == 4 and all(c.startswith("form: yes · rhyme: yes · tones 100%") for c in captions)


def test_a_larger_model_offline_says_so_and_the_bundled_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    last = ran("gpt2", "larger", checkpoint="lyric")
    assert isinstance(last, Failed) and "bundled model goes on working" in last.message.en
    assert isinstance(ran("gpt2", "larger"), Finished)


def test_the_probability_kept_is_that_of_the_filters() -> None:
    facts = {m.label: m.value for m in ran("gpt2", "next", top_k=1).values["facts"]}
    assert facts["Characters kept"] == 1
    facts = {m.label: m.value for m in ran("gpt2", "next", top_k=0, top_p=1.0).values["facts"]}
    assert facts["Probability kept"] == pytest.approx(1, abs=1e-4)


def test_a_walk_begins_and_ends_with_its_couplets_rebuilt() -> None:
    values = ran("poem-vae", "walk").values
    assert len(values["way"].passages) == 8
    back = ran("poem-vae", "walk", start_5=poem_vae.FIVE[1], end_5=poem_vae.FIVE[0]).values
    assert [p.text for p in back["way"].passages] == [p.text for p in values["way"].passages][::-1]


def test_seven_characters_have_their_own_machine() -> None:
    sheet = ran("poem-vae", "random", line="7").values["sheet"]
    assert all(len(p.text.replace("，\n", "").rstrip("。")) == 14 for p in sheet.passages)


def test_a_critic_has_no_slope() -> None:
    facts = {m.label: m.value for m in ran("poem-vae", "not-gan").values["facts"]}
    assert (
        facts["GAN: largest slope"] == 0
        and facts["VAE: mean size of the slope"] > 1
        and facts["Changes of the text"] > 2
    )


@pytest.mark.parametrize(("slug", "tab", "values"), [("gpt2", "acrostic", {"heads": "一二三四五六七"}), ("gpt2", "next", {"text": "😀"}), ("poem-vae", "near", {"couplet_5": "春"})])  # fmt: skip
def test_refusals_are_in_both_languages(slug: str, tab: str, values: dict[str, str]) -> None:
    last = ran(slug, tab, **values)
    assert isinstance(last, Failed) and last.expected
    assert "：" in last.message.zh and last.message.zh != last.message.en
