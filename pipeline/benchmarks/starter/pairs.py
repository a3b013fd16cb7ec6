"""Draws the pairs that starter weights are trained on: patches of photographs, in varied rain, in haze or behind drops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.errors import InputError
from data.features import TRAIN, VALIDATION
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
from data.synthesis.random_streams import generator
from pipeline.benchmarks.starter.drawings import Drawing
from pipeline.benchmarks.starter.sources import SOURCES, hazy_files

VALIDATION_SHARE = 0.08
"""Share of the scenes whose patches choose the weights."""

# Photographs that are decoded at a time; patches are drawn photograph by photograph.
_DECODED = 4


@dataclass(frozen=True, slots=True)
class _Photo:
    name: str
    sha256: str
    scene_hash: str
    patch: tuple[int, int]


def write_pairs(
    photos: Path, destination: Path, drawing: Drawing, count: int | None = None, side: int | None = None, seed: int = 0
) -> Manifest:
    """Draws pairs of patches on photographs and writes them as the first span of a folder.

    Every photograph gets the same number of patches; each has a scale, a place and a degradation of its own.

    Args:
        photos: Folder of clean photographs, each large enough for a patch.
        destination: Folder of the span.
        drawing: What the pairs are.
        count: Number of pairs, rounded up to a multiple of the photographs; None for the drawing's.
        side: Shorter side of a patch in pixels; None for the drawing's.
        seed: Seed of the patches and of the split.

    Returns:
        The manifest of the span.

    Raises:
        InputError: A photograph cannot be read or is smaller than a patch, it is not known whether it is hazy though the
            drawing asks, or the folder cannot be written.
    """
    names, side = _photographs(photos, drawing), side or drawing.side
    if len(names) < 2:
        raise InputError(f"{photos}: holds {len(names)} photograph; give two or more, one of them for validation")
    with destination_lock(destination), span_writer(destination, 1) as folder:
        surveyed = list(
            track(
                ordered_map(lambda name: _survey(photos, name, drawing, side), names),
                len(names),
                "inspecting photographs",
            )
        )
        scenes = group_scenes([photo.scene_hash for photo in surveyed])
        split = _split(scenes, seed)
        entries = {
            scene: SceneEntry(
                split[scene], 0, [p.scene_hash for p, own in zip(surveyed, scenes, strict=True) if own == scene]
            )
            for scene in sorted(set(scenes))
        }
        each = -(-(count or drawing.count) // len(names))
        rule = {
            "synthesis": drawing.degradation,
            "patches_per_photo": each,
            "size": [side, round(side * drawing.elongation)],
        }
        shares = {TRAIN: 1 - VALIDATION_SHARE, VALIDATION: VALIDATION_SHARE}
        manifest = Manifest(1, drawing.source, rule, seed, shares, code_version(), created="", scenes=entries)
        records = _records(photos, list(zip(surveyed, scenes, strict=True)), drawing, each, seed)
        return write_records(folder, track(records, each * len(names), "drawing patches"), split, manifest)


def _photographs(photos: Path, drawing: Drawing) -> list[str]:
    """Returns the names of the photographs that are clean targets for a degradation."""
    names, _ = list_images(photos, ".")
    if drawing.takes_hazy:
        return names
    is_hazy = hazy_files(photos)
    if unknown := [name for name in names if name not in is_hazy]:
        raise InputError(f"{photos / SOURCES}: does not list {unknown[0]}; add whether it is_hazy, or remove it")
    return [name for name in names if not is_hazy[name]]


def _survey(photos: Path, name: str, drawing: Drawing, side: int) -> _Photo:
    image = read_image(photos / name, name, Limits())
    patch = drawing.size(side, image.size)
    if image.size[0] < patch[0] or image.size[1] < patch[1]:
        height, width = image.size
        raise InputError(f"{name}: {height} x {width} holds no patch of {patch[0]} x {patch[1]}; remove it")
    return _Photo(name, image.sha256, scene_hash(image.picture), patch)


def _split(scenes: Sequence[str], seed: int) -> dict[str, str]:
    """Returns the split by scene: whole scenes are held out for validation, at least one."""
    photographs = Counter(scenes)
    ordered = sorted(photographs, key=lambda scene: rank(scene, seed))
    held_out = ordered[: max(1, round(VALIDATION_SHARE * len(ordered)))]
    return {scene: VALIDATION if scene in set(held_out) else TRAIN for scene in ordered}


def _records(
    photos: Path, surveyed: Sequence[tuple[_Photo, str]], drawing: Drawing, each: int, seed: int
) -> Iterator[PendingRecord]:
    """Yields the records of all photographs, one photograph's after the other's."""

    @lru_cache(maxsize=_DECODED)
    def pixels(name: str) -> ImageU8:
        return read_image(photos / name, name, Limits()).pixels

    def draw(item: tuple[int, int]) -> PendingRecord:
        index, number = item
        photo, scene = surveyed[index]
        pair = drawing.draw(pixels(photo.name), photo.patch, generator(seed, index, number))
        record = PairRecord(
            pair_id=f"{drawing.source}/{Path(photo.name).stem}-{number}-{seed}",
            scene_id=scene,
            degradation=drawing.degradation,
            severity=pair.severity,
            source=drawing.source,
            input_name=f"{photo.name}#{number}",
            target_name=photo.name,
            input_image=encode_png(pair.degraded),
            target_image=encode_png(pair.target),
            input_size=photo.patch,
            target_size=photo.patch,
        )
        return PendingRecord(record, {photo.name: photo.sha256})

    return ordered_map(draw, ((index, number) for index in range(len(surveyed)) for number in range(each)))
