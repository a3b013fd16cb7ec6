"""Feature Refinement Feed-forward Network (FRFN), the second of the paper's two designs, and Uformer's LeFF as its ablation.

FRFN enhances a quarter of the channels by a convolution, expands them twice, and lets one expansion gate the other:

    FRFN(x) = W_c (gelu(depthwise(gelu(W_e x'))) * gelu(W_g x')),    x' = [conv(x_1), x_2],

with x_1 the first quarter of the channels. The paper closes it with another GELU; the authors' code, followed here, does not.
"""

from __future__ import annotations

import tensorflow as tf

from model_code.network import compiled_ops
from model_code.network.layers import Convolution, Depthwise, Initializer, Linear, Module

EXPANSION = 4  # hidden width / width


class FeatureRefinement(Module):
    """FRFN: refine a quarter of the channels, expand, gate one expansion by the other, contract."""

    def __init__(self, width: int, init: Initializer) -> None:
        """Makes the weights.

        Args:
            width: Channels C of the feature map, a multiple of 4.
            init: Draws the weights.
        """
        super().__init__()
        self.width = width
        self.hidden = EXPANSION * width
        self.partial_conv = Convolution(3, width // 4, width // 4, init, bias=False)
        # The authors' one linear map to twice the hidden width, as two maps, so that nothing must be split afterwards.
        self.expand = Linear(width, self.hidden, init)
        self.expand_gate = Linear(width, self.hidden, init)
        self.depthwise = Depthwise(self.hidden, init)
        self.contract = Linear(self.hidden, width, init)

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Maps [B, H, W, C] to the same shape.

        Args:
            x: The feature map.
            compiled: Whether to use the XLA-compiled form, as training does (see `compiled_ops`).
        """
        refined, rest = tf.split(x, [self.width // 4, -1], -1)
        x = tf.ensure_shape(tf.concat([self.partial_conv(refined), rest], -1), x.shape)
        maps = (self.expand, self.expand_gate, self.depthwise, self.contract)
        return compiled_ops.feed_forward(x, *(layer.weights(x.dtype) for layer in maps), compiled=compiled)


class LocallyEnhanced(Module):
    """LeFF, Uformer's feed-forward network (Wang et al., 2022, arXiv:2106.03106): expand, convolve depthwise, contract."""

    def __init__(self, width: int, init: Initializer) -> None:
        """Makes the weights.

        Args:
            width: Channels C of the feature map.
            init: Draws the weights.
        """
        super().__init__()
        self.width = width
        self.hidden = EXPANSION * width
        self.expand = Linear(width, self.hidden, init)
        self.depthwise = Depthwise(self.hidden, init)
        self.contract = Linear(self.hidden, width, init)

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Maps [B, H, W, C] to the same shape.

        Args:
            x: The feature map.
            compiled: Whether to use the XLA-compiled form, as training does (see `compiled_ops`).
        """
        shape = tf.shape(x)
        hidden = compiled_ops.gelu(self.expand(tf.reshape(x, [-1, self.width])), compiled=compiled)
        hidden = self.depthwise(tf.reshape(hidden, tf.concat([shape[:3], [self.hidden]], 0)))
        hidden = compiled_ops.gelu(hidden, compiled=compiled)
        return tf.reshape(self.contract(tf.reshape(hidden, [-1, self.hidden])), shape)
