"""PSNR and SSIM in TensorFlow, for validation during training and for the SSIM loss.

Protocol: RGB, values in [0, 1] (data_range 1), no border cropped, one value per image. SSIM as Wang et al. (2004):
11x11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03, population covariance, only windows that lie inside the image,
the mean over positions and channels.
"""

from __future__ import annotations

import tensorflow as tf

WINDOW = 11
SIGMA = 1.5
C1 = 0.01**2
C2 = 0.03**2
MS_SSIM_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_LEAST_SIMILAR = 1e-4
PSNR_CAP = 100.0  # of identical images, which would be infinite and spoil every mean


def psnr(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Returns float32 [B]: peak signal-to-noise ratio in dB, at most `PSNR_CAP`.

    Args:
        images: float32 [B, H, W, 3] in [0, 1].
        targets: The same shape and range.
    """
    error = tf.reduce_mean(tf.math.squared_difference(images, targets), axis=[1, 2, 3])
    return -10.0 * tf.math.log(tf.maximum(error, 10 ** (-PSNR_CAP / 10))) / tf.math.log(10.0)


def ssim(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Returns float32 [B]: structural similarity.

    Args:
        images: float32 [B, H, W, 3] in [0, 1], H and W at least 11.
        targets: The same shape and range.
    """
    luminance, structure = _ssim_maps(images, targets)
    return tf.reduce_mean(luminance * structure, axis=[1, 2, 3])


def ms_ssim(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Returns float32 [B]: multi-scale structural similarity (Wang et al., 2003), the mean over channels.

    Images too small for five scales have as many as leave 11 pixels a side, the scales' exponents scaled to the same sum.
    A scale that is uncorrelated with its target counts as hardly similar, not as a negative number, whose power is none.

    Args:
        images: float32 [B, H, W, 3] in [0, 1], H and W known and at least 11.
        targets: The same shape and range.
    """
    side = min(images.shape[1], images.shape[2])
    exponents = [power for scale, power in enumerate(MS_SSIM_EXPONENTS) if side >> scale >= WINDOW]
    exponents = [power / sum(exponents) * sum(MS_SSIM_EXPONENTS) for power in exponents]
    product = tf.ones_like(images[:, 0, 0, :])
    for scale, power in enumerate(exponents):
        luminance, structure = _ssim_maps(images, targets)
        last = scale == len(exponents) - 1
        value = tf.reduce_mean(luminance * structure if last else structure, axis=[1, 2])
        product *= tf.maximum(value, _LEAST_SIMILAR) ** power
        if not last:
            images, targets = (tf.nn.avg_pool2d(side, 2, 2, "VALID") for side in (images, targets))
    return tf.reduce_mean(product, axis=-1)


def _ssim_maps(images: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns luminance, and contrast times structure, of each window inside the images."""
    products = [images, targets, images * images, targets * targets, images * targets]
    mean_x, mean_y, square_x, square_y, product = tf.split(_blur(tf.concat(products, axis=-1)), 5, axis=-1)
    variance_x, variance_y = square_x - mean_x**2, square_y - mean_y**2
    covariance = product - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return luminance, (2 * covariance + C2) / (variance_x + variance_y + C2)


def _blur(maps: tf.Tensor) -> tf.Tensor:
    """Gaussian mean over windows inside the image: [B, H, W, C] to [B, H - 10, W - 10, C], rows first, then columns."""
    offsets = tf.range(WINDOW, dtype=tf.float32) - WINDOW // 2
    weights = tf.exp(-(offsets**2) / (2 * SIGMA**2))
    weights = tf.reshape(weights / tf.reduce_sum(weights), [WINDOW, 1, 1, 1])
    kernel = tf.tile(weights, [1, 1, maps.shape[-1], 1])
    maps = tf.nn.depthwise_conv2d(maps, kernel, strides=[1, 1, 1, 1], padding="VALID")
    return tf.nn.depthwise_conv2d(maps, tf.transpose(kernel, [1, 0, 2, 3]), strides=[1, 1, 1, 1], padding="VALID")
