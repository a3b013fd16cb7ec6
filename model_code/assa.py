"""Adaptive sparse self-attention (ASSA) within windows."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from model_code import windows
from model_code.initial_values import InitialValues
from model_code.primitives import Linear, Part


class AdaptiveSparseAttention(Part):
    """Window attention by a learned mix of softmax (dense) and squared ReLU (sparse) of the same scores."""

    def __init__(self, width: int, heads: int, window: windows.Window, initial: InitialValues) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.index = windows.relative_position_index(window.size)
        self.bias_table = self.weight("bias_table", initial.normal([(2 * window.size - 1) ** 2, heads]))
        self.mix = self.weight("mix", np.ones(2, np.float32))
        self.qkv = Linear(width, 3 * width, initial)
        self.project = Linear(width, width, initial)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Map [B, H, W, width] to [B, H, W, width]; H and W are multiples of the window."""
        size, shift = self.window
        _, height, width, _ = windows.dims(x)
        if shift:
            x = tf.roll(x, [-shift, -shift], [1, 2])
        x = windows.merge(self._attend(windows.partition(x, size), height, width), size, height, width)
        return tf.roll(x, [shift, shift], [1, 2]) if shift else x

    def _attend(self, tokens: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor) -> tf.Tensor:
        """Attend within windows [B*nW, N, C]."""
        count, channels = tokens.shape[1:]
        head = channels // self.heads
        qkv = tf.reshape(self.qkv(tokens), [-1, count, 3, self.heads, head])
        q, k, v = tf.unstack(tf.cast(tf.transpose(qkv, [2, 0, 3, 1, 4]), tf.float32))
        scores = tf.matmul(q * head**-0.5, k, transpose_b=True) + self.position_bias()
        if self.window.shift:
            mask = windows.shift_mask(height, width, self.window)
            scores = tf.reshape(scores, [-1, tf.shape(mask)[0], self.heads, count, count])
            scores = tf.reshape(scores + mask[:, tf.newaxis], [-1, self.heads, count, count])
        mixed = tf.transpose(tf.matmul(self.mixed(scores), v), [0, 2, 1, 3])
        return self.project(tf.cast(tf.reshape(mixed, [-1, count, channels]), tokens.dtype))

    def position_bias(self) -> tf.Tensor:
        """Return the bias of the scores by relative position, [heads, N, N]."""
        return tf.transpose(tf.gather(self.bias_table, self.index), [2, 0, 1])

    def mixed(self, scores: tf.Tensor) -> tf.Tensor:
        """Return the attention, a_0 softmax(S) + a_1 relu(S)^2, in float32: relu(S)^2 overflows float16 at 256."""
        dense_share, sparse_share = tf.unstack(tf.nn.softmax(self.mix))
        return dense_share * tf.nn.softmax(scores) + sparse_share * tf.square(tf.nn.relu(scores))
