from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data.errors import InputError
from data.image.files import Limits, decode, encode_png, look_at, look_at_luma, read_bytes, read_image, read_rgb
from tests.data.drawing import encoded, picture

PIXELS = picture(1, 37, 51)
ORIENTATION = 0x0112


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def turned(kind: str) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return saved(Image.fromarray(PIXELS), kind, exif=exif)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


KEPT = {
    "png": encoded(PIXELS),
    "jpeg 4:2:0": encoded(PIXELS, "JPEG", quality=80),
    "jpeg 4:4:4": encoded(PIXELS, "JPEG", quality=95, subsampling=0),
    "progressive jpeg": encoded(PIXELS, "JPEG", progressive=True),
    "gray png": saved(Image.fromarray(PIXELS).convert("L"), "PNG"),
    "gray jpeg": saved(Image.fromarray(PIXELS).convert("L"), "JPEG"),
}
REENCODED = {
    "turned by EXIF": turned("JPEG"),
    "turned by EXIF in a PNG": turned("PNG"),
    "16 bits": cv2.imencode(".png", PIXELS.astype(np.uint16) * 256 + 99)[1].tobytes(),
    "16 bits gray": saved(Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 256 + 99), "PNG"),
    "1 bit": saved(Image.fromarray(PIXELS).convert("1"), "PNG"),
    "palette": saved(Image.fromarray(PIXELS).convert("P"), "PNG"),
    "CMYK": saved(Image.fromarray(PIXELS).convert("CMYK"), "JPEG"),
    "alpha channel": saved(Image.fromarray(PIXELS).convert("RGBA"), "PNG"),
    "alpha channel on gray": saved(Image.fromarray(PIXELS).convert("LA"), "PNG"),
}
REFUSED = {
    "text": (b"once upon a time", "not a PNG or JPEG"),
    "gif": (saved(Image.fromarray(PIXELS), "GIF"), "not a PNG or JPEG"),
    "git-LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git-LFS pointer"),
    "empty": (b"", "empty"),
    "half a PNG": (KEPT["png"][: len(KEPT["png"]) // 2], "cut short"),
    "half a JPEG": (KEPT["jpeg 4:2:0"][: len(KEPT["jpeg 4:2:0"]) // 2], "cut short"),
    "PNG of a bad checksum": (KEPT["png"][:40] + b"\xff" + KEPT["png"][41:], "damaged"),
    "PNG header alone": (KEPT["png"][:8], "damaged"),
    "large": (bomb(9000, 9000), "9000 x 9000 is more than 64,000,000 pixels"),
    "larger": (bomb(11_000, 11_000), "11000 x 11000 is more than 64,000,000 pixels"),
    "bomb": (bomb(100_000, 100_000), "far too many pixels"),
    "transparent": (saved(Image.fromarray(np.dstack([PIXELS, PIXELS[..., :1]])), "PNG"), "transparent"),
    "animated": (
        saved(Image.fromarray(PIXELS), "PNG", save_all=True, append_images=[Image.fromarray(255 - PIXELS)]),
        "animated",
    ),
}


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.mark.parametrize("name", KEPT)
def test_bytes_that_every_reader_takes_alike_are_kept(name: str, tmp_path: Path, limits: Limits):
    path = tmp_path / "x"
    path.write_bytes(KEPT[name])
    file = read_image(path, "x", limits)
    assert file.data == KEPT[name]
    assert file.reencoded is None
    assert file.size == (37, 51)


@pytest.mark.parametrize("name", REENCODED)
def test_bytes_that_readers_take_differently_are_stored_anew(name: str, tmp_path: Path, limits: Limits):
    path = tmp_path / "x"
    path.write_bytes(REENCODED[name])
    file = read_image(path, "x", limits)
    assert file.reencoded is not None
    assert name.startswith(file.reencoded)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file.data))), file.pixels)


