"""Which couplet machines are fit to be shown, by the figures of their cards; loads no weights."""

from __future__ import annotations

from dataclasses import dataclass

from core import weights

__all__ = ["LINES", "MEMORY", "REPEATS_MOST", "Told", "name_of", "offered", "repeats_of", "told"]

LINES = (5, 7)
"""Characters a line of the machines that were trained."""

MEMORY = 0.4
"""The weight of the KL term of the second machine of five characters, whose codes remember more; the post's and all others' is 1."""

REPEATS_MOST = 0.3
"""The share of lines with a character twice above which a machine is not offered: it strings words together. Real verse has 0.05 to 0.09."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the card of a machine says of held-out couplets and of samples from the prior: the KL in nats, the share of characters
    that are ``rebuilt`` from the mean code, and the share of ``pairs`` of neighbouring characters in samples that occur in the
    training texts, with that of held-out verse (``real_pairs``)."""

    kl: float
    rebuilt: float
    pairs: float
    real_pairs: float


def name_of(line: int, weight: float = 1.0) -> str:
    """The weights for ``line`` characters a line, trained with ``weight`` on the KL term."""
    return f"poem-vae-{line}" if weight == 1.0 else f"poem-vae-{line}-kl-{weight:g}"


def told(line: int, weight: float = 1.0) -> Told:
    """The card's figures. Raises WeightsError."""
    found = weights.read_card(name_of(line, weight)).metrics
    pairs = (found[f"neighbouring pairs known, {of}"] for of in ("samples", "held-out"))
    return Told(found["held-out KL, nats"], found["held-out characters rebuilt"], *pairs)


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
