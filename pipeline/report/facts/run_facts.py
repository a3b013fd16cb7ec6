"""All facts of a run but its images: what `facts.json` holds and the run report shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from components.evaluation.slices import OVERALL
from components.gate.metric_value import MetricValue
from components.gate.threshold_result import MET, NOT_MET, TOO_FEW, ThresholdResult
from components.pair_validator.drift.drift_file import Drift
from components.pair_validator.judging.advice import Advice
from components.production.properties import NO_PRODUCTION_MODEL
from data.strict_model import StrictModel
from pipeline.report.facts.component_timing import ComponentTiming
from pipeline.report.facts.data_facts import Histogram, QuarantinedPair, SplitCounts
from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.facts.lineage_facts import DataSource, LineageStep, LogTail, ModelFacts
from pipeline.report.facts.run_summary import RunSummary, RunVerdict
from pipeline.report.facts.slice_metrics import SliceMetrics, slice_order
from pipeline.report.facts.training_facts import TrainingHistory

OfSlice = TypeVar("OfSlice", ThresholdResult, MetricValue)


def _by_slice(values: Iterable[OfSlice]) -> tuple[OfSlice, ...]:
    return tuple(sorted(values, key=lambda value: slice_order(value.slice)))


def _slices_in_order(slices: Iterable[SliceMetrics]) -> tuple[SliceMetrics, ...]:
    return tuple(sorted(slices, key=lambda part: slice_order(part.name)))


class RunFacts(StrictModel):
    """All facts of a run.

    Attributes:
        run_id: Name of the run and of its folder under `reports/`.
        started: Time at which it started.
        seconds: Time that it took.
        verdict: How it ended.
        sentence: The verdict in one sentence.
        reason: Why the run was started; empty where nobody said so.
        pushed_version: The version that this run pushed; None where it pushed none.
        model_dir: Folder of the production model after the run; None where there is none.
        production_before: Version of the production model when the run started, or `NO_PRODUCTION_MODEL`.
        pairs: Number of pairs that the run read, quarantined pairs included.
        quarantined: Number of quarantined pairs.
        splits: Pairs and scenes of each split.
        thresholds: Every threshold of the gate and of serving beside its value, sorted by slice; empty where not reached.
        slices: PSNR and SSIM of the judged model by slice, overall first; empty where none was judged.
        metrics: Every metric of the judged model by slice.
        images: The gain on each evaluation image.
        history: The training history; None where nothing was trained.
        quarantine: Every quarantined pair; the report cuts long lists, this one is complete.
        advice: The reasons for which the pairs were refused, and what to do if they are right; empty where they were not.
        histograms: Histograms of the measurements of the pairs.
        drift: Distance of each measurement from the span before.
        next_steps: What to do about a refusal, a clause each without a full stop; empty where nothing was refused.
        components: Time and memory of each component, in the order of the pipeline.
        anomalies: Anomalies that TFDV found in the data.
        config_yaml: The resolved configuration, YAML.
        error: The error that ended the run; None where there was none.
        lineage: Further facts about the production model, by name.
        steps: The steps from data to push.
        data: The data that was read; None where not known.
        model: The trained model; None where none was trained.
        code_version: Version of the code that ran.
        log: The last lines of the log of a run that failed.
    """

    run_id: str
    started: datetime
    seconds: float
    verdict: RunVerdict
    sentence: str
    reason: str = ""
    pushed_version: str | None = None
    model_dir: str | None = None
    production_before: str = NO_PRODUCTION_MODEL
    pairs: int = 0
    quarantined: int = 0
    splits: tuple[SplitCounts, ...] = ()
    thresholds: Annotated[tuple[ThresholdResult, ...], AfterValidator(_by_slice)] = ()
    slices: Annotated[tuple[SliceMetrics, ...], AfterValidator(_slices_in_order)] = ()
    metrics: Annotated[tuple[MetricValue, ...], AfterValidator(_by_slice)] = ()
    images: tuple[ImageGain, ...] = ()
    history: TrainingHistory | None = None
    quarantine: tuple[QuarantinedPair, ...] = ()
    advice: tuple[Advice, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    drift: tuple[Drift, ...] = ()
    next_steps: tuple[str, ...] = ()
    components: tuple[ComponentTiming, ...] = ()
    anomalies: tuple[str, ...] = ()
    config_yaml: str = ""
    error: str | None = None
    lineage: dict[str, str | None] = Field(default_factory=dict)
    steps: tuple[LineageStep, ...] = ()
    data: DataSource | None = None
    model: ModelFacts | None = None
    code_version: str = ""
    log: LogTail | None = None

    @property
    def overall(self) -> SliceMetrics | None:
        """Metrics over all evaluation pairs; None where no model was judged."""
        return next((part for part in self.slices if part.name == OVERALL), None)

    @property
    def met(self) -> tuple[ThresholdResult, ...]:
        """The thresholds that were met."""
        return tuple(result for result in self.thresholds if result.verdict == MET)

    @property
    def unmet(self) -> tuple[ThresholdResult, ...]:
        """The thresholds that were not met."""
        return tuple(result for result in self.thresholds if result.verdict == NOT_MET)

    @property
    def unjudged(self) -> tuple[ThresholdResult, ...]:
        """The thresholds of slices that have too few images to judge."""
        return tuple(result for result in self.thresholds if result.verdict == TOO_FEW)

    @property
    def summary(self) -> RunSummary:
        """The content of `run.json`."""
        overall = self.overall
        return RunSummary(
            run_id=self.run_id,
            verdict=self.verdict,
            sentence=self.sentence,
            reason=self.reason or None,
            gain_psnr=overall.gain_psnr if overall else None,
            gain_ssim=overall.gain_ssim if overall else None,
            psnr=overall.psnr if overall else None,
            ssim=overall.ssim if overall else None,
            pairs=self.pairs,
            quarantined=self.quarantined,
            pushed_version=self.pushed_version,
            model_dir=self.model_dir,
            seconds=self.seconds,
        )
