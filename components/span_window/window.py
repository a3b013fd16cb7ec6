"""Which spans a run reads: the newest few as one training set, each pair once. Imports neither TFX nor Beam.

Data arrives as `span-N/`. A pair is known by its id (`source/name`), so a set that is ingested again, whole or in part, does
not count twice: the newest span that has a pair has it, corrections and all, and older copies of it are superseded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data.errors import InputError
from data.spans.manifest import MANIFEST_NAME, read_manifest, span_folder, spans

ROLLING: Literal["rolling"] = "rolling"
Evaluation = int | Literal["rolling"]

_RECORDS = "*.tfrecord"


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it lies on disk.

    Attributes:
        number: Its number.
        sha256: Of its manifest, which has that of every source file; of the names, sizes and times of its record files where
            another tool wrote them without a manifest.
        pairs: How many it holds; None where there is no manifest.
    """

    number: int
    sha256: str
    pairs: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """What a run reads.

    Attributes:
        train: Spans whose train split is learnt from, oldest first.
        judged: Spans whose validation and evaluation splits choose and judge the model, oldest first.
    """

    train: tuple[Span, ...]
    judged: tuple[Span, ...]

    @property
    def newest(self) -> Span:
        """The newest span that is learnt from."""
        return self.train[-1]

    @property
    def all(self) -> tuple[Span, ...]:
        """Every span of the window once, oldest first."""
        return tuple(sorted({*self.train, *self.judged}, key=lambda span: span.number))

    def fingerprint(self) -> str:
        """Returns a SHA-256 that changes when the data of the window does, and with nothing else."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Returns the window as JSON."""
        return json.dumps(
            {"train": [asdict(span) for span in self.train], "judged": [asdict(span) for span in self.judged]}
        )

    @classmethod
    def from_json(cls, text: str) -> Window:
        """Reads back what `to_json` returned."""
        told = json.loads(text)
        return cls(*(tuple(Span(**fields) for fields in told[part]) for part in ("train", "judged")))


def choose_window(directory: Path, window: int = 1, evaluation: Evaluation = ROLLING) -> Window:
    """Chooses the spans of a run.

    Args:
        directory: Holds `span-N/`.
        window: How many of the newest spans are learnt from; where there are fewer, all.
        evaluation: "rolling": the spans of the window judge too; a number: that span alone, whatever is learnt from.

    Raises:
        InputError: There is no span, or not the one that is to judge.
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


def superseded_ids(ids: Iterable[tuple[int, Iterable[str]]]) -> dict[int, frozenset[str]]:
    """Returns, for each span, the pairs that a newer span of the window has too.

    Args:
        ids: The number and the pair ids of each span, in any order.
    """
    seen: set[str] = set()
    found: dict[int, frozenset[str]] = {}
    for number, names in sorted(
        ((number, set(names)) for number, names in ids), reverse=True, key=lambda item: item[0]
    ):
        found[number] = frozenset(names & seen)
        seen |= names
    return found


def file_patterns(directory: Path, window: Window, split: str, *, judges: bool) -> Iterator[tuple[Span, str]]:
    """Yields each span that a split is read from, with the pattern of its files.

    Args:
        directory: Holds `span-N/`.
        window: The window.
        split: Name of the split.
        judges: Whether it is one that judges.
    """
    for span in window.judged if judges else window.train:
        yield span, str(span_folder(directory, span.number) / f"{split}-{_RECORDS}")


def require_every_split(directory: Path, window: Window, judges: Mapping[str, bool]) -> None:
    """Refuses a window that leaves a split without pairs: nothing could be learnt, chosen or judged.

    Args:
        directory: Holds `span-N/`.
        window: The window.
        judges: Of each split, whether it judges.

    Raises:
        InputError: A split is empty in every span that it is read from.
    """
    for split, judging in judges.items():
        told = window.judged if judging else window.train
        if all(_is_empty(directory, span, split) for span in told):
            where = ", ".join(str(span_folder(directory, span.number)) for span in told)
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
    told = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(folder.glob(_RECORDS))]
    if not told:
        raise InputError(f"{folder}: holds neither a manifest nor records; remove the folder or convert its data again")
    return Span(number, hashlib.sha256(json.dumps(told).encode()).hexdigest(), None)
