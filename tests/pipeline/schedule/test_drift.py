"""The decisions of a schedule that watches drift, with a simulated clock, simulated comparisons and simulated runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.errors import InputError
from pipeline import exit_codes
from pipeline.schedule.drift import DriftWatch
from pipeline.schedule.drift_reading import DriftReading, NotJudgedError, reading_of, require_log
from pipeline.schedule.scheduler import Retry
from pipeline.schedule.status import read_status
from pipeline.schedule.triggers import Cron
from tests.pipeline.schedule.test_scheduler import NIGHT, Twice, World

HOURS = 24


class Drifting(World):
    """A world with requests: `ratio` is their distance by its threshold, None where they are too few."""

    def __init__(self, workspace, ratio=2.0, codes=(0,), **options):
        watch = DriftWatch(self.read, timedelta(minutes=15), timedelta(hours=HOURS))
        super().__init__(workspace, codes, drift=watch, **options)
        self.ratio, self.readings = ratio, 0

    def read(self):
        self.readings += 1
        if self.ratio is None:
            raise NotJudgedError(f"{self.readings} images, too few")
        return DriftReading(f"input_mean {self.ratio * 0.3:.2f} (threshold 0.30)", self.ratio)

    def check_drift(self, hours=0.0):
        self.time += timedelta(hours=hours)
        status = self.scheduler().check_drift(read_status(self.workspace), self.time)
        assert read_status(self.workspace) == status
        return status


def judged_world(tmp_path, **options):
    """Returns a world whose first records have had their run, by the clock and not by drift."""
    world = Drifting(tmp_path, **options)
    world.check()
    assert (len(world.runs), world.readings) == (1, 0)
    return world


def test_drift_with_new_records_starts_one_run_with_its_reason(tmp_path):
    world = judged_world(tmp_path)
    world.data = "span 2"
    status = world.check_drift()
    assert world.reasons[1:] == ["drift of the requests: input_mean 0.60 (threshold 0.30)"]
    assert (status.last.reason, status.last.exit_code) == (world.reasons[1], 0)
    assert (status.drift.decision, status.data, status.drift.data) == ("run", "span 2", "span 2")
    assert status.handled == NIGHT, "the times of --cron go on as if drift had started nothing"


def test_drift_without_new_records_waits_for_them_and_says_so_once(tmp_path, caplog):
    world = judged_world(tmp_path)
    with caplog.at_level("INFO", "schedule"):
        for _ in range(3):
            status = world.check_drift(1)
    assert len(world.runs) == 1
    assert status.drift.decision == "no new records"
    assert caplog.text.count("no run before new records") == 1
    world.data = "span 2"
    assert world.check_drift(1).drift.decision == "run"


def test_records_that_a_run_outside_of_the_schedule_judged_are_not_new(tmp_path):
    world = Drifting(tmp_path, judged={"span 1": "20261127-010000"}.get)
    assert "run 20261127-010000 judged these" in world.check_drift().drift.finding
    assert world.runs == []


def test_after_a_run_drift_starts_none_before_the_cool_down_is_over(tmp_path):
    world = judged_world(tmp_path)
    world.data = "span 2"
    world.check_drift()
    world.data = "span 3"
    assert world.check_drift(HOURS - 0.1).drift.decision == "cool-down"
    assert len(world.runs) == 2
    assert world.check_drift(0.2).drift.decision == "run"
    assert [data for _, data in world.runs] == ["span 1", "span 2", "span 3"]


def test_always_runs_on_the_same_records_once_in_a_drift(tmp_path):
    world = judged_world(tmp_path, should_always_run=True)
    world.check_drift()
    for _ in range(5):
        status = world.check_drift(HOURS + 1)
    assert (len(world.runs), status.drift.decision) == (2, "no new records")
    assert "this drift has had its run" in status.drift.finding
    world.ratio = 0.9  # wavers below the threshold: the same drift
    assert world.check_drift(HOURS).drift.since is not None
    world.ratio = 2
    world.check_drift(HOURS)
    assert len(world.runs) == 2
    world.ratio = 0.8  # over
    assert world.check_drift(HOURS).drift.since is None
    world.ratio = 2  # another one
    world.check_drift(HOURS)
    assert len(world.runs) == 3


@pytest.mark.parametrize(("ratio", "decision"), [(None, "not judged"), (1.0, "no drift"), (0.1, "no drift")])
def test_without_drift_there_is_no_run(tmp_path, ratio, decision, caplog):
    world = Drifting(tmp_path, ratio)
    with caplog.at_level("INFO", "schedule"):
        for _ in range(3):
            status = world.check_drift(1)
    assert (status.drift.decision, world.runs, len(caplog.records)) == (decision, [], 1)


def test_a_crashed_run_is_retried_and_then_left_until_the_records_change(tmp_path):
    world = judged_world(tmp_path, retry=Retry(1, 60))
    world.data, world.codes = "span 2", [1]
    last = world.check_drift().last
    assert (last.attempts, last.exit_code) == (2, 1)
    assert "every attempt on these crashed" in world.check_drift(HOURS + 1).drift.finding
    assert len(world.runs) == 3
    world.data, world.codes = "span 3", [3]
    assert world.check_drift().last.exit_code == exit_codes.MODEL_REFUSED


def test_a_stopped_run_is_repeated_and_begins_no_cool_down(tmp_path):
    world = judged_world(tmp_path, retry=Retry(0))
    world.data, world.codes = "span 2", [-15]
    world.is_set = lambda: len(world.runs) == 2
    status = world.check_drift()
    assert (status.last.exit_code, status.drift.run_ended) == (exit_codes.INTERRUPTED, None)
    world.is_set, world.codes = lambda: False, [0]
    assert world.check_drift().drift.decision == "run"


def test_a_stopped_comparison_leaves_the_status_as_it_was(tmp_path):
    world = Drifting(tmp_path, None)
    world.is_set = lambda: True
    before = read_status(tmp_path)
    assert world.scheduler().check_drift(before, NIGHT) == before


def test_missing_records_are_waited_for(tmp_path):
    world = Drifting(tmp_path)
    world.data = None
    assert "holds no span-N/" in world.check_drift().drift.finding
    world.data = "span 1"
    assert world.check_drift().drift.decision == "run"


def test_once_with_drift_runs_only_if_there_is_drift_and_returns_the_code(tmp_path):
    world = Drifting(tmp_path, 0.5, [3])
    assert world.scheduler().once(1) == 0
    assert world.runs == []
    world.ratio = 2
    assert world.scheduler().once(1) == 3
    assert world.scheduler().once(1) == 0


def test_cron_and_drift_take_turns_and_a_time_that_passes_during_a_comparison_is_caught_up(tmp_path):
    """The first comparison lasts over the first time of --cron, as a run that drift started may."""
    world = Drifting(tmp_path, 0.5)
    world.time = NIGHT - timedelta(seconds=10)
    read = world.read

    def slow():
        world.time += timedelta(seconds=20)
        return read()

    watch = DriftWatch(slow, timedelta(minutes=15), timedelta(hours=HOURS))
    world.options["drift"] = watch
    world.stop = Twice(world, 12)
    world.scheduler().serve(Cron.parse("0 3 * * *", "UTC"), 1)
    assert [(data, time.hour, time.minute) for time, data in world.runs] == [("span 1", 3, 0)]
    assert world.readings > 1


def test_drift_alone_compares_at_its_interval(tmp_path):
    world = Drifting(tmp_path, 0.5)
    world.stop = Twice(world, 8)
    world.scheduler().serve(None, 1)
    assert world.readings >= 3
    assert sum(world.waits) == 900 * (world.readings - 1)
    assert world.runs == []


def test_a_wrong_clock_does_not_silence_the_watch(tmp_path):
    world = Drifting(tmp_path)
    world.time += timedelta(days=4000)
    world.check_drift()
    world.time, world.data = NIGHT, "span 2"
    status = read_status(tmp_path)
    assert world.options["drift"].next_check(status.drift, NIGHT) <= NIGHT + timedelta(minutes=15)
    until = world.options["drift"].cools_until(status.drift, NIGHT)
    assert until == NIGHT + timedelta(hours=HOURS)


def test_a_reading_names_the_measurement_that_is_furthest_beyond_its_threshold(tmp_path):
    file = tmp_path / "drift.json"
    file.write_text(
        '{"images": 412, "against": "span 10", "features": ['
        '{"feature": "input_height", "distance": 0.9, "threshold": 1.0}, '
        '{"feature": "input_range", "distance": null, "threshold": 0.1}, '
        '{"feature": "input_mean", "distance": 0.42, "threshold": 0.3}]}'
    )
    reading = reading_of(file)
    assert reading.sentence == "input_mean 0.42 (threshold 0.30) in 412 requests, against span 10"
    assert reading.has_drifted
    file.write_text('{"images": 1, "against": "span 1", "features": []}')
    with pytest.raises(NotJudgedError, match="no measurement"):
        reading_of(file)


def test_a_folder_that_is_missing_is_reported_at_the_start(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        require_log(tmp_path / "nowhere")
