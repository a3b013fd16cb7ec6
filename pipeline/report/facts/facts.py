"""The facts of a run, typed, and their JSON: everything that the page and the last screen show, images apart."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from components.gate.metric_value import MetricValue
from components.gate.threshold_result import MET, NOT_MET, TOO_FEW, ThresholdResult
from components.pair_validator.drift.drift_file import Drift
from components.pair_validator.judging.verdicts import QuarantineReason
from data.strict_model import FiniteOrNone, StrictModel
from pipeline.report.facts.data_facts import Histogram
from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.facts.lineage_facts import DataSource, LineageStep, LogTail, ModelFacts
from pipeline.report.facts.training_facts import TrainingHistory

RunVerdict = Literal["pushed", "refused", "unchanged", "data_refused", "failed"]
ComponentState = Literal["ran", "cached", "failed", "not reached"]

OVERALL = "overall"
SEVERITIES = ("light", "medium", "heavy")


def severity_order(severity: str) -> tuple[int, str]:
    """Returns a sort key: light, medium, heavy, then every other name by the alphabet."""
    known = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return known, severity


def slice_order(name: str) -> tuple[bool, str, tuple[int, str]]:
    """Returns a sort key of slice names: overall, then feature by feature, light before heavy."""
    feature, _, value = name.rpartition(": ")
    return name != OVERALL, feature, severity_order(value)


def _in_order(facts: Any) -> Any:
    return tuple(
        sorted(facts, key=lambda fact: slice_order(fact.name if isinstance(fact, SliceMetrics) else fact.slice))
    )


class SliceMetrics(StrictModel):
    """The means over the evaluation pairs of one slice, each image clipped to 8 bits as it would be written.

    Attributes:
        name: "overall" or e.g. "severity: heavy".
        pairs: How many evaluation pairs the slice holds.
        psnr: Of the restored image against the target, dB.
        ssim: Of the restored image against the target.
        input_psnr: Of the input as it is against the target, dB.
        input_ssim: Of the input as it is against the target.
        gain_psnr: Restored minus input, dB.
        gain_ssim: Restored minus input.
        production_gain_psnr: The gain of what was in production, on the same pairs, dB; None where not measured.
        production_gain_ssim: The gain of what was in production, on the same pairs; None where not measured.
    """

    name: str
    pairs: int
    psnr: FiniteOrNone
    ssim: FiniteOrNone
    input_psnr: FiniteOrNone
    input_ssim: FiniteOrNone
    gain_psnr: FiniteOrNone
    gain_ssim: FiniteOrNone
    production_gain_psnr: FiniteOrNone = None
    production_gain_ssim: FiniteOrNone = None


class SplitCounts(StrictModel):
    """How many pairs and scenes a split holds, and how its pairs spread over the severities."""

    name: str
    pairs: int
    scenes: int | None = None
    severities: dict[str, int] = Field(default_factory=dict)


class QuarantinedPair(StrictModel):
    """A pair that was kept out, the names of its two files, and every reason."""

    pair_id: str
    input: str
    target: str
    reasons: tuple[QuarantineReason, ...] = ()


class ComponentTiming(StrictModel):
    """How long one component took and what memory it needed; None where it was never reached or not measured.

    Attributes:
        name: The component.
        seconds: From its start to its end.
        state: How it ended.
        memory: Most resident memory of the run's process and its children while it ran, bytes.
        memory_before: Their resident memory when it began, bytes: what earlier components left is not its own.
    """

    name: str
    seconds: FiniteOrNone = None
    state: ComponentState
    memory: int | None = None
    memory_before: int | None = None


class RunFacts(StrictModel):
    """Everything that a run has to say for itself.

    Attributes:
        run_id: The run's name, also that of its folder under `reports/`.
        started: When it began.
        seconds: How long it took.
        verdict: How it ended.
        sentence: The verdict in one sentence, for a person.
        pushed_version: The version that this run pushed; None where it pushed none.
        model_dir: Where the model that is in production now lies; None where there is none.
        production_before: The version that was in production when the run began, or "doing nothing".
        pairs: Pairs that the run read, the quarantined ones among them.
        quarantined: Pairs that were kept out.
        splits: Pairs and scenes of each split, without the quarantined ones.
        thresholds: The gate, threshold by threshold, put in the order of slices; empty where it was never reached.
        slices: The metrics of the judged model, put in order, overall first; empty where none was judged.
        metrics: Every metric by slice, with intervals where there are any.
        images: The gain on each evaluation image that was measured one by one.
        history: What training wrote down; None where nothing was trained.
        quarantine: Every pair that was kept out, whole: the page cuts long lists, the data never.
        histograms: How what was measured of the pairs spreads.
        drift: How far the data is from what it was before, feature by feature.
        components: How long each component took, and its memory, in the order of the pipeline.
        anomalies: What ExampleValidator said about the data.
        config_yaml: The resolved config.
        error: What went wrong, where something did.
        lineage: Name to value: what more there is to say of where the model came from.
        steps: The way from data to push, station by station.
        data: The span that was read; None where that is not known.
        model: The judged model; None where none was trained.
        code_version: The version of the code that ran.
        log: The last lines of the log, of a run that failed.
    """

    run_id: str
    started: datetime
    seconds: float
    verdict: RunVerdict
    sentence: str
    pushed_version: str | None = None
    model_dir: str | None = None
    production_before: str = "doing nothing"
    pairs: int = 0
    quarantined: int = 0
    splits: tuple[SplitCounts, ...] = ()
    thresholds: Annotated[tuple[ThresholdResult, ...], AfterValidator(_in_order)] = ()
    slices: Annotated[tuple[SliceMetrics, ...], AfterValidator(_in_order)] = ()
    metrics: Annotated[tuple[MetricValue, ...], AfterValidator(_in_order)] = ()
    images: tuple[ImageGain, ...] = ()
    history: TrainingHistory | None = None
    quarantine: tuple[QuarantinedPair, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    drift: tuple[Drift, ...] = ()
    components: tuple[ComponentTiming, ...] = ()
    anomalies: tuple[str, ...] = ()
    config_yaml: str = ""
    error: str | None = None
    lineage: dict[str, Any] = Field(default_factory=dict)
    steps: tuple[LineageStep, ...] = ()
    data: DataSource | None = None
    model: ModelFacts | None = None
    code_version: str = ""
    log: LogTail | None = None

    @property
    def overall(self) -> SliceMetrics | None:
        """The slice that holds every evaluation pair; None where no model was judged."""
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

    def flat(self) -> dict[str, str | int | float | None]:
        """Returns the flat record of the run, for a script: overall values, None where there is none."""
        overall = self.overall
        return {
            "run_id": self.run_id,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "gain_psnr": overall.gain_psnr if overall else None,
            "gain_ssim": overall.gain_ssim if overall else None,
            "psnr": overall.psnr if overall else None,
            "ssim": overall.ssim if overall else None,
            "pairs": self.pairs,
            "quarantined": self.quarantined,
            "pushed_version": self.pushed_version,
            "model_dir": self.model_dir,
            "seconds": self.seconds,
        }
