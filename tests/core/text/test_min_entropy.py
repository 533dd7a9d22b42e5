"""Minimum entropy IV: costs by hand, broken copies that the checks notice, the plane, the words, and what readers may type."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.refusal import Refusal
from core.text.min_entropy import costs, descent, findings, lexicon, shelving, verification
from core.text.min_entropy.lexicon import Segmenter, merged, pairs, pieces, pruned, runs
from core.text.min_entropy.records import LIBRARIES, MOST_BOOKS, joint, of_rows, simulated
from core.text.min_entropy.shelving import COSTS, cost_of, costs_at, nearest, shelve
from core.text.min_entropy.statistics import LEVELS, Statistics, archived, parsed
from core.text.min_entropy.verification import bound, by_hand, of_words, plane
from core.text.min_entropy.views import bounds, correlation, shelved
from core.text.min_entropy.views import by_hand as placed
from tests.facts import failed, unnoticed

EVERY = (by_hand, bound, plane, of_words)


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.__name__)
def test_the_facts_hold(part: Callable) -> None:
    assert failed(part) == set()


# ---- what the checks notice -------------------------------------------------------------------------------------------


def test_a_walk_without_its_first_half_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "walk", lambda p, v: float((p * costs.distances(v)).sum()))
    assert unnoticed(by_hand, "walk") == set()


def test_a_softmax_over_the_book_itself_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_itself(scores: np.ndarray) -> np.ndarray:
        return scores - np.logaddexp.reduce(scores, 1, keepdims=True)

    monkeypatch.setattr(costs, "log_conditional", with_itself)
    assert unnoticed(by_hand, "inner product", "Euclid", "t, books") == set()


def test_a_distance_that_is_not_squared_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = costs.squared_distances
    monkeypatch.setattr(costs, "squared_distances", lambda v: np.sqrt(real(v)))
    assert unnoticed(by_hand, "Euclid", "gradient of euclid") == set()


@pytest.mark.parametrize("kind", costs.SOFTMAX)
def test_a_gradient_with_its_sign_turned_or_half_of_it_is_noticed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = costs.gradient
    for factor in (-1.0, 0.5):
        monkeypatch.setattr(
            verification, "gradient", lambda k, p, v, f=factor: (real(k, p, v)[0], f * real(k, p, v)[1])
        )
        assert unnoticed(by_hand, f"gradient of {kind}") == set()


def test_an_entropy_of_pairs_instead_of_the_second_given_the_first_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "conditional_entropy", lambda p: -float((p[p > 0] * np.log(p[p > 0])).sum()))
    assert unnoticed(bound, "H(J|I) of five", "S − H(J|I)", "inner: S of") == set()


def test_a_walk_whose_books_overlap_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelving, "projected", lambda x, least, rounds=0: x)
    assert unnoticed(plane, "least distance") == set()


def test_a_walk_that_ignores_popularity_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Books shuffled over the places: the distances are kept, the order is lost."""
    real = shelving.shelve

    def shuffled(*args: object) -> shelving.Film:
        film = real(*args)  # type: ignore[arg-type]
        mixed = np.random.default_rng(0).permutation(len(film.optimum))
        return shelving.Film(film.kind, film.steps, film.places[:, mixed], film.costs, film.bound)

    monkeypatch.setattr(verification, "shelve", shuffled)
    assert unnoticed(plane, "gained by an exchange", "rank correlation") == set()


def test_a_redundancy_rule_turned_round_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lexicon.Segmenter.log_p
    monkeypatch.setattr(lexicon.Segmenter, "log_p", lambda self, word: -real(self, word))
    assert unnoticed(of_words, "redundancy: log p") == set()


def test_a_greedy_cut_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(self: Segmenter, piece: str) -> list[str]:
        words, at = [], 0
        while at < len(piece):
            end = max((e for e in range(at + 1, at + self.longest + 1) if piece[at:e] in self.counts), default=at + 1)
            words.append(piece[at:end])
            at = end
        return words

    monkeypatch.setattr(lexicon.Segmenter, "best", greedy)
    assert unnoticed(of_words, "Viterbi") == set()


def test_a_pmi_without_the_frequencies_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon.Pairs, "pmi", lambda self, pair: math.log(self.together[pair] / self.total_pairs))
    assert unnoticed(of_words, "PMI") == set()


def test_the_weights_hold_and_random_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(verification.of_weights) == set()
    real = verification.load(verification.NAME)
    torch.manual_seed(0)
    model = type(real)(len(real.v), real.v.shape[1])
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    monkeypatch.setattr(verification, "load", lambda name: model)
    assert unnoticed(verification.of_weights, "share of the gap", "each other's world") == set()


def test_a_lexicon_of_characters_alone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verification.lexicon

    def single(level: int, least: float) -> tuple[dict[str, int], tuple]:
        return {word: n for word, n in real(level, least)[0].items() if len(word) == 1}, ()

    monkeypatch.setattr(verification, "lexicon", single)
    assert unnoticed(verification.of_weights, "known words", "a sentence cut") == set()


