"""How the wall time of a run is split."""

from datetime import datetime, timezone

import pytest

from pipeline.benchmarks.run_overhead import overhead_of
from pipeline.report.facts.component_timing import ComponentTiming
from pipeline.report.facts.run_facts import RunFacts
from pipeline.report.facts.training_facts import TrainingHistory

BEGIN = 1_700_000_000.0


def facts(history=None):
    return RunFacts(
        run_id="run",
        started=datetime.fromtimestamp(BEGIN + 12, tz=timezone.utc),
        seconds=100.0,
        verdict="pushed",
        sentence="The model was pushed.",
        history=history,
        components=(
            ComponentTiming(name="StatisticsGen", seconds=6.5, state="ran"),
            ComponentTiming(name="Trainer", seconds=80.0, state="ran"),
            ComponentTiming(name="Pusher", state="not reached"),
        ),
    )


def test_the_parts_add_up_to_the_wall_time():
    overhead = overhead_of(facts(TrainingHistory(seconds=70.0)), BEGIN, wall=115.0, processor=150.0)
    assert overhead.start_up == pytest.approx(12)
    assert overhead.between == pytest.approx(13.5)
    assert overhead.closing == pytest.approx(3)
    assert overhead.components == {"StatisticsGen": 6.5, "Trainer": 80.0, "Pusher": 0.0}
    assert sum(overhead.components.values()) + overhead.outside_components == pytest.approx(overhead.wall)
    assert overhead.beside_training == pytest.approx(45)


def test_a_run_that_trained_nothing_is_all_overhead():
    assert overhead_of(facts(), BEGIN, wall=115.0, processor=150.0).beside_training == pytest.approx(115)


def test_the_table_has_every_component_and_the_sums():
    names = [name for name, _ in overhead_of(facts(), BEGIN, wall=115.0, processor=150.0).rows()]
    assert names[:3] == ["StatisticsGen", "Trainer", "Pusher"]
    assert names[-1] == "beside training"
    assert ("processor time, training included", 150.0) in overhead_of(facts(), BEGIN, 115.0, 150.0).rows()
