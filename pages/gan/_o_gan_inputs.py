"""Inputs that O-GAN's tabs share: the models, and pictures of the kind that each draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.data.datasets import fetch, has_held_out
from gallery.inputs import ImageValue, choice
from gallery.page import Progress, Tab, t
from pages.shared import morph as shared
from pages.shared.morph import SOURCES, Space, cat, digit, number_of, old_picture, portrait

__all__ = ["FROM", "HELD_OUT", "MODEL", "MODELS", "SPACES", "Ends", "Picture"]

SPACES: Mapping[str, Space] = {
    "portraits": Space("o-gan-toonfaces64", t("卡通头像", "Cartoon portraits"), "toonfaces64"),
    "cats": Space("o-gan-cats64", t("猫脸", "Cats"), "cats64"),
    "digits": Space("o-gan-mnist28", t("手写数字", "Digits"), "mnist28"),
}
HELD_OUT = {"held-out": {"model": tuple(name for name, space in SPACES.items() if has_held_out(space.data))}}
MODELS, MODEL, FROM = {name: space.label for name, space in SPACES.items()}, t("模型", "Model"), t("来源", "From")


class Ends(Tab):
    """The model, and the two ends of an interpolation."""

    model: str = choice("cats", MODELS, label=MODEL)
    left: str = choice("seed", SOURCES, label=shared.LEFT, only_when=HELD_OUT)
    left_picture: ImageValue = portrait("portrait-01", shared.LEFT_PICTURE, left="picture", model="portraits")
    left_cat: ImageValue = cat("cat-chelsea", shared.LEFT_PICTURE, left="picture")
    left_digit: ImageValue = digit("digit-3", shared.LEFT_PICTURE, left="picture", model="digits")
    left_number: int = number_of(116, shared.LEFT_NUMBER, "left")
    right: str = choice("seed", SOURCES, label=shared.RIGHT, only_when=HELD_OUT)
    right_picture: ImageValue = portrait("portrait-02", shared.RIGHT_PICTURE, right="picture", model="portraits")
    right_cat: ImageValue = cat("cat-2", shared.RIGHT_PICTURE, right="picture")
    right_digit: ImageValue = digit("digit-8", shared.RIGHT_PICTURE, right="picture", model="digits")
    right_number: int = number_of(141, shared.RIGHT_NUMBER, "right")

    def fetch(self) -> Iterator[Progress]:
        if "held-out" in (self.left, self.right):
            yield from fetch(SPACES[self.model].data)

    @classmethod
    def modernised(cls, query: Mapping[str, str]) -> Mapping[str, str]:
        left = old_picture(query, "left_picture", "left_digit")
        return old_picture(left, "right_picture", "right_digit")


class Picture(Tab):
    """The model, and one picture."""

    model: str = choice("portraits", MODELS, label=MODEL)
    source: str = choice("picture", SOURCES, label=FROM, only_when=HELD_OUT)
    picture: ImageValue = portrait("portrait-04", shared.PICTURE, source="picture", model="portraits")
    cat: ImageValue = cat("cat-chelsea", shared.PICTURE, source="picture")
    digit: ImageValue = digit("digit-3", shared.PICTURE, source="picture", model="digits")
    number: int = number_of(3, t("编号", "Number"), "source")

    def fetch(self) -> Iterator[Progress]:
        if self.source == "held-out":
            yield from fetch(SPACES[self.model].data)

    @classmethod
    def modernised(cls, query: Mapping[str, str]) -> Mapping[str, str]:
        return old_picture(query, "picture", "digit")
