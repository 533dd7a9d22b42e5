"""Data sets from their public origins, for training where no folder of packs is at hand.

A pack is a selection that was made once: the 12 000 cats that are best aligned, half of Fashion-MNIST, a sixth of CIFAR-10.
What comes from here is the public set in its own order: pictures of the same kind, of which others are held out, so a figure
on a card is met closely and not to its last digit. emoji64, dogs64_30breeds and lamost_real_176 come from packs alone.

Not tried against their servers when this was written: all but DiceBear. The checksums of Fashion-MNIST, flowers and CIFAR-10
are published ones. The cats' archive, the commit ``CATS`` of its repository, has none that we know: what is inside is counted
and measured instead, and that the commit holds the folder cats/ is concluded from its web page, which shows that folder.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.datasets import FOLDER_VARIABLE, DatasetError, Origin, download

__all__ = ["ARCHIVES", "ORIGINS", "Archive", "drawn", "from_archive", "from_origin"]

SIDE = 64
Arrays = dict[str, np.ndarray]
CATS = "7550bb5b1018a68a578e89baef89802bd1465d11"
CAT = re.compile(r"/cats/cat_(\d+)\.png$")
FLOWER = re.compile(r"flower_photos/(daisy|dandelion|roses|sunflowers|tulips)/([^/.]+\.jpg)$")
FLOWERS = ("daisy", "dandelion", "roses", "sunflowers", "tulips")
CIFAR_BATCH, CIFAR_SHAPE = "/data_batch_1.bin", (3, 32, 32)
DICEBEAR = Path(__file__).parent / "dicebear"
FIRST_DRAWN = 1000  # the seeds before belong to the portraits that ship
DRAWN = {"toonfaces64": ("avataaars", 8000), "toonfaces64b": ("adventurer", 2000)}

ORIGINS: Mapping[str, Origin] = {
    "fashion28": Origin(
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        {
            "x_train": ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            "y_train": ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
            "x_test": ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
            "y_test": ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Archive:
    """A tar file packed by gzip: its addresses, checksum (None: not known), how it is read, and how many pictures it holds."""

    mirrors: tuple[str, ...]
    checksum: str | None
    read: Callable[[tarfile.TarFile], Arrays]
    count: int


def from_origin(name: str) -> Arrays | None:
    """The arrays of the set ``name`` from its public origin; None when none is known here. Raises DatasetError."""
    if name in DRAWN:
        style, count = DRAWN[name]
        return {"images": drawn(style, FIRST_DRAWN, count)}
    if name in ORIGINS:
        return download(name, ORIGINS[name])
    if name in ARCHIVES:
        return from_archive(name, ARCHIVES[name])
    return None


def from_archive(name: str, archive: Archive, cache: Path | None = None) -> Arrays:
    """The arrays of ``archive`` from the first mirror that gives the right one, kept in ``cache`` for the next time.

    A file without a known checksum that does not hold what it should is deleted, lest it be taken again.
    """
    import pooch
    import requests

    place = cache or Path(pooch.os_cache("kexue-gallery"))
    problem: Exception | None = None
    for mirror in archive.mirrors:
        try:
            found = Path(pooch.retrieve(mirror, archive.checksum, fname=f"{name}.tar.gz", path=place / name))
        except (requests.RequestException, OSError, ValueError) as error:  # ValueError: another checksum
            problem = error
            continue
        try:
            with tarfile.open(found, "r:gz") as tar:
                arrays = archive.read(tar)
            if len(arrays["images"]) != archive.count:
                raise ValueError(f"pictures = {len(arrays['images'])}, not {archive.count}")
        except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
            found.unlink()
            problem = error
            continue
        return arrays
    raise DatasetError(
        f"取不到数据集 {name}（{problem}）：没有网络，或文件不符；可把 {FOLDER_VARIABLE} 指向放有 {name}.npz 的文件夹",
        f"cannot get the data set {name} ({problem}): no network, or another file; {FOLDER_VARIABLE} may name a folder with {name}.npz",
    ) from problem


def drawn(style: str, first: int, count: int) -> np.ndarray:
    """``count`` portraits drawn with DiceBear from the seeds gallery-``first`` on, uint8 [N, 64, 64, 3]."""
    if shutil.which("node") is None:
        raise DatasetError(
            "画头像需要 Node.js（18 以上）：请先安装，或把 GALLERY_DATA 指向放有数据包的文件夹",
            "drawing portraits needs Node.js (18 or newer): install it, or let GALLERY_DATA name a folder of packs",
        )
    if not (DICEBEAR / "node_modules").exists():
        raise DatasetError(
            f"画头像需要 DiceBear：先在 {DICEBEAR} 里运行 npm ci", f"drawing portraits needs DiceBear: run npm ci in {DICEBEAR} first"
        )  # fmt: skip
    command = ["node", "draw.mjs", style, str(first), str(count)]
    done = subprocess.run(command, cwd=DICEBEAR, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise DatasetError(f"画头像失败：{reason}", f"drawing portraits failed: {reason}")
    return np.frombuffer(done.stdout, np.uint8).reshape(count, SIDE, SIDE, 3)


def _read_cats(tar: tarfile.TarFile) -> Arrays:
    """cats/cat_0.png … in the order of their numbers; each must be 64x64."""
    found = {}
    for match, data in _members(tar, CAT):
        picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        if picture.shape != (SIDE, SIDE, 3):
            raise ValueError(f"{match[0]} is {picture.shape}, not {(SIDE, SIDE, 3)}")
        found[int(match[1])] = picture
    if sorted(found) != list(range(len(found))):
        raise ValueError(f"{len(found)} cats are not numbered from 0 without gaps")
    return {"images": np.array([found[k] for k in range(len(found))])}


def _read_flowers(tar: tarfile.TarFile) -> Arrays:
    """flower_photos/KIND/*.jpg in alphabetical order: the middle square at 64x64, and the number of the kind."""
    found = {}
    for match, data in _members(tar, FLOWER):
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        small = picture.resize((SIDE, SIDE), Image.Resampling.BOX, (left, top, left + side, top + side))
        found[match[1], match[2]] = np.asarray(small)
    order = sorted(found)
    return {
        "images": np.array([found[key] for key in order]),
        "label": np.array([FLOWERS.index(kind) for kind, _ in order]),
    }


def _read_cifar(tar: tarfile.TarFile) -> Arrays:
    """The first training batch: records of a label and three planes of 32x32."""
    for _, data in _members(tar, re.compile(re.escape(CIFAR_BATCH) + "$")):
        records = np.frombuffer(data, np.uint8).reshape(-1, 1 + int(np.prod(CIFAR_SHAPE)))
        pictures = records[:, 1:].reshape(-1, *CIFAR_SHAPE).transpose(0, 2, 3, 1)
        return {"images": np.ascontiguousarray(pictures), "label": records[:, 0]}
    raise ValueError(f"there is no {CIFAR_BATCH}")


def _members(tar: tarfile.TarFile, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], bytes]]:
    """The files whose names fit ``pattern``, in one pass and without writing any."""
    for member in tar:
        match = pattern.search(member.name)
        if match and (file := tar.extractfile(member)) is not None:
            yield match, file.read()


ARCHIVES: Mapping[str, Archive] = {
    "cats64": Archive((f"https://github.com/AnnikaV9/cat-dataset/archive/{CATS}.tar.gz",), None, _read_cats, 29843),
    "flowers64": Archive(
        (
            "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
            "http://download.tensorflow.org/example_images/flower_photos.tgz",
        ),
        "sha256:4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
        _read_flowers,
        3670,
    ),
    "cifar32_10k": Archive(
        ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
        "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        _read_cifar,
        10_000,
    ),
}
