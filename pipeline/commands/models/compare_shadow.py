"""`ast-restore models compare-shadow`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import exit_codes
from pipeline.commands.options import print_json, whole_workspace_option, with_options
from pipeline.commands.parameter_types import FiniteRange
from pipeline.commands.rollout_options import bound_option, shadow_log_option
from pipeline.serving.rollout.settings import MAX_FAILED, MAX_ODD, MAX_SLOWDOWN

_EPILOG = exit_codes.epilog(
    exit_codes.SHADOW,
    "ast-restore models compare-shadow",
    "ast-restore models compare-shadow --max-slowdown 1.2 --bound edges=0.5: --json",
)


@click.command("compare-shadow", epilog=_EPILOG)
@with_options(
    shadow_log_option,
    whole_workspace_option,
    click.option(
        "--max-failed",
        type=FiniteRange(0, 1),
        default=MAX_FAILED,
        show_default=True,
        help="Largest share of images that the shadow may fail for, 0 to 1.",
    ),
    click.option(
        "--max-slowdown",
        type=FiniteRange(min=0, min_open=True),
        default=MAX_SLOWDOWN,
        show_default=True,
        help="Largest ratio of the shadow's times to production's.",
    ),
    click.option(
        "--max-odd",
        type=FiniteRange(0, 1),
        default=MAX_ODD,
        show_default=True,
        help="Largest share of odd images beyond production's, 0 to 1.",
    ),
    bound_option,
    click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text."),
)
def compare_shadow(
    shadow_log: Path, max_failed: float, max_slowdown: float, max_odd: float, bounds: tuple[str, ...], as_json: bool
) -> int:
    """Judge the shadow of a server by its log.

    The log of `serve --shadow` holds scalars of images that production and shadow both restored. The command prints their
    paired differences with bootstrap bounds, and judges failures, times and odd images of the last pair of models. An
    image is odd if a measure against its input is outside of its range, so that it is hardly a restoration of it. No target is
    known, so the verdict does not say which model restores better.
    """
    from pipeline.serving.rollout.bounds import bounds_from
    from pipeline.serving.rollout.shadow.comparison import IN_BOUNDS, OUT_OF_BOUNDS, Limits, compare
    from pipeline.serving.rollout.shadow.comparison_output import print_comparison
    from pipeline.serving.rollout.shadow.reading import of_last_pair, read_log

    ranges = bounds_from(bounds)
    entries = read_log(shadow_log)
    judged = of_last_pair(entries)
    comparison = compare(judged, ranges, Limits(max_failed, max_slowdown, max_odd))
    if as_json:
        print_json(comparison.to_dict())
    else:
        print_comparison(comparison, len(entries) - len(judged))
    codes = {IN_BOUNDS: 0, OUT_OF_BOUNDS: exit_codes.MODEL_REFUSED}
    return codes.get(comparison.verdict, exit_codes.BAD_INPUT)
