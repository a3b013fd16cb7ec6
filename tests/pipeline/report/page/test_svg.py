"""SVG elements, scales and ticks."""

import pytest

from pipeline.report.page import svg
from tests.pipeline.report import samples
from tests.pipeline.report.page.drawings import parse


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1200, ["0", "200", "400", "600", "800", "1\u202f000", "1\u202f200"]),
        (23.9, 28.3, ["24", "25", "26", "27", "28"]),
    ]
    + [(-0.02, 0.031, ["−0.02", "−0.01", "0.00", "0.01", "0.02", "0.03"])],
)
def test_ticks_are_round(low, high, labels):
    ticks = svg.Scale(low, high, 0, 100).ticks(5)
    assert svg.tick_labels(ticks) == labels


def test_ticks_of_a_log_scale():
    assert svg.Scale(0.015, 0.12, 100, 0, log=True).ticks() == pytest.approx([0.02, 0.05, 0.1])
    assert svg.Scale(1e-6, 1, 100, 0, log=True)(1e-3) == pytest.approx(50)


def test_extent_of_one_value_is_not_empty():
    assert svg.extent([5.0])[0] < 5 < svg.extent([5.0])[1]
    assert svg.extent([0.0])[0] < svg.extent([0.0])[1]


def test_text_in_a_drawing_is_escaped():
    drawing = svg.drawing(10, 10, samples.HOSTILE, [svg.text(0, 0, samples.HOSTILE)])
    assert "<script" not in drawing
    assert parse(drawing).find("text").text == samples.HOSTILE
