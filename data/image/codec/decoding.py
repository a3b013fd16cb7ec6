"""From encoded bytes to pixels: the kind and the size are checked before anything is decoded, then all data is decoded.

Only PNG and JPEG are accepted. `decode` gives the pixels that TensorFlow gives with
`tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")`, which reads PNG too; `tf.io.decode_image` uses a faster
and less exact DCT and differs from both by about one grey level for JPEG.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from PIL import Image

from data.errors import InputError
from data.image.arrays import ImageU8
from data.image.codec import structure
from data.image.codec.profile import SRGB, colour_space
from data.image.codec.stored_form import as_stored
from data.plain_text import one_line

FORMATS = ("PNG", "JPEG")
"""Pillow's names of the formats that are accepted."""

MAX_BYTES = 64 * 2**20
"""Default of the largest file; an encoded photograph of 64 megapixels is smaller."""

MAX_PIXELS = 64_000_000
"""Default of the largest image; the largest public restoration sets have 8 megapixels."""

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC = b"\xff\xd8\xff"
_LFS_MAGIC = b"version https://git-lfs"
# Pillow's name of a JPEG behind which others follow, such as a camera's preview or depth; every decoder reads the first.
_SEVERAL_JPEGS = "MPO"
# Blocks of memory, of at most 16 MiB each, that Pillow reuses for the next image.
_MEMORY_BLOCKS = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be to be read.

    Attributes:
        max_bytes: Largest file in bytes.
        max_pixels: Largest image in pixels, read from the header before anything is decoded.
    """

    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS


@dataclass(frozen=True, slots=True)
class UprightImage:
    """An image that was decoded in full and turned upright.

    Attributes:
        picture: RGB or gray, 8 bits.
        file_size: (height, width) in pixels as the file stores them, before any turn.
        reencode_reason: Why other readers might see other pixels in the file, such as "16 bits"; None where they do not.
        colour_space: "sRGB", or the name of the file's ICC profile.
        profile: The ICC profile where the colour space is another one than sRGB; None where it is sRGB.
    """

    picture: Image.Image
    file_size: tuple[int, int]
    reencode_reason: str | None
    colour_space: str
    profile: bytes | None

    @property
    def pixels(self) -> ImageU8:
        """A copy of the pixels, uint8 RGB [H, W, 3]."""
        return rgb_pixels(self.picture)


def decode(data: bytes, name: str, limits: Limits) -> tuple[ImageU8, str | None]:
    """Decodes an image in full and turns it upright.

    Args:
        data: The bytes of a PNG or JPEG file.
        name: What an error calls it.
        limits: The largest image that is decoded.

    Returns:
        uint8 RGB [H, W, 3], and why other readers might see other pixels in `data` (None: they do not).

    Raises:
        InputError: It is not a PNG or JPEG, is damaged, or has too many pixels.
    """
    image = decode_upright(data, name, limits)
    return image.pixels, image.reencode_reason


def decode_upright(data: bytes, name: str, limits: Limits, luma_side: int | None = None) -> UprightImage:
    """Decodes an image in full and turns it upright.

    Args:
        data: The bytes of a PNG or JPEG file.
        name: What an error calls it.
        limits: The largest image that is decoded.
        luma_side: Decode only the luma of a colour JPEG, and at half, a quarter or an eighth of its size if the shorter side
            keeps this many pixels. All its data is read all the same, so that damage is noticed. None: all pixels.

    Returns:
        The image.

    Raises:
        InputError: It is not a PNG or JPEG, is damaged, or has too many pixels.
    """

    def upright(image: Image.Image, size: tuple[int, int]) -> UprightImage:
        try:
            picture, reason = as_stored(image, data)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        space = colour_space(image)
        return UprightImage(picture, size, reason, space, None if space == SRGB else image.info["icc_profile"])

    return _decode(data, name, limits, upright, luma_side)


def decode_unchanged(data: bytes, name: str, limits: Limits) -> Image.Image:
    """Decodes an image in full and leaves its mode, orientation and alpha channel as they are.

    Args:
        data: The bytes of a PNG or JPEG file.
        name: What an error calls it.
        limits: The largest image that is decoded.

    Returns:
        The image, loaded.

    Raises:
        InputError: It is not a PNG or JPEG, is damaged, or has too many pixels.
    """
    return _decode(data, name, limits, lambda image, _: image)


def open_header(data: bytes, formats: Collection[str] = FORMATS) -> Image.Image:
    """Reads an image's header and no pixels.

    Args:
        data: The bytes of a file.
        formats: Pillow's names of the formats that are accepted.

    Returns:
        The image, not loaded.

    Raises:
        Exception: The header cannot be read; Pillow's readers raise whatever the damage makes them trip over.
    """
    _reuse_memory()
    with warnings.catch_warnings():
        # An image beyond `Limits` gets one error; Pillow's warning would repeat it on stderr.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(io.BytesIO(data), formats=tuple(formats))
    if image.format == _SEVERAL_JPEGS:
        image.format = "JPEG"
    return image


def rgb_pixels(picture: Image.Image) -> ImageU8:
    """Returns the pixels of an image of Pillow's.

    Args:
        picture: Of any mode.

    Returns:
        A copy, uint8 RGB [H, W, 3].
    """
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _decode(
    data: bytes,
    name: str,
    limits: Limits,
    then: Callable[[Image.Image, tuple[int, int]], T],
    luma_side: int | None = None,
) -> T:
    """Decodes an image in full and returns what `then` makes of it and of the file's (height, width)."""
    _check_kind(data, name)
    problem = structure.problem_of(data)
    if problem is not None and problem.startswith(structure.WASTEFUL):
        raise InputError(f"{name}: damaged or cut short, or made to waste time ({problem}); fetch it again")
    # Pillow's readers raise whatever the damage makes them trip over; to the user all of it means the same.
    try:
        image = open_header(data)
        width, height = image.size
        if width * height > limits.max_pixels:
            raise InputError(
                f"{name}: {width} x {height} is more than {limits.max_pixels:,} pixels; shrink it or raise the limit"
            )
        if problem is not None:  # after the size, which is said of an image that is both
            raise InputError(f"{name}: damaged or cut short ({problem}); fetch it again")
        if luma_side is not None and image.format == "JPEG" and image.mode == "RGB":
            image.draft("L", (luma_side, luma_side))
        image.load()
        return then(image, (height, width))
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: far too many pixels for any picture; remove it with its partner") from error
    except Exception as error:
        raise InputError(f"{name}: damaged or cut short ({one_line(error)}); fetch it again") from error


@cache
def _reuse_memory() -> None:
    """Lets Pillow write pixels over those of earlier images: fresh pages of memory cost a tenth of the time of decoding.

    Pillow's documentation has this as PILLOW_BLOCKS_MAX in the environment, which is read when it is imported: too early.
    """
    Image.core.set_blocks_max(_MEMORY_BLOCKS)


def _check_kind(data: bytes, name: str) -> None:
    """Refuses data that does not begin as a PNG or JPEG does."""
    if data.startswith((_PNG_MAGIC, _JPEG_MAGIC)):
        return
    if data.startswith(_LFS_MAGIC):
        raise InputError(f"{name}: a git-LFS pointer, not the image itself; run `git lfs pull` where it came from")
    raise InputError(f"{name}: not a PNG or JPEG picture, whatever its name says; convert it or remove it")
