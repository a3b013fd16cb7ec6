"""The training history of a run, as `history.json` holds it and the run report reads it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from data.strict_model import FiniteOrNone


class _TrainingRecord(BaseModel):
    """A record that training owns and may extend: further keys are accepted."""

    model_config = ConfigDict(extra="allow", frozen=True)


class TrainingStep(_TrainingRecord):
    """One logged step: its number, the loss and the learning rate."""

    step: int
    loss: FiniteOrNone = None
    learning_rate: FiniteOrNone = None


class ValidationPoint(_TrainingRecord):
    """Means over the validation pairs at one step: PSNR and its gain in dB, SSIM and its gain."""

    step: int
    psnr: FiniteOrNone = None
    ssim: FiniteOrNone = None
    gain_psnr: FiniteOrNone = None
    gain_ssim: FiniteOrNone = None
    seconds: FiniteOrNone = None


def _point_of_step(value: object) -> object:
    return {"step": value} if isinstance(value, int) and not isinstance(value, bool) else value


class TrainingHistory(_TrainingRecord):
    """The history of one training.

    Attributes:
        recipe: The resolved recipe, plain JSON values of `model_code.settings`.
        steps: The logged steps.
        validation: The validations, in order.
        best: The validation whose weights became the model; a bare step number is accepted.
        stopped: Why training ended: "completed", "plateau" or "diverged".
        skipped_steps: Non-finite steps, which were not applied.
        seconds: Time that training took.
    """

    recipe: dict[str, Any] | str | None = None
    steps: tuple[TrainingStep, ...] = ()
    validation: tuple[ValidationPoint, ...] = ()
    best: Annotated[ValidationPoint | None, BeforeValidator(_point_of_step)] = None
    stopped: str | None = None
    skipped_steps: int = 0
    seconds: FiniteOrNone = None
