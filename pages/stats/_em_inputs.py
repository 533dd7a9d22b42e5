"""What the page on EM lets its reader choose, and what the sheet and the documents begin with."""

from __future__ import annotations

from gallery.page import t

DATA = {
    "blobs": t("三团", "Three blobs"),
    "moons": t("两弯月", "Two moons"),
    "ring": t("圆环", "Ring"),
    "iris": t("鸢尾花（花瓣）", "Irises (petals)"),
}
HOW = {
    "kmeans++": t("k-means++", "k-means++"),
    "random": t("随机样本", "Random samples"),
    "together": t("挤在一处（坏）", "All in one place (bad)"),
}
KINDS = {
    "full": t("任意椭圆", "Any ellipse"),
    "diag": t("轴对齐", "Along the axes"),
    "spherical": t("圆", "Circles"),
    "tied": t("全体共用一个", "One for all"),
}
SOURCES = {
    "digits": t("手写数字（像素当词）", "Digits (pixels as words)"),
    "verse": t("唐宋诗（字）", "Tang and Song verse"),
    "own": t("自己的文档", "My own documents"),
}
RING = "\n".join(
    "".join("#" if 16 < (r - 9) ** 2 + (c - 9) ** 2 < 50 or (19 < r < 24 < c + 12 < 37) else " " for c in range(28))
    for r in range(28)
)
LINES = """深度学习 神经网络 梯度 下降
梯度 下降 学习率 优化器
神经网络 卷积 图像 识别
图像 生成 对抗 网络
行列式 矩阵 特征值
矩阵 特征值 分解 向量
向量 空间 行列式 体积
图像 识别 卷积 深度学习"""
