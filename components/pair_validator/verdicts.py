"""The verdicts as they lie on disk: one JSON line a pair."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VERDICTS_FILE = "verdicts.jsonl"
OK = "ok"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """The verdict on one pair.

    Attributes:
        pair_id: The pair's id.
        input: Name of the degraded image in its data set.
        target: Name of the clean image in its data set.
        verdict: "ok" or "quarantined".
        reasons: Why it is quarantined: `code`, `measured`, `unit`, `threshold` and `text` each; empty where it is ok.
        measurements: Everything that was measured of it.
        split: The split it came in.
        scene_id: Its scene.
        severity: Its severity.
    """

    pair_id: str
    input: str
    target: str
    verdict: str
    reasons: list[dict[str, Any]]
    measurements: dict[str, Any]
    split: str
    scene_id: str
    severity: str

    @property
    def ok(self) -> bool:
        """Whether the pair passed."""
        return self.verdict == OK


def write_verdicts(verdicts: Iterable[PairVerdict], file: Path) -> None:
    """Writes one JSON line a pair; the file appears whole.

    Args:
        verdicts: The verdicts.
        file: Where to; its folder is made where it is missing.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.partial")
    with partial.open("w", encoding="utf-8") as lines:
        for verdict in verdicts:
            lines.write(json.dumps(asdict(verdict), ensure_ascii=False) + "\n")
    partial.replace(file)


def read_verdicts(file: Path) -> list[PairVerdict]:
    """Reads what `write_verdicts` wrote."""
    with file.open(encoding="utf-8") as lines:
        return [PairVerdict(**json.loads(line)) for line in lines]
