"""The gate over several runs of one workspace: a bad first model, a good one, a better one."""

import json

import pytest

from tests.pipeline.conftest import TINY

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("story")


def _run(command, workspace, steps, rate=0.002):
    """Runs the tiny configuration with a number of steps; returns the exit code and the content of run.json."""
    stages = f"train.stages=[{{patch: 32, batch: 4, steps: {steps}, learning_rate: {rate}}}]"
    done = command("ast-restore", "run", "--config", TINY, "--set", f"workspace={workspace}", "--set", stages)
    return done.returncode, json.loads(max(workspace.glob("reports/*/run.json")).read_text())


def _versions(workspace):
    models = workspace / "models"
    return sorted(path.name for path in models.iterdir() if path.name.isdigit()) if models.is_dir() else []


def test_a_bad_first_model_is_refused_a_good_one_pushed_and_a_better_one_after_it(command, workspace):
    code, bad = _run(command, workspace, steps=1, rate=1e-6)
    assert (code, bad["verdict"]) == (3, "refused")
    assert _versions(workspace) == []
    code, good = _run(command, workspace, steps=60)
    assert (code, good["verdict"]) == (0, "pushed")
    code, better = _run(command, workspace, steps=120)
    assert (code, better["verdict"]) == (0, "pushed")
    assert better["gain_psnr"] > good["gain_psnr"] > 0 > bad["gain_psnr"]
    assert _versions(workspace) == sorted([good["pushed_version"], better["pushed_version"]])
