"""What the Evaluator is to extract besides TFMA's own: the classes of an image that no record names.

TFX imports this module by its path and calls `custom_extractors`.
"""

from __future__ import annotations

from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma

from components.evaluation.image_classes import BRIGHTNESS_CLASS, SIZE_CLASS, brightness_class, size_class
from components.evaluation.restoration_quality import decoded
from data import features

_STAGE = "ExtractImageClasses"


def custom_extractors(
    eval_shared_model: Any, eval_config: Any, tensor_adapter_config: Any
) -> list[tfma.extractors.Extractor]:
    """Returns TFMA's extractors with ours in front of the one that slices.

    Args:
        eval_shared_model: TFX's.
        eval_config: TFX's.
        tensor_adapter_config: TFX's.
    """
    extractors = tfma.default_extractors(
        eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config
    )
    place = [extractor.stage_name for extractor in extractors].index(tfma.extractors.SLICE_KEY_EXTRACTOR_STAGE_NAME)
    ours = tfma.extractors.Extractor(stage_name=_STAGE, ptransform=_extract_image_classes())
    return [*extractors[:place], ours, *extractors[place:]]


@beam.ptransform_fn
def _extract_image_classes(extracts: beam.PCollection) -> beam.PCollection:
    return extracts | "ImageClasses" >> beam.Map(with_image_classes)


def with_image_classes(extracts: dict[str, Any]) -> dict[str, Any]:
    """Returns the extracts of one example with its size and brightness class among the features."""
    example = extracts["features"]
    target = np.asarray(example[features.TARGET_IMAGE], dtype=object).ravel()[0]
    pair_id = np.asarray(example[features.PAIR_ID], dtype=object).ravel()[0].decode()
    image = decoded(target, "target", pair_id)
    classes = {SIZE_CLASS: size_class(*image.shape[:2]), BRIGHTNESS_CLASS: brightness_class(image)}
    added = {name: np.array([value.encode()], dtype=object) for name, value in classes.items()}
    return {**extracts, "features": {**example, **added}}
