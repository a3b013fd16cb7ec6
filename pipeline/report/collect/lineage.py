"""The way of a model from data to push, from ML Metadata, the manifest of the span and the push destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

from components.gate.parent import parent_of
from components.pair_validator.judging.verdicts import PairVerdict
from components.production import registry
from components.production.properties import SERVING_FOLDER
from components.production.properties import VERSION_PROPERTY as BASELINE_PROPERTY
from components.pusher.properties import VERSION_PROPERTY as PUSHED_PROPERTY
from components.span_window.properties import RECORDS_DIRECTORY, SUPERSEDED_PROPERTY, WINDOW_PROPERTY
from components.span_window.window import Window
from data.errors import InputError
from data.spans.manifest import Manifest, read_manifest, span_folder
from model_code.training.records.history import PARENT
from pipeline.config import Config
from pipeline.report.collect.mlmd import Execution, completed
from pipeline.report.facts.lineage_facts import Artifact, DataSource, LineageStep, ModelFacts
from pipeline.report.facts.training_facts import TrainingHistory
from pipeline.report.wording import number, parent_model, production_model

EMBEDDED_LICENCE = (
    "CC BY 2.0, CC BY 4.0, CC0 1.0 and public domain, photograph by photograph in data/photos/ATTRIBUTION.md"
)
UNKNOWN = "unknown"

# The components whose outputs each step shows. Schemas and statistics describe the data; no model is made from them.
_INGESTED, _CHECKED, _PREPARED = ("SpanWindow",), ("PairValidator",), ("Transform",)
_TRAINED, _JUDGED, _PUSHED = ("Trainer",), ("ProductionModel", "Evaluator", "Gate", "InfraCheck"), ("Pusher",)


class _DataRead(TypedDict):
    """The fields of `DataSource` that ML Metadata holds."""

    span: int
    window: str
    superseded: int
    path: str


def data_source(config: Config, executions: Mapping[str, Execution]) -> DataSource | None:
    """Returns the data that a run read, with the manifest of its newest span; None where nothing was read.

    Args:
        config: The configuration of the run.
        executions: The run's executions by component.
    """
    ingested = executions.get("SpanWindow")
    if ingested is None or "examples" not in ingested.outputs:
        return None
    properties = ingested.outputs["examples"].properties
    window = Window.from_json(str(properties[WINDOW_PROPERTY]))
    folder = Path(str(ingested.parameters[RECORDS_DIRECTORY]))  # the configuration's may have moved on since the run
    read = _DataRead(
        span=window.newest.number,
        window=_window(window),
        superseded=int(properties[SUPERSEDED_PROPERTY]),
        path=str(folder),
    )
    try:
        manifest = read_manifest(span_folder(folder, window.newest.number))
    except InputError:  # the records were moved or removed since; the rest is in the metadata
        return DataSource(source=folder.name, licence=config.data.licence or UNKNOWN, **read)
    return DataSource(
        source=manifest.source,
        digest=window.newest.sha256 if len(window.all) == 1 else window.fingerprint(),
        created=manifest.created,
        rule=_rule(manifest),
        drawn="synthesis" in manifest.rule,
        degradations=manifest.counts.get("degradation", {}),
        sizes=manifest.sizes,
        licence=_licence(config, manifest),
        **read,
    )


def _window(window: Window) -> str:
    """Names the spans, where there is more than one."""
    if len(window.all) == 1:
        return ""
    train, judged = (", ".join(str(span.number) for span in part) for part in (window.train, window.judged))
    return f"{train}, judged on {judged}" if judged != train else train


def _rule(manifest: Manifest) -> str:
    """Returns in words how the pairs were converted or drawn."""
    if "synthesis" in manifest.rule:
        photos = manifest.rule.get("photos", UNKNOWN)
        source = "the embedded photographs" if photos == "embedded" else f"the photographs of {photos}"
        return f"{manifest.rule['synthesis']} drawn on {source}"
    return f"converted by the layout {manifest.rule.get('layout', UNKNOWN)}"


def _licence(config: Config, manifest: Manifest) -> str:
    if config.data.licence:
        return config.data.licence
    return EMBEDDED_LICENCE if manifest.rule.get("photos") == "embedded" else UNKNOWN


def model_facts(executions: Mapping[str, Execution], history: TrainingHistory | None) -> ModelFacts | None:
    """Returns the model that a run trained; None where it trained none.

    Args:
        executions: The run's executions by component.
        history: The training history, whose recipe describes the network.
    """
    trainer = completed(executions, "Trainer")
    if trainer is None or "model" not in trainer.outputs:
        return None
    recipe = history.recipe if history and isinstance(history.recipe, dict) else {}
    described = recipe.get("model", {})
    serving = trainer.outputs["model"].uri / SERVING_FOLDER
    return ModelFacts(
        variant=described.get("variant") or UNKNOWN,
        parameters=described.get("parameters"),
        digest=registry.model_digest(serving) if (serving / registry.SAVED_MODEL).is_file() else "",
        parent=_parent(recipe, executions),
    )


def _parent(recipe: Mapping[str, Any], executions: Mapping[str, Execution]) -> str | None:
    """Returns the model that training started from; histories of earlier releases do not say it."""
    if PARENT not in recipe:
        return UNKNOWN
    return parent_of(recipe, _production_version(executions) or UNKNOWN)


def _production_version(executions: Mapping[str, Execution]) -> str | None:
    production = executions.get("ProductionModel")
    if production is None or "model" not in production.outputs:
        return None
    return str(production.outputs["model"].properties.get(BASELINE_PROPERTY, UNKNOWN))


def lineage_steps(
    executions: Mapping[str, Execution],
    data: DataSource | None,
    model: ModelFacts | None,
    verdicts: list[PairVerdict],
    destination: Path,
) -> Iterator[LineageStep]:
    """Yields the steps from data to push in order, reached or not.

    Args:
        executions: The run's executions by component.
        data: The data that was read.
        model: The trained model.
        verdicts: The verdicts on all pairs.
        destination: The push destination.
    """
    yield LineageStep(title="Data", details=_data_details(data), reached=data is not None)
    passed = sum(pair.ok for pair in verdicts)
    checked = {"Pairs": f"{passed} passed, {len(verdicts) - passed} quarantined"} if verdicts else {}
    yield _step("Ingested", _INGESTED, executions, {})
    yield _step("Checked", _CHECKED, executions, checked)
    yield _step("Prepared", _PREPARED, executions, {})
    yield _step("Trained", _TRAINED, executions, _model_details(model))
    yield _step("Judged", _JUDGED, executions, _baseline_details(executions))
    yield _step("Pushed", _PUSHED, executions, _push_details(executions, destination))


def _step(
    title: str, components: tuple[str, ...], executions: Mapping[str, Execution], details: dict[str, str]
) -> LineageStep:
    reached = [execution for name in components if (execution := completed(executions, name))]
    cached = [execution.component for execution in reached if execution.state == "cached"]
    if cached:
        details = details | {"From an earlier run": ", ".join(cached)}
    artifacts = tuple(
        Artifact(component=execution.component, output=name, type=output.type, id=output.id, uri=str(output.uri))
        for execution in reached
        for name, output in execution.outputs.items()
    )
    return LineageStep(title=title, details=details, artifacts=artifacts, reached=len(reached) == len(components))


def _data_details(data: DataSource | None) -> dict[str, str]:
    if data is None:
        return {}
    details = {
        "Set": data.source,
        "Span": data.window or str(data.span),
        "Superseded": f"{data.superseded} pairs, replaced by a newer span" if data.superseded else "",
        "Pairs": data.rule,
        "Written": data.created,
        "SHA-256 of the data": data.digest,
        "Licence": data.licence,
        "Records": data.path,
    }
    return {name: value for name, value in details.items() if value}


def _model_details(model: ModelFacts | None) -> dict[str, str]:
    if model is None:
        return {}
    size = f", {number(model.parameters, 0)} parameters" if model.parameters else ""
    details = {"Network": f"{model.variant}{size}", "Started from": parent_model(model.parent)}
    return details | ({"SHA-256 of the model": model.digest} if model.digest else {})


def _baseline_details(executions: Mapping[str, Execution]) -> dict[str, str]:
    version = _production_version(executions)
    return {} if version is None else {"Compared with": production_model(version)}


def _push_details(executions: Mapping[str, Execution], destination: Path) -> dict[str, str]:
    pusher = executions.get("Pusher")
    if pusher is None or "pushed_model" not in pusher.outputs:
        return {}
    version = pusher.outputs["pushed_model"].properties.get(PUSHED_PROPERTY)
    if version is None:
        return {"Version": "nothing was pushed"}
    return {"Version": str(version), "Folder": str(destination / str(version))}
