"""Settings of shadow and canary. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CANDIDATE = "candidate"
"""Names the newest model that a run trained, whether it was pushed or not."""

MAX_ODD = 0.05
"""Largest share of odd images beyond production's: a client may send what no model restores."""

MAX_FAILED = 0.01
"""Largest share of images that fail, beyond production's: as many service objectives have it."""

MAX_SLOWDOWN = 1.5
"""Largest ratio of times to production's: beyond it as many clients need half as many machines again."""


SHADOW_SHARE = 0.1
"""Share of the images that a shadow restores unless another is given."""


@dataclass(frozen=True, slots=True)
class ShadowSettings:
    """A second model that restores a share of the images and answers none.

    Attributes:
        wanted: Number of a version, or `CANDIDATE`.
        log: Folder of its log.
        share: Share of the images.
        seed: Seed by which they are chosen.
    """

    wanted: str
    log: Path
    share: float = SHADOW_SHARE
    seed: int = 1


LEAST_IMAGES = 20
"""Images of each version before a canary is judged at all: the first ones fill caches."""

MAX_CANARY_SHARE = 0.5
"""Largest share that a canary answers: production has to answer as many, to compare with."""


@dataclass(frozen=True, slots=True)
class CanarySettings:
    """A newer version that answers a share of the requests before it may answer all.

    Attributes:
        share: Share of the requests.
        promote: Images that it answers in bounds before it answers all; None to wait for `models promote`.
        least: Images of each version before it is judged.
        max_failed: Largest share of images that fail, beyond production's.
        max_slowdown: Largest ratio of its times to production's median.
        max_odd: Largest share of odd images, beyond production's.
        bounds: Changed ranges of measures, NAME=LOW:HIGH each.
        seed: Seed by which requests are chosen; None to draw one that no client knows.
    """

    share: float
    promote: int | None = None
    least: int = LEAST_IMAGES
    max_failed: float = MAX_FAILED
    max_slowdown: float = MAX_SLOWDOWN
    max_odd: float = MAX_ODD
    bounds: tuple[str, ...] = ()
    seed: int | None = None
