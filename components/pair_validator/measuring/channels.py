"""Measures whether the channels of two images belong together: one may be shifted, missing, or of another picture.

Rain, haze and blur treat the channels alike, so that the channels of one image fit each other as well under weather as
without. In an image the edges of red and blue lie where those of green do, and the edges of each channel where those of the
same channel of the other image do. Both are asked in images of an eighth of the size, and a shift in those of a quarter as
well: noise and compressed colours count little there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.planes import Planes
from data.image.arrays import ImageU8
from data.image.luma import halved

# Side of the blocks in which colours keep their relation, in pixels of the reduced images.
_BLOCK = 4
# Squared grey levels added to the mean squared gradient of a block: rounding alone shifts no channel.
_FLOOR = 4.0
# Standard errors by which the distance of two channels exceeds what is stored.
_ERRORS = 3.0
# Rows and columns of the images at a quarter of their size that are looked at, from their middle.
_MOST = (256, 384)
# Squared grey levels added to the mean squared gradient of a channel.
_LEAST_ENERGY = 1.0
_RED, _GREEN, _BLUE = range(3)
_OTHERS = (_RED, _BLUE)
_NAMES = ("red", "green", "blue")

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Channels:
    """How the channels of two images belong together.

    Attributes:
        channel_shift: Distance of the red or the blue channel from the green one in one image, beyond that in the other,
            pixels, less `_ERRORS` standard errors and at least 0; both sizes have to agree.
        shifted_channel: Image and channel, such as "target blue"; empty where `channel_shift` is 0.
        channel_match: Correlation of the gradients of both images in the channel that matches least, over that in the channel
            that matches most, -1 to 1.
        best_channel: Correlation in the channel that matches most, -1 to 1.
        channel_energy: Mean squared gradient of the channel that matches least, in the image that has less of it, squared
            grey levels.
        missing_channel: Smallest ratio of the shares that a channel has in both images, each in the gradient energy of the
            strongest channel of its image, 0 to 1.
    """

    channel_shift: float
    shifted_channel: str
    channel_match: float
    best_channel: float
    channel_energy: float
    missing_channel: float


def measure_channels(degraded: Planes, target: Planes) -> Channels:
    """Measures the channels of two aligned images.

    Args:
        degraded: The input.
        target: The target, the same size.

    Returns:
        The measurements.
    """
    fine = [_middle(image.quarter_pixels) for image in (degraded, target)]
    coarse = [halved(image) for image in fine]
    shift, name = _shift(coarse, 8)
    if shift > 0:
        finer, finer_name = _shift(fine, 4)
        shift, name = (min(shift, finer), name) if finer_name == name else (0.0, "")
    products = sum(_products(*(np.diff(image.astype(np.float32), axis=axis) for image in coarse)) for axis in (0, 1))
    shared, own, given = np.asarray(products)
    match = shared / np.sqrt((own + _LEAST_ENERGY) * (given + _LEAST_ENERGY))
    least, best = int(match.argmin()), float(match.max())
    shares = np.array([(each + 1e-6) / (each.max() + 1e-6) for each in (own, given)])
    return Channels(
        channel_shift=shift,
        shifted_channel=name if shift > 0 else "",
        channel_match=float(match[least]) / max(abs(best), 1e-6),
        best_channel=best,
        channel_energy=float(min(own[least], given[least])),
        missing_channel=float((shares.min(axis=0) / shares.max(axis=0)).min()),
    )


def _middle(image: ImageU8) -> ImageU8:
    top, left = (max(0, side - most) // 2 for side, most in zip(image.shape[:2], _MOST, strict=True))
    return image[top : top + _MOST[0], left : left + _MOST[1]]


def _products(degraded: Array, target: Array) -> Array:
    """Returns mean products of the gradients of each channel: of both images, of the input, of the target; [3, channels]."""
    pairs = ((degraded, target), (degraded, degraded), (target, target))
    return np.stack([np.einsum("hwc,hwc->c", *both) for both in pairs]) / np.float32(degraded[..., 0].size)


def _shift(images: list[ImageU8], factor: int) -> tuple[float, str]:
    """Returns the largest distance of a channel from green in one image beyond that in the other, and what is shifted."""
    (own, own_errors), (given, given_errors) = (_own_shifts(image.astype(np.float32)) for image in images)
    apart = own - given
    evidence = factor * (np.abs(apart) - _ERRORS * np.hypot(own_errors, given_errors))
    axis, channel = divmod(int(evidence.argmax()), len(_OTHERS))
    if evidence[axis, channel] <= 0:
        return 0.0, ""
    is_input = abs(own[axis, channel]) >= abs(given[axis, channel])
    name = f"{'input' if is_input else 'target'} {_NAMES[_OTHERS[channel]]}"
    return float(evidence[axis, channel]), name


def _own_shifts(image: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns how far red and blue lie off green along both axes, [2, 2], and the standard errors, pixels.

    Where a channel is a multiple of green in a block and lies off it, the rest of its gradient is that multiple of the second
    derivative of green (Lucas and Kanade, "An iterative image registration technique", 1981). Each block is one sample.
    """
    shifts, errors = np.zeros((2, len(_OTHERS))), np.zeros((2, len(_OTHERS)))
    for axis, lines in enumerate((image.transpose(1, 0, 2), image)):
        gradient = (lines[:, 2:] - lines[:, :-2]) / 2
        curvature = (gradient[:, 2:, _GREEN] - gradient[:, :-2, _GREEN]) / 2
        green = _blocks(gradient[:, 1:-1, _GREEN])
        curved = _blocks(curvature)
        floor = np.float32(_FLOOR * _BLOCK * _BLOCK)
        energy = _mean_product(green, green) + floor
        bent = _mean_product(curved, curved)
        for position, channel in enumerate(_OTHERS):
            other = _blocks(gradient[:, 1:-1, channel])
            multiple = _mean_product(other, green) / energy
            moved, weight = multiple * _mean_product(other, curved), multiple * multiple * bent
            total = float(weight.sum()) + float(floor)
            shift = float(moved.sum()) / total
            shifts[axis, position] = -shift
            errors[axis, position] = float(np.sqrt(np.square(moved - np.float32(shift) * weight).sum())) / total
    return shifts, errors


def _blocks(plane: Array) -> Array:
    """Returns whole blocks of a plane, [R, block, C, block]."""
    rows, columns = (side // _BLOCK for side in plane.shape)
    return plane[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)


def _mean_product(one: Array, other: Array) -> Array:
    return np.einsum("abcd,abcd->ac", one, other)
