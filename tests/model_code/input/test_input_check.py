"""The check of the training input: silent on the right code, and naming the operation of every bug that is planted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data.features import INPUT_IMAGE, TARGET_IMAGE
from data.records import feature_spec
from model_code.input import augment, pair_input, photometric, pixels
from model_code.input.input_check import InputMismatchError, check_input
from model_code.settings import AugmentSettings, Stage, TrainSettings
from tests.model_code import drawn_pairs

STAGE = Stage(patch=16, batch=4, steps=1)
SETTINGS = TrainSettings(seed=3, stages=(STAGE,))

Patch = Callable[[pytest.MonkeyPatch], None]

crop, stacked, parted = augment.random_crop, pair_input._decode_stacked, pair_input._unstack
batches, whole = pair_input.train_batches, pair_input.whole_pairs


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> pair_input.PairSplit:
    file = drawn_pairs.write(tmp_path_factory.mktemp("pairs") / "train.gz", [(40, 30), (24, 50), (33, 33)])
    return pair_input.survey([file], _decode)


def _decode(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
    """Decodes without the Transform's loop over a batch, which takes long to trace, once in every test."""
    images = tf.io.parse_example(serialized, feature_spec())
    return {
        name: pixels.to_unit(pixels.decode_image(images[name][0]))[tf.newaxis] for name in (INPUT_IMAGE, TARGET_IMAGE)
    }


@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS,
        SETTINGS.model_copy(update={"cache_mebibytes": 0, "augment": AugmentSettings(turns="flips")}),
        SETTINGS.model_copy(update={"augment": AugmentSettings(turns="none", crops_per_image=3)}),
        SETTINGS.model_copy(update={"stages": (STAGE, Stage(patch=264, batch=1, steps=1))}),
    ],
    ids=["dihedral", "streamed flips", "several crops", "large patches"],
)
def test_the_right_input_function_passes(split: pair_input.PairSplit, settings: TrainSettings) -> None:
    result = check_input(split, settings)
    assert result.patches >= 2 * 96
    assert result.pairs == 6 + 4 + 4
    assert "alike" in result.sentence


EVERYTHING = AugmentSettings(
    brightness=0.1, contrast=0.2, gamma=0.3, colour=0.1, mixup=1.2, rain=1.0, exchange_rain=1.0
)


def test_photometric_augmentation_of_both_and_streaks_on_the_input_pass(split: pair_input.PairSplit) -> None:
    assert check_input(split, SETTINGS.model_copy(update={"augment": EVERYTHING})).patches >= 3 * 96


@pytest.mark.parametrize("name", ["jitter", "mixup"])
def test_photometric_augmentation_of_one_side_only_is_reported(
    split: pair_input.PairSplit, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    right = getattr(photometric, name)

    def one_sided(images: tf.Tensor, *more: object) -> tf.Tensor:
        return tf.concat([right(images, *more)[..., :3], images[..., 3:]], axis=-1)

    monkeypatch.setattr(photometric, name, one_sided)
    with pytest.raises(InputMismatchError) as caught:
        check_input(split, SETTINGS.model_copy(update={"augment": EVERYTHING}))
    assert name in caught.value.operation or "brightness" in caught.value.operation


def test_shrinking_both_images_alike_passes(split: pair_input.PairSplit) -> None:
    small = pair_input.PairSplit(**{**vars(split), "decode": drawn_pairs.decode(max_side=29)})
    assert check_input(small, SETTINGS).patches


def _target(change: Callable[..., tf.Tensor], side: int = 1) -> Patch:
    """Crops each image on its own, one of them with a change: (crop function, image, patch, seed, turns)."""

    def changed(pair: tf.Tensor, patch: int, seed: tf.Tensor, turns: str = "dihedral") -> tf.Tensor:
        halves = [pair[..., :3], pair[..., 3:]]
        crops = [crop(half, patch, seed, turns) for half in halves]
        crops[side] = change(halves[side], patch, seed, turns)
        return tf.ensure_shape(tf.concat(crops, axis=-1), [patch, patch, 6])

    return lambda monkeypatch: monkeypatch.setattr(augment, "random_crop", changed)


def _after(change: Callable[[tf.Tensor], tf.Tensor], side: int = 1) -> Patch:
    """Changes one side's patch once it is cut."""
    return _target(lambda image, patch, seed, turns: change(crop(image, patch, seed, turns)), side)


def _sides(change: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]) -> Patch:
    """Changes the two float images that a stacked pair is parted into."""
    return lambda monkeypatch: monkeypatch.setattr(pair_input, "_unstack", lambda pair: change(*parted(pair)))


