"""Facts of all runs and the push destination become one history."""

import json

import pytest

from pipeline.report.overview.history import read_history
from pipeline.report.task_report import name_of_run
from tests.pipeline.report import samples
from tests.pipeline.report.overview.workspaces import add_run, add_version, story


@pytest.fixture
def told(tmp_path):
    runs = story(tmp_path)
    return runs, read_history(tmp_path / "reports")


def test_runs_come_in_order_with_their_gains_and_intervals(told):
    runs, history = told
    assert [run.name for run in history.runs] == list(runs.values())
    gain = history.runs[0].record.gain("psnr")
    assert (gain.value, gain.low, gain.high) == (3.0, 2.5, 3.5)
    assert history.runs[3].record.gain("psnr") is None


def test_neighbours_are_compared_by_configuration_data_and_code(told):
    _, history = told
    first, refused, second, data, damaged = history.runs
    assert first.changes is None
    assert refused.changes == ()
    assert [(change.kind, change.name, change.before, change.after) for change in second.changes] == [
        ("configuration", "train.steps", "100", "400"),
        ("data", "span", "2", "3"),
        ("data", "SHA-256", "3fd0c3", "77aa01"),
    ]
    assert [run.has_other_data for run in history.runs] == [False, False, True, False, False]
    assert data.changes == ()  # it did not reach the data: that is no change of the data
    assert damaged.changes is None


def test_data_that_a_failed_run_did_not_reach_are_those_known_before(tmp_path):
    add_run(tmp_path, "pushed", 0, 3.0)
    add_run(tmp_path, "failed", 1, data=None, code_version="")
    add_run(tmp_path, "pushed", 2, 3.0, data=None)
    add_run(tmp_path, "pushed", 3, 3.0)
    add_run(tmp_path, "failed", 4, data=None)
    add_run(tmp_path, "pushed", 5, 3.0, data=samples.source().model_copy(update={"span": 3}))
    *unchanged, changed = read_history(tmp_path / "reports").runs[1:]
    assert [run.changes for run in unchanged] == [(), (), (), ()]
    assert [(change.name, change.before, change.after) for change in changed.changes] == [("span", "2", "3")]


def test_production_has_pushes_and_rollbacks_with_the_gain_of_their_time(told):
    runs, history = told
    assert [(event.number, event.origin, event.run, event.restores) for event in history.events] == [
        (1, "run", runs["first"], None),
        (2, "run", runs["second"], None),
        (3, "rollback", runs["first"], 1),
    ]
    assert [event.gains["psnr"].value for event in history.events] == [3.0, 4.0, 3.0]
    assert [event.denial and event.denial.reason for event in history.events] == [None, "streaks in the sky", None]


def test_a_push_whose_folder_was_removed_is_known_from_its_run(tmp_path):
    name = add_run(tmp_path, "pushed", 0, 3.0, pushed_version="7")
    add_version(tmp_path, 9, 1)
    old, new = read_history(tmp_path / "reports").events
    assert (old.number, old.run, old.is_removed, old.gains["psnr"].value) == (7, name, True, 3.0)
    assert (new.number, new.is_removed, new.gains) == (9, False, {})


def test_the_push_destination_is_where_the_newest_run_pushed_to(tmp_path):
    add_version(tmp_path / "elsewhere", 5, 0)
    add_run(tmp_path, "pushed", 0, 3.0, model_dir=str(tmp_path / "elsewhere" / "models" / "5"))
    assert [event.number for event in read_history(tmp_path / "reports").events] == [5]
    (tmp_path / "elsewhere").rename(tmp_path / "moved")
    add_version(tmp_path, 6, 0)
    assert [event.number for event in read_history(tmp_path / "reports").events] == [6]


FACTS = "facts.json"
DAMAGES = {
    "cut": lambda text: text[: len(text) // 2],
    "empty": lambda _: "",
    "list": lambda _: "[]",
    "no verdict": lambda text: json.dumps({k: v for k, v in json.loads(text).items() if k != "verdict"}),
    "other verdict": lambda text: text.replace('"pushed"', '"applauded"'),
    "time without zone": lambda text: text.replace("20:00:00Z", "20:00:00"),
    "gain beyond every chart": lambda text: text.replace('"value": 3.0', '"value": 1e308'),
    "endless time": lambda text: text.replace('"seconds": 372.4', '"seconds": 1e400'),
    "deep": lambda _: "[" * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_facts_are_named_in_one_line_and_hide_no_other_run(tmp_path, damage):
    bad = add_run(tmp_path, "pushed", 0, 3.0)
    add_run(tmp_path, "refused", 1, 1.0)
    file = tmp_path / "reports" / bad / FACTS
    before = file.read_text()
    file.write_text(DAMAGES[damage](before))
    assert file.read_text() != before
    damaged, good = read_history(tmp_path / "reports").runs
    assert "facts.json is damaged, or of another version" in damaged.problem
    assert "\n" not in damaged.problem
    assert len(damaged.problem) < 300
    assert read_history(tmp_path / "reports").unreadable == (damaged,)
    assert good.record.verdict == "refused"
    assert good.changes is None


def test_facts_of_other_releases_are_read_as_far_as_they_go(tmp_path):
    name = add_run(tmp_path, "pushed", 0, 3.0)
    file = tmp_path / "reports" / name / FACTS
    facts = json.loads(file.read_text()) | {"of a later release": {"x": 1}}
    facts.pop("metrics")
    facts["data"]["of a later release"] = 1
    file.write_text(json.dumps(facts))
    (run,) = read_history(tmp_path / "reports").runs
    assert (run.record.gain("psnr").value, run.record.gain("psnr").low) == (pytest.approx(3.92), None)


def test_a_run_without_facts_is_going_or_was_killed(tmp_path):
    folder = tmp_path / "reports" / "20261122-200000"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("")
    history = read_history(tmp_path / "reports")
    (run,) = history.runs
    assert run.problem == "no facts yet: it is still going, or was killed"
    assert (run.has_facts, history.unreadable) == (False, ())


def test_a_damaged_version_leaves_what_the_runs_tell(tmp_path):
    add_run(tmp_path, "pushed", 0, 3.0, pushed_version="1")
    add_version(tmp_path, 1, 0, 3.0)
    (tmp_path / "models" / "1" / "version.json").write_text("{")
    (event,) = read_history(tmp_path / "reports").events
    assert (event.number, event.gains, event.when) == (1, {}, None)


def test_a_version_that_a_cluster_pushed_belongs_to_the_run_that_is_named_after_its_id(tmp_path):
    cluster_id = "7f9c2a30-1b1e-4c4f-9d43-0a6f4b7c5d21"
    names = [add_run(tmp_path, "pushed", hours, 3.0) for hours in (0, 1)]
    folder = tmp_path / "reports" / names[1]
    folder.rename(named := folder.with_name(name_of_run(cluster_id, 1_800_000_000)))
    add_version(tmp_path, 1, 1.5, 3.0, run_id=cluster_id)
    add_version(tmp_path, 2, 2.5, 3.0, run_id="7f9c2a31-another")
    assert [event.run for event in read_history(tmp_path / "reports").events] == [named.name, "7f9c2a31-another"]
