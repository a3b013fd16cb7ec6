"""TFMA's names that its public modules do not offer: each once, with the reason it is needed and when it can go.

Checked on TFMA 0.47 and 0.52, which both have all of them at these paths.
"""

from __future__ import annotations

# Names of the two models that an Evaluator with a baseline compares, by which results are read back, and the type of a
# SavedModel that is not Keras's. TFMA 0.47 has them at its top level, 0.52 does not. They can go when it does again.
from tensorflow_model_analysis.constants import BASELINE_KEY, CANDIDATE_KEY, TF_GENERIC

# `register_metric`, by which TFMA finds a metric of our own, and the types of a metric's parts. `tfma.metrics` has most of the
# types, but not the registration. It can go when `tfma.metrics.register_metric` exists.
from tensorflow_model_analysis.metrics import metric_types

# The protos of the configuration: TFMA 0.52 still names them in its `__all__`, but no longer imports them. It can go when a
# version that both stacks have offers `tfma.EvalConfig`.
from tensorflow_model_analysis.proto import config_pb2

__all__ = ["BASELINE_KEY", "CANDIDATE_KEY", "TF_GENERIC", "config_pb2", "metric_types"]
