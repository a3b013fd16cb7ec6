"""PNG and JPEG files, as the server and `convert` decode them, and what is copied of them into the answer."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageCms

from data.errors import InputError
from data.image.codec.decoding import Limits, decode
from data.image.codec.encoding import encode_png
from pipeline.restoring.metadata import colour_chunks, metadata, with_metadata
from tests.fuzz.frame import Target

_LIMITS = Limits(max_bytes=2**22, max_pixels=2**18)


def _read(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels, _ = decode(data, "the image", _LIMITS)
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        metadata(data)
        answer = with_metadata(encode_png(pixels), colour_chunks(data))
        # Whatever was copied must not spoil the answer.
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(answer)).convert("RGB")), pixels)


def _file(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _seeds() -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return [
        _file(image, "PNG"),
        _file(image.convert("L"), "PNG", exif=exif),
        _file(image.convert("P"), "PNG"),
        _file(image, "PNG", icc_profile=profile),
        _file(Image.fromarray(pixels[..., 0].astype(np.uint16) * 257), "PNG"),
        _file(image, "JPEG", exif=exif),
        _file(image, "JPEG", progressive=True, icc_profile=profile),
        _file(image.convert("CMYK"), "JPEG"),
        _file(image, "JPEG", subsampling=2, comment=b"hello"),
    ]


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(InputError,),
    words=(
        b"IHDR",
        b"IDAT",
        b"iCCP",
        b"tRNS",
        b"acTL",
        b"zTXt",
        b"iTXt",
        b"eXIf",
        b"\xff\xda",
        b"\xff\xc2",
        b"\xff\xe1",
        b"Exif\0\0",
        b"MPF\0",
    ),
)
