"""Pairs in folders checked, told and shown: what `ast-restore data check` runs."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from components.pair_validator.judging.measurement_store import Spool, judge_measured
from components.pair_validator.judging.verdicts import (
    VERDICTS_FILE,
    PairVerdict,
    Tally,
    stream_verdicts,
    write_verdicts,
)
from components.pair_validator.measure_folder import measure_folder
from components.pair_validator.settings import PairSettings
from data.errors import InputError
from data.layouts.candidates import find_candidates
from data.layouts.layout import Layout
from pipeline.report.pairs.folder import write_report


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to check, and where to tell of it.

    Attributes:
        source: Folder of the pairs.
        layout: How they lie there.
        folders: Sub-folders of the source to which the layout is applied.
        settings: Limits and thresholds.
        json_file: Where the verdicts go; None: nowhere.
        report: Folder of the page; None: there is none.
    """

    source: Path
    layout: Layout
    folders: tuple[str, ...]
    settings: PairSettings
    json_file: Path | None = None
    report: Path | None = None


def check(request: CheckRequest) -> Tally:
    """Measures and judges every pair of a folder; memory does not grow with their number but for names and hashes.

    Args:
        request: What to check, and where to tell of it.

    Returns:
        How many pairs there were, and which are quarantined.

    Raises:
        InputError: The source holds nothing to check, or a result cannot be written.
    """
    candidates = find_candidates(request.source, request.layout, request.folders)
    for wanted in filter(None, (request.json_file and request.json_file.parent, request.report)):
        _make_folder(wanted)  # before the work, not after it
    name = request.source.resolve().name
    with (
        _quiet(),
        tempfile.TemporaryDirectory(prefix="ast-restore-check-") as scratch,
        Spool(Path(scratch) / "measured.jsonl") as measured,
    ):
        measured.fill(measure_folder(request.source, name, candidates, request.settings.limits))
        file = request.json_file or Path(scratch) / VERDICTS_FILE
        tally = _write(judge_measured(measured, request.settings), file)
        if request.report:
            write_report(request.source, name, candidates, stream_verdicts(file), request.settings, request.report)
    return tally


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); name another place") from error


def _write(verdicts: Iterator[PairVerdict], file: Path) -> Tally:
    try:
        return write_verdicts(verdicts, file)
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror}); name another place") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Pillow's warning of large pictures off the screen: what is too large is a verdict."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield
