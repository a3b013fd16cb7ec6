"""Operations of the network's inner loops, each in a plain form and in a form compiled by XLA for training.

On a CPU element-wise operations are bound by memory: the exact GELU takes four passes over an array, its gradient eight.
Compiled by XLA, each takes one. XLA compiles anew for each shape (a tenth of a second), so training, whose patches have one
size, uses the compiled forms, which have hand-written gradients. Inference, which meets any size and may run where XLA is
missing, uses the plain forms. Both compute the same numbers. Matrix products, convolutions and softmax stay outside XLA:
TensorFlow's own kernels for the CPU are faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import tensorflow as tf

LAYER_NORM_EPSILON = 1e-5
# An array of this many elements or more saves as much time within about fifty training steps as its compilation takes.
MIN_ELEMENTS_TO_COMPILE = 2**19
_SQRT_HALF = math.sqrt(0.5)
_NORMAL_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)

Tensors: TypeAlias = tf.Tensor | tuple[tf.Tensor, ...]
Gradient = Callable[..., Tensors]
KernelAndBias: TypeAlias = tuple[tf.Tensor, tf.Tensor]


def _compiled(function: Callable[..., Tensors]) -> Callable[..., Tensors]:
    """Returns a function compiled by XLA. No gradient flows through it; a custom gradient calls it."""
    jitted = tf.function(function, jit_compile=True, autograph=False)

    def call(*arrays: tf.Tensor) -> Tensors:
        results = jitted(*(tf.stop_gradient(array) for array in arrays))
        # TensorFlow's graph optimizer does not see the shapes of a compiled function's results.
        return tf.nest.map_structure(lambda result: tf.ensure_shape(result, result.shape), results)

    return call


def _is_worth_compiling(elements: int | None) -> bool:
    """Returns whether an array's size is known and large enough for a compiled form."""
    return elements is not None and elements >= MIN_ELEMENTS_TO_COMPILE


