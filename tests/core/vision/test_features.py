"""The classifier whose features measure the image models: it knows the pictures that ship."""

from __future__ import annotations

import torch

from core.codec import prepared
from core.data.examples import digits, portraits
from core.vision.features import CLASSES, build
from core.weights import load, read_card

PORTRAITS, FIRST_DIGIT = (
    1,
    9,
)  # places of these kinds among the 29: cats, portraits (two styles), emoji, five flowers, digits …


def test_shapes_for_colour_and_grey_at_every_size() -> None:
    model = build().eval()
    with torch.inference_mode():
        for x in (torch.zeros(2, 3, 64, 64), torch.zeros(2, 1, 32, 32)):
            assert model(x).shape == (2, 128)
            assert model.classes(x).shape == (2, CLASSES)


def test_the_shipped_classifier_knows_portraits_and_digits_that_it_never_saw() -> None:
    model = load("features")
    shown, labels = digits()
    with torch.inference_mode():
        faces = model.classes(prepared(list(portraits()), 64, 3)).argmax(1)
        figures = model.classes(prepared([d[:, :, None].repeat(3, 2) for d in shown], 32, 1)).argmax(1)
    assert (faces == PORTRAITS).double().mean() > 0.9
    assert (figures - FIRST_DIGIT == torch.from_numpy(labels)).double().mean() > 0.8
    assert read_card("features").metrics["held-out accuracy"] > 0.9
