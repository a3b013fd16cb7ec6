"""From TFRecords of pairs to batches of patches, and to whole images for validation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from data import features
from data.errors import InputError
from model_code.input import augment, photometric, pixels, streaks
from model_code.settings import AugmentSettings, TrainSettings

# Serialised examples [1] -> features with ragged or dense float32 images [1, H, W, 3] in [0, 1]. In the pipeline this
# is the Transform component's graph, so that training sees what it was told to see.
Decode = Callable[[tf.Tensor], Mapping[str, Any]]

CHANNELS = 6  # a stacked pair: the input's RGB, then the target's
_READ_AHEAD = 2
_PARALLEL = 2
_SHUFFLED_RECORDS = 1024
_ROUNDS = 2**31  # more than any training sees; seeds of rounds are seed * _ROUNDS + round


@dataclass(frozen=True)
class PairFiles:
    """One split on disk, and how to decode it.

    Attributes:
        files: TFRecord files, in a fixed order.
        decode: Turns a batch of one serialised record into its two images.
        compression: As in `tf.data.TFRecordDataset`; ImportExampleGen writes "GZIP".
        pairs: Number of records.
        decoded_bytes: Size of all pairs as uint8 before any shrinking.
        fingerprint: Of the records' content and order.
    """

    files: tuple[str, ...]
    decode: Decode
    compression: str
    pairs: int
    decoded_bytes: int
    fingerprint: str = ""


def survey(patterns: Sequence[str], decode: Decode, compression: str = "GZIP") -> PairFiles:
    """Finds the files of a split and counts what they hold, without decoding an image.

    Args:
        patterns: File patterns, as in TFX's `FnArgs.train_files`.
        decode: See `Decode`.
        compression: "GZIP" or "".

    Raises:
        InputError: No file matches, or none holds a record.
    """
    files = tuple(sorted(name for pattern in patterns for name in tf.io.gfile.glob(pattern)))
    if not files:
        raise InputError(f"no TFRecord file matches {', '.join(patterns)}: give this split at least one pair")
    seen = tf.data.TFRecordDataset(files, compression).batch(64).map(_measured)
    counts, digest = [], hashlib.sha256()
    for pairs, size, prints in seen.as_numpy_iterator():
        counts.append((int(pairs), int(size)))
        digest.update(prints.tobytes())
    if not counts:
        raise InputError(f"no pair in {', '.join(files)}: give this split at least one scene")
    pairs, decoded_bytes = (sum(column) for column in zip(*counts, strict=True))
    return PairFiles(files, decode, compression, pairs, decoded_bytes, digest.hexdigest())


def whole_pairs(split: PairFiles, images: int = 0) -> tf.data.Dataset:
    """Returns the pairs of a split, one at a time and whole, in the order of the files.

    Args:
        split: What to read.
        images: How many, evenly spaced over the split; 0: all.

    Returns:
        Pairs of float32 [1, H, W, 3] in [0, 1].
    """
    wanted = min(images, split.pairs) or split.pairs
    kept = tf.constant([number * split.pairs // wanted for number in range(wanted)], tf.int64)
    numbered = _records(split).enumerate().filter(lambda number, _: tf.reduce_any(kept == number))
    stacked = numbered.map(lambda _, record: _stacked(split.decode, record))
    return stacked.map(_parted).batch(1).prefetch(1)


@dataclass(frozen=True)
class Share:
    """Which part of each global batch an input pipeline gives.

    Attributes:
        pipeline: Its number, from 0.
        pipelines: How many there are.
        replicas: How many replicas they feed together.
    """

    pipeline: int = 0
    pipelines: int = 1
    replicas: int = 1


@dataclass(frozen=True)
class Pairs:
    """The pairs of a split to be trained on.

    Attributes:
        source: Of stacked uint8 [H, W, 6], or of records where `decode` is given, in the order of the files.
        count: How many.
        decode: Turns a record into a stacked pair; None where they are decoded already.
    """

    source: tf.data.Dataset
    count: int
    decode: Callable[[tf.Tensor], tf.Tensor] | None = None


def decoded_pairs(split: PairFiles, settings: TrainSettings) -> Pairs:
    """Returns the split's pairs, decoded and kept in memory where they fit.

    Decoding two whole images for one small patch would starve training, so what fits the budget is decoded once. What
    does not is shuffled while still encoded, which needs little memory.
    """
    decode = _decoder(split)
    if split.decoded_bytes <= settings.cache_mebibytes * 2**20:
        return Pairs(_records(split).map(decode, num_parallel_calls=_PARALLEL).cache(), split.pairs)
    return Pairs(_records(split), split.pairs, decode)


_INSTEAD_OF_ZERO = 2**30


def shuffled(pairs: Pairs, seed: int, first: int = 0) -> tf.data.Dataset:
    """Returns the pairs over and over, in an order that the seed and the number of the round decide.

    Args:
        pairs: What `decoded_pairs` returns.
        seed: Of all rounds.
        first: Pairs seen before; whole rounds of them cost nothing.

    Returns:
        Endless (number, pair): int64 from `first` on, and stacked uint8 [H, W, 6].
    """
    buffer = min(pairs.count, _SHUFFLED_RECORDS) if pairs.decode else pairs.count

    def round_of(number: tf.Tensor) -> tf.data.Dataset:
        # Of this function's graph alone. What TensorFlow was told elsewhere would change the order, and 0, which it compares
        # with a tensor, would fail.
        tf.compat.v1.set_random_seed(seed or _INSTEAD_OF_ZERO)
        own = tf.constant(seed, tf.int64) * _ROUNDS + number
        return pairs.source.shuffle(buffer, seed=own, reshuffle_each_iteration=False)

    rounds = tf.data.Dataset.range(first // pairs.count, _ROUNDS).flat_map(round_of)
    numbered = rounds.skip(first % pairs.count).enumerate(first)
    if pairs.decode is None:
        return numbered
    decode = pairs.decode
    return numbered.map(lambda number, record: (number, decode(record)), num_parallel_calls=_PARALLEL)


def train_batches(
    pairs: Pairs,
    patch: int,
    batch: int,
    settings: TrainSettings,
    position: int = 0,
    share: Share | None = None,
) -> tf.data.Dataset:
    """Returns endless batches of augmented patches, each drawn by the seed and by its number alone.

    Args:
        pairs: What `decoded_pairs` returns.
        patch: Side of the patches in pixels.
        batch: Patches of the global batch.
        settings: Seed and augmentation.
        position: Patches drawn before, in earlier stages or by a process that was killed.
        share: Which part of each batch is wanted; all of it by default.

    Returns:
        Pairs of float32 [batch / replicas, patch, patch, 3] in [0, 1].
    """
    share = share or Share()
    told = settings.augment
    crops, own = told.crops_per_image, batch // share.pipelines
    visits = shuffled(pairs, settings.seed, position // crops)
    numbered = visits.flat_map(lambda visit, pair: _repeated(visit, pair, crops)) if crops > 1 else visits
    numbered = numbered.skip(position % crops)
    if share.pipelines > 1:
        numbered = numbered.filter(lambda number, _: (number - position) % batch // own == share.pipeline)

    def drawn(number: tf.Tensor, pair: tf.Tensor) -> dict[str, tf.Tensor]:
        seed = tf.stack([tf.constant(settings.seed, tf.int64), number])
        return {"pair": augment.random_crop(pair, patch, seed, told.turns), **_draws(seed, patch, told)}

    batches = numbered.map(drawn, num_parallel_calls=_PARALLEL).batch(batch // share.replicas, drop_remainder=True)
    finished = batches.map(lambda patches: _finished(patches, told), num_parallel_calls=_PARALLEL)
    options = tf.data.Options()
    options.deterministic = settings.deterministic
    # Each worker's share is cut out above; shards of files would give every worker other data.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return finished.prefetch(_READ_AHEAD).with_options(options)


def _repeated(visit: tf.Tensor, pair: tf.Tensor, crops: int) -> tf.data.Dataset:
    """Returns a pair several times, each under a number of its own."""
    return tf.data.Dataset.range(visit * crops, (visit + 1) * crops).map(lambda number: (number, pair))


def _draws(seed: tf.Tensor, patch: int, settings: AugmentSettings) -> dict[str, tf.Tensor]:
    """Draws all that is done to one patch after it is cut."""
    drawn = {}
    if settings.photometric:
        own = tf.random.experimental.stateless_fold_in(seed, 11)
        drawn["levels"] = tf.random.stateless_uniform([photometric.DRAWS], own)
    if settings.mixup:
        own = tf.random.experimental.stateless_fold_in(seed, 12)
        drawn["share"] = photometric.mixing_share(own, settings.mixup)
    if settings.rain:
        own = tf.random.experimental.stateless_fold_in(seed, 13)
        drawn["streaks"] = streaks.opacity(patch, own, settings.rain)
    return drawn


def _finished(patches: Mapping[str, tf.Tensor], settings: AugmentSettings) -> tuple[tf.Tensor, tf.Tensor]:
    """Parts a batch of stacked uint8 patches into float images, and does to them what was drawn."""
    inputs, targets = _parted(patches["pair"])
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
    """Does the same to both images, by doing it to them stacked."""
    changed = change(tf.concat([inputs, targets], axis=-1))
    return changed[..., :3], changed[..., 3:]


def _records(split: PairFiles) -> tf.data.Dataset:
    """Serialised examples, scalar strings."""
    return tf.data.TFRecordDataset(split.files, split.compression)


def _measured(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Counts a batch of records [N] and the bytes of their pairs, by the sizes that they state, and fingerprints each."""
    spec = {name: tf.io.FixedLenFeature([], tf.int64) for name in features.INT_FEATURES}
    sizes = tf.io.parse_example(serialized, spec)
    pixel_count = sizes[features.INPUT_HEIGHT] * sizes[features.INPUT_WIDTH]
    prints = tf.fingerprint(serialized)
    return tf.size(serialized, tf.int64), tf.reduce_sum(pixel_count) * CHANNELS, prints


def _decoder(split: PairFiles) -> Callable[[tf.Tensor], tf.Tensor]:
    return lambda record: _stacked(split.decode, record)


def _stacked(decode: Decode, record: tf.Tensor) -> tf.Tensor:
    """Decodes one record to uint8 [H, W, 6]; exact where nothing was resized, as pixels are k / 255 then."""
    parsed = decode(tf.expand_dims(record, 0))
    images = [parsed[name] for name in (features.INPUT_IMAGE, features.TARGET_IMAGE)]
    dense = [image.to_tensor() if isinstance(image, tf.RaggedTensor) else image for image in images]
    return pixels.to_uint8(tf.concat([image[0] for image in dense], axis=-1))


def _parted(stacked: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Parts uint8 [..., 6] into input and target, float32 [..., 3] in [0, 1]."""
    unit = pixels.to_unit(stacked)
    return unit[..., :3], unit[..., 3:]
