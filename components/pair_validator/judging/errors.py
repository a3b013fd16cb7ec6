"""The error that ends a run before anything is trained."""

from __future__ import annotations

from pathlib import Path

from components.pair_validator.judging.refusal import Refusal


class DataRefusedError(RuntimeError):
    """The data was refused; as text, it says why and names pairs.

    Attributes:
        reason: Why, without the pairs.
        verdicts: File of JSON lines, one verdict a pair.
        anomalies: What ExampleValidator held against the data.
    """

    def __init__(self, refusal: Refusal, verdicts: Path, anomalies: tuple[str, ...] = ()) -> None:
        """Makes the error.

        Args:
            refusal: Why, and which pairs.
            verdicts: See above.
            anomalies: See above.
        """
        super().__init__(f"{refusal.reason}: {refusal.details}")
        self.reason = refusal.reason
        self.verdicts = verdicts
        self.anomalies = anomalies
