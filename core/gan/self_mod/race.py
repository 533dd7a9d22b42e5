"""The four architectures trained at equal cost (post 6549): what each had reached after how many operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from core import films
from core.gan.architectures import Architecture
from core.gan.self_mod.count import CRITIC_STEPS, Count, count, step_operations
from core.weights import read_card

__all__ = ["Lap", "race"]

BATCH = 64  # of the recipe training.gan.pictures, the same for all
DISTANCE = "feature distance"


class Lap(NamedTuple):
    """One architecture's run: steps ``taken`` [E] and ``operations`` [E] of training until each evaluation, the feature ``distance`` there (256 held-out
    pictures, 256 samples), the card's own at the end on 1 000, ``steps``, ``minutes``, and the ``counts`` of its networks."""

    taken: np.ndarray
    operations: np.ndarray
    distance: np.ndarray
    final: float
    diversity: float
    steps: int
    minutes: float
    counts: Count


def race(names: Sequence[str]) -> list[Lap]:
    """The runs of the weights ``names``, from their logs and cards."""
    found = []
    for name in names:
        card, record = read_card(name), films.film(name).record
        config = card.config
        architecture = cast(Architecture, config.get("architecture", "self-mod"))
        counts = count(architecture, config["side"], config["channels"], config["z_dim"], config["base"])
        each = BATCH * step_operations(counts, CRITIC_STEPS)
        found.append(
            Lap(
                record["step"], each * record["step"], record[DISTANCE], card.metrics["feature distance (own classifier)"],
                card.metrics["pair diversity"], card.steps, card.metrics["training minutes"], counts,
            )
        )  # fmt: skip
    return found
