"""Options of restoring. Imports no TensorFlow, for which `--help` would have to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from data.image.codec.decoding import Limits
from model_code.saved_model.precision_names import InferencePrecision
from model_code.saved_model.tiling import DEFAULT_MEMORY

JPEG_QUALITY = 95
LIMITS = Limits(max_bytes=256 * 2**20, max_pixels=100_000_000)
"""Default maximum size of a file. It exceeds that of training data, as 24 megapixels of 16 bits are 144 MB uncompressed."""


@dataclass(frozen=True, slots=True)
class Method:
    """Steps beside one pass through the network; the default has none.

    Attributes:
        self_ensemble: Average the results over the eight rotations and reflections.
        mirror_ensemble: Average the results over the four reflections; ignored with `self_ensemble`.
        guided_filter: Radius of the guided filter in pixels; 0 for none.
        transfer_colour: Radius of the colour transfer in pixels; 0 for none.
        limit_tone: Whether the change of tone is limited by the streaks found; None: with the starter for rain only.
    """

    self_ensemble: bool = False
    mirror_ensemble: bool = False
    guided_filter: int = 0
    transfer_colour: int = 0
    limit_tone: bool | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """Options of restoring files.

    Attributes:
        memory: MiB that restoring a part of an image may take; larger images are restored in tiles.
        precision: What the network computes in.
        method: Steps beside one pass through the network.
        quality: Quality of JPEG files, 1 to 100.
        limits: Maximum size of a file.
        compare: Whether to write a comparison image for each result.
        compare_folder: Folder of the comparison images; None for the folder of the results.
        target: Folder of clean images to measure against; None to measure nothing.
        skip_existing: Whether to skip images that have a result already.
        trust_model: Whether the model's operations may touch files.
        public_key: PEM file of the key that the model has to be signed with; None for any model.
    """

    memory: float = DEFAULT_MEMORY
    precision: InferencePrecision = "float32"
    method: Method = field(default_factory=Method)
    quality: int = JPEG_QUALITY
    limits: Limits = LIMITS
    compare: bool = False
    compare_folder: Path | None = None
    target: Path | None = None
    skip_existing: bool = False
    trust_model: bool = False
    public_key: Path | None = None
