"""Hashes and near pairs."""

import cv2
import numpy as np
import pytest

from data.image.hashing import hash_distance, near_pairs, pair_hash
from pipeline.benchmarks.support.corruptions import reencode
from tests.components.pair_validator.drawing import luma, scene


def test_a_picture_is_near_itself_smaller_and_compressed():
    picture = scene(31)
    smaller = cv2.resize(luma(picture), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    one = pair_hash(luma(picture))
    assert hash_distance(one, pair_hash(smaller)) < 0.1
    assert hash_distance(one, pair_hash(luma(reencode(picture, 50)))) < 0.1


def test_other_scenes_are_far():
    hashes = [pair_hash(luma(scene(seed))) for seed in range(40, 60)]
    assert not list(near_pairs(hashes, 0.3, allow_mirrored=True))


def test_a_mirror_image_is_the_same_scene():
    picture = luma(scene(31))
    one, other = pair_hash(picture), pair_hash(np.ascontiguousarray(picture[:, ::-1]))
    assert hash_distance(one, other) > 0.3
    assert hash_distance(one, other, allow_mirrored=True) < 0.05


def test_a_flat_image_has_no_hash():
    assert pair_hash(np.full((90, 90), 40, np.uint8)) is None


@pytest.mark.parametrize("count", [0, 1])
def test_few_hashes_have_no_pairs(count):
    assert not list(near_pairs([pair_hash(luma(scene(1)))] * count, 1.0))


def test_near_pairs_across_slices_of_the_matrix():
    random = np.random.default_rng(0)
    hashes = [random.bytes(32).hex() for _ in range(1100)]
    hashes[1090] = hashes[3]
    assert [pair[:2] for pair in near_pairs(hashes, 0.1)] == [(3, 1090)]
