"""The dry run's view of a task that failed: refused data has an error of its own, and its verdicts move to the run's folder."""

from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.refusal import Refusal
from kubeflow.dry_run import TaskFailedError, _error_of, _execution
from kubeflow.launcher import TaskResult


def _failed(tmp_path):
    return TaskResult("PairValidator", 1, 2.0, tmp_path / "PairValidator.txt")


def test_refused_data_is_recognised_and_its_verdicts_move_to_the_run(tmp_path):
    unknown_run, folder = tmp_path / "unknown-run", tmp_path / "20261127-030000"
    for path in (unknown_run, folder):
        path.mkdir(parents=True)
    (unknown_run / "verdicts.jsonl").write_text("{}\n")
    refusal = Refusal("9 of 9 pairs failed: most are bad", "a.png: shifted")  # a colon in the reason splits nothing
    DataRefusedError(refusal, unknown_run / "verdicts.jsonl", ("severity: hail",)).save()
    error = _error_of([_failed(tmp_path)], unknown_run, folder)
    assert isinstance(error, DataRefusedError)
    assert (error.reason, error.details, error.anomalies) == (refusal.reason, refusal.details, ("severity: hail",))
    assert error.verdicts == folder / "verdicts.jsonl"
    assert error.verdicts.read_text() == "{}\n"
    assert not unknown_run.exists()  # it would be taken for the newest run


def test_any_other_failure_names_task_code_and_log(tmp_path):
    failed = _failed(tmp_path)
    error = _error_of([failed], tmp_path / "unknown-run", tmp_path)
    assert isinstance(error, TaskFailedError)
    assert str(error) == f"PairValidator ended with code 1; its log is {failed.log}"


def test_a_run_without_a_failed_task_has_no_error(tmp_path):
    ran = TaskResult("PairValidator", 0, 2.0, tmp_path / "PairValidator.txt")
    assert _error_of([ran], tmp_path / "unknown-run", tmp_path) is None


def test_the_run_report_gets_the_parameters_of_a_task(tmp_path):
    parameters = {"records_directory": "/mnt/records", "window": 1, "custom_config": {"nested": True}}
    ran = TaskResult("SpanWindow", 0, 2.0, tmp_path / "SpanWindow.txt", {}, parameters)
    assert _execution(ran).parameters == {"records_directory": "/mnt/records", "window": 1}
