"""Whether the data as a whole may be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from components.pair_validator.settings import PairPolicy
from components.pair_validator.verdicts import PairVerdict

_NAMED = 5
"""Pairs that a refusal names; all of them are in the verdicts' file."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why data is refused.

    Attributes:
        reason: Which rule it breaks.
        details: The pairs or anomalies that break it.
    """

    reason: str
    details: str


def refusal_of(verdicts: Sequence[PairVerdict], anomalies: Sequence[str], policy: PairPolicy) -> Refusal | None:
    """Returns why the data is refused; None where it may be used.

    Args:
        verdicts: One for each pair.
        anomalies: What ExampleValidator holds against the data.
        policy: How many quarantined pairs are admitted.
    """
    if anomalies:
        return Refusal(f"ExampleValidator found {len(anomalies)} anomalies", "; ".join(anomalies))
    bad = [verdict for verdict in verdicts if not verdict.ok]
    failed = f"{len(bad)} of {len(verdicts)} pairs failed"
    if len(bad) == len(verdicts):
        return Refusal(failed, _named(bad))
    if bad and policy.policy == "fail":
        return Refusal(f"{failed} and pairs.policy.policy is 'fail'", _named(bad))
    share = len(bad) / len(verdicts)
    if share > policy.max_quarantined_share:
        allowed = f"pairs.policy.max_quarantined_share is {policy.max_quarantined_share:.1%}"
        return Refusal(f"{failed} ({share:.1%}), {allowed}", _named(bad))
    return None


def _named(bad: Sequence[PairVerdict]) -> str:
    counts = Counter(reason["code"] for verdict in bad for reason in verdict.reasons)
    summary = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    first = "; ".join(
        f"{verdict.pair_id} ({', '.join(reason['code'] for reason in verdict.reasons)})" for verdict in bad[:_NAMED]
    )
    more = f"; and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    return f"{summary} - {first}{more}"
