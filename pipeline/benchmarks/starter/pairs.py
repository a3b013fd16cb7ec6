"""Draws the pairs that starter weights are trained on: patches of photographs in varied rain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.errors import InputError
from data.features import TRAIN, UNKNOWN, VALIDATION
from data.image.arrays import ImageU8
from data.image.codec.decoding import Limits
from data.image.codec.encoding import encode_png
from data.image.codec.files import read_image
from data.image.hashing import scene_hash
from data.layouts.listing import list_images
from data.parallel import ordered_map, track
from data.records import PairRecord
from data.spans.manifest import Manifest, SceneEntry, code_version
from data.spans.scenes import group_scenes
from data.spans.splits import rank
from data.spans.writer import PendingRecord, destination_lock, span_writer, write_records
from data.synthesis.degradations import VARIED_RAIN
from data.synthesis.random_streams import generator
from data.synthesis.varied_rain.pairs import draw_pair

NAME = "starter"
VALIDATION_SHARE = 0.08
"""Share of the scenes whose patches choose the weights."""

# Photographs that are decoded at a time; patches are drawn photograph by photograph.
_DECODED = 4


@dataclass(frozen=True, slots=True)
class _Photo:
    name: str
    sha256: str
    scene_hash: str


def write_pairs(photos: Path, destination: Path, count: int, side: int, seed: int = 0) -> Manifest:
    """Draws pairs of patches on photographs and writes them as the first span of a folder.

    Every photograph gets the same number of patches; each has a scale, a place, a light and a rain of its own.

    Args:
        photos: Folder of clean photographs, each side at least as long as a patch.
        destination: Folder of the span.
        count: Number of pairs, rounded up to a multiple of the photographs.
        side: Side of a patch in pixels.
        seed: Seed of the patches and of the split.

    Returns:
        The manifest of the span.

    Raises:
        InputError: A photograph cannot be read or is smaller than a patch, or the folder cannot be written.
    """
    names, _ = list_images(photos, ".")
    if len(names) < 2:
        raise InputError(f"{photos}: holds {len(names)} photograph; give two or more, one of them for validation")
    with destination_lock(destination), span_writer(destination, 1) as folder:
        surveyed = list(
            track(ordered_map(lambda name: _survey(photos, name, side), names), len(names), "inspecting photographs")
        )
        scenes = group_scenes([photo.scene_hash for photo in surveyed])
        split = _split(scenes, seed)
        entries = {
            scene: SceneEntry(
                split[scene], 0, [p.scene_hash for p, own in zip(surveyed, scenes, strict=True) if own == scene]
            )
            for scene in sorted(set(scenes))
        }
        each = -(-count // len(names))
        rule = {"synthesis": VARIED_RAIN, "patches_per_photo": each, "size": [side, side]}
        shares = {TRAIN: 1 - VALIDATION_SHARE, VALIDATION: VALIDATION_SHARE}
        manifest = Manifest(1, NAME, rule, seed, shares, code_version(), created="", scenes=entries)
        records = _records(photos, list(zip(surveyed, scenes, strict=True)), each, side, seed)
        return write_records(folder, track(records, each * len(names), "drawing patches"), split, manifest)


def _survey(photos: Path, name: str, side: int) -> _Photo:
    image = read_image(photos / name, name, Limits())
    if min(image.size) < side:
        raise InputError(f"{name}: {image.size[0]} x {image.size[1]} holds no patch of {side} x {side}; remove it")
    return _Photo(name, image.sha256, scene_hash(image.picture))


def _split(scenes: Sequence[str], seed: int) -> dict[str, str]:
    """Returns the split by scene: whole scenes are held out for validation, at least one."""
    photographs = Counter(scenes)
    ordered = sorted(photographs, key=lambda scene: rank(scene, seed))
    held_out = ordered[: max(1, round(VALIDATION_SHARE * len(ordered)))]
    return {scene: VALIDATION if scene in set(held_out) else TRAIN for scene in ordered}


def _records(
    photos: Path, surveyed: Sequence[tuple[_Photo, str]], each: int, side: int, seed: int
) -> Iterator[PendingRecord]:
    """Yields the records of all photographs, one photograph's after the other's."""

    @lru_cache(maxsize=_DECODED)
    def pixels(name: str) -> ImageU8:
        return read_image(photos / name, name, Limits()).pixels

    def draw(item: tuple[int, int]) -> PendingRecord:
        index, number = item
        photo, scene = surveyed[index]
        degraded, target = draw_pair(pixels(photo.name), side, side, generator(seed, index, number))
        record = PairRecord(
            pair_id=f"{NAME}/{Path(photo.name).stem}-{number}-{seed}",
            scene_id=scene,
            degradation=VARIED_RAIN,
            severity=UNKNOWN,
            source=NAME,
            input_name=f"{photo.name}#{number}",
            target_name=photo.name,
            input_image=encode_png(degraded),
            target_image=encode_png(target),
            input_size=(side, side),
            target_size=(side, side),
        )
        return PendingRecord(record, {photo.name: photo.sha256})

    return ordered_map(draw, ((index, number) for index in range(len(surveyed)) for number in range(each)))
