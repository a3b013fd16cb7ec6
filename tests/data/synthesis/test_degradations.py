"""Degradations by name, that they are pure functions of image, parameters and seed, and what haze does to a photograph."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from data.errors import InputError
from data.features import SEVERITIES
from data.synthesis.degradations import KINDS, degrade, set_light
from data.synthesis.haze import add_haze, distance, draw_haze, draw_varied_haze
from data.synthesis.names import NAMES, VARIED_RAIN, kinds_of
from data.synthesis.random_streams import generator
from data.synthesis.settings import SynthesisSettings
from data.synthesis.synthesize import embedded_photos

MOST_INVERTED = dict.fromkeys(KINDS, 0.16) | {VARIED_RAIN: 0.25}
"""Largest share of images on which the next severity scores higher. Varied rain has wide ranges on purpose."""


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    whole = cv2.cvtColor(cv2.imread(str(embedded_photos() / "china.jpg")), cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(whole[40:296, 60:444])


def test_each_name_is_drawn_and_the_configuration_refuses_others():
    assert tuple(KINDS) == NAMES
    assert SynthesisSettings(degradation="rain+haze").degradation == "rain+haze"
    with pytest.raises(ValidationError, match="choose from haze, rain, raindrop, varied-rain"):
        SynthesisSettings(degradation="snow")


@pytest.mark.parametrize("name", [*KINDS, "haze+rain", "haze+rain+raindrop"])
def test_the_same_seed_draws_the_same_and_another_does_not(name: str, photo: np.ndarray):
    before = photo.copy()
    once, again, other = (degrade(photo, name, "medium", seed, 5) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(photo, before)
    assert not np.array_equal(once, other)
    assert not np.array_equal(once, degrade(photo, name, "medium", 1, 6))


@pytest.mark.parametrize("name", KINDS)
def test_the_severer_the_worse(name: str, photo: np.ndarray):
    scores = [
        np.mean([cv2.PSNR(photo, degrade(photo, name, level, seed, 0)) for seed in range(6)]) for level in SEVERITIES
    ]
    assert scores[0] > scores[1] + 1 > scores[2] + 2


@pytest.mark.parametrize("name", KINDS)
def test_inputs_lose_psnr_with_severity_over_the_embedded_photographs(name: str):
    """In the middle of all of them, and for nearly every one: a split may have only a few."""
    scores = []
    for number, path in enumerate(sorted(embedded_photos().glob("*.jpg"))):
        whole = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        piece = np.ascontiguousarray(whole[20:212, 20:276])
        crop = set_light(piece, name, 1, number)
        # Each severity has a stream of its own, as in a data set.
        scores += [[cv2.PSNR(crop, degrade(crop, name, level, seed, 10 * number + stream)) for stream, level in
                    enumerate(SEVERITIES)] for seed in (1, 2)]  # fmt: skip
    light, medium, heavy = np.median(scores, axis=0)
    assert light > medium + 1 > heavy + 2
    falls = -np.diff(scores, axis=1)
    assert (falls < 0).mean() < MOST_INVERTED[name]


def test_no_scattering_is_no_haze(photo: np.ndarray):
    parameters = replace(draw_haze("medium", generator(1)), beta=0.0)
    np.testing.assert_array_equal(add_haze(photo, parameters, 1), photo)


def test_thick_haze_is_the_colour_of_the_air(photo: np.ndarray):
    parameters = replace(draw_haze("heavy", generator(1)), beta=1e4, airlight=(0.5, 0.5, 0.5))
    hazy = add_haze(photo, parameters, 1)
    far = distance(photo, parameters, 1) > 0.1
    assert np.abs(hazy[far].astype(int) - 188).max() <= 1  # linear 0.5 in sRGB


def test_haze_takes_contrast_and_never_moves_anything(photo: np.ndarray):
    hazy = degrade(photo, "haze", "heavy", 1, 0)
    gray, pale = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) for image in (photo, hazy))
    assert pale.std() < gray.std()
    (down, right), _ = cv2.phaseCorrelate(cv2.Laplacian(gray, cv2.CV_32F), cv2.Laplacian(pale, cv2.CV_32F))
    assert max(abs(down), abs(right)) < 0.2


def test_distance_follows_height_where_the_picture_says_nothing():
    flat = np.full((120, 160, 3), 128, np.uint8)
    parameters = replace(draw_haze("light", generator(1)), by_height=1.0, horizon=0.25, unevenness=0.0)
    far = distance(flat, parameters, 1)
    assert far.min() == 0.0
    assert far.max() == 1.0
    assert np.all(np.diff(far[40:, 80]) <= 1e-6)  # nearer and nearer below the horizon
    np.testing.assert_allclose(far, far[:, :1].repeat(160, axis=1), atol=1e-5)


@pytest.mark.parametrize("image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32)])
@pytest.mark.parametrize("name", KINDS)
def test_what_is_no_rgb_image_is_refused(name: str, image: np.ndarray):
    with pytest.raises(ValueError, match="expected uint8"):
        degrade(image, name, "light", 1, 0)


def test_names():
    assert kinds_of("raindrop+haze") == ("haze", "raindrop")  # in the order in which light meets them
    for name in ("fog", "haze+haze", "", "haze+"):
        with pytest.raises(InputError, match="choose from haze, rain, raindrop"):
            kinds_of(name)


def test_haze_on_display_values_mixes_the_bytes(photo: np.ndarray):
    """As published sets draw it: a share of the picture's bytes and the rest of the air's."""
    linear = replace(draw_haze("medium", generator(1)), airlight=(0.8, 0.8, 0.8))
    parameters = replace(linear, on_display_values=True)
    through = np.exp(-parameters.beta * distance(photo, parameters, 1))[..., None]
    expected = through * photo + (1 - through) * 0.8 * 255
    np.testing.assert_allclose(add_haze(photo, parameters, 1), expected, atol=0.51)
    assert np.abs(add_haze(photo, linear, 1) - expected).max() > 20


def test_varied_haze_lies_between_the_nearest_point_and_the_farthest_in_both_ways_of_mixing(photo: np.ndarray):
    drawn = [draw_varied_haze(generator(seed)) for seed in range(40)]
    assert {each.on_display_values for each in drawn} == {True, False}
    assert all(max(each.airlight) <= 1 and each.by_height + each.by_slope + each.unevenness <= 1 for each in drawn)
    for parameters in drawn[:8]:
        far = distance(photo, parameters, 3)
        assert far.min() == pytest.approx(parameters.nearest, abs=1e-6)
        assert far.max() == pytest.approx(1, abs=1e-6)
    assert draw_varied_haze(generator(1)) == draw_varied_haze(generator(1))


@pytest.mark.parametrize(("angle", "rises"), [(0.0, "columns"), (np.pi / 2, "rows")])
def test_a_slope_makes_one_side_of_a_plain_view_far(angle: float, rises: str):
    plain = np.full((96, 128, 3), 120, np.uint8)
    parameters = replace(
        draw_haze("medium", generator(1)), by_height=0.0, unevenness=0.0, by_slope=1.0, slope_angle=angle
    )
    far = distance(plain, parameters, 1)
    profile = far.mean(axis=0 if rises == "columns" else 1)
    assert (np.diff(profile) >= -1e-6).all()
    assert profile[-1] - profile[0] > 0.9
    assert far.std(axis=0 if rises == "columns" else 1).max() < 0.05
