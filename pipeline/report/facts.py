"""The facts of a run, typed, and their JSON: everything that the page and the last screen show, images apart."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Verdict = Literal["pushed", "refused", "unchanged", "data_refused", "failed"]
Direction = Literal["at_least", "at_most"]
ComponentState = Literal["ran", "cached", "failed", "not reached"]

OVERALL = "overall"
SEVERITIES = ("light", "medium", "heavy")


def _finite_or_none(value: Any) -> Any:
    """JSON has no NaN and no infinity: a figure that is not finite is one that the run does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Measured = Annotated[float | None, BeforeValidator(_finite_or_none)]


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
        sorted(facts, key=lambda fact: slice_order(fact.slice if isinstance(fact, ThresholdResult) else fact.name))
    )


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class ThresholdResult(_Fact):
    """One threshold of the gate beside the value that met it, or did not.

    Attributes:
        name: What is measured, e.g. "gain_psnr"; `wording.metric` puts it into words.
        slice: "overall" or e.g. "severity: heavy".
        value: What was measured, in `unit`; None where it could not be.
        threshold: The bound, in `unit`.
        unit: "dB", "%", "pairs", ...; empty for SSIM, which has none.
        direction: Whether the value has to be at least or at most the threshold.
        reason: Why the threshold is what it is; from the config.
        passed: The gate's own verdict on this threshold.
    """

    name: str
    slice: str = OVERALL
    value: Measured
    threshold: float
    unit: str
    direction: Direction = "at_least"
    reason: str
    passed: bool

    @property
    def margin(self) -> float | None:
        """How far the value lies on the passing side, in `unit`; negative where it does not."""
        if self.value is None:
            return None
        return (self.value - self.threshold) * (1 if self.direction == "at_least" else -1)


class SliceMetrics(_Fact):
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
    psnr: Measured
    ssim: Measured
    input_psnr: Measured
    input_ssim: Measured
    gain_psnr: Measured
    gain_ssim: Measured
    production_gain_psnr: Measured = None
    production_gain_ssim: Measured = None


class TrainingStep(BaseModel):
    """One logged step: its number, the loss and the learning rate."""

    model_config = ConfigDict(extra="allow", frozen=True)

    step: int
    loss: Measured = None
    learning_rate: Measured = None


class ValidationPoint(BaseModel):
    """The means over the validation pairs at one step: PSNR and its gain in dB, SSIM and its gain."""

    model_config = ConfigDict(extra="allow", frozen=True)

    step: int
    psnr: Measured = None
    ssim: Measured = None
    gain_psnr: Measured = None
    gain_ssim: Measured = None
    seconds: Measured = None


def _point_of_step(value: Any) -> Any:
    return {"step": value} if isinstance(value, int) and not isinstance(value, bool) else value


class History(BaseModel):
    """What training wrote down. Training owns this record and may add to it, so further keys are kept, not refused.

    Attributes:
        recipe: How it was trained.
        steps: The logged steps.
        validation: The validations, in order.
        best: The validation whose weights were kept (a bare step number is read too).
        stopped: Why training ended.
        skipped_steps: Steps whose gradient was not finite and was not applied.
        seconds: How long training took.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    recipe: Any = None
    steps: tuple[TrainingStep, ...] = ()
    validation: tuple[ValidationPoint, ...] = ()
    best: Annotated[ValidationPoint | None, BeforeValidator(_point_of_step)] = None
    stopped: Any = None
    skipped_steps: Any = 0
    seconds: Measured = None


class SplitCounts(_Fact):
    """How many pairs and scenes a split holds, and how its pairs spread over the severities."""

    name: str
    pairs: int
    scenes: int | None = None
    severities: dict[str, int] = Field(default_factory=dict)


class QuarantineReason(_Fact):
    """One check that a pair failed: what was measured, the threshold (numbers in `unit`, or words), and a sentence."""

    code: str
    measured: Measured | str = None
    unit: str = ""
    threshold: Measured | str = None
    text: str


class QuarantinedPair(_Fact):
    """A pair that was kept out, the names of its two files, and every reason."""

    pair_id: str
    input: str
    target: str
    reasons: tuple[QuarantineReason, ...] = ()


class ComponentTiming(_Fact):
    """How long one component took; seconds are None where it was never reached."""

    name: str
    seconds: Measured = None
    state: ComponentState


class RunFacts(_Fact):
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
        history: What training wrote down; None where nothing was trained.
        quarantine: Every pair that was kept out, whole: the page cuts long lists, the data never.
        components: How long each component took, in the order of the pipeline.
        anomalies: What ExampleValidator said about the data.
        config_yaml: The resolved config.
        error: What went wrong, where something did.
        lineage: Name to value: data span, model digest, parent, code version, ...
    """

    run_id: str
    started: datetime
    seconds: float
    verdict: Verdict
    sentence: str
    pushed_version: str | None = None
    model_dir: str | None = None
    production_before: str = "doing nothing"
    pairs: int = 0
    quarantined: int = 0
    splits: tuple[SplitCounts, ...] = ()
    thresholds: Annotated[tuple[ThresholdResult, ...], AfterValidator(_in_order)] = ()
    slices: Annotated[tuple[SliceMetrics, ...], AfterValidator(_in_order)] = ()
    history: History | None = None
    quarantine: tuple[QuarantinedPair, ...] = ()
    components: tuple[ComponentTiming, ...] = ()
    anomalies: tuple[str, ...] = ()
    config_yaml: str = ""
    error: str | None = None
    lineage: dict[str, Any] = Field(default_factory=dict)

    @property
    def overall(self) -> SliceMetrics | None:
        """The slice that holds every evaluation pair; None where no model was judged."""
        return next((part for part in self.slices if part.name == OVERALL), None)

    @property
    def unmet(self) -> tuple[ThresholdResult, ...]:
        """The thresholds that were not met."""
        return tuple(result for result in self.thresholds if not result.passed)

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
