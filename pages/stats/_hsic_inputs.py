"""What the page on HSIC lets its reader choose, and what the sheet begins with."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

SHAPES: Mapping[str, Text] = {
    "circle": t("圆", "Circle"),
    "linear": t("直线", "Line"),
    "parabola": t("抛物线", "Parabola"),
    "sine": t("正弦", "Sine"),
    "cross": t("十字", "Cross"),
    "spiral": t("螺线", "Spiral"),
    "checkerboard": t("棋盘", "Checkerboard"),
    "w": t("W 形", "W shape"),
    "independent": t("独立", "Independent"),
}
FUNCTIONS = {"bump": t("鼓包（可拖动）", "Bump (to be dragged)")} | {
    name: t(formula, formula)
    for name, formula in {"line": "u", "square": "u²", "absolute": "|u|", "sine": "sin πu", "cosine": "cos πu"}.items()
}
CURVE = "\n".join("".join("#" if abs(r - 5 - (c - 13.5) ** 2 / 10) < 2 else " " for c in range(28)) for r in range(28))
