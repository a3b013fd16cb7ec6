"""Scenes compared tile by tile in Beam are those that one process finds, to the last digit."""

import apache_beam as beam
import numpy as np
import pytest

from components.pair_validator.checks.across_pairs import near_scenes
from components.pair_validator.near_scenes import NearScenes
from data.image.hashing import mirrored
from pipeline.config_sections.beam_options import IN_MEMORY


def _hashes(count):
    """Random scenes; every fifth lies near one before it, or near its mirror image."""
    rng = np.random.default_rng(5)
    hashes = [rng.bytes(32).hex() for _ in range(count)]
    for number in range(5, count, 5):
        bits = np.frombuffer(bytes.fromhex(hashes[rng.integers(number)]), np.uint8).copy()
        bits[rng.integers(32)] ^= np.uint8(rng.integers(256))
        near = bits.tobytes().hex()
        hashes[number] = mirrored(near) if number % 2 else near
    return hashes


@pytest.mark.parametrize("tile", [7, 40, 64])
def test_tiles_give_what_one_process_gives(tile, tmp_path):
    hashes = _hashes(40)
    in_beam = NearScenes(lambda: beam.Pipeline(argv=[*IN_MEMORY]), tmp_path, min_scenes=0, tile=tile)
    found = list(in_beam(hashes, 0.15))
    assert found == list(near_scenes(hashes, 0.15))
    assert len(found) >= 7


def test_few_scenes_are_compared_in_this_process(tmp_path):
    hashes = _hashes(20)
    assert list(NearScenes(beam.Pipeline, tmp_path)(hashes, 0.15)) == list(near_scenes(hashes, 0.15))
    assert not list(tmp_path.iterdir())
