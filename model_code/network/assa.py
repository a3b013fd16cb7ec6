"""Adaptive sparse self-attention (ASSA) within windows."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from model_code.network import compiled_ops, windows
from model_code.network.initial_values import InitialValues
from model_code.network.layers import Linear, Part
from model_code.network.windows import Size


class AdaptiveSparseAttention(Part):
    """Window attention by a learned mix of softmax (dense) and squared ReLU (sparse) of the same scores."""

    def __init__(self, width: int, heads: int, window: windows.Window, initial: InitialValues) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.bias_table = self.weight("bias_table", initial.normal([(2 * window.size - 1) ** 2, heads]))
        self.mix = self.weight("mix", np.ones(2, np.float32))
        self.query = Linear(width, width, initial)
        self.key = Linear(width, width, initial)
        self.value = Linear(width, width, initial)
        self.project = Linear(width, width, initial)

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Map [B, H, W, width] to float32 of that shape; H and W are multiples of the window."""
        size, shift = self.window
        _, height, width, channels = windows.dims(x)
        if shift:
            x = tf.roll(x, [-shift, -shift], [1, 2])
        tokens = tf.reshape(windows.partition(x, size), [-1, channels])
        # From the scores on in float32: relu(S)^2 overflows float16 where S passes 255, and what it weighs does so too.
        q, k, v = (self._by_head(part(tokens), height, width) for part in (self.query, self.key, self.value))
        q *= (channels // self.heads) ** -0.5
        share = tf.nn.softmax(self.mix)
        mixed = compiled_ops.adaptive_sparse_attention(q, k, v, self._bias(height, width), share, compiled=compiled)
        mixed = tf.reshape(tf.transpose(mixed, [0, 1, 3, 2, 4]), [-1, channels])
        x = windows.merge(self.project(mixed), size, height, width)
        return tf.roll(x, [shift, shift], [1, 2]) if shift else x

    def _by_head(self, tokens: tf.Tensor, height: Size, width: Size) -> tf.Tensor:
        """Return tokens [B*nW*N, C] as float32 [B, nW, heads, N, d]."""
        count = self.window.size**2
        number = (height // self.window.size) * (width // self.window.size)
        shape = [-1, number, count, self.heads, tokens.shape[-1] // self.heads]
        return tf.cast(tf.transpose(tf.reshape(tokens, shape), [0, 1, 3, 2, 4]), tf.float32)

    def _bias(self, height: Size, width: Size) -> tf.Tensor:
        """Return what to add to the scores: [heads, N, N], or with the mask of a shift [nW, heads, N, N]."""
        bias = windows.position_bias(self.bias_table, self.window.size)
        if not self.window.shift:
            return bias
        return bias + windows.shift_mask(height, width, self.window)[:, tf.newaxis]
