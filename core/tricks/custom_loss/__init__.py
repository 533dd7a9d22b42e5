"""Losses of one's own (post 4493): centre, triplet, margin softmax, focal and smoothed labels, and a reader's formula.

A loss is a function of features, labels and a head, which owns what else is trained: the classes' weights and, for the
centre loss, their centres (an embedding of the labels, as the post does it). All train one small network on real digits.
"""

from core.tricks.custom_loss.formula import Own, formula_loss, own
from core.tricks.custom_loss.labels import Confidence, Smoothing, confidence, optimal_gap, smoothing, trained_gap
from core.tricks.custom_loss.objectives import LOSSES, Head, Settings, gradient_gap, losses, smoothed
from core.tricks.custom_loss.samples import Curves, Shapes, Triplet, curves, one_sample, shapes, triplet_of
from core.tricks.custom_loss.training import Comparison, State, classify, compare, embed, separation

__all__ = [
    "Comparison", "Confidence", "Curves", "Head", "LOSSES", "Own", "Settings", "Shapes", "Smoothing", "State", "Triplet", "classify", "compare", "confidence", "curves", "embed",
    "formula_loss", "gradient_gap", "losses", "one_sample", "optimal_gap", "own", "separation", "shapes", "smoothed", "smoothing", "trained_gap", "triplet_of",
]  # fmt: skip
