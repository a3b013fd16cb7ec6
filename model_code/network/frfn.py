"""Feature refinement feed-forward network (FRFN), and Uformer's LeFF as its ablation."""

from __future__ import annotations

import tensorflow as tf

from model_code.network import compiled_ops
from model_code.network.initial_values import InitialValues
from model_code.network.layers import Convolution, Depthwise, Linear, Part

EXPANSION = 4  # hidden width / width


class FeatureRefinement(Part):
    """FRFN: refine a quarter of the channels, expand, gate one half by the other, contract."""

    def __init__(self, width: int, initial: InitialValues) -> None:
        super().__init__()
        self.width = width
        self.hidden = EXPANSION * width
        self.partial_conv = Convolution(3, width // 4, width // 4, initial, bias=False)
        # The reference's one map to twice the hidden width, as two: nothing is then cut apart.
        self.expand = Linear(width, self.hidden, initial)
        self.expand_gate = Linear(width, self.hidden, initial)
        self.depthwise = Depthwise(self.hidden, initial)
        self.contract = Linear(self.hidden, width, initial)

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Map [B, H, W, width] to [B, H, W, width]."""
        part, rest = tf.split(x, [self.width // 4, -1], -1)
        x = tf.ensure_shape(tf.concat([self.partial_conv(part), rest], -1), x.shape)
        parts = (self.expand, self.expand_gate, self.depthwise, self.contract)
        return compiled_ops.feed_forward(x, *(part.weights(x.dtype) for part in parts), compiled=compiled)


class LocallyEnhanced(Part):
    """LeFF: expand, convolve each channel, contract."""

    def __init__(self, width: int, initial: InitialValues) -> None:
        super().__init__()
        self.width = width
        self.hidden = EXPANSION * width
        self.expand = Linear(width, self.hidden, initial)
        self.depthwise = Depthwise(self.hidden, initial)
        self.contract = Linear(self.hidden, width, initial)

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Map [B, H, W, width] to [B, H, W, width]."""
        shape = tf.shape(x)
        hidden = compiled_ops.gelu(self.expand(tf.reshape(x, [-1, self.width])), compiled=compiled)
        hidden = self.depthwise(tf.reshape(hidden, tf.concat([shape[:3], [self.hidden]], 0)))
        hidden = compiled_ops.gelu(hidden, compiled=compiled)
        return tf.reshape(self.contract(tf.reshape(hidden, [-1, self.hidden])), shape)
