"""The dry run's view of a task that failed: refused data has an error of its own."""

from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.refusal import Refusal
from kubeflow.dry_run import TaskFailedError, _error_of
from kubeflow.launcher import RunFolder, TaskResult
from pipeline import exit_codes

ADDRESS = "minio://b/run/PairValidator/verdicts"


def _results(tmp_path, code):
    checked = TaskResult("PairValidator", 0, 2.0, tmp_path / "p.txt", {"verdicts": {"uri": ADDRESS}})
    return [checked, TaskResult("DataGate", code, 2.0, tmp_path / "DataGate.txt")]


def test_refused_data_is_recognised_by_code_and_verdicts(tmp_path):
    store = RunFolder("run-1", tmp_path).store
    verdicts = store.path(ADDRESS) / "verdicts.jsonl"
    verdicts.parent.mkdir(parents=True)
    refusal = Refusal("9 of 9 pairs failed: most are bad", "a.png: shifted")  # a colon in the reason splits nothing
    DataRefusedError(refusal, verdicts, ("severity: hail",)).save()
    error = _error_of(_results(tmp_path, exit_codes.DATA_REFUSED), store)
    assert isinstance(error, DataRefusedError)
    assert (error.reason, error.details, error.anomalies) == (refusal.reason, refusal.details, ("severity: hail",))
    assert error.verdicts == verdicts


def test_any_other_failure_names_task_code_and_log(tmp_path):
    error = _error_of(_results(tmp_path, 1), RunFolder("run-1", tmp_path).store)
    assert isinstance(error, TaskFailedError)
    assert str(error) == f"DataGate ended with code 1; its log is {tmp_path / 'DataGate.txt'}"
    assert _error_of(_results(tmp_path, 0), RunFolder("run-1", tmp_path).store) is None
