from pathlib import Path

import pytest

from components.pair_validator.judging.verdicts import PairVerdict
from components.span_window.window import Window, choose_window
from data.spans.manifest import MANIFEST_NAME, Manifest, span_folder
from pipeline.config import Config
from pipeline.report.collect.lineage import EMBEDDED_LICENCE, data_source, lineage_steps, model_facts
from pipeline.report.collect.mlmd import Execution, Output
from pipeline.report.facts.training_facts import TrainingHistory


def manifest(**changes):
    content = {
        "span": 1,
        "source": "set",
        "rule": {"layout": "same-name"},
        "seed": 1,
        "shares": {},
        "code_version": "0",
    }
    return Manifest(
        **content
        | {"created": "2026", "counts": {"split": {"train": 3}, "degradation": {"rain": 3}}, "sizes": {"9x9": 3}}
        | changes
    )


def execution(name, state="ran", **outputs):
    return Execution(name, state, 1.0, outputs)


@pytest.fixture
def config(tmp_path):
    folder = span_folder(tmp_path / "records", 1)
    folder.mkdir(parents=True)
    (folder / MANIFEST_NAME).write_text(manifest().to_json())
    return Config(workspace=tmp_path, data={"records": tmp_path / "records"})


@pytest.fixture
def ingested(config, tmp_path):
    window = choose_window(config.data.records)
    examples = Output(
        tmp_path / "examples" / "1", {"span": 1, "window": window.to_json(), "superseded": 0}, 1, "Examples"
    )
    parameters = {"records_directory": str(config.data.records)}
    return {"SpanWindow": Execution("SpanWindow", "ran", 1.0, {"examples": examples}, parameters)}


def test_the_digest_of_a_span_ignores_only_its_date():
    assert manifest(created="2027").digest() == manifest().digest()
    assert manifest(files={"a.png": "9d1c"}).digest() != manifest().digest()


def test_the_data_source_comes_from_the_manifest(config, ingested):
    data = data_source(config, ingested)
    assert (data.source, data.span, data.digest) == ("set", 1, manifest().digest())
    assert data.rule == "converted by the layout same-name"
    assert data.licence == "unknown"
    assert not data.drawn
    assert data_source(config, {}) is None


def test_the_licence_comes_from_the_configuration_or_the_embedded_photographs(config, ingested):
    said = config.model_copy(update={"data": config.data.model_copy(update={"licence": "CC BY 4.0"})})
    assert data_source(said, ingested).licence == "CC BY 4.0"
    drawn = manifest(rule={"synthesis": "rain", "photos": "embedded"})
    (span_folder(config.data.records, 1) / MANIFEST_NAME).write_text(drawn.to_json())
    data = data_source(config, ingested)
    assert data.licence == EMBEDDED_LICENCE
    assert data.drawn
    assert data.rule == "rain drawn on the embedded photographs"


def test_a_span_whose_records_were_removed_is_still_named(config, ingested):
    (span_folder(config.data.records, 1) / MANIFEST_NAME).unlink()
    data = data_source(config, ingested)
    assert (data.span, data.digest) == (1, "")


def test_a_window_of_spans_is_named_and_has_one_digest(config, tmp_path):
    for number in (2, 3):
        folder = span_folder(config.data.records, number)
        folder.mkdir()
        (folder / MANIFEST_NAME).write_text(manifest(span=number).to_json())
    window = choose_window(config.data.records, 2, evaluation=1)
    examples = Output(tmp_path, {"span": 3, "window": window.to_json(), "superseded": 4}, 1, "Examples")
    parameters = {"records_directory": str(config.data.records)}
    read = {"SpanWindow": Execution("SpanWindow", "ran", 1.0, {"examples": examples}, parameters)}
    data = data_source(config, read)
    assert (data.span, data.window, data.superseded) == (3, "2, 3, judged on 1", 4)
    assert data.digest == window.fingerprint() == Window.from_json(window.to_json()).fingerprint()
    steps = list(lineage_steps(read, data, None, [], tmp_path))
    assert steps[0].details["Span"] == "2, 3, judged on 1"
    assert steps[0].details["Superseded"].startswith("4 pairs")


def test_the_digest_of_the_model_covers_the_saved_model_only(tmp_path):
    serving = tmp_path / "model" / "Format-Serving"
    serving.mkdir(parents=True)
    (serving / "saved_model.pb").write_bytes(b"graph")
    trained = {"Trainer": execution("Trainer", model=Output(tmp_path / "model", {}, 10, "Model"))}
    history = TrainingHistory(recipe={"model": {"variant": "AST-T", "parameters": 7}})
    model = model_facts(trained, history)
    assert (model.variant, model.parameters) == ("AST-T", 7)
    assert len(model.digest) == 64
    (serving / "model_card.md").write_text("a card is no part of the model")
    assert model_facts(trained, history).digest == model.digest
    assert model_facts({"Trainer": execution("Trainer", "failed")}, None) is None


@pytest.mark.parametrize(
    ("recipe", "parent", "words"),
    [
        ({"parent": None}, None, "random weights"),
        ({"parent": "production"}, "1763838847", "version 1763838847"),
        ({"parent": "/models/ast_b.pth"}, "/models/ast_b.pth", "/models/ast_b.pth"),
        ({}, "unknown", "unknown"),  # a history of an earlier release
    ],
)
def test_the_model_that_training_started_from_is_known(tmp_path, recipe, parent, words):
    production = Output(tmp_path / "production", {"production_version": "1763838847"}, 9, "Model")
    executions = {
        "ProductionModel": execution("ProductionModel", model=production),
        "Trainer": execution("Trainer", model=Output(tmp_path / "model", {}, 10, "Model")),
    }
    model = model_facts(executions, TrainingHistory(recipe=recipe))
    assert model.parent == parent
    trained = list(lineage_steps(executions, None, model, [], tmp_path))[4]
    assert trained.details["Started from"] == words


def test_steps_go_from_data_to_push_and_mark_those_not_reached(config, ingested):
    pair = PairVerdict("a", "a.png", "b.png", "ok", (), {}, "train", "s", "light")
    executions = ingested | {
        "PairValidator": execution("PairValidator", "cached"),
        "Transform": execution("Transform", "failed"),
    }
    steps = list(lineage_steps(executions, data_source(config, ingested), None, [pair], Path("models")))
    assert [step.title for step in steps] == ["Data", "Ingested", "Checked", "Prepared", "Trained", "Judged", "Pushed"]
    assert [step.reached for step in steps] == [True, True, True, False, False, False, False]
    assert steps[0].details["SHA-256 of the data"] == manifest().digest()
    assert steps[1].artifacts[0].id == 1
    assert steps[2].details == {"Pairs": "1 passed, 0 quarantined", "From an earlier run": "PairValidator"}


def test_the_data_is_read_where_the_run_read_it(config, ingested, tmp_path):
    (tmp_path / "records").rename(tmp_path / "moved")
    (tmp_path / "records").mkdir()
    parameters = {"records_directory": str(tmp_path / "moved")}
    elsewhere = {"SpanWindow": Execution("SpanWindow", "ran", 1.0, ingested["SpanWindow"].outputs, parameters)}
    assert data_source(config, elsewhere).source == "set"
