"""A killed training, resumed, equals an uninterrupted one; damaged checkpoints are skipped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model_code.training.checkpoints import CheckpointError
from tests.model_code.training.unfinished import train
from tests.small_disk import small_disk

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return train(folder, folder / "checkpoints")


def _killed_when(folder: Path, moment) -> None:
    """Starts the training in a process of its own and kills it at a moment."""
    process = subprocess.Popen([sys.executable, "-m", "tests.model_code.training.unfinished", str(folder)], cwd=ROOT)
    deadline = time.monotonic() + 120
    while not moment():
        assert process.poll() is None, "the training was over before it could be killed"
        assert time.monotonic() < deadline, "the moment never came"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def _assert_same(history, whole):
    assert [row["step"] for row in history["steps"]] == [row["step"] for row in whole["steps"]]
    for name in ("steps", "validation"):
        for mine, theirs in zip(history[name], whole[name], strict=True):
            for key in ("loss", "learning_rate", "gain_psnr"):
                if key in theirs:
                    assert mine[key] == pytest.approx(theirs[key], abs=1e-5), f"{name} {theirs['step']}"
    assert history["best"]["step"] == whole["best"]["step"]


def _any(checkpoints: Path, pattern: str) -> bool:
    return any(checkpoints.glob(pattern))


@pytest.mark.parametrize(
    "pattern",
    ["step-00000001[2-9]", ".partial-*/variables.index", "step-00000003[3-9]"],
    ids=["between two steps", "while a checkpoint is written", "in the second stage"],
)
def test_a_killed_and_resumed_training_equals_an_uninterrupted_one(whole, tmp_path, pattern):
    checkpoints = tmp_path / "checkpoints"
    later = "step-00000000[6-9]"  # a checkpoint that is there when another is being written
    _killed_when(tmp_path, lambda: _any(checkpoints, pattern) and (pattern[0] == "s" or _any(checkpoints, later)))
    history = train(tmp_path, checkpoints)
    assert len(history["resumed_at"]) == 1
    assert history["resumed_at"][0] > 0
    _assert_same(history, whole)


def test_a_damaged_checkpoint_is_skipped_for_the_one_before_it(whole, tmp_path, caplog):
    checkpoints = tmp_path / "checkpoints"
    train(tmp_path, checkpoints)
    newest = max(checkpoints.glob("step-*"))
    (data,) = newest.glob("variables.data-*")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    history = train(tmp_path, checkpoints)
    assert history["resumed_at"][-1] < 50
    assert f"{newest} is damaged" in caplog.text
    _assert_same(history, whole)


def test_a_full_disk_is_reported_in_one_line_and_loses_nothing(whole, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    with small_disk(tmp_path / "disk", "1m") as disk:
        _killed_when(tmp_path, lambda: _any(tmp_path / "checkpoints", "step-00000000[6-9]"))
        for folder in (tmp_path / "checkpoints").glob("step-*"):
            subprocess.run(["cp", "-r", str(folder), str(disk)], check=True)
        (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize - 8192))
        with pytest.raises(CheckpointError, match="cannot be written: .*that of step .* is kept; make room") as caught:
            train(tmp_path, disk)
        assert "\n" not in str(caught.value)
        (disk / "filler").unlink()
        _assert_same(train(tmp_path, disk), whole)