@pytest.mark.parametrize("name", KEPT | REENCODED)
def test_tensorflow_sees_the_same_pixels(name: str, tmp_path: Path, limits: Limits):
    path = tmp_path / "x"
    path.write_bytes((KEPT | REENCODED)[name])
    file = read_image(path, "x", limits)
    seen = tf.io.decode_jpeg(file.data, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    np.testing.assert_array_equal(seen, file.pixels)
    assert file.pixels.dtype == np.uint8
    np.testing.assert_array_equal(read_rgb(path), file.pixels)


def test_orientation_is_applied(limits: Limits):
    pixels, _ = decode(turned("PNG"), "x", limits)
    np.testing.assert_array_equal(pixels, np.rot90(PIXELS, -1))


def test_16_bits_keep_the_high_byte(limits: Limits):
    pixels, _ = decode(REENCODED["16 bits gray"], "x", limits)
    np.testing.assert_array_equal(pixels, np.repeat(PIXELS[..., :1], 3, axis=2))


@pytest.mark.parametrize("name", KEPT | REENCODED)
@pytest.mark.parametrize("side", [None, 16])
def test_a_look_tells_what_reading_would(name: str, side: int | None, tmp_path: Path, limits: Limits):
    path = tmp_path / "x"
    path.write_bytes((KEPT | REENCODED)[name])
    file = read_image(path, "x", limits)
    look, luma = look_at_luma(path, "x", limits, side)
    assert look_at(path, "x", limits) == look
    assert (look.data, look.size, look.sha256, look.reencoded) == (file.data, file.size, file.sha256, file.reencoded)
    assert luma.mode == "L"
    assert min(luma.size) >= min(*file.size, side or 10**9)
    full = Image.fromarray(file.pixels).convert("L")
    block = round(full.width / luma.width)
    if name == "turned by EXIF":  # after decoding: the blocks begin where the file's rows do
        small = full.transpose(Image.Transpose.ROTATE_90).reduce(block).transpose(Image.Transpose.ROTATE_270)
    else:
        small = full.reduce(block)
    assert np.abs(np.asarray(small, int) - np.asarray(luma, int)).mean() < 2


def test_a_jpeg_is_made_smaller_where_fewer_pixels_suffice(tmp_path: Path, limits: Limits):
    path = tmp_path / "x.jpg"
    path.write_bytes(encoded(picture(2, 300, 401), "JPEG"))
    sizes = {side: look_at_luma(path, "x", limits, side)[1].size for side in (None, 301, 151, 150, 76, 75)}
    assert sizes == {None: (401, 300), 301: (401, 300), 151: (401, 300), 150: (201, 150), 76: (201, 150), 75: (101, 75)}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("side", [None, 8])
def test_a_look_refuses_what_reading_would(name: str, side: int | None, tmp_path: Path, limits: Limits):
    path = tmp_path / "x.jpg"
    path.write_bytes(REFUSED[name][0])
    with pytest.raises(InputError, match=REFUSED[name][1]):
        look_at_luma(path, "x", limits, side)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_in_one_line(name: str, tmp_path: Path, limits: Limits):
    data, reason = REFUSED[name]
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    with warnings.catch_warnings(record=True) as noise, pytest.raises(InputError, match=reason) as caught:
        read_image(path, "folder/x.jpg", limits)
    assert not noise
    assert str(caught.value).startswith("folder/x.jpg: ")
    assert "\n" not in str(caught.value)


def test_limits_can_be_set(tmp_path: Path):
    path = tmp_path / "x.png"
    path.write_bytes(KEPT["png"])
    with pytest.raises(InputError, match="more than 1,000 pixels"):
        read_image(path, "x.png", Limits(max_pixels=1000))
    with pytest.raises(InputError, match="larger than 100 bytes"):
        read_image(path, "x.png", Limits(max_bytes=100))
    assert read_image(path, "x.png", Limits(len(KEPT["png"]), 37 * 51)).size == (37, 51)


def test_a_missing_file_is_named(tmp_path: Path, limits: Limits):
    with pytest.raises(InputError, match="gone.png: cannot be read"):
        read_bytes(tmp_path / "gone.png", "gone.png", limits)


def test_png_is_lossless(limits: Limits):
    np.testing.assert_array_equal(decode(encode_png(PIXELS), "x", limits)[0], PIXELS)
