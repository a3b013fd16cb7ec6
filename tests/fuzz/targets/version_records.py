"""The records of a push destination: the bytes before `DENIED` are a version's `version.json`, those after it `denied.json`.

Whatever they hold, the version is listed and compared. What writers do beside damaged records is tested in
`tests/components/production/test_damaged_destination.py`.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path

from components.production import denials, registry
from components.production.version import RECORD, Version
from data.errors import InputError
from pipeline.models import tables
from pipeline.models.comparison import compare
from pipeline.models.versions import KnownVersion, known_versions, note_skipped
from tests.fuzz.frame import Target

DENIED = b"\xff denied \xff"
_FACTS = {
    "data": {"source": "set", "span": 1, "sha256": "b" * 64},
    "metrics": {"gain_psnr": {"value": 1.5, "unit": "dB", "low": 1.0, "high": None}},
    "verdict": {"blessed": True, "met": 3, "not_met": 0, "too_few_images": 1},
    "images": 12,
    "compared_with": "100",
}


def _read(data: bytes) -> None:
    record, _, denied = data.partition(DENIED)
    try:
        version = Version.from_json(record)
    except ValueError:
        version = None
    assert version is None or Version.from_json(version.to_json()) == version
    with tempfile.TemporaryDirectory() as folder:
        destination = Path(folder)
        (destination / "100").mkdir()
        (destination / "100" / "saved_model.pb").write_bytes(b"old")
        (destination / "100" / RECORD).write_bytes(record)
        if denied:
            (destination / denials.FILE_NAME).write_bytes(denied)
        known = known_versions(destination, destination / "none.sqlite")
        json.dumps([each.to_dict() for each in known])
        if version is not None:  # tables take most of the time
            _print(known, destination)
        assert set(registry.numbers_in(destination)) <= {100}


def _print(known: list[KnownVersion], destination: Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        tables.print_list(known)
        for each in known:
            tables.print_comparison(known[0], each, compare(known[0], each))
        note_skipped(destination)


def _seeds() -> list[bytes]:
    version = Version(100, "a" * 64, "run", "2026-01-01T00:00:00+00:00", facts=_FACTS, sizes={"saved_model.pb": 3})
    denied = json.dumps({"c" * 64: {"number": 90, "when": "2026-01-01T00:00:00+00:00", "reason": "streaks"}}).encode()
    return [version.to_json().encode() + DENIED + denied, b'{"number": 1, "digest": "x", "run_id": "r"}']


TARGET = Target(
    read=_read,
    seeds=_seeds,
    refusals=(InputError,),
    words=(
        *(
            DENIED,
            b'"facts"',
            b'"metrics"',
            b'"sizes"',
            b'"origin"',
            b'"rollback"',
            b'"restores"',
            b"null",
            b"1e999",
            b"NaN",
        ),
        *(b'"\\ud800"', b'"\\u001b[31m"', b"[[[[", b"{}", b"-1", b"9" * 30, b'"../../x"', b'"[/red]"'),
    ),
)
