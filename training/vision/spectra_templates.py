"""The templates of the spectra from their public origins, in the form of the pack ``spectra_templates``.

Stars and quasars: desihub/redrock-templates (BSD-3-Clause); galaxies: spEigenGal-56436.fits of sdss/idlspec2d (SDSS, public).
FITS files, pinned by commit and SHA-256, cached by pooch. Their contents were read from clones of the two repositories when
this was written; the addresses themselves were not tried.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.data.datasets import FOLDER_VARIABLE, DatasetError, pack

__all__ = ["FILES", "File", "Unit", "arrays", "gathered", "read_fits"]

PACK = "spectra_templates"
REDROCK = "https://raw.githubusercontent.com/desihub/redrock-templates/110d448e5f6e77c2c9366877d3ddfa2e83f8ccda/rrtemplate-{}.fits"
SDSS = "https://raw.githubusercontent.com/sdss/idlspec2d/2062a6d26692db7d4bf518f34a616eba2106c53a/templates/{}.fits"
BLOCK, CARD = 2880, 80  # bytes of FITS' blocks and of a line of its headers
STAR_GRID = np.linspace(np.log10(3650.0), np.log10(9200.0), 6000)
REST_GRID = 3.05 + 1e-4 * np.arange(10_500)
"""log₁₀ of wavelengths in Å, as in the pack."""
COEFFICIENTS = "ARCHETYPE_COEFF"
MOST_OBJECTS = 4000  # of a kind whose coefficients are taken, the first in the file, as in the pack


class File(NamedTuple):
    """A file: its repository's address, its name and its SHA-256."""

    address: str
    name: str
    sha256: str


FILES: Mapping[str, File] = {
    "star_A": File(REDROCK, "STAR-A-v0.1", "0d7eccffd68f07a97f22577cb59cc05a8b16d33c2276648f04eea6751ab10d51"),
    "star_B": File(REDROCK, "STAR-B-v0.1", "15523699c2510bccbf11ce6a5f86eaa8fb187073ab7cf388fb779f30261f6e73"),
    "star_CV": File(REDROCK, "STAR-CV-v0.1", "1cac06d5ec30efcc13d6805715ef3b6e01be4538169c60edb6becdf347ddbabb"),
    "star_F": File(REDROCK, "STAR-F-v0.1", "773a0183252a9c6987738f3ad9e33cbb7f7540292709e71a8ac8487d12a9c947"),
    "star_G": File(REDROCK, "STAR-G-v0.1", "20d10aa2dd2d4c0a76e73c28b26d1a38e010f30452e065208763429cdada0ed1"),
    "star_K": File(REDROCK, "STAR-K-v0.1", "df2004cd9f3ab427643408d1490a72cda568e939ee9f1d3e9b03d29e6ddae18e"),
    "star_M": File(REDROCK, "STAR-M-v0.1", "b857b32b59fdc38aaaa0c3de069eff159f1fb57e6c25cb59d8e04120f96ccdb8"),
    "star_WD": File(REDROCK, "STAR-WD-v0.1", "747814532eef1a7f2703efb76d20f49980fcc75f388a6c16238497f6d7e2598b"),
    "qso_lo": File(REDROCK, "QSO-LOZ-v1.1", "9e375f6d4a658932b3105c9c0102d637fd2fed86930957e594c0d3d06ea593bf"),
    "qso_hi": File(REDROCK, "QSO-HIZ-v1.1", "71124c5bb8c7b7e77d22227e566a44dbb686bc17b0dad519e526c31f2d7c3aa0"),
    "gal": File(SDSS, "spEigenGal-56436", "bf731a24ac3111f9032f37f720cc48d77678e11a9dceeda464d3bb0de0fd2a9f"),
}
"""By the name of the array in the pack."""


class Unit(NamedTuple):
    """One part of a FITS file: its header's values as they are written, and its image."""

    header: Mapping[str, str]
    image: np.ndarray


def gathered() -> Mapping[str, np.ndarray]:
    """The pack in the folder that ``GALLERY_DATA`` names, else its arrays from their origins. Raises DatasetError."""
    return pack(PACK) if os.environ.get(FOLDER_VARIABLE) else arrays({key: _retrieved(key) for key in FILES})


