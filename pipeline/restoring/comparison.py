"""A sheet that shows a picture before and after: both side by side, and where they differ most, pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np

from data.image.arrays import ImageU8
from data.image.encoding import encode_png
from data.image.resizing import shrink

SIDE = 960
"""Pixels that the larger side of a picture has on the sheet at most."""

_GAP = 8


def sheet(before: ImageU8, after: ImageU8) -> bytes:
    """Returns a PNG: the input on the left and the restored picture on the right.

    Below a picture that had to be shrunk is the region that has changed most, as large as the shrunk ones, in its own pixels.

    Args:
        before: uint8 [H, W, 3].
        after: uint8 [H, W, 3].
    """
    small = shrink(before, SIDE), shrink(after, SIDE)
    rows = [_joined(small, axis=1)]
    if small[0].shape != before.shape:
        region = _most_changed(before, after, *small[0].shape[:2])
        rows.append(_joined((before[region], after[region]), axis=1))
    return encode_png(_joined(tuple(rows), axis=0))


def _most_changed(before: ImageU8, after: ImageU8, height: int, width: int) -> tuple[slice, slice]:
    """Returns the place, of that size, where two pictures differ most."""
    change = cv2.absdiff(before, after).max(axis=2)
    # OpenCV's box lies around its middle, so the place of a whole box is that of its middle.
    mean = cv2.boxFilter(change, cv2.CV_32F, (width, height))
    rows, columns = before.shape[0] - height, before.shape[1] - width
    inner = mean[height // 2 :, width // 2 :][: rows + 1, : columns + 1]
    top, left = np.unravel_index(int(np.argmax(inner)), inner.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def _joined(images: tuple[ImageU8, ...], axis: int) -> ImageU8:
    if len(images) == 1:
        return images[0]
    shape = list(images[0].shape)
    shape[axis] = _GAP
    return np.concatenate([images[0], np.full(shape, 255, np.uint8), images[1]], axis=axis)
