"""Whether the data as a whole may be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.pair_validator.judging.reasons import DUPLICATE
from components.pair_validator.judging.verdicts import Tally
from components.pair_validator.settings import PairPolicy

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


def refusal_of(tally: Tally, anomalies: Sequence[str], policy: PairPolicy) -> Refusal | None:
    """Returns why the data is refused; None where it may be used.

    Args:
        tally: Of the verdicts on all pairs.
        anomalies: What TFDV holds against the data.
        policy: How many quarantined pairs are admitted.
    """
    pairs = _pairs_refusal(tally, policy)
    if not anomalies:
        return pairs
    told, lines = f"TFDV found {len(anomalies)} anomalies", "; ".join(anomalies)
    # Bad pairs move the distributions too, so they come first.
    return Refusal(f"{pairs.reason}; {told} as well", f"{pairs.details}; {lines}") if pairs else Refusal(told, lines)


def _pairs_refusal(tally: Tally, policy: PairPolicy) -> Refusal | None:
    failed = f"{len(tally.bad)} of {tally.pairs} pairs failed"
    if len(tally.bad) == tally.pairs:
        return Refusal(f"{failed}{_most(tally)}", _named(tally))
    if tally.bad and policy.policy == "fail":
        return Refusal(f"{failed}{_most(tally)} and pairs.policy.policy is 'fail'", _named(tally))
    bad = sum(codes != (DUPLICATE,) for _, codes in tally.bad)
    share = bad / tally.pairs
    if share > policy.max_quarantined_share:
        allowed = f"pairs.policy.max_quarantined_share is {policy.max_quarantined_share:.1%}"
        beside = f", {len(tally.bad) - bad} mere duplicates not counted" if len(tally.bad) > bad else ""
        return Refusal(f"{failed} ({share:.1%}{beside}){_most(tally)}; {allowed}", _named(tally))
    return None


def _most(tally: Tally) -> str:
    """Says what most of the bad pairs are, in the sentence that everybody reads."""
    (code, count), *_ = tally.by_code().most_common(1)
    return f", {count} as {code}"


def _named(tally: Tally) -> str:
    summary = ", ".join(f"{count} {code}" for code, count in tally.by_code().most_common())
    first = "; ".join(f"{pair_id} ({', '.join(codes)})" for pair_id, codes in tally.bad[:_NAMED])
    more = f"; and {len(tally.bad) - _NAMED} more" if len(tally.bad) > _NAMED else ""
    return f"{summary} - {first}{more}"
