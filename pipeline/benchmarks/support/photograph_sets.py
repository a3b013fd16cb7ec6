"""Sets of weather drawn on a folder of photographs, of which a half by the names' hashes is held out.

False alarms on the held half are what the rules of the pair checks are reported by; they may be chosen on the other half.
"""

from __future__ import annotations

import csv
import hashlib
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageU8
from data.image.codec.files import read_rgb
from data.layouts.listing import list_images
from data.synthesis.degradations import degrade, set_light
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import crop_positions
from pipeline.benchmarks.support.pair_sets import Images, PairSet, TruePair

HELD, CHOSEN, ALL = "held", "chosen", "all"
HALVES = (HELD, CHOSEN, ALL)
"""The half that is reported, the half that rules may be chosen on, and both."""

WEATHERS = ("haze", "rain", "raindrop", "varied-rain")
"""What is drawn, one set each."""

CROP = (256, 384)
"""Height and width of the crops in pixels, those of `ast-restore data synthesize`."""

_SOURCES = "SOURCES.csv"
"""Table that `pipeline.benchmarks.starter.photographs` writes beside the photographs."""

_SEVERITIES = (LIGHT, MEDIUM, HEAVY)
_SEED = 20
_SMALLEST_SIDE = 128


def is_held(photograph: str) -> bool:
    """Returns whether a photograph belongs to the held half: the first byte of the SHA-256 of its stem is odd.

    Args:
        photograph: Name of its file; all its crops lie in one half.
    """
    return hashlib.sha256(Path(photograph).stem.encode()).digest()[0] % 2 == 1


def photograph_sets(folder: Path, half: str = HELD, crops: int = 4) -> list[PairSet]:
    """Returns one set for each weather, drawn at three severities on crops of photographs.

    Args:
        folder: The photographs; those that its SOURCES.csv marks as hazy are left out, as they are no clean targets.
        half: One of `HALVES`.
        crops: Most crops of a photograph.

    Raises:
        InputError: The folder holds no photograph of this half, or one cannot be read.
    """
    hazy = _hazy(folder / _SOURCES)
    names = [name for name in list_images(folder, ".")[0] if Path(name).name not in hazy]
    names = [name for name in names if half == ALL or is_held(name) == (half == HELD)]
    if not names:
        raise InputError(f"{folder}: holds no photograph of the half {half!r}; --half all takes every one")
    corners = [(name, corner) for name in names for corner in _corners(folder / name, crops)]
    return [
        PairSet(
            f"{weather} on photographs, {half}",
            tuple(
                TruePair(
                    f"{Path(name).with_suffix('').as_posix().replace('/', '_')}-{top}-{left}-{severity}",
                    partial(_draw, folder, name, (top, left), weather, severity),
                )
                for name, (top, left) in corners
                for severity in _SEVERITIES
            ),
        )
        for weather in WEATHERS
    ]


def _hazy(table: Path) -> frozenset[str]:
    if not table.is_file():
        return frozenset()
    with table.open(encoding="utf-8", newline="") as lines:
        return frozenset(row["file"] for row in csv.DictReader(lines) if row.get("is_hazy") == "True")


def _corners(photograph: Path, crops: int) -> list[tuple[int, int]]:
    height, width = _pixels(photograph).shape[:2]
    size = (min(CROP[0], height), min(CROP[1], width))
    if min(size) < _SMALLEST_SIDE:
        return []
    return crop_positions(height, width, size, crops, generator(_SEED, _stream(photograph.name)))


@lru_cache(maxsize=4)
def _pixels(photograph: Path) -> ImageU8:
    return read_rgb(photograph)


def _draw(folder: Path, name: str, corner: tuple[int, int], weather: str, severity: str) -> Images:
    top, left = corner
    crop = _pixels(folder / name)[top : top + CROP[0], left : left + CROP[1]]
    place = f"{Path(name).name}#{top},{left}"
    clean = set_light(np.ascontiguousarray(crop), weather, _SEED, _stream(place))
    return degrade(clean, weather, severity, _SEED, _stream(f"{place}#{severity}")), clean


def _stream(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
