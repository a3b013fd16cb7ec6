"""The benchmark on a model that takes no time: that it measures, not what."""

import json
import subprocess
import sys

import pytest

from tests.pipeline.serving import servers


@pytest.mark.slow
def test_every_part_is_measured_and_no_request_is_lost_to_a_reload(tmp_path):
    model = servers.halving(tmp_path / "model")
    command = [
        sys.executable,
        "-m",
        "pipeline.benchmarks.serving.__main__",
        "--model",
        model,
        "--seconds",
        "5",
        "--clients",
        "4",
        "--json",
        tmp_path / "serving.json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    measured = json.loads((tmp_path / "serving.json").read_text())
    assert measured["rates"]["median_ratio"] > 0
    assert set(measured["load"]["codes"]) == {"200"}
    assert measured["reload"]["failed"] == 0
    assert len(measured["reload"]["images_by_version"]) >= 2
    large = measured["large"]
    assert (large["status"], large["width"], large["height"]) == (200, 6000, 4000)
