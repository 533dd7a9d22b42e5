"""Compiled kernels answer whether their cache on disk can be written and read or not."""

from __future__ import annotations

import errno
import importlib.util
import linecache
import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from numba.core import caching

from core import jit

SOURCE = "def doubled(x):\n    return 2 * x\n"


def module(path: Path, source: str) -> ModuleType:
    """A module of that source, which stands in a file as numba's cache wants it."""
    path.write_text(source)
    linecache.checkcache(str(path))
    wanted = importlib.util.spec_from_file_location(path.stem, path)
    assert wanted is not None and wanted.loader is not None
    found = importlib.util.module_from_spec(wanted)
    wanted.loader.exec_module(found)
    return found


def kernel(folder: Path) -> Any:
    """A new kernel whose source, and so its cache, stands in ``folder``."""
    return jit.njit(cache=True, nogil=True)(module(folder / "kernel_of_a_test.py", SOURCE).doubled)


def test_a_kernel_is_kept_and_read_again(tmp_path: Path) -> None:
    assert kernel(tmp_path)(21) == 42
    again = kernel(tmp_path)
    assert again(21) == 42
    assert sum(again.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_disk_costs_the_cache_and_not_the_answer(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(self: Any, overloads: Any) -> None:
        raise OSError(number, "no room")

    monkeypatch.setattr(caching.IndexDataCacheFile, "_save_index", full)
    with caplog.at_level(logging.WARNING):
        made = kernel(tmp_path)
        assert made(21) == 42 and made(1.5) == 3.0
    assert sum("compiling without a cache" in record.getMessage() for record in caplog.records) == 1


def test_a_damaged_cache_is_compiled_anew(tmp_path: Path) -> None:
    assert kernel(tmp_path)(21) == 42
    files = list((tmp_path / "__pycache__").glob("*.nb[ic]"))
    assert files
    for keep in (10, 0):
        for file in files:
            file.write_bytes(file.read_bytes()[:keep])
        assert kernel(tmp_path)(21) == 42


CALLED = """
from core import jit
OFFSET = {offset}
@jit.njit(cache=True)
def called(x):
    return {factor} * x
"""
CALLING = """
from called_by_a_test import OFFSET, called
from core import jit
@jit.njit(cache=True)
def calling(x):
    return called(x) + OFFSET
"""


@pytest.fixture
def calling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a kernel that calls one of another file: factor * x + offset, both of which stand in that other file."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python's own cache goes by the second

    def made(factor: int, offset: int) -> Any:
        other = module(tmp_path / "called_by_a_test.py", CALLED.format(factor=factor, offset=offset))
        monkeypatch.setitem(sys.modules, "called_by_a_test", other)
        return module(tmp_path / "calling_in_a_test.py", CALLING).calling

    return made


def test_a_kernel_is_compiled_anew_when_what_it_calls_has_changed(calling: Any) -> None:
    assert calling(2, 0)(21) == 42
    again = calling(2, 0)
    assert again(21) == 42 and sum(again.stats.cache_hits.values()) == 1
    assert calling(3, 0)(21) == 63
    assert calling(3, 1)(21) == 64


def test_the_first_call_that_compiles_is_foretold(calling: Any) -> None:
    fresh = calling(2, 0)
    assert jit.uncompiled(fresh)
    fresh(21)
    assert not jit.uncompiled(fresh)
    assert not jit.uncompiled(calling(2, 0)), "the disk has it"
    assert jit.uncompiled(calling(2, 5))


def test_what_is_on_a_damaged_disk_counts_as_uncompiled(tmp_path: Path) -> None:
    kernel(tmp_path)(21)
    for index in (tmp_path / "__pycache__").glob("*.nbi"):
        index.write_bytes(index.read_bytes()[:10])
    assert jit.uncompiled(kernel(tmp_path))
