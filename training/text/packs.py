"""A text pack line by line: from the folder that ``GALLERY_DATA`` names, else from its public origin (training/text/origins.py)."""

from __future__ import annotations

import gzip
import lzma
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.data.datasets import FOLDER_VARIABLE, DatasetError

__all__ = ["lines"]


def lines(file: str) -> Iterator[str]:
    """The lines of the pack ``file``, without their ends. Raises DatasetError when it cannot be had."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        from training.text import origins

        yield from origins.lines(file)
        return
    path = Path(folder) / file
    if not path.exists():
        raise DatasetError(f"{FOLDER_VARIABLE} = {folder}：没有 {file}", f"{FOLDER_VARIABLE} = {folder}: has no {file}")
    opened: Mapping[str, type[gzip.GzipFile] | type[lzma.LZMAFile]] = {".gz": gzip.GzipFile, ".xz": lzma.LZMAFile}
    with opened[path.suffix](path) as packed:
        for line in packed:
            yield line.decode("utf-8").rstrip("\n")
