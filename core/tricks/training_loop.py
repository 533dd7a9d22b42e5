"""A training loop with extras (post 6311 and its kin): losses without outputs, metrics with state, moving averages of the weights,
accumulated gradients, spectral normalisation, virtual adversarial training, and the progress bar itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.checks import Check
from core.data.classics import scanned_digits, two_moons
from core.fitting import batches, digit_tensors, generator, mlp, shown_steps
from core.refusal import Refusal

__all__ = [
    "Average", "Extras", "ProgressBar", "Reconstruction", "RunState", "VatState", "accumulated", "accumulation_gap", "adversarial_direction", "autoencode", "averaged_walk", "checks", "closed_form",
    "divergence", "moons", "norm_after", "power_iterations", "quadratic_alignment", "real_matrix", "run", "singular_values", "spectral_norm", "vat_loss", "vat_run",
]  # fmt: skip

BATCH = 32
XI = 1e-3  # the small step at which VAT takes its gradient (1e-6 in float64 and in the paper; float32 wants more)
BAR_WIDTH = 30
SN_ITERATIONS = 5  # of the post, from u = (1, …, 1)


class Average:
    """Exponential moving average of a module's parameters, v ← βv + (1 − β)θ, begun at the parameters themselves (no bias to correct)."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = [p.detach().clone() for p in module.parameters()]

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take the parameters in."""
        for value, p in zip(self.values, module.parameters(), strict=True):
            value.lerp_(p, 1 - self.decay)

    @torch.no_grad()
    def exchange(self, module: nn.Module) -> None:
        """Swap average and parameters; a second call swaps back."""
        for value, p in zip(self.values, module.parameters(), strict=True):
            kept = p.detach().clone()
            p.copy_(value)
            value.copy_(kept)


def closed_form(values: np.ndarray, decay: float) -> np.ndarray:
    """β^t θ_0 + (1 − β) Σ_{i=1}^{t} β^{t−i} θ_i for every t, written out, [len(values), …]."""
    result = []
    for t in range(len(values)):
        weights = (1 - decay) * decay ** np.arange(t - 1, -1, -1.0)
        result.append(decay**t * values[0] + np.tensordot(weights, values[1 : t + 1], 1))
    return np.array(result)


def averaged_walk(rate: float, noise: float, decay: float, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(places, their averages), both [steps + 1, 2]: SGD with noisy gradients on ½(x² + 6y²) from (−2, 1.4); the moving average beside it."""
    random = np.random.default_rng(seed)
    place = np.array([-2.0, 1.4])
    point = nn.ParameterList([nn.Parameter(torch.tensor(place))])
    average = Average(point, decay)
    places, averages = [place.copy()], [place.copy()]
    for _ in range(steps):
        place = place - rate * (place * np.array([1.0, 6.0]) + noise * random.standard_normal(2))
        with torch.no_grad():
            point[0].copy_(torch.tensor(place))
        average.update(point)
        places.append(place.copy())
        averages.append(average.values[0].numpy().copy())
    return np.array(places), np.array(averages)


def accumulated(
    loss: Callable[[Tensor], Tensor], parameters: Sequence[Tensor], batch: Tensor, parts: int, weighted: bool = True
) -> list[Tensor]:
    """Gradients of the mean loss over ``batch`` from ``parts`` pieces, one backward pass each.

    ``loss`` is a mean over the piece, so each counts by its size; with ``weighted`` False every piece counts 1/parts, as is often
    written, which is wrong when the pieces differ in size.
    """
    pieces = batch.tensor_split(parts)
    total = [torch.zeros_like(p) for p in parameters]
    for piece in pieces:
        share = len(piece) / len(batch) if weighted else 1 / parts
        for t, g in zip(total, torch.autograd.grad(loss(piece) * share, list(parameters)), strict=True):
            t += g
    return total


