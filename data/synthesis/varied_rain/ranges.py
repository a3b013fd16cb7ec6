"""The ranges that varied rain is drawn from, and the reason of each.

They were chosen by looking at the images of even number of Rain100L, Rain100H, Rain800's `training` and Rain200H and at two of
Rain1400, and by measuring on these the input's PSNR, the line that best maps target to input, skewness, slant, and the length
and width at which the autocorrelation of input minus target falls to a half. Other images, and `test_syn`, were left for
reporting. Nothing of these sets is in the project.
"""

from __future__ import annotations

from dataclasses import dataclass

from data.features import HEAVY, LIGHT, MEDIUM

Range = tuple[float, float]
"""(lowest, highest)"""


@dataclass(frozen=True, slots=True)
class LineRanges:
    """Ranges of a shower of single streaks; `data.synthesis.varied_rain.parameters.LineLayer` gives the units.

    Attributes:
        layers: Fewest and most layers by depth. Rain100L has streaks of one size, Rain100H five layers and more.
        cover: Area of all streaks relative to the image, by severity, drawn evenly in the logarithm: few streaks need as many
            examples as many do. In Rain100L 4 to 31 % of the pixels differ by more than 12 levels, in Rain100H 66 to 92 %.
        length: Of the nearest layer, drawn evenly in the logarithm. Rain100L's streaks are 20 to 90 pixels long in images of
            481 x 321; a drop close to the camera crosses a third of an image.
        width: Of the nearest layer, at an image side of about 500 pixels: a streak of half a pixel is a faint line, one of 6
            a drop close to the camera. Rain100L has 1.5 to 3.
        brightness: Of the brightest streak. In Rain100L the hundredth brightest pixel gains 27 to 112 grey levels.
        faintness: Of the distribution of brightness. Rain100L's skewness of 2.3 to 5.9 needs few bright among many faint
            streaks; Rain100H's of 0.1 to 0.7 needs levels that are spread evenly.
        hard_share: Share of showers whose streaks have hard ends and sides, as painted ones do: most of Rain100H's.
        taper: Of the others. An exposure that begins and ends while a drop falls fades its streak at both ends.
        spread: Turbulence and perspective: Rain100L's streaks are parallel to within some degrees.
        layer_turn: By how much the slant of a layer differs from the shower's: Rain100H lays showers of several directions
            over each other.
        defocus: A drop that is far from the plane in focus is blurred by up to some pixels (K. Garg and S. K. Nayar,
            ACM TOG 25(3), 2006, DOI 10.1145/1141911.1141985).
        modes: How often each mode of blending is chosen: add, screen, alpha, sheet.
    """

    layers: tuple[int, int]
    cover: dict[str, Range]
    length: Range
    width: Range
    brightness: dict[str, Range]
    faintness: Range
    hard_share: float
    taper: Range
    spread: Range
    layer_turn: Range
    defocus: Range
    modes: tuple[float, float, float, float]


THIN = LineRanges(
    layers=(1, 3),
    cover={LIGHT: (0.03, 0.2), MEDIUM: (0.12, 0.5), HEAVY: (0.35, 1.2)},
    length=(14.0, 110.0),
    width=(0.5, 4.0),
    brightness={LIGHT: (0.3, 1.0), MEDIUM: (0.4, 1.0), HEAVY: (0.5, 1.0)},
    faintness=(0.3, 2.5),
    hard_share=0.05,
    taper=(0.2, 1.0),
    spread=(0.0, 6.0),
    layer_turn=(0.0, 4.0),
    defocus=(0.0, 1.8),
    modes=(0.5, 0.25, 0.25, 0.0),
)
"""Thin, tapering streaks of one direction, as in Rain100L and RainDS, and as rain close to the camera photographs."""

BROAD = LineRanges(
    layers=(2, 6),
    cover={LIGHT: (0.08, 0.3), MEDIUM: (0.25, 0.8), HEAVY: (0.7, 2.2)},
    length=(20.0, 90.0),
    width=(1.5, 6.0),
    brightness={LIGHT: (0.15, 0.45), MEDIUM: (0.2, 0.55), HEAVY: (0.25, 0.65)},
    faintness=(0.0, 1.0),
    hard_share=0.6,
    taper=(0.1, 0.6),
    spread=(0.0, 3.0),
    layer_turn=(0.0, 12.0),
    defocus=(0.0, 0.6),
    modes=(0.75, 0.15, 0.1, 0.0),
)
"""Broad, flat streaks that overlap until little is left of the scene, as in Rain100H and Rain200H."""


@dataclass(frozen=True, slots=True)
class GrainRanges:
    """Ranges of noise drawn out by motion; `data.synthesis.varied_rain.parameters.GrainLayer` gives the units.

    Attributes:
        layers: Fewest and most layers: Rain800 has fine faint rain beneath dashes.
        texture_share: Share of images whose noise is a texture, as often darker as brighter, rather than single dashes. In a
            half of Rain800 skewness is below 0.4.
        share: Of the grains that are kept for dashes, drawn evenly in the logarithm: a fiftieth gives single ones.
        texture_grains: The same for a texture.
        grain: 1 is the noise of an image editor at full size; 3 is that of a small image enlarged.
        length: Rain800's dashes are 8 to 30 pixels long, Rain1400's 10 to 40.
        contrast: Input minus target varies by 0.04 to 0.12 in Rain800 and by 0.05 in Rain1400; screening before a mean scene
            leaves a half of what is drawn.
        level: Of dashes: below 0 only the bright half of the noise is rain; at 1 the rain is a grey layer that accumulates. In
            Rain800's middle half the median pixel gains 3 to 14 grey levels, in its heaviest images 75.
        texture_level: Of a texture: at 1 a sixth is clipped to black, at 2.5 nothing.
        darkening: Of a texture, relative to its mean brightness: at 1 the image keeps its brightness, as in the middle of
            Rain800; a fifth of Rain800 is darker than its target.
        brightest: Levels that clip low give hard-edged dashes of one brightness.
        layer_turn: By how much the slant of a layer differs from the shower's: some images of Rain800 have two directions.
        defocus: Rain800's photographs are scaled down after the rain, or not.
        modes: How often each mode of blending is chosen: add, screen, alpha, sheet. In Rain800 rain is half as strong on white
            as on black.
        opacity: Of the sheet: the line that maps Rain800's target to its input has a slope of 0.74 to 1.1, and of 0.52 once.
    """

    layers: tuple[int, int]
    texture_share: float
    share: Range
    texture_grains: Range
    grain: Range
    length: Range
    contrast: dict[str, Range]
    level: dict[str, Range]
    texture_level: Range
    darkening: Range
    brightest: Range
    layer_turn: Range
    defocus: Range
    modes: tuple[float, float, float, float]
    opacity: dict[str, Range]


