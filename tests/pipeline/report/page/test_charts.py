import re
from xml.etree import ElementTree

import pytest

from pipeline.report.facts.training_facts import TrainingHistory
from pipeline.report.page import charts, gate_charts, svg
from tests.pipeline.report import samples


def parse(drawing):
    return ElementTree.fromstring(str(drawing))


def by_class(drawing, name):
    return [item for item in parse(drawing).iter() if name in (item.get("class") or "").split()]


def texts(drawing):
    return ["".join(item.itertext()) for item in parse(drawing).iter("text")]


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


def test_thinning_keeps_every_spike_and_both_ends_in_order():
    points = [(float(step), 1.0) for step in range(5000)]
    points[2345] = (2345.0, 9.0)
    kept = charts.thinned(points, 400)
    assert len(kept) <= 400
    assert (2345.0, 9.0) in kept
    assert kept == sorted(kept)
    assert charts.thinned(points[:300], 400) == points[:300]


def test_running_median_is_not_moved_by_a_spike():
    points = [(0, 1.0), (1, 1.0), (2, 50.0), (3, 1.0), (4, 1.0)]
    assert [value for _, value in charts.smoothed(points, 3)] == [1.0] * 5


def test_validation_chart_marks_the_best_step_and_its_gain():
    chart = charts.validation_chart(samples.history(), "psnr")
    mark = by_class(chart.drawing, "best")
    dots = by_class(chart.drawing, "dot")
    assert len(mark) == 1
    assert len(dots) == 4
    assert [mark[0].get(key) for key in ("cx", "cy")] == [dots[2].get(key) for key in ("cx", "cy")]
    assert {"best 28.00 dB", "gain +4.00 dB", "input 24.00 dB"} <= set(texts(chart.drawing))
    assert chart.caption == "Best at step 300: 28.00 dB, a gain of +4.00 dB over the input."


def test_higher_values_are_drawn_higher_and_all_inside():
    for chart in charts.training_charts(samples.history()):
        height = charts.HEIGHT - charts.BOTTOM
        for curve in by_class(chart.drawing, "series"):
            points = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
            assert all(charts.LEFT <= x <= charts.WIDTH and 0 <= y <= height + 0.1 for x, y in points)
    drawn = by_class(charts.validation_chart(samples.history(), "ssim").drawing, "dot")
    heights = [float(dot.get("cy")) for dot in drawn]
    assert heights[2] < heights[3] < heights[1] < heights[0]


def test_a_step_number_is_enough_to_mark_the_best():
    content = samples.history().model_dump() | {"best": 200}
    assert (
        "Best at step 200: 26.50 dB" in charts.validation_chart(TrainingHistory.model_validate(content), "psnr").caption
    )


def test_charts_without_values_are_left_out():
    assert charts.training_charts(None) == []
    assert charts.training_charts(TrainingHistory()) == []
    single = TrainingHistory.model_validate({"steps": [{"step": 1, "loss": 0.5, "learning_rate": 0.0}]})
    assert [chart.title for chart in charts.training_charts(single)] == ["Loss"]


@pytest.mark.parametrize("losses", [[-30.0, -31.5, -32.0], [0.0, 0.0], [5.0]])
def test_any_loss_can_be_drawn(losses):
    content = {"steps": [{"step": step, "loss": loss} for step, loss in enumerate(losses)]}
    assert charts.loss_chart(TrainingHistory.model_validate(content)) is not None


def ruler_position(**changes):
    (value,) = by_class(gate_charts.threshold_ruler(samples.threshold(**changes)), "ruler-value")
    return float(value.get("cx")), value.get("class")


def test_ruler_has_the_passing_side_on_the_right():
    middle = gate_charts.RULER_WIDTH / 2
    assert ruler_position(value=3.0, threshold=1.0)[0] > middle
    assert ruler_position(value=3.0, threshold=10.0, direction="at_most")[0] > middle
    at, state = ruler_position(value=0.4, threshold=1.0, verdict="not met")
    assert at < middle
    assert "short" in state
    assert ruler_position(value=1.0, threshold=1.0)[0] == middle


@pytest.mark.parametrize("value", [-1e9, 0.0, 1e9])
@pytest.mark.parametrize("bound", [0.0, -0.05, 22.0])
def test_ruler_holds_every_value(value, bound):
    assert 0 < ruler_position(value=value, threshold=bound)[0] < gate_charts.RULER_WIDTH


def test_a_ruler_without_a_value_has_no_mark():
    drawing = gate_charts.threshold_ruler(samples.threshold(value=None, verdict="not met"))
    assert by_class(drawing, "ruler-value") == []
    assert "not measured" in parse(drawing).get("aria-label")


def test_slice_chart_names_each_slice_and_its_gain():
    slices = [samples.metrics("overall"), samples.metrics("severity: heavy", 25.0, 24.5)]
    drawing = gate_charts.slice_chart(slices, "psnr").drawing
    assert {"overall", "heavy", "+3.92", "−0.50", "input", "restored"} <= set(texts(drawing))
    assert len(by_class(drawing, "way")) == 2
    assert len(by_class(drawing, "short")) == 2  # the line and the label of the slice that lost
    assert gate_charts.slice_chart([], "psnr") is None


def test_drawings_have_no_colour_of_their_own():
    drawings = [chart.drawing for chart in charts.training_charts(samples.history())]
    drawings += [gate_charts.threshold_ruler(samples.threshold())]
    assert not any(re.search(r"(fill|stroke)=|#[0-9a-f]{3}", str(drawing)) for drawing in drawings)
