"""The TFMA metric of this project: every measure of `measures` for each model, and its gain over the input.

It is a single metric with several keys for all models, so that each image is decoded and measured once. The preprocessor
measures the images before slicing; the combiner receives about twenty numbers per image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np

from components.evaluation import per_image, restored_images
from components.evaluation.decoding import decode_example_image
from components.evaluation.image_classes import CLASSES
from components.evaluation.measure_image import measure_all
from components.evaluation.measures import GAIN_PSNR, MEASURED
from components.evaluation.per_image import ImageRow
from components.tfma_internals import CANDIDATE_KEY, metric_types
from data import features

SLICE_FEATURES = (features.DEGRADATION, features.SEVERITY, features.SOURCE, *CLASSES)
"""Features to slice by: those of the record, and those that `extractors` adds."""
KEEP_IN = "keep_in"
"""The metric's parameter that names a folder for the images that the judged model restores."""


class RestorationQuality(metric_types.Metric):
    """Quality of the restored image against its clean target, and its gain over the degraded input.

    Protocol: whole 8-bit RGB images as they would be written; means of per-image values. `psnr` (dB, 100 for identical images)
    and `ssim` on RGB; `psnr_y`, `ssim_y` and `ms_ssim_y` on BT.601 luma as MATLAB's rgb2ycbcr rounds it. SSIM has the 11x11
    Gaussian window of Wang et al., 2004 (doi:10.1109/TIP.2003.819861), MS-SSIM five scales (Wang et al., 2003,
    doi:10.1109/ACSSC.2003.1292216). `mae` is in levels of 255, `ciede2000` from sRGB under D65 (Sharma et al., 2005,
    doi:10.1002/col.20070). Each value also exists as `input_*`, of the input against the target, and as `gain_*`, positive
    where the restored image is better. `share_worse` is the share of images whose PSNR falls below the input's; `worst_image`
    and `worst_gain_psnr` name the image with the lowest gain; `per_image` holds the values of every image as JSON; `images` is
    their number. The target comes from the record.
    """

    def __init__(self, name: str = "restoration_quality", keep_in: str = "") -> None:
        """Creates the metric.

        Args:
            name: Name of the metric; its values have names of their own.
            keep_in: Folder to which the judged model's restored images are written (`restored_images`); empty for none.
        """
        super().__init__(_computations, name=name, keep_in=keep_in)


metric_types.register_metric(RestorationQuality)


def _computations(
    model_names: Sequence[str] = ("",), keep_in: str = "", **_: Any
) -> list[metric_types.MetricComputation]:
    # TFMA passes the arguments that the signature names.
    names = (*MEASURED, per_image.IMAGES, per_image.SHARE_WORSE, per_image.WORST_GAIN_PSNR,
             per_image.WORST_IMAGE, per_image.PER_IMAGE)  # fmt: skip
    keys = {
        model: {name: metric_types.MetricKey(name=name, model_name=model, example_weighted=None) for name in names}
        for model in model_names
    }
    return [
        metric_types.MetricComputation(
            keys=[key for of_model in keys.values() for key in of_model.values()],
            preprocessors=[_Measure(tuple(model_names), keep_in)],
            combiner=_OverImages(keys),
        )
    ]


class _Measure(metric_types.Preprocessor):
    """Measures one image: takes extracts, yields a row for each model, and keeps what the judged one made of it."""

    def __init__(self, model_names: tuple[str, ...], keep_in: str) -> None:
        super().__init__(name="measure_restoration")
        self._model_names = model_names
        self._kept_model = CANDIDATE_KEY if CANDIDATE_KEY in model_names else model_names[0]
        self._keep_in = keep_in

    def process(self, extracts: dict[str, Any]) -> Iterator[dict[str, ImageRow]]:
        example = extracts["features"]
        pair_id = _only(example[features.PAIR_ID]).decode()
        target = decode_example_image(_only(example[features.TARGET_IMAGE]), "target", pair_id)
        encoded_input = _only(example[features.INPUT_IMAGE])
        degraded = decode_example_image(encoded_input, "input", pair_id)
        encoded = {model: _prediction(extracts["predictions"], model) for model in self._model_names}
        if self._keep_in:
            restored_images.keep(Path(self._keep_in), encoded_input, encoded[self._kept_model])
        restored = {model: decode_example_image(image, "restored image", pair_id) for model, image in encoded.items()}
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
    """Collects rows and computes means at the end, sorted by pair, so that the result is exact in any order of arrival.

    A row has about twenty numbers; ten thousand images take a few megabytes.
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
    """Computes the values of the metric over images.

    Args:
        rows: The images of a slice.

    Returns:
        Values by name; NaN where the slice has no image.
    """
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
    # TFMA keys predictions by model only with two models, and replaces a dict of one output by its array.
    if isinstance(predictions, dict) and model_name in predictions:
        predictions = predictions[model_name]
    if isinstance(predictions, dict):
        (predictions,) = predictions.values()
    return _only(predictions)
