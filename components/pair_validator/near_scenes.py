"""Finds near scenes of a large data set in Beam: each worker compares a tile of all scenes with all scenes at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import apache_beam as beam

from components.pair_validator.checks.across_pairs import near_scenes
from data.image.hashing import HASH_BITS, near_pairs_between
from data.storage.files import write_whole

MIN_SCENES = 30_000
"""Scenes from which on they are compared in Beam: so many take half a minute in one process, a job of a cluster as long."""

TILE = 4096
"""Scenes on each side of a tile; a worker holds four matrices of that side, 270 MB."""
_DIGITS = HASH_BITS // 4
_HASHES_FILE = "scenes.txt"
_NEAR_PREFIX = "near"


class NearScenes:
    """`near_scenes`, in Beam where there are many."""

    def __init__(
        self, make_pipeline: Callable[[], beam.Pipeline], folder: Path, min_scenes: int = MIN_SCENES, tile: int = TILE
    ) -> None:
        """Sets where to compare.

        Args:
            make_pipeline: Makes a pipeline on the runner of the component.
            folder: An empty folder that the workers share with this process.
            min_scenes: Scenes from which on they are compared in Beam.
            tile: Scenes on each side of a tile.
        """
        self._make_pipeline = make_pipeline
        self._folder = folder
        self._min_scenes = min_scenes
        self._tile = tile

    def __call__(self, hashes: Sequence[str], limit: float) -> Iterator[tuple[int, int, float]]:
        """Finds every two scenes within a distance; see `NearPairs`.

        Args:
            hashes: Scene hashes.
            limit: Largest distance, as a share of bits.
        """
        if len(hashes) < self._min_scenes:
            yield from near_scenes(hashes, limit)
            return
        file = self._folder / _HASHES_FILE
        write_whole(file, "".join(hashes))
        starts = range(0, len(hashes), self._tile)
        tiles = [(row, column, self._tile) for row in starts for column in starts if row <= column]
        with self._make_pipeline() as pipeline:
            _ = (
                pipeline
                | "Tiles" >> beam.Create(tiles)
                | "Spread" >> beam.Reshuffle()
                | "Compare" >> beam.FlatMap(near_in_tile, str(file), limit)
                | "WriteNear" >> beam.io.WriteToText(str(self._folder / _NEAR_PREFIX))
            )
        found = (json.loads(line) for part in self._folder.glob(f"{_NEAR_PREFIX}-*") for line in part.open())
        yield from sorted((one, two, distance) for one, two, distance in found)


def near_in_tile(tile: tuple[int, int, int], file: str, limit: float) -> Iterator[str]:
    """Yields a line of JSON, [i, j, distance] with i < j, for every two scenes of a tile within a distance.

    Args:
        tile: Position of its first row and column, and its side.
        file: Path of the hashes of all scenes, one after the other.
        limit: Largest distance, as a share of bits.
    """
    row, column, side = tile
    left, right = _read(file, row, side), _read(file, column, side)
    for one, two, distance in near_pairs_between(left, right, limit, allow_mirrored=True):
        if row + one < column + two:
            yield json.dumps([row + one, column + two, distance])


def _read(file: str, start: int, count: int) -> list[str]:
    with Path(file).open(encoding="ascii") as hashes:
        hashes.seek(start * _DIGITS)
        text = hashes.read(count * _DIGITS)
    return [text[position : position + _DIGITS] for position in range(0, len(text), _DIGITS)]
