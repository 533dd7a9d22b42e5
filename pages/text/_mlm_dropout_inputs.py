"""What the page on MLM and MAE as dropout lets its reader choose, and the sentences to begin with."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.page import Text, t

CLUE: Mapping[str, Text] = {
    "here": t("本站实测：商品评论", "measured here: shop reviews"),
    "iflytek": t("原文 IFLYTEK", "the post: IFLYTEK"),
    "tnews": t("原文 TNEWS", "the post: TNEWS"),
    "afqmc": t("原文 AFQMC", "the post: AFQMC"),
    "ocnli": t("原文 OCNLI", "the post: OCNLI"),
    "wsc": t("原文 WSC", "the post: WSC"),
    "csl": t("原文 CSL", "the post: CSL"),
}
FUNCTIONS: Mapping[str, Text] = {
    "tanh": t("tanh(s)", "tanh(s)"),
    "square": t("s²", "s²"),
    "relu": t("max(s, 0)", "max(s, 0)"),
    "exp": t("exp(s)", "exp(s)"),
    "linear": t("s（线性）", "s (linear)"),
}
MODERN = "这本书的内容非常好，我很喜欢，下次还会再买。"
NOVEL = "话说宝玉听了这话，不觉笑道：“这也不是什么要紧的事。”"
