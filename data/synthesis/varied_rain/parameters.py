"""Parameters of varied rain: a scene, layers of streaks, how they are blended, and the camera.

Sizes are pixels of the image as it is drawn on. Brightness is in [0, 1] of the scale that the rain is blended in. The ranges
stand in `data.synthesis.varied_rain.ranges`, each with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["add", "screen", "alpha", "sheet"]
"""How a plane of rain R in [0, 1] joins a scene B in [0, 1], with the light A of a drop:

* add: `B + R A`, clipped (published sets of W. Yang et al., CVPR 2017, DOI 10.1109/CVPR.2017.183);
* screen: `B + R A (1 - B)`, so that rain vanishes on white (the layer mode "screen" of image editors, by which X. Fu et al.,
  CVPR 2017, DOI 10.1109/CVPR.2017.186, and H. Zhang et al., DOI 10.1109/TCSVT.2019.2920407, drew theirs);
* alpha: `B + R (A - B)`, so that rain also darkens what is brighter than a drop (K. Garg and S. K. Nayar, IJCV 75(1), 2007,
  DOI 10.1007/s11263-006-0028-6);
* sheet: `B + o (A R - B)`, a grey layer of rain over the whole scene at one opacity o; it darkens and takes contrast.
"""


@dataclass(frozen=True, slots=True)
class SceneParameters:
    """Light of the scene, for input and target alike.

    Attributes:
        gamma: Exponent on gamma-encoded values in [0, 1]; above 1 the scene is darker.
        gain: Factor on them after that, in (0, 1].
    """

    gamma: float
    gain: float


@dataclass(frozen=True, slots=True)
class LineLayer:
    """Single streaks, each drawn as a line: thin and tapering, or broad and flat.

    Attributes:
        density: Streaks per 10,000 pixels.
        length: Longest streak in pixels.
        shortest: Shortest streak relative to the longest, in (0, 1].
        width: Width in focus, in pixels at half of its brightness; a streak thinner than a pixel is fainter in proportion.
        brightness: Brightness of the brightest streak in focus, in [0, 1].
        faintness: Exponent of the distribution of brightness: 0, all alike; 4, few bright among many faint.
        taper: Share of a streak's length over which it fades in and out, in [0, 1]; 0: hard ends and sides.
        angle: Slant in degrees from the vertical, positive towards the right on the way down.
        spread: Half of the range of angles around it, in degrees.
        defocus: Standard deviation of the blur in pixels; it makes a streak fainter in proportion.
    """

    density: float
    length: float
    shortest: float
    width: float
    brightness: float
    faintness: float
    taper: float
    angle: float
    spread: float
    defocus: float


@dataclass(frozen=True, slots=True)
class GrainLayer:
    """Noise drawn out by a motion blur, as in an image editor: "add noise", "threshold", "motion blur", "levels".

    Attributes:
        share: Share of the grains that the threshold keeps, in (0, 1]; 1: dense rain, brighter and darker by turns.
        grain: Side of a grain in pixels: the width of a streak.
        length: Length of the motion blur in pixels.
        contrast: Standard deviation of brightness after levels, in [0, 1].
        level: Mean brightness in standard deviations: below 0 most of the plane is clipped to black; above, it is grey.
        brightest: Brightness to which levels clip, in [0, 1].
        angle: Slant in degrees from the vertical, positive towards the right on the way down.
        defocus: Standard deviation of the blur in pixels.
    """

    share: float
    grain: float
    length: float
    contrast: float
    level: float
    brightest: float
    angle: float
    defocus: float


@dataclass(frozen=True, slots=True)
class Blending:
    """How the rain joins the scene.

    Attributes:
        mode: See `Mode`.
        in_linear_light: Whether values are linear light, else gamma-encoded as they are stored.
        light: Colour of a drop, RGB in [0, 1].
        follows_scene: Share of a drop's light that comes from the scene around it, in [0, 1]: darker rain before dark parts.
        opacity: Opacity of the sheet, for that mode.
        darkening: Brightness taken from the rain all over, in [0, 1]: an image editor's "levels" may keep the mean brightness,
            so that the image between streaks is darker than the scene. Not for the sheet.
        unevenness: By how much the amount of rain varies over the image, in [0, 1].
    """

    mode: Mode
    in_linear_light: bool
    light: tuple[float, float, float]
    follows_scene: float
    opacity: float
    darkening: float
    unevenness: float


@dataclass(frozen=True, slots=True)
class Veil:
    """Accumulated rain too far away to be seen as streaks: a bright mist, thicker with distance.

    Attributes:
        top: Share of the mist's light at the upper edge, in [0, 1].
        bottom: The same at the lower edge, which is near.
        light: Brightness of the mist, in [0, 1].
        unevenness: By how much the mist varies over the image, in [0, 1].
    """

    top: float
    bottom: float
    light: float
    unevenness: float


@dataclass(frozen=True, slots=True)
class CameraParameters:
    """What the camera and the file do to the rainy image; the target has none of it.

    Attributes:
        contrast: Factor of contrast around `pivot`; 1: none.
        pivot: Brightness that contrast leaves alone, in [0, 1].
        shot_noise: Standard deviation of noise at white, in grey levels of 255; it grows with the root of brightness.
        read_noise: Standard deviation of noise everywhere, in grey levels of 255.
        jpeg_quality: Quality of JPEG, 1 to 100; None: not compressed.
        subsampled: Whether JPEG halves the resolution of colour.
    """

    contrast: float
    pivot: float
    shot_noise: float
    read_noise: float
    jpeg_quality: int | None
    subsampled: bool


@dataclass(frozen=True, slots=True)
class VariedRain:
    """Everything that is drawn on one image.

    Attributes:
        lines: Layers of single streaks.
        grains: Layers of blurred noise.
        blending: How both join the scene.
        veil: Mist.
        camera: Noise and compression after the rain.
    """

    lines: tuple[LineLayer, ...]
    grains: tuple[GrainLayer, ...]
    blending: Blending
    veil: Veil
    camera: CameraParameters
