"""A page with every kind of input and output: what the front ends must be able to show. Only the tests see it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from core.checks import Check
from core.progress import Progress
from core.refusal import Refusal
from gallery import figures, outputs
from gallery.inputs import (
    Column,
    FileValue,
    ImageValue,
    PointValue,
    SketchValue,
    TableValue,
    choice,
    file,
    image,
    point,
    seed,
    sketch,
    slider,
    table,
    text,
    toggle,
)
from gallery.page import Page, Post, Say, Tab, Try, t

EXAMPLES = {"waves": "examples/waves.png", "rings": "examples/rings.png"}
FACES = {f"portrait-{k:02d}": f"examples/portrait-{k:02d}.png" for k in range(1, 9)} | EXAMPLES
MOST = 15
LINES = "床前明月光疑是地上霜"


class Numbers(Tab):
    label = t("数字", "Numbers")
    question = t("曲线是什么样？", "What does the curve look like?")
    outputs = (
        outputs.figure("curve"),
        outputs.metrics("facts"),
        outputs.table("numbers", t("数据", "Data")),
        outputs.markdown("words"),
        outputs.code("source"),
    )
    budget = 2000
    tries = (
        Try(
            t("噪声：均值近 0", "Noise: the mean is near 0"),
            {"shape": "noise", "n": 2000},
            lambda y: abs(y.mean()) < 0.1,
        ),
        Try(t("尺度 100：几乎不弯", "Scale 100: hardly bent"), {"scale": 100.0}, lambda y: y.max() < 0.2),
    )

    n: int = slider(200, 10, 2000, label=t("点数", "Points"), help=t("画多少个点", "How many points are drawn"))
    scale: float = slider(1.0, 0.01, 100.0, log=True, label=t("尺度", "Scale"), unit="s")
    shape: str = choice("sine", {"sine": t("正弦", "Sine"), "noise": t("噪声", "Noise")}, label=t("形状", "Shape"))
    grid: bool = toggle(True, label=t("网格", "Grid"))
    name: str = text("你好", label=t("名字", "Name"), max_length=40, examples=("床前明月光", "hello"))
    amount: float = slider(0.5, 0, 1, label=t("噪声量", "Amount"), shown_when={"shape": "noise"})
    seed: int = seed(1)

    def cost(self) -> float:
        return self.n

    def compute(self) -> np.ndarray:
        from numpy import linspace, sin
        from numpy.random import default_rng

        if self.shape == "noise":
            return default_rng(self.seed).normal(size=self.n) * self.amount
        return sin(linspace(0, 10, self.n) / self.scale)

    def show(self, result: np.ndarray, say: Say) -> dict[str, Any]:
        x = np.linspace(0, 10, self.n)
        figure, panel = figures.panel(say("曲线", "Curve"), x=say("时间 (s)", "time (s)"), y=say("数值", "value"))
        panel.line(x, result, self.name)
        figure.update_xaxes(showgrid=self.grid)
        return {
            "curve": figure,
            "facts": [outputs.Metric(say("均值", "Mean"), float(result.mean()), "≈ 0"), outputs.Metric("n", self.n)],
            "numbers": outputs.Table({"x": x[:8], "y": result[:8], say("名字", "name"): [self.name] * len(x[:8])}),
            "words": say(
                r"公式 $y=\sin x$ 与 $$\int_0^\pi \sin x\,dx = 2$$",
                r"The formula $y=\sin x$ and $$\int_0^\pi \sin x\,dx = 2$$",
            ),
            "source": "print('hello')",
        }


@dataclass(frozen=True)
class Moved:
    """A picture moved, and a drawing in black on white."""

    picture: np.ndarray
    ink: np.ndarray


class Pictures(Tab):
    label = t("图片", "Pictures")
    question = t("图片移到了哪里？", "Where did the picture go?")
    outputs = (
        outputs.image("moved", height=240),
        outputs.images("strip", t("条带", "Strip")),
        outputs.animation("film", height=240),
    )

    photo: ImageValue = image("waves", EXAMPLES, label=t("图片", "Picture"))
    drawing: SketchValue = sketch(28, label=t("手写", "Drawing"), default=" ### \n#   #\n#   #\n ### ")
    place: PointValue = point((0.3, -0.2), (-1, 1), (-1, 1), label=t("位置", "Place"))

    def compute(self) -> Moved:
        from tests.kitchen.stats.every_kind import moved

        return moved(self.photo, self.drawing, self.place)

    def show(self, result: Moved, say: Say) -> dict[str, Any]:
        ink = result.ink
        frames = [np.roll(self.photo, 4 * k, 1) for k in range(12)]
        return {
            "moved": result.picture,
            "strip": outputs.Grid([np.roll(ink, 8 * k, 1) for k in range(6)], captions=[str(k) for k in range(6)]),
            "film": outputs.Animation(frames, fps=10, captions=[f"{k}/12" for k in range(12)]),
        }


def moved(photo: np.ndarray, drawing: np.ndarray, place: tuple[float, float]) -> Moved:
    """The picture moved by twenty pixels a unit, and the drawing four times as large."""
    x, y = place
    ink = (255 - drawing * 255).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    return Moved(np.roll(photo, (int(-y * 20), int(x * 20)), (0, 1)), ink)


class Faces(Tab):
    label = t("脸", "Faces")
    question = t("转过去是什么样？", "What is it like from the other side?")
    outputs = (outputs.animation("film", height=256), outputs.images("strip", height=110), outputs.metrics("facts"))

    face: ImageValue = image("portrait-01", FACES, label=t("脸", "Face"), crop=True)
    light: float = slider(1.0, 0.2, 1.8, step=0.02, label=t("亮度", "Light"))

    def compute(self) -> np.ndarray:
        from tests.kitchen.stats.every_kind import turned

        return turned(self.face, self.light)

    def show(self, result: np.ndarray, say: Say) -> dict[str, Any]:
        frames = list(result)
        return {
            "film": outputs.Animation(
                frames, fps=15, captions=[f"{k}/32" for k in range(33)], boomerang=True, start=16
            ),
            "strip": outputs.Grid(frames[::4]),
            "facts": [outputs.Metric(say("边长", "Side"), self.face.shape[0])],
        }


def turned(face: np.ndarray, light: float) -> np.ndarray:
    """Thirty-three pictures from the mirrored face to the face, uint8 [33, 64, 64, 3]."""
    small = np.asarray(Image.fromarray(face).resize((64, 64)), np.float32) * light
    return np.stack([small * (k / 32) + small[:, ::-1] * (1 - k / 32) for k in range(33)]).clip(0, 255).astype(np.uint8)


class Little(Tab):
    label = t("一个数", "Little")
    question = t("平方是多少？", "What is its square?")
    outputs = (outputs.metrics("facts"),)

    n: int = slider(20, 0, 100, label=t("数", "Number"), play=True)

    def compute(self) -> int:
        return pow(self.n, 2)

    def show(self, result: int, say: Say) -> dict[str, Any]:
        return {"facts": [outputs.Metric("n²", result)]}


class Rows(Tab):
    label = t("表格", "Rows")
    question = t("谁最快？", "Who is fastest?")
    outputs = (outputs.figure("bars"), outputs.metrics("facts"))
    budget = 6

    rows: TableValue = table(
        [{"name": "a", "rate": 1.0}, {"name": "b", "rate": 2.5}],
        [
            Column("name", t("名称", "Name"), max_length=12),
            Column("rate", t("速率", "Rate"), number=True, minimum=0, maximum=10),
        ],
        label=t("表格", "Table"),
        max_rows=6,
    )
    data: FileValue = file((".csv", ".txt"), label=t("文件", "File"), max_bytes=100_000)

    def cost(self) -> float:
        return len(self.rows)

    def compute(self) -> tuple[list[str], list[float], int]:
        from tests.kitchen.stats.every_kind import measured

        return measured(self.rows, None if self.data is None else self.data.data)

    def show(self, result: tuple[list[str], list[float], int], say: Say) -> dict[str, Any]:
        names, rates, size = result
        figure, panel = figures.panel(say("速率", "Rates"), x=say("名称", "name"), y=say("速率 (1/s)", "rate (1/s)"))
        panel.bars(names, rates, "rate")
        return {"bars": figure, "facts": [outputs.Metric(say("文件字节", "File bytes"), size)]}


def measured(rows: Any, data: bytes | None) -> tuple[list[str], list[float], int]:
    """Names, rates and the file's size. Refuses rates above fifteen in all; a file that begins with «boom» breaks it."""
    if data and data.startswith(b"boom"):
        raise RuntimeError("a mistake of the page")
    if data and data.startswith(b"bad value"):
        raise ValueError("a mistake of the page that looks like the reader's")
    if (total := sum(row["rate"] for row in rows)) > MOST:
        raise Refusal(
            f"速率之和至多 {MOST}，现为 {total:g}",
            f"the sum of all rates must be at most {MOST}, not {total:g}",
            input="rows",
        )
    return [row["name"] for row in rows], [row["rate"] for row in rows], len(data or b"")


