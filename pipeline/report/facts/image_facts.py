"""What was measured of single evaluation images."""

from __future__ import annotations

from data.strict_model import FiniteOrNone, StrictModel


class ImageGain(StrictModel):
    """What the model gained on one evaluation image: PSNR in dB, and SSIM."""

    pair_id: str
    severity: str = ""
    gain_psnr: float
    gain_ssim: FiniteOrNone = None
