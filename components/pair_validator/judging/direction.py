"""Decides which side is degraded: for each set first, then for the single pairs that contradict their set.

A layout has one convention for a whole folder, so that the pairs of a set tell more together than each alone. Each pair gives
log odds that its input is the degraded image (`checks.roles`). They are pooled as those of correlated witnesses, on top of a
prior for the layout's word; a set whose pairs do not tell stays undecided. In a decided set the weights are then adapted to
what distinguishes the sides in this very set, and a pair is held against it only where both its own and the adapted evidence
say so.

The result does not depend on the order of the pairs. In memory a pair takes about a hundred bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.checks.check import QuarantineReason, threshold_reason
from components.pair_validator.checks.roles import SWAPPED, WEIGHTS, RoleThresholds, cue_vector
from components.pair_validator.measuring.pair_measurement import PairMeasurement

RIGHT, REVERSED, UNDECIDED = "right", "swapped", "undecided"
"""What the pairs of a set say of its layout."""

PRIOR = 2.5
"""Log odds, before any pair is seen, that a layout takes the right side for the input: 92%."""

TRUST = 1.0
"""Log odds of a pair up to which it says nothing of its set: a habit of a set, such as more contrast, may cause as much."""

MIXED_SHARE = 0.05
"""Share of pairs against their own set that is expected; it bounds what one pair can say of it."""

CORRELATION = 0.1
"""Correlation of pairs of one set: any number of them counts as at most ten (Kish's effective sample size)."""

SET_THRESHOLD = 2.0
"""Log odds from which a set counts as decided, either way."""

PRIOR_PAIRS = 1.0
"""Precision of the general weights where they are adapted to a set, in the unit of a weight's log likelihood."""

ODDS_SHARE = 0.5
"""Share of the log odds that a set gives its layout, by the share of its pairs that fit it, which the evidence against a
single pair has to exceed. On 1,688 pairs drawn on the chosen half of the photographs it halves the right pairs that are
condemned and costs no pair of a swapped tenth; the whole of the log odds would cost up to a fifth of them."""

_SMALL_SET = 30.0
_ITERATIONS = 8
_STEPS = 8

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SetDirection:
    """What the pairs of a set say of its layout.

    Attributes:
        name: Name of the set: the first part of its pairs' ids.
        pairs: Pairs that were asked.
        log_odds: Log odds that the inputs are the degraded images, with the prior.
    """

    name: str
    pairs: int
    log_odds: float

    @property
    def verdict(self) -> str:
        """`RIGHT`, `REVERSED` or `UNDECIDED`."""
        if self.log_odds <= -SET_THRESHOLD:
            return REVERSED
        return RIGHT if self.log_odds >= PRIOR + SET_THRESHOLD / 2 else UNDECIDED


def set_of(pair_id: str) -> str:
    """Returns the name of the set of a pair: the first part of its id; empty where the id has one part.

    Args:
        pair_id: Id of the pair.
    """
    name, slash, _ = pair_id.partition("/")
    return name if slash else ""


class DirectionPool:
    """Collects the cues of pairs, and judges their roles when all are known."""

    def __init__(self, thresholds: RoleThresholds) -> None:
        """Makes an empty pool.

        Args:
            thresholds: The thresholds in force.
        """
        self._thresholds = thresholds
        self._members: dict[str, list[tuple[str, int, NDArray[np.float32]]]] = {}

    def add(self, index: int, measurement: PairMeasurement) -> None:
        """Adds a pair that passed all checks on its own; pairs that do not match say nothing.

        Args:
            index: Its position, by which `judge` names it.
            measurement: Its measurement.
        """
        cues = cue_vector(measurement)
        if cues is not None and (measurement.identity_snr or 0.0) >= self._thresholds.min_match:
            member = (measurement.pair_id, index, cues)
            self._members.setdefault(set_of(measurement.pair_id), []).append(member)

    def judge(self) -> tuple[dict[int, QuarantineReason], tuple[SetDirection, ...]]:
        """Judges all pairs.

        Returns:
            The reasons against swapped pairs by position, and the direction of each set, in the order of names.
        """
        reasons: dict[int, QuarantineReason] = {}
        directions = []
        for name, members in sorted(self._members.items()):
            members.sort(key=lambda member: member[:2])
            cues = np.array([values for _, _, values in members], np.float64)
            direction = SetDirection(name, len(members), pooled_log_odds(cues @ WEIGHTS))
            directions.append(direction)
            for position, evidence in swapped_pairs(cues, direction.verdict, self._thresholds.min_swap_evidence):
                reasons[members[position][1]] = self._reason(direction, evidence)
        return reasons, tuple(directions)

    def _reason(self, direction: SetDirection, evidence: float) -> QuarantineReason:
        if direction.verdict == REVERSED:
            whole = f"the whole set {direction.name}".strip()
            text = (
                f"in {whole} the targets, not the inputs, are the degraded images (log odds {-direction.log_odds:.1f} of "
                f"{direction.pairs} pairs): exchange the two sides of its layout"
            )
        elif direction.verdict == RIGHT:
            text = "the target, not the input, is the degraded image, unlike in the rest of its set"
        else:
            text = "the target, not the input, is the degraded image"
        return threshold_reason(SWAPPED, evidence, self._thresholds, "min_swap_evidence", text)


def pooled_log_odds(evidence: Vector) -> float:
    """Returns the log odds that the inputs of a set are the degraded images.

    Args:
        evidence: Log odds of each pair, [N], at least one.
    """
    certain = np.sign(evidence) * np.maximum(np.abs(evidence) - TRUST, 0.0)
    for_it, against = _logistic(certain), _logistic(-certain)
    mixed = MIXED_SHARE
    each = np.log(((1 - mixed) * for_it + mixed * against) / ((1 - mixed) * against + mixed * for_it))
    count = len(evidence)
    # Rounded, so that the order in which numpy adds cannot matter.
    return round(PRIOR + math.fsum(each.tolist()) / (1 + (count - 1) * CORRELATION), 6)


def swapped_pairs(
    cues: Vector, verdict: str, threshold: float, weights: Vector = WEIGHTS
) -> Iterator[tuple[int, float]]:
    """Finds the pairs of a set whose target is the degraded image.

    Args:
        cues: Cues of its pairs, [N, K].
        verdict: What they say of the layout.
        threshold: Least log odds against a pair of a large decided set.
        weights: General weights of the cues, [K].

    Yields:
        Position and log odds of each such pair.
    """
    own = cues @ weights
    if verdict == UNDECIDED:
        # Nothing but the pair itself speaks against the word of the layout.
        against = -own - PRIOR
        yield from ((int(index), float(against[index])) for index in np.flatnonzero(against > threshold))
        return
    sign = -1.0 if verdict == REVERSED else 1.0
    fitted, share = adapted_weights(sign * cues, weights)
    adapted = cues @ fitted
    # A small set adapts little, so that its pairs have to be clearer; in a set that is nearly all right a single one has to.
    enough = threshold * (1 + 1 / (1 + len(cues) / _SMALL_SET))
    if verdict == RIGHT:
        enough = max(enough, ODDS_SHARE * math.log(share / (1 - share)))
    contrary = (sign * adapted < -enough) & (sign * own < -0.1 * threshold)
    chosen = ~contrary if verdict == REVERSED else contrary
    # In a reversed set the set speaks for a pair that does not tell.
    yield from ((int(index), max(float(-adapted[index]), threshold)) for index in np.flatnonzero(chosen))


def adapted_weights(cues: Vector, general: Vector = WEIGHTS) -> tuple[Vector, float]:
    """Adapts the weights to a set: a logistic fit of its majority, with the general weights as prior.

    Some pairs may be swapped: the expectation-maximisation of Dempster, Laird and Rubin, 1977, over which of them are, and the
    share of them.

    Args:
        cues: Cues of the pairs, [N, K], whose majority has the degraded image as input.
        general: General weights of the cues, [K].

    Returns:
        Weights, [K], and the share of the pairs whose input is the degraded image, 0.5 to 0.98.
    """
    weights = general
    share = _share(_logistic(cues @ weights))
    for _ in range(_ITERATIONS):
        right = _logistic(cues @ weights + math.log(share / (1 - share)))
        share = _share(right)
        weights = _fit(cues, right, weights, general)
    return weights, share


def _fit(cues: Vector, right: Vector, weights: Vector, general: Vector) -> Vector:
    """Returns the weights of highest posterior probability, by Newton's method."""
    for _ in range(_STEPS):
        likely = _logistic(cues @ weights)
        gradient = cues.T @ (likely - right) + PRIOR_PAIRS * (weights - general)
        curvature = (cues.T * (likely * (1 - likely))) @ cues + PRIOR_PAIRS * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def _share(right: Vector) -> float:
    return min(max(float(right.mean()), 0.5), 0.98)


def _logistic(log_odds: Vector) -> Vector:
    return 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
