"""How images are restored, as the command line says it; no TensorFlow, for which the help would have to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from data.image.decoding import Limits
from model_code.saved_model.tiling import DEFAULT_MEMORY

JPEG_QUALITY = 95
LIMITS = Limits(max_bytes=256 * 2**20, max_pixels=100_000_000)
"""What a file may cost: more than a training picture, as 24 megapixels of 16 bits are 144 MB before they are compressed."""


@dataclass(frozen=True, slots=True)
class Method:
    """What is done besides one pass through the network; nothing by default.

    Attributes:
        self_ensemble: The mean over the eight ways to turn and mirror an image.
        mirror_ensemble: The mean over the four that do not lay it on its side; only where `self_ensemble` is not taken.
        guided_filter: Radius of the guided filter in pixels; 0 for none.
        transfer_colour: Pixels above which the input's colour is taken; 0 for none.
    """

    self_ensemble: bool = False
    mirror_ensemble: bool = False
    guided_filter: int = 0
    transfer_colour: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """How images are restored and what else is made of them.

    Attributes:
        memory: MiB that restoring a part of an image may take; larger images are restored in tiles.
        half_precision: Whether the network's products and convolutions are computed in half precision.
        method: What is done besides one pass through the network.
        quality: Of JPEG files, 1 to 100.
        limits: What a file may cost to read.
        compare: Whether a sheet shows each picture before and after.
        compare_folder: Where sheets go; None for beside the results.
        target: Folder of clean pictures to measure against.
        skip_existing: Whether what has a result already is left alone.
    """

    memory: float = DEFAULT_MEMORY
    half_precision: bool = False
    method: Method = field(default_factory=Method)
    quality: int = JPEG_QUALITY
    limits: Limits = LIMITS
    compare: bool = False
    compare_folder: Path | None = None
    target: Path | None = None
    skip_existing: bool = False
