"""Decides whether a data set as a whole may be used for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from components.pair_validator.judging.advice import Advice
from components.pair_validator.judging.direction import REVERSED
from components.pair_validator.judging.reasons import DUPLICATE
from components.pair_validator.judging.verdicts import VerdictCounts
from components.pair_validator.settings import PairPolicy

_NAMED_PAIRS = 5
"""Pairs that a refusal names; the file of verdicts holds all of them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of the data.

    Attributes:
        reason: The rule that the data breaks.
        details: The pairs or anomalies that break it.
        advice: The reasons behind it, and what to do if the pairs are right.
    """

    reason: str
    details: str
    advice: tuple[Advice, ...] = ()


def refusal_of(counts: VerdictCounts, anomalies: Sequence[str], policy: PairPolicy) -> Refusal | None:
    """Applies the policy to the verdicts and anomalies of a data set.

    Args:
        counts: Counts of the verdicts on all pairs.
        anomalies: Anomalies that TFDV found, one line each.
        policy: The policy in force.

    Returns:
        The refusal; None where the data may be used. Any anomaly refuses the data. Pairs that are only duplicates do not count
        towards `max_quarantined_share`.
    """
    pairs = _pairs_refusal(counts, policy)
    reversed_sets = ", ".join(name or "the set" for name in counts.sets(REVERSED))
    if pairs and reversed_sets:
        cure = f"in {reversed_sets} the targets are the degraded images: exchange the sides of the layout and convert again"
        pairs = replace(pairs, reason=f"{pairs.reason}; {cure}")
    if not anomalies:
        return pairs
    reason, details = f"TFDV found {len(anomalies)} anomalies", "; ".join(anomalies)
    # Bad pairs change the distributions too, so they come first.
    return (
        Refusal(f"{pairs.reason}; {reason} as well", f"{pairs.details}; {details}")
        if pairs
        else Refusal(reason, details)
    )


def _pairs_refusal(counts: VerdictCounts, policy: PairPolicy) -> Refusal | None:
    failed = f"{len(counts.quarantined)} of {counts.pairs} pairs failed"
    if len(counts.quarantined) == counts.pairs:
        return Refusal(f"{failed}{_most(counts)}", _named(counts))
    if counts.quarantined and policy.on_bad_pair == "fail":
        return Refusal(f"{failed}{_most(counts)} and pairs.policy.on_bad_pair is 'fail'", _named(counts))
    bad = sum(codes != (DUPLICATE,) for _, codes in counts.quarantined)
    share = bad / counts.pairs
    if share > policy.max_quarantined_share:
        allowed = f"pairs.policy.max_quarantined_share is {policy.max_quarantined_share:.1%}"
        beside = f", {len(counts.quarantined) - bad} duplicates not counted" if len(counts.quarantined) > bad else ""
        return Refusal(f"{failed} ({share:.1%}{beside}){_most(counts)}; {allowed}", _named(counts))
    return None


def _most(counts: VerdictCounts) -> str:
    """Returns the most frequent reason code, as the end of a sentence."""
    (code, count), *_ = counts.by_code().most_common(1)
    return f", {count} as {code}"


def _named(counts: VerdictCounts) -> str:
    summary = ", ".join(f"{count} {code}" for code, count in counts.by_code().most_common())
    first = "; ".join(f"{pair_id} ({', '.join(codes)})" for pair_id, codes in counts.quarantined[:_NAMED_PAIRS])
    more = f"; and {len(counts.quarantined) - _NAMED_PAIRS} more" if len(counts.quarantined) > _NAMED_PAIRS else ""
    return f"{summary} - {first}{more}"
