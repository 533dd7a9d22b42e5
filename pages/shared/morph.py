"""From one face to another: the controls and the pictures of interpolation, for every model that encodes and decodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from gallery import outputs
from gallery.inputs import choice, image, seed, slider
from gallery.outputs import Metric
from gallery.page import Say, Tab, Text, t

if TYPE_CHECKING:
    from core.morphing import Morphing

__all__ = [
    "LEFT",
    "LEFT_NUMBER",
    "LEFT_PICTURE",
    "PICTURE",
    "RIGHT",
    "RIGHT_NUMBER",
    "RIGHT_PICTURE",
    "SOURCES",
    "Morph",
    "Space",
    "cat",
    "digit",
    "number_of",
    "old_picture",
    "portrait",
]

PORTRAITS = {f"portrait-{k:02d}": f"examples/portrait-{k:02d}.png" for k in range(1, 9)}
DIGITS = {f"digit-{k}": f"examples/digit-{k}.png" for k in range(10)}
CATS = {name: f"examples/{name}.png" for name in ("cat-chelsea", "cat-1", "cat-2")}
SOURCES: Mapping[str, Text] = {
    "picture": t("图片（示例或上传）", "A picture (example or upload)"),
    "seed": t("随机编码", "A random code"),
    "held-out": t("数据集里没训练过的图", "A held-out picture of the data set"),
}
PATHS: Mapping[str, Text] = {
    "standardised": t("直线，再标准化", "Straight line, standardised"),
    "slerp": t("球面 (slerp)", "On the sphere (slerp)"),
    "lerp": t("直线 (lerp)", "Straight line (lerp)"),
}
PICTURE = t("图片", "Picture")
LEFT, RIGHT = t("左端", "Left end"), t("右端", "Right end")
LEFT_PICTURE, RIGHT_PICTURE = t("左端图片", "Left picture"), t("右端图片", "Right picture")
LEFT_NUMBER, RIGHT_NUMBER = t("左端编号", "Left number"), t("右端编号", "Right number")
OWN_CATS = t(
    "Chelsea 是真猫（Stéfan van der Walt 摄，CC0），没有训练过；另两张是模型自己画的，也可以上传你的猫",
    "Chelsea is a real cat that was never trained on (by Stéfan van der Walt, CC0); the model drew the other two; or upload your own",
)
SQUARE = 6  # pictures along a side of the square (core.morphing.SQUARE)
STRIP = 7  # steps shown on the strip
FRAMES_A_SECOND = 12


@dataclass(frozen=True, slots=True)
class Space:
    """The latent space of the shipped ``weights``: what the reader calls it, and its data set's name."""

    weights: str
    label: Text
    data: str


def portrait(default: str, label: Text, **when: str) -> Any:
    """A portrait, an example or an upload, cut to a square; shown where the other inputs are as in ``when``."""
    return image(default, PORTRAITS, label=label, crop=True, shown_when=when)


def cat(default: str, label: Text, **when: str) -> Any:
    """The same with cats."""
    return image(default, CATS, label=label, crop=True, help=OWN_CATS, shown_when={**when, "model": "cats"})


def digit(default: str, label: Text, **when: str) -> Any:
    """The same with digits; shown where the other inputs are as in ``when``."""
    return image(default, DIGITS, label=label, crop=True, shown_when=when)


def old_picture(query: Mapping[str, str], name: str, digit: str) -> Mapping[str, str]:
    """A link in which one input held every kind of picture: a digit goes to the input that holds digits now."""
    value = query.get(name, "")
    if "example:digit-" not in value:
        return query
    kept = {key: text for key, text in query.items() if key != name}
    return {digit: value, **kept}


def number_of(default: int, label: Text, source: str) -> Any:
    """Which random code, or which held-out picture, where the choice ``source`` asks for one."""
    return slider(default, 0, 999, label=label, shown_when={source: ("seed", "held-out")})


class Morph(Tab):
    """The way between two ends, and what is shown of it.

    A page writes ``class Interpolate(Morph, Ends)``, where ``Ends`` declares the model and the two ends, and gives
    ``question`` and ``compute``. Of several bases the last one's inputs stand first in the form.
    """

    label = t("插值", "Interpolate")
    outputs = (
        outputs.animation("film", height=420),
        outputs.images(
            "strip",
            t(
                "从左到右：一端、途中各步、另一端；一端是图片时，原图摆在最外面",
                "Left to right: one end, the steps on the way, the other end; an end that is a picture has the picture itself outside",
            ),
            height=110,
        ),
        outputs.image(
            "corners",
            t(
                "四角之间（左上、右上是两端，下面两角随机）",
                "Between four corners (the ends above, two random codes below)",
            ),
            height=420,
        ),
        outputs.metrics("facts"),
    )
    budget: ClassVar[float] = 400.0  # pictures decoded: about half a second on two cores

    path: str = choice("standardised", PATHS, label=t("路径", "Path"))
    temperature: float = slider(0.9, 0.0, 1.2, step=0.05, label=t("乘在编码上", "Factor of the code"))
    frames: int = slider(17, 5, 33, label=t("帧数", "Frames"))
    seed: int = seed(1)

    def cost(self) -> float:
        return self.frames + SQUARE**2

    def show(self, y: Morphing, say: Say) -> Mapping[str, Any]:
        last = len(y.frames) - 1
        places = [round(k * last / (STRIP - 1)) for k in range(STRIP)]
        strip, captions = [y.frames[k] for k in places], [f"t = {k / last:.2f}" for k in places]
        if y.left is not None:
            strip, captions = [y.left, *strip], [say("原图", "picture"), *captions]
        if y.right is not None:
            strip, captions = [*strip, y.right], [*captions, say("原图", "picture")]
        facts = [
            Metric(
                f"{say(side)} / {say('两端之差', 'distance of the ends')}",
                error,
                say("0 = 与原图一样，1 = 和另一端一样远", "0 = the picture itself, 1 = as far as the other end"),
            )
            for side, error in zip(
                (t("左端重建误差", "Error of the left end"), t("右端重建误差", "Error of the right end")),
                y.errors,
                strict=True,
            )
            if error is not None
        ]
        facts += [
            Metric(
                say("与像素叠影之差", "Distance from a cross-fade"),
                y.crossfade,
                say("0 = 只是两张图叠在一起", "0 = both pictures laid over each other"),
            ),
            Metric(
                say("最大一步 / 平均一步", "Largest step / mean step"), y.unevenness, say("1 = 匀速", "1 = even pace")
            ),
            Metric(
                say("中点编码的长度 / 两端", "Length of the middle code / ends"),
                y.middle_length,
                say("独立编码走直线约 0.71", "0.71 on a straight line between independent codes"),
            ),
            Metric(say("两端编码的余弦", "Cosine of the two codes"), y.cosine),
        ]
        return {
            "film": outputs.Animation(
                list(y.frames),
                FRAMES_A_SECOND,
                [f"t = {k / last:.2f}" for k in range(last + 1)],
                boomerang=True,
                start=last // 2,
                autoplay=True,
            ),
            "strip": outputs.Grid(strip, columns=len(strip), captions=captions),
            "corners": outputs.grid_image(outputs.Grid([p for row in y.square for p in row], columns=SQUARE)),
            "facts": facts,
        }
