"""The thresholds of the Gate."""

from __future__ import annotations

from pydantic import Field

from data.strict_model import BatchSize, PositiveCount, Seed, StrictModel


class GateSettings(StrictModel):
    """Thresholds that a model must meet on the evaluation images before it is pushed. Values are means over images."""

    min_psnr: float = Field(
        18.0, ge=0, le=100, description="Minimum PSNR, dB: below it, restored images are ruined whatever the input was."
    )
    min_ssim: float = Field(0.5, ge=-1, le=1, description="Minimum SSIM, -1 to 1, as for PSNR.")
    min_gain_psnr: float = Field(
        0.5,
        description="Minimum PSNR gain over the input, dB, required of the lower bound: it refuses a model that does "
        "not restore, and one that gains by chance.",
    )
    min_gain_ssim: float = Field(
        0.01, description="Minimum SSIM gain over the input, required of the lower bound, as for PSNR."
    )
    min_slice_gain_psnr: float = Field(
        0.0,
        description="Minimum PSNR gain over the input in each slice, dB: an average must not hide a ruined kind of "
        "image.",
    )
    slice_gains_psnr: dict[str, float] = Field(
        default_factory=dict,
        description="min_slice_gain_psnr of single slices, dB, by slice such as 'severity: heavy'.",
    )
    max_share_worse: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Maximum share of images (0.25 is 25 %) whose PSNR falls below the input's: users notice more, "
        "whatever the mean.",
    )
    tolerance_psnr: float = Field(
        0.05,
        ge=0,
        description="PSNR below the production model, dB, that still counts as equal: half of the 0.1 dB by which "
        "papers distinguish methods; pipeline/benchmarks/gate_simulation.py measures the models that it lets through.",
    )
    tolerance_ssim: float = Field(
        0.005, ge=0, description="SSIM below the production model that still counts as equal."
    )
    require_improvement: bool = Field(
        False,
        description="Push a model only if its PSNR exceeds the production model's beyond noise; otherwise an equal "
        "model is pushed too.",
    )
    confidence: float = Field(
        0.95,
        gt=0.5,
        lt=1,
        description="Confidence of each one-sided bound: at 0.95, one in twenty evaluations may mislead.",
    )
    resamples: int = Field(
        4000,
        ge=500,
        le=1_000_000,
        description="Bootstrap samples: 4000 reproduce the bounds to a twentieth of the interval's width.",
    )
    seed: Seed = Field(1, description="Seed of the bootstrap samples.")
    min_scenes: PositiveCount = Field(
        3,
        description="Minimum scenes in the evaluation split for a model to be pushed: fewer give no meaningful "
        "interval.",
    )
    min_slice_images: PositiveCount = Field(
        8, description="Minimum images for a slice to be judged: with fewer, one image decides."
    )
    min_slice_scenes: PositiveCount = Field(3, description="Minimum scenes for a slice to be judged, as for images.")
    slices: tuple[str, ...] = Field(
        ("degradation", "severity", "source", "size_class", "brightness_class"),
        description="Features to slice by: features of the record, size_class (orientation and size), brightness_class "
        "(of the clean image). A value that all images share makes no slice.",
    )
    inference_batch_size: BatchSize = Field(
        4, description="Records per call of the model; it bounds the memory of the evaluation."
    )