def _stream(change: Callable[[tf.data.Dataset], tf.data.Dataset]) -> Patch:
    """Changes the stream of batches of inputs and targets."""
    return lambda monkeypatch: monkeypatch.setattr(
        pair_input, "train_batches", lambda *arguments: change(batches(*arguments))
    )


def _late(pairs: tf.data.Dataset) -> tf.data.Dataset:
    """Gives each input the target that came before its own."""
    first = tf.zeros([dimension or 1 for dimension in pairs.element_spec[1].shape])
    return pairs.scan(first, lambda before, pair: (pair[1], (pair[0], before))).skip(1)


def _shuffled(inputs: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Gives some inputs the target of any pair: a shuffle that reaches beyond the batch."""
    other = tf.random.experimental.stateless_shuffle(targets, [1, tf.cast(1e6 * tf.reduce_sum(inputs), tf.int32)])
    return inputs, tf.where(tf.reduce_mean(inputs, [1, 2, 3], True) > 0.5, other[:1], targets)


def _decoded(change: Callable[[tf.Tensor], tf.Tensor]) -> Patch:
    """Changes the target (float, 0 to 255) while the pair is decoded."""

    def changed(decode: pair_input.Decode, record: tf.Tensor) -> tf.Tensor:
        pair = stacked(decode, record)
        target = tf.cast(pair[..., 3:], tf.float32)
        return tf.concat([pair[..., :3], tf.cast(tf.round(change(target)), tf.uint8)], axis=-1)

    return lambda monkeypatch: monkeypatch.setattr(pair_input, "_decode_stacked", changed)


def _resized(method: str, off: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Shrinks to half the size, rounded another way, and brings it back to the size that the input has."""

    def change(target: tf.Tensor) -> tf.Tensor:
        size = tf.shape(target)[:2]
        small = tf.image.resize(target, size - off, method)
        return tf.clip_by_value(tf.image.resize(small, size, method), 0, 255)

    return change


def _middle(image: tf.Tensor, patch: int, seed: tf.Tensor, turns: str) -> tf.Tensor:
    del seed, turns
    return tf.image.resize_with_crop_or_pad(image, patch, patch)


def _exchanged(image: tf.Tensor, patch: int, seed: tf.Tensor, turns: str) -> tf.Tensor:
    """The row offset used for the columns, and the other way round."""
    return tf.transpose(crop(tf.transpose(image, [1, 0, 2]), patch, seed, turns), [1, 0, 2])


def _zeros_beyond(image: tf.Tensor, patch: int, seed: tf.Tensor, turns: str) -> tf.Tensor:
    shape = tf.shape(image)
    rows, columns = (tf.maximum(patch - shape[axis], 0) for axis in (0, 1))
    return crop(tf.pad(image, [[0, rows], [0, columns], [0, 0]]), patch, seed, turns)


def _sometimes(change: Callable[[tf.Tensor], tf.Tensor]) -> Callable[..., tf.Tensor]:
    def changed(image: tf.Tensor, patch: int, seed: tf.Tensor, turns: str) -> tf.Tensor:
        cut = crop(image, patch, seed, turns)
        return tf.where(seed[1] % 8 == 0, change(cut), cut)

    return changed


def _last_offset(image: tf.Tensor, patch: int, seed: tf.Tensor, turns: str) -> tf.Tensor:
    """One offset too few on one side: the others stay as they are only where the draw is small."""
    return crop(image[:-1], patch, seed, turns)


def _validation_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(split: pair_input.PairSplit, images: int = 0) -> tf.data.Dataset:
        pairs = whole(split, images)
        return tf.data.Dataset.zip((pairs.map(lambda one, _: one), pairs.map(lambda _, two: two).skip(1)))

    monkeypatch.setattr(pair_input, "whole_pairs", changed)


BUGS: dict[str, tuple[Patch, str]] = {
    "a row too far": (_target(lambda i, p, s, t: crop(tf.roll(i, 1, 0), p, s, t)), "crop"),
    "a column too far, in the input": (_target(lambda i, p, s, t: crop(tf.roll(i, -1, 1), p, s, t), side=0), "crop"),
    "another draw for the target": (_target(lambda i, p, s, _: crop(i, p, s + 1, "none")), "crop|flip|rotation"),
    "the target's middle": (_target(_middle), "crop|flip|rotation"),
    "offsets of rows and columns exchanged": (_target(_exchanged), "crop|flip|rotation"),
    "one offset too few": (_target(_last_offset), "crop|flip"),
    "flip of the columns on one side": (_after(lambda patch: tf.reverse(patch, [1])), "flip"),
    "flip of the rows, now and then": (_target(_sometimes(lambda patch: tf.reverse(patch, [0]))), "flip"),
    "axes swapped on one side": (_after(lambda patch: tf.transpose(patch, [1, 0, 2])), "rotation"),
    "a quarter turn the other way": (_after(lambda patch: tf.image.rot90(patch, 2)), "flip"),
    "a quarter turn of the input": (_after(tf.image.rot90, side=0), "rotation"),
    "zeros beyond the edge": (_target(_zeros_beyond), "padding"),
    "resize with other rounding": (_decoded(_resized("area", 1)), "resize"),
    "resize with another kernel": (_decoded(_resized("bilinear", 3)), "resize"),
    "the input brighter": (_sides(lambda one, two: (one * 1.1, two)), "colour"),
    "gamma of the target": (_sides(lambda one, two: (one, two**1.2)), "colour"),
    "BGR on one side": (_sides(lambda one, two: (one, two[..., ::-1])), "sides|colour|shuffling"),
    "input and target exchanged": (_sides(lambda one, two: (two, one)), "sides"),
    "the input twice": (_sides(lambda one, _: (one, one)), "sides"),
    "shuffled after pairing": (_stream(lambda pairs: pairs.map(_shuffled)), "shuffling"),
    "a pair late": (_stream(lambda pairs: _late(pairs.unbatch()).batch(4)), "batching"),
    "a batch late": (_stream(lambda pairs: _late(pairs)), "prefetch"),
    "a batch the other way round": (_sides(lambda one, two: (one, two[::-1])), "batching|sides"),
    "validation a pair late": (_validation_is_late, "validation, batching"),
}  # fmt: skip


@pytest.mark.parametrize("bug", BUGS)
def test_a_defect_is_reported_with_its_operation(
    bug: str, split: pair_input.PairSplit, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, operation = BUGS[bug]
    plant(monkeypatch)
    with pytest.raises(InputMismatchError, match=rf"differently.*: ({operation}): ") as caught:
        check_input(split, SETTINGS)
    assert caught.value.operation in operation


def test_images_of_different_sizes_are_reported(split: pair_input.PairSplit) -> None:
    def decode(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
        features = _decode(serialized)
        return {**features, TARGET_IMAGE: features[TARGET_IMAGE][:, 1:]}

    with pytest.raises(InputMismatchError, match="resize: the two images of a pair do not have one size"):
        check_input(pair_input.PairSplit(**{**vars(split), "decode": decode}), SETTINGS)


def test_a_change_of_colour_that_both_images_share_passes(
    split: pair_input.PairSplit, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sides(lambda one, two: (np.float32(0.97) * one, np.float32(0.97) * two))(monkeypatch)
    assert check_input(split, SETTINGS).patches


def test_no_temporary_file_remains(
    split: pair_input.PairSplit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    check_input(split, SETTINGS)
    assert not list(tmp_path.iterdir())
