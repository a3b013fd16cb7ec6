"""The Evaluator component: TFX's own, with an executor that keeps restored images for the run report."""

from __future__ import annotations

from tfx import v1 as tfx

from components.evaluation.executor import ImageKeepingEvaluatorExecutor
from components.tfx_internals import BeamExecutorSpec


class Evaluator(tfx.components.Evaluator):
    """Evaluates a model beside the production model."""

    EXECUTOR_SPEC = BeamExecutorSpec(ImageKeepingEvaluatorExecutor)
