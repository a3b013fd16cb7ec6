"""All runs of a workspace in order, what changed between neighbours, and the models that were in production."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from pydantic import ValidationError

from components.evaluation.measures import gain
from components.production import registry
from components.production.denials import Denial
from components.production.version import Origin, Version
from data.errors import InputError
from data.plain_text import one_line
from pipeline.report.changes import Change, changes, config_changes
from pipeline.report.overview.records import Gain, RunRecord, read_record
from pipeline.report.runs import run_names
from pipeline.run_folder import FACTS_NAME, PAGE_NAME, name_in
from pipeline.workspace import models_in

MEASURES = ("psnr", "ssim")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run.

    Attributes:
        name: Name of its folder, its id.
        record: Its facts; None where they cannot be read.
        problem: Why they cannot be read; empty where they can.
        has_facts: Whether it left facts; a run that is going on or was killed did not.
        has_page: Whether it has a run report.
        changes: What changed since the last earlier run whose facts can be read; None for the first such run.
    """

    name: str
    record: RunRecord | None = None
    problem: str = ""
    has_facts: bool = True
    has_page: bool = False
    changes: tuple[Change, ...] | None = None

    @property
    def has_other_data(self) -> bool:
        """Whether the run read other data than the one before, so that their gains are of other images."""
        return any(change.kind == "data" for change in self.changes or ())


@dataclass(frozen=True, slots=True)
class ProductionEvent:
    """A model that became the production model.

    Attributes:
        number: The version.
        origin: How it got there.
        when: Time of the push; None where not known.
        run: Id of the run that trained the model.
        restores: The version with the same content, for a rollback or a promotion.
        gains: Its gain over the input when it was judged, by "psnr" and "ssim"; without those that are not known.
        denial: Its rollback; None where it was not rolled back.
        is_removed: Whether its folder was removed since.
    """

    number: int
    origin: Origin
    when: datetime | None
    run: str
    restores: int | None = None
    gains: dict[str, Gain] = field(default_factory=dict)
    denial: Denial | None = None
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """All runs, oldest first, and all models that were in production, likewise; the last one is in production now.

    Attributes:
        runs: The runs.
        events: The models; empty before the first push.
        problem: Why the push destination cannot be read; empty where it can.
    """

    runs: tuple[RunEntry, ...] = ()
    events: tuple[ProductionEvent, ...] = ()
    problem: str = ""

    @property
    def unreadable(self) -> tuple[RunEntry, ...]:
        """The runs whose facts are there and cannot be read."""
        return tuple(run for run in self.runs if run.has_facts and run.record is None)


def read_history(reports: Path) -> History:
    """Reads the facts of all runs and the push destination; what cannot be read is named in the result.

    Args:
        reports: Folder of the runs' folders.
    """
    runs = _with_changes([_entry(reports / name) for name in run_names(reports)])
    destination = _destination(reports, runs)
    try:
        events, problem = _events(destination, runs), ""
    except (OSError, ValueError) as error:  # such as a version that is pruned meanwhile
        events, problem = _pushes(runs, ()), f"{destination} cannot be read: {one_line(error)}"
    return History(tuple(runs), tuple(events), problem)


def _entry(folder: Path) -> RunEntry:
    has_page = (folder / PAGE_NAME).is_file()
    try:
        return RunEntry(folder.name, read_record(folder), has_page=has_page)
    except InputError as error:
        has_facts = (folder / FACTS_NAME).exists()
        return RunEntry(folder.name, problem=str(error), has_facts=has_facts, has_page=has_page)


def _with_changes(runs: Iterable[RunEntry]) -> list[RunEntry]:
    """Compares each run with the readable one before it; data that a failed run did not reach are those known before."""
    entries: list[RunEntry] = []
    before: RunRecord | None = None
    data: Mapping[str, str] = {}
    for run in runs:
        record = run.record
        if record is None:
            entries.append(run)
            continue
        found = None if before is None else _changes(before, record, data)
        entries.append(RunEntry(run.name, record, has_page=run.has_page, changes=found))
        before, data = record, record.data_values or data
    return entries


def _changes(before: RunRecord, after: RunRecord, data: Mapping[str, str]) -> tuple[Change, ...]:
    code = [{"code": record.code_version} if record.code_version else {} for record in (before, after)]
    return (
        *config_changes(before.config_yaml, after.config_yaml),
        *(changes("data", data, after.data_values) if data and after.data_values else ()),
        *(changes("code", *code) if all(code) else ()),
    )


def _destination(reports: Path, runs: Sequence[RunEntry]) -> Path:
    """Returns the push destination that the newest run names; that of the workspace where it was moved since."""
    for run in reversed(runs):
        if run.record and run.record.model_dir:
            folder = Path(run.record.model_dir).parent
            return folder if folder.is_dir() else models_in(reports.parent)
    return models_in(reports.parent)


def _events(destination: Path, runs: Sequence[RunEntry]) -> list[ProductionEvent]:
    versions = registry.versions(destination)
    denied = registry.denied_in(destination)
    names = [run.name for run in runs]
    events = [_event(version, names, denied.get(version.digest)) for version in versions]
    pushes = _pushes(runs, {event.number for event in events})
    return sorted([*events, *pushes], key=lambda event: event.number)


def _event(version: Version, names: Collection[str], denial: Denial | None) -> ProductionEvent:
    metrics = version.facts.get("metrics", {})
    gains = {name: _gain(metrics.get(gain(name))) for name in MEASURES}
    return ProductionEvent(
        number=version.number,
        origin=version.origin,
        when=_time(version.pushed),
        run=name_in(names, version.run_id) or version.run_id,
        restores=version.restores,
        gains={name: value for name, value in gains.items() if value is not None},
        denial=denial,
    )


def _pushes(runs: Iterable[RunEntry], known: Collection[int]) -> list[ProductionEvent]:
    """Returns the pushes of which only the run tells, because their folders were removed since."""
    events = {}
    for run in runs:
        number = _number(run.record.pushed_version) if run.record else None
        if run.record is None or number is None or number in known:
            continue
        gains = {name: value for name in MEASURES if (value := run.record.gain(name)) is not None}
        events[number] = ProductionEvent(number, "run", run.record.started, run.name, gains=gains, is_removed=True)
    return list(events.values())


def _number(version: str | None) -> int | None:
    return int(version) if version and version.isdecimal() and len(version) <= _MOST_DIGITS else None


def _gain(metric: object) -> Gain | None:
    try:
        return Gain.model_validate(metric)
    except ValidationError:
        return None


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
