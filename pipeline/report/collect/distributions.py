"""Histograms of the measurements of a data set, with the thresholds that pairs are checked against."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.judging.score import score
from components.pair_validator.judging.verdicts import PairVerdict
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.settings import PairThresholds, unit_of
from pipeline.report.facts.data_facts import Histogram

PASSED, QUARANTINED = "passed", "quarantined"

_BINS = 28
# The axis ends at this quantile of the pairs that passed: a pair that lies 300 pixels off must not squeeze the others into
# one bar.
_AXIS_QUANTILE = 0.97
# The axis reaches at most this many times the threshold.
_BEYOND_THRESHOLD = 3.0


@dataclass(frozen=True, slots=True)
class Measure:
    """The measurement that one histogram shows.

    Attributes:
        key: Name of a score or of a measurement.
        name: The same in words.
        threshold: Name of its threshold, which gives the unit too; empty where there is none.
        unit: The unit where there is no threshold.
        caption: How to read the histogram.
    """

    key: str
    name: str
    threshold: str = ""
    unit: str = ""
    caption: str = ""


MEASURES = (
    Measure("shift", "Shift", "max_shift", caption="Distance of the input from its target; more is misaligned."),
    Measure("zoom", "Zoom", "max_zoom", caption="How far the zoom moves the corners; more is scaled."),
    Measure(
        "rotation", "Rotation", "max_rotation", caption="How far the rotation moves the corners; more is misaligned."
    ),
    Measure(
        "stretch",
        "Stretch",
        "max_stretch",
        caption="How far a change of proportions or a lean moves the corners; more is stretched.",
    ),
    Measure(
        "place_evidence",
        "Places",
        "max_place_evidence",
        caption="Evidence that a place lies elsewhere than the whole; more is locally misaligned.",
    ),
    Measure(
        "patch_evidence",
        "Small parts",
        "max_patch_evidence",
        caption="Evidence that a small part shows what the target has elsewhere; more is locally misaligned.",
    ),
    Measure(
        "foreign_evidence",
        "Foreign parts",
        "max_foreign_evidence",
        caption="Evidence that a small part shows nothing of its target; more is locally misaligned.",
    ),
    Measure("match", "Match", "min_match", caption="Correlation peak at the best position; less may be unrelated."),
    Measure(
        "flip",
        "Flip",
        "min_flip_ratio",
        caption="Best flip or quarter turn relative to upright; more is flipped.",
    ),
    Measure(
        "swap",
        "Swap",
        "min_swap_evidence",
        caption="Log odds of each pair alone: below 0 the input is the degraded one, above it the target. The set decides.",
    ),
    Measure(
        "same_change",
        "Change",
        "max_same_change",
        caption="Difference of 8x8 means; less is the same picture twice, without ground truth.",
    ),
    Measure(
        "lowpass",
        "Low-pass correlation",
        "max_unrelated_correlation",
        caption="Correlation of both at 32 x 32 pixels; less is unrelated where nothing matches.",
    ),
    Measure("min_side", "Shorter side", "min_side", caption="A smaller image cannot be judged."),
    Measure("input_psnr", "PSNR of the input", unit="dB", caption="Identity baseline: input against target, RGB."),
    Measure("input_ssim", "SSIM of the input", caption="Identity baseline: input against target, luma."),
)


@dataclass(slots=True)
class Distributions:
    """Collects the values of every measure from verdicts, eight bytes each."""

    values: dict[str, dict[str, array[float]]] = field(
        default_factory=lambda: {measure.key: {PASSED: array("d"), QUARANTINED: array("d")} for measure in MEASURES}
    )

    def add(self, verdict: PairVerdict) -> None:
        """Adds the measurements of one pair."""
        measurement = PairMeasurement.from_json(verdict.measurements)
        values = measurement.to_json() | score(measurement)
        for measure in MEASURES:
            value = values[measure.key]
            if value is not None:
                self.values[measure.key][PASSED if verdict.ok else QUARANTINED].append(float(value))

    def histograms(self, thresholds: PairThresholds) -> tuple[Histogram, ...]:
        """Returns a histogram of every measure that has values.

        Args:
            thresholds: The thresholds behind the verdicts.
        """
        histograms = (_histogram(measure, self.values[measure.key], thresholds) for measure in MEASURES)
        return tuple(histogram for histogram in histograms if histogram is not None)


def histograms_of(verdicts: Iterable[PairVerdict], thresholds: PairThresholds) -> tuple[Histogram, ...]:
    """Returns the histograms of a data set's measurements, one series each for passed and quarantined pairs.

    Args:
        verdicts: The verdicts on all pairs; consumed once.
        thresholds: The thresholds behind the verdicts.
    """
    distributions = Distributions()
    for verdict in verdicts:
        distributions.add(verdict)
    return distributions.histograms(thresholds)


def _histogram(measure: Measure, values: dict[str, array[float]], thresholds: PairThresholds) -> Histogram | None:
    series = {name: np.asarray(part) for name, part in values.items() if len(part)}
    if not series:
        return None
    threshold = float(getattr(thresholds, measure.threshold)) if measure.threshold else None
    everything = np.concatenate(list(series.values()))
    edges = _edges(everything, series.get(PASSED, everything), threshold)
    beyond = int(((everything < edges[0]) | (everything > edges[-1])).sum())
    caption = measure.caption + (f" The last bars include {beyond} beyond the axis." if beyond else "")
    return Histogram(
        name=measure.name,
        unit=unit_of(measure.threshold) if measure.threshold else measure.unit,
        edges=tuple(float(edge) for edge in edges),
        counts={name: _counts(part, edges) for name, part in series.items()},
        threshold=threshold,
        caption=caption,
    )


def _edges(values: NDArray[np.float64], typical: NDArray[np.float64], threshold: float | None) -> NDArray[np.float64]:
    """Returns the bounds of the bins; they hold the typical values and the threshold, with some room beyond it."""
    low, high = (float(edge) for edge in np.quantile(typical, [1 - _AXIS_QUANTILE, _AXIS_QUANTILE]))
    if threshold is not None:
        low, high = min(low, threshold), max(high, threshold)
        high = max(high, min(float(values.max()), _BEYOND_THRESHOLD * threshold))
    if values.min() >= 0 and low < 0.5 * high:
        low = 0.0
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, _BINS + 1)


def _counts(values: NDArray[np.float64], edges: NDArray[np.float64]) -> tuple[int, ...]:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return tuple(int(count) for count in counts)
