"""What the server writes about images, and what `data drift` makes of it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from click.testing import CliRunner

from components.pair_validator.drift.comparison import STATISTICS_FILE
from components.pair_validator.measuring.measure import INPUT_ALONE, measure
from data.errors import InputError
from pipeline.commands.cli import cli
from tests.model_code import drawn_pairs
from tests.pipeline.serving import servers

COUNT = 60


def _line(seed, shift=0.0):
    draw = np.random.default_rng(seed)
    return {
        "input_height": int(draw.integers(200, 400)),
        "input_width": 480,
        "input_channels": 3,
        "input_format": "JPEG" if seed % 2 else "PNG",
        "input_mean": float(draw.normal(110 + shift, 15)),
        "input_range": 255,
    }


def _write_log(file, rows):
    extra = {"time": "2026-11-27T08:00:00+00:00", "version": 1}
    file.write_text("".join(json.dumps(extra | row) + "\n" for row in rows))
    return file


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace in which spans 2 and 10 of one data set were accepted; the newest has all that pairs have."""
    workspace = tmp_path_factory.mktemp("workspace")
    for span, shift in ((2, 90.0), (10, 0.0)):
        rows = [_line(1000 + seed, shift) | {"target_mean": 100.0, "input_psnr": 22.0} for seed in range(COUNT)]
        statistics = tfdv.generate_statistics_from_dataframe(pd.DataFrame(rows))
        file = workspace / "statistics" / "rain-1a2b" / f"span-{span}" / "Split-train" / STATISTICS_FILE
        file.parent.mkdir(parents=True)
        file.write_bytes(statistics.SerializeToString())
    return workspace


def _drift(*arguments):
    """Returns the exit code and what was printed; an InputError is raised as the command's own line."""
    done = CliRunner().invoke(cli, ["data", "drift", *map(str, arguments)], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value, done.output


def test_the_server_writes_what_the_measurer_measures_and_nothing_else(tmp_path):
    files = [
        drawn_pairs.encoded(servers.image((20, 30 + seed), seed), kind) for seed, kind in enumerate(("PNG", "JPEG"))
    ]
    with servers.serving(model=servers.halving(tmp_path / "4"), log_measurements=tmp_path / "log") as client:
        for data in files:
            assert client.post("/restore", content=data).status_code == 200
        assert client.post("/restore", content=b"no image").status_code == 400
    (file,) = (tmp_path / "log").iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line, data in zip(lines, files, strict=True):
        measured = dataclasses.asdict(measure("pair", data, data))
        assert line == {"time": line["time"], "version": 4} | {name: measured[name] for name in INPUT_ALONE}
    assert file.name == f"measurements-{lines[0]['time'][:10]}.jsonl"


def test_a_log_like_the_training_data_passes(workspace, tmp_path):
    log = _write_log(tmp_path / "a.jsonl", [_line(seed) for seed in range(COUNT)])
    code, said = _drift(log, "--workspace", workspace, "--json", tmp_path / "drift.json")
    assert code == 0
    assert "60 images against span 10" in said
    drift = json.loads((tmp_path / "drift.json").read_text())
    assert (drift["images"], drift["against"], drift["drifted"]) == (COUNT, "span 10", False)
    distances = {feature["feature"]: feature["distance"] for feature in drift["features"]}
    assert set(distances) == set(INPUT_ALONE)
    assert distances["input_mean"] < 0.3


def test_darker_images_are_drift_and_other_sizes_are_only_shown(workspace, tmp_path):
    rows = [_line(seed, shift=-80.0) | {"input_height": 3000} for seed in range(COUNT)]
    _write_log(tmp_path / "a.jsonl", rows[:20])
    _write_log(tmp_path / "b.jsonl", rows[20:])
    folder = workspace / "statistics" / "rain-1a2b"
    code, said = _drift(tmp_path, "--statistics", folder, "--json", tmp_path / "drift.json")
    assert code == 4
    assert "not judged" in said
    drift = json.loads((tmp_path / "drift.json").read_text())
    drifted = {feature["feature"] for feature in drift["features"] if feature["drifted"]}
    assert drifted == {"input_mean"}
    height = next(feature for feature in drift["features"] if feature["feature"] == "input_height")
    assert height["distance"] > 0.9


def test_too_few_images_are_an_error(workspace, tmp_path):
    log = _write_log(tmp_path / "a.jsonl", [_line(seed) for seed in range(39)])
    with pytest.raises(InputError, match="39 images, and the distributions of fewer than 40"):
        _drift(log, "--workspace", workspace)


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "no such log"), ("{", "line 1 is not a measurement"), ("[1]\n", "line 1"), ('{"input_mean": 3}', "line 1")],
)
def test_an_invalid_log_is_reported(workspace, tmp_path, text, said):
    log = tmp_path / "a.jsonl"
    if text is not None:
        log.write_text(text)
    with pytest.raises(InputError, match=f"a.jsonl: {said}"):
        _drift(log, "--workspace", workspace)


def test_missing_or_ambiguous_statistics_are_reported(tmp_path):
    log = _write_log(tmp_path / "a.jsonl", [_line(seed) for seed in range(COUNT)])
    with pytest.raises(InputError, match="no accepted statistics there"):
        _drift(log, "--workspace", tmp_path)
    with pytest.raises(InputError, match="no span-N"):
        _drift(log, "--statistics", tmp_path)
    with pytest.raises(InputError, match="one of --statistics and --workspace"):
        _drift(log)
    for name in ("one", "two"):
        (tmp_path / "statistics" / name / "span-1").mkdir(parents=True)
    with pytest.raises(InputError, match="several data sets \\(one, two\\)"):
        _drift(log, "--workspace", tmp_path)


def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    file = Path(tmp_path / "file")
    file.write_text("")
    model = servers.halving(tmp_path / "1")
    with (
        pytest.raises(InputError, match="file: cannot be written"),
        servers.serving(model=model, log_measurements=file),
    ):
        pass
