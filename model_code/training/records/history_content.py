"""What `history.json` holds, and the validation whose weights a training left in the model."""

from __future__ import annotations

from typing import Any, TypedDict


class StepRow(TypedDict, total=False):
    """A row of `steps`: means over the steps since the row before; `terms` only if the loss has several."""

    step: int
    loss: float
    learning_rate: float
    terms: dict[str, float]


class _Means(TypedDict):
    """Means over the validation images, and seconds since training began."""

    step: int
    psnr: float
    ssim: float
    gain_psnr: float
    gain_ssim: float
    seconds: float


class ValidationRow(_Means, total=False):
    """A validation: means over the images in dB of PSNR and in SSIM, and seconds since training began.

    `degraded_gain_psnr` and `clean_psnr` (`Scores`) are there only if pairs have an input that equals its target.
    """

    degraded_gain_psnr: float
    clean_psnr: float


class Plateau(TypedDict):
    """The last validation with progress, and the number of validations since."""

    since_step: int
    gain_psnr: float
    validations: int


class Rollback(TypedDict):
    """A rollback to an earlier checkpoint, and the factor of the learning rate after it."""

    from_step: int
    to_step: int
    learning_rate_share: float


class HistoryContent(TypedDict):
    """The content of `history.json`."""

    recipe: dict[str, Any]
    steps: list[StepRow]
    validation: list[ValidationRow]
    best: ValidationRow | None
    stopped: str | None
    plateau: Plateau | None
    skipped_steps: int
    rollbacks: list[Rollback]
    resumed_at: list[int]
    seconds: float
    images_per_second: float


class HistoryState(TypedDict):
    """State of `TrainingHistory` as plain JSON values."""

    content: HistoryContent
    losses: list[float]
    terms: dict[str, list[float]]
    images: int
    step_seconds: float
    seconds: float


def best_validation(content: HistoryContent) -> ValidationRow:
    """Returns the validation whose weights training left in the model.

    Args:
        content: History of a training that has validated, as every finished one has.

    Raises:
        ValueError: There was no validation.
    """
    if content["best"] is None:
        raise ValueError("this training has not validated yet")
    return content["best"]
