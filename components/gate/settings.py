"""The thresholds of the gate."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import StrictModel


class GateSettings(StrictModel):
    """What a model must reach on the evaluation scenes before it is pushed. All values are means over images."""

    min_psnr: float = Field(
        18.0, ge=0, le=100, description="Absolute floor, dB: below it, images are ruined whatever they were before."
    )
    min_ssim: float = Field(0.5, ge=-1, le=1, description="Absolute floor of SSIM, as for PSNR.")
    min_gain_psnr: float = Field(
        0.5,
        description="Over doing nothing, dB, held by the lower bound: a restorer that does not restore must not be deployed, "
        "nor one that was lucky.",
    )
    min_gain_ssim: float = Field(0.01, description="SSIM over doing nothing, held by the lower bound, as for PSNR.")
    min_slice_gain_psnr: float = Field(
        0.0, description="Over doing nothing in each slice, dB: an average must not hide a ruined kind of image."
    )
    slice_gains_psnr: dict[str, float] = Field(
        default_factory=dict,
        description="min_slice_gain_psnr of single slices, by name, such as 'severity: heavy'.",
    )
    max_share_worse: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Share of images, 0 to 1, whose PSNR may fall: more, and users see it whatever the mean.",
    )
    tolerance_psnr: float = Field(
        0.05,
        ge=0,
        description="How far below production, dB, still counts as equal: half of the 0.1 dB by which papers tell methods "
        "apart; pipeline/benchmarks/gate_simulation.py shows what it lets through.",
    )
    tolerance_ssim: float = Field(0.005, ge=0, description="How far below production SSIM still counts as equal.")
    require_improvement: bool = Field(
        False, description="Push only what is better than production beyond noise, not what is merely as good."
    )
    confidence: float = Field(
        0.95, gt=0.5, lt=1, description="Of each one-sided bound: one in twenty evaluations may mislead."
    )
    resamples: int = Field(
        4000, ge=500, description="Bootstrap samples: bounds then repeat to a twentieth of the interval's width."
    )
    seed: int = Field(1, ge=0, description="Draws the bootstrap samples.")
    min_scenes: int = Field(
        3,
        ge=1,
        description="Scenes that the evaluation must have for a verdict; with fewer, no interval means anything.",
    )
    min_slice_images: int = Field(
        8, ge=1, description="Images that a slice must have to be judged: with fewer, one image decides."
    )
    min_slice_scenes: int = Field(3, ge=1, description="Scenes that a slice must have to be judged, as for images.")
    slices: tuple[str, ...] = Field(
        ("degradation", "severity", "source", "size_class", "brightness_class"),
        description="What to slice by: features of the record, size_class (orientation and size), brightness_class (of the "
        "clean image). A feature that all images share makes no slice.",
    )
    inference_batch_size: int = Field(
        4, ge=1, description="Records per call of the model: bounds the memory of the evaluation."
    )
