"""The executor of the Gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from components.evaluation import results
from components.gate.judgement import FILE_NAME, Judgement, judgement_of
from components.gate.parent import parent_of
from components.gate.scalar_metrics import METRICS_FILE, scalar_metrics
from components.gate.settings import GateSettings
from components.production import registry
from components.production.properties import NO_PRODUCTION_MODEL, SERVING_FOLDER, VERSION_PROPERTY
from components.span_window.properties import WINDOW_PROPERTY
from components.span_window.window import Window
from components.tfx_internals import BaseExecutor, blessing_names
from data.errors import InputError
from data.spans.manifest import read_manifest, span_folder
from model_code.training.records import history

EVALUATION = "evaluation"
MODEL = "model"
MODEL_RUN = "model_run"
BASELINE_MODEL = "baseline_model"
EXAMPLES = "examples"
SETTINGS = "settings"
RECORDS_DIRECTORY = "records_directory"
CODE = "code"
BLESSING = "blessing"
METRICS = "metrics"


class GateExecutor(BaseExecutor):
    """Judges the model, and writes a TFX blessing with `judgement.json` beside it, and the metrics."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Judges the model, and writes the blessing and the metrics.

        Args:
            input_dict: `evaluation`, `model`, `model_run`, `baseline_model` and `examples`.
            output_dict: `blessing`, and `metrics`, which Kubeflow's user interface shows.
            exec_properties: `settings`, `records_directory` and `code`.

        Raises:
            ValueError: The evaluation split is empty.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        (evaluation,), (model,), (baseline,) = (input_dict[key] for key in (EVALUATION, MODEL, BASELINE_MODEL))
        evaluated = results.read(Path(evaluation.uri))
        version = baseline.get_string_custom_property(VERSION_PROPERTY)
        digest = registry.model_digest(Path(model.uri) / SERVING_FOLDER)
        judgement = judgement_of(
            evaluated.candidate_images,
            None if version == NO_PRODUCTION_MODEL else evaluated.baseline_images,
            GateSettings.model_validate_json(exec_properties[SETTINGS]),
            same_model=digest == registry.model_digest(Path(baseline.uri) / SERVING_FOLDER),
            production=version,
            digest=digest,
            data=_data(input_dict[EXAMPLES][0], Path(exec_properties[RECORDS_DIRECTORY])),
            code=exec_properties[CODE],
            parent=parent_of(_recipe(Path(input_dict[MODEL_RUN][0].uri)), version),
        )
        _bless(output_dict[BLESSING][0], judgement, model, baseline)
        metrics = scalar_metrics(judgement)
        Path(output_dict[METRICS][0].uri).mkdir(parents=True, exist_ok=True)
        (Path(output_dict[METRICS][0].uri) / METRICS_FILE).write_text(
            json.dumps(metrics, indent=1) + "\n", encoding="utf-8"
        )
        for name, value in metrics.items():
            output_dict[METRICS][0].set_float_custom_property(name, value)


def _recipe(model_run: Path) -> dict[str, Any]:
    """Returns the recipe in the history of a training."""
    recipe: dict[str, Any] = json.loads((model_run / history.FILE_NAME).read_text(encoding="utf-8"))["recipe"]
    return recipe


def _data(examples: tfx.dsl.Artifact, records: Path) -> dict[str, Any]:
    """Returns the data of the judgement: newest span, digest and pairs; the source is in the manifest, where there is one."""
    window = Window.from_json(examples.get_string_custom_property(WINDOW_PROPERTY))
    newest = window.newest
    several = len(window.all) > 1
    spans = {
        "span": newest.number,
        "sha256": window.fingerprint() if several else newest.sha256,
        "pairs": None if newest.pairs is None else sum(span.pairs or 0 for span in window.all),
    }
    if several:
        spans |= {"spans": [span.number for span in window.train], "judged": [span.number for span in window.judged]}
    try:
        return {"source": read_manifest(span_folder(records, newest.number)).source} | spans
    except InputError:
        return {"source": records.name} | spans


def _bless(
    blessing: tfx.dsl.Artifact, judgement: Judgement, model: tfx.dsl.Artifact, baseline: tfx.dsl.Artifact
) -> None:
    """Writes what TFX's Evaluator would: a marker file, and properties that name both models."""
    folder = Path(blessing.uri)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(judgement.to_json(), encoding="utf-8")
    names = blessing_names
    (folder / (names.BLESSED_FILE_NAME if judgement.blessed else names.NOT_BLESSED_FILE_NAME)).touch()
    value = names.BLESSED_VALUE if judgement.blessed else names.NOT_BLESSED_VALUE
    blessing.set_int_custom_property(names.ARTIFACT_PROPERTY_BLESSED_KEY, value)
    blessing.set_string_custom_property(names.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY, model.uri)
    blessing.set_int_custom_property(names.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model.id)
    blessing.set_string_custom_property(names.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY, baseline.uri)
    blessing.set_int_custom_property(names.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY, baseline.id)
