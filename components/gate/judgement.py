"""The judgement of a model, as it is written beside its blessing, pushed with it, and shown."""

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
from components.gate.judge import blessed, judge
from components.gate.metric_value import MetricValue
from components.gate.settings import GateSettings
from components.gate.threshold_result import ThresholdResult
from data.strict_model import FiniteOrNone, StrictModel

FILE_NAME = "judgement.json"


class WorstImage(StrictModel):
    """The image that the model did least for."""

    pair_id: str
    gain_psnr: FiniteOrNone


class Judgement(StrictModel):
    """A verdict and all that it rests on.

    Attributes:
        blessed: Whether the gate lets the model through.
        images: Evaluation images.
        scenes: Their scenes.
        checks: Every threshold, overall first.
        metrics: Every measure and its gain, by slice, overall first.
        worst: The image with the lowest gain of PSNR.
        production: The version that it was compared with, or "doing nothing".
        digest: `registry.model_digest` of the model.
        data: The span it was trained and judged on: its number, and the digest of its manifest.
        code: The code that trained and judged it.
        parent: The version that its training started from; None where that was random weights.
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
        """Returns the judgement as JSON text; what is not a number is null."""
        values = self.model_dump(mode="json", exclude={"checks": {"__all__": {"passed"}}})
        return json.dumps(values, indent=1, allow_nan=False, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Judgement:
        """Reads a judgement back."""
        return cls.model_validate_json(text)

    @classmethod
    def read(cls, folder: Path) -> Judgement:
        """Reads the judgement that lies in a blessing's folder."""
        return cls.from_json((folder / FILE_NAME).read_text(encoding="utf-8"))


def judgement_of(
    candidate: Sequence[ImageRow],
    baseline: Sequence[ImageRow],
    settings: GateSettings,
    same_model: bool = False,
    **origin: Any,
) -> Judgement:
    """Judges a model.

    Args:
        candidate: Its values on every image.
        baseline: Those of the model in production.
        settings: The thresholds.
        same_model: The two are one model.
        origin: `production`, `digest`, `data`, `code` and `parent` of the judgement.

    Raises:
        ValueError: There are no images, or production was not measured on the same ones.
    """
    checks = judge(candidate, baseline, settings, same_model)
    rows = per_image.in_order(candidate)
    worst = per_image.worst(rows)
    return Judgement(
        blessed=blessed(checks),
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
                found = mean_interval(values, scenes, settings.confidence, settings.resamples, settings.seed)
                yield MetricValue(
                    name=name,
                    slice=part,
                    value=found.mean,
                    low=found.low,
                    high=found.high,
                    unit=measure.unit,
                    images=len(members),
                )
