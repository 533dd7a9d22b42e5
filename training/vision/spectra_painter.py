"""The linear models of which spectra are drawn, fitted to public templates: ``python -m training.vision.spectra_painter``.

Stars: a template is a point in the space of five eigenspectra; mean and covariance of the templates of a subtype give the mean
spectrum and, by its eigenvectors, independent components. Galaxies and quasars: the first eigenspectrum is the mean, the others, scaled
like it, are components of a fixed spread. The eigenspectra are those of redrock (DESI, BSD-3), with the archetypes' coefficients.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from core import weights
from core.vision.spectra.painter import GALAXY, GRID, QSO_FAR, QSO_NEAR, STARS, Painter, redshifts
from training.command import run as run_command
from training.vision.spectra_templates import gathered

STAR_STEP, FAR_STEP = 1.2e-4, 1.5e-4  # log₁₀ Å: no coarser than the grid of the spectra, 1.4e-4, by much
SPREAD = {GALAXY: 0.25, QSO_NEAR: 0.2, QSO_FAR: 0.2}  # of the coefficients beside the first one's 1
LIMITS = {
    "zh": "由公开模板拟合的线性模型画出的合成光谱，不是观测：噪声、红化、天光线的分布是我们定的，比真实巡天简单。",
    "en": "Synthetic spectra from linear models fitted to public templates, not observations: how noise, dust and sky lines are spread is our choice, and simpler than a real survey.",
}


def fitted(templates: dict[str, np.ndarray]) -> Painter:
    """The painter of a pack of templates (``star_A`` [5, L], ``coef_A`` [n, 5], ``gal``, ``qso_lo``, ``qso_hi``, and their grids)."""
    tables: dict[str, np.ndarray] = {}
    axes: dict[str, tuple[float, float]] = {}
    for name in STARS:
        eigen = templates[f"star_{name}"].astype(np.float64)
        if f"coef_{name}" in templates:
            coefficients = templates[f"coef_{name}"].astype(np.float64)
            values, vectors = np.linalg.eigh(np.cov(coefficients.T))
            rows = np.vstack([coefficients.mean(0), (vectors * np.sqrt(values.clip(0))).T[::-1]])
        else:  # no templates' coefficients: the first eigenspectrum, the others with a tenth of its weight
            rows = np.eye(len(eigen)) * np.r_[1.0, np.full(len(eigen) - 1, 0.1)]
        tables[name], axes[name] = _resampled(templates["star_grid"], rows @ eigen, name, STAR_STEP)
    for name, key in ((GALAXY, "gal"), (QSO_NEAR, "qso_lo"), (QSO_FAR, "qso_hi")):
        eigen = templates[key].astype(np.float64)
        rows = np.diag(np.r_[1.0, np.full(len(eigen) - 1, SPREAD[name])])
        tables[name], axes[name] = _resampled(templates["rest_grid"], rows @ eigen, name, FAR_STEP)
    painter = Painter({name: (len(table) - 1, table.shape[1]) for name, table in tables.items()}, axes)
    painter.load_state_dict({name: torch.from_numpy(table).float() for name, table in tables.items()})
    return painter


def _resampled(grid: np.ndarray, rows: np.ndarray, kind: str, step: float) -> tuple[np.ndarray, tuple[float, float]]:
    """``rows`` on an even grid over all that the kind's redshifts can bring into sight, over the mean of the first."""
    least, most = redshifts(kind)
    start, end = GRID[0] - np.log10(1 + most) - 2 * step, GRID[-1] - np.log10(1 + least) + 2 * step
    known = np.isfinite(rows).all(0)
    start, end = max(start, grid[known][0]), min(end, grid[known][-1])
    at = start + step * np.arange(int((end - start) / step) + 1)
    table = np.stack([np.interp(at, grid[known], row[known]) for row in rows])
    return table / np.abs(table[0]).mean(), (float(start), step)


def main(out: Annotated[Path, typer.Option(help="where the weights go")] = weights.FOLDER) -> None:
    """Fit and write the painter."""
    painter = fitted(dict(gathered())).half().float()
    config = {
        "sizes": {
            kind: [len(painter.get_buffer(kind)) - 1, painter.get_buffer(kind).shape[1]] for kind in painter.axes
        },
        "axes": {kind: list(axis) for kind, axis in painter.axes.items()},
    }
    weights.save(
        painter, "spectra-painter", out, builder="core.vision.spectra.painter.build", config=config,
        data="eigenspectra and archetypes of stars, galaxies and quasars (github.com/desihub/redrock-templates; sdss/idlspec2d)",
        licence="BSD-3-Clause; SDSS public data", recipe="python -m training.vision.spectra_painter", seed=0, steps=0,
        date=datetime.date.today().isoformat(), metrics={"kinds": float(len(painter.axes))}, limits=LIMITS,
    )  # fmt: skip


if __name__ == "__main__":
    run_command(main)
