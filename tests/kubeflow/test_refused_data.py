"""What the dry run makes of a task that ended badly: refused data has an exit code of its own, and its verdicts a place."""

from components.pair_validator.judging.errors import DataRefusedError
from kubeflow.dry_run import TaskFailedError, _error_of
from kubeflow.launcher import TaskResult


def _ended(tmp_path, *lines):
    log = tmp_path / "PairValidator.txt"
    log.write_text("\n".join(lines))
    return TaskResult("PairValidator", 1, 2.0, log)


def test_refused_data_is_told_apart_and_its_verdicts_move_to_the_run(tmp_path):
    nameless, folder = tmp_path / "reports" / "unknown-run", tmp_path / "reports" / "20261127-030000"
    for place in (nameless, folder):
        place.mkdir(parents=True)
    (nameless / "verdicts.jsonl").write_text("{}\n")
    ended = _ended(tmp_path, "Traceback", "components.x.DataRefusedError: 9 of 9 pairs failed: a.png: shifted")
    error = _error_of(ended, tmp_path / "reports", folder)
    assert isinstance(error, DataRefusedError)
    assert error.reason == "9 of 9 pairs failed"
    assert error.verdicts == folder / "verdicts.jsonl"
    assert error.verdicts.read_text() == "{}\n"
    assert not nameless.exists()  # it would be taken for the newest run


def test_any_other_end_names_task_code_and_log(tmp_path):
    ended = _ended(tmp_path, "MemoryError")
    error = _error_of(ended, tmp_path / "reports", tmp_path)
    assert isinstance(error, TaskFailedError)
    assert str(error) == f"PairValidator ended with code 1; its log is {ended.log}"
