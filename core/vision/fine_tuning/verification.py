"""The facts of fine-tuning: the gate and the losses by hand, what augmentation keeps, what each stage moves, and the weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.checks import Check
from core.vision.fine_tuning import augment, objective
from core.vision.fine_tuning.augment import drawn
from core.vision.fine_tuning.effects import card
from core.vision.fine_tuning.model import Config, Head, Model
from core.vision.fine_tuning.shelf import COUNT, photographs
from core.vision.fine_tuning.views import features, shelf

__all__ = ["checks", "identities", "of_augmentation", "of_stages", "of_weights"]

DOUBLE = 1e-10
SMALL = Config(widths=(4, 6, 8), out=10, feature=6)
WIDTH, BATCH = 16, 24  # of the pictures on which the arithmetic is checked
LEAST = (
    0.45  # of the sixty photographs; five kinds guessed at random reach it once in 100 000 times (binomial, p = 1/5)
)
LEAST_NEAR = 0.35  # 11 of the 59 others are of the same kind: 0.19 by chance, with a standard error of 0.05
LR = 1e-3


def checks() -> Iterator[Check]:
    """Facts of the mathematics, then of the shipped weights."""
    yield from identities()
    yield from of_augmentation()
    yield from of_stages()
    yield from of_weights()


def identities() -> Iterator[Check]:
    """Gate, losses, batches and blend by hand."""
    torch_rng = torch.Generator().manual_seed(0)
    head = _head()
    h = torch.randn(5, SMALL.out, generator=torch_rng, dtype=torch.float64)
    assert head.gate is not None
    a, b = (x.detach().numpy() for x in (head.value.weight, head.gate.weight))
    c, d = (x.detach().numpy() for x in (head.value.bias, head.gate.bias))
    by_hand = (h.numpy() @ a.T + c) / (1 + np.exp(-(h.numpy() @ b.T + d)))
    yield Check(
        "the gated feature against its formula", "GLU 特征与公式之差",
        float(np.abs(head.feature(h).detach().numpy() - by_hand).max()), 0, DOUBLE, note="f = (W₁h + b₁) ⊙ σ(W₂h + b₂)",
        note_zh="f = (W₁h + b₁) ⊙ σ(W₂h + b₂)",
    )  # fmt: skip
    f = torch.tensor([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1])
    centres = torch.zeros(2, 2, dtype=torch.float64, requires_grad=True)
    value = objective.centre_loss(f, centres, labels)
    yield Check(
        "centre loss by hand: f = (1, 2), (3, 0), (0, 1), centres 0", "手算 centre loss：f = (1, 2), (3, 0), (0, 1)，中心为 0",
        float(value.detach()), 5, DOUBLE, note="(5 + 9 + 1) / 3: a sum over the feature, a mean over the batch",
        note_zh="(5 + 9 + 1) / 3：对特征求和，对批求平均",
    )  # fmt: skip
    gradient = torch.autograd.grad(value, centres)[0]
    yield Check(
        "gradient in the first centre, −2 Σ (f − c) / B", "对第一个中心的梯度 −2 Σ (f − c) / B",
        float(gradient[0, 0]), -2 * (1 + 3) / 3, DOUBLE, note="the centre is pulled towards its pictures", note_zh="中心被拉向同类的样本",
    )  # fmt: skip
    means = torch.tensor([[2.0, 1.0], [0.0, 1.0]], dtype=torch.float64, requires_grad=True)
    rest = torch.autograd.grad(objective.centre_loss(f, means, labels), means)[0]
    yield Check(
        "the best centre is the mean of its kind: gradient there", "最优中心是类均值：该处的梯度", float(rest.abs().max()), 0, DOUBLE
    )  # fmt: skip
    flat = _head(zero=True)
    labels = torch.tensor([0, 1, 2, 3, 4])
    flat.centres.weight.data.fill_(0.5)
    made = objective.loss(flat, h, labels)
    yield Check(
        "the whole loss by hand: no weights, centres ½", "手算总损失：权重全零，中心全为 ½",
        float(made.total.detach()), 1.25 * math.log(5) + 0.25 * SMALL.feature * 0.25, 1e-6,
        note="log 5 + ¼ · 6 · ½² + ¼ log 5", note_zh="log 5 + ¼ · 6 · ½² + ¼ log 5",
    )  # fmt: skip
    labels = torch.arange(200) % 5
    drawn_batch = objective.batch(labels, 4, 8, torch_rng)
    counts = torch.bincount(labels[drawn_batch], minlength=5)
    yield Check(
        "a batch: 4 kinds with 8 different pictures each", "一个批：4 类，每类 8 张不同的照片",
        float(int((counts == 8).sum()) * 100 + len(drawn_batch.unique())), 432, 0,
        note="100 · kinds with exactly 8 pictures + different pictures", note_zh="100 ×恰有 8 张的类数 + 不同照片数",
    )  # fmt: skip
    main = np.array([[0.9, 0.1, 0.0], [0.4, 0.0, 0.6], [0.55, 0.45, 0.0]])
    side = np.array([[0.0, 0.6, 0.4], [0.6, 0.0, 0.4], [0.0, 1.0, 0.0]])
    found = objective.best_blend(main, side, np.array([0, 0, 1]))
    yield Check(
        "the blend by hand: right on all three from α = .43 to .49, the first of them is taken", "手算混合：α 从 .43 到 .49 三张全对，取第一个",
        found.best, 0.43, 1e-9, note="p₀ alone has one right, p₁ alone two", note_zh="单用 p₀ 对一张，单用 p₁ 对两张",
    )  # fmt: skip


def of_augmentation() -> Iterator[Check]:
    """What the augmentations keep."""
    rng = torch.Generator().manual_seed(1)
    x, y = (torch.rand(BATCH, 3, WIDTH, WIDTH, generator=rng) * 2 - 1 for _ in range(2))
    draws = drawn(BATCH, rng)
    joined = augment.join(x, y, draws.way, draws.cut)
    from_x, from_y = ((joined == z).all(1) for z in (x, y))
    yield Check(
        "joined pictures: pixels that are neither's at their place", "拼接：不属于任何一张原图同一位置的像素数",
        float((~(from_x | from_y)).sum()), 0, 0,
    )  # fmt: skip
    half = augment.join(x, y, torch.zeros(BATCH, dtype=torch.long), torch.full((BATCH,), 0.5))
    yield Check(
        "joined across the middle: share of the first picture", "从中间上下拼接：第一张所占比例",
        float((half == x).all(1).double().mean()), 0.5, 1e-9, note="its upper half, unchanged", note_zh="它的上半部分，原样",
    )  # fmt: skip
    black = augment.mask(x, torch.arange(BATCH) % 4)
    yield Check(
        "one quarter blacked out: share of changed pixels", "遮掉四分之一：改变的像素比例",
        float((black != x).any(1).double().mean()), 0.25, 1e-9,
    )  # fmt: skip
    quarter = augment.rotate(x, torch.full((BATCH,), 90.0))
    yield Check(
        "rotation by 90° against the turned array", "旋转 90° 与数组旋转之差", float((quarter - torch.rot90(x, 1, (2, 3))).abs().max()), 0, 1e-4,
        note="bilinear weights fall on the pixels themselves", note_zh="双线性插值点恰落在像素上",
    )  # fmt: skip
    half_size = augment.zoom(x, y, torch.full((BATCH,), 0.5), torch.zeros(BATCH, 2))
    kept = (half_size == y).all(1).double().mean()
    yield Check(
        "shrunk to one half: share of the picture under it that stays", "缩到一半：下面那张仍可见的比例", float(kept), 0.75, 1e-9
    )  # fmt: skip
    same = augment.zoom(augment.rotate(x, torch.zeros(BATCH)), y, torch.ones(BATCH), draws.place)
    yield Check(
        "no rotation and no zoom leave the picture", "不转不缩：图像不变", float((same - x).abs().max()), 0, 1e-5
    )


def of_stages() -> Iterator[Check]:
    """What one step of each stage moves, on a small network."""
    rng = torch.Generator().manual_seed(2)
    x, labels = torch.rand(10, 3, 32, 32, generator=rng) * 2 - 1, torch.arange(10) % 5
    head, low, high, statistics = _moved_by(1, x, labels)
    yield Check(
        "stage 1: largest change in the trunk", "第一阶段：主干的最大变化", max(low, high), 0, 0, note=f"the head moves by {head:.2g}",
        note_zh=f"头部变化 {head:.2g}",
    )  # fmt: skip
    yield Check("stage 1: change of the head", "第一阶段：头部的变化", head, 1e-4, 0, "at_least")
    head, low, high, more = _moved_by(2, x, labels)
    yield Check("stage 2: largest change below the unfrozen part", "第二阶段：冻结部分的最大变化", low, 0, 0)
    yield Check("stage 2: change of the unfrozen part", "第二阶段：解冻部分的变化", high, 1e-7, 0, "at_least")
    yield Check(
        "statistics of the normalisation: largest change in either stage",
        "归一化统计量在两个阶段的最大变化",
        max(statistics, more),
        0,
        0,
    )
    model = _model()
    objective.trained(model, 1)
    made = objective.loss(model.head, model.trunk(x), labels, 0.0, 1.0)
    shared = [model.head.value.weight, model.head.main.weight]
    gradients = torch.autograd.grad(made.auxiliary, shared, allow_unused=True)
    yield Check(
        "frozen trunk: the auxiliary loss's gradient in the gated head", "主干冻结时：辅助损失对 GLU 头的梯度",
        sum(0.0 if g is None else float(g.abs().max()) for g in gradients), 0, 0,
        note="it stands on h alone: while h is frozen it can change nothing in p₀", note_zh="它只接在 h 上：h 冻结时不可能改变 p₀",
    )  # fmt: skip


def of_weights() -> Iterator[Check]:
    """Facts of the shipped weights: random ones lack them."""
    f, p0, p1 = features(shelf())
    kinds = np.array([one.kind for one in photographs()])
    told = card()
    found = objective.accuracy(p0, kinds)
    yield Check(
        f"p₀: share of the {COUNT} shipped photographs that is right", f"p₀：{COUNT} 张随附照片的正确率", found, LEAST, 0, "at_least",
        note="drawn at random from the held-out ones; chance reaches 0.45 once in 100 000", note_zh="从留出照片中随机抽取；瞎猜达到 0.45 的机会是十万分之一",
    )  # fmt: skip
    yield Check(
        "the same against the model card", "与模型卡之差", found, told["shipped photographs: accuracy, p0"], 2.5 / COUNT,
        note="two answers on the edge may differ between processors", note_zh="两个处在边界上的答案可能因处理器而异",
    )  # fmt: skip
    side = objective.accuracy(p1, kinds)
    yield Check(
        f"p₁: share of the {COUNT} shipped photographs that is right",
        f"p₁：{COUNT} 张随附照片的正确率",
        side,
        LEAST,
        0,
        "at_least",
    )
    gaps = np.linalg.norm(f[:, None] - f[None], axis=2) + np.eye(len(f)) * 1e9
    near = float((kinds[gaps.argmin(1)] == kinds).mean())
    yield Check(
        "nearest photograph by feature: share of the same kind", "特征最近的一张是同类的比例", near, LEAST_NEAR, 0, "at_least",
        note=f"of {COUNT}; 11 of 59 others are of the same kind", note_zh=f"共 {COUNT} 张；其余 59 张中同类 11 张",
    )  # fmt: skip


def _head(zero: bool = False) -> Head:
    """A small head of float64 with fixed weights."""
    head = Head(SMALL).double()
    rng = torch.Generator().manual_seed(3)
    for parameter in head.parameters():
        noise = torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
        parameter.data.copy_(torch.zeros_like(noise) if zero else noise)
    return head


def _model() -> Model:
    """A small model with fixed weights."""
    model = Model(SMALL)
    rng = torch.Generator().manual_seed(4)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data.copy_(torch.randn(parameter.shape, generator=rng) * (2 / parameter[0].numel()) ** 0.5)
    return model


def _moved_by(stage: int, x: Tensor, labels: Tensor) -> tuple[float, float, float, float]:
    """How far one step moves head, lower trunk, upper trunk and statistics, at most."""
    model = _model()
    chosen = objective.trained(model, stage)
    before = copy.deepcopy(model)
    optimiser = torch.optim.SGD(chosen, LR)
    objective.loss(model.head, model.trunk(x), labels).total.backward()
    optimiser.step()

    def gap(part: str, buffers: bool = False) -> float:
        pairs = [
            (dict(m.get_submodule(part).named_buffers() if buffers else m.get_submodule(part).named_parameters()))
            for m in (before, model)
        ]
        return max(float((pairs[0][key].detach() - pairs[1][key].detach()).abs().max()) for key in pairs[0])

    return gap("head"), gap("trunk.low"), gap("trunk.high"), gap("trunk", buffers=True)
