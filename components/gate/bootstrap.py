"""Confidence interval of a mean over images, by a bootstrap over scenes.

Images of one scene are not independent (one photograph under three densities of rain), so that scenes are drawn, each with all
its images. With one image per scene, this is the ordinary bootstrap over images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

_MAX_DRAWN = 1_000_000
"""Counts drawn at a time, and cached of one drawing: 8 MB."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its two one-sided bounds.

    Attributes:
        mean: The mean; NaN without values.
        low: Lower bound; NaN with fewer than two scenes.
        high: Upper bound, likewise.
    """

    mean: float
    low: float
    high: float


def mean_interval(
    values: Sequence[float] | NDArray[np.float64], scenes: Sequence[str], confidence: float, resamples: int, seed: int
) -> Interval:
    """Computes the mean of values over images and its bootstrap interval over scenes.

    The percentiles are expanded to those of the t distribution (Hesterberg, "What Teachers Should Know About the Bootstrap",
    2015, doi:10.1080/00031305.2015.1089789): plain percentiles are too narrow by a factor of sqrt((n - 1) / n) and have the
    tails of the normal distribution, so that with few scenes noise looks certain.

    Args:
        values: One value per image, [N]; non-finite values are skipped.
        scenes: Scene of each image, N names.
        confidence: Confidence of each one-sided bound, 0.5 to 1: the true mean exceeds `low` with this probability.
        resamples: Number of bootstrap samples.
        seed: Seed of the generator; equal arguments give equal intervals.

    Returns:
        The interval; its bounds are NaN with fewer than two scenes.

    Example:
        >>> interval = mean_interval([1.0, 2.0, 3.0, 4.0], ["a", "b", "c", "d"], confidence=0.95, resamples=1000, seed=1)
        >>> interval.mean, bool(interval.low < 2.0 < 3.0 < interval.high)
        (2.5, True)
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
    """Returns the quantile of the bootstrap distribution that has the tail probability of the t distribution.

    Args:
        tail: Tail probability, 0 to 0.5.
        count: Number of scenes, at least 2.
    """
    return float(stats.norm.cdf(math.sqrt(count / (count - 1)) * stats.t.ppf(tail, count - 1)))


def _by_scene(values: NDArray[np.float64], scenes: NDArray[np.str_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the sum and the number of values of each scene, in order of the scenes' names."""
    _, index = np.unique(scenes, return_inverse=True)
    return np.bincount(index, weights=values).astype(np.float64), np.bincount(index).astype(np.float64)


def _resampled_means(
    sums: NDArray[np.float64], counts: NDArray[np.float64], resamples: int, seed: int
) -> NDArray[np.float64]:
    totals = np.stack([sums, counts], axis=1)
    if len(sums) * resamples <= _MAX_DRAWN:
        drawn = _draws(len(sums), resamples, seed) @ totals
    else:
        generator = np.random.default_rng(seed)
        rows = max(1, _MAX_DRAWN // len(sums))
        sizes = [min(rows, resamples - start) for start in range(0, resamples, rows)]
        drawn = np.concatenate([_multinomial(generator, len(sums), size) @ totals for size in sizes])
    return drawn[:, 0] / drawn[:, 1]


@lru_cache(maxsize=16)
def _draws(scenes: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """Returns how often each sample draws each scene, [resamples, scenes]; cached, because a judgement needs many intervals."""
    return _multinomial(np.random.default_rng(seed), scenes, resamples)


def _multinomial(generator: np.random.Generator, scenes: int, resamples: int) -> NDArray[np.float64]:
    return generator.multinomial(scenes, np.full(scenes, 1.0 / scenes), size=resamples).astype(np.float64)
