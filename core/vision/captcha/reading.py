"""What the shipped net reads in a picture: a reader's text drawn on the spot, or a reader's own picture."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core import weights
from core.refusal import Refusal
from core.vision.captcha.drawing import HEIGHT, LENGTH, LETTERS, WIDTH, Drawn, drawn
from core.vision.captcha.model import BLANK, Logits, Net, collapsed
from core.vision.captcha.trials import spelled

__all__ = [
    "NAME",
    "Reading",
    "Shown",
    "guesses",
    "logits",
    "net",
    "prepared",
    "read",
    "seen",
    "shown",
    "uploaded",
    "written",
]

NAME = "captcha"
AT_ONCE = 64  # pictures that are read together
LEAST_CONTRAST = 8  # grey levels between the darkest and the lightest pixel, below which there is nothing to read
SYMBOLS = LETTERS + "–"
"""The letters, and the blank as it is shown."""


def net() -> Net:
    """The shipped net. Raises WeightsError."""
    found: Any = weights.load(NAME)
    return found


def seen(greys: np.ndarray) -> Tensor:
    """Grey pictures uint8 [B, 50, 120] as the net sees them: [B, 1, 50, 120] in [-1, 1]."""
    return torch.from_numpy(np.array(greys)).float()[:, None] / 127.5 - 1


@torch.no_grad()  # not inference_mode: weights loaded in it could not be differentiated later
def logits(model: Net, greys: np.ndarray) -> Logits:
    """What ``model`` gives for grey pictures uint8 [N, 50, 120], on the CPU in float64."""
    device = next(model.parameters()).device
    parts = [model(seen(greys[k : k + AT_ONCE]).to(device)) for k in range(0, len(greys), AT_ONCE)]
    return Logits(*(torch.cat(found).float().cpu().double() for found in zip(*parts, strict=True)))


def guesses(greys: np.ndarray) -> np.ndarray:
    """The likeliest letter of every head: int [N, 4]. Raises WeightsError."""
    return logits(net(), greys).heads.argmax(-1).numpy()


@dataclass(frozen=True)
class Reading:
    """Probabilities of one picture: ``heads`` [4, 26], and CTC's ``columns`` [15, 27], the blank last."""

    heads: np.ndarray
    columns: np.ndarray

    @property
    def letters(self) -> str:
        """The text of the four heads."""
        return spelled(self.heads.argmax(1))

    @property
    def chances(self) -> tuple[float, ...]:
        """The probability of each head's letter."""
        return tuple(self.heads.max(1).tolist())

    @property
    def joint(self) -> float:
        """The probability that the heads give to their whole text: the product."""
        return float(np.prod(self.heads.max(1)))

    @cached_property
    def path(self) -> tuple[int, ...]:
        """CTC's likeliest symbol of every column."""
        return tuple(self.columns.argmax(1).tolist())

    @property
    def ctc(self) -> str:
        """The text that the path collapses to."""
        return spelled(collapsed(self.path))

    @property
    def shown_path(self) -> str:
        """The path with a dash for the blank."""
        return "".join(SYMBOLS[k] for k in self.path)

    @property
    def blanks(self) -> int:
        """How many columns are blank."""
        return self.path.count(BLANK)

    def ranked(self, slot: int, most: int) -> list[tuple[str, float]]:
        """The ``most`` likeliest letters of a slot (from 0), the likeliest first."""
        order = np.argsort(-self.heads[slot], kind="stable")[:most]
        return [(LETTERS[k], float(self.heads[slot, k])) for k in order]


def read(greys: np.ndarray) -> list[Reading]:
    """The probabilities of grey pictures uint8 [N, 50, 120]. Raises WeightsError."""
    heads, columns = (found.softmax(-1).numpy() for found in logits(net(), greys))
    return [Reading(a, b) for a, b in zip(heads, columns, strict=True)]


@dataclass(frozen=True)
class Shown:
    """One picture and what is read in it; ``truth`` is what it was drawn from, "" for a reader's own picture."""

    drawn: Drawn
    reading: Reading
    truth: str

    @property
    def right(self) -> tuple[bool, ...]:
        """Which slots are right; none where nothing, or another number of letters than four, is known."""
        if len(self.truth) != LENGTH:
            return ()
        return tuple(a == b for a, b in zip(self.reading.letters, self.truth, strict=True))

    @property
    def all_right(self) -> bool:
        """Whether the heads read the whole text."""
        return self.reading.letters == self.truth

    @property
    def ctc_right(self) -> bool:
        """Whether CTC does."""
        return self.reading.ctc == self.truth


def written(text: str, least: int = LENGTH, most: int = LENGTH) -> str:
    """``text`` without spaces around it, full-width letters made plain. Raises Refusal: letters a–z, ``least`` to ``most`` of them."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not (least <= len(plain) <= most and all(letter.lower() in LETTERS for letter in plain)):
        zh, en = (f"{least}", f"{least}") if least == most else (f"{least} 到 {most}", f"{least} to {most}")
        raise Refusal(f"要 {zh} 个英文字母（a–z，大小写都可以）", f"must be {en} letters a–z, of either case", input="text", value=text)  # fmt: skip
    return plain


def shown(text: str, distortion: float, font: str, seed: int, least: int = LENGTH, most: int = LENGTH) -> Shown:
    """A reader's text drawn and read. Raises Refusal, WeightsError."""
    made = drawn(written(text, least, most), distortion, font, seed)
    return Shown(made, read(made.grey[None])[0], made.text.lower())


def prepared(picture: np.ndarray) -> np.ndarray:
    """A reader's picture, uint8 [H, W, 3], pressed to 50 × 120; a dark background is turned over. Raises Refusal."""
    small = Image.fromarray(picture).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    colours = np.asarray(small)
    grey = np.asarray(small.convert("L"))
    if int(grey.max()) - int(grey.min()) < LEAST_CONTRAST:
        raise Refusal("只有一种颜色，没有可读的", "is of one colour: there is nothing to read", input="picture")
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return 255 - colours if np.median(border) < 128 else colours  # the training pictures are dark on light


def uploaded(picture: np.ndarray) -> Shown:
    """A reader's own picture, read. Raises Refusal, WeightsError."""
    made = Drawn("", prepared(picture), ())
    return Shown(made, read(made.grey[None])[0], "")
