"""The thresholds of the gate."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GateSettings(BaseModel):
    """What a model must reach on the evaluation scenes before it is pushed. All values are means over images."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_psnr: float = Field(
        18.0, ge=0, le=100, description="Absolute floor, dB: below it, images are ruined whatever they were before."
    )
    min_ssim: float = Field(0.5, ge=-1, le=1, description="Absolute floor of SSIM, as for PSNR.")
    min_gain_psnr: float = Field(
        0.5, description="Over doing nothing, dB: a restorer that does not restore must not be deployed."
    )
    min_gain_ssim: float = Field(0.01, description="SSIM over doing nothing, as for PSNR.")
    min_slice_gain_psnr: float = Field(
        0.0, description="Over doing nothing in each slice, dB: an average must not hide a ruined kind of image."
    )
    max_loss_psnr: float = Field(
        0.1,
        ge=0,
        description="How far below production, in dB, still counts as equal: about what two trainings differ by.",
    )
    max_loss_ssim: float = Field(0.005, ge=0, description="How far below production SSIM still counts as equal.")
    slices: tuple[str, ...] = Field(
        ("severity",), description="Record features to slice by; each slice is judged by min_slice_gain_psnr."
    )
    inference_batch_size: int = Field(
        4, ge=1, description="Records per call of the model: bounds the memory of the evaluation."
    )
