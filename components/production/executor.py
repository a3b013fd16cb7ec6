"""The ProductionModel at work."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from components.production import registry
from components.tfx_internals import BaseExecutor

MODEL = "model"
PUSH_DIRECTORY = "push_directory"
RUN_ID = "run_id"

SERVING_FOLDER = "Format-Serving"
"""Sub-folder of a model artifact in which TFX keeps the SavedModel; its own constant is private."""

VERSION_PROPERTY = "production_version"
DOING_NOTHING = "doing nothing"


class ProductionModelExecutor(BaseExecutor):
    """Copies the SavedModel in production, or writes one that does nothing."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the model and, as the custom property `production_version`, which one it is.

        Args:
            input_dict: Empty.
            output_dict: `model`.
            exec_properties: `push_directory`, and `run_id`, which only keeps TFX's cache away.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        (model,) = output_dict[MODEL]
        serving = Path(model.uri) / SERVING_FOLDER
        destination = Path(exec_properties[PUSH_DIRECTORY])
        version = registry.production(destination)
        if version is None:
            # Not at the top: whoever reads this module's constants would wait for TensorFlow.
            from model_code.saved_model.export import identity_restorer, save_restorer

            save_restorer(identity_restorer(), serving)
        else:
            shutil.copytree(destination / str(version.number), serving, dirs_exist_ok=True)
        model.set_string_custom_property(VERSION_PROPERTY, str(version.number) if version else DOING_NOTHING)
