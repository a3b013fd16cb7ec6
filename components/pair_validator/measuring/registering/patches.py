"""Looks for the content of small parts of the input that do not match their target: elsewhere in the target, turned or not.

Places of 128 pixels (`places`) do not show a displaced block of 64, because most of a place still matches, nor exchanged tiles,
whose content lies outside of the place. Here windows of 48 pixels whose detail does not match (`mismatches`) are searched for
in the target (`patch_search`). What is merely hidden, by a raindrop, dense rain or an object that moved, matches nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from components.pair_validator.measuring.planes import Planes
from components.pair_validator.measuring.registering.foreign_parts import ForeignPart, find_foreign_part
from components.pair_validator.measuring.registering.mismatches import (
    FINE,
    Window,
    cell_products,
    detail,
    mismatched_windows,
)
from components.pair_validator.measuring.registering.patch_search import Match, PatchSearch
from data.image.arrays import PlaneF32, PlaneU8

HALVED_FROM, MOST_PIXELS = 192, 2**19
"""Shorter side from which images are halved, as for places, and most pixels of a halved image; larger ones are quartered."""

ENOUGH = 9.0
"""Evidence from which nothing else is tried."""

FOREIGN = 4.0
"""Evidence that a part shows nothing of its target, from which its content is looked for in the whole picture, and turned.

That takes many times as long; a small shift, dense rain and haze leave less."""

TURNED_FROM = 15.0
"""Mismatch of a window from which it is looked for turned."""

NEAR, AROUND = 4, 10
"""Cells on each side of a window in which its content is looked for upright and turned."""


@dataclass(frozen=True, slots=True)
class MovedPatch:
    """A part of the input whose content lies elsewhere in the target.

    Attributes:
        evidence: How much better it matches there than at its own place, in standard deviations.
        distance: How far it lies from where the target has it, pixels.
        turn: How it is turned, such as "mirrored"; empty where it is upright.
        box: Top, left, bottom, right in pixels of the input.
    """

    evidence: float
    distance: float
    turn: str
    box: tuple[int, int, int, int]


def find_parts(degraded: Planes, target: Planes) -> tuple[MovedPatch | None, ForeignPart | None]:
    """Finds the small parts of an input, aligned as a whole, that do not lie where its target has them.

    Args:
        degraded: The input.
        target: The target, of the same size.

    Returns:
        The part whose content lies elsewhere in the target most clearly, and the part that shows least of its target, its box
        in pixels of the input; None where there is none.
    """
    factor, planes = _compared(degraded, target)
    details = [detail(plane) for plane in planes]
    products = cell_products(*details)
    windows = mismatched_windows(products)
    if not windows:
        return None, None
    foreign = find_foreign_part((products, cell_products(*(detail(plane, FINE) for plane in planes))))
    if foreign is not None:
        foreign = replace(foreign, box=_scaled(foreign.box, factor))
    found = _matches(details, windows, foreign is not None and foreign.evidence >= FOREIGN)
    if not found:
        return None, foreign
    search, best = max(found, key=lambda each: each[1].evidence)
    box = _scaled(search.box(best), factor)
    return MovedPatch(best.evidence, factor * search.distance(best), best.turn.name, box), foreign


def _scaled(box: tuple[int, int, int, int], factor: int) -> tuple[int, int, int, int]:
    top, left, bottom, right = (factor * side for side in box)
    return top, left, bottom, right


def _compared(degraded: Planes, target: Planes) -> tuple[int, tuple[PlaneU8, PlaneU8]]:
    if min(degraded.full.shape) < HALVED_FROM:
        return 1, (degraded.full, target.full)
    if degraded.half.size <= MOST_PIXELS:
        return 2, (degraded.half, target.half)
    return 4, (degraded.quarter, target.quarter)


def _matches(
    details: Sequence[PlaneF32], windows: Sequence[Window], is_foreign: bool
) -> list[tuple[PatchSearch, Match]]:
    """Returns what matches elsewhere, each with its search: turned parts only where no upright one has enough evidence."""
    found: list[tuple[PatchSearch, Match]] = []
    whole = PatchSearch(details) if is_foreign else None
    for window in windows:
        search = whole or PatchSearch(details, window, NEAR)
        found += [(search, match) for match in search.upright(window)]
        if any(match.evidence >= ENOUGH for _, match in found):
            return found
    for window in windows:
        if is_foreign and window.mismatch >= TURNED_FROM:
            search = PatchSearch(details, window, AROUND)
            found += [(search, match) for match in search.turned(window)]
    return found
