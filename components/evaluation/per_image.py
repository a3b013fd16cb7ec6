"""The values of every evaluation image: what means, slices and intervals are made of, kept so that they can be judged again."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.evaluation.measures import GAIN_PSNR, MEASURED
from components.evaluation.slices import Slice

IMAGES = "images"
SHARE_WORSE = "share_worse"
WORST_GAIN_PSNR = "worst_gain_psnr"
WORST_IMAGE = "worst_image"
PER_IMAGE = "per_image"


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image as one model restored it.

    Attributes:
        pair_id: Its pair.
        scene_id: Its scene; images of one scene are not independent of one another.
        classes: Slice feature to value.
        values: By the names in `MEASURED`, in their order; NaN where a measure does not exist for the image.
    """

    pair_id: str
    scene_id: str
    classes: tuple[tuple[str, str], ...]
    values: tuple[float, ...]

    def __getitem__(self, name: str) -> float:
        return self.values[MEASURED.index(name)]


def in_order(rows: Iterable[ImageRow]) -> list[ImageRow]:
    """Returns rows by pair: sums over them then do not depend on how many workers measured them."""
    return sorted(rows, key=lambda row: row.pair_id)


def means(rows: Sequence[ImageRow]) -> dict[str, float]:
    """Returns the mean of each measure over the images that have it; NaN where none has."""
    values = np.array([row.values for row in rows], np.float64).reshape(len(rows), len(MEASURED))
    present = np.isfinite(values)
    counts = present.sum(axis=0)
    sums = np.where(present, values, 0.0).sum(axis=0)
    found = np.divide(sums, counts, out=np.full(len(MEASURED), np.nan), where=counts > 0)
    return dict(zip(MEASURED, found.tolist(), strict=True))


def share_worse(rows: Sequence[ImageRow]) -> float:
    """Returns the share of images, 0 to 1, whose PSNR the model made lower than the input's; NaN without images."""
    return float(np.mean([row[GAIN_PSNR] < 0 for row in rows])) if rows else math.nan


def worst(rows: Sequence[ImageRow]) -> ImageRow:
    """Returns the image with the lowest gain of PSNR over the input, the first by pair where there are several.

    Raises:
        ValueError: There are no images.
    """
    return min(in_order(rows), key=lambda row: row[GAIN_PSNR])


def to_json(rows: Iterable[ImageRow]) -> bytes:
    """Returns rows, in order of their pairs, as JSON; floats are kept to the last bit, NaN is null."""
    ordered = in_order(rows)
    table = {
        "columns": MEASURED,
        "rows": [
            [row.pair_id, row.scene_id, dict(row.classes), [_or_none(value) for value in row.values]] for row in ordered
        ],
    }
    return json.dumps(table, separators=(",", ":"), allow_nan=False).encode()


def from_json(text: bytes) -> list[ImageRow]:
    """Reads rows back.

    Raises:
        ValueError: They were measured by other code, with other measures.
    """
    table = json.loads(text)
    if tuple(table["columns"]) != MEASURED:
        raise ValueError(f"per-image values with the columns {table['columns']}, expected {list(MEASURED)}")
    return [
        ImageRow(pair, scene, tuple(classes.items()), tuple(math.nan if value is None else value for value in values))
        for pair, scene, classes, values in table["rows"]
    ]


def rows_by_slice(rows: Sequence[ImageRow], features: Collection[str]) -> dict[Slice, list[ImageRow]]:
    """Groups images by the value of each feature.

    Args:
        rows: All evaluation images.
        features: Names of the features to slice by.

    Returns:
        The images of each slice, in order of the slices' texts. A slice that holds every image is left out, because it repeats
        the overall result.
    """
    slices: dict[Slice, list[ImageRow]] = {}
    for row in rows:
        for feature, value in row.classes:
            if feature in features:
                slices.setdefault(Slice(feature, value), []).append(row)
    ordered = sorted(slices.items(), key=lambda item: str(item[0]))
    return {part: members for part, members in ordered if len(members) < len(rows)}


def paired(
    candidate: Sequence[ImageRow], baseline: Mapping[str, ImageRow], name: str
) -> tuple[NDArray[np.float64], list[str]]:
    """Returns candidate minus baseline of one measure, image by image, and the images' scenes.

    Args:
        candidate: Rows of the model that is judged.
        baseline: Rows of the model in production, by pair.
        name: A measure.

    Raises:
        ValueError: The two were not measured on the same images.
    """
    absent = [row.pair_id for row in candidate if row.pair_id not in baseline]
    if absent:
        raise ValueError(f"production was not measured on {len(absent)} of the images, such as {absent[0]}")
    differences = np.array([row[name] - baseline[row.pair_id][name] for row in candidate], np.float64)
    return differences, [row.scene_id for row in candidate]


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
