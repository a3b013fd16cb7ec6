"""Adaptive Sparse Self-Attention (ASSA), the first of the paper's two designs: attention within windows.

The scores S = q k^T / sqrt(d) + B of one set of queries and keys weight the values twice: densely by softmax(S), and
sparsely by relu(S)^2, which drops pairs of tokens with low scores. The result is a mix of both,

    ASSA(x) = W_o (a_0 softmax(S) + a_1 relu(S)^2) v,    (a_0, a_1) = softmax of two learned numbers.

The paper's w_1 belongs to the sparse branch; here, as in the authors' code, a_0 is the dense branch's weight.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from model_code.network import compiled_ops, windows
from model_code.network.layers import Initializer, Linear, Module
from model_code.network.windows import AttentionWindow, Side


class AdaptiveSparseAttention(Module):
    """Window attention by a learned mix of softmax (dense) and squared ReLU (sparse) of the same scores.

    Attributes:
        mix: float32 [2], whose softmax weights the dense and the sparse attention.
    """

    def __init__(self, width: int, heads: int, window: AttentionWindow, init: Initializer) -> None:
        """Makes the weights.

        Args:
            width: Channels C of the feature map.
            heads: Attention heads; they divide C.
            window: Side and shift of the windows.
            init: Draws the weights.
        """
        super().__init__()
        self.heads = heads
        self.window = window
        self.bias_table = self.weight("bias_table", init.normal([(2 * window.size - 1) ** 2, heads]))
        self.mix = self.weight("mix", np.ones(2, np.float32))
        self.query = Linear(width, width, init)
        self.key = Linear(width, width, init)
        self.value = Linear(width, width, init)
        self.project = Linear(width, width, init)

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Attends within windows.

        Args:
            x: [B, H, W, C], H and W multiples of the window's side.
            compiled: Whether to use the XLA-compiled form, as training does (see `compiled_ops`).

        Returns:
            float32 [B, H, W, C].
        """
        size, shift = self.window
        _, height, width, channels = windows.dims(x)
        if shift:
            x = tf.roll(x, [-shift, -shift], [1, 2])
        tokens = tf.reshape(windows.partition(x, size), [-1, channels])  # [B*nW*N, C] with N = size^2
        # Scores and what they weight are float32: relu(S)^2 overflows float16 where S passes 255.
        q, k, v = (self._by_head(linear(tokens), height, width) for linear in (self.query, self.key, self.value))
        q *= (channels // self.heads) ** -0.5
        share = tf.nn.softmax(self.mix)
        mixed = compiled_ops.adaptive_sparse_attention(q, k, v, self._bias(height, width), share, compiled=compiled)
        mixed = tf.reshape(tf.transpose(mixed, [0, 1, 3, 2, 4]), [-1, channels])  # [B*nW*N, C]
        x = windows.merge(self.project(mixed), size, height, width)
        return tf.roll(x, [shift, shift], [1, 2]) if shift else x

    def _by_head(self, tokens: tf.Tensor, height: Side, width: Side) -> tf.Tensor:
        """Returns tokens [B*nW*N, C] as float32 [B, nW, heads, N, d]."""
        tokens_per_window = self.window.size**2
        window_count = (height // self.window.size) * (width // self.window.size)
        shape = [-1, window_count, tokens_per_window, self.heads, tokens.shape[-1] // self.heads]
        return tf.cast(tf.transpose(tf.reshape(tokens, shape), [0, 1, 3, 2, 4]), tf.float32)

    def _bias(self, height: Side, width: Side) -> tf.Tensor:
        """Returns the bias B of the scores: [heads, N, N], or with the mask of shifted windows [nW, heads, N, N]."""
        bias = windows.position_bias(self.bias_table, self.window.size)
        if not self.window.shift:
            return bias
        return bias + windows.shift_mask(height, width, self.window)[:, tf.newaxis]
