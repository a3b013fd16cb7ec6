"""The error that stops a run before training."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from components.pair_validator.judging.advice import Advice
from components.pair_validator.judging.refusal import Refusal
from components.pair_validator.judging.verdicts import VERDICTS_FILE
from data.storage.files import write_whole

REFUSAL_FILE = "refusal.json"
"""Lies beside the verdicts on refused data."""


class DataRefusedError(RuntimeError):
    """The data was refused. The message gives the reason and names the first pairs.

    Attributes:
        reason: The rule that the data breaks, without the pairs.
        details: The pairs or anomalies that break it.
        verdicts: File of verdicts, one line of JSON per pair.
        anomalies: Anomalies that TFDV found in the data, one line each.
        advice: The reasons behind the refusal, and what to do if the pairs are right.
        next_steps: What to do about the rule itself, a clause each without a full stop.
    """

    def __init__(self, refusal: Refusal, verdicts: Path, anomalies: tuple[str, ...] = ()) -> None:
        """Makes the error.

        Args:
            refusal: The rule and the pairs that break it.
            verdicts: File of verdicts, one line of JSON per pair.
            anomalies: Anomalies that TFDV found in the data, one line each.
        """
        advice = "".join(f"; {each.code}: {each.sentence()}" for each in refusal.advice)
        steps = "".join(f"; next: {step}" for step in refusal.next_steps)
        super().__init__(f"{refusal.reason}: {refusal.details}{advice}{steps}")
        self.reason = refusal.reason
        self.details = refusal.details
        self.verdicts = verdicts
        self.anomalies = anomalies
        self.advice = refusal.advice
        self.next_steps = refusal.next_steps

    def save(self) -> None:
        """Writes the refusal beside its verdicts."""
        refusal = {
            "reason": self.reason,
            "details": self.details,
            "anomalies": self.anomalies,
            "advice": [asdict(each) for each in self.advice],
            "next_steps": self.next_steps,
        }
        write_whole(self.verdicts.with_name(REFUSAL_FILE), json.dumps(refusal, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> DataRefusedError | None:
        """Reads the refusal that `save` wrote.

        Args:
            folder: The folder of the verdicts.

        Returns:
            The error; None if the data was not refused.
        """
        file = folder / REFUSAL_FILE
        if not file.is_file():
            return None
        saved = json.loads(file.read_text(encoding="utf-8"))
        advice = tuple(Advice(**each | {"examples": tuple(each["examples"])}) for each in saved.get("advice", ()))
        refusal = Refusal(saved["reason"], saved["details"], advice, tuple(saved.get("next_steps", ())))
        return cls(refusal, folder / VERDICTS_FILE, tuple(saved["anomalies"]))
