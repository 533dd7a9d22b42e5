"""Where data sets come from: a folder, a mirror with the right checksum, or words that say what is missing."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.data import datasets, examples
from core.data.datasets import DatasetError, Origin, download, held_out, pack

DIGITS = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server on loopback with one IDX file: its address and the file's MD5."""
    folder = tmp_path / "server"
    folder.mkdir()
    head = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in DIGITS.shape)
    data = gzip.compress(head + DIGITS.tobytes(), mtime=0)
    (folder / "digits.gz").write_bytes(data)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", hashlib.md5(data).hexdigest()
    server.shutdown()
    server.server_close()


def test_a_file_is_fetched_once_from_the_first_mirror_that_has_it(mirror: tuple[str, str], tmp_path: Path) -> None:
    address, md5 = mirror
    origin = Origin(("http://127.0.0.1:9/", address), {"x_test": ("digits.gz", md5)})
    assert np.array_equal(download("tiny", origin, tmp_path / "cache")["x_test"], DIGITS)
    nowhere = Origin(("http://127.0.0.1:9/",), origin.files)
    assert np.array_equal(download("tiny", nowhere, tmp_path / "cache")["x_test"], DIGITS)


@pytest.mark.parametrize("way", ["no network", "another file", "no such file"])
def test_what_cannot_be_had_is_said_in_words(mirror: tuple[str, str], tmp_path: Path, way: str) -> None:
    address, md5 = mirror
    mirrors, files = {
        "no network": (("http://127.0.0.1:9/",), {"x": ("digits.gz", md5)}),
        "another file": ((address,), {"x": ("digits.gz", "0" * 32)}),
        "no such file": ((address,), {"x": ("other.gz", md5)}),
    }[way]
    with pytest.raises(DatasetError, match=r"GALLERY_DATA may name a folder with tiny\.npz") as error:
        download("tiny", Origin(mirrors, files), tmp_path / "cache")
    assert "取不到数据集 tiny" in error.value.text[0]


def test_a_folder_comes_before_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=r"has no mnist28\.npz"):
        pack("mnist28")
    np.savez(tmp_path / "mnist28.npz", x_test=DIGITS)
    assert np.array_equal(pack("mnist28")["x_test"], DIGITS)


def test_every_24th_picture_of_a_pack_is_held_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = np.arange(50, dtype=np.uint8)[:, None, None, None].repeat(4, 1).repeat(4, 2).repeat(3, 3)
    np.savez(tmp_path / "tiny.npz", images=pictures)
    monkeypatch.setenv("GALLERY_DATA", str(tmp_path))
    assert [int(held_out("tiny", k)[0, 0, 0]) for k in range(4)] == [0, 24, 48, 0]


def test_without_any_data_portraits_are_held_out_and_cats_say_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY_DATA", raising=False)
    assert np.array_equal(held_out("toonfaces64", 65), examples.portraits()[1])
    with pytest.raises(DatasetError, match="cats64 is not on this machine"):
        held_out("cats64", 0)


def test_the_shipped_pictures_are_what_they_say() -> None:
    portraits, (digits, labels) = examples.portraits(), examples.digits()
    assert portraits.shape == (64, 64, 64, 3)
    assert len({p.tobytes() for p in portraits}) == 64
    assert digits.shape == (100, 28, 28)
    assert np.bincount(labels).tolist() == [10] * 10
    assert len({d.tobytes() for d in digits}) == 100
    assert datasets.ORIGINS["mnist28"].files["x_test"][0] == "t10k-images-idx3-ubyte.gz"
