"""How the answers of the reader of spectra look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gallery import figures
from gallery.figures import Axes
from gallery.page import Say
from pages.vision._spectra_texts import CLASS_NAMES, CURVE_NAMES, KIND_NAMES

if TYPE_CHECKING:
    from core.vision.spectra.views import Looked, Losses, Masks, Noise, Own, Ratio, Read, Real

ORDER = ("star", "galaxy", "qso", "unknown")
COLOURS = {"star": 0, "galaxy": 2, "qso": 1, "unknown": 7}
POSTS = 0.82
PERCENT = {k / 4: f"{k * 25} %" for k in range(5)}
WIDE = [3.0, 1.0]


def named(cls: str, say: Say) -> str:
    return say(CLASS_NAMES[cls])


def spectrum(y: Read, kind: str, snr: float, say: Say) -> Any:
    """The spectrum with its lines, and what the net says."""
    what, at = say(KIND_NAMES[kind]), f"z = {y.z:.2f}" if y.drawn != "star" else ""
    head = say(
        f"{what}{'，' + at if at else ''}，信噪比 {snr:.3g}",
        f"{what}{', ' + at if at else ''}, signal to noise {snr:.3g}",
    )
    told = say(
        f"{head}：网络说{named(y.said, say)}，{y.surest:.0%}",
        f"{head}: the net says {named(y.said, say)}, {y.surest:.0%}",
    )
    figure, (light, bars) = figures.panels(told, [_light(say), _shares(say)], height=420, widths=WIDE)
    light.line(y.wavelengths, y.flux, colour=figures.faded(7, 0.55), width=1)
    light.line(y.wavelengths, y.clean, say("无噪声", "without noise"), colour=COLOURS[y.drawn], width=2, end=False)
    for name, place in thinned(y.lines):
        light.level(place, name, axis="x", colour=7)
    _bars(bars, y.probabilities, say)
    return figure


def thinned(lines: tuple[tuple[str, float], ...]) -> list[tuple[str, float]]:
    """The lines whose names have room; of neighbours the first."""
    kept: list[tuple[str, float]] = []
    for name, place in lines:
        kept.append((name if not kept or place - kept[-1][1] > 260 or not kept[-1][0] else "", place))
    return kept


def _light(say: Say, title: str = "") -> Axes:
    return Axes(title, say("波长（Å）", "wavelength (Å)"), say("流量（中位数为 1）", "flux (median 1)"), (3800, 8800))


def _shares(say: Say, title: str = "") -> Axes:
    return Axes(title or say("网络说", "The net says"), "", "", (0, 1.15), x_ticks={0: "0", 0.5: "50 %", 1: "100 %"})


def _bars(panel: Any, probabilities: Any, say: Say) -> None:
    names = [named(cls, say) for cls in reversed(ORDER)]
    panel.bars(names, list(reversed(probabilities)), colour=0, opacity=0.75, horizontal=True)


def looked(y: Looked, say: Say) -> Any:
    """The gradient over the spectrum, and where the maxima were taken."""
    told = say(
        f"网络说{named(y.read.said, say)}；谱线附近的梯度是平均的 {y.times:.1f} 倍",
        f"The net says {named(y.read.said, say)}; near the lines its gradient is {y.times:.1f} times the average",
    )
    if not y.read.lines:
        told = say(
            f"网络说{named(y.read.said, say)}；这个范围里没有标出的谱线",
            f"The net says {named(y.read.said, say)}; no named line lies in this range",
        )
    figure, (light, slope) = figures.panels(
        told,
        [
            _light(say, say("光谱", "Spectrum")),
            Axes(
                say("梯度：哪里多一点光更像它，哪里更不像", "Gradient: where more light speaks for it or against it"),
                say("波长（Å）", "wavelength (Å)"),
                "∂/∂flux",
                (3800, 8800),
            ),
        ],
        columns=1,
        height=480,
        shared_x=True,
    )
    light.line(y.read.wavelengths, y.read.flux, colour=figures.faded(7, 0.7), width=1)
    slope.line(y.read.wavelengths, y.gradient, colour=1, width=1.5)
    for name, place in thinned(y.read.lines):
        light.level(place, name, axis="x", colour=7)
        slope.level(place, "", axis="x", colour=7)
    return figure


def maxima(y: Looked, say: Say) -> Any:
    """Where the channels took their maximum over the wavelengths."""
    centres, counts = y.histogram
    told = say(
        f"{len(y.places)} 个通道的最大值取自哪里：最多的一段有 {counts.max()} 个",
        f"Where {len(y.places)} channels took their maximum: the fullest stretch has {counts.max()}",
    )
    figure, panel = figures.panel(
        told, x=say("波长（Å）", "wavelength (Å)"), y=say("通道数", "channels"), height=260, x_range=(3800, 8800)
    )
    for _, place in y.read.lines:
        panel.level(place, "", axis="x", colour=7)
    panel.bars(centres, counts, colour=0, opacity=0.75)
    return figure


def by_noise(y: Noise, say: Say) -> Any:
    """F1 by signal to noise, and sixty spectra of now."""
    head = say(
        f"信噪比 {y.at:.3g}：新画的 {int(y.confusion.sum())} 条里",
        f"Signal to noise {y.at:.3g}: of {int(y.confusion.sum())} spectra drawn now",
    )
    told = say(
        f"{head}判对 {y.right:.0%}，判为未知 {y.unknown:.0%}",
        f"{head}, {y.right:.0%} are right and {y.unknown:.0%} called unknown",
    )
    figure, (curve, grid) = figures.panels(
        told,
        [
            Axes(say("macro-F1（三类各 200 条，合成）", "macro-F1 (200 a class, synthetic)"), say("信噪比", "signal to noise"), "", x_log=True, y_range=(0, 1.03)),
            Axes(
                say("这些光谱", "These spectra"), say("网络说", "the net says"), say("其实是", "in truth"), y_range=(2.5, -0.5), grid=False,
                x_ticks={float(k): named(c, say) for k, c in enumerate(ORDER)}, y_ticks={float(k): named(c, say) for k, c in enumerate(ORDER[:3])},
            ),
        ],
        height=420, widths=[1.4, 1.0],
    )  # fmt: skip
    for k, name in enumerate(("ce", "f1")):
        curve.line(y.ratios, y.scores[name], say(CURVE_NAMES[name]), colour=k, width=2.5, end=False)
    curve.level(POSTS, say("原文 0.82（真实光谱）", "the post: 0.82 (real spectra)"), colour=7)
    curve.level(y.at, "", axis="x", colour=3)
    grid.heat(y.confusion, text=[[f"{n}" for n in row] for row in y.confusion.tolist()])
    return figure


def loss_curves(y: Losses, say: Say) -> Any:
    """The trainings, and the toy's square."""
    ce, f1, alone = (y.scores[name] for name in ("ce", "f1", "alone"))
    told = say(
        f"终点的 macro-F1：交叉熵 {ce:.3f}，接着用 F1 损失 {f1:.3f}，一开始就用 {alone:.3f}",
        f"macro-F1 at the end: cross-entropy {ce:.3f}, then the F1 loss {f1:.3f}, the F1 loss from the start {alone:.3f}",
    )
    figure, panel = figures.panel(told, x=say("步", "steps"), y="macro-F1", height=360, y_range=(0, 1.03))
    last = y.curves["ce"][-1][0]
    for k, name in enumerate(("ce", "f1", "alone")):
        steps, scores = zip(*y.curves[name], strict=True)
        panel.line(
            [s + (last if name == "f1" else 0) for s in steps],
            scores,
            say(CURVE_NAMES[name]),
            colour=k,
            width=2.5,
            end=False,
        )
    return figure


