"""Dihedral transforms against Pillow's, and the self-ensemble."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipeline.restoring.dihedral import ALL, MIRRORED, DihedralTransform, exif_transform, self_ensemble


@pytest.mark.parametrize("orientation", [*range(1, 9), 0, 42])
def test_the_transform_of_an_exif_orientation_is_pillow_s(orientation):
    stored = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image = Image.fromarray(stored)
    image.getexif()[0x0112] = orientation
    turn = exif_transform(orientation)
    np.testing.assert_array_equal(turn.apply(stored), np.asarray(ImageOps.exif_transpose(image)))
    np.testing.assert_array_equal(turn.undo(turn.apply(stored)), stored)


def test_all_eight_transforms_are_undone():
    image = np.arange(30).reshape(3, 5, 2)
    assert len({turn.apply(image).tobytes() for turn in ALL}) == 8
    for turn in ALL:
        np.testing.assert_array_equal(turn.undo(turn.apply(image)), image)


def test_the_self_ensemble_has_no_preferred_direction():
    """A filter that looks to the left only: its mean over all turns looks to all sides alike."""

    def to_the_left(image):
        return np.roll(image, 1, axis=1)

    image = np.zeros((5, 5, 3), np.float32)
    image[2, 2] = 1
    mean = self_ensemble(to_the_left)(image)
    expected = np.zeros((5, 5), np.float32)
    expected[[1, 3, 2, 2], [2, 2, 1, 3]] = 0.25
    np.testing.assert_allclose(mean[..., 0], expected)
    upright_only = self_ensemble(to_the_left, MIRRORED)(image)
    np.testing.assert_allclose(upright_only[2, :, 0], [0, 0.5, 0, 0.5, 0])
    turned = DihedralTransform(transpose=True, flip_rows=True)
    noise = np.random.default_rng(1).random((6, 9, 3), dtype=np.float32)
    np.testing.assert_allclose(
        self_ensemble(to_the_left)(turned.apply(noise)), turned.apply(self_ensemble(to_the_left)(noise)), atol=1e-6
    )
