"""Data that no model could pass the gate with is refused before anything is trained on it."""

import pytest
from click.testing import CliRunner
from rich.console import Console

from data.errors import InputError
from pipeline.commands.data.convert import convert
from pipeline.config import load
from pipeline.local.records_source import prepare_records
from tests.data.drawing import write_pairs


@pytest.fixture
def records(tmp_path):
    """Six scenes, of which one is for evaluation."""
    write_pairs(tmp_path / "set", 6)
    done = CliRunner().invoke(
        convert, [str(tmp_path / "set"), str(tmp_path / "records"), "--layout", "same-name"], catch_exceptions=False
    )
    assert "1 scene for evaluation; the gate needs 3" in done.output
    return tmp_path / "records"


def test_too_few_scenes_for_the_gate_end_a_run_at_once(records, tmp_path):
    config = load(None, (f"data.records={records}", f"workspace={tmp_path / 'work'}"))

    with pytest.raises(InputError, match=r"1 scene for evaluation, and the gate needs 3 .*--shares"):
        prepare_records(config, Console(quiet=True))


def test_a_gate_that_asks_for_no_more_lets_them_pass(records):
    prepare_records(load(None, (f"data.records={records}", "gate.min_scenes=1")), Console(quiet=True))


def test_a_deleted_record_file_ends_a_run_at_once(records):
    next(records.glob("span-1/train-*.tfrecord")).unlink()

    with pytest.raises(InputError, match="train-00000-of-00001.tfrecord: is missing"):
        prepare_records(load(None, (f"data.records={records}", "gate.min_scenes=1")), Console(quiet=True))
