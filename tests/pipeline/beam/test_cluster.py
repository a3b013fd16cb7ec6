"""The whole pipeline on a Beam cluster: Prism, Beam's runner in Go, and workers on two hosts that share the workspace alone."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

_LACKS = 75
_COMPONENTS_ON_BEAM = 6
"""SpanWindow, two StatisticsGen, PairMeasurer, PairValidator and Evaluator: a job each; Transform has nothing to analyse."""


def _on_cluster(folder: Path, module: str) -> None:
    """Runs a module on the cluster."""
    command = [Path(__file__).with_name("cluster.sh"), folder, "python", "-m", module, folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode == _LACKS:
        reason = (done.stderr.strip().splitlines() or ["something is not here"])[-1]
        print(f"*** NOT TESTED ON A CLUSTER: {reason} ***", file=sys.__stderr__)
        pytest.skip(reason)
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
def test_workers_on_two_hosts_give_the_verdict_and_digits_of_one_process(in_memory, tmp_path):
    _on_cluster(tmp_path, "tests.pipeline.beam.story")
    story = json.loads((tmp_path / "cluster" / "story.json").read_text())
    (run,) = story["runs"]
    assert run["code"] == 0, run["stdout"] + run["stderr"]
    assert story["jobs"] == ["DONE"] * _COMPONENTS_ON_BEAM
    assert story["hosts"] == ["one", "two"] * (_COMPONENTS_ON_BEAM // 2)
    assert _result(tmp_path / "reports", tmp_path) == in_memory


@pytest.mark.cluster
@pytest.mark.long(minutes=1)
def test_a_host_that_dies_ends_the_job_in_one_line_and_the_next_job_does_without_it(tmp_path):
    _on_cluster(tmp_path, "tests.pipeline.beam.dying_host")
    died = json.loads((tmp_path / "cluster" / "died.json").read_text())
    assert "SDK worker disconnected" in died["error"]
    assert "\n" not in died["error"]
    assert died["superseded"] == 4
    assert died["hosts"] == ["one", "two"]
