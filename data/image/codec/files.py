"""Image files read safely: limits before decoding, a full decode, and the same pixels for every reader.

Only PNG and JPEG are accepted. `ImageFile.data` decodes to the same pixels here (Pillow, `data.image.codec.decoding`) and in
TensorFlow. A file that the two would read differently (turned by EXIF, 16 bits), or that not every reader knows (CMYK, palette,
alpha), is re-encoded as 8-bit RGB PNG, which loses nothing but the lower half of 16 bits, and the reason is returned with it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from data.errors import InputError
from data.image.arrays import ImageU8
from data.image.codec.decoding import Limits, decode, decode_upright, rgb_pixels
from data.image.codec.encoding import encode_png
from data.storage.foreign_files import open_file

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif")
"""Endings of the files that are read as images."""

FOREIGN_SUFFIXES = (
    *(".bmp", ".gif", ".tif", ".tiff", ".webp", ".tga", ".ppm", ".pgm", ".pbm", ".pnm", ".exr", ".hdr"),
    *(".heic", ".heif", ".avif", ".jp2", ".jxl", ".mpo", ".psd"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"),
)
"""Endings of images of other formats: they are reported, since skipping them in silence would lose data."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that was read and decoded in full.

    Attributes:
        data: PNG or JPEG bytes that every reader decodes to `pixels`.
        picture: The decoded image, upright; RGB or gray.
        sha256: SHA-256 of the file as it was published, in hexadecimal.
        reencoded: Why `data` differs from the file as published, such as "16 bits"; None where it does not.
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
    def pixels(self) -> ImageU8:
        """A copy of the pixels, uint8 RGB [H, W, 3]."""
        return rgb_pixels(self.picture)


@dataclass(frozen=True, slots=True)
class ImageProbe:
    """A file whose data was read and decoded in full, though not all of its pixels were made.

    Attributes:
        data: PNG or JPEG bytes to store, as for `ImageFile`.
        size: (height, width) in pixels, upright.
        sha256: SHA-256 of the file as it was published, in hexadecimal.
        reencoded: Why `data` differs from the file as published; None where it does not.
        colour_space: "sRGB", or the name of the file's ICC profile.
    """

    data: bytes
    size: tuple[int, int]
    sha256: str
    reencoded: str | None
    colour_space: str


def read_rgb(path: Path, limits: Limits | None = None) -> ImageU8:
    """Reads the pixels of one file.

    Args:
        path: The file; an error calls it by this path.
        limits: The largest file that is read (None: the defaults).

    Returns:
        uint8 RGB [H, W, 3], upright.

    Raises:
        InputError: It is not a PNG or JPEG, is damaged, or exceeds a limit.
    """
    limits = limits or Limits()
    return decode(read_bytes(path, str(path), limits), str(path), limits)[0]


def read_image(path: Path, name: str, limits: Limits) -> ImageFile:
    """Reads and decodes one file.

    Args:
        path: The file.
        name: What an error calls it.
        limits: The largest file that is read.

    Returns:
        The decoded image, and the bytes to store.

    Raises:
        InputError: It is not a PNG or JPEG, is damaged, or exceeds a limit.
    """
    data = read_bytes(path, name, limits)
    image = decode_upright(data, name, limits)
    stored = data if image.reencode_reason is None else encode_png(image.pixels, image.profile)
    return ImageFile(stored, image.picture, hashlib.sha256(data).hexdigest(), image.reencode_reason)


def inspect_image(path: Path, name: str, limits: Limits) -> ImageProbe:
    """Reads one file and decodes all of its data, but makes few pixels of a JPEG, which saves a third of the time.

    Args:
        path: The file.
        name: What an error calls it.
        limits: The largest file that is read.

    Returns:
        Size, checksum, and the bytes to store.

    Raises:
        InputError: It is not a PNG or JPEG, is damaged, or exceeds a limit.
    """
    return _inspect(path, name, limits, 1)[0]


def inspect_image_and_luma(
    path: Path, name: str, limits: Limits, side: int | None = None
) -> tuple[ImageProbe, Image.Image]:
    """Inspects one file as `inspect_image` does, and returns the luma as well.

    Args:
        path: The file.
        name: What an error calls it.
        limits: The largest file that is read.
        side: Pixels of the shorter side that suffice: a JPEG is decoded at half, a quarter or an eighth of its size if it keeps
            that many. None: all pixels.

    Returns:
        Size, checksum, and the bytes to store; and the luma as a gray image, upright.

    Raises:
        InputError: It is not a PNG or JPEG, is damaged, or exceeds a limit.
    """
    # All pixels: no side has more than the whole image may have.
    probe, picture = _inspect(path, name, limits, side or limits.max_pixels)
    return probe, picture if picture.mode == "L" else picture.convert("L")


def read_bytes(path: Path, name: str, limits: Limits) -> bytes:
    """Reads a file's bytes, unless they are too many.

    Args:
        path: The file.
        name: What an error calls it.
        limits: The largest file that is read.

    Returns:
        The bytes; at least one.

    Raises:
        InputError: It cannot be read, is empty or too large.
    """
    try:
        with open_file(path) as file:
            # One byte more than allowed shows that the file is too large, without reading all of it.
            data = file.read(min(os.fstat(file.fileno()).st_size, limits.max_bytes) + 1)
    except OSError as error:
        raise InputError(
            f"{name}: cannot be read ({error.strerror or error}); check that it exists and that you may read it"
        ) from error
    if not data:
        raise InputError(f"{name}: the file is empty; fetch it again or remove it with its partner")
    if len(data) > limits.max_bytes:
        raise InputError(f"{name}: larger than {limits.max_bytes:,} bytes; remove it or raise the limit")
    return data


def _inspect(path: Path, name: str, limits: Limits, luma_side: int) -> tuple[ImageProbe, Image.Image]:
    data = read_bytes(path, name, limits)
    image = decode_upright(data, name, limits, luma_side)
    digest = hashlib.sha256(data).hexdigest()
    if image.reencode_reason is None:
        return ImageProbe(data, image.file_size, digest, None, image.colour_space), image.picture
    pixels = decode(data, name, limits)[0]
    size = pixels.shape[0], pixels.shape[1]
    return ImageProbe(
        encode_png(pixels, image.profile), size, digest, image.reencode_reason, image.colour_space
    ), image.picture
