"""The gate as TFMA reads it: an EvalConfig made of `GateSettings`."""

from __future__ import annotations

# The config protos left TFMA's top level after 0.47; this module has them in every version.
from tensorflow_model_analysis.proto import config_pb2

from components.evaluation import restoration_quality as quality
from components.evaluation.settings import GateSettings

SIGNATURE = "restore_examples"
"""The signature that the Evaluator calls: serialized records in, PNG bytes out."""


def eval_config(settings: GateSettings) -> config_pb2.EvalConfig:
    """Returns the metrics, slices and thresholds of the gate.

    The baseline is not named here: the Evaluator adds it itself.

    Args:
        settings: The thresholds.
    """
    metrics = config_pb2.MetricsSpec(
        metrics=[
            config_pb2.MetricConfig(
                class_name=quality.RestorationQuality.__name__, module=quality.RestorationQuality.__module__
            )
        ]
    )
    # A threshold that names no slice would be held against every one of them.
    everything = [config_pb2.SlicingSpec()]
    by_feature = [config_pb2.SlicingSpec(feature_keys=[feature]) for feature in settings.slices]
    for name, threshold in _overall_thresholds(settings).items():
        metrics.per_slice_thresholds[name].thresholds.add(slicing_specs=everything, threshold=threshold)
    if by_feature:
        metrics.per_slice_thresholds[quality.GAIN_PSNR].thresholds.add(
            slicing_specs=by_feature, threshold=_at_least(settings.min_slice_gain_psnr)
        )
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(signature_name=SIGNATURE, inference_batch_size=settings.inference_batch_size)
        ],
        slicing_specs=everything + by_feature,
        metrics_specs=[metrics],
    )


def _overall_thresholds(settings: GateSettings) -> dict[str, config_pb2.MetricThreshold]:
    return {
        quality.PSNR: _at_least(settings.min_psnr, max_loss=settings.max_loss_psnr),
        quality.SSIM: _at_least(settings.min_ssim, max_loss=settings.max_loss_ssim),
        quality.GAIN_PSNR: _at_least(settings.min_gain_psnr),
        quality.GAIN_SSIM: _at_least(settings.min_gain_ssim),
    }


def _at_least(value: float, max_loss: float | None = None) -> config_pb2.MetricThreshold:
    """A lower bound, and where `max_loss` is given, how far the value may fall below production's."""
    threshold = config_pb2.MetricThreshold()
    threshold.value_threshold.lower_bound.value = value
    if max_loss is not None:
        threshold.change_threshold.direction = config_pb2.MetricDirection.HIGHER_IS_BETTER
        threshold.change_threshold.absolute.value = -max_loss
    return threshold