def arrays(paths: Mapping[str, Path]) -> dict[str, np.ndarray]:
    """Eigenspectra on the grids of the pack, NaN where a file has none, and the coefficients of known objects, of such files."""
    found: dict[str, np.ndarray] = {"star_grid": STAR_GRID, "rest_grid": REST_GRID}
    for key, path in paths.items():
        units = read_fits(path.read_bytes())
        star = key.startswith("star_")
        header, image = units[0]
        places = np.arange(image.shape[1])
        if "COEFF0" in header:  # SDSS: always logarithmic
            axis = float(header["COEFF0"]) + float(header["COEFF1"]) * places
        else:
            axis = float(header["CRVAL1"]) + float(header["CDELT1"]) * places
            axis = axis if header.get("LOGLAM", "0") in ("1", "T") else np.log10(axis)
        found[key] = _averaged(axis, image, STAR_GRID if star else REST_GRID)
        for unit in units[1:]:
            if unit.header.get("EXTNAME", "").strip("' ") == COEFFICIENTS:
                found[key.replace("star_", "coef_")] = unit.image[:MOST_OBJECTS]
    return found


def read_fits(data: bytes) -> list[Unit]:
    """The images of a FITS file, float64 with the last axis of the header first; parts without one are left out.

    The standard in as far as these files use it: numbers of 4 or 8 bytes, not scaled. Raises ValueError for others.
    """
    found, at = [], 0
    while at < len(data):
        header: dict[str, str] = {}
        while "END" not in header:
            for k in range(0, BLOCK, CARD):
                card = data[at + k : at + k + CARD].decode("ascii")
                name, value = card[:8].strip(), card[10:].split("/")[0].strip()
                header.setdefault(name, value)
            at += BLOCK
        shape = tuple(int(header[f"NAXIS{k}"]) for k in range(int(header["NAXIS"]), 0, -1))
        bits = int(header["BITPIX"])
        if bits not in (-32, -64) and header.get("XTENSION", "'IMAGE").startswith("'IMAGE") and shape:
            raise ValueError(f"BITPIX = {bits}: numbers of floating point are expected")
        size = abs(bits) // 8 * int(np.prod(shape)) if shape else 0
        if shape and bits < 0:
            image = np.frombuffer(data, f">f{-bits // 8}", int(np.prod(shape)), at).reshape(shape)
            found.append(Unit(header, image.astype(np.float64)))
        at += -(-size // BLOCK) * BLOCK
    return found


def _averaged(axis: np.ndarray, rows: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """``rows`` [K, L] on ``grid``: the mean over each cell, which a finer template would else alias into; NaN off the axis."""
    step = grid[1] - grid[0]
    edges = np.append(grid - step / 2, grid[-1] + step / 2)
    whole = np.cumsum(0.5 * (rows[:, 1:] + rows[:, :-1]) * np.diff(axis), 1)
    sums = np.concatenate([np.zeros((len(rows), 1)), whole], 1)
    made = np.diff(np.stack([np.interp(edges, axis, row) for row in sums]), axis=1) / step
    made[:, (edges[:-1] < axis[0]) | (edges[1:] > axis[-1])] = np.nan
    return made


def _retrieved(key: str) -> Path:
    import pooch
    import requests

    file = FILES[key]
    place = Path(pooch.os_cache("kexue-gallery")) / PACK
    try:
        return Path(
            pooch.retrieve(
                file.address.format(file.name), f"sha256:{file.sha256}", fname=f"{file.name}.fits", path=place
            )
        )
    except (requests.RequestException, OSError, ValueError) as error:  # ValueError: another checksum
        raise DatasetError(
            f"取不到光谱模板 {file.name}（{error}）：没有网络，或文件不符；可把 {FOLDER_VARIABLE} 指向放有 {PACK}.npz 的文件夹",
            f"cannot get the templates {file.name} ({error}): no network, or another file; {FOLDER_VARIABLE} may name a folder with {PACK}.npz",
        ) from error
