"""The codes of the reasons to quarantine a pair, and their meanings, in one place for those who read verdicts."""

from __future__ import annotations

from components.pair_validator.checks.across_pairs import DUPLICATE as DUPLICATE
from components.pair_validator.checks.across_pairs import LEAK as LEAK
from components.pair_validator.checks.files import BOMB as BOMB
from components.pair_validator.checks.files import MISSING_PARTNER as MISSING_PARTNER
from components.pair_validator.checks.files import NOT_AN_IMAGE as NOT_AN_IMAGE
from components.pair_validator.checks.files import OTHER_PROFILE as OTHER_PROFILE
from components.pair_validator.checks.files import UNDECODABLE as UNDECODABLE
from components.pair_validator.checks.orientation import FLIPPED as FLIPPED
from components.pair_validator.checks.places import BORDERED as BORDERED
from components.pair_validator.checks.places import LOCALLY_MISALIGNED as LOCALLY_MISALIGNED
from components.pair_validator.checks.position import MISALIGNED as MISALIGNED
from components.pair_validator.checks.position import SCALED as SCALED
from components.pair_validator.checks.position import STRETCHED as STRETCHED
from components.pair_validator.checks.registry import MEANINGS as MEANINGS
from components.pair_validator.checks.roles import NO_GROUND_TRUTH as NO_GROUND_TRUTH
from components.pair_validator.checks.roles import SWAPPED as SWAPPED
from components.pair_validator.checks.scene import UNRELATED as UNRELATED
from components.pair_validator.checks.sizes import SIZE_MISMATCH as SIZE_MISMATCH
from components.pair_validator.checks.sizes import TOO_SMALL as TOO_SMALL
from components.pair_validator.checks.values import CHANNELS_SWAPPED as CHANNELS_SWAPPED
from components.pair_validator.checks.values import LOW_QUALITY_TARGET as LOW_QUALITY_TARGET
from components.pair_validator.checks.values import RANGE_MISMATCH as RANGE_MISMATCH
