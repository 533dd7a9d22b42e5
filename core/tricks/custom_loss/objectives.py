"""The losses: functions of features f [n, 2], labels y [n] and a :class:`Head`, which owns what else is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.fitting import generator
from core.refusal import Refusal

__all__ = [
    "CLASSES", "FEATURES", "Head", "LOSSES", "Settings", "centre", "focal", "focal_each", "gradient_gap", "losses", "margin_softmax", "smooth", "smoothed", "smoothed_each", "softmax",
    "triplet", "triplets",
]  # fmt: skip

CLASSES, FEATURES = 10, 2
SCALE = 12.0  # of margin softmax: cosines alone are too flat for a softmax (Wang et al. 2018)


@dataclass(frozen=True, slots=True)
class Settings:
    """``centre`` λ of the centre loss, ``margin`` of triplet and margin softmax (cosines), ``gamma`` of focal, ``smoothing`` ε."""

    centre: float = 0.03
    margin: float = 0.2
    gamma: float = 2.0
    smoothing: float = 0.1


class Head(nn.Module):
    """Weights and biases of the classes and their centres, small at the start."""

    def __init__(self, rng: torch.Generator, classes: int = CLASSES, features: int = FEATURES) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, features, generator=rng) * 0.3)
        self.bias = nn.Parameter(torch.zeros(classes))
        self.centres = nn.Parameter(torch.randn(classes, features, generator=rng) * 0.1)

    def logits(self, f: Tensor) -> Tensor:
        """f Wᵀ + b, [n, classes]."""
        return f @ self.weight.T + self.bias

    def cosines(self, f: Tensor) -> Tensor:
        """cos of the angles between features and class weights, [n, classes]."""
        return F.normalize(f, dim=1) @ F.normalize(self.weight, dim=1).T


def softmax(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Cross-entropy −log p_y."""
    return F.cross_entropy(head.logits(f), y)


def centre(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Cross-entropy + λ·mean ‖f − c_y‖² (Wen et al. 2016), the centres trained by the same gradient: −2λ(f − c_y)."""
    return softmax(f, y, head, settings) + settings.centre * (f - head.centres[y]).square().sum(1).mean()


def triplet(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Mean of max(0, m + cos(q, −) − cos(q, +)) over all triplets of the batch that are active (Schroff et al. 2015)."""
    hinge, valid = triplets(f, y, settings.margin)
    active = (hinge > 0) & valid
    return (hinge * active).sum() / active.sum().clamp(min=1)


def triplets(f: Tensor, y: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """(m + cos(q, −) − cos(q, +), which are triplets), both [q, +, −]."""
    unit = F.normalize(f, dim=1)
    cosine, same = unit @ unit.T, y[:, None] == y
    positive = same & ~torch.eye(len(y), dtype=torch.bool)
    return margin + cosine[:, None, :] - cosine[:, :, None], positive[:, :, None] & ~same[:, None, :]


def margin_softmax(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Cross-entropy of s·(cos θ_j − m·[j = y]) (AM-softmax, Wang et al. 2018)."""
    cosines = head.cosines(f)
    return F.cross_entropy(SCALE * (cosines - settings.margin * F.one_hot(y, cosines.shape[1])), y)


def focal(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """Mean of −(1 − p_y)^γ log p_y (Lin et al. 2017): samples that are sure count less."""
    return focal_each(head.logits(f), y, settings.gamma).mean()


def smooth(f: Tensor, y: Tensor, head: Head, settings: Settings) -> Tensor:
    """(1 − ε)·CE(one-hot) + ε·CE(uniform)."""
    return smoothed(head.logits(f), y, settings.smoothing)


def smoothed(logits: Tensor, y: Tensor, epsilon: float) -> Tensor:
    """(1 − ε)·CE(y) + ε·CE(uniform) of logits [n, K], the mean over n."""
    return smoothed_each(logits, y, epsilon).mean()


def focal_each(logits: Tensor, y: Tensor, gamma: float) -> Tensor:
    """Of each sample, [n]."""
    log_p = logits.log_softmax(1).gather(1, y[:, None])[:, 0]
    return -((1 - log_p.exp()).clamp(min=1e-12) ** gamma) * log_p


def smoothed_each(logits: Tensor, y: Tensor, epsilon: float) -> Tensor:
    """Of each sample, [n]."""
    log_p = logits.log_softmax(1)
    return -((1 - epsilon) * log_p.gather(1, y[:, None])[:, 0] + epsilon * log_p.mean(1))


LOSSES: dict[str, Callable[[Tensor, Tensor, Head, Settings], Tensor]] = {
    "softmax": softmax, "centre": centre, "triplet": triplet, "margin": margin_softmax, "focal": focal, "smooth": smooth,
}  # fmt: skip


def losses(name: str) -> Callable[[Tensor, Tensor, Head, Settings], Tensor]:
    """The loss called ``name``; Refusal names those there are."""
    if name not in LOSSES:
        raise Refusal(f"应为 {'、'.join(LOSSES)} 之一", f"must be one of {', '.join(LOSSES)}", input="loss", value=name)
    return LOSSES[name]


def gradient_gap(name: str, seed: int = 0, h: float = 1e-6) -> float:
    """Largest difference of autograd from central differences over all features, weights and centres, over the largest gradient (float64)."""
    rng = generator(seed)
    head = Head(rng, 4).double()
    f = torch.randn(12, FEATURES, generator=rng, dtype=torch.float64).requires_grad_()
    y = torch.arange(12) % 4
    tensors = [f, head.weight, head.bias, head.centres]

    def value() -> Tensor:
        return losses(name)(f, y, head, Settings())

    found = torch.autograd.grad(value(), tensors, allow_unused=True)
    gap, largest = 0.0, 0.0
    for tensor, gradient in zip(tensors, found, strict=True):
        flat = tensor.data.view(-1)
        for k in range(len(flat)):
            kept = float(flat[k])
            sides = []
            for sign in (1, -1):
                flat[k] = kept + sign * h
                sides.append(value().item())
            flat[k] = kept
            exact = 0.0 if gradient is None else float(gradient.reshape(-1)[k])
            gap, largest = max(gap, abs((sides[0] - sides[1]) / (2 * h) - exact)), max(largest, abs(exact))
    return gap / largest
