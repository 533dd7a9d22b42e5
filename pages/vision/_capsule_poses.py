"""The tab of the capsules' page that moves the numbers of a matrix capsule's pose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gallery import outputs
from gallery.inputs import choice, slider
from gallery.outputs import Grid
from gallery.page import Say, Try, t
from pages.vision import _capsule_figures as pictures
from pages.vision._capsule_inputs import WHOSE, One

if TYPE_CHECKING:
    from core.vision.capsule.poses import Moved


class Poses(One):
    label = t("矩阵与姿态", "Matrices and poses")
    question = t(
        "类胶囊的 16 个数各管什么？动一个看看。", "What does each of a class capsule's 16 numbers do? Move one."
    )
    outputs = (
        outputs.figure("poses", height=320),
        outputs.images("way", t("这个数从 −3σ 到 3σ", "This number from −3σ to 3σ"), height=110),
        outputs.images("all", t("16 个数，各从 −3σ 到 3σ", "All 16 numbers, each from −3σ to 3σ"), height=420),
        outputs.table("pose", t("姿态的 4×4 个数", "The 4×4 numbers of the pose"), height=200),
        outputs.table("effects", t("从 −3σ 到 3σ 变了多少", "Changes from −3σ to 3σ"), height=300),
    )
    tries = (
        Try(
            t(
                "取 7 的图中“3”的姿态：解码画出 3，网也读作 3",
                "The pose of “3” from a drawn 7: the decoder draws a 3, and the net reads a 3 in it",
            ),
            {"which": 7, "whose": "3"},
            lambda y: y.read == 3,
        ),
        Try(
            t(
                "换成“1”的姿态：解码只画出一团，网读作 2",
                "The pose of “1” instead: the decoder draws a smudge, in which the net reads a 2",
            ),
            {"which": 7, "whose": "1"},
            lambda y: y.read == 2,
        ),
    )

    whose: str = choice("active", WHOSE, label=t("哪一类的姿态", "Whose pose"))
    entry: int = slider(1, 1, 16, label=t("动第几个数", "Which number is moved"), play=True)
    by: float = slider(2.0, -3.0, 3.0, step=0.25, label=t("动几个 σ", "By how many σ"))
    iterations: int = slider(2, 1, 5, label=t("EM 迭代（训练时 2）", "EM iterations (trained with 2)"))

    def compute(self) -> Moved:
        from core.vision.capsule.choosing import chosen
        from core.vision.capsule.poses import moved

        seen = chosen(self.source, self.which, self.number, self.drawing, self.picture, self.test, ("drawing", "picture"))  # fmt: skip
        return moved(seen.ink, self.whose, self.entry, self.by, self.iterations)

    def show(self, y: Moved, say: Say) -> Mapping[str, Any]:
        way = y.pictures[y.chosen]
        captions = [f"{offset:+.0f}σ" for offset in y.offsets]
        return {
            "poses": pictures.poses(y, say),
            "way": Grid(way, len(way), captions),
            "all": Grid([one for row in y.pictures for one in row], 2 * len(way)),
            "pose": pictures.pose(y, say),
            "effects": pictures.effects(y, say),
        }
