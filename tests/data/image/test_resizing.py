from __future__ import annotations

import numpy as np
import pytest

from data.image.resizing import cut_tile, shrink, tile_corners


def test_an_image_is_shrunk_by_the_mean_of_areas_and_never_enlarged():
    image = np.arange(8 * 12 * 3, dtype=np.uint8).reshape(8, 12, 3)
    small = shrink(image, 6)
    expected = image.reshape(4, 2, 6, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(small - expected).max() <= 0.5
    assert shrink(image, 12) is image
    assert shrink(image[..., 0], 6).shape == (4, 6)


def test_an_elongated_image_keeps_its_least_side():
    assert shrink(np.zeros((1000, 3, 3), np.uint8), 100).shape == (100, 1, 3)
    assert shrink(np.zeros((1000, 30), np.uint8), 100, least_side=8).shape == (100, 8)


def test_tiles_cover_an_image():
    image = np.arange(50 * 37 * 3).reshape(50, 37, 3).astype(np.uint8)
    seen = np.zeros((50, 37), bool)
    for top, left in tile_corners((50, 37), 16):
        assert cut_tile(image, (top, left), 16).shape == (16, 16, 3)
        seen[top : top + 16, left : left + 16] = True
    assert seen.all()


@pytest.mark.parametrize(
    ("size", "tile", "starts"), [(48, 32, [0, 16]), (64, 32, [0, 16, 32]), (32, 32, [0]), (20, 32, [0])]
)
def test_tiles_cover_an_image_to_its_border(size: int, tile: int, starts: list[int]):
    assert sorted({top for top, _ in tile_corners((size, 100), tile)}) == starts
