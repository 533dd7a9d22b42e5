"""What the page shows of the library: a step of the film, one book put by hand, and S against its bound by dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.refusal import Refusal
from core.text.min_entropy.costs import SOFTMAX, conditional_entropy, distances, exact, softmax_cost
from core.text.min_entropy.naming import clear
from core.text.min_entropy.records import NO_TOPIC, Records
from core.text.min_entropy.shelving import START, Film, cost_of, costs_at, fitted, nearest, shelve

__all__ = ["Bounds", "Placed", "Shelf", "bounds", "by_hand", "correlation", "shelved"]

PAIRS = 12  # of those borrowed together most often, drawn as lines
MAP = 57  # places along each axis of the map of S
VIEW = 1.25  # half the side of the plane shown, in units of the farthest book of the optimum
TOUCH = 1e-6  # relative: nearer than d_min by less than this is rounding
DIMENSIONS = (1, 2, 3, 5, 8, 12, 16, 24)  # and the number of books
WIGGLE = 0.05  # standard deviation of what is added to a solution of fewer dimensions, where the next begins
LETTER, LINE = 6.5, 17.0  # pixels: width of a Latin letter (a Chinese character has two) and height of a line
PLANE, ON_MAP = 265.0, 176.0  # pixels: side of the plane on a phone, alone and with a scale beside it
RISE = 0.056  # of the plane's side: how far a title is above its book
WIDE = 310.0  # pixels: side of the plane on a wide window, at least, where titles must cover no book
CLEAR = 0.03  # of the plane's side: what is left free above and below a title
LEVEL = 1e-6  # relative: two values of S that are told as the same
DARK = 0.8  # of the map's places have a lower S than its darkest colour
DRAWN = 1e-5  # nats: smaller gaps are not drawn, they are how far the search went
LONG = 400  # iterations of L-BFGS at each number of dimensions
BOUNDED = tuple(kind for kind in SOFTMAX if kind != "pair")


@dataclass(frozen=True)
class Shelf:
    """One moment of the optimisation: ``frame`` of ``film``, of ``records``."""

    records: Records
    film: Film
    frame: int

    @property
    def places(self) -> np.ndarray:
        """[N, 2] now."""
        return self.film.places[self.frame]

    @property
    def cost(self) -> float:
        """S now."""
        return float(self.film.costs[self.frame])

    @property
    def least(self) -> float:
        """The least distance between two books now."""
        return nearest(self.places)

    @property
    def correlation(self) -> float:
        """Spearman's rank correlation of popularity and distance from the door now; NaN where either is the same for all."""
        return correlation(self.records.popularity, self.places)

    @property
    def together(self) -> tuple[float, float]:
        """Share of books with a topic whose nearest neighbour (of those with one) has the same, and what chance would give; NaN without topics."""
        topic = self.records.topic
        has = topic != NO_TOPIC
        if not has.any():
            return float("nan"), float("nan")
        far = distances(self.places[has])
        np.fill_diagonal(far, np.inf)
        same = topic[has][:, None] == topic[has][None]
        chance = (same.sum(1) - 1) / (len(same) - 1)
        return float(same[np.arange(len(same)), far.argmin(1)].mean()), float(chance.mean())

    @property
    def in_order(self) -> float:
        """Share of neighbouring pairs of the list that are each other's nearest or second nearest: 1 where the books form a line in order."""
        far = distances(self.places)
        np.fill_diagonal(far, np.inf)
        close = far <= np.sort(far, 1)[:, 1:2]
        rows = np.arange(len(far) - 1)
        return float((close[rows, rows + 1] & close[rows + 1, rows]).mean())

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of books borrowed together most often."""
        return _pairs(self.records)

    @property
    def drawn(self) -> np.ndarray:
        """The places in units of the farthest book of the optimum, but as they are for the walk, which has a length."""
        return self.places if self.film.kind == "walk" else self.places / _unit(self.film.optimum)

    @property
    def named(self) -> list[int]:
        """The books whose titles are written, the more popular first."""
        return _named(self.records, self.drawn, 2 * self.reach, PLANE)

    @property
    def rise(self) -> float:
        """How far above a book its title is, in the same units."""
        return RISE * 2 * self.reach

    @property
    def reach(self) -> float:
        """Half the side of the plane that is shown, in the same units, the same at every moment."""
        if self.film.kind != "walk":
            return VIEW
        return max(VIEW * _unit(self.film.optimum), float(np.abs(self.film.places[0]).max()))

    @property
    def fallen(self) -> float:
        """The share of the way from the first S to the last that is behind."""
        first, last = self.film.costs[0], self.film.costs[-1]
        return float((first - self.cost) / (first - last)) if first > last else 1.0


@dataclass(frozen=True)
class Placed:
    """The optimum with one ``book`` at ``place``: ``cost`` beside ``optimum``.

    Where the walk has no room there, it changes places with the nearest book, ``exchanged`` (−1: with none), or goes back to its own
    gap, if that is nearest. ``landscape`` [M, M] is S with the book anywhere on ``axis`` × ``axis``, and ``places`` [N, 2] are all
    books now. Places are in units of the farthest book of the optimum, ``unit``.
    """

    records: Records
    film: Film
    book: int
    place: tuple[float, float]
    cost: float
    optimum: float
    exchanged: int
    unit: float
    axis: np.ndarray
    landscape: np.ndarray
    places: np.ndarray

    @property
    def home(self) -> tuple[float, float]:
        """Where the optimum has the book."""
        x, y = self.film.optimum[self.book] / self.unit
        return float(x), float(y)

    @property
    def named(self) -> list[int]:
        """The other books whose titles are written, the more popular first."""
        return [k for k in _named(self.records, self.places, 2 * VIEW, ON_MAP) if k != self.book]

    @property
    def rise(self) -> float:
        """How far above a book its title is, in the same units."""
        return RISE * 2 * VIEW

    @property
    def returned(self) -> bool:
        """Whether the book is in its own place again."""
        return bool(np.abs(self.places[self.book] - self.home).max() < TOUCH)

    @property
    def other_books(self) -> np.ndarray:
        """Their numbers."""
        return np.delete(np.arange(len(self.records.titles)), self.book)

    @property
    def tied(self) -> bool:
        """Whether S is that of the optimum, to within LEVEL."""
        return abs(self.cost - self.optimum) <= LEVEL * max(self.optimum, 1.0)

    @property
    def beaten(self) -> bool:
        """Whether the reader's place is better than the optimum found."""
        return not self.tied and self.cost < self.optimum

    @property
    def ceiling(self) -> float:
        """S from which the map has its darkest colour."""
        return float(np.quantile(self.landscape, DARK))

    @property
    def excess(self) -> float:
        """How much S is above the optimum, as a share of it."""
        return self.cost / self.optimum - 1 if self.optimum else float("inf") if self.cost else 0.0


