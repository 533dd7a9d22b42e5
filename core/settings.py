"""Settings: environment variables, read where they are used and checked before anything starts."""

from __future__ import annotations

import os

__all__ = ["CALLER_CAN_MEND", "BadSetting", "whole"]

CALLER_CAN_MEND = 2  # exit status of every program here for what its caller can mend, as argparse and click have it
MOST_DIGITS = 18  # of a number of bytes; longer ones are mistakes


class BadSetting(ValueError):
    """An environment variable whose value cannot be used; the message is one sentence with the name, the value and what is allowed."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name} = {value}: must be {allowed}")


def whole(name: str, default: int, unit: str = "", most: int | None = None) -> int:
    """The variable ``name`` as a positive whole number (of ``unit``, at most ``most``), ``default`` where it is not set."""
    given = os.environ.get(name)
    if given is None:
        return default
    if not (
        given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS and 0 < int(given) <= (most or int(given))
    ):
        said = f"a positive whole number{f' of {unit}' if unit else ''}{f', at most {most}' if most else ''}"
        raise BadSetting(name, given, said)
    return int(given)
