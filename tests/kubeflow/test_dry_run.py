"""The dry run of the whole compiled pipeline where a task of it dies."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.conftest import TINY


def _call(command, *words, workspace, settings=()):
    sets = (f"workspace={workspace}", *settings)
    return command("ast-restore", *words, "--config", TINY, *(word for text in sets for word in ("--set", text)))


def _last(workspace):
    return json.loads((max((workspace / "reports").iterdir()) / "run.json").read_text())


@pytest.mark.slow
def test_a_task_that_dies_is_told_with_the_end_of_its_log(command, tmp_path):
    """The first task that reads the records finds a file that ends in the middle of one."""
    made = command("ast-restore", "data", "synthesize", tmp_path / "records", "--crops", "1")
    assert made.returncode == 0, made.stderr
    shard = next((tmp_path / "records" / "span-1").glob("train-*.tfrecord"))
    shard.write_bytes(shard.read_bytes()[:-100])
    settings = [f"data.records={tmp_path / 'records'}"]
    done = _call(command, "kubeflow", "dry-run", workspace=tmp_path / "w", settings=settings)
    assert done.returncode == 1, done.stdout + done.stderr
    told = done.stdout + done.stderr
    assert "SpanWindow failed; the end of" in told
    assert "logs/SpanWindow.txt" in told
    assert _last(tmp_path / "w")["verdict"] == "failed"
    assert not (tmp_path / "w" / "models").exists()
