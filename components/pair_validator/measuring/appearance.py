"""Measures how two images of one size differ: how far they are apart, their roles, their values, and what was changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import cv2

from components.pair_validator.measuring.compression import small_coefficients
from components.pair_validator.measuring.role_cues import measure_cues
from components.pair_validator.measuring.values import measure_values
from data.image import measures
from data.image.arrays import ImageU8, PlaneU8
from data.image.hashing import pair_hash
from data.image.ssim import fast_ssim_plane

SIGNATURE_SIDE = 8
"""Side of the thumbnail by which two inputs of one scene are compared."""


def appearance_fields(degraded: ImageU8, target: ImageU8, luma_input: PlaneU8, luma_target: PlaneU8) -> dict[str, Any]:
    """Measures how two images differ; most of it means something only where they are aligned.

    Args:
        degraded: uint8 RGB [H, W, 3].
        target: uint8 RGB, the same size.
        luma_input: uint8 [H, W], luma of the input.
        luma_target: uint8 [H, W], luma of the target.

    Returns:
        Fields of `PairMeasurement` by name.
    """
    change = measures.cell_change(luma_input, luma_target)
    return {
        "input_psnr": measures.psnr(degraded, target),
        "input_ssim": fast_ssim_plane(luma_input, luma_target),
        "change_typical": change.typical,
        "change_strong": change.strong,
        "change_largest": change.largest,
        "mean_change": float(cv2.mean(luma_input)[0] - cv2.mean(luma_target)[0]),
        "change_hash": pair_hash(change.field),
        "input_signature": _signature(luma_input),
        "target_small_coefficients": small_coefficients(luma_target),
        **asdict(measure_cues(degraded, target)),
        **asdict(measure_values(degraded, target)),
    }


def _signature(luma: PlaneU8) -> str:
    """Returns the means of 8 x 8 parts of an image, two hexadecimal digits each."""
    return cv2.resize(luma, (SIGNATURE_SIDE, SIGNATURE_SIDE), interpolation=cv2.INTER_AREA).tobytes().hex()
