"""The input pipeline: from TFRecords of pairs to batches of augmented patches, and to whole images for validation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import tensorflow as tf

from data import features
from data.errors import InputError
from model_code.input import augment, photometric, pixels, streaks
from model_code.settings import AugmentSettings, TrainSettings

Decode = Callable[[tf.Tensor], Mapping[str, tf.Tensor | tf.RaggedTensor]]
"""Serialised examples [1] -> features with dense or ragged float32 images [1, H, W, 3] in [0, 1]. The pipeline gives the
Transform component's graph."""

CHANNELS = 6  # of a stacked pair: the input's RGB, then the target's
_READ_AHEAD = 2  # batches
_PARALLEL_CALLS = 2
_SHUFFLE_BUFFER = 1024  # records, where pairs are not cached
_MAX_EPOCHS = 2**31  # more than any training has; an epoch's seed is seed * _MAX_EPOCHS + epoch
_SEED_FOR_ZERO = 2**30


@dataclass(frozen=True)
class PairSplit:
    """The files of a split of pairs, and how to decode them.

    Attributes:
        files: TFRecord files, in a fixed order.
        decode: Decodes a batch of one serialised record to its two images.
        compression: As in `tf.data.TFRecordDataset`; ImportExampleGen writes "GZIP".
        pairs: Number of records.
        decoded_bytes: Size of all pairs as uint8, before any shrinking.
        fingerprint: Hash of the records' content and order.
    """

    files: tuple[str, ...]
    decode: Decode
    compression: str
    pairs: int
    decoded_bytes: int
    fingerprint: str = ""


def survey(patterns: Sequence[str], decode: Decode, compression: str = "GZIP") -> PairSplit:
    """Finds the files of a split and counts their records, without decoding an image.

    Args:
        patterns: File patterns, as in TFX's `FnArgs.train_files`.
        decode: See `Decode`.
        compression: "GZIP" or "".

    Returns:
        The split: its files, the number of its pairs and how they are decoded.

    Raises:
        InputError: No file matches, or no file holds a record.
    """
    files = tuple(sorted(name for pattern in patterns for name in tf.io.gfile.glob(pattern)))
    if not files:
        raise InputError(
            f"{', '.join(patterns)}: no record file of this name; convert pairs of more scenes, at least three"
        )
    batches = tf.data.TFRecordDataset(files, compression).batch(64).map(_count_and_fingerprint)
    counts, digest = [], hashlib.sha256()
    for pairs, size, fingerprints in batches.as_numpy_iterator():
        counts.append((int(pairs), int(size)))
        digest.update(fingerprints.tobytes())
    if not counts:
        raise InputError(f"{', '.join(files)}: no pair in it; convert pairs of more scenes, at least three")
    pairs, decoded_bytes = (sum(column) for column in zip(*counts, strict=True))
    return PairSplit(files, decode, compression, pairs, decoded_bytes, digest.hexdigest())


