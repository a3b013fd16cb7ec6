"""`ast-restore du` and `clean`: what lies in a workspace, and that nothing goes that a run or a server needs."""

import json

import pytest
from click.testing import CliRunner
from filelock import FileLock

from data.errors import InputError
from pipeline.commands.cli import cli
from pipeline.disk_use import kinds
from pipeline.disk_use.contents import contents, disk_bytes
from tests.pipeline.disk_use.workspaces import LAST, OLD, Workspace, three_runs

DEFAULT_KINDS = ("old-artifacts", "old-records", "log")


@pytest.fixture
def workspace(tmp_path):
    return three_runs(tmp_path / "w")


def _call(command, workspace, *arguments, answer=None):
    arguments = [command, *arguments, "--workspace", str(workspace.folder)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False, input=answer)
    return done.output


def _names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _paths(workspace):
    return {
        part.kind.name: {path.relative_to(workspace.folder) for path in part.paths}
        for part in contents(workspace.folder)
    }


def test_everything_has_a_kind_and_what_the_last_runs_use_is_told_from_what_earlier_ones_left(workspace):
    paths = {kind: {str(path) for path in found} for kind, found in _paths(workspace).items()}
    assert paths["old-artifacts"] == {"pipeline/SpanWindow/model/1", "pipeline/Gate/model/7"}
    # 2 is the first run's, and the last judged run reuses it; 3 is that of the killed run, whose report is made from it.
    in_use = {("SpanWindow", 3), ("SpanWindow", 4), ("SpanWindow", 6), ("Trainer", 2), ("Gate", 5)}
    assert paths["artifacts"] == {f"pipeline/{component}/model/{number}" for component, number in in_use}
    assert paths["old-records"] == {f"records/{OLD}"}
    assert paths["records"] == {f"records/{LAST}"}
    assert paths["checkpoints"] == {"checkpoints/ab12"}
    assert paths["kubeflow"] == {"kubeflow"}
    assert paths["other"] == {"mine.txt"}
    assert set(paths) == {kind.name for kind in kinds.KINDS}


def test_sizes_are_those_of_the_disk_and_a_file_of_two_names_counts_once(tmp_path):
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "a").write_bytes(b"x" * 40_000)
    once = disk_bytes([folder])
    assert 40_000 <= once < 60_000
    (folder / "b").hardlink_to(folder / "a")
    (folder / "c").symlink_to(folder / "a")
    assert disk_bytes([folder]) < once + 20_000


def test_du_names_each_kind_its_size_and_the_cost_and_changes_nothing(workspace):
    before = _names(workspace.folder)
    lines = " ".join(_call("du", workspace).split())
    assert (
        "KiB old-artifacts what earlier runs computed. Can be removed (`ast-restore clean`): a run on the data" in lines
    )
    assert "`ast-restore clean checkpoints`" in lines
    assert f"in {workspace.folder}, of which" in lines.replace("\n", "")
    assert _names(workspace.folder) == before


def test_du_as_json_has_the_same_kinds_and_sizes(workspace):
    printed = json.loads(_call("du", workspace, "--json"))
    parts = contents(workspace.folder)
    assert printed["workspace"] == str(workspace.folder)
    assert printed["bytes"] == sum(part.bytes for part in parts) == sum(each["bytes"] for each in printed["kinds"])
    assert [each["kind"] for each in printed["kinds"]] == [part.kind.name for part in parts]
    by_kind = {each["kind"]: each for each in printed["kinds"]}
    assert by_kind["models"]["cost"] is None
    assert (by_kind["old-artifacts"]["entries"], by_kind["old-artifacts"]["must_be_named"]) == (2, False)
    assert by_kind["checkpoints"]["must_be_named"]