# ---- the library --------------------------------------------------------------------------------------------------------


def test_two_books_by_hand() -> None:
    """Symmetric, one pair: p = ½ each way; at distance 2 on either side of the door S = 1 + 2 = 3."""
    p = joint(np.array([[0, 7], [7, 0]]))
    assert p.tolist() == [[0.0, 0.5], [0.5, 0.0]]
    assert costs.walk(p, np.array([[1.0, 0.0], [-1.0, 0.0]])) == pytest.approx(3.0)
    for kind in ("euclid", "inner", "t"):  # there is but one other book: no doubt, no cost
        assert costs.softmax_cost(kind, p, np.array([[1.0, 0.0], [-1.0, 2.0]])) == pytest.approx(0.0)


@pytest.mark.parametrize("library", LIBRARIES)
def test_records_are_a_symmetric_distribution_and_follow_the_seed(library: str) -> None:
    records = simulated(library, 500, 0.8, 3)
    p = records.joint
    assert p.sum() == pytest.approx(1) and (p == p.T).all() and not np.diag(p).any() and records.borrowings == 500
    assert (records.counts == simulated(library, 500, 0.8, 3).counts).all()
    assert (records.counts != simulated(library, 500, 0.8, 4).counts).any()


@pytest.mark.parametrize("kind", COSTS)
def test_no_single_place_is_better_than_the_optimum(kind: str) -> None:
    records = simulated("topics", 2000, 0.85, 7)
    for rank in (1, 8):
        found = placed(records, kind, 1.0, rank, (0.9, -0.8), 7)
        assert found.landscape.min() >= found.optimum * (1 - 1e-6)
        assert not found.beaten


def test_a_book_put_where_another_stands_changes_places_with_it() -> None:
    records = simulated("general", 3000, 0.85, 0)
    film = shelve(records, "walk", 1.0, 0)
    unit = np.abs(film.optimum).max()
    x, y = film.optimum[5] / unit
    found = placed(records, "walk", 1.0, 1, (float(x), float(y)), 0)
    assert found.exchanged == 5
    assert np.allclose(found.places[found.book] * unit, film.optimum[5])
    assert found.cost == pytest.approx(cost_of("walk", records.joint, found.places * unit))
    home = placed(records, "walk", 1.0, 1, found.home, 0)
    assert home.returned and home.tied and home.exchanged < 0


def test_the_film_of_a_cross_entropy_never_rises() -> None:
    for kind in ("euclid", "inner", "t"):
        film = shelve(simulated("general", 3000, 0.85, 1), kind, 1.0, 1)
        assert (np.diff(film.costs) <= 1e-9).all()
        assert film.costs[-1] > film.bound


def test_every_frame_of_the_walk_keeps_the_distance() -> None:
    film = shelve(simulated("general", 3000, 0.85, 1), "walk", 0.7, 1)
    assert min(nearest(x) for x in film.places) > 0.7 * (1 - 1e-9)


def test_without_a_least_distance_all_books_go_to_the_door() -> None:
    shelf = shelved(simulated("even", 300, 0.5, 0), "walk", 0.0, 100, 0)
    assert shelf.cost == 0 and math.isnan(shelf.correlation) and not shelf.places.any()


def test_correlation_by_hand() -> None:
    places = np.array([[0.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    assert correlation(np.array([0.5, 0.3, 0.2]), places) == pytest.approx(-1)
    assert correlation(np.array([0.2, 0.3, 0.5]), places) == pytest.approx(1)
    assert math.isnan(correlation(np.ones(3), places))


def test_more_dimensions_never_cost_more_and_two_kinds_touch_the_bound() -> None:
    *_, last = bounds(simulated("course", 1000, 0.8, 2), 2)
    assert last.done == 1
    assert (np.diff(last.costs, axis=1) <= 1e-12).all() and (last.gaps > -1e-9).all()
    assert last.gap("euclid") < 1e-3 and last.gap("inner") < 1e-3 and last.gap("t") > 0.02
    assert last.independent > last.bound


def test_costs_at_many_places_are_those_of_one_at_a_time() -> None:
    p = simulated("even", 400, 0.5, 0).joint
    x = np.random.default_rng(1).normal(size=(len(p), 2))
    tried = np.random.default_rng(2).normal(size=(5, 2))
    for kind in COSTS:
        told = costs_at(kind, p, x, 4, tried)
        for place, value in zip(tried, told, strict=True):
            moved = x.copy()
            moved[4] = place
            assert value == pytest.approx(cost_of(kind, p, moved), abs=1e-12)


def test_lbfgs_solves_a_quadratic_and_a_valley() -> None:
    scale = np.array([1.0, 10.0, 100.0])
    *_, last = descent.lbfgs(lambda x: (float((scale * x * x).sum()), 2 * scale * x), np.ones(3), 100)
    assert np.abs(last.x).max() < 1e-6

    def valley(x: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = x
        return 100 * (b - a * a) ** 2 + (1 - a) ** 2, np.array(
            [-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)]
        )

    *_, last = descent.lbfgs(valley, np.array([-1.2, 1.0]), 200)
    assert last.x == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "0 books"),
        ([{"one": "甲", "other": "甲", "times": 3}], "twice"),
        ([{"one": "", "other": "乙", "times": 3}], "lacks"),
        ([{"one": "甲", "other": "乙", "times": 3}], "2 books"),
        ([{"one": "甲", "other": "乙", "times": 2.5}], "row 1 are 2.5"),
        ([{"one": a, "other": b, "times": 0.0} for a, b in ("甲乙", "乙丙")], "all times are 0"),
        ([{"one": f"书{k}", "other": f"册{k}", "times": 1} for k in range(MOST_BOOKS)], "80 books"),
    ],
)
def test_records_that_cannot_be_are_refused(rows: list, words: str) -> None:
    with pytest.raises(Refusal, match=words) as caught:
        of_rows(rows)
    assert caught.value.input == "rows"


