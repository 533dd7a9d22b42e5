"""hyppo's statistics, computed in a process of their own.

There numba is off: compiling hyppo takes half a minute, and on two hundred samples Python is quick. In the tests' own process it
cannot be switched off for a while, since numba then loads parts of itself uncompiled and fails in whatever is compiled next.
"""

from __future__ import annotations

import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest


def statistic(test: str, x: np.ndarray, y: np.ndarray, **options: Any) -> float:
    """What ``hyppo.independence.<test>(**options)`` says of the samples x and y [n]."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_DISABLE_JIT", "1")  # read when the new process imports numba
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_statistic, test, x, y, options).result()


def _statistic(test: str, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> float:
    warnings.simplefilter("ignore")
    from hyppo import independence

    return float(getattr(independence, test)(**options).statistic(x[:, None], y[:, None]))
