"""First step of three (measure, score, judge): measures one pair. No measurement depends on a threshold."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from components.pair_validator.limits import PairLimits
from components.pair_validator.measuring import appearance
from components.pair_validator.measuring.decoding import OK, OTHER_PROFILE, DecodedImage, decode
from components.pair_validator.measuring.edges import weaving, weaving_shift, widest_strip
from components.pair_validator.measuring.pair_measurement import (
    DISPLACED_BOX,
    FOREIGN_BOX,
    PATCH_BOX,
    PairMeasurement,
)
from components.pair_validator.measuring.planes import Planes, planes_of
from components.pair_validator.measuring.registering.coarse_registration import find_orientation
from components.pair_validator.measuring.registering.patches import find_parts
from components.pair_validator.measuring.registering.position import measure_position
from components.pair_validator.measuring.registering.registration import MIN_BLOCK
from data.image import measures
from data.image.arrays import ImageU8, PlaneU8
from data.image.codec.profile import profile_problem
from data.image.hashing import PAIR_SIDE, pair_hash
from data.image.luma import luma_full_range

LOWPASS_SIDE = 32
"""Side in pixels of the thumbnails that are correlated: rain streaks vanish in them."""

ALIGNED = 1.0
"""Shift of the whole in pixels below which its parts are looked at one by one."""

DIGITS = 6
"""Significant digits of a stored measurement; float32, as a `tf.Example` holds it, keeps 6."""

_FORMAT = f"%.{DIGITS}g"

INPUT_ALONE = ("input_height", "input_width", "input_channels", "input_format", "input_mean", "input_range")
"""Measurements that need no target."""


def measure(
    pair_id: str, input_bytes: bytes | None, target_bytes: bytes | None, limits: PairLimits | None = None
) -> PairMeasurement:
    """Measures one pair.

    Args:
        pair_id: Id of the pair.
        input_bytes: The encoded degraded image, PNG or JPEG; None or empty where it is missing.
        target_bytes: The encoded clean image, likewise.
        limits: Limits checked before decoding; the defaults where omitted.

    Returns:
        The measurements. An image that cannot be decoded is part of them, not an error.

    Example:
        >>> import numpy as np
        >>> scene = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
        >>> moved = np.roll(scene, 3, axis=1)
        >>> encode = lambda image: cv2.imencode(".png", image)[1].tobytes()
        >>> pair = measure("scene", encode(moved), encode(scene))
        >>> round(pair.shift_y), round(pair.shift_x)
        (0, 3)
    """
    limits = limits or PairLimits()
    return measure_images(pair_id, decode(input_bytes, limits), decode(target_bytes, limits))


def measure_images(pair_id: str, degraded: DecodedImage, target: DecodedImage) -> PairMeasurement:
    """Measures one pair of decoded images.

    Args:
        pair_id: Id of the pair.
        degraded: The input, or the reason why it could not be decoded.
        target: The clean image, likewise.

    Returns:
        The measurements, rounded to `DIGITS` digits; None where they need an image that could not be decoded, or two aligned
        images of one size.
    """
    if OK == degraded.status == target.status and degraded.colour_space != target.colour_space:
        problem = profile_problem(degraded.colour_space, target.colour_space)
        degraded = replace(degraded, status=OTHER_PROFILE, problem=problem, pixels=None)
    fields: dict[str, Any] = {"pair_id": pair_id}
    fields |= _of_file("input", degraded) | _of_file("target", target)
    if degraded.pixels is not None and target.pixels is not None:
        fields |= _of_pixels(degraded.pixels, target.pixels)
    return PairMeasurement(**_rounded(fields))


def measure_input(degraded: DecodedImage) -> dict[str, Any]:
    """Measures an input without a target, such as a request to a server.

    Args:
        degraded: The decoded input.

    Returns:
        The measurements named in `INPUT_ALONE`, as `measure` takes them, without those that could not be taken.
    """
    fields = _of_file("input", degraded)
    if degraded.pixels is not None:
        fields |= _of_input_brightness(luma_full_range(degraded.pixels))
    return _rounded({name: fields[name] for name in INPUT_ALONE if name in fields})


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    # A float32 of NumPy's, which stays one in arithmetic since NumPy 2, would neither be rounded nor be JSON.
    is_number = {name: isinstance(value, (float, np.floating)) for name, value in fields.items()}
    return {name: rounded(value) if is_number[name] else value for name, value in fields.items()}


def rounded(value: float) -> float:
    """Rounds a number to `DIGITS` significant digits, so that a verdict is the same before and after a `tf.Example`.

    Args:
        value: Any finite number.

    Returns:
        The rounded number.
    """
    return float(_FORMAT % value)


def _of_file(side: str, image: DecodedImage) -> dict[str, Any]:
    return {
        f"{side}_status": image.status,
        f"{side}_problem": image.problem,
        f"{side}_format": image.format,
        f"{side}_bytes": image.encoded_bytes,
        f"{side}_height": image.height,
        f"{side}_width": image.width,
        f"{side}_channels": image.channels,
        f"{side}_sha256": image.sha256,
    }


def _of_pixels(degraded: ImageU8, target: ImageU8) -> dict[str, Any]:
    planes_input, planes_target = planes_of(degraded), planes_of(target)
    fields = _of_input_brightness(planes_input.full)
    fields["target_mean"] = float(cv2.mean(planes_target.full)[0])
    fields["mean_change"] = fields["input_mean"] - fields["target_mean"]
    fields["scene_hash"] = pair_hash(planes_target.small(PAIR_SIDE))
    fields["lowpass_correlation"] = measures.lowpass_correlation(
        planes_input.small(LOWPASS_SIDE), planes_target.small(LOWPASS_SIDE)
    )
    if degraded.shape == target.shape and min(planes_input.full.shape) >= MIN_BLOCK:
        fields |= _of_position(planes_input, planes_target) | _of_edges(planes_input, planes_target)
        fields |= appearance.appearance_fields(planes_input, planes_target)
    orientation = find_orientation(planes_input, planes_target, fields.get("match_snr", 0.0))
    return fields | {
        "orientation": orientation.best,
        "orientation_snr": orientation.best_snr,
        "upright_snr": orientation.upright_snr,
    }


def _of_input_brightness(luma: PlaneU8) -> dict[str, Any]:
    low, high, _, _ = cv2.minMaxLoc(luma)
    return {"input_mean": float(cv2.mean(luma)[0]), "input_range": int(high - low)}


def _of_position(planes_input: Planes, planes_target: Planes) -> dict[str, Any]:
    position = measure_position(planes_input, planes_target)
    whole, displaced = position.whole, position.displaced
    fields: dict[str, Any] = {
        "shift_y": whole.shift_y,
        "shift_x": whole.shift_x,
        "zoom": whole.zoom,
        "rotation": whole.rotation,
        "match_snr": whole.peak_snr,
        "identity_snr": whole.identity_snr,
        "opposite_snr": whole.opposite_snr,
        "fit_error": whole.fit_error,
        "blocks": whole.blocks,
        "blocks_agreeing": whole.agreeing,
        "aspect": position.aspect,
        "shear": position.shear,
        "shape_error": position.shape_error,
        "places": position.places,
        "places_agreeing": position.shape_share,
        "displaced_evidence": 0.0,
        "displaced_by": 0.0,
        "displaced_places": 0,
        **dict.fromkeys(DISPLACED_BOX, 0),
    }
    if displaced is not None:
        fields |= {
            "displaced_evidence": displaced.evidence,
            "displaced_by": displaced.size,
            "displaced_places": displaced.places,
            **dict(zip(DISPLACED_BOX, displaced.box, strict=True)),
        }
    is_aligned = math.hypot(whole.shift_y, whole.shift_x) < ALIGNED
    return fields | _of_parts(planes_input, planes_target, is_aligned)


def _of_parts(planes_input: Planes, planes_target: Planes, is_aligned: bool) -> dict[str, Any]:
    """Returns the measurements of small parts; where the whole is displaced, they tell nothing more."""
    patch, foreign = find_parts(planes_input, planes_target) if is_aligned else (None, None)
    box, foreign_box = ((0, 0, 0, 0) if part is None else part.box for part in (patch, foreign))
    return {
        "patch_evidence": 0.0 if patch is None else patch.evidence,
        "patch_distance": 0.0 if patch is None else patch.distance,
        "patch_turn": "" if patch is None else patch.turn,
        **dict(zip(PATCH_BOX, box, strict=True)),
        "foreign_evidence": 0.0 if foreign is None else foreign.evidence,
        **dict(zip(FOREIGN_BOX, foreign_box, strict=True)),
    }


def _of_edges(planes_input: Planes, planes_target: Planes) -> dict[str, Any]:
    strip = widest_strip(planes_input, planes_target)
    return {
        "strip": strip.lines,
        "strip_place": strip.place,
        "weaving": weaving(planes_input.full, planes_target.full),
        "weaving_shift": weaving_shift(planes_input, planes_target),
    }
