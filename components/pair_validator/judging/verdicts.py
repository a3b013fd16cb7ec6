"""The verdicts as they lie on disk: one JSON line a pair."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data.strict_model import FiniteOrNone

VERDICTS_FILE = "verdicts.jsonl"
OK = "ok"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class QuarantineReason:
    """One check that a pair failed.

    Attributes:
        code: One of `reasons.CODES`.
        measured: The measured value, in `unit`, or words.
        unit: Unit of the value and of the threshold.
        threshold: What the value was held against, in `unit`, or words.
        text: The reason in one sentence.
    """

    code: str
    measured: FiniteOrNone | str
    unit: str
    threshold: FiniteOrNone | str
    text: str


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """The verdict on one pair.

    Attributes:
        pair_id: The pair's id.
        input: Name of the degraded image in its data set; None where there is none.
        target: Name of the clean image in its data set; None where there is none.
        verdict: "ok" or "quarantined".
        reasons: The checks that it failed; empty where it is ok.
        measurements: Everything that was measured of it.
        split: The split it came in.
        scene_id: Its scene.
        severity: Its severity.
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

    @property
    def ok(self) -> bool:
        """Whether the pair passed."""
        return self.verdict == OK


@dataclass(slots=True)
class Tally:
    """What is kept of verdicts that go by.

    Attributes:
        pairs: How many there were.
        bad: Id of each quarantined pair, and the codes of the reasons against it.
    """

    pairs: int = 0
    bad: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def add(self, verdict: PairVerdict) -> None:
        """Counts one verdict."""
        self.pairs += 1
        if not verdict.ok:
            codes = dict.fromkeys(reason.code for reason in verdict.reasons)
            self.bad.append((verdict.pair_id, tuple(codes)))

    def by_code(self) -> Counter[str]:
        """Returns how many pairs each code stands against, the most frequent first."""
        return Counter(code for _, codes in self.bad for code in codes)


def write_verdicts(verdicts: Iterable[PairVerdict], file: Path) -> Tally:
    """Writes one JSON line a pair as they come; the file appears whole.

    Args:
        verdicts: The verdicts.
        file: Where to; its folder is made where it is missing.

    Returns:
        How many there were, and those that are quarantined.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.partial")
    tally = Tally()
    # The name of a file may hold bytes that are no UTF-8; escaped, they are JSON.
    with partial.open("w", encoding="utf-8", errors="backslashreplace") as lines:
        for verdict in verdicts:
            tally.add(verdict)
            lines.write(json.dumps(asdict(verdict), ensure_ascii=False) + "\n")
    partial.replace(file)
    return tally


def stream_verdicts(file: Path) -> Iterator[PairVerdict]:
    """Reads what `write_verdicts` wrote, one by one."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            values = json.loads(line)
            yield PairVerdict(**values | {"reasons": tuple(QuarantineReason(**each) for each in values["reasons"])})


def read_verdicts(file: Path) -> list[PairVerdict]:
    """Reads what `write_verdicts` wrote."""
    return list(stream_verdicts(file))
