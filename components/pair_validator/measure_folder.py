"""Measures folders of image pairs without TFX and Beam, for `ast-restore data check`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2

from components.pair_validator.judging.measurement_store import MeasuredRecord
from components.pair_validator.measuring import decoding
from components.pair_validator.measuring.decoding import DecodedImage, decode, too_large
from components.pair_validator.measuring.measure import measure_images
from components.pair_validator.settings import PairLimits
from data.layouts.candidates import Candidate
from data.layouts.layout import LEFT
from data.parallel import ordered_map, track
from data.storage.foreign_files import open_file, real

UNKNOWN = "unknown"


def measure_folder(
    root: Path, name: str, candidates: Sequence[Candidate], limits: PairLimits
) -> Iterator[MeasuredRecord]:
    """Measures pairs of files on all cores and shows the progress.

    Args:
        root: The source folder.
        name: Name of the data set, the first part of the pairs' ids.
        candidates: The pairs, and the files without a partner.
        limits: Limits checked before decoding.

    Yields:
        One record per candidate, in their order.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # each core measures a pair of its own
    try:
        results = ordered_map(partial(measure_candidate, root, name, limits), candidates)
        yield from track(results, len(candidates), "measuring pairs")
    finally:
        cv2.setNumThreads(threads)


def measure_candidate(root: Path, name: str, limits: PairLimits, candidate: Candidate) -> MeasuredRecord:
    """Measures one pair; unreadable and missing files are part of the measurement.

    Args:
        root: The source folder.
        name: Name of the data set.
        limits: Limits checked before decoding.
        candidate: The pair, or a file without a partner.

    Returns:
        The measurement with the names of the files.
    """
    degraded, target = load_pair(root, candidate, limits)
    measurement = measure_images(f"{name}/{candidate.key}", degraded, target)
    return MeasuredRecord(candidate.split, "", UNKNOWN, candidate.input, candidate.target, measurement)


def load_pair(root: Path, candidate: Candidate, limits: PairLimits) -> tuple[DecodedImage, DecodedImage]:
    """Decodes both images of a pair to the pixels that `data convert` would store.

    Args:
        root: The source folder; a path that leads out of it is not read.
        candidate: The pair, or a file without a partner.
        limits: Limits checked before decoding.

    Returns:
        Input and target; the halves of one image where the candidate is side-by-side.
    """
    if candidate.input_side is not None and candidate.input is not None:
        return _halves(_load(root, candidate.input, limits), candidate.input_side)
    return _side(root, candidate.input, candidate, limits), _side(root, candidate.target, candidate, limits)


def _side(root: Path, name: str | None, candidate: Candidate, limits: PairLimits) -> DecodedImage:
    if name is None:
        return DecodedImage(decoding.MISSING, candidate.problem or f"{candidate.name} has no partner of its name")
    return _load(root, name, limits)


def _load(root: Path, name: str, limits: PairLimits) -> DecodedImage:
    path = root / name
    if not real(path).is_relative_to(real(root)):
        return DecodedImage(decoding.UNDECODABLE, f"it leads out of {root} and is not read")
    try:
        with open_file(path) as file:
            encoded = file.read(min(path.stat().st_size, limits.max_bytes) + 1)
    except OSError as error:
        return DecodedImage(decoding.UNDECODABLE, f"it cannot be read ({error.strerror or error})")
    if not encoded:
        return DecodedImage(decoding.NOT_AN_IMAGE, "the file is empty")
    if len(encoded) > limits.max_bytes:
        return too_large(path.stat().st_size)
    return decode(encoded, limits, as_converted=True)


def _halves(whole: DecodedImage, input_side: str) -> tuple[DecodedImage, DecodedImage]:
    """Cuts a side-by-side image into input and target; an odd width gives halves of different sizes."""
    if whole.pixels is None:
        return whole, whole
    width = whole.width // 2
    left, right = (_half(whole, start, stop) for start, stop in ((0, width), (width, whole.width)))
    return (left, right) if input_side == LEFT else (right, left)


def _half(whole: DecodedImage, start: int, stop: int) -> DecodedImage:
    if whole.pixels is None or start == stop:
        return DecodedImage(decoding.UNDECODABLE, f"{whole.width} pixels wide, which cannot be halved")
    pixels = whole.pixels[:, start:stop].copy()
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    height, width, _ = pixels.shape
    return DecodedImage(
        decoding.OK, "", whole.format, height, width, whole.channels, whole.encoded_bytes, digest, pixels
    )
