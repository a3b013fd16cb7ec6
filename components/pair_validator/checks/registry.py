"""All checks, in the order in which they are made. A new family of checks is listed here, and nowhere else."""

from __future__ import annotations

from components.pair_validator.checks import (
    across_pairs,
    channels,
    files,
    orientation,
    patches,
    places,
    position,
    roles,
    scene,
    sizes,
    values,
)
from components.pair_validator.checks.across_pairs import AcrossThresholds
from components.pair_validator.checks.channels import ChannelThresholds
from components.pair_validator.checks.check import Check, Score
from components.pair_validator.checks.orientation import OrientationThresholds
from components.pair_validator.checks.patches import PatchThresholds
from components.pair_validator.checks.position import PositionThresholds
from components.pair_validator.checks.roles import RoleThresholds
from components.pair_validator.checks.scene import SceneThresholds
from components.pair_validator.checks.sizes import SizeThresholds


# The fields of a class come after those of the bases to its right.
class PairThresholds(
    AcrossThresholds,
    ChannelThresholds,
    RoleThresholds,
    PatchThresholds,
    OrientationThresholds,
    SceneThresholds,
    PositionThresholds,
    SizeThresholds,
):
    """Thresholds on the scores of a pair. A changed threshold needs no new measurement."""


STAGES: tuple[tuple[Check[PairThresholds], ...], ...] = (
    files.CHECKS,
    values.LEVEL_CHECKS,
    sizes.CHECKS + orientation.CHECKS,
    scene.CHECKS,
    places.CHECKS + patches.CHECKS + position.CHECKS + places.BORDER_CHECKS,
    roles.CHECKS + values.CHECKS + channels.CHECKS,
)
"""The checks of a pair on its own. A stage with a reason ends the judgement: what comes after it needs pairs that passed it."""

SCORES: dict[str, Score] = {
    **sizes.SCORES,
    **position.SCORES,
    **scene.SCORES,
    **places.SCORES,
    **patches.SCORES,
    **orientation.SCORES,
    **roles.SCORES,
    **values.SCORES,
    **channels.SCORES,
}
"""What is compared with thresholds, by name."""

MEANINGS = {check.code: check.meaning for stage in STAGES for check in stage} | roles.MEANINGS | across_pairs.MEANINGS
"""Meaning of each code, as the reports of pairs print it."""
