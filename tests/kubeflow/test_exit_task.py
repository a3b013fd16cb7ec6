"""The exit task: however a run ends, its hooks get one message."""

import json
import subprocess
import sys

import pytest
import yaml

from data.errors import InputError
from kubeflow import spec as specs
from kubeflow.compile import compile_pipeline
from kubeflow.launcher import RunFolder, execute, ordered
from kubeflow.notes import RUN_ID_PARAMETER, TASK_OPTION, WORKSPACE_OPTION, Note, RunNotes
from kubeflow.notify import main
from kubeflow.task import INVOCATION, for_tfx, run_noted
from pipeline import exit_codes
from pipeline.config import load
from tests.kubeflow.test_compile import CLUSTER, IMAGE, ROOT
from tests.kubeflow.test_launcher import COPY, DIAMOND, DIE, _spec

HOOKS = "notify: {webhook_variable: WEBHOOK}\n"
RUN = "0b5f7a1c-aaaa-4bbb-8ccc-123456789abc"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "cluster.yaml").write_text(CLUSTER + HOOKS)
    compile_pipeline(load(folder / "cluster.yaml"), folder / "pipeline.yaml", IMAGE, ROOT)
    return list(yaml.safe_load_all((folder / "pipeline.yaml").read_text()))


def _constant(task, name):
    return task["inputs"]["parameters"][name]["runtimeValue"]["constant"]


