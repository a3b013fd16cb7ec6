"""Measures how two images of one size differ: how far they are apart, their roles, their values, and what was changed."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np

from components.pair_validator.measuring.block_energies import bands
from components.pair_validator.measuring.channels import Channels, measure_channels
from components.pair_validator.measuring.compression import small_coefficients
from components.pair_validator.measuring.planes import Planes
from components.pair_validator.measuring.role_cues import RoleCues, measure_cues
from components.pair_validator.measuring.tints import Tints, measure_tints
from components.pair_validator.measuring.values import Values, measure_values
from data.image import measures
from data.image.arrays import PlaneU8
from data.image.hashing import pair_hash
from data.image.ssim import FAST_SIDE, fast_ssim_plane

SIGNATURE_SIDE = 8
"""Side of the thumbnail by which two inputs of one scene are compared: two hexadecimal digits for the mean of each part."""

# Added to the variance of the target's parts, squared grey levels: a nearly blank target explains no light of the input.
_LEAST_LIGHT = 64.0
# Rows of windows that SSIM takes at least, where an image has as many.
_SSIM_ROWS = 16


def appearance_fields(degraded: Planes, target: Planes) -> dict[str, Any]:
    """Measures how two images differ; most of it means something only where they are aligned.

    Args:
        degraded: The input.
        target: The target, the same size.

    Returns:
        Fields of `PairMeasurement` by name.
    """
    change = measures.cell_change(degraded.full, target.full)
    values = measure_values(degraded, target)
    signatures = [image.small(SIGNATURE_SIDE) for image in (degraded, target)]
    return {
        "input_psnr": measures.psnr(degraded.pixels, target.pixels),
        "input_ssim": _ssim(degraded.full, target.full),
        "change_typical": change.typical,
        "change_strong": change.strong,
        "change_largest": change.largest,
        "change_hash": pair_hash(change.field),
        "input_signature": signatures[0].tobytes().hex(),
        "unexplained_light": _unexplained(*signatures),
        "target_small_coefficients": small_coefficients(target.full, target.turned),
        **_as_fields(measure_cues(degraded, target)),
        **_as_fields(values),
        **_as_fields(measure_channels(degraded, target)),
        **_as_fields(measure_tints(degraded, target, values.target_colour)),
    }


def _unexplained(degraded: PlaneU8, target: PlaneU8) -> float:
    """Returns the standard deviation of the parts of an input that a multiple of its target's leaves, grey levels."""
    own, given = (plane.ravel().astype(np.float64) for plane in (degraded, target))
    own, given = own - own.sum() / own.size, given - given.sum() / given.size
    multiple = max(0.0, float(own @ given / own.size) / (float(given @ given / own.size) + _LEAST_LIGHT))
    rest = own - multiple * given
    return math.sqrt(float(rest @ rest) / rest.size)


def _ssim(degraded: PlaneU8, target: PlaneU8) -> float:
    """Returns the mean SSIM of windows side by side; of every second, third, ... row of windows where there are many."""
    step = max(1, len(degraded) // (FAST_SIDE * _SSIM_ROWS))
    return fast_ssim_plane(*(bands(plane, FAST_SIDE, step) for plane in (degraded, target)))


def _as_fields(measured: RoleCues | Values | Channels | Tints) -> dict[str, Any]:
    return {field.name: getattr(measured, field.name) for field in fields(measured)}
