"""Rain drawn on a clean photograph, as pure functions of (image, parameters, seed).

The model, and its sources:

* A falling drop is a lens that gathers light from almost the whole sky, so it is brighter than most of the scene behind
  it; it crosses a pixel in a fraction of the exposure, so the pixel is a mixture of the scene and the drop's
  light, `J = (1 - a) * B + a * E`, in *linear* light (K. Garg and S. K. Nayar, "Vision and Rain", IJCV 75(1), 2007,
  DOI 10.1007/s11263-006-0028-6). Where the background is as bright as the sky, rain vanishes, as it does in photographs.
* The share `a` of a drop's light comes from `data.synthesis.streaks`.
* Rain too far away to be seen as streaks scatters light into the path: a thin even veil, `J = (1 - v) * J + v * E`
  (S. K. Nayar and S. G. Narasimhan, "Vision in Bad Weather", ICCV 1999, DOI 10.1109/ICCV.1999.790306).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.features import HEAVY, LIGHT, MEDIUM, SEVERITIES
from data.image.arrays import ImageF32, ImageU8
from data.synthesis.linear_light import require_rgb, to_linear, to_srgb
from data.synthesis.random_streams import between
from data.synthesis.streaks import RainParameters, StreakLayer, streaks

# Ranges of the severities, each as (lowest, highest). The inputs then score about 26, 22 and 19 dB against their targets on
# pieces of the embedded photographs, and a streak hides most of the scene behind it.
_AMOUNT = {LIGHT: (0.8, 1.3), MEDIUM: (1.5, 2.3), HEAVY: (2.7, 3.8)}
_OPACITY = {LIGHT: (0.50, 0.70), MEDIUM: (0.55, 0.78), HEAVY: (0.60, 0.86)}
_VEIL = {LIGHT: (0.0, 0.006), MEDIUM: (0.004, 0.016), HEAVY: (0.012, 0.035)}


def draw_rain(severity: str, rng: np.random.Generator) -> RainParameters:
    """Draws the parameters of one shower.

    Args:
        severity: One of `data.features.SEVERITIES`.
        rng: Source of chance.

    Returns:
        Parameters for `add_rain`; slant, length, width, density, opacity and defocus all vary from call to call.

    Raises:
        ValueError: The severity is not known.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity!r}: expected one of {', '.join(SEVERITIES)}")
    amount = between(rng, _AMOUNT[severity])
    opacity = between(rng, _OPACITY[severity])
    length = between(rng, (0.75, 1.35))
    return RainParameters(
        angle=between(rng, (-35.0, 35.0)),
        spread=between(rng, (1.5, 5.0)),
        layers=_layers(rng, amount, opacity, length),
        veil=between(rng, _VEIL[severity]),
        glow=between(rng, (1.0, 1.35)),
    )


def add_rain(image: ImageU8, parameters: RainParameters, seed: int) -> ImageU8:
    """Draws rain on a clean photograph.

    Args:
        image: uint8 RGB, [H, W, 3].
        parameters: Parameters of the shower, from `draw_rain`.
        seed: Seed of the streaks' positions.

    Returns:
        uint8 RGB, [H, W, 3].

    Raises:
        ValueError: The image is not uint8 RGB.

    Example:
        >>> import numpy as np
        >>> from data.synthesis.random_streams import generator
        >>> photograph = np.full((64, 96, 3), 90, np.uint8)
        >>> rainy = add_rain(photograph, draw_rain("heavy", generator(1)), seed=7)
        >>> rainy.shape, rainy.dtype, bool(rainy.mean() > photograph.mean())
        ((64, 96, 3), dtype('uint8'), True)
    """
    require_rgb(image)
    scene = to_linear(image)
    light = np.float32(parameters.glow) * _sky_light(scene)
    alpha = streaks(image.shape[0], image.shape[1], parameters, seed)[..., None]
    rainy = scene + alpha * (light - scene)
    rainy += np.float32(parameters.veil) * (light - rainy)
    return to_srgb(rainy)


def _layers(rng: np.random.Generator, amount: float, opacity: float, length: float) -> tuple[StreakLayer, ...]:
    """Returns a far, a middle and a near layer."""
    far = StreakLayer(
        density=amount * between(rng, (14.0, 24.0)),
        length=length * between(rng, (14.0, 22.0)),
        width=between(rng, (0.8, 1.1)),
        opacity=0.65 * opacity,
        blur=between(rng, (0.0, 0.4)),
    )
    middle = StreakLayer(
        density=amount * between(rng, (2.5, 5.0)),
        length=length * between(rng, (28.0, 46.0)),
        width=between(rng, (1.0, 1.6)),
        opacity=opacity,
        blur=between(rng, (0.0, 0.5)),
    )
    near = StreakLayer(
        density=amount * between(rng, (0.2, 0.6)),
        length=length * between(rng, (55.0, 95.0)),
        width=between(rng, (1.8, 3.0)),
        opacity=1.2 * opacity,
        blur=between(rng, (0.6, 1.8)),
    )
    return far, middle, near


def _sky_light(scene: ImageF32) -> NDArray[np.float32]:
    """Returns the light of the sky, float32 [3]: as bright as the scene's brightest parts, with a quarter of their tint."""
    luminance = scene @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    bright = max(0.75, float(np.quantile(luminance, 0.97)))
    tint = scene[luminance >= np.quantile(luminance, 0.7)].mean(axis=0)
    tint = tint / max(float(tint.mean()), 1e-3)
    return (bright * (0.75 + 0.25 * tint)).astype(np.float32)
