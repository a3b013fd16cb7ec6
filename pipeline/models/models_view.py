"""What is known of the pushed versions, from the push destination and from ML Metadata, and how it is printed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.production import denials, registry
from components.production.registry import Version
from data.errors import InputError
from pipeline.models.pushed_models import pushed_models

FOLDER, METADATA = "folder", "metadata"
_SHORT = 12
_LISTED_METRICS = ("gain_psnr", "gain_ssim")


@dataclass(frozen=True, slots=True)
class Entry:
    """A version, and where it is known from.

    Attributes:
        version: Its record.
        known_from: "folder", "metadata", or both.
        in_production: Whether it is what is served.
        denied: Why its model may not be pushed again; None where it may.
    """

    version: Version
    known_from: tuple[str, ...]
    in_production: bool
    denied: str | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the entry as what JSON holds."""
        return asdict(self.version) | {
            "known_from": list(self.known_from),
            "in_production": self.in_production,
            "denied": self.denied,
        }


def entries(destination: Path, metadata: Path) -> list[Entry]:
    """Returns all versions that either source knows, newest first.

    Args:
        destination: The push destination; it may be missing.
        metadata: ML Metadata's file; it may be missing.
    """
    in_folder = {version.number: version for version in registry.versions(destination)}
    in_metadata = pushed_models(metadata, destination)
    denied = denials.read(destination)
    newest = max(in_folder, default=None)
    found = []
    for number in sorted(in_folder.keys() | in_metadata.keys(), reverse=True):
        version = in_folder.get(number) or in_metadata[number]
        sources = tuple(name for name, known in ((FOLDER, in_folder), (METADATA, in_metadata)) if number in known)
        denial = denied.get(version.digest)
        why = None if denial is None else f"rolled back {denial.when}{f': {denial.reason}' if denial.reason else ''}"
        found.append(Entry(version, sources, number == newest, why))
    return found


def require_any(found: list[Entry], destination: Path, metadata: Path) -> None:
    """Raises an InputError where there is no version at all."""
    if not found:
        raise InputError(
            f"{destination}: no model was pushed there, and {metadata} knows of none; run the pipeline first"
        )


def find(found: list[Entry], number: int, destination: Path) -> Entry:
    """Returns the entry of a version.

    Raises:
        InputError: Neither source knows it.
    """
    for entry in found:
        if entry.version.number == number:
            return entry
    known = ", ".join(str(entry.version.number) for entry in found) or "none"
    raise InputError(f"{destination}: no version {number}; the versions are: {known}")


def is_intact(entry: Entry, destination: Path) -> bool | None:
    """Returns whether a version's files are what was pushed; None where they are not there any more."""
    if FOLDER not in entry.known_from:
        return None
    return registry.model_digest(destination / str(entry.version.number)) == entry.version.digest


def compare(one: Entry, other: Entry) -> dict[str, Any]:
    """Returns what two versions have and differ in: facts as pairs, metrics with the difference, other minus one."""
    facts = {name: [_described(one)[name], _described(other)[name]] for name in _described(one)}
    measured = [entry.version.facts.get("metrics", {}) for entry in (one, other)]
    metrics = {
        name: {
            "values": [part[name]["value"] for part in measured],
            "difference": measured[1][name]["value"] - measured[0][name]["value"],
            "unit": measured[0][name]["unit"],
        }
        for name in measured[0]
        if name in measured[1]
    }
    data = [entry.version.facts.get("data", {}).get("sha256") for entry in (one, other)]
    return {
        "facts": facts,
        "metrics": metrics,
        "same_data": data[0] is not None and data[0] == data[1],
        "same_model": one.version.digest == other.version.digest,
    }


