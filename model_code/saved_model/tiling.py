"""How a large image is cut into tiles: what the graph of a SavedModel and the restoring of files share.

Each tile is restored with a margin that is cut off, and a little of the margin is kept to fade from one tile to the next by
a raised cosine. The fades of two neighbours add up to one, so that no sum of weights is divided by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ALIGNMENT = 128
"""Sides of tiles and margins are multiples of this many pixels, so that the network's windows lie on the same grid in every
tile as in the whole image."""

DEFAULT_MEMORY = 1536
"""MiB that restoring a tile may take, beside the network's weights and the image itself; a process that restores 24 megapixels
of 8 bits then stays below 3 GB."""

# Bytes that a restoration takes for each pixel that the network sees, as measured by `ast-restore bench model --size ...` at
# widths of 8, 16 and 32: the peak of 64 pixels a side taken off that of 512 to 1,024.
_PIXEL_BYTES = 1200
_PIXEL_BYTES_PER_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Tiling:
    """How an image is cut.

    Attributes:
        tile: Side of a tile's own part in pixels.
        margin: Pixels around it that the network sees as well.
        fade: Pixels on each side of a border between tiles over which one fades into the other; less than the margin.
    """

    tile: int = 768
    margin: int = ALIGNMENT
    fade: int = 32

    def __post_init__(self) -> None:
        """Refuses a fade for which there would be no pixels."""
        if not 0 <= self.fade < max(self.margin, 1) or 2 * self.fade > self.tile:
            raise ValueError(
                f"a fade of {self.fade} pixels needs a wider margin than {self.margin} and a tile of twice as much"
            )

    @property
    def largest(self) -> int:
        """The largest side, in pixels, of what the network sees at once; an image no larger is not cut."""
        return self.tile + 2 * self.margin

    def parts(self, height: int, width: int) -> int:
        """Returns the number of parts in which an image of that many pixels is restored."""
        if max(height, width) <= self.largest:
            return 1
        return math.ceil(height / self.tile) * math.ceil(width / self.tile)


def tiling_for(memory: float, width: int) -> Tiling:
    """Returns the largest tiles that fit a budget; the smallest there are where none does.

    Args:
        memory: MiB that restoring a tile may take.
        width: Width of the network at full resolution (`embed_dim`).
    """
    pixels = memory * 2**20 / (_PIXEL_BYTES + _PIXEL_BYTES_PER_WIDTH * width)
    side = math.isqrt(int(pixels)) - 2 * ALIGNMENT
    return Tiling(tile=max(ALIGNMENT, side // ALIGNMENT * ALIGNMENT))
