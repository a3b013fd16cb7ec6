"""From clean photographs to a span of pairs: crops, each degraded at every severity."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from data.errors import InputError, attempt, join_errors
from data.features import SEVERITIES
from data.image.arrays import ImageU8
from data.image.codec.decoding import Limits
from data.image.codec.encoding import encode_png
from data.image.codec.files import ImageFile, read_image
from data.image.hashing import scene_hash
from data.layouts.listing import list_images
from data.parallel import ordered_map, track
from data.records import PairRecord
from data.spans.manifest import Manifest, code_version, known_scenes, read_manifests
from data.spans.scenes import group_scenes
from data.spans.splits import Shares, assign_splits
from data.spans.writer import PendingRecord, choose_span, destination_lock, span_writer, write_records
from data.synthesis.degradations import degrade, set_light
from data.synthesis.embedded import embedded_photos as embedded_photos
from data.synthesis.names import RAIN, kinds_of
from data.synthesis.random_streams import generator

# A smaller photograph holds no crop that a model could learn from.
_SMALLEST_SIDE = 64


@dataclass(frozen=True, slots=True)
class SynthesisRequest:
    """What to draw, and how.

    Attributes:
        destination: Folder of the spans.
        photos: Folder of clean photographs (None: the embedded ones).
        degradation: Name of the degradation, as for `data.synthesis.names.kinds_of`.
        severities: Some of `data.features.SEVERITIES`; each crop gets all of them.
        crops_per_photo: Most crops of a photograph; crops do not overlap, so a small photograph gives fewer.
        size: (height, width) of a crop in pixels; a smaller photograph gives a smaller crop.
        name: Name of the data set (None: synthetic-DEGRADATION).
        span: Number of the span (None: the next).
        seed: Seed of the crops, the degradation and the split.
        shares: Shares of the pairs that the splits get.
        limits: Largest photograph that is read.
    """

    destination: Path
    photos: Path | None = None
    degradation: str = RAIN
    severities: tuple[str, ...] = SEVERITIES
    crops_per_photo: int = 4
    size: tuple[int, int] = (256, 384)
    name: str | None = None
    span: int | None = None
    seed: int = 0
    shares: Shares = field(default_factory=Shares)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class _Photo:
    """A photograph with its scene hash and the corners of its crops."""

    name: str
    scene_hash: str
    crops: list[tuple[int, int]]


def synthesize(request: SynthesisRequest) -> Manifest:
    """Degrades photographs and writes the pairs as a span.

    Args:
        request: What to draw.

    Returns:
        The manifest of the span as it lies in the destination.

    Raises:
        InputError: The request or a photograph is at fault in a way that a user can mend; nothing is written then.
    """
    _check(request)
    request = replace(request, name=request.name or f"synthetic-{request.degradation}")
    root = request.photos or embedded_photos()
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give one of clean photographs with --photos")
    names, others = list_images(root, ".")
    with destination_lock(request.destination):
        earlier = read_manifests(request.destination)
        span = choose_span(request.destination, request.span)
        photos = _surveys(request, root, names)
        anchors = {name: entry.hashes for name, entry in known_scenes(earlier).items()}
        scenes = group_scenes([photo.scene_hash for photo in photos], anchors)
        pairs: dict[str, int] = {}
        for photo, scene in zip(photos, scenes, strict=True):
            pairs[scene] = pairs.get(scene, 0) + len(photo.crops) * len(request.severities)
        hashes = [(scene, photo.scene_hash) for photo, scene in zip(photos, scenes, strict=True)]
        split, entries = assign_splits(pairs, hashes, request.shares, request.seed, earlier)
        manifest = Manifest(
            span=span,
            source=str(request.name),
            rule=_rule(request),
            seed=request.seed,
            shares=request.shares.as_dict(),
            code_version=code_version(),
            created="",
            scenes=entries,
            ignored=others if request.photos else [],
        )
        scene_of = dict(zip(names, scenes, strict=True))
        with span_writer(request.destination, span) as folder:
            return write_records(folder, _records(request, root, photos, scene_of), split, manifest)


def crop_positions(
    height: int, width: int, size: tuple[int, int], count: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Chooses the positions of a photograph's crops so that no two overlap.

    Args:
        height: Height of the photograph in pixels.
        width: Width of the photograph in pixels.
        size: (height, width) of a crop in pixels; not larger than the photograph.
        count: Most crops.
        rng: Source of chance.

    Returns:
        (top, left) of each crop in pixels, in reading order.
    """
    rows, columns = height // size[0], width // size[1]
    # A random offset, once for the rows and once for the columns, takes up the space that whole crops leave.
    top = int(rng.random() * (height - rows * size[0] + 1))
    left = int(rng.random() * (width - columns * size[1] + 1))
    cells = [(top + row * size[0], left + column * size[1]) for row in range(rows) for column in range(columns)]
    order = np.argsort(rng.random(len(cells)), kind="stable")
    return sorted(cells[index] for index in order[:count])


