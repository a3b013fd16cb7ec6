"""ML Metadata's file is removed, replaced or cut while a run is going."""

import os

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata_store.lost import MetadataLostError, explained
from pipeline.report.collect.mlmd import read_run
from tests.pipeline.metadata_store.executions import new_metadata

LAUNCHED = ("SpanWindow", "Trainer")
ERROR = ValueError("not enough values to unpack (expected 1, got 0)")


@pytest.fixture
def file(tmp_path):
    """A file that knows the run's Trainer alone: the one that TFX makes in place of a removed one."""
    return new_metadata(tmp_path / "metadata.sqlite", *[mlmd.Execution.RUNNING] * 200)


@pytest.mark.parametrize("error", [ERROR, None])
def test_a_file_that_was_replaced_is_the_reason(file, error):
    found = explained(file, LAUNCHED, read_run(file, "pipeline", "killed"), error)
    assert isinstance(found, MetadataLostError)
    assert str(found).startswith(f"{file}: was removed or replaced while the run was going")
    assert "run it again" in str(found)


def test_a_file_that_is_gone_is_the_reason(tmp_path):
    assert isinstance(explained(tmp_path / "absent", LAUNCHED, {}, ERROR), MetadataLostError)


def test_a_file_that_was_cut_is_the_reason(file):
    os.truncate(file, file.stat().st_size // 2)
    found = explained(file, LAUNCHED, {}, ERROR)
    assert isinstance(found, MetadataLostError)
    assert "ML Metadata cannot read it" in str(found)


def test_an_error_that_has_another_reason_stays(file):
    assert explained(file, LAUNCHED, LAUNCHED, ERROR) is ERROR
    assert explained(file, LAUNCHED, LAUNCHED, None) is None
    assert explained(file, LAUNCHED[:1], (), ERROR) is ERROR  # it failed before it was recorded
    assert explained(file, (), (), ERROR) is ERROR
