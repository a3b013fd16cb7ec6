"""Measures the values of two images: the order of their channels, and how many grey levels they use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from operator import sub
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.planes import Planes
from data.image.arrays import ImageU8, PlaneF32, PlaneU8
from data.image.measures import quantile

THUMBNAIL = 32
"""Side of the thumbnails whose colours are compared, pixels: streaks and noise vanish in them."""

CHANNELS = "RGB"

LEAST_GREY = 4.0
"""Squared grey levels added to the variance of the grey of an image, which a tint multiplies."""

# Standard deviation, in grey levels, of the colours of a grey image after compression; half of it beside a tint of the whole.
_COLOUR_FLOOR, _HUE_FLOOR = 2.0, 1.0
# Gain below which another order is chance.
_LEAST_GAIN = 0.05
# Luma at which a thumbnail counts as clipped.
_BLACK, _WHITE = 3.0, 250.0
# Fewest pixels of a thumbnail from which a part of it is judged, and the share of the others that is nearest to black.
_FEWEST, _NEAR_BLACK = 8, 1 / 8
FEWEST_FREE = 64
"""Fewest pixels of a thumbnail without a clipped channel from which its hues are judged."""

# Mean by which an input is brighter than white with the degradation on it, grey levels, where a target was cut off.
_LEAST_ABOVE = 1.0
# Quantile of the light that a degradation adds near to black: rain is not everywhere alike.
_ADDED_QUANTILE = 0.25
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Takes the mean of three channels from each, in the input's and in the target's.
_COLOUR = np.kron(np.eye(2), np.eye(3) - 1 / 3)
# The side of each channel, and the weights of its grey.
_OF_SIDE = np.kron(np.eye(2), np.ones((3, 1)))
_GREY = _OF_SIDE / 3
# Rows from which the grey levels are taken, where an image has more than twice as many.
_LEVEL_ROWS = 128
# All orders of the channels, the right one first.
_ORDERS = tuple(permutations(range(3)))


@dataclass(frozen=True, slots=True)
class Values:
    """Values of two images of one size.

    Attributes:
        channel_order: Order of the input's channels that fits the target best, such as "BGR"; "RGB" where it is right.
        channel_gain: How much better the best other order fits than "RGB", as a difference of correlations, -2 to 1, and at
            most how well it fits at all; negative where "RGB" fits best, 0 for grey images.
        input_levels: Number of grey levels that the green channel of the input uses, 1 to 256.
        target_levels: The same of the target.
        input_level_step: Median distance of the neighbouring grey levels that it uses, 1 to 255: 1 but where it was rounded.
        target_level_step: The same of the target.
        hidden_by_clipping: Share of the target that is white where the input is not uniform and brighter than white with the
            degradation on it, or black where it shows something darker than black with it, 0 to 1.
        input_colour: Mean difference of the largest and the smallest channel of the input, grey levels.
        target_colour: The same of the target.
    """

    channel_order: str
    channel_gain: float
    input_levels: int
    target_levels: int
    input_level_step: float
    target_level_step: float
    hidden_by_clipping: float
    input_colour: float
    target_colour: float


def measure_values(degraded: Planes, target: Planes) -> Values:
    """Measures the values of two images.

    Args:
        degraded: The input.
        target: The target, the same size.

    Returns:
        The values.
    """
    thumbnails = [cv2.split(image.small_pixels(THUMBNAIL)) for image in (degraded, target)]
    small = [np.array(channels, np.float32).reshape(len(CHANNELS), -1) for channels in thumbnails]
    order, gain = _channel_order(*small)
    lumas = [_LUMA @ pixels for pixels in small]
    levels = [_levels(image.pixels) for image in (degraded, target)]
    return Values(
        channel_order=order,
        channel_gain=gain,
        input_levels=len(levels[0]),
        target_levels=len(levels[1]),
        input_level_step=_step(levels[0]),
        target_level_step=_step(levels[1]),
        hidden_by_clipping=_hidden(lumas[0], lumas[1]),
        input_colour=_colour(thumbnails[0]),
        target_colour=_colour(thumbnails[1]),
    )


def _colour(channels: Sequence[PlaneU8]) -> float:
    """Returns the mean difference of the largest and the smallest channel."""
    red, green, blue = channels
    largest, smallest = (choose(choose(red, green), blue) for choose in (cv2.max, cv2.min))
    return float(cv2.mean(largest)[0] - cv2.mean(smallest)[0])


def _levels(image: ImageU8) -> list[int]:
    """Returns the grey levels in the green channel, in rising order, from at most every other row."""
    step = max(2, len(image) // _LEVEL_ROWS)
    counts = cv2.calcHist([image[::step]], [1], None, [256], [0, 256])
    return np.flatnonzero(counts).tolist()


def _step(levels: list[int]) -> float:
    """Returns the median distance of neighbouring levels, 1 where there is one level only."""
    return float(median(map(sub, levels[1:], levels))) if len(levels) > 1 else 1.0


def _channel_order(degraded: PlaneF32, target: PlaneF32) -> tuple[str, float]:
    """Correlates colours under every order of the channels: with their mean and without; the weaker gain counts.

    No order gains more than it fits: haze that hides all colour fits none, and some less than others. A tint of one image shows
    the colours of another order on a picture of little colour, but leaves the hues where they are: where these gain nothing,
    they decide.
    """
    both = np.concatenate([degraded, target])
    count = both.shape[1]
    # Of whole numbers, without rounding; what is left of a channel without the grey of its pixel follows from them.
    exact = both.astype(np.float64)
    products = _COLOUR @ (exact @ exact.T) @ _COLOUR
    sums = _COLOUR @ exact.sum(axis=1)
    # A tint that takes a channel to white changes the hue there.
    free = exact[:, both.max(axis=0) < _WHITE]
    forms = [(products, count, False), (products - np.outer(sums, sums / count), count, False)]
    forms += [(_hues(part), part.shape[1], True) for part in (exact, free) if part.shape[1] >= FEWEST_FREE]
    gains = [math.inf] * len(_ORDERS)
    for matrix, count, is_hue in forms:
        # Few numbers: Python adds them faster than numpy is called.
        rows = matrix.tolist()
        floor = _HUE_FLOOR if is_hue else _COLOUR_FLOOR
        energies = [
            sum(rows[channel][channel] for channel in side) + count * floor**2 for side in ((0, 1, 2), (3, 4, 5))
        ]
        scale = math.sqrt(energies[0] * energies[1])
        fits = [sum(rows[order[channel]][3 + channel] for channel in range(3)) / scale for order in _ORDERS]
        found = [fit - max(fits[0], 0.0) for fit in fits]
        gains = [gain if new > 0 and is_hue else min(gain, new) for gain, new in zip(gains, found, strict=True)]
    best = max(range(1, len(_ORDERS)), key=gains.__getitem__)
    name = "".join(CHANNELS[channel] for channel in _ORDERS[best]) if gains[best] > _LEAST_GAIN else CHANNELS
    return name, gains[best]


def _hues(channels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the products of the channels of two images, [6, 6], without the multiple of its image's grey in each.

    Args:
        channels: The channels of both images, float64 [6, N].
    """
    sums, count = channels.sum(axis=1), channels.shape[1]
    covariances = channels @ channels.T - np.outer(sums, sums / count)
    greys = covariances @ _GREY
    energies = np.einsum("ks,ks->s", _GREY, greys) + count * LEAST_GREY
    left = np.eye(len(covariances)) - (_OF_SIDE * greys / energies) @ _GREY.T
    return np.asarray(left @ covariances @ left.T)


