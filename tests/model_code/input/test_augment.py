"""Pixels carry their coordinates, so every crop says where it came from and how it was turned."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model_code.input import augment
from model_code.settings import Turns

HEIGHT, WIDTH, PATCH = 6, 7, 4


def coded(height: int, width: int) -> np.ndarray:
    """uint8 [H, W, 6]: row, column and a mark of the image, once for the input and once for the target."""
    rows, columns = np.mgrid[:height, :width]
    planes = [rows, columns, np.full_like(rows, 7), rows, columns, np.full_like(rows, 9)]
    return np.stack(planes, axis=-1).astype(np.uint8)


def dihedral(patch: np.ndarray) -> list[np.ndarray]:
    """The 8 dihedral transforms, by numpy's means."""
    quarters = [np.rot90(patch, quarter) for quarter in range(4)]
    return [*quarters, *(quarter[:, ::-1] for quarter in quarters)]


def drawn(pair: np.ndarray, patch: int, draws: int, turns: Turns = "dihedral") -> np.ndarray:
    seeds = tf.data.Dataset.range(draws).map(lambda number: tf.stack([tf.constant(5, tf.int64), number]))
    crops = seeds.map(lambda seed: augment.random_crop(tf.constant(pair), patch, seed, turns)).batch(draws)
    return next(crops.as_numpy_iterator())


def test_both_images_are_transformed_alike() -> None:
    crops = drawn(coded(HEIGHT, WIDTH), PATCH, 500)
    np.testing.assert_array_equal(crops[..., :2], crops[..., 3:5])
    assert (crops[..., 2] == 7).all()
    assert (crops[..., 5] == 9).all()


def test_every_offset_and_every_transform_occurs_and_nothing_else() -> None:
    pair = coded(HEIGHT, WIDTH)
    possible = {
        turned.tobytes(): (row, column, number)
        for row in range(HEIGHT - PATCH + 1)
        for column in range(WIDTH - PATCH + 1)
        for number, turned in enumerate(dihedral(pair[row : row + PATCH, column : column + PATCH]))
    }
    assert len(possible) == 3 * 4 * 8
    crops = [crop.tobytes() for crop in drawn(pair, PATCH, 3000)]
    assert {possible[crop] for crop in crops} == set(possible.values())
    counts = np.unique(crops, return_counts=True)[1]
    assert counts.min() > 3000 / 96 / 3  # a fair draw of 31 each falls below 10 once in a million runs


def test_flips_are_the_four_transforms_without_quarter_turns() -> None:
    pair = coded(5, 5)
    crops = {crop.tobytes() for crop in drawn(pair, 5, 200, turns="flips")}
    flipped = [pair, pair[::-1], pair[:, ::-1], pair[::-1, ::-1]]
    assert crops == {image.tobytes() for image in flipped}


def test_without_turns_patches_stay_upright() -> None:
    crops = drawn(coded(HEIGHT, WIDTH), PATCH, 200, turns="none")
    assert (np.diff(crops[..., 0].astype(int), axis=1) == 1).all()
    assert (np.diff(crops[..., 1].astype(int), axis=2) == 1).all()


@pytest.mark.parametrize(("height", "width"), [(3, 9), (9, 3), (1, 1), (2, 20), (5, 5)])
def test_small_images_are_padded_by_reflection(height: int, width: int) -> None:
    pair, patch = coded(height, width), 8
    down, across = max(0, patch - height), max(0, patch - width)
    mode = "reflect" if min(height, width) > 1 else "edge"
    padded = np.pad(pair, [(0, down), (0, across), (0, 0)], mode=mode)
    possible = {
        padded[row : row + patch, column : column + patch].tobytes()
        for row in range(padded.shape[0] - patch + 1)
        for column in range(padded.shape[1] - patch + 1)
    }
    crops = drawn(pair, patch, 100, turns="none")
    assert {crop.tobytes() for crop in crops} <= possible


def test_a_patch_of_the_images_own_size_is_the_image() -> None:
    pair = coded(5, 5)
    np.testing.assert_array_equal(drawn(pair, 5, 1, turns="none")[0], pair)


def test_the_seed_determines_the_patch() -> None:
    pair = tf.constant(coded(40, 50))
    first, again, other = (augment.random_crop(pair, 8, tf.constant([1, seed])).numpy() for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
