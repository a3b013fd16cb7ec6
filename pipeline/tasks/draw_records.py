"""The DrawRecords component: draws the records of a configuration without data, so that a first run on a cluster needs none."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from components.tfx_internals import BaseExecutor, ComponentSpec, ExecutionParameter, ExecutorClassSpec
from data.synthesis.settings import SynthesisSettings
from pipeline.local.first_checks import has_records
from pipeline.local.records_source import draw_records

SETTINGS = "settings"
RECORDS_DIRECTORY = "records_directory"


class DrawRecordsExecutor(BaseExecutor):
    """Draws a degradation on photographs, unless the records are there already."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Draws the records.

        Args:
            input_dict: Empty.
            output_dict: Empty.
            exec_properties: `settings` (JSON of `SynthesisSettings`) and `records_directory`.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        destination = Path(exec_properties[RECORDS_DIRECTORY])
        if has_records(destination):
            logging.info("%s holds records already", destination)
            return
        draw_records(SynthesisSettings.model_validate_json(exec_properties[SETTINGS]), destination)


class DrawRecordsSpec(ComponentSpec):
    """Parameters of the DrawRecords."""

    PARAMETERS = {SETTINGS: ExecutionParameter(type=str), RECORDS_DIRECTORY: ExecutionParameter(type=str)}
    INPUTS = {}
    OUTPUTS = {}


class DrawRecords(tfx.types.BaseComponent):
    """Draws records on the volume that all tasks share; the local runner draws them before the pipeline begins."""

    SPEC_CLASS = DrawRecordsSpec
    EXECUTOR_SPEC = ExecutorClassSpec(DrawRecordsExecutor)

    def __init__(self, settings: str, records_directory: str) -> None:
        """Makes the component.

        Args:
            settings: `SynthesisSettings` as JSON.
            records_directory: Folder of the spans.
        """
        super().__init__(spec=DrawRecordsSpec(**{SETTINGS: settings, RECORDS_DIRECTORY: records_directory}))
