"""Measures how two images of one size differ: how far they are apart, their roles, their values, and what was changed."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import cv2

from components.pair_validator.measuring.compression import small_coefficients
from components.pair_validator.measuring.role_cues import RoleCues, measure_cues
from components.pair_validator.measuring.values import Values, measure_values
from data.image import measures
from data.image.arrays import ImageU8, PlaneU8
from data.image.hashing import pair_hash
from data.image.luma import LumaPlanes
from data.image.ssim import fast_ssim_plane

SIGNATURE_SIDE = 8
"""Side of the thumbnail by which two inputs of one scene are compared."""


def appearance_fields(
    degraded: ImageU8, target: ImageU8, lumas: tuple[LumaPlanes, LumaPlanes], input_square: PlaneU8
) -> dict[str, Any]:
    """Measures how two images differ; most of it means something only where they are aligned.

    Args:
        degraded: uint8 RGB [H, W, 3].
        target: uint8 RGB, the same size.
        lumas: Luma of the input and of the target.
        input_square: The input's luma as a small square, uint8 [S, S].

    Returns:
        Fields of `PairMeasurement` by name.
    """
    luma_input, luma_target = lumas
    change = measures.cell_change(luma_input.values, luma_target.values)
    return {
        "input_psnr": measures.psnr(degraded, target),
        "input_ssim": fast_ssim_plane(luma_input.values, luma_target.values),
        "change_typical": change.typical,
        "change_strong": change.strong,
        "change_largest": change.largest,
        "mean_change": float(cv2.mean(luma_input.full)[0] - cv2.mean(luma_target.full)[0]),
        "change_hash": pair_hash(change.field),
        "input_signature": _signature(input_square),
        "target_small_coefficients": small_coefficients(luma_target.full),
        **_as_fields(measure_cues(degraded, target, lumas)),
        **_as_fields(measure_values(degraded, target)),
    }


def _as_fields(measured: RoleCues | Values) -> dict[str, Any]:
    return {field.name: getattr(measured, field.name) for field in fields(measured)}


def _signature(square: PlaneU8) -> str:
    """Returns the means of 8 x 8 parts of an image, two hexadecimal digits each."""
    return cv2.resize(square, (SIGNATURE_SIDE, SIGNATURE_SIDE), interpolation=cv2.INTER_AREA).tobytes().hex()
