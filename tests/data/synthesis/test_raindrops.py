"""Raindrops on a pane: how much they cover, what they show, and what the camera's focus does to them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from data.features import SEVERITIES
from data.synthesis.degradations import degrade
from data.synthesis.linear_light import to_linear
from data.synthesis.raindrops import RaindropParameters, add_raindrops, draw_raindrops
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos

FOCUSED = RaindropParameters(
    coverage=0.1, mist=0.0, radius=(0.05, 0.06), defocus=0.0, slope=0.5, focal=1.4, sky=1.0, inner=0.0, glint=0.0,
    glint_at=(0.5, 0.0),
)  # fmt: skip
WHITE = np.full((200, 300, 3), 255, np.uint8)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    whole = cv2.cvtColor(cv2.imread(str(embedded_photos() / "china.jpg")), cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(whole[40:296, 60:444])


def checkerboard() -> np.ndarray:
    """Returns a scene of single black and white pixels: no drop, and no blur, leaves any contrast in it."""
    return np.repeat((np.indices((200, 300)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)


def contrast(image: np.ndarray) -> np.ndarray:
    """Returns the difference of neighbouring pixels in linear light: 1 in an untouched checkerboard, 0 where it is hidden."""
    light = to_linear(image)[..., 0]
    return np.abs(light[:, 1:] - light[:, :-1])


def test_no_water_changes_nothing(photo: np.ndarray):
    parameters = replace(draw_raindrops("heavy", generator(1)), coverage=0.0, mist=0.0)
    np.testing.assert_array_equal(add_raindrops(photo, parameters, 1), photo)


@pytest.mark.parametrize("coverage", [0.04, 0.25])
def test_drops_cover_the_share_that_is_asked_for(coverage: float):
    scene = checkerboard()
    seen = add_raindrops(scene, replace(FOCUSED, coverage=coverage), 3)
    touched = (seen != scene).any(axis=2).mean()
    assert coverage <= touched < coverage + 0.03  # the last drop may be large; an outline has a pixel of transition


def test_drops_cover_the_same_share_at_every_size(photo: np.ndarray):
    """A smaller copy of the picture has as many drops, each smaller, and loses about as much."""
    small = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    losses = [
        np.median([cv2.PSNR(image, degrade(image, "raindrop", "medium", seed, 0)) for seed in range(12)])
        for image in (photo, small)
    ]
    assert abs(losses[0] - losses[1]) < 2.5


def test_a_focused_drop_hides_and_one_out_of_focus_lets_the_scene_through():
    """The aperture, twice as wide as a drop, sees past it: a quarter of the light at most is lost to a drop alone."""
    one = replace(FOCUSED, coverage=1e-6)
    assert contrast(add_raindrops(checkerboard(), one, 5)).min() < 0.01
    through = contrast(add_raindrops(checkerboard(), replace(one, defocus=0.12), 5))
    assert 0.5 < through.min() < 0.95
    assert (through < 0.99).sum() > 3 * (contrast(add_raindrops(checkerboard(), one, 5)) < 0.99).sum()


def test_a_drop_shows_the_scene_upside_down():
    """A drop above the horizon, whole in the bright sky, shows the dark ground in its upper part."""
    scene = np.zeros((200, 300, 3), np.uint8)
    scene[:100] = 255
    seen = add_raindrops(scene, replace(FOCUSED, coverage=1e-6), 24)
    rows = np.flatnonzero((seen[..., 0] < 60).any(axis=1))
    assert rows[0] < 73  # the drop lies in rows 70 to 94
    assert rows[rows < 100].max() < 82
    assert seen[82:94].min() > 200


def test_steep_drops_are_dark_at_the_rim_and_flat_ones_are_not():
    """Seen through the surface, a white world keeps all but the 2% that Fresnel's law reflects; beyond 49 degrees, nothing."""
    flat, steep = (to_linear(add_raindrops(WHITE, replace(FOCUSED, slope=slope), 1)) for slope in (0.5, 0.95))
    reflected = ((1.333 - 1.0) / (1.333 + 1.0)) ** 2
    assert 0.9 < flat.min() < 1.0 - reflected + 0.005
    assert steep.min() < 0.02
    assert 0.1 < (steep < 0.5).sum() / (flat < 0.99).sum() < 0.7  # a ring, not the drop


def test_the_sun_stands_low_in_each_drop():
    seen = [add_raindrops(WHITE // 4, replace(FOCUSED, sky=0.2, glint=glint, coverage=1e-6), 4) for glint in (0.0, 5.0)]
    rows, columns = np.nonzero((seen[1].astype(int) - seen[0])[..., 0] > 60)
    drop = np.argwhere((seen[0] != WHITE // 4).any(axis=2))
    assert rows.mean() > drop[:, 0].mean() + 2
    assert len(rows) < 0.3 * len(drop)


def test_mist_takes_contrast_smoothly():
    seen = contrast(add_raindrops(checkerboard(), replace(FOCUSED, coverage=0.0, mist=0.4), 2))
    assert 0.55 < seen.min() < 0.9
    assert np.abs(np.diff(seen, axis=0)).max() < 0.03


@pytest.mark.parametrize("size", [(64, 64), (64, 300), (300, 70)])
@pytest.mark.parametrize("severity", SEVERITIES)
def test_every_size_and_many_seeds_are_drawn(size: tuple[int, int], severity: str):
    image = np.full((*size, 3), 90, np.uint8)
    for seed in range(3):
        seen = degrade(image, "raindrop", severity, seed, 0)
        assert seen.shape == image.shape
        assert (seen != image).any()
