"""ML Metadata's file while another process holds it."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from ml_metadata import errors

from data.errors import InputError
from pipeline.metadata_store import holders
from pipeline.metadata_store.store import MetadataHeldError, opened, require_usable
from pipeline.metadata_store.waiting import HolderWatch
from pipeline.report.collect.mlmd import read_run
from tests.pipeline.metadata_store.executions import new_metadata

_HOLD = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute(sys.argv[2])
database.execute("SELECT count(*) FROM Type").fetchone()
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def _held(file, how="BEGIN EXCLUSIVE"):
    address = "https://me:s3cret@host/hook"
    with subprocess.Popen([sys.executable, "-c", _HOLD, file, how, address], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def metadata(tmp_path_factory):
    return new_metadata(tmp_path_factory.mktemp("held") / "metadata.sqlite")


@pytest.mark.parametrize("how", ["BEGIN EXCLUSIVE", "BEGIN"])  # that of one who reads keeps writers out as well
def test_the_holder_of_the_file_is_named_within_the_time_limit(metadata, how):
    started = time.monotonic()
    with _held(metadata, how) as process, pytest.raises(InputError) as caught:
        require_usable(metadata, for_writing=True, wait_seconds=0.3)
    assert time.monotonic() - started < 5
    message = str(caught.value)
    assert message.startswith(f"{metadata}: process {process.pid} ({sys.executable} -c")
    assert "end that process" in message
    assert "s3cret" not in message


def test_readers_do_not_disturb_each_other_and_wait_for_a_writer_only_so_long(metadata, monkeypatch):
    with _held(metadata, "BEGIN"):
        assert read_run(metadata, "pipeline", "no such run") == {}
    monkeypatch.setattr(
        "pipeline.metadata_store.store.require_usable.__kwdefaults__", {"for_writing": False, "wait_seconds": 0.2}
    )
    with _held(metadata) as process, pytest.raises(InputError, match=f"process {process.pid} "):
        read_run(metadata, "pipeline", "no such run")


def test_without_a_list_of_locks_the_process_that_has_the_file_open_is_named(metadata, monkeypatch, tmp_path):
    monkeypatch.setattr(holders, "_LOCKS", tmp_path / "absent")
    with _held(metadata) as process:
        assert holders.lock_holders(metadata) == []
        assert f"process {process.pid} (" in holders.describe_holders(metadata)
    assert holders.describe_holders(metadata) == "another process"


def test_a_run_that_waits_says_for_whom_and_its_error_does_too(metadata):
    said = []
    watch = HolderWatch(metadata, said.append, limit=0.2, poll=0.1)
    with _held(metadata) as process, watch.running():
        while not said:
            time.sleep(0.05)
        time.sleep(0.5)
    assert len(said) == 1
    assert f"process {process.pid} (" in said[0]
    explained = watch.explained(errors.AbortedError("Concurrent writes aborted"))
    assert isinstance(explained, MetadataHeldError)
    assert str(explained) == said[0]
    other = ValueError("of a component")
    assert watch.explained(other) is other
    assert watch.explained(None) is None


def test_own_locks_are_nobody_elses(metadata):
    with opened(metadata) as store:
        store.get_executions()
        assert os.getpid() not in holders.lock_holders(metadata)


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 2000])
def test_a_file_that_is_no_database_is_one_line(tmp_path, content):
    file = tmp_path / "metadata.sqlite"
    file.write_bytes(content)
    with pytest.raises(InputError, match="ML Metadata cannot read it"):
        require_usable(file, for_writing=True)
