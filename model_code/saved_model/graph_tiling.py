"""Restoring an image of any size in bounded memory inside a graph: what `pipeline.restoring.tiling` does, in TensorFlow ops.

A server sees only the graph, so a photograph of 24 megapixels must not need more memory there than a tile does. Both axes are
joined by one loop: what a part has put into the first pixels of the next is carried over, and what no later part touches is
finished. Finished rows are uint8; of floats there is one band of tiles at a time. An image that is not cut goes through the
same loop as its only tile, with weights of one, so that the graph holds the network once: twice would double what a server
needs until its first answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from model_code.input import pixels
from model_code.saved_model.tiling import Tiling

Map = Callable[[tf.Tensor], tf.Tensor]


class _Span(NamedTuple):
    """A part's place along one side of the image: what it sees, what is kept of that and with what weights, what is done."""

    seen_start: tf.Tensor
    seen_stop: tf.Tensor
    kept_start: tf.Tensor
    kept_stop: tf.Tensor
    done: tf.Tensor
    weights: tf.Tensor


def restore_tiled(restore: Map, image: tf.Tensor, tiling: Tiling) -> tf.Tensor:
    """Restores an image whole where it is small, and in tiles where it is not.

    Args:
        restore: float32 [1, H, W, 3] in [0, 1] to the same shape.
        image: uint8 [H, W, 3].
        tiling: How to cut it.

    Returns:
        uint8 [H, W, 3], clipped and rounded.
    """
    height, width = tf.unstack(tf.shape(image)[:2])
    side = tf.maximum(height, width)
    tile = tf.where(side <= tiling.largest, side, tiling.tile)

    def band(rows: _Span) -> tf.Tensor:
        def part(columns: _Span) -> tf.Tensor:
            return _weighted(restore, image, rows, columns)

        carried = tf.zeros([rows.kept_stop - rows.kept_start, 0, 3])
        return _joined(part, lambda start: _span(start, width, tile, tiling), width, tile, carried, 1, tf.identity)

    carried = tf.zeros([0, width, 3])
    return _joined(band, lambda start: _span(start, height, tile, tiling), height, tile, carried, 0, pixels.to_uint8)


def _joined(
    make: Callable[[_Span], tf.Tensor],
    span: Callable[[tf.Tensor], _Span],
    length: tf.Tensor,
    tile: tf.Tensor,
    carried: tf.Tensor,
    axis: int,
    finish: Map,
) -> tf.Tensor:
    """Returns the parts along one axis, faded into each other; `finish` is applied to what no later part changes."""

    def step(start: tf.Tensor, carried: tf.Tensor, finished: tf.Tensor) -> tuple[tf.Tensor, ...]:
        place = span(start)
        part = make(place)
        kept = place.kept_stop - place.kept_start
        missing = kept - tf.shape(carried)[axis]
        part += tf.pad(carried, [[0, missing if axis == side else 0] for side in range(3)])
        ready, carried = tf.split(part, tf.stack([place.done, kept - place.done]), axis=axis, num=2)
        return start + tile, carried, tf.concat([finished, finish(ready)], axis)

    unknown = tf.TensorShape([None, None, 3])
    return tf.while_loop(
        lambda start, *_: start < length,
        step,
        (tf.constant(0), carried, finish(carried)),
        shape_invariants=(tf.TensorShape([]), unknown, unknown),
        parallel_iterations=1,
    )[2]


def _weighted(restore: Map, image: tf.Tensor, rows: _Span, columns: _Span) -> tf.Tensor:
    """Returns what is kept of a restored tile, faded out at its inner borders."""
    seen = image[rows.seen_start : rows.seen_stop, columns.seen_start : columns.seen_stop]
    part = restore(pixels.to_unit(seen)[tf.newaxis])[0]
    inner = part[
        rows.kept_start - rows.seen_start : rows.kept_stop - rows.seen_start,
        columns.kept_start - columns.seen_start : columns.kept_stop - columns.seen_start,
    ]
    return inner * rows.weights[:, tf.newaxis, tf.newaxis] * columns.weights[tf.newaxis, :, tf.newaxis]


def _span(start: tf.Tensor, length: tf.Tensor, tile: tf.Tensor, tiling: Tiling) -> _Span:
    """Returns the place of the part that begins at `start`."""
    stop = tf.minimum(start + tile, length)
    kept_start = tf.maximum(0, start - tiling.fade)
    kept_stop = tf.minimum(length, stop + tiling.fade)
    places = tf.range(kept_start, kept_stop)
    weights = tf.where(start > 0, _rise(places - start, tiling.fade), 1.0)
    weights *= tf.where(stop < length, 1.0 - _rise(places - stop, tiling.fade), 1.0)
    return _Span(
        seen_start=tf.maximum(0, start - tiling.margin),
        seen_stop=tf.minimum(length, stop + tiling.margin),
        kept_start=kept_start,
        kept_stop=kept_stop,
        done=tf.where(stop < length, stop - tiling.fade, length) - kept_start,
        weights=weights,
    )


def _rise(place: tf.Tensor, fade: int) -> tf.Tensor:
    """Returns a raised cosine of pixels' middles from 0 at `-fade` to 1 at `fade`; a step where there is no fade."""
    middle = tf.cast(place, tf.float32) + 0.5
    if fade == 0:
        return tf.cast(middle > 0.0, tf.float32)
    return 0.5 + 0.5 * tf.sin(0.5 * math.pi * tf.clip_by_value(middle / fade, -1.0, 1.0))
