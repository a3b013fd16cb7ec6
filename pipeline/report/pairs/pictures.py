"""The pictures by which a person compares a pair: overlay, difference map, and a detail of both images to blink between."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.image.arrays import ImageU8
from data.image.codec.encoding import jpeg_data_uri
from data.image.luma import luma_full_range
from data.image.resizing import shrink
from pipeline.report.page.difference_maps import difference_map

DETAIL = (150, 225)
"""Height and width of the detail in pixels: on the screen, a shift by one pixel is visible."""

Box = tuple[int, int, int, int]
"""Top, left, bottom, right in pixels."""

_WHOLE_SIDE = 360  # longer side of the whole pictures, pixels
_QUALITY = 85
_FRAME = (255, 176, 0)  # colour of the frame around a region, RGB
_CELL = 8  # side of the cells whose structure is compared, pixels


@dataclass(frozen=True, slots=True)
class PairPictures:
    """The pictures of a pair as JPEG data URIs.

    Attributes:
        whole_input: The degraded image, shrunk.
        whole_target: The clean image, shrunk.
        detail_input: The part with the most structure, at full size.
        detail_target: The same part of the target.
        overlay: The same part of both images: the input's luma in red, the target's in green and blue. Differences have a
            colour.
        difference: The same part of the difference map.
        width: Width of the details, pixels.
        height: Height of the details, pixels.
    """

    whole_input: str
    whole_target: str
    detail_input: str
    detail_target: str
    overlay: str
    difference: str
    width: int
    height: int


def pictures_of(degraded: ImageU8, target: ImageU8, region: Box | None = None) -> PairPictures:
    """Draws the pictures of a pair.

    Args:
        degraded: uint8 RGB [H, W, 3].
        target: uint8 RGB of any size; the smaller image is padded with black.
        region: Part of the input that lies elsewhere, (top, left, bottom, right) in pixels: it is framed in the whole pictures,
            and the details are taken from it. None: the details are taken where there is the most structure.
    """
    size = tuple(max(sides) for sides in zip(degraded.shape[:2], target.shape[:2], strict=True))
    one, two = _padded(degraded, size), _padded(target, size)
    detail = _busiest(two) if region is None else _inside(two, region)
    whole_input, whole_target = (image if region is None else framed(image, region) for image in (degraded, target))
    one, two = one[detail], two[detail]
    return PairPictures(
        whole_input=jpeg_data_uri(shrink(whole_input, _WHOLE_SIDE), _QUALITY),
        whole_target=jpeg_data_uri(shrink(whole_target, _WHOLE_SIDE), _QUALITY),
        detail_input=jpeg_data_uri(one, _QUALITY),
        detail_target=jpeg_data_uri(two, _QUALITY),
        overlay=jpeg_data_uri(overlay(one, two), _QUALITY),
        difference=jpeg_data_uri(difference_map(one, two), _QUALITY),
        width=one.shape[1],
        height=one.shape[0],
    )


def framed(image: ImageU8, region: Box) -> ImageU8:
    """Returns an image with a frame around a region.

    Args:
        image: uint8 RGB [H, W, 3].
        region: (top, left, bottom, right) in pixels.
    """
    top, left, bottom, right = region
    width = max(2, max(image.shape[:2]) // 120)
    drawn = np.ascontiguousarray(image).copy()
    cv2.rectangle(drawn, (left, top), (right - 1, bottom - 1), _FRAME, width)
    return drawn


def overlay(degraded: ImageU8, target: ImageU8) -> ImageU8:
    """Returns one picture, uint8 [H, W, 3], with the input's luma in red and the target's in green and blue."""
    red, cyan = (luma_full_range(np.ascontiguousarray(image)) for image in (degraded, target))
    return np.stack([red, cyan, cyan], axis=-1)


def _padded(image: ImageU8, size: tuple[int, ...]) -> ImageU8:
    return np.pad(image, ((0, size[0] - image.shape[0]), (0, size[1] - image.shape[1]), (0, 0)))


def _inside(image: ImageU8, region: Box) -> tuple[slice, slice]:
    """Returns the rows and columns of the detail with the most structure within a region."""
    top, left, bottom, right = region
    part = image[top:bottom, left:right]
    if min(part.shape[:2]) < _CELL:
        return _busiest(image)
    rows, columns = _busiest(part)
    return slice(top + rows.start, top + rows.stop), slice(left + columns.start, left + columns.stop)


def _busiest(image: ImageU8) -> tuple[slice, slice]:
    """Returns the rows and columns of the detail with the most structure."""
    height, width = (min(detail, side) for detail, side in zip(DETAIL, image.shape[:2], strict=True))
    luma = luma_full_range(np.ascontiguousarray(image))
    edges = np.abs(cv2.Laplacian(luma, cv2.CV_32F))
    cells = cv2.resize(
        edges, (max(1, image.shape[1] // _CELL), max(1, image.shape[0] // _CELL)), interpolation=cv2.INTER_AREA
    )
    rows, columns = max(1, height // _CELL), max(1, width // _CELL)
    sums = cv2.boxFilter(cells, -1, (columns, rows), anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT)
    inside = sums[: max(1, cells.shape[0] - rows + 1), : max(1, cells.shape[1] - columns + 1)]
    row, column = divmod(int(inside.argmax()), inside.shape[1])
    top, left = min(row * _CELL, image.shape[0] - height), min(column * _CELL, image.shape[1] - width)
    return slice(top, top + height), slice(left, left + width)
