"""Adds the classes of `image_classes` to the features that TFMA slices by.

TFX's Evaluator imports this module by its path and calls `custom_extractors`.
"""

from __future__ import annotations

from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma

from components.evaluation.decoding import decode_example_image
from components.evaluation.image_classes import BRIGHTNESS_CLASS, SIZE_CLASS, brightness_class, size_class
from data import features

_STAGE = "ExtractImageClasses"


def custom_extractors(
    eval_shared_model: Any, eval_config: Any, tensor_adapter_config: Any
) -> list[tfma.extractors.Extractor]:
    """Returns TFMA's default extractors, with the extractor of image classes in front of the one that slices.

    Args:
        eval_shared_model: The models, from TFX.
        eval_config: The configuration, from TFX.
        tensor_adapter_config: Conversion of examples to tensors, from TFX.

    Returns:
        The extractors, in order.
    """
    extractors = tfma.default_extractors(
        eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config
    )
    slicing = [extractor.stage_name for extractor in extractors].index(tfma.extractors.SLICE_KEY_EXTRACTOR_STAGE_NAME)
    classes = tfma.extractors.Extractor(stage_name=_STAGE, ptransform=_extract_image_classes())
    return [*extractors[:slicing], classes, *extractors[slicing:]]


@beam.ptransform_fn
def _extract_image_classes(extracts: beam.PCollection) -> beam.PCollection:
    return extracts | "ImageClasses" >> beam.Map(with_image_classes)


def with_image_classes(extracts: dict[str, Any]) -> dict[str, Any]:
    """Adds the size and brightness class of an example to its features.

    Args:
        extracts: TFMA's extracts of one example.

    Returns:
        The extracts with the added features, bytes [1] each.

    Raises:
        ValueError: The target cannot be decoded.
    """
    example = extracts["features"]
    target = np.asarray(example[features.TARGET_IMAGE], dtype=object).ravel()[0]
    pair_id = np.asarray(example[features.PAIR_ID], dtype=object).ravel()[0].decode()
    image = decode_example_image(target, "target", pair_id)
    classes = {SIZE_CLASS: size_class(*image.shape[:2]), BRIGHTNESS_CLASS: brightness_class(image)}
    added = {name: np.array([value.encode()], dtype=object) for name, value in classes.items()}
    return {**extracts, "features": {**example, **added}}
