"""The light of a scene, by day and by night, for input and target alike."""

from __future__ import annotations

import numpy as np

from data.image.arrays import ImageU8
from data.synthesis.linear_light import require_rgb
from data.synthesis.random_streams import between
from data.synthesis.varied_rain.parameters import SceneParameters

_NIGHT, _OTHER_DAY = 0.08, 0.35  # shares of images
# By day: photographs of the same scene differ by so much in exposure. By night: a street under lamps. No gain is above 1: a
# target whose sky is clipped has lost what the network should learn to keep.
_GAMMA = {"day": (0.8, 1.3), "night": (1.3, 2.2)}
_GAIN = {"day": (0.8, 1.0), "night": (0.5, 0.9)}


def draw_scene(rng: np.random.Generator) -> SceneParameters:
    """Draws the light of one scene; most scenes keep the photograph's.

    Args:
        rng: Source of chance.

    Returns:
        Parameters for `relight`.
    """
    drawn = rng.random()
    time = "night" if drawn < _NIGHT else "day"
    gamma, gain = between(rng, _GAMMA[time]), between(rng, _GAIN[time])
    return SceneParameters(gamma, gain) if drawn < _NIGHT + _OTHER_DAY else SceneParameters(1.0, 1.0)


def relight(image: ImageU8, scene: SceneParameters) -> ImageU8:
    """Changes the light of a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        scene: Its light.

    Returns:
        uint8 RGB, [H, W, 3].

    Raises:
        ValueError: The image is not uint8 RGB.
    """
    require_rgb(image)
    table = np.clip(255.0 * scene.gain * (np.arange(256) / 255.0) ** scene.gamma, 0.0, 255.0)
    return np.rint(table).astype(np.uint8)[image]