def test_clean_says_what_goes_and_removes_exactly_that(workspace):
    before = set(_names(workspace.folder))
    output = _call("clean", workspace, "--yes")
    assert [line.partition(":")[0] for line in output.splitlines()[:3]] == list(DEFAULT_KINDS)
    assert output.splitlines()[0].startswith("old-artifacts: 2 entries, ")
    assert output.splitlines()[-1].startswith("removed ")
    gone = before - set(_names(workspace.folder)) - {".run.lock"}
    roots = {"pipeline/SpanWindow/model/1", "pipeline/Gate/model/7", f"records/{OLD}", "subprocesses.log"}
    assert {name for name in gone if not any(name.startswith(f"{root}/") for root in roots)} == roots
    assert _call("clean", workspace, "--yes").splitlines()[-1] == "nothing to remove"


def test_a_dry_run_lists_the_same_and_removes_nothing_not_even_a_lock(workspace):
    before = _names(workspace.folder)
    dry = _call("clean", workspace, "--dry-run").splitlines()
    assert dry[-1].endswith("would be free; nothing was removed")
    assert _names(workspace.folder) == before
    assert _call("clean", workspace, "--yes").splitlines()[:3] == dry[:3]


def test_nothing_goes_without_a_yes(workspace):
    before = _names(workspace.folder)
    for answer in ("n\n", ""):  # no, and nobody there
        assert _call("clean", workspace, answer=answer).splitlines()[-1] == "nothing was removed; --yes does not ask"
    assert [name for name in _names(workspace.folder) if name != ".run.lock"] == before
    assert _call("clean", workspace, answer="y\n").splitlines()[-1].startswith("removed ")


def test_what_may_cost_hours_goes_only_where_it_is_named(workspace):
    assert _call("clean", workspace, "checkpoints", "--yes").startswith("checkpoints: 1 entry, ")
    paths = _paths(workspace)
    assert "checkpoints" not in paths
    assert {"searches", "old-artifacts", "log"} <= set(paths)


def test_nothing_goes_while_a_run_uses_the_workspace(workspace):
    before = _names(workspace.folder)
    with FileLock(workspace.folder / ".run.lock"), pytest.raises(InputError, match="another run is using"):
        _call("clean", workspace, "--yes")
    assert [name for name in _names(workspace.folder) if name != ".run.lock"] == before


def test_a_production_folder_stays_wherever_a_run_was_told_to_push(workspace):
    inside = workspace.artifact("Exported", 9)
    workspace.add_run("20261105-000000", LAST, {"SpanWindow": 4}, "pushed", push_directory=inside / "models")
    (inside / "models" / "1").mkdir(parents=True)
    assert "old-artifacts" in _paths(workspace)
    _call("clean", workspace, "--yes")
    assert (inside / "models" / "1").is_dir()
    assert (workspace.folder / "models" / "1" / "saved_model.pb").is_file()


@pytest.mark.parametrize("lost", ["metadata/metadata.sqlite", "reports"])
def test_where_it_is_not_known_what_the_last_run_uses_every_artifact_stays(workspace, lost):
    (workspace.folder / lost).rename(workspace.folder / "mine")
    paths = _paths(workspace)
    assert not {"old-artifacts", "old-records"} & set(paths)
    assert "log" in paths


def test_before_a_first_verdict_every_artifact_stays(tmp_path):
    workspace = Workspace(tmp_path / "w")
    workspace.add_run("20261101-000000", LAST, {"SpanWindow": 1}, "failed")
    workspace.artifact("SpanWindow", 2).mkdir()
    assert "old-artifacts" not in _paths(workspace)


def test_what_a_killed_clean_left_half_removed_goes(workspace):
    half = workspace.artifact("SpanWindow", 1).with_name(".partial-1-99")
    workspace.artifact("SpanWindow", 1).rename(half)
    _call("clean", workspace, "--yes")
    assert not half.exists()


def test_a_folder_that_is_no_workspace_is_refused(tmp_path):
    for command in ("du", "clean"):
        with pytest.raises(InputError, match="no workspace"):
            CliRunner().invoke(
                cli, [command, "--workspace", str(tmp_path)], catch_exceptions=False, standalone_mode=False
            )
    assert not list(tmp_path.iterdir())
