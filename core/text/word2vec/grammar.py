"""A little language of our own: sentences from templates, whose words fall into kinds that a learner is never told of."""

from __future__ import annotations

import numpy as np

__all__ = ["KINDS", "TEMPLATES", "kinds", "sentences"]

KINDS = {
    "人": ("小明", "小红", "张三", "李四", "王五", "赵六", "孙七", "周八"),
    "城市": ("北京", "上海", "广州", "成都", "西安", "杭州", "武汉", "南京"),
    "车船": ("火车", "飞机", "汽车", "轮船", "地铁"),
    "动物": ("猫", "狗", "兔子", "山羊", "老虎", "狐狸", "松鼠"),
    "水果": ("苹果", "香蕉", "葡萄", "西瓜", "桃子", "梨"),
    "饮料": ("茶", "咖啡", "牛奶", "果汁", "豆浆"),
    "职业": ("医生", "老师", "司机", "农民", "画家", "厨师"),
    "时候": ("早上", "中午", "晚上", "昨天", "周末"),
}
TEMPLATES = (
    "时候 人 坐 车船 去 城市", "人 从 城市 坐 车船 到 城市", "人 在 城市 当 职业", "城市 的 职业 坐 车船 上班", "时候 人 喝 了 一 杯 饮料",
    "职业 时候 都 爱 喝 饮料", "人 养 了 一 只 动物", "那 只 动物 在 树 下 睡觉", "动物 时候 追 着 动物 跑", "又 大 又 圆 的 水果 很 甜",
    "人 买 了 水果 和 水果", "动物 偷 吃 了 树 上 的 水果", "人 和 人 时候 在 城市 见面", "职业 把 水果 榨 成 饮料",
)  # fmt: skip


def sentences(count: int, seed: int) -> list[list[str]]:
    """``count`` sentences; in each a template drawn at random, and for every kind in it one of its words, all equally likely."""
    rng = np.random.default_rng(seed)
    drawn = [TEMPLATES[i].split() for i in rng.integers(len(TEMPLATES), size=count)]
    return [[str(rng.choice(KINDS[part])) if part in KINDS else part for part in parts] for parts in drawn]


def kinds() -> dict[str, str]:
    """The kind of each word that has one."""
    return {word: kind for kind, words in KINDS.items() for word in words}