GRAIN = GrainRanges(
    layers=(1, 2),
    texture_share=0.6,
    share=(0.02, 0.5),
    texture_grains=(0.15, 1.0),
    grain=(0.8, 3.2),
    length=(6.0, 44.0),
    contrast={LIGHT: (0.06, 0.14), MEDIUM: (0.1, 0.22), HEAVY: (0.16, 0.34)},
    level={LIGHT: (-0.6, 0.5), MEDIUM: (-0.5, 0.8), HEAVY: (-0.2, 1.2)},
    texture_level=(1.0, 2.5),
    darkening=(0.4, 1.5),
    brightest=(0.4, 1.0),
    layer_turn=(0.0, 10.0),
    defocus=(0.0, 0.8),
    modes=(0.2, 0.55, 0.15, 0.1),
    opacity={LIGHT: (0.06, 0.16), MEDIUM: (0.12, 0.28), HEAVY: (0.24, 0.45)},
)
"""Dense rain by an image editor's noise and motion blur, as in Rain800, Rain1400 and DID-MDN."""


@dataclass(frozen=True, slots=True)
class ImageRanges:
    """Ranges of what an image has whatever its rain is.

    Attributes:
        kinds: How often rain is thin lines, broad lines, grains, or grains with thin lines before them, by severity: light rain
            is seldom broad, heavy rain often.
        slant: Degrees from the vertical, of either sign. Two draws are averaged, since upright rain is the most frequent: 90 %
            of Rain800 lies within 28 degrees, Rain100L within 21; Rain1400 goes further.
        in_linear_light: Share of images whose rain is blended in linear light, as a sensor does it. Published sets were drawn
            in gamma-encoded values.
        light: Brightness of a drop: nearly the sky's.
        tint: Half of the range by which red and blue of a drop differ: the sky is bluish, lamps are not.
        follows_scene: See `Blending`; 0 in one half of the images. Rain before dark woods is darker than before the sky.
        unevenness: Gusts; 0 in one half of the images.
        veil_share: Share of images with mist, by severity.
        veil: Share of the mist's light at the far end, by severity. Rain800's haziest image keeps half of its contrast.
        veil_near: The mist at the lower edge relative to the upper, since the ground comes towards the camera.
        veil_light: Brightness of the mist, between that of a dull and a bright sky.
        tone_share: Share of images whose contrast was changed after the rain. A quarter of Rain800 has more contrast than
            its target, in spite of the rain.
        contrast: That contrast: Rain800's slope reaches 1.1 in its highest twentieth.
        pivot: Brightness that it leaves alone.
        noise_share: Share of images with noise of a sensor on the input alone.
        shot_noise: See `CameraParameters`: 3 levels at white is a phone's camera by day.
        read_noise: The same everywhere: a level is daylight, 2.5 dusk.
        jpeg_share: Share of images that are compressed after the rain. Rain800, Rain1400 and DID-MDN are published as JPEG,
            Rain100L and Rain100H as PNG.
        jpeg_quality: From a web page's 60 to a camera's 95.
    """

    kinds: dict[str, tuple[float, float, float, float]]
    slant: float
    in_linear_light: float
    light: Range
    tint: float
    follows_scene: Range
    unevenness: Range
    veil_share: dict[str, float]
    veil: dict[str, Range]
    veil_near: Range
    veil_light: Range
    tone_share: float
    contrast: Range
    pivot: Range
    noise_share: float
    shot_noise: Range
    read_noise: Range
    jpeg_share: float
    jpeg_quality: tuple[int, int]


IMAGE = ImageRanges(
    kinds={LIGHT: (0.5, 0.05, 0.3, 0.15), MEDIUM: (0.3, 0.1, 0.4, 0.2), HEAVY: (0.15, 0.4, 0.25, 0.2)},
    slant=50.0,
    in_linear_light=0.15,
    light=(0.75, 1.0),
    tint=0.04,
    follows_scene=(0.1, 0.6),
    unevenness=(0.1, 0.7),
    veil_share={LIGHT: 0.1, MEDIUM: 0.2, HEAVY: 0.35},
    veil={LIGHT: (0.01, 0.06), MEDIUM: (0.03, 0.16), HEAVY: (0.06, 0.35)},
    veil_near=(0.2, 1.0),
    veil_light=(0.55, 0.95),
    tone_share=0.15,
    contrast=(0.92, 1.15),
    pivot=(0.3, 0.9),
    noise_share=0.2,
    shot_noise=(0.0, 3.0),
    read_noise=(0.0, 2.5),
    jpeg_share=0.5,
    jpeg_quality=(60, 95),
)