def _gelu(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.gelu(x, approximate=False)


def _gelu_slope(x: tf.Tensor) -> tf.Tensor:
    """Returns the derivative of GELU: the normal distribution's CDF at x plus x times its density at x."""
    return 0.5 * (1.0 + tf.math.erf(x * _SQRT_HALF)) + x * tf.exp(-0.5 * x * x) * _NORMAL_DENSITY_AT_0


_gelu_forward = _compiled(_gelu)
_gelu_backward = _compiled(lambda x, upstream: upstream * _gelu_slope(x))


@tf.custom_gradient
def _compiled_gelu(x: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    return _gelu_forward(x), lambda upstream: _gelu_backward(x, upstream)


def gelu(x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
    """Returns the exact GELU, x (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel, 2016, arXiv:1606.08415).

    Args:
        x: Floats of any shape.
        compiled: Whether to use the compiled form, if the array is large enough.
    """
    if compiled and _is_worth_compiling(x.shape.num_elements()):
        return tf.reshape(_compiled_gelu(tf.reshape(x, [-1])), x.shape)
    return _gelu(x)


def _gate_gradients_and_product(
    x: tf.Tensor, gate: tf.Tensor, upstream: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns the gradients of gelu(x) gelu(gate) with respect to x and gate, and the product itself."""
    by_x, by_gate = _gelu(x), _gelu(gate)
    return upstream * by_gate * _gelu_slope(x), upstream * by_x * _gelu_slope(gate), by_x * by_gate


_gate_forward = _compiled(lambda x, gate: _gelu(x) * _gelu(gate))
_gate_backward = _compiled(_gate_gradients_and_product)
_gelu_backward_and_value = _compiled(lambda x, upstream: (upstream * _gelu_slope(x), _gelu(x)))


def _flat(function: Callable[..., Tensors], *arrays: tf.Tensor) -> Tensors:
    """Returns the results of an element-wise function of arrays of one size, in the shape of the first.

    XLA sees a single axis, so that all arrays of a size share one compilation.
    """
    results = function(*(tf.reshape(array, [-1]) for array in arrays))
    return tf.nest.map_structure(lambda result: tf.reshape(result, arrays[0].shape), results)


@tf.custom_gradient
def _compiled_feed_forward(
    x: tf.Tensor,
    expand: tf.Tensor,
    expand_bias: tf.Tensor,
    gate: tf.Tensor,
    gate_bias: tf.Tensor,
    refine: tf.Tensor,
    refine_bias: tf.Tensor,
    contract: tf.Tensor,
    contract_bias: tf.Tensor,
) -> tuple[tf.Tensor, Gradient]:
    tokens = tf.reshape(x, [-1, x.shape[-1]])
    image = [*x.shape[:3], expand.shape[-1]]
    raised = tf.reshape(tf.nn.bias_add(tf.matmul(tokens, expand), expand_bias), image)
    refined = tf.nn.depthwise_conv2d(_flat(_gelu_forward, raised), refine, [1, 1, 1, 1], "SAME")
    refined = tf.reshape(tf.nn.bias_add(refined, refine_bias), [-1, image[-1]])
    gates = tf.nn.bias_add(tf.matmul(tokens, gate), gate_bias)
    contracted = tf.nn.bias_add(tf.matmul(_flat(_gate_forward, refined, gates), contract), contract_bias)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # The outputs of the GELUs are recomputed in the pass of their gradients, so that the forward pass keeps less.
        rows = tf.reshape(upstream, [-1, x.shape[-1]])
        to_refined, to_gates, product = _flat(
            _gate_backward, refined, gates, tf.matmul(rows, contract, transpose_b=True)
        )
        to_image = tf.reshape(to_refined, image)
        to_gelu = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=image, filter=refine, out_backprop=to_image, strides=[1, 1, 1, 1], padding="SAME"
        )
        to_raised, hidden = _flat(_gelu_backward_and_value, raised, to_gelu)
        to_refine = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
            input=hidden, filter_sizes=refine.shape, out_backprop=to_image, strides=[1, 1, 1, 1], padding="SAME"
        )
        to_raised = tf.reshape(to_raised, [-1, image[-1]])
        to_tokens = tf.matmul(to_raised, expand, transpose_b=True) + tf.matmul(to_gates, gate, transpose_b=True)
        return (
            tf.reshape(to_tokens, x.shape),
            tf.matmul(tokens, to_raised, transpose_a=True),
            _column_sums(to_raised),
            tf.matmul(tokens, to_gates, transpose_a=True),
            _column_sums(to_gates),
            to_refine,
            _column_sums(to_refined),
            tf.matmul(product, rows, transpose_a=True),
            _column_sums(rows),
        )

    return tf.reshape(contracted, x.shape), gradient


def feed_forward(
    x: tf.Tensor,
    expand: KernelAndBias,
    gate: KernelAndBias,
    refine: KernelAndBias,
    contract: KernelAndBias,
    *,
    compiled: bool,
) -> tf.Tensor:
    """Returns contract(gelu(refine(gelu(expand(x)))) * gelu(gate(x))), the FRFN after its partial convolution.

    Args:
        x: [B, H, W, C].
        expand: Linear map to the hidden width: kernel [C, hidden] and bias.
        gate: Linear map to the hidden width: kernel [C, hidden] and bias.
        refine: Depthwise 3x3 convolution: kernel [3, 3, hidden, 1] and bias.
        contract: Linear map back to C: kernel [hidden, C] and bias.
        compiled: Whether to use the compiled form, if the hidden array is large enough.

    Returns:
        [B, H, W, C].
    """
    hidden = expand[0].shape[-1]
    if (
        compiled
        and x.shape.is_fully_defined()
        and _is_worth_compiling(hidden * (x.shape.num_elements() // x.shape[-1]))
    ):
        return _compiled_feed_forward(x, *expand, *gate, *refine, *contract)
    shape = tf.shape(x)
    tokens = tf.reshape(x, [-1, x.shape[-1]])
    raised = _gelu(tf.nn.bias_add(tf.matmul(tokens, expand[0]), expand[1]))
    image = tf.reshape(raised, tf.concat([shape[:3], [hidden]], 0))
    refined = tf.nn.bias_add(tf.nn.depthwise_conv2d(image, refine[0], [1, 1, 1, 1], "SAME"), refine[1])
    # TensorFlow fuses product, bias and GELU only if nothing but the GELU reads the gate, not even its shape.
    gates = _gelu(tf.nn.bias_add(tf.matmul(tokens, gate[0]), gate[1]))
    product = tf.reshape(_gelu(refined), [-1, hidden]) * gates
    return tf.reshape(tf.nn.bias_add(tf.matmul(product, contract[0]), contract[1]), shape)


def _normalised(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    centred = x - tf.reduce_mean(x, -1, keepdims=True)
    scale = tf.math.rsqrt(tf.reduce_mean(tf.square(centred), -1, keepdims=True) + LAYER_NORM_EPSILON)
    normal = centred * scale
    return normal * gain + bias, normal, scale


def _normalised_gradient(normal: tf.Tensor, scale: tf.Tensor, gain: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    inner = upstream * gain
    mean = tf.reduce_mean(inner, -1, keepdims=True)
    return scale * (inner - mean - normal * tf.reduce_mean(inner * normal, -1, keepdims=True))


_norm_forward = _compiled(_normalised)
_norm_backward = _compiled(_normalised_gradient)


@tf.custom_gradient
def _compiled_norm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    result, normal, scale = _norm_forward(x, gain, bias)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        to_x = _norm_backward(normal, scale, gain, upstream)
        return to_x, _column_sums(upstream * normal), _column_sums(upstream)

    return result, gradient


def layer_norm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, *, compiled: bool) -> tf.Tensor:
    """Returns rows normalised to mean 0 and variance 1 (epsilon 1e-5, as PyTorch), then scaled and shifted by channel.

    Args:
        x: float32 [T, C], which is the result's shape too.
        gain: float32 [C].
        bias: float32 [C].
        compiled: Whether to use the compiled form, if the array is large enough.
    """
    if compiled and _is_worth_compiling(x.shape.num_elements()):
        return _compiled_norm(x, gain, bias)
    return _normalised(x, gain, bias)[0]


def _column_sums(x: tf.Tensor) -> tf.Tensor:
    """Returns the sums over all axes of [..., C] but the last: the gradient of a bias."""
    return tf.raw_ops.BiasAddGrad(out_backprop=x)


def _score_gradient_and_mix(
    biased: tf.Tensor, dense: tf.Tensor, inner: tf.Tensor, row: tf.Tensor, share: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the gradient of A = share_0 softmax(S) + share_1 relu(S)^2 with respect to S, and A; `inner` is A's gradient."""
    positive = tf.nn.relu(biased)
    gradient = share[0] * dense * (inner - row) + 2.0 * share[1] * positive * inner
    return gradient, share[0] * dense + share[1] * tf.square(positive)


_sparse_forward = _compiled(lambda scores: tf.square(tf.nn.relu(scores)))
_scores_backward = _compiled(_score_gradient_and_mix)


@tf.custom_gradient
def _compiled_attention(
    q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias: tf.Tensor, share: tf.Tensor
) -> tuple[tf.Tensor, Gradient]:
    biased = tf.matmul(q, k, transpose_b=True) + bias
    dense = tf.nn.softmax(biased)
    # The gradient recomputes the sparse attention, because the scores are the largest arrays that a step keeps.
    by_dense, by_sparse = tf.matmul(dense, v), tf.matmul(_sparse_forward(biased), v)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # Softmax's gradient needs each row's sum of dense * inner, which equals that of its output times the upstream gradient.
        row = tf.reduce_sum(by_dense * upstream, -1, keepdims=True)
        inner = tf.matmul(upstream, v, transpose_b=True)
        to_scores, mix = _scores_backward(biased, dense, inner, row, share)
        to_share = tf.stack([tf.reduce_sum(row), tf.reduce_sum(by_sparse * upstream)])
        to_q, to_k = tf.matmul(to_scores, k), tf.matmul(to_scores, q, transpose_a=True)
        return to_q, to_k, tf.matmul(mix, upstream, transpose_a=True), _window_sums(to_scores, bias), to_share

    return share[0] * by_dense + share[1] * by_sparse, gradient


def _window_sums(x: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Returns x [B, nW, heads, N, N] summed to `like`, [heads, N, N] or [nW, heads, N, N]; a matrix product is fastest."""
    rows = tf.reshape(x, [-1, tf.size(like)])
    return tf.reshape(tf.matmul(tf.ones([1, tf.shape(rows)[0]]), rows), tf.shape(like))


def adaptive_sparse_attention(
    q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias: tf.Tensor, share: tf.Tensor, *, compiled: bool
) -> tf.Tensor:
    """Returns (share_0 softmax(S) + share_1 relu(S)^2) v, with S = q k^T + bias.

    The two attentions are mixed after the product with v, where the arrays are smaller than the scores.

    Args:
        q: Queries, divided by sqrt(d): float32 [B, nW, heads, N, d].
        k: Keys, of the same shape.
        v: Values, of the same shape.
        bias: Relative position bias [heads, N, N], or with the mask of shifted windows [nW, heads, N, N].
        share: float32 [2], the weights of the dense and the sparse attention, which add up to 1.
        compiled: Whether to use the compiled form, if the scores are large enough.

    Returns:
        float32 [B, nW, heads, N, d].
    """
    scores = tf.matmul(q, k, transpose_b=True)
    if compiled and _is_worth_compiling(scores.shape.num_elements()):
        return _compiled_attention(q, k, v, bias, share)
    scores += bias
    dense = tf.matmul(tf.nn.softmax(scores), v)
    sparse = tf.matmul(tf.square(tf.nn.relu(scores)), v)
    return share[0] * dense + share[1] * sparse
