"""The network's element-wise arithmetic, with a compiled form that passes over memory once.

On a CPU these operations are bound by memory: the exact GELU alone is four passes over an array, and its gradient eight.
Compiled by XLA each is one. XLA compiles anew for each shape (a tenth of a second), so the compiled forms serve training,
whose patches have one size; inference, at any size and where XLA may not be there, has the plain forms. Matrix products,
convolutions and softmax stay outside: TensorFlow's own kernels are quicker than those XLA has for the CPU.

A compiled form carries its own gradient; that of a plain form is TensorFlow's. Both compute the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import tensorflow as tf

LAYER_NORM_EPSILON = 1e-5
# Elements of an array from which on the compiled form saves more in some fifty training steps than its compilation took.
WORTH_COMPILING = 2**19
_SQRT_HALF = math.sqrt(0.5)
_NORMAL_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)

Gradient = Callable[..., Any]
Map: TypeAlias = tuple[tf.Tensor, tf.Tensor]  # kernel and bias


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function compiled by XLA, for use inside a custom gradient: no tape looks into it."""
    jitted = tf.function(function, jit_compile=True, autograph=False)

    def call(*arrays: tf.Tensor) -> Any:
        results = jitted(*(tf.stop_gradient(array) for array in arrays))
        # TensorFlow's graph optimizer does not see the shapes that come out of a compiled function.
        return tf.nest.map_structure(lambda result: tf.ensure_shape(result, result.shape), results)

    return call


def _pays(elements: int | None) -> bool:
    """Return whether an array's size is known and sufficient for a compiled form."""
    return elements is not None and elements >= WORTH_COMPILING


