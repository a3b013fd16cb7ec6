"""The judgement of a model: written beside its blessing, pushed with the model, and shown in the run report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from components.evaluation import per_image
from components.evaluation.measures import GAIN_PSNR, MEASURES, gain
from components.evaluation.per_image import ImageRow
from components.evaluation.slices import OVERALL
from components.gate.bootstrap import mean_interval
from components.gate.judge import is_blessed, judge_model
from components.gate.metric_value import MetricValue
from components.gate.settings import GateSettings
from components.gate.threshold_result import ThresholdResult
from data.strict_model import FiniteOrNone, StrictModel

FILE_NAME = "judgement.json"


class WorstImage(StrictModel):
    """The image with the lowest PSNR gain over the input.

    Attributes:
        pair_id: Id of the pair.
        gain_psnr: Its gain, dB.
    """

    pair_id: str
    gain_psnr: FiniteOrNone


class Judgement(StrictModel):
    """The verdict on a model, with its thresholds and metrics.

    Attributes:
        blessed: Whether the model may be pushed.
        images: Number of evaluation images.
        scenes: Number of their scenes.
        checks: Result of every threshold, overall first.
        metrics: Every measure and its gain, by slice, overall first.
        worst: The image with the lowest PSNR gain over the input.
        production: The production version that the model was compared with, or `NO_PRODUCTION_MODEL`.
        digest: `registry.model_digest` of the model.
        data: Source, spans, digest and pairs of the data that the model was trained and judged on.
        code: Version of the code that trained and judged it.
        parent: The version, or the path of another model, whose weights its training started from; None for random weights.
    """

    blessed: bool
    images: int
    scenes: int
    checks: tuple[ThresholdResult, ...]
    metrics: tuple[MetricValue, ...]
    worst: WorstImage
    production: str
    digest: str
    data: dict[str, Any]
    code: str
    parent: str | None = None

    def to_json(self) -> str:
        """Returns the judgement as JSON; non-finite numbers are null."""
        values = self.model_dump(mode="json", exclude={"checks": {"__all__": {"passed"}}})
        return json.dumps(values, indent=1, allow_nan=False, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Judgement:
        """Returns the judgement that `to_json` wrote.

        Args:
            text: The JSON.
        """
        return cls.model_validate_json(text)

    @classmethod
    def read(cls, folder: Path) -> Judgement:
        """Reads the judgement of a blessing.

        Args:
            folder: Folder of the ModelBlessing artifact.

        Returns:
            The judgement.
        """
        return cls.from_json((folder / FILE_NAME).read_text(encoding="utf-8"))


def judgement_of(
    candidate: Sequence[ImageRow],
    baseline: Sequence[ImageRow] | None,
    settings: GateSettings,
    same_model: bool = False,
    **origin: Any,
) -> Judgement:
    """Judges a model and collects its metrics.

    Args:
        candidate: Values of the judged model on every evaluation image.
        baseline: Values of the production model on the same images; None where there is none.
        settings: The thresholds.
        same_model: Whether both are one model.
        **origin: `production`, `digest`, `data`, `code` and `parent` of the judgement.

    Returns:
        The judgement.

    Raises:
        ValueError: There are no images, or the baseline lacks some of them.
    """
    checks = judge_model(candidate, baseline, settings, same_model)
    rows = per_image.in_order(candidate)
    worst = per_image.worst(rows)
    return Judgement(
        blessed=is_blessed(checks),
        images=len(rows),
        scenes=len({row.scene_id for row in rows}),
        checks=tuple(checks),
        metrics=tuple(_metrics(rows, settings)),
        worst=WorstImage(pair_id=worst.pair_id, gain_psnr=worst[GAIN_PSNR]),
        **origin,
    )


def _metrics(rows: list[ImageRow], settings: GateSettings) -> Iterator[MetricValue]:
    for part, members in {OVERALL: rows, **per_image.rows_by_slice(rows, settings.slices)}.items():
        scenes = [row.scene_id for row in members]
        for measure in MEASURES:
            for name in (measure.name, gain(measure.name)):
                values = [row[name] for row in members]
                interval = mean_interval(values, scenes, settings.confidence, settings.resamples, settings.seed)
                yield MetricValue(
                    name=name,
                    slice=part,
                    value=interval.mean,
                    low=interval.low,
                    high=interval.high,
                    unit=measure.unit,
                    images=len(members),
                )
