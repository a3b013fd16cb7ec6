"""All measures of one image."""

import numpy as np
import pytest

from components.evaluation import measures
from components.evaluation.image_classes import brightness_class, size_class
from components.evaluation.measure_image import measure, measure_all
from data.image import colour
from data.image.luma import luma_studio_range
from data.image.measures import mae, psnr
from data.image.ssim import ssim_plane, ssim_rgb


@pytest.fixture
def images():
    rng = np.random.default_rng(5)
    target = rng.integers(30, 200, (24, 32, 3), dtype=np.uint8)
    degraded, restored = (
        np.clip(target.astype(int) + rng.integers(0, most, target.shape), 0, 255).astype(np.uint8) for most in (60, 12)
    )
    return restored, degraded, target


def test_each_measure_equals_its_function(images):
    restored, _, target = images
    values = measure(*images)
    assert set(values) == set(measures.MEASURED)
    planes = luma_studio_range(restored), luma_studio_range(target)
    assert values["psnr"] == psnr(restored, target)
    assert values["ssim"] == ssim_rgb(restored, target)
    assert values["psnr_y"] == psnr(*planes)
    assert values["ssim_y"] == ssim_plane(*planes)
    assert values["mae"] == mae(restored, target)
    assert values["ciede2000"] == colour.ciede2000(colour.lab(restored), colour.lab(target))
    assert np.isnan(values["ms_ssim_y"])


def test_a_gain_is_positive_where_the_restored_image_is_better(images):
    restored, degraded, target = images
    better, worse = measure(restored, degraded, target), measure(degraded, restored, target)
    for each in measures.MEASURES:
        if each.name != "ms_ssim_y":
            gain = measures.gain(each.name)
            assert better[gain] > 0
            assert worse[gain] == pytest.approx(-better[gain])
            assert abs(better[gain]) == pytest.approx(abs(better[each.name] - better[measures.of_input(each.name)]))


def test_an_unchanged_image_gains_nothing(images):
    _, degraded, target = images
    values = measure(degraded, degraded, target)
    assert all(values[measures.gain(m.name)] == 0 for m in measures.MEASURES if m.name != "ms_ssim_y")


def test_several_models_are_measured_independently(images):
    restored, degraded, target = images
    both = measure_all({"a": restored, "b": degraded}, degraded, target)
    assert both["a"] == pytest.approx(measure(restored, degraded, target), nan_ok=True)
    assert both["b"]["gain_psnr"] == 0


@pytest.mark.parametrize(
    ("size", "expected"),
    [((320, 480), "landscape, small"), ((480, 320), "portrait, small"), ((500, 500), "square, medium"),
     ((499, 500), "landscape, small"), ((1000, 1001), "landscape, large")],
)  # fmt: skip
def test_size_classes(size, expected):
    assert size_class(*size) == expected


@pytest.mark.parametrize(("level", "expected"), [(40, "dark"), (120, "middle"), (220, "bright")])
def test_brightness_classes(level, expected):
    assert brightness_class(np.full((12, 12, 3), level, np.uint8)) == expected
