"""The compact templates of the spectra, from the pack in the folder that ``GALLERY_DATA`` names, else from their public origins.

Stars and quasars: desihub/redrock-templates (BSD-3-Clause); galaxies: spEigenGal-56436.fits of sdss/idlspec2d (SDSS, public).
The files are FITS, pinned by commit and SHA-256. Read from the repositories' own copies when this was written; their servers
were not tried.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.data.datasets import FOLDER_VARIABLE, DatasetError, pack
from core.vision.spectra.templates import GALAXY, GRID, QSO_FAR, QSO_NEAR, REACH, STARS, STEP, Template

__all__ = ["compact", "from_fits", "from_pack", "gathered"]

PACK = "spectra_templates"
REDROCK = "https://raw.githubusercontent.com/desihub/redrock-templates/110d448e5f6e77c2c9366877d3ddfa2e83f8ccda/rrtemplate-{}.fits"
SDSS = "https://raw.githubusercontent.com/sdss/idlspec2d/2062a6d26692db7d4bf518f34a616eba2106c53a/templates/{}.fits"
FILES: Mapping[str, tuple[str, str, str]] = {
    "A": (REDROCK, "STAR-A-v0.1", "0d7eccffd68f07a97f22577cb59cc05a8b16d33c2276648f04eea6751ab10d51"),
    "B": (REDROCK, "STAR-B-v0.1", "15523699c2510bccbf11ce6a5f86eaa8fb187073ab7cf388fb779f30261f6e73"),
    "CV": (REDROCK, "STAR-CV-v0.1", "1cac06d5ec30efcc13d6805715ef3b6e01be4538169c60edb6becdf347ddbabb"),
    "F": (REDROCK, "STAR-F-v0.1", "773a0183252a9c6987738f3ad9e33cbb7f7540292709e71a8ac8487d12a9c947"),
    "G": (REDROCK, "STAR-G-v0.1", "20d10aa2dd2d4c0a76e73c28b26d1a38e010f30452e065208763429cdada0ed1"),
    "K": (REDROCK, "STAR-K-v0.1", "df2004cd9f3ab427643408d1490a72cda568e939ee9f1d3e9b03d29e6ddae18e"),
    "M": (REDROCK, "STAR-M-v0.1", "b857b32b59fdc38aaaa0c3de069eff159f1fb57e6c25cb59d8e04120f96ccdb8"),
    "WD": (REDROCK, "STAR-WD-v0.1", "747814532eef1a7f2703efb76d20f49980fcc75f388a6c16238497f6d7e2598b"),
    QSO_NEAR: (REDROCK, "QSO-LOZ-v1.1", "9e375f6d4a658932b3105c9c0102d637fd2fed86930957e594c0d3d06ea593bf"),
    QSO_FAR: (REDROCK, "QSO-HIZ-v1.1", "71124c5bb8c7b7e77d22227e566a44dbb686bc17b0dad519e526c31f2d7c3aa0"),
    GALAXY: (SDSS, "spEigenGal-56436", "bf731a24ac3111f9032f37f720cc48d77678e11a9dceeda464d3bb0de0fd2a9f"),
}
"""By kind: the address, the file, its SHA-256."""
IN_PACK = {GALAXY: "gal", QSO_NEAR: "qso_lo", QSO_FAR: "qso_hi"}
EIGENSPECTRA = 5  # at most, of a kind
OBJECTS = 300  # whose coefficients are kept, of a kind
SEED = 0


def gathered() -> dict[str, Template]:
    """All kinds, compact. Raises DatasetError."""
    if os.environ.get(FOLDER_VARIABLE):
        return from_pack(pack(PACK))
    return {kind: compact(kind, *from_fits(_retrieved(kind))) for kind in FILES}


def from_pack(arrays: Mapping[str, np.ndarray]) -> dict[str, Template]:
    """The same of the pack: eigenspectra on its two grids."""
    found = {}
    for kind in FILES:
        star = kind in STARS
        table = arrays[f"star_{kind}" if star else IN_PACK[kind]].astype(np.float64)
        grid = arrays["star_grid" if star else "rest_grid"]
        known = np.isfinite(table).all(0)
        coefficients = arrays.get(f"coef_{kind}", np.zeros((0, len(table)))).astype(np.float64)
        found[kind] = compact(kind, grid[known], table[:, known], coefficients)
    return found


def from_fits(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(log₁₀ λ [L], eigenspectra [K, L], coefficients [n, K]) of a file of either repository."""
    from astropy.io import fits

    with fits.open(path) as opened:
        header, table = opened[0].header, np.asarray(opened[0].data, np.float64)[:EIGENSPECTRA]
        places = np.arange(table.shape[1])
        if "COEFF0" in header:  # SDSS: always logarithmic
            axis = header["COEFF0"] + header["COEFF1"] * places
        else:
            axis = header["CRVAL1"] + header["CDELT1"] * places
            axis = axis if header.get("LOGLAM", False) else np.log10(axis)
        names = [one.name for one in opened]
        coefficients = opened["ARCHETYPE_COEFF"].data if "ARCHETYPE_COEFF" in names else np.zeros((0, len(table)))
        return axis, table, np.asarray(coefficients, np.float64)


def compact(kind: str, axis: np.ndarray, table: np.ndarray, coefficients: np.ndarray) -> Template:
    """Averaged onto a grid of the observed spectra's step that covers all redshifts of the kind; the first row's mean is ±1."""
    low, high = REACH[kind]
    start, end = GRID[0] - np.log10(1 + high) - 2 * STEP, GRID[-1] - np.log10(1 + low) + 2 * STEP
    if start < axis[0] or end > axis[-1]:
        raise ValueError(f"{kind}: covers {axis[0]:.4f} … {axis[-1]:.4f}, not {start:.4f} … {end:.4f}")
    edges = start + STEP * (np.arange(int((end - start) / STEP) + 2) - 0.5)
    sums = np.concatenate([np.zeros((len(table), 1)), _integrals(axis, table)], 1)
    there = np.stack([np.interp(edges, axis, row) for row in sums])
    rows = np.diff(there, axis=1) / STEP
    rng = np.random.default_rng(SEED)
    chosen = np.sort(rng.permutation(len(coefficients))[:OBJECTS])
    return Template(start, rows / np.abs(rows[0]).mean(), coefficients[chosen])


def _integrals(axis: np.ndarray, table: np.ndarray) -> np.ndarray:
    """∫ of every row from the first point to each later one, by trapezia; [K, L − 1]."""
    return np.cumsum(0.5 * (table[:, 1:] + table[:, :-1]) * np.diff(axis), 1)


def _retrieved(kind: str) -> Path:
    """The file of a kind, cached."""
    import pooch
    import requests

    address, file, checksum = FILES[kind]
    place = Path(pooch.os_cache("kexue-gallery")) / PACK
    try:
        return Path(pooch.retrieve(address.format(file), f"sha256:{checksum}", fname=f"{file}.fits", path=place))
    except (requests.RequestException, OSError, ValueError) as error:  # ValueError: another checksum
        raise DatasetError(
            f"取不到光谱模板 {file}（{error}）：没有网络，或文件不符；可把 {FOLDER_VARIABLE} 指向放有 {PACK}.npz 的文件夹",
            f"cannot get the templates {file} ({error}): no network, or another file; {FOLDER_VARIABLE} may name a folder with {PACK}.npz",
        ) from error
