"""How a pair looks: distance to doing nothing, which image is the degraded one, whether both are the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
FloatImage = NDArray[np.float32]

# dB that stand for "identical".
PSNR_CAP = 100.0
# Pixels along a side of the cells whose gradient energies are summed; three by three cells make a window, which is
# wider than a streak and narrower than an object.
STRUCTURE_CELL = 3
# Squared grey levels a pixel: the gradient energy of 8-bit rounding and compression, below which nothing is compared.
STRUCTURE_FLOOR = 4.0
# Natural logarithm of a ratio of energies: beyond it, more is not better evidence.
MAX_LOG_RATIO = 3.0
# Pixels (width, height) of the window of SSIM.
SSIM_WINDOW = (7, 7)
# Rows of a band that SSIM is computed in at once: what it needs then stays in the cache. An even number.
SSIM_BAND = 128
# Pixels along the side of the dark channel's patch (He, Sun and Tang, 2009, use 15 on larger images).
DARK_PATCH = 9
# Grey levels that the dark channel must rise for a loss of contrast to count as a veil in full.
FULL_VEIL = 10.0
# Pixels along the side of the cells whose means are compared: JPEG's blocks, whose mean it keeps best.
CELL = 8


def luma(rgb: Image) -> Image:
    """Returns BT.601 luma [H, W] uint8 of an RGB image [H, W, 3] uint8."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def psnr(degraded: Image, target: Image) -> float:
    """Returns the PSNR in dB over all RGB values of two uint8 images [H, W, 3]; `PSNR_CAP` where they are equal."""
    squared = cv2.norm(degraded, target, cv2.NORM_L2SQR)
    if squared == 0:
        return PSNR_CAP
    return float(min(PSNR_CAP, 10 * np.log10(255.0**2 * degraded.size / squared)))


def ssim_luma(degraded: Image, target: Image) -> float:
    """Returns the mean SSIM of two luma images [H, W] uint8: 7x7 uniform window, sample covariance, range 255.

    The protocol of skimage's `structural_similarity` by default (Wang et al., "Image quality assessment: from error
    visibility to structural similarity", 2004; K1 = 0.01, K2 = 0.03; a border of three pixels left out), at every second
    row and column: neighbouring windows overlap, and the mean of a quarter of them differs by 0.001 or so.
    """
    maps = [
        _ssim_map(degraded[top : top + SSIM_BAND + 6], target[top : top + SSIM_BAND + 6])
        for top in range(0, max(1, degraded.shape[0] - 6), SSIM_BAND)
    ]
    count = sum(part.size for part in maps)
    return float(sum(part.sum(dtype=np.float64) for part in maps) / count) if count else 0.0


def _ssim_map(degraded: Image, target: Image) -> FloatImage:
    """Returns SSIM at every second row and column of a band of rows, 3 pixels in from its borders."""
    mean_x, mean_y = _window_means(degraded), _window_means(target)
    multiplied = cv2.multiply(degraded, target, dtype=cv2.CV_32F)
    # The two variances are only ever needed as their sum, and so are the squares.
    squares = _window_means(cv2.accumulateSquare(target, cv2.multiply(degraded, degraded, dtype=cv2.CV_32F)))
    product = _window_means(multiplied)
    unbiased = np.float32(49 / 48)
    covariance = (product - mean_x * mean_y) * unbiased
    means = mean_x * mean_x + mean_y * mean_y
    variances = (squares - means) * unbiased
    c1, c2 = np.float32((0.01 * 255) ** 2), np.float32((0.03 * 255) ** 2)
    ratio = (2 * mean_x * mean_y + c1) * (2 * covariance + c2) / ((means + c1) * (variances + c2))
    return ratio.astype(np.float32, copy=False)


def _window_means(image: NDArray[Any]) -> FloatImage:
    return _sparse(cv2.boxFilter(image, cv2.CV_32F, SSIM_WINDOW))


def _sparse(image: FloatImage) -> FloatImage:
    # Copied, because all that follows is quicker on neighbouring numbers.
    return np.ascontiguousarray(image[3:-3:2, 3:-3:2])


def lowpass_correlation(degraded: NDArray[Any], target: NDArray[Any]) -> float:
    """Returns Pearson's correlation of two luma thumbnails [h, w], 0 where one of them is flat."""
    x, y = (image.astype(np.float32) - np.float32(image.mean()) for image in (degraded, target))
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Structure:
    """Which of two aligned images shows more than the other, and which one is veiled.

    Attributes:
        extra: Where the images' local gradients do not explain each other: mean natural logarithm of the ratio of their
            energies, input over target, once the contrast of what they share is made equal. Positive: the input
            has structure of its own, as rain and snow add it, and noise that haze has brought out.
        veil: Where they do explain each other: contrast that the input lost while its dark channel rose, as haze does;
            negative where the target did.
        contrast: Natural logarithm of the energy ratio of the structure that both share, input over target.
        incoherence: Share of local structure that the images do not have in common, 0 to 1.
    """

    extra: float
    veil: float
    contrast: float
    incoherence: float