def test_rows_are_added_up_whichever_book_comes_first() -> None:
    rows = [("甲", "乙", 2.0), ("乙", "甲", 3), ("乙", "丙", 1.0), (" 丙 ", "甲", 0.0)]  # a table gives real numbers
    records = of_rows([{"one": a, "other": b, "times": n} for a, b, n in rows])
    assert [title for title, _ in records.titles] == ["甲", "乙", "丙"]
    assert records.counts.tolist() == [[0, 5, 0], [5, 0, 1], [0, 1, 0]]


def test_a_rank_beyond_the_books_is_refused() -> None:
    with pytest.raises(Refusal, match="12 books"):
        placed(simulated("even", 300, 0.5, 0), "walk", 1.0, 13, (0.0, 0.0), 0)


# ---- words --------------------------------------------------------------------------------------------------------------


def test_runs_and_redundancy_by_hand() -> None:
    strong = frozenset({"甲乙", "乙丙"})
    assert runs(["甲乙丙甲", "丙丙甲乙"], strong) == Counter({"甲乙丙": 1, "甲": 1, "丙": 2, "甲乙": 1})
    assert merged({"甲乙丙": 2, "甲": 1}, frozenset({"甲乙"})) == Counter({"甲乙": 2, "丙": 2, "甲": 1})
    words, gone = pruned({"甲乙丙": 1, "甲乙": 50, "丙": 40, "甲": 9}, 0.0)
    assert [r.word for r in gone] == ["甲乙丙"] and gone[0].parts == ("甲乙", "丙")
    assert words == {"甲乙": 51, "丙": 41, "甲": 9}


def test_what_is_rarer_than_the_least_probability_is_no_word() -> None:
    words, _ = pruned({"甲": 98, "乙": 2}, 0.05)
    assert words == {"甲": 98}
    assert pruned({"甲": 98, "乙": 2}, 0.005, total=1000)[0] == {"甲": 98}


HOSTILE = ("", "。，！", "👨‍👩‍👧", "\u202e\u200b", "$\\frac{1}{0}$ `x` **y**", "مرحبا", "𠮷")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_without_two_characters_side_by_side_is_refused_or_found(text: str) -> None:
    if any(len(piece) > 1 for piece in pieces(text)):
        assert findings.find(text, 1.0, 2).characters > 1
    else:
        with pytest.raises(Refusal, match="side by side") as caught:
            findings.find(text, 1.0, 2)
        assert caught.value.input == "text"


def test_traditional_characters_are_turned_and_strange_ones_told() -> None:
    reading = findings.read("圖書館裡的書😀と")
    assert reading.text.startswith("图书馆里的书") and reading.turned >= 3
    assert reading.skipped == ("😀", "と")


def test_a_long_paste_is_read() -> None:
    """A long passage said twice is no word, and takes no time."""
    rng = np.random.default_rng(0)
    once = "".join(chr(0x4E00 + k) for k in rng.permutation(4900))
    found = findings.find(once + "。" + once + "。天地玄黄，天地玄黄，天地玄黄", 1.0, 2)
    assert found.characters == 9812 and [word.text for word in found.longer] == ["天地玄黄"]


def test_statistics_survive_the_archive() -> None:
    texts = list(pieces("天地玄黄天地洪荒天地"))
    counted = pairs(texts)
    levels = {level: dict(runs(texts, counted.strong(level, 0.0))) for level in LEVELS}
    kept = Statistics(counted, levels, dict.fromkeys(LEVELS, 9), ("天地", "玄黄"), np.array([[0, 3], [3, 0]]))
    again = parsed(archived(kept))
    assert again.pairs == kept.pairs or dict(again.pairs.together) == dict(counted.together)
    assert again.runs == levels and again.totals == kept.totals and again.words == kept.words
    assert (again.beside == kept.beside).all() and archived(again) == archived(kept)
