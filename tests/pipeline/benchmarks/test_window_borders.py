"""The benchmark of window borders: blocks are found where they are, and an image without blocks has none."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data import features
from data.conversion.request import ConvertRequest
from data.convert import convert
from data.errors import InputError
from data.layouts.layout import same_name
from data.spans.splits import Shares
from pipeline.benchmarks import train_records
from pipeline.benchmarks.support.trained_network import MODEL
from pipeline.benchmarks.window_borders import measure, steps
from pipeline.config import load
from tests.data.drawing import picture, write


def _with_blocks(target, side, levels):
    """The target with every second block of a grid brighter."""
    rows, columns = np.indices(target.shape[:2]) // side
    return np.clip(target.astype(int) + levels * ((rows + columns) % 2)[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", [(192, 256), (150, 200), (128, 60)])
def test_blocks_show_at_their_borders_only(shape):
    target = np.full((*shape, 3), 100, np.uint8)
    found = steps(_with_blocks(target, 64, 20), target, period=64)
    assert found.at == pytest.approx(20, abs=2)  # the blur along a border mixes blocks where they meet
    assert found.between < 2


def test_an_error_that_no_window_made_has_equal_steps():
    target = picture(1, height=256, width=256)
    smooth = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 200, (256, 256, 1)), (0, 0), 20)
    image = np.clip(target + 10 * smooth[..., None], 0, 255).astype(np.uint8)
    found = steps(image, target, period=64)
    assert 0.6 < found.at / found.between < 1.6


def test_an_image_without_a_border_is_refused():
    small = np.zeros((60, 50, 3), np.uint8)
    with pytest.raises(InputError, match="50x60 pixels have no border of windows every 64 pixels"):
        steps(small, small)


@pytest.fixture
def records(tmp_path):
    """Records of six pairs whose inputs have blocks of 64 pixels, in all three splits."""
    for number in range(6):
        target = picture(number, height=128, width=192) // 2 + 60
        write(tmp_path / "set" / "input" / f"{number}.png", _with_blocks(target, 64, 20))
        write(tmp_path / "set" / "target" / f"{number}.png", target)
    shares = Shares(train=0.4, validation=0.2, evaluation=0.4)
    convert(ConvertRequest(tmp_path / "set", tmp_path / "records", same_name(), span=1, shares=shares))
    return tmp_path / "records"


def test_a_split_is_restored_measured_and_written(records, tmp_path, models):
    result = measure(models / "identity", records, features.EVALUATION, 64, tmp_path / "pictures")
    assert result.keys() == {"span-1"}
    figures = result["span-1"]
    assert figures["psnr"] == figures["input_psnr"]  # the identity changes nothing, and its blocks are the input's
    assert figures["at"] == figures["input_at"] > 5 * figures["input_between"]
    written = sorted((tmp_path / "pictures").iterdir())
    assert len(written) == figures["images"] > 0
    assert cv2.imread(str(written[0])).shape == (128, 3 * 192, 3)
    with pytest.raises(InputError, match="no span-N in it"):
        measure(models / "identity", tmp_path / "set", features.EVALUATION, 64, None)


@pytest.mark.slow
def test_a_training_on_records_gives_a_curve_and_the_model_that_is_measured(records, tmp_path):
    config = load(
        Path("real"),
        (
            "model={variant: micro8, img_size: 32}",
            "train.warm_start=null",
            "train.stages=[{patch: 32, batch: 2, steps: 3, learning_rate: 0.001}]",
            "train.validation={every: 2, images: 1}",
        ),
    )
    result = train_records.run(config, records, tmp_path / "work")
    assert [row["step"] for row in result["curve"]] == [2, 3]
    assert result["recipe"]["start"] == "random weights"
    assert measure(tmp_path / "work" / MODEL, records, features.VALIDATION, 64, None)["span-1"]["images"] >= 1
    with pytest.raises(InputError, match="no span-N in it"):
        train_records.run(config, tmp_path / "set", tmp_path / "other")
