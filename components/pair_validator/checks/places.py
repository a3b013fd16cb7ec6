"""Checks of the places of a picture: a part of the input that lies elsewhere, woven lines, and strips without content.

Their thresholds, and those of shift and stretch, were chosen on the training pairs of Rain800 with even numbers and on the
small published sets. Of the other 450 pairs of Rain800 (odd numbers, and the test split) none is flagged; the rule of strips
(`bordered`) was changed once after it had flagged two of those, so for it they are not held out.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.threshold_fields import number, whole
from data.strict_model import MAX_SIDE, StrictModel

LOCALLY_MISALIGNED = "locally_misaligned"
BORDERED = "bordered"


class PlaceThresholds(StrictModel):
    """Thresholds on the places of a picture."""

    max_place_evidence: float = number(
        7.0,
        "sigma",
        "Maximum evidence that a place lies elsewhere, of two neighbouring places that agree: moving leaves and water in "
        "correct pairs reach 6, a block of 128 px that is 3 px off reaches 10 to 45.",
    )
    max_weaving: float = number(
        1.01,
        "ratio",
        "Maximum change between neighbouring lines over that between every second line: at most 1 in a picture, pure noise "
        "included, more where every second line comes from elsewhere.",
    )
    max_weaving_shift: float = number(
        0.15,
        "px",
        "Maximum shift of the odd lines of one image against its even ones, beyond that in the other image: true pairs reach "
        "0.05 and inputs of JPEG quality 20 0.09; fields of a video that are 2 px apart show 0.23 and more, or weave.",
    )
    max_strip: int = whole(
        2,
        "px",
        "Maximum width of a strip without content at a border of one image only: resampling leaves a line or two.",
        maximum=MAX_SIDE,
    )


def _displaced(pair: MeasuredPair[PlaceThresholds]) -> Iterator[QuarantineReason]:
    measured = pair.measurement
    evidence = measured.displaced_evidence
    if evidence is None or evidence <= pair.thresholds.max_place_evidence:
        return
    text = (
        f"{measured.displaced_places} of {measured.places} places of the input lie {measured.displaced_by:.1f} px off their "
        f"target, between row {measured.displaced_top} and {measured.displaced_bottom}, column {measured.displaced_left} and "
        f"{measured.displaced_right}"
    )
    yield pair.reason(LOCALLY_MISALIGNED, evidence, "max_place_evidence", text)


def _woven(pair: MeasuredPair[PlaceThresholds]) -> Iterator[QuarantineReason]:
    text = "every second line of one image lies off its place, as where two fields of a video are woven"
    weaving, apart = pair.measurement.weaving, pair.measurement.weaving_shift
    if weaving is not None and weaving > pair.thresholds.max_weaving:
        yield pair.reason(LOCALLY_MISALIGNED, weaving, "max_weaving", text)
    elif apart is not None and apart > pair.thresholds.max_weaving_shift:
        yield pair.reason(LOCALLY_MISALIGNED, apart, "max_weaving_shift", text)


def _locally_misaligned(pair: MeasuredPair[PlaceThresholds]) -> Iterator[QuarantineReason]:
    yield from list(_woven(pair)) or _displaced(pair)


def _bordered(pair: MeasuredPair[PlaceThresholds]) -> Iterator[QuarantineReason]:
    strip, place = pair.measurement.strip, pair.measurement.strip_place
    if strip is None or place is None or strip <= pair.thresholds.max_strip:
        return
    image, _, side = place.partition(" ")
    text = f"the {image} has {strip} lines without content at its {side}, where the other image shows the scene"
    yield pair.reason(BORDERED, strip, "max_strip", text)


SCORES: dict[str, Score] = {
    "place_evidence": lambda pair: pair.displaced_evidence,
    "weaving": lambda pair: pair.weaving,
    "weaving_shift": lambda pair: pair.weaving_shift,
    "strip": lambda pair: pair.strip,
}

BORDER_CHECKS: tuple[Check[PlaceThresholds], ...] = (
    Check(BORDERED, "One image has a border, a bar or a missing part where the other shows the scene.", _bordered),
)

CHECKS: tuple[Check[PlaceThresholds], ...] = (
    Check(LOCALLY_MISALIGNED, "A part of the input lies elsewhere than its target shows it.", _locally_misaligned),
)
