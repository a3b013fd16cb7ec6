"""Gains of images and slices as charts."""

from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.page.gain_charts import gains_chart, slice_chart
from tests.pipeline.report import samples
from tests.pipeline.report.page.drawings import by_class, texts


def test_slice_chart_names_each_slice_and_its_gain():
    slices = [samples.metrics("overall"), samples.metrics("severity: heavy", 25.0, 24.5)]
    drawing = slice_chart(slices, "psnr").drawing
    assert {"overall", "heavy", "+3.92", "−0.50", "input", "restored"} <= set(texts(drawing))
    assert len(by_class(drawing, "way")) == 2
    assert len(by_class(drawing, "short")) == 2  # the line and the label of the slice that lost
    assert slice_chart([], "psnr") is None


def test_the_gains_chart_has_a_bar_for_each_image_and_marks_median_and_loss():
    images = [ImageGain(pair_id=str(gain), gain_psnr=gain) for gain in (3.0, -1.0, 2.0, 5.0)]
    chart = gains_chart(images)
    assert len(by_class(chart.drawing, "bar")) == 4
    assert len(by_class(chart.drawing, "short")) == len(by_class(chart.drawing, "median")) == 1
    assert chart.caption == "Best +5.00 dB, median +2.00 dB, worst −1.00 dB; 1 image of 4 made worse."
    assert gains_chart(images[:3]) is None
