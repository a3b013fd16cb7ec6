"""Files that would take a decoder far too long, or that hold next to no pixels, are refused by their parts."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from data.errors import InputError
from data.image.codec.decoding import Limits, decode
from data.image.codec.structure import MAX_SCANS, problem_of

LIMITS = Limits()


def _jpeg(size=(64, 48), **options):
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def _chunk(kind, content=b""):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png_with(chunks):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "PNG")
    data = buffer.getvalue()
    return data[:33] + chunks + data[33:]


def _with_scans(count):
    """A progressive JPEG, the last scan of which stands in it again and again."""
    data = _jpeg(progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + data[-2:]


WASTEFUL = {
    "empty chunks": (lambda: _png_with(_chunk(b"IDAT") * 400_000), "chunks"),
    "empty text": (lambda: _png_with(_chunk(b"tEXt", b"a\0") * 400_000), "chunks"),
    "scans": (lambda: _with_scans(5000), f"more than {MAX_SCANS} scans"),
    "segments": (lambda: b"\xff\xd8" + b"\xff\xe5\0\x02" * 2_000_000 + _jpeg()[2:], "segments"),
    "fill bytes": (lambda: b"\xff\xd8" + b"\xff" * 8_000_000 + _jpeg()[2:], "segments"),
    "escaped bytes": (lambda: b"\xff\xd8" + b"\xff\0" * 4_000_000 + _jpeg()[2:], "segments"),
}


@pytest.mark.parametrize("kind", WASTEFUL)
def test_what_would_waste_a_decoder_s_time_is_refused_at_once(kind):
    make, said = WASTEFUL[kind]
    data = make()
    start = time.process_time()
    with pytest.raises(InputError, match=said):
        decode(data, "photo", LIMITS)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("progressive", [False, True])
def test_a_header_with_a_few_bytes_is_no_picture(progressive):
    data = _jpeg((1500, 1500), progressive=progressive)
    start = data.index(b"\xff\xda") + 14
    for rest in (b"\xff\xd9", b"\x12\x34\x56\xff\xd9", data[start : start + 200] + b"\xff\xd9"):
        with pytest.raises(InputError, match="cut short"):
            decode(data[:start] + rest, "photo", LIMITS)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("size", [(1, 1), (17, 5), (1000, 700)])
def test_the_smallest_whole_pictures_are_accepted(progressive, subsampling, size):
    buffer = io.BytesIO()
    image = Image.new("RGB", size, (90, 90, 90))
    image.save(buffer, "JPEG", progressive=progressive, subsampling=subsampling, optimize=True, quality=1)
    assert problem_of(buffer.getvalue()) is None
    buffer = io.BytesIO()
    image.convert("L").save(buffer, "JPEG", progressive=progressive, optimize=True)
    decode(buffer.getvalue(), "photo", LIMITS)


def test_ordinary_files_of_many_parts_are_accepted():
    text = b"".join(_chunk(b"tEXt", b"key\0" + bytes([97 + i % 26]) * 20) for i in range(300))
    decode(_png_with(text), "photo", LIMITS)
    data = _jpeg()
    decode(data[:2] + b"\xff\xfe\0\x06okay" * 500 + data[2:], "photo", LIMITS)
    decode(_with_scans(20), "photo", LIMITS)


def test_any_cut_and_any_bytes_get_an_answer():
    for data in (_jpeg(), _jpeg(progressive=True), _png_with(b"")):
        for stop in range(0, len(data), 7):
            problem_of(data[:stop])