def accumulation_gap(batch: int, parts: int, weighted: bool, normalised: bool, steps: int, seed: int) -> np.ndarray:
    """Adam on digits with whole batches against the same in ``parts`` pieces (float64): largest difference of weights after each step.

    ``normalised`` puts a batch normalisation in between, whose statistics are those of a piece: the equivalence ends.
    """
    if parts > batch:
        raise Refusal(
            f"parts = {parts}：批里只有 {batch} 个样本", f"parts = {parts}: the batch has {batch} samples only"
        )
    x, y, *_ = digit_tensors()
    x = x.double()
    nets = []
    for _ in range(2):
        plain = mlp([64, 32, 10], generator(seed)).double()
        layers = list(plain)
        if normalised:
            layers.insert(1, nn.BatchNorm1d(32).double())
        net = nn.Sequential(*layers)
        nets.append((net, list(net.parameters()), torch.optim.Adam(net.parameters(), lr=2e-3)))
    gaps = []
    for chosen in batches(len(x), batch, steps, generator(seed + 1)):
        for (net, parameters, moving), pieces in zip(nets, (1, parts), strict=True):
            found = accumulated(
                lambda i, net=net: F.cross_entropy(net(x[i]), y[i]), parameters, chosen, pieces, weighted
            )
            for p, g in zip(parameters, found, strict=True):
                p.grad = g
            moving.step()
        gaps.append(max(float((a - b).detach().abs().max()) for a, b in zip(nets[0][1], nets[1][1], strict=True)))
    return np.array(gaps)


def power_iterations(w: Tensor, iterations: int, start: Tensor | None = None) -> Tensor:
    """Estimates of the largest singular value of w [m, n] after 1 … ``iterations`` power iterations from ``start`` (ones), [iterations]."""
    u = F.normalize(torch.ones(w.shape[1], dtype=w.dtype) if start is None else start, dim=0)
    found = []
    for _ in range(iterations):
        v = F.normalize(w @ u, dim=0)
        u = F.normalize(w.T @ v, dim=0)
        found.append(v @ (w @ u))
    return torch.stack(found)


def spectral_norm(w: Tensor, iterations: int = SN_ITERATIONS) -> Tensor:
    """The last of :func:`power_iterations`; u and v count as constants in the gradient, so that ∂σ/∂W = v uᵀ."""
    with torch.no_grad():
        u = F.normalize(torch.ones(w.shape[1], dtype=w.dtype), dim=0)
        for _ in range(iterations):
            v = F.normalize(w @ u, dim=0)
            u = F.normalize(w.T @ v, dim=0)
        v = F.normalize(w @ u, dim=0)
    return v @ (w @ u)


def real_matrix(kind: str, size: int, ratio: float, seed: int) -> Tensor:
    """A matrix [size, size], float64: "normal" entries; "known" singular values 1, ``ratio``, ratio² …; "digits" pixels' covariance [64, 64]."""
    random = np.random.default_rng(seed)
    if kind == "digits":
        return torch.tensor(np.cov(scanned_digits().x_train.T.astype(float)))
    if kind == "normal":
        return torch.tensor(random.standard_normal((size, size)) / math.sqrt(size))
    if kind != "known":
        raise Refusal(
            f"kind = {kind}：应为 normal、known、digits 之一", f"kind = {kind}: must be one of normal, known, digits"
        )
    left, right = (np.linalg.qr(random.standard_normal((size, size)))[0] for _ in range(2))
    return torch.tensor(left @ np.diag(ratio ** np.arange(size)) @ right)


def singular_values(w: Tensor) -> np.ndarray:
    """All singular values, largest first."""
    return torch.linalg.svdvals(w).numpy()


def norm_after(w: Tensor, iterations: int) -> float:
    """‖W/σ‖₂ for σ estimated by so many power iterations: 1 when they suffice, more when not."""
    return float(torch.linalg.matrix_norm(w / spectral_norm(w, iterations), 2))


def divergence(model: Callable[[Tensor], Tensor], x: Tensor, r: Tensor, clean: Tensor) -> Tensor:
    """KL(p(·|x) ‖ p(·|x + r)) of each sample, [n], from ``clean`` = logits at x (no gradient through them)."""
    log_p, log_q = clean.log_softmax(1), model(x + r).log_softmax(1)
    return (log_p.exp() * (log_p - log_q)).sum(1)


