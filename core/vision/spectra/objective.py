"""The soft F1 and what it is to the F1 that is reported (post 5505).

    F1_c = 2 Σ y_c ŷ_c / Σ (y_c + ŷ_c),      soft macro-F1 = mean over the classes c,

sums over a batch, y one-hot and ŷ the net's probabilities. With ŷ one-hot this is the macro-F1 itself; the loss is −log of it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["f1_loss", "f1_of_ratio", "macro_f1", "soft_f1"]

SMALL = 1e-7


def soft_f1(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Soft F1 of every class, [C], from ``probabilities`` [n, C] and ``labels`` [n]; 0 for a class that nobody has or claims."""
    y = F.one_hot(labels, probabilities.shape[1]).to(probabilities)
    return 2 * (y * probabilities).sum(0) / (y + probabilities).sum(0).clamp_min(SMALL)


def f1_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """−log of the mean soft F1 of a batch of ``logits`` [n, C]; a scalar."""
    return -torch.log(soft_f1(logits.softmax(1), labels).mean())


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """F1 of every class, [C], of a ``confusion`` [C true, C said] of counts or shares; 0 where nobody has or says the class."""
    right, sums = np.diagonal(confusion), confusion.sum(0) + confusion.sum(1)
    return np.divide(2 * right, sums, out=np.zeros(len(right)), where=sums > 0)


def f1_of_ratio(confusion: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """F1 of every class where the classes come in other ``shares`` [C]: what is said of a class stays, how many there are changes."""
    rates = confusion / confusion.sum(1, keepdims=True)
    return macro_f1(rates * (shares / shares.sum())[:, None])
