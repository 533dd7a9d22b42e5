"""Inputs that the tabs of the clustering VAE share: which data, and what its kinds are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from core.data.datasets import fetch, has_held_out
from gallery.inputs import ImageValue, SketchValue, choice, slider
from gallery.page import Progress, Say, Tab, Text, t
from pages.shared.digits import BY_HAND, FROM, SEVEN, drawn
from pages.shared.kinds import kind_name
from pages.shared.morph import PICTURE, SOURCES, digit

__all__ = ["DATA", "DATA_NAMES", "HAD", "NAME", "Data", "Picture", "clusters_named", "kinds_named"]

NAME = "vae-clustering"
DATA_NAMES: Mapping[str, Text] = {
    "mnist28": t("手写数字（MNIST）", "Digits (MNIST)"),
    "fashion28": t("衣物（Fashion-MNIST）", "Clothes (Fashion-MNIST)"),
}
DATA = t("数据", "Data")
HAD = {"data": tuple(name for name in DATA_NAMES if has_held_out(name))}
"""The data sets whose own pictures can be had here: digits from the network, or what the reader's folder has."""
PRIMES = ("", "′", "″", "‴")


class Data(Tab):
    """Which trained weights."""

    data: str = choice("mnist28", DATA_NAMES, label=DATA)


class Picture(Data):
    """One picture: the code of a test picture, an example digit or an upload, a drawing, or one of the data set."""

    source: str = choice(
        "code",
        {
            "code": t("测试图的编码（重画）", "The code of a test picture (redrawn)"),
            "picture": SOURCES["picture"],
            "sketch": BY_HAND,
            "held-out": SOURCES["held-out"],
        },
        label=FROM,
        only_when={"picture": {"data": "mnist28"}, "sketch": {"data": "mnist28"}, "held-out": HAD},
    )
    picture: ImageValue = digit("digit-3", PICTURE, source="picture")
    drawing: SketchValue = drawn(SEVEN)
    code: int = slider(3, 0, 9999, label=t("第几张测试图", "Test picture number"), shown_when={"source": "code"})
    number: int = slider(3, 0, 999, label=t("编号", "Number"), shown_when={"source": "held-out"})

    def fetch(self) -> Iterator[Progress]:
        if self.source == "held-out":
            yield from fetch(self.data)


def kinds_named(data: str, say: Say) -> list[str]:
    """What the ten kinds are called."""
    return [kind_name(data, kind, say) for kind in range(10)]


def clusters_named(majority: np.ndarray, data: str, say: Say) -> list[str]:
    """Every cluster by its majority label; several with one label get primes: 4, 4′, 4″."""
    kinds, named = kinds_named(data, say), majority.tolist()
    primes = [named[:place].count(label) for place, label in enumerate(named)]
    return [
        kinds[label] + (PRIMES[prime] if prime < len(PRIMES) else f"({prime + 1})")
        for label, prime in zip(named, primes, strict=True)
    ]
