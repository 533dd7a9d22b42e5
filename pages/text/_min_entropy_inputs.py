"""Inputs that the tabs of the library share: whose records, and by which cost."""

from __future__ import annotations

from collections.abc import Mapping

from gallery.inputs import Column, TableValue, choice, seed, slider, table
from gallery.page import Tab, Text, t

__all__ = ["COSTS", "Library"]

LIBRARIES: Mapping[str, Text] = {
    "general": t("四类书，两本人人都借", "Four topics and two books for all"),
    "topics": t("只有四类书", "Four topics alone"),
    "course": t("一套十二册的教材", "A course of twelve volumes"),
    "even": t("十二本书，谁也不偏爱", "Twelve books, no preference"),
    "own": t("自己填的借阅记录", "Your own records"),
}
SIMULATED = ("general", "topics", "course", "even")
COSTS: Mapping[str, Text] = {
    "walk": t("走路（最小距离 d_min）", "Walking (least distance d_min)"),
    "euclid": t("欧氏 softmax", "Euclidean softmax"),
    "inner": t("内积 softmax", "Inner-product softmax"),
    "t": t("t 分布", "t kernel"),
}
ROWS = (
    ("菜谱", "烘焙", 30), ("菜谱", "茶经", 22), ("烘焙", "茶经", 18), ("菜谱", "煲汤", 25), ("诗经", "楚辞", 28), ("诗经", "唐诗", 24),
    ("唐诗", "宋词", 32), ("楚辞", "宋词", 9), ("几何", "代数", 30), ("代数", "数论", 20), ("几何", "数论", 11), ("字典", "诗经", 14),
    ("字典", "几何", 12), ("字典", "菜谱", 13), ("字典", "唐诗", 10),
)  # fmt: skip


class Library(Tab):
    """The records and the cost that the tabs of the library share; no tab itself."""

    library: str = choice("general", LIBRARIES, label=t("借阅记录", "Records"))
    rows: TableValue = table(
        [{"one": one, "other": other, "times": times} for one, other, times in ROWS],
        (
            Column("one", t("一本", "One book"), max_length=12),
            Column("other", t("另一本", "Another"), max_length=12),
            Column("times", t("同借次数", "Times"), number=True, minimum=0, maximum=9999, default=1),
        ),
        label=t("谁和谁一起借", "Borrowed together"),
        max_rows=80,
        shown_when={"library": "own"},
    )
    borrowings: int = slider(
        3000, 100, 20_000, log=True, label=t("借了几次", "Borrowings"), shown_when={"library": SIMULATED}
    )
    focus: float = slider(
        0.85, 0.0, 1.0, step=0.05, label=t("同类（相邻）的比例", "Share within a topic (of neighbours)"),
        shown_when={"library": SIMULATED},
    )  # fmt: skip
    seed: int = seed()
