"""Ten kinds of pictures: their colours in every figure, and what the kinds of clothes are called."""

from __future__ import annotations

from gallery import figures
from gallery.page import Say, t

__all__ = ["DIGIT_COLOURS", "kind_name"]

DIGIT_COLOURS = (*figures.COLOURS[:8], "#b08d57", "#4a4a8a")
CLOTHES = (
    t("T 恤", "T-shirt"), t("裤子", "trousers"), t("套衫", "pullover"), t("连衣裙", "dress"), t("外套", "coat"), t("凉鞋", "sandal"),
    t("衬衫", "shirt"), t("运动鞋", "sneaker"), t("包", "bag"), t("短靴", "ankle boot"),
)  # fmt: skip


def kind_name(data: str, kind: int, say: Say) -> str:
    """What the kind 0 … 9 of the data set ``data`` is called."""
    return say(CLOTHES[kind]) if data == "fashion28" else str(kind)