def _hidden(luma_input: PlaneF32, luma_target: PlaneF32) -> float:
    """Returns the share of the target that hides by clipping what the input shows.

    Where a target was cut off at black, the input shows a scene that is darker than where the target begins to show it. Where
    the scene is black, rain and haze on the input can only lighten it, so that their structure is no evidence. Likewise at
    white: rain and drops before a white sky are not brighter than it.
    """
    white, black = luma_target >= _WHITE, luma_target <= _BLACK
    whites, blacks = np.count_nonzero(white), np.count_nonzero(black)
    if max(whites, blacks) < _FEWEST:
        return 0.0
    scale = float(luma_input.std()) + 3
    hidden = 0.0
    if whites >= _FEWEST:
        # The negatives of both: what is brighter than white is darker than black in them.
        above = _below_black(255 - luma_input, 255 - luma_target, white, ~(white | black))
        if above > _LEAST_ABOVE:
            hidden += float(white.mean()) * min(1.0, float(luma_input[white].std()) / scale)
    if blacks >= _FEWEST:
        shown = min(float(luma_input[black].std()), _below_black(luma_input, luma_target, black, ~(white | black)))
        hidden += float(black.mean()) * min(1.0, shown / scale)
    return hidden


def _below_black(
    luma_input: PlaneF32, luma_target: PlaneF32, black: NDArray[np.bool_], free: NDArray[np.bool_]
) -> float:
    """Returns by how many grey levels the input is darker, on the mean, than black with the degradation on it."""
    nearest = np.flatnonzero(free)
    if len(nearest) < _FEWEST:
        return float("inf")  # a target of black and white alone does not tell what was added
    nearest = nearest[np.argsort(luma_target[nearest], kind="stable")][: max(_FEWEST, int(len(nearest) * _NEAR_BLACK))]
    added = quantile(luma_input[nearest] - luma_target[nearest], _ADDED_QUANTILE)
    return float(np.maximum(0.0, added - luma_input[black]).mean())
