"""Image files read safely: limits before decoding, a full decode, and one meaning of the pixels for every reader.

Only PNG and JPEG are taken. What is handed on decodes to the same pixels here (Pillow) and in TensorFlow with
`tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")`, which reads PNG too; `tf.io.decode_image`, which
takes a quicker and less exact DCT, differs from both by about one grey level for JPEG. A file that the two would read
differently (turned by EXIF, 16 bits), or that not every reader knows (CMYK, palette, alpha), is re-encoded as 8-bit
RGB PNG, without loss, and the reason is handed on.
"""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.errors import InputError
from data.image.stored_form import as_stored

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
# Files that are pictures but not of the two kinds taken: leaving them out in silence would lose data.
FOREIGN_SUFFIXES = (".bmp", ".gif", ".tif", ".tiff", ".webp", ".heic", ".avif", ".jp2", ".ppm")

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC = b"\xff\xd8\xff"
_LFS_MAGIC = b"version https://git-lfs"
PNG_LEVEL = 3
"""Of compression: fast, and 3 % larger than the default on photographs."""
# Of at most 16 MiB each, kept for the next picture.
_BLOCKS = 8

Pixels = NDArray[np.uint8]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost to read.

    Attributes:
        max_bytes: Largest file in bytes.
        max_pixels: Largest picture in pixels, known from the header before a pixel is decoded.
    """

    max_bytes: int = 64 * 2**20
    max_pixels: int = 64_000_000


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that was read and decoded in full.

    Attributes:
        data: PNG or JPEG bytes that every reader decodes to `pixels`.
        picture: The same, decoded and upright; RGB or gray.
        sha256: Of the file as it was published.
        reencoded: Why `data` is not what was published, or None where it is.
    """

    data: bytes
    picture: Image.Image
    sha256: str
    reencoded: str | None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.picture.height, self.picture.width

    @property
    def pixels(self) -> Pixels:
        """A copy, uint8 RGB, [H, W, 3]."""
        return _pixels(self.picture)


def read_rgb(path: Path, limits: Limits | None = None) -> Pixels:
    """Reads one file for its pixels alone.

    Args:
        path: The file; an error calls it by this path.
        limits: What it may cost (None: the defaults).

    Returns:
        uint8 RGB, [H, W, 3], turned upright.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or exceeds a limit.
    """
    limits = limits or Limits()
    return decode(read_bytes(path, str(path), limits), str(path), limits)[0]


def read_image(path: Path, name: str, limits: Limits) -> ImageFile:
    """Reads and decodes one file.

    Args:
        path: The file.
        name: What an error calls it.
        limits: What it may cost.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or exceeds a limit.
    """
    data = read_bytes(path, name, limits)
    picture, _, reason = _decode(data, name, limits)
    kept = data if reason is None else encode_png(_pixels(picture))
    return ImageFile(kept, picture, hashlib.sha256(data).hexdigest(), reason)


@dataclass(frozen=True, slots=True)
class ImageLook:
    """A file all of whose data was read and decoded, and that will be stored.

    Attributes:
        data: As for `ImageFile`.
        size: (height, width) in pixels, upright.
        sha256: Of the file.
        reencoded: Why what is stored is not the file as it is, or None where it is.
    """

    data: bytes
    size: tuple[int, int]
    sha256: str
    reencoded: str | None


def look_at(path: Path, name: str, limits: Limits) -> ImageLook:
    """Reads one file and decodes all of its data, but makes few pixels of a JPEG's, which saves a third of the time.

    Args:
        path: The file.
        name: What an error calls it.
        limits: What it may cost.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or exceeds a limit.
    """
    return _look(path, name, limits, 1)[0]


def look_at_luma(path: Path, name: str, limits: Limits, side: int | None = None) -> tuple[ImageLook, Image.Image]:
    """Does what `look_at` does, and returns the picture's brightness as well.

    Args:
        path: The file.
        name: What an error calls it.
        limits: What it may cost.
        side: Pixels of the shorter side that suffice: a JPEG is then made half, a quarter or an eighth of its size in
            decoding, if it keeps so many. None: all.

    Returns:
        The look, and the picture, gray and upright.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or exceeds a limit.
    """
    # All: no side has more pixels than the whole picture may have.
    look, picture = _look(path, name, limits, side or limits.max_pixels)
    return look, picture if picture.mode == "L" else picture.convert("L")


def _look(path: Path, name: str, limits: Limits, luma_side: int) -> tuple[ImageLook, Image.Image]:
    data = read_bytes(path, name, limits)
    picture, size, reason = _decode(data, name, limits, luma_side)
    digest = hashlib.sha256(data).hexdigest()
    if reason is not None:
        pixels = decode(data, name, limits)[0]
        data, size = encode_png(pixels), (pixels.shape[0], pixels.shape[1])
    return ImageLook(data, size, digest, reason), picture


