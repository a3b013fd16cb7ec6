"""Decides whether a data set as a whole may be used for training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from components.pair_validator.judging.advice import Advice
from components.pair_validator.judging.direction import REVERSED
from components.pair_validator.judging.reasons import DUPLICATE
from components.pair_validator.judging.verdicts import VerdictCounts
from components.pair_validator.settings import PairPolicy

_EXCHANGE = "exchange the sides of the layout (`--input-side`, or the folders of inputs and targets) and convert again"
_CHECK_LAYOUT = (
    "a fault of all pairs is one of the layout: try others with `ast-restore data check --layout` and convert again"
)
_QUARANTINE = "mend these pairs and convert again, or train on the others: `--set pairs.policy.on_bad_pair=quarantine`"
_TRAIN_ON_THE_REST = "mend these pairs and convert again, or, if the others suffice, train on them"
_LOOK_AT_ANOMALIES = (
    "compare what the anomalies name with the data before; mend the records, or, if a drift is intended: "
    "`--set pairs.policy.drift=report`"
)

_NAMED_PAIRS = 5
"""Pairs that a refusal names; the file of verdicts holds all of them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of the data.

    Attributes:
        reason: The rule that the data breaks.
        details: The pairs or anomalies that break it.
        advice: The reasons behind it, and what to do if the pairs are right.
        next_steps: What to do about the rule itself, a clause each without a full stop.
    """

    reason: str
    details: str
    advice: tuple[Advice, ...] = ()
    next_steps: tuple[str, ...] = ()


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
        pairs = replace(pairs, reason=f"{pairs.reason}; {cure}", next_steps=(_EXCHANGE, *pairs.next_steps))
    if not anomalies:
        return pairs
    reason, details = f"TFDV found {len(anomalies)} anomalies", "; ".join(anomalies)
    # Bad pairs change the distributions too, so they come first.
    return (
        Refusal(
            f"{pairs.reason}; {reason} as well",
            f"{pairs.details}; {details}",
            next_steps=(*pairs.next_steps, _LOOK_AT_ANOMALIES),
        )
        if pairs
        else Refusal(reason, details, next_steps=(_LOOK_AT_ANOMALIES,))
    )


def _pairs_refusal(counts: VerdictCounts, policy: PairPolicy) -> Refusal | None:
    failed = f"{len(counts.quarantined)} of {counts.pairs} pairs failed"
    if len(counts.quarantined) == counts.pairs:
        return Refusal(f"{failed}{_most(counts)}", _named(counts), next_steps=(_CHECK_LAYOUT,))
    if counts.quarantined and policy.on_bad_pair == "fail":
        reason = f"{failed}{_most(counts)} and pairs.policy.on_bad_pair is 'fail'"
        return Refusal(reason, _named(counts), next_steps=(_QUARANTINE,))
    bad = sum(codes != (DUPLICATE,) for _, codes in counts.quarantined)
    share = bad / counts.pairs
    if share > policy.max_quarantined_share:
        allowed = f"pairs.policy.max_quarantined_share is {policy.max_quarantined_share:.1%}"
        beside = f", {len(counts.quarantined) - bad} duplicates not counted" if len(counts.quarantined) > bad else ""
        enough = math.floor(100 * share + 1) / 100  # a whole percentage above the share
        step = f"{_TRAIN_ON_THE_REST}: `--set pairs.policy.max_quarantined_share={enough:g}`"
        return Refusal(f"{failed} ({share:.1%}{beside}){_most(counts)}; {allowed}", _named(counts), next_steps=(step,))
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