@dataclass(frozen=True)
class Walk:
    """A random walk so far, and what was written meanwhile."""

    places: np.ndarray
    written: str


class Long(Tab):
    label = t("慢活", "Long work")
    question = t("走到哪里了？", "How far did it walk?")
    outputs = (outputs.figure("walk"), outputs.text("written"))
    budget = 200
    live = False
    tries = (
        Try(t("五步：写五个字", "Five steps: five characters"), {"steps": 5}, lambda walk: len(walk.written) == 5),
    )

    steps: int = slider(20, 1, 200, label=t("步数", "Steps"))
    pause: float = slider(0.02, 0, 0.5, label=t("每步停顿", "Pause a step"), unit="s")
    seed: int = seed()

    def cost(self) -> float:
        return self.steps

    def compute(self) -> Iterator[Walk | Progress]:
        from tests.kitchen.stats.every_kind import walk

        return walk(self.steps, self.pause, self.seed)

    def show(self, result: Walk, say: Say) -> dict[str, Any]:
        figure, panel = figures.panel(say("游走", "Walk"), x=say("步", "step"), y=say("位置", "place"))
        panel.line(np.arange(len(result.places)), result.places, say("路", "walk"))
        return {"walk": figure, "written": result.written}


def walk(steps: int, pause: float, seed: int) -> Iterator[Walk | Progress]:
    """A walk of normal steps, told every fifth step."""
    rng = np.random.default_rng(seed)
    places, written = [0.0], ""
    for step in range(steps):
        time.sleep(pause)
        places.append(places[-1] + rng.normal())
        written += LINES[step % len(LINES)]
        yield Progress((step + 1) / steps, (f"第 {step + 1} 步", f"step {step + 1}"))
        if step % 5 == 4 or step + 1 == steps:
            yield Walk(np.array(places), written)


