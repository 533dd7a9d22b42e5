"""The best cut of a text into words: by hand, against all cuts, and where cuts are equally good."""

from __future__ import annotations

import itertools
import math

import numpy as np

from core.text.segmenting import best_cut


def test_the_best_cut_is_the_one_worked_out_by_hand() -> None:
    """研究/生命 has log p = log(0.3 · 0.3) = −2.41; 研究生/命 has log(0.4 · 0.1) = −3.22: the longest word first is not the best."""
    p = {"研究": 0.3, "研究生": 0.4, "生命": 0.3, "命": 0.1}
    log_p = {word: math.log(value) for word, value in p.items()}
    assert best_cut("研究生命", log_p.get, 3, -20.0) == ["研究", "生命"]
    log_p["命"] = math.log(0.3)  # now 研究生/命 has log(0.4 · 0.3), which is more than log(0.3 · 0.3)
    assert best_cut("研究生命", log_p.get, 3, -20.0) == ["研究生", "命"]


def test_no_cut_of_any_text_is_better() -> None:
    """All 2^(n−1) cuts of random texts of eight letters, n words of random probability, unknown letters among them."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        words = {"".join(rng.choice(list("abc"), rng.integers(1, 4))) for _ in range(8)}
        log_p = {word: float(rng.uniform(-9, -1)) for word in words}
        text = "".join(rng.choice(list("abcd"), 8))

        def value(pieces: list[str], log_p: dict[str, float] = log_p) -> float:
            return sum(log_p.get(one, -12.0 if len(one) == 1 else -math.inf) for one in pieces)

        cuts = (
            [text[a:b] for a, b in itertools.pairwise([0, *inner, len(text)])]
            for count in range(len(text))
            for inner in itertools.combinations(range(1, len(text)), count)
        )
        found = best_cut(text, log_p.get, 3, -12.0)
        assert "".join(found) == text
        assert math.isclose(value(found), max(map(value, cuts)), rel_tol=1e-12)


def test_unknown_characters_stand_alone_and_equal_cuts_end_with_the_longest_word() -> None:
    assert best_cut("猫狗", {}.get, 4, -5.0) == ["猫", "狗"]
    assert best_cut("", {}.get, 4, -5.0) == []
    equal = {"甲": -1.0, "乙丙": -2.0, "甲乙": -2.0, "丙": -1.0}
    assert best_cut("甲乙丙", equal.get, 2, -9.0) == ["甲", "乙丙"]
    assert best_cut("甲乙", {"甲乙": -1.0}.get, 1, -5.0) == ["甲", "乙"], "no word is longer than the longest"
