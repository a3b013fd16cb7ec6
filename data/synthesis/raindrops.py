"""Raindrops on a pane or lens in front of the camera, as pure functions of (image, parameters, seed).

The model, and its sources:

* The aperture sees each point of a far scene through a disc of the pane, the circle of confusion. Light that passes between the
  drops is in focus, light that passes a drop comes from elsewhere, so that `I = (1 - A) B + R` with `A = D * M` and
  `R = D * (M S)`: the mask `M` of the drops and what they show, `S`, both convolved with the disc `D`. Drops smaller than the
  disc never hide a point whole (R. Qian et al., "Attentive Generative Adversarial Network for Raindrop Removal", CVPR 2018,
  DOI 10.1109/CVPR.2018.00263; S. You et al., "Adherent Raindrop Modeling, Detection and Removal in Video", IEEE TPAMI 38(9),
  2016, DOI 10.1109/TPAMI.2015.2491937).
* A drop is a cap of a sphere on the pane, a lens of short focal length: Snell's law at its surface gives a wide view, upside
  down, small and bent as by a fish-eye. Near the rim Fresnel's reflection, and total reflection beyond 49 degrees of slope, let
  less and less of it through (M. Roser and A. Geiger, "Video-based Raindrop Detection for Improved Image Registration", ICCV
  Workshops 2009, DOI 10.1109/ICCVW.2009.5457650; J. C. Halimeh and M. Roser, "Raindrop Detection on Car Windshields", IV 2009).
* Drops that touch become one: outlines are level lines of a sum of bumps (J. F. Blinn, "A Generalization of Algebraic Surface
  Drawing", ACM TOG 1(3), 1982, DOI 10.1145/357306.357310). Drops too small to be told apart are a mist: a smooth `M` below 1.

What lies beside the photograph is not known: the view of a drop is mirrored at its sides and lower edge, and above it is sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageF32, ImageU8, PlaneF32
from data.synthesis.linear_light import require_rgb, to_linear, to_srgb
from data.synthesis.random_streams import between, generator

_WATER = 1.333
"""Refractive index of water."""
_REACH = 1.5
"""Radius of a bump's support, in radii of the drop that it makes alone."""
_LEVEL = (1.0 - 1.0 / _REACH**2) ** 2
"""Value of a bump at the outline of the drop that it makes alone."""
_LOBES = 2
"""Smaller bumps beside each drop's first, which take the outline from the circle."""
_VIEW_SIDE = 96
"""Shorter side of the picture that drops show, in pixels. It is some ten times smaller in a drop: finer detail is lost."""
_SKY_BEGINS = 0.3
"""Height above the photograph at which a drop sees only sky, as a share of the shorter side."""
_MIST_SEES = 0.15
"""Standard deviation of the part of the scene that the mist mixes, as a share of the shorter side."""


@dataclass(frozen=True, slots=True)
class RaindropParameters:
    """Parameters of the drops on one pane. Lengths are shares of the photograph's shorter side.

    Attributes:
        coverage: Share of the pane that drops cover, in [0, 1).
        mist: Largest share of the pane that drops too small to be told apart cover, in [0, 1).
        radius: (smallest, largest) radius of a drop.
        defocus: Radius of the circle of confusion; 0: the camera is focused on the pane.
        slope: Sine of the contact angle, the slope of a drop's surface at its outline.
        focal: Focal length of the camera.
        sky: Light above the photograph, relative to the photograph's brightest hundredth, in linear light.
        inner: Light that the rim reflects from the camera's side, relative to the photograph's mean, in linear light.
        glint: Light of the sun or a lamp in a drop, linear, 1 being white; 0: none.
        glint_at: (down, right) of the glint in a drop, in radii.
    """

    coverage: float
    mist: float
    radius: tuple[float, float]
    defocus: float
    slope: float
    focal: float
    sky: float
    inner: float
    glint: float
    glint_at: tuple[float, float]


# Shares of the pane. The inputs then score about 28, 23 and 19 dB against their targets on pieces of the embedded photographs;
# two real pairs of AGAN score 20.5 and 18.7 dB.
_COVERAGE = {LIGHT: (0.03, 0.05), MEDIUM: (0.09, 0.13), HEAVY: (0.2, 0.28)}
_MIST = {LIGHT: (0.0, 0.06), MEDIUM: (0.0, 0.2), HEAVY: (0.15, 0.45)}


