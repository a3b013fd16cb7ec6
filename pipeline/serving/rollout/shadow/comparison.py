"""Judges a shadow by its log: failures, times and odd images beside production's, on the same images.

No target is known, so this does not tell which model restores better. It tells whether the shadow would fail, be slow or answer
with something that is hardly a restoration.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal

import numpy as np
from scipy import stats

from components.gate.bootstrap import Interval, mean_interval
from data.errors import InputError
from data.image.plausibility import Plausibility
from pipeline.serving.rollout.bounds import Bounds
from pipeline.serving.rollout.settings import MAX_FAILED, MAX_ODD, MAX_SLOWDOWN
from pipeline.serving.rollout.shadow.entry import ShadowEntry

LEAST_IMAGES = 30
"""Fewer images are not judged: one image is then more than 3 % of them."""

IN_BOUNDS: Final = "in bounds"
OUT_OF_BOUNDS: Final = "out of bounds"
UNDECIDED: Final = "undecided"
Verdict = Literal["in bounds", "out of bounds", "undecided"]

_CONFIDENCE, _RESAMPLES, _SEED = 0.95, 4000, 1
_MEASURES = tuple(each.name for each in fields(Plausibility))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a shadow may be worse by.

    Attributes:
        failed: Share of images that fail, 0 to 1. Production's are not in the log, which has only what it answered.
        slowdown: Geometric mean of the times' ratios to production's.
        odd: Share of odd images minus production's, 0 to 1.
    """

    failed: float = MAX_FAILED
    slowdown: float = MAX_SLOWDOWN
    odd: float = MAX_ODD


@dataclass(frozen=True, slots=True)
class Judged:
    """A value, its one-sided 95 % bounds, and what is held against its limit.

    Attributes:
        name: "failed", "slowdown" or "odd".
        value: The value.
        low: Lower bound.
        high: Upper bound.
        limit: The largest value that is in bounds.
    """

    name: str
    value: float
    low: float
    high: float
    limit: float

    @property
    def verdict(self) -> Verdict:
        """Out of bounds where the lower bound is, in bounds where the upper one is, or where there is nothing at all."""
        if self.low > self.limit:
            return OUT_OF_BOUNDS
        # No failure among 30 images leaves 10 % possible; to wait for 300 would be to ask more than of a first run.
        return IN_BOUNDS if self.high <= self.limit or self.value == 0 else UNDECIDED


@dataclass(frozen=True, slots=True)
class Comparison:
    """A shadow beside production.

    Attributes:
        production: Version that answered.
        shadow: The shadow in words.
        images: Number of images.
        judged: What is judged.
        between: Means over images between both answers: "psnr" (dB), "ssim" and "colour" (CIEDE2000), with bounds.
        differences: Mean of each measure against the input, shadow minus production, with bounds.
        odd_measures: Number of images by the measure that is out of its range, of the shadow.
        errors: Number of images that the shadow failed for, by the class of the error.
    """

    production: int
    shadow: str
    images: int
    judged: tuple[Judged, ...]
    between: dict[str, Interval]
    differences: dict[str, Interval]
    odd_measures: dict[str, int]
    errors: dict[str, int]

    @property
    def verdict(self) -> Verdict:
        """Out of bounds where anything is, in bounds where everything is."""
        verdicts = [each.verdict for each in self.judged]
        if OUT_OF_BOUNDS in verdicts:
            return OUT_OF_BOUNDS
        return UNDECIDED if UNDECIDED in verdicts else IN_BOUNDS

    def to_dict(self) -> dict[str, object]:
        """Returns the comparison as JSON values."""
        judged = [asdict(each) | {"verdict": each.verdict} for each in self.judged]
        return asdict(self) | {"judged": judged, "verdict": self.verdict}


def compare(entries: Sequence[ShadowEntry], bounds: Bounds, limits: Limits) -> Comparison:
    """Compares the two models of a log.

    Args:
        entries: Entries of one shadow and one production version.
        bounds: Beyond them an image is odd.
        limits: What the shadow may be worse by.

    Raises:
        InputError: There are fewer than `LEAST_IMAGES` entries, or the shadow failed for all.
    """
    if len(entries) < LEAST_IMAGES:
        raise InputError(
            f"{len(entries)} images of this shadow, and fewer than {LEAST_IMAGES} tell nothing; let the server run on"
        )
    done = [(entry, entry.of_shadow) for entry in entries if entry.of_shadow is not None]
    errors = dict(Counter(entry.error for entry in entries if entry.error))
    failed = _share_failed(len(entries) - len(done), len(entries), limits.failed)
    if not done:
        return Comparison(entries[0].production, entries[0].shadow, len(entries), (failed,), {}, {}, {}, errors)
    broken = [bounds.broken(measures) for _, measures in done]
    more_odd = [
        float(bool(names)) - float(bool(bounds.broken(entry.of_production)))
        for names, (entry, _) in zip(broken, done, strict=True)
    ]
    return Comparison(
        production=entries[0].production,
        shadow=entries[0].shadow,
        images=len(entries),
        judged=(failed, _slowdown([entry for entry, _ in done], limits.slowdown), _odd(more_odd, limits.odd)),
        between={
            name: _interval([float(getattr(entry, name)) for entry, _ in done]) for name in ("psnr", "ssim", "colour")
        },
        differences={
            name: _interval([getattr(measures, name) - getattr(entry.of_production, name) for entry, measures in done])
            for name in _MEASURES
        },
        odd_measures={name: sum(name in names for names in broken) for name in _MEASURES},
        errors=errors,
    )


def _share_failed(failed: int, images: int, limit: float) -> Judged:
    """Returns the share that failed with the exact bounds of a binomial share (Clopper and Pearson, 1934).

    C. Clopper and E. Pearson, Biometrika 26(4), DOI 10.1093/biomet/26.4.404.
    """
    low = float(stats.beta.ppf(1 - _CONFIDENCE, failed, images - failed + 1)) if failed else 0.0
    high = float(stats.beta.ppf(_CONFIDENCE, failed + 1, images - failed)) if failed < images else 1.0
    return Judged("failed", failed / images, low, high, limit)


def _slowdown(entries: Sequence[ShadowEntry], limit: float) -> Judged:
    # The mean of the logarithms, so that twice as slow and twice as fast cancel.
    ratios = [math.log((entry.shadow_ms or math.nan) / entry.production_ms) for entry in entries]
    interval = _interval(ratios)
    return Judged("slowdown", math.exp(interval.mean), math.exp(interval.low), math.exp(interval.high), limit)


def _odd(differences: Sequence[float], limit: float) -> Judged:
    interval = _interval(differences)
    return Judged("odd", interval.mean, interval.low, interval.high, limit)


def _interval(values: Sequence[float]) -> Interval:
    """Returns a mean and its bootstrap bounds. Each image is a scene: the log does not say which belong together."""
    interval = mean_interval(values, [str(number) for number in range(len(values))], _CONFIDENCE, _RESAMPLES, _SEED)
    bounds = [value if np.isfinite(value) else interval.mean for value in (interval.low, interval.high)]
    return Interval(interval.mean, *bounds)
