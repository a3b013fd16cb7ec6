"""The gain on single evaluation images."""

from __future__ import annotations

from data.strict_model import FiniteOrNone, StrictModel


class ImageGain(StrictModel):
    """The gain over the input on one evaluation image: PSNR in dB, and SSIM."""

    pair_id: str
    severity: str = ""
    gain_psnr: float
    gain_ssim: FiniteOrNone = None


def median_index(count: int) -> int:
    """Returns the index of the median in `count` sorted values; of an even number, the lower of the middle two."""
    return (count - 1) // 2
