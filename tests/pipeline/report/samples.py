"""Sample facts and images for the tests of the run report: a run for each verdict."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np

from components.gate.metric_value import MetricValue
from components.gate.threshold_result import ThresholdResult
from components.pair_validator.drift.drift_file import Drift
from components.pair_validator.judging.verdicts import QuarantineReason
from pipeline.report.facts.component_timing import ComponentTiming
from pipeline.report.facts.data_facts import Histogram, QuarantinedPair, SplitCounts
from pipeline.report.facts.example_images import Example, QuarantinedImages
from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.facts.lineage_facts import Artifact, DataSource, LineageStep, LogTail, ModelFacts
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.run_summary import RunVerdict
from pipeline.report.facts.slice_metrics import SliceMetrics
from pipeline.report.facts.training_facts import TrainingHistory

VERDICTS: tuple[RunVerdict, ...] = ("pushed", "refused", "unchanged", "data_refused", "failed")
HOSTILE = '<script>alert("x")</script>&\'"><img src=x onerror=alert(1)>'


def threshold(**changes: Any) -> ThresholdResult:
    """Returns a threshold that is met, with changes."""
    content = {"name": "gain_psnr", "value": 3.92, "threshold": 1.0, "unit": "dB", "reason": "a viewer sees 1 dB"}
    return ThresholdResult(**content | {"verdict": "met"} | changes)


def metrics(name: str, input_psnr: float = 24.0, psnr: float = 27.92) -> SliceMetrics:
    """Returns the metrics of one slice."""
    return SliceMetrics(
        name=name,
        pairs=12,
        psnr=psnr,
        ssim=0.85,
        input_psnr=input_psnr,
        input_ssim=0.74,
        gain_psnr=psnr - input_psnr,
        gain_ssim=0.11,
    )


def history(steps: int = 600) -> TrainingHistory:
    """Returns a training whose validation is best before its end, as `model_code.training.records.history` writes it."""
    validation = [
        {"step": step, "psnr": 24 + gain, "ssim": 0.7 + gain / 50, "gain_psnr": gain, "gain_ssim": gain / 50}
        for step, gain in ((100, 1.0), (200, 2.5), (300, 4.0), (400, 3.5))
    ]
    rows = [{"step": step, "loss": 1 / step, "learning_rate": 4e-4 * (1 - step / 700)} for step in range(1, steps + 1)]
    content = {"recipe": {"optimizer": "AdamW"}, "steps": rows, "validation": validation, "best": validation[2]}
    return TrainingHistory.model_validate(
        content | {"stopped": "completed", "skipped_steps": 0, "images_per_second": 3.0}
    )


def quarantined_pair(name: str = "pair/7") -> QuarantinedPair:
    """Returns a quarantined pair."""
    reason = QuarantineReason(code="shifted", measured=7.31, unit="px", threshold=1.5, text="the target is 7 px right")
    return QuarantinedPair(pair_id=name, input=f"input/{name}.png", target=f"target/{name}.png", reasons=(reason,))


def every_metric() -> list[MetricValue]:
    """Returns two metrics of two slices, one of them with an interval."""
    return [
        MetricValue(name=name, slice=part, value=value, low=value - 0.5, high=value + 0.5, unit=unit, images=12)
        for part in ("severity: heavy", "overall")
        for name, value, unit in (("gain_psnr", 3.92, "dB"), ("ciede2000", 4.1, "ΔE00"))
    ]


def source() -> DataSource:
    """Returns a drawn span."""
    return DataSource(
        source="synthetic-rain",
        span=2,
        digest="3fd0c3",
        path="workspace/records",
        rule="rain drawn on the embedded photographs",
        drawn=True,
        degradations={"rain": 164},
        sizes={"256x384": 164},
    )


def steps(judged: bool) -> list[LineageStep]:
    """Returns the way from data to push, or its beginning."""
    span = Artifact(component="SpanWindow", output="examples", type="Examples", id=1, uri="pipeline/examples/1")
    return [
        LineageStep(title="Ingested", details={"SHA-256 of the data": "3fd0c3"}, artifacts=(span,)),
        LineageStep(title="Pushed", details={"Version": "1763838847"} if judged else {}, reached=judged),
    ]


def facts(verdict: RunVerdict = "pushed", **changes: Any) -> RunFacts:
    """Returns the facts of a run with this verdict, with changes."""
    judged = verdict not in ("data_refused", "failed")
    timings = [ComponentTiming(name=name, seconds=1.5, state="ran") for name in ("SpanWindow", "PairValidator")]
    timings += [ComponentTiming(name="Trainer", state="not reached")]
    timings += [ComponentTiming(name="Pusher", seconds=0.1, state="cached", memory=2 * 2**30, memory_before=2**30)]
    content: dict[str, Any] = {
        "run_id": "20261122-201407",
        "started": datetime(2026, 11, 22, 20, 14, 7, tzinfo=timezone.utc),
        "seconds": 372.4,
        "verdict": verdict,
        "sentence": f"This is how it ended: {verdict}.",
        "pushed_version": "1763838847" if verdict == "pushed" else None,
        "model_dir": "workspace/models/1763838847" if judged else None,
        "pairs": 164,
        "quarantined": 1,
        "splits": [SplitCounts(name="train", pairs=100, scenes=9, severities={"heavy": 40, "light": 60})],
        "thresholds": [threshold(value=0.4, verdict="not met")]
        if verdict == "refused"
        else [threshold()]
        if judged
        else [],
        "slices": [metrics("severity: heavy"), metrics("overall"), metrics("severity: light")] if judged else [],
        "metrics": every_metric() if judged else [],
        "images": [ImageGain(pair_id=f"pair {n}", gain_psnr=n - 1.0) for n in range(6)] if judged else [],
        "history": history() if judged else None,
        "quarantine": [quarantined_pair()],
        "components": timings,
        "anomalies": ["severity: unexpected value 'drizzle'"],
        "config_yaml": "workspace: workspace\n",
        "error": "OSError: no space left" if verdict == "failed" else None,
        "lineage": {"in production now": "version 7", "parent": None},
        "steps": steps(judged),
        "data": source(),
        "model": ModelFacts(variant="AST-T", parameters=6_645_347, digest="9d1c") if judged else None,
        "code_version": "0.1.0, commit 3ac8def",
        "histograms": [Histogram(name="Shift", unit="px", edges=(0, 1, 2), counts={"train": (90, 9)}, threshold=1.5)],
        "drift": [Drift(name="Brightness", value=0.2, threshold=0.1, against="span 1")],
        "log": LogTail(lines=("12:00 E root: the pipeline failed",), omitted=3) if verdict == "failed" else None,
    }
    return RunFacts(**content | changes)


def image(height: int = 48, width: int = 64, seed: int = 0) -> np.ndarray:
    """Returns uint8 noise on a gradient, [height, width, 3]."""
    noise = np.random.default_rng(seed).integers(0, 60, (height, width, 3))
    return (noise + np.linspace(0, 190, width)[None, :, None]).astype(np.uint8)


def example(
    pair_id: str = "scene-3/heavy", severity: str = "heavy", height: int = 48, width: int = 64, **changes: Any
) -> Example:
    """Returns an example whose restored image lies between input and target."""
    target, degraded = image(height, width, 1), image(height, width, 2)
    restored = ((target.astype(int) + degraded) // 2).astype(np.uint8)
    values = {"psnr": 27.9, "input_psnr": 24.0, "ssim": 0.85, "input_ssim": 0.74}
    return Example(pair_id, severity, degraded, restored, target, values, **changes)


def quarantined_images(pair_id: str = "pair/7") -> QuarantinedImages:
    """Returns the images of a quarantined pair, of different sizes."""
    return QuarantinedImages(pair_id, image(40, 60), image(30, 60))
