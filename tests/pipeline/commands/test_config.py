"""`ast-restore config`: every option with its value and default, and the difference from a run."""

import json

import pytest
from click.testing import CliRunner

from data.errors import InputError
from pipeline.commands.cli import cli
from pipeline.config import Config, load
from pipeline.config_reading.listing import sections
from pipeline.local.run_setup import write_config


def _config(*arguments):
    done = CliRunner().invoke(cli, ["config", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_every_option_is_listed_with_its_value_its_default_and_its_meaning():
    lines = _config()
    keys = [option.key for section in sections(Config) for option in section.options]
    assert [line.partition(": ")[0] for line in lines if not line.startswith(" ")] == keys
    at = lines.index("gate.min_psnr: 20.0 (default: 18.0)")  # that of demo, and that of the code
    assert lines[at + 1].startswith("    number, 0 to 100. Minimum PSNR, dB")
    assert "train.accumulate: 1 (the default)" in lines


def test_the_value_is_that_of_the_file_and_of_set(tmp_path):
    (tmp_path / "mine.yaml").write_text("train: {seed: 7}\n")
    assert _config("train.seed", "--config", tmp_path / "mine.yaml")[0] == "train.seed: 7 (default: 1)"
    assert _config("train.seed", "--set", "train.seed=9")[0] == "train.seed: 9 (default: 1)"


def test_a_section_lists_what_is_below_it_and_the_values_of_each_item():
    rest = "steps: 2, learning_rate: 0.1"
    stages = f"train.stages=[{{patch: 64, batch: 8, {rest}}}, {{patch: 96, batch: 4, {rest}}}]"
    lines = [line for line in _config("train.stages", "--set", stages) if not line.startswith(" ")]
    assert lines[:2] == ["train.stages[].patch: [64, 96] (each item's)", "train.stages[].batch: [8, 4] (each item's)"]
    assert all(line.startswith("train.stages[].") for line in lines)


def test_an_unknown_key_is_an_error_that_names_the_nearest():
    with pytest.raises(InputError, match=r"train\.sed: no such option or section; did you mean train\.seed"):
        _config("train.sed")


def test_a_secret_is_not_printed():
    lines = _config("notify", "--set", "notify.webhook=https://hooks.example/T0P53CR3T")
    assert any(line.startswith("notify.webhook: https://hooks.example") for line in lines)
    assert "T0P53CR3T" not in "\n".join(lines)


@pytest.mark.parametrize("value", ["https://user:T0P53CR3T@mlflow.example", "mlflow://user:T0P53CR3T@mlflow.example"])
def test_a_password_in_the_address_of_mlflow_is_not_printed(value):
    try:
        lines = _config("mlflow", "--set", f"mlflow.tracking_uri={value}")
    except InputError as error:
        lines = [str(error)]
    assert any("tracking_uri" in line for line in lines)
    assert "T0P53CR3T" not in "\n".join(lines)


@pytest.fixture
def run(tmp_path):
    """The folder of a run of the tiny configuration, in a workspace."""
    config = load(None, (f"workspace={tmp_path}", "train.seed=3"))
    folder = tmp_path / "reports" / "20261130-101500"
    write_config(config, folder)
    return folder


def test_the_difference_from_a_run_is_what_has_changed_and_nothing_else(run, tmp_path):
    same = ("--set", f"workspace={tmp_path}", "--set", "train.seed=3", "--diff", "latest")
    assert _config(*same) == ["no difference from 20261130-101500"]
    lines = _config(*same, "--set", "train.seed=4", "--set", "gate.min_ssim=0.7")
    assert lines == [f"train.seed: 3 in {run.name}, 4 now", f"gate.min_ssim: 0.6 in {run.name}, 0.7 now"]
    assert _config("gate", *same, "--set", "train.seed=4") == ["no difference from 20261130-101500"]


def test_json_has_the_same_values_and_differences(run, tmp_path):
    printed = json.loads("\n".join(_config("train", "--json", "--set", "train.seed=9")))
    lines = [line for line in _config("train", "--set", "train.seed=9") if not line.startswith(" ")]
    assert [each["key"] for each in printed] == [line.partition(": ")[0] for line in lines]
    seed = next(each for each in printed if each["key"] == "train.seed")
    assert (seed["value"], seed["default"], seed["old_names"]) == (9, "1", [])
    assert seed["type"].startswith("integer")
    same = ("--json", "--set", f"workspace={tmp_path}", "--set", "train.seed=4", "--diff", "latest")
    assert json.loads("\n".join(_config(*same))) == {
        "run": run.name, "differences": [{"key": "train.seed", "before": 3, "now": 4}]
    }  # fmt: skip
    secret = "\n".join(_config("notify", "--json", "--set", "notify.webhook=https://hooks.example/T0P53CR3T"))
    assert "T0P53CR3T" not in secret


def test_a_key_that_the_run_did_not_know_is_named(run, tmp_path):
    file = run / "config.yaml"
    file.write_text(file.read_text().replace("  seed: 3\n", "  seed: 3\n  of_old: 5\n", 1))
    lines = _config("--diff", run, "--set", f"workspace={tmp_path}", "--set", "train.seed=3")
    assert [line.partition(".")[2] for line in lines] == ["of_old: 5 in 20261130-101500, not there now"]


def test_the_runs_of_another_workspace_are_named_by_its_folder(run, tmp_path):
    assert _config("workspace", "--diff", "latest", "--workspace", tmp_path)[0].startswith(
        f"workspace: {tmp_path} in {run.name}"
    )
