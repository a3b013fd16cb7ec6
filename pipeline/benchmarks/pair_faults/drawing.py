"""Draws a kind on the pairs of a set, the same in every run."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path

import cv2
import numpy as np

from data.image.arrays import ImageU8
from data.parallel import ordered_map
from data.synthesis.random_streams import generator
from pipeline.benchmarks.pair_faults.kinds import Canvas, Kind
from pipeline.benchmarks.support.pair_sets import Images, PairSet, drawn_sets

SEED = 20
INPUT, TARGET = "input", "target"
SUFFIX = "~drawn"
"""Ends the name of a drawn pair whose original lies in the set too, so that it comes after it."""

_KEPT_IMAGES = 256
_MIN_SHARED = 10
"""Fewest pairs of a set of which a share can carry a fault."""
_OTHER_SCENE = 12.0
"""Mean difference of 16x16 thumbnails above which two targets show two scenes, in grey levels."""


@dataclass
class OpenSet:
    """A set of true pairs with its images at hand.

    Attributes:
        pairs: The set.
    """

    pairs: PairSet

    def __post_init__(self) -> None:
        self.images = lru_cache(_KEPT_IMAGES)(lambda index: self.pairs.pairs[index].load())

    @cached_property
    def _thumbnails(self) -> list[np.ndarray]:
        return list(ordered_map(self._thumbnail, range(len(self.pairs.pairs))))

    def _thumbnail(self, index: int) -> np.ndarray:
        grey = cv2.cvtColor(self.images(index)[1], cv2.COLOR_RGB2GRAY)
        return cv2.resize(grey, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)

    def other(self, index: int) -> Images:
        """Returns the next pair that shows another scene; an embedded photograph where the set has only one.

        Args:
            index: Position of the pair.
        """
        count = len(self._thumbnails)
        for step in range(1, count):
            nearby = (index + step) % count
            if np.abs(self._thumbnails[nearby] - self._thumbnails[index]).mean() > _OTHER_SCENE:
                images: Images = self.images(nearby)
                return images
        return drawn_sets()[0].pairs[0].load()

    def canvas(self, index: int, kind: Kind, strength: float) -> Canvas:
        """Returns the canvas of one pair for a kind at a strength.

        Args:
            index: Position of the pair.
            kind: The kind.
            strength: One of its strengths.
        """
        # The strength is no part of the stream: a stronger fault is the same fault, stronger.
        stream = zlib.crc32(f"{self.pairs.name}/{self.pairs.pairs[index].name}/{kind.name}".encode())
        del strength
        return Canvas(self.images(index), generator(SEED, stream), partial(self.other, index))


def carriers(pairs: PairSet, kind: Kind) -> list[int]:
    """Returns the positions of the pairs of a set that carry a kind.

    Args:
        pairs: The set.
        kind: The kind; where its share is below 1, the pairs are drawn by chance, and a set that is too small has none.
    """
    count = len(pairs.pairs)
    if kind.share >= 1:
        return list(range(count))
    if count < _MIN_SHARED:
        return []
    order = np.argsort(generator(SEED, zlib.crc32(f"{pairs.name}/{kind.name}".encode())).random(count), kind="stable")
    return sorted(int(index) for index in order[: max(1, round(kind.share * count))])


def draw_pair(opened: OpenSet, index: int, kind: Kind, strength: float) -> Images:
    """Draws a kind on one pair.

    Args:
        opened: The set.
        index: Position of the pair.
        kind: The kind.
        strength: One of its strengths.

    Returns:
        Input and target, of one size.
    """
    degraded, target = kind.draw(opened.canvas(index, kind, strength), strength)
    return np.ascontiguousarray(degraded), np.ascontiguousarray(target)


def write_drawn(opened: OpenSet, indexes: Sequence[int], kind: Kind, strength: float, root: Path) -> None:
    """Draws a kind on pairs of a set and writes them as PNG files, in the layout `same-name`.

    Args:
        opened: The set.
        indexes: Positions of the pairs.
        kind: The kind.
        strength: One of its strengths.
        root: The folder that gets the folders `input` and `target`.
    """
    for side in (INPUT, TARGET):
        (root / side).mkdir(parents=True)

    def draw(index: int) -> None:
        name = opened.pairs.pairs[index].name + (SUFFIX if kind.keeps_original else "")
        for side, image in zip((INPUT, TARGET), draw_pair(opened, index, kind, strength), strict=True):
            (root / side / f"{name}.png").write_bytes(stored_png(image))

    for _ in ordered_map(draw, indexes):
        pass


def stored_png(image: ImageU8) -> bytes:
    """Returns an image as a PNG file without compression, six times as fast as Pillow at level 0, which filters all rows.

    Args:
        image: uint8 RGB [H, W, 3].
    """
    height, width, channels = image.shape
    rows = np.zeros((height, 1 + channels * width), np.uint8)  # each row begins with its filter, 0: none
    rows[:, 1:] = image.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