def draw_raindrops(severity: str, rng: np.random.Generator) -> RaindropParameters:
    """Draws the parameters of the drops on one pane.

    Args:
        severity: One of `data.features.SEVERITIES`.
        rng: Source of chance.

    Returns:
        Parameters for `add_raindrops`.
    """
    return RaindropParameters(
        coverage=between(rng, _COVERAGE[severity]),
        mist=between(rng, _MIST[severity]),
        # Drops of 0.5 to 3 mm on a pane of which the camera sees 35 to 90 mm.
        radius=(between(rng, (0.008, 0.02)), between(rng, (0.04, 0.08))),
        # Half of an aperture of 1.5 mm (a dash camera behind a windscreen) to 5 mm (a reflex camera at f/8) on the same pane.
        # One in seven is nearly focused on the drops, which hide what is behind them then.
        defocus=between(rng, (0.025, 0.065)) if rng.random() > 0.15 else between(rng, (0.004, 0.025)),
        slope=between(rng, (0.5, 0.95)),  # contact angles of 30 degrees on clean glass to 70 on a coated lens
        focal=between(rng, (1.1, 1.8)),  # angles of view of 70 to 45 degrees along the longer side
        sky=between(rng, (0.3, 1.0)),  # an overcast sky is as bright as the brightest of a scene; trees may hide some
        inner=between(rng, (0.1, 0.6)),
        glint=max(0.0, between(rng, (-16.0, 6.0))),  # rain falls from clouds: one image in four has the sun or a lamp
        glint_at=(between(rng, (0.2, 0.7)), between(rng, (-0.4, 0.4))),  # what is above is below in a drop
    )


