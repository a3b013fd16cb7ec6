"""The images of the page: few, of a sensible size, encoded into the page itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

# An error of this many 8-bit levels (mean over R, G and B) or more has the brightest colour of a difference map: 48
# levels are what a heavy streak adds, and a restored image that is left with less still shows where it is wrong.
DIFFERENCE_FULL_SCALE = 48

# The colours of a difference map from no error to full scale: lightness rises all the way, so it reads without hue too.
_MAP_COLOURS = ((8, 12, 20), (38, 44, 92), (116, 44, 122), (204, 66, 94), (248, 142, 70), (252, 236, 168))

# (longest side in pixels, JPEG quality), best first: the first at which all images fit the budget is taken.
_ENCODINGS = ((720, 92), (640, 88), (512, 84), (400, 80), (288, 72), (192, 65))

# Bytes of all images together, as base64 text: the page stays under 6 MB with curves and lists.
BUDGET = 4_800_000


@dataclass(frozen=True)
class Example:
    """One evaluation pair to look at.

    Attributes:
        pair_id: The pair's id.
        severity: "light", "medium", "heavy", ...
        input: The degraded image, uint8 RGB [H, W, 3].
        restored: What the model made of it, uint8 RGB [H, W, 3].
        target: The clean image, uint8 RGB [H, W, 3].
        metrics: Of this pair: "psnr" and "input_psnr" in dB, "ssim" and "input_ssim"; each may be absent.
        chosen: Why this pair is shown, e.g. "median gain of its severity"; empty where there is no reason to tell.
    """

    pair_id: str
    severity: str
    input: Pixels
    restored: Pixels
    target: Pixels
    metrics: Mapping[str, float] = field(default_factory=dict)
    chosen: str = ""

    def __post_init__(self) -> None:
        for name in ("input", "restored", "target"):
            _check(getattr(self, name), f"{self.pair_id}: {name}")
        if not self.input.shape == self.restored.shape == self.target.shape:
            shapes = ", ".join(str(image.shape) for image in (self.input, self.restored, self.target))
            raise ValueError(f"{self.pair_id}: input, restored and target differ in shape: {shapes}")


@dataclass(frozen=True)
class QuarantinedImages:
    """The two images of a quarantined pair, uint8 RGB [H, W, 3]; their sizes may differ, as that can be the reason."""

    pair_id: str
    input: Pixels
    target: Pixels

    def __post_init__(self) -> None:
        for name in ("input", "target"):
            _check(getattr(self, name), f"{self.pair_id}: {name}")


@dataclass(frozen=True)
class Picture:
    """An encoded image: its data URI and the size it was drawn from, in pixels."""

    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class ExamplePictures:
    """The pictures of one example, ready for the page."""

    example: Example
    input: Picture
    restored: Picture
    target: Picture
    error_before: Picture
    error_after: Picture


@dataclass(frozen=True)
class QuarantinedPictures:
    """The pictures of one quarantined pair, ready for the page."""

    pair_id: str
    input: Picture
    target: Picture


def _check(image: Pixels, name: str) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"{name}: expected a uint8 image [H, W, 3], found {image.dtype} {list(image.shape)}")


def difference_map(image: Pixels, target: Pixels) -> Pixels:
    """Draws how far an image is from its target, pixel by pixel.

    Args:
        image: uint8 RGB [H, W, 3].
        target: uint8 RGB [H, W, 3].

    Returns:
        uint8 RGB [H, W, 3]: the mean absolute difference over R, G and B, from dark (0 levels) to bright
        (`DIFFERENCE_FULL_SCALE` levels and more); the scale is the same for every map.
    """
    levels = np.abs(image.astype(np.float32) - target.astype(np.float32)).mean(axis=2)
    return _palette()[(np.minimum(levels / DIFFERENCE_FULL_SCALE, 1.0) * 255).astype(np.uint8)]


def _palette() -> Pixels:
    """Returns the 256 colours of a difference map, [256, 3]."""
    stops = np.linspace(0, 255, len(_MAP_COLOURS))
    channels = [np.interp(np.arange(256), stops, channel) for channel in zip(*_MAP_COLOURS, strict=True)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def palette_css(stops: int = 9) -> str:
    """Returns the colours of a difference map as a CSS gradient, for its legend."""
    colours = _palette()[np.linspace(0, 255, stops).round().astype(int)]
    return "linear-gradient(90deg, " + ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in colours) + ")"


def encode(image: Pixels, longest_side: int, quality: int) -> Picture:
    """Encodes an image as a JPEG data URI, made smaller where its longest side exceeds the bound, never larger.

    Args:
        image: uint8 RGB [H, W, 3].
        longest_side: Bound on height and width, pixels.
        quality: JPEG quality, 1..95; colour is not subsampled, so that a colour cast cannot hide in the encoding.
    """
    height, width = image.shape[:2]
    picture = Image.fromarray(image)
    scale = longest_side / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode()
    return Picture(f"data:image/jpeg;base64,{text}", width, height)


def encode_all(
    examples: Sequence[Example], quarantined: Sequence[QuarantinedImages] = (), budget: int = BUDGET
) -> tuple[list[ExamplePictures], list[QuarantinedPictures]]:
    """Encodes every image of a page, all at one size and quality: the best at which they fit the budget.

    Args:
        examples: Evaluation pairs to show.
        quarantined: Quarantined pairs to show.
        budget: Bytes that the data URIs may take together.

    Raises:
        ValueError: They do not fit even at the smallest size: fewer have to be passed.
    """
    for longest_side, quality in _ENCODINGS:
        shown = [_example_pictures(example, longest_side, quality) for example in examples]
        kept_out = [
            QuarantinedPictures(
                pair.pair_id, *(encode(image, min(longest_side, 480), quality) for image in (pair.input, pair.target))
            )
            for pair in quarantined
        ]
        if _bytes(shown, kept_out) <= budget:
            return shown, kept_out
    raise ValueError(
        f"{len(examples)} examples and {len(quarantined)} quarantined pairs do not fit into {budget} bytes: pass fewer"
    )


def _example_pictures(example: Example, longest_side: int, quality: int) -> ExamplePictures:
    maps = (difference_map(image, example.target) for image in (example.input, example.restored))
    large = [encode(image, longest_side, quality) for image in (example.input, example.restored, example.target)]
    # A map is drawn from errors, not looked at for its texture: it bears a lower quality.
    return ExamplePictures(example, *large, *(encode(drawn, min(longest_side, 480), quality - 10) for drawn in maps))


def _bytes(shown: Sequence[ExamplePictures], kept_out: Sequence[QuarantinedPictures]) -> int:
    pictures = [
        picture
        for group in shown
        for picture in (group.input, group.restored, group.target, group.error_before, group.error_after)
    ]
    pictures += [picture for pair in kept_out for picture in (pair.input, pair.target)]
    return sum(len(picture.uri) for picture in pictures)
