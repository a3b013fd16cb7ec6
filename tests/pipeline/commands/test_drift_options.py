"""The options that `data drift` and `schedule --on-drift` share."""

import pytest

from pipeline.commands.cli import cli
from pipeline.commands.drift_options import FEWEST_IMAGES
from pipeline.serving.monitoring import drift


def _option(name, *path):
    command = cli
    for part in path:
        command = command.commands[part]
    (option,) = (option for option in command.params if name in option.opts)
    return option


@pytest.mark.parametrize(("one", "other"), [("--hours", "--drift-hours"), ("--min-images", "--drift-images")])
def test_both_commands_accept_the_same_values(one, other):
    by_hand, scheduled = _option(one, "data", "drift"), _option(other, "schedule")
    assert vars(by_hand.type) == vars(scheduled.type)


def test_fewer_images_than_can_be_judged_are_refused():
    assert FEWEST_IMAGES == drift.FEWEST_IMAGES
    for name, *path in (("--min-images", "data", "drift"), ("--drift-images", "schedule")):
        assert _option(name, *path).type.min == FEWEST_IMAGES
