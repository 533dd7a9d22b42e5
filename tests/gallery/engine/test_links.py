"""Addresses: what a front end writes, it reads back; what it cannot read, it names."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.engine.links import RESERVED, api_name, embed_snippet, page_link, read_state

NAMES = st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True).filter(lambda name: name not in RESERVED)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def query_of(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link).query, keep_blank_values=True, strict_parsing=bool(urlsplit(link).query))


def test_the_front_page_and_defaults_have_bare_addresses() -> None:
    assert page_link("") == "/"
    assert page_link("o-gan") == "/o-gan"
    assert page_link("o-gan", base="https://example.org/gallery/") == "https://example.org/gallery/o-gan"


def test_a_link_reads_as_a_reader_expects() -> None:
    link = page_link("o-gan", "play", {"n": "3", "at": "0.3,-1"}, lang="en", theme="dark", embed=True)
    assert link == "/o-gan?tab=play&lang=en&theme=dark&embed=true&n=3&at=0.3,-1"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    tab=st.none() | NAMES, values=st.dictionaries(NAMES, VALUES, max_size=5), lang=st.sampled_from(["zh", "en"]),
    theme=st.sampled_from(["light", "dark"]), embed=st.booleans(),
)  # fmt: skip
def test_every_state_comes_back_from_its_link(tab, values, lang, theme, embed) -> None:
    state = read_state(query_of(page_link("some-page", tab, values, lang, theme, embed)))
    assert state == (tab, lang, theme, embed, values, [])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.text(max_size=6) | st.sampled_from(RESERVED), st.text(max_size=9) | st.lists(st.text(max_size=5), max_size=3)
    )
)
def test_reading_never_fails(query) -> None:
    state = read_state(query)
    assert state.lang in ("zh", "en")
    assert state.theme in ("light", "dark")
    assert isinstance(state.embed, bool)
    assert not set(RESERVED) & set(state.values)


def test_a_bad_value_gives_the_default_and_is_named() -> None:
    state = read_state({"lang": "fr", "theme": "sepia", "embed": "maybe", "n": "3"})
    assert (state.lang, state.theme, state.embed, state.values) == ("zh", "light", False, {"n": "3"})
    assert [problem.message("en") for problem in state.problems] == [
        "lang = fr: must be one of zh | en",
        "theme = sepia: must be one of light | dark",
        "embed = maybe: must be true or false",
    ]


def test_of_a_parameter_given_twice_the_last_counts() -> None:
    assert read_state({"lang": ["zh", "en"], "n": ["1", "2"], "m": []}).values == {"n": "2", "m": ""}
    assert read_state({"lang": ["zh", "en"]}).lang == "en"


def test_no_input_may_take_a_name_of_the_house() -> None:
    with pytest.raises(ValueError, match="an input may not be called lang"):
        page_link("o-gan", values={"lang": "en"})


def test_the_endpoint_has_the_pages_name() -> None:
    assert api_name("o-gan", "phase-plane") == "/o_gan_phase_plane"


@pytest.mark.parametrize("title", ["O-GAN", '"><script>alert(1)</script>', "a & b's"])
def test_what_embeds_a_page_is_one_element_with_its_address_and_title(title: str) -> None:
    address = page_link("o-gan", "play", {"n": "3", "name": 'a"b<c'}, lang="en", embed=True, base="https://example.org")
    snippet = embed_snippet(address, title)
    found: list[tuple[str, dict[str, str | None]]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))  # type: ignore[method-assign]
    reader.feed(snippet)
    ((tag, attributes),) = found
    assert (tag, attributes["src"], attributes["title"], attributes["loading"]) == ("iframe", address, title, "lazy")
    assert read_state(query_of(address)).embed