def loss_toy(y: Losses, say: Say) -> Any:
    by_f1, by_entropy = y.gains
    told = say(
        f"占 {y.share:.0%} 的类，软 F1 = {y.soft:.3f}；压低 q 与抬高 p 的回报之比：F1 {by_f1:.2g}，交叉熵 {by_entropy:.2g}",
        f"A class of {y.share:.0%}, soft F1 = {y.soft:.3f}; gain of lowering q over raising p: F1 {by_f1:.2g}, cross-entropy {by_entropy:.2g}",
    )
    figure, panel = figures.panel(
        told, x=say("p：给自己人的概率", "p: probability for its members"), y=say("q：给外人的概率", "q: probability for the others"), height=400,
        x_range=(0, 1), y_range=(0, 1), grid=False,
    )  # fmt: skip
    panel.heat(y.surface, x=y.axis, y=y.axis, low=0, high=1, scale=say("软 F1", "soft F1"))
    panel.points([y.p], [y.q], colour=1, size=14, opacity=1)
    return figure


def by_ratio(y: Ratio, say: Say) -> Any:
    told = say(
        f"恒星是别类的 {y.factor:.3g} 倍：macro-F1 从 {y.even:.3f} 变为 {y.macro:.3f}，网络没变",
        f"{y.factor:.3g} stars to one of each other class: macro-F1 goes from {y.even:.3f} to {y.macro:.3f}, and the net is the same",
    )
    figure, panel = figures.panel(
        told,
        x=say("恒星是别类的几倍", "stars to one of each other class"),
        y="F1",
        height=420,
        x_log=True,
        y_range=(0, 1.03),
    )
    for k, cls in enumerate(ORDER):
        panel.line(y.factors, y.scores[:, k], named(cls, say), colour=COLOURS[cls], width=2.5, end=False)
    panel.line(
        y.factors, y.means, say("四类平均（macro-F1）", "mean of the four (macro-F1)"), colour=3, width=4, end=False
    )
    panel.level(y.factor, "", axis="x", colour=3)
    return figure


