"""From one face to another: the controls and pictures of interpolation, for every model with ``encode`` and ``decode``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gallery import outputs
from gallery.inputs import ImageValue, Inputs, choice, image, seed, slider
from gallery.page import Lang, Text, t

__all__ = ["EXAMPLES", "LEFT_PICTURE", "MORPH_OUTPUTS", "PORTRAITS", "RIGHT_PICTURE", "SOURCES", "Morph", "Space", "code_of_end", "end", "example_path", "morph", "morph_code", "morph_cost", "one_picture"]  # fmt: skip

PORTRAITS = {f"portrait-{k:02d}": f"examples/portrait-{k:02d}.png" for k in range(1, 9)}
DIGITS = {f"digit-{k}": f"examples/digit-{k}.png" for k in range(10)}
EXAMPLES = {**PORTRAITS, **DIGITS}
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
GRID = 6
LEFT, RIGHT = t("左端", "Left end"), t("右端", "Right end")
LEFT_PICTURE, RIGHT_PICTURE = t("左端图片", "Left picture"), t("右端图片", "Right picture")
MORPH_OUTPUTS = (
    outputs.animation("film", height=420),
    outputs.images("strip", t("从左到右：原图、重建、途中各步、重建、原图", "Left to right: picture, reconstruction, steps on the way, reconstruction, picture"), height=110),
    outputs.image("corners", t("四角之间（左上、右上是两端，下面两角随机）", "Between four corners (the ends above, two random codes below)"), height=420),
    outputs.metrics("facts"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Space:
    """The latent space of the shipped weights ``weights``: what they draw, their data set's name."""

    weights: str
    label: Text
    data: str


class Morph(Inputs):
    """Two ends, the way between them. A page overrides ``model``, ``path`` and ``temperature``."""

    model: str = choice("", {"": t("无", "none")}, label=t("模型", "Model"))
    left: str = choice("picture", SOURCES, label=LEFT)
    left_picture: ImageValue = image(
        "portrait-01", EXAMPLES, label=LEFT_PICTURE, crop=True, shown_when={"left": "picture"}
    )
    left_number: int = slider(3, 0, 999, label=t("左端编号", "Left number"), shown_when={"left": ("seed", "held-out")})
    right: str = choice("picture", SOURCES, label=RIGHT)
    right_picture: ImageValue = image(
        "portrait-02", EXAMPLES, label=RIGHT_PICTURE, crop=True, shown_when={"right": "picture"}
    )
    right_number: int = slider(
        4, 0, 999, label=t("右端编号", "Right number"), shown_when={"right": ("seed", "held-out")}
    )
    path: str = choice("standardised", PATHS, label=t("路径", "Path"))
    temperature: float = slider(0.9, 0.0, 1.2, step=0.05, label=t("截断", "Truncation"))
    frames: int = slider(17, 5, 33, label=t("帧数", "Frames"))
    seed: int = seed(1)


def end(space: Space, source: str, picture: np.ndarray, number: int, standard: bool) -> tuple[Any, np.ndarray | None]:
    """The code [n] of one end, and the real picture behind it where there is one."""
    from core import codec
    from core.datasets import held_out
    from core.weights import load

    model = load(space.weights)
    if source == "seed":
        return codec.random_codes(model, [number], model.config.dimensions, standard)[0], None
    real = picture if source == "picture" else held_out(space.data, number)
    return codec.encode(model, [real])[0], one_picture(model, real)


def one_picture(model: Any, picture: np.ndarray) -> np.ndarray:
    """The picture as the model sees it, uint8 [S, S, 3]."""
    from core import codec

    return codec.to_pictures(codec.prepared([picture], model.config.side, model.config.channels))[0]


