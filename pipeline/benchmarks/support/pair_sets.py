"""Sets of true pairs by name: published ones, any folder of pairs, and weather drawn on the embedded photographs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from components.pair_validator.measure_folder import load_pair
from components.pair_validator.settings import PairLimits
from data.errors import InputError
from data.features import HEAVY, LIGHT, MEDIUM
from data.image.arrays import ImageU8
from data.image.codec.files import read_rgb
from data.layouts.candidates import Candidate, find_candidates
from data.layouts.choice import LayoutChoice, choose_layout
from data.layouts.layout import Layout
from data.synthesis.degradations import degrade
from data.synthesis.embedded import embedded_photos

Images = tuple[ImageU8, ImageU8]
"""Input and target, uint8 RGB [H, W, 3]."""

PUBLISHED: dict[str, tuple[str, tuple[str, ...]]] = {
    "Rain100L": ("same-name", (".",)),
    "R100H": ("mspfn", (".",)),
    "Rain200H": ("lhp-rain", (".",)),
    "Rain800": ("rain800", ("rain/training", "rain/test_syn")),
    "Rain1400_xmu": ("rain1400-one-folder", (".",)),
    "SOTS_indoor": ("sots-indoor", (".",)),
    "AGAN_raindrop": ("agan-raindrop", (".",)),
}
"""Layout and sub-folders of each published set that is looked for, by the name of its folder."""

# Named one by one: a new kind of weather would change the figures of the pair checks' benchmark.
_WEATHERS = ("haze", "rain", "raindrop")

DRAWN = {kind: f"drawn {kind}" for kind in _WEATHERS}
"""Names of the drawn sets by their weather."""

CROP = (320, 480)
"""Height and width of the crops of the embedded photographs, in pixels."""

_SEVERITIES = (LIGHT, MEDIUM, HEAVY)
_SEED = 20


@dataclass(frozen=True, slots=True)
class TruePair:
    """A pair whose target is the ground truth of its input, aligned.

    Attributes:
        name: Name within its set, without a slash.
        load: Decodes or draws both images.
    """

    name: str
    load: Callable[[], Images]


@dataclass(frozen=True, slots=True)
class PairSet:
    """A set of true pairs.

    Attributes:
        name: Name of the set.
        pairs: Its pairs, in order of their names.
    """

    name: str
    pairs: tuple[TruePair, ...]

    def limited(self, count: int | None) -> PairSet:
        """Returns the set with at most a number of pairs, taken evenly from all of it.

        Args:
            count: Most pairs; None: all.
        """
        if count is None or count >= len(self.pairs):
            return self
        return PairSet(self.name, tuple(self.pairs[index * len(self.pairs) // count] for index in range(count)))


def drawn_sets() -> list[PairSet]:
    """Returns one set for each weather that the project can draw, on the embedded photographs; it needs no data."""
    photos = sorted(embedded_photos().glob("*.jpg"))
    return [
        PairSet(DRAWN[kind], tuple(TruePair(photo.stem, partial(_draw, photo, kind)) for photo in photos))
        for kind in _WEATHERS
    ]


def published_sets(roots: Sequence[Path]) -> list[PairSet]:
    """Returns the sets of `PUBLISHED` that lie below some folders.

    Args:
        roots: Folders; where two hold a set of one name, that of the last counts.

    Returns:
        The sets, in the order of `PUBLISHED`.

    Raises:
        InputError: None of the folders holds any.
    """
    sets = []
    for name, (layout, folders) in PUBLISHED.items():
        holders = [root / name for root in roots if (root / name).is_dir()]
        if holders:
            sets.append(folder_set(holders[-1], choose_layout(LayoutChoice(layout)), folders, name))
    if not sets:
        raise InputError(f"{', '.join(map(str, roots))}: holds none of the folders {', '.join(PUBLISHED)}")
    return sets


def folder_set(root: Path, layout: Layout, folders: Sequence[str] = (".",), name: str | None = None) -> PairSet:
    """Returns the pairs of a folder as a set; files without a partner are left out.

    Args:
        root: The folder.
        layout: How the pairs lie in it.
        folders: Sub-folders to which the layout is applied.
        name: Name of the set; None: that of the folder.

    Raises:
        InputError: The folder holds no pair of this layout.
    """
    found = [each for each in find_candidates(root, layout, folders) if each.input and each.target]
    if not found:
        raise InputError(f"{root}: holds no pair in layout {layout.name}")
    pairs = (TruePair(each.key.replace("/", "_"), partial(_load, root, each)) for each in found)
    return PairSet(name or root.resolve().name, tuple(pairs))


def _load(root: Path, candidate: Candidate) -> Images:
    images = [image.pixels for image in load_pair(root, candidate, PairLimits())]
    degraded, target = images
    if degraded is None or target is None or degraded.shape != target.shape:
        raise InputError(f"{root / candidate.name}: is no pair of readable images of one size")
    return degraded, target


def _draw(photo: Path, kind: str) -> Images:
    """Draws weather on the middle of a photograph; the severities take turns."""
    whole = read_rgb(photo)
    height, width = (min(have, want) for have, want in zip(whole.shape[:2], CROP, strict=True))
    top, left = (whole.shape[0] - height) // 2, (whole.shape[1] - width) // 2
    clean = np.ascontiguousarray(whole[top : top + height, left : left + width])
    stream = zlib.crc32(photo.stem.encode())
    return degrade(clean, kind, _SEVERITIES[stream % len(_SEVERITIES)], _SEED, stream), clean
