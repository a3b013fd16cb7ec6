"""First step of three: raw numbers of one pair. Nothing here depends on a threshold of a verdict."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import cv2

from components.pair_validator.measuring import appearance
from components.pair_validator.measuring.coarse_registration import (
    SEARCH_BELOW_AGREEMENT,
    SEARCH_BELOW_SNR,
    find_orientation,
    search_similarity,
    square,
)
from components.pair_validator.measuring.decoding import DecodedImage, decode
from components.pair_validator.measuring.registration import MIN_BLOCK, Registration, register
from components.pair_validator.settings import PairLimits
from data.image import measures
from data.image.arrays import ImageU8, PlaneU8
from data.image.hashing import pair_hash
from data.image.luma import luma_full_range
from data.image.ssim import fast_ssim_plane

# Pixels of a thumbnail (96 x 96) that are averaged before correlation: what is left, 32 x 32, no streak reaches.
LOWPASS_CELL = 3
# Significant digits of a measured number.
DIGITS = 6
# What an input shows without its target.
INPUT_ALONE = ("input_height", "input_width", "input_channels", "input_format", "input_mean", "input_range")


@dataclass(frozen=True, slots=True)
class PairMeasurement:
    """What was measured of one pair; flat, JSON-able, None where it could not be measured.

    Attributes:
        pair_id: The pair's id.
        input_status: "ok", "missing_partner", "not_an_image", "undecodable" or "bomb".
        target_status: The same of the target.
        input_problem: What is wrong with the input, in words; empty where nothing is.
        target_problem: The same of the target.
        input_format: "PNG", "JPEG", ...; empty where the header could not be read.
        target_format: The same of the target.
        input_bytes: Size of the encoded input.
        target_bytes: Size of the encoded target.
        input_height: Rows by the header; 0 where it could not be read.
        input_width: Columns by the header.
        target_height: Rows of the target.
        target_width: Columns of the target.
        input_channels: Channels as stored.
        target_channels: Channels of the target.
        input_mean: Mean luma, 0 to 255.
        target_mean: Mean luma of the target.
        input_range: Largest minus smallest luma, 0 to 255.
        target_range: The same of the target.
        identity_psnr: PSNR of the input against its target, dB, RGB uint8; 100 where they are equal.
        identity_ssim: SSIM of the same on luma, 7x7 uniform window.
        lowpass_correlation: Pearson's correlation of both at 32 x 32 pixels.
        shift_y: Rows by which the input is moved down, pixels.
        shift_x: Columns by which the input is moved right, pixels.
        zoom: Size of the input's content relative to the target's.
        rotation: Degrees by which the input is turned counter-clockwise.
        match_snr: Height of the correlation peak at that place, standard deviations of its surface.
        identity_snr: Height at no displacement at all.
        fit_error: Standard error of the displacement at the outermost block, pixels.
        blocks: Blocks that were correlated.
        blocks_clear: Share of them with a clear peak.
        blocks_agreeing: Share of the clear ones' weight that agrees with the displacement.
        orientation: Which of the eight flips and quarter turns of the target matches the input best.
        orientation_snr: Height of its peak, standard deviations.
        upright_snr: The same for the target as it is.
        extra_structure: Structure of its own that the input has more than the target has (see `appearance`).
        veil: Contrast that the input lost to a veil, more than the target did.
        shared_contrast: Natural logarithm of the energy ratio, input over target, of the structure that both show.
        incoherence: Share of local structure that they do not have in common.
        change_typical: Root mean square of the change of 8x8 means of luma, grey levels.
        change_strong: 99th percentile of that change.
        change_strongest: The largest change.
        mean_change: Mean luma of the input minus that of the target.
        input_sha256: Of the encoded input.
        target_sha256: Of the encoded target.
        change_hash: Perceptual hash of the input minus the target: which weather fell where.
        scene_hash: Perceptual hash of the target; its distance can be taken over mirror images.
    """

    pair_id: str
    input_status: str
    target_status: str
    input_problem: str = ""
    target_problem: str = ""
    input_format: str = ""
    target_format: str = ""
    input_bytes: int = 0
    target_bytes: int = 0
    input_height: int = 0
    input_width: int = 0
    target_height: int = 0
    target_width: int = 0
    input_channels: int = 0
    target_channels: int = 0
    input_mean: float | None = None
    target_mean: float | None = None
    input_range: int | None = None
    target_range: int | None = None
    identity_psnr: float | None = None
    identity_ssim: float | None = None
    lowpass_correlation: float | None = None
    shift_y: float | None = None
    shift_x: float | None = None
    zoom: float | None = None
    rotation: float | None = None
    match_snr: float | None = None
    identity_snr: float | None = None
    fit_error: float | None = None
    blocks: int | None = None
    blocks_clear: float | None = None
    blocks_agreeing: float | None = None
    orientation: str | None = None
    orientation_snr: float | None = None
    upright_snr: float | None = None
    extra_structure: float | None = None
    veil: float | None = None
    shared_contrast: float | None = None
    incoherence: float | None = None
    change_typical: float | None = None
    change_strong: float | None = None
    change_strongest: float | None = None
    mean_change: float | None = None
    input_sha256: str | None = None
    target_sha256: str | None = None
    change_hash: str | None = None
    scene_hash: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns all fields by name, as JSON can hold them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> PairMeasurement:
        """Reads back what `to_json` returned."""
        return cls(**fields)


def measure(
    pair_id: str, input_bytes: bytes | None, target_bytes: bytes | None, limits: PairLimits | None = None
) -> PairMeasurement:
    """Measures one pair.

    Args:
        pair_id: The pair's id.
        input_bytes: The encoded degraded image; None or empty where it is missing.
        target_bytes: The encoded clean image; None or empty where it is missing.
        limits: What may be decoded at all; the defaults where it is left out.
    """
    limits = limits or PairLimits()
    return measure_images(pair_id, decode(input_bytes, limits), decode(target_bytes, limits))


def measure_images(pair_id: str, degraded: DecodedImage, target: DecodedImage) -> PairMeasurement:
    """Measures one pair of images that were decoded already, or could not be.

    Args:
        pair_id: The pair's id.
        degraded: The input.
        target: The clean image.
    """
    fields: dict[str, Any] = {"pair_id": pair_id}
    fields |= _of_file("input", degraded) | _of_file("target", target)
    if degraded.pixels is not None and target.pixels is not None:
        fields |= _of_pixels(degraded.pixels, target.pixels)
    return PairMeasurement(**{name: _rounded(value) for name, value in fields.items()})


def measure_input(degraded: DecodedImage) -> dict[str, Any]:
    """Measures an input whose target nobody has, as `measure` does it; what could not be measured is left out.

    Args:
        degraded: The input.

    Returns:
        The fields of `INPUT_ALONE` by name, as JSON can hold them.
    """
    fields = _of_file("input", degraded)
    if degraded.pixels is not None:
        fields |= _of_brightness("input", luma_full_range(degraded.pixels))
    return {name: _rounded(fields[name]) for name in INPUT_ALONE if name in fields}


def _rounded(value: Any) -> Any:
    return rounded(value) if isinstance(value, float) else value


def rounded(value: float) -> float:
    """Returns a number to `DIGITS` digits.

    float32, as a `tf.Example` holds it, keeps that many, so that verdicts are the same wherever the number has been.
    """
    return float(f"{value:.{DIGITS}g}")


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
    luma_input, luma_target = luma_full_range(degraded), luma_full_range(target)
    fields = _of_brightness("input", luma_input) | _of_brightness("target", luma_target)
    square_input, square_target = square(luma_input), square(luma_target)
    fields["scene_hash"] = pair_hash(square_target)
    fields["lowpass_correlation"] = measures.lowpass_correlation(
        measures.area_mean(square_input, LOWPASS_CELL), measures.area_mean(square_target, LOWPASS_CELL)
    )
    if degraded.shape == target.shape and min(luma_input.shape) >= MIN_BLOCK:
        fields |= _of_position(luma_input, luma_target)
        fields |= _of_appearance(degraded, target, luma_input, luma_target)
    orientation = find_orientation(square_input, square_target, fields.get("match_snr", 0.0))
    return fields | {
        "orientation": orientation.best,
        "orientation_snr": orientation.best_snr,
        "upright_snr": orientation.upright_snr,
    }


def _of_brightness(side: str, luma: PlaneU8) -> dict[str, Any]:
    low, high, _, _ = cv2.minMaxLoc(luma)
    return {f"{side}_mean": float(cv2.mean(luma)[0]), f"{side}_range": int(high - low)}


def _of_position(luma_input: PlaneU8, luma_target: PlaneU8) -> dict[str, Any]:
    found = register(luma_input, luma_target)
    if found.peak_snr < SEARCH_BELOW_SNR or found.agreeing < SEARCH_BELOW_AGREEMENT:
        found = search_similarity(luma_input, luma_target, found)
    return _position_fields(found)


def _position_fields(found: Registration) -> dict[str, Any]:
    return {
        "shift_y": found.shift_y,
        "shift_x": found.shift_x,
        "zoom": found.zoom,
        "rotation": found.rotation,
        "match_snr": found.peak_snr,
        "identity_snr": found.identity_snr,
        "fit_error": found.fit_error,
        "blocks": found.blocks,
        "blocks_clear": found.clear,
        "blocks_agreeing": found.agreeing,
    }


def _of_appearance(degraded: ImageU8, target: ImageU8, luma_input: PlaneU8, luma_target: PlaneU8) -> dict[str, Any]:
    structure = appearance.compare_structure(degraded, target, luma_input, luma_target)
    change = measures.cell_change(luma_input, luma_target)
    return {
        "identity_psnr": measures.psnr(degraded, target),
        "identity_ssim": fast_ssim_plane(luma_input, luma_target),
        "extra_structure": structure.extra,
        "veil": structure.veil,
        "shared_contrast": structure.contrast,
        "incoherence": structure.incoherence,
        "change_typical": change.typical,
        "change_strong": change.strong,
        "change_strongest": change.strongest,
        "mean_change": float(cv2.mean(luma_input)[0] - cv2.mean(luma_target)[0]),
        "change_hash": pair_hash(change.field),
    }
