"""Second pass of a conversion: reads each pair and makes its records, one, or one for each tile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from data.conversion.clean_images import CleanImage, inspect_input
from data.conversion.request import ConvertRequest
from data.errors import InputError, attempt, join_errors
from data.features import TRAIN
from data.image.arrays import ImageU8
from data.image.codec.decoding import decode
from data.image.codec.encoding import encode_png
from data.image.codec.files import read_bytes, read_image
from data.image.codec.profile import profile_problem
from data.image.resizing import cut_tile, shrink, tile_corners
from data.layouts.pairing import PairPaths, split_halves
from data.parallel import ordered_map, track
from data.records import PairRecord
from data.spans.writer import PendingRecord


@dataclass(frozen=True, slots=True)
class _StoredImage:
    """One image of a pair as it will be stored, with its pixels if they are known."""

    data: bytes
    size: tuple[int, int]
    pixels: ImageU8 | None

    @classmethod
    def of_pixels(cls, pixels: ImageU8) -> _StoredImage:
        """Returns an image that is stored as PNG."""
        return cls(encode_png(pixels), (pixels.shape[0], pixels.shape[1]), pixels)


@dataclass(frozen=True, slots=True)
class _ReadPair:
    """Both images of a pair, with the SHA-256 of their files and the reasons to re-encode any, by file name."""

    input: _StoredImage
    target: _StoredImage
    sha256: dict[str, str]
    reencoded: dict[str, str]


def make_records(
    request: ConvertRequest,
    pairs: Sequence[PairPaths],
    clean: Mapping[str, CleanImage],
    scene_of: Mapping[str, str],
    split_of_pair: Mapping[str, str],
) -> Iterator[PendingRecord]:
    """Reads every pair and makes its records.

    Args:
        request: The conversion.
        pairs: Its pairs.
        clean: The clean images by file name, from the first pass.
        scene_of: The scene's id by the clean image's file name.
        split_of_pair: The split by the pair's input.

    Yields:
        The records, in the order of the pairs.

    Raises:
        InputError: Inputs cannot be used; it is raised after the last pair and names all of them.
    """
    errors: list[InputError] = []

    def build(pair: PairPaths) -> list[PendingRecord]:
        return _build(request, pair, clean[pair.target], scene_of[pair.target], split_of_pair[pair.input])

    for result in track(ordered_map(partial(attempt, build), pairs), len(pairs), "converting"):
        if isinstance(result, InputError):
            errors.append(result)
        elif not errors:
            yield from result
    if errors:
        raise join_errors(errors)


def _build(request: ConvertRequest, pair: PairPaths, clean: CleanImage, scene: str, split: str) -> list[PendingRecord]:
    """Reads a pair and makes its records."""
    images = _read_pair(request, pair, clean)
    record = PairRecord(
        pair_id=f"{request.set_name}/{pair.key}",
        scene_id=scene,
        degradation=request.degradation or request.layout.degradation,
        severity=pair.severity or request.severity,
        source=request.set_name,
        input_name=pair.input,
        target_name=pair.target,
        input_image=images.input.data,
        target_image=images.target.data,
        input_size=images.input.size,
        target_size=images.target.size,
    )
    pending = PendingRecord(record, images.sha256, images.reencoded, split)
    tile = request.tiles if split == TRAIN else 0
    is_too_large = 0 < request.max_side < max(images.input.size)
    if images.input.size != images.target.size or not (tile or is_too_large):
        return [pending]
    return list(_resize(pending, images, request.max_side, tile))


def _read_pair(request: ConvertRequest, pair: PairPaths, clean: CleanImage) -> _ReadPair:
    reasons: dict[str, str | None]
    if pair.input_side is None:
        degraded = inspect_input(request, pair)
        if degraded.colour_space != clean.colour_space:
            problem = profile_problem(degraded.colour_space, clean.colour_space)
            raise InputError(f"{pair.input}: {problem}; convert one of them, or remove a profile that is wrong")
        input_image = _store_bytes(request, degraded.data, degraded.size, pair.input)
        target_image = _store_bytes(request, _read_target(request, pair, clean), clean.size, pair.target)
        reasons = {pair.input: degraded.reencoded, pair.target: clean.reencoded}
        sums = {pair.input: degraded.sha256, pair.target: clean.sha256}
    else:
        whole = read_image(request.source / pair.input, pair.input, request.limits)
        halves = split_halves(whole.pixels, pair.input_side, pair.input)
        input_image, target_image = (_StoredImage.of_pixels(half) for half in halves)
        reasons, sums = {pair.input: whole.reencoded}, {pair.input: whole.sha256}
    reencoded = {file: reason for file, reason in reasons.items() if reason is not None}
    return _ReadPair(input_image, target_image, sums, reencoded)


def _store_bytes(request: ConvertRequest, data: bytes, size: tuple[int, int], name: str) -> _StoredImage:
    """Returns an image that is stored as its bytes are, decoded only if it may have to be shrunk or cut."""
    needs_pixels = bool(request.tiles or request.max_side)
    return _StoredImage(data, size, decode(data, name, request.limits)[0] if needs_pixels else None)


def _resize(pending: PendingRecord, images: _ReadPair, max_side: int, tile: int) -> Iterator[PendingRecord]:
    """Yields the records of a pair that is shrunk, cut, or both; their images are stored anew, as PNG."""
    pixels = [image.pixels for image in (images.input, images.target) if image.pixels is not None]
    if max_side:
        pixels = [shrink(image, max_side) for image in pixels]
    reason = f"cut to {tile} pixels" if tile else f"shrunk to {max_side} pixels"
    reasons = dict.fromkeys(images.sha256, reason) | images.reencoded
    size = pixels[0].shape[0], pixels[0].shape[1]
    for corner in tile_corners(size, tile) if tile else [(0, 0)]:
        parts = [_StoredImage.of_pixels(cut_tile(image, corner, tile) if tile else image) for image in pixels]
        pair_id = pending.record.pair_id
        part = replace(
            pending.record,
            pair_id=f"{pair_id}@{corner[0]},{corner[1]}" if tile else pair_id,
            input_image=parts[0].data,
            target_image=parts[1].data,
            input_size=parts[0].size,
            target_size=parts[1].size,
        )
        yield replace(pending, record=part, reencoded=reasons)


def _read_target(request: ConvertRequest, pair: PairPaths, clean: CleanImage) -> bytes:
    """Returns the bytes of a clean image that the first pass has decoded."""
    path = request.source / pair.target
    if clean.reencoded is not None:
        return read_image(path, pair.target, request.limits).data
    data = read_bytes(path, pair.target, request.limits)
    if hashlib.sha256(data).hexdigest() != clean.sha256:
        raise InputError(f"{pair.target}: changed while it was converted; run this again when nothing writes to it")
    return data
