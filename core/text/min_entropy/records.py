"""Borrowing records: which books are borrowed together, simulated by topics or given by the reader, and their joint distribution.

A reader borrows two different books i and j; C_ij counts how often (C symmetric, C_ii = 0). The joint distribution is
p(i, j) = (C_ij + ε) / Σ (C_ij + ε) over i ≠ j, with ε = 0.1 of a borrowing: no pair is impossible, so that every optimum is finite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from core.refusal import Refusal

__all__ = ["LIBRARIES", "MOST_BOOKS", "NO_TOPIC", "PSEUDO", "Records", "of_rows", "simulated"]

PSEUDO = 0.1  # borrowings added to every ordered pair of two books
ZIPF = 0.8  # within a topic the book of rank r is borrowed in proportion to r^-ZIPF
GENERAL = 0.3  # share of visits in which one of the two is a general book, where the library has such
NEXT = 0.85  # share of visits to a course in which the two volumes follow each other
FEWEST_BOOKS, MOST_BOOKS = 3, 40
NO_TOPIC = -1  # of a book that belongs to none
Title = tuple[str, str]

TOPICS: Mapping[str, tuple[Title, tuple[Title, ...]]] = {
    "maths": (
        ("数学", "Mathematics"),
        (("数学分析", "Analysis"), ("线性代数", "Algebra"), ("概率论", "Probability"), ("数论", "Numbers"), ("拓扑学", "Topology")),
    ),
    "novels": (
        ("小说", "Novels"),
        (("红楼梦", "Red Chamber"), ("水浒传", "Water Margin"), ("三国演义", "Three Kingdoms"), ("西游记", "Journey West"), ("聊斋志异", "Liaozhai")),
    ),
    "history": (
        ("历史", "History"),
        (("史记", "Shiji"), ("资治通鉴", "Zizhi Tongjian"), ("左传", "Zuozhuan"), ("汉书", "Hanshu"), ("明史", "Mingshi")),
    ),
    "kitchen": (
        ("厨艺", "Cooking"),
        (("家常菜", "Home dishes"), ("面点", "Pastry"), ("煲汤", "Soups"), ("烘焙", "Baking"), ("茶经", "Tea")),
    ),
}  # fmt: skip
GENERAL_BOOKS: tuple[Title, ...] = (("新华字典", "Dictionary"), ("百科全书", "Encyclopaedia"))
COURSE = 12  # volumes of one course, each borrowed with its neighbours
LIBRARIES = ("general", "topics", "course", "even")
"""Four topics with two general books; four topics alone; one course of twelve volumes; twelve books without any preference."""


@dataclass(frozen=True)
class Records:
    """``titles`` (中文, English) of N books, their ``topic`` numbers, the ``topics``' names, and ``counts`` [N, N] of pairs."""

    titles: tuple[Title, ...]
    topic: np.ndarray
    topics: tuple[Title, ...]
    counts: np.ndarray

    @cached_property
    def joint(self) -> np.ndarray:
        """p(i, j) [N, N]: symmetric, zero on the diagonal, sums to 1."""
        return joint(self.counts)

    @property
    def popularity(self) -> np.ndarray:
        """p(i) [N]."""
        return self.joint.sum(1)

    @property
    def share(self) -> np.ndarray:
        """Popularity, the most popular book's being 1 [N]."""
        return self.popularity / self.popularity.max()

    @property
    def borrowings(self) -> int:
        """How many pairs were borrowed."""
        return int(self.counts.sum()) // 2


def joint(counts: np.ndarray, pseudo: float = PSEUDO) -> np.ndarray:
    """p(i, j) of symmetric pair counts [N, N], with ``pseudo`` added to every pair of two different things."""
    p = counts.astype(float) + pseudo
    np.fill_diagonal(p, 0.0)
    return p / p.sum()