def compare_structure(degraded: Image, target: Image, luma_input: Image, luma_target: Image) -> Structure:
    """Compares the local structure of two aligned images.

    Gradient energy alone says nothing: rain raises it and haze lowers it. But rain is not correlated with the scene
    while haze is a local gain on it, so that coherence tells which of the two an energy ratio speaks of.

    Args:
        degraded: [H, W, 3] uint8 RGB.
        target: [H, W, 3] uint8 RGB, the same H and W.
        luma_input: [H, W] uint8, luma of the input.
        luma_target: [H, W] uint8, luma of the target.
    """
    energy, shared, energy_target = _local_energies(luma_input, luma_target)
    coherence = np.square(np.maximum(shared, 0)) / (energy * energy_target)
    ratio = np.clip(np.log(energy / energy_target), -MAX_LOG_RATIO, MAX_LOG_RATIO)
    common = coherence >= _quantile(coherence, 0.7)
    contrast = float(np.median(ratio[common]))
    alone = 1 - coherence
    own = alone * alone * alone  # numpy's power takes several times as long
    extra = float((own * (ratio - contrast)).mean() / (own.mean() + 0.01))
    darkness = _dark_channel(degraded) - _dark_channel(target)
    veiled = np.clip(-np.sign(ratio) * darkness / FULL_VEIL, 0, 1)
    return Structure(extra, float(-(coherence * ratio * veiled).mean()), contrast, float(1 - coherence.mean()))


def _local_energies(degraded: Image, target: Image) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Returns, for each cell's window, the gradient energy of the input, the shared one, and that of the target."""
    (ax, ay), (bx, by) = _gradients(degraded), _gradients(target)
    energy = _windows(cv2.accumulateProduct(ay, ay, cv2.multiply(ax, ax)))
    shared = _windows(cv2.accumulateProduct(ay, by, cv2.multiply(ax, bx)))
    energy_target = _windows(cv2.accumulateProduct(by, by, cv2.multiply(bx, bx)))
    return energy + np.float32(STRUCTURE_FLOOR), shared, energy_target + np.float32(STRUCTURE_FLOOR)


def _gradients(image: Image) -> tuple[FloatImage, FloatImage]:
    # Scharr's kernels sum to 16 on each side.
    return cv2.Scharr(image, cv2.CV_32F, 1, 0, scale=1 / 16), cv2.Scharr(image, cv2.CV_32F, 0, 1, scale=1 / 16)


def _windows(image: FloatImage) -> FloatImage:
    return cv2.blur(area_mean(image, STRUCTURE_CELL), (3, 3), borderType=cv2.BORDER_REFLECT)


def area_mean(image: NDArray[Any], cell: int) -> FloatImage:
    """Returns the means of square cells of an image [H, W]; what does not fill a cell is left out."""
    rows, columns = max(1, image.shape[0] // cell), max(1, image.shape[1] // cell)
    whole = image[: rows * cell, : columns * cell].astype(np.float32, copy=False)
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)


def _dark_channel(rgb: Image) -> FloatImage:
    """Returns the dark channel at the middle of every cell."""
    red, green, blue = cv2.split(rgb)
    darkest = cv2.erode(cv2.min(cv2.min(red, green), blue), np.ones((DARK_PATCH, DARK_PATCH), np.uint8))
    rows, columns = darkest.shape[0] // STRUCTURE_CELL, darkest.shape[1] // STRUCTURE_CELL
    middle = STRUCTURE_CELL // 2
    return darkest[middle::STRUCTURE_CELL, middle::STRUCTURE_CELL][:rows, :columns].astype(np.float32)


@dataclass(frozen=True, slots=True)
class Change:
    """How much the mean of 8x8 cells changes from one image to the other, in grey levels of luma.

    Attributes:
        typical: Root mean square.
        strong: 99th percentile of the absolute change.
        strongest: The largest absolute change.
        field: The changes themselves, input minus target, [rows, columns] float32.
    """

    typical: float
    strong: float
    strongest: float
    field: FloatImage


def cell_change(degraded: Image, target: Image) -> Change:
    """Measures how close two luma images [H, W] uint8 are to being the same picture.

    Compression keeps the mean of a block to within its quantisation step and scatters its error within the block;
    weather, light or not, changes the mean where it falls. PSNR does not tell the two apart.
    """
    field = area_mean(degraded, CELL) - area_mean(target, CELL)
    size = np.abs(field)
    typical = float(np.sqrt(np.square(field).mean()))
    return Change(typical, _quantile(size, 0.99), float(size.max()), field)


def _quantile(values: FloatImage, share: float) -> float:
    """Returns a quantile, with linear interpolation as numpy's own, at a third of its time."""
    place = share * (values.size - 1)
    low = int(place)
    high = min(low + 1, values.size - 1)
    parted = np.partition(values, (low, high), axis=None)
    return float(parted[low] + (place - low) * (parted[high] - parted[low]))
