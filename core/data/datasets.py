"""Data sets: from the folder that ``GALLERY_DATA`` names, or from their public origin where that is a file with a checksum.

The gallery ships none of them. MNIST comes from its usual mirrors (pooch: cached, MD5 checked). The portraits that ship, drawn
with DiceBear after training, stand in for held-out ones. The pages fetch no cats (an archive of 30 000 files is too much for a
visitor): ``GALLERY_DATA`` may name the folder with ``cats64.npz``; training gets them from their origin (training/origins.py).
"""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from core.data import examples
from core.fetching import Unreachable, fetches
from core.progress import Progress
from core.refusal import Refusal

__all__ = ["FOLDER_VARIABLE", "HELD_OUT_EVERY", "ORIGINS", "DatasetError", "Origin", "decoded", "download", "fetch", "has_held_out", "held_out", "pack"]  # fmt: skip

FOLDER_VARIABLE = "GALLERY_DATA"
HELD_OUT_EVERY = 24  # of the packs that have no split of their own: every 24th picture is held out
MOST_HELD_OUT = 1000
DRAWN = "toonfaces64"  # its held-out pictures ship: drawn after training
FETCHING = ("正在取数据集……", "Fetching the data set …")
IDX_HEADER = {3: 16, 1: 8}  # bytes before the data of an IDX file of so many axes


class DatasetError(Refusal):
    """A data set that cannot be had; the reader may choose another source. ``text`` is (中文, English)."""

    @property
    def text(self) -> tuple[str, str]:
        """The sentence in both languages."""
        return self.zh, self.en


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a data set's files lie: the mirrors' addresses, and each array's file and MD5."""

    mirrors: tuple[str, ...]
    files: Mapping[str, tuple[str, str]]


ORIGINS: Mapping[str, Origin] = {
    "mnist28": Origin(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        {
            "x_train": ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            "y_train": ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
            "x_test": ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
            "y_test": ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
        },
    ),
}


def pack(name: str) -> dict[str, np.ndarray]:
    """The arrays of the data set ``name``. Raises DatasetError when it can be had neither here nor from its origin."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        path = Path(folder) / f"{name}.npz"
        if not path.exists():
            raise DatasetError(
                f"{FOLDER_VARIABLE} = {folder}：没有 {name}.npz", f"{FOLDER_VARIABLE} = {folder}: has no {name}.npz"
            )
        with np.load(path) as arrays:
            return {key: arrays[key] for key in arrays.files}
    if name in ORIGINS:
        return download(name, ORIGINS[name])
    raise DatasetError(
        f"这台机器上没有数据集 {name}：把环境变量 {FOLDER_VARIABLE} 指向放有 {name}.npz 的文件夹；其余来源照常可用",
        f"the data set {name} is not on this machine: let {FOLDER_VARIABLE} name a folder with {name}.npz; the other sources go on working",
    )


def fetch(name: str) -> Iterator[Progress]:
    """Bring the data set ``name`` to this machine where it has to come from its origin; yields while it comes.

    Raises DatasetError, within two seconds where no mirror answers. Does nothing for what is not on the network.
    """
    origin = ORIGINS.get(name)
    if os.environ.get(FOLDER_VARIABLE) or origin is None:
        return
    if all((_cache() / name / file).exists() for file, _ in origin.files.values()):
        return
    first = next(iter(origin.files.values()))[0]
    try:
        for progress in fetches().get(
            f"data/{name}", [m + first for m in origin.mirrors], lambda: download(name, origin)
        ):
            yield Progress(progress.fraction, FETCHING)
    except Unreachable as error:
        raise _not_had(name, first, "no answer") from error


def has_held_out(name: str) -> bool:
    """Whether held-out pictures of the set ``name`` can be had here: they ship, are on the network, or in the folder."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return (Path(folder) / f"{name}.npz").exists()
    return name in ORIGINS or name == DRAWN


def download(name: str, origin: Origin, cache: Path | None = None) -> dict[str, np.ndarray]:
    """The arrays of ``origin`` from the first mirror that gives the right files, kept in ``cache`` for the next time."""
    import pooch
    import requests

    place = cache or _cache()
    arrays = {}
    for key, (file, md5) in origin.files.items():
        problem: Exception | None = None
        for mirror in origin.mirrors:
            try:
                found = pooch.retrieve(mirror + file, f"md5:{md5}", fname=file, path=place / name)
            except (requests.RequestException, OSError, ValueError) as error:  # ValueError: another checksum
                problem = error
                continue
            arrays[key] = _idx(Path(found))
            break
        if key not in arrays:
            raise _not_had(name, file, type(problem).__name__) from problem
    return arrays


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("kexue-gallery"))


def _not_had(name: str, file: str, what: str) -> DatasetError:
    return DatasetError(
        f"取不到数据集 {name} 的 {file}（{what}）：没有网络，或文件不符；可把 {FOLDER_VARIABLE} 指向放有 {name}.npz 的文件夹",
        f"cannot get {file} of the data set {name} ({what}): no network, or another file; {FOLDER_VARIABLE} may name a folder with {name}.npz",
    )


def held_out(name: str, number: int) -> np.ndarray:
    """The held-out picture ``number`` (counted round) of the set ``name``: uint8 [H, W, 3].

    Raises DatasetError when the data set cannot be had.
    """
    pictures = _held_out(name, os.environ.get(FOLDER_VARIABLE, ""))
    return pictures[number % len(pictures)]


@lru_cache(maxsize=4)
def _held_out(name: str, folder: str) -> list[np.ndarray]:
    if name == DRAWN and not folder:
        return list(examples.portraits())  # drawn after training, from seeds of our own: held out by their making
    arrays = pack(name)
    if "x_test" in arrays:
        return [np.repeat(digit[:, :, None], 3, 2) for digit in arrays["x_test"][:MOST_HELD_OUT]]
    if "offsets" not in arrays:
        return list(arrays["images"][::HELD_OUT_EVERY])
    return [decoded(arrays, k) for k in range(0, len(arrays["offsets"]) - 1, HELD_OUT_EVERY)]


def decoded(arrays: Mapping[str, np.ndarray], k: int) -> np.ndarray:
    """Picture ``k`` of a pack of JPEG bytes: uint8 [H, W, 3]."""
    start, end = arrays["offsets"][k : k + 2]
    return np.asarray(Image.open(io.BytesIO(arrays["data"][start:end].tobytes())).convert("RGB"))


def _idx(path: Path) -> np.ndarray:
    """An IDX file of unsigned bytes, packed by gzip."""
    data = gzip.decompress(path.read_bytes())
    axes = data[3]
    shape = [int.from_bytes(data[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes)]
    return np.frombuffer(data, np.uint8, offset=IDX_HEADER[axes]).reshape(shape)
