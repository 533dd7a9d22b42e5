"""The lines that are named in spectra: vacuum wavelengths at rest (SDSS's table of spectral lines)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["LINES", "Line", "seen_at"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line's ``name`` and wavelength ``rest`` in Å, in vacuum; which classes show it."""

    name: str
    rest: float
    of: tuple[str, ...]


ALL, STARS_GALAXIES, EMISSION = ("star", "galaxy", "qso"), ("star", "galaxy"), ("galaxy", "qso")
LINES = (
    Line("Lyα", 1215.67, ("qso",)),
    Line("C IV", 1549.48, ("qso",)),
    Line("C III]", 1908.73, ("qso",)),
    Line("Mg II", 2799.12, EMISSION),
    Line("[O II]", 3728.48, EMISSION),
    Line("Ca K", 3934.78, STARS_GALAXIES),
    Line("Ca H", 3969.59, STARS_GALAXIES),
    Line("Hδ", 4102.89, ALL),
    Line("G", 4305.61, STARS_GALAXIES),
    Line("Hγ", 4341.68, ALL),
    Line("Hβ", 4862.68, ALL),
    Line("[O III]", 5008.24, EMISSION),
    Line("Mg b", 5176.63, STARS_GALAXIES),
    Line("Na D", 5895.60, STARS_GALAXIES),
    Line("Hα", 6564.61, ALL),
    Line("Ca T", 8544.44, STARS_GALAXIES),
)


def seen_at(cls: str, z: float, low: float, high: float) -> tuple[tuple[str, float], ...]:
    """(name, observed wavelength in Å) of the lines of a class at redshift ``z`` that fall between ``low`` and ``high``."""
    found = ((line.name, line.rest * (1 + z)) for line in LINES if cls in line.of)
    return tuple((name, float(np.round(at, 2))) for name, at in found if low <= at <= high)