@dataclass(frozen=True)
class Bounds:
    """S of each cost of BOUNDED [costs, dimensions] by number of ``dimensions``, as far as computed (NaN beyond), and the bound H(J|I).

    ``constructed`` is S of the vectors made without a search, of the costs for which there is a construction.
    """

    books: int
    dimensions: np.ndarray
    costs: np.ndarray
    bound: float
    independent: float
    constructed: dict[str, float]

    kinds = BOUNDED

    @property
    def done(self) -> float:
        """The share computed."""
        return float(np.isfinite(self.costs).mean())

    @property
    def gaps(self) -> np.ndarray:
        """S − H(J|I) [costs, dimensions], in nats."""
        return self.costs - self.bound

    @property
    def drawn_gaps(self) -> np.ndarray:
        """The same, NaN where it is less than DRAWN."""
        return np.where(self.gaps < DRAWN, np.nan, self.gaps)

    def gap(self, kind: str) -> float:
        """The gap at the most dimensions computed so far."""
        row = self.gaps[self.kinds.index(kind)]
        known = row[np.isfinite(row)]
        return float(known[-1]) if len(known) else float("nan")

    def enough(self, kind: str, gap: float) -> int:
        """The least number of dimensions with a gap below ``gap``; 0 where none has."""
        row = self.gaps[self.kinds.index(kind)]
        below = np.flatnonzero(row < gap)
        return int(self.dimensions[below[0]]) if len(below) else 0


def correlation(popularity: np.ndarray, places: np.ndarray) -> float:
    """Spearman's rank correlation of popularity [N] and distance from the origin of places [N, 2]."""
    radius = np.round(np.sqrt((places * places).sum(1)), 9)
    if len(np.unique(radius)) == 1 or len(np.unique(popularity)) == 1:
        return float("nan")
    ranks = rankdata(popularity), rankdata(radius)
    return float(np.corrcoef(*ranks)[0, 1])


def shelved(records: Records, kind: str, least: float, percent: int, seed: int) -> Shelf:
    """The optimisation of ``records`` at ``percent`` of its recorded steps."""
    film = shelve(records, kind, least, seed)
    return Shelf(records, film, round(percent / 100 * (len(film.steps) - 1)))


