"""Writes a span: sharded TFRecords and a manifest, under a temporary name until it is complete."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import InputError
from data.features import SPLITS
from data.plain_text import one_line
from data.records import PairRecord
from data.spans.manifest import MANIFEST_NAME, Manifest, SceneEntry, span_folder, spans
from data.storage.files import remove_partial_folders, whole_folder
from data.storage.locks import exclusive

if TYPE_CHECKING:
    # Imported where it is used: loading it takes seconds, in which the records are being made already.
    import tensorflow as tf

SHARD_BYTES = 128 * 2**20
"""Size of a shard: the middle of the 100 to 200 MB that TensorFlow's guide to input performance recommends."""

_LOCK_NAME = ".lock"


@dataclass(frozen=True, slots=True)
class PendingRecord:
    """A record that is to be written, with its provenance.

    Attributes:
        record: The pair.
        files: SHA-256 of the source files that it was made from, by name.
        reencoded: Why images were re-encoded, by name.
        split: Its split; None for that of its scene.
    """

    record: PairRecord
    files: dict[str, str] = field(default_factory=dict)
    reencoded: dict[str, str] = field(default_factory=dict)
    split: str | None = None


def choose_span(destination: Path, span: int | None) -> int:
    """Chooses the number of the span to write.

    Args:
        destination: Folder of the spans.
        span: The number that was asked for; None for the one after the last.

    Returns:
        The number.

    Raises:
        InputError: The span that was asked for exists already.
    """
    taken = spans(destination)
    if span is None:
        return max(taken, default=0) + 1
    if span in taken:
        raise InputError(f"{span_folder(destination, span)}: exists already; remove it, or give another --span")
    return span


@contextmanager
def destination_lock(destination: Path) -> Iterator[None]:
    """Keeps others from writing to a destination, and removes the partial spans of conversions that were killed.

    The lock ends with the process, however that ends.

    Args:
        destination: Folder of the spans; it is made if it is missing.

    Yields:
        Nothing.

    Raises:
        InputError: The destination cannot be written, or another process writes to it.
    """
    busy = f"{destination}: another process writes to it; wait until that has finished"
    with exclusive(destination / _LOCK_NAME, busy):
        remove_partial_folders(destination)
        yield


@contextmanager
def span_writer(destination: Path, span: int) -> Iterator[Path]:
    """Yields a temporary folder beside the span's, and renames it when the block ends without an error.

    A block that fails leaves nothing behind; a process that is killed leaves a folder whose name no reader takes for a span,
    and which the next `destination_lock` removes.

    Args:
        destination: Folder of the spans.
        span: Number of the span.

    Yields:
        The temporary folder.

    Raises:
        InputError: The destination cannot be written.
    """
    try:
        with whole_folder(span_folder(destination, span)) as partial:
            yield partial
    except InputError:
        raise
    except Exception as error:
        import tensorflow as tf

        if isinstance(error, (OSError, tf.errors.OpError)):
            raise _unwritable(destination, error) from error
        raise


def _unwritable(destination: Path, error: OSError | tf.errors.OpError) -> InputError:
    """Returns the error for a destination that cannot be written; TensorFlow has a class of its own for a full disk."""
    import tensorflow as tf

    is_full = isinstance(error, tf.errors.ResourceExhaustedError) or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    )
    why = error.strerror if isinstance(error, OSError) and error.strerror else one_line(error, 120)
    remedy = "make room, or give another folder" if is_full else "give a folder that you may write to"
    return InputError(f"{destination}: cannot be written ({'the disk is full' if is_full else why}); {remedy}")


def write_records(
    folder: Path, records: Iterable[PendingRecord], split_of_scene: Mapping[str, str], manifest: Manifest
) -> Manifest:
    """Writes records and the manifest.

    Args:
        folder: An empty folder.
        records: The records, taken one by one; only their names and counts stay in memory.
        split_of_scene: The split by the scene's id.
        manifest: The manifest without the counts.

    Returns:
        The manifest as written, with the counts.
    """
    tally = _SpanTally()
    records = iter(records)
    # Asked for before the shards are opened, which loads TensorFlow: threads that make the records are at work meanwhile.
    first = list(islice(records, 1))
    shards = {name: _Shards(folder, name) for name in SPLITS}
    with ExitStack() as files:  # closes all of them, also where one cannot be closed because the disk is full
        for writer in shards.values():
            files.callback(writer.close)
        for pending in chain(first, records):
            split = pending.split or split_of_scene[pending.record.scene_id]
            shards[split].write(pending.record.to_example().SerializeToString(deterministic=True))
            tally.add(pending, split)
    names = [name for writer in shards.values() for name in writer.rename()]
    scenes = {
        key: SceneEntry(split_of_scene[key], tally.scenes[key], entry.hashes)
        for key, entry in sorted(manifest.scenes.items())
    }
    complete = replace(
        manifest,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        pairs=sum(tally.scenes.values()),
        counts={kind: dict(sorted(counter.items())) for kind, counter in tally.counts.items()},
        sizes=dict(sorted(tally.sizes.items())),
        scenes=scenes,
        files=dict(sorted(tally.files.items())),
        reencoded=dict(sorted(tally.reencoded.items())),
        shards=names,
    )
    (folder / MANIFEST_NAME).write_text(complete.to_json(), encoding="utf-8")
    return complete


@dataclass(slots=True)
class _SpanTally:
    """Counts records as they are written."""

    scenes: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: (
            {"split": Counter(dict.fromkeys(SPLITS, 0))}
            | {kind: Counter() for kind in ("degradation", "severity", "split/severity")}
        )
    )
    files: dict[str, str] = field(default_factory=dict)
    reencoded: dict[str, str] = field(default_factory=dict)

    def add(self, pending: PendingRecord, split: str) -> None:
        """Counts one record."""
        record = pending.record
        self.scenes[record.scene_id] += 1
        self.sizes["{}x{}".format(*record.target_size)] += 1
        self.counts["split"][split] += 1
        self.counts["degradation"][record.degradation] += 1
        self.counts["severity"][record.severity] += 1
        self.counts["split/severity"][f"{split}/{record.severity}"] += 1
        self.files |= pending.files
        self.reencoded |= pending.reencoded


class _Shards:
    """The record files of one split; a new one begins when one is full. A split without pairs gets one empty file."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder = folder
        self._split = split
        self._paths: list[Path] = []
        self._bytes = 0
        self._writer: tf.io.TFRecordWriter | None = self._open()

    def _open(self) -> tf.io.TFRecordWriter:
        """Begins the next file; its name lacks the number of files, which is not known yet."""
        import tensorflow as tf

        self._paths.append(self._folder / f"{self._split}-{len(self._paths):05d}")
        self._bytes = 0
        return tf.io.TFRecordWriter(str(self._paths[-1]))

    def write(self, serialized: bytes) -> None:
        """Appends one record."""
        if self._bytes and self._bytes + len(serialized) > SHARD_BYTES:
            self.close()
        self._writer = self._writer or self._open()
        self._writer.write(serialized)
        self._bytes += len(serialized)

    def close(self) -> None:
        """Closes the current file; a writer that cannot write its last bytes keeps the file open until it is deleted."""
        writer, self._writer = self._writer, None
        try:
            if writer is not None:
                writer.close()
        finally:
            del writer

    def rename(self) -> list[str]:
        """Gives the files their final names and returns them."""
        names = [f"{path.name}-of-{len(self._paths):05d}.tfrecord" for path in self._paths]
        for path, name in zip(self._paths, names, strict=True):
            path.rename(path.with_name(name))
        return names
