"""O-GAN's page: pictures follow the model, and what cannot be had is said."""

from __future__ import annotations

import pytest

from gallery.inputs import InputError, fields, parse
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


@pytest.mark.parametrize(
    ("tab", "given", "label", "left"),
    [
        (page.Interpolate, {"right": "held-out"}, ("右端", "Right end"), ("图片", "A picture")),
        (page.Reconstruct, {"model": "cats", "source": "sketch"}, ("来源", "From"), ("图片", "A picture")),
    ],
)
def test_a_source_that_the_model_has_not_is_refused_with_what_is_left(
    tab: type[Tab], given: dict[str, str], label: tuple[str, str], left: tuple[str, str]
) -> None:
    with pytest.raises(InputError) as refused:
        parse(tab, given)
    (problem,) = refused.value.problems
    for k, lang in enumerate(("zh", "en")):
        assert problem.told(lang).startswith(f"{label[k]} = ") and left[k] in problem.told(lang)
