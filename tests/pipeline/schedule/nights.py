"""The data of a night: a span of photographs with rain, which may have a fault."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from data.conversion.request import ConvertRequest
from data.convert import convert
from data.layouts.layout import same_name
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos

PAIRS = 72
_HEIGHT, _WIDTH = 96, 128
_MOVED = 3


def arrive(root: Path, night: int, fault: str = "", span: int | None = None) -> None:
    """Converts the pairs of a night into a span.

    Args:
        root: Folder of `records/`; the pictures are written beside that.
        night: Seed of the crops, and part of the source's name, because file names recur every night.
        fault: "misaligned" moves every input by three pixels; "drifted" draws heavy rain and darkens all images; "": none.
        span: Number of the span; None: the next one.
    """
    source = root / f"night-{night}{fault}"
    draw = np.random.default_rng(night)
    photos = [cv2.imread(str(path))[..., ::-1] for path in sorted(embedded_photos().glob("*.jpg"))]
    for number in range(PAIRS):
        clean = _piece(photos[number % len(photos)], draw)
        severity = "heavy" if fault == "drifted" else "medium"
        rainy = add_rain(clean, draw_rain(severity, generator(night, number)), 1000 * night + number)
        if fault == "drifted":
            clean, rainy = clean // 3, rainy // 2
        moved = _MOVED if fault == "misaligned" else 0
        for side, image in (("input", rainy[moved:, moved:]), ("target", clean)):
            path = source / side / f"{number:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), image[:_HEIGHT, :_WIDTH, ::-1])
    convert(ConvertRequest(source, root / "records", same_name(), name=f"night-{night}", severity="medium",
                           degradation="rain", span=span))  # fmt: skip


def _piece(photo: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Returns a random crop, shrunk to half its size: a little larger than a picture, so that it can be moved."""
    size = (_WIDTH + _MOVED, _HEIGHT + _MOVED)
    width, height = (2 * side for side in size)
    top, left = (
        int(draw.integers(0, side - part + 1)) for side, part in zip(photo.shape, (height, width), strict=False)
    )
    piece = photo[top : top + height, left : left + width]
    return np.ascontiguousarray(cv2.resize(piece, size, interpolation=cv2.INTER_AREA))
