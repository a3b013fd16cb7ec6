"""Brings the model in production into the pipeline, as the baseline that the Evaluator compares with."""

from __future__ import annotations

from tfx import v1 as tfx

from components.production.executor import MODEL, PUSH_DIRECTORY, RUN_ID, ProductionModelExecutor
from components.tfx_internals import ChannelParameter, ComponentSpec, ExecutionParameter, ExecutorClassSpec


class ProductionModelSpec(ComponentSpec):
    """Outputs and parameters of the ProductionModel."""

    PARAMETERS = {
        PUSH_DIRECTORY: ExecutionParameter(type=str),
        RUN_ID: ExecutionParameter(type=str),
    }
    INPUTS = {}
    OUTPUTS = {MODEL: ChannelParameter(type=tfx.types.standard_artifacts.Model)}


class ProductionModel(tfx.types.BaseComponent):
    """Emits the model that the push destination says is in production.

    While nothing was ever pushed, what is in production is doing nothing: a model that returns its input, so that a first
    candidate is judged like every other. A TFX Resolver would not do: open-source Kubeflow does not run one, and it would
    not know of a rollback.
    """

    SPEC_CLASS = ProductionModelSpec
    EXECUTOR_SPEC = ExecutorClassSpec(ProductionModelExecutor)

    def __init__(self, push_directory: str, run_id: str | tfx.dsl.experimental.RuntimeParameter) -> None:
        """Makes the component.

        Args:
            push_directory: The push destination.
            run_id: The pipeline run; it differs each time, so that the answer never comes from TFX's cache.
        """
        model = tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model)
        super().__init__(spec=ProductionModelSpec(**{PUSH_DIRECTORY: push_directory, RUN_ID: run_id, MODEL: model}))