def add_raindrops(image: ImageU8, parameters: RaindropParameters, seed: int) -> ImageU8:
    """Draws raindrops on a pane in front of a clean photograph.

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
    inside, down, right = _drops(height, width, parameters, rng)
    mist = np.float32(parameters.mist) * _clouds(height, width, rng) * (1.0 - inside)
    wide = _wide_view(scene)
    shown = _refracted(wide, (height, width), down, right, parameters)
    averaged = cv2.resize(cv2.GaussianBlur(wide, (0, 0), _MIST_SEES * _VIEW_SIDE), (width, height))
    mask = (inside + mist)[..., None]
    light = inside[..., None] * shown + mist[..., None] * 0.5 * (averaged + _sky(wide, parameters))
    covered = _through_aperture(np.concatenate([mask, light], axis=2), parameters.defocus * min(height, width))
    return to_srgb((1.0 - covered[..., :1]) * scene + covered[..., 1:])


def _drops(
    height: int, width: int, parameters: RaindropParameters, rng: np.random.Generator
) -> tuple[PlaneF32, PlaneF32, PlaneF32]:
    """Lays drops on the pane until they cover their share of it.

    Returns:
        The mask in [0, 1] and, (down, right), where in its drop a pixel lies: 0 in the middle, 1 at the outline. All float32
        [H, W].
    """
    total, down, right = (np.zeros((height, width), np.float32) for _ in range(3))
    small, large = (share * min(height, width) for share in parameters.radius)
    left = parameters.coverage * height * width
    while left > 0:
        radius = small * (large / small) ** float(rng.random())
        middle = float(rng.random()) * height, float(rng.random()) * width
        left -= _add_bump(total, down, right, middle, radius)
        for _ in range(_LOBES):
            # A drop hangs: more of it lies below its middle than above. A lobe's support reaches to the middle, so that its
            # slices never end before the image's first row and column.
            at = middle[0] + radius * between(rng, (-0.4, 0.8)), middle[1] + radius * between(rng, (-0.6, 0.6))
            left -= _add_bump(total, down, right, at, radius * between(rng, (0.4, 0.7)))
    some = np.maximum(total, np.float32(1e-6))
    # One pixel of transition, so that the outline of a focused drop has no stairs.
    steep = np.maximum(np.hypot(*np.gradient(total)), np.float32(1e-3)).astype(np.float32)
    return np.clip((total - _LEVEL) / steep + 0.5, 0.0, 1.0) * (total > 0), down / some, right / some


def _add_bump(total: PlaneF32, down: PlaneF32, right: PlaneF32, middle: tuple[float, float], radius: float) -> int:
    """Adds a bump to the sums in place; returns the number of pixels that drops cover in addition."""
    reach = _REACH * radius
    rows = slice(max(0, int(middle[0] - reach)), min(total.shape[0], int(middle[0] + reach) + 2))
    columns = slice(max(0, int(middle[1] - reach)), min(total.shape[1], int(middle[1] + reach) + 2))
    y = ((np.arange(rows.start, rows.stop) - middle[0]) / radius).astype(np.float32)[:, None]
    x = ((np.arange(columns.start, columns.stop) - middle[1]) / radius).astype(np.float32)[None, :]
    bump = np.maximum(0.0, 1.0 - (y * y + x * x) / np.float32(_REACH**2)) ** 2
    part = total[rows, columns]
    before = np.count_nonzero(part > _LEVEL)
    part += bump
    down[rows, columns] += bump * y
    right[rows, columns] += bump * x
    return int(np.count_nonzero(part > _LEVEL) - before)


def _wide_view(scene: ImageF32) -> ImageF32:
    """Returns the scene as small as drops show it, without the detail that they lose."""
    scale = _VIEW_SIDE / min(scene.shape[:2])
    size = (max(1, round(scene.shape[1] * scale)), max(1, round(scene.shape[0] * scale)))
    return cv2.resize(scene, size, interpolation=cv2.INTER_AREA)


def _sky(wide: ImageF32, parameters: RaindropParameters) -> NDArray[np.float32]:
    """Returns the light above the photograph, linear RGB."""
    return np.full(3, parameters.sky * float(np.quantile(wide, 0.99)), np.float32)


def _refracted(
    wide: ImageF32, size: tuple[int, int], down: PlaneF32, right: PlaneF32, parameters: RaindropParameters
) -> ImageF32:
    """Returns what drops show at each pixel, linear light, float32 [H, W, 3]; outside of drops it means nothing."""
    height, width = size
    shorter = min(height, width)
    off = np.hypot(down, right)
    sine = np.minimum(off, 1.0) * np.float32(parameters.slope)  # of the surface's slope in a cap of a sphere
    outside = np.minimum(_WATER * sine, 1.0)  # Snell's law, up to total reflection
    bent = np.tan(np.arcsin(outside) - np.arcsin(sine)) * np.float32(parameters.focal * shorter)
    # The surface at the upper part of a drop bends the line of sight down.
    away = bent / np.maximum(off, 1e-6)
    from_y = np.arange(height, dtype=np.float32)[:, None] - away * down
    from_x = np.arange(width, dtype=np.float32)[None, :] - away * right
    scale = np.float32(_VIEW_SIDE / shorter)
    view = cv2.remap(wide, from_x * scale, from_y * scale, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    above = np.clip(-from_y / (_SKY_BEGINS * shorter), 0.0, 1.0)[..., None]
    view += above * (_sky(wide, parameters) - view)
    through = _transmission(sine, outside)[..., None]
    inner = np.float32(parameters.inner) * wide.mean(axis=(0, 1))
    sun = np.exp(-((down - parameters.glint_at[0]) ** 2 + (right - parameters.glint_at[1]) ** 2) / (2 * 0.12**2))
    return through * (view + np.float32(parameters.glint) * sun[..., None]) + (1.0 - through) * inner


def _transmission(inside: PlaneF32, outside: PlaneF32) -> PlaneF32:
    """Returns the share of unpolarised light that passes the surface, from the sines of its angles (Fresnel)."""
    cosine_in, cosine_out = np.sqrt(1.0 - inside**2), np.sqrt(np.maximum(0.0, 1.0 - outside**2))
    across = (_WATER * cosine_in - cosine_out) / (_WATER * cosine_in + cosine_out)
    along = (_WATER * cosine_out - cosine_in) / (_WATER * cosine_out + cosine_in)
    return (1.0 - 0.5 * (across**2 + along**2)).astype(np.float32)


def _clouds(height: int, width: int, rng: np.random.Generator) -> PlaneF32:
    """Returns a smooth random field in [0, 1]: a spray wets a pane unevenly."""
    coarse = rng.random((4, 5)).astype(np.float32)
    return np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0.0, 1.0)


def _through_aperture(planes: ImageF32, radius: float) -> ImageF32:
    """Averages planes over the circle of confusion, of a radius in pixels."""
    if radius < 0.5:
        return planes
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(y, x), 0.0, 1.0).astype(np.float32)
    return cv2.filter2D(planes, cv2.CV_32F, disc / disc.sum(), borderType=cv2.BORDER_REFLECT_101)
