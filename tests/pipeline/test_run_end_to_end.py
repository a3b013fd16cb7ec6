"""The whole local pipeline on a tiny configuration: pushed, unchanged, refused and failed runs, and their reports."""

import json
import os
import re
import sys
from pathlib import Path

import cv2
import pytest

from components.production import changes, registry
from data.synthesis.rain import add_rain, draw_rain
from data.synthesis.random_streams import generator
from data.synthesis.synthesize import embedded_photos
from model_code.saved_model.export import identity_restorer, save_restorer
from pipeline.report.runs import run_names
from tests.pipeline.conftest import ROOT, TINY

pytestmark = pytest.mark.slow


def _last_run(workspace):
    folder = max(workspace.glob("reports/*/config.yaml")).parent
    return json.loads((folder / "run.json").read_text()), folder


def _versions(workspace):
    return sorted(path.name for path in (workspace / "models").iterdir() if path.name.isdigit())


def _run(command, workspace, *settings):
    sets = [argument for setting in (f"workspace={workspace}", *settings) for argument in ("--set", setting)]
    return command("ast-restore", "run", "--config", TINY, *sets)


@pytest.fixture(scope="module")
def workspace(first_run):
    return first_run.workspace


@pytest.fixture(scope="module")
def first(first_run):
    """The first run of the module's workspace: everything below builds on the model that it pushed."""
    done = first_run.process
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.both_stacks
def test_a_first_run_pushes_a_model_that_beats_the_identity_baseline(first, workspace):
    run, folder = _last_run(workspace)
    assert run["verdict"] == "pushed"
    assert run["gain_psnr"] > 0.2
    assert run["quarantined"] == 0
    assert _versions(workspace) == [run["pushed_version"]]
    assert (Path(run["model_dir"]) / "saved_model.pb").is_file()
    assert run["pushed_version"] in first.stdout
    assert (folder / "index.html").stat().st_size > 10_000
    assert (folder / "config.yaml").is_file()
    assert json.loads((folder / "inputs.json").read_text()).keys() == {"data", "code", "reason"}


def test_only_the_lines_of_this_project_reach_the_screen(first):
    for chatter in ("FutureWarning", "DeprecationWarning", "cuda", "CUDA", "WARNING:", "Traceback"):
        assert chatter not in first.stdout + first.stderr


@pytest.mark.usefixtures("first")
def test_the_run_report_has_the_origin_of_the_model(workspace):
    run, folder = _last_run(workspace)
    facts = json.loads((folder / "facts.json").read_text())
    pushed = Path(run["model_dir"])
    digest = json.loads((pushed / "version.json").read_text())["digest"]
    assert facts["model"]["digest"] == digest
    assert digest in (pushed / "model_card.md").read_text()
    assert len(facts["data"]["digest"]) == 64
    assert all(step["reached"] for step in facts["steps"])
    trainer = next(part for part in facts["components"] if part["name"] == "Trainer")
    assert trainer["memory"] >= trainer["memory_before"] > 100 * 2**20
    assert {"best", "median", "worst"} <= {shown["rank"] for shown in _pictures(folder)}


def _pictures(folder):
    return json.loads((folder / "pictures.json").read_text())["examples"]


@pytest.mark.usefixtures("first")
def test_a_run_report_is_rebuilt_and_that_of_a_killed_run_from_ml_metadata(command, workspace, tmp_path):
    _, folder = _last_run(workspace)
    page = (folder / "index.html").read_bytes()
    again = command("ast-restore", "report", "--workspace", workspace)
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == str(folder / "index.html")
    assert (folder / "index.html").read_bytes() == page
    killed = tmp_path / folder.name
    killed.mkdir()
    (killed / "config.yaml").write_bytes((folder / "config.yaml").read_bytes())
    recovered = command("ast-restore", "report", killed)
    assert recovered.returncode == 0, recovered.stderr
    assert "WARNING" not in recovered.stderr
    rebuilt, original = (json.loads((run / "facts.json").read_text()) for run in (killed, folder))
    for name in ("verdict", "slices", "thresholds", "steps", "data", "model", "splits"):
        assert rebuilt[name] == original[name]
    assert [shown["pair_id"] for shown in _pictures(killed)] == [shown["pair_id"] for shown in _pictures(folder)]
    missing = command("ast-restore", "report", "20200101-000000", "--workspace", workspace)
    assert missing.returncode == 2
    assert missing.stderr.startswith("ast-restore: 20200101-000000: no such run")


