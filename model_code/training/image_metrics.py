"""PSNR, SSIM and MS-SSIM in TensorFlow, for validation during training and for the SSIM losses.

Protocol: RGB, values in [0, 1] (data range 1), no border cropped, one value per image. SSIM follows Wang et al. (2004,
doi:10.1109/TIP.2003.819861): 11x11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03, population covariance, only windows
inside the image, the mean over positions and channels.
"""

from __future__ import annotations

import tensorflow as tf

from data.image.protocol import MS_SSIM_WEIGHTS, PSNR_CAP_DB, SSIM_K1, SSIM_K2, SSIM_SIGMA, SSIM_WINDOW

_C1, _C2 = SSIM_K1**2, SSIM_K2**2
_MIN_SIMILARITY = 1e-4


def psnr(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Returns the peak signal-to-noise ratio, -10 log10 of the mean squared error.

    Args:
        images: float32 [B, H, W, 3] in [0, 1].
        targets: The same shape and range.

    Returns:
        float32 [B] in dB, at most `PSNR_CAP_DB`.

    Example:
        >>> float(psnr(tf.zeros([1, 4, 4, 3]), tf.fill([1, 4, 4, 3], 0.1))[0])
        20.0
    """
    error = tf.reduce_mean(tf.math.squared_difference(images, targets), axis=[1, 2, 3])
    return -10.0 * tf.math.log(tf.maximum(error, 10 ** (-PSNR_CAP_DB / 10))) / tf.math.log(10.0)


def ssim(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Returns the structural similarity (Wang et al., 2004).

    Args:
        images: float32 [B, H, W, 3] in [0, 1], H and W at least 11.
        targets: The same shape and range.

    Returns:
        float32 [B] in [-1, 1]; 1 for identical images.
    """
    luminance, structure = _ssim_maps(images, targets)
    return tf.reduce_mean(luminance * structure, axis=[1, 2, 3])


def ms_ssim(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Returns the multi-scale structural similarity (Wang et al., 2003, doi:10.1109/ACSSC.2003.1292216), averaged over RGB.

    An image too small for five scales uses as many as leave 11 pixels a side, with exponents scaled to the same sum. The
    similarity of a scale is at least 1e-4, because a negative number has no real power.

    Args:
        images: float32 [B, H, W, 3] in [0, 1], H and W known at trace time and at least 11.
        targets: The same shape and range.

    Returns:
        float32 [B] in (0, 1]; 1 for identical images.
    """
    side = min(images.shape[1], images.shape[2])
    exponents = [power for scale, power in enumerate(MS_SSIM_WEIGHTS) if side >> scale >= SSIM_WINDOW]
    exponents = [power / sum(exponents) * sum(MS_SSIM_WEIGHTS) for power in exponents]
    product = tf.ones_like(images[:, 0, 0, :])
    for scale, power in enumerate(exponents):
        luminance, structure = _ssim_maps(images, targets)
        is_last = scale == len(exponents) - 1
        similarity = tf.reduce_mean(luminance * structure if is_last else structure, axis=[1, 2])
        product *= tf.maximum(similarity, _MIN_SIMILARITY) ** power
        if not is_last:
            images, targets = (tf.nn.avg_pool2d(side, 2, 2, "VALID") for side in (images, targets))
    return tf.reduce_mean(product, axis=-1)


def _ssim_maps(images: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the luminance term, and contrast times structure, of each window inside the images: [B, H - 10, W - 10, 3]."""
    products = [images, targets, images * images, targets * targets, images * targets]
    mean_x, mean_y, square_x, square_y, product = tf.split(_blur(tf.concat(products, axis=-1)), 5, axis=-1)
    variance_x, variance_y = square_x - mean_x**2, square_y - mean_y**2
    covariance = product - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return luminance, (2 * covariance + _C2) / (variance_x + variance_y + _C2)


def _blur(maps: tf.Tensor) -> tf.Tensor:
    """Returns Gaussian means over windows inside the image, from [B, H, W, C] to [B, H - 10, W - 10, C]."""
    offsets = tf.range(SSIM_WINDOW, dtype=tf.float32) - SSIM_WINDOW // 2
    weights = tf.exp(-(offsets**2) / (2 * SSIM_SIGMA**2))
    weights = tf.reshape(weights / tf.reduce_sum(weights), [SSIM_WINDOW, 1, 1, 1])
    kernel = tf.tile(weights, [1, 1, maps.shape[-1], 1])
    maps = tf.nn.depthwise_conv2d(maps, kernel, strides=[1, 1, 1, 1], padding="VALID")
    return tf.nn.depthwise_conv2d(maps, tf.transpose(kernel, [1, 0, 2, 3]), strides=[1, 1, 1, 1], padding="VALID")
