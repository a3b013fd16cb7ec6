"""The first steps of a run."""

from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.config import load
from pipeline.local.run_setup import (
    locked_workspace,
    new_run_id,
    require_writable,
    require_writable_destination,
    write_config,
)
from pipeline.run import run


def test_a_workspace_admits_one_run_at_a_time_and_the_next_after_it(tmp_path):
    with locked_workspace(tmp_path), pytest.raises(InputError, match="another run is using"):
        locked_workspace(tmp_path).__enter__()
    with locked_workspace(tmp_path):
        pass


def test_a_run_that_fails_releases_the_workspace(tmp_path):
    with pytest.raises(ZeroDivisionError), locked_workspace(tmp_path):
        _ = 1 // 0
    with locked_workspace(tmp_path):
        pass


def test_run_ids_differ_and_sort_by_time(tmp_path):
    ids = []
    for _ in range(2):
        ids.append(new_run_id(tmp_path))
        (tmp_path / ids[-1]).mkdir()
    assert ids[0] < ids[1]


def test_a_workspace_that_cannot_be_written_is_an_error_with_its_path(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError, match=f"{file}: the workspace cannot be written"):
        require_writable(file)
    require_writable(tmp_path / "new" / "workspace")
    assert list((tmp_path / "new" / "workspace").iterdir()) == []


def test_a_push_destination_that_cannot_be_written_is_refused_before_anything_runs(tmp_path):
    require_writable_destination(tmp_path / "new" / "models")
    assert list(tmp_path.iterdir()) == []
    file = tmp_path / "file"
    file.touch()
    # /proc admits no file of root's either.
    for destination, existing in ((file, file), (file / "models", file), (Path("/proc/models"), "/proc")):
        with pytest.raises(InputError, match=f"{destination}: no model could be pushed there, since {existing} cannot"):
            require_writable_destination(destination)


def test_a_run_looks_at_its_push_destination_first(tmp_path):
    with pytest.raises(InputError, match="no model could be pushed"):
        run(load(None, (f"workspace={tmp_path}", "push_directory=/proc/models")))


def test_the_written_configuration_reads_back_as_itself(tmp_path):
    config = load(None, (f"workspace={tmp_path}",))
    write_config(config, tmp_path / "run")
    (file,) = (tmp_path / "run").iterdir()
    assert load(file) == config
