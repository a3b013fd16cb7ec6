"""How far a mean over images can be trusted: a bootstrap interval over scenes.

Images of one scene are not independent (the same photograph under three densities of rain), so scenes are drawn, each with all
its images; where every scene has one image, that is the ordinary bootstrap over images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

_KEPT = 1_000_000
"""Numbers drawn at a time, and kept of one drawing: 8 MB."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its interval; the bounds are NaN where there are too few scenes for one."""

    mean: float
    low: float
    high: float


def mean_interval(
    values: Sequence[float] | NDArray[np.float64], scenes: Sequence[str], confidence: float, resamples: int, seed: int
) -> Interval:
    """Returns the mean of values and the interval between its two one-sided bounds.

    The percentiles are expanded to the t distribution's (Hesterberg, "What Teachers Should Know About the Bootstrap",
    2015, section 4.2.2): plain ones are too narrow by a factor of sqrt((n - 1) / n) and take the normal distribution's tails,
    which for a handful of scenes makes noise look certain.

    Args:
        values: One per image; those that are not finite are left out.
        scenes: The scene of each.
        confidence: Of each bound on its own, e.g. 0.95: the truth lies above `low` with this probability, and below `high`.
        resamples: Number of bootstrap samples.
        seed: Of the generator; the same input gives the same interval.
    """
    array = np.asarray(values, np.float64)
    finite = np.isfinite(array)
    if not finite.any():
        return Interval(math.nan, math.nan, math.nan)
    array, names = array[finite], np.asarray(scenes)[finite]
    sums, counts = _by_scene(array, names)
    mean = float(sums.sum() / counts.sum())
    if len(sums) < 2:
        return Interval(mean, math.nan, math.nan)
    drawn = _resampled_means(sums, counts, resamples, seed)
    tail = expanded_tail(1.0 - confidence, len(sums))
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return Interval(mean, float(low), float(high))


def expanded_tail(tail: float, count: int) -> float:
    """Returns which quantile of the bootstrap distribution bounds with probability `tail`, for so many scenes."""
    return float(stats.norm.cdf(math.sqrt(count / (count - 1)) * stats.t.ppf(tail, count - 1)))


def _by_scene(values: NDArray[np.float64], scenes: NDArray[np.str_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns sum and number of the values of each scene, in order of the scenes' names."""
    _, index = np.unique(scenes, return_inverse=True)
    return np.bincount(index, weights=values).astype(np.float64), np.bincount(index).astype(np.float64)


def _resampled_means(
    sums: NDArray[np.float64], counts: NDArray[np.float64], resamples: int, seed: int
) -> NDArray[np.float64]:
    totals = np.stack([sums, counts], axis=1)
    if len(sums) * resamples <= _KEPT:
        drawn = _draws(len(sums), resamples, seed) @ totals
    else:
        generator = np.random.default_rng(seed)
        rows = max(1, _KEPT // len(sums))
        sizes = [min(rows, resamples - start) for start in range(0, resamples, rows)]
        drawn = np.concatenate([_multinomial(generator, len(sums), size) @ totals for size in sizes])
    return drawn[:, 0] / drawn[:, 1]


@lru_cache(maxsize=16)
def _draws(scenes: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """How often each sample draws each scene, [resamples, scenes]; kept, because the gate asks for a score of intervals."""
    return _multinomial(np.random.default_rng(seed), scenes, resamples)


def _multinomial(generator: np.random.Generator, scenes: int, resamples: int) -> NDArray[np.float64]:
    return generator.multinomial(scenes, np.full(scenes, 1.0 / scenes), size=resamples).astype(np.float64)
