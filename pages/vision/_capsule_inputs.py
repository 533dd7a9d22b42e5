"""One digit or two as inputs: this project's drawings, the reader's own, a picture, or a test digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.data.datasets import fetch
from gallery.inputs import ImageValue, SketchValue, choice, sketch, slider
from gallery.page import Progress, Tab, Text, t
from pages.shared.digits import FROM, SEVEN, TWO
from pages.shared.morph import digit

SOURCES: Mapping[str, Text] = {
    "own": t("本站画的", "Drawn for this site"),
    "sketch": t("自己手写", "Draw them"),
    "picture": t("图片（示例或上传）", "Pictures (example or upload)"),
    "held-out": t("MNIST 测试集", "MNIST's test digits"),
}
METHODS: Mapping[str, Text] = {
    "kmeans": t("K-means", "K-means"),
    "dynamic": t("动态路由", "Dynamic routing"),
    "em": t("EM 路由", "EM routing"),
}
HEADS: tuple[Text, ...] = (t("A：CNN + 池化", "A: CNN + pooling"), t("B：CNN + 胶囊", "B: CNN + capsules"))
CLOUDS = {
    "rounds": t("三团，三个方向", "Three clouds, three directions"),
    "rays": t("两团一前一后", "Two behind each other"),
    "tight": t("两团紧的在一团松的里面", "Two tight ones within a wide one"),
    "drawn": t("自己画", "Draw it yourself"),
}
WEIGHTS = {"activation": t("aⱼ（EM 路由）", "aⱼ (EM routing)"), "share": t("πⱼ（混合模型）", "πⱼ (mixture)")}
THREE = "\n".join(
    "".join("#" if any((r - a) ** 2 + (c - b) ** 2 < s for a, b, s in ((8, 8, 18), (9, 21, 9), (21, 14, 24))) else " " for c in range(28))
    for r in range(28)
)  # fmt: skip
MEASURES = {
    "single": t("单个数字", "single digits"),
    "pair": t("两个都对", "both right"),
    "sure": t("且都过 ½", "both > ½"),
    "alone": t("只有这两个过 ½", "only these > ½"),
    "even": t("r = 1", "r = 1"),
}
WHOSE = {"active": t("最活跃的一类", "The most active class"), **{str(k): t(str(k), str(k)) for k in range(10)}}
ROUNDS, UPDATES, PIXELS = 20, 5, 14  # of the routing in the plane; of a coupling; to either side
DATA = "mnist28"
LAST_TEST = 9999


class Fetched(Tab):
    """What the sources have in common: a test digit is fetched when it is asked for."""

    source: str = choice("own", SOURCES, label=FROM)

    def fetch(self) -> Iterator[Progress]:
        if self.source == "held-out":
            yield from fetch(DATA)


class Two(Fetched):
    """Two digits, one above the other."""

    upper: int = slider(3, 0, 9, label=t("上面的数字", "Upper digit"), shown_when={"source": "own"})
    lower: int = slider(8, 0, 9, label=t("下面的数字", "Lower digit"), shown_when={"source": "own"})
    number: int = slider(0, 0, 9, label=t("第几种写法", "Which drawing of each"), shown_when={"source": "own"})
    upper_drawing: SketchValue = sketch(
        28, label=t("画上面的", "Draw the upper"), default="\n".join(TWO), shown_when={"source": "sketch"}
    )
    lower_drawing: SketchValue = sketch(
        28, label=t("画下面的", "Draw the lower"), default="\n".join(SEVEN), shown_when={"source": "sketch"}
    )
    upper_picture: ImageValue = digit("digit-5", t("上面的图", "Upper picture"), source="picture")
    lower_picture: ImageValue = digit("digit-6", t("下面的图", "Lower picture"), source="picture")
    upper_test: int = slider(0, 0, LAST_TEST, label=t("上面：编号", "Upper: number"), shown_when={"source": "held-out"})
    lower_test: int = slider(1, 0, LAST_TEST, label=t("下面：编号", "Lower: number"), shown_when={"source": "held-out"})


class One(Fetched):
    """One digit."""

    which: int = slider(3, 0, 9, label=t("数字", "Digit"), shown_when={"source": "own"})
    number: int = slider(0, 0, 9, label=t("第几种写法", "Which drawing"), shown_when={"source": "own"})
    drawing: SketchValue = sketch(28, label=t("画", "Draw"), default="\n".join(SEVEN), shown_when={"source": "sketch"})
    picture: ImageValue = digit("digit-5", t("图片", "Picture"), source="picture")
    test: int = slider(0, 0, LAST_TEST, label=t("编号", "Number"), shown_when={"source": "held-out"})
