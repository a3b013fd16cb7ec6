"""Measures and judges the pairs of a folder without a pipeline, as `ast-restore data check` does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from components.pair_validator.judging.advice import Advice, advise
from components.pair_validator.judging.measurement_store import MeasurementStore, judge_measured
from components.pair_validator.judging.refusal import refusal_of
from components.pair_validator.judging.verdicts import (
    VERDICTS_FILE,
    PairVerdict,
    VerdictCounts,
    stream_verdicts,
    write_verdicts,
)
from components.pair_validator.measure_folder import measure_folder
from components.pair_validator.settings import PairLimits, PairSettings, PairThresholds
from data.errors import InputError
from data.layouts.candidates import find_candidates
from data.layouts.layout import Layout
from pipeline.config_reading.explain import require_finite
from pipeline.report.pairs.folder import write_report


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """The pairs to check and the files to write.

    Attributes:
        source: Folder of the pairs.
        layout: How the pairs lie in it.
        folders: Sub-folders of the source to which the layout is applied.
        settings: Limits and thresholds.
        json_file: File for the verdicts, one JSON line per pair; None: no file.
        report: Folder for the pair report; None: no report.
    """

    source: Path
    layout: Layout
    folders: tuple[str, ...]
    settings: PairSettings
    json_file: Path | None = None
    report: Path | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Attributes:
        counts: The number of pairs, and those that are quarantined.
        advice: The most frequent reasons, and what to do if these pairs are right.
        refusal: The rule by which a pipeline would refuse the data, in words; empty where it would use it.
    """

    counts: VerdictCounts
    advice: tuple[Advice, ...]
    refusal: str


def check_pairs(request: CheckRequest) -> CheckResult:
    """Measures and judges every pair of a folder; of each pair only names and hashes stay in memory.

    Args:
        request: The pairs to check and the files to write.

    Returns:
        Counts of the verdicts, and their explanation.

    Raises:
        InputError: The source holds nothing to check, or a result cannot be written.
    """
    candidates = find_candidates(request.source, request.layout, request.folders)
    # A folder that cannot be made ends the command before the measuring, which takes long.
    for folder in filter(None, (request.json_file and request.json_file.parent, request.report)):
        _make_folder(folder)
    name = request.source.resolve().name
    with (
        tempfile.TemporaryDirectory(prefix="ast-restore-check-") as scratch,
        MeasurementStore(Path(scratch) / "measured.jsonl") as measured,
    ):
        measured.fill(measure_folder(request.source, name, candidates, request.settings.limits))
        file = request.json_file or Path(scratch) / VERDICTS_FILE
        tally = _write(judge_measured(measured, request.settings), file)
        advice = advise(measured, stream_verdicts(file), request.settings) if tally.quarantined else ()
        if request.report:
            verdicts = stream_verdicts(file)
            write_report(request.source, name, candidates, verdicts, request.settings, request.report, advice)
    refusal = refusal_of(tally, (), request.settings.policy)
    return CheckResult(tally, advice, refusal.reason if refusal else "")


def pair_settings(max_pixels: int, max_bytes: int, thresholds: Sequence[str]) -> PairSettings:
    """Returns the default settings with the limits and thresholds of a command line.

    Args:
        max_pixels: Most pixels of an image.
        max_bytes: Most bytes of a file.
        thresholds: `NAME=VALUE`, each a field of `PairThresholds`.

    Raises:
        InputError: A threshold is unknown or has no fitting value.
    """
    values = dict(_split(threshold) for threshold in thresholds)
    known = PairThresholds.model_fields
    for name in values:
        if name not in known and name not in PairThresholds.renamed:
            raise InputError(f"--threshold {name}: unknown; choose one of {', '.join(known)}")
    try:
        settings = PairSettings(
            limits=PairLimits(max_pixels=max_pixels, max_bytes=max_bytes),
            thresholds=PairThresholds.model_validate(values),
        )
    except ValidationError as error:
        problem = error.errors()[0]
        raise InputError(f"--threshold {problem['loc'][0]}={problem['input']}: {problem['msg']}") from error
    require_finite(settings.thresholds, "--threshold")
    return settings


def _split(threshold: str) -> tuple[str, str]:
    name, separator, value = threshold.partition("=")
    if not separator:
        raise InputError(f"--threshold {threshold}: expected NAME=VALUE, such as max_shift=1.0")
    return name.strip(), value.strip()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error


def _write(verdicts: Iterator[PairVerdict], file: Path) -> VerdictCounts:
    try:
        return write_verdicts(verdicts, file)
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror}); name another file") from error