@pytest.mark.usefixtures("first")
def test_an_unchanged_run_neither_trains_nor_pushes_again(command, workspace):
    before = _versions(workspace)
    done = _run(command, workspace)
    run, folder = _last_run(workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run["verdict"] == "unchanged"
    assert _versions(workspace) == before
    assert _states(folder)["Trainer"] == "cached"
    # Only the thresholds differ: the model is judged again and not measured again.
    done = _run(command, workspace, "gate.min_psnr=9")
    run, folder = _last_run(workspace)
    assert run["verdict"] == "unchanged"
    assert {name for name, state in _states(folder).items() if state == "ran"} == {
        "DataReport",
        "Gate",
        "Pusher",
        "RunReport",
    }
    assert "all but DataReport, Gate, Pusher, RunReport" in " ".join(done.stdout.split())
    assert "reused" in done.stderr


@pytest.mark.usefixtures("first")
def test_all_runs_stand_in_one_page_and_two_of_them_are_compared(command, workspace):
    """The run before this test reused the model of the first one, so that no image differs."""
    names = run_names(workspace / "reports")
    (version,) = _versions(workspace)
    overview = (workspace / "reports" / "index.html").read_text()
    assert f"Version {version} is in production" in overview
    assert all(f'href="{name}/index.html"' in overview for name in names)
    assert "gate.min_psnr" in overview
    done = command("ast-restore", "report", "--workspace", workspace, "--compare", names[0], "latest")
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip()).read_text()
    assert "No clear difference of B from A: 0.00 dB PSNR (0.00 to 0.00) on 12 images" in page
    assert "gate.min_psnr" in page
    assert 'class="compare"' in page
    # What every run writes is what the command writes again.
    assert command("ast-restore", "report", "--workspace", workspace).returncode == 0
    assert (workspace / "reports" / "index.html").read_text() == overview


def _states(folder):
    return {part["name"]: part["state"] for part in json.loads((folder / "facts.json").read_text())["components"]}


@pytest.mark.usefixtures("first")
def test_a_worse_model_is_refused_and_production_unchanged(command, workspace):
    before, parent = _versions(workspace), registry.production(workspace / "models")
    assert parent.facts["parent"] is None
    worse = "train.stages=[{patch: 32, batch: 2, steps: 3, learning_rate: 0.05}]"
    done = _run(command, workspace, worse, "train.warm_start=production")
    run, folder = _last_run(workspace)
    assert done.returncode == 3, done.stdout + done.stderr
    assert json.loads((folder / "facts.json").read_text())["model"]["parent"] == str(parent.number)
    assert f"| Started from | version {parent.number} |" in (folder / "model_card.md").read_text()
    assert run["verdict"] == "refused"
    assert run["pushed_version"] is None
    assert _versions(workspace) == before


@pytest.mark.usefixtures("first")
def test_after_a_rollback_the_next_run_compares_with_the_restored_model_and_does_not_push_the_bad_one_again(
    command, workspace
):
    """The older version, to which production is rolled back, is the identity baseline."""
    models = workspace / "models"
    bad = registry.production(models)
    save_restorer(identity_restorer(), workspace / "older")
    older = registry.push(workspace / "older", models, "by hand")
    changes.promote(models, bad.number)
    done = command("ast-restore", "models", "rollback", str(older.number), "--models", models)
    assert done.returncode == 0, done.stderr
    hook = f"notify.command=[{sys.executable}, -c, 'import sys; sys.exit(sys.stdin.read())']"
    done = _run(command, workspace, hook, "mlflow.tracking_uri=http://user:t0ken@127.0.0.1:1")
    run, folder = _last_run(workspace)
    assert done.returncode == 3, done.stdout + done.stderr
    assert run["verdict"] == "refused"
    assert "which was rolled back" in run["sentence"]
    back = registry.production(models)
    assert back.digest == older.digest
    assert json.loads((folder / "facts.json").read_text())["production_before"] == str(back.number)
    # The hook failed; the run keeps its verdict and exit code.
    assert "ended with code 1" in done.stderr
    assert "ended with code 1" in (folder / "log.txt").read_text()
    # So it does where MLflow is not there.
    absent = (
        f"the MLflow server at 127.0.0.1 cannot be reached: no connection; `ast-restore mlflow export {run['run_id']}`"
    )
    assert absent in done.stderr
    assert absent in (folder / "log.txt").read_text()
    assert not [path for path in folder.iterdir() if b"t0ken" in path.read_bytes()]
    assert command("ast-restore", "models", "promote", str(bad.number), "--models", models).returncode == 0


