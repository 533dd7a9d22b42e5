"""O-GAN's page: pictures follow the model, and what cannot be had is said."""

from __future__ import annotations

import pytest

from gallery.engine.runner import Failed, run_tab
from gallery.inputs import fields, parse
from gallery.page import Tab
from pages.gan import o_gan as page


@pytest.mark.parametrize("model", page.MODELS)
@pytest.mark.parametrize("tab", [page.Interpolate, page.Reconstruct, page.Neighbours])
def test_every_model_is_offered_pictures_of_its_own_kind_alone(tab: type[Tab], model: str) -> None:
    kind = {"portraits": "portrait-", "cats": "cat-", "digits": "digit-"}[model]
    shown = {
        name: f for name, f in fields(tab).items() if f.kind == "image" and (f.shown_when or {}).get("model") == model
    }
    assert len(shown) == (2 if tab is page.Interpolate else 1)
    for field in shown.values():
        assert all(name.startswith(kind) for name in field.examples)  # type: ignore[attr-defined]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_model_cannot_take_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.delenv("GALLERY_DATA", raising=False)
    for tab, given, words in (
        (page.Interpolate, {"right": "held-out"}, ("没有数据集 cats64", "cats64 is not on this machine")),
        (
            page.Reconstruct,
            {"model": "cats", "source": "sketch"},
            ("换一种来源", "choose that model or another source"),
        ),
    ):
        last = list(run_tab("o-gan", parse(tab, given), lang))[-1]  # type: ignore[arg-type]
        assert isinstance(last, Failed) and last.expected
        assert words[lang == "en"] in last.message(lang)
