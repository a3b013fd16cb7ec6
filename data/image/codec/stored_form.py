"""The form in which an image is stored: upright, 8-bit RGB or gray, because readers disagree about anything else."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from data.errors import InputError

_ORIENTATION = 0x0112
# Position of this byte in a PNG, in its IHDR.
_PNG_BIT_DEPTH = 24


def orientation(image: Image.Image) -> int:
    """Returns EXIF's tag Orientation.

    Args:
        image: As Pillow opened it.

    Returns:
        1 to 8; 1, upright, if there is none.
    """
    return int(image.getexif().get(_ORIENTATION, 1))


def has_16_bits(image: Image.Image, data: bytes) -> bool:
    """Returns whether a file is a PNG of 16 bits a channel.

    Args:
        image: As Pillow opened it.
        data: The bytes of its file.

    Returns:
        True for 16 bits; Pillow itself reduces 16-bit colours to 8.
    """
    return image.format == "PNG" and data[_PNG_BIT_DEPTH] == 16


def as_stored(image: Image.Image, data: bytes) -> tuple[Image.Image, str | None]:
    """Converts an image to the form in which it is stored.

    Args:
        image: As Pillow opened it.
        data: The bytes of its file.

    Returns:
        The image as 8-bit RGB or gray, turned as EXIF says, and the reason to re-encode it (None: the file can be stored as it
        is).

    Raises:
        InputError: The image is animated or partly transparent; the message does not name the file.
    """
    if getattr(image, "is_animated", False) and image.format == "PNG":
        raise InputError("an animated PNG; save the one frame that is meant")
    if _is_transparent(image):
        raise InputError("partly transparent; save it without an alpha channel")
    reason = _difference(image, data)
    if image.mode.startswith(("I", "F")):
        # The high byte, as Pillow and TensorFlow reduce 16-bit colour.
        high = (np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8)
        image = Image.fromarray(high)
    if reason is None:
        return image, None
    return ImageOps.exif_transpose(image).convert("RGB"), reason


def _difference(image: Image.Image, data: bytes) -> str | None:
    """Returns why a reader other than Pillow might see other pixels or another size in a file, or None."""
    if orientation(image) != 1:
        return "turned by EXIF"
    if has_16_bits(image, data):
        return "16 bits"
    if image.mode in ("RGB", "L") and "transparency" not in image.info:
        return None
    return {"1": "1 bit", "P": "palette", "CMYK": "CMYK"}.get(image.mode, "alpha channel")


def _is_transparent(image: Image.Image) -> bool:
    """Returns whether any pixel is not opaque."""
    if "transparency" not in image.info and "A" not in image.getbands():
        return False
    alpha = image.convert("RGBA").getchannel("A").getextrema()
    return alpha != (255, 255)
