"""Workspaces with runs and versions, for the tests of the page of all runs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from components.gate.metric_value import MetricValue
from pipeline.report.page.files import write_page
from tests.pipeline.report import samples

START = datetime(2026, 11, 22, 20, 0, tzinfo=timezone.utc)


def gains(psnr: float) -> list[MetricValue]:
    """Returns both overall gains with intervals, and a metric that no image is large enough for."""
    return [
        MetricValue(name="gain_psnr", value=psnr, low=psnr - 0.5, high=psnr + 0.5, unit="dB", images=12),
        MetricValue(name="gain_ssim", value=psnr / 50, low=psnr / 50 - 0.01, high=psnr / 50 + 0.01, images=12),
        MetricValue(name="ms_ssim_y", value=None, images=12),
    ]


def add_run(workspace: Path, verdict: str, hours: float, psnr: float | None = None, **changes: Any) -> str:
    """Writes the report of a run that started so many hours after `START`; returns its id."""
    started = START + timedelta(hours=hours)
    name = f"{started:%Y%m%d-%H%M%S}"
    if psnr is not None:
        changes = {"metrics": gains(psnr)} | changes
    content = {"run_id": name, "started": started, "pushed_version": None, "model_dir": None} | changes
    write_page(samples.facts(verdict, **content), [], workspace / "reports" / name)
    return name


def add_version(workspace: Path, number: int, hours: float, psnr: float | None = None, **record: Any) -> None:
    """Writes the folder of a version that was pushed so many hours after `START`."""
    folder = workspace / "models" / str(number)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    pushed = (START + timedelta(hours=hours)).isoformat(timespec="seconds")
    metrics = (
        {} if psnr is None else {metric.name: _stored(metric) for metric in gains(psnr) if metric.value is not None}
    )
    content = {"number": number, "digest": f"digest {number}", "run_id": "by hand", "pushed": pushed, "origin": "run"}
    (folder / "version.json").write_text(json.dumps(content | {"facts": {"metrics": metrics}} | record))


def _stored(metric: MetricValue) -> dict[str, Any]:
    return {"value": metric.value, "unit": metric.unit, "low": metric.low, "high": metric.high}


def story(workspace: Path) -> dict[str, str]:
    """Writes a push, a refusal, a better push on other data, a rollback, refused data and an unreadable run.

    Returns:
        The ids of the runs.
    """
    other = samples.source().model_copy(update={"span": 3, "digest": "77aa01"})
    runs = {
        "first": add_run(workspace, "pushed", 0, 3.0, pushed_version="1", config_yaml="train: {steps: 100}\n"),
        "refused": add_run(workspace, "refused", 1, 1.0, config_yaml="train: {steps: 100}\n"),
        "second": add_run(
            workspace, "pushed", 2, 4.0, pushed_version="2", config_yaml="train: {steps: 400}\n", data=other
        ),
        "data": add_run(workspace, "data_refused", 26, config_yaml="train: {steps: 400}\n", data=None),
        "damaged": add_run(workspace, "pushed", 27, 4.0),
    }
    (workspace / "reports" / runs["damaged"] / "facts.json").write_text('{"run_id": "x", ')
    add_version(workspace, 1, 0.5, 3.0, run_id=runs["first"], digest="a")
    add_version(workspace, 2, 2.5, 4.0, run_id=runs["second"], digest="b")
    add_version(workspace, 3, 14, 3.0, run_id=runs["first"], digest="a", origin="rollback", restores=1)
    denied = {"b": {"number": 2, "when": "2026-11-23T10:00:00+00:00", "reason": "streaks in the sky"}}
    (workspace / "models" / "denied.json").write_text(json.dumps(denied))
    return runs