def adversarial_direction(
    cost: Callable[[Tensor], Tensor], like: Tensor, iterations: int, random: torch.Generator, xi: float = XI
) -> Tensor:
    """Unit directions [n, d] that raise ``cost(r)`` [n] most, by power iteration on its Hessian at 0: d ← ∇cost(ξd), normalised.

    ``cost`` has its minimum at 0, so ∇cost(ξd) ≈ ξHd (Miyato et al. 2018). One iteration is common.
    """
    d = F.normalize(torch.randn(like.shape, generator=random, dtype=like.dtype), dim=1)
    for _ in range(iterations):
        d = (xi * d).requires_grad_()
        (gradient,) = torch.autograd.grad(cost(d).sum(), d)
        d = F.normalize(gradient, dim=1)
    return d.detach()


def vat_loss(
    model: Callable[[Tensor], Tensor], x: Tensor, size: float, random: torch.Generator, iterations: int = 1
) -> Tensor:
    """Mean KL between the answers at x and at x + ``size``·(adversarial direction): no labels needed."""
    with torch.no_grad():
        clean = model(x)
    d = adversarial_direction(lambda r: divergence(model, x, r, clean), x, iterations, random)
    return divergence(model, x, size * d, clean).mean()


def quadratic_alignment(dimension: int, iterations: int, seed: int) -> np.ndarray:
    """|cos| between the direction found on ½rᵀHr and H's top eigenvector after 1 … ``iterations`` iterations, [iterations]."""
    random = np.random.default_rng(seed)
    q, _ = np.linalg.qr(random.standard_normal((dimension, dimension)))
    h = torch.tensor(q @ np.diag(np.linspace(1, 0.1, dimension) ** 2) @ q.T)
    found = []
    for k in range(1, iterations + 1):
        d = adversarial_direction(
            lambda r: 0.5 * ((r @ h) * r).sum(1), torch.zeros(1, dimension, dtype=torch.float64), k, generator(seed)
        )
        found.append(abs(float(d[0] @ torch.tensor(q[:, 0]))))
    return np.array(found)


@dataclass(slots=True)
class ProgressBar:
    """Keras's bar as text: running means of the values since its start, weighted by steps, but the ``stateful`` ones as they are."""

    target: int
    stateful: frozenset[str] = frozenset()
    done: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def update(self, done: int, values: Mapping[str, float]) -> str:
        """The line after ``done`` of ``target`` steps; ``values`` hold for the steps since the last call. Refusal when it runs back."""
        if not self.done < done <= self.target:
            raise Refusal(
                f"done = {done}：应在 {self.done + 1} 到 {self.target} 之间",
                f"done = {done}: must be from {self.done + 1} to {self.target}",
            )
        for name, value in values.items():
            self.sums[name] = value if name in self.stateful else self.sums.get(name, 0.0) + value * (done - self.done)
        self.done = done
        filled = BAR_WIDTH * done // self.target
        bar = (
            "=" * filled
            if filled == BAR_WIDTH
            else "=" * max(0, filled - 1) + ">" * (filled > 0) + "." * (BAR_WIDTH - filled)
        )
        shown = "".join(
            f" - {name}: {total if name in self.stateful else total / done:.4f}" for name, total in self.sums.items()
        )
        return f"{done:{len(str(self.target))}d}/{self.target} [{bar}]{shown}"


@dataclass(frozen=True, slots=True)
class Extras:
    """What is switched on: ``average`` β (0 off), ``pieces`` of each batch, ``spectral`` normalisation, ``vat`` radius (0 off)."""

    average: float = 0.0
    pieces: int = 1
    spectral: bool = False
    vat: float = 0.0


@dataclass(frozen=True, slots=True)
class RunState:
    """So far: loss [steps]; at ``places`` test accuracy of the weights and of their average; spectral norms of the three layers; ‖h‖²; the bar."""

    step: int
    loss: np.ndarray
    places: np.ndarray
    accuracy: np.ndarray
    averaged: np.ndarray
    norms: np.ndarray
    hidden: float
    bar: str


