"""The benchmark beside published figures: the official split, a training that goes on, and the row's figures."""

import json

import cv2
import numpy as np
import pytest

from data.synthesis.embedded import embedded_photos
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from pipeline.benchmarks import published

TINY = (
    "train.stages=[{patch: 32, batch: 2, steps: 3, learning_rate: 0.001}]",
    "train.validation={every: 3, images: 1}",
    "train.warmup_steps=1",
    "train.warm_start=null",
    "model.variant=micro8",
    "model.img_size=32",
)
FOLDERS = {5: {"training": "light", "test_syn": "medium"}, 6: {"test_syn": "medium"}}
"""Folders and rain of the photographs that are not for training alone, by their number."""


@pytest.fixture(scope="module")
def rain800(tmp_path_factory):
    """Rain800 in small: side by side, six pictures to train on and two to test on, one of a scene that is trained on."""
    root = tmp_path_factory.mktemp("sets") / "Rain800"
    for number, photo in enumerate(sorted(embedded_photos().glob("*.jpg"))[:7]):
        clean = cv2.imread(str(photo))[60:156, 60:188, ::-1]
        for folder, severity in FOLDERS.get(number, {"training": "light"}).items():
            rainy = add_rain(clean, draw_rain(severity, generator(number)), number)
            file = root / "rain" / folder / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), np.hstack([clean, rainy])[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    return root


def _run(monkeypatch, capsys, *words):
    settings = [word for setting in TINY for word in ("--set", setting)]
    monkeypatch.setattr("sys.argv", ["published", *map(str, words), *settings])
    published.main()
    return capsys.readouterr().out


def test_the_row_is_printed_and_a_second_call_trains_no_more(rain800, tmp_path, monkeypatch, capsys):
    words = (rain800, tmp_path / "work", "--drop-leaks", "--json", tmp_path / "row.json")
    printed = _run(monkeypatch, capsys, *words)
    row = json.loads((tmp_path / "row.json").read_text())
    scores = row["scores"]["test_syn"]
    assert scores["images"] == 2
    assert scores["psnr"] > 5
    assert 10 < scores["input_psnr"] < 40
    assert row["without_leaks"]
    assert row["curve"][-1]["step"] == 3
    assert f"{scores['psnr']:.2f}" in printed
    assert f"{row['parameters']:,} parameters" in printed
    model = tmp_path / "work" / "training-without-leaks" / "model" / "saved_model.pb"
    written = model.stat().st_mtime_ns
    picture = tmp_path / "curve.svg"
    held_out = _run(monkeypatch, capsys, *words, "--held-out", "--mirror-ensemble", "--curve", picture)
    assert "held out" in held_out
    assert "PSNR on held-out scenes" in picture.read_text()
    assert "test_syn" not in held_out
    assert model.stat().st_mtime_ns == written
    again = json.loads((tmp_path / "row.json").read_text())
    assert again["curve"] == row["curve"]
    one, mean = (again["scores"]["held out" + suffix] for suffix in ("", published.MIRRORED))
    assert mean["psnr"] != one["psnr"]
    assert mean["psnr"] == pytest.approx(one["psnr"], abs=1.0)


def test_leaks_are_left_out_where_asked(rain800, tmp_path):
    for should_drop, pairs in ((False, 6), (True, 5)):
        published.convert_official(rain800, tmp_path / str(should_drop), should_drop)
        manifest = json.loads((tmp_path / str(should_drop) / "span-1" / "manifest.json").read_text())
        counts = manifest["counts"]["split"]
        assert counts["train"] + counts["validation"] == pairs
        assert counts["evaluation"] == 2


def test_an_unknown_set_is_refused_in_a_line(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as refusal:
        _run(monkeypatch, capsys, tmp_path, tmp_path, "--also", "Rain9000=here")
    assert refusal.value.code == 2
    assert "give NAME=FOLDER" in capsys.readouterr().err


def test_a_folder_without_the_set_is_refused_in_a_line(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="published: "):
        _run(monkeypatch, capsys, tmp_path, tmp_path / "work")
