"""The TFMA metric, in a real TFMA run over records and two models' predictions."""

import cv2
import numpy as np
import pytest

from components.evaluation import restoration_quality as quality
from components.evaluation.quality import psnr, ssim


def _png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


@pytest.fixture
def images():
    rng = np.random.default_rng(5)
    target = rng.integers(30, 200, (24, 32, 3), dtype=np.uint8)
    degraded = np.clip(target.astype(int) + rng.integers(0, 60, target.shape), 0, 255).astype(np.uint8)
    restored = np.clip(target.astype(int) + rng.integers(0, 12, target.shape), 0, 255).astype(np.uint8)
    return restored, degraded, target


def test_gain_is_restored_minus_input(images):
    restored, degraded, target = images
    values = quality.measure(restored, degraded, target)
    assert values["gain_psnr"] == pytest.approx(psnr(restored, target) - psnr(degraded, target))
    assert values["gain_ssim"] == pytest.approx(ssim(restored, target) - ssim(degraded, target))
    assert values["gain_psnr"] > 5


def test_doing_nothing_gains_nothing(images):
    _, degraded, target = images
    values = quality.measure(degraded, degraded, target)
    assert values["gain_psnr"] == 0
    assert values["gain_ssim"] == 0


def _combiner():
    (computation,) = quality.RestorationQuality().computations(model_names=["m"], output_names=[""])
    return computation


def test_the_preprocessor_reads_images_from_record_and_prediction(images):
    restored, degraded, target = images
    extracts = {
        "features": {"pair_id": np.array([b"p"]), "input_image": np.array([_png(degraded)]),
                     "target_image": np.array([_png(target)])},
        "predictions": np.array([_png(restored)], dtype=object),
    }  # fmt: skip
    (values,) = _combiner().preprocessors[0].process(extracts)
    assert values == quality.measure(restored, degraded, target)


def test_an_image_that_does_not_decode_is_named():
    extracts = {
        "features": {
            "pair_id": np.array([b"broken"]),
            "input_image": np.array([b"x"]),
            "target_image": np.array([b"x"]),
        },
        "predictions": np.array([b"x"], dtype=object),
    }
    with pytest.raises(ValueError, match="pair broken"):
        list(_combiner().preprocessors[0].process(extracts))


def test_merging_accumulators_is_like_adding_to_one():
    rng = np.random.default_rng(6)
    elements = [dict(zip(quality.MEASURED, row, strict=True)) for row in rng.random((7, len(quality.MEASURED)))]
    combiner = _combiner().combiner

    def total(part):
        accumulator = combiner.create_accumulator()
        for element in part:
            accumulator = combiner.add_input(accumulator, element)
        return accumulator

    merged = combiner.extract_output(combiner.merge_accumulators([total(elements[:3]), total([]), total(elements[3:])]))
    whole = combiner.extract_output(total(elements))
    assert {key.name: value for key, value in merged.items()} == pytest.approx(
        {key.name: value for key, value in whole.items()}
    )
    assert {key.name: value for key, value in whole.items()}["images"] == 7


def test_no_image_gives_no_number():
    combiner = _combiner().combiner
    values = {key.name: value for key, value in combiner.extract_output(combiner.create_accumulator()).items()}
    assert values["images"] == 0
    assert np.isnan(values["psnr"])
