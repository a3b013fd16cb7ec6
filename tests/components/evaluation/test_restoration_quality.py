"""The TFMA metric, in a real TFMA run over records and two models' predictions."""

import cv2
import numpy as np
import pytest

from components.evaluation import per_image
from components.evaluation import restoration_quality as quality
from components.evaluation.extractors import with_image_classes
from components.evaluation.measure_image import measure
from components.evaluation.measures import MEASURED
from tests.components.gate.rows import row


def _png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


@pytest.fixture
def images():
    rng = np.random.default_rng(5)
    target = rng.integers(30, 200, (24, 32, 3), dtype=np.uint8)
    degraded = np.clip(target.astype(int) + rng.integers(0, 60, target.shape), 0, 255).astype(np.uint8)
    restored = np.clip(target.astype(int) + rng.integers(0, 12, target.shape), 0, 255).astype(np.uint8)
    return restored, degraded, target


def _combiner(models=("m",)):
    (computation,) = quality.RestorationQuality().computations(model_names=list(models), output_names=[""])
    return computation


def _extracts(images, **predictions):
    _, degraded, target = images
    features = {"pair_id": b"p", "scene_id": b"s", "severity": b"light", "input_image": _png(degraded),
                "target_image": _png(target)}  # fmt: skip
    encoded = {name: np.array([_png(image)], dtype=object) for name, image in predictions.items()}
    return {
        "features": {name: np.array([value], dtype=object) for name, value in features.items()},
        "predictions": encoded if len(encoded) > 1 else next(iter(encoded.values())),
    }


def test_the_preprocessor_reads_images_from_record_and_prediction(images):
    restored, degraded, target = images
    (rows,) = _combiner().preprocessors[0].process(_extracts(images, m=restored))
    assert dict(zip(MEASURED, rows["m"].values, strict=True)) == pytest.approx(
        measure(restored, degraded, target), nan_ok=True
    )
    assert (rows["m"].pair_id, rows["m"].scene_id, rows["m"].classes) == ("p", "s", (("severity", "light"),))


def test_two_models_are_measured_from_one_decoding(images):
    restored, degraded, _ = images
    computation = _combiner(["candidate", "baseline"])
    (rows,) = computation.preprocessors[0].process(_extracts(images, candidate=restored, baseline=degraded))
    assert rows["candidate"]["gain_psnr"] > 5
    assert rows["baseline"]["gain_psnr"] == 0
    combiner = computation.combiner
    values = combiner.extract_output(combiner.add_input(combiner.create_accumulator(), rows))
    assert {key.model_name for key in values} == {"candidate", "baseline"}
    assert set(values) == set(computation.keys)


def test_the_extractor_adds_the_image_classes(images):
    features = with_image_classes(_extracts(images, m=images[0]))["features"]
    assert features["size_class"].tolist() == [b"landscape, small"]
    assert features["brightness_class"].tolist() == [b"middle"]


def test_the_error_names_the_image_that_does_not_decode():
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


def _total(combiner, numbers):
    accumulator = combiner.create_accumulator()
    for number in numbers:
        accumulator = combiner.add_input(accumulator, {"m": row(number, psnr=20 + number / 3, gain=number / 7 - 0.3)})
    return accumulator


def test_merged_accumulators_equal_a_single_one_exactly():
    combiner = _combiner().combiner
    parts = [_total(combiner, numbers) for numbers in ([4, 6], [], [5, 0, 2], [1, 3])]
    merged = combiner.extract_output(combiner.merge_accumulators(parts))
    assert merged == combiner.extract_output(_total(combiner, range(7)))
    values = {key.name: value for key, value in merged.items()}
    assert values["images"] == 7
    assert values["psnr"] == pytest.approx(21)
    assert values["share_worse"] == pytest.approx(3 / 7)
    assert (values["worst_image"], values["worst_gain_psnr"]) == (b"000", -0.3)
    assert len(per_image.from_json(values["per_image"])) == 7


def test_a_summary_without_images_is_nan():
    combiner = _combiner().combiner
    values = {key.name: value for key, value in combiner.extract_output(combiner.create_accumulator()).items()}
    assert values["images"] == 0
    assert np.isnan([values["psnr"], values["share_worse"], values["worst_gain_psnr"]]).all()
    assert (values["worst_image"], per_image.from_json(values["per_image"])) == (b"", [])
