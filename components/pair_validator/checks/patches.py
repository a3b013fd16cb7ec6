"""Check of small parts of the input: a block, a tile or a strip whose content lies elsewhere in the target.

The threshold was chosen on 46 pairs: 20 even-numbered ones of Rain800, ten of Rain100L, eight photographs with drawn rain and
eight with drawn haze. `docs/benchmarks.md` has what it finds on the other sets.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.places import LOCALLY_MISALIGNED, PlaceThresholds
from components.pair_validator.threshold_fields import number


class PatchThresholds(PlaceThresholds):
    """Threshold on small parts of the input."""

    max_patch_evidence: float = number(
        7.0,
        "sigma",
        "Maximum evidence that a part of 48 px and more shows what the target has elsewhere: true pairs reach 2, such with "
        "raindrops, which hide parts of repeated texture, 6; a block of 64 px that is 8 px off reaches 9 to 27.",
    )


def _moved(pair: MeasuredPair[PatchThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    evidence = measured.patch_evidence
    if evidence is None or evidence <= pair.thresholds.max_patch_evidence:
        return
    if (measured.displaced_evidence or 0.0) > pair.thresholds.max_place_evidence:
        return  # the places tell already
    how = f", {measured.patch_turn}" if measured.patch_turn else ""
    text = (
        f"the input shows between row {measured.patch_top} and {measured.patch_bottom}, column {measured.patch_left} and "
        f"{measured.patch_right} what its target has {measured.patch_distance:.0f} px away{how}"
    )
    yield pair.reason(LOCALLY_MISALIGNED, evidence, "max_patch_evidence", text)


SCORES: dict[str, Score] = {"patch_evidence": lambda pair: pair.patch_evidence}

CHECKS: tuple[Check[PatchThresholds], ...] = (
    Check(LOCALLY_MISALIGNED, "A part of the input lies elsewhere than its target shows it.", _moved),
)
