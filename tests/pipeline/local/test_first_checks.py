"""What is refused before TFX is loaded."""

import subprocess
import sys

import pytest

from data.errors import InputError
from pipeline.config import load
from pipeline.local.first_checks import records_directory, require_ready
from pipeline.local.run_setup import locked_workspace


@pytest.fixture
def check(tmp_path):
    """Checks a configuration with its workspace in a folder of its own."""
    return lambda *settings: require_ready(load(None, (f"workspace={tmp_path / 'w'}", *settings)))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.records=/nowhere", "/nowhere: no such folder; data.records must name"),
        ("data.synthesis.photos=/nowhere", "data.synthesis.photos: /nowhere: no such folder"),
        ("train.warm_start=/nowhere/model.pth", "train.warm_start /nowhere/model.pth: there is no such file or folder"),
        ("signing_key=/nowhere/key.pem", "signing_key: /nowhere/key.pem: no such file"),
        ("model.variant=AST-B", "train.warm_start starter: .* set model.variant=tiny16, or train.warm_start=null"),
        ("train.warm_start=starter:snow", "starter:snow: there is no such starter; there are starter"),
        (
            "train={loss: {perceptual: 0.1}, perceptual_model: /nowhere}",
            "train.perceptual_model: /nowhere: there is no",
        ),
    ],
)
def test_a_path_that_is_not_there_is_reported(check, setting, message):
    with pytest.raises(InputError, match=message):
        check(setting)


def test_a_workspace_in_use_or_not_writable_is_reported(check, tmp_path):
    with locked_workspace(tmp_path / "w"), pytest.raises(InputError, match="another run is using this workspace"):
        check()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: the workspace cannot be written"):
        check(f"workspace={tmp_path / 'file'}")


def test_what_is_right_passes_and_keeps_no_lock(check, tmp_path):
    check()
    check("train.warm_start=production")
    with locked_workspace(tmp_path / "w"):
        pass


def test_drawn_records_have_a_folder_of_their_own_settings(tmp_path):
    folders = {
        records_directory(load(None, (f"workspace={tmp_path}", f"data.synthesis.seed={seed}"))) for seed in (1, 2, 2)
    }
    assert len(folders) == 2


def test_a_typo_in_a_path_is_reported_before_tfx_is_loaded(tmp_path):
    """With packages that cannot be imported, the command would fail if it loaded them first."""
    program = (
        "import sys; sys.modules['tfx'] = sys.modules['tensorflow'] = sys.modules['apache_beam'] = None;"
        "from pipeline.commands.cli import main; main()"
    )
    arguments = ["run", "--set", f"data.records={tmp_path / 'recrods'}", "--set", f"workspace={tmp_path / 'w'}"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"ast-restore: {tmp_path / 'recrods'}: no such folder")
    assert "loading TFX" not in done.stderr
