"""CAPTCHAs drawn by the rules of the package ``captcha`` 0.7.1 (Hsiaoming Yang, BSD-3-Clause), with a seed.

The package takes its random numbers from ``secrets``, which has no seed. :class:`Painter` is its class with the same steps in
the same order, a random generator in place of ``secrets``, and a *distortion* d that multiplies its ranges: rotation ±30°·d,
warp, overlap, dots and arcs; d = 1 is the package's own. Letters that do not fit are pressed together, as the package does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from captcha.image import ImageCaptcha
from PIL import Image
from PIL.ImageDraw import Draw, ImageDraw
from PIL.ImageFilter import SMOOTH
from PIL.ImageFont import FreeTypeFont, truetype

__all__ = [
    "FONTS", "HEIGHT", "LENGTH", "LETTERS", "MIXED", "MOST_DISTORTION", "TRAINED", "UNSEEN", "WIDTH", "Drawn", "Painter", "drawn", "font_names",
    "random_text",
]  # fmt: skip

HEIGHT, WIDTH = 50, 120
"""Pixels, as the post resizes its pictures."""
LENGTH = 4
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FONTS: Mapping[str, tuple[str, str]] = {
    "droid": ("captcha", "data/DroidSansMono.ttf"),
    "caladea": ("font_caladea", "files/Caladea-Regular.ttf"),
    "lato": ("font_lato", "files/Lato-Regular.ttf"),
    "fredoka": ("font_fredoka_one", "files/FredokaOne-Regular.ttf"),
    "manrope": ("font_manrope", "files/Manrope-Medium.ttf"),
    "hanken": ("font_hanken_grotesk", "files/HankenGrotesk-Regular.otf"),
    "serif": ("font_source_serif_pro", "files/SourceSerifPro-Regular.ttf"),
    "amatic": ("font_amatic_sc", "files/AmaticSC-Bold.ttf"),
}
"""Package and file by name: Droid Sans Mono and Caladea are under the Apache licence 2.0, the others under SIL OFL 1.1."""
TRAINED = ("droid", "caladea", "lato", "fredoka", "manrope")
UNSEEN = ("hanken", "serif", "amatic")
"""Fonts that no training picture holds."""
MIXED = "mixed"
"""Every letter in a training font of its own, as the package does with several."""
MOST_DISTORTION = 3.0  # letters then overlap by up to three quarters: with more they would change places
SIZES = (35, 42, 47)
"""The package's 42, 50 and 56 for a height of 60, for 50."""
DOTS = round(30 * HEIGHT * WIDTH / (60 * 160))
"""The package's 30 of a picture of 60 × 160, as densely."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture: ``text`` as it was drawn, ``colours`` uint8 [50, 120, 3], and the columns [left, right) of every letter."""

    text: str
    colours: np.ndarray
    spans: tuple[tuple[float, float], ...]

    @property
    def grey(self) -> np.ndarray:
        """What the net sees: its luma, uint8 [50, 120]."""
        return np.asarray(Image.fromarray(self.colours).convert("L"))


