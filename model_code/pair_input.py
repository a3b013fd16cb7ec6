"""From TFRecords of pairs to batches of patches, and to whole images for validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from data import records
from data.errors import InputError
from model_code import augment, pixels
from model_code.settings import TrainSettings

# Serialised examples [1] -> features with ragged or dense float32 images [1, H, W, 3] in [0, 1]. In the pipeline this
# is the Transform component's graph, so that training sees what it was told to see.
Decode = Callable[[tf.Tensor], Mapping[str, Any]]

CHANNELS = 6  # a stacked pair: the input's RGB, then the target's
_READ_AHEAD = 2
_SHUFFLED_RECORDS = 1024


@dataclass(frozen=True)
class PairFiles:
    """One split on disk, and how to decode it.

    Attributes:
        files: TFRecord files, in a fixed order.
        decode: Turns a batch of one serialised record into its two images.
        compression: As in `tf.data.TFRecordDataset`; ImportExampleGen writes "GZIP".
        pairs: Number of records.
        decoded_bytes: Size of all pairs as uint8 before any shrinking.
    """

    files: tuple[str, ...]
    decode: Decode
    compression: str
    pairs: int
    decoded_bytes: int


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
    sizes = tf.data.TFRecordDataset(files, compression).batch(64).map(_decoded_bytes)
    counts = [(int(pairs), int(size)) for pairs, size in sizes.as_numpy_iterator()]
    if not counts:
        raise InputError(f"no pair in {', '.join(files)}: give this split at least one scene")
    pairs, decoded_bytes = (sum(column) for column in zip(*counts, strict=True))
    return PairFiles(files, decode, compression, pairs, decoded_bytes)


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


def decoded_pairs(split: PairFiles, settings: TrainSettings) -> tf.data.Dataset:
    """Returns the split's pairs over and over, shuffled anew each time, as stacked uint8 [H, W, 6].

    Decoding two whole images for one small patch would starve training, so what fits the budget is decoded once. What
    does not is shuffled while still encoded, which needs little memory.
    """
    fits = split.decoded_bytes <= settings.cache_mebibytes * 2**20
    decode = _decoder(split)
    if fits:
        pairs = _records(split).map(decode, num_parallel_calls=_READ_AHEAD).cache()
        return pairs.shuffle(split.pairs, seed=settings.seed).repeat()
    shuffled = _records(split).shuffle(min(split.pairs, _SHUFFLED_RECORDS), seed=settings.seed).repeat()
    return shuffled.map(decode, num_parallel_calls=_READ_AHEAD)


def train_batches(
    pairs: tf.data.Dataset, patch: int, batch: int, settings: TrainSettings, first_visit: int = 0
) -> tf.data.Dataset:
    """Returns endless batches of augmented patches, drawn by seed and by the count of images visited.

    Args:
        pairs: What `decoded_pairs` returns.
        patch: Side of the patches in pixels.
        batch: Patches per batch.
        settings: Seed and augmentation.
        first_visit: Images visited before, in earlier stages.

    Returns:
        Pairs of float32 [batch, patch, patch, 3] in [0, 1].
    """
    crops = settings.augment.crops_per_image

    def patches(visit: tf.Tensor, pair: tf.Tensor) -> tf.Tensor:
        numbers = [visit * crops + crop for crop in range(crops)]
        seeds = [tf.stack([tf.constant(settings.seed, tf.int64), number]) for number in numbers]
        return tf.stack([augment.random_crop(pair, patch, seed, settings.augment.turns) for seed in seeds])

    drawn = pairs.enumerate(first_visit).map(patches, num_parallel_calls=_READ_AHEAD).unbatch()
    return drawn.batch(batch, drop_remainder=True).map(_parted).prefetch(_READ_AHEAD)


def _records(split: PairFiles) -> tf.data.Dataset:
    """Serialised examples, scalar strings."""
    return tf.data.TFRecordDataset(split.files, split.compression)


def _decoded_bytes(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Counts a batch of records [N] and the bytes of their pairs, by the sizes that the records state."""
    spec = {name: tf.io.FixedLenFeature([], tf.int64) for name in records.INT_FEATURES}
    sizes = tf.io.parse_example(serialized, spec)
    pixel_count = sizes[records.INPUT_HEIGHT] * sizes[records.INPUT_WIDTH]
    return tf.size(serialized, tf.int64), tf.reduce_sum(pixel_count) * CHANNELS


def _decoder(split: PairFiles) -> Callable[[tf.Tensor], tf.Tensor]:
    return lambda record: _stacked(split.decode, record)


def _stacked(decode: Decode, record: tf.Tensor) -> tf.Tensor:
    """Decodes one record to uint8 [H, W, 6]; exact where nothing was resized, as pixels are k / 255 then."""
    features = decode(tf.expand_dims(record, 0))
    images = [features[name] for name in (records.INPUT_IMAGE, records.TARGET_IMAGE)]
    dense = [image.to_tensor() if isinstance(image, tf.RaggedTensor) else image for image in images]
    return pixels.to_uint8(tf.concat([image[0] for image in dense], axis=-1))


def _parted(stacked: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Parts uint8 [..., 6] into input and target, float32 [..., 3] in [0, 1]."""
    unit = pixels.to_unit(stacked)
    return unit[..., :3], unit[..., 3:]