def dropped(y: Masks, say: Say) -> Any:
    steps, elements = y.spreads
    told = say(
        f"“{named(y.said, say)}”的概率不丢时 {y.undropped:.1%}；丢整步时标准差 {steps:.1%}，丢单个元素时 {elements:.1%}",
        f'"{named(y.said, say)}" has {y.undropped:.1%} undropped; dropping whole steps spreads it by {steps:.1%}, single elements by {elements:.1%}',
    )
    bare: dict[str, Any] = {"grid": False}
    figure, (left, right, spread) = figures.panels(
        told,
        [
            Axes(say("丢整步", "Whole steps"), say("时间步", "time step"), say("通道", "channel"), **bare),
            Axes(say("丢元素", "Elements"), say("时间步", "time step"), "", **bare),
            Axes(say("300 次的概率", "Probability, 300 draws"), say("概率", "probability"), say("次数", "draws"), (0, 1), x_ticks={0: "0", 0.5: "50 %", 1: "100 %"}),
        ],
        height=420, widths=[1, 1, 1.4],
    )  # fmt: skip
    left.heat(y.steps)
    right.heat(y.elements)
    names = say("丢整步", "whole steps"), say("丢元素", "elements")
    for k, (name, counts) in enumerate(zip(names, y.counts, strict=True)):
        spread.bars(y.bins, counts, name, colour=k, opacity=0.55)
    return figure


def real_stars(y: Real, say: Say) -> Any:
    right, of = y.stars
    told = say(
        f"{of} 条真实的 LAMOST 恒星光谱：{right} 条（{right / of:.0%}）判为恒星",
        f"{of} real LAMOST spectra of stars: {right} ({right / of:.0%}) are called stars",
    )
    figure, panel = figures.panel(told, x=say("光谱型", "spectral class"), y=say("条数", "spectra"), height=360)
    for k, cls in enumerate(ORDER):
        panel.bars(
            list(y.kinds), [counts[k] for counts in y.kinds.values()], named(cls, say), colour=COLOURS[cls], opacity=0.8
        )
    return figure


def own_spectrum(y: Own, say: Say) -> Any:
    told = say(
        f"{y.points} 个点，{y.ends[0]:.0f}–{y.ends[1]:.0f} Å：网络说{named(y.said, say)}，{max(y.probabilities):.0%}",
        f"{y.points} points, {y.ends[0]:.0f}–{y.ends[1]:.0f} Å: the net says {named(y.said, say)}, {max(y.probabilities):.0%}",
    )
    figure, (light, bars) = figures.panels(told, [_light(say), _shares(say)], height=400, widths=WIDE)
    light.line(y.wavelengths, y.flux, colour=0, width=1)
    _bars(bars, y.probabilities, say)
    return figure
