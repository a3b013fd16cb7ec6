"""Affine maps: parts, composition, undoing, and a robust fit."""

import numpy as np
import pytest

from components.pair_validator.measuring.registering.affine import Affine, fit_affine, similarity, undo
from tests.components.pair_validator.drawing import luma, scene

POSITIONS = (
    np.stack(np.meshgrid(np.arange(-96, 97, 32), np.arange(-128, 129, 32), indexing="ij"), -1).reshape(-1, 2) * 1.0
)


def test_a_similarity_has_its_zoom_and_rotation_and_no_stretch():
    affine = similarity((1.0, 2.0), 1.1, 5.0)
    assert (affine.zoom, affine.rotation) == pytest.approx((1.1, 5.0))
    assert (affine.aspect, affine.shear) == pytest.approx((0.0, 0.0))


def test_a_stretch_and_a_lean_are_told_apart():
    wider = Affine(np.array([[1.0, 0.0], [0.0, 1.04]]), np.zeros(2))
    assert wider.aspect == pytest.approx(0.04, rel=0.05)
    assert wider.shear == pytest.approx(0.0)
    leaning = Affine(np.array([[1.0, 0.0], [0.03, 1.0]]), np.zeros(2))
    assert leaning.shear == pytest.approx(0.03, rel=0.01)
    assert leaning.aspect == pytest.approx(0.0, abs=1e-3)


def test_a_composed_map_displaces_as_both_maps_in_turn():
    first, second = similarity((3.0, -2.0), 1.05, 2.0), similarity((0.5, 1.0), 0.98, -1.0)
    moved = POSITIONS + second.displacements(POSITIONS)
    assert POSITIONS + first.then(second).displacements(POSITIONS) == pytest.approx(moved + first.displacements(moved))


def test_an_undone_map_brings_the_content_back():
    target = luma(scene(3, 200, 240))
    affine = similarity((4.0, -6.0), 1.1, 7.0)
    inverse = np.linalg.inv(affine.matrix)
    moved = undo(target, Affine(inverse, -inverse @ affine.shift))
    inside = (slice(60, -60), slice(60, -60))
    # Interpolated twice; the drawn scene has edges of one pixel.
    assert np.corrcoef(undo(moved, affine)[inside].ravel(), target[inside].ravel())[0, 1] > 0.95


def test_a_fit_ignores_places_that_lie_elsewhere():
    affine = Affine(np.array([[1.01, 0.02], [-0.01, 1.03]]), np.array([2.0, -1.0]))
    moves = affine.displacements(POSITIONS)
    moves[::3] = 17.0
    found = fit_affine(POSITIONS, moves, np.ones(len(moves)), 1.5)
    assert found.affine.matrix == pytest.approx(affine.matrix)
    assert found.affine.shift == pytest.approx(affine.shift)
    assert found.share == pytest.approx(2 / 3, abs=0.02)
    assert found.error < 1e-6


def test_too_few_places_have_no_fit():
    assert fit_affine(POSITIONS[:5], POSITIONS[:5], np.ones(5), 1.5) is None


def test_places_on_a_line_leave_the_slope_across_it_open():
    on_a_line = np.stack([np.zeros(9), np.arange(-128, 129, 32)], 1) * 1.0
    for places in (on_a_line, on_a_line + [40.0, 0.0]):
        found = fit_affine(places, np.stack([np.full(9, 2.0), 0.01 * places[:, 1]], 1), np.ones(9), 1.5)
        assert found.affine.displacements(places)[:, 0] == pytest.approx(2.0)
        assert found.affine.matrix[1, 1] == pytest.approx(1.01)
        assert np.abs(found.affine.matrix - np.eye(2)).max() < 0.06


def test_a_place_beside_a_line_of_aligned_ones_is_no_stretch():
    line = np.stack([np.full(5, 64.0), np.arange(-128.0, 129, 64)], 1)
    places = np.concatenate([line, [[-64.0, 64.0], [0.0, 64.0], [0.0, 128.0]]])
    moves = np.concatenate([np.zeros((5, 2)), [[-11.5, -6.1], [-8.0, 0.1], [-4.3, 2.0]]])
    found = fit_affine(places, moves, np.array([30.0] * 5 + [7.0] * 3), 1.5)
    assert found is None or found.affine.matrix == pytest.approx(np.eye(2), abs=1e-6)
