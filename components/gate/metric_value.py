"""One metric of one slice, as the gate stores it and the run report shows it."""

from __future__ import annotations

from components.evaluation.slices import OVERALL, SliceField
from data.strict_model import FiniteOrNone, StrictModel


class MetricValue(StrictModel):
    """Mean of a metric over the images of a slice, with its confidence interval.

    Attributes:
        name: Name of the metric, such as "gain_psnr".
        slice: The images that the value is a mean over.
        value: Mean over the images, in `unit`; None where it could not be measured.
        low: Lower bound of the mean, in `unit`; None where there is no interval.
        high: Upper bound, likewise.
        unit: "dB", "levels", ...; empty where there is none.
        images: Number of evaluation images in the slice.
    """

    name: str
    slice: SliceField = OVERALL
    value: FiniteOrNone
    low: FiniteOrNone = None
    high: FiniteOrNone = None
    unit: str = ""
    images: int | None = None
