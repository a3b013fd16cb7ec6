import io

import numpy as np
from PIL import Image

from pipeline.benchmarks.pair_faults.drawing import OpenSet, carriers, draw_pair, stored_png, write_drawn
from pipeline.benchmarks.pair_faults.kinds import kinds
from pipeline.benchmarks.support.pair_sets import PairSet, TruePair

KINDS = {kind.name: kind for kind in kinds()}


def _pairs(count):
    """Returns a set of pairs whose scenes come in twos."""

    def load(index):
        target = np.full((120, 160, 3), 40 * (index // 2), np.uint8)
        return np.where(np.arange(160)[None, :, None] < 8 * index, target, target + 9).astype(np.uint8), target

    return PairSet("set", tuple(TruePair(f"pair-{index}", lambda index=index: load(index)) for index in range(count)))


def test_a_stored_png_is_read_back_to_the_last_bit():
    image = np.random.default_rng(0).integers(0, 256, (7, 11, 3), np.uint8)
    with Image.open(io.BytesIO(stored_png(image))) as read:
        assert read.format == "PNG"
        assert np.array_equal(np.asarray(read), image)


def test_a_share_of_a_set_carries_the_fault_and_the_same_pairs_each_time():
    kind = KINDS["swapped pairs, a tenth of the set"]
    chosen = carriers(_pairs(40), kind)
    assert len(set(chosen)) == 4
    assert chosen == carriers(_pairs(40), kind)
    assert carriers(_pairs(9), kind) == []
    assert carriers(_pairs(9), KINDS["swapped set"]) == list(range(9))


def test_another_scene_is_never_the_same_one():
    opened = OpenSet(_pairs(6))
    degraded, target = draw_pair(opened, 0, KINDS["next scene's target"], 1)
    assert np.array_equal(degraded, opened.images(0)[0])
    assert np.array_equal(target, opened.images(2)[1])


def test_a_fault_of_another_strength_is_the_same_fault():
    opened = OpenSet(_pairs(2))
    kind = KINDS["block of 128 px shifted"]
    first, second = (opened.canvas(1, kind, strength) for strength in kind.strengths[:2])
    assert first.rng.random() == second.rng.random()


def test_drawn_pairs_lie_as_files_beside_each_other(tmp_path):
    write_drawn(OpenSet(_pairs(2)), [1], KINDS["same pair again"], 1, tmp_path / "drawn")
    assert [path.name for path in (tmp_path / "drawn").glob("*/*")] == ["pair-1~drawn.png"] * 2
