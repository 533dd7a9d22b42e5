"""Films: a frame an evaluation, also where two of them are alike."""

from __future__ import annotations

import pytest

from core.films import film
from core.weights import cards

FILMS = [name for name, card in cards().items() if {"film.webp", "log.csv"} <= {file.path for file in card.extras}]


@pytest.mark.parametrize("name", FILMS)
def test_a_film_has_a_frame_for_every_row_of_its_log(name: str) -> None:
    found = film(name)
    assert len(found.frames) == len(found.record["step"])
    assert found.steps in found.record["step"]
