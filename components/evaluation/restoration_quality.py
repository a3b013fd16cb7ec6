"""The TFMA metric of this project: PSNR and SSIM of the restored image, and their gain over doing nothing.

One metric with several keys, so that each image is decoded and measured once: the preprocessor does the image arithmetic,
before slicing, and only its few numbers reach the combiner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import cv2
import numpy as np

# TFMA has no other way in for a metric of one's own than these two modules.
from tensorflow_model_analysis.metrics import metric_types, metric_util

from components.evaluation.quality import Image, psnr, ssim
from data import records

PSNR = "psnr"
SSIM = "ssim"
INPUT_PSNR = "input_psnr"
INPUT_SSIM = "input_ssim"
GAIN_PSNR = "gain_psnr"
GAIN_SSIM = "gain_ssim"
IMAGES = "images"

MEASURED = (PSNR, SSIM, INPUT_PSNR, INPUT_SSIM, GAIN_PSNR, GAIN_SSIM)
"""What is measured of each image; the metric's values are the means over images, and `images`, their number."""


class RestorationQuality(metric_types.Metric):
    """PSNR (dB) and SSIM of the restored image against its clean target, and what they gain over the degraded input.

    Protocol: 8-bit RGB as it would be written, whole image; SSIM with Wang's 11x11 Gaussian window; identical images count
    as 100 dB; means of per-image values. The target comes from the record, never from the model that is judged. A gain is
    the value of the restored image minus that of the input as it is.
    """

    def __init__(self, name: str = "restoration_quality") -> None:
        """Initialises the metric.

        Args:
            name: Name of the metric; its values appear under the names in `MEASURED`, and `images`.
        """
        super().__init__(metric_util.merge_per_key_computations(_computations), name=name)


metric_types.register_metric(RestorationQuality)


def _computations(
    name: str, model_name: str = "", output_name: str = "", **_: Any
) -> list[metric_types.MetricComputation]:
    # TFMA passes by argument name what the function asks for; one computation per model is what makes `_diff` values.
    del name
    keys = {
        measured: metric_types.MetricKey(
            name=measured,
            model_name=model_name,
            output_name=output_name,
            example_weighted=None,  # the key under which TFMA looks for thresholds that are set by name
        )
        for measured in (*MEASURED, IMAGES)
    }
    return [
        metric_types.MetricComputation(
            keys=list(keys.values()),
            preprocessors=[_Measure(model_name)],
            combiner=_MeanPerImage(keys),
        )
    ]


class _Measure(metric_types.Preprocessor):
    """Measures one image: extracts in, the numbers named in `MEASURED` out."""

    def __init__(self, model_name: str) -> None:
        super().__init__(name=f"measure_restoration_{model_name}")
        self._model_name = model_name

    def process(self, extracts: dict[str, Any]) -> Iterator[dict[str, float]]:
        features = extracts["features"]
        pair_id = _only(features[records.PAIR_ID]).decode()
        target = decoded(_only(features[records.TARGET_IMAGE]), "target", pair_id)
        degraded = decoded(_only(features[records.INPUT_IMAGE]), "input", pair_id)
        restored = decoded(_prediction(extracts["predictions"], self._model_name), "restored image", pair_id)
        yield measure(restored, degraded, target)


def measure(restored: Image, degraded: Image, target: Image) -> dict[str, float]:
    """Returns the values named in `MEASURED` for one image; all three are uint8 RGB [H, W, 3] of one size."""
    restored_psnr, restored_ssim = psnr(restored, target), ssim(restored, target)
    input_psnr, input_ssim = psnr(degraded, target), ssim(degraded, target)
    return {
        PSNR: restored_psnr,
        SSIM: restored_ssim,
        INPUT_PSNR: input_psnr,
        INPUT_SSIM: input_ssim,
        GAIN_PSNR: restored_psnr - input_psnr,
        GAIN_SSIM: restored_ssim - input_ssim,
    }


@dataclass(slots=True)
class _Sums:
    images: int
    totals: np.ndarray  # float64 [len(MEASURED)]


class _MeanPerImage(beam.CombineFn):
    """Means of the per-image values; NaN where a slice has no image."""

    def __init__(self, keys: dict[str, metric_types.MetricKey]) -> None:
        self._keys = keys

    def create_accumulator(self) -> _Sums:
        return _Sums(0, np.zeros(len(MEASURED)))

    def add_input(self, accumulator: _Sums, element: dict[str, float]) -> _Sums:
        values = np.array([element[name] for name in MEASURED])
        return _Sums(accumulator.images + 1, accumulator.totals + values)

    def merge_accumulators(self, accumulators: Iterable[_Sums]) -> _Sums:
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged = _Sums(merged.images + accumulator.images, merged.totals + accumulator.totals)
        return merged

    def extract_output(self, accumulator: _Sums) -> dict[metric_types.MetricKey, float]:
        means = accumulator.totals / accumulator.images if accumulator.images else np.full(len(MEASURED), np.nan)
        values = dict(zip(MEASURED, means.tolist(), strict=True)) | {IMAGES: float(accumulator.images)}
        return {self._keys[name]: value for name, value in values.items()}


def _only(values: Any) -> bytes:
    return np.asarray(values, dtype=object).ravel()[0]


def _prediction(predictions: Any, model_name: str) -> bytes:
    # TFMA keys predictions by model only where there are two, and collapses a dict of one output into its array.
    if isinstance(predictions, dict) and model_name in predictions:
        predictions = predictions[model_name]
    if isinstance(predictions, dict):
        (predictions,) = predictions.values()
    return _only(predictions)


def decoded(encoded: bytes, what: str, pair_id: str) -> Image:
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