def read_bytes(path: Path, name: str, limits: Limits) -> bytes:
    """Reads a file's bytes if there are not too many.

    Raises:
        InputError: It cannot be read, is empty or too large.
    """
    try:
        with path.open("rb", buffering=0) as file:
            # What would not be kept is not read: one byte more than may be tells.
            data = file.read(min(os.fstat(file.fileno()).st_size, limits.max_bytes) + 1)
    except OSError as error:
        raise InputError(
            f"{name}: cannot be read ({error.strerror or error}); check that it is there for you"
        ) from error
    if not data:
        raise InputError(f"{name}: the file is empty; fetch it again or remove it with its partner")
    if len(data) > limits.max_bytes:
        raise InputError(f"{name}: larger than {limits.max_bytes:,} bytes; remove it or raise the limit")
    return data


def decode(data: bytes, name: str, limits: Limits) -> tuple[Pixels, str | None]:
    """Decodes a picture in full.

    Args:
        data: The bytes of a file.
        name: What an error calls it.
        limits: What it may cost.

    Returns:
        uint8 RGB [H, W, 3], and why other readers might see other pixels in `data` (None: they do not).

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or has too many pixels.
    """
    picture, _, reason = _decode(data, name, limits)
    return _pixels(picture), reason


def encode_png(pixels: Pixels) -> bytes:
    """Returns uint8 RGB [H, W, 3] as PNG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=PNG_LEVEL)
    return buffer.getvalue()


def load(data: bytes, name: str, limits: Limits) -> Image.Image:
    """Decodes a picture in full and changes nothing about it: neither mode nor orientation nor alpha.

    Args:
        data: The bytes of a file.
        name: What an error calls it.
        limits: What it may cost.

    Raises:
        InputError: It is no PNG or JPEG, is damaged, or has too many pixels.
    """
    return _loaded(data, name, limits, lambda image, _: image)


def _decode(
    data: bytes, name: str, limits: Limits, luma_side: int | None = None
) -> tuple[Image.Image, tuple[int, int], str | None]:
    """Returns a picture decoded in full and upright, RGB or gray, the file's (height, width), and the reason to store it anew.

    All data of a JPEG file are read whatever is wanted, so that damage is found. With `luma_side` its colours are thrown
    away, and of its pixels what the shorter side need not keep, down to an eighth.
    """

    def stored(image: Image.Image, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int], str | None]:
        picture, reason = _stored(image, data, name)
        return picture, size, reason

    return _loaded(data, name, limits, stored, luma_side)


def _loaded(
    data: bytes,
    name: str,
    limits: Limits,
    then: Callable[[Image.Image, tuple[int, int]], T],
    luma_side: int | None = None,
) -> T:
    """Decodes a picture in full and returns what is made of it and of the file's (height, width)."""
    _check_kind(data, name)
    # Pillow's readers raise whatever the damage makes them trip over; to the user all of it means the same.
    try:
        image = _open(data)
        width, height = image.size
        if width * height > limits.max_pixels:
            raise InputError(
                f"{name}: {width} x {height} is more than {limits.max_pixels:,} pixels; shrink it or raise the limit"
            )
        if luma_side is not None and image.format == "JPEG" and image.mode == "RGB":
            image.draft("L", (luma_side, luma_side))
        image.load()
        return then(image, (height, width))
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: far too many pixels for any picture; remove it with its partner") from error
    except Exception as error:
        raise InputError(f"{name}: damaged or cut short ({_one_line(error)}); fetch it again") from error


def _open(data: bytes) -> Image.Image:
    """Reads a picture's header."""
    _reuse_memory()
    with warnings.catch_warnings():
        # Of what is too large `Limits` decides, in one line and no second one on stderr.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))


@cache
def _reuse_memory() -> None:
    """Lets Pillow write pixels over those of earlier pictures: fresh pages of memory cost a tenth of the time of decoding.

    Pillow's documentation has this as PILLOW_BLOCKS_MAX in the environment, which is read when it is imported: too early.
    """
    Image.core.set_blocks_max(_BLOCKS)


def _check_kind(data: bytes, name: str) -> None:
    """Refuses what is neither PNG nor JPEG by its first bytes."""
    if data.startswith((_PNG_MAGIC, _JPEG_MAGIC)):
        return
    if data.startswith(_LFS_MAGIC):
        raise InputError(f"{name}: a git-LFS pointer, not the picture itself; run `git lfs pull` where it came from")
    raise InputError(f"{name}: not a PNG or JPEG picture, whatever its name says; convert it or remove it")


def _stored(image: Image.Image, data: bytes, name: str) -> tuple[Image.Image, str | None]:
    """Does what `as_stored` does, and names the file where it cannot be done."""
    try:
        return as_stored(image, data)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _pixels(picture: Image.Image) -> Pixels:
    """Returns uint8 RGB [H, W, 3]."""
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _one_line(error: Exception) -> str:
    """Returns an error's message without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
