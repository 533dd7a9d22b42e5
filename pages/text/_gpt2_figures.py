"""Figures of the GPT-2 page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from gallery import figures
from gallery.page import Lang, t

MOST_NAMED = 48  # tokens that still have room for their names on an axis


def next_bars(title: str, names: Sequence[str], p: np.ndarray, kept: np.ndarray, lang: Lang) -> go.Figure:
    """Probability of each next character, the model's own and after the filters."""
    figure = figures.chart(
        title, t("下一个字", "next character")(lang), t("概率", "probability")(lang), barmode="overlay"
    )
    figure.add_trace(figures.bars(list(names), kept, t("过滤之后", "after the filters")(lang), 1, 0.75))
    figure.add_trace(figures.bars(list(names), p, t("模型的概率", "the model's")(lang), 0, 0.75, width=0.45))
    figure.update_xaxes(type="category", tickfont_size=16)
    return figure


def surprise(title: str, characters: Sequence[str], bits: np.ndarray, mean: float, lang: Lang) -> go.Figure:
    """Bits of surprise of each character of a text."""
    names = [c if c not in ("", "\n") else "完" if not c else "↵" for c in characters]
    figure = figures.chart(title, t("字", "character")(lang), "bit", height=330)
    figure.add_trace(figures.bars(list(range(len(names))), bits, "−log₂ p", 0, 0.8))
    if len(names) <= MOST_NAMED:
        figure.update_xaxes(tickmode="array", tickvals=list(range(len(names))), ticktext=names, tickangle=0)
    figures.reference(figure, mean, t(f"平均 {mean:.2f}", f"mean {mean:.2f}")(lang), axis="y")
    figure.update_layout(showlegend=False)
    return figure


def attention(title: str, names: Sequence[str], weights: np.ndarray, lang: Lang) -> go.Figure:
    """Attention weights [n, n]: who looks (down) at what (across)."""
    figure = figures.chart(title, t("看谁", "looked at")(lang), t("谁在看", "who looks")(lang), height=560)
    figure.add_trace(figures.heat(weights, t("权重", "weight")(lang)))
    ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": list(names), "tickangle": 0}
    if len(names) <= MOST_NAMED:
        figure.update_yaxes(**ticks)
        short = ["·" if len(name) > 1 else name for name in names]  # the marks of form and title have no room across
        figure.update_xaxes(**{**ticks, "ticktext": short})
    figure.update_yaxes(autorange="reversed")
    return figure


def heads(title: str, weights: np.ndarray, lang: Lang) -> go.Figure:
    """All heads small [L, H, n, n]: a wall of maps, layers down and heads across."""
    layers, count = weights.shape[:2]
    n = weights.shape[-1]
    wall = np.full((layers * (n + 1) - 1, count * (n + 1) - 1), np.nan)
    for i in range(layers):
        for j in range(count):
            top, left = i * (n + 1), j * (n + 1)
            wall[top : top + n, left : left + n] = np.sqrt(weights[i, j])
    figure = figures.chart(title, t("头", "head")(lang), t("层", "layer")(lang), height=560)
    figure.add_trace(figures.heat(wall, t("权重的平方根", "root of the weight")(lang)))
    middle = [k * (n + 1) + n / 2 for k in range(max(layers, count))]
    figure.update_xaxes(tickmode="array", tickvals=middle[:count], ticktext=[str(k + 1) for k in range(count)])
    figure.update_yaxes(
        tickmode="array", tickvals=middle[:layers], ticktext=[str(k + 1) for k in range(layers)], autorange="reversed"
    )
    return figure
