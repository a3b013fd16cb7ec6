"""Raindrops on the lens drawn on a clean photograph, as pure functions of (image, parameters, seed).

The model, and its sources:

* The camera sees `I = (1 - M) * B + R`: the scene between the drops, and the surroundings as the drops refract them (R. Qian
  et al., "Attentive Generative Adversarial Network for Raindrop Removal", CVPR 2018, DOI 10.1109/CVPR.2018.00263).
* A drop is a lens of short focal length: it shows a wide view, upside down and much smaller, brighter than the scene it covers
  where it gathers the sky, and dark at its rim, where light is bent away from the camera (M. Roser and A. Geiger,
  "Video-based Raindrop Detection for Improved Image Registration", ICCV Workshops 2009, DOI 10.1109/ICCVW.2009.5457650;
  J. C. Halimeh and M. Roser, "Raindrop Detection on Car Windshields", IV 2009).
* The camera is focused behind the drop, so its outline and its view are blurred.

Outlines are unions of a few circles; gravity lets the larger ones hang down.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageF32, ImageU8, PlaneF32
from data.synthesis.linear_light import require_rgb, to_linear, to_srgb
from data.synthesis.random_streams import between, generator

# Circles that a drop is made of, and how far their middles lie from its own, in radii.
_CIRCLES, _SPREAD = 3, 0.45
# Reach of the blur around a drop, in standard deviations.
_REACH = 3.0


@dataclass(frozen=True, slots=True)
class RaindropParameters:
    """Parameters of the drops on one lens.

    Attributes:
        coverage: Area of all drops as a share of the image's; where drops overlap, both count.
        radius: (smallest, largest) radius, as a share of the shorter side.
        shrink: Factor by which a drop shows the scene smaller.
        blur: Defocus of the outline, standard deviation as a share of a drop's radius.
        rim: Share of light that is missing at the rim, in [0, 1].
        glow: Light of a drop's view relative to the scene's, in linear light.
    """

    coverage: float
    radius: tuple[float, float]
    shrink: float
    blur: float
    rim: float
    glow: float


# By area and not by number: the area of a drop varies twentyfold, so that a few large ones hide more than many small ones. The
# inputs then score about 35, 32 and 28 dB against their targets on pieces of the embedded photographs.
_COVERAGE = {LIGHT: (0.008, 0.013), MEDIUM: (0.02, 0.03), HEAVY: (0.045, 0.07)}


def draw_raindrops(severity: str, rng: np.random.Generator) -> RaindropParameters:
    """Draws the parameters of the drops on one lens.

    Args:
        severity: One of `data.features.SEVERITIES`.
        rng: Source of chance.

    Returns:
        Parameters for `add_raindrops`.
    """
    return RaindropParameters(
        coverage=between(rng, _COVERAGE[severity]),
        radius=(between(rng, (0.008, 0.014)), between(rng, (0.035, 0.06))),
        shrink=between(rng, (3.0, 6.0)),
        blur=between(rng, (0.12, 0.3)),
        rim=between(rng, (0.25, 0.55)),
        glow=between(rng, (1.0, 1.3)),
    )


def add_raindrops(image: ImageU8, parameters: RaindropParameters, seed: int) -> ImageU8:
    """Draws raindrops on the lens in front of a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: Parameters of the drops, from `draw_raindrops`.
        seed: Seed of the drops' positions and shapes.

    Returns:
        uint8 RGB, [H, W, 3].

    Raises:
        ValueError: The image is not uint8 RGB.
    """
    require_rgb(image)
    height, width = image.shape[:2]
    rng = generator(seed)
    scene = to_linear(image)
    seen = scene.copy()
    wide = cv2.GaussianBlur(scene, (0, 0), sigmaX=max(1.0, 0.004 * parameters.shrink * min(height, width)))
    left = parameters.coverage * height * width
    while left > 0:
        left -= np.pi * _add_drop(seen, wide, parameters, rng) ** 2
    return to_srgb(seen)


def _add_drop(seen: ImageF32, wide: ImageF32, parameters: RaindropParameters, rng: np.random.Generator) -> float:
    """Draws one drop over the image, in place; returns its radius in pixels."""
    height, width = seen.shape[:2]
    small, large = (share * min(height, width) for share in parameters.radius)
    radius = small * (large / small) ** (float(rng.random()) ** 2)  # small drops are the more frequent
    middle = float(rng.random()) * height, float(rng.random()) * width
    outline = _circles(radius, rng)
    reach = radius * (1.0 + _SPREAD) * 1.5 + _REACH * parameters.blur * radius
    rows = slice(max(0, int(middle[0] - reach)), min(height, int(middle[0] + reach) + 2))
    columns = slice(max(0, int(middle[1] - reach)), min(width, int(middle[1] + reach) + 2))
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - np.float32(middle[0])
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] - np.float32(middle[1])
    inside = _inside(y, x, outline, parameters.blur * radius)
    # Upside down and smaller: the upper part of a drop shows the scene below it.
    from_y = np.float32(middle[0]) - parameters.shrink * y + 0 * x
    from_x = np.float32(middle[1]) - parameters.shrink * x + 0 * y
    shown = cv2.remap(wide, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    shade = np.float32(parameters.glow) * (1.0 - np.float32(parameters.rim) * _rim(inside))[..., None]
    part = seen[rows, columns]
    part += inside[..., None] * (shade * shown - part)
    return radius


def _circles(radius: float, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Returns (down, right, radius) of the circles that a drop is made of; the later ones hang below the first."""
    circles = [(0.0, 0.0, radius)]
    for _ in range(_CIRCLES - 1):
        down, right = between(rng, (-0.2, 1.0)), between(rng, (-1.0, 1.0))
        circles.append((_SPREAD * radius * down, 0.6 * _SPREAD * radius * right, radius * between(rng, (0.6, 1.0))))
    return circles


def _inside(y: PlaneF32, x: PlaneF32, circles: list[tuple[float, float, float]], blur: float) -> PlaneF32:
    """Returns how much of each pixel is inside the drop, float32 [H, W] in [0, 1]."""
    soft = max(0.7, blur)
    depth = np.max([size - np.hypot(y - down, x - right) for down, right, size in circles], axis=0)
    share = np.clip(0.5 + depth / (2.0 * soft), 0.0, 1.0)
    return (share * share * (3.0 - 2.0 * share)).astype(np.float32)


def _rim(inside: PlaneF32) -> PlaneF32:
    """Returns how near the outline a pixel is, float32 [H, W] in [0, 1]."""
    return 4.0 * inside * (1.0 - inside)
