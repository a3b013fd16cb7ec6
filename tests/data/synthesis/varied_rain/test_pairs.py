"""Training pairs of one photograph: what both images share, and what only the input has."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from data.synthesis.embedded import embedded_photos
from data.synthesis.varied_rain.pairs import CLEAN_SHARE, draw_pair


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(embedded_photos() / "china.jpg")), cv2.COLOR_BGR2RGB)


def source(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_one_generator_gives_new_pairs_and_a_seed_the_same_ones(photo: np.ndarray):
    before = photo.copy()
    rng = source(1)
    first, second = draw_pair(photo, 64, 96, rng), draw_pair(photo, 64, 96, rng)
    np.testing.assert_array_equal(photo, before)
    for image in (*first, *second):
        assert image.shape == (64, 96, 3)
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
    assert (first[1] != second[1]).any()
    for one, again in zip(first, draw_pair(photo, 64, 96, source(1)), strict=True):
        np.testing.assert_array_equal(one, again)


def test_some_pairs_are_left_clean_and_the_others_are_not(photo: np.ndarray):
    def clean_pairs(share: float) -> int:
        rng = source(2)
        pairs = [draw_pair(photo, 64, 64, rng, share) for _ in range(100)]
        return sum(np.array_equal(degraded, target) for degraded, target in pairs)

    assert clean_pairs(0.0) == 0
    assert clean_pairs(1.0) == 100
    assert 1 <= clean_pairs(CLEAN_SHARE) <= 12


def test_the_input_shows_the_targets_scene(photo: np.ndarray):
    rng = source(3)
    scores = [cv2.PSNR(*draw_pair(photo, 128, 128, rng, 0.0)) for _ in range(60)]
    assert np.quantile(scores, 0.05) > 6.0
    assert 16.0 < np.median(scores) < 28.0


def test_the_target_is_a_piece_of_the_photograph_scaled_down_mirrored_or_relit():
    flat = np.empty((200, 300, 3), np.uint8)
    flat[...] = (30, 120, 200)
    targets = [draw_pair(flat, 64, 64, source(seed))[1] for seed in range(40)]
    assert all((target == target[0, 0]).all() for target in targets)  # neither rain, noise nor JPEG is in a target
    levels = {tuple(int(value) for value in target[0, 0]) for target in targets}
    assert (30, 120, 200) in levels
    assert len(levels) > 5
    rising = np.repeat(np.linspace(0, 255, 300).astype(np.uint8)[None, :, None], 200, axis=0).repeat(3, axis=2)
    gains = [float(np.ptp(draw_pair(rising, 64, 64, source(seed))[1][..., 0])) for seed in range(40)]
    assert max(gains) > 2 * min(gains)  # a patch of a photograph that was scaled down covers more of it
    slopes = [draw_pair(rising, 64, 64, source(seed))[1][0].astype(int) for seed in range(20)]
    assert {bool(row[-1, 0] > row[0, 0]) for row in slopes} == {True, False}


def test_a_photograph_of_the_patchs_size_is_enough_and_a_smaller_one_is_refused(photo: np.ndarray):
    assert draw_pair(photo[:64, :80], 64, 80, source(1))[1].shape == (64, 80, 3)
    with pytest.raises(ValueError, match="63 x 80 holds no patch of 64 x 80"):
        draw_pair(photo[:63, :80], 64, 80, source(1))
    with pytest.raises(ValueError, match="expected uint8"):
        draw_pair(photo[..., 0], 64, 80, source(1))
