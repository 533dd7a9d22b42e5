"""The command line of every recipe: what a caller can mend is one sentence on stderr and exit status 2."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from core.settings import CALLER_CAN_MEND, BadSetting

__all__ = ["CannotGoOn", "run"]


class CannotGoOn(ValueError):
    """A run's folder does not fit what is asked for; the message says what to do."""


def run(main: Callable[..., None]) -> None:
    """``typer.run`` for the recipe ``main``."""
    try:
        typer.run(main)
    except (CannotGoOn, BadSetting) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        raise SystemExit(CALLER_CAN_MEND) from None
