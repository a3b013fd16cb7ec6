"""Measures of a restored image against its input: values that are known, and spoilt pictures that stand out."""

import cv2
import numpy as np
import pytest

from data.image import plausibility as module
from data.image.plausibility import colour_difference, plausibility


@pytest.fixture(scope="module")
def scene():
    """Structure at all scales, in colours, away from black and white."""
    draw = np.random.default_rng(3)
    layers = [
        cv2.resize(draw.uniform(-1, 1, (side, side, 3)), (160, 120), interpolation=cv2.INTER_CUBIC)
        for side in (4, 12, 40)
    ]
    return np.uint8(np.clip(120 + 35 * sum(layers), 5, 250))


def test_equal_images_are_neutral(scene):
    same = plausibility(scene, scene)
    assert (same.change, same.brightness, same.colour, same.clipped, same.detail, same.seams) == (0, 0, 0, 0, 1, 1)
    assert same.edges == pytest.approx(1, abs=1e-6)


def test_known_changes_have_known_values(scene):
    brighter = plausibility(scene + np.uint8(4), scene)
    assert (brighter.change, round(brighter.brightness, 6)) == (4.0, 4.0)
    assert brighter.detail == pytest.approx(1)
    half = scene.copy()
    half[:60] = 255
    assert plausibility(half, scene).clipped == pytest.approx(0.5)
    assert plausibility(scene, half).clipped == pytest.approx(-0.5)


def test_spoilt_pictures_stand_out(scene):
    assert plausibility(np.full_like(scene, 120), scene).edges == 0
    assert plausibility(255 - scene, scene).edges < -0.99
    assert plausibility(np.roll(scene, 6, axis=1), scene).edges < 0.3
    assert plausibility(cv2.GaussianBlur(scene, (0, 0), 3), scene).detail < 0.3
    noisy = np.uint8(np.clip(scene + np.random.default_rng(1).normal(0, 25, scene.shape), 0, 255))
    assert plausibility(noisy, scene).detail > 2
    assert plausibility(scene[..., ::-1].copy(), scene).colour > 5


def test_seams_are_seen_on_the_grid_only(scene):
    tiles = (np.indices(scene.shape[:2]) // 8).sum(axis=0) % 2 * 12
    shifted = np.roll(tiles, 3, axis=(0, 1))
    on, off = (
        plausibility(np.uint8(np.clip(scene + each[..., None], 0, 255)), scene).seams for each in (tiles, shifted)
    )
    assert on > 1.5
    assert off < 1


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 5)])
def test_the_smallest_images_have_finite_measures(size):
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    measures = plausibility(image[::-1, ::-1].copy(), image)
    assert all(np.isfinite(getattr(measures, name)) for name in measures.__dataclass_fields__)


def test_colours_of_a_large_image_are_those_of_its_averages():
    grey, tinted = np.full((1000, 700, 3), 128, np.uint8), np.full((1000, 700, 3), (138, 128, 128), np.uint8)
    assert colour_difference(grey, tinted) == pytest.approx(
        colour_difference(grey[:20, :20], tinted[:20, :20]), abs=1e-6
    )


def test_strips_of_rows_give_what_the_whole_gives(scene, monkeypatch):
    restored = cv2.GaussianBlur(scene, (0, 0), 1.5)
    whole = plausibility(restored, scene).edges
    monkeypatch.setattr(module, "_STRIP", 37)
    assert plausibility(restored, scene).edges == pytest.approx(whole, abs=1e-5)
