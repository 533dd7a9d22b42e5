"""What modulation by z does in a trained generator (post 6549): γ(z) and β(z) while z moves, style apart from content.

In the SELF-MOD generator z enters twice: through the dense layer that makes the first 4x4 map ("content"), and through
scale and shift of every normalisation ("style"). Both can be given different codes.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core import codec
from core.gan.o_gan import FIRST_SIDE, Generator, SelfModulation
from core.latent import slerp
from core.weights import load

__all__ = ["LAYERS", "WEIGHTS", "Crossed", "Moved", "crossed", "mixed", "moved"]

WEIGHTS = "o-gan-cats64"
LAYERS = 4  # modulations of that generator, from the 4x4 map to the 32x32 one
PLACES, SHOWN = 33, 7  # along the way from one code to the other, and pictures of them


class Moved(NamedTuple):
    """γ(z) and β(z) [33, C] of one layer while z goes from one random code to another over ``t`` [33]; ``pictures`` at 7 places.

    ``here`` is the place chosen, ``picture`` what is drawn there.
    """

    t: np.ndarray
    gain: np.ndarray
    shift: np.ndarray
    pictures: list[np.ndarray]
    here: float
    picture: np.ndarray

    @property
    def swing(self) -> tuple[float, float]:
        """The mean over channels of the range that γ, and β, pass through on the way."""
        return float(np.ptp(self.gain, axis=0).mean()), float(np.ptp(self.shift, axis=0).mean())

    @property
    def turned(self) -> float:
        """The share of channels whose γ changes its sign on the way."""
        return float((self.gain.min(0) * self.gain.max(0) < 0).mean())


class Crossed(NamedTuple):
    """Pictures [R, C, S, S, 3] with the content of row r and the style of column c; ``contents`` [R, S, S, 3] and ``styles``
    [C, S, S, 3] are what each code draws by itself. How much of the variance of pixels belongs to ``content`` alone, to
    ``style`` alone, and to neither alone (components of a two-way analysis of variance, which do not depend on the size of
    the grid); ``colour``: the same three of each picture's mean colour."""

    pictures: np.ndarray
    contents: np.ndarray
    styles: np.ndarray
    content: float
    style: float
    colour: tuple[float, float, float]

    @property
    def both(self) -> float:
        """What only the pair decides."""
        return 1 - self.content - self.style

    @property
    def table(self) -> np.ndarray:
        """All of it as one table of pictures [R + 1, C + 1, S, S, 3]: styles above, contents at the left, the corner white."""
        corner = np.full_like(self.contents[:1], 255)
        above = np.concatenate([corner, self.styles])[None]
        return np.concatenate([above, np.concatenate([self.contents[:, None], self.pictures], 1)])


def mixed(generator: Generator, content: Tensor, style: Tensor, depth: int) -> Tensor:
    """Pictures whose dense layer and first ``depth`` modulations see ``content`` [B, n], and whose others see ``style`` [B, n]."""
    h = generator.first(content).unflatten(1, (-1, FIRST_SIDE, FIRST_SIDE))
    h = h.contiguous(memory_format=torch.channels_last)
    for layer, (modulation, conv) in enumerate(zip(generator.modulations, generator.convs, strict=True)):
        h = conv(F.relu(modulation(h, content if layer < depth else style)))
    return h.tanh()


@torch.inference_mode()
def moved(layer: int, left: int, right: int, here: float) -> Moved:
    """γ and β of ``layer`` (from 1, next to the 4x4 map) while z goes on the sphere from the code of seed ``left`` to that of ``right``."""
    model = load(WEIGHTS)
    ends = codec.random_codes(model, [left, right])
    t = torch.linspace(0, 1, PLACES, device=ends.device)
    way = slerp(ends[0], ends[1], t)
    modulation = cast(SelfModulation, model.generator.modulations[layer - 1])
    shown = slerp(ends[0], ends[1], torch.cat([torch.linspace(0, 1, SHOWN), torch.tensor([here])]).to(ends))
    *pictures, picture = codec.decode(model, shown)
    gain, shift = 1 + modulation.gain(way), modulation.shift(way)
    return Moved(t.cpu().numpy(), gain.cpu().numpy(), shift.cpu().numpy(), pictures, here, picture)


@torch.inference_mode()
def crossed(rows: int, columns: int, depth: int, first: int) -> Crossed:
    """Contents of the seeds ``first`` … in rows, styles of the seeds after them in columns; ``depth`` modulations follow the content."""
    model = load(WEIGHTS)
    codes = codec.random_codes(model, range(first, first + rows + columns))
    content = codes[:rows].repeat_interleave(columns, 0)
    style = codes[rows:].repeat(rows, 1)
    made = torch.cat(
        [mixed(model.generator, a, b, depth) for a, b in zip(content.split(12), style.split(12), strict=True)]
    )
    pictures = np.stack(codec.to_pictures(made)).reshape(rows, columns, *made.shape[2:], 3)
    values = pictures.astype(np.float64).reshape(rows, columns, -1)
    colours = pictures.astype(np.float64).mean((2, 3))
    whole, colour = _shares(values), _shares(colours)
    alone = np.stack(codec.decode(model, codes))
    return Crossed(pictures, alone[:rows], alone[rows:], whole[0], whole[1], colour)


def _shares(values: np.ndarray) -> tuple[float, float, float]:
    """Components of variance of ``values`` [R, C, D] over the grid: the shares of rows, of columns, and of the pair; they sum to 1.

    Means of rows also vary by what the pair alone decides, 1/C of it; that is taken off (Searle et al. 1992, ch. 4). A
    component below 0 counts as 0.
    """
    rows, columns = values.shape[:2]
    mean = values.mean((0, 1))
    by_row, by_column = values.mean(1, keepdims=True), values.mean(0, keepdims=True)
    pair = np.square(values - by_row - by_column + mean).sum() / ((rows - 1) * (columns - 1))
    row = max(np.square(by_row - mean).sum() / (rows - 1) - pair / columns, 0.0)
    column = max(np.square(by_column - mean).sum() / (columns - 1) - pair / rows, 0.0)
    total = row + column + pair
    return float(row / total), float(column / total), float(pair / total)
