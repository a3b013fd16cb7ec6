"""The planes of rain: single streaks, and noise drawn out by motion, each as brightness [H, W].

No loop runs over streaks: their points are summed into the plane at once, with weights by which a point between four pixels is
shared among them, and a small filter widens the lines.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.arrays import PlaneF32
from data.synthesis.random_streams import generator
from data.synthesis.varied_rain.parameters import GrainLayer, LineLayer

_FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
_HARD = 0.05  # a taper below this has hard sides too
_WIDE = 3.0  # a blur is cut off at so many standard deviations

Values = NDArray[np.float64]


def line_plane(height: int, width: int, layer: LineLayer, seed: int) -> PlaneF32:
    """Draws a layer of single streaks; brightness of those that cross adds up.

    Args:
        height: Height in pixels.
        width: Width in pixels.
        layer: Its parameters.
        seed: Seed of the streaks' positions.

    Returns:
        Brightness, float32 [H, W], 0 where no streak is, not limited above.
    """
    rng = generator(seed)
    sigma = layer.width / _FWHM_PER_SIGMA
    margin = math.ceil(layer.width + _WIDE * max(sigma, layer.defocus)) + 1
    reach = 0.5 * layer.length + margin
    area = (height + 2.0 * reach) * (width + 2.0 * reach)
    count = int(layer.density * area / 10_000.0 + rng.random())
    random = rng.random((5, count))
    y, x = random[0] * (height + 2.0 * reach) - reach, random[1] * (width + 2.0 * reach) - reach
    length = layer.length * (layer.shortest + (1.0 - layer.shortest) * random[2])
    angle = np.radians(layer.angle + layer.spread * (2.0 * random[3] - 1.0))
    brightness = layer.brightness * random[4] ** layer.faintness
    steps = max(2, math.ceil(layer.length))
    along = (np.arange(steps) + 0.5) / steps - 0.5
    weight = (brightness * length / steps)[:, None] * _profile(along, layer.taper)[None, :]
    ys = y[:, None] + along[None, :] * (length * np.cos(angle))[:, None]
    xs = x[:, None] + along[None, :] * (length * np.sin(angle))[:, None]
    plane = _splat(height + 2 * margin, width + 2 * margin, ys + margin, xs + margin, weight)
    plane = _widen(plane, layer)
    return np.ascontiguousarray(plane[margin:-margin, margin:-margin])


def grain_plane(height: int, width: int, layer: GrainLayer, seed: int) -> PlaneF32:
    """Draws a layer of noise that a motion blur has drawn out.

    Args:
        height: Height in pixels.
        width: Width in pixels.
        layer: Its parameters.
        seed: Seed of the noise.

    Returns:
        Brightness, float32 [H, W] in [0, layer.brightest].
    """
    kernel = motion_kernel(layer.length, layer.angle)
    margin = max(kernel.shape) // 2 + math.ceil(_WIDE * layer.defocus)
    size = height + 2 * margin, width + 2 * margin
    coarse = (max(2, round(size[0] / layer.grain)), max(2, round(size[1] / layer.grain)))
    noise = generator(seed).random(coarse, dtype=np.float32)
    kept = np.maximum(noise - np.float32(1.0 - layer.share), 0.0) / np.float32(layer.share)
    if coarse != size:
        kept = cv2.resize(kept, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    plane = cv2.filter2D(kept, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    plane = _blurred(plane, layer.defocus)[margin : margin + height, margin : margin + width]
    spread = max(float(plane.std()), 1e-6)
    levelled = np.float32(layer.contrast) * ((plane - plane.mean()) / np.float32(spread) + np.float32(layer.level))
    return np.clip(levelled, 0.0, layer.brightest).astype(np.float32)


def motion_kernel(length: float, angle: float) -> PlaneF32:
    """Returns the kernel of a motion blur: an antialiased line.

    Args:
        length: Length in pixels.
        angle: Slant in degrees from the vertical, positive towards the right on the way down.

    Returns:
        float32 with odd sides and a sum of 1.
    """
    radians = math.radians(angle)
    rows = 2 * math.ceil(0.5 * length * abs(math.cos(radians)) + 1.0) + 1
    columns = 2 * math.ceil(0.5 * length * abs(math.sin(radians)) + 1.0) + 1
    steps = max(2, math.ceil(2.0 * length))
    along = (np.arange(steps) + 0.5) / steps - 0.5
    ys, xs = along * length * math.cos(radians) + rows // 2, along * length * math.sin(radians) + columns // 2
    return _splat(rows, columns, ys, xs, np.full(steps, 1.0 / steps))


def smooth_field(height: int, width: int, unevenness: float, seed: int) -> PlaneF32:
    """Returns a smooth random factor around 1, by which an amount varies over the image.

    Args:
        height: Height in pixels.
        width: Width in pixels.
        unevenness: Half of the factor's range, in [0, 1].
        seed: Seed of the field.

    Returns:
        float32 [H, W] in [1 - unevenness, 1 + unevenness].
    """
    coarse = (1.0 + unevenness * (2.0 * generator(seed).random((4, 4)) - 1.0)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _profile(along: Values, taper: float) -> Values:
    """Returns the brightness along a streak, for positions in (-0.5, 0.5)."""
    if taper < _HARD:
        return np.ones_like(along)
    fade = np.clip((0.5 - np.abs(along)) / (0.5 * taper), 0.0, 1.0)
    return fade * fade * (3.0 - 2.0 * fade)


def _splat(height: int, width: int, ys: Values, xs: Values, weights: Values) -> PlaneF32:
    """Sums points into a plane, each shared among the four pixels around it; points outside are left out."""
    ys, xs, weights = ys.ravel(), xs.ravel(), weights.ravel()
    inside = (ys >= 0.0) & (ys < height - 1.0) & (xs >= 0.0) & (xs < width - 1.0)
    ys, xs, weights = ys[inside], xs[inside], weights[inside]
    top, left = ys.astype(np.int64), xs.astype(np.int64)
    down, right = ys - top, xs - left
    first = top * width + left
    index = np.concatenate([first, first + 1, first + width, first + width + 1])
    upper, lower = (1.0 - down) * weights, down * weights
    shares = np.concatenate([upper * (1.0 - right), upper * right, lower * (1.0 - right), lower * right])
    plane = np.bincount(index, shares, minlength=height * width)
    return plane.reshape(height, width).astype(np.float32)


def _widen(plane: PlaneF32, layer: LineLayer) -> PlaneF32:
    """Gives lines that are one pixel wide their width; a line's brightness at its middle stays as it is in focus."""
    if layer.taper < _HARD:
        return _blurred(_box(plane, layer.width), layer.defocus)
    sigma = math.hypot(layer.width / _FWHM_PER_SIGMA, layer.defocus)
    # A Gaussian profile of height 1 and this width has the area sigma * sqrt(2 pi); defocus keeps the area.
    area = layer.width / _FWHM_PER_SIGMA * math.sqrt(2.0 * math.pi)
    return np.float32(area) * _blurred(plane, sigma)


def _box(plane: PlaneF32, width: float) -> PlaneF32:
    """Sums over a number of columns that need not be whole."""
    half = max(0, math.ceil((width - 1.0) / 2.0))
    kernel = np.ones(2 * half + 1, np.float32)
    kernel[[0, -1]] = 0.5 * (width - (2 * half - 1)) if half else width
    return cv2.sepFilter2D(plane, -1, kernel, np.ones(1, np.float32))


def _blurred(plane: PlaneF32, sigma: float) -> PlaneF32:
    """Returns the plane blurred; below a fifth of a pixel nothing would change."""
    return plane if sigma < 0.2 else cv2.GaussianBlur(plane, (0, 0), sigma)
