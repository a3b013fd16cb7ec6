"""Measures where the colour of an input comes from whose target is grey: from the scene, a tint, or something in front.

The colour of the scene changes with the target. A tint multiplies the whole; noise and reflections have edges of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.channels import BLOCK, LEAST_ENERGY, WHITE, blocks, middle, sums_of_products
from components.pair_validator.measuring.planes import Planes
from components.pair_validator.measuring.values import FEWEST_FREE, LEAST_GREY, THUMBNAIL
from data.image.arrays import ImageU8

# Largest `target_colour` of a target that is measured: no check asks about others, and this takes as long as the channels.
_GREY = 3.0
# Rows and columns of the images at a quarter of their size that are looked at, from their middle.
_MOST = (96, 144)
# Squared grey levels added to the mean squared gradient of a colour, and of the target in a block: rounding is no structure.
_LEAST_COLOUR, _LEAST_EDGE = 1.0, 1.0
# Grey level up to which a channel counts as clipped to black.
_BLACK = 3
# Least share of the pixels of a part of a thumbnail that have no clipped channel.
_LEAST_FREE = 0.25
# Shorter side in pixels that is enough for hues.
_HUE_SIDE = 128

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tints:
    """The colour of an input whose target is grey; None if the target has colour.

    Attributes:
        input_hues: Root mean square of the colours of the input beyond a tint of the whole, where no channel is clipped, grey
            levels; 0 where nearly all is clipped.
        colour_on_edges: Share of the gradient energy of the input's colours, beyond a tint of the whole, that lies along
            gradients of the target's luma, 0 to 1; 0 where the input is only tinted.
    """

    input_hues: float | None = None
    colour_on_edges: float | None = None


def measure_tints(degraded: Planes, target: Planes, target_colour: float) -> Tints:
    """Measures the colour of the input of two aligned images.

    Args:
        degraded: The input.
        target: The target, the same size.
        target_colour: As in `values`, grey levels.

    Returns:
        The measurements.
    """
    if target_colour > _GREY:
        return Tints()
    parts = [middle(image.quarter_pixels, _MOST) for image in (degraded, target)]
    return Tints(_hues_beyond_tint(degraded.pixels), _colour_on_edges(*parts))


def _hues_beyond_tint(image: ImageU8) -> float:
    """Returns the root mean square of the colours of a thumbnail without the multiple of its grey in each channel.

    Clipped pixels are left out before the thumbnail is made: a tint that clips a part of a cell changes its hue.
    """
    step = max(1, min(image.shape[:2]) // _HUE_SIDE)
    part = image[::step, ::step]
    smallest, largest = part.min(axis=2), part.max(axis=2)
    free = ((smallest > _BLACK) & (largest < WHITE)).astype(np.float32)
    size = (THUMBNAIL, THUMBNAIL)
    shares = cv2.resize(free, size, interpolation=cv2.INTER_AREA)
    cells = cv2.resize(part * free[..., None], size, interpolation=cv2.INTER_AREA)
    usable = shares >= _LEAST_FREE
    if np.count_nonzero(usable) < FEWEST_FREE:
        return 0.0
    channels = (cells[usable] / shares[usable][:, None]).T
    channels = channels - channels.mean(axis=1, keepdims=True)
    grey = channels.mean(axis=0)
    multiples = np.einsum("kn,n->k", channels, grey) / (
        np.einsum("n,n->", grey, grey) + np.float32(grey.size * LEAST_GREY)
    )
    left = channels - multiples[:, None] * grey
    return float(np.sqrt(np.einsum("kn,kn->", left, left) / left.size))


def _colour_on_edges(degraded: ImageU8, target: ImageU8) -> float:
    """Returns the share of the colours' gradient energy that is a multiple of the target's gradient, block by block."""
    own, given = (_gradients(image.astype(np.float32).transpose(2, 0, 1)) for image in (degraded, target))
    # A tint that takes a channel to white leaves the others as they are: no colour of the scene.
    white = (degraded >= WHITE).any(axis=-1)
    own *= ~(white[1:, 1:] | white[:-1, 1:] | white[1:, :-1])
    grey, edges = (each.mean(axis=1, keepdims=True) for each in (own, given))
    tint = np.einsum("akhw,azhw->k", own, grey) / (np.einsum("azhw,azhw->", grey, grey) + np.float32(LEAST_ENERGY))
    colours = own - tint[:, None, None] * grey
    products, energies, total = (
        np.sum([sums_of_products(blocks(one), blocks(other)) for one, other in zip(*both, strict=True)], axis=0)
        for both in ((colours, np.broadcast_to(edges, colours.shape)), (edges, edges), (colours, colours))
    )
    pixels = BLOCK * BLOCK
    along = products * products / (energies + np.float32(_LEAST_EDGE * pixels))
    return float(along.sum() / (total.sum() + np.float32(_LEAST_COLOUR * pixels * max(1, products[0].size))))


def _gradients(planes: Array) -> Array:
    """Returns the differences of planes, [channels, H, W], from above and from the left, [2, channels, H - 1, W - 1]."""
    inner = planes[:, 1:, 1:]
    return np.stack([inner - planes[:, :-1, 1:], inner - planes[:, 1:, :-1]])
