"""The training of shipped weights as a film: the same codes at every evaluation, with the log beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import plotly.graph_objects as go

from gallery import figures, outputs
from gallery.inputs import slider
from gallery.page import Say, Tab, t
from gallery.text import Text

if TYPE_CHECKING:
    from core.films import Film

__all__ = ["DISTANCE", "DIVERSITY", "RATIO", "TrainingFilm"]

RATIO = ("reconstruction ratio", t("重建误差比", "reconstruction ratio"))
DIVERSITY = ("pair diversity", t("多样性（真图 = 1）", "diversity (real = 1)"))
DISTANCE = ("feature distance", t("特征距离", "feature distance"))


class TrainingFilm(Tab):
    """Subclasses say which ``weights`` (a property, or a class variable), and which measures are drawn.

    ``least`` is the measure whose lowest value stands in the title; ``shown`` are those drawn, names of the log's columns
    with what they are called; ``also`` are further columns of the table.
    """

    label = t("训练过程", "Training film")
    question = t("同样的编码，在训练中一路画出了什么？", "What did the same codes draw as training went on?")
    outputs = (outputs.animation("film", height=420), outputs.figure("curves", height=380), outputs.table("log", t("日志", "Log")))  # fmt: skip
    least: ClassVar[tuple[str, Text]] = RATIO
    shown: ClassVar[tuple[tuple[str, Text], ...]] = (RATIO, DIVERSITY)
    also: ClassVar[tuple[tuple[str, Text], ...]] = ()
    log_scale: ClassVar[bool] = False

    rate: int = slider(6, 1, 15, label=t("每秒帧数", "Frames a second"))

    @property
    def weights(self) -> str:
        """The weights whose film it is."""
        raise NotImplementedError

    def compute(self) -> Film:
        from core.films import film

        return film(self.weights)

    def show(self, y: Film, say: Say) -> Mapping[str, Any]:
        names = {key: say(name) for key, name in self.shown}
        captions = [say(f"第 {step:.0f} 步", f"step {step:.0f}") for step in y.record["step"]]
        columns = {"step": say("步数", "step"), **names, **{key: say(name) for key, name in self.also}}
        return {
            "film": outputs.Animation(list(y.frames), self.rate, captions, start=len(y.frames) - 1),
            "curves": curves(y, self.least, names, self.log_scale, say),
            "log": outputs.Table({name: y.record[key] for key, name in columns.items()}),
        }


def curves(y: Film, least: tuple[str, Text], names: Mapping[str, str], log_scale: bool, say: Say) -> go.Figure:
    """The measures called ``names`` over the run; where the measure ``least`` is lowest stands in the title."""
    key, called = least[0], say(least[1])
    steps, values, best = y.record["step"], y.record[key], y.best(key)
    verdict = say(
        f"{called}在第 {steps[best]:.0f} 步最低：{values[best]:.3g}；最后一步 {values[-1]:.3g}；随附的是第 {y.steps} 步",
        f"The {called} is lowest at step {steps[best]:.0f}: {values[best]:.3g}; {values[-1]:.3g} at the last; what ships is step {y.steps}",
    )
    scale = {"y_log": True} if log_scale else {"from_zero": True}
    figure, panel = figures.panel(
        verdict, say("步数", "steps"), called if len(names) == 1 else say("比值", "ratio"), 380, **scale
    )
    for colour, (column, name) in enumerate(names.items()):
        panel.line(steps, y.record[column], name, colour)
    return figure
