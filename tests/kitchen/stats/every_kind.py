"""A page with every kind of input and output: what the front ends must be able to show. Only the tests see it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image

from core.checks import Check
from gallery import figures, outputs
from gallery.inputs import (
    Column,
    FileValue,
    ImageValue,
    Inputs,
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
from gallery.page import Lang, Page, Post, Tab, Update, t

EXAMPLES = {"waves": "examples/waves.png", "rings": "examples/rings.png"}
FACES = {f"portrait-{k:02d}": f"examples/portrait-{k:02d}.png" for k in range(1, 9)} | EXAMPLES


class Numbers(Inputs):
    n: int = slider(200, 10, 2000, label=t("点数", "Points"), help=t("画多少个点", "How many points are drawn"))
    scale: float = slider(1.0, 0.01, 100.0, log=True, label=t("尺度", "Scale"), unit="s")
    shape: str = choice("sine", {"sine": t("正弦", "Sine"), "noise": t("噪声", "Noise")}, label=t("形状", "Shape"))
    grid: bool = toggle(True, label=t("网格", "Grid"))
    name: str = text("你好", label=t("名字", "Name"), max_length=40, examples=("床前明月光", "hello"))
    amount: float = slider(0.5, 0.0, 1.0, label=t("噪声量", "Amount"), shown_when={"shape": "noise"})
    seed: int = seed(1)


class Pictures(Inputs):
    photo: ImageValue = image("waves", EXAMPLES, label=t("图片", "Picture"))
    drawing: SketchValue = sketch(28, label=t("手写", "Drawing"), default=" ### \n#   #\n#   #\n ### ")
    place: PointValue = point((0.3, -0.2), (-1, 1), (-1, 1), label=t("位置", "Place"))


class Little(Inputs):
    n: int = slider(20, 0, 100, label=t("数", "Number"))


class Faces(Inputs):
    face: ImageValue = image("portrait-01", FACES, label=t("脸", "Face"), crop=True)
    light: float = slider(1.0, 0.2, 1.8, step=0.02, label=t("亮度", "Light"))


class Rows(Inputs):
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


class Long(Inputs):
    steps: int = slider(20, 1, 200, label=t("步数", "Steps"))
    pause: float = slider(0.02, 0.0, 0.5, label=t("每步停顿", "Pause a step"), unit="s")
    seed: int = seed()


def numbers(inputs: Numbers, lang: Lang) -> Mapping[str, Any]:
    x = np.linspace(0, 10, inputs.n)
    noise = np.random.default_rng(inputs.seed).normal(size=inputs.n) * inputs.amount
    y = np.sin(x / inputs.scale) if inputs.shape == "sine" else noise
    figure = figures.chart(t("曲线", "Curve")(lang), t("时间 (s)", "time (s)")(lang), t("数值", "value")(lang))
    figure.add_trace(figures.line(x, y, inputs.name))
    figure.update_xaxes(showgrid=inputs.grid)
    return {
        "curve": figure,
        "facts": [outputs.Metric(t("均值", "Mean")(lang), float(y.mean()), "≈ 0"), outputs.Metric("n", inputs.n)],
        "numbers": outputs.Table({"x": x[:8], "y": y[:8], t("名字", "name")(lang): [inputs.name] * len(x[:8])}),
        "words": t(
            r"公式 $y=\sin x$ 与 $$\int_0^\pi \sin x\,dx = 2$$",
            r"The formula $y=\sin x$ and $$\int_0^\pi \sin x\,dx = 2$$",
        )(lang),
        "source": "print('hello')",
    }


def pictures(inputs: Pictures, lang: Lang) -> Mapping[str, Any]:
    ink = (255 - inputs.drawing * 255).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    x, y = inputs.place
    moved = np.roll(inputs.photo, (int(-y * 20), int(x * 20)), (0, 1))
    frames = [np.roll(inputs.photo, 4 * k, 1) for k in range(12)]
    return {
        "moved": moved,
        "strip": outputs.Grid([np.roll(ink, 8 * k, 1) for k in range(6)], captions=[str(k) for k in range(6)]),
        "film": outputs.Animation(frames, fps=10, captions=[f"{k}/12" for k in range(12)]),
    }


def little(inputs: Little, lang: Lang) -> Mapping[str, Any]:
    return {"facts": [outputs.Metric("n²", inputs.n**2)]}


def faces(inputs: Faces, lang: Lang) -> Mapping[str, Any]:
    small = np.asarray(Image.fromarray(inputs.face).resize((64, 64)), np.float32) * inputs.light
    frames = [(small * (k / 32) + small[:, ::-1] * (1 - k / 32)).clip(0, 255).astype(np.uint8) for k in range(33)]
    return {
        "film": outputs.Animation(frames, fps=15, captions=[f"{k}/32" for k in range(33)], boomerang=True, start=16),
        "strip": outputs.Grid(frames[::4]),
        "facts": [outputs.Metric(t("边长", "Side")(lang), inputs.face.shape[0])],
    }


def rows(inputs: Rows, lang: Lang) -> Mapping[str, Any]:
    size = len(inputs.data.data) if inputs.data else 0
    if inputs.data and inputs.data.data.startswith(b"boom"):
        raise RuntimeError("a mistake of the page")
    if sum(row["rate"] for row in inputs.rows) > 15:
        raise ValueError("rate: the sum of all rates must be at most 15")
    names = [row["name"] for row in inputs.rows]
    rates = [row["rate"] for row in inputs.rows]
    figure = figures.chart(t("速率", "Rates")(lang), t("名称", "name")(lang), t("速率 (1/s)", "rate (1/s)")(lang))
    figure.add_trace(figures.bars(names, rates, "rate"))
    return {"bars": figure, "facts": [outputs.Metric(t("文件字节", "File bytes")(lang), size)]}


def long(inputs: Long, lang: Lang) -> Iterator[Update]:
    rng = np.random.default_rng(inputs.seed)
    walk, words = [0.0], ""
    for step in range(inputs.steps):
        time.sleep(inputs.pause)
        walk.append(walk[-1] + rng.normal())
        words += "床前明月光疑是地上霜"[step % 10]
        yield outputs.Progress((step + 1) / inputs.steps, t(f"第 {step + 1} 步", f"step {step + 1}"))
        if step % 5 == 4 or step + 1 == inputs.steps:
            figure = figures.chart(t("游走", "Walk")(lang), t("步", "step")(lang), t("位置", "place")(lang))
            figure.add_trace(figures.line(np.arange(len(walk)), walk, "walk"))
            yield {"walk": figure, "written": words}


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
    tabs=(
        Tab(
            slug="numbers", title=t("数字", "Numbers"), question=t("曲线是什么样？", "What does the curve look like?"),
            inputs=Numbers,
            outputs=(
                outputs.figure("curve"), outputs.metrics("facts"), outputs.table("numbers", t("数据", "Data")),
                outputs.markdown("words"), outputs.code("source"),
            ),
            run=numbers, code=lambda i: f"n = {i.n!r}\nname = {i.name!r}", cost=lambda i: i.n, budget=2000,
        ),
        Tab(
            slug="pictures", title=t("图片", "Pictures"), question=t("图片移到了哪里？", "Where did the picture go?"),
            inputs=Pictures,
            outputs=(outputs.image("moved", height=240), outputs.images("strip", t("条带", "Strip")), outputs.animation("film", height=240)),
            run=pictures, code=lambda i: f"place = {i.place!r}", cost=lambda i: 1, budget=1,
        ),
        Tab(
            slug="faces", title=t("脸", "Faces"), question=t("转过去是什么样？", "What is it like from the other side?"),
            inputs=Faces, outputs=(outputs.animation("film", height=256), outputs.images("strip", height=110), outputs.metrics("facts")),
            run=faces, code=lambda i: f"light = {i.light!r}", cost=lambda i: 1, budget=1,
        ),
        Tab(
            slug="little", title=t("一个数", "Little"), question=t("平方是多少？", "What is its square?"),
            inputs=Little, outputs=(outputs.metrics("facts"),),
            run=little, code=lambda i: f"n = {i.n!r}", cost=lambda i: 1, budget=1,
        ),
        Tab(
            slug="rows", title=t("表格", "Rows"), question=t("谁最快？", "Who is fastest?"), inputs=Rows,
            outputs=(outputs.figure("bars"), outputs.metrics("facts")),
            run=rows, code=lambda i: f"rows = {[dict(r) for r in i.rows]!r}", cost=lambda i: len(i.rows), budget=6,
        ),
        Tab(
            slug="long", title=t("慢活", "Long work"), question=t("走到哪里了？", "How far did it walk?"), inputs=Long,
            outputs=(outputs.figure("walk"), outputs.text("written")),
            run=long, code=lambda i: f"steps = {i.steps!r}", cost=lambda i: i.steps, budget=200, live=False,
        ),
    ),
    checks=checks,
    added=datetime.date(2026, 11, 20),
)  # fmt: skip
