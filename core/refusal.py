"""What core says to a reader whose input it cannot take: in both languages, beginning with the input's name."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(ValueError):
    """A value that cannot be taken; ``text`` is (中文, English), and both say what is allowed."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = (zh, en)
        super().__init__(en)
