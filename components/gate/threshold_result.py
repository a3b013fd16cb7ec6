"""The result of one threshold of the gate: value, bound and verdict, as the gate stores it and the run report shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import computed_field, model_validator

from components.evaluation.measures import PSNR, SSIM
from components.evaluation.slices import OVERALL, SliceField
from data.strict_model import FiniteOrNone, StrictModel

ThresholdVerdict = Literal["met", "not met", "too few images"]
Direction = Literal["at_least", "at_most"]
Judged = Literal["mean", "low", "high"]

MET: ThresholdVerdict = "met"
NOT_MET: ThresholdVerdict = "not met"
TOO_FEW: ThresholdVerdict = "too few images"

CHANGE_PSNR = f"{PSNR} against production"
CHANGE_SSIM = f"{SSIM} against production"
CHANGES = {CHANGE_PSNR: PSNR, CHANGE_SSIM: SSIM}
"""The measure behind the name of each change against the production model."""


class ThresholdResult(StrictModel):
    """One threshold, the value that it is compared with, and the verdict.

    Attributes:
        name: Name of the measured value, such as "gain_psnr" or `CHANGE_PSNR`.
        slice: The images that the value is a mean over.
        value: Mean over the slice's images, in `unit`; None where it could not be measured.
        low: One-sided lower bound of the mean at the gate's confidence, in `unit`; None where there is no interval.
        high: Upper bound, likewise.
        threshold: The bound, in `unit`.
        unit: "dB", "%", "scenes", ...; empty for SSIM, which has none.
        judged: Which of `value` ("mean"), `low` and `high` is compared with the threshold.
        direction: On which side of the threshold that number has to be.
        strict: Whether a number equal to the threshold fails.
        images: Number of evaluation images in the slice; None where the value is not a mean over images.
        reason: Why the threshold has this value; from the description of its config key.
        verdict: "too few images" neither blocks a push nor counts as met.
    """

    name: str
    slice: SliceField = OVERALL
    value: FiniteOrNone
    low: FiniteOrNone = None
    high: FiniteOrNone = None
    threshold: float
    unit: str
    judged: Judged = "mean"
    direction: Direction = "at_least"
    strict: bool = False
    images: int | None = None
    reason: str
    verdict: ThresholdVerdict

    @model_validator(mode="before")
    @classmethod
    def _derive_missing_verdict(cls, values: Any) -> Any:
        """Facts of runs before 0.2.0 may hold `passed` alone."""
        if isinstance(values, Mapping) and values.get("verdict") is None and "passed" in values:
            return {**values, "verdict": MET if values["passed"] else NOT_MET}
        return values

    # mypy does not support a decorator on a property.
    @computed_field  # type: ignore[prop-decorator]
    @property
    def passed(self) -> bool:
        """Whether this threshold lets the model through."""
        return self.verdict != NOT_MET

    @property
    def judged_value(self) -> float | None:
        """The number compared with the threshold, in `unit`: the mean where there is no interval."""
        bound = {"mean": self.value, "low": self.low, "high": self.high}[self.judged]
        return self.value if bound is None else bound

    @property
    def margin(self) -> float | None:
        """Distance of the value from the threshold, in `unit`; negative on the failing side."""
        return None if self.value is None else self._margin_of(self.value)

    @property
    def interval_margins(self) -> tuple[float, ...]:
        """Margins of `low` and `high`; empty where there is no interval."""
        if self.low is None or self.high is None:
            return ()
        return self._margin_of(self.low), self._margin_of(self.high)

    def _margin_of(self, value: float) -> float:
        return (value - self.threshold) * (1 if self.direction == "at_least" else -1)