def _gelu(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.gelu(x, approximate=False)


def _gelu_slope(x: tf.Tensor) -> tf.Tensor:
    """Return GELU's derivative: the normal distribution at x plus x times its density there."""
    return 0.5 * (1.0 + tf.math.erf(x * _SQRT_HALF)) + x * tf.exp(-0.5 * x * x) * _NORMAL_DENSITY_AT_0


_gelu_forward = _compiled(_gelu)
_gelu_backward = _compiled(lambda x, upstream: upstream * _gelu_slope(x))


@tf.custom_gradient
def _compiled_gelu(x: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    return _gelu_forward(x), lambda upstream: _gelu_backward(x, upstream)


def gelu(x: tf.Tensor, *, compiled: bool) -> tf.Tensor:
    """Return the exact GELU, x (1 + erf(x / sqrt 2)) / 2."""
    if compiled and _pays(x.shape.num_elements()):
        return tf.reshape(_compiled_gelu(tf.reshape(x, [-1])), x.shape)
    return _gelu(x)


def _gated_again(x: tf.Tensor, gate: tf.Tensor, upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return the gradients of gelu(x) gelu(gate) to x and to gate, and the product itself."""
    by_x, by_gate = _gelu(x), _gelu(gate)
    return upstream * by_gate * _gelu_slope(x), upstream * by_x * _gelu_slope(gate), by_x * by_gate


_gate_forward = _compiled(lambda x, gate: _gelu(x) * _gelu(gate))
_gate_backward = _compiled(_gated_again)
_gelu_again = _compiled(lambda x, upstream: (upstream * _gelu_slope(x), _gelu(x)))


def _flat(function: Callable[..., Any], *arrays: tf.Tensor) -> Any:
    """Return what an element-wise function makes of arrays of one size, in the shape of the first.

    XLA sees one axis, so that all arrays of a size share one compilation.
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
        # What the GELUs made is made anew, in the same pass as their gradients, instead of kept.
        rows = tf.reshape(upstream, [-1, x.shape[-1]])
        to_refined, to_gates, product = _flat(
            _gate_backward, refined, gates, tf.matmul(rows, contract, transpose_b=True)
        )
        to_image = tf.reshape(to_refined, image)
        to_gelu = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=image, filter=refine, out_backprop=to_image, strides=[1, 1, 1, 1], padding="SAME"
        )
        to_raised, hidden = _flat(_gelu_again, raised, to_gelu)
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


def feed_forward(x: tf.Tensor, expand: Map, gate: Map, refine: Map, contract: Map, *, compiled: bool) -> tf.Tensor:
    """Return contract(gelu(refine(gelu(expand(x)))) * gelu(gate(x))), each map a kernel and a bias.

    Args:
        x: [B, H, W, C].
        expand: To the hidden width, [C, hidden].
        gate: To the hidden width, [C, hidden].
        refine: The 3x3 convolution of each hidden channel, [3, 3, hidden, 1].
        contract: Back to C, [hidden, C].
        compiled: Whether to compute the compiled form, where the hidden array is large enough.
    """
    hidden = expand[0].shape[-1]
    if compiled and x.shape.is_fully_defined() and _pays(hidden * (x.shape.num_elements() // x.shape[-1])):
        return _compiled_feed_forward(x, *expand, *gate, *refine, *contract)
    shape = tf.shape(x)
    tokens = tf.reshape(x, [-1, x.shape[-1]])
    raised = _gelu(tf.nn.bias_add(tf.matmul(tokens, expand[0]), expand[1]))
    image = tf.reshape(raised, tf.concat([shape[:3], [hidden]], 0))
    refined = tf.nn.bias_add(tf.nn.depthwise_conv2d(image, refine[0], [1, 1, 1, 1], "SAME"), refine[1])
    # Nothing but its GELU may read the gate, not even its shape: only then are product, bias and GELU fused.
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
    """Normalise each row of [T, C] to mean 0 and variance 1, then scale and shift its channels."""
    return (
        _compiled_norm(x, gain, bias) if compiled and _pays(x.shape.num_elements()) else _normalised(x, gain, bias)[0]
    )


def _column_sums(x: tf.Tensor) -> tf.Tensor:
    """Return the sums over all axes of [..., C] but the last: the gradient of a bias."""
    return tf.raw_ops.BiasAddGrad(out_backprop=x)


def _score_gradient_and_mix(
    biased: tf.Tensor, dense: tf.Tensor, inner: tf.Tensor, row: tf.Tensor, share: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the gradient of A = share_0 softmax(S) + share_1 relu(S)^2, of which `inner` comes from above, and A."""
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
    # The sparse attention is made anew for the gradient: of what a step must keep, the scores are the largest part.
    by_dense, by_sparse = tf.matmul(dense, v), tf.matmul(_sparse_forward(biased), v)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # The softmax needs the sum over each row of dense * inner, which is that of its output times what comes in.
        row = tf.reduce_sum(by_dense * upstream, -1, keepdims=True)
        inner = tf.matmul(upstream, v, transpose_b=True)
        to_scores, mix = _scores_backward(biased, dense, inner, row, share)
        to_share = tf.stack([tf.reduce_sum(row), tf.reduce_sum(by_sparse * upstream)])
        to_q, to_k = tf.matmul(to_scores, k), tf.matmul(to_scores, q, transpose_a=True)
        return to_q, to_k, tf.matmul(mix, upstream, transpose_a=True), _window_sums(to_scores, bias), to_share

    return share[0] * by_dense + share[1] * by_sparse, gradient


def _window_sums(x: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Return x [B, nW, heads, N, N] summed to `like`, [heads, N, N] or [nW, heads, N, N]; a product is quickest."""
    rows = tf.reshape(x, [-1, tf.size(like)])
    return tf.reshape(tf.matmul(tf.ones([1, tf.shape(rows)[0]]), rows), tf.shape(like))


def adaptive_sparse_attention(
    q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias: tf.Tensor, share: tf.Tensor, *, compiled: bool
) -> tf.Tensor:
    """Return (share_0 softmax(S) + share_1 relu(S)^2) v, with S = q k^T + bias.

    The two attentions meet after the product with v, where they are smaller than the scores.

    Args:
        q: Queries, divided by sqrt(d): float32 [B, nW, heads, N, d].
        k: Keys, of that shape.
        v: Values, of that shape.
        bias: By relative position, [heads, N, N]; with the mask of a shifted window, [nW, heads, N, N].
        share: a_0 and a_1.
        compiled: Whether to compute the compiled form.
    """
    scores = tf.matmul(q, k, transpose_b=True)
    if compiled and _pays(scores.shape.num_elements()):
        return _compiled_attention(q, k, v, bias, share)
    scores += bias
    dense = tf.matmul(tf.nn.softmax(scores), v)
    sparse = tf.matmul(tf.square(tf.nn.relu(scores)), v)
    return share[0] * dense + share[1] * sparse
