"""The pictures of the images that two runs are compared on: both restored images under one slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.comparison.differences import ImageDifference
from pipeline.report.page.pictures import ExamplePictures, Pictures

MAX_LISTED = 5
"""Images that got better, and images that got worse, that the page lists."""
MAX_OTHERS = 6
"""Further images that are shown because both runs kept their pictures."""


@dataclass(frozen=True, slots=True)
class ComparedPictures:
    """One image and its pictures in both runs; None where a run kept none of it."""

    image: ImageDifference
    first: ExamplePictures | None = None
    second: ExamplePictures | None = None

    @property
    def is_whole(self) -> bool:
        """Whether both runs kept pictures."""
        return self.first is not None and self.second is not None


@dataclass(frozen=True, slots=True)
class ShownImages:
    """The images that the page shows.

    Attributes:
        better: Those that got better most, the best first.
        worse: Those that got worse most, the worst first.
        others: Further images that both runs kept pictures of, the best first.
    """

    better: tuple[ComparedPictures, ...]
    worse: tuple[ComparedPictures, ...]
    others: tuple[ComparedPictures, ...]


def shown_images(images: Sequence[ImageDifference], first: Pictures | None, second: Pictures | None) -> ShownImages:
    """Chooses the images to show.

    Args:
        images: All compared images, the largest improvement first.
        first: The pictures that the first run kept; None where it kept none.
        second: Those of the second run.
    """
    kept = [{shown.pair_id: shown for shown in pictures.examples} if pictures else {} for pictures in (first, second)]
    compared = [ComparedPictures(image, *(of_run.get(image.pair_id) for of_run in kept)) for image in images]
    better = [each for each in compared if each.image.psnr > 0][:MAX_LISTED]
    worse = [each for each in reversed(compared) if each.image.psnr < 0][:MAX_LISTED]
    listed = {each.image.pair_id for each in (*better, *worse)}
    others = [each for each in compared if each.is_whole and each.image.pair_id not in listed]
    return ShownImages(tuple(better), tuple(worse), tuple(others[:MAX_OTHERS]))
