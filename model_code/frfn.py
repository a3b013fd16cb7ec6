"""Feature refinement feed-forward network (FRFN), and Uformer's LeFF as its ablation."""

from __future__ import annotations

import tensorflow as tf

from model_code.initial_values import InitialValues
from model_code.primitives import Convolution, Linear, Part

EXPANSION = 4  # hidden width / width


def gelu(x: tf.Tensor) -> tf.Tensor:
    """Return the exact GELU, x (1 + erf(x / sqrt 2)) / 2."""
    return tf.nn.gelu(x, approximate=False)


class Depthwise(Part):
    """A 3x3 convolution of each channel by itself, with bias."""

    def __init__(self, width: int, initial: InitialValues) -> None:
        super().__init__()
        self.kernel = self.weight("kernel", initial.uniform([3, 3, width, 1], 9))
        self.bias = self.weight("bias", initial.uniform([width], 9))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Convolve [B, H, W, width]."""
        x = tf.nn.depthwise_conv2d(x, tf.cast(self.kernel, x.dtype), [1, 1, 1, 1], "SAME")
        return tf.nn.bias_add(x, tf.cast(self.bias, x.dtype))


class FeatureRefinement(Part):
    """FRFN: refine a quarter of the channels, expand, gate the one half by the other, contract."""

    def __init__(self, width: int, initial: InitialValues) -> None:
        super().__init__()
        self.hidden = EXPANSION * width
        self.partial = width // 4
        self.partial_conv = Convolution(3, self.partial, self.partial, initial, bias=False)
        self.expand = Linear(width, 2 * self.hidden, initial)
        self.depthwise = Depthwise(self.hidden, initial)
        self.contract = Linear(self.hidden, width, initial)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Map [B, H, W, width] to [B, H, W, width]."""
        refined = self.partial_conv(x[..., : self.partial])
        x = tf.concat([refined, x[..., self.partial :]], -1)
        first, second = tf.split(gelu(self.expand(x)), 2, -1)
        return self.contract(gelu(self.depthwise(first)) * second)


class LocallyEnhanced(Part):
    """LeFF: expand, convolve each channel, contract."""

    def __init__(self, width: int, initial: InitialValues) -> None:
        super().__init__()
        hidden = EXPANSION * width
        self.expand = Linear(width, hidden, initial)
        self.depthwise = Depthwise(hidden, initial)
        self.contract = Linear(hidden, width, initial)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Map [B, H, W, width] to [B, H, W, width]."""
        return self.contract(gelu(self.depthwise(gelu(self.expand(x)))))
