from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from data.features import HEAVY, LIGHT, MEDIUM, SEVERITIES
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.streaks import RainParameters, StreakLayer, streaks
from data.synthesis.synthesize import embedded_photos
from tests.data.drawing import picture

ONE_LAYER = RainParameters(angle=20.0, spread=0.0, layers=(StreakLayer(4.0, 30.0, 1.2, 0.5, 0.0),), veil=0.0, glow=1.0)


def shower(severity: str, seed: int) -> RainParameters:
    return draw_rain(severity, generator(seed))


@pytest.fixture(scope="module")
def crops() -> list[np.ndarray]:
    """A piece of each embedded photograph."""
    images = [np.asarray(Image.open(path)) for path in sorted(embedded_photos().glob("*.jpg"))]
    return [np.ascontiguousarray(image[-256:, -384:]) for image in images]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_the_same_seed_gives_the_same_rain(severity: str):
    image = picture(1, 60, 90)
    before = image.copy()
    first = add_rain(image, shower(severity, 5), 9)
    np.testing.assert_array_equal(first, add_rain(image, shower(severity, 5), 9))
    np.testing.assert_array_equal(image, before)
    assert (first != add_rain(image, shower(severity, 5), 10)).any()
    assert (first != add_rain(image, shower(severity, 6), 9)).any()
    assert first.dtype == np.uint8
    assert first.shape == image.shape


def test_no_rain_changes_nothing():
    image = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    np.testing.assert_array_equal(add_rain(image, replace(ONE_LAYER, layers=()), 0), image)


def test_rain_brightens_what_is_dark_and_vanishes_before_the_sky():
    dark, bright = np.full((64, 64, 3), 30, np.uint8), np.full((64, 64, 3), 255, np.uint8)
    rainy = add_rain(dark, ONE_LAYER, 3)
    assert (rainy >= dark).all()
    assert rainy.max() > 100
    np.testing.assert_array_equal(add_rain(bright, ONE_LAYER, 3), bright)


def test_height_and_width_are_kept_apart():
    assert streaks(40, 90, ONE_LAYER, 0).shape == (40, 90)
    assert add_rain(picture(1, 33, 71), shower(HEAVY, 0), 0).shape == (33, 71, 3)


def test_more_rain_at_more_severity(crops: list[np.ndarray]):
    scores = {severity: [] for severity in SEVERITIES}
    for number, crop in enumerate(crops):
        for severity in SEVERITIES:
            rainy = add_rain(crop, shower(severity, number), number)
            likeness = structural_similarity(crop, rainy, channel_axis=2)
            scores[severity].append((peak_signal_noise_ratio(crop, rainy), likeness))
    light, medium, heavy = (np.mean(scores[severity], axis=0) for severity in (LIGHT, MEDIUM, HEAVY))
    assert light[0] == pytest.approx(23.0, abs=3.0)
    assert medium[0] == pytest.approx(19.5, abs=3.0)
    assert heavy[0] == pytest.approx(16.5, abs=3.0)
    assert light[0] > medium[0] + 2.0 > heavy[0] + 4.0
    assert light[1] > medium[1] > heavy[1]
    assert heavy[1] < 0.7


def test_showers_differ():
    drawn = [shower(MEDIUM, seed) for seed in range(30)]
    angles = [parameters.angle for parameters in drawn]
    assert min(angles) < -20
    assert max(angles) > 20
    assert len({parameters.layers for parameters in drawn}) == 30


def test_what_is_no_severity_or_no_picture_is_refused():
    with pytest.raises(ValueError, match="'drizzle'"):
        draw_rain("drizzle", generator(0))
    with pytest.raises(ValueError, match="expected uint8"):
        add_rain(np.zeros((4, 4), np.uint8), ONE_LAYER, 0)


def test_the_photographs_are_credited_and_unchanged():
    text = (embedded_photos() / "ATTRIBUTION.md").read_text(encoding="utf-8")
    photos = sorted(embedded_photos().glob("*.jpg"))
    assert len(photos) >= 12
    assert sum(path.stat().st_size for path in photos) < 8_000_000
    assert all(f"`{path.name}`" in text for path in photos)
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in photos}) == len(photos)
