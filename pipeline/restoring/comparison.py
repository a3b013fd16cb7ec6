"""Draws a comparison image: an image before and after restoring, and the region that changed most at full size."""

from __future__ import annotations

import cv2
import numpy as np

from data.image.arrays import ImageU8
from data.image.codec.encoding import encode_png
from data.image.resizing import shrink

MAX_SIDE = 960
"""Maximum side of an image within the comparison, in pixels; larger ones are shrunk."""

_GAP = 8
HEADING = 28
"""Height of the heading above the two images, in pixels."""
_TITLES = ("input", "restored")
_WIDTH_OF_A_TITLE = 100  # pixels at the full size of the letters; narrower images have smaller ones


def comparison(before: ImageU8, after: ImageU8) -> bytes:
    """Returns a PNG with the input on the left and the restored image on the right, under a heading that names them.

    If the images had to be shrunk, a second row shows the region that changed most, unscaled, at the size of the first row.

    Args:
        before: The input, uint8 [H, W, 3].
        after: The restored image, uint8 [H, W, 3].
    """
    shrunk = shrink(before, MAX_SIDE), shrink(after, MAX_SIDE)
    rows = [_joined(shrunk, axis=1)]
    if shrunk[0].shape != before.shape:
        region = _most_changed(before, after, *shrunk[0].shape[:2])
        rows.append(_joined((before[region], after[region]), axis=1))
    images = _joined(tuple(rows), axis=0)
    return encode_png(np.concatenate([_heading(shrunk[0].shape[1], images.shape[1]), images]))


def _heading(left: int, width: int) -> ImageU8:
    """Returns the heading, uint8 [HEADING, width, 3], for a left image of a width in pixels."""
    heading = np.full((HEADING, width, 3), 255, np.uint8)
    scale = 0.6 * min(1.0, left / _WIDTH_OF_A_TITLE)
    for title, start in zip(_TITLES, (0, left + _GAP), strict=True):
        cv2.putText(heading, title, (start + 2, 20), cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 1, cv2.LINE_AA)
    return heading


def _most_changed(before: ImageU8, after: ImageU8, height: int, width: int) -> tuple[slice, slice]:
    """Returns the region of a size in which two images differ most."""
    change = cv2.absdiff(before, after).max(axis=2)
    # OpenCV stores the mean of a box at its centre; the inner part holds the boxes that lie wholly in the image.
    mean = cv2.boxFilter(change, cv2.CV_32F, (width, height))
    rows, columns = before.shape[0] - height, before.shape[1] - width
    inner = mean[height // 2 :, width // 2 :][: rows + 1, : columns + 1]
    top, left = np.unravel_index(int(np.argmax(inner)), inner.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def _joined(images: tuple[ImageU8, ...], axis: int) -> ImageU8:
    """Returns one or two images in one, with a white gap between them."""
    if len(images) == 1:
        return images[0]
    shape = list(images[0].shape)
    shape[axis] = _GAP
    return np.concatenate([images[0], np.full(shape, 255, np.uint8), images[1]], axis=axis)
