"""A picture of each kind, always drawn on the project's photographs, so that the page may be published."""

from __future__ import annotations

from dataclasses import dataclass

from data.image.codec.encoding import jpeg_data_uri
from data.image.resizing import shrink
from data.parallel import ordered_map
from pipeline.benchmarks.pair_faults.drawing import OpenSet, draw_pair
from pipeline.benchmarks.pair_faults.kinds import Kind
from pipeline.benchmarks.support.pair_sets import PairSet, drawn_sets
from pipeline.report.pairs.pictures import overlay

_PHOTO = "china"
_SIDE, _QUALITY = 300, 72


@dataclass(frozen=True, slots=True)
class Example:
    """The pictures of one kind, as JPEG data URIs.

    Attributes:
        kind: The kind.
        strength: The strength at which it is drawn.
        input: The input.
        target: The target.
        overlay: Luma of the input in red, of the target in green and blue: differences of position have a colour.
    """

    kind: Kind
    strength: float
    input: str
    target: str
    overlay: str


def examples(chosen: list[Kind]) -> list[Example]:
    """Draws each kind at its largest strength that counts.

    Args:
        chosen: The kinds.
    """
    (rain,) = (pairs for pairs in drawn_sets() if pairs.name == "drawn rain")
    # Two photographs: one that is drawn on, and one for the kinds that need another scene.
    photos = tuple(pair for pair in rain.pairs if pair.name in (_PHOTO, "flower"))
    opened = OpenSet(PairSet(rain.name, photos))
    return list(ordered_map(lambda kind: _example(opened, kind), chosen))


def _example(opened: OpenSet, kind: Kind) -> Example:
    strength = (kind.strengths or kind.graded)[-1]
    degraded, target = draw_pair(opened, 0, kind, strength)
    whole = overlay(degraded, target)
    one, two, three = (jpeg_data_uri(shrink(image, _SIDE), _QUALITY) for image in (degraded, target, whole))
    return Example(kind, strength, one, two, three)