def whole_pairs(split: PairSplit, images: int = 0) -> tf.data.Dataset:
    """Returns the pairs of a split as whole images, one at a time, in the order of the files.

    Args:
        split: The files.
        images: Number of pairs, evenly spaced over the split; 0 is all of them.

    Returns:
        Pairs of float32 [1, H, W, 3] in [0, 1].
    """
    count = min(images, split.pairs) or split.pairs
    chosen = tf.constant([number * split.pairs // count for number in range(count)], tf.int64)
    numbered = _records(split).enumerate().filter(lambda number, _: tf.reduce_any(chosen == number))
    stacked = numbered.map(lambda _, record: _decode_stacked(split.decode, record))
    return stacked.map(_unstack).batch(1).prefetch(1)


@dataclass(frozen=True)
class Share:
    """The part of each global batch that an input pipeline yields.

    Attributes:
        pipeline: Number of the pipeline, from 0.
        pipelines: Number of pipelines.
        replicas: Number of replicas that the pipelines feed together.
    """

    pipeline: int = 0
    pipelines: int = 1
    replicas: int = 1


@dataclass(frozen=True)
class TrainPairs:
    """The pairs of a split, ready to be shuffled.

    Attributes:
        source: Stacked pairs, uint8 [H, W, 6], or records if `decode` is given, in the order of the files.
        count: Number of pairs.
        decode: Decodes a record to a stacked pair; None if the source is decoded.
    """

    source: tf.data.Dataset
    count: int
    decode: Callable[[tf.Tensor], tf.Tensor] | None = None


def decoded_pairs(split: PairSplit, settings: TrainSettings) -> TrainPairs:
    """Returns the pairs of a split, decoded and cached if they fit into memory.

    Decoding two whole images for one small patch would starve training, so a split within the budget is decoded once. A
    larger one is shuffled before it is decoded, which needs little memory.

    Args:
        split: The files.
        settings: `cache_mebibytes` is the budget.
    """

    def decode(record: tf.Tensor) -> tf.Tensor:
        return _decode_stacked(split.decode, record)

    if split.decoded_bytes <= settings.cache_mebibytes * 2**20:
        return TrainPairs(_records(split).map(decode, num_parallel_calls=_PARALLEL_CALLS).cache(), split.pairs)
    return TrainPairs(_records(split), split.pairs, decode)


def shuffled(pairs: TrainPairs, seed: int, first: int = 0) -> tf.data.Dataset:
    """Returns endless epochs of the pairs, each in an order that depends on the seed and the epoch alone.

    Args:
        pairs: From `decoded_pairs`.
        seed: Seed of all epochs.
        first: Pairs seen before; skipping whole epochs of them costs nothing.

    Returns:
        Endless (number, pair): int64 from `first` on, and stacked uint8 [H, W, 6].
    """
    buffer = min(pairs.count, _SHUFFLE_BUFFER) if pairs.decode else pairs.count

    def shuffled_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        # Sets the seed of this function's graph alone: TensorFlow's global seed would change the order. The seed 0 fails,
        # because TensorFlow compares it with a tensor.
        tf.compat.v1.set_random_seed(seed or _SEED_FOR_ZERO)
        epoch_seed = tf.constant(seed, tf.int64) * _MAX_EPOCHS + epoch
        return pairs.source.shuffle(buffer, seed=epoch_seed, reshuffle_each_iteration=False)

    epochs = tf.data.Dataset.range(first // pairs.count, _MAX_EPOCHS).flat_map(shuffled_epoch)
    numbered = epochs.skip(first % pairs.count).enumerate(first)
    if pairs.decode is None:
        return numbered
    decode = pairs.decode
    return numbered.map(lambda number, record: (number, decode(record)), num_parallel_calls=_PARALLEL_CALLS)


def train_batches(
    pairs: TrainPairs,
    patch: int,
    batch: int,
    settings: TrainSettings,
    position: int = 0,
    share: Share | None = None,
) -> tf.data.Dataset:
    """Returns endless batches of augmented patches. Each patch depends on the seed and its own number alone.

    Args:
        pairs: From `decoded_pairs`.
        patch: Side of the patches in pixels.
        batch: Patches of the global batch.
        settings: Seed and augmentation.
        position: Patches seen before, in earlier stages or by a killed process.
        share: The part of each batch to yield; None is all of it.

    Returns:
        Pairs of float32 [batch / replicas, patch, patch, 3] in [0, 1].
    """
    share = share or Share()
    augmentation = settings.augment
    numbered = _numbered_crops(pairs, settings, position)
    if share.pipelines > 1:
        own_batch = batch // share.pipelines
        numbered = numbered.filter(lambda number, _: (number - position) % batch // own_batch == share.pipeline)

    def crop(number: tf.Tensor, pair: tf.Tensor) -> dict[str, tf.Tensor]:
        seed = tf.stack([tf.constant(settings.seed, tf.int64), number])
        stacked = augment.random_crop(pair, patch, seed, augmentation.turns)
        return {"pair": stacked, **_draw_augmentation(seed, patch, augmentation)}

    batches = numbered.map(crop, num_parallel_calls=_PARALLEL_CALLS).batch(batch // share.replicas, drop_remainder=True)
    augmented = batches.map(lambda patches: _augment(patches, augmentation), num_parallel_calls=_PARALLEL_CALLS)
    options = tf.data.Options()
    options.deterministic = settings.deterministic
    # The filter above selects each worker's share; sharding files would give every worker other data.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return augmented.prefetch(_READ_AHEAD).with_options(options)


def _numbered_crops(pairs: TrainPairs, settings: TrainSettings, position: int) -> tf.data.Dataset:
    """Returns endless (number of the patch, pair), each pair as often in a row as patches are cut from it."""
    crops = settings.augment.crops_per_image
    visits = shuffled(pairs, settings.seed, position // crops)
    if crops > 1:
        visits = visits.flat_map(
            lambda visit, pair: tf.data.Dataset.range(visit * crops, (visit + 1) * crops).map(
                lambda number: (number, pair)
            )
        )
    return visits.skip(position % crops)


def _draw_augmentation(seed: tf.Tensor, patch: int, settings: AugmentSettings) -> dict[str, tf.Tensor]:
    """Draws the random numbers of all augmentation of a patch after the crop."""
    draws = {}
    if settings.is_photometric:
        levels_seed = tf.random.experimental.stateless_fold_in(seed, 11)
        draws["levels"] = tf.random.stateless_uniform([photometric.DRAWS], levels_seed)
    if settings.mixup:
        mixup_seed = tf.random.experimental.stateless_fold_in(seed, 12)
        draws["share"] = photometric.mixing_share(mixup_seed, settings.mixup)
    if settings.rain:
        rain_seed = tf.random.experimental.stateless_fold_in(seed, 13)
        draws["streaks"] = streaks.opacity(patch, rain_seed, settings.rain)
    return draws


def _augment(patches: Mapping[str, tf.Tensor], settings: AugmentSettings) -> tuple[tf.Tensor, tf.Tensor]:
    """Converts a batch of stacked uint8 patches to float images, and augments them by the drawn numbers."""
    inputs, targets = _unstack(patches["pair"])
    if "streaks" in patches:
        inputs = streaks.add(inputs, patches["streaks"])
    if "levels" in patches:
        inputs, targets = _both(lambda both: photometric.jitter(both, patches["levels"], settings), inputs, targets)
    if "share" in patches:
        inputs, targets = _both(lambda both: photometric.mixup(both, patches["share"]), inputs, targets)
    return inputs, targets


def _both(
    change: Callable[[tf.Tensor], tf.Tensor], inputs: tf.Tensor, targets: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Applies the same change to both images, stacked on the channels."""
    changed = change(tf.concat([inputs, targets], axis=-1))
    return changed[..., :3], changed[..., 3:]


def _records(split: PairSplit) -> tf.data.Dataset:
    """Returns serialised examples, scalar strings."""
    return tf.data.TFRecordDataset(split.files, split.compression)


def _count_and_fingerprint(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns the number of records, the bytes of their decoded pairs, and a fingerprint of each: int64, int64, [N, 8]."""
    spec = {name: tf.io.FixedLenFeature([], tf.int64) for name in features.INT_FEATURES}
    sizes = tf.io.parse_example(serialized, spec)
    pixel_count = sizes[features.INPUT_HEIGHT] * sizes[features.INPUT_WIDTH]
    return tf.size(serialized, tf.int64), tf.reduce_sum(pixel_count) * CHANNELS, tf.fingerprint(serialized)


def _decode_stacked(decode: Decode, record: tf.Tensor) -> tf.Tensor:
    """Decodes a record to uint8 [H, W, 6]. This is exact unless images were shrunk, because pixels are k / 255."""
    parsed = decode(tf.expand_dims(record, 0))
    images = [parsed[name] for name in (features.INPUT_IMAGE, features.TARGET_IMAGE)]
    dense = [image.to_tensor() if isinstance(image, tf.RaggedTensor) else image for image in images]
    return pixels.to_uint8(tf.concat([image[0] for image in dense], axis=-1))


def _unstack(stacked: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits uint8 [..., 6] into input and target, float32 [..., 3] in [0, 1]."""
    unit = pixels.to_unit(stacked)
    return unit[..., :3], unit[..., 3:]
