"""What TFMA measures, as an EvalConfig; it holds no threshold, because `judge` holds them against paired differences."""

from __future__ import annotations

from components.evaluation import extractors
from components.evaluation import restoration_quality as quality
from components.gate.settings import GateSettings
from components.tfma_internals import config_pb2

SIGNATURE = "restore_examples"
"""The signature that the Evaluator calls: serialized records in, PNG bytes out."""

MODULE = extractors.__name__
"""The module that the Evaluator takes its extractors from."""


def eval_config(settings: GateSettings) -> config_pb2.EvalConfig:
    """Returns the metric and the slices.

    The baseline is not named here: the Evaluator adds it itself. Without a threshold the Evaluator leaves the model neither
    blessed nor refused; that is the Gate's.

    Args:
        settings: The slices, and the batch size of inference.
    """
    metric = config_pb2.MetricConfig(
        class_name=quality.RestorationQuality.__name__, module=quality.RestorationQuality.__module__
    )
    slices = [config_pb2.SlicingSpec(feature_keys=[feature]) for feature in settings.slices]
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(signature_name=SIGNATURE, inference_batch_size=settings.inference_batch_size)
        ],
        slicing_specs=[config_pb2.SlicingSpec(), *slices],
        metrics_specs=[config_pb2.MetricsSpec(metrics=[metric])],
    )
