"""Inputs of the VAE's page: the trained models, and one picture of a digit."""

from __future__ import annotations

from gallery.inputs import ImageValue, SketchValue
from gallery.page import t
from pages.shared.digits import DATA, TWO, Digit, drawn
from pages.shared.morph import PICTURE, digit

__all__ = ["CONDITIONAL", "DATA", "DIGITS", "DIGIT_MODELS", "GAME", "MODEL", "MODELS", "Picture"]

MODEL = t("模型", "Model")
DIGIT_MODELS = {
    "mlp-mnist28": t("数字，多层感知机", "Digits, perceptrons"),
    "cnn-mnist28": t("数字，卷积网络", "Digits, convolutions"),
}
MODELS = {**DIGIT_MODELS, "mlp-fashion28": t("衣物，多层感知机", "Clothes, perceptrons")}
GAME = {
    "free-mnist28": t("没有 KL", "Without KL"),
    "weak-mnist28": t("弱 KL", "Weak KL"),
    "mlp-mnist28": t("完整的 VAE", "The whole VAE"),
}
CONDITIONAL = "conditional-mnist28"
DIGITS = {str(k): t(str(k), str(k)) for k in range(10)}


class Picture(Digit):
    """One digit; the drawing begins as a 2."""

    picture: ImageValue = digit("digit-3", PICTURE, source="picture")
    drawing: SketchValue = drawn(TWO)
