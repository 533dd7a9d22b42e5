"""Gillespie's page: what a reader is told of a network of their own."""

from __future__ import annotations

import pytest

from core.stats.gillespie import NetworkError
from gallery.fields import Upload
from gallery.page import Say
from pages.stats.gillespie import Own
from tests.core.stats.test_gillespie_sbml_meaning import Draft


def shown(tab: Own, lang: str) -> dict:
    *_, found = tab.compute()
    return dict(tab.show(found, Say(lang)))


def uploaded(draft: Draft, **values: object) -> Own:
    return Own().model_copy(
        update={"sbml": Upload("m.xml", draft.text().encode()), "runs": 20, "horizon": 3.0, **values}
    )


def test_a_reaction_that_can_never_happen_is_told_on_the_page() -> None:
    draft = (
        Draft().species("A", 0.5).species("B", 9.0).reaction({"A": 1}, {}, "A").reaction({"B": 1}, {}, "B", name="Q")
    )
    for lang, words in (("en", "1 of 2 reactions can never happen: R"), ("zh", "1 个反应从一开始就不可能发生：R")):
        slots = shown(uploaded(draft), lang)
        assert words in slots["notices"]
        assert ("see the notes below" if lang == "en" else "见下面的须知") in slots["fan"].layout.meta["title"]


def test_a_network_of_rows_is_told_of_too_and_nothing_is_said_where_all_is_well() -> None:
    tab = Own().model_copy(update={"runs": 20, "horizon": 3.0})
    assert shown(tab, "en")["notices"].startswith("Nothing:")
    bare = tab.model_copy(update={"initial": ({"species": "S", "molecules": 50.0},)})
    assert "can never happen: row 1 (needs 1 E, has 0)" in shown(bare, "en")["notices"]


def test_a_model_that_cannot_move_is_refused_in_words() -> None:
    draft = Draft().species("A", 0.5).reaction({"A": 1}, {}, "A")
    with pytest.raises(NetworkError, match="no reaction can ever happen"):
        shown(uploaded(draft), "en")


def test_a_broken_constraint_is_told_on_the_page() -> None:
    draft = Draft().species("A", 5.0).reaction({"A": 1}, {}, "A").constraint("A > 4.5")
    assert "the constraint A > 4.5 was broken in 100% of" in shown(uploaded(draft), "en")["notices"]


def test_events_are_listed_under_the_reactions_and_laws_are_the_readers_own() -> None:
    draft = Draft().species("A", 5.5).reaction({"A": 1}, {}, "A").event("A < 3", A="A + 4")
    for lang, head in (("en", "| event: when | then | delay |"), ("zh", "| 事件：当 | 则 | 延迟 |")):
        told = shown(uploaded(draft), lang)["read"]
        assert "| A → ∅ | `A` |" in told
        assert told.index(head) < told.index("| `A < 3` | `A = A + 4` |")
    assert "event" not in shown(Own().model_copy(update={"runs": 20, "horizon": 3.0}), "en")["read"]
