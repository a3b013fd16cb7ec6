"""From folders of pairs to a span of paired records.

Two passes over the files, so that nothing but names and hashes is held: the first decodes the clean images, which
decide on scenes and with them on splits; the second decodes the inputs and writes. Each file is decoded once (pictures
that hold both images, and what is shrunk or cut: twice), and its bytes are kept as they are unless readers
would disagree on them (see `data.image.files`), or a smaller size or tiles are asked for.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from data.errors import InputError, attempt, together
from data.features import TRAIN, UNKNOWN
from data.image.arrays import ImageU8
from data.image.decoding import Limits, decode
from data.image.encoding import encode_png
from data.image.files import ImageProbe, inspect_image, inspect_image_and_luma, read_bytes, read_image
from data.image.hashing import SCENE_SUFFICIENT_SIDE, scene_hash
from data.image.resizing import cut_tile, shrink, tile_corners
from data.layouts.candidates import split_of
from data.layouts.layout import Layout
from data.layouts.pairing import Listing, PairFiles, find_pairs, split_halves
from data.parallel import ordered_map, track
from data.records import PairRecord
from data.same_picture import refuse_same_picture
from data.spans.manifest import Manifest, SceneEntry, code_version, known_scenes, read_manifests
from data.spans.scenes import group
from data.spans.splits import Shares, place
from data.spans.writer import Piece, choose_span, destination_lock, span_writer, write_pieces


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """What to convert, and how.

    Attributes:
        source: Folder of the pairs.
        destination: Folder of the spans.
        layout: How pairs lie in it (`data.layouts.layout.choose_layout`).
        folders: Sub-folders of the source to which the rule is applied.
        name: Name of the data set (None: that of the source folder).
        degradation: "rain", "haze", "raindrop", ... or "unknown" (None: what the layout says).
        severity: Of all pairs of which the layout does not say it.
        span: Number of the span (None: the next).
        seed: Of the split.
        shares: Part of the pairs that each split gets.
        limits: What a file may cost to read.
        max_side: Larger pairs are shrunk to this longest side, pixels; 0: none is.
        tiles: Pairs of the train split are cut into overlapping tiles of this side, pixels; 0: none is.
    """

    source: Path
    destination: Path
    layout: Layout
    folders: tuple[str, ...] = (".",)
    name: str | None = None
    degradation: str | None = None
    severity: str = UNKNOWN
    span: int | None = None
    seed: int = 0
    shares: Shares = field(default_factory=Shares)
    limits: Limits = field(default_factory=Limits)
    max_side: int = 0
    tiles: int = 0


@dataclass(frozen=True, slots=True)
class _Clean:
    """What the first pass keeps of a clean image."""

    digest: str
    sha256: str
    size: tuple[int, int]
    reencoded: str | None


def convert(request: ConvertRequest) -> Manifest:
    """Converts a folder of pairs into a span.

    Args:
        request: What to convert, and how.

    Returns:
        The manifest of the span as it lies in the destination.

    Raises:
        InputError: Anything in the request or the files that a user can mend; nothing is written then.
    """
    listing = find_pairs(request.source, request.layout, request.folders)
    with destination_lock(request.destination):
        earlier = read_manifests(request.destination)
        span = choose_span(request.destination, request.span)
        clean = _look(request, listing.pairs)
        scene_of = _scenes(listing.pairs, clean, known_scenes(earlier))
        split, entries = place(
            Counter(scene_of[pair.target] for pair in listing.pairs),
            {target: (scene_of[target], item.digest) for target, item in clean.items()}.values(),
            request.shares,
            request.seed,
            earlier,
        )
        manifest = _manifest(request, span, listing, entries, _leaks(listing.pairs, scene_of))
        with span_writer(request.destination, span) as folder:
            return write_pieces(folder, _pieces(request, listing.pairs, clean, scene_of, split), split, manifest)


def _look(request: ConvertRequest, pairs: list[PairFiles]) -> dict[str, _Clean]:
    """Decodes each clean image once; reports every file of the set that cannot be used when one cannot."""
    targets = {pair.target: pair for pair in pairs}
    results = ordered_map(partial(attempt, partial(_look_at, request)), targets.values())
    errors: list[InputError] = []
    clean: dict[str, _Clean] = {}
    for name, result in zip(targets, track(results, len(targets), "looking at the clean images"), strict=True):
        if isinstance(result, InputError):
            errors.append(result)
        else:
            clean[name] = result
    if errors:
        check = partial(attempt, partial(_read_input, request))
        inputs = [pair for pair in pairs if pair.sides is None]
        found = track(ordered_map(check, inputs), len(inputs), "looking for more damage")
        raise together(errors + [result for result in found if isinstance(result, InputError)])
    return clean


def _look_at(request: ConvertRequest, pair: PairFiles) -> _Clean:
    """Decodes the clean image of a pair."""
    path = request.source / pair.target
    if pair.sides is None:
        look, luma = inspect_image_and_luma(path, pair.target, request.limits, SCENE_SUFFICIENT_SIDE)
        return _Clean(scene_hash(luma), look.sha256, look.size, look.reencoded)
    look, luma = inspect_image_and_luma(path, pair.target, request.limits)
    degraded, target = split_halves(np.asarray(luma), pair.sides, pair.target)
    refuse_same_picture(degraded, target, pair.target)
    return _Clean(scene_hash(Image.fromarray(target)), look.sha256, _size(target), look.reencoded)


def _read_input(request: ConvertRequest, pair: PairFiles) -> ImageProbe:
    """Decodes the degraded image of a pair of two files."""
    return inspect_image(request.source / pair.input, pair.input, request.limits)


def _scenes(pairs: list[PairFiles], clean: Mapping[str, _Clean], known: Mapping[str, SceneEntry]) -> dict[str, str]:
    """Returns the scene of each clean image: what looks alike is one, and so is what the layout calls by one name."""
    anchors = {name: entry.hashes for name, entry in known.items()}
    told = {pair.target: pair.scene for pair in pairs}
    digests = [item.digest for item in clean.values()]
    return dict(zip(clean, group(digests, anchors, [told[name] for name in clean]), strict=True))


def _leaks(pairs: list[PairFiles], scene_of: Mapping[str, str]) -> dict[str, list[str]]:
    """Returns the scenes that lie on both sides of the set's own split into folders, with their files."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        official = split_of(pair.input)
        if official:
            found[scene_of[pair.target]][official].append(pair.input)
    return {
        scene: sorted(name for names in by_split.values() for name in names)
        for scene, by_split in sorted(found.items())
        if len(by_split) > 1
    }


