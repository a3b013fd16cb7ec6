"""What is accepted at the door is read by the Trainer, to the same pixels: files damaged in many ways, against TensorFlow."""

import random
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from components.pair_validator.measuring.decoding import OK
from components.pair_validator.measuring.decoding import decode as decode_for_measuring
from components.pair_validator.settings import PairLimits
from data.errors import InputError
from data.image.codec.decoding import Limits, decode
from tests.data.drawing import encoded, picture

DAMAGED_FILES = 1500
FILES = {
    "png": encoded(picture(1, 24, 33)),
    "gray png": encoded(picture(2, 24, 33)[..., 0]),
    "jpeg": encoded(picture(3, 24, 33), "JPEG", quality=90),
    "progressive": encoded(picture(4, 24, 33), "JPEG", quality=90, progressive=True),
}


def flip(data, rng):
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(2, len(data))] ^= 1 << rng.randrange(8)


def cut(data, rng):
    del data[len(data) - rng.choice((*range(1, 17), rng.randrange(1, len(data)))) :]


def insert(data, rng):
    place = rng.randrange(len(data))
    data[place:place] = rng.randbytes(rng.randrange(1, 6))


def remove(data, rng):
    place = rng.randrange(len(data) - 6)
    del data[place : place + rng.randrange(1, 6)]


def clear(data, rng):
    place = rng.randrange(len(data))
    data[place : place + 20] = bytes(len(data[place : place + 20]))


def by_tensorflow(data):
    try:
        return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    except tf.errors.InvalidArgumentError:
        return None


def test_no_damaged_file_passes_that_tensorflow_refuses():
    rng, outcomes = random.Random(20), Counter()
    for _ in range(DAMAGED_FILES):
        name = rng.choice(list(FILES))
        data = bytearray(FILES[name])
        rng.choice((flip, cut, insert, remove, clear))(data, rng)
        try:
            ours, reencoded = decode(bytes(data), name, Limits())
        except InputError:
            outcomes["refused"] += 1
            continue
        if reencoded is not None:
            continue
        theirs = by_tensorflow(bytes(data))
        assert theirs is not None, f"a damaged {name} passes and would end a training"
        outcomes["same" if np.array_equal(ours, theirs) else "other pixels"] += 1
    assert outcomes["refused"] > DAMAGED_FILES / 3
    assert outcomes["same"] > DAMAGED_FILES / 10
    assert outcomes["other pixels"] <= DAMAGED_FILES / 500, "decoders may guess differently at damaged codes, rarely"


@pytest.mark.parametrize("missing", range(1, 17))
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_lost_its_last_bytes_is_refused_by_every_reader(name, missing):
    data = FILES[name][:-missing]

    with pytest.raises(InputError, match="cut short"):
        decode(data, "photo", Limits())
    assert decode_for_measuring(data, PairLimits()).status != OK


def test_a_wrong_checksum_of_pixels_is_refused_by_every_reader():
    data = bytearray(FILES["png"])
    data[data.index(b"IEND") - 6] ^= 1  # in the checksum of the last chunk of pixels

    assert by_tensorflow(bytes(data)) is None
    with pytest.raises(InputError, match="checksum"):
        decode(bytes(data), "photo", Limits())
    assert decode_for_measuring(bytes(data), PairLimits()).problem == "a checksum is wrong"


def test_whole_files_are_read_alike():
    for name, data in FILES.items():
        assert np.array_equal(decode(data, name, Limits())[0], by_tensorflow(data)), name
