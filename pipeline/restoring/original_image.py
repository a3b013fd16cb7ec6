"""Decodes an image file for restoring, and encodes the result as the same kind of file.

Depth, alpha channel, gray, orientation and metadata of the original are preserved; the network sees upright RGB only.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from PIL import Image

from data.errors import InputError
from data.image.arrays import ImageU8
from data.image.codec.decoding import Limits, decode_unchanged
from data.image.codec.encoding import PNG_LEVEL
from data.image.codec.stored_form import has_16_bits, orientation
from pipeline.restoring.dihedral import DihedralTransform, exif_transform
from pipeline.restoring.metadata import metadata, with_metadata
from pipeline.restoring.post_processing import Levels

# 65535 / 255: the ratio of the largest values at 16 and at 8 bits.
_LEVELS_PER_GREY = np.float32(257.0)


@dataclass(frozen=True, slots=True)
class OriginalImage:
    """A decoded file, with everything that the restored file preserves.

    Attributes:
        pixels: Upright RGB, uint8 or uint16 [H, W, 3].
        alpha: Alpha channel [H, W, 1] as stored, of the same depth; None for an opaque image.
        is_gray: Whether the file stores gray values; the three channels are then equal.
        is_png: True for a PNG, False for a JPEG.
        transform: Transform from the stored to the upright image.
        metadata: Parts of the file to copy, such as EXIF and the ICC profile.
    """

    pixels: Levels
    alpha: Levels | None
    is_gray: bool
    is_png: bool
    transform: DihedralTransform
    metadata: tuple[bytes, ...]

    @property
    def suffix(self) -> str:
        """File name suffix of its format."""
        return ".png" if self.is_png else ".jpg"


def decode_original(data: bytes, name: str, limits: Limits) -> OriginalImage:
    """Decodes a PNG or JPEG file.

    Args:
        data: Content of the file.
        name: Name of the image in error messages.
        limits: Maximum size of the image.

    Raises:
        InputError: The file is not a PNG or JPEG, is damaged, has too many pixels, or is animated.
    """
    image = decode_unchanged(data, name, limits)
    is_png = image.format == "PNG"
    if is_png and getattr(image, "is_animated", False):
        raise InputError(f"{name}: an animated PNG; save its frames as files and restore those")
    stored = _decode_16_bits(image, data) if has_16_bits(image, data) else _decode_8_bits(image)
    colours, alpha = (stored[..., :-1], stored[..., -1:]) if stored.shape[2] % 2 == 0 else (stored, None)
    is_gray = colours.shape[2] == 1
    transform = exif_transform(orientation(image))
    pixels = np.ascontiguousarray(transform.apply(np.repeat(colours, 3, axis=2) if is_gray else colours))
    # The pixels of a CMYK image are converted to RGB, which its profile does not describe.
    preserved = metadata(data, with_profile=image.mode != "CMYK")
    return OriginalImage(pixels, alpha, is_gray, is_png, transform, preserved)


def encode_like(original: OriginalImage, restored: Levels, quality: int) -> bytes:
    """Encodes a restored image as the same kind of file as the original.

    Args:
        original: The original.
        restored: Upright RGB [H, W, 3] of the original's size and depth.
        quality: Quality of a JPEG, 1 to 100.

    Returns:
        Content of the file.
    """
    stored = original.transform.undo(restored[..., :1] if original.is_gray else restored)
    if original.alpha is not None:
        stored = np.concatenate([stored, original.alpha], axis=2)
    stored = np.ascontiguousarray(stored)
    if stored.dtype == np.uint16:
        # Pillow cannot write 16-bit colours; TensorFlow can.
        encoded = bytes(tf.io.encode_png(stored, compression=PNG_LEVEL).numpy())
    else:
        encoded = _encode_8_bits(stored, original.is_png, quality)
    return with_metadata(encoded, original.metadata)


def to_8_bits(pixels: Levels) -> ImageU8:
    """Returns pixels of 8 or 16 bits at 8 bits, rounded."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    return np.rint(pixels / _LEVELS_PER_GREY).astype(np.uint8)


def _encode_8_bits(stored: Levels, is_png: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(stored[..., 0] if stored.shape[2] == 1 else stored)
    if is_png:
        image.save(buffer, format="PNG", compress_level=PNG_LEVEL)
    else:
        image.save(buffer, format="JPEG", quality=quality)
    return buffer.getvalue()


def _decode_8_bits(image: Image.Image) -> Levels:
    """Returns uint8 [H, W, C]; the channels are gray, gray and alpha, RGB, or RGB and alpha."""
    colours = "L" if image.mode in ("1", "L", "LA") else "RGB"
    has_alpha = "transparency" in image.info or image.mode in ("LA", "PA", "RGBA")
    mode = {"L": "LA", "RGB": "RGBA"}[colours] if has_alpha else colours
    array = np.asarray(image if image.mode == mode else image.convert(mode))
    return array if array.ndim == 3 else array[..., np.newaxis]


def _decode_16_bits(image: Image.Image, data: bytes) -> Levels:
    """Returns uint16 [H, W, C]; a colour that the file declares transparent becomes an alpha channel."""
    array: Levels = tf.io.decode_png(data, dtype=tf.uint16).numpy()
    transparent = image.info.get("transparency")
    if transparent is None or array.shape[2] % 2 == 0:
        return array
    is_opaque = (array != np.array(transparent, np.uint16)).any(axis=2, keepdims=True)
    return np.concatenate([array, np.where(is_opaque, np.uint16(65535), np.uint16(0))], axis=2)
