from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_code.training.records.history import COMPLETED, TrainingHistory
from model_code.training.validation import Scores


def scores(gain: float) -> Scores:
    return Scores(psnr=20.0 + gain, ssim=0.8, gain_psnr=gain, gain_ssim=0.1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "history.json"


def test_the_content_has_the_keys_that_the_report_reads(path: Path) -> None:
    seconds = iter(range(100))
    history = TrainingHistory(path, {"model": "drawn"}, total_steps=2, clock=lambda: next(seconds))
    history.record_step(1, 0.5, 1e-3)
    history.record_skipped_step()
    history.record_time(16, 4.0)
    history.record_validation(2, scores(1.5), is_best=True)
    history.record_validation(3, scores(1.0), is_best=False)
    content = history.stop(COMPLETED)
    assert json.loads(path.read_text()) == content
    assert content["recipe"] == {"model": "drawn"}
    assert content["steps"] == [{"step": 1, "loss": 0.5, "learning_rate": 1e-3}]
    assert [row["gain_psnr"] for row in content["validation"]] == [1.5, 1.0]
    assert set(content["validation"][0]) == {"step", "psnr", "ssim", "gain_psnr", "gain_ssim", "seconds"}
    assert content["best"] == content["validation"][0]
    assert (content["stopped"], content["skipped_steps"], content["images_per_second"]) == ("completed", 1, 4.0)
    assert content["seconds"] > 0


def test_a_row_has_the_figures_of_clean_pairs_only_where_there_are_some(path: Path) -> None:
    history = TrainingHistory(path, {}, total_steps=2)
    history.record_validation(1, Scores(20.0, 0.8, 1.0, 0.1, degraded_gain_psnr=2.5, clean_psnr=61.0), is_best=True)
    history.record_validation(2, scores(1.0), is_best=False)
    first, second = json.loads(path.read_text())["validation"]
    assert (first["degraded_gain_psnr"], first["clean_psnr"], first["gain_psnr"]) == (2.5, 61.0, 1.0)
    assert set(first) - set(second) == {"degraded_gain_psnr", "clean_psnr"}


def test_rows_of_long_trainings_are_means(path: Path) -> None:
    history = TrainingHistory(path, {}, total_steps=1000)
    for step in range(1, 1001):
        history.record_step(step, float(step), 1e-3)
    rows = history.stop(COMPLETED)["steps"]
    assert len(rows) == 200
    assert rows[0] == {"step": 5, "loss": 3.0, "learning_rate": 1e-3}


def test_a_file_is_replaced_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = TrainingHistory(path, {}, total_steps=1)
    history.write()
    before = path.read_text()
    history.record_step(1, float("nan"), 1e-3)
    with pytest.raises(ValueError, match="JSON"):  # NaN is no JSON
        history.write()
    assert path.read_text() == before
    assert [child.name for child in path.parent.iterdir()] == ["history.json"]
    monkeypatch.undo()
