"""Metadata is copied from one file to another byte for byte."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from pipeline.restoring.metadata import metadata, with_metadata

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 13, 3), dtype=np.uint8)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _exif():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    return exif.tobytes()


def _file(kind, **more):
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, kind, **more)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_exif_profile_and_resolution_are_copied_byte_for_byte(kind):
    source = _file(kind, exif=_exif(), icc_profile=PROFILE, dpi=(300, 300))
    done = with_metadata(_file(kind), metadata(source))
    was, image = (Image.open(io.BytesIO(data)) for data in (source, done))
    image.load()
    was.load()
    assert image.info["exif"] == was.info["exif"]
    assert image.info["icc_profile"] == PROFILE
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    np.testing.assert_array_equal(image, Image.open(io.BytesIO(_file(kind))))
    assert metadata(done) == metadata(source)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_profile_can_be_excluded(kind):
    source = _file(kind, exif=_exif(), icc_profile=PROFILE)
    image = Image.open(io.BytesIO(with_metadata(_file(kind), metadata(source, with_profile=False))))
    assert "icc_profile" not in image.info
    assert image.getexif()[0x0112] == 6


def test_a_long_profile_in_several_segments_and_a_comment_are_copied():
    profile = PROFILE + bytes(200_000)
    source = _file("JPEG", icc_profile=profile, comment=b"said before")
    image = Image.open(io.BytesIO(with_metadata(_file("JPEG"), metadata(source))))
    assert image.info["icc_profile"] == profile
    assert image.info["comment"] == b"said before"


def test_texts_of_a_png_are_copied_and_its_coding_is_not():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "Rain")
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).quantize(8).save(buffer, "PNG", pnginfo=texts, transparency=0)
    parts = metadata(buffer.getvalue())
    assert [part[4:8] for part in parts] == [b"tEXt"]
    assert Image.open(io.BytesIO(with_metadata(_file("PNG"), parts))).info["Title"] == "Rain"


def test_offsets_of_further_images_in_a_file_are_not_copied():
    source = _file("JPEG")
    index = b"\xff\xe2" + (2 + 8).to_bytes(2, "big") + b"MPF\0abcd"
    assert metadata(source[:2] + index + source[2:]) == metadata(source)


def test_chunks_keep_their_checksums():
    source = _file("PNG", dpi=(72, 72))
    for part in metadata(source):
        assert int.from_bytes(part[-4:], "big") == zlib.crc32(part[4:-4])
