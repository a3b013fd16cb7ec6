"""The executor of the Evaluator: TFX's own, which keeps the restored images of a small evaluation split as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from tfx import v1 as tfx

from components.beam_internals import is_on_this_machine
from components.evaluation import restored_images
from components.evaluation.restoration_quality import KEEP_IN, RestorationQuality
from components.tfma_internals import config_pb2
from components.tfx_internals import EvaluatorExecutor, get_split_uri

EXAMPLES = "examples"
EVALUATION = "evaluation"
EVAL_CONFIG = "eval_config"
SPLITS = "example_splits"


class ImageKeepingEvaluatorExecutor(EvaluatorExecutor):
    """Evaluates as TFX does, and lets the metric write each restored image beside the results."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluates the model.

        Args:
            input_dict: TFX's: `examples`, `model`, `baseline_model`.
            output_dict: TFX's: `evaluation`, `blessing`.
            exec_properties: TFX's.
        """
        folder = Path(output_dict[EVALUATION][0].uri) / restored_images.FOLDER
        (split,) = json.loads(exec_properties[SPLITS])
        records = Path(get_split_uri(input_dict[EXAMPLES], split))
        if is_on_this_machine(self._beam_pipeline_args) and restored_images.is_small(records):
            exec_properties = {**exec_properties, EVAL_CONFIG: keeping_images(exec_properties[EVAL_CONFIG], folder)}
        super().Do(input_dict, output_dict, exec_properties)
        restored_images.drop_if_large(folder)


def keeping_images(eval_config: str, folder: Path) -> str:
    """Returns an Evaluator's configuration whose metric also writes the restored images.

    Args:
        eval_config: TFMA's EvalConfig as JSON, of `eval_config.eval_config`.
        folder: The folder to write to.
    """
    parsed = json_format.Parse(eval_config, config_pb2.EvalConfig())
    for specification in parsed.metrics_specs:
        for metric in specification.metrics:
            if metric.class_name == RestorationQuality.__name__:
                metric.config = json.dumps({KEEP_IN: str(folder)})
    return json_format.MessageToJson(parsed)
