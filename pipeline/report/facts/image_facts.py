"""What was measured of single evaluation images."""

from __future__ import annotations

from pipeline.report.facts.fact import Fact, Measured


class ImageGain(Fact):
    """What the model gained on one evaluation image: PSNR in dB, and SSIM."""

    pair_id: str
    severity: str = ""
    gain_psnr: float
    gain_ssim: Measured = None
