"""Submitting and scheduling through `kfp.Client`, against an HTTP server with the endpoints that it calls."""

import socket
import sys
from pathlib import Path

import pytest

pytest.importorskip("kfp", reason="kfp is not installed")

from click.testing import CliRunner

from data.errors import InputError
from kubeflow.cluster import Cluster
from pipeline.commands.kubeflow import kubeflow
from tests.kubeflow.api_server import running

PACKAGE = """\
pipelineInfo: {name: ast}
schemaVersion: 2.1.0
sdkVersion: tfx-1.16.0
defaultPipelineRoot: minio://mlpipeline/ast
root: {dag: {tasks: {A: {componentRef: {name: A}, taskInfo: {name: A}}}}}
components: {A: {executorLabel: A_x}}
deploymentSpec: {executors: {A_x: {container: {image: i, command: [python]}}}}
---
platforms: {kubernetes: {deploymentSpec: {executors: {A_x: {nodeSelector: {labels: {pool: gpu}}}}}}}
"""


@pytest.fixture
def server():
    with running() as (host, state):
        yield host, state


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text(PACKAGE)
    return path


def test_a_run_carries_pipeline_spec_and_platform_spec(server, package):
    host, state = server
    run_id = Cluster(host).submit(package, "rain", "now")
    (run,) = state.runs.values()
    assert run_id == run["run_id"]
    assert run["pipeline_spec"]["pipeline_spec"]["pipelineInfo"]["name"] == "ast"
    assert "nodeSelector" in str(run["pipeline_spec"]["platform_spec"])
    # Kubeflow's backend reads it from here alone, not from the specification.
    assert run["runtime_config"]["pipeline_root"] == "minio://mlpipeline/ast"
    assert [experiment["display_name"] for experiment in state.experiments.values()] == ["rain"]


def test_the_token_comes_from_the_environment(server, package, monkeypatch):
    host, state = server
    monkeypatch.setenv("KFP_TOKEN", "of-a-test")
    Cluster(host, "profile").submit(package, "rain", "now")
    assert set(state.tokens) == {"Bearer of-a-test"}


def test_a_recurring_run_of_the_same_name_is_replaced_and_others_stay(server, package):
    host, state = server
    cluster = Cluster(host)
    for name in ("a", "b", "c", "nightly"):
        cluster.schedule(package, "rain", name, "0 3 * * *")
    made = cluster.schedule(package, "rain", "nightly", "30 4 * * 1-5")
    assert made.cron == "0 30 4 * * 1,2,3,4,5"
    assert [(recurring.name, recurring.cron) for recurring in cluster.recurring_runs()] == [
        ("a", "0 0 3 * * *"), ("b", "0 0 3 * * *"), ("c", "0 0 3 * * *"), ("nightly", "0 30 4 * * 1,2,3,4,5"),
    ]  # fmt: skip
    stored = state.recurring[made.id]
    assert (stored["max_concurrency"], stored["no_catchup"], stored["mode"]) == (1, True, "ENABLE")
    assert stored["runtime_config"]["pipeline_root"] == "minio://mlpipeline/ast"
    last_made = max(at for at, line in enumerate(state.asked) if line == "POST recurringruns")
    (deleted,) = (at for at, line in enumerate(state.asked) if line.startswith("DELETE"))
    assert deleted > last_made  # a night between the two is run twice rather than not at all


def test_pause_resume_delete(server, package):
    host, _ = server
    cluster = Cluster(host)
    cluster.schedule(package, "rain", "nightly", "0 3 * * *")
    assert cluster.pause("nightly") == 1
    assert not cluster.recurring_runs()[0].is_enabled
    cluster.resume("nightly")
    assert cluster.recurring_runs()[0].is_enabled
    cluster.delete("nightly")
    assert cluster.recurring_runs() == []
    with pytest.raises(InputError, match="no recurring run nightly"):
        cluster.pause("nightly")


def test_an_error_of_the_server_is_one_line(server):
    host, state = server
    cluster = Cluster(host)
    assert cluster.recurring_runs() == []
    state.broken = True
    with pytest.raises(InputError, match="Kubeflow answered 500: .*database is away") as caught:
        cluster.recurring_runs()
    assert "\n" not in str(caught.value)


