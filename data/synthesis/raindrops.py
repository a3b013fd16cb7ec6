"""Raindrops on the lens drawn on a clean photograph, as pure functions of (image, parameters, seed).

The model, and where it comes from:

* What the camera sees is `I = (1 - M) * B + R`: the scene where no drop is, and what a drop shows of its surroundings (R. Qian
  et al., "Attentive Generative Adversarial Network for Raindrop Removal", CVPR 2018).
* A drop is a lens of short focal length: it shows a wide view, upside down and much smaller, brighter than what it covers
  where it gathers the sky, and dark at its rim, where light is bent away from the camera (M. Roser and A. Geiger,
  "Video-based Raindrop Detection for Improved Image Registration", ICCV Workshops 2009; J. C. Halimeh and M. Roser, IV
  2009).
* The camera is focused behind it, so its outline and what it shows are blurred.

Outlines are unions of a few circles; gravity lets the larger ones hang down.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.synthesis.rain import HEAVY, LIGHT, MEDIUM, Image, Plane, between, generator, require_rgb, to_linear, to_srgb

# Circles that a drop is made of, and how far their middles lie from its own, in radii.
_CIRCLES, _SPREAD = 3, 0.45
# Pixels around a drop that its blur reaches, in standard deviations.
_REACH = 3.0


@dataclass(frozen=True, slots=True)
class RaindropParameters:
    """What the drops are like.

    Attributes:
        drops: How many, on an image of one megapixel; fewer on a smaller one, in proportion to its area.
        radius: (smallest, largest) radius, as a share of the shorter side.
        shrink: By how much smaller a drop shows the scene.
        blur: Defocus of the outline, standard deviation as a share of a drop's radius.
        rim: Share of light that is missing at the rim, in [0, 1].
        glow: Light of what a drop shows relative to the scene's, in linear light.
    """

    drops: float
    radius: tuple[float, float]
    shrink: float
    blur: float
    rim: float
    glow: float


_DROPS = {LIGHT: (90.0, 160.0), MEDIUM: (200.0, 320.0), HEAVY: (420.0, 640.0)}


def draw_raindrops(severity: str, rng: np.random.Generator) -> RaindropParameters:
    """Draws what the drops on one lens are like.

    Args:
        severity: One of `data.synthesis.rain.SEVERITIES`.
        rng: Source of chance.
    """
    return RaindropParameters(
        drops=between(rng, _DROPS[severity]),
        radius=(between(rng, (0.008, 0.014)), between(rng, (0.035, 0.06))),
        shrink=between(rng, (3.0, 6.0)),
        blur=between(rng, (0.12, 0.3)),
        rim=between(rng, (0.25, 0.55)),
        glow=between(rng, (1.0, 1.3)),
    )


def add_raindrops(image: Image, parameters: RaindropParameters, seed: int) -> Image:
    """Draws raindrops on the lens in front of a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: What the drops are like.
        seed: Where they are, and how each is shaped.

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
    for _ in range(int(parameters.drops * height * width / 1e6 + rng.random())):
        _add_drop(seen, wide, parameters, rng)
    return to_srgb(seen)


def _add_drop(
    seen: NDArray[np.float32], wide: NDArray[np.float32], parameters: RaindropParameters, rng: np.random.Generator
) -> None:
    """Draws one drop over what is seen, in place."""
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
    # Upside down and smaller: what lies below the drop is seen in its upper part.
    from_y = np.float32(middle[0]) - parameters.shrink * y + 0 * x
    from_x = np.float32(middle[1]) - parameters.shrink * x + 0 * y
    shown = cv2.remap(wide, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    shade = np.float32(parameters.glow) * (1.0 - np.float32(parameters.rim) * _rim(inside))[..., None]
    part = seen[rows, columns]
    part += inside[..., None] * (shade * shown - part)


def _circles(radius: float, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Returns (down, right, radius) of the circles that a drop is made of; the later ones hang below the first."""
    circles = [(0.0, 0.0, radius)]
    for _ in range(_CIRCLES - 1):
        down, right = between(rng, (-0.2, 1.0)), between(rng, (-1.0, 1.0))
        circles.append((_SPREAD * radius * down, 0.6 * _SPREAD * radius * right, radius * between(rng, (0.6, 1.0))))
    return circles


def _inside(y: Plane, x: Plane, circles: list[tuple[float, float, float]], blur: float) -> Plane:
    """Returns how much of each pixel is inside the drop, float32 [H, W] in [0, 1]."""
    soft = max(0.7, blur)
    depth = np.max([size - np.hypot(y - down, x - right) for down, right, size in circles], axis=0)
    share = np.clip(0.5 + depth / (2.0 * soft), 0.0, 1.0)
    return (share * share * (3.0 - 2.0 * share)).astype(np.float32)


def _rim(inside: Plane) -> Plane:
    """Returns how near the outline a pixel is, float32 [H, W] in [0, 1]."""
    return 4.0 * inside * (1.0 - inside)
