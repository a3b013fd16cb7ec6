"""From encoded bytes to pixels, with the header looked at first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, UnidentifiedImageError

from components.pair_validator.settings import PairLimits
from data.image.arrays import ImageU8
from data.image.decoding import open_header
from data.image.stored_form import as_stored

OK = "ok"
MISSING = "missing_partner"
NOT_AN_IMAGE = "not_an_image"
UNDECODABLE = "undecodable"
BOMB = "bomb"


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An image, or why there is none.

    Attributes:
        status: "ok", "missing_partner", "not_an_image", "undecodable" or "bomb".
        problem: What is wrong in a few words; empty where nothing is.
        format: "PNG", "JPEG" ... as the header says.
        height: Rows, by the header; 0 where it could not be read.
        width: Columns, by the header.
        channels: Channels as stored, before any conversion.
        encoded_bytes: Size of what was decoded.
        sha256: Of the encoded bytes, in hexadecimal; None where there are none, or too many.
        pixels: [H, W, 3] uint8 RGB, where the status is "ok".
    """

    status: str
    problem: str = ""
    format: str = ""
    height: int = 0
    width: int = 0
    channels: int = 0
    encoded_bytes: int = 0
    sha256: str | None = None
    pixels: ImageU8 | None = None


def decode(encoded: bytes | None, limits: PairLimits, as_converted: bool = False) -> DecodedImage:
    """Decodes one image, unless its bytes or its header forbid it.

    Args:
        encoded: The file's bytes; None or empty where there is none.
        limits: Bytes, pixels and formats that are admitted.
        as_converted: Give the pixels that `data convert` would store - turned as EXIF says, 16 bits as 8 - and admit only
            what it admits. Records are decoded as the Trainer does it, as they are.
    """
    if not encoded:
        return DecodedImage(MISSING, "there is no image")
    if len(encoded) > limits.max_bytes:
        return too_large(len(encoded))
    image = _decode(encoded, limits, as_converted)
    digest = None if image.status == BOMB else hashlib.sha256(encoded).hexdigest()
    return replace(image, encoded_bytes=len(encoded), sha256=digest)


def decoded_already(encoded: bytes, pixels: ImageU8) -> DecodedImage:
    """Describes an image that was decoded elsewhere: its header is read, and its pixels are not made a second time.

    Args:
        encoded: The file's bytes.
        pixels: [H, W, 3] uint8 RGB, upright, as `data convert` would store them.
    """
    height, width, _ = pixels.shape
    with open_header(encoded) as image:
        name, channels = str(image.format), len(image.getbands())
    return DecodedImage(OK, "", name, height, width, channels, len(encoded), pixels=pixels)


def too_large(size: int) -> DecodedImage:
    """Returns what stands for a file of too many bytes."""
    return DecodedImage(BOMB, f"{size} bytes", encoded_bytes=size)


def _decode(encoded: bytes, limits: PairLimits, as_converted: bool) -> DecodedImage:
    try:
        image = open_header(encoded, limits.formats)
    except UnidentifiedImageError:
        return DecodedImage(NOT_AN_IMAGE, f"begins with {encoded[:24]!r}")
    except Image.DecompressionBombError as error:
        return DecodedImage(BOMB, str(error))
    # What the header of a damaged file raises is not one class: OSError, SyntaxError, ValueError, struct.error ...
    except Exception as error:
        return DecodedImage(UNDECODABLE, f"its header cannot be read: {error}")
    return _load(image, encoded, limits, as_converted)


def _load(image: Image.Image, encoded: bytes, limits: PairLimits, as_converted: bool) -> DecodedImage:
    width, height = image.size
    name, channels = str(image.format), len(image.getbands())
    if width * height > limits.max_pixels:
        return DecodedImage(BOMB, f"{width} x {height} pixels", name, height, width, channels)
    try:
        stored = as_stored(image, encoded)[0] if as_converted else image
        pixels = np.asarray(stored.convert("RGB"))
    except Exception as error:  # as above: a damaged file raises whatever its decoder stumbles over
        return DecodedImage(UNDECODABLE, str(error) or type(error).__name__, name, height, width, channels)
    height, width, _ = pixels.shape
    return DecodedImage(OK, "", name, height, width, channels, pixels=pixels)
