"""Haze drawn on a clean photograph, as pure functions of (image, parameters, seed).

The model, and where it comes from:

* Light from a scene point is scattered out of the path and light of the air into it: `I = J * t + A * (1 - t)` with the
  transmission `t = exp(-beta * d)` at distance `d` (H. Koschmieder 1924; S. G. Narasimhan and S. K. Nayar, "Vision and the
  Atmosphere", IJCV 48(3), 2002), here in linear light. `A` is nearly white.
* A photograph has no distances. The proxy here has three parts: the colour attenuation prior, by which what is bright and pale
  is far (Q. Zhu, J. Mai and L. Shao, IEEE TIP 24(11), 2015); height in the picture, since the ground runs away from the camera;
  and a smooth field of chance, since haze is not even. A guided filter (K. He, J. Sun and X. Tang, IEEE TPAMI 35(6), 2013)
  lays the result along the photograph's edges. It is no depth: haze that it makes is plausible, not true.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.filtering import guided_filter
from data.image.luma import luma_full_range
from data.synthesis.rain import HEAVY, LIGHT, MEDIUM, Image, Plane, between, generator, require_rgb, to_linear, to_srgb

# The prior's weights of value and saturation, as published, without the constant, which the scaling to [0, 1] takes away.
_OF_VALUE, _OF_SATURATION = 0.959710, -0.780245
# The guided filter's radius, as a share of the shorter side, and its tolerance for variance, in squared brightness.
_RADIUS, _TOLERANCE = 0.06, 1e-3
_FAR_QUANTILE = 0.98


@dataclass(frozen=True, slots=True)
class HazeParameters:
    """What the haze is like.

    Attributes:
        beta: Scattering over the largest distance of the picture; 0: no haze.
        airlight: Colour of the air, linear light, RGB in [0, 1].
        by_height: Share of the distance that height in the picture decides, in [0, 1].
        horizon: Where that is largest, from the top as a share of the height.
        unevenness: Share of the distance that chance decides, in [0, 1].
    """

    beta: float
    airlight: tuple[float, float, float]
    by_height: float
    horizon: float
    unevenness: float


_BETA = {LIGHT: (0.45, 0.8), MEDIUM: (0.9, 1.4), HEAVY: (1.6, 2.4)}


def draw_haze(severity: str, rng: np.random.Generator) -> HazeParameters:
    """Draws what one hazy day is like.

    Args:
        severity: One of `data.synthesis.rain.SEVERITIES`.
        rng: Source of chance.
    """
    bright, warm = between(rng, (0.62, 0.95)), between(rng, (-0.03, 0.03))
    return HazeParameters(
        beta=between(rng, _BETA[severity]),
        airlight=(bright * (1 + warm), bright, bright * (1 - warm)),
        by_height=between(rng, (0.35, 0.65)),
        horizon=between(rng, (0.1, 0.4)),
        unevenness=between(rng, (0.0, 0.15)),
    )


def add_haze(image: Image, parameters: HazeParameters, seed: int) -> Image:
    """Draws haze on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: What the haze is like.
        seed: Where it is denser than elsewhere.

    Returns:
        uint8 RGB, [H, W, 3].

    Raises:
        ValueError: The image is not uint8 RGB.
    """
    require_rgb(image)
    through = np.exp(-np.float32(parameters.beta) * distance(image, parameters, seed))[..., None]
    air = np.array(parameters.airlight, np.float32)
    return to_srgb(air + through * (to_linear(image) - air))


def distance(image: Image, parameters: HazeParameters, seed: int) -> Plane:
    """Returns the proxy of distance, float32 [H, W] in [0, 1].

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: What the haze is like.
        seed: Of the field of chance.
    """
    hue_saturation_value = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32) / 255.0
    prior = _to_unit(_OF_VALUE * hue_saturation_value[..., 2] + _OF_SATURATION * hue_saturation_value[..., 1])
    rest = 1.0 - parameters.by_height - parameters.unevenness
    mixed = (
        parameters.by_height * _by_height(image.shape[0], parameters.horizon)[:, None]
        + max(0.0, rest) * prior
        + parameters.unevenness * _clouds(image.shape[0], image.shape[1], seed)
    )
    guide = luma_full_range(image).astype(np.float32) / 255.0
    radius = max(1, round(_RADIUS * min(guide.shape)))
    return _to_unit(guided_filter(guide, mixed.astype(np.float32)[..., None], radius, _TOLERANCE)[..., 0])


def _by_height(height: int, horizon: float) -> NDArray[np.float32]:
    """Returns how far rows are: the largest at the horizon, less above it (the sky is overhead), 0 at the lower edge."""
    row = (np.arange(height, dtype=np.float32) + 0.5) / height
    below = (1.0 - row) / (1.0 - horizon)
    return np.where(row < horizon, 1.0, np.clip(below, 0.0, 1.0) ** 1.5).astype(np.float32)


def _clouds(height: int, width: int, seed: int) -> Plane:
    coarse = generator(seed).random((3, 4)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _to_unit(plane: Plane) -> Plane:
    """Returns a plane scaled so that nearly all of it fills [0, 1]; 0 where it is flat."""
    low, high = (float(np.quantile(plane, share)) for share in (1.0 - _FAR_QUANTILE, _FAR_QUANTILE))
    return np.clip((plane - low) / max(high - low, 1e-6), 0.0, 1.0).astype(np.float32)
