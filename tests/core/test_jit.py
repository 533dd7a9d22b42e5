"""Compiled kernels answer whether their cache on disk can be written and read or not."""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import Any

import pytest
from numba.core import caching

from core import jit

SOURCE = "def doubled(x):\n    return 2 * x\n"


def kernel(folder: Path) -> Any:
    """A new kernel whose source, and so its cache, stands in ``folder``."""
    import importlib.util

    path = folder / "kernel_of_a_test.py"
    path.write_text(SOURCE)
    wanted = importlib.util.spec_from_file_location("kernel_of_a_test", path)
    assert wanted is not None and wanted.loader is not None
    module = importlib.util.module_from_spec(wanted)
    wanted.loader.exec_module(module)
    return jit.njit(cache=True, nogil=True)(module.doubled)


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
