"""The TFMA metric of this project: every measure of `measures`, for each model, and what each gains over doing nothing.

One metric with several keys for all models, so that each image is decoded and measured once: the preprocessor does the image
arithmetic, before slicing, and only its few numbers reach the combiner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
import cv2
import numpy as np

from components.evaluation import per_image
from components.evaluation.image_classes import CLASSES
from components.evaluation.measures import GAIN_PSNR, MEASURED, measure_all
from components.evaluation.per_image import ImageRow
from components.tfma_internals import metric_types
from data import features
from data.image.arrays import ImageU8

SLICE_FEATURES = (features.DEGRADATION, features.SEVERITY, features.SOURCE, *CLASSES)
"""Features that an image's slices go by; `extractors` adds those that no record has."""


class RestorationQuality(metric_types.Metric):
    """Quality of the restored image against its clean target, and what it gains over the degraded input.

    Protocol: 8-bit RGB as it would be written, whole image; means of per-image values. `psnr` (dB) and `ssim` on RGB,
    `psnr_y`, `ssim_y` and `ms_ssim_y` on BT.601 luma as MATLAB's rgb2ycbcr rounds it; SSIM with Wang's 11x11 Gaussian window;
    identical images count as 100 dB; `mae` in levels of 255; `ciede2000` from sRGB under D65. Each also as `input_*`, of the
    input as it is, and as `gain_*`, positive where the restored image is better. `share_worse` is the share of images whose
    PSNR fell, `worst_image` (its pair) and `worst_gain_psnr` the one that fell most, `per_image` the values of every image as
    JSON (`per_image`), `images` their number. The target comes from the record, never from the model that is judged.
    """

    def __init__(self, name: str = "restoration_quality") -> None:
        """Initialises the metric.

        Args:
            name: Name of the metric; its values appear under their own names.
        """
        super().__init__(_computations, name=name)


metric_types.register_metric(RestorationQuality)


def _computations(model_names: Sequence[str] = ("",), **_: Any) -> list[metric_types.MetricComputation]:
    # TFMA passes by argument name what the function asks for.
    names = (*MEASURED, per_image.IMAGES, per_image.SHARE_WORSE, per_image.WORST_GAIN_PSNR,
             per_image.WORST_IMAGE, per_image.PER_IMAGE)  # fmt: skip
    keys = {
        model: {name: metric_types.MetricKey(name=name, model_name=model, example_weighted=None) for name in names}
        for model in model_names
    }
    return [
        metric_types.MetricComputation(
            keys=[key for of_model in keys.values() for key in of_model.values()],
            preprocessors=[_Measure(tuple(model_names))],
            combiner=_OverImages(keys),
        )
    ]


class _Measure(metric_types.Preprocessor):
    """Measures one image: extracts in, a row for each model out."""

    def __init__(self, model_names: tuple[str, ...]) -> None:
        super().__init__(name="measure_restoration")
        self._model_names = model_names

    def process(self, extracts: dict[str, Any]) -> Iterator[dict[str, ImageRow]]:
        example = extracts["features"]
        pair_id = _only(example[features.PAIR_ID]).decode()
        target = decoded(_only(example[features.TARGET_IMAGE]), "target", pair_id)
        degraded = decoded(_only(example[features.INPUT_IMAGE]), "input", pair_id)
        restored = {
            model: decoded(_prediction(extracts["predictions"], model), "restored image", pair_id)
            for model in self._model_names
        }
        scene_id = _only(example[features.SCENE_ID]).decode()
        classes = tuple((name, _only(example[name]).decode()) for name in SLICE_FEATURES if name in example)
        yield {
            model: ImageRow(pair_id, scene_id, classes, tuple(values.values()))
            for model, values in measure_all(restored, degraded, target).items()
        }


@dataclass(slots=True)
class _Rows:
    by_model: dict[str, list[ImageRow]] = field(default_factory=dict)


class _OverImages(beam.CombineFn):
    """Collects the rows and sums them up at the end, by pair: the same to the last bit whatever came first.

    A row is some twenty numbers, so that ten thousand images are a few megabytes.
    """

    def __init__(self, keys: dict[str, dict[str, metric_types.MetricKey]]) -> None:
        self._keys = keys

    def create_accumulator(self) -> _Rows:
        return _Rows({model: [] for model in self._keys})

    def add_input(self, accumulator: _Rows, element: dict[str, ImageRow]) -> _Rows:
        for model, row in element.items():
            accumulator.by_model[model].append(row)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Rows]) -> _Rows:
        merged = self.create_accumulator()
        for accumulator in accumulators:
            for model, rows in accumulator.by_model.items():
                merged.by_model[model] += rows
        return merged

    def extract_output(self, accumulator: _Rows) -> dict[metric_types.MetricKey, float | bytes]:
        return {
            self._keys[model][name]: value
            for model, rows in accumulator.by_model.items()
            for name, value in summary(rows).items()
        }


def summary(rows: Sequence[ImageRow]) -> dict[str, float | bytes]:
    """Returns the metric's values over images; NaN where a slice has no image."""
    ordered = per_image.in_order(rows)
    worst = per_image.worst(ordered) if ordered else None
    return {
        **per_image.means(ordered),
        per_image.IMAGES: float(len(ordered)),
        per_image.SHARE_WORSE: per_image.share_worse(ordered),
        per_image.WORST_GAIN_PSNR: worst[GAIN_PSNR] if worst else float("nan"),
        per_image.WORST_IMAGE: worst.pair_id.encode() if worst else b"",
        per_image.PER_IMAGE: per_image.to_json(ordered),
    }


def _only(values: Any) -> bytes:
    return np.asarray(values, dtype=object).ravel()[0]


def _prediction(predictions: Any, model_name: str) -> bytes:
    # TFMA keys predictions by model only where there are two, and collapses a dict of one output into its array.
    if isinstance(predictions, dict) and model_name in predictions:
        predictions = predictions[model_name]
    if isinstance(predictions, dict):
        (predictions,) = predictions.values()
    return _only(predictions)


def decoded(encoded: bytes, what: str, pair_id: str) -> ImageU8:
    """Decodes a PNG or JPEG as it is stored, orientation tags aside.

    Args:
        encoded: The file's bytes.
        what: What the image is, for the error.
        pair_id: The pair it belongs to, for the error.

    Returns:
        uint8 RGB [H, W, 3].

    Raises:
        ValueError: It does not decode; the message names pair and image.
    """
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise ValueError(f"pair {pair_id}: the {what} does not decode")
    return np.ascontiguousarray(image[..., ::-1])
