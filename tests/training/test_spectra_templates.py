"""Templates from FITS files: read to the last bit, averaged over the cells of the grid, NaN where there is nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.vision.spectra_templates import BLOCK, FILES, REST_GRID, STAR_GRID, arrays, read_fits


def part(cards: list[str], image: np.ndarray) -> bytes:
    """A header with ``cards`` and an image of big-endian float64, each filled up to a block."""
    shape = [f"NAXIS{k + 1:<3}= {n:>20}" for k, n in enumerate(reversed(image.shape))]
    lines = [*cards, "BITPIX  =                  -64", f"NAXIS   = {image.ndim:>20}", *shape, "END"]
    header = "".join(line.ljust(80) for line in lines)
    header += " " * (-len(header) % BLOCK)
    data = image.astype(">f8").tobytes()
    return header.encode("ascii") + data + b"\0" * (-len(data) % BLOCK)


def test_images_and_headers_of_several_parts_are_read() -> None:
    first, second = np.arange(12.0).reshape(3, 4) / 7, np.arange(500.0).reshape(100, 5)
    data = part(
        ["SIMPLE  =                    T", "CRVAL1  =               3000.0 / Å of the first".replace("Å", "A")], first
    )
    data += part(["XTENSION= 'IMAGE   '", "EXTNAME = 'ARCHETYPE_COEFF'"], second)
    found = read_fits(data)
    assert np.array_equal(found[0].image, first)
    assert np.array_equal(found[1].image, second)
    assert float(found[0].header["CRVAL1"]) == 3000
    with pytest.raises(ValueError, match="BITPIX"):
        read_fits(part([], first).replace(b"-64", b" 16"))


def test_the_arrays_are_those_of_the_pack(tmp_path: Path) -> None:
    """A line of a linear, a logarithmic and an SDSS axis lies at its wavelength; the area under it is kept."""
    wave, log = np.arange(3000.0, 11000.0, 0.1), np.arange(3.1, 4.05, 1e-4)

    def line(axis: np.ndarray, at: float, width: float) -> np.ndarray:
        return np.stack([1 + np.exp(-0.5 * ((axis - at) / width) ** 2), np.ones(len(axis))])

    made = {
        "star_A": part(["CRVAL1  = 3000.0", "CDELT1  = 0.1"], line(np.log10(wave), 3.75, 1e-3))
        + part(["EXTNAME = 'ARCHETYPE_COEFF'"], np.eye(2)),
        "qso_lo": part(["CRVAL1  = 3.1", "CDELT1  = 0.0001", "LOGLAM  = 1"], line(log, 3.5, 1e-3)),
        "gal": part(["COEFF0  = 3.1", "COEFF1  = 0.0001"], line(log, 3.6, 1e-3)),
    }
    for key, data in made.items():
        (tmp_path / key).write_bytes(data)
    found = arrays({key: tmp_path / key for key in made})
    for key, grid, at in (("star_A", STAR_GRID, 3.75), ("qso_lo", REST_GRID, 3.5), ("gal", REST_GRID, 3.6)):
        assert grid[int(np.nanargmax(found[key][0]))] == pytest.approx(at, abs=1e-4)
        area = np.nansum(found[key][0] - found[key][1]) * (grid[1] - grid[0])
        assert area == pytest.approx(1e-3 * np.sqrt(2 * np.pi), rel=1e-3)
    assert np.isnan(found["gal"][:, REST_GRID < 3.0999]).all()
    assert np.isfinite(found["star_A"]).all()
    assert np.array_equal(found["coef_A"], np.eye(2))


def test_every_kind_of_the_painter_has_its_file() -> None:
    assert len({file.sha256 for file in FILES.values()}) == len(FILES) == 11
    assert all(len(file.sha256) == 64 for file in FILES.values())
