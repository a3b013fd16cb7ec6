"""The benchmark command, in a process of its own: TensorFlow takes its number of threads once."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from data.errors import InputError
from pipeline.commands.bench.group import bench


def test_a_training_step_is_timed(tmp_path):
    file = tmp_path / "results" / "step.json"
    options = ["--variant", "micro8", "--size", "32", "--batch", "2", "--mode", "train", "--runs", "2", "--warmup", "1"]
    code = "from pipeline.commands.bench.group import bench; bench()"
    done = subprocess.run(
        [sys.executable, "-c", code, "model", *options, "--json", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert result["request"]["model"] == result["request"]["model"] | {"variant": "micro8", "img_size": 32}
    assert result["parameters"] > 900_000
    assert 0 < result["fastest_ms"] <= result["median_ms"] <= result["slowest_ms"] < 1000 * result["first_seconds"]
    assert 200 < result["peak_mib"] < 20_000
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--size", "8"], "at least 16"),
        (["--size", "64x"], "give a side"),
        (["--mode", "train", "--size", "64x32"], "square"),
    ],
)
def test_invalid_sizes_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        bench.main(["model", *options], standalone_mode=False)


def test_the_command_says_what_it_times():
    shown = CliRunner().invoke(bench, ["model", "--help"]).output
    for said in ("AST-B", "--threads", "median", "Examples"):
        assert said in shown
