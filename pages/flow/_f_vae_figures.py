"""Pictures of f-VAE: rows of faces with names, moments before and after the flow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.text import Lang, t

__all__ = ["moments", "rows"]

ROW_HEIGHT = 118


def rows(title: str, pictures: Sequence[np.ndarray], names: Sequence[str], columns: int) -> go.Figure:
    """Rows of ``columns`` pictures, each under its name."""
    from PIL import Image

    figure = figures.panels(
        title, list(names), rows=len(names), columns=1,
        height=112 + ROW_HEIGHT * len(names), vertical_spacing=0.28 / len(names),
    )  # fmt: skip
    for row in range(len(names)):
        part = pictures[row * columns : (row + 1) * columns]
        strip = outputs.grid_image(outputs.Grid(part, columns=columns), gap=1)
        height, width = strip.shape[:2]
        big = Image.fromarray(strip).resize((4 * width, 4 * height), Image.Resampling.BICUBIC)
        place = "" if row == 0 else str(row + 1)
        figure.add_layout_image(
            source=big, xref=f"x{place}", yref=f"y{place}", x=0, y=height, sizex=width, sizey=height, sizing="stretch", layer="above"
        )  # fmt: skip
        figure.update_xaxes(visible=False, range=[0, width], constrain="domain", row=row + 1, col=1)
        figure.update_yaxes(
            visible=False, range=[0, height], scaleanchor=f"x{place}", constrain="domain", row=row + 1, col=1
        )
    return figure


def moments(
    h_mean: np.ndarray, h_variance: np.ndarray, z_mean: np.ndarray, z_variance: np.ndarray, lang: Lang
) -> go.Figure:  # fmt: skip
    """Every latent dimension's mean and variance, before the flow and after it."""
    figure = figures.chart(
        t("每一维的均值与方差：F 之前与之后", "Each dimension's mean and variance, before F and after")(lang),
        t("均值", "mean")(lang), t("方差（对数轴）", "variance (log scale)")(lang), 380,
    )  # fmt: skip
    for mean, variance, name, colour in (
        (h_mean, h_variance, t("h = E(x) + σ₁u，流之前", "h = E(x) + σ₁u, before the flow")(lang), 1),
        (z_mean, z_variance, t("z = F(h)，流之后", "z = F(h), after it")(lang), 0),
    ):
        figure.add_trace(figures.points(mean, variance, name, colour, 4, 0.35))
    # A cross of lines over the points: mean 0, variance 1.
    figure.add_hline(y=1, line={"color": figures.COLOURS[3], "width": 2}, layer="above")
    figure.add_vline(x=0, line={"color": figures.COLOURS[3], "width": 2}, layer="above")
    figure.add_trace(figures.line([None], [None], "N(0, 1)", 3))
    figure.update_yaxes(type="log")
    return figure
