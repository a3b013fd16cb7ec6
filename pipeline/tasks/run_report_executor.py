"""The executor of the RunReport."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from components.span_window.properties import RECORDS_DIRECTORY as RECORDS_PROPERTY
from components.tfx_internals import BaseExecutor
from data.storage.files import write_whole
from pipeline.report.collect.mlmd import Execution, Output
from pipeline.run_folder import PAGE_NAME

CONFIG = "config"
RECORDS_DIRECTORY = "records_directory"
RUN_ID = "run_id"
HOOKS = "hooks"
PAGE = "page"

_LARGEST_ID = 2**31
"""Ids of ML Metadata are small. TFX invents a larger one on Kubeflow, which would tell a reader nothing."""


class RunReportExecutor(BaseExecutor):
    """Writes the run report from the artifacts of the run."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the report.

        Args:
            input_dict: Outputs of the run's components, by component and key (`Trainer_model`).
            output_dict: `page`.
            exec_properties: `config`, `records_directory`, `run_id` and `hooks`.
        """
        self._log_startup(input_dict, output_dict, {**exec_properties, CONFIG: "..."})
        # Imported here: whoever only assembles the pipeline needs neither TensorFlow's graphs nor the page's templates.
        from pipeline.report.task_report import report_of_artifacts

        page, problems = report_of_artifacts(
            exec_properties[CONFIG],
            exec_properties[RUN_ID],
            executions_of(input_dict, exec_properties[RECORDS_DIRECTORY]),
            hooks=bool(exec_properties[HOOKS]),
        )
        for problem in problems:
            logging.warning("%s", problem)
        (artifact,) = output_dict[PAGE]
        file = Path(artifact.uri) / PAGE_NAME
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, page)
        artifact.uri = str(file)  # Kubeflow's user interface shows what lies at the address, so that must be the file


def executions_of(inputs: dict[str, list[tfx.dsl.Artifact]], records_directory: str) -> dict[str, Execution]:
    """Returns the executions that wrote artifacts, as ML Metadata would describe them; their time is not known here.

    Args:
        inputs: Artifacts by component and key (`Trainer_model`).
        records_directory: Folder of the spans.
    """
    executions: dict[str, Execution] = {}
    for name, artifacts in inputs.items():
        component, _, output = name.partition("_")
        if artifacts:
            (artifact,) = artifacts
            parameters: dict[str, str | int | float] = {RECORDS_PROPERTY: records_directory}
            execution = executions.setdefault(component, Execution(component, "ran", 0.0, {}, parameters))
            execution.outputs[output] = _output(artifact)
    return executions


def _output(artifact: tfx.dsl.Artifact) -> Output:
    properties = {name: _property(artifact, name) for name in artifact.mlmd_artifact.custom_properties}
    plain = {name: value for name, value in properties.items() if isinstance(value, str | int | float)}
    identifier = artifact.id if artifact.id < _LARGEST_ID else 0
    return Output(Path(artifact.uri), plain, identifier, artifact.type_name)


def _property(artifact: tfx.dsl.Artifact, name: str) -> object:
    """Returns a custom property, which is JSON on Kubeflow; TFX's own reader takes a zero of JSON for a missing property."""
    value = artifact.get_json_value_custom_property(name)
    return artifact.get_custom_property(name) if value is None else value
