"""Whether a span's files are those that its manifest names, whole: a run should end here, not after an hour in the Trainer."""

from __future__ import annotations

import io
import struct
from collections import Counter
from pathlib import Path

from data.errors import InputError
from data.plain_text import one_line
from data.records import PairRecord
from data.spans.manifest import read_manifest
from data.storage.foreign_files import open_file

_PATTERN = "*.tfrecord"
_HEADER = struct.Struct("<QI")  # length of a record, and the checksum of the length
_CHECKSUM_BYTES = 4


def require_whole(folder: Path) -> None:
    """Checks the record files of a span against its manifest, without reading the images.

    Each file must be in the manifest and hold whole records, and each split as many as the manifest counts. The first and the
    last record of each file must be a pair.

    Args:
        folder: The span's folder, with a manifest.

    Raises:
        InputError: A file is missing, not of the span, cut short or damaged, or records are missing.
    """
    manifest = read_manifest(folder)
    present = {path.name for path in folder.glob(_PATTERN)}
    for name in manifest.shards:
        if name not in present:
            raise InputError(f"{folder / name}: is missing; convert the span again, or copy it whole")
    for name in sorted(present - set(manifest.shards)):
        raise InputError(f"{folder / name}: is not of this span; move it out, or convert it into a span of its own")
    counts: Counter[str] = Counter()
    for name in manifest.shards:
        counts[name.partition("-")[0]] += count_records(folder / name)
    for split, expected in manifest.counts["split"].items():
        if counts[split] != expected:
            raise InputError(
                f"{folder}: {counts[split]} pairs in the files of {split}, and {expected} in its manifest; convert the span "
                "again, or copy it whole"
            )


def count_records(path: Path) -> int:
    """Counts the records of a TFRecord file by their lengths, and reads the first and the last.

    Args:
        path: The file, without compression.

    Returns:
        The number of records; 0 for an empty file.

    Raises:
        InputError: The file is cut short, is not a TFRecord file, or holds something else than pairs.
    """
    start, count = 0, 0
    try:
        raw = open_file(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); convert its span again, or copy it whole"
        ) from error
    with raw, io.BufferedReader(raw) as file:
        size = path.stat().st_size
        while start < size:
            file.seek(start)
            header = file.read(_HEADER.size)
            length = _HEADER.unpack(header)[0] if len(header) == _HEADER.size else size
            end = start + _HEADER.size + length + _CHECKSUM_BYTES
            if end > size:
                raise InputError(
                    f"{path}: cut short or damaged at byte {start}; convert its span again, or copy it whole"
                )
            if start == 0 or end == size:
                _require_pair(path, start, file.read(length))
            start, count = end, count + 1
    return count


def _require_pair(path: Path, start: int, record: bytes) -> None:
    try:
        PairRecord.from_example(record)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: the record at byte {start} is not a pair ({one_line(error, 100)}); make spans with "
            "`ast-restore data convert`"
        ) from error
