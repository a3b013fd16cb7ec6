"""The matched filter: correlates blocks of two images after division by the power spectrum of the noise.

For a known signal in coloured noise the best detector is the matched filter: correlation after division by the power spectrum
of the noise (Knapp and Carter, "The generalized correlation method for estimation of time delay", 1976,
doi:10.1109/TASSP.1976.1162830). The spectrum is the mean over all blocks of both images (Welch, 1967,
doi:10.1109/TAU.1967.1161901), so that the few directions and frequencies of rain streaks are attenuated by their own power, in
the input and, in a swapped pair, in the target.

Sign: a shift of (dy, dx) means input(y, x) = target(y - dy, x - dx).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from data.image.arrays import PlaneF32, PlanesF32, PlaneU8

# Grey levels added to the contrast of a block, so that rounding noise of a flat block is not amplified.
CONTRAST_FLOOR = 1.0
# Share of the mean power added to the spectrum, so that empty frequencies are not divided by 0.
SPECTRUM_FLOOR = 1e-4
# Share of the power of a block of contrast 1 added likewise: flat images must not match by their rounding.
ROUNDING_POWER = 1e-7
# A peak, the points before it along rows and columns, and those after it.
_CROSS = np.array([[0, -1, 0, 1, 0], [0, 0, -1, 0, 1]])


def correlate(image: PlaneU8, target: PlaneU8, corners: NDArray[np.int64], size: tuple[int, int]) -> PlanesF32:
    """Correlates blocks of two images with the matched filter.

    Args:
        image: uint8 [H, W].
        target: uint8 [H, W].
        corners: (top, left) of each block, [B, 2].
        size: (height, width) of the blocks.

    Returns:
        Cyclic correlation surfaces, float32 [B, height, width], with zero shift at [0, 0].
    """
    spectra, scales, power = _spectra((image, target), corners, size)
    power = cv2.blur(2 * power, (3, 3), borderType=cv2.BORDER_REFLECT)
    spectrum_input, spectrum_target = spectra[: len(corners)], spectra[len(corners) :]
    product = np.multiply(spectrum_input, np.conj(spectrum_target, out=spectrum_target), out=spectrum_input)
    # The reciprocal is real: a product of real numbers takes a third of the time of a division of complex ones.
    product.view(np.float32)[...] *= np.repeat(1 / (power + spectrum_floor(power)), 2, axis=1)
    # Two steps in place take half the time of irfft2, which allocates memory.
    columns = scipy.fft.ifft(product, axis=1, overwrite_x=True)
    surfaces = scipy.fft.irfft(columns, n=size[1], axis=2, overwrite_x=True)
    surfaces *= (scales[: len(corners)] * scales[len(corners) :])[:, None, None]
    return surfaces


def _spectra(
    images: Sequence[PlaneU8], corners: NDArray[np.int64], size: tuple[int, int]
) -> tuple[NDArray[np.complex64], NDArray[np.float32], PlaneF32]:
    """Returns the spectra of blocks without their means, the factors that scale their contrasts to 1, and their mean power.

    As by `normalise`, in fewer passes over the blocks: they are cut and windowed in one, the mean of a block is its spectrum's
    first value and is subtracted from the spectrum, since that of a Hann window has few frequencies, and the contrast is the
    sum of the spectrum's squares (Parseval), which the mean power takes as well.

    Args:
        images: Images, uint8 [H, W] each.
        corners: (top, left) of each block, [B, 2].
        size: (height, width) of the blocks.

    Returns:
        complex64 [len(images) * B, height, width // 2 + 1], float32 [len(images) * B], and the power of the scaled spectra,
        float32 [height, width // 2 + 1].
    """
    weight = window(*size)
    blocks = np.empty((len(images) * len(corners), *size), np.float32)
    free = iter(blocks)
    places = [(slice(y, y + size[0]), slice(x, x + size[1])) for y, x in corners.tolist()]
    for image in images:
        # What is left has few digits before the point.
        plane = np.subtract(image, np.float32(cv2.mean(image)[0]), dtype=np.float32)
        for place in places:
            np.multiply(plane[place], weight, out=next(free))
    spectra = scipy.fft.fft(scipy.fft.rfft(blocks, axis=2), axis=1, overwrite_x=True)
    low, of_window = _window_spectrum(*size)
    spectra[:, low, :2] -= (spectra[:, 0, 0].real / of_window[0, 0].real)[:, None, None] * of_window
    squares = np.square(spectra.view(np.float32))
    # No product of BLAS: its threads wait for each other where other work keeps the cores busy.
    energies = _energies(squares, size)
    scales = 1 / (np.sqrt(energies) / weight.size + CONTRAST_FLOOR)
    power = np.einsum("b,bk->k", np.square(scales), squares.reshape(len(squares), -1)).reshape(size[0], -1, 2)
    return spectra, scales, (power[:, :, 0] + power[:, :, 1]) / np.float32(len(spectra))


def _energies(squares: PlanesF32, size: tuple[int, int]) -> NDArray[np.float32]:
    """Returns the sums of squares of whole spectra, [B], from those of their halves, [B, height, 2 * (width // 2 + 1)]."""
    # The first column, and the last of an even width, have no mirrored one.
    last = squares.shape[2] - 2 * (size[1] % 2 == 0)
    inner = squares[:, :, 2:last]
    return np.einsum("bhk->b", squares) + np.einsum("bhk->b", inner)


@lru_cache(maxsize=64)
def _window_spectrum(height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.complex64]]:
    """Returns the rows of the spectrum of a window that are not 0, and their first two columns; all others are 0."""
    rows = np.array([0, 1, -1])
    return rows, scipy.fft.rfft2(window(height, width).astype(np.float64))[rows, :2].astype(np.complex64)


def wrapped_argmax(surface: PlaneF32) -> tuple[int, int]:
    """Returns the (row, column) shift of the highest point of a surface.

    Args:
        surface: [h, w], cyclic; shifts beyond half of a side are negative.
    """
    height, width = surface.shape
    row, column = divmod(int(surface.argmax()), width)
    return (row + height // 2) % height - height // 2, (column + width // 2) % width - width // 2


def refine(surface: PlaneF32, peak: tuple[int, int]) -> tuple[float, float]:
    """Returns the sub-pixel offset of a peak, by a parabola through three points along each axis.

    Args:
        surface: [h, w], cyclic.
        peak: Integer (row, column) of the peak; negative indices count from the end.

    Returns:
        Offsets of row and column, -0.5 to 0.5.
    """
    row, column = peak
    height, width = surface.shape
    middle = surface[row % height, column % width]
    vertical = _parabola(
        surface[(row - 1) % height, column % width], middle, surface[(row + 1) % height, column % width]
    )
    horizontal = _parabola(
        surface[row % height, (column - 1) % width], middle, surface[row % height, (column + 1) % width]
    )
    return vertical, horizontal


def _parabola(before: float, middle: float, after: float) -> float:
    curvature = before - 2 * middle + after
    if curvature >= 0:
        return 0.0
    return float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5))


@lru_cache(maxsize=64)
def window(height: int, width: int) -> PlaneF32:
    """Returns a Hann window, 0 to 1; without it, the edges of blocks would correlate at zero shift.

    Args:
        height: Rows.
        width: Columns.

    Returns:
        float32 [height, width].
    """
    rows = np.sin(np.pi * (np.arange(height) + 0.5) / height) ** 2
    columns = np.sin(np.pi * (np.arange(width) + 0.5) / width) ** 2
    return np.outer(rows, columns).astype(np.float32)


def normalise(blocks: PlanesF32, weight: PlaneF32) -> PlanesF32:
    """Subtracts the mean of blocks, applies a window, and scales their contrast to 1, in place.

    Args:
        blocks: float32 [B, h, w]; overwritten.
        weight: The window, float32 [h, w].

    Returns:
        `blocks`.
    """
    flat = blocks.reshape(len(blocks), -1)
    flat -= (np.einsum("nk,k->n", flat, weight.ravel()) / weight.sum())[:, None]
    flat *= weight.ravel()
    contrast = np.sqrt(np.einsum("nk,nk->n", flat, flat) / weight.size)
    flat *= (1 / (contrast + CONTRAST_FLOOR))[:, None]
    return blocks


def spectrum_floor(power: PlaneF32) -> np.float32:
    """Returns the constant to add to a power spectrum before a division.

    Args:
        power: Mean power spectrum, float32 [h, w // 2 + 1].
    """
    pixels = 2 * (power.shape[1] - 1) * power.shape[0]
    return np.float32(SPECTRUM_FLOOR * float(power.mean()) + ROUNDING_POWER * pixels)


def mean_power(spectra: NDArray[np.complex64]) -> PlaneF32:
    """Returns the mean power of spectra, float32 [h, w].

    Args:
        spectra: complex64 [B, h, w].
    """
    parts = spectra.view(np.float32)
    squares = np.einsum("bhw,bhw->hw", parts, parts)
    return np.ascontiguousarray(squares[:, 0::2] + squares[:, 1::2]) / len(spectra)


def deviations(surfaces: PlanesF32) -> PlaneF32:
    """Returns the standard deviation of each of several surfaces.

    Args:
        surfaces: float32 [B, h, w].

    Returns:
        float32 [B].
    """
    flat = surfaces.reshape(len(surfaces), -1)
    squares = np.einsum("nk,nk->n", flat, flat) / flat.shape[1]
    return np.sqrt(np.maximum(squares - np.square(np.einsum("nk->n", flat) / flat.shape[1]), 0))


def refine_each(surfaces: PlanesF32, peaks: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Refines one peak in each of several surfaces by parabolas (see `refine`).

    Args:
        surfaces: float32 [B, h, w], cyclic.
        peaks: Integer (row, column) of each peak, [B, 2].

    Returns:
        Offsets [B, 2], -0.5 to 0.5, and the heights of the parabolas above the peaks, [B].
    """
    height, width = surfaces.shape[1:]
    rows = (peaks[:, :1] + _CROSS[0]) % height
    columns = (peaks[:, 1:] + _CROSS[1]) % width
    near = surfaces[np.arange(len(surfaces))[:, None], rows, columns].astype(np.float64)
    middle, before, after = near[:, 0], near[:, 1:3], near[:, 3:]
    curvature = before - 2 * middle[:, None] + after
    peaked = curvature < 0
    offset = 0.5 * (before - after) / np.where(peaked, curvature, 1.0)
    offset = np.where(peaked, np.clip(offset, -0.5, 0.5), 0.0)
    return offset, (-0.25 * (before - after) * offset).sum(axis=1)
