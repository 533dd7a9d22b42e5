"""Sets of pictures: what a folder of packs gives, what a public origin gives, and the words when neither does."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.data.datasets import DatasetError
from core.data.examples import FOLDER, portraits
from tests.core.data.test_datasets import Quiet
from training import origins
from training.data import images, labelled
from training.draw_portraits import SINGLE
from training.origins import ARCHIVES, Archive, drawn, from_archive
from training.sources import SOURCES

NOWHERE = "http://127.0.0.1:9/"
RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (30, 64, 64, 3), dtype=np.uint8)
CIFAR = RNG.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)


def encoded(picture: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind)
    return file.getvalue()


def packed(files: Mapping[str, bytes]) -> bytes:
    """A tar file packed by gzip."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def cats(order: tuple[int, ...] = (10, 2, 0, 1, 3, 4, 5, 6, 7, 8, 9)) -> bytes:
    """Cats by number, among other files, in an order of names and not of numbers."""
    files = {f"cat-dataset-x/cats/cat_{k}.png": encoded(NOISE[k], "PNG") for k in order}
    return packed({"cat-dataset-x/README.txt": b"cats", "cat-dataset-x/other/cat_9.png": b"no cat", **files})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and its address on loopback."""
    folder = tmp_path / "server"
    folder.mkdir()
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


def offered(server: tuple[Path, str], name: str, data: bytes, count: int, checksum: bool = True) -> Archive:
    """The archive of ``name`` as a server would give it, of ``count`` pictures."""
    folder, address = server
    (folder / "set.tar.gz").write_bytes(data)
    known = f"sha256:{hashlib.sha256(data).hexdigest()}" if checksum else None
    return replace(ARCHIVES[name], mirrors=(NOWHERE, f"{address}set.tar.gz"), checksum=known, count=count)


def test_cats_come_in_the_order_of_their_numbers_and_once(server: tuple[Path, str], tmp_path: Path) -> None:
    archive = offered(server, "cats64", cats(), 11, checksum=False)
    assert np.array_equal(from_archive("cats64", archive, tmp_path / "cache")["images"], NOISE[:11])
    again = replace(archive, mirrors=(NOWHERE,))
    assert np.array_equal(from_archive("cats64", again, tmp_path / "cache")["images"], NOISE[:11])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (cats()[:-4000], "cats64"),
        (b"<html>moved</html>", "not a gzip file"),
        (cats((0, 1, 2)), "pictures = 3, not 11"),
        (cats((0, 2)), "not numbered from 0"),
        (packed({"x/cats/cat_0.png": encoded(NOISE[0, :32], "PNG")}), r"is \(32, 64, 3\)"),
        (packed({"x/cats/cat_0.png": b"no picture"}), "cannot identify"),
    ],
    ids=["cut short", "a web page", "too few", "a gap", "another size", "no picture"],
)
def test_cats_that_are_not_the_cats_are_refused_and_not_kept(
    server: tuple[Path, str], tmp_path: Path, data: bytes, words: str
) -> None:
    """There is no checksum: what was fetched is judged by what is in it, and a later try fetches it anew."""
    with pytest.raises(DatasetError, match=words) as error:
        from_archive("cats64", offered(server, "cats64", data, 11, checksum=False), tmp_path / "cache")
    assert "GALLERY_DATA may name a folder with cats64.npz" in str(error.value)
    assert "取不到数据集 cats64" in error.value.text[0]
    good = offered(server, "cats64", cats(), 11, checksum=False)
    assert len(from_archive("cats64", good, tmp_path / "cache")["images"]) == 11


def test_flowers_are_the_middle_squares_in_alphabetical_order(server: tuple[Path, str], tmp_path: Path) -> None:
    wide = np.full((128, 256, 3), 255, np.uint8)
    wide[:, 64:192] = (200, 40, 40)
    tall = np.full((192, 64, 3), 255, np.uint8)
    tall[64:128] = (40, 40, 200)
    data = packed(
        {
            "flower_photos/tulips/a.jpg": encoded(tall, "JPEG"),
            "flower_photos/LICENSE.txt": b"CC BY 2.0",
            "flower_photos/daisy/b.jpg": encoded(wide, "JPEG"),
        }
    )
    found = from_archive("flowers64", offered(server, "flowers64", data, 2), tmp_path / "cache")
    assert found["label"].tolist() == [0, 4]
    assert found["images"].shape == (2, 64, 64, 3)
    assert np.abs(found["images"].mean((1, 2)) - [(200, 40, 40), (40, 40, 200)]).max() < 4


def test_cifar_s_planes_become_pixels(server: tuple[Path, str], tmp_path: Path) -> None:
    labels = np.array([6, 9, 9, 4], np.uint8)
    records = np.concatenate([labels[:, None], CIFAR.transpose(0, 3, 1, 2).reshape(4, -1)], 1)
    data = packed({"cifar-10-batches-bin/data_batch_1.bin": records.tobytes()})
    found = from_archive("cifar32_10k", offered(server, "cifar32_10k", data, 4), tmp_path / "cache")
    assert np.array_equal(found["images"], CIFAR)
    assert np.array_equal(found["label"], labels)


def test_another_checksum_and_no_network_are_said_in_words(server: tuple[Path, str], tmp_path: Path) -> None:
    archive = offered(server, "cifar32_10k", b"anything", 4)
    for wrong, words in (
        (replace(archive, checksum="sha256:" + "0" * 64), "SHA256 hash"),
        (replace(archive, mirrors=(NOWHERE,)), "refused"),
    ):
        with pytest.raises(DatasetError, match=rf"(?s)cannot get the data set cifar32_10k .*{words}.*cifar32_10k\.npz"):
            from_archive("cifar32_10k", wrong, tmp_path / "cache")


def test_every_archive_pins_what_it_can() -> None:
    assert [name for name, archive in ARCHIVES.items() if archive.checksum is None] == ["cats64"]
    assert all(origins.CATS in mirror for mirror in ARCHIVES["cats64"].mirrors)
    assert set(ARCHIVES) - {"cifar32_10k"} <= set(SOURCES)


def test_drawing_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "DICEBEAR", tmp_path)
    monkeypatch.setattr(origins.shutil, "which", lambda name: "/usr/bin/node")
    with pytest.raises(DatasetError, match="run npm ci in"):
        drawn("avataaars", 0, 1)
    monkeypatch.setattr(origins.shutil, "which", lambda name: None)
    with pytest.raises(DatasetError, match="install it, or let GALLERY_DATA name"):
        drawn("avataaars", 0, 1)


@pytest.mark.skipif(not (origins.DICEBEAR / "node_modules").exists(), reason="needs npm ci in training/dicebear")
def test_portraits_are_drawn_as_those_that_ship_and_for_training_others() -> None:
    assert np.array_equal(drawn("avataaars", 0, 4), portraits()[:4])
    new = drawn("avataaars", origins.FIRST_DRAWN, 4)
    assert not {p.tobytes() for p in new} & {p.tobytes() for p in portraits()}
    assert len(portraits()) <= origins.FIRST_DRAWN
    with pytest.raises(DatasetError, match="usage: node draw"):
        drawn("no-such-style", 0, 1)


def test_the_first_portraits_also_ship_alone() -> None:
    for k in range(SINGLE):
        alone = np.asarray(Image.open(FOLDER / f"portrait-{k + 1:02d}.png"))
        assert np.array_equal(alone, portraits()[k])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tiny packs of each of the three kinds."""
    coded = [encoded(picture, "JPEG") for picture in NOISE]
    np.savez(
        tmp_path / "flowers64.npz",
        data=np.frombuffer(b"".join(coded), np.uint8), offsets=np.cumsum([0, *map(len, coded)]),
        label=np.arange(30, dtype=np.uint8) % 5, split=np.arange(30) % 2 == 0,
    )  # fmt: skip
    np.savez(tmp_path / "emoji64.npz", images=NOISE, codepoints=np.array(["0023"] * 30))
    digits = NOISE[:, :28, :28, 0]
    np.savez(
        tmp_path / "fashion28.npz", x_train=digits[:20], y_train=np.arange(20) % 10, x_test=digits[20:], y_test=np.arange(10)
    )  # fmt: skip
    monkeypatch.setenv("GALLERY_DATA", str(tmp_path))
    return tmp_path