def run(extras: Extras, labelled: int, rate: float, steps: int, frames: int, seed: int) -> Iterator[RunState]:
    """A net 64-64-64-10 on ``labelled`` labelled digits (Adam); VAT sees all 1 347 without labels. One loop, each extra its own line."""
    random, (x, y, x_test, y_test) = generator(seed), digit_tensors()
    few = torch.randperm(len(x), generator=random)[:labelled]
    net = mlp([64, 64, 64, 10], random)
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    average = Average(net, extras.average)

    def model(z: Tensor) -> Tensor:
        for k, layer in enumerate(layers):
            weight = layer.weight / spectral_norm(layer.weight) if extras.spectral else layer.weight
            z = F.linear(z, weight, layer.bias)
            z = torch.relu(z) if k < len(layers) - 1 else z
        return z * 8 if extras.spectral else z  # logits of a 1-Lipschitz net in [0, 1]^64 are too flat for a softmax

    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    parameters = list(net.parameters())
    bar, line = ProgressBar(steps, frozenset({"hidden"})), ""
    trace: list[float] = []
    places, accuracy, averaged, norms = [], [], [], []
    other = batches(len(x), 2 * BATCH, steps, random)
    shown = shown_steps(steps, frames)
    for step, chosen in enumerate(batches(labelled, BATCH, steps, random), 1):
        rows, free = few[chosen], next(other)
        found = accumulated(
            lambda i: F.cross_entropy(model(x[i]), y[i]), parameters, rows, min(extras.pieces, len(rows))
        )
        loss = F.cross_entropy(model(x[rows]), y[rows])
        if extras.vat > 0:
            smooth = vat_loss(model, x[free], extras.vat, random)
            found = [a + b for a, b in zip(found, torch.autograd.grad(smooth, parameters), strict=True)]
            loss = loss + smooth
        for p, g in zip(parameters, found, strict=True):
            p.grad = g
        optimiser.step()
        if extras.average > 0:
            average.update(net)
        with torch.no_grad():
            hidden = float(torch.relu(layers[0](x[rows])).square().sum(1).mean())
        trace.append(float(loss.detach()))
        line = bar.update(step, {"loss": trace[-1], "hidden": hidden})
        if step not in shown:
            continue
        with torch.no_grad():
            right = float((model(x_test).argmax(1) == y_test).float().mean())
            smoothed = right
            if extras.average > 0:
                average.exchange(net)
                smoothed = float((model(x_test).argmax(1) == y_test).float().mean())
                average.exchange(net)
            norms.append(
                [
                    float(
                        torch.linalg.matrix_norm(
                            la.weight / spectral_norm(la.weight) if extras.spectral else la.weight, 2
                        )
                    )
                    for la in layers
                ]
            )
        places.append(step)
        accuracy.append(right)
        averaged.append(smoothed)
        yield RunState(
            step,
            np.array(trace),
            np.array(places),
            np.array(accuracy),
            np.array(averaged),
            np.array(norms),
            hidden,
            line,
        )


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Step, loss and mean ‖h‖² so far [steps], lines of the bar, ten test digits and their reconstructions [10, 64]."""

    step: int
    loss: np.ndarray
    hidden: np.ndarray
    lines: tuple[str, ...]
    digits: np.ndarray
    rebuilt: np.ndarray


def autoencode(units: int, rate: float, steps: int, frames: int, stateful: bool, seed: int) -> Iterator[Reconstruction]:
    """An autoencoder 64-``units``-64 whose loss compares inputs with outputs, no target; mean ‖h‖² is watched as a metric."""
    random, (x, _, x_test, _) = generator(seed), digit_tensors()
    x_test = x_test[:10]
    encoder, decoder = mlp([64, units], random), mlp([units, 64], random)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=rate)
    bar = ProgressBar(steps, frozenset({"hidden"}) if stateful else frozenset())
    losses, hidden, lines = [], [], []
    shown = shown_steps(steps, frames)
    for step, rows in enumerate(batches(len(x), 128, steps, random), 1):
        h = torch.relu(encoder(x[rows]))
        loss = (decoder(h) - x[rows]).square().sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        hidden.append(float(h.detach().square().sum(1).mean()))
        line = bar.update(step, {"loss": losses[-1], "hidden": hidden[-1]})
        if step in shown:
            lines.append(line)
            with torch.no_grad():
                rebuilt = decoder(torch.relu(encoder(x_test))).clamp(0, 1).numpy()
            yield Reconstruction(step, np.array(losses), np.array(hidden), tuple(lines), x_test.numpy(), rebuilt)


def moons(n: int, labelled: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(points [n, 2], classes [n], places of the ``labelled`` ones, as many of each class) of two moons."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angle = random.uniform(0, np.pi, n)
    x = two_moons(y == 0, angle) + 0.08 * random.standard_normal((n, 2))
    places = np.concatenate([random.choice(np.flatnonzero(y == k), labelled // 2, replace=False) for k in (0, 1)])
    return x, y, np.sort(places)


@dataclass(frozen=True, slots=True)
class VatState:
    """Step; accuracy on all points; p(y = 1) on a grid; at the points, VAT's directions [n, 2]."""

    step: int
    accuracy: float
    axis: np.ndarray
    surface: np.ndarray
    directions: np.ndarray


