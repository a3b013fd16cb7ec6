"""Every kind of PNG and JPEG keeps its kind, and comes back to the last bit where nothing is restored."""

import io

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data.errors import InputError
from data.image.codec.decoding import Limits
from pipeline.restoring.model import ImageRestorer
from pipeline.restoring.options import LIMITS, Method
from pipeline.restoring.original_image import decode_original, encode_like
from tests.data.drawing import encoded, picture

RNG = np.random.default_rng(3)
COLOUR = picture(1, 33, 47)
GRAY = COLOUR[..., 0]
ALPHA = RNG.integers(0, 256, (33, 47), dtype=np.uint8)


def _saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _sixteen(channels):
    return RNG.integers(0, 65536, (33, 47, channels), dtype=np.uint16)


def _again(data, model, method=None, quality=95):
    found = decode_original(data, "a", LIMITS)
    return encode_like(found, model.restore(found.pixels, method or Method(), found.is_gray), quality)


@pytest.fixture(scope="module")
def identity(models):
    return ImageRestorer.load(models / "identity")


@pytest.fixture(scope="module")
def network(models):
    return ImageRestorer.load(models / "network")


@pytest.mark.parametrize(
    ("array", "mode"),
    [(GRAY, "L"), (np.dstack([GRAY, ALPHA]), "LA"), (COLOUR, "RGB"), (np.dstack([COLOUR, ALPHA]), "RGBA")],
)
def test_eight_bits_keep_their_channels(identity, network, array, mode):
    data = _saved(Image.fromarray(array))
    back = Image.open(io.BytesIO(_again(data, identity)))
    assert back.mode == mode
    np.testing.assert_array_equal(back, array)
    restored = Image.open(io.BytesIO(_again(data, network)))
    assert restored.mode == mode
    assert (np.asarray(restored) != array).any()
    if "A" in mode:
        np.testing.assert_array_equal(np.asarray(restored)[..., -1], ALPHA)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_keep_their_depth_and_channels(identity, network, channels):
    array = _sixteen(channels)
    data = tf.io.encode_png(array).numpy()
    np.testing.assert_array_equal(tf.io.decode_png(_again(data, identity), dtype=tf.uint16), array)
    restored = tf.io.decode_png(_again(data, network), dtype=tf.uint16).numpy()
    assert restored.shape == array.shape
    if channels % 2 == 0:
        np.testing.assert_array_equal(restored[..., -1], array[..., -1])


def test_sixteen_bits_are_restored_at_full_depth(models, network):
    """What comes out is what the network gives for the floats, not for their 8-bit neighbours."""
    array = _sixteen(3)
    restored = tf.io.decode_png(_again(tf.io.encode_png(array).numpy(), network), dtype=tf.uint16).numpy()
    floats = tf.saved_model.load(str(models / "network")).signatures["restore_tensor"](
        images=tf.constant(np.float32(array / 65535.0)[None])
    )["restored"]
    expected = np.rint(np.clip(floats[0].numpy(), 0, 1) * 65535)
    assert np.abs(restored - expected).max() <= 1
    assert len(np.unique(restored % 257)) > 200


def test_other_readers_decode_sixteen_bits(identity):
    array = _sixteen(3)
    written = _again(tf.io.encode_png(array).numpy(), identity)
    read_back = cv2.imdecode(np.frombuffer(written, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read_back[..., ::-1], array)


def test_a_palette_becomes_rgb_and_one_bit_gray(identity):
    palette = Image.fromarray(COLOUR).quantize(16)
    back = Image.open(io.BytesIO(_again(_saved(palette), identity)))
    assert back.mode == "RGB"
    np.testing.assert_array_equal(back, palette.convert("RGB"))
    one_bit = Image.fromarray(GRAY).convert("1")
    back = Image.open(io.BytesIO(_again(_saved(one_bit), identity)))
    assert back.mode == "L"
    np.testing.assert_array_equal(back, one_bit.convert("L"))


def test_a_transparent_colour_becomes_an_alpha_channel(identity):
    palette = Image.fromarray(COLOUR).quantize(16)
    for image in (palette, Image.fromarray(COLOUR)):
        key = 3 if image is palette else tuple(int(value) for value in COLOUR[5, 6])
        data = _saved(image, transparency=key)
        back = Image.open(io.BytesIO(_again(data, identity)))
        assert back.mode == "RGBA"
        np.testing.assert_array_equal(back, Image.open(io.BytesIO(data)).convert("RGBA"))


def test_a_gray_jpeg_stays_gray_and_cmyk_becomes_rgb(identity):
    assert Image.open(io.BytesIO(_again(encoded(GRAY, "JPEG"), identity))).mode == "L"
    inks = _saved(Image.fromarray(COLOUR).convert("CMYK"), "JPEG", icc_profile=b"for inks")
    back = Image.open(io.BytesIO(_again(inks, identity)))
    assert back.mode == "RGB"
    assert "icc_profile" not in back.info


def test_quality_is_that_of_the_jpeg(identity):
    data = encoded(picture(2, 120, 160), "JPEG", quality=98)
    assert len(_again(data, identity, quality=40)) < 0.7 * len(_again(data, identity, quality=95))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_is_restored_upright_and_written_in_its_own_orientation(models, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    flat = np.full((40, 64, 3), 200, np.uint8)
    data = encoded(flat, kind, exif=exif.tobytes())
    model = ImageRestorer.load(models / "darker_below")
    written = Image.open(io.BytesIO(_again(data, model)))
    assert written.size == (64, 40)
    assert written.getexif()[0x0112] == orientation
    pixels = decode_original(_again(data, model), "a", LIMITS).pixels
    rows = pixels.mean((1, 2))
    assert rows[0] == pytest.approx(200, abs=2)
    assert rows[-1] == pytest.approx(100, abs=2)
    assert (np.diff(rows) <= 0).all()


def test_the_self_ensemble_gives_another_and_similar_result(network):
    once, mean = (network.restore(COLOUR, Method(self_ensemble=each)) for each in (False, True))
    assert 0 < np.abs(once.astype(int) - mean).mean() < 10


def test_an_oversized_image_is_refused_before_it_is_decoded():
    cut_short = encoded(COLOUR)[:200]
    with pytest.raises(InputError, match="47 x 33 is more than 1,550 pixels"):
        decode_original(cut_short, "a", Limits(max_pixels=1550))


@pytest.mark.parametrize("depth", [8, 16])
def test_a_damaged_file_is_refused(depth):
    data = encoded(COLOUR) if depth == 8 else tf.io.encode_png(_sixteen(3)).numpy()
    with pytest.raises(InputError, match="damaged"):
        decode_original(data[: len(data) // 2], "a", LIMITS)


def test_an_animation_is_refused():
    frames = [Image.fromarray(COLOUR), Image.fromarray(255 - COLOUR)]
    data = _saved(frames[0], save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match="animated"):
        decode_original(data, "a", LIMITS)