def _check(request: SynthesisRequest) -> None:
    """Refuses a request that asks for nothing."""
    kinds_of(request.degradation)
    unknown = sorted(set(request.severities) - set(SEVERITIES))
    if unknown or not request.severities:
        raise InputError(f"severities {unknown}: choose from {', '.join(SEVERITIES)}")
    if request.crops_per_photo < 1 or min(request.size) < _SMALLEST_SIDE:
        raise InputError(
            f"{request.crops_per_photo} crops of {request.size[0]} x {request.size[1]}: "
            f"ask for at least one, and for {_SMALLEST_SIDE} x {_SMALLEST_SIDE} pixels or more"
        )


def _surveys(request: SynthesisRequest, root: Path, names: list[str]) -> list[_Photo]:
    """Inspects all photographs; the error names every one that cannot be used."""
    results = ordered_map(partial(attempt, partial(_survey, request, root)), names)
    surveyed = list(track(results, len(names), "inspecting photographs"))
    errors = [result for result in surveyed if isinstance(result, InputError)]
    if errors:
        raise join_errors(errors)
    return [result for result in surveyed if isinstance(result, _Photo)]


def _survey(request: SynthesisRequest, root: Path, name: str) -> _Photo:
    """Inspects a photograph and chooses its crops."""
    image = _read(request, root, name)
    height, width = image.size
    if min(height, width) < _SMALLEST_SIDE:
        raise InputError(f"{name}: {height} x {width} is too small to crop; remove it")
    rng = generator(request.seed, _stream(name))
    crops = crop_positions(height, width, _crop_size(request, image), request.crops_per_photo, rng)
    return _Photo(name, scene_hash(image.picture), crops)


def _records(
    request: SynthesisRequest, root: Path, photos: list[_Photo], scene_of: Mapping[str, str]
) -> Iterator[PendingRecord]:
    """Yields the records, photograph by photograph."""

    def draw(photo: _Photo) -> list[PendingRecord]:
        return _draw(request, root, photo, scene_of[photo.name])

    for records in track(ordered_map(draw, photos), len(photos), f"drawing {request.degradation}"):
        yield from records


def _draw(request: SynthesisRequest, root: Path, photo: _Photo, scene: str) -> list[PendingRecord]:
    """Cuts one photograph and degrades each crop at each severity."""
    image = _read(request, root, photo.name)
    height, width = _crop_size(request, image)
    records = []
    for top, left in photo.crops:
        crop = np.ascontiguousarray(image.pixels[top : top + height, left : left + width])
        crop = set_light(crop, request.degradation, request.seed, _stream(_crop_name(photo.name, (top, left))))
        target = encode_png(crop)
        for severity in request.severities:
            record = _record(request, photo.name, scene, (top, left), crop, target, severity)
            records.append(PendingRecord(record, {photo.name: image.sha256}))
    return records


def _record(
    request: SynthesisRequest,
    photo: str,
    scene: str,
    corner: tuple[int, int],
    crop: ImageU8,
    target: bytes,
    severity: str,
) -> PairRecord:
    """Degrades one crop; the same photograph, corner, severity and seed give the same picture in every data set."""
    crop_name = _crop_name(photo, corner)
    stream = _stream(f"{crop_name}#{severity}")
    degraded = degrade(crop, request.degradation, severity, request.seed, stream)
    return PairRecord(
        pair_id=f"{request.name}/{PurePosixPath(photo).with_suffix('')}-{corner[0]}-{corner[1]}-{severity}-{request.seed}",
        scene_id=scene,
        degradation=request.degradation,
        severity=severity,
        source=str(request.name),
        input_name=f"{crop_name}#{severity}",
        target_name=crop_name,
        input_image=encode_png(degraded),
        target_image=target,
        input_size=(crop.shape[0], crop.shape[1]),
        target_size=(crop.shape[0], crop.shape[1]),
    )


def _crop_name(photo: str, corner: tuple[int, int]) -> str:
    return f"{photo}#{corner[0]},{corner[1]}"


def _rule(request: SynthesisRequest) -> dict[str, object]:
    """Returns the parameters of synthesis for the manifest."""
    return {
        "synthesis": request.degradation,
        "photos": "embedded" if request.photos is None else request.photos.resolve().name,
        "severities": list(request.severities),
        "crops_per_photo": request.crops_per_photo,
        "size": list(request.size),
    }


def _read(request: SynthesisRequest, root: Path, name: str) -> ImageFile:
    """Reads a photograph."""
    return read_image(root / name, name, request.limits)


def _crop_size(request: SynthesisRequest, image: ImageFile) -> tuple[int, int]:
    """Returns (height, width) of the crops of a photograph."""
    return min(request.size[0], image.size[0]), min(request.size[1], image.size[1])


def _stream(name: str) -> int:
    """Returns a number that depends on a name alone, so that a crop's rain does not depend on the rest of the set."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
