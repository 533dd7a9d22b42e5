"""Pieces of work for the tests of an engine; light to import, because every worker does."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any

from core.progress import Progress
from core.refusal import Refusal


@dataclasses.dataclass(frozen=True)
class Raises:
    """Work that raises ``error``."""

    error: Exception
    weights: tuple[str, ...] = ()

    def fetch(self) -> Iterator[Progress]:
        yield from ()

    def items(self) -> Iterator[Any]:
        yield "one"
        raise self.error


@dataclasses.dataclass(frozen=True)
class Pid:
    """Work that gives its process's number, and needs ``weights``; with ``fatal`` it ends that process instead."""

    weights: tuple[str, ...] = ()
    fatal: bool = False

    def fetch(self) -> Iterator[Progress]:
        yield from ()

    def items(self) -> Iterator[int]:
        if self.fatal:
            os._exit(1)
        yield os.getpid()


def refuse(value: int) -> None:
    """A function that takes nothing."""
    raise Refusal("太大", "too large", input="n", value=value)
