from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data.errors import InputError
from data.image.codec.decoding import Limits
from data.image.codec.files import inspect_image, inspect_image_and_luma, read_bytes, read_image, read_rgb
from tests.data.drawing import encoded, picture
from tests.data.image.codec.encoded_samples import KEPT, REENCODED, REFUSED


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


@pytest.mark.parametrize("name", KEPT | REENCODED)
@pytest.mark.parametrize("side", [None, 16])
def test_a_probe_says_what_reading_would(name: str, side: int | None, tmp_path: Path, limits: Limits):
    path = tmp_path / "x"
    path.write_bytes((KEPT | REENCODED)[name])
    file = read_image(path, "x", limits)
    probe, luma = inspect_image_and_luma(path, "x", limits, side)
    assert inspect_image(path, "x", limits) == probe
    assert (probe.data, probe.size, probe.sha256, probe.reencoded) == (
        file.data,
        file.size,
        file.sha256,
        file.reencoded,
    )
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
    sizes = {side: inspect_image_and_luma(path, "x", limits, side)[1].size for side in (None, 301, 151, 150, 76, 75)}
    assert sizes == {None: (401, 300), 301: (401, 300), 151: (401, 300), 150: (201, 150), 76: (201, 150), 75: (101, 75)}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("side", [None, 8])
def test_a_probe_refuses_what_reading_would(name: str, side: int | None, tmp_path: Path, limits: Limits):
    path = tmp_path / "x.jpg"
    path.write_bytes(REFUSED[name][0])
    with pytest.raises(InputError, match=REFUSED[name][1]):
        inspect_image_and_luma(path, "x", limits, side)


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
