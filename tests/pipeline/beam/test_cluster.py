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


def _story(folder: Path, *arguments: str) -> dict:
    """Runs `story` on the cluster and returns what it wrote."""
    command = [
        Path(__file__).with_name("cluster.sh"),
        folder,
        "python",
        "-m",
        "tests.pipeline.beam.story",
        folder,
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode == _LACKS:
        reason = (done.stderr.strip().splitlines() or ["something is not here"])[-1]
        print(f"*** NOT TESTED ON A CLUSTER: {reason} ***", file=sys.__stderr__)
        pytest.skip(reason)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "cluster" / "story.json").read_text())


def _result(reports: Path, workspace: Path) -> dict:
    """Returns the verdict and the digits of the first run of a workspace, and the digest of its verdicts on pairs."""
    run = json.loads((min(reports.iterdir()) / "run.json").read_text())
    verdicts = workspace.glob("pipeline/PairValidator/verdicts/*/verdicts.jsonl")
    first = min(verdicts, key=lambda file: int(file.parent.name))
    names = ("verdict", "sentence", "gain_psnr", "gain_ssim", "psnr", "ssim", "pairs", "quarantined")
    return {name: run[name] for name in names} | {"pairs_digest": hashlib.sha256(first.read_bytes()).hexdigest()}


@pytest.fixture
def in_memory(first_run) -> dict:
    """The result of the same configuration in one process."""
    return _result(first_run.snapshot / "reports", first_run.workspace)


@pytest.mark.long(minutes=4)
def test_workers_on_two_hosts_give_the_verdict_and_digits_of_one_process(in_memory, tmp_path):
    story = _story(tmp_path)
    (run,) = story["runs"]
    assert run["code"] == 0, run["stdout"] + run["stderr"]
    assert story["jobs"] == ["DONE"] * _COMPONENTS_ON_BEAM
    assert story["hosts"] == ["one", "two"] * (_COMPONENTS_ON_BEAM // 2)
    assert _result(tmp_path / "reports", tmp_path) == in_memory
