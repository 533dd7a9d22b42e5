"""What the tests of models ask of their checks: which fail, and whether a broken model is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from types import ModuleType

import pytest

from core.checks import Check

Checks = Callable[[], Iterable[Check]]


def failed(checks: Checks) -> set[str]:
    """Names of the checks that fail."""
    return {check.name for check in checks() if not check.passed}


def unnoticed(checks: Checks, *facts: str) -> set[str]:
    """Those of ``facts`` that no failing check's name contains; it stops at the last one that is found."""
    left = set(facts)
    for check in checks():
        if not check.passed:
            left -= {fact for fact in left if fact in check.name}
        if not left:
            break
    return left


def together(*parts: Checks) -> Checks:
    """The checks of some parts of a model's, one part after another: a broken formula is looked for where it is used."""
    return lambda: chain.from_iterable(part() for part in parts)


def gives_all(monkeypatch: pytest.MonkeyPatch, module: ModuleType, *parts: str) -> bool:
    """Whether ``module.checks`` gives what each of its ``parts`` gives: a part that it forgot would be asserted nowhere."""
    for part in parts:
        monkeypatch.setattr(module, part, lambda *given, part=part: iter([part]))
    return list(module.checks()) == list(parts)