def by_hand(
    records: Records, kind: str, least: float, rank: int, place: tuple[float, float], seed: int
) -> Placed:  # fmt: skip
    """The optimum with the book of the ``rank``-th largest popularity (1 the largest) at ``place``.

    ``place`` is in units of the farthest book of the optimum. Raises Refusal where there are fewer books.
    """
    count = len(records.titles)
    if rank > count:
        raise Refusal(f"只有 {count} 本书；应为 1 到 {count}", f"there are {count} books: must be 1 to {count}", input="rank", value=rank)  # fmt: skip
    p, film = records.joint, shelve(records, kind, least, seed)
    book = int(np.argsort(-records.popularity, kind="stable")[rank - 1])
    optimum = film.optimum
    unit = _unit(optimum)
    axis = np.linspace(-VIEW, VIEW, MAP)
    tried = np.concatenate([np.array(place)[None], np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)]) * unit
    costs = costs_at(kind, p, optimum, book, tried)
    seat = np.full(len(tried), -1)  # whose place it takes where it has no room of its own
    if kind == "walk":
        far = np.sqrt(((tried[:, None] - optimum[None]) ** 2).sum(2))
        seat = np.where(np.delete(far, book, 1).min(1) < least * (1 - TOUCH), far.argmin(1), -1)
        swapped = np.array([cost_of(kind, p, _exchanged(optimum, book, other)) for other in range(count)])
        costs = np.where(seat >= 0, swapped[seat], costs)
    places = optimum.copy()
    if seat[0] >= 0:
        places = _exchanged(optimum, book, int(seat[0]))
    else:
        places[book] = tried[0]
    with_whom = -1 if seat[0] == book else int(seat[0])
    return Placed(
        records, film, book, place, float(costs[0]), cost_of(kind, p, optimum), with_whom, unit, axis,
        costs[1:].reshape(MAP, MAP), places / unit,
    )  # fmt: skip


def _exchanged(places: np.ndarray, one: int, other: int) -> np.ndarray:
    found = places.copy()
    found[[one, other]] = found[[other, one]]
    return found


def _named(records: Records, places: np.ndarray, side: float, pixels: float) -> list[int]:
    """The books whose titles find room in a plane that is ``side`` wide and so many ``pixels`` on a phone."""
    order = np.argsort(-records.popularity, kind="stable")
    letters = [max(2 * len(zh), len(en)) for zh, en in records.titles]
    boxes = np.array([[LETTER * n + LINE / 2, LINE] for n in letters]) * side / pixels
    return clear(
        places, order, boxes, boxes * min(1.0, pixels / WIDE) + [0, CLEAR * side], RISE * side, np.zeros((1, 2))
    )


def _unit(optimum: np.ndarray) -> float:
    return max(float(np.abs(optimum).max()), 1e-3)


def bounds(records: Records, seed: int) -> Iterator[Bounds]:
    """S of every cross-entropy at more and more dimensions, each from a random start and from the solution before."""
    p, count = records.joint, len(records.titles)
    dimensions = np.array(sorted({*(d for d in DIMENSIONS if d < count), count}))
    costs = np.full((len(BOUNDED), len(dimensions)), np.nan)
    bound = conditional_entropy(p)
    made = {kind: softmax_cost(kind, p, exact(kind, p)) for kind in ("euclid", "inner")}
    popular = records.popularity
    free = popular[None] / (1 - popular[:, None])
    independent = -float((p[p > 0] * np.log(np.broadcast_to(free, p.shape)[p > 0])).sum())
    for row, kind in enumerate(BOUNDED):
        rng = np.random.default_rng(seed)
        x = np.zeros((count, 0))
        for column, d in enumerate(dimensions):
            before = np.concatenate([x, np.zeros((count, d - x.shape[1]))], 1)  # the solution before, in more room
            starts = [START * rng.normal(size=(count, d))]
            if column:
                starts.append(before + WIGGLE * rng.normal(size=(count, d)))
            tried = [fitted(kind, p, start, LONG) for start in starts] + [before] * bool(column)
            found = [softmax_cost(kind, p, one) for one in tried]
            x, costs[row, column] = tried[int(np.argmin(found))], min(found)
            yield Bounds(count, dimensions, costs.copy(), bound, independent, made)


def _pairs(records: Records) -> list[tuple[int, int]]:
    above = np.triu_indices(len(records.titles), 1)
    many = records.counts[above]
    order = np.argsort(-many, kind="stable")[:PAIRS]
    return [(int(above[0][k]), int(above[1][k])) for k in order if many[k] > 0]
