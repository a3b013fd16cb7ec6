"""`bench input`, on the tiny configuration."""

import json

import pytest

from tests.pipeline.conftest import TINY

pytestmark = pytest.mark.slow


def test_the_input_is_compared_with_the_step_of_each_stage(command, tmp_path):
    stages = "[{patch: 32, batch: 2, steps: 1}, {patch: 48, batch: 1, steps: 1}]"
    done = command(
        "ast-restore", "bench", "input", "--config", TINY, "--set", f"workspace={tmp_path}", "--set", f"train.stages={stages}",
        "--batches", 5, "--steps", 2, "--json", tmp_path / "input.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "input.json").read_text())["stages"]
    assert [(stage["patch"], stage["batch"]) for stage in found] == [(32, 2), (48, 1)]
    for stage in found:
        rates, times = stage["patches_per_second"], stage["times_as_fast_as_the_step"]
        assert min(rates.values()) > 0
        for when in ("first", "later"):
            assert times[when] == pytest.approx(rates[when] / rates["step"], rel=0.1, abs=0.1)
