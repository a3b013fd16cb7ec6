"""Decodes the images of a pair, after their size and header were checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, UnidentifiedImageError

from components.pair_validator.limits import PairLimits
from data.image.arrays import ImageU8
from data.image.codec import structure
from data.image.codec.decoding import open_header
from data.image.codec.profile import SRGB, colour_space
from data.image.codec.stored_form import as_stored
from data.plain_text import one_line

OK = "ok"
MISSING = "missing_partner"
NOT_AN_IMAGE = "not_an_image"
UNDECODABLE = "undecodable"
BOMB = "bomb"
OTHER_PROFILE = "other_profile"


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A decoded image, or the reason why it could not be decoded.

    Attributes:
        status: "ok", "missing_partner", "not_an_image", "undecodable" or "bomb"; of an input also "other_profile".
        problem: Problem in a few words; empty where the status is "ok".
        format: "PNG", "JPEG", ... from the header.
        height: Rows, from the header; 0 where it could not be read.
        width: Columns, from the header.
        channels: Channels as stored, before any conversion.
        encoded_bytes: Size of the file, bytes.
        sha256: SHA-256 of the file, hexadecimal; None where it is missing or too large.
        pixels: uint8 RGB [H, W, 3] where the status is "ok".
        colour_space: "sRGB", or the name of the file's ICC profile.
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
    colour_space: str = SRGB


def decode(encoded: bytes | None, limits: PairLimits, as_converted: bool = False) -> DecodedImage:
    """Decodes one image, if its size and its header are within the limits.

    Args:
        encoded: Bytes of the file; None or empty where it is missing.
        limits: Limits on bytes, pixels and formats.
        as_converted: Return the pixels that `data convert` would store (turned by the EXIF tag, 16 bits reduced to 8), and
            refuse the images that it refuses. Otherwise decode like the Trainer.

    Returns:
        The image, or the reason why it could not be decoded.
    """
    if not encoded:
        return DecodedImage(MISSING, "there is no image")
    if len(encoded) > limits.max_bytes:
        return too_large(len(encoded))
    image = _decode(encoded, limits, as_converted)
    digest = None if image.status == BOMB else hashlib.sha256(encoded).hexdigest()
    return replace(image, encoded_bytes=len(encoded), sha256=digest)


def decoded_already(encoded: bytes, pixels: ImageU8) -> DecodedImage:
    """Describes an image that is decoded already; only its header is read.

    Args:
        encoded: Bytes of the file.
        pixels: Its pixels as `data convert` would store them, uint8 RGB [H, W, 3].

    Returns:
        The image, without a SHA-256.
    """
    height, width, _ = pixels.shape
    with open_header(encoded) as image:
        name, channels = str(image.format), len(image.getbands())
    return DecodedImage(OK, "", name, height, width, channels, len(encoded), pixels=pixels)


def too_large(size: int) -> DecodedImage:
    """Returns the result for a file of too many bytes.

    Args:
        size: Size of the file, bytes.
    """
    return DecodedImage(BOMB, f"{size} bytes", encoded_bytes=size)


def _decode(encoded: bytes, limits: PairLimits, as_converted: bool) -> DecodedImage:
    problem = structure.problem_of(encoded)
    try:
        image = open_header(encoded, limits.formats)
    except UnidentifiedImageError:
        return DecodedImage(NOT_AN_IMAGE, f"begins with {encoded[:24]!r}")
    except Image.DecompressionBombError as error:
        return DecodedImage(BOMB, str(error))
    # A damaged header raises many classes: OSError, SyntaxError, ValueError, struct.error ...
    except Exception as error:
        return DecodedImage(UNDECODABLE, f"its header cannot be read: {one_line(error)}")
    if problem is not None and image.width * image.height <= limits.max_pixels:
        return DecodedImage(UNDECODABLE, problem, str(image.format), image.height, image.width, len(image.getbands()))
    return _load(image, encoded, limits, as_converted)


def _load(image: Image.Image, encoded: bytes, limits: PairLimits, as_converted: bool) -> DecodedImage:
    width, height = image.size
    name, channels = str(image.format), len(image.getbands())
    if width * height > limits.max_pixels:
        return DecodedImage(BOMB, f"{width} x {height} pixels", name, height, width, channels)
    try:
        stored = as_stored(image, encoded)[0] if as_converted else image
        pixels = np.asarray(stored if stored.mode == "RGB" else stored.convert("RGB"))
    except Exception as error:  # damaged pixels raise many classes too
        return DecodedImage(UNDECODABLE, one_line(error), name, height, width, channels)
    height, width, _ = pixels.shape
    return DecodedImage(OK, "", name, height, width, channels, pixels=pixels, colour_space=colour_space(image))
