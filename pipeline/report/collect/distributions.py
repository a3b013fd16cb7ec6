"""How the measurements of a data set spread, beside the thresholds that they are held against."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.judging.score import score
from components.pair_validator.judging.verdicts import PairVerdict
from components.pair_validator.measuring.measure import PairMeasurement
from components.pair_validator.settings import PairThresholds, unit_of
from pipeline.report.facts.data_facts import Histogram

PASSED, QUARANTINED = "passed", "quarantined"

_BINS = 28
# Quantile of the pairs that passed up to which values are drawn apart: what lies 300 pixels off must not squeeze them into
# one bar.
_DRAWN = 0.97
# How far beyond its threshold an axis reaches where there is anything.
_BEYOND_THRESHOLD = 3.0


@dataclass(frozen=True, slots=True)
class Measure:
    """What one histogram shows.

    Attributes:
        key: Name of a score or of a measurement.
        name: As a person reads it.
        threshold: Name of the threshold it is held against; empty where there is none.
        unit: Where there is no threshold to take it from.
        caption: How to read it.
    """

    key: str
    name: str
    threshold: str = ""
    unit: str = ""
    caption: str = ""


MEASURES = (
    Measure("shift", "Shift", "max_shift", caption="Distance of the input from its target; more is misaligned."),
    Measure("zoom", "Zoom", "max_zoom", caption="What a zoom moves the corners by; more is scaled."),
    Measure("rotation", "Rotation", "max_rotation", caption="What a turn moves the corners by; more is misaligned."),
    Measure("match", "Match", "min_match", caption="Correlation peak at the best position; less may be unrelated."),
    Measure("flip", "Flip", "min_flip_ratio", caption="Best flip or quarter turn over upright; more is flipped."),
    Measure(
        "swap",
        "Swap",
        "min_swap_evidence",
        caption="Below 0 the input is the degraded one, above it the target; more is swapped.",
    ),
    Measure(
        "same_change",
        "Change",
        "max_same_change",
        caption="How much 8x8 means differ; less is one picture twice, without ground truth.",
    ),
    Measure(
        "lowpass",
        "Low-pass correlation",
        "max_unrelated_correlation",
        caption="Of both at 32 x 32 pixels; less is unrelated where nothing matches.",
    ),
    Measure("min_side", "Shorter side", "min_side", caption="Less is too small to be judged."),
    Measure("identity_psnr", "PSNR of doing nothing", unit="dB", caption="Input against target, RGB."),
    Measure("identity_ssim", "SSIM of doing nothing", caption="Input against target, luma."),
)


@dataclass(slots=True)
class Distributions:
    """Values of every measure, eight bytes each, gathered as verdicts go by."""

    values: dict[str, dict[str, array[float]]] = field(
        default_factory=lambda: {measure.key: {PASSED: array("d"), QUARANTINED: array("d")} for measure in MEASURES}
    )

    def add(self, verdict: PairVerdict) -> None:
        """Adds what was measured of one pair."""
        measurement = PairMeasurement.from_json(verdict.measurements)
        values = verdict.measurements | score(measurement)
        for measure in MEASURES:
            value = values[measure.key]
            if value is not None:
                self.values[measure.key][PASSED if verdict.ok else QUARANTINED].append(float(value))

    def histograms(self, thresholds: PairThresholds) -> tuple[Histogram, ...]:
        """Returns a histogram of every measure that has values.

        Args:
            thresholds: Those that the verdicts were made by.
        """
        drawn = (_histogram(measure, self.values[measure.key], thresholds) for measure in MEASURES)
        return tuple(histogram for histogram in drawn if histogram is not None)


def histograms_of(verdicts: Iterable[PairVerdict], thresholds: PairThresholds) -> tuple[Histogram, ...]:
    """Returns the histograms of a data set's measurements, passed and quarantined pairs apart.

    Args:
        verdicts: Of all pairs; consumed once.
        thresholds: Those that the verdicts were made by.
    """
    gathered = Distributions()
    for verdict in verdicts:
        gathered.add(verdict)
    return gathered.histograms(thresholds)


def _histogram(measure: Measure, values: dict[str, array[float]], thresholds: PairThresholds) -> Histogram | None:
    series = {name: np.asarray(found) for name, found in values.items() if len(found)}
    if not series:
        return None
    threshold = float(getattr(thresholds, measure.threshold)) if measure.threshold else None
    everything = np.concatenate(list(series.values()))
    edges = _edges(everything, series.get(PASSED, everything), threshold)
    beyond = int(((everything < edges[0]) | (everything > edges[-1])).sum())
    caption = measure.caption + (f" {beyond} beyond the axis are counted in its last bars." if beyond else "")
    return Histogram(
        name=measure.name,
        unit=unit_of(measure.threshold) if measure.threshold else measure.unit,
        edges=tuple(float(edge) for edge in edges),
        counts={name: _counts(found, edges) for name, found in series.items()},
        threshold=threshold,
        caption=caption,
    )


def _edges(values: NDArray[np.float64], typical: NDArray[np.float64], threshold: float | None) -> NDArray[np.float64]:
    """Returns the bounds of the bins: where the typical values lie, and the threshold with some room beyond it."""
    low, high = (float(edge) for edge in np.quantile(typical, [1 - _DRAWN, _DRAWN]))
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
