"""Inputs that O-GAN's tabs share: the models, and pictures of the kind that each draws."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.inputs import ImageValue, choice
from gallery.page import Tab, t
from pages.shared import morph as shared
from pages.shared.morph import SOURCES, Space, cat, digit, number_of, portrait

__all__ = ["FROM", "MODEL", "MODELS", "SPACES", "Ends", "Picture"]

SPACES: Mapping[str, Space] = {
    "portraits": Space("o-gan-toonfaces64", t("卡通头像", "Cartoon portraits"), "toonfaces64"),
    "cats": Space("o-gan-cats64", t("猫脸", "Cats"), "cats64"),
    "digits": Space("o-gan-mnist28", t("手写数字", "Digits"), "mnist28"),
}
MODELS, MODEL, FROM = {name: space.label for name, space in SPACES.items()}, t("模型", "Model"), t("来源", "From")


class Ends(Tab):
    """The model, and the two ends of an interpolation."""

    model: str = choice("cats", MODELS, label=MODEL)
    left: str = choice("seed", SOURCES, label=shared.LEFT)
    left_picture: ImageValue = portrait("portrait-01", shared.LEFT_PICTURE, left="picture", model="portraits")
    left_cat: ImageValue = cat("cat-1", shared.LEFT_PICTURE, left="picture")
    left_digit: ImageValue = digit("digit-3", shared.LEFT_PICTURE, left="picture")
    left_number: int = number_of(116, shared.LEFT_NUMBER, "left")
    right: str = choice("seed", SOURCES, label=shared.RIGHT)
    right_picture: ImageValue = portrait("portrait-02", shared.RIGHT_PICTURE, right="picture", model="portraits")
    right_cat: ImageValue = cat("cat-2", shared.RIGHT_PICTURE, right="picture")
    right_digit: ImageValue = digit("digit-8", shared.RIGHT_PICTURE, right="picture")
    right_number: int = number_of(141, shared.RIGHT_NUMBER, "right")


class Picture(Tab):
    """The model, and one picture."""

    model: str = choice("portraits", MODELS, label=MODEL)
    source: str = choice("picture", SOURCES, label=FROM)
    picture: ImageValue = portrait("portrait-04", shared.PICTURE, source="picture", model="portraits")
    cat: ImageValue = cat("cat-1", shared.PICTURE, source="picture")
    digit: ImageValue = digit("digit-3", shared.PICTURE, source="picture")
    number: int = number_of(3, t("编号", "Number"), "source")
