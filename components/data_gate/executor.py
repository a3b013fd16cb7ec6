"""The executor of the DataGate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from components.pair_validator.artifacts import VERDICTS
from components.pair_validator.judging.errors import DataRefusedError
from components.tfx_internals import BaseExecutor


class DataGateExecutor(BaseExecutor):
    """Raises the refusal that the PairValidator wrote."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Ends the run where the data was refused.

        Args:
            input_dict: `verdicts`.
            output_dict: Empty.
            exec_properties: Empty.

        Raises:
            DataRefusedError: The data was refused.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        error = DataRefusedError.load(Path(input_dict[VERDICTS][0].uri))
        if error:
            raise error
