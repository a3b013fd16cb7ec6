"""Synthetic pairs for tests of training: smooth scenes with streaks, as records in TFRecord files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from PIL import Image

from data.records import PairRecord, feature_spec
from model_code.input.pair_input import Decode
from model_code.preprocessing import preprocessing_fn

Size = tuple[int, int]

VEIL_SHARE = 0.6
VEIL = 80


def clean(size: Size, seed: int) -> np.ndarray:
    """Returns a smooth scene, waves in a few random directions, uint8 [H, W, 3]."""
    draw = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]]
    waves = [
        np.sin(rows * draw.uniform(-0.2, 0.2) + columns * draw.uniform(-0.2, 0.2) + draw.uniform(0, 6))
        for _ in range(3)
    ]
    return np.uint8(np.clip(110 + 40 * np.stack(waves, axis=-1), 0, 255))


def degraded(image: np.ndarray, seed: int) -> np.ndarray:
    """Returns the scene behind a veil and under bright upright streaks; no pixel is darker than before."""
    draw = np.random.default_rng(seed + 1000)
    streaks = draw.random(image.shape[:2]) < 0.01
    streaks[1:] |= streaks[:-1]
    return np.where(streaks[..., None], np.uint8(240), np.uint8(VEIL_SHARE * image + VEIL))


def encoded(image: np.ndarray, kind: str = "PNG") -> bytes:
    """Returns the image as a PNG or JPEG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()


def record(size: Size, seed: int, kind: str = "PNG") -> PairRecord:
    """Returns one synthetic pair."""
    target = clean(size, seed)
    return PairRecord(
        pair_id=f"drawn/{seed}",
        scene_id=f"scene-{seed}",
        degradation="rain",
        severity="light",
        source="drawn",
        input_name=f"{seed}-in",
        target_name=f"{seed}-out",
        input_image=encoded(degraded(target, seed), kind),
        target_image=encoded(target, kind),
        input_size=size,
        target_size=size,
    )


def write(path: Path, sizes: Sequence[Size], first_seed: int = 0, compression: str = "GZIP") -> str:
    """Writes one record per size and returns the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for number, size in enumerate(sizes):
            writer.write(record(size, first_seed + number).to_example().SerializeToString())
    return str(path)


def decode(**custom_config: int) -> Decode:
    """Returns a function that decodes as the Transform component's graph, without TFT."""
    return lambda serialized: preprocessing_fn(tf.io.parse_example(serialized, feature_spec()), custom_config)


def small_network(seed: int = 0) -> keras.Model:
    """Returns a residual network of three convolutions, large enough to remove a veil and trained in a second."""
    keras.utils.set_random_seed(seed)
    image = keras.Input([None, None, 3])
    maps = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    maps = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(maps)
    return keras.Model(image, image + keras.layers.Conv2D(3, 3, padding="same")(maps))
