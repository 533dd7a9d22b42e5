"""Compiled kernels: numba's ``njit`` whose cache on disk is a convenience and never a condition.

numba keeps compiled code beside the source. A full disk, a folder that vanished or a file that was cut off then ended the
computation; here the kernel is compiled in memory instead, and the log says so once.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache

__all__ = ["njit"]

log = logging.getLogger(__name__)
BROKEN = (OSError, EOFError, pickle.PickleError, ValueError, ImportError, AttributeError, IndexError)
"""What reading or writing a cache raises: no room, no file, and whatever unpickling a damaged file gives."""


class _Cache(FunctionCache):
    """numba's cache of one function, without its errors."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except BROKEN as error:
            self._give_up("read", error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except BROKEN as error:
            self._give_up("written", error)

    def _give_up(self, what: str, error: Exception) -> None:
        self.disable()
        log.warning("the compiled code of %s cannot be %s (%s): compiling without a cache", self._name, what, error)


def njit(cache: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """``numba.njit`` with its options; with ``cache`` a kernel that cannot be cached is compiled for this process alone."""

    def compiled(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(**options)(function)
        if cache:
            try:
                dispatcher._cache = _Cache(function)  # type: ignore[attr-defined]
            except (RuntimeError, OSError) as error:  # numba finds no folder that it may write to
                log.warning("%s is compiled without a cache: %s", function.__name__, error)
        return dispatcher

    return compiled