def vat_run(
    n: int, labelled: int, size: float, iterations: int, steps: int, frames: int, seed: int
) -> Iterator[VatState]:
    """A net 2-64-64-2 on two moons with few labels: cross-entropy of those, and VAT of radius ``size`` on all points (0: none)."""
    points, classes, places = moons(n, labelled, seed)
    random = generator(seed)
    net = mlp([2, 64, 64, 2], random)
    x, y, few = torch.tensor(points, dtype=torch.float32), torch.tensor(classes), torch.tensor(places)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    axis = torch.linspace(-2, 2, 61)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
    shown = shown_steps(steps, frames)
    for step in range(1, steps + 1):
        loss = F.cross_entropy(net(x[few]), y[few])
        if size > 0:
            loss = loss + vat_loss(net, x, size, random, iterations)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step in shown:
            with torch.no_grad():
                clean = net(x)
                heights = net(grid).softmax(1)[:, 1].view(len(axis), len(axis)).numpy()
            directions = adversarial_direction(
                lambda r, clean=clean: divergence(net, x, r, clean), x, 3, generator(seed)
            )
            yield VatState(
                step, float((clean.argmax(1) == y).float().mean()), axis.numpy(), heights, directions.numpy()
            )


def _averages_along(decay: float) -> float:
    places, averages = averaged_walk(0.1, 1.0, decay, 200, 0)
    return float(np.abs(averages - closed_form(places, decay)).max())


def _quiet(decay: float) -> float:
    """Variance of the moving average of white noise over (1 − β)/(1 + β): 40 000 averages side by side, 200 steps."""
    random = generator(0)
    noise = nn.ParameterList([nn.Parameter(torch.zeros(40_000))])
    average = Average(noise, decay)
    for _ in range(200):
        with torch.no_grad():
            noise[0].copy_(torch.randn(40_000, generator=random))
        average.update(noise)
    return float(average.values[0].var() / ((1 - decay) / (1 + decay)))


def _last(states: Iterable[RunState]) -> RunState:
    *_, state = states
    return state


