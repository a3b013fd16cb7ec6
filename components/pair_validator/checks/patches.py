"""Checks of small parts of the input: a block, a tile or a strip that shows what its target has elsewhere, or not at all.

The thresholds were chosen on 46 pairs: 20 even-numbered ones of Rain800, ten of Rain100L, eight photographs with drawn rain and
eight with drawn haze. `docs/benchmarks.md` has what it finds on the other sets.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.places import LOCALLY_MISALIGNED, PlaceThresholds
from components.pair_validator.threshold_fields import number

FOREIGN_SETTING = "max_foreign_evidence"
"""Name of the threshold on parts that show nothing of their target."""

_IN_PLACE = 16.0
"""Distance in pixels below which a turned part is said to lie in its place: it is found to a cell."""


class PatchThresholds(PlaceThresholds):
    """Thresholds on small parts of the input."""

    max_patch_evidence: float = number(
        7.0,
        "sigma",
        "Maximum evidence that a part of 48 px and more shows what the target has elsewhere: true pairs reach 5, such with "
        "drawn raindrops 6; a block of 64 px that is 8 px off reaches 9 to 27.",
    )
    max_foreign_evidence: float = number(
        20.0,
        "sigma",
        "Maximum evidence that a part of 64 px and more shows nothing of its target although both have structure: true pairs "
        "reach 9, heavy drawn drops and inputs of JPEG quality 10 22; tiles of another picture reach 59, half of them 30.",
    )


def _moved(pair: MeasuredPair[PatchThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    evidence = measured.patch_evidence
    if evidence is None or evidence <= pair.thresholds.max_patch_evidence:
        return
    distance = measured.patch_distance or 0.0
    where = "in this place" if measured.patch_turn and distance < _IN_PLACE else f"{distance:.0f} px away"
    how = f", {measured.patch_turn}" if measured.patch_turn else ""
    text = (
        f"the input shows between row {measured.patch_top} and {measured.patch_bottom}, column {measured.patch_left} and "
        f"{measured.patch_right} what its target has {where}{how}"
    )
    yield pair.reason(LOCALLY_MISALIGNED, evidence, "max_patch_evidence", text)


def _foreign(pair: MeasuredPair[PatchThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    evidence = measured.foreign_evidence
    if evidence is None or evidence <= pair.thresholds.max_foreign_evidence:
        return
    text = (
        f"the input shows nothing of its target between row {measured.foreign_top} and {measured.foreign_bottom}, column "
        f"{measured.foreign_left} and {measured.foreign_right}, although both have structure there"
    )
    yield pair.reason(LOCALLY_MISALIGNED, evidence, FOREIGN_SETTING, text)


def _misplaced(pair: MeasuredPair[PatchThresholds]) -> Iterator[QuarantineReason]:
    if (pair.measurement.displaced_evidence or 0.0) <= pair.thresholds.max_place_evidence:  # otherwise the places tell
        yield from list(_moved(pair)) or _foreign(pair)


SCORES: dict[str, Score] = {
    "patch_evidence": lambda pair: pair.patch_evidence,
    "foreign_evidence": lambda pair: pair.foreign_evidence,
}

CHECKS: tuple[Check[PatchThresholds], ...] = (
    Check(LOCALLY_MISALIGNED, "A part of the input lies elsewhere than its target shows it.", _misplaced),
)
