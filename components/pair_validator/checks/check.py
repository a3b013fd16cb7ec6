"""What a check is: a code, its meaning, and a rule that reads a measured pair and its thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from components.pair_validator.limits import PairLimits
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from data.strict_model import FiniteOrNone, StrictModel

T_co = TypeVar("T_co", bound=StrictModel, covariant=True)
T_contra = TypeVar("T_contra", bound=StrictModel, contravariant=True)

Score = Callable[[PairMeasurement], "float | None"]
"""A plain function of the measurements; None where the pair could not be measured."""


@dataclass(frozen=True, slots=True)
class QuarantineReason:
    """One check that a pair failed.

    Attributes:
        code: A key of `registry.MEANINGS`.
        measured: The measured value, in `unit`, or words.
        unit: Unit of the value and of the threshold.
        threshold: The violated threshold, in `unit`, or words.
        text: The reason in one sentence.
        setting: Name of the violated threshold; empty where no threshold decides.
    """

    code: str
    measured: FiniteOrNone | str
    unit: str
    threshold: FiniteOrNone | str
    text: str
    setting: str = ""


@dataclass(frozen=True, slots=True)
class MeasuredPair(Generic[T_co]):
    """What a rule reads. It reads no pixel.

    Attributes:
        measurement: Measurement of the pair.
        thresholds: The thresholds in force.
        limits: The limits that `measure` had.
    """

    measurement: PairMeasurement
    thresholds: T_co
    limits: PairLimits

    def reason(self, code: str, measured: float, threshold: str, text: str) -> QuarantineReason:
        """Returns the reason for a value that violates a threshold.

        Args:
            code: Code of the check.
            measured: The measured value, in the unit of the threshold.
            threshold: Name of the violated threshold.
            text: The reason in one sentence.

        Returns:
            The reason, with the value rounded to 4 decimals.
        """
        return threshold_reason(code, measured, self.thresholds, threshold, text)


@dataclass(frozen=True, slots=True)
class Check(Generic[T_contra]):
    """A check of one pair on its own.

    Attributes:
        code: The code by which verdicts name it.
        meaning: What the code says of a pair, as the reports print it.
        rule: Returns the reasons to quarantine a pair, mostly one or none.
    """

    code: str
    meaning: str
    rule: Callable[[MeasuredPair[T_contra]], Iterable[QuarantineReason]]


def threshold_reason(code: str, measured: float, thresholds: StrictModel, name: str, text: str) -> QuarantineReason:
    """Returns the reason for a value that violates a threshold.

    Args:
        code: Code of the check.
        measured: The measured value, in the unit of the threshold.
        thresholds: The thresholds in force.
        name: Name of the violated threshold.
        text: The reason in one sentence.

    Returns:
        The reason, with the value rounded to 4 decimals.
    """
    threshold = float(getattr(thresholds, name))
    return QuarantineReason(code, round(float(measured), 4), unit_of(name, type(thresholds)), threshold, text, name)


def unit_of(threshold: str, thresholds: type[StrictModel]) -> str:
    """Returns the unit of a threshold.

    Args:
        threshold: Name of a field of `thresholds`.
        thresholds: The class of the thresholds.

    Raises:
        KeyError: The field does not exist or has no unit.
    """
    extra = thresholds.model_fields[threshold].json_schema_extra
    if not isinstance(extra, dict):
        raise KeyError(f"threshold {threshold!r} has no unit")
    return str(extra["unit"])
