"""Training curves."""

import re

import pytest

from pipeline.report.facts.training_facts import TrainingHistory
from pipeline.report.page import charts
from pipeline.report.page.gain_charts import slice_chart
from pipeline.report.page.rulers import threshold_ruler
from tests.pipeline.report import samples
from tests.pipeline.report.page.drawings import by_class, texts


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


def test_drawings_have_no_colour_of_their_own():
    drawings = [chart.drawing for chart in charts.training_charts(samples.history())]
    drawings += [threshold_ruler(samples.threshold()), slice_chart([samples.metrics("overall")], "psnr").drawing]
    assert not any(re.search(r"(fill|stroke)=|#[0-9a-f]{3}", str(drawing)) for drawing in drawings)
