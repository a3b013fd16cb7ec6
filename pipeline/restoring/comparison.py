"""A sheet that shows a picture before and after: both side by side, and where they differ most, pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.files import encode_png

Image = NDArray[np.uint8]

SIDE = 960
"""Pixels that the larger side of a picture has on the sheet at most."""

_GAP = 8


def sheet(before: Image, after: Image) -> bytes:
    """Returns a PNG: the input on the left and the restored picture on the right.

    Below a picture that had to be shrunk is the region that has changed most, as large as the shrunk ones, in its own pixels.

    Args:
        before: uint8 [H, W, 3].
        after: uint8 [H, W, 3].
    """
    small = _shrunk(before), _shrunk(after)
    rows = [_joined(small, axis=1)]
    if small[0].shape != before.shape:
        region = _most_changed(before, after, *small[0].shape[:2])
        rows.append(_joined((before[region], after[region]), axis=1))
    return encode_png(_joined(tuple(rows), axis=0))


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(scale * width)), max(1, round(scale * height))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _most_changed(before: Image, after: Image, height: int, width: int) -> tuple[slice, slice]:
    """Returns the place, of that size, where two pictures differ most."""
    change = cv2.absdiff(before, after).max(axis=2)
    # OpenCV's box lies around its middle, so the place of a whole box is that of its middle.
    mean = cv2.boxFilter(change, cv2.CV_32F, (width, height))
    rows, columns = before.shape[0] - height, before.shape[1] - width
    inner = mean[height // 2 :, width // 2 :][: rows + 1, : columns + 1]
    top, left = np.unravel_index(int(np.argmax(inner)), inner.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def _joined(images: tuple[Image, ...], axis: int) -> Image:
    if len(images) == 1:
        return images[0]
    shape = list(images[0].shape)
    shape[axis] = _GAP
    return np.concatenate([images[0], np.full(shape, 255, np.uint8), images[1]], axis=axis)
