"""The options of `serve` for a shadow and a canary, and what they mean together."""

from __future__ import annotations

from pathlib import Path

import click

from data.errors import InputError
from pipeline.commands.options import Decorator, with_options
from pipeline.commands.parameter_types import FilePath, FiniteRange, WholeRange
from pipeline.serving.rollout.bounds import DEFAULTS
from pipeline.serving.rollout.settings import (
    CANDIDATE,
    LEAST_IMAGES,
    MAX_CANARY_SHARE,
    MAX_FAILED,
    MAX_ODD,
    MAX_SLOWDOWN,
    SHADOW_SHARE,
    CanarySettings,
    ShadowSettings,
)
from pipeline.workspace import SHADOW

_CANARY = "canary_"


class Share(click.ParamType):
    """A share, given as `10%` or `0.1`: more than none, and no more than all."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Returns the share, 0 to 1."""
        text = str(value)
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = 0.0
        if not 0 < share <= 1:
            self.fail(f"{text!r} is not a share; give one such as 10% or 0.1", param, ctx)
        return share


shadow_log_option = click.option(
    "--shadow-log",
    type=FilePath(file_okay=False),
    default=SHADOW,
    show_default=True,
    metavar="FOLDER",
    help="Folder of the shadow's log: scalars of each image, no pixels, at most 32 MiB.",
)

bound_option = click.option(
    "--bound",
    "bounds",
    multiple=True,
    metavar="NAME=LOW:HIGH",
    help=f"Range of a measure ({', '.join(DEFAULTS)}), such as edges=0.5: or detail=0.5:1.5; repeat it for several.",
)

shadow_options: Decorator = with_options(
    click.option(
        "--shadow",
        metavar="VERSION|candidate",
        help="Restore a share of the images a second time with this version, or the newest that was trained; it answers "
        "nobody, see `models compare-shadow`.",
    ),
    click.option(
        "--shadow-share",
        type=Share(),
        metavar="SHARE",
        help=f"Share of the images that the shadow restores, such as 10% or 0.1.  [default: {SHADOW_SHARE:.0%}]",
    ),
    shadow_log_option,
)


def shadow_settings(shadow: str | None, share: float | None, log: Path, model: Path | None) -> ShadowSettings | None:
    """Returns the settings of the shadow; None where there is to be none.

    Args:
        shadow: Value of `--shadow`.
        share: Value of `--shadow-share`.
        log: Value of `--shadow-log`.
        model: Value of `--model`.

    Raises:
        InputError: The options make no sense together.
    """
    if shadow is None:
        if share is not None:
            raise InputError("--shadow-share: there is no shadow; give --shadow VERSION as well, or leave it out")
        return None
    if model is not None:
        raise InputError("--shadow compares with the version in production; leave out --model or --shadow")
    if shadow != CANDIDATE and not (shadow.isascii() and shadow.isdecimal()):
        raise InputError(f"--shadow {shadow}: give the number of a version, or {CANDIDATE}")
    return ShadowSettings(shadow, log, SHADOW_SHARE if share is None else share)


canary_options: Decorator = with_options(
    click.option(
        "--canary",
        type=Share(),
        metavar="SHARE",
        help="Let a newer version answer this share of the requests first, such as 10%; it is rolled back where it is out of "
        "bounds.",
    ),
    click.option(
        "--canary-promote",
        type=WholeRange(min=1),
        metavar="IMAGES",
        help="Images in bounds after which it answers every request; without it, `models promote` decides.",
    ),
    click.option(
        "--canary-min",
        type=WholeRange(min=1),
        metavar="IMAGES",
        help=f"Images of each version before the newer one is judged.  [default: {LEAST_IMAGES}]",
    ),
    click.option(
        "--canary-max-failed",
        type=FiniteRange(0, 1),
        help=f"Largest share of images that fail, beyond production's, 0 to 1.  [default: {MAX_FAILED}]",
    ),
    click.option(
        "--canary-max-slowdown",
        type=FiniteRange(min=0, min_open=True),
        help="It is too slow if half of its images take more than this many times production's median.  "
        f"[default: {MAX_SLOWDOWN}]",
    ),
    click.option(
        "--canary-max-odd",
        type=FiniteRange(0, 1),
        help=f"Largest share of odd images, beyond production's, 0 to 1.  [default: {MAX_ODD}]",
    ),
    bound_option,
)


def canary_settings(
    canary: float | None, model: Path | None, shadow: str | None, bounds: tuple[str, ...], **limits: float | None
) -> CanarySettings | None:
    """Returns the settings of the canary; None where there is to be none.

    Args:
        canary: Value of `--canary`.
        model: Value of `--model`.
        shadow: Value of `--shadow`.
        bounds: Values of `--bound`.
        **limits: Values of the options `--canary-...` by the parameter's name; None for those that were not given.

    Raises:
        InputError: The options make no sense together.
    """
    given = {name.removeprefix(_CANARY): value for name, value in limits.items() if value is not None}
    if canary is None:
        if given or bounds:
            option = f"--canary-{next(iter(given)).replace('_', '-')}" if given else "--bound"
            raise InputError(f"{option}: there is no canary; give --canary SHARE as well, or leave it out")
        return None
    if model is not None:
        raise InputError("--canary tries newer versions of the push destination; leave out --model or --canary")
    if shadow is not None:
        raise InputError("--canary and --shadow each need a second model in memory; give one of them")
    if canary > MAX_CANARY_SHARE:
        raise InputError(
            f"--canary {canary:.0%}: at most {MAX_CANARY_SHARE:.0%}, because it is compared with what production answers"
        )
    least, promote = int(given.get("min", LEAST_IMAGES)), given.get("promote")
    if promote is not None and promote < least:
        raise InputError(
            f"--canary-promote {promote:g}: a canary is judged after {least} images; give as many at least"
        )
    return CanarySettings(
        share=canary,
        promote=None if promote is None else int(promote),
        least=least,
        max_failed=given.get("max_failed", MAX_FAILED),
        max_slowdown=given.get("max_slowdown", MAX_SLOWDOWN),
        max_odd=given.get("max_odd", MAX_ODD),
        bounds=bounds,
    )
