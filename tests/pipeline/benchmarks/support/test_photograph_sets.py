"""Sets drawn on a folder of photographs."""

import numpy as np
import pytest
from PIL import Image

from data.errors import InputError
from pipeline.benchmarks.support.photograph_sets import ALL, CHOSEN, HELD, WEATHERS, is_held, photograph_sets
from tests.components.pair_validator.drawing import scene

NAMES = ("a", "b", "e", "f")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for seed, name in enumerate(NAMES):
        Image.fromarray(scene(seed, 300, 420)).save(folder / f"{name}.png")
    (folder / "SOURCES.csv").write_text("file,is_hazy\na.png,False\nb.png,True\n", encoding="utf-8")
    return folder


def scenes(sets):
    return {pair.name.partition("-")[0] for pair in sets[0].pairs}


def test_the_halves_share_no_photograph_and_hazy_ones_are_left_out(photographs):
    held, chosen, all_of_them = (scenes(photograph_sets(photographs, half)) for half in (HELD, CHOSEN, ALL))
    assert held == {name for name in "aef" if is_held(name)}
    assert (held | chosen, held & chosen) == (all_of_them, set()) == ({"a", "e", "f"}, set())
    assert held
    assert chosen


def test_each_weather_is_drawn_on_the_same_crops_and_every_time_alike(photographs):
    sets = photograph_sets(photographs, ALL, crops=1)
    assert len(sets) == len(WEATHERS)
    assert len({tuple(pair.name for pair in each.pairs) for each in sets}) == 1
    degraded, target = sets[0].pairs[0].load()
    assert degraded.shape == target.shape == (256, 384, 3)
    assert not np.array_equal(degraded, target)
    again = photograph_sets(photographs, ALL, crops=1)[0].pairs[0].load()
    assert np.array_equal(again[0], degraded)


def test_a_folder_without_photographs_of_the_half_is_refused(tmp_path, photographs):
    name = next(name for name in NAMES if is_held(name))
    Image.open(photographs / f"{name}.png").save(tmp_path / f"{name}.png")
    with pytest.raises(InputError, match="no photograph of the half 'chosen'"):
        photograph_sets(tmp_path, CHOSEN)
