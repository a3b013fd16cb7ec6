"""The whole pipeline on a Beam cluster of each engine, with workers on two hosts that share the workspace alone."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.environments import skip

_LACKS = 75
_COMPONENTS_ON_BEAM = 6
"""SpanWindow, two StatisticsGen, PairMeasurer, PairValidator and Evaluator: a job each; Transform has nothing to analyse."""


def _on_cluster(engine: str, folder: Path, module: str) -> None:
    """Runs a module on the cluster of an engine."""
    command = [Path(__file__).with_name("cluster.sh"), engine, folder, "python", "-m", module, folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2700, check=False)
    if done.returncode == _LACKS:
        reason = (done.stderr.strip().splitlines() or ["something is not here"])[-1]
        skip(f"NOT TESTED ON A CLUSTER OF {engine.upper()}", reason)
    assert done.returncode == 0, done.stdout + done.stderr


def _result(reports: Path, workspace: Path) -> dict:
    """Returns the verdict and the digits of the first run of a workspace, and the digest of its verdicts on pairs."""
    run = json.loads(min(reports.glob("*/run.json")).read_text())
    verdicts = workspace.glob("pipeline/PairValidator/verdicts/*/verdicts.jsonl")
    first = min(verdicts, key=lambda file: int(file.parent.name))
    names = ("verdict", "sentence", "gain_psnr", "gain_ssim", "psnr", "ssim", "pairs", "quarantined")
    return {name: run[name] for name in names} | {"pairs_digest": hashlib.sha256(first.read_bytes()).hexdigest()}


@pytest.fixture
def in_memory(first_run) -> dict:
    """The result of the same configuration in one process."""
    return _result(first_run.snapshot / "reports", first_run.workspace)


@pytest.mark.cluster
@pytest.mark.long(minutes=4)
@pytest.mark.parametrize(
    ("engine", "done", "hosts"),
    [
        ("prism", "DONE", [["one"], ["two"]] * (_COMPONENTS_ON_BEAM // 2)),
        ("flink", "FINISHED", [["one", "two"]] * _COMPONENTS_ON_BEAM),
    ],
)
def test_workers_on_two_hosts_give_the_verdict_and_digits_of_one_process(engine, done, hosts, in_memory, tmp_path):
    _on_cluster(engine, tmp_path, "tests.pipeline.beam.story")
    story = json.loads((tmp_path / "cluster" / "story.json").read_text())
    (run,) = story["runs"]
    assert run["code"] == 0, run["stdout"] + run["stderr"]
    assert [job["state"] for job in story["jobs"]] == [done] * _COMPONENTS_ON_BEAM
    assert [job["hosts"] for job in story["jobs"]] == hosts
    assert _result(tmp_path / "reports", tmp_path) == in_memory


def _died(engine: str, folder: Path) -> dict:
    """Returns what came of two jobs, of which the first lost a host."""
    _on_cluster(engine, folder, "tests.pipeline.beam.dying_host")
    return json.loads((folder / "cluster" / "died.json").read_text())


@pytest.mark.cluster
@pytest.mark.long(minutes=1)
def test_prism_ends_the_job_of_a_host_that_dies_in_one_line_and_the_next_job_does_without_it(tmp_path):
    died = _died("prism", tmp_path)
    assert "SDK worker disconnected" in died["error"]
    assert "\n" not in died["error"]
    assert died["superseded"] == [None, 4]
    assert [job["hosts"] for job in died["jobs"]] == [["one"], ["two"]]


@pytest.mark.cluster
@pytest.mark.long(minutes=3)
@pytest.mark.parametrize("engine", ["flink", "spark"])
def test_the_tasks_of_a_host_that_dies_are_repeated_on_the_other_and_the_job_ends_right(engine, tmp_path):
    died = _died(engine, tmp_path)
    assert died["error"] == ""
    assert died["superseded"] == [4, 4]
    assert [job["state"] for job in died["jobs"]] == ["FINISHED"] * 2
    assert died["killed"] not in died["jobs"][1]["hosts"]
