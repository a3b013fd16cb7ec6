"""Real pairs that a `pairs.csv` lists, and the corruptions that the benchmark applies to them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from components.pair_validator.judging import reasons
from data.errors import InputError
from data.image.arrays import ImageU8
from pipeline.benchmarks.support import corruptions
from pipeline.benchmarks.support.corruptions import Pair


@dataclass(frozen=True, slots=True)
class RealPair:
    """One row of pairs.csv.

    Attributes:
        name: Data set and input file, as "dataset/input".
        dataset: Name of the data set.
        group: Scene within the data set.
        is_true: Whether the target is the ground truth of the input.
        images: Input and target, uint8 RGB [H, W, 3].
    """

    name: str
    dataset: str
    group: str
    is_true: bool
    images: Pair


def read_pairs(folder: Path, name_parts: Sequence[str] = ("",)) -> list[RealPair]:
    """Reads the pairs that a folder's `pairs.csv` lists.

    Args:
        folder: Folder of `pairs.csv`, with one folder for each data set beside it.
        name_parts: Reads only pairs whose name ("dataset/input") contains one of these.

    Raises:
        InputError: The folder has no `pairs.csv`.
    """
    index = folder / "pairs.csv"
    if not index.is_file():
        raise InputError(f"{index} is missing: give the folder that holds it and the images that it lists")
    with index.open(newline="", encoding="utf-8") as rows:
        wanted = [row for row in csv.DictReader(rows) if any(part in _name(row) for part in name_parts)]
    return [_read(folder, row) for row in wanted]


def _name(row: dict[str, str]) -> str:
    return f"{row['dataset']}/{row['input']}"


def _read(folder: Path, row: dict[str, str]) -> RealPair:
    kind = row["kind"].lower()
    base = folder / row["dataset"]
    if "concat" in kind:
        whole = _rgb(base / row["input"])
        half = whole.shape[1] // 2
        left, right = whole[:, :half], whole[:, half : 2 * half]
        images = (right, left) if "clean|rain" in kind else (left, right)
    else:
        images = (_rgb(base / row["input"]), _rgb(base / row["target"]))
    return RealPair(_name(row), row["dataset"], row["group"], "no ground truth" not in kind, images)


def _rgb(file: Path) -> ImageU8:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


Corruption = Callable[[RealPair, np.random.Generator], Pair]


def kinds(pairs: list[RealPair]) -> dict[str, tuple[Corruption, frozenset[str]]]:
    """Returns the corruptions by name, each with the codes of which one has to be among the reasons.

    Args:
        pairs: True pairs, from which targets of other scenes are taken.
    """
    moved = frozenset({reasons.MISALIGNED})
    return {
        **{f"shift by {size} px": (_shifted(size), moved) for size in (1, 2, 4, 8)},
        "flip": (_flipped, frozenset({reasons.FLIPPED})),
        "rotate by 90": (lambda pair, _: corruptions.quarter_turn(*pair.images), frozenset({reasons.FLIPPED})),
        "zoom by 2%": (_zoomed, frozenset({reasons.SCALED})),
        "other scene's target": (_other(pairs), frozenset({reasons.UNRELATED})),
        "input re-encoded": (_reencoded, frozenset({reasons.NO_GROUND_TRUTH})),
    }


def _shifted(size: int) -> Corruption:
    def corrupt(pair: RealPair, rng: np.random.Generator) -> Pair:
        directions = [(y, x) for y in (-size, 0, size) for x in (-size, 0, size) if y or x]
        return corruptions.shift(*pair.images, *directions[rng.integers(len(directions))])

    return corrupt


def _flipped(pair: RealPair, rng: np.random.Generator) -> Pair:
    axes = ((1,), (0,), (0, 1))[rng.integers(3)]
    return np.ascontiguousarray(np.flip(pair.images[0], axes)), pair.images[1]


def _zoomed(pair: RealPair, rng: np.random.Generator) -> Pair:
    return corruptions.zoom(*pair.images, (0.98, 1.02)[rng.integers(2)])


def _reencoded(pair: RealPair, rng: np.random.Generator) -> Pair:
    return pair.images[0], corruptions.reencode(pair.images[0], int(rng.integers(50, 96)))


def _other(pairs: list[RealPair]) -> Corruption:
    def corrupt(pair: RealPair, rng: np.random.Generator) -> Pair:
        # Targets of equal size from the same set, if there are any, are harder to tell apart.
        others = [other for other in pairs if (other.dataset, other.group) != (pair.dataset, pair.group)]
        alike = [o for o in others if o.dataset == pair.dataset and o.images[1].shape == pair.images[0].shape]
        choice = alike or others
        return corruptions.other_target(pair.images[0], choice[rng.integers(len(choice))].images[1])

    return corrupt
