"""ML Metadata's file is removed, replaced by an older copy, or cut, while the artifacts of earlier runs are there."""

import os

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from data.errors import InputError
from pipeline.metadata_store.store import require_usable
from pipeline.metadata_store.unknown_artifacts import set_aside
from tests.pipeline.metadata_store.executions import new_metadata

_COMPLETE = mlmd.Execution.COMPLETE


def _artifacts(root, numbers):
    """Writes a file for each execution where TFX puts artifacts and its own files; returns their paths below the root."""
    names = [f"Trainer/{output}/{each}/file" for output in ("model", ".system/executor_execution") for each in numbers]
    for name in names:
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(name)
    return set(names)


def _files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("known", [0, 2, 3], ids=["removed", "older copy", "as it was"])
def test_artifacts_of_unknown_executions_are_moved_and_kept_and_no_others(tmp_path, known):
    root, folder, file = tmp_path / "pipeline", tmp_path / "unknown-artifacts", tmp_path / "metadata.sqlite"
    files = _artifacts(root, (1, 2, 3))
    (root / "Trainer" / "model" / "notes").mkdir()
    if known:
        new_metadata(file, *[_COMPLETE] * known)
    said = set_aside(file, root, folder)
    moved = {name for name in files if int(name.split("/")[-2]) > known}
    assert (said is None) == (not moved)
    if moved:
        assert str(file) in said
        assert f"{len(moved)} folders" in said
        assert str(folder) in said
        assert _files(folder) == moved
        assert all((folder / name).read_text() == name for name in moved)
    assert _files(root) == files - moved
    assert set_aside(file, root, folder) is None


def test_an_artifact_that_cannot_be_moved_is_named(tmp_path):
    _artifacts(tmp_path / "pipeline", (1,))
    (tmp_path / "unknown").write_text("a file in the way")
    with pytest.raises(InputError, match="does not know this artifact, and it cannot be moved"):
        set_aside(tmp_path / "absent", tmp_path / "pipeline", tmp_path / "unknown")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_file_that_was_cut_is_one_line_before_a_run_begins(tmp_path, share):
    file = new_metadata(tmp_path / "metadata.sqlite", *[_COMPLETE] * 300)
    require_usable(file, for_writing=True)
    os.truncate(file, int(file.stat().st_size * share))
    with pytest.raises(
        InputError, match="ML Metadata cannot read it .*; move it away, and the next run starts a new one"
    ):
        require_usable(file, for_writing=True)
