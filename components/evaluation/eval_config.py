"""The configuration of TFX's Evaluator. It has no thresholds: the Gate holds them against paired differences."""

from __future__ import annotations

from collections.abc import Sequence

from components.evaluation import extractors
from components.evaluation import restoration_quality as quality
from components.tfma_internals import TF_GENERIC, config_pb2
from model_code.saved_model.signatures import RESTORE_EXAMPLES

SIGNATURE = RESTORE_EXAMPLES
"""The signature that the Evaluator calls: it takes serialized records and returns PNG bytes."""

MODULE = extractors.__name__
"""The module that gives the Evaluator its extractors."""


def eval_config(slice_features: Sequence[str], batch_size: int) -> config_pb2.EvalConfig:
    """Returns the configuration of the Evaluator: one metric, the slices, and the signature that is called.

    It does not name the baseline model, which the Evaluator adds. It has no thresholds, so that the Evaluator blesses no model:
    the Gate does.

    Args:
        slice_features: Names of the features to slice by.
        batch_size: Records per call of the model.
    """
    metric = config_pb2.MetricConfig(
        class_name=quality.RestorationQuality.__name__, module=quality.RestorationQuality.__module__
    )
    slices = [config_pb2.SlicingSpec(feature_keys=[feature]) for feature in slice_features]
    # Without a type TFMA loads each model once more, as a Keras model, to see whether it is one.
    model = config_pb2.ModelSpec(model_type=TF_GENERIC, signature_name=SIGNATURE, inference_batch_size=batch_size)
    return config_pb2.EvalConfig(
        model_specs=[model],
        slicing_specs=[config_pb2.SlicingSpec(), *slices],
        metrics_specs=[config_pb2.MetricsSpec(metrics=[metric])],
    )
