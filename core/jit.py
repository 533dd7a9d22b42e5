"""Compiled kernels: numba's ``njit`` whose cache on disk is a convenience and never a condition.

numba keeps compiled code beside the source. A full disk, a folder that vanished or a file that was cut off then ended the
computation; here the kernel is compiled in memory instead, and the log says so once. numba also takes kept code for fresh as
long as the kernel's own file is unchanged, although the functions that it calls are compiled into it; here the kernels that
it calls by their own names, in whatever file, are part of the key (not those reached through a module or a closure: import
them by name). A kernel's first call may take half a minute: :func:`uncompiled` foretells it.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import pickle
from collections.abc import Callable, Iterator
from functools import cached_property
from types import CodeType
from typing import Any

import numba
import numpy as np
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

__all__ = ["COMPILING", "njit", "uncompiled"]

log = logging.getLogger(__name__)
BROKEN = (OSError, EOFError, pickle.PickleError, ValueError, ImportError, AttributeError, IndexError)
"""What reading or writing a cache raises: no room, no file, and whatever unpickling a damaged file gives."""
COMPILING = (
    "首次运行：正在编译计算内核，至多约一分钟，编译结果会留用",
    "First run: compiling a kernel, up to a minute; it is kept",
)
"""What a reader is told before a kernel is compiled, 中文 and English."""
FROZEN = (int, float, complex, str, bytes, tuple, np.generic)
"""Globals that numba compiles into a kernel as constants; arrays besides."""


class _Cache(FunctionCache):
    """numba's cache of one function, without its errors, and with what the function calls in its key."""

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

    def holds_any(self, codegen: Any) -> bool:
        """Whether the disk has the function for this processor and for what it calls now, for arguments of any types."""
        try:
            kept = self._cache_file._load_index()
        except BROKEN:
            return False
        return any(key[1] == codegen.magic_tuple() and key[-1] == self._calls for key in kept)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), self._calls)

    @cached_property
    def _calls(self) -> str:
        """A digest of the kernels that the function calls, and of the constants that they all use."""
        digest = hashlib.sha256()
        for part in _compiled_in(self._py_func, set()):
            digest.update(part)
        return digest.hexdigest()

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


def uncompiled(kernel: Any) -> bool:
    """Whether the next call of an :func:`njit` kernel compiles it: neither this process nor the disk has it."""
    if kernel.signatures:
        return False
    cache = kernel._cache
    return not (isinstance(cache, _Cache) and cache.holds_any(kernel.targetctx.codegen()))


def _compiled_in(function: Callable[..., Any], seen: set[str]) -> Iterator[bytes]:
    """Sources of the kernels that a function calls, each once, and the constants, by the names that its code uses."""
    for name in sorted(_names(function.__code__) & function.__globals__.keys()):
        value = function.__globals__[name]
        if isinstance(value, Dispatcher):
            called = value.py_func
            if (place := f"{called.__module__}.{called.__qualname__}") not in seen:
                seen.add(place)
                yield inspect.getsource(called).encode()
                yield from _compiled_in(called, seen)
        elif isinstance(value, np.ndarray):
            yield f"{name} {value.dtype} {value.shape}".encode() + value.tobytes()
        elif isinstance(value, FROZEN):
            yield f"{name} {value!r}".encode()


def _names(code: CodeType) -> set[str]:
    """The names that code uses, the code inside it included."""
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*map(_names, inner))
