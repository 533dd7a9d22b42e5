"""Theme: one set of colours and fonts for both front ends and for every figure, light and dark.

Streamlit reads the same values from .streamlit/config.toml (a test asserts that they agree).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["COLOURS", "DARK", "DIVERGING", "FONT", "LIGHT", "MONO", "SEQUENTIAL", "Palette", "palette", "template"]

FONT = (
    "Inter, 'Noto Sans SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', "
    "system-ui, sans-serif"
)
MONO = "'JetBrains Mono', 'SFMono-Regular', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"

COLOURS = ("#3a7ca5", "#d1603d", "#4f9d69", "#c99a2e", "#8367a8", "#c2577f", "#4aa3a2", "#8a8f98")
"""Middle tones that read on both backgrounds, in the order in which a figure should use them."""
SEQUENTIAL = ("#f4f1ea", "#cfe0e4", "#93bfca", "#5597ae", "#2b6a8c", "#173f5f")
HALO = 4  # shadows in the background's colour under a name that stands on points: so many are as good as opaque
DIVERGING = ("#b5472b", "#e3a587", "#f1eee8", "#8db9c9", "#24648a")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme."""

    name: str
    background: str
    surface: str
    ink: str
    muted: str
    rule: str
    accent: str
    good: str
    bad: str


LIGHT = Palette("light", "#fdfcfa", "#f4f2ed", "#1e2a36", "#66717d", "#e0dcd3", "#22638a", "#2f7d4f", "#b23a2e")
DARK = Palette("dark", "#14181d", "#1d232a", "#e5e8ea", "#98a3ae", "#323b45", "#74b3d6", "#6cc28d", "#ee8576")


def palette(theme: str) -> Palette:
    """The colours of ``theme``: dark when it says so, else light."""
    return DARK if theme == "dark" else LIGHT


@lru_cache(maxsize=2)
def template(theme: str) -> go.layout.Template:
    """The Plotly template of ``theme``: transparent paper, thin grid, CJK fonts, legend above."""
    import plotly.graph_objects as go

    p = palette(theme)
    axis = {
        "gridcolor": p.rule, "zerolinecolor": p.rule, "linecolor": p.muted, "tickcolor": p.muted, "ticks": "outside",
        "ticklen": 4, "automargin": True, "title": {"standoff": 10, "font": {"size": 13}}, "tickfont": {"size": 12},
        "exponentformat": "power", "minexponent": 4, "separatethousands": True,
    }  # fmt: skip
    scene_axis = {
        "gridcolor": p.rule, "zerolinecolor": p.muted, "backgroundcolor": "rgba(0,0,0,0)", "color": p.ink,
        "tickfont": {"size": 11}, "nticks": 5, "exponentformat": "power",
    }  # fmt: skip
    stops = [[i / (len(SEQUENTIAL) - 1), c] for i, c in enumerate(SEQUENTIAL)]
    diverging = [[i / (len(DIVERGING) - 1), c] for i, c in enumerate(DIVERGING)]
    halo = ", ".join([f"0 0 3px {p.background}"] * HALO)
    scaled = [{"colorscale": stops, "colorbar": {"thickness": 12, "outlinewidth": 0}}]
    return go.layout.Template(
        data={"surface": scaled, "mesh3d": scaled, "heatmap": scaled, "scatter": [{"textfont": {"shadow": halo}}]},
        layout={
            "font": {"family": FONT, "size": 13, "color": p.ink},
            "title": {"font": {"size": 16}, "x": 0, "xref": "paper", "xanchor": "left", "y": 0.97, "yanchor": "top"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(COLOURS),
            "colorscale": {"sequential": stops, "diverging": diverging},
            "xaxis": axis,
            "yaxis": axis,
            "scene": {"xaxis": scene_axis, "yaxis": scene_axis, "zaxis": scene_axis},
            "margin": {"l": 56, "r": 18, "t": 64, "b": 48},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
            "hoverlabel": {
                "bgcolor": p.surface, "bordercolor": p.rule, "font": {"family": FONT, "color": p.ink}
            },
            "sliderdefaults": {
                "bgcolor": p.rule, "activebgcolor": p.accent, "bordercolor": p.rule, "tickcolor": p.muted,
                "font": {"size": 11, "color": p.muted}, "borderwidth": 0,
            },
            "updatemenudefaults": {"bgcolor": p.surface, "bordercolor": p.rule, "font": {"color": p.ink}},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": p.muted, "activecolor": p.accent},
        }
    )  # fmt: skip
