"""hyppo's statistics, computed in a process of their own.

There numba is off: compiling hyppo takes half a minute, and on two hundred samples Python is quick. In the tests' own process it
cannot be switched off for a while, since numba then loads parts of itself uncompiled and fails in whatever is compiled next.
The process is a plain command and no worker of ``multiprocessing``: that runs the caller's main module once more, and a test of
Streamlit leaves a page there.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from typing import Any

import numpy as np

from gallery.engine.catalog import ROOT


def statistic(test: str, x: np.ndarray, y: np.ndarray, **options: Any) -> float:
    """What ``hyppo.independence.<test>(**options)`` says of the samples x and y [n]."""
    samples = io.BytesIO()
    np.savez(samples, x=x, y=y)
    command = [sys.executable, "-m", __name__, test, json.dumps(options)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        command, input=samples.getvalue(), capture_output=True, cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return float(done.stdout)


def main(test: str, options: str) -> None:
    """The statistic of the samples on standard input, in full digits on standard output."""
    samples = np.load(io.BytesIO(sys.stdin.buffer.read()))
    warnings.simplefilter("ignore")
    from hyppo import independence

    x, y = samples["x"], samples["y"]
    print(repr(float(getattr(independence, test)(**json.loads(options)).statistic(x[:, None], y[:, None]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