def test_labels_stay_with_their_pictures(folder: Path) -> None:
    found = labelled("flowers64", 64)
    assert (found.train_labels.tolist(), found.held_out_labels.tolist()) == (
        [k % 5 for k in range(30) if k % 24],
        [0, 4],
    )
    first = np.asarray(Image.open(io.BytesIO(encoded(NOISE[24], "JPEG"))))
    assert np.array_equal(found.held_out[1].permute(1, 2, 0).numpy(), first)
    fashion = labelled("fashion28", 32)
    assert (fashion.train.shape, fashion.held_out.shape) == ((20, 1, 32, 32), (10, 1, 32, 32))
    assert fashion.held_out_labels.tolist() == list(range(10))
    assert np.array_equal(fashion.held_out[3, 0, 2:30, 2:30].numpy(), NOISE[23, :28, :28, 0])


def test_a_set_without_labels_is_one_kind(folder: Path) -> None:
    found = labelled("emoji64", 64)
    assert (len(found.train), len(found.held_out)) == (28, 2)
    assert found.train_labels.tolist() == [0] * 28
    assert found.held_out_labels.tolist() == [0, 0]


def test_a_smaller_side_is_the_mean_of_the_pixels_and_batches_are_scaled(folder: Path) -> None:
    found = images("emoji64", 32)
    mean = NOISE[24].reshape(32, 2, 32, 2, 3).mean((1, 3)).transpose(2, 0, 1)
    assert np.abs(found.held_out[1].numpy() - mean).max() <= 1  # Pillow rounds rows, then columns
    batch = found.batch(64, torch.Generator().manual_seed(0))
    assert (batch.dtype, batch.shape) == (torch.float32, (64, 3, 32, 32))
    assert -1 <= float(batch.min()) < -0.5 < 0.5 < float(batch.max()) <= 1
    again = found.batch(64, torch.Generator().manual_seed(0))
    assert torch.equal(batch, again)
    mirrored = {p.flip(-1).numpy().tobytes() for p in found.train} & {p.numpy().tobytes() for p in found.pick(200, torch.Generator().manual_seed(1))}  # fmt: skip
    assert mirrored
    assert not images("fashion28", 28).mirror


def test_a_frame_that_does_not_fit_and_a_pack_that_is_missing_are_refused(folder: Path) -> None:
    for side in (24, 29):
        with pytest.raises(ValueError, match=f"side = {side}: must be 28 plus an even number"):
            images("fashion28", side)
    with pytest.raises(DatasetError, match=r"has no cats64\.npz"):
        images("cats64", 64)


def test_without_a_folder_the_origin_is_asked_and_else_words_say_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GALLERY_DATA", raising=False)
    monkeypatch.setattr(
        "training.origins.drawn", lambda style, first, count: NOISE if style == "avataaars" else NOISE[:25]
    )
    assert len(images("toonfaces64", 64).held_out) == 2
    assert len(labelled("toonfaces64b", 64).train_labels) == 23
    for name in ("dogs64_30breeds", "emoji64"):
        with pytest.raises(DatasetError, match=f"{name} is not on this machine"):
            labelled(name, 64)
