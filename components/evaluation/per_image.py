"""The values of every evaluation image, from which means, slices and intervals are computed, and their JSON."""

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
    """Values of one image restored by one model.

    Attributes:
        pair_id: Id of the pair.
        scene_id: Scene of the pair; images of one scene are not independent.
        classes: (feature, value) of each feature to slice by.
        values: Values in the order of `MEASURED`; NaN where the image is too small for a measure.
    """

    pair_id: str
    scene_id: str
    classes: tuple[tuple[str, str], ...]
    values: tuple[float, ...]

    def __getitem__(self, name: str) -> float:
        return self.values[MEASURED.index(name)]


def in_order(rows: Iterable[ImageRow]) -> list[ImageRow]:
    """Sorts rows by pair, so that sums over them do not depend on the number of workers.

    Args:
        rows: Rows in any order.

    Returns:
        The rows in order of pair ids.
    """
    return sorted(rows, key=lambda row: row.pair_id)


def means(rows: Sequence[ImageRow]) -> dict[str, float]:
    """Computes the mean of each measure over the images that have it.

    Args:
        rows: The images.

    Returns:
        Means by the names in `MEASURED`; NaN where no image has the measure.
    """
    values = np.array([row.values for row in rows], np.float64).reshape(len(rows), len(MEASURED))
    present = np.isfinite(values)
    counts = present.sum(axis=0)
    sums = np.where(present, values, 0.0).sum(axis=0)
    averages = np.divide(sums, counts, out=np.full(len(MEASURED), np.nan), where=counts > 0)
    return dict(zip(MEASURED, averages.tolist(), strict=True))


def share_worse(rows: Sequence[ImageRow]) -> float:
    """Returns the share of images, 0 to 1, whose PSNR is lower than that of the input; NaN without images.

    Args:
        rows: The images.
    """
    return float(np.mean([row[GAIN_PSNR] < 0 for row in rows])) if rows else math.nan


def worst(rows: Sequence[ImageRow]) -> ImageRow:
    """Returns the image with the lowest PSNR gain over the input; among equal ones the first by pair.

    Args:
        rows: The images.

    Raises:
        ValueError: There are no images.
    """
    return min(in_order(rows), key=lambda row: row[GAIN_PSNR])


def to_json(rows: Iterable[ImageRow]) -> bytes:
    """Serializes rows as JSON, sorted by pair. Floats are exact; NaN is null.

    Args:
        rows: The images.

    Returns:
        UTF-8 JSON, read back by `from_json`.
    """
    ordered = in_order(rows)
    table = {
        "columns": MEASURED,
        "rows": [
            [row.pair_id, row.scene_id, dict(row.classes), [_or_none(value) for value in row.values]] for row in ordered
        ],
    }
    return json.dumps(table, separators=(",", ":"), allow_nan=False).encode()


def from_json(text: bytes) -> list[ImageRow]:
    """Returns the rows that `to_json` serialized.

    Args:
        text: The JSON.

    Raises:
        ValueError: The columns are not `MEASURED`, because another version of the code wrote them.
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
    """Subtracts the baseline from the candidate, image by image.

    Args:
        candidate: Rows of the judged model.
        baseline: Rows of the production model by pair.
        name: Name of the measure.

    Returns:
        Differences, float64 [N], and the scene of each image.

    Raises:
        ValueError: The baseline lacks an image of the candidate.
    """
    absent = [row.pair_id for row in candidate if row.pair_id not in baseline]
    if absent:
        raise ValueError(f"production was not measured on {len(absent)} of the images, such as {absent[0]}")
    differences = np.array([row[name] - baseline[row.pair_id][name] for row in candidate], np.float64)
    return differences, [row.scene_id for row in candidate]


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
