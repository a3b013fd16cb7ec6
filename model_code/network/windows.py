"""Windows of a feature map: their size at each level, cutting and joining, the shift's mask, relative positions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

LEVELS = 5  # four levels of encoder and decoder, and the bottleneck at 1/16
MASKED = -100.0  # added to the scores between tokens that the roll has brought together


Size: TypeAlias = (
    int | tf.Tensor
)  # of an image's side: a number where it is known at trace time, else a scalar of the graph


class Window(NamedTuple):
    """Side and shift of a block's windows, in pixels of its level."""

    size: int
    shift: int


def window_at(level: int, img_size: int, win_size: int, *, odd: bool) -> Window:
    """Return the window of a block at a level.

    The nominal resolution, `img_size` / 2^level, counts, not the resolution of the input: where it is no larger than
    the window, the window shrinks to it and is never shifted.

    Args:
        level: 0 (full resolution) to 4 (bottleneck).
        img_size: The nominal side of the image in pixels.
        win_size: The side of a window in pixels of the level.
        odd: Whether this is the second, fourth, ... block of its stage, which are shifted by half a window.
    """
    nominal = img_size >> level
    if nominal <= win_size:
        return Window(nominal, 0)
    return Window(win_size, win_size // 2 if odd else 0)


def size_multiple(img_size: int, win_size: int) -> int:
    """Return what H and W must be multiples of, so that each level divides into its windows."""
    sides = (window_at(level, img_size, win_size, odd=False).size << level for level in range(LEVELS))
    return math.lcm(*sides)


def dims(x: tf.Tensor) -> list[Size]:
    """Return the shape of x: integers where they are known at trace time, scalars of the graph where not."""
    dynamic = tf.shape(x)
    return [dynamic[i] if n is None else n for i, n in enumerate(x.shape.as_list())]


def partition(x: tf.Tensor, size: int) -> tf.Tensor:
    """Cut [B, H, W, C] into windows [B*nW, size*size, C], row by row."""
    batch, height, width, channels = dims(x)
    x = tf.reshape(x, [batch, height // size, size, width // size, size, channels])
    return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [-1, size * size, channels])


def merge(tokens: tf.Tensor, size: int, height: Size, width: Size) -> tf.Tensor:
    """Join windows [B*nW*size*size, C] to [B, height, width, C]; undoes `partition`."""
    channels = tokens.shape[-1]
    x = tf.reshape(tokens, [-1, height // size, width // size, size, size, channels])
    return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [-1, height, width, channels])


def _bands(length: Size, window: Window) -> tf.Tensor:
    """Return the band (0, 1, 2) of each row of the rolled image, by window: [length / size, size]."""
    row = tf.range(length)
    band = tf.cast(row >= length - window.size, tf.int32) + tf.cast(row >= length - window.shift, tf.int32)
    return tf.reshape(band, [-1, window.size])


def shift_mask(height: Size, width: Size, window: Window) -> tf.Tensor:
    """Return what to add to the scores of the rolled image, [nW, size*size, size*size]: 0 or -100.

    The roll brings opposite borders together in the last row and column of windows. 3x3 bands of the rolled image
    tell them apart; a token attends to its own band only.
    """
    rows, columns = _bands(height, window), _bands(width, window)
    band = 3 * rows[:, tf.newaxis, :, tf.newaxis] + columns[tf.newaxis, :, tf.newaxis, :]
    band = tf.reshape(band, [-1, window.size**2])
    apart = band[:, :, tf.newaxis] != band[:, tf.newaxis, :]
    return tf.where(apart, MASKED, 0.0)


def relative_position_index(size: int) -> NDArray[np.int32]:
    """Return the row of the bias table for each pair of tokens of a window, [size*size, size*size].

    (dr + size - 1) * (2 size - 1) + (dc + size - 1), with dr, dc the query's place less the key's.
    """
    row, column = np.divmod(np.arange(size * size), size)
    dr = row[:, None] - row[None, :]
    dc = column[:, None] - column[None, :]
    return ((dr + size - 1) * (2 * size - 1) + dc + size - 1).astype(np.int32)


def position_bias(table: tf.Tensor, size: int) -> tf.Tensor:
    """Return the bias of the scores by relative position, [heads, N, N], from its table [(2 size - 1)^2, heads]."""
    index = relative_position_index(size).ravel()
    rows = _rows(tf.convert_to_tensor(table), index)
    return tf.reshape(tf.transpose(rows), [table.shape[-1], size * size, size * size])


def _rows(table: tf.Tensor, index: NDArray[np.int32]) -> tf.Tensor:
    """Return rows of a table, with a dense gradient: what optimizers do with a sparse one differs."""

    @tf.custom_gradient
    def gather(table: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        count = table.shape[0]
        return tf.gather(table, index), lambda rows: tf.math.unsorted_segment_sum(rows, index, count)

    return gather(table)
