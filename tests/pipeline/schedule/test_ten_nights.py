"""Ten nights of a pipeline: spans that arrive, one misaligned, one drifted, a run that is killed, nights without data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.production import registry
from components.span_window.window import choose
from data.convert import ConvertRequest, convert
from data.layouts import same_name
from data.splits import Shares
from data.synthesis import add_rain, draw_parameters, generator
from data.synthesize import embedded_photos
from pipeline.schedule.scheduler import Retry, Scheduler
from pipeline.schedule.status import read_status
from tests.pipeline.conftest import TINY

pytestmark = pytest.mark.long

FIRST_NIGHT = datetime(2026, 11, 1, 3, tzinfo=timezone.utc)
SIZE = (96, 128)
PIECES = 6  # of each photograph: enough pairs to tell drift from chance
SETTINGS = ("data.evaluation=1", "data.window=1")


def arrive(root: Path, day: int, *, shift: int = 0, dark: bool = False) -> None:
    """Converts what the cameras saw on a day into the next span: pieces of all photographs, in that day's rain."""
    rng = np.random.default_rng(day)
    photos = [cv2.imread(str(photo)) for photo in sorted(embedded_photos().glob("*.jpg"))]
    for number in range(PIECES * len(photos)):
        whole = photos[number % len(photos)]
        top, left = (
            int(rng.integers(8, length - side - 8)) for length, side in zip(whole.shape[:2], SIZE, strict=True)
        )
        clean = np.ascontiguousarray(whole[top : top + SIZE[0], left : left + SIZE[1]])
        if dark:
            clean = np.uint8(0.25 * clean)
        rainy = add_rain(clean, draw_parameters("medium", generator(day, number)), day)
        if shift:
            rainy = np.roll(rainy, shift, axis=1)
        for side, image in (("input", rainy), ("target", clean)):
            (root / f"day-{day}" / side).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(root / f"day-{day}" / side / f"{number}.png"), image)
    shares = Shares(0.5, 0.2, 0.3)
    convert(ConvertRequest(root / f"day-{day}", root / "records", same_name(), name=f"day-{day}", shares=shares))


class Pipeline:
    """The scheduler over a real workspace, with a clock that jumps from night to night."""

    def __init__(self, root: Path) -> None:
        self.root, self.workspace = root, root / "workspace"
        self.kill_in: str | None = None
        sets = (*SETTINGS, f"workspace={self.workspace}", f"data.records={root / 'records'}")
        told = [text for one in sets for text in ("--set", one)]
        self.command = [
            sys.executable,
            "-c",
            "from pipeline.cli import main; main()",
            "run",
            "--config",
            str(TINY),
            *told,
        ]

    def run(self) -> int:
        """Runs once, and once alone kills the run when its Trainer has begun to step."""
        with subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if self.kill_in and self.kill_in in line:
                    self.kill_in = None
                    time.sleep(6)  # in the middle of it
                    os.kill(process.pid, signal.SIGKILL)
            return process.wait()

    def night(self, number: int) -> dict[str, object]:
        """Looks at the data of a night as the schedule does, and returns what it remembers, and what is in production."""
        moment = FIRST_NIGHT + timedelta(days=number)
        records = self.root / "records"
        before = read_status(self.workspace)
        scheduler = Scheduler(
            workspace=self.workspace,
            fingerprint=lambda: choose(records, 1, 1).fingerprint(),
            run=self.run,
            stop=threading.Event(),
            retry=Retry(2, 0.1),
            now=lambda: moment,
        )
        status = scheduler.look(before, moment)
        ran = status.last is not None and status.last != before.last
        now = registry.production(self.workspace / "models")
        return {
            "code": status.last.exit_code if ran and status.last else None,
            "attempts": status.last.attempts if ran and status.last else 0,
            "version": now.number if now else None,
            "versions": sorted(path.name for path in (self.workspace / "models").glob("[0-9]*")),
        }


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    root = tmp_path_factory.mktemp("nights")
    (root / "workspace").mkdir()
    return Pipeline(root)


def test_ten_nights(pipeline: Pipeline):
    pushed: list[str] = []

    def judged(night: dict[str, object]) -> None:
        """A verdict on the model: pushed as a new version that is in production, or refused and production untouched."""
        assert night["code"] in (0, 3)
        if night["code"] == 0 and night["version"] != (int(pushed[-1]) if pushed else None):
            pushed.append(str(night["version"]))
        assert night["version"] == int(pushed[-1])
        assert night["versions"] == sorted(pushed)

    def untouched(night: dict[str, object], code: int | None) -> None:
        assert night["code"] == code
        assert night["version"] == int(pushed[-1])
        assert night["versions"] == sorted(pushed)

    arrive(pipeline.root, 1)
    first = pipeline.night(1)
    assert first["code"] == 0  # the first model beats doing nothing
    judged(first)
    untouched(pipeline.night(2), None)  # no new span
    arrive(pipeline.root, 3)
    judged(pipeline.night(3))
    arrive(pipeline.root, 4, shift=4)
    untouched(pipeline.night(4), 4)  # misaligned: refused before training
    untouched(pipeline.night(5), None)  # and not tried again
    arrive(pipeline.root, 6)
    judged(pipeline.night(6))
    arrive(pipeline.root, 7, dark=True)
    untouched(pipeline.night(7), 4)  # drifted
    arrive(pipeline.root, 8)
    pipeline.kill_in = "Trainer ..."
    killed = pipeline.night(8)
    assert pipeline.kill_in is None
    assert killed["attempts"] == 2  # killed in the middle, and gone on from its checkpoint
    judged(killed)
    untouched(pipeline.night(9), None)
    arrive(pipeline.root, 10)
    judged(pipeline.night(10))

    runs = [json.loads(path.read_text()) for path in sorted((pipeline.workspace / "reports").glob("*/run.json"))]
    assert [run["pushed_version"] for run in runs if run["verdict"] == "pushed"] == pushed  # one history, each once
    assert len(pushed) == len(set(pushed))
    assert sum(run["verdict"] == "data_refused" for run in runs) == 2
    assert len(list((pipeline.root / "records").glob("span-*"))) == 7  # nothing was lost
