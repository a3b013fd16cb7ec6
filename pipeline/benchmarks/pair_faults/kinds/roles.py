"""The right pictures in the wrong role: swapped, the same picture twice, the same pair again."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds.codes import DUPLICATE, NO_GROUND_TRUTH, SWAPPED
from pipeline.benchmarks.pair_faults.kinds.registry import Canvas, fault
from pipeline.benchmarks.support.pair_sets import Images


def jpeg(image: ImageU8, quality: float) -> ImageU8:
    """Returns an image after JPEG compression with a quality from 1 to 95."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=int(quality))
    return np.asarray(Image.open(buffer).convert("RGB"))


@fault("swapped set", "", (1,), SWAPPED)
def swapped_set(canvas: Canvas, _: float) -> Images:
    """Input and target are exchanged in every pair of the set."""
    return canvas.images[1], canvas.images[0]


@fault("swapped pairs, a tenth of the set", "", (1,), SWAPPED, share=0.1)
def swapped_tenth(canvas: Canvas, _: float) -> Images:
    """Input and target are exchanged in a tenth of the pairs of a set."""
    return canvas.images[1], canvas.images[0]


@fault("swapped pairs, a third of the set", "", (1,), SWAPPED, share=1 / 3)
def swapped_third(canvas: Canvas, _: float) -> Images:
    """Input and target are exchanged in a third of the pairs of a set."""
    return canvas.images[1], canvas.images[0]


@fault("degraded picture twice", "JPEG quality", (50, 75, 90), NO_GROUND_TRUTH)
def degraded_twice(canvas: Canvas, quality: float) -> Images:
    """The target is the degraded picture, compressed again."""
    return canvas.images[0], jpeg(canvas.images[0], quality)


@fault("clean picture twice", "JPEG quality", (50, 75, 90), NO_GROUND_TRUTH)
def clean_twice(canvas: Canvas, quality: float) -> Images:
    """The input is the clean picture, compressed again: the degradation is missing."""
    return jpeg(canvas.images[1], quality), canvas.images[1]


@fault("degraded picture twice, a tenth of the set", "JPEG quality", (75,), NO_GROUND_TRUTH, share=0.1)
def few_degraded_twice(canvas: Canvas, quality: float) -> Images:
    """In a tenth of the set the target is the degraded picture, compressed again."""
    return degraded_twice(canvas, quality)


@fault("same pair again", "", (1,), DUPLICATE, keeps_original=True)
def again(canvas: Canvas, _: float) -> Images:
    """The set holds the pair twice, pixel for pixel."""
    return canvas.images


@fault("same pair again, compressed", "JPEG quality", (60, 85), DUPLICATE, keeps_original=True)
def again_compressed(canvas: Canvas, quality: float) -> Images:
    """The set holds the pair twice, the second time with an input that was compressed again."""
    return jpeg(canvas.images[0], quality), canvas.images[1]