def test_another_server_than_kubeflow_is_one_line_and_no_logged_traceback(server, monkeypatch, caplog):
    host, state = server
    state.broken = True
    monkeypatch.setattr("kfp.client.client.time.sleep", lambda _: None)  # five seconds each after five attempts
    with pytest.raises(InputError, match="no Kubeflow answers: Failed getting healthz") as caught:
        Cluster(host).recurring_runs()
    assert "\n" not in str(caught.value)
    assert caplog.records == []


def test_a_server_that_does_not_answer_is_one_line(package):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(InputError, match="no Kubeflow answers"):
        Cluster(host, "profile").submit(package, "rain", "now")


def test_without_kfp_the_extra_is_named(package, monkeypatch):
    monkeypatch.setitem(sys.modules, "kfp_server_api", None)
    with pytest.raises(InputError, match=r"kfp is not installed; .* pip install '\.\[kubeflow\]'"):
        Cluster("http://127.0.0.1:1").submit(package, "rain", "now")


@pytest.mark.parametrize("times", [(), ("--cron", "0 3 * * *")])
def test_the_file_is_looked_at_before_the_host(server, tmp_path, times):
    """A host that does not answer costs half a minute, and a token is sent to no host in vain."""
    host, state = server
    command = "schedule" if times else "submit"
    with pytest.raises(InputError, match=r"gone\.yaml: no such file"):
        kubeflow.main(
            [command, "--host", host, "--package", str(tmp_path / "gone.yaml"), *times], standalone_mode=False
        )
    assert state.tokens == []
    assert state.asked == []


def test_the_output_of_the_commands(server, package):
    host, _ = server

    def output(*arguments):
        done = CliRunner().invoke(kubeflow, [*arguments, "--host", host])
        assert done.exit_code == 0, done.output
        return done.output

    assert output("submit", "--package", str(package)).startswith(f"{host}/#/runs/details/run-")
    assert output("schedule", "--package", str(package), "--cron", "0 3 * * *").startswith(
        "ast-restoration: 0 0 3 * * *"
    )
    assert output("schedule", "--pause") == "ast-restoration: 1 recurring run, paused\n"
    assert "paused" in output("schedule", "--list")
    assert output("schedule", "--delete") == "ast-restoration: 1 recurring run, deleted\n"
    assert CliRunner().invoke(kubeflow, ["schedule", "--host", host]).exit_code == 2


@pytest.mark.parametrize(
    "text",
    ["", "- a list", "a: [", "pipelineInfo: {name: ast}", "defaultPipelineRoot: {a: b}", "a: !!bool maybe", "[" * 5000],
)
def test_a_file_that_was_not_compiled_is_an_error_with_its_path(server, tmp_path, text):
    (tmp_path / "other.yaml").write_text(text)
    with pytest.raises(InputError, match=r"other\.yaml: (not YAML|no defaultPipelineRoot)") as caught:
        Cluster(server[0]).submit(tmp_path / "other.yaml", "rain", "now")
    assert "\n" not in str(caught.value)


def test_a_missing_package_is_an_error_with_its_path(server, tmp_path):
    with pytest.raises(InputError, match=r"gone\.yaml: no such file"):
        Cluster(server[0]).submit(tmp_path / "gone.yaml", "rain", "now")


@pytest.mark.parametrize(("path", "problem"), [("/dev/zero", "not a file"), (".", "Is a directory")])
def test_a_package_that_is_no_file_is_one_line(path, problem):
    with pytest.raises(InputError, match=problem):
        Cluster("http://127.0.0.1:1").submit(Path(path), "rain", "now")


def test_a_password_in_the_host_is_refused_and_not_repeated():
    with pytest.raises(InputError, match=r"--host: the URL of kfp\.example holds a user or password") as caught:
        Cluster("https://user:secret@kfp.example/x")
    assert "secret" not in str(caught.value)


def test_the_line_break_of_a_tokens_file_is_dropped_and_another_one_is_an_error(server, package, monkeypatch):
    host, state = server
    monkeypatch.setenv("KFP_TOKEN", "of-a-test\n")
    Cluster(host, "profile").submit(package, "rain", "now")
    assert set(state.tokens) == {"Bearer of-a-test"}
    monkeypatch.setenv("KFP_TOKEN", "of-a\nsecret")
    with pytest.raises(InputError, match="KFP_TOKEN: it has a blank or a character that no token has") as caught:
        Cluster(host, "profile").submit(package, "rain", "now")
    assert "secret" not in str(caught.value)