def morph(inputs: Morph, space: Space, standard: bool, lang: Lang) -> Mapping[str, Any]:
    """Film, strip and four-corner grid between the two ends."""
    import torch

    from core import codec
    from core.weights import load

    model = load(space.weights)
    a, real_a = end(space, inputs.left, inputs.left_picture, inputs.left_number, standard)
    b, real_b = end(space, inputs.right, inputs.right_picture, inputs.right_number, standard)
    frames = codec.morph(model, a, b, inputs.frames, inputs.path, inputs.temperature)
    others = codec.random_codes(model, [inputs.seed, inputs.seed + 1], model.config.dimensions, standard)
    corners = codec.corner_grid(model, torch.cat([torch.stack([a, b]), others]), GRID, inputs.path, inputs.temperature)
    places = np.linspace(0, len(frames) - 1, 7).round().astype(int)
    strip, captions = [frames[k] for k in places], [f"t = {k / (len(frames) - 1):.2f}" for k in places]
    facts = []
    for real, made, side in ((real_a, frames[0], LEFT), (real_b, frames[-1], RIGHT)):
        if real is not None:
            facts.append(
                outputs.Metric(t(f"{side.zh}重建的均方误差", f"{side.en}, mse of reconstruction")(lang), codec.mean_squares([real], [made])[0], t("像素在 [−1, 1]", "pixels in [-1, 1]")(lang))
            )  # fmt: skip
    steps = codec.mean_squares(frames[:-1], frames[1:])
    facts.append(outputs.Metric(t("最大一步 / 平均一步", "Largest step / mean step")(lang), max(steps) / max(float(np.mean(steps)), 1e-12), t("1 = 匀速", "1 = even pace")(lang)))  # fmt: skip
    facts.append(
        outputs.Metric(
            t("两端编码的夹角余弦", "Cosine of the two codes")(lang), float(torch.cosine_similarity(a, b, dim=0))
        )
    )
    if real_a is not None:
        strip, captions = [real_a, *strip], [t("原图", "picture")(lang), *captions]
    if real_b is not None:
        strip, captions = [*strip, real_b], [*captions, t("原图", "picture")(lang)]
    return {
        "film": outputs.Animation(frames, fps=12, captions=[f"t = {k / (len(frames) - 1):.2f}" for k in range(len(frames))], boomerang=True, start=len(frames) // 2, autoplay=True),
        "strip": outputs.Grid(strip, columns=len(strip), captions=captions),
        "corners": outputs.grid_image(outputs.Grid(corners, columns=GRID)),
        "facts": facts,
    }  # fmt: skip


def example_path(inputs: Inputs, name: str) -> str:
    """The file of the example that the image input ``name`` holds, for the code shown; an upload is called by a name of its own."""
    link = inputs.to_link().get(name) or ""
    example = link.removeprefix("example:")
    return f"assets/{EXAMPLES[example]}" if example in EXAMPLES else "my-picture.png"


def code_of_end(source: str, path: str, number: int, data: str, standard: bool) -> str:
    """One line of Python that gives the code of an end."""
    if source == "seed":
        return f"codec.random_codes(model, [{number}], model.config.dimensions, {standard})[0]"
    if source == "held-out":
        return f"codec.encode(model, [held_out({data!r}, {number})])[0]"
    return f"codec.encode(model, [np.asarray(Image.open({path!r}).convert('RGB'))])[0]"


def morph_code(inputs: Morph, space: Space, standard: bool) -> str:
    """The lines that reproduce the film with ``core`` alone."""
    return (
        "import numpy as np\nfrom PIL import Image\nfrom core import codec\nfrom core.datasets import held_out\nfrom core.weights import load\n\n"
        f"model = load({space.weights!r})\n"
        f"a = {code_of_end(inputs.left, example_path(inputs, 'left_picture'), inputs.left_number, space.data, standard)}\n"
        f"b = {code_of_end(inputs.right, example_path(inputs, 'right_picture'), inputs.right_number, space.data, standard)}\n"
        f"frames = codec.morph(model, a, b, {inputs.frames!r}, {inputs.path!r}, {inputs.temperature!r})\n"
        "Image.fromarray(np.hstack(frames)).save('/tmp/morph.png')\nprint(len(frames), frames[0].shape)\n"
    )


def morph_cost(inputs: Morph) -> float:
    """Pictures decoded."""
    return inputs.frames + GRID**2
