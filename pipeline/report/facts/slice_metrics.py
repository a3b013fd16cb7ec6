"""PSNR and SSIM of each slice of the evaluation images, and the order in which slices are shown."""

from __future__ import annotations

from components.evaluation.slices import Slice, SliceField
from data.strict_model import FiniteOrNone, StrictModel

SEVERITIES = ("light", "medium", "heavy")


def severity_order(severity: str) -> tuple[int, str]:
    """Returns a sort key: light, medium, heavy, then every other name in alphabetical order."""
    known = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return known, severity


def slice_order(part: Slice) -> tuple[bool, str, tuple[int, str]]:
    """Returns a sort key of slice names: overall, then feature by feature, light before heavy."""
    return not part.is_overall, part.feature, severity_order(part.value)


class SliceMetrics(StrictModel):
    """Means over the evaluation pairs of one slice, of 8-bit images as they would be written.

    Attributes:
        name: The slice.
        pairs: Number of evaluation pairs in the slice.
        psnr: Restored image against its target, dB.
        ssim: Restored image against its target.
        input_psnr: Input against its target (the identity baseline), dB.
        input_ssim: Input against its target.
        gain_psnr: `psnr` minus `input_psnr`, dB.
        gain_ssim: `ssim` minus `input_ssim`.
        production_gain_psnr: `gain_psnr` of the production model on the same pairs, dB; None where not measured.
        production_gain_ssim: `gain_ssim` of the production model, likewise.
    """

    name: SliceField
    pairs: int
    psnr: FiniteOrNone
    ssim: FiniteOrNone
    input_psnr: FiniteOrNone
    input_ssim: FiniteOrNone
    gain_psnr: FiniteOrNone
    gain_ssim: FiniteOrNone
    production_gain_psnr: FiniteOrNone = None
    production_gain_ssim: FiniteOrNone = None
