"""The pictures of a run report, encoded as data URIs within a budget of bytes.

`pictures.json` in the run's folder holds them beside `facts.json`: the report can be rebuilt from the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from data.image.arrays import ImageU8
from data.image.codec.encoding import jpeg_data_uri
from data.image.resizing import shrink
from data.strict_model import StrictModel
from pipeline.report.facts.example_images import Example, QuarantinedImages, Rank
from pipeline.report.page.difference_maps import Region, difference_map, worst_region

# (longest side in pixels, JPEG quality), best first: the first with which all images fit the budget is used.
_ENCODINGS = ((720, 92), (640, 88), (512, 84), (400, 80), (288, 72), (192, 65))
# Enlarged regions are few pixels, shown one by one.
_REGION_QUALITY = 95
# Difference maps have no texture to preserve: fewer pixels and a lower quality do.
_MAP_SIDE, _MAP_QUALITY_BELOW = 480, 10

BUDGET = 4_800_000
"""Bytes of all data URIs together: with charts and lists, the page stays below 6 MB."""


class Picture(StrictModel):
    """An encoded image: its data URI, and the size of the image before it was shrunk, in pixels."""

    uri: str = Field(pattern=r"^data:image/jpeg;base64,[A-Za-z0-9+/=]*$")
    width: int
    height: int


class Crop(StrictModel):
    """An enlarged region of an example: its position in the whole image in pixels, and its three pictures."""

    title: str
    left: int
    top: int
    input: Picture
    restored: Picture
    target: Picture


class ExamplePictures(StrictModel):
    """The pictures of one evaluation pair; the other fields are those of `facts.example_images.Example`."""

    pair_id: str
    severity: str
    rank: Rank
    chosen: str
    metrics: dict[str, float]
    input: Picture
    restored: Picture
    target: Picture
    error_before: Picture
    error_after: Picture
    crops: tuple[Crop, ...]


class QuarantinedPictures(StrictModel):
    """The pictures of one quarantined pair."""

    pair_id: str
    input: Picture
    target: Picture


class Pictures(StrictModel):
    """All pictures of a run report."""

    examples: tuple[ExamplePictures, ...] = ()
    quarantined: tuple[QuarantinedPictures, ...] = ()

    @property
    def bytes(self) -> int:
        """Length of all data URIs."""
        return sum(len(picture.uri) for part in (*self.examples, *self.quarantined) for picture in _pictures_in(part))


def _pictures_in(part: StrictModel) -> Iterator[Picture]:
    for _, value in part:
        if isinstance(value, Picture):
            yield value
        elif isinstance(value, tuple):
            yield from (picture for crop in value for picture in _pictures_in(crop))


def encode_all(
    examples: Sequence[Example], quarantined: Sequence[QuarantinedImages] = (), budget: int = BUDGET
) -> Pictures:
    """Encodes the images of a run report, all with the same size and quality: the best that fits the budget.

    Args:
        examples: Evaluation pairs to show.
        quarantined: Quarantined pairs to show.
        budget: Bytes of all data URIs together.

    Raises:
        ValueError: They exceed the budget even at the smallest size; pass fewer.
    """
    for longest_side, quality in _ENCODINGS:
        pictures = Pictures(
            examples=tuple(_of_example(example, longest_side, quality) for example in examples),
            quarantined=tuple(_of_quarantined(pair, min(longest_side, 480), quality) for pair in quarantined),
        )
        if pictures.bytes <= budget:
            return pictures
    raise ValueError(
        f"{len(examples)} examples and {len(quarantined)} quarantined pairs do not fit into {budget} bytes: pass fewer"
    )


def encode(image: ImageU8, longest_side: int, quality: int) -> Picture:
    """Encodes an image (uint8 RGB [H, W, 3]), shrunk to at most this longest side, and records its own size."""
    height, width = image.shape[:2]
    return Picture(uri=jpeg_data_uri(shrink(image, longest_side), quality), width=width, height=height)


def _of_quarantined(pair: QuarantinedImages, longest_side: int, quality: int) -> QuarantinedPictures:
    return QuarantinedPictures(
        pair_id=pair.pair_id,
        input=encode(pair.input, longest_side, quality),
        target=encode(pair.target, longest_side, quality),
    )


def _of_example(example: Example, longest_side: int, quality: int) -> ExamplePictures:
    side, map_quality = min(longest_side, _MAP_SIDE), quality - _MAP_QUALITY_BELOW
    return ExamplePictures(
        pair_id=example.pair_id,
        severity=example.severity,
        rank=example.rank,
        chosen=example.chosen,
        metrics=dict(example.metrics),
        input=encode(example.input, longest_side, quality),
        restored=encode(example.restored, longest_side, quality),
        target=encode(example.target, longest_side, quality),
        error_before=encode(difference_map(example.input, example.target), side, map_quality),
        error_after=encode(difference_map(example.restored, example.target), side, map_quality),
        crops=tuple(_crop(title, region, example) for title, region in _regions(example)),
    )


def _regions(example: Example) -> list[tuple[str, Region]]:
    """Returns the regions in which the input, and the restored image, differ most from the target."""
    before, after = (worst_region(image, example.target) for image in (example.input, example.restored))
    if before.is_near(after):
        return [("Largest error of input and restored image", after)]
    return [("Largest error of the input", before), ("Largest error of the restored image", after)]


def _crop(title: str, region: Region, example: Example) -> Crop:
    side = max(region.width, region.height)
    pictures = (
        encode(region.of(image), side, _REGION_QUALITY) for image in (example.input, example.restored, example.target)
    )
    before, after, target = pictures
    return Crop(title=title, left=region.left, top=region.top, input=before, restored=after, target=target)
