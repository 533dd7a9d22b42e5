"""Inputs that depend on one another: an option that others rule out is refused everywhere, and old links still lead somewhere."""

from __future__ import annotations

from typing import Any

import pytest

from core.data import datasets
from gallery.engine.catalog import catalog
from gallery.fields import Choice
from gallery.inputs import InputError, choice, fields, parse, parse_link
from gallery.page import Tab, t
from tests.conftest import every_tab

O_GAN = catalog()["o-gan"].page


class Dependent(Tab):
    """An option of ``source`` that one model alone has."""

    slug = "dependent"
    model: str = choice("a", {"a": t("甲", "A"), "b": t("乙", "B")}, label=t("模型", "Model"))
    source: str = choice(
        "any",
        {"any": t("任意", "Any"), "own": t("自带", "Own")},
        label=t("来源", "Source"),
        only_when={"own": {"model": "b"}},
    )


def test_an_option_is_had_with_the_values_it_needs_alone() -> None:
    assert parse(Dependent, {"model": "b", "source": "own"}).source == "own"
    with pytest.raises(InputError) as refused:
        parse(Dependent, {"source": "own"})
    (problem,) = refused.value.problems
    assert problem.told("en") == "Source = own: beside these other inputs it must be one of Any"
    assert problem.told("zh") == "来源 = own：在其他输入的这些值下，应为 任意 之一"
    inputs, problems = parse_link(Dependent, {"source": "own", "model": "a"})
    assert (inputs.model, inputs.source) == ("a", "any") and [p.name for p in problems] == ["source"]


def test_a_form_goes_to_the_first_option_that_is_left() -> None:
    field = fields(Dependent)["source"]
    assert isinstance(field, Choice)
    assert field.nearest("own", {"model": "a"}) == "any" and field.nearest("own", {"model": "b"}) == "own"
    assert field.available({"model": "a"}) == ["any"]


@pytest.mark.parametrize(("entry", "tab"), every_tab())
def test_what_depends_is_declared_on_inputs_that_are_there_and_stand_before(entry: Any, tab: type[Tab]) -> None:
    names = list(fields(tab))
    for name, field in fields(tab).items():
        for condition in (field.only_when if isinstance(field, Choice) else {}).values():
            assert set(condition) <= set(names[: names.index(name)]), "a form draws from top to bottom"
        if isinstance(field, Choice):
            assert set(field.only_when) <= set(field.options)
            for other in names:
                if isinstance(chosen := fields(tab)[other], Choice):
                    for option in chosen.options:
                        assert field.available({**tab().model_dump(), other: option}), "something is always left"


@pytest.mark.parametrize("model", ["portraits", "cats"])
def test_digits_are_drawn_for_digits_alone(model: str) -> None:
    tab = O_GAN.tab("reconstruct")
    assert parse(tab, {"model": "digits", "source": "sketch"})
    with pytest.raises(InputError, match="source = sketch"):
        parse(tab, {"model": model, "source": "sketch"})


def test_held_out_pictures_are_offered_where_they_can_be_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv(datasets.FOLDER_VARIABLE, raising=False)
    assert [datasets.has_held_out(n) for n in ("toonfaces64", "mnist28", "cats64")] == [True, True, False]
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "cats64.npz").touch()
    assert [datasets.has_held_out(n) for n in ("toonfaces64", "mnist28", "cats64")] == [False, False, True]


@pytest.mark.parametrize(
    ("tab", "old", "name"),
    [
        ("interpolate", {"left": "picture", "left_picture": "example:digit-4"}, "left_digit"),
        ("interpolate", {"right": "picture", "right_picture": "crop:1,2,20@example:digit-6"}, "right_digit"),
        ("reconstruct", {"picture": "example:digit-9"}, "digit"),
        ("neighbours", {"picture": "example:digit-0"}, "digit"),
    ],
)
def test_links_of_when_one_input_held_all_pictures_still_open(tab: str, old: dict[str, str], name: str) -> None:
    inputs, problems = parse_link(O_GAN.tab(tab), {"model": "digits", **old})
    assert not problems
    assert inputs.to_link()[name] == next(v for v in old.values() if "digit" in v)
