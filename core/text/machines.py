"""Which couplet machines are fit to be shown, by the figures of their cards; loads no weights."""

from __future__ import annotations

from core import weights

__all__ = ["LINES", "REPEATS_MOST", "name_of", "offered", "repeats_of"]

LINES = (5, 7)
"""Characters a line of the machines that were trained."""

REPEATS_MOST = 0.3
"""The share of lines with a character twice above which a machine is not offered: it strings words together. Real verse has 0.05 to 0.09."""


def name_of(line: int) -> str:
    """The weights for ``line`` characters a line."""
    return f"poem-vae-{line}"


def repeats_of(line: int) -> tuple[float, float]:
    """The share of lines in which a character stands twice: (among the machine's samples, in held-out verse), from its card.

    Raises WeightsError.
    """
    told = weights.read_card(name_of(line)).metrics
    return told["lines with a character twice, samples"], told["lines with a character twice, held-out"]


def offered() -> tuple[int, ...]:
    """The lengths of line that a page may offer: five, and what else passes; a machine whose card cannot be read does not."""
    return (LINES[0], *(line for line in LINES[1:] if _fit(line)))


def _fit(line: int) -> bool:
    try:
        return repeats_of(line)[0] <= REPEATS_MOST
    except weights.WeightsError:
        return False
