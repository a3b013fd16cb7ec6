"""Compares two pushed versions: where they come from, and their metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.production.registry import UNKNOWN
from pipeline.models.versions import KnownVersion
from pipeline.report.wording import parent_model, production_model

_DIGEST_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class MetricPair:
    """One metric of two versions: both values, and the second minus the first, in `unit`."""

    values: tuple[float, float]
    difference: float
    unit: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions side by side.

    Attributes:
        facts: Facts of both versions in words, by label.
        metrics: The metrics that both versions have, by name.
        same_data: Whether both were evaluated on the same data; only then are their metrics comparable.
        same_model: Whether both are the same model.
    """

    facts: dict[str, tuple[str, str]]
    metrics: dict[str, MetricPair]
    same_data: bool
    same_model: bool


def compare(one: KnownVersion, other: KnownVersion) -> Comparison:
    """Returns two versions side by side."""
    labels, others = described(one), described(other)
    before, after = (each.version.facts.get("metrics", {}) for each in (one, other))
    digests = [each.version.facts.get("data", {}).get("sha256") for each in (one, other)]
    return Comparison(
        facts={label: (text, others[label]) for label, text in labels.items()},
        metrics={name: _metric_pair(before[name], after[name]) for name in before if name in after},
        same_data=digests[0] is not None and digests[0] == digests[1],
        same_model=one.version.digest == other.version.digest,
    )


def _metric_pair(before: dict[str, Any], after: dict[str, Any]) -> MetricPair:
    return MetricPair((before["value"], after["value"]), after["value"] - before["value"], before["unit"])


def described(known: KnownVersion) -> dict[str, str]:
    """Returns the facts of a version in words, by label."""
    version, facts = known.version, known.version.facts
    return {
        "pushed": version.pushed or UNKNOWN,
        "origin": version.origin if version.restores is None else f"{version.origin} of {version.restores}",
        "run": version.run_id,
        "data": _data(facts.get("data", {})),
        "code": facts.get("code", UNKNOWN),
        "trained from": parent_model(facts["parent"]) if "parent" in facts else UNKNOWN,
        "compared with": production_model(facts["compared_with"]) if "compared_with" in facts else UNKNOWN,
        "verdict": _verdict(facts.get("verdict", {})),
        "images": str(facts.get("images", UNKNOWN)),
        "model SHA-256": version.digest,
        "known from": " and ".join(known.known_from),
        "state": known.state,
    }


def _data(data: dict[str, Any]) -> str:
    if not data:
        return UNKNOWN
    return f"{data['source']}, span {data['span']}, SHA-256 {(data['sha256'] or UNKNOWN)[:_DIGEST_CHARACTERS]}"


def _verdict(verdict: dict[str, Any]) -> str:
    if not verdict:
        return UNKNOWN
    thresholds = verdict["met"] + verdict["not_met"] + verdict["too_few_images"]
    few = f", {verdict['too_few_images']} with too few images" if verdict["too_few_images"] else ""
    return f"{verdict['met']} of the gate's {thresholds} thresholds met{few}"
