"""The measurements of one pair."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

RENAMED_FIELDS = {"identity_psnr": "input_psnr", "identity_ssim": "input_ssim"}
"""Names of fields in files that were written before 0.2.0: verdicts, and the statistics of accepted spans."""

DISPLACED_BOX = ("displaced_top", "displaced_left", "displaced_bottom", "displaced_right")
"""Fields of the box of the displaced region, in the order of its sides."""

PATCH_BOX = ("patch_top", "patch_left", "patch_bottom", "patch_right")
"""Fields of the box of the moved part, in the order of its sides."""

FOREIGN_BOX = ("foreign_top", "foreign_left", "foreign_bottom", "foreign_right")
"""Fields of the box of the foreign part, in the order of its sides."""


@dataclass(frozen=True, slots=True)
class PairMeasurement:
    """Measurements of one pair; None where a value could not be measured.

    Attributes:
        pair_id: Id of the pair.
        input_status: "ok", "missing_partner", "not_an_image", "undecodable", "bomb" or "other_profile".
        target_status: Status of the target, likewise, but never "other_profile".
        input_problem: Problem of the input, in words; empty where its status is "ok".
        target_problem: Problem of the target, likewise.
        input_format: "PNG", "JPEG", ...; empty where the header could not be read.
        target_format: Format of the target.
        input_bytes: Size of the encoded input, bytes.
        target_bytes: Size of the encoded target, bytes.
        input_height: Rows of the input, from its header; 0 where the header could not be read.
        input_width: Columns of the input.
        target_height: Rows of the target.
        target_width: Columns of the target.
        input_channels: Channels of the input as stored.
        target_channels: Channels of the target.
        input_mean: Mean luma of the input, 0 to 255.
        target_mean: Mean luma of the target, 0 to 255.
        input_range: Largest minus smallest luma of the input, 0 to 255.
        input_psnr: PSNR of the input against its target, dB, RGB uint8; 100 where they are equal.
        input_ssim: SSIM of the input against its target, on luma with a 7x7 uniform window, -1 to 1.
        lowpass_correlation: Pearson's correlation of both at 32 x 32 pixels, -1 to 1.
        shift_y: Displacement of the input downwards, pixels.
        shift_x: Displacement of the input to the right, pixels.
        zoom: Scale of the input relative to the target; 1 where they are equal.
        rotation: Rotation of the input, degrees counter-clockwise.
        match_snr: Height of the correlation peak at that displacement, in standard deviations of the surface.
        identity_snr: Height at zero displacement, likewise.
        opposite_snr: Height at the opposite of that displacement, likewise: as high as the peak in a picture with motion blur.
        fit_error: Standard error of the displacement at the outermost block, pixels.
        blocks: Number of blocks that were correlated; of places where those are clearly aligned.
        blocks_agreeing: Share of the weight of the blocks with a clear peak that agrees with the displacement, 0 to 1.
        aspect: Growth of the input's width less that of its height, against the target, relative; 0 where proportions agree.
        shear: Tangent of the angle by which right angles of the target lean in the input; 0 where they are kept.
        shape_error: Standard error of the displacement of the outermost place by aspect and shear, pixels.
        places: Number of places whose displacement was measured one by one; half of all where these are clearly aligned.
        places_agreeing: Share of the weight of the places with a clear peak that agrees with shift, zoom, rotation, aspect and
            shear, 0 to 1.
        displaced_evidence: Evidence that the clearest place lies elsewhere than the whole, in standard deviations; 0 where no
            two neighbouring places are displaced alike.
        displaced_by: Median displacement of the displaced places, pixels.
        displaced_places: Number of displaced places.
        displaced_top: Top of the region of the displaced places, pixels of the input; the region is empty where there are none.
        displaced_left: Left of the region.
        displaced_bottom: Bottom of the region.
        displaced_right: Right of the region.
        patch_evidence: Evidence that a small part of the input shows what the target has elsewhere, in standard deviations; 0
            where none is found, or where the input does not lie on its target as a whole.
        patch_distance: How far that part lies from where the target has it, pixels.
        patch_turn: How it is turned, such as "mirrored"; empty where it is upright or where there is none.
        patch_top: Top of that part, pixels of the input; it is empty where there is none.
        patch_left: Left of that part.
        patch_bottom: Bottom of that part.
        patch_right: Right of that part.
        foreign_evidence: Evidence that a small part of the input shows nothing of its target although both have structure, in
            standard deviations; 0 where there is none, or where the input does not lie on its target as a whole.
        foreign_top: Top of that part, pixels of the input; it is empty where there is none.
        foreign_left: Left of that part.
        foreign_bottom: Bottom of that part.
        foreign_right: Right of that part.
        strip: Width of the widest strip without content at a border of one image only, pixels.
        strip_place: Its image and side, such as "input top"; empty where there is none.
        weaving: Change between neighbouring lines over that between every second line; more than 1 where two fields
            are woven in one image only.
        weaving_shift: Shift of the odd lines of one image against its even ones, beyond that in the other image, pixels.
        orientation: The flip or quarter turn of the target that matches the input best (`ORIENTATIONS`).
        orientation_snr: Height of its correlation peak, in standard deviations.
        upright_snr: Height of the peak of the target as it is.
        own_structure: Structure that only the input has, minus structure that only the target has (see `role_cues`).
        streaks: Structure of the input along the main direction of the difference (see `role_cues`).
        bright_tail: Asymmetry of the difference: bright against dark specks, -1 to 1.
        veiling: Contrast that the input lost to a veil; negative where the target did (see `role_cues`).
        softness: How far the input is softer than a sharp photograph, less the same of the target.
        coupling: How much the difference follows the structure of the input rather than that of the target.
        fine_contrast: Log ratio of fine over coarse contrast of shared structure, input over target.
        fine_energy: Log ratio of the gradient energies at the finest scale, input over target.
        shared_sharpness: Log ratio of the detail that both share, fine over coarse, input over target (see `role_cues`).
        hiding_energy: `fine_energy` of what exceeds rounding.
        input_flat_energy: Gradient energy of the flattest tenth of the input, squared grey levels.
        target_flat_energy: The same of the target.
        target_flat_coherence: How far the input shows the gradients of those places of the target, squared coherence, 0 to 1.
        input_slope: Log ratio of fine over coarse gradient energy of the input.
        target_slope: The same of the target.
        channel_order: Order of the input's channels that fits the target best, such as "BGR".
        channel_gain: How much better it fits than "RGB", as a difference of correlations; negative where "RGB" fits best.
        input_levels: Grey levels that the green channel of the input uses, 1 to 256.
        target_levels: The same of the target.
        input_level_step: Median distance of neighbouring ones of these, 1 to 255; more than 1 where the input was rounded.
        target_level_step: The same of the target.
        hidden_by_clipping: Share of the target that is white where the input is brighter than white with the degradation on it,
            or black where it is darker than black with it, 0 to 1.
        input_colour: Mean difference of the largest and the smallest channel of the input, grey levels.
        target_colour: The same of the target.
        input_hues: Root mean square of the input's colours beyond a tint of the whole, grey levels; None if the
            target has colour.
        channel_shift: Distance by which the red or blue channel lies off its target beyond the green one, pixels.
        shifted_channel: That channel, such as "blue"; empty where none is shifted.
        channel_contrast: Contrast with which the input shows its target in the channel that shows least, over that in the best.
        best_channel: Correlation of the gradients of both images in the channel that matches best.
        missing_channel: Smallest ratio of the shares that a channel has in both images (see `channels`).
        colour_on_edges: Share of the colours of the input, beyond a tint, that change where the target does, 0 to 1; None
            if the target has colour.
        target_small_coefficients: Share of small coefficients in the target's blocks, near 0 after a strong JPEG compression;
            None where the target is too smooth.
        change_typical: Root mean square of the change of 8x8 means of luma, grey levels.
        change_strong: 99th percentile of that change, grey levels.
        change_largest: Largest absolute value of that change, grey levels.
        mean_change: Mean luma of the input minus that of the target, grey levels.
        input_sha256: SHA-256 of the encoded input, hexadecimal.
        target_sha256: SHA-256 of the encoded target, hexadecimal.
        change_hash: Perceptual hash of the input minus the target, which identifies the degradation.
        input_signature: Mean luma of 8 x 8 parts of the input, two hexadecimal digits each.
        unexplained_light: Standard deviation of the means of those parts that the target's do not explain, grey levels.
        scene_hash: Perceptual hash of the target, which identifies the scene and its mirror image.
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
    input_psnr: float | None = None
    input_ssim: float | None = None
    lowpass_correlation: float | None = None
    shift_y: float | None = None
    shift_x: float | None = None
    zoom: float | None = None
    rotation: float | None = None
    match_snr: float | None = None
    identity_snr: float | None = None
    opposite_snr: float | None = None
    fit_error: float | None = None
    blocks: int | None = None
    blocks_agreeing: float | None = None
    aspect: float | None = None
    shear: float | None = None
    shape_error: float | None = None
    places: int | None = None
    places_agreeing: float | None = None
    displaced_evidence: float | None = None
    displaced_by: float | None = None
    displaced_places: int | None = None
    displaced_top: int | None = None
    displaced_left: int | None = None
    displaced_bottom: int | None = None
    displaced_right: int | None = None
    patch_evidence: float | None = None
    patch_distance: float | None = None
    patch_turn: str | None = None
    patch_top: int | None = None
    patch_left: int | None = None
    patch_bottom: int | None = None
    patch_right: int | None = None
    foreign_evidence: float | None = None
    foreign_top: int | None = None
    foreign_left: int | None = None
    foreign_bottom: int | None = None
    foreign_right: int | None = None
    strip: int | None = None
    strip_place: str | None = None
    weaving: float | None = None
    weaving_shift: float | None = None
    orientation: str | None = None
    orientation_snr: float | None = None
    upright_snr: float | None = None
    own_structure: float | None = None
    streaks: float | None = None
    bright_tail: float | None = None
    veiling: float | None = None
    softness: float | None = None
    coupling: float | None = None
    fine_contrast: float | None = None
    fine_energy: float | None = None
    shared_sharpness: float | None = None
    hiding_energy: float | None = None
    input_flat_energy: float | None = None
    target_flat_energy: float | None = None
    target_flat_coherence: float | None = None
    input_slope: float | None = None
    target_slope: float | None = None
    channel_order: str | None = None
    channel_gain: float | None = None
    input_levels: int | None = None
    target_levels: int | None = None
    input_level_step: float | None = None
    target_level_step: float | None = None
    hidden_by_clipping: float | None = None
    input_colour: float | None = None
    target_colour: float | None = None
    input_hues: float | None = None
    channel_shift: float | None = None
    shifted_channel: str | None = None
    channel_contrast: float | None = None
    best_channel: float | None = None
    missing_channel: float | None = None
    colour_on_edges: float | None = None
    target_small_coefficients: float | None = None
    change_typical: float | None = None
    change_strong: float | None = None
    change_largest: float | None = None
    mean_change: float | None = None
    input_sha256: str | None = None
    target_sha256: str | None = None
    change_hash: str | None = None
    input_signature: str | None = None
    unexplained_light: float | None = None
    scene_hash: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns all fields by name, as JSON values."""
        # `dataclasses.asdict` copies each value deeply, which took two thirds of the judgement of a large data set.
        return {name: getattr(self, name) for name in _FIELDS}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> PairMeasurement:
        """Returns the measurement that `to_json` wrote, in this version or an earlier one.

        Args:
            fields: The fields by name; missing ones take their defaults, removed ones are ignored.

        Returns:
            The measurement.
        """
        if fields.keys() <= _FIELDS.keys():  # of this version: nearly always, and a million times in a large data set
            return cls(**fields)
        current = {RENAMED_FIELDS.get(name, name): value for name, value in fields.items()}
        return cls(**{name: value for name, value in current.items() if name in _FIELDS})


_FIELDS = dict.fromkeys(field.name for field in dataclasses.fields(PairMeasurement))
"""Names of the fields, in their order."""
