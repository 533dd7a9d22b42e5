"""Inputs that BiGAN-QP's tabs share: the models, and the two ends of an interpolation."""

from __future__ import annotations

from collections.abc import Iterator

from core.data.datasets import fetch
from gallery.inputs import ImageValue, choice
from gallery.page import Progress, Tab, t
from pages.gan._bigan_qp_figures import KINDS
from pages.shared import morph
from pages.shared.digits import DATA
from pages.shared.morph import SOURCES, digit, number_of

__all__ = ["DATA", "MODEL", "MODELS", "SQUARES", "Ends"]

MODELS = {
    "bigan-qp": t("BiGAN-QP", "BiGAN-QP"),
    "o-gan": t("O-GAN", "O-GAN"),
    "vae": t("VAE", "VAE"),
}
SQUARES = {"bigan-qp": KINDS["half"], "bigan-qp-whole": KINDS["whole"], "bigan-qp-none": KINDS["none"]}
MODEL = t("模型", "Model")


class Ends(Tab):
    """The model, and the two ends of an interpolation."""

    model: str = choice("bigan-qp", MODELS, label=MODEL)
    left: str = choice("picture", SOURCES, label=morph.LEFT)
    left_digit: ImageValue = digit("digit-3", morph.LEFT_PICTURE, left="picture")
    left_number: int = number_of(116, morph.LEFT_NUMBER, "left")
    right: str = choice("picture", SOURCES, label=morph.RIGHT)
    right_digit: ImageValue = digit("digit-8", morph.RIGHT_PICTURE, right="picture")
    right_number: int = number_of(141, morph.RIGHT_NUMBER, "right")

    def fetch(self) -> Iterator[Progress]:
        if "held-out" in (self.left, self.right):
            yield from fetch(DATA)