def test_it_has_the_form_of_kubeflows_exit_handler(compiled):
    spec, platform = compiled
    tasks = spec["root"]["dag"]["tasks"]
    assert tasks.keys() == {"exit-handler-1", "Notify"}
    assert tasks["Notify"]["dependentTasks"] == ["exit-handler-1"]
    assert tasks["Notify"]["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert "cachingOptions" not in tasks["Notify"]
    assert _constant(tasks["Notify"], RUN_ID_PARAMETER) == specs.RUN_ID
    body = spec["components"][tasks["exit-handler-1"]["componentRef"]["name"]]
    assert {"SpanWindow", "Trainer", "RunReport"} <= body["dag"]["tasks"].keys()
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors.keys() == spec["deploymentSpec"]["executors"].keys()
    label = specs.executor_label(spec, "Notify")
    assert executors[label]["secretAsEnv"][0]["keyToEnv"] == [{"secretKey": "url", "envVar": "WEBHOOK"}]
    assert spec["deploymentSpec"]["executors"][label]["container"]["image"] == IMAGE
    assert "final" not in json.dumps(spec), "backends before 2.14 refuse a task's final status"


def test_every_other_task_leaves_notes_and_only_the_exit_task_notifies(compiled):
    spec, _ = compiled
    for name, task in specs.body_tasks(spec).items():
        words = spec["deploymentSpec"]["executors"][specs.executor_label(spec, name)]["container"]["args"]
        assert words[-4:] == [WORKSPACE_OPTION, "/mnt/ast/workspace", TASK_OPTION, name]
        assert _constant(task, RUN_ID_PARAMETER) == specs.RUN_ID
    assert {_constant(specs.body_tasks(spec)[name], "hooks") for name in ("DataReport", "RunReport")} == {0}
    assert ordered(spec)[-1] == "Notify"


def test_without_a_volume_the_reports_notify_and_there_is_no_exit_task(tmp_path):
    config = load(None, (f"workspace={tmp_path}", f"data.records={tmp_path}", "notify.webhook_variable=WEBHOOK"))
    compile_pipeline(config, tmp_path / "pipeline.yaml", IMAGE, ROOT)
    spec = next(yaml.safe_load_all((tmp_path / "pipeline.yaml").read_text()))
    assert not specs.exit_tasks(spec)
    assert {_constant(specs.body_tasks(spec)[name], "hooks") for name in ("DataReport", "RunReport")} == {1}


def test_the_exit_task_runs_after_a_task_that_died_with_the_secrets_of_a_cluster(tmp_path):
    spec = _spec(DIAMOND, {"b": DIE})
    tell = COPY.splitlines()[1] + f"\npathlib.Path({str(tmp_path / 'told')!r}).write_text(os.environ['WEBHOOK'])"
    exit_spec = _spec({"x": ""}, {"x": tell})
    spec["components"] |= exit_spec["components"] | {"comp-body": {"dag": {"tasks": spec["root"]["dag"]["tasks"]}}}
    spec["deploymentSpec"]["executors"] |= exit_spec["deploymentSpec"]["executors"]
    del spec["components"]["x"]["outputDefinitions"]
    last = {**exit_spec["root"]["dag"]["tasks"]["x"], "dependentTasks": ["body"]}
    last["triggerPolicy"] = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    spec["root"]["dag"]["tasks"] = {"body": {"componentRef": {"name": "comp-body"}}, "x": last}
    results = list(execute(spec, RunFolder("run-1", tmp_path, secrets={"WEBHOOK": "w"}), 1))
    assert [(result.name, result.code) for result in results] == [("a", 0), ("b", 7), ("x", 0)]
    assert (tmp_path / "told").read_text() == "w"


def _arguments(workspace, task):
    given = {"inputs": {"parameterValues": {RUN_ID_PARAMETER: RUN}}, "outputs": {"outputFile": str(workspace / "out")}}
    return [WORKSPACE_OPTION, str(workspace), TASK_OPTION, task, INVOCATION, json.dumps(given)]


def _fails(error):
    def execute(_):
        raise error

    return execute


def test_a_task_notes_its_error_and_a_later_attempt_that_ends_well_removes_the_note(tmp_path):
    notes = RunNotes.of(tmp_path, RUN)
    code = run_noted(_arguments(tmp_path, "Trainer"), _fails(OSError("no\nspace")), tmp_path / "absent")
    assert code == exit_codes.FAILED
    (note,) = notes.remaining()
    assert note.sentence == "Trainer: OSError: no space"
    assert "Traceback" in note.log
    (tmp_path / "out").write_text("{}")
    assert run_noted(_arguments(tmp_path, "Trainer"), lambda _: 0, tmp_path / "absent") == 0
    assert notes.remaining() == ()
    assert notes.started() is not None


def test_tfx_sees_neither_the_options_nor_the_parameter_of_the_notes(tmp_path):
    seen = []
    run_noted(_arguments(tmp_path, "Trainer"), lambda arguments: seen.extend(arguments) or 1, tmp_path / "absent")
    assert seen[0] == INVOCATION
    assert RUN_ID_PARAMETER not in str(seen)
    assert for_tfx({"inputs": {"parameterValues": {RUN_ID_PARAMETER: RUN}}}, {})["inputs"]["parameterValues"] == {}


def test_a_task_that_is_killed_leaves_a_note_without_an_error(tmp_path):
    code = "import os, signal, sys; from kubeflow.task import run_noted; "
    code += "run_noted(sys.argv[1:], lambda _: os.kill(os.getpid(), signal.SIGKILL))"
    done = subprocess.run([sys.executable, "-c", code, *_arguments(tmp_path, "Trainer")], check=False)
    assert done.returncode == -9
    assert RunNotes.of(tmp_path, RUN).remaining() == (Note("Trainer"),)


def test_an_id_that_is_a_path_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not the id of a run"):
        RunNotes.of(tmp_path, "../../etc")


def test_a_backend_that_does_not_fill_in_the_runs_id_ends_each_task_in_one_line(tmp_path):
    """Before 2.5: the cache would take every run for the same one, and all of them would write the same notes."""
    message = tmp_path / "termination-log"
    message.touch()
    words = [word.replace(RUN, specs.RUN_ID) for word in _arguments(tmp_path, "Trainer")]
    assert run_noted(words, _fails(AssertionError("it was executed")), message) == exit_codes.FAILED
    assert message.read_text() == (
        f"InputError: {RUN_ID_PARAMETER}: this Kubeflow has not filled in {specs.RUN_ID}; "
        "the pipeline needs Kubeflow Pipelines 2.5 or later"
    )
    assert not (tmp_path / "kubeflow").exists()
    with pytest.raises(InputError, match="needs Kubeflow Pipelines 2.5"):
        main(json.dumps({"inputs": {"parameterValues": {"config": "", RUN_ID_PARAMETER: specs.RUN_ID}}}))


def _notify(workspace, *settings):
    """Runs the exit task as its container does."""
    config = load(None, (f"workspace={workspace}", "notify.webhook_variable=WEBHOOK", *settings))
    main(json.dumps({"inputs": {"parameterValues": {"config": config.to_yaml(), RUN_ID_PARAMETER: RUN}}}))


def test_a_crash_is_told_once_however_often_the_exit_task_is_tried(tmp_path, messages, monkeypatch):
    monkeypatch.setenv("WEBHOOK", messages.url)
    notes = RunNotes.of(tmp_path, RUN)
    notes.begin("Evaluator")
    notes.begin("Trainer")
    notes.fail("Trainer", "ResourceExhaustedError: out of memory", "Traceback: in the trainer")
    for _ in range(3):
        _notify(tmp_path)
    (message,) = messages.got
    assert message["verdict"] == "failed"
    assert "Trainer: ResourceExhaustedError: out of memory" in message["sentence"]
    assert "Evaluator: it left no error; its container was killed" in message["sentence"]
    folder = tmp_path / "reports" / message["run_id"]
    assert message["run_id"].endswith(RUN[:8])
    assert "in the trainer" in (folder / "log.txt").read_text()
    assert "in the trainer" in (folder / "index.html").read_text()
    assert message["run_id"] in (tmp_path / "reports" / "index.html").read_text()


def test_a_pod_that_could_not_begin_is_told_too(tmp_path, messages, monkeypatch):
    monkeypatch.setenv("WEBHOOK", messages.url)
    _notify(tmp_path)
    (message,) = messages.got
    assert message["verdict"] == "failed"
    assert "no task of the pipeline says why" in message["sentence"]


def test_a_run_that_came_to_a_verdict_is_told_as_its_report_says_and_a_retry_by_hand_once_more(
    tmp_path, messages, monkeypatch
):
    monkeypatch.setenv("WEBHOOK", messages.url)
    notes = RunNotes.of(tmp_path, RUN)
    notes.begin("Trainer")
    _notify(tmp_path)
    notes.finish("Trainer")
    failed = next(tmp_path.glob("reports/*/run.json"))
    pushed = {**json.loads(failed.read_text()), "run_id": f"20990101-000000-{RUN[:8]}", "verdict": "pushed"}
    other = {**pushed, "run_id": "20990102-000000-ffffffff", "verdict": "refused"}
    for summary in (pushed, other):
        file = tmp_path / "reports" / summary["run_id"] / "run.json"
        file.parent.mkdir()
        file.write_text(json.dumps(summary))
    for _ in range(2):
        _notify(tmp_path)
    assert [message["verdict"] for message in messages.got] == ["failed", "pushed"]


def test_a_hook_that_fails_is_logged_without_its_secret_and_is_no_failure_of_the_task(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("WEBHOOK", "http://127.0.0.1:1/t0ken")
    _notify(tmp_path)
    assert "the webhook at 127.0.0.1 cannot be reached" in caplog.text
    assert "t0ken" not in caplog.text
