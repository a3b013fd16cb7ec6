"""How large images are cut into tiles, both in the graph of a SavedModel and in the restoring of files.

Each tile is restored with a margin, most of which is cut off; within the rest neighbouring tiles are blended by a raised
cosine. The weights of two neighbours add up to one, so no division by a sum of weights is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ALIGNMENT = 128
"""Sides of tiles and margins are multiples of this many pixels, so that the network's windows lie on the same grid in every
tile as in the whole image."""

DEFAULT_MEMORY = 1536
"""Memory in MiB for restoring a tile, beside the network's weights and the image itself. A process that restores 24 megapixels
of 8 bits then stays below 3 GB."""

# Bytes per pixel that the network sees, measured by `ast-restore bench model --size ...` at widths of 8, 16 and 32: the peak at
# 512 to 1,024 pixels a side minus the peak at 64.
_PIXEL_BYTES = 1200
_PIXEL_BYTES_PER_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Tiling:
    """Sizes of tiles, in pixels.

    Attributes:
        tile: Side of a tile, without its margin.
        margin: Pixels around the tile that the network sees as well.
        fade: Pixels on each side of a border between tiles over which they are blended; less than the margin.

    Raises:
        ValueError: The fade does not fit into margin and tile.
    """

    tile: int = 768
    margin: int = ALIGNMENT
    fade: int = 32

    def __post_init__(self) -> None:
        if not 0 <= self.fade < max(self.margin, 1) or 2 * self.fade > self.tile:
            raise ValueError(
                f"a fade of {self.fade} pixels needs a wider margin than {self.margin} and a tile of twice as much"
            )

    @property
    def largest(self) -> int:
        """Largest side in pixels that the network sees at once; an image no larger is not tiled."""
        return self.tile + 2 * self.margin

    def parts(self, height: int, width: int) -> int:
        """Returns the number of tiles of an image.

        Args:
            height: In pixels.
            width: In pixels.
        """
        if max(height, width) <= self.largest:
            return 1
        return math.ceil(height / self.tile) * math.ceil(width / self.tile)

    def computed_pixels(self, height: int, width: int) -> int:
        """Returns how many pixels the network computes for an image: those of all tiles, with margins and padding.

        Args:
            height: In pixels.
            width: In pixels.

        Example:
            >>> Tiling(tile=384).computed_pixels(245, 245), Tiling(tile=384).computed_pixels(1, 60_000)
            (65536, 12795904)
        """
        if max(height, width) <= self.largest:
            return padded_pixels(height, width)
        return self._computed_length(height) * self._computed_length(width)

    def _computed_length(self, length: int) -> int:
        """Returns the sum of the padded lengths of all tiles along one side."""
        return sum(
            _padded(min(length, start + self.tile + self.margin) - max(0, start - self.margin))
            for start in range(0, length, self.tile)
        )


def padded_pixels(height: int, width: int) -> int:
    """Returns how many pixels the network computes for an image that is not tiled: its sides are padded to `ALIGNMENT`.

    Args:
        height: In pixels.
        width: In pixels.
    """
    return _padded(height) * _padded(width)


def _padded(length: int) -> int:
    return math.ceil(length / ALIGNMENT) * ALIGNMENT


def tiling_for(memory: float, width: int) -> Tiling:
    """Returns the largest tiles that fit a memory budget, or the smallest possible tiles if none fit.

    Args:
        memory: Memory in MiB for restoring a tile.
        width: Width of the network at full resolution (`embed_dim`) in channels.

    Example:
        >>> tiling_for(memory=1536, width=16).tile
        384
    """
    pixels = memory * 2**20 / (_PIXEL_BYTES + _PIXEL_BYTES_PER_WIDTH * width)
    side = math.isqrt(int(pixels)) - 2 * ALIGNMENT
    return Tiling(tile=max(ALIGNMENT, side // ALIGNMENT * ALIGNMENT))
