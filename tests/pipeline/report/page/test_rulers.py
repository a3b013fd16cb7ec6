"""Thresholds drawn as rulers."""

import pytest

from pipeline.report.page.rulers import RULER_WIDTH, threshold_ruler
from tests.pipeline.report import samples
from tests.pipeline.report.page.drawings import by_class, parse


def ruler_position(**changes):
    (value,) = by_class(threshold_ruler(samples.threshold(**changes)), "ruler-value")
    return float(value.get("cx")), value.get("class")


def test_ruler_has_the_passing_side_on_the_right():
    middle = RULER_WIDTH / 2
    assert ruler_position(value=3.0, threshold=1.0)[0] > middle
    assert ruler_position(value=3.0, threshold=10.0, direction="at_most")[0] > middle
    at, state = ruler_position(value=0.4, threshold=1.0, verdict="not met")
    assert at < middle
    assert "short" in state
    assert ruler_position(value=1.0, threshold=1.0)[0] == middle


@pytest.mark.parametrize("value", [-1e9, 0.0, 1e9])
@pytest.mark.parametrize("bound", [0.0, -0.05, 22.0])
def test_ruler_holds_every_value(value, bound):
    assert 0 < ruler_position(value=value, threshold=bound)[0] < RULER_WIDTH


def test_a_ruler_without_a_value_has_no_mark():
    drawing = threshold_ruler(samples.threshold(value=None, verdict="not met"))
    assert by_class(drawing, "ruler-value") == []
    assert "not measured" in parse(drawing).get("aria-label")