class Painter(ImageCaptcha):
    """The package's drawing with the random numbers of ``rng`` (the parameter of every method) and a ``distortion``."""

    def __init__(self, font: str, distortion: float = 1.0) -> None:
        super().__init__(WIDTH, HEIGHT, font_sizes=SIZES)
        self._truefonts = _faces(font)
        self.distortion = distortion
        low, high = ImageCaptcha.character_rotate
        self.rotate = (low * distortion, high * distortion)
        self.warp_x, self.warp_y = (
            tuple(end * distortion for end in ends)
            for ends in (ImageCaptcha.character_warp_dx, ImageCaptcha.character_warp_dy)
        )
        self.overlap = ImageCaptcha.word_offset_dx * distortion

    def paint(self, text: str, rng: np.random.Generator) -> Drawn:
        """``text`` drawn: the package's ``generate_image``."""
        background = tuple(_below(rng, 18) + 238 for _ in range(3))
        opacity = _below(rng, 36) + 220
        colour = (*(_below(rng, 191) + 10 for _ in range(3)), opacity)
        picture, spans = self._word(text, colour, background, rng)
        for _ in range(round(DOTS * self.distortion)):
            x, y = _below(rng, WIDTH + 1), _below(rng, HEIGHT + 1)
            Draw(picture).line(((x, y), (x - 1, y - 1)), fill=colour, width=3)
        for _ in range(round(self.distortion)):
            self._arc(picture, colour, rng)
        return Drawn(text, np.array(picture.filter(SMOOTH)), spans)

    def _arc(self, picture: Image.Image, colour: Any, rng: np.random.Generator) -> None:
        """The package's ``create_noise_curve``."""
        w, h = picture.size
        x1 = _below(rng, w // 5 + 1)
        x2 = _below(rng, w - w // 5 + 1) + w // 5
        y1 = _below(rng, h - 2 * (h // 5) + 1) + h // 5
        y2 = _below(rng, h - y1 - h // 5 + 1) + y1
        end, start = _below(rng, 41) + 160, _below(rng, 21)
        Draw(picture).arc([x1, y1, x2, y2], start, end, fill=colour)

    def _letter(self, letter: str, draw: ImageDraw, colour: Any, rng: np.random.Generator) -> Image.Image:
        """One letter, turned and warped: the package's ``_draw_character``."""
        font = self.truefonts[_below(rng, len(self.truefonts))]
        _, _, w, h = draw.multiline_textbbox((1, 1), letter, font=font)
        dx, dy = _below(rng, self.character_offset_dx[1] + 1), _below(rng, self.character_offset_dy[1] + 1)
        made = Image.new("RGBA", (int(w) + dx, int(h) + dy))
        Draw(made).text((dx, dy), letter, font=font, fill=colour)
        made = made.crop(made.getbbox())
        angle = self.rotate[0] + rng.random() * (self.rotate[1] - self.rotate[0])
        made = made.rotate(angle, Image.Resampling.BILINEAR, expand=True)
        dx2 = w * rng.random() * (self.warp_x[1] - self.warp_x[0]) + self.warp_x[0]
        dy2 = h * rng.random() * (self.warp_y[1] - self.warp_y[0]) + self.warp_y[0]
        x1, y1, x2, y2 = (int(rng.random() * 2 * far - far) for far in (dx2, dy2, dx2, dy2))
        w2, h2 = w + abs(x1) + abs(x2), h + abs(y1) + abs(y2)
        corners = (x1, y1, -x1, h2 - y2, w2 + x2, h2 + y2, w2 - x2, -y1)
        made = made.resize((int(w2), int(h2)))
        return made.transform((int(w), int(h)), Image.Transform.QUAD, corners)

    def _word(self, text: str, colour: Any, background: Any, rng: np.random.Generator) -> tuple[Image.Image, tuple]:
        """All letters, some with a space before them: the package's ``create_captcha_image``; and where they stand."""
        picture = Image.new("RGB", (WIDTH, HEIGHT), background)
        draw = Draw(picture)
        pieces: list[tuple[bool, Image.Image]] = []
        for letter in text:
            if rng.random() > self.word_space_probability:
                pieces.append((False, self._letter(" ", draw, colour, rng)))
            pieces.append((True, self._letter(letter, draw, colour, rng)))
        total = sum(piece.size[0] for _, piece in pieces)
        width = max(total, WIDTH)
        picture = picture.resize((width, HEIGHT))
        average = total // len(text)
        offset, spans = int(average * 0.1), []
        for is_letter, piece in pieces:
            w, h = piece.size
            mask = piece.convert("L").point(self.lookup_table)
            picture.paste(piece, (offset, int((HEIGHT - h) / 2)), mask)
            if is_letter:
                spans.append((offset * WIDTH / width, (offset + w) * WIDTH / width))
            offset += w - _below(rng, int(self.overlap * average) + 1)
        return (picture if width == WIDTH else picture.resize((WIDTH, HEIGHT))), tuple(spans)


def _below(rng: np.random.Generator, n: int) -> int:
    """A whole number in [0, n)."""
    return int(rng.random() * n)


def font_names(font: str) -> tuple[str, ...]:
    """The fonts that the choice ``font`` stands for."""
    return TRAINED if font == MIXED else (font,)


@lru_cache(maxsize=len(FONTS) + 1)
def _faces(font: str) -> list[FreeTypeFont]:
    """The fonts in all sizes, in the package's order, read once."""
    places = [FONTS[name] for name in font_names(font)]
    return [truetype(str(files(package).joinpath(path)), size) for package, path in places for size in SIZES]


def drawn(text: str, distortion: float, font: str, seed: int | Sequence[int]) -> Drawn:
    """``text`` drawn with the random numbers of ``seed``."""
    return Painter(font, distortion).paint(text, np.random.default_rng(seed))


def random_text(rng: np.random.Generator, length: int = LENGTH) -> str:
    """Letters at random, each in lower or upper case."""
    return "".join(
        letter.upper() if big else letter
        for letter, big in ((LETTERS[_below(rng, len(LETTERS))], rng.random() < 0.5) for _ in range(length))
    )
