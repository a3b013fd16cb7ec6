"""Encoded images that are stored as they are, re-encoded, or refused."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

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