def _pieces(
    request: ConvertRequest,
    pairs: list[PairFiles],
    clean: Mapping[str, _Clean],
    scene_of: Mapping[str, str],
    split: Mapping[str, str],
) -> Iterator[Piece]:
    """Yields the records, in order; raises after the last where inputs could not be used."""
    errors: list[InputError] = []

    def build(pair: PairFiles) -> list[Piece]:
        scene = scene_of[pair.target]
        return _build(request, pair, clean[pair.target], scene, cut=split[scene] == TRAIN)

    for result in track(ordered_map(partial(attempt, build), pairs), len(pairs), "converting"):
        if isinstance(result, InputError):
            errors.append(result)
        elif not errors:
            yield from result
    if errors:
        raise together(errors)


@dataclass(frozen=True, slots=True)
class _Side:
    """One image of a pair on its way into a record: as it is stored, and decoded where that is known."""

    data: bytes
    size: tuple[int, int]
    pixels: ImageU8 | None


def _build(request: ConvertRequest, pair: PairFiles, clean: _Clean, scene: str, *, cut: bool) -> list[Piece]:
    """Reads a pair and makes its records: one, or one for each tile."""
    sides, reasons, files = _read_pair(request, pair, clean)
    name = request.name or request.source.resolve().name
    record = PairRecord(
        pair_id=f"{name}/{pair.key}",
        scene_id=scene,
        degradation=request.degradation or request.layout.degradation,
        severity=pair.severity or request.severity,
        source=name,
        input_name=pair.input,
        target_name=pair.target,
        input_image=sides[0].data,
        target_image=sides[1].data,
        input_size=sides[0].size,
        target_size=sides[1].size,
    )
    tile = request.tiles if cut else 0
    if sides[0].size != sides[1].size or not (tile or 0 < request.max_side < max(sides[0].size)):
        return [Piece(record, files, reasons)]
    return list(_cut(record, sides, files, reasons, request.max_side, tile))


