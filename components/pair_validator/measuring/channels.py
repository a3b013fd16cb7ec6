"""Measures whether the channels of two images belong together: one may be shifted, missing, or of another picture.

Rain, haze and blur treat the channels alike. So the structure of the target lies at the same place in all channels of the
input, and shows in each as strongly as in the others, up to a tint. Both are asked of the gradients that the images share, in
images of an eighth of the size, and a shift in those of a quarter as well: noise and compressed colours count little there,
and rain, which the target does not have, adds to the errors only. A channel that is white in most of one image shows nothing,
and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.planes import Planes
from data.image.arrays import ImageU8
from data.image.luma import halved

# Side of the blocks in which the contrast of the input is taken, in pixels of the reduced images.
BLOCK = 8
# Squared grey levels added to the mean squared gradient of a block: rounding alone shifts no channel.
_FLOOR = 4.0
# Standard errors by which a distance exceeds what is stored, and by which a contrast falls short of it.
_ERRORS = 4.0
# Rows and columns of the images at a quarter of their size that are looked at, from their middle.
_MOST = (256, 384)
# Squared grey levels added to the mean squared gradient of a channel.
LEAST_ENERGY = 0.25
# Share of white pixels from which a channel without structure does not count as missing.
_MOST_WHITE = 0.5
# Neighbouring gradients that count as one independent sample.
_CORRELATED = 8
_GREEN = 1
_OTHERS = (0, 2)
_NAMES = ("red", "green", "blue")

Array = NDArray[np.float32]

WHITE = 250
"""Grey level from which a pixel of a reduced image counts as clipped to white."""


@dataclass(frozen=True, slots=True)
class Channels:
    """How the channels of two images belong together.

    Attributes:
        channel_shift: Distance by which the red or the blue channel of the input lies off its target beyond the green one,
            pixels, less `_ERRORS` standard errors and at least 0; both sizes have to agree.
        shifted_channel: The channel, such as "blue"; empty where `channel_shift` is 0.
        channel_contrast: Contrast with which the input shows the gradients of its target in the channel that shows least, plus
            `_ERRORS` standard errors, over that in the channel that matches best; 1 where none matches.
        best_channel: Correlation of the gradients of both images in the channel that matches best, -1 to 1.
        missing_channel: Smallest ratio of the shares that a channel has in both images, each in the gradient energy of the
            strongest channel of its image, 0 to 1.
    """

    channel_shift: float
    shifted_channel: str
    channel_contrast: float
    best_channel: float
    missing_channel: float


def measure_channels(degraded: Planes, target: Planes) -> Channels:
    """Measures the channels of two aligned images.

    Args:
        degraded: The input.
        target: The target, the same size.

    Returns:
        The measurements.
    """
    fine = [middle(image.quarter_pixels, _MOST) for image in (degraded, target)]
    coarse = [halved(image) for image in fine]
    shift, name = _shift(coarse, 8)
    if shift > 0:
        finer, finer_name = _shift(fine, 4)
        shift = min(shift, finer) if finer_name == name else 0.0
    steps = [np.diff(np.stack(coarse).astype(np.float32), axis=axis) for axis in (1, 2)]
    count = sum(each[0, ..., 0].size for each in steps)
    shared, own, given = np.sum([_products(*each) for each in steps], axis=0) / count
    match = shared / np.sqrt((own + LEAST_ENERGY) * (given + LEAST_ENERGY))
    best = int(match.argmax())
    highest = float(shared[best] / (given[best] + LEAST_ENERGY))
    # A channel without structure in either image is as good as the best one.
    contrast = (shared + highest * LEAST_ENERGY) / (given + LEAST_ENERGY)
    samples = max(1, coarse[0][..., 0].size // _CORRELATED)
    errors = np.sqrt(np.maximum(own - contrast * shared, 0.0) / ((given + LEAST_ENERGY) * samples))
    shares = np.array([(each + 1e-6) / (each.max() + 1e-6) for each in (own, given)])
    shown = np.max([(image >= WHITE).mean(axis=(0, 1)) for image in coarse], axis=0) < _MOST_WHITE
    contrasts = (contrast + _ERRORS * errors)[shown]
    return Channels(
        channel_shift=shift,
        shifted_channel=name if shift > 0 else "",
        channel_contrast=float(contrasts.min()) / highest if highest > 0 and contrasts.size else 1.0,
        best_channel=float(match[best]),
        missing_channel=float((shares.min(axis=0) / shares.max(axis=0))[shown].min(initial=1.0)),
    )


def middle(image: ImageU8, size: tuple[int, int]) -> ImageU8:
    """Returns the central part of an image, or all of a smaller one.

    Args:
        image: [H, W, 3].
        size: Rows and columns of the part.
    """
    top, left = (max(0, side - most) // 2 for side, most in zip(image.shape[:2], size, strict=True))
    return image[top : top + size[0], left : left + size[1]]


def _products(degraded: Array, target: Array) -> NDArray[np.float64]:
    """Returns sums of products of gradients by channel: of both images, of the input, of the target; float64 [3, channels]."""
    pairs = ((degraded, target), (degraded, degraded), (target, target))
    return np.stack([np.einsum("hwc,hwc->c", *both) for both in pairs]).astype(np.float64)


def _shift(images: list[ImageU8], factor: int) -> tuple[float, str]:
    """Returns the largest distance of a channel of the input from its target beyond that of the green one, and the channel.

    Where a channel of the input is a multiple of the target's in a block and lies off it, the rest of its gradient is that
    multiple of the target's second derivative (Lucas and Kanade, "An iterative image registration technique", 1981). Each block
    is one sample; rain lies on all channels alike and cancels out.
    """
    degraded, target = (image.astype(np.float32).transpose(2, 0, 1) for image in images)
    largest, name = 0.0, ""
    for lines, given in ((degraded.transpose(0, 2, 1), target.transpose(0, 2, 1)), (degraded, target)):
        slope, given_slope = ((each[..., 2:] - each[..., :-2]) / 2 for each in (lines, given))
        curved = blocks((given_slope[..., 2:] - given_slope[..., :-2]) / 2)
        own, beside = blocks(slope[..., 1:-1]), blocks(given_slope[..., 1:-1])
        floor = np.float32(_FLOOR * BLOCK * BLOCK)
        multiple = np.maximum(sums_of_products(own, beside), 0) / (sums_of_products(beside, beside) + floor)
        weight = multiple * multiple * sums_of_products(curved, curved)
        total = weight.sum(axis=(1, 2), keepdims=True) + floor
        moved = multiple * sums_of_products(own, curved) / total
        shifts = moved.sum(axis=(1, 2), keepdims=True)
        rest = moved - shifts * (weight / total)
        for channel in _OTHERS:
            apart = abs(float(shifts[channel, 0, 0] - shifts[_GREEN, 0, 0]))
            error = float(np.sqrt(np.square(rest[channel] - rest[_GREEN]).sum()))
            evidence = factor * (apart - _ERRORS * error)
            if evidence > largest:
                largest, name = evidence, _NAMES[channel]
    return largest, name


def blocks(planes: Array) -> Array:
    """Cuts planes into whole blocks.

    Args:
        planes: float32 [channels, H, W].

    Returns:
        [channels, H // BLOCK, BLOCK, W // BLOCK, BLOCK].
    """
    channels, *sides = planes.shape
    rows, columns = (side // BLOCK for side in sides)
    return planes[:, : rows * BLOCK, : columns * BLOCK].reshape(channels, rows, BLOCK, columns, BLOCK)


def sums_of_products(one: Array, other: Array) -> Array:
    """Returns the sum of the products in each block, [channels, rows, columns].

    Args:
        one: From `blocks`.
        other: The same shape.
    """
    return np.einsum("kabcd,kabcd->kac", one, other)
