"""The gain on single evaluation images."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import FiniteOrNone, StrictModel


class ImageGain(StrictModel):
    """The gain over the input on one evaluation image, and what makes it comparable with that of another run.

    Facts of earlier releases have only the id, the severity and the gains.

    Attributes:
        pair_id: The pair's id.
        severity: "light", "medium", "heavy", ...
        gain_psnr: PSNR gain, dB.
        gain_ssim: SSIM gain; None where the image is too small for it.
        scene_id: The pair's scene, by which intervals are computed; empty where not known.
        classes: Value of each feature to slice by.
        input_psnr: PSNR of the input, dB: two runs that read the same pair have the same; None where not known.
        input_ssim: SSIM of the input, likewise.
    """

    pair_id: str
    severity: str = ""
    gain_psnr: float
    gain_ssim: FiniteOrNone = None
    scene_id: str = ""
    classes: dict[str, str] = Field(default_factory=dict)
    input_psnr: FiniteOrNone = None
    input_ssim: FiniteOrNone = None


def median_index(count: int) -> int:
    """Returns the index of the median in `count` sorted values; of an even number, the lower of the middle two."""
    return (count - 1) // 2
