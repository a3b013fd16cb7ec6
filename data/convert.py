"""From folders of pairs to a span of paired records.

Two passes over the files, so that nothing but names and hashes is held: the first decodes the clean images, which
decide on scenes and with them on splits; the second decodes the inputs and writes. Each file is decoded once (pictures
that hold both images: twice), and its bytes are kept as they are unless readers would disagree on them (see
`data.images`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PIL import Image

from data.errors import InputError, attempt, together
from data.images import ImageFile, Limits, encode_png, read_bytes, read_image
from data.layouts import choose_layout
from data.manifest import Manifest, SceneEntry, code_version, known_scenes, read_manifests
from data.pairing import Listing, PairFiles, find_pairs, split_halves
from data.parallel import ordered_map, track
from data.records import UNKNOWN, PairRecord
from data.scenes import group, scene_hash
from data.spans import Piece, choose_span, destination_lock, span_writer, write_pieces
from data.splits import Shares, place


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """What to convert, and how.

    Attributes:
        source: Folder of the pairs.
        destination: Folder of the spans.
        layout: Name of a rule of `data.layouts.LAYOUTS`.
        input_dir: Folder of the inputs, where the rule's own does not fit.
        target_dir: Folder of the targets, likewise.
        sides: Which half is which, for a layout of one picture.
        folders: Sub-folders of the source to which the rule is applied.
        name: Name of the data set (None: that of the source folder).
        degradation: "rain", "haze", "raindrop", ... or "unknown".
        severity: Of all pairs of which the layout does not say it.
        span: Number of the span (None: the next).
        seed: Of the split.
        shares: Part of the pairs that each split gets.
        limits: What a file may cost to read.
    """

    source: Path
    destination: Path
    layout: str
    input_dir: str | None = None
    target_dir: str | None = None
    sides: str | None = None
    folders: tuple[str, ...] = (".",)
    name: str | None = None
    degradation: str = UNKNOWN
    severity: str = UNKNOWN
    span: int | None = None
    seed: int = 0
    shares: Shares = field(default_factory=Shares)
    limits: Limits = field(default_factory=Limits)


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
    layout = choose_layout(request.layout, request.input_dir, request.target_dir, request.sides)
    listing = find_pairs(request.source, layout, request.folders, request.sides)
    with destination_lock(request.destination):
        earlier = read_manifests(request.destination)
        span = choose_span(request.destination, request.span)
        clean = _look(request, listing.pairs)
        scene_of = _scenes(clean, known_scenes(earlier))
        split, entries = place(
            Counter(scene_of[pair.target] for pair in listing.pairs),
            {target: (scene_of[target], item.digest) for target, item in clean.items()}.values(),
            request.shares,
            request.seed,
            earlier,
        )
        manifest = _manifest(request, span, listing, entries)
        with span_writer(request.destination, span) as folder:
            return write_pieces(folder, _pieces(request, listing.pairs, clean, scene_of), split, manifest)


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
    file = read_image(request.source / pair.target, pair.target, request.limits)
    picture = file.picture
    if pair.sides is not None:
        picture = Image.fromarray(split_halves(file.pixels, pair.sides, pair.target)[1])
    return _Clean(scene_hash(picture), file.sha256, (picture.height, picture.width), file.reencoded)


def _read_input(request: ConvertRequest, pair: PairFiles) -> ImageFile:
    """Decodes the degraded image of a pair of two files."""
    return read_image(request.source / pair.input, pair.input, request.limits)


def _scenes(clean: Mapping[str, _Clean], known: Mapping[str, SceneEntry]) -> dict[str, str]:
    """Returns the scene of each clean image."""
    anchors = {name: entry.hashes for name, entry in known.items()}
    return dict(zip(clean, group([item.digest for item in clean.values()], anchors), strict=True))


def _pieces(
    request: ConvertRequest, pairs: list[PairFiles], clean: Mapping[str, _Clean], scene_of: Mapping[str, str]
) -> Iterator[Piece]:
    """Yields the records, in order; raises after the last where inputs could not be used."""
    errors: list[InputError] = []

    def build(pair: PairFiles) -> Piece:
        return _build(request, pair, clean[pair.target], scene_of[pair.target])

    for result in track(ordered_map(partial(attempt, build), pairs), len(pairs), "converting"):
        if isinstance(result, InputError):
            errors.append(result)
        elif not errors:
            yield result
    if errors:
        raise together(errors)


def _build(request: ConvertRequest, pair: PairFiles, clean: _Clean, scene: str) -> Piece:
    """Reads a pair and makes its record."""
    if pair.sides is None:
        degraded = _read_input(request, pair)
        target, size = _read_target(request, pair, clean), degraded.size
        input_bytes, reason, sha256 = degraded.data, degraded.reencoded, degraded.sha256
    else:
        whole = read_image(request.source / pair.input, pair.input, request.limits)
        rainy, bright = split_halves(whole.pixels, pair.sides, pair.input)
        input_bytes, target, size = encode_png(rainy), encode_png(bright), (rainy.shape[0], rainy.shape[1])
        reason, sha256 = whole.reencoded, whole.sha256
    name = request.name or request.source.resolve().name
    record = PairRecord(
        pair_id=f"{name}/{pair.key}",
        scene_id=scene,
        degradation=request.degradation,
        severity=pair.severity or request.severity,
        source=name,
        input_name=pair.input,
        target_name=pair.target,
        input_image=input_bytes,
        target_image=target,
        input_size=size,
        target_size=clean.size,
    )
    reasons = {pair.input: reason, pair.target: clean.reencoded}
    return Piece(
        record,
        {pair.input: sha256, pair.target: clean.sha256},
        {file: why for file, why in reasons.items() if why is not None},
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


def _manifest(request: ConvertRequest, span: int, listing: Listing, scenes: dict[str, SceneEntry]) -> Manifest:
    """Returns what is known of the span before its records."""
    layout = choose_layout(request.layout, request.input_dir, request.target_dir, request.sides)
    rule: dict[str, object] = {
        "layout": layout.name,
        "input_dir": layout.input_dir,
        "target_dir": layout.target_dir,
        "folders": list(request.folders),
        "sides": request.sides,
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
    )
