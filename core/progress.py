"""Progress: how far work has come that yields results as it goes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """``fraction`` in [0, 1] of the work is done; ``label`` (中文, English) says what is being done."""

    fraction: float
    label: tuple[str, str] | None = None
