"""Linear maps, convolutions, normalisation and DropPath, as the reference has them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from model_code.network import compiled_ops, step_rng
from model_code.network.initial_values import Array, InitialValues


class Part(tf.Module):
    """A part of the network that makes its weights when it is made.

    Parts are modules and not Keras layers: the network's one Keras object is the model. Keras would write several
    functions of every layer into a saved model, which takes minutes.
    """

    def weight(self, name: str, value: Array) -> tf.Variable:
        """Return a new float32 variable; the parts cast it themselves to the type they compute in."""
        return tf.Variable(value, name=f"{self.name}/{name}")


class Linear(Part):
    """x W + b."""

    def __init__(self, width: int, units: int, initial: InitialValues) -> None:
        super().__init__()
        self.kernel = self.weight("kernel", initial.normal([width, units]))
        self.bias = self.weight("bias", np.zeros(units, np.float32))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Map [T, width] to [T, units]."""
        kernel, bias = self.weights(x.dtype)
        return tf.nn.bias_add(tf.matmul(x, kernel), bias)

    def weights(self, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
        """Return kernel [width, units] and bias in the type to compute in."""
        return tf.cast(self.kernel, dtype), as_bias(self.bias, dtype)


def as_bias(bias: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Return a bias in the type of what it is added to.

    TensorFlow's graph optimizer does not know the shape of what is read from a variable, and fuses product, bias and GELU
    into one kernel only where it does.
    """
    return tf.ensure_shape(tf.cast(bias, dtype), bias.shape)


class LayerNorm(Part):
    """Layer normalisation over the channels, with gain and bias."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = self.weight("gain", np.ones(width, np.float32))
        self.bias = self.weight("bias", np.zeros(width, np.float32))

    def __call__(self, x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
        """Normalise [..., width], in float32."""
        rows = tf.reshape(x, [-1, x.shape[-1]])
        return tf.reshape(compiled_ops.layer_norm(rows, self.gain, self.bias, compiled=compiled), tf.shape(x))


class Convolution(Part):
    """A convolution padded by one pixel of zeros on each side: 3x3 of stride 1 or 4x4 of stride 2."""

    def __init__(
        self, side: int, width: int, units: int, initial: InitialValues, stride: int = 1, *, bias: bool = True
    ) -> None:
        super().__init__()
        self.stride = stride
        fan_in = side * side * width
        self.kernel = self.weight("kernel", initial.uniform([side, side, width, units], fan_in))
        self.bias = self.weight("bias", initial.uniform([units], fan_in)) if bias else None

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Convolve [B, H, W, width]."""
        # "SAME" is one pixel on each side here, as H and W are even before a stride of 2. Stated as numbers, the padding
        # would keep the gradients from oneDNN's kernels, which take a third of the time.
        x = tf.nn.conv2d(x, tf.cast(self.kernel, x.dtype), self.stride, "SAME")
        return x if self.bias is None else tf.nn.bias_add(x, as_bias(self.bias, x.dtype))


class Depthwise(Part):
    """A 3x3 convolution of each channel by itself, with bias."""

    def __init__(self, width: int, initial: InitialValues) -> None:
        super().__init__()
        self.kernel = self.weight("kernel", initial.uniform([3, 3, width, 1], 9))
        self.bias = self.weight("bias", initial.uniform([width], 9))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Convolve [B, H, W, width]."""
        kernel, bias = self.weights(x.dtype)
        return tf.nn.bias_add(tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME"), bias)

    def weights(self, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
        """Return kernel [3, 3, width, 1] and bias in the type to compute in."""
        return tf.cast(self.kernel, dtype), as_bias(self.bias, dtype)


class Upsample(Part):
    """A transposed convolution 2x2 of stride 2: each pixel becomes 2x2, without overlap."""

    def __init__(self, width: int, units: int, initial: InitialValues) -> None:
        super().__init__()
        fan_in = 4 * units  # PyTorch counts the second axis of its (in, out, 2, 2) kernel
        self.kernel = self.weight("kernel", initial.uniform([width, 2, 2, units], fan_in))
        self.bias = self.weight("bias", initial.uniform([units], fan_in))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Double H and W: [B, H, W, width] to [B, 2H, 2W, units]."""
        width, _, _, units = self.kernel.shape
        shape = tf.shape(x)
        x = tf.matmul(tf.reshape(x, [-1, width]), tf.cast(tf.reshape(self.kernel, [width, -1]), x.dtype))
        x = tf.nn.bias_add(x, tf.cast(tf.tile(self.bias, [4]), x.dtype))
        return tf.nn.depth_to_space(tf.reshape(x, tf.concat([shape[:3], [4 * units]], 0)), 2)


class DropPath(Part):
    """Leaves a residual branch out of the sum, sample by sample, in training only; what stays is scaled by 1/keep."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Return x [B, H, W, C] with the branches of some samples zero."""
        if not training or not self.rate:
            return x
        keep = 1.0 - self.rate
        kept = step_rng.uniform([tf.shape(x)[0], 1, 1, 1]) < keep
        return x * tf.cast(tf.where(kept, 1.0 / keep, 0.0), x.dtype)
