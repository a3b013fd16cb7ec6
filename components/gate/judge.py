"""Compares every threshold of the Gate with its value and interval. Imports numpy only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from components.evaluation import per_image
from components.evaluation.measures import GAIN_PSNR, GAIN_SSIM, PSNR, SSIM
from components.evaluation.per_image import ImageRow
from components.evaluation.slices import OVERALL, Slice
from components.gate.bootstrap import Interval, mean_interval
from components.gate.settings import GateSettings
from components.gate.threshold_result import (
    CHANGE_PSNR,
    CHANGE_SSIM,
    MET,
    NOT_MET,
    TOO_FEW,
    Direction,
    Judged,
    ThresholdResult,
)

SCENES = "scenes"


@dataclass(frozen=True, slots=True)
class _Rule:
    """A threshold from the configuration, and how it is compared."""

    name: str
    field: str
    threshold: float
    unit: str
    judged: Judged
    direction: Direction = "at_least"
    strict: bool = False


def judge_model(
    candidate: Sequence[ImageRow],
    baseline: Sequence[ImageRow] | None,
    settings: GateSettings,
    same_model: bool = False,
) -> list[ThresholdResult]:
    """Compares a model with every threshold.

    Overall, the floors compare the mean, the gains over the input the lower bound; the change against the production model
    compares the lower bound of the paired differences of PSNR, and the upper bound of those of SSIM. Each slice compares the
    mean gain, and the upper bound of the paired differences of PSNR, so that it refuses a clearly worse model and not an
    uncertain one.

    Args:
        candidate: Values of the judged model on every evaluation image.
        baseline: Values of the production model on the same images; None where there is none, so that nothing is compared with
            it: a change against the identity baseline is the gain over the input again.
        settings: The thresholds.
        same_model: Whether both are one model, of which no improvement is required.

    Returns:
        One result per threshold, overall first; the model is blessed if all of them `passed`.

    Raises:
        ValueError: There are no images, or the baseline lacks some of them.
    """
    if not candidate:
        raise ValueError("there are no evaluation images to judge the model on")
    candidate = per_image.in_order(candidate)
    production = None if baseline is None else {row.pair_id: row for row in baseline}
    results = [_scenes(candidate, settings), *_overall(candidate, settings)]
    if production is not None:
        results += _changes(candidate, production, settings, same_model)
    for part, rows in per_image.rows_by_slice(candidate, settings.slices).items():
        results += _slice(part, rows, production, settings)
    return results


def is_blessed(results: Sequence[ThresholdResult]) -> bool:
    """Returns whether all thresholds let the model through.

    Args:
        results: Results of `judge_model`.
    """
    return all(result.passed for result in results)


def _scenes(rows: Sequence[ImageRow], settings: GateSettings) -> ThresholdResult:
    scenes = float(len({row.scene_id for row in rows}))
    rule = _Rule(SCENES, "min_scenes", settings.min_scenes, "scenes", "mean")
    return _result(rule, OVERALL, Interval(scenes, scenes, scenes), len(rows))


def _overall(rows: Sequence[ImageRow], settings: GateSettings) -> Iterator[ThresholdResult]:
    scenes = [row.scene_id for row in rows]
    for rule in (
        _Rule(PSNR, "min_psnr", settings.min_psnr, "dB", "mean"),
        _Rule(SSIM, "min_ssim", settings.min_ssim, "", "mean"),
        _Rule(GAIN_PSNR, "min_gain_psnr", settings.min_gain_psnr, "dB", "low"),
        _Rule(GAIN_SSIM, "min_gain_ssim", settings.min_gain_ssim, "", "low"),
    ):
        yield _result(rule, OVERALL, _interval([row[rule.name] for row in rows], scenes, settings), len(rows))
    percent = [100.0 * (row[GAIN_PSNR] < 0) for row in rows]
    rule = _Rule(
        per_image.SHARE_WORSE, "max_share_worse", 100 * settings.max_share_worse, "%", "mean", direction="at_most"
    )
    yield _result(rule, OVERALL, _interval(percent, scenes, settings), len(rows))


def _changes(
    rows: Sequence[ImageRow], production: Mapping[str, ImageRow], settings: GateSettings, same_model: bool
) -> Iterator[ThresholdResult]:
    if settings.require_improvement and not same_model:
        rule = _Rule(CHANGE_PSNR, "require_improvement", 0.0, "dB", "low", strict=True)
    else:
        rule = _Rule(CHANGE_PSNR, "tolerance_psnr", -settings.tolerance_psnr, "dB", "low")
    yield _result(rule, OVERALL, _change(rows, production, PSNR, settings), len(rows))
    rule = _Rule(CHANGE_SSIM, "tolerance_ssim", -settings.tolerance_ssim, "", "high")
    yield _result(rule, OVERALL, _change(rows, production, SSIM, settings), len(rows))


def _slice(
    part: Slice, rows: Sequence[ImageRow], production: Mapping[str, ImageRow] | None, settings: GateSettings
) -> Iterator[ThresholdResult]:
    scenes = [row.scene_id for row in rows]
    few = len(rows) < settings.min_slice_images or len(set(scenes)) < settings.min_slice_scenes
    floor = settings.slice_gains_psnr.get(str(part), settings.min_slice_gain_psnr)
    gain = _interval([row[GAIN_PSNR] for row in rows], scenes, settings)
    yield _result(_Rule(GAIN_PSNR, "min_slice_gain_psnr", floor, "dB", "mean"), part, gain, len(rows), few)
    if production is None:
        return
    change = _change(rows, production, PSNR, settings)
    rule = _Rule(CHANGE_PSNR, "tolerance_psnr", -settings.tolerance_psnr, "dB", "high")
    yield _result(rule, part, change, len(rows), few)


def _change(
    rows: Sequence[ImageRow], production: Mapping[str, ImageRow], name: str, settings: GateSettings
) -> Interval:
    differences, scenes = per_image.paired(rows, production, name)
    return _interval(differences, scenes, settings)


def _interval(values: Sequence[float] | np.ndarray, scenes: Sequence[str], settings: GateSettings) -> Interval:
    """Returns the interval; NaN, which no threshold lets through, where an image has no finite value.

    `mean_interval` skips such images. Here that would judge a model without the images on which it fails.
    """
    if not np.isfinite(values).all():
        return Interval(np.nan, np.nan, np.nan)
    return mean_interval(values, scenes, settings.confidence, settings.resamples, settings.seed)


def _result(rule: _Rule, part: Slice, interval: Interval, images: int, too_few: bool = False) -> ThresholdResult:
    value = getattr(interval, rule.judged)
    if np.isnan(value):  # a single scene has no bounds; min_scenes decides whether its mean suffices
        value = interval.mean
    margin = value - rule.threshold if rule.direction == "at_least" else rule.threshold - value
    met = margin > 0 if rule.strict else margin >= 0
    return ThresholdResult(
        name=rule.name,
        slice=part,
        value=interval.mean,
        low=interval.low,
        high=interval.high,
        threshold=rule.threshold,
        unit=rule.unit,
        judged=rule.judged,
        direction=rule.direction,
        strict=rule.strict,
        images=images,
        reason=GateSettings.model_fields[rule.field].description or "",
        verdict=TOO_FEW if too_few else MET if met else NOT_MET,
    )
