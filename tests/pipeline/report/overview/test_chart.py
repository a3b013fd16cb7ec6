"""The gain over time as a chart."""

import pytest

from pipeline.report.overview.chart import gain_history, how_to_read
from pipeline.report.overview.history import read_history
from tests.pipeline.report.overview.workspaces import add_run, add_version, story
from tests.pipeline.report.page.drawings import by_class, texts


@pytest.fixture
def history(tmp_path):
    story(tmp_path)
    return read_history(tmp_path / "reports")


def points(line):
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


def test_each_run_has_a_dot_with_its_interval_or_a_cross(history):
    drawing = gain_history(history, "psnr").drawing
    dots, bars = by_class(drawing, "run-dot"), by_class(drawing, "run-interval")
    assert [dot.get("class").split()[1] for dot in dots] == ["pushed", "refused", "pushed"]
    assert len(by_class(drawing, "run-none")) == 2
    for dot, bar in zip(dots, bars, strict=True):
        assert float(dot.get("cx")) == float(bar.get("x1")) == float(bar.get("x2"))
        middle = (float(bar.get("y1")) + float(bar.get("y2"))) / 2
        assert float(dot.get("cy")) == pytest.approx(middle, abs=0.02)
    lefts = [float(dot.get("cx")) for dot in dots]
    assert lefts[1] - lefts[0] == pytest.approx(lefts[2] - lefts[1], abs=0.02)
    assert float(dots[2].get("cy")) < float(dots[0].get("cy")) < float(dots[1].get("cy"))
    assert "20261122-200000: Pushed, +3.00 dB (2.50 to 3.50)" in dots[0].find("title").text


def test_the_production_line_steps_up_at_a_push_and_down_at_a_rollback_between_two_runs(history):
    drawing = gain_history(history, "psnr").drawing
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in by_class(drawing, "run-dot")]
    (line,) = by_class(drawing, "production")
    steps = points(line)
    assert steps[0] == pytest.approx(dots[0], abs=0.1)
    assert steps[2] == pytest.approx(dots[2], abs=0.1)
    rolled_back = steps[4]
    assert rolled_back[1] == pytest.approx(dots[0][1], abs=0.1)
    cross = by_class(drawing, "run-none")[0].get("d")
    assert dots[2][0] < rolled_back[0] < float(cross.split()[0][1:])
    (triangle,) = by_class(drawing, "change")
    assert triangle.find("title").text == "rollback of 1, version 3"
    assert "in production +3.00 dB" in texts(drawing)


def test_other_data_are_marked_between_two_runs(history):
    drawing = gain_history(history, "ssim").drawing
    (line,) = by_class(drawing, "data-line")
    dots = [float(dot.get("cx")) for dot in by_class(drawing, "run-dot")]
    assert float(line.get("x1")) == pytest.approx((dots[1] + dots[2]) / 2, abs=0.02)
    guide = how_to_read(history)
    assert "of other images" in guide
    assert "rollback" in guide


def test_the_line_is_interrupted_by_a_model_that_nobody_judged(tmp_path):
    add_run(tmp_path, "pushed", 0, 3.0)
    for number, psnr in ((1, 3.0), (2, None), (3, 3.5)):
        add_version(tmp_path, number, number, psnr, origin="run" if psnr else "import")
    drawing = gain_history(read_history(tmp_path / "reports"), "psnr").drawing
    assert [len(points(line)) for line in by_class(drawing, "production")] == [2, 2]


def test_one_run_and_many_runs_are_drawn_and_none_is_no_chart(tmp_path):
    reports = tmp_path / "reports"
    assert gain_history(read_history(reports), "psnr") is None
    add_run(tmp_path, "data_refused", 0)
    assert gain_history(read_history(reports), "psnr") is None
    add_run(tmp_path, "pushed", 1, 0.0)
    assert gain_history(read_history(reports), "psnr").caption == "Newest 0.00 dB, run 20261122-210000."
    for hours in range(2, 40):
        add_run(tmp_path, "refused", hours, -hours / 10)
    chart = gain_history(read_history(reports), "psnr")
    assert chart.caption.endswith("Highest 0.00 dB, run 20261122-210000.")
    assert len(by_class(chart.drawing, "run-dot")) == 39
    days = [text for text in texts(chart.drawing) if text.endswith("Nov")]
    assert days == ["22 Nov", "23 Nov", "24 Nov"]
