"""What the page on the invertible ResNet lets its reader choose."""

from __future__ import annotations

from gallery.page import t

FIELDS = {
    "trained": t("训练好的一块", "A trained block"),
    "turn": t("四分之一转：c·Q tanh(x)", "Quarter turn: c·Q tanh(x)"),
    "fold": t("对折：−c·tanh(x)", "Fold: −c·tanh(x)"),
}
TERMS = {
    "0": t("精确行列式", "the determinant"),
    "1": t("1 项", "1 term"),
    "2": t("2 项", "2 terms"),
    "5": t("5 项", "5 terms"),
}
KERNELS = {
    "first": t("i-ResNet 的第一层", "i-ResNet's first layer"),
    "last": t("i-ResNet 最后一块的第一层", "The first layer of its last block"),
    "ones": t("全 1 的 3×3 核", "3×3, all ones"),
    "random": t("随机的 3×3 核", "3×3, random"),
}
