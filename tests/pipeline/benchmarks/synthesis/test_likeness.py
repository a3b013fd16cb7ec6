"""The comparison of real and drawn pairs gives what was done to an image."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from data.synthesis.linear_light import to_linear, to_srgb
from pipeline.benchmarks.synthesis.likeness import compare
from tests.data.drawing import picture, write

TARGET = picture(1, height=200, width=240)


def test_equal_images_have_lost_nothing():
    row = compare(TARGET, TARGET)
    assert row.psnr > 90
    assert (row.over_20, row.over_40, row.changed, row.regions, row.sharpness) == (0, 0, 0, 0, 1)
    assert (row.kept, row.kept_least) == pytest.approx((1, 1), abs=1e-3)


def test_a_veil_keeps_its_share_of_the_light():
    row = compare(to_srgb(0.6 * to_linear(TARGET) + np.float32(0.4)), TARGET)
    assert (row.kept, row.kept_least) == pytest.approx((0.6, 0.6), abs=0.02)
    assert row.changed > 0.9


def test_two_drops_are_two_regions_without_detail():
    spoilt = TARGET.copy()
    for left in (20, 130):
        spoilt[60:140, left : left + 80] = 255 if TARGET.mean() < 128 else 0
    row = compare(spoilt, TARGET)
    assert row.regions == 2
    assert row.changed == pytest.approx(2 * 80 * 80 / (200 * 240), abs=0.1)  # the blur adds a border
    assert row.kept_least < 0.1
    noise = np.random.default_rng(0).integers(0, 256, TARGET.shape, np.uint8)
    assert compare(cv2.GaussianBlur(noise, (0, 0), 3) // 2, noise).sharpness < 0.3


def test_the_command_prints_a_row_for_each_pair_and_severity(tmp_path):
    write(tmp_path / "input" / "a.png", TARGET // 2)
    write(tmp_path / "target" / "a.png", TARGET)
    command = (sys.executable, "-m", "pipeline.benchmarks.synthesis.likeness", str(tmp_path), "--layout", "same-name")
    ended = subprocess.run([*command, "--degradation", "haze"], capture_output=True, text=True, check=True)
    assert [line.split("|")[1].strip() for line in ended.stdout.splitlines()[2:]] == [
        "input_a", "drawn, light", "drawn, medium", "drawn, heavy",
    ]  # fmt: skip
    wrong = subprocess.run([*command, "--degradation", "fog"], capture_output=True, text=True)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("likeness: degradation 'fog': choose from haze")
