"""Roles in an aligned pair: the input is the degraded image, the target the clean one.

One pair alone is asked here whether it has a ground truth at all. Which side is degraded is asked of a set
(`judging.direction`), with the cues and weights of this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.checks.check import Check, MeasuredPair, QuarantineReason, Score
from components.pair_validator.checks.matching import MatchThresholds
from components.pair_validator.measuring.pair_measurement import PairMeasurement
from components.pair_validator.threshold_fields import number
from data.same_picture import MAX_SAME_CHANGE, MAX_SAME_PLACE

SWAPPED = "swapped"
NO_GROUND_TRUTH = "no_ground_truth"

MEANINGS = {SWAPPED: "The target, not the input, is the degraded image."}
"""Meaning of the code that a set is asked for."""

MAX_FINE_CHANGE = 0.4
"""Largest log ratio of the energies at the finest scale between two savings of one picture; a blur of 1.5 px changes it by 0.6
and more, a JPEG quality of 30 by 0.2."""

MAX_FLAT_CHANGE = 0.6
"""Largest log ratio of the energies of flat places between two savings of one picture; noise of 15 grey levels exceeds it."""

MAX_TONE_CHANGE = 2.0
"""Largest change of the mean luma, in grey levels, between two savings of one picture; haze over a blank sky exceeds it."""

MAX_COLOUR_CHANGE = 3.0
"""Largest change of the mean difference of channels between two savings of one picture, in grey levels; haze exceeds it too."""

MAX_OWN_STRUCTURE = 0.3
"""Largest `RoleCues.own_structure` of two savings of one picture: noise of 15 grey levels has 0.34 and more, in textures that
hide it from the energies too; JPEG quality 50 has 0.13 at most, 20 has 0.25."""

GENERAL: tuple[tuple[str, float, float], ...] = (
    ("own_structure", 0.8, 3.06),
    ("streaks", 0.3, 2.35),
    ("bright_tail", 0.25, 0.56),
    ("veiling", 0.15, 3.54),
    ("softness", 0.3, 5.7),
)
"""Cues that mean the same in every set: name, the value beyond which more says little, weight in log odds.

Weather and a defocus speak with one sign each: what has structure of its own, streaks, bright specks, a veil, or is too soft is
the degraded image. `python -m pipeline.benchmarks.pair_validator.roles` fitted the weights (29 November 2026) to cues of
Rain100L, R100H, Rain200H, Rain800, Rain1400, SOTS indoor and AGAN, and of weather and other faults drawn on the embedded
photographs; it prints the table with each set left out. They are numbers about features, and hold no picture."""

OF_A_SET: tuple[tuple[str, float], ...] = (("coupling", 0.3), ("fine_contrast", 0.3), ("flat_ratio", 1.2))
"""Cues whose sign differs from set to set: noise fills flat places, haze empties them. They count only within a decided set."""

WEIGHTS: NDArray[np.float64] = np.array([weight for *_, weight in GENERAL] + [0.0] * len(OF_A_SET))
"""Weights of `cue_vector` in any set."""


class RoleThresholds(MatchThresholds):
    """Thresholds on the roles of the two images."""

    min_swap_evidence: float = number(
        1.25,
        "log odds",
        "Minimum evidence that the target is the degraded image, against what the other pairs of the set show; weaker "
        "evidence quarantines no pair.",
    )
    max_same_change: float = number(
        MAX_SAME_CHANGE,
        "grey levels",
        "Maximum 99th percentile of the change of 8x8 means in a pair of two clean images: compression changes them by "
        "up to 5, the lightest rain by 13.",
    )


def _flat_ratio(pair: PairMeasurement) -> float | None:
    if not pair.input_flat_energy or not pair.target_flat_energy:
        return None
    return math.log(pair.input_flat_energy / pair.target_flat_energy)


_DERIVED: dict[str, Callable[[PairMeasurement], float | None]] = {"flat_ratio": _flat_ratio}


def cue_vector(pair: PairMeasurement) -> NDArray[np.float32] | None:
    """Returns the cues of a pair, each bounded to -1 to 1: positive where they hold for the input more than for the target.

    Args:
        pair: Measurement of the pair.

    Returns:
        float32 [K], those of `GENERAL` and of `OF_A_SET`; None where one was not measured.
    """
    scaled = []
    for name, scale in (*((name, scale) for name, scale, _ in GENERAL), *OF_A_SET):
        value = _DERIVED[name](pair) if name in _DERIVED else getattr(pair, name)
        if value is None:
            return None
        scaled.append(math.tanh(value / scale))
    return np.array(scaled, np.float32)


def swap(pair: PairMeasurement) -> float | None:
    """Returns log odds of the pair alone that its target is the degraded image; near 0 it does not tell.

    None where it was not measured.

    Args:
        pair: The measurements.
    """
    cues = cue_vector(pair)
    return None if cues is None else -float(cues.astype(np.float64) @ WEIGHTS)


def same_change(pair: PairMeasurement) -> float | None:
    """Returns the 99th percentile of the change of 8x8 means, grey levels; None where it was not measured.

    Args:
        pair: The measurements.
    """
    return pair.change_strong


def _no_ground_truth(pair: MeasuredPair[RoleThresholds]) -> Iterator[QuarantineReason]:
    change = same_change(pair.measurement)
    if change is None or change >= pair.thresholds.max_same_change or _is_restorable(pair.measurement):
        return
    text = (
        f"both are the same picture, up to compression: 8 x 8 means change by {change:.2f} grey levels at most "
        f"in 99% of it (PSNR {pair.measurement.input_psnr:.1f} dB)"
    )
    yield pair.reason(NO_GROUND_TRUTH, change, "max_same_change", text)


def _is_restorable(pair: PairMeasurement) -> bool:
    """Returns whether the images differ by more than compression although most means of blocks are as they are.

    One has lost detail or gained noise, its light or colour is another, or something lies on a small part of one, such as a few
    raindrops.
    """
    flat = _flat_ratio(pair) or 0.0
    is_changed_in_a_place = (pair.change_largest or 0.0) >= MAX_SAME_PLACE
    has_lost_or_gained = abs(pair.fine_energy or 0.0) > MAX_FINE_CHANGE or abs(flat) > MAX_FLAT_CHANGE
    is_other_tone = abs(pair.mean_change or 0.0) > MAX_TONE_CHANGE
    if pair.input_colour is not None and pair.target_colour is not None:
        is_other_tone |= abs(pair.input_colour - pair.target_colour) > MAX_COLOUR_CHANGE
    has_own = (pair.own_structure or 0.0) > MAX_OWN_STRUCTURE
    return is_changed_in_a_place or is_other_tone or has_lost_or_gained or has_own


SCORES: dict[str, Score] = {"swap": swap, "same_change": same_change}

CHECKS: tuple[Check[RoleThresholds], ...] = (
    Check(
        NO_GROUND_TRUTH,
        "Both are the same picture up to compression: there is nothing to learn.",
        _no_ground_truth,
    ),
)
