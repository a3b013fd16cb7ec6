"""The executor of TFX's Pusher in this project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from tfx import v1 as tfx

from components.gate.judgement import FILE_NAME, Judgement
from components.production import registry
from components.pusher.properties import (
    OUTCOME_PROPERTY,
    PUSHED,
    REASON_PROPERTY,
    RECORD_PROPERTY,
    REFUSED,
    RUN_ID,
    SIGNING_KEY,
    UNCHANGED,
)
from components.pusher.version_facts import version_facts
from components.tfx_internals import TfxPusherExecutor


class AtomicPusherExecutor(TfxPusherExecutor):
    """Pushes through the registry: atomically, and neither the production model again nor a model that was rolled back."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes the model if it is blessed and differs from the production model.

        Args:
            input_dict: `model`, `model_blessing`, and `infra_blessing` where the pipeline has one.
            output_dict: `pushed_model`. Its custom property `outcome` is "pushed", "unchanged" or "refused"; `version_record`
                holds the record of a pushed version, `reason` the reason of a refused one.
            exec_properties: `push_destination` as JSON, with `filesystem.base_directory`; `custom_config` as JSON, in which
                `SIGNING_KEY` may name a private key; `run_id`, which the record of the version names.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        (pushed_model,) = output_dict["pushed_model"]
        if not self.CheckBlessing(input_dict):
            self._mark_not_pushed(pushed_model, REFUSED)
            return
        destination = _destination(exec_properties["push_destination"])
        model = Path(self.GetModelPath(input_dict))
        current = registry.production(destination)
        if current is not None and current.digest == registry.model_digest(model):
            self._mark_not_pushed(pushed_model, UNCHANGED)
            return
        run_id = exec_properties.get(RUN_ID) or registry.UNKNOWN  # the context has none on Kubeflow
        try:
            version = registry.push(model, destination, run_id, _facts(input_dict), _signing_key(exec_properties))
        except registry.DeniedModelError as error:
            self._mark_not_pushed(pushed_model, REFUSED)
            pushed_model.set_string_custom_property(REASON_PROPERTY, str(error))
            return
        self._MarkPushed(pushed_model, str(destination / str(version.number)), str(version.number))
        pushed_model.set_string_custom_property(OUTCOME_PROPERTY, PUSHED)
        pushed_model.set_string_custom_property(RECORD_PROPERTY, json.dumps(json.loads(version.to_json())))

    def _mark_not_pushed(self, pushed_model: tfx.dsl.Artifact, outcome: str) -> None:
        self._MarkNotPushed(pushed_model)
        pushed_model.set_string_custom_property(OUTCOME_PROPERTY, outcome)


def _facts(input_dict: dict[str, list[tfx.dsl.Artifact]]) -> dict[str, Any]:
    """Returns the facts of the Gate's judgement; empty where another component wrote the blessing."""
    for blessing in input_dict.get("model_blessing", []):
        if (Path(blessing.uri) / FILE_NAME).is_file():
            return version_facts(Judgement.read(Path(blessing.uri)))
    return {}


def _signing_key(exec_properties: dict[str, Any]) -> Path | None:
    custom_config = json.loads(exec_properties.get("custom_config") or "null")  # "null" is TFX's default
    return Path(custom_config[SIGNING_KEY]) if custom_config else None


def _destination(push_destination: str) -> Path:
    message = json_format.Parse(push_destination, tfx.proto.PushDestination())
    return Path(message.filesystem.base_directory)
