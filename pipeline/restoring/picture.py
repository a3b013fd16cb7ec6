"""An image file as it is restored: its pixels upright and at their own depth, and all that is not for the network to see."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from data.errors import InputError
from data.image.decoding import Limits, decode_unchanged
from data.image.encoding import PNG_LEVEL
from data.image.stored_form import has_16_bits, orientation
from pipeline.restoring.dihedral import Turn, upright
from pipeline.restoring.metadata import metadata, with_metadata
from pipeline.restoring.post_processing import Levels


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded file.

    Attributes:
        pixels: uint8 or uint16 [H, W, 3], upright.
        alpha: Of the same depth, [H, W, 1], as stored; None where there is none.
        gray: Whether the file has no colours; the three channels are then alike.
        is_png: Else it is a JPEG.
        turn: What made it upright.
        metadata: What else the file says, to be written again.
    """

    pixels: Levels
    alpha: Levels | None
    gray: bool
    is_png: bool
    turn: Turn
    metadata: tuple[bytes, ...]

    @property
    def suffix(self) -> str:
        """The ending for a file of its kind."""
        return ".png" if self.is_png else ".jpg"


def read(data: bytes, name: str, limits: Limits) -> Picture:
    """Decodes a file.

    Args:
        data: Its bytes.
        name: What an error calls it.
        limits: What it may cost.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, has too many pixels, or is animated.
    """
    image = decode_unchanged(data, name, limits)
    is_png = image.format == "PNG"
    if is_png and getattr(image, "is_animated", False):
        raise InputError(f"{name}: an animated PNG; save its frames as files and restore those")
    stored = _sixteen_bits(image, data) if has_16_bits(image, data) else _eight_bits(image)
    colours, alpha = (stored[..., :-1], stored[..., -1:]) if stored.shape[2] % 2 == 0 else (stored, None)
    gray = colours.shape[2] == 1
    turn = upright(orientation(image))
    pixels = turn.apply(np.repeat(colours, 3, axis=2) if gray else colours)
    # A profile for inks says nothing about the RGB that is made of them.
    kept = metadata(data, profile=image.mode != "CMYK")
    return Picture(np.ascontiguousarray(pixels), alpha, gray, is_png, turn, kept)


def encode(picture: Picture, restored: Levels, quality: int) -> bytes:
    """Returns the file of a restored picture: as the one it was read from, but for the pixels.

    Args:
        picture: What was restored.
        restored: [H, W, 3] of its depth, upright.
        quality: Of a JPEG, 1 to 100.
    """
    stored = picture.turn.undo(restored[..., :1] if picture.gray else restored)
    if picture.alpha is not None:
        stored = np.concatenate([stored, picture.alpha], axis=2)
    stored = np.ascontiguousarray(stored)
    if stored.dtype == np.uint16:
        # TensorFlow's, as Pillow has no 16-bit colours.
        encoded = bytes(tf.io.encode_png(stored, compression=PNG_LEVEL).numpy())
    else:
        encoded = _encoded(stored, picture.is_png, quality)
    return with_metadata(encoded, picture.metadata)


def eight_bits(pixels: Levels) -> NDArray[np.uint8]:
    """Returns pixels of any depth at 8 bits, rounded: what measures and sheets are of."""
    if pixels.dtype == np.uint8:
        return pixels
    return np.rint(pixels / np.float32(257.0)).astype(np.uint8)


def _encoded(stored: Levels, is_png: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(stored[..., 0] if stored.shape[2] == 1 else stored)
    if is_png:
        image.save(buffer, format="PNG", compress_level=PNG_LEVEL)
    else:
        image.save(buffer, format="JPEG", quality=quality)
    return buffer.getvalue()


def _eight_bits(image: Image.Image) -> Levels:
    """Returns uint8 [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha."""
    colours = "L" if image.mode in ("1", "L", "LA") else "RGB"
    has_alpha = "transparency" in image.info or image.mode in ("LA", "PA", "RGBA")
    mode = {"L": "LA", "RGB": "RGBA"}[colours] if has_alpha else colours
    array = np.asarray(image if image.mode == mode else image.convert(mode))
    return array if array.ndim == 3 else array[..., np.newaxis]


def _sixteen_bits(image: Image.Image, data: bytes) -> Levels:
    """Returns uint16 [H, W, C]; a colour that the file declares to be transparent becomes an alpha channel."""
    array: Levels = tf.io.decode_png(data, dtype=tf.uint16).numpy()
    key = image.info.get("transparency")
    if key is None or array.shape[2] % 2 == 0:
        return array
    shown = (array != np.array(key, np.uint16)).any(axis=2, keepdims=True)
    return np.concatenate([array, np.where(shown, np.uint16(65535), np.uint16(0))], axis=2)
