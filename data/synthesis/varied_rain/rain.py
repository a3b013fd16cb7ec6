"""Varied rain drawn on a clean photograph, as a pure function of (image, parameters, seed).

Streaks of all layers add up to one plane, which joins the scene by one of four modes, in linear light or, as most published
sets do it, directly in gamma-encoded values. Mist, sensor noise and JPEG follow.
"""

from __future__ import annotations

import cv2
import numpy as np

from data.image.arrays import ImageF32, ImageU8, PlaneF32
from data.synthesis.linear_light import require_rgb, to_linear, to_srgb
from data.synthesis.random_streams import derived_seed
from data.synthesis.varied_rain.camera import expose
from data.synthesis.varied_rain.layers import grain_plane, line_plane, smooth_field
from data.synthesis.varied_rain.parameters import Blending, VariedRain, Veil

# Seeds of the parts of one image.
_LINES, _GRAINS, _GUSTS, _MIST, _NOISE = range(5)
# "Around a drop" is a cell of this many pixels, without an edge between cells.
_AROUND = 24


def add_varied_rain(image: ImageU8, parameters: VariedRain, seed: int) -> ImageU8:
    """Draws varied rain on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: What to draw, from `data.synthesis.varied_rain.ranges.draw_varied_rain`.
        seed: Seed of the streaks' positions, of the unevenness and of the noise.

    Returns:
        uint8 RGB, [H, W, 3].

    Raises:
        ValueError: The image is not uint8 RGB.
    """
    require_rgb(image)
    blending = parameters.blending
    scene = to_linear(image) if blending.in_linear_light else image.astype(np.float32) / np.float32(255.0)
    rainy = _blended(scene, rain_plane(image.shape[0], image.shape[1], parameters, seed), blending)
    rainy = np.clip(_misty(rainy, parameters.veil, derived_seed(seed, _MIST)), 0.0, 1.0)
    if blending.in_linear_light:
        rainy = to_srgb(rainy).astype(np.float32) / np.float32(255.0)
    return expose(rainy, parameters.camera, derived_seed(seed, _NOISE))


def rain_plane(height: int, width: int, parameters: VariedRain, seed: int) -> PlaneF32:
    """Draws the rain without a scene.

    Args:
        height: Height in pixels.
        width: Width in pixels.
        parameters: What to draw.
        seed: Seed as for `add_varied_rain`.

    Returns:
        Brightness, float32 [H, W] in [-1, 1]; below 0 where the rain darkens the scene.
    """
    plane = np.zeros((height, width), np.float32)
    for number, lines in enumerate(parameters.lines):
        plane += line_plane(height, width, lines, derived_seed(seed, _LINES, number))
    for number, grains in enumerate(parameters.grains):
        plane += grain_plane(height, width, grains, derived_seed(seed, _GRAINS, number))
    if parameters.blending.mode != "sheet":
        plane -= np.float32(parameters.blending.darkening)
    if parameters.blending.unevenness:
        plane *= smooth_field(height, width, parameters.blending.unevenness, derived_seed(seed, _GUSTS))
    return np.clip(plane, -1.0, 1.0)


def _blended(scene: ImageF32, plane: PlaneF32, blending: Blending) -> ImageF32:
    """Joins a plane of rain in [-1, 1] with a scene in [0, 1]."""
    rain, light = plane[..., None], np.array(blending.light, np.float32)
    if blending.follows_scene:
        light = light * (1.0 + np.float32(blending.follows_scene) * (_surroundings(scene) - 1.0))
    if blending.mode == "add":
        return scene + rain * light
    if blending.mode == "screen":
        return scene + rain * light * (1.0 - scene)
    if blending.mode == "alpha":
        return scene + rain * (light - scene)
    return scene + np.float32(blending.opacity) * (rain * light - scene)


def _surroundings(scene: ImageF32) -> ImageF32:
    """Returns the light around each pixel, as a small copy of the scene enlarged again: a wide blur takes ten times as long."""
    height, width = scene.shape[:2]
    cells = max(1, round(width / _AROUND)), max(1, round(height / _AROUND))
    small = cv2.resize(scene, cells, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _misty(image: ImageF32, veil: Veil, seed: int) -> ImageF32:
    """Adds the light of rain that is too far away to be seen as streaks."""
    if max(veil.top, veil.bottom) <= 0.0:
        return image
    height, width = image.shape[:2]
    by_row = np.linspace(veil.top, veil.bottom, height, dtype=np.float32)[:, None]
    share = np.clip(by_row * smooth_field(height, width, veil.unevenness, seed), 0.0, 1.0)[..., None]
    return image + share * (np.float32(veil.light) - image)
