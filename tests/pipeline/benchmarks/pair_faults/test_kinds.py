"""Every kind is drawn the same each time, keeps both images of one size, and leaves a perfect pair perfect under identity."""

from functools import cache

import numpy as np
import pytest

from data.image.arrays import ImageU8
from pipeline.benchmarks.pair_faults.kinds import Canvas, Kind, faults, kinds, variations
from pipeline.benchmarks.pair_faults.kinds.affine import linear
from pipeline.benchmarks.pair_faults.kinds.resampling import largest_rectangle, warp
from pipeline.benchmarks.support.pair_sets import Images

ISSUE_TABLE = {
    "width stretched": {1, 2, 3, 5, 10},
    "resized to a square, input cut": {5, 10},
    "shear": {1, 2},
    "squeezed between black bars at the sides": {8},
    "black border painted over the input": {8},
    "left half shifted": {3, 8, 16},
    "block of 128 px shifted": {3, 8, 16},
    "parallax ramp": {6, 12, 24},
    "sub-pixel shift": {0.5, 0.55, 0.7, 1.0},
    "turn with zoom 1.1": {5},
    "one side scaled to 0..N": {8},
    "target compressed": {10},
}


def _scene(seed: int, shape: tuple[int, int] = (192, 256)) -> ImageU8:
    """Draws soft random shapes in colour."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (shape[0] // 8, shape[1] // 8, 3), np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))


def _canvas(stream: int = 0) -> Canvas:
    target = _scene(1)
    degraded = np.clip(target.astype(np.int16) + np.random.default_rng(2).integers(-9, 10, target.shape), 0, 255)
    other = (_scene(3, (160, 288)), _scene(4, (160, 288)))
    return Canvas((degraded.astype(np.uint8), target), np.random.default_rng(stream), lambda: other)


@cache
def _drawn(kind: Kind) -> Images:
    """Draws a kind at its largest strength."""
    return kind.draw(_canvas(), kind.all_strengths[-1])


def test_there_are_kinds_enough():
    assert len(faults()) >= 30
    assert len(variations()) >= 12


@pytest.mark.parametrize(("name", "strengths"), ISSUE_TABLE.items())
def test_the_sizes_that_users_reported_count(name, strengths):
    (kind,) = (kind for kind in kinds() if kind.name == name)
    assert strengths <= set(kind.strengths)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_a_kind_is_drawn_the_same_each_time_in_one_size(kind):
    first, second = _drawn(kind), kind.draw(_canvas(), kind.all_strengths[-1])
    for image, again in zip(first, second, strict=True):
        assert image.dtype == np.uint8
        assert np.array_equal(image, again)
    assert first[0].shape == first[1].shape
    assert min(first[0].shape[:2]) >= 96


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_a_kind_is_described_in_one_sentence(kind):
    assert kind.sentence.endswith(".")
    assert not kind.is_fault or kind.codes


@pytest.mark.parametrize("kind", [kind for kind in faults() if not kind.keeps_original], ids=lambda kind: kind.name)
def test_a_fault_changes_the_pair(kind):
    canvas, (degraded, target) = _canvas(), _drawn(kind)
    assert degraded.shape != canvas.images[0].shape or not (
        np.array_equal(degraded, canvas.images[0]) and np.array_equal(target, canvas.images[1])
    )


def test_the_identity_warp_leaves_the_pixels_as_they_are():
    scene = _scene(1)
    degraded, target = warp((scene, scene), linear(1, 0, 0, 1))
    assert np.array_equal(degraded, target)
    assert degraded.shape == (184, 248, 3)


def test_a_whole_shift_by_warping_moves_the_content_down_and_right():
    scene = _scene(1)
    degraded, target = warp((scene, scene), linear(1, 0, 0, 1, 8, 16))
    assert np.array_equal(degraded[8:, 16:], target[:-8, :-16])


def test_a_warp_reads_nothing_beyond_the_border():
    flat = np.full((200, 200, 3), 90, np.uint8)
    flat[:1], flat[-1:], flat[:, :1], flat[:, -1:] = 0, 0, 0, 0
    inner, _ = warp((flat, flat), linear(1, 0.03, -0.03, 1.05))
    assert inner.min() == inner.max() == 90


def test_the_largest_rectangle_holds_nothing_outside():
    inside = np.ones((20, 30), bool)
    inside[:3], inside[5, -2:] = False, False
    assert inside[largest_rectangle(inside)].all()
