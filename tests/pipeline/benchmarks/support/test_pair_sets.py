import numpy as np
import pytest
from PIL import Image

from data.errors import InputError
from data.layouts.layout import same_name
from pipeline.benchmarks.support.pair_sets import PairSet, TruePair, drawn_sets, folder_set, published_sets


def _write(root, names, shape=(40, 60)):
    for side, value in (("input", 90), ("target", 30)):
        (root / side).mkdir(parents=True)
        for name in names:
            Image.new("RGB", shape[::-1], (value, 0, 0)).save(root / side / f"{name}.png")


def test_a_folder_is_read_as_its_layout_says(tmp_path):
    _write(tmp_path / "rain", ["a", "b"])
    pairs = folder_set(tmp_path / "rain", same_name())
    degraded, target = pairs.pairs[0].load()
    assert (pairs.name, [pair.name for pair in pairs.pairs]) == ("rain", ["input_a", "input_b"])
    assert (degraded[0, 0, 0], target[0, 0, 0], degraded.shape) == (90, 30, (40, 60, 3))


def test_of_two_folders_the_last_with_a_published_set_counts(tmp_path):
    _write(tmp_path / "one" / "Rain100L", ["a"])
    _write(tmp_path / "two" / "Rain100L", ["a", "b"])
    (pairs,) = published_sets([tmp_path / "one", tmp_path / "two"])
    assert len(pairs.pairs) == 2


def test_a_folder_without_published_sets_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds none of the folders"):
        published_sets([tmp_path])


def test_a_limit_takes_pairs_from_all_of_the_set():
    pairs = PairSet("set", tuple(TruePair(str(index), lambda: None) for index in range(10)))
    assert [pair.name for pair in pairs.limited(3).pairs] == ["0", "3", "6"]
    assert pairs.limited(None) is pairs


def test_weather_is_drawn_without_data_and_the_same_each_time():
    rain = drawn_sets()[1].pairs[1]
    degraded, target = rain.load()
    assert np.array_equal(degraded, rain.load()[0])
    assert degraded.shape == target.shape
    assert not np.array_equal(degraded, target)
