"""The executor of the ProductionModel."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from components.production.fingerprint import identified
from components.production.properties import NO_PRODUCTION_MODEL, READ_AT_PROPERTY, SERVING_FOLDER, VERSION_PROPERTY
from components.tfx_internals import BaseExecutor

MODEL = "model"
PUSH_DIRECTORY = "push_directory"
FINGERPRINT = "fingerprint"


class ProductionModelExecutor(BaseExecutor):
    """Copies the production model, or writes a SavedModel that returns its input."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the model, with its version as the custom property `production_version`, and the time as `read_at`.

        Args:
            input_dict: Empty.
            output_dict: `model`.
            exec_properties: `push_directory`, and `fingerprint` of the version to read.

        Raises:
            InputError: The production model could touch files, or was removed or changed since the run began.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        read_at = time.time()
        (model,) = output_dict[MODEL]
        serving = Path(model.uri) / SERVING_FOLDER
        destination = Path(exec_properties[PUSH_DIRECTORY])
        version = identified(destination, exec_properties[FINGERPRINT])
        if version is None:
            # Imported here: it loads TensorFlow, which a copy does not need.
            from model_code.saved_model.export import identity_restorer, save_restorer

            save_restorer(identity_restorer(), serving)
        else:
            # Checked as copied, before the Evaluator and the Trainer use it.
            from model_code.saved_model.operations import require_harmless

            shutil.copytree(destination / str(version.number), serving, dirs_exist_ok=True)
            require_harmless(serving)
        model.set_float_custom_property(READ_AT_PROPERTY, read_at)
        model.set_string_custom_property(VERSION_PROPERTY, str(version.number) if version else NO_PRODUCTION_MODEL)
