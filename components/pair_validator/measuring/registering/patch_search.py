"""Searches for the content of parts of one image in another, by the matched filter.

Both images are whitened, so that the sum of their products over N pixels has a standard deviation of about the square root of N
where nothing matches. The evidence of a part is how much better it matches under a move than at its own place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from components.pair_validator.measuring.registering.mismatches import (
    CELL,
    WINDOW,
    Window,
    cell_products,
    window_means,
)
from components.pair_validator.measuring.registering.turns import TURNS, UPRIGHT, Turn
from data.image.arrays import PlaneF32, PlanesF32

# Displacement within which a part counts as being at its own place, in pixels of the compared images: leaves move by as much.
AT_HOME = 1
# Displacement up to which a part may match at its own place as well: a net in the wind matches at many places.
SWAY = 2
# Distance within which a part is looked for first, and heights of a peak there and anywhere, in standard deviations, from which
# it is asked: the highest of so many points of noise.
NEAR, NEAR_PEAK, FAR_PEAK = 24, 4.5, 5.5
# Sizes of parts in cells, (rows, columns): squares, and pieces of strips of rows or columns.
SIZES = ((3, 3), (4, 4), (5, 5), (6, 6), (1, 8), (2, 8), (8, 1), (8, 2))
# Pixels of a whitened image at its borders that do not count.
BORDER = 4
# Mean product of a whitened image with itself that is added: a flat part must not match by its noise.
FLAT = 0.15
# Height of the highest of so many points of noise around the own place, in standard deviations.
BY_CHANCE = 2.0
# Evidence from which a match is held against the surroundings of its own place.
CONTESTED = 4.0
# Evidence of windows that belong to the region of a part.
IN_REGION = 4.0
# Fineness of the spectrum by which images are whitened, in parts of the whole, and its least share of the mean power.
_BANDS, _FLOOR = 16, 1e-3


@dataclass(frozen=True, slots=True)
class Match:
    """A part of the input with a hypothesis of where its content lies.

    Attributes:
        evidence: How much better it matches there than at its own place, in standard deviations.
        correlation: Correlation of the whitened images there, -1 to 1.
        top: Its first row of cells.
        left: Its first column of cells.
        size: Its rows and columns of cells.
        move: From its place to that of its content in the turned target, rows and columns in pixels.
        turn: How the target was turned for it.
    """

    evidence: float
    correlation: float
    top: int
    left: int
    size: tuple[int, int]
    move: tuple[int, int]
    turn: Turn


class PatchSearch:
    """Searches for parts of one image in the other, in the whole of them or around a window."""

    def __init__(self, details: Sequence[PlaneF32], window: Window | None = None, reach: int = 0) -> None:
        """Whitens both images.

        Args:
            details: Details of input and target (`mismatches.detail`), float32 [H, W].
            window: The window around which is searched; None: the images as a whole.
            reach: Cells on each side of it.
        """
        self._origin = (0, 0)
        both = np.stack(details)
        if window is not None:
            starts = window.row, window.column
            self._origin = max(0, starts[0] - reach), max(0, starts[1] - reach)
            top, left = (CELL * start for start in self._origin)
            bottom, right = (CELL * (start + WINDOW + reach) for start in starts)
            both = np.ascontiguousarray(both[:, top:bottom, left:right])
        self._shape: tuple[int, ...] = both.shape[1:]
        self._padded = [scipy.fft.next_fast_len(side, True) for side in self._shape]
        spectra = scipy.fft.rfft2(both, s=self._padded)
        spectra *= _whitening(spectra)
        height, width = self._shape
        planes = scipy.fft.irfft2(spectra, s=self._padded)[:, :height, :width]
        # The transform joins opposite borders, where both images would look alike.
        planes[:, :BORDER], planes[:, -BORDER:], planes[:, :, :BORDER], planes[:, :, -BORDER:] = 0, 0, 0, 0
        planes /= np.sqrt(np.einsum("nhw,nhw->n", planes, planes) / planes[0].size)[:, None, None]
        self._input, self._target = planes
        self._spectra = spectra
        self._at_home = cell_products(self._input, self._target)
        self._homes: dict[tuple[int, int], PlaneF32] = {}

    def upright(self, window: Window) -> list[Match]:
        """Returns the parts around a window that may have moved, as they are.

        Args:
            window: The window, in cells of the images as a whole.
        """
        own = self._own(window)
        moves = self._peaks(self._input, self._spectra[1], own, is_near=True)
        matches = [self._match(own, move, UPRIGHT) for move in moves]
        # Where its content went: a tile that shows a flat sky now tells by the place that shows its content.
        for move in self._peaks(self._target, self._spectra[0], own, is_near=False):
            row, column = (round(start + by / CELL) for start, by in zip((own.row, own.column), move, strict=True))
            matches.append(self._match(Window(row, column, 0.0), (-move[0], -move[1]), UPRIGHT))
        return [self._contested(match) for match in matches]

    def turned(self, window: Window) -> list[Match]:
        """Returns the parts around a window that may have been turned.

        Args:
            window: The window, in cells of the images as a whole.
        """
        own, side = self._own(window), WINDOW * CELL
        part = self._part(self._input, own)
        surfaces = self._surfaces(self._spectra[1], np.stack([turn.undone(part) for turn in TURNS]))
        matches = []
        for turn, surface in zip(TURNS, surfaces, strict=True):
            row, column = divmod(int(surface.argmax()), surface.shape[1])
            if surface[row, column] >= FAR_PEAK * float(surface.std()):
                top, left = turn.corner(row, column, side, turn.shape(self._shape))
                matches.append(self._match(own, (top - CELL * own.row, left - CELL * own.column), turn))
        return [self._contested(match) for match in matches]

    def distance(self, match: Match) -> float:
        """Returns how far the middle of a part lies from where the target has it, in pixels of the compared images.

        Args:
            match: A match of this search.
        """
        middle = [CELL * (start + size / 2) for start, size in zip((match.top, match.left), match.size, strict=True)]
        row, column = (place + move for place, move in zip(middle, match.move, strict=True))
        source = match.turn.source(row, column, match.turn.shape(self._shape))
        return math.hypot(source[0] - middle[0], source[1] - middle[1])

    def box(self, match: Match) -> tuple[int, int, int, int]:
        """Returns the region in which windows show the same: top, left, bottom, right in pixels of the compared images.

        Args:
            match: A match of this search.
        """
        away = _correlation(window_means(self._moved(match.turn, match.move), WINDOW, WINDOW))
        inside = (WINDOW * CELL * (away - self._home((WINDOW, WINDOW))) >= IN_REGION).astype(np.uint8)
        starts = [min(start, side - 1) for start, side in zip((match.top, match.left), inside.shape, strict=True)]
        inside[starts[0], starts[1]] = 1
        labels = cv2.connectedComponents(inside, connectivity=4)[1]
        places = np.nonzero(labels == labels[starts[0], starts[1]])
        low, high = [match.top, match.left], [match.top + match.size[0], match.left + match.size[1]]
        for axis, found in enumerate(places):
            if match.size[axis] >= WINDOW:  # a strip is no wider than it was found
                low[axis] = min(low[axis], int(found.min()))
                high[axis] = max(high[axis], int(found.max()) + WINDOW)
        (top, left), (bottom, right) = (
            (CELL * (place[0] + self._origin[0]), CELL * (place[1] + self._origin[1])) for place in (low, high)
        )
        return top, left, bottom, right

    def _contested(self, match: Match) -> Match:
        """Returns a match with its evidence against all of the surroundings of its own place, not that place alone."""
        if match.evidence < CONTESTED:
            return match
        (top, bottom), (left, right) = (
            (max(SWAY, CELL * start), min(side - SWAY, CELL * (start + size)))
            for start, size, side in zip((match.top, match.left), match.size, self._shape, strict=True)
        )
        own = self._input[top:bottom, left:right]
        energy = np.einsum("hw,hw->", own, own) / own.size + FLAT
        highest = 0.0
        for down in range(-SWAY, SWAY + 1):
            for aside in range(-SWAY, SWAY + 1):
                if match.turn is UPRIGHT and max(abs(down - match.move[0]), abs(aside - match.move[1])) <= AT_HOME:
                    continue  # the slope of the peak itself
                other = self._target[top + down : bottom + down, left + aside : right + aside]
                shared, others = (np.einsum("hw,hw->", one, other) / own.size for one in (own, other))
                highest = max(highest, float(shared / math.sqrt(energy * (others + FLAT))))
        pixels = CELL**2 * match.size[0] * match.size[1]
        against = math.sqrt(pixels) * (match.correlation - highest) + BY_CHANCE
        return replace(match, evidence=max(0.0, min(match.evidence, against)))

    def _own(self, window: Window) -> Window:
        return Window(window.row - self._origin[0], window.column - self._origin[1], window.mismatch)

    def _part(self, plane: PlaneF32, window: Window) -> PlaneF32:
        top, left, side = window.row * CELL, window.column * CELL, WINDOW * CELL
        return plane[top : top + side, left : left + side]

    def _surfaces(self, spectrum: NDArray[np.complex64], parts: PlanesF32) -> PlanesF32:
        """Returns the sums of products of an image with parts, for each place where a part lies within it, [N, h, w]."""
        height, width = self._padded
        # Few rows are not 0.
        rows = scipy.fft.rfft(parts, n=width, axis=2)
        templates = scipy.fft.fft(rows, n=height, axis=1, overwrite_x=True)
        np.multiply(spectrum, np.conj(templates, out=templates), out=templates)
        surfaces = scipy.fft.irfft2(templates, s=self._padded, overwrite_x=True)
        side = parts.shape[1] - 1
        return np.asarray(surfaces[:, : self._shape[0] - side, : self._shape[1] - side], np.float32)

    def _peaks(
        self, plane: PlaneF32, spectrum: NDArray[np.complex64], window: Window, *, is_near: bool
    ) -> list[tuple[int, int]]:
        """Returns the moves of a window of one image under which it may match the other: the highest peaks."""
        top, left = window.row * CELL, window.column * CELL
        (surface,) = self._surfaces(spectrum, self._part(plane, window)[None])
        noise = float(surface.std()) + 1e-12
        surface[max(0, top - AT_HOME) : top + AT_HOME + 1, max(0, left - AT_HOME) : left + AT_HOME + 1] = 0
        moves = []
        if is_near:
            first, start = max(0, top - NEAR), max(0, left - NEAR)
            near = surface[first : top + NEAR + 1, start : left + NEAR + 1]
            row, column = divmod(int(near.argmax()), near.shape[1])
            if near[row, column] >= NEAR_PEAK * noise:
                moves.append((first + row - top, start + column - left))
        row, column = divmod(int(surface.argmax()), surface.shape[1])
        move = (row - top, column - left)
        if surface[row, column] >= FAR_PEAK * noise and move not in moves:
            moves.append(move)
        return moves

    def _moved(self, turn: Turn, move: tuple[int, int]) -> PlanesF32:
        return cell_products(self._input, _shifted(turn.of(self._target), move, self._shape))

    def _home(self, size: tuple[int, int]) -> PlaneF32:
        """Returns the correlations of parts of a size at their own places, at least 0; several moves are held against them."""
        if size not in self._homes:
            self._homes[size] = np.maximum(_correlation(window_means(self._at_home, *size)), 0)
        return self._homes[size]

    def _match(self, window: Window, move: tuple[int, int], turn: Turn) -> Match:
        """Returns the part around a window that matches best under a move."""
        moved = self._moved(turn, move)
        best = Match(0.0, 0.0, window.row, window.column, (WINDOW, WINDOW), move, turn)
        for size in SIZES:
            if any(have < need for have, need in zip(moved.shape[1:], size, strict=True)):
                continue
            correlation = _correlation(window_means(moved, *size))
            home = self._home(size)
            evidence = np.float32(CELL * math.sqrt(size[0] * size[1])) * (correlation - home)
            top, left = (
                max(0, start - need + 1) for start, need in zip((window.row, window.column), size, strict=True)
            )
            around = evidence[top : window.row + WINDOW, left : window.column + WINDOW]
            if not around.size:
                continue
            row, column = divmod(int(around.argmax()), around.shape[1])
            if around[row, column] > best.evidence:
                found = float(correlation[top + row, left + column])
                best = Match(float(around[row, column]), found, top + row, left + column, size, move, turn)
        return best


def _whitening(spectra: NDArray[np.complex64]) -> PlaneF32:
    """Returns the factors that give two images a flat spectrum together."""
    parts = np.square(spectra.view(np.float32))
    power = parts[0] + parts[1]
    power = np.ascontiguousarray(power[:, 0::2] + power[:, 1::2])
    height, width = (2 * (side // (2 * _BANDS)) + 1 for side in (power.shape[0], 2 * power.shape[1]))
    power = cv2.blur(power, (width, height), borderType=cv2.BORDER_REFLECT)
    return np.asarray(1 / np.sqrt(power + np.float32(_FLOOR * float(power.mean()) + 1e-12)), np.float32)


def _shifted(plane: PlaneF32, move: tuple[int, int], shape: tuple[int, ...]) -> PlaneF32:
    """Returns a plane read at a distance, 0 beyond its border, [H, W] of a shape."""
    shifted = np.zeros(shape, np.float32)
    spans = []
    for by, length, other in zip(move, shape, plane.shape, strict=True):
        spans.append((max(0, -by), max(max(0, -by), min(length, other - by))))
    (top, bottom), (left, right) = spans
    shifted[top:bottom, left:right] = plane[top + move[0] : bottom + move[0], left + move[1] : right + move[1]]
    return shifted


def _correlation(means: PlanesF32) -> PlaneF32:
    own, shared, others = means
    return np.asarray(shared / np.sqrt((own + np.float32(FLAT)) * (others + np.float32(FLAT))), np.float32)