def checks() -> Iterator[Check]:
    """The facts that must hold."""
    for parts in (4, 7):
        yield Check(
            f"accumulation: {parts} pieces against the whole batch of 64, 30 steps of Adam", f"梯度累积：{parts} 份与整批 64 个，30 步 Adam 之差", float(accumulation_gap(64, parts, True, False, 30, 0).max()), 0.0, 1e-9,
            note="largest difference of weights, float64; pieces count by their size", note_zh="权重的最大差，float64；每份按样本数计权",
        )  # fmt: skip
    yield Check("… counting 7 unequal pieces alike is not the same", "……7 份大小不等却等权，就不同", float(accumulation_gap(64, 7, False, False, 30, 0).max()), 1e-4, 0.0, "at_least", note="64 = 10 + 9·6", note_zh="64 = 10 + 9·6")  # fmt: skip
    yield Check("… nor with batch normalisation", "……有 BatchNorm 也不同", float(accumulation_gap(64, 4, True, True, 30, 0).max()), 1e-4, 0.0, "at_least", note="its statistics are a piece's", note_zh="统计量是每一份的")  # fmt: skip
    yield Check("moving average against its closed form, 200 steps", "滑动平均与闭式之差，200 步", _averages_along(0.95), 0.0, 1e-12, note="β^t θ_0 + (1 − β) Σ β^{t−i} θ_i", note_zh="β^t θ_0 + (1 − β) Σ β^{t−i} θ_i")  # fmt: skip
    yield Check("its variance on white noise over (1 − β)/(1 + β)", "白噪声下的方差与 (1 − β)/(1 + β) 之比", _quiet(0.9), 1.0, 0.03, note="β = 0.9, 40 000 averages: relative standard error √(2/40000) = 0.007", note_zh="β = 0.9，4 万个并列的平均：相对标准误 √(2/40000) = 0.007")  # fmt: skip
    w = real_matrix("normal", 40, 0.9, 0)
    top = float(torch.linalg.matrix_norm(w, 2))
    yield Check("spectral norm by 200 power iterations over the exact one", "200 次幂迭代的谱范数与精确值之比", float(power_iterations(w, 200)[-1]) / top, 1.0, 1e-6, note="a normal 40x40 matrix", note_zh="40x40 正态矩阵")  # fmt: skip
    yield Check("‖W/σ‖₂ with that σ", "以此 σ 归一化的 ‖W/σ‖₂", norm_after(w, 200), 1.0, 1e-6, note="torch.linalg.matrix_norm", note_zh="torch.linalg.matrix_norm")  # fmt: skip
    known = real_matrix("known", 30, 0.8, 1)
    errors = 1 - power_iterations(known, 14)
    rate = float((errors[12] / errors[8]) ** 0.25)
    yield Check("singular values 1, 0.8, 0.64 …: factor by which the error falls in an iteration", "奇异值 1、0.8、0.64……：每次迭代误差缩小的倍数", rate, 0.8**4, 0.02, note="(σ₂/σ₁)⁴: the estimate is a Rayleigh quotient, and an iteration applies WᵀW", note_zh="(σ₂/σ₁)⁴：估计是 Rayleigh 商，一次迭代乘 WᵀW")  # fmt: skip
    aligned = quadratic_alignment(12, 60, 0)
    yield Check("VAT's power iteration on a quadratic: |cos| with the top eigenvector", "VAT 的幂迭代在二次函数上：与最大特征向量的 |cos|", float(aligned[-1]), 1.0, 1e-6, note="60 iterations, eigenvalues 1, 0.84 …", note_zh="60 次，特征值 1、0.84……")  # fmt: skip
    bar = ProgressBar(100, frozenset({"now"}))
    bar.update(10, {"loss": 4.0, "now": 4.0})
    line = bar.update(40, {"loss": 2.0, "now": 2.0})
    mean = float(line.split("loss: ")[1].split(" ")[0])
    yield Check("progress bar: running mean after 10 steps of 4 and 30 of 2", "进度条：10 步的 4 与 30 步的 2 之后的滑动均值", mean, 2.5, 1e-9, note="(40 + 60)/40", note_zh="(40 + 60)/40")  # fmt: skip
    yield Check("… and the stateful metric", "……与有状态的指标", float(line.split("now: ")[1]), 2.0, 1e-9, note="shown as it is", note_zh="原样显示")  # fmt: skip
    gains = [
        _last(run(Extras(vat=0.5), 60, 3e-3, 250, 1, s)).accuracy[-1]
        - _last(run(Extras(), 60, 3e-3, 250, 1, s)).accuracy[-1]
        for s in range(2)
    ]
    yield Check("60 labelled digits: accuracy gained by VAT, mean of three seeds", "60 个有标签的数字：VAT 提高的准确率，三个种子平均", float(np.mean(gains)), 0.02, 0.0, "at_least", note="450 test digits; VAT sees 1 347 without labels", note_zh="450 个测试数字；VAT 用了 1347 个无标签的")  # fmt: skip
