"""Draws a thumbnail for each reason code of docs/train/pairs.md: `python -m docs.generate.thumbnails`."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data.image.arrays import ImageU8
from data.synthesis import rain
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos
from pipeline.benchmarks.support import corruptions
from pipeline.report.pairs.pictures import framed

PICTURES = Path(__file__).resolve().parents[1] / "pictures" / "pairs"
_HEIGHT, _WIDTH = 120, 180  # pixels of one image of a thumbnail
_GAP = 6
_BACKGROUND = (128, 128, 128)
_QUALITY = 72

Pair = tuple[ImageU8, ImageU8]


def _crop(photo: str, top: int = 60, left: int = 60) -> ImageU8:
    """Returns a piece of an embedded photograph, shrunk to the size of a thumbnail's image."""
    image = cv2.cvtColor(cv2.imread(str(embedded_photos() / f"{photo}.jpg")), cv2.COLOR_BGR2RGB)
    piece = image[top : top + 2 * _HEIGHT, left : left + 2 * _WIDTH]
    return cv2.resize(piece, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _rainy(clean: ImageU8, seed: int = 1) -> ImageU8:
    return rain.add_rain(clean, rain.draw_rain("medium", generator(seed)), seed)


def _card(*lines: str) -> ImageU8:
    """Returns a dark card with text in place of an image."""
    card = np.full((_HEIGHT, _WIDTH, 3), 40, np.uint8)
    for number, line in enumerate(lines):
        place = (10, _HEIGHT // 2 + 22 * number - 11 * (len(lines) - 1) + 5)
        cv2.putText(card, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (220, 220, 220), 1, cv2.LINE_AA)
    return card


def _cut_short(image: ImageU8) -> ImageU8:
    """Returns an image as a viewer shows a JPEG that ends after half of its bytes."""
    cut = image.copy()
    cut[_HEIGHT // 2 :] = 128
    return cut


def _on_canvas(image: ImageU8) -> ImageU8:
    """Sets a smaller image into the middle of the space that a thumbnail's image has."""
    canvas = np.full((_HEIGHT, _WIDTH, 3), _BACKGROUND, np.uint8)
    height, width = image.shape[:2]
    top, left = (_HEIGHT - height) // 2, (_WIDTH - width) // 2
    canvas[top : top + height, left : left + width] = image
    return canvas


def _in_wide_gamut(image: ImageU8) -> ImageU8:
    """Returns the paler picture that numbers of a wider gamut give where the profile is ignored."""
    grey = image.mean(axis=2, keepdims=True)
    return np.clip(grey + 0.6 * (image - grey), 0, 255).astype(np.uint8)


def _shrunk(image: ImageU8, factor: float) -> ImageU8:
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _pairs() -> dict[str, tuple[Pair, ...]]:
    """Returns the pairs that each code's thumbnail shows, input first."""
    clean, other = _crop("chelsea"), _crop("china")
    degraded, second = _rainy(clean), _rainy(other, seed=2)
    return {
        "undecodable": ((_cut_short(degraded), clean),),
        "not_an_image": ((_card("notes.txt", "renamed to 7.png"), clean),),
        "missing_partner": ((degraded, _card("no file")),),
        "other_profile": ((_in_wide_gamut(degraded), clean),),
        "bomb": ((_card("60,000 x 60,000", "pixels"), clean),),
        "size_mismatch": ((_on_canvas(_shrunk(degraded, 0.75)), clean),),
        "too_small": ((_on_canvas(_shrunk(degraded, 0.35)), _on_canvas(_shrunk(clean, 0.35))),),
        "misaligned": (_filled(corruptions.shift(degraded, clean, 12, 18)),),
        "scaled": (_filled(corruptions.zoom(degraded, clean, 1.25)),),
        "stretched": ((_stretched(degraded, 1.25), clean),),
        "locally_misaligned": (_torn(degraded, clean),),
        "bordered": ((_barred(degraded), clean),),
        "flipped": ((np.ascontiguousarray(degraded[:, ::-1]), clean),),
        "swapped": ((clean, degraded),),
        "channels_swapped": ((np.ascontiguousarray(degraded[..., ::-1]), clean),),
        "range_mismatch": ((degraded, (clean / 16).astype(np.uint8)),),
        "low_quality_target": ((degraded, corruptions.reencode(clean, 5)),),
        "unrelated": ((degraded, other),),
        "no_ground_truth": ((degraded, corruptions.reencode(degraded, 80)),),
        "duplicate": ((degraded, clean), (degraded, clean)),
        "leak": ((degraded, clean), (_rainy(clean, seed=3), clean)),
        "ok": ((second, other),),
    }


def _stretched(image: ImageU8, factor: float) -> ImageU8:
    """Returns the middle of an image that was stretched in width."""
    wide = cv2.resize(image, (round(_WIDTH * factor), _HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    start = (wide.shape[1] - _WIDTH) // 2
    return np.ascontiguousarray(wide[:, start : start + _WIDTH])


def _torn(degraded: ImageU8, clean: ImageU8) -> Pair:
    """Returns a pair whose input has its lower part off its place; a frame marks it, as in the report."""
    torn = degraded.copy()
    torn[70:] = np.roll(degraded, 14, axis=1)[70:]
    region = (70, 0, _HEIGHT, _WIDTH)
    return framed(torn, region), framed(clean, region)


def _barred(image: ImageU8) -> ImageU8:
    """Returns an image that was squeezed between two black bars."""
    barred = np.zeros_like(image)
    barred[14:-14] = cv2.resize(image, (_WIDTH, _HEIGHT - 28), interpolation=cv2.INTER_AREA)
    return barred


def _filled(pair: Pair) -> Pair:
    return _on_canvas(pair[0]), _on_canvas(pair[1])


def _thumbnail(pairs: tuple[Pair, ...]) -> ImageU8:
    images = [image for pair in pairs for image in pair]
    gap = np.full((_HEIGHT, _GAP, 3), 170, np.uint8)
    parts = [part for image in images for part in (gap, image)][1:]
    return np.concatenate(parts, axis=1)


def encoded(pairs: tuple[Pair, ...]) -> bytes:
    """Returns the JPEG of a thumbnail: the images of its pairs side by side."""
    buffer = io.BytesIO()
    Image.fromarray(_thumbnail(pairs)).save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


def main(write: Callable[[str], None] = print) -> None:
    """Writes one JPEG for each reason code, and `ok.jpg`."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for code, pairs in _pairs().items():
        (PICTURES / f"{code}.jpg").write_bytes(encoded(pairs))
    write(f"wrote {PICTURES}")


if __name__ == "__main__":
    main()
