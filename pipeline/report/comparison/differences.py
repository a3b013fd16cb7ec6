"""The differences of two runs on the evaluation images that both judged, with the gate's own intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from components.evaluation import per_image
from components.evaluation.measures import GAIN_PSNR, GAIN_SSIM, MEASURED
from components.evaluation.per_image import ImageRow
from components.evaluation.slices import OVERALL, Slice
from components.gate.bootstrap import Interval, mean_interval
from components.gate.settings import GateSettings
from data import features
from data.errors import InputError
from pipeline.config_reading import strict_yaml
from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.slice_metrics import slice_order
from pipeline.report.wording import VERDICT_WORDS

_SAME_INPUT = 1e-6
"""Largest difference of the PSNR (dB) or SSIM of one input in two runs: rounding, and nothing else."""


@dataclass(frozen=True, slots=True)
class ImageDifference:
    """One image in both runs.

    Attributes:
        pair_id: The pair's id.
        severity: Its severity; may be empty.
        gains: PSNR gain over the input in the first and in the second run, dB.
        psnr: PSNR of the second run minus that of the first, dB.
        ssim: Difference of SSIM, likewise; NaN where the image is too small for it.
    """

    pair_id: str
    severity: str
    gains: tuple[float, float]
    psnr: float
    ssim: float


@dataclass(frozen=True, slots=True)
class SliceDifference:
    """The mean differences over the images of one slice.

    Attributes:
        name: The slice.
        images: Number of images.
        scenes: Number of their scenes; 0 where the scenes are not known.
        psnr: Mean difference of PSNR, dB, with its bounds; NaN where there are none.
        ssim: Mean difference of SSIM, likewise.
    """

    name: Slice
    images: int
    scenes: int
    psnr: Interval
    ssim: Interval


@dataclass(frozen=True, slots=True)
class Differences:
    """The differences of two runs, second minus first.

    Attributes:
        images: The images that both judged, the largest improvement first.
        slices: Overall, then each slice.
        confidence: Confidence of each one-sided bound, 0.5 to 1.
        only_first: Number of images that only the first run judged.
        only_second: Number of images that only the second run judged.
        changed: Number of images of one name whose input differs between the runs; they are not compared.
        has_scenes: Whether the scenes are known; without them there are no intervals.
    """

    images: tuple[ImageDifference, ...]
    slices: tuple[SliceDifference, ...]
    confidence: float
    only_first: int
    only_second: int
    changed: int
    has_scenes: bool

    @property
    def overall(self) -> SliceDifference:
        """The differences over all images that both judged."""
        return self.slices[0]


def compare(first: RunFacts, second: RunFacts) -> Differences:
    """Compares two runs on the evaluation images that both judged.

    The input of an image is the same in both, so that the difference of the gains is that of the restored images.

    Args:
        first: The one run.
        second: The other run; its gate's confidence, resamples, seed and slices are used.

    Returns:
        The differences, second minus first.

    Raises:
        InputError: A run judged no model, or the runs share no evaluation image.
    """
    for facts in (first, second):
        if not facts.images:
            verdict = VERDICT_WORDS[facts.verdict].lower()
            raise InputError(f"run {facts.run_id} judged no model ({verdict}), so that nothing can be compared")
    one, other = ({image.pair_id: image for image in facts.images} for facts in (first, second))
    named = [pair_id for pair_id in sorted(one) if pair_id in other]
    shared = [pair_id for pair_id in named if _same_input(one[pair_id], other[pair_id])]
    if not shared:
        why = "images of one name have other content" if named else "no pair has the same id"
        raise InputError(f"runs {first.run_id} and {second.run_id} share no evaluation image: {why}")
    settings = _gate_settings(second)
    scenes = {pair_id: other[pair_id].scene_id or one[pair_id].scene_id for pair_id in shared}
    has_scenes = all(scenes.values())
    rows = [_row(other[pair_id], scenes[pair_id] if has_scenes else "") for pair_id in shared]
    baseline = {pair_id: _row(one[pair_id], "") for pair_id in shared}
    parts = {OVERALL: rows, **per_image.rows_by_slice(rows, settings.slices)}
    return Differences(
        images=_images(rows, baseline),
        slices=tuple(_slice(name, parts[name], baseline, settings) for name in sorted(parts, key=slice_order)),
        confidence=settings.confidence,
        only_first=len(one) - len(named),
        only_second=len(other) - len(named),
        changed=len(named) - len(shared),
        has_scenes=has_scenes,
    )


def _same_input(one: ImageGain, other: ImageGain) -> bool:
    """Returns whether two runs read the same pair, by what both measured of its input; where one did not, by its name."""
    pairs = ((one.input_psnr, other.input_psnr), (one.input_ssim, other.input_ssim))
    return all(a is None or b is None or abs(a - b) <= _SAME_INPUT for a, b in pairs)


def _gate_settings(facts: RunFacts) -> GateSettings:
    """Returns the gate's settings of a run; the defaults where this release cannot read them."""
    try:
        tree = strict_yaml.read(facts.config_yaml)
        return GateSettings.model_validate(tree.get("gate", {}) if isinstance(tree, dict) else {})
    except (strict_yaml.StrictYamlError, ValidationError):
        return GateSettings()


def _row(image: ImageGain, scene: str) -> ImageRow:
    """Returns an image as the gate's functions read it; what facts do not hold is NaN."""
    values = dict.fromkeys(MEASURED, math.nan)
    values |= {GAIN_PSNR: image.gain_psnr, GAIN_SSIM: math.nan if image.gain_ssim is None else image.gain_ssim}
    classes = image.classes or ({features.SEVERITY: image.severity} if image.severity else {})
    return ImageRow(image.pair_id, scene, tuple(classes.items()), tuple(values.values()))


def _images(rows: Sequence[ImageRow], baseline: dict[str, ImageRow]) -> tuple[ImageDifference, ...]:
    psnr, ssim = (per_image.paired(rows, baseline, name)[0] for name in (GAIN_PSNR, GAIN_SSIM))
    differences = [
        ImageDifference(
            row.pair_id,
            dict(row.classes).get(features.SEVERITY, ""),
            (baseline[row.pair_id][GAIN_PSNR], row[GAIN_PSNR]),
            float(psnr[index]),
            float(ssim[index]),
        )
        for index, row in enumerate(rows)
    ]
    return tuple(sorted(differences, key=lambda image: (-image.psnr, image.pair_id)))


def _slice(
    name: Slice, rows: Sequence[ImageRow], baseline: dict[str, ImageRow], settings: GateSettings
) -> SliceDifference:
    scenes = {row.scene_id for row in rows}
    psnr, ssim = (_interval(rows, baseline, measure, settings) for measure in (GAIN_PSNR, GAIN_SSIM))
    return SliceDifference(name, len(rows), 0 if "" in scenes else len(scenes), psnr, ssim)


def _interval(
    rows: Sequence[ImageRow], baseline: dict[str, ImageRow], measure: str, settings: GateSettings
) -> Interval:
    differences, scenes = per_image.paired(rows, baseline, measure)
    return mean_interval(differences, scenes, settings.confidence, settings.resamples, settings.seed)
