"""What to do about each reason to quarantine a pair, where the pair is at fault and not a threshold."""

from __future__ import annotations

from components.pair_validator.judging import reasons

REMEDIES: dict[str, str] = {
    reasons.UNDECODABLE: "fetch or export these files again: they are damaged or cut short",
    reasons.NOT_AN_IMAGE: "remove these files, or fetch what they stand for (`git lfs pull` where they are pointers)",
    reasons.MISSING_PARTNER: "add the missing images, or name the layout in which they lie (`--layout`)",
    reasons.OTHER_PROFILE: "convert both images of a pair to one colour profile, such as sRGB",
    reasons.BOMB: "scale these images down, or raise `pairs.limits.max_bytes` or `pairs.limits.max_pixels`",
    reasons.SIZE_MISMATCH: "export both images of a pair at one size, cut from the same place",
    reasons.TOO_SMALL: "export these images larger: their position cannot be measured",
    reasons.MISALIGNED: "cut input and target from the same place of one scene, without a shift or turn between them",
    reasons.SCALED: "export input and target at the same zoom",
    reasons.STRETCHED: "export input and target with the same proportions: crop instead of resizing to another shape",
    reasons.LOCALLY_MISALIGNED: "replace these pairs by shots of a scene and camera that stand still, or correct the warp",
    reasons.BORDERED: "cut the border or bar off both images of a pair",
    reasons.FLIPPED: "turn or mirror the inputs as their targets are: one side was exported without its EXIF orientation",
    reasons.SWAPPED: "exchange the sides: `--input-side`, or the folders of inputs and targets",
    reasons.CHANNELS_SWAPPED: "write the inputs again with their channels in the order RGB: OpenCV reads and writes BGR",
    reasons.RANGE_MISMATCH: "export both images in 0 to 255: one was scaled or clipped",
    reasons.LOW_QUALITY_TARGET: "take the targets from their originals: sharp, in colour and without strong compression",
    reasons.UNRELATED: "pair each input with the target of its own scene: a list or a naming rule is off (`--layout`)",
    reasons.NO_GROUND_TRUTH: "remove these pairs, or fetch their clean images: both sides are the same picture",
    reasons.DUPLICATE: "remove the copies, or leave them: they count for nothing else",
    reasons.LEAK: "convert again with `--drop-leaks`, or keep all pairs of a scene in one split",
}
"""A clause without a full stop for each code of `reasons.MEANINGS`."""

UNKNOWN = "mend the files or the layout"
"""The remedy for a code of another version."""