class Plane(Tab):
    label = t("拖动", "Drag")
    question = t("向量多长？", "How long is the vector?")
    outputs = (outputs.figure("plane", height=420), outputs.metrics("facts"))

    head: PointValue = point((1.0, 0.5), (-2, 2), (-2, 2), label=t("向量", "Vector"), in_picture=True)
    turn: int = slider(0, 0, 12, label=t("转", "Turn"), play=True)

    def compute(self) -> tuple[float, float, float]:
        from tests.kitchen.stats.every_kind import turn

        return turn(self.head, self.turn)

    def show(self, result: tuple[float, float, float], say: Say) -> dict[str, Any]:
        x, y, length = result
        figure, panels = figures.panels(
            say(f"长 {length:.2f}", f"Length {length:.2f}"),
            [
                figures.Axes(say("向量", "Vector"), "x", "y", x_range=(-2, 2), y_range=(-2, 2), square=True),
                figures.Axes(say("长度", "Length"), say("分量", "entry"), say("值", "value"), y_range=(-3, 3)),
            ],
            height=420,
        )
        panels[0].arrow((0, 0), (x, y), 0)
        panels[0].handle("head", *self.head, say("拖我", "drag me"))
        panels[1].bars(["x", "y"], [x, y], "v")
        panels[1].level(length, say("长度", "length"))
        return {"plane": figure, "facts": [outputs.Metric("|v|", length)]}


def turn(head: tuple[float, float], steps: int) -> tuple[float, float, float]:
    """The vector turned by ``steps`` twelfths of a turn, and its length."""
    angle = 2 * np.pi * steps / 12
    x = head[0] * np.cos(angle) - head[1] * np.sin(angle)
    y = head[0] * np.sin(angle) + head[1] * np.cos(angle)
    return float(x), float(y), float(np.hypot(x, y))


def checks() -> Iterator[Check]:
    yield Check("two plus two", "二加二", 2.0 + 2.0, 4.0, 1e-12, note="arithmetic", note_zh="算术")


PAGE = Page(
    title=t("各种输入与输出", "Every kind of input and output"),
    summary=t("测试用的页面。", "A page for the tests."),
    post=Post(
        id=1,
        title=t("没有这篇文章", "No such post"),
        date=datetime.date(2020, 1, 1),
        story=t(r"由 $e^{i\pi}=-1$ 说起。", r"It starts with $e^{i\pi}=-1$."),
        changes=t("没有。", "None."),
    ),
    tabs=(Numbers, Pictures, Faces, Little, Rows, Long, Plane),
    checks=checks,
    added=datetime.date(2026, 11, 20),
)
