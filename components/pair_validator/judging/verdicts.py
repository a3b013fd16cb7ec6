"""The verdicts on pairs, and their file: one line of JSON per pair."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from components.pair_validator.checks.check import QuarantineReason as QuarantineReason
from components.pair_validator.judging.direction import set_of
from data.storage.files import whole_file

VERDICTS_FILE = "verdicts.jsonl"
OK = "ok"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """The verdict on one pair.

    Attributes:
        pair_id: Id of the pair.
        input: Name of the degraded image in its data set; None where it is missing.
        target: Name of the clean image in its data set; None where it is missing.
        verdict: "ok" or "quarantined".
        reasons: The checks that it failed; empty where it is ok.
        measurements: Fields of `PairMeasurement` by name.
        split: Split of the pair; empty where the data has none.
        scene_id: Scene of the pair; empty where it is unknown.
        severity: Severity of the degradation.
        direction: What all pairs of its set say of the set's layout: "right", "swapped" or "undecided"; empty where the set has
            no aligned pair, and in files that were written before 0.3.0.
    """

    pair_id: str
    input: str | None
    target: str | None
    verdict: str
    reasons: tuple[QuarantineReason, ...]
    measurements: dict[str, Any]
    split: str
    scene_id: str
    severity: str
    direction: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns all fields by name, as JSON values."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        return own | {"reasons": [asdict(reason) for reason in self.reasons]}

    @property
    def ok(self) -> bool:
        """Whether the pair passed all checks."""
        return self.verdict == OK


@dataclass(slots=True)
class VerdictCounts:
    """Counts of verdicts.

    Attributes:
        pairs: Number of verdicts.
        quarantined: Id of each quarantined pair, with the codes of its reasons.
        directions: What the pairs of each set say of its layout (see `PairVerdict.direction`), by name of the set.
    """

    pairs: int = 0
    quarantined: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    directions: dict[str, str] = field(default_factory=dict)

    def add(self, verdict: PairVerdict) -> None:
        """Counts one verdict.

        Args:
            verdict: The verdict.
        """
        self.pairs += 1
        if verdict.direction:
            self.directions[set_of(verdict.pair_id)] = verdict.direction
        if not verdict.ok:
            codes = dict.fromkeys(reason.code for reason in verdict.reasons)
            self.quarantined.append((verdict.pair_id, tuple(codes)))

    def sets(self, direction: str) -> list[str]:
        """Returns the names of the sets with a direction, sorted.

        Args:
            direction: "right", "swapped" or "undecided".
        """
        return sorted(name for name, found in self.directions.items() if found == direction)

    def by_code(self) -> Counter[str]:
        """Returns the number of quarantined pairs by reason code."""
        return Counter(code for _, codes in self.quarantined for code in codes)


def write_verdicts(verdicts: Iterable[PairVerdict], file: Path) -> VerdictCounts:
    """Writes verdicts one by one; the file appears under its name when it is complete.

    Args:
        verdicts: The verdicts, iterated once.
        file: Path of the file; a missing folder is created.

    Returns:
        Counts of the verdicts.
    """
    counts = VerdictCounts()
    # A file name may hold bytes that are not UTF-8; escaped, they are valid JSON.
    with whole_file(file) as partial, partial.open("w", encoding="utf-8", errors="backslashreplace") as lines:
        for verdict in verdicts:
            counts.add(verdict)
            lines.write(json.dumps(verdict.to_json(), ensure_ascii=False) + "\n")
    return counts


def stream_verdicts(file: Path) -> Iterator[PairVerdict]:
    """Reads the file of `write_verdicts` line by line.

    Args:
        file: Path of the file.

    Yields:
        One verdict per pair.
    """
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            values = json.loads(line)
            yield PairVerdict(**values | {"reasons": tuple(QuarantineReason(**each) for each in values["reasons"])})


def read_verdicts(file: Path) -> list[PairVerdict]:
    """Reads the whole file of `write_verdicts`.

    Args:
        file: Path of the file.

    Returns:
        One verdict per pair, in the order of the file.
    """
    return list(stream_verdicts(file))
