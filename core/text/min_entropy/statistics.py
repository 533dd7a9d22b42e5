"""What was counted in the novels and in Lu Xun, shipped without their text: characters, pairs, runs, words side by side."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core import weights
from core.text.min_entropy.lexicon import Pairs, Redundant, pruned

__all__ = ["COUNTS", "FLOOR", "LEVELS", "NAME", "Statistics", "archived", "lexicon", "parsed", "statistics"]

NAME, COUNTS = "min-entropy", "counts.npz"
FLOOR = 1e-6  # of p(ab) and of p(w): what is rarer is not shipped
LEVELS = (1, 2, 3, 4, 5)  # nats of PMI at which the runs were counted


@dataclass(frozen=True)
class Statistics:
    """``pairs`` above FLOOR with their characters; ``runs`` of each of LEVELS above FLOOR, and how many there were in all (``totals``);
    the ``words`` of the vectors in order of frequency, and how often two of the first of them stood together, ``beside`` [M, M]."""

    pairs: Pairs
    runs: Mapping[int, Mapping[str, int]]
    totals: Mapping[int, int]
    words: tuple[str, ...]
    beside: np.ndarray


def archived(found: Statistics) -> bytes:
    """The statistics as an archive of plain arrays."""
    characters = sorted(found.pairs.characters)
    number = {c: k for k, c in enumerate(characters)}
    together = sorted(found.pairs.together)
    runs = sorted({run for level in LEVELS for run in found.runs[level]})
    made = io.BytesIO()
    np.savez_compressed(
        made,
        characters=_bytes(characters),
        character_counts=np.array([found.pairs.characters[c] for c in characters], np.uint32),
        pair_ends=np.array([[number[c] for c in pair] for pair in together], np.uint16).reshape(-1, 2),
        pair_counts=np.array([found.pairs.together[pair] for pair in together], np.uint32),
        totals=np.array([found.pairs.total_characters, found.pairs.total_pairs, *(found.totals[k] for k in LEVELS)]),
        runs=_bytes(runs),
        run_counts=np.array([[found.runs[k].get(run, 0) for k in LEVELS] for run in runs], np.uint32).T.copy(),
        words=_bytes(found.words),
        beside=found.beside.astype(np.uint32),
    )
    return made.getvalue()


def parsed(data: bytes) -> Statistics:
    """The inverse of :func:`archived`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        kept = {name: stored[name] for name in stored.files}
    characters = _texts(kept["characters"])
    ends, totals = kept["pair_ends"], kept["totals"].tolist()
    together = {
        characters[a] + characters[b]: count
        for (a, b), count in zip(ends.tolist(), kept["pair_counts"].tolist(), strict=True)
    }
    counted = dict(zip(characters, kept["character_counts"].tolist(), strict=True))
    runs = _texts(kept["runs"])
    return Statistics(
        Pairs(counted, together, totals[0], totals[1]),
        {
            level: {run: count for run, count in zip(runs, row.tolist(), strict=True) if count}
            for level, row in zip(LEVELS, kept["run_counts"], strict=True)
        },
        dict(zip(LEVELS, totals[2:], strict=True)),
        tuple(_texts(kept["words"])),
        kept["beside"].astype(np.int64),
    )


@lru_cache(maxsize=1)
def statistics() -> Statistics:
    """The statistics that ship. Raises WeightsError."""
    return parsed(weights.extra(NAME, COUNTS))


@lru_cache(maxsize=8)
def lexicon(level: int, least: float) -> tuple[Mapping[str, int], tuple[Redundant, ...]]:
    """(words, what was redundant) of the novels, by PMI above ``level`` nats (one of LEVELS) and p above ``least`` (at least FLOOR)."""
    found = statistics()
    words, gone = pruned(found.runs[level], least, found.totals[level])
    return words, tuple(gone)


def _bytes(texts: object) -> np.ndarray:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)  # type: ignore[arg-type]


def _texts(data: np.ndarray) -> list[str]:
    return data.tobytes().decode().split("\n")