@pytest.mark.usefixtures("first")
def test_a_component_that_fails_ends_the_run_with_a_report_and_no_traceback(command, workspace):
    before = _versions(workspace)
    done = _run(command, workspace, "train.stages=[{patch: 32, batch: 2, steps: 30, learning_rate: 1.0e+30}]",
                "train.warmup_steps=0", "train.divergence={max_nonfinite_steps: 2, max_rollbacks: 0}")  # fmt: skip
    run, folder = _last_run(workspace)
    assert done.returncode == 1, done.stdout + done.stderr
    assert run["verdict"] == "failed"
    assert "not finite" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "Traceback" in (folder / "log.txt").read_text()
    assert (folder / "index.html").is_file()
    assert _versions(workspace) == before


def test_misaligned_pairs_stop_the_run_before_training(command, tmp_path):
    source = tmp_path / "shifted"
    _write_shifted_pairs(source)
    converted = command("ast-restore", "data", "convert", source, tmp_path / "records", "--layout", "same-name")
    assert converted.returncode == 0, converted.stderr
    # Six scenes leave one for the evaluation; with the default of the gate the run would be refused before it looks at a pair.
    done = _run(command, tmp_path / "w", f"data.records={tmp_path / 'records'}", "gate.min_scenes=1")
    assert done.returncode == 4, done.stdout + done.stderr
    run, folder = _last_run(tmp_path / "w")
    assert run["verdict"] == "data_refused"
    assert not (tmp_path / "w" / "pipeline" / "Trainer").exists()
    lines = [json.loads(line) for line in (folder / "verdicts.jsonl").read_text().splitlines()]
    shifted = {line["input"] for line in lines if line["verdict"] == "quarantined"}
    assert {f"input/{number}.png" for number in (1, 4)} <= shifted
    assert all(any(r["code"] == "misaligned" for r in line["reasons"]) for line in lines if line["verdict"] != "ok")
    assert re.search(r"misaligned", done.stdout)


def _write_shifted_pairs(source):
    """Writes six scenes with rain; in two of them a crop moves the input by five pixels."""
    for folder in ("input", "target"):
        (source / folder).mkdir(parents=True)
    for number, photo in enumerate(sorted(embedded_photos().glob("*.jpg"))[:6]):
        clean = cv2.imread(str(photo))[100:300, 100:340, ::-1]
        rainy = add_rain(clean, draw_rain("light", generator(number)), number)
        if number in (1, 4):
            clean, rainy = clean[:-5, :-5], rainy[5:, 5:]
        for folder, image in (("input", rainy), ("target", clean)):
            cv2.imwrite(str(source / folder / f"{number}.png"), image[..., ::-1])


@pytest.mark.slow(minutes=2)
def test_the_tfx_command_does_the_same_job_from_another_directory(command, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(f"workspace: {tmp_path / 'w'}\n{TINY.read_text()}")
    environment = os.environ | {"AST_RESTORE_CONFIG": str(config), "HOME": str(tmp_path)}
    runner = ROOT / "pipeline" / "local_runner.py"
    create = command("tfx", "pipeline", "create", "--engine", "local", "--pipeline_path", runner,
                     cwd=tmp_path, env=environment)  # fmt: skip
    assert create.returncode == 0, create.stdout + create.stderr
    assert not (tmp_path / "w").exists(), "reading the pipeline must not run anything, nor make a folder"
    again = command("tfx", "pipeline", "update", "--engine", "local", "--pipeline_path", runner,
                    cwd=tmp_path, env=environment)  # fmt: skip
    assert again.returncode == 0, again.stdout + again.stderr
    run = command("tfx", "run", "create", "--engine", "local", "--pipeline_name", "ast_restoration",
                  cwd=tmp_path, env=environment)  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert _last_run(tmp_path / "w")[0]["verdict"] == "pushed"


@pytest.mark.long(minutes=1.5)
def test_the_best_recipe_of_the_tuner_is_trained_and_pushed(command, tmp_path):
    search = "{enabled: true, search: random, trials: 2, steps: 20, learning_rate: [0.0015, 0.003], win_size: [4, 8]}"
    done = _run(command, tmp_path, f"tune={search}")
    assert done.returncode == 0, done.stdout + done.stderr
    _, folder = _last_run(tmp_path)
    facts = json.loads((folder / "facts.json").read_text())
    tried = [json.loads(path.read_text()) for path in (tmp_path / "pipeline" / "Tuner").rglob("tuner_results.json")]
    assert len(tried[0]) == 2
    best = max(tried[0], key=lambda trial: trial["score"])
    history = json.loads(next((tmp_path / "pipeline" / "Trainer" / "model_run").rglob("history.json")).read_text())
    assert history["recipe"]["tuned"] == {name: best[name] for name in ("learning_rate", "win_size")}
    assert history["recipe"]["train"]["stages"][0]["learning_rate"] == best["learning_rate"]
    assert history["recipe"]["model"]["win_size"] == best["win_size"]
    assert "Tuner" in {part["name"] for part in facts["components"]}
