"""Finds what only one image of a pair has: strips without content at its borders, and rows that were woven from two fields.

A strip is a run of lines, from the border inwards, that repeat each other (one colour, or a repeated last line), ends
abruptly, and shows content in the other image. A frame, a letterbox, a fill after a shift and a truncated file look so. A
saturated sky or dense haze does not: it ends gradually, or both images have it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.planes import Planes
from data.image.arrays import PlaneF32, PlaneU8
from data.image.measures import CELL, area_mean

# Mean change in grey levels from a line to the next within a strip without content; compression leaves this much.
REPEATED = 1.0
# Minimum mean change in grey levels between the lines of the other image, and at the end of the strip: content.
CONTENT = 2.0
# Minimum ratio of the change at the end of a strip to the largest within it.
ABRUPT = 5.0
# Minimum lines of a strip: one line may be an artefact of resampling.
MIN_LINES = 2
# Standard deviation in grey levels below which a strip has one colour.
UNIFORM = 3.0
# Largest step of the other image at the end of a strip of one colour, relative to this one's: noise or rain over a bar that
# both images have keeps the step.
SAME_STEP = 0.6
# Standard deviation in grey levels of the means of 8x8 pixels from which the other image shows a scene: noise and rain over a
# bar stay below.
SCENE = 10.0
# Of so many lines two neighbours are compared with the other image, all of them where there are fewer than `FEW_LINES`, and of
# a multiple of them from `MANY_LINES` on: 32 pairs of lines tell as much in a large image.
WOVEN_STEP, FEW_LINES, MANY_LINES = 8, 256, 512
# Squared grey levels added to the mean squared gradient: in flat images noise alone would displace lines.
WOVEN_FLOOR = 4.0
# Share of the difference between a line and its neighbours that the other image shows too, from which it is the scene's: fine
# slats under rain show 0.6 and more of it, woven fields 0.4 at most.
SHARED_LINES = 0.5
# Standard errors by which the distance of lines exceeds what is stored.
WOVEN_ERRORS = 3.0
# Share of the end of a strip along which an image changes, by more than so many grey levels, within so many lines: a bar ends
# at once and an object does not.
STRAIGHT, STRAIGHT_CHANGE, STRAIGHT_LINES = 0.5, 3.0, 2
# Lines after a strip of repeated lines, and the share of them that must differ from their neighbours.
AFTER, DISTINCT = 32, 0.9

_SIGNS = np.array([1, -1], np.float32)

SIDES = ("top", "left", "bottom", "right")


@dataclass(frozen=True, slots=True)
class Strip:
    """The widest strip without content at a border of one image only.

    Attributes:
        lines: Its width in pixels; 0 where there is none.
        place: Where it is, such as "input top"; empty where there is none.
    """

    lines: int
    place: str


def widest_strip(degraded: Planes, target: Planes) -> Strip:
    """Finds the widest strip without content at a border of one image only.

    Args:
        degraded: The input.
        target: The target, the same size.

    Returns:
        The strip.
    """
    widest = Strip(0, "")
    repeated = [_repeated_sides(planes) for planes in (degraded, target)]
    for turns, side in enumerate(SIDES):
        if not any(each[turns] for each in repeated):
            continue
        # A quarter turn brings each border to the top.
        turned_input, turned_target = (np.rot90(planes.full, -turns) for planes in (degraded, target))
        for name, image, other in (("input", turned_input, turned_target), ("target", turned_target, turned_input)):
            lines = _strip_at_top(image, other)
            if lines > widest.lines:
                widest = Strip(lines, f"{name} {side}")
    return widest


def _repeated_sides(planes: Planes) -> tuple[bool, ...]:
    """Returns for each of `SIDES` whether the two outermost lines repeat each other."""
    rows, columns = planes.full, planes.turned
    lines = ((rows[0], rows[1]), (columns[0], columns[1]), (rows[-1], rows[-2]), (columns[-1], columns[-2]))
    return tuple(cv2.norm(outer, inner, cv2.NORM_L1) <= REPEATED * len(outer) for outer, inner in lines)


def _strip_at_top(image: PlaneU8, other: PlaneU8) -> int:
    """Returns the lines of a strip at the top of an image, 0 where there is none."""
    if _changes(image[:MIN_LINES])[0] > REPEATED:
        return 0
    seen = AFTER
    while True:
        changes = _changes(image[: seen + AFTER])
        ends = np.flatnonzero(changes[:seen] > REPEATED)
        if len(ends) or seen >= len(image):
            break
        seen *= 4
    if not len(ends) or ends[0] + 1 < MIN_LINES:
        return 0
    lines = int(ends[0]) + 1
    within = float(changes[: lines - 1].max())
    # A line that is half strip and half content may follow.
    end = float(changes[lines - 1 : lines + 1].max())
    content = float(_changes(other[: max(lines, 2)]).mean())
    if min(end, content) < max(CONTENT, ABRUPT * within):
        return 0
    if image[:lines].std() < UNIFORM:
        if not _ends_at_once(image, lines):
            return 0
        is_own = _step(other, lines) <= SAME_STEP * _step(image, lines)
        return lines if is_own or float(area_mean(np.ascontiguousarray(other[:lines]), CELL).std()) >= SCENE else 0
    # Repeated lines have structure along them, and a smooth sky as little along as across.
    along = float(np.abs(np.diff(image[0].astype(np.int16))).mean())
    if along < ABRUPT * max(within, CONTENT / ABRUPT):
        return 0
    # Strong compression repeats lines everywhere, and not at the border alone.
    return lines if (changes[lines : lines + AFTER] > REPEATED).mean() >= DISTINCT else 0


def _ends_at_once(image: PlaneU8, lines: int) -> bool:
    """Returns whether a strip ends along most of its length within a line or two."""
    change = np.abs(image[lines : lines + STRAIGHT_LINES].astype(np.int16) - image[lines - 1]).max(axis=0)
    return bool((change > STRAIGHT_CHANGE).mean() >= STRAIGHT)


def _step(image: PlaneU8, lines: int) -> float:
    """Returns how much both sides of the end of a strip differ, mean absolute grey levels over the length of the line."""
    before, after = image[max(0, lines - 4) : lines], image[lines + 1 : lines + 5]
    return float(np.abs(before.mean(axis=0) - after.mean(axis=0)).mean()) if len(after) else 0.0


def _changes(image: PlaneU8) -> NDArray[np.float64]:
    """Returns the mean absolute change from each line of an image to the next."""
    change = cv2.absdiff(image[1:], image[:-1])
    return cv2.reduce(change, 1, cv2.REDUCE_AVG, dtype=cv2.CV_64F)[:, 0]


def weaving(input_luma: PlaneU8, target_luma: PlaneU8) -> float:
    """Measures whether neighbouring lines of one image differ more than every second one, as where two fields are woven.

    In a picture a line is more like its neighbour than like the line after, noise or not: the ratio of both changes is at most
    1. It exceeds 1 where every second line comes from elsewhere, and in slats and stripes as fine as the lines; these the other
    image shows too.

    Args:
        input_luma: uint8 [H, W].
        target_luma: uint8 [H, W], the same size.

    Returns:
        The larger of the ratios of both images, over rows and columns; 1 where the other image has the same.
    """
    images = (input_luma, target_luma)
    ratios = [_woven(image) for image in images]
    if min(max(each) for each in ratios) > 1:
        return 1.0
    return max(
        1.0 if ratio > 1 and _shares_lines(image, other, axis) else ratio
        for image, other, each in zip(images, images[::-1], ratios, strict=True)
        for axis, ratio in enumerate(each)
    )


def _woven(image: PlaneU8) -> tuple[float, float]:
    """Returns the ratio of the changes over rows and over columns."""
    rows, columns = (
        (cv2.norm(near, first, cv2.NORM_L1) + 1e-9) / (cv2.norm(second, first, cv2.NORM_L1) + 1e-9)
        for near, first, second in (
            (image[1:-1], image[:-2], image[2:]),
            (image[:, 1:-1], image[:, :-2], image[:, 2:]),
        )
    )
    return rows, columns


def _shares_lines(image: PlaneU8, other: PlaneU8, axis: int) -> bool:
    """Returns whether what the lines of an image have beyond the mean of their neighbours is mostly in the other image too."""
    own, beside = (
        np.diff(np.moveaxis(plane.astype(np.float32), axis, 0), n=2, axis=0).ravel() for plane in (image, other)
    )
    return bool(own @ beside >= SHARED_LINES * (own @ own))


def weaving_shift(degraded: Planes, target: Planes) -> float:
    """Measures how far every second line lies off its neighbours along itself, against the other image.

    A line's displacement follows from the gradient of the target along it and from the difference of the images (Lucas and
    Kanade, "An iterative image registration technique", 1981). Weather and light fall on neighbouring lines alike and cancel
    out; two fields that are woven do not. Displacements of several pixels are underestimated.

    Args:
        degraded: The input.
        target: The target, the same size.

    Returns:
        The larger of the distances between even and odd rows, and between even and odd columns, pixels, each less
        `WOVEN_ERRORS` standard errors and at least 0.
    """
    rows, columns = (degraded.full, target.full), (degraded.turned, target.turned)
    return max(_apart(*map(_neighbours, rows)), _apart(*map(_neighbours, columns)))


def _neighbours(plane: PlaneU8) -> PlaneF32:
    """Returns pairs of neighbouring lines, float32 [N, 2, W]."""
    step = WOVEN_STEP * max(1, len(plane) // MANY_LINES) if len(plane) >= FEW_LINES else 2
    lines = len(plane) // step * step
    return plane[:lines].reshape(-1, step, plane.shape[1])[:, :2].astype(np.float32)


def _apart(degraded: PlaneF32, target: PlaneF32) -> float:
    # Twice the gradient.
    slope = target[:, :, 2:] - target[:, :, :-2]
    if not slope.size:
        return 0.0
    difference = np.subtract(degraded, target, out=degraded)[:, :, 1:-1]
    products = np.einsum("nkw,nkw->nk", slope, difference) / 2
    energies = np.einsum("nkw,nkw->nk", slope, slope) / 4 + np.float32(WOVEN_FLOOR * slope.shape[2])
    total = energies.sum(axis=0)
    shifts = products.sum(axis=0) / total
    # Each pair of lines is one sample of the distance.
    residuals = ((products - shifts * energies) / total) @ _SIGNS
    error = math.sqrt(residuals @ residuals)
    return max(0.0, float(abs(shifts[0] - shifts[1])) - WOVEN_ERRORS * error)
