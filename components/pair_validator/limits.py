"""Limits on the files of a pair, checked before anything is decoded."""

from __future__ import annotations

from pydantic import Field

from components.pair_validator.threshold_fields import count
from data.image.codec.decoding import FORMATS, MAX_BYTES, MAX_PIXELS
from data.strict_model import StrictModel


class PairLimits(StrictModel):
    """Limits checked before an image is decoded, so that no file can fill the memory."""

    max_bytes: int = count(
        MAX_BYTES, "bytes", "Maximum size of a file: an encoded photograph of 64 megapixels is smaller."
    )
    max_pixels: int = count(
        MAX_PIXELS,
        "pixels",
        "Maximum pixels per image, read from its header; the largest public restoration sets have 8 megapixels.",
    )
    formats: tuple[str, ...] = Field(
        default=FORMATS, description="[name] Formats that are opened: those that the Trainer decodes."
    )
