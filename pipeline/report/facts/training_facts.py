"""What training wrote down, as the page reads it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from data.strict_model import FiniteOrNone


class TrainingStep(BaseModel):
    """One logged step: its number, the loss and the learning rate."""

    model_config = ConfigDict(extra="allow", frozen=True)

    step: int
    loss: FiniteOrNone = None
    learning_rate: FiniteOrNone = None


class ValidationPoint(BaseModel):
    """The means over the validation pairs at one step: PSNR and its gain in dB, SSIM and its gain."""

    model_config = ConfigDict(extra="allow", frozen=True)

    step: int
    psnr: FiniteOrNone = None
    ssim: FiniteOrNone = None
    gain_psnr: FiniteOrNone = None
    gain_ssim: FiniteOrNone = None
    seconds: FiniteOrNone = None


def _point_of_step(value: Any) -> Any:
    return {"step": value} if isinstance(value, int) and not isinstance(value, bool) else value


class TrainingHistory(BaseModel):
    """What training wrote down. Training owns this record and may add to it, so further keys are kept, not refused.

    Attributes:
        recipe: How it was trained.
        steps: The logged steps.
        validation: The validations, in order.
        best: The validation whose weights were kept (a bare step number is read too).
        stopped: Why training ended.
        skipped_steps: Steps whose gradient was not finite and was not applied.
        seconds: How long training took.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    recipe: Any = None
    steps: tuple[TrainingStep, ...] = ()
    validation: tuple[ValidationPoint, ...] = ()
    best: Annotated[ValidationPoint | None, BeforeValidator(_point_of_step)] = None
    stopped: Any = None
    skipped_steps: Any = 0
    seconds: FiniteOrNone = None
