"""Chooses the spans that a run reads: the newest ones as one training set, each pair once. Imports neither TFX nor Beam.

Data arrives as `span-N/`. A pair is identified by its id (`source/name`). If several spans hold a pair, the copy in the newest
span counts and supersedes the older ones, so that a set can be ingested again with corrections.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data.errors import InputError
from data.features import EVALUATION as EVALUATION_SPLIT
from data.spans.manifest import MANIFEST_NAME, read_manifest, span_folder, spans
from data.spans.whole import require_whole

ROLLING: Literal["rolling"] = "rolling"
Evaluation = int | Literal["rolling"]

_RECORDS = "*.tfrecord"


@dataclass(frozen=True, slots=True)
class Span:
    """One span on disk.

    Attributes:
        number: Number of the span.
        sha256: SHA-256 of its manifest, which contains that of every source file. Without a manifest, from another tool: of
            the names, sizes and times of its record files.
        pairs: Number of pairs; None without a manifest.
    """

    number: int
    sha256: str
    pairs: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """The spans that a run reads.

    Attributes:
        train: Spans whose train split is read, oldest first.
        judged: Spans whose validation and evaluation splits are read, oldest first.
    """

    train: tuple[Span, ...]
    judged: tuple[Span, ...]

    @property
    def newest(self) -> Span:
        """The newest span of the train split."""
        return self.train[-1]

    @property
    def all(self) -> tuple[Span, ...]:
        """Every span of the window once, oldest first."""
        return tuple(sorted({*self.train, *self.judged}, key=lambda span: span.number))

    def fingerprint(self) -> str:
        """Returns a SHA-256 of the data of the window, hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Returns the window as JSON."""
        return json.dumps(
            {"train": [asdict(span) for span in self.train], "judged": [asdict(span) for span in self.judged]}
        )

    @classmethod
    def from_json(cls, text: str) -> Window:
        """Returns the window that `to_json` wrote.

        Args:
            text: The JSON.
        """
        spans_of = json.loads(text)
        return cls(*(tuple(Span(**fields) for fields in spans_of[part]) for part in ("train", "judged")))


def choose_window(directory: Path, window: int = 1, evaluation: Evaluation = ROLLING) -> Window:
    """Chooses the spans of a run.

    Args:
        directory: Folder of the spans, `span-N/`.
        window: Number of newest spans to train on; all spans where there are fewer.
        evaluation: "rolling" to evaluate on the same spans, or the number of a fixed span.

    Returns:
        The window.

    Raises:
        InputError: There is no span, or the fixed span is missing.
    """
    numbers = spans(directory)
    if not numbers:
        raise InputError(f"{directory}: holds no span-N/; make one with `ast-restore data convert`")
    if evaluation != ROLLING and evaluation not in numbers:
        raise InputError(
            f"{span_folder(directory, int(evaluation))}: no such span; data.evaluation names one of {numbers}"
        )
    train = tuple(_read(directory, number) for number in numbers[-window:])
    return Window(train, train if evaluation == ROLLING else (_read(directory, int(evaluation)),))


def file_patterns(directory: Path, window: Window, split: str, *, judges: bool) -> Iterator[tuple[Span, str]]:
    """Lists the files of a split.

    Args:
        directory: Folder of the spans, `span-N/`.
        window: The window.
        split: Name of the split.
        judges: Whether the split is read from `window.judged` (`FROM_JUDGED_SPANS`).

    Yields:
        Each span that the split is read from, and the pattern of its files.
    """
    for span in window.judged if judges else window.train:
        yield span, str(span_folder(directory, span.number) / f"{split}-{_RECORDS}")


def require_whole_spans(directory: Path, window: Window) -> None:
    """Checks the record files of a window's spans against their manifests; spans of other tools have none.

    Args:
        directory: Folder of the spans, `span-N/`.
        window: The window.

    Raises:
        InputError: A file is missing, damaged or not of its span.
    """
    for span in window.all:
        if span.pairs is not None:
            require_whole(span_folder(directory, span.number))


def evaluation_scenes(directory: Path, window: Window) -> int | None:
    """Counts the scenes that models of a window are judged on.

    Args:
        directory: Folder of the spans, `span-N/`.
        window: The window.

    Returns:
        The number of scenes; None where a span has no manifest, which alone names them.
    """
    if any(span.pairs is None for span in window.judged):
        return None
    manifests = [read_manifest(span_folder(directory, span.number)) for span in window.judged]
    return len({name for each in manifests for name, entry in each.scenes.items() if entry.split == EVALUATION_SPLIT})


def require_every_split(directory: Path, window: Window, judges: Mapping[str, bool]) -> None:
    """Checks that no split of a window is empty.

    Args:
        directory: Folder of the spans, `span-N/`.
        window: The window.
        judges: Whether each split is read from `window.judged` (`FROM_JUDGED_SPANS`).

    Raises:
        InputError: A split is empty in every span that it is read from.
    """
    for split, judging in judges.items():
        read = window.judged if judging else window.train
        if all(_is_empty(directory, span, split) for span in read):
            where = ", ".join(str(span_folder(directory, span.number)) for span in read)
            raise InputError(
                f"{where}: no pair for {split}; convert pairs of more scenes, at least three, or widen data.window"
            )


def _is_empty(directory: Path, span: Span, split: str) -> bool:
    if span.pairs is not None:
        return not read_manifest(span_folder(directory, span.number)).counts["split"].get(split)
    files = span_folder(directory, span.number).glob(f"{split}-{_RECORDS}")
    return not any(file.stat().st_size for file in files)


def _read(directory: Path, number: int) -> Span:
    folder = span_folder(directory, number)
    if (folder / MANIFEST_NAME).is_file():
        manifest = read_manifest(folder)
        return Span(number, manifest.digest(), manifest.pairs)
    files = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(folder.glob(_RECORDS))]
    if not files:
        raise InputError(f"{folder}: holds neither a manifest nor records; remove the folder or convert its data again")
    return Span(number, hashlib.sha256(json.dumps(files).encode()).hexdigest(), None)
