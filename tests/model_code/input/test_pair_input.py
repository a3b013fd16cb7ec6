from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data.errors import InputError
from model_code.input import pair_input
from model_code.settings import AugmentSettings, TrainSettings
from tests.model_code import drawn_pairs

SIZES = [(40, 30), (24, 50), (33, 33), (20, 21), (12, 60)]
CACHED = TrainSettings(seed=3)
EVERYTHING = AugmentSettings(
    crops_per_image=3, brightness=0.1, contrast=0.2, gamma=0.3, colour=0.1, mixup=1.2, rain=0.7
)
STREAMED = TrainSettings(seed=3, cache_mebibytes=0)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> pair_input.PairSplit:
    folder = tmp_path_factory.mktemp("pairs")
    drawn_pairs.write(folder / "train-00000-of-00002.gz", SIZES[:3])
    drawn_pairs.write(folder / "train-00001-of-00002.gz", SIZES[3:], first_seed=3)
    return pair_input.survey([str(folder / "train-*")], drawn_pairs.decode())


def batches(split: pair_input.PairSplit, settings: TrainSettings, count: int, patch: int = 16) -> np.ndarray:
    """[count, 2, batch, patch, patch, 3]."""
    drawn = pair_input.train_batches(pair_input.decoded_pairs(split, settings), patch, 4, settings)
    return np.array([[inputs, targets] for inputs, targets in drawn.take(count).as_numpy_iterator()])


def test_survey_counts_pairs_and_pixels(split: pair_input.PairSplit) -> None:
    assert split.pairs == 5
    assert split.decoded_bytes == sum(height * width * 6 for height, width in SIZES)
    assert len(split.files) == 2


def test_a_split_without_files_or_pairs_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing-here"):
        pair_input.survey([str(tmp_path / "nothing-here-*")], drawn_pairs.decode())
    with pytest.raises(InputError, match="empty"):
        pair_input.survey([drawn_pairs.write(tmp_path / "empty", [])], drawn_pairs.decode())


def test_uncompressed_files_can_be_read(tmp_path: Path) -> None:
    path = drawn_pairs.write(tmp_path / "plain", SIZES[:2], compression="")
    assert pair_input.survey([path], drawn_pairs.decode(), compression="").pairs == 2


def test_whole_pairs_are_exact_and_in_order(split: pair_input.PairSplit) -> None:
    for seed, (image, target) in enumerate(pair_input.whole_pairs(split).as_numpy_iterator()):
        expected = drawn_pairs.clean(SIZES[seed], seed)
        np.testing.assert_array_equal(target[0], np.float32(expected) / np.float32(255))
        np.testing.assert_array_equal(image[0], np.float32(drawn_pairs.degraded(expected, seed)) / np.float32(255))
    assert seed == 4


def test_fewer_whole_pairs_are_spread_over_the_split(split: pair_input.PairSplit) -> None:
    sizes = [image.shape[1:3] for image, _ in pair_input.whole_pairs(split, images=2).as_numpy_iterator()]
    assert sizes == [SIZES[0], SIZES[2]]
    assert len(list(pair_input.whole_pairs(split, images=99))) == 5


@pytest.mark.parametrize("settings", [CACHED, STREAMED], ids=["cached", "streamed"])
def test_patches_depend_on_the_seed_alone(split: pair_input.PairSplit, settings: TrainSettings) -> None:
    first, again = batches(split, settings, 6), batches(split, settings, 6)
    np.testing.assert_array_equal(first, again)
    other = batches(split, settings.model_copy(update={"seed": 4}), 6)
    assert (first != other).any()
    assert first.dtype == np.float32


@pytest.mark.parametrize("settings", [CACHED, STREAMED], ids=["cached", "streamed"])
def test_every_epoch_visits_each_pair_once(split: pair_input.PairSplit, settings: TrainSettings) -> None:
    drawn = pair_input.shuffled(pair_input.decoded_pairs(split, settings), settings.seed).take(15)
    shapes = [pair.shape[:2] for _, pair in drawn.as_numpy_iterator()]
    rounds = [shapes[start : start + 5] for start in (0, 5, 10)]
    assert all(sorted(visited) == sorted(SIZES) for visited in rounds)
    assert rounds[0] != rounds[1] or rounds[1] != rounds[2]


def test_inputs_and_targets_belong_together(split: pair_input.PairSplit) -> None:
    drawn = batches(split, CACHED, 10)
    veiled = drawn_pairs.VEIL_SHARE * drawn[:, 1] + drawn_pairs.VEIL / 255
    assert (np.abs(drawn[:, 0] - veiled) < 1 / 255).mean() > 0.95  # all but the streaks


def test_crops_of_the_same_visit_differ(split: pair_input.PairSplit) -> None:
    settings = CACHED.model_copy(update={"augment": AugmentSettings(crops_per_image=4)})
    (batch,) = batches(split, settings, 1)
    assert len({patch.tobytes() for patch in batch[1]}) == 4


@pytest.mark.parametrize(
    "settings",
    [CACHED, STREAMED, CACHED.model_copy(update={"augment": EVERYTHING})],
    ids=["cached", "streamed", "everything"],
)
@pytest.mark.parametrize("position", [4, 12, 32])
def test_the_data_resumes_from_any_position(
    split: pair_input.PairSplit, settings: TrainSettings, position: int
) -> None:
    pairs = pair_input.decoded_pairs(split, settings)
    whole = list(pair_input.train_batches(pairs, 16, 4, settings).take(10).as_numpy_iterator())
    later = list(pair_input.train_batches(pairs, 16, 4, settings, position).take(2).as_numpy_iterator())
    for one, other in zip(later, whole[position // 4 :], strict=False):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("crops", [1, 3])
def test_the_workers_shares_make_up_the_batch(split: pair_input.PairSplit, crops: int) -> None:
    settings = CACHED.model_copy(update={"augment": AugmentSettings(crops_per_image=crops)})
    pairs = pair_input.decoded_pairs(split, settings)
    whole = next(pair_input.train_batches(pairs, 16, 4, settings, 8).as_numpy_iterator())
    shares = [
        next(pair_input.train_batches(pairs, 16, 4, settings, 8, pair_input.Share(n, 2, 2)).as_numpy_iterator())
        for n in range(2)
    ]
    for side in (0, 1):
        np.testing.assert_array_equal(np.concatenate([part[side] for part in shares]), whole[side])


def test_shrunken_pairs_stay_pairs(split: pair_input.PairSplit) -> None:
    small = pair_input.PairSplit(**{**vars(split), "decode": drawn_pairs.decode(max_side=20)})
    for image, target in pair_input.whole_pairs(small).as_numpy_iterator():
        assert image.shape == target.shape
        assert max(image.shape[1:3]) <= 20


@pytest.mark.parametrize("elsewhere", [None, 0, 5], ids=["none", "zero", "five"])
def test_the_order_depends_on_the_seed_alone_and_not_on_tensorflows(elsewhere, request):
    request.addfinalizer(lambda: tf.random.set_seed(None))
    tf.random.set_seed(7)
    wanted = _order(seed=3)
    tf.random.set_seed(elsewhere)
    assert _order(seed=3) == wanted
    assert _order(seed=0) != wanted


def _order(seed):
    pairs = pair_input.TrainPairs(tf.data.Dataset.range(12), 12)
    return [int(number) for _, number in pair_input.shuffled(pairs, seed).take(24).as_numpy_iterator()]