def _read_pair(
    request: ConvertRequest, pair: PairFiles, clean: _Clean
) -> tuple[tuple[_Side, _Side], dict[str, str], dict[str, str]]:
    """Reads both images; returns them, why any is stored anew, and the files' SHA-256, by their names."""
    if pair.sides is None:
        degraded = _read_input(request, pair)
        sides = (
            _side(request, degraded.data, degraded.size, pair.input),
            _side(request, _read_target(request, pair, clean), clean.size, pair.target),
        )
        told = {pair.input: degraded.reencoded, pair.target: clean.reencoded}
        sums = {pair.input: degraded.sha256, pair.target: clean.sha256}
    else:
        whole = read_image(request.source / pair.input, pair.input, request.limits)
        halves = split_halves(whole.pixels, pair.sides, pair.input)
        sides = (_stored(halves[0]), _stored(halves[1]))
        told, sums = {pair.input: whole.reencoded}, {pair.input: whole.sha256}
    return sides, {file: why for file, why in told.items() if why is not None}, sums


def _side(request: ConvertRequest, data: bytes, size: tuple[int, int], name: str) -> _Side:
    """Returns an image as it is stored, decoded where it is to be shrunk or cut."""
    wanted = bool(request.tiles or request.max_side)
    return _Side(data, size, decode(data, name, request.limits)[0] if wanted else None)


def _stored(pixels: ImageU8) -> _Side:
    return _Side(encode_png(pixels), _size(pixels), pixels)


def _size(pixels: ImageU8) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]


def _cut(
    record: PairRecord,
    sides: tuple[_Side, _Side],
    files: dict[str, str],
    reasons: dict[str, str],
    max_side: int,
    tile: int,
) -> Iterator[Piece]:
    """Yields the records of a pair that is shrunk, cut, or both; their images are stored anew, as PNG."""
    pixels = [side.pixels for side in sides if side.pixels is not None]
    if max_side:
        pixels = [shrink(image, max_side) for image in pixels]
    told = {name: f"cut to {tile} pixels" if tile else f"shrunk to {max_side} pixels" for name in files}
    for corner in tile_corners(_size(pixels[0]), tile) if tile else [(0, 0)]:
        parts = [_stored(cut_tile(image, corner, tile) if tile else image) for image in pixels]
        yield Piece(
            replace(
                record,
                pair_id=f"{record.pair_id}@{corner[0]},{corner[1]}" if tile else record.pair_id,
                input_image=parts[0].data,
                target_image=parts[1].data,
                input_size=parts[0].size,
                target_size=parts[1].size,
            ),
            files,
            told | reasons,
        )


def _read_target(request: ConvertRequest, pair: PairFiles, clean: _Clean) -> bytes:
    """Returns the bytes of a clean image that the first pass has decoded."""
    path = request.source / pair.target
    if clean.reencoded is not None:
        return read_image(path, pair.target, request.limits).data
    data = read_bytes(path, pair.target, request.limits)
    if hashlib.sha256(data).hexdigest() != clean.sha256:
        raise InputError(f"{pair.target}: changed while it was converted; run this again when nothing writes to it")
    return data


def _manifest(
    request: ConvertRequest, span: int, listing: Listing, scenes: dict[str, SceneEntry], leaks: dict[str, list[str]]
) -> Manifest:
    """Returns what is known of the span before its records."""
    layout = request.layout
    rule: dict[str, object] = {
        "layout": layout.name,
        "listed": list(layout.listed),
        "inputs": layout.inputs,
        "targets": list(layout.targets),
        "list_file": layout.list_file,
        "folders": list(request.folders),
        "sides": layout.sides,
        "max_side": request.max_side,
        "tiles": request.tiles,
        "stored": "the two halves, as PNG" if layout.one_picture else "the bytes of the files",
    }
    return Manifest(
        span=span,
        source=request.name or request.source.resolve().name,
        rule=rule,
        seed=request.seed,
        shares=request.shares.as_dict(),
        code_version=code_version(),
        created="",
        scenes=scenes,
        ignored=listing.ignored,
        leaks=leaks,
    )