@lru_cache(maxsize=16)
def simulated(library: str, borrowings: int, focus: float, seed: int) -> Records:
    """``borrowings`` pairs of one of LIBRARIES; with probability ``focus`` both books are of one topic, else of any.

    A course has no topics: with probability ``focus`` two volumes that follow each other; ``even`` has no preference.
    """
    if library in ("course", "even"):
        return _plain(library, borrowings, focus, seed)
    shelves = list(TOPICS.values())
    titles = [title for _, books in shelves for title in books]
    topic = np.repeat(np.arange(len(shelves)), [len(books) for _, books in shelves])
    rank = np.concatenate([np.arange(1, len(books) + 1) for _, books in shelves])
    weight = rank**-ZIPF
    same = sum((_pairs(weight * (topic == k)) for k in range(len(shelves))), start=np.zeros((len(titles),) * 2))
    expected = focus * same / len(shelves) + (1 - focus) * _pairs(weight)
    if library == "general":
        extra = len(GENERAL_BOOKS)
        titles += GENERAL_BOOKS
        topic = np.append(topic, [NO_TOPIC] * extra)
        grown = np.zeros((len(titles),) * 2)
        grown[:-extra, :-extra] = (1 - GENERAL) * expected
        beside = np.outer(weight / weight.sum(), np.full(extra, 1 / extra)) * GENERAL / 2
        grown[:-extra, -extra:], grown[-extra:, :-extra] = beside, beside.T
        expected = grown
    names = tuple(name for name, _ in shelves)
    return Records(tuple(titles), topic, names, _drawn(expected, borrowings, seed))


def _plain(library: str, borrowings: int, focus: float, seed: int) -> Records:
    every = _pairs(np.ones(COURSE))
    if library == "course":
        following = np.eye(COURSE, k=1) + np.eye(COURSE, k=-1)
        expected = focus * following / following.sum() + (1 - focus) * every
        titles = tuple((f"第 {k} 册", f"Vol. {k}") for k in range(1, COURSE + 1))
    else:
        expected = every
        titles = tuple((f"书 {k}", f"Book {k}") for k in range(1, COURSE + 1))
    return Records(titles, np.full(COURSE, NO_TOPIC), (), _drawn(expected, borrowings, seed))


def _pairs(weight: np.ndarray) -> np.ndarray:
    """The distribution of an ordered pair of two different books drawn by ``weight`` one after the other, made symmetric."""
    p = weight / weight.sum()
    found = np.outer(p, p) / (1 - p)[:, None]
    np.fill_diagonal(found, 0.0)
    return (found + found.T) / 2


def _drawn(expected: np.ndarray, borrowings: int, seed: int) -> np.ndarray:
    """Symmetric counts of ``borrowings`` unordered pairs."""
    above = np.triu_indices(len(expected), 1)
    p = expected[above]
    drawn = np.random.default_rng(seed).multinomial(borrowings, p / p.sum())
    counts = np.zeros(expected.shape, int)
    counts[above] = drawn
    return counts + counts.T


def of_rows(rows: Sequence[Mapping[str, object]], input: str = "rows") -> Records:
    """The reader's records: rows of two ``book`` names and how many ``times`` they were borrowed together.

    Raises Refusal where a row names one book twice, has an empty name or times that are no whole number, for fewer than three or more
    than MOST_BOOKS books, and where nothing was borrowed.
    """
    times: dict[tuple[str, str], int] = {}
    order: dict[str, int] = {}
    for k, row in enumerate(rows, 1):
        one, other = (" ".join(str(row[key]).split()) for key in ("one", "other"))
        if not one or not other:
            raise Refusal(f"第 {k} 行缺一本书的名字", f"row {k} lacks the name of a book", input=input)
        if one == other:
            raise Refusal(
                f"第 {k} 行的两本是同一本书（{one}）；要两本不同的书",
                f"row {k} names one book twice ({one}); it takes two different books",
                input=input,
            )
        a, b = (order.setdefault(name, len(order)) for name in (one, other))
        key = (one, other) if a < b else (other, one)
        many = float(str(row["times"]))  # a table's numbers are real ones
        if many != int(many):
            raise Refusal(
                f"第 {k} 行的次数是 {many:g}；要整数",
                f"the times of row {k} are {many:g}; they must be a whole number",
                input=input,
            )
        times[key] = times.get(key, 0) + int(many)
    if not FEWEST_BOOKS <= len(order) <= MOST_BOOKS:
        raise Refusal(
            f"共有 {len(order)} 本书；要 {FEWEST_BOOKS} 到 {MOST_BOOKS} 本",
            f"there are {len(order)} books; {FEWEST_BOOKS} to {MOST_BOOKS} are needed",
            input=input,
        )
    if not any(times.values()):
        raise Refusal("所有次数都是 0：没有一次借阅", "all times are 0: nothing was borrowed", input=input)
    counts = np.zeros((len(order),) * 2, int)
    for (one, other), many in times.items():
        counts[order[one], order[other]] = counts[order[other], order[one]] = many
    titles = tuple((name, name) for name in order)
    return Records(titles, np.full(len(titles), NO_TOPIC), (), counts)
