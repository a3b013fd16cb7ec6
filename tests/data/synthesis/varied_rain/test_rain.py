"""Every element of varied rain acts on the image, and only as it should."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from data.features import SEVERITIES
from data.synthesis.degradations import degrade, set_light
from data.synthesis.random_streams import generator
from data.synthesis.varied_rain.draw import draw_varied_rain
from data.synthesis.varied_rain.parameters import Blending, CameraParameters, SceneParameters, VariedRain, Veil
from data.synthesis.varied_rain.rain import add_varied_rain, rain_plane
from data.synthesis.varied_rain.scene import draw_scene, relight
from tests.data.drawing import picture
from tests.data.synthesis.varied_rain.test_layers import GRAINS, LINES

PLAIN = Blending(
    "add", in_linear_light=False, light=(1.0, 1.0, 1.0), follows_scene=0.0, opacity=0.3, darkening=0.0, unevenness=0.0
)
NO_VEIL = Veil(0.0, 0.0, 0.8, 0.0)
NO_CAMERA = CameraParameters(1.0, 0.5, 0.0, 0.0, None, subsampled=False)
NOTHING = VariedRain((), (), PLAIN, NO_VEIL, NO_CAMERA)
RAIN = replace(NOTHING, lines=(LINES,))


def grey(level: int) -> np.ndarray:
    return np.full((96, 128, 3), level, np.uint8)


def ramp() -> np.ndarray:
    """All grey levels, colours apart."""
    levels = np.arange(256, dtype=np.uint8)
    return np.stack(
        [np.tile(levels, (64, 1)), np.tile(levels[::-1], (64, 1)), np.full((64, 256), 90, np.uint8)], axis=2
    )


def with_blending(**changes: object) -> VariedRain:
    return replace(RAIN, blending=replace(PLAIN, **changes))


@pytest.mark.parametrize("linear", [False, True])
def test_without_anything_the_image_stays_as_it_is(linear: bool):
    parameters = replace(NOTHING, blending=replace(PLAIN, in_linear_light=linear))
    np.testing.assert_array_equal(add_varied_rain(ramp(), parameters, 1), ramp())


@pytest.mark.parametrize("severity", SEVERITIES)
def test_the_same_seed_draws_the_same(severity: str):
    image = picture(1, 60, 90)
    before = image.copy()
    parameters = draw_varied_rain(severity, generator(3))
    assert parameters == draw_varied_rain(severity, generator(3))
    first = add_varied_rain(image, parameters, 5)
    assert first.shape == image.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, add_varied_rain(image, parameters, 5))
    np.testing.assert_array_equal(image, before)
    assert (first != add_varied_rain(image, parameters, 6)).any()


def test_added_rain_gains_its_own_brightness_anywhere_and_is_clipped():
    plane = rain_plane(96, 128, RAIN, 4)
    for level in (0, 100):
        expected = np.rint(np.clip(level + 255 * plane, 0, 255))
        np.testing.assert_allclose(add_varied_rain(grey(level), RAIN, 4)[..., 1], expected, atol=1)
    np.testing.assert_array_equal(add_varied_rain(grey(255), RAIN, 4), grey(255))


def test_screened_rain_is_half_as_strong_before_grey_and_none_before_white():
    dark, middle = (
        add_varied_rain(grey(level), with_blending(mode="screen"), 4).astype(float) - level for level in (0, 128)
    )
    np.testing.assert_allclose(middle, dark * (127 / 255), atol=1.1)
    np.testing.assert_array_equal(add_varied_rain(grey(255), with_blending(mode="screen"), 4), grey(255))


def test_a_blended_drop_darkens_what_is_brighter_than_it():
    parameters = with_blending(mode="alpha", light=(0.5, 0.5, 0.5))
    assert (add_varied_rain(grey(255), parameters, 4) <= 255).all()
    assert add_varied_rain(grey(255), parameters, 4).min() < 180
    assert add_varied_rain(grey(0), parameters, 4).max() > 70


def test_a_sheet_takes_contrast_all_over():
    parameters = with_blending(mode="sheet", opacity=0.3)
    below = add_varied_rain(grey(200), parameters, 4)
    assert below.min() == pytest.approx(0.7 * 200, abs=1)  # between streaks the sheet is black
    assert add_varied_rain(grey(0), parameters, 4).min() == 0


def test_darkening_keeps_the_mean_and_spares_white_where_rain_is_screened():
    parameters = replace(NOTHING, grains=(replace(GRAINS, share=1.0, level=2.5, contrast=0.05),))
    balanced = replace(parameters, blending=replace(PLAIN, mode="screen", darkening=0.125))
    rainy = add_varied_rain(grey(100), balanced, 4)
    assert rainy.mean() == pytest.approx(100, abs=1)
    assert rainy.min() < 90 < 110 < rainy.max()
    np.testing.assert_array_equal(add_varied_rain(grey(255), balanced, 4), grey(255))


def test_linear_light_makes_rain_brighter_before_dark_scenes():
    stored, linear = (
        add_varied_rain(grey(20), with_blending(in_linear_light=is_linear), 4) for is_linear in (False, True)
    )
    assert linear.mean() - 20 > 1.4 * (stored.mean() - 20)


def test_a_drop_has_its_tint():
    gain = add_varied_rain(grey(40), with_blending(light=(0.5, 0.7, 1.0)), 4).astype(float).mean(axis=(0, 1)) - 40
    assert gain[0] < gain[1] < gain[2]


def test_rain_follows_the_light_around_it():
    scene = grey(20)
    scene[:, 64:] = 150
    parameters = replace(with_blending(follows_scene=0.9), lines=(replace(LINES, density=20.0, brightness=0.3),))
    gain = add_varied_rain(scene, parameters, 4).astype(float) - scene
    plane = rain_plane(96, 128, parameters, 4)
    assert gain[:, 96:].sum() / plane[:, 96:].sum() > 1.5 * gain[:, :32].sum() / plane[:, :32].sum()


def test_gusts_vary_the_rain_and_layers_add_up():
    even = rain_plane(96, 128, RAIN, 4)
    assert (rain_plane(96, 128, with_blending(unevenness=0.7), 4) != even).any()
    both = rain_plane(96, 128, replace(RAIN, grains=(GRAINS,)), 4)
    grains = rain_plane(96, 128, replace(NOTHING, grains=(GRAINS,)), 4)
    np.testing.assert_allclose(both, np.minimum(even + grains, 1.0), atol=1e-6)
    assert rain_plane(96, 128, replace(RAIN, lines=(replace(LINES, density=200.0),)), 4).max() == 1.0


def test_mist_is_thicker_at_the_top_and_takes_contrast():
    misty = add_varied_rain(grey(40), replace(NOTHING, veil=Veil(0.5, 0.1, 0.8, 0.0)), 1)
    assert misty[0].mean() == pytest.approx(40 + 0.5 * (204 - 40), abs=1)
    assert misty[-1].mean() == pytest.approx(40 + 0.1 * (204 - 40), abs=1)
    uneven = add_varied_rain(grey(40), replace(NOTHING, veil=Veil(0.5, 0.5, 0.8, 0.5)), 1)
    assert uneven[0].std() > 3


def camera(**changes: object) -> np.ndarray:
    return add_varied_rain(ramp(), replace(NOTHING, camera=replace(NO_CAMERA, **changes)), 2)


def test_tone_noise_and_jpeg():
    toned = add_varied_rain(grey(100), replace(NOTHING, camera=replace(NO_CAMERA, contrast=1.1, pivot=0.5)), 1)
    assert toned.mean() == pytest.approx(127.5 + 1.1 * (100 - 127.5), abs=1)
    middle = add_varied_rain(grey(128), replace(NOTHING, camera=replace(NO_CAMERA, read_noise=2.0)), 1)
    assert middle.std() == pytest.approx(2.0, abs=0.15)
    dark, bright = (
        add_varied_rain(grey(level), replace(NOTHING, camera=replace(NO_CAMERA, shot_noise=4.0)), 1).std()
        for level in (20, 240)
    )
    assert bright > 2 * dark
    worst, better = (cv2.PSNR(camera(jpeg_quality=quality), ramp()) for quality in (60, 95))
    assert 25 < worst < better < 60
    full, halved = (cv2.PSNR(camera(jpeg_quality=95, subsampled=subsampled), ramp()) for subsampled in (False, True))
    assert halved < full


def test_night_is_dark():
    image = ramp()
    assert relight(image, SceneParameters(1.8, 0.6)).mean() < 0.6 * image.mean()
    np.testing.assert_array_equal(relight(image, SceneParameters(1.0, 1.0)), image)


def test_no_light_clips_what_is_bright():
    white = np.full((1, 1, 3), 254, np.uint8)
    assert all(relight(white, draw_scene(generator(seed))).max() <= 254 for seed in range(200))


def test_the_light_of_the_scene_is_drawn_for_varied_rain_alone():
    image = picture(1, 64, 80)
    assert set_light(image, "rain", 1, 5) is image
    lit = [set_light(image, "varied-rain", 1, stream) for stream in range(30)]
    changed = [(each != image).any() for each in lit]
    assert 5 <= sum(changed) <= 25
    np.testing.assert_array_equal(lit[7], set_light(image, "haze+varied-rain", 1, 7))


def test_drawn_parameters_cover_every_element():
    drawn = [draw_varied_rain(severity, generator(seed)) for seed in range(150) for severity in SEVERITIES]
    assert {each.blending.mode for each in drawn} == {"add", "screen", "alpha", "sheet"}
    lines, grains = ([layer for each in drawn for layer in getattr(each, kind)] for kind in ("lines", "grains"))
    assert min(line.width for line in lines) < 0.7
    assert max(line.width for line in lines) > 5.0
    assert min(line.length for line in lines) < 10.0 < 90.0 < max(line.length for line in lines)
    assert min(grain.share for grain in grains) < 0.03 < 0.8 < max(grain.share for grain in grains)
    assert max(abs(line.angle) for line in lines) > 35.0
    assert any(line.taper == 0.0 for line in lines)
    assert any(line.defocus > 0.5 for line in lines)
    for element, most in {
        "veil": sum(each.veil.top > 0.0 for each in drawn),
        "noise": sum(each.camera.read_noise > 0.0 for each in drawn),
        "jpeg": sum(each.camera.jpeg_quality is not None for each in drawn),
        "tone": sum(each.camera.contrast != 1.0 for each in drawn),
        "linear light": sum(each.blending.in_linear_light for each in drawn),
        "darkening": sum(each.blending.darkening > 0.0 for each in drawn),
        "scene's light": sum(each.blending.follows_scene > 0.0 for each in drawn),
    }.items():
        assert 0.08 * len(drawn) < most < 0.7 * len(drawn), element
    qualities = [quality for each in drawn if (quality := each.camera.jpeg_quality) is not None]
    assert (min(qualities), max(qualities)) == (60, 95)


def test_an_unknown_severity_and_what_is_no_image_are_refused():
    with pytest.raises(ValueError, match="severity 'wet'"):
        draw_varied_rain("wet", generator(1))
    with pytest.raises(ValueError, match="expected uint8"):
        degrade(np.zeros((8, 8), np.uint8), "varied-rain", "light", 1, 0)