def _described(entry: Entry) -> dict[str, str]:
    """Returns what a table says of a version, by its label."""
    version, facts = entry.version, entry.version.facts
    verdict = facts.get("verdict", {})
    return {
        "pushed": version.pushed or registry.UNKNOWN,
        "origin": version.origin if version.restores is None else f"{version.origin} of {version.restores}",
        "run": version.run_id,
        "data": _data(facts.get("data", {})),
        "code": facts.get("code", registry.UNKNOWN),
        "trained from": (facts.get("parent") or "random weights") if facts else registry.UNKNOWN,
        "compared with": facts.get("compared_with", registry.UNKNOWN),
        "verdict": f"{verdict['met']} met, {verdict['not_met']} not met, {verdict['too_few_images']} too few images"
        if verdict
        else registry.UNKNOWN,
        "images": str(facts.get("images", registry.UNKNOWN)),
        "model SHA-256": version.digest,
        "known from": " and ".join(entry.known_from),
        "state": _state(entry),
    }


def _data(data: dict[str, Any]) -> str:
    if not data:
        return registry.UNKNOWN
    return f"{data['source']}, span {data['span']}, SHA-256 {(data['sha256'] or registry.UNKNOWN)[:_SHORT]}"


def _state(entry: Entry) -> str:
    if entry.in_production:
        return "in production" + (f"; {entry.denied}" if entry.denied else "")
    if entry.denied:
        return entry.denied
    return "kept" if FOLDER in entry.known_from else "removed"


def print_list(found: list[Entry]) -> None:
    """Prints a line for each version."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("version", "pushed", "data", "PSNR gain, dB", "SSIM gain", "verdict", "state"):
        table.add_column(title, overflow="fold")
    for entry in found:
        facts = entry.version.facts
        gains = [_with_bounds(facts.get("metrics", {}).get(name), decimals=2 + index)
                 for index, name in enumerate(_LISTED_METRICS)]  # fmt: skip
        data = facts.get("data", {})
        span = f"{data['source']}/{data['span']}" if data else registry.UNKNOWN
        verdict = "blessed" if facts.get("verdict", {}).get("blessed") else registry.UNKNOWN
        row = (
            str(entry.version.number),
            entry.version.pushed[:16].replace("T", " "),
            span,
            *gains,
            verdict,
            _state(entry),
        )
        table.add_row(*map(Text, row), style="bold" if entry.in_production else "")
    _console().print(table)


def print_one(entry: Entry, intact: bool | None) -> None:
    """Prints all that is known of a version."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row("version", str(entry.version.number))
    for label, text in _described(entry).items():
        table.add_row(label, Text(text))
    files = {True: "as pushed", False: "NOT what was pushed", None: "not there any more"}[intact]
    table.add_row("files", Text(files, style="" if intact else "red"))
    for name, metric in entry.version.facts.get("metrics", {}).items():
        table.add_row(name, f"{_with_bounds(metric, decimals=4)} {metric['unit']}")
    _console().print(table)


def print_diff(one: Entry, other: Entry, compared: dict[str, Any]) -> None:
    """Prints two versions side by side."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", str(one.version.number), str(other.version.number), "difference"):
        table.add_column(title, overflow="fold")
    for label, (left, right) in compared["facts"].items():
        table.add_row(label, Text(left), Text(right), "" if left == right else "differs")
    for name, metric in compared["metrics"].items():
        left, right = (f"{value:.4f}" for value in metric["values"])
        table.add_row(f"{name} {metric['unit']}".strip(), left, right, f"{metric['difference']:+.4f}")
    _console().print(table)
    if compared["metrics"] and not compared["same_data"]:
        _console().print("They were not evaluated on the same data: the differences of their metrics say little.")


def _console() -> Console:
    console = Console()
    if not console.is_terminal:  # a pipe has no width; rich would fold at 80 columns
        console.width = 200
    return console


def _with_bounds(metric: dict[str, Any] | None, decimals: int) -> str:
    if metric is None:
        return registry.UNKNOWN
    value = f"{metric['value']:.{decimals}f}"
    if metric["low"] is None:
        return value
    return f"{value} ({metric['low']:.{decimals}f} to {metric['high']:.{decimals}f})"
