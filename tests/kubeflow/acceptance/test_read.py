"""Kubeflow's own loader and protos, of several releases, understand each field of the compiled pipeline."""

import pytest
import yaml

pytest.importorskip("kfp", reason="kfp is not installed, so nothing can be compiled")

from kubeflow import spec as specs
from tests.kubeflow.acceptance.environments import NEWEST, RELEASES, last_line, run_script


@pytest.fixture(scope="module", params=RELEASES)
def read(request, package):
    return last_line(run_script(request.param, "read_package.py", package))


def _same(written, understood):
    """Whether a proto holds what the file says; empty values are left out of a proto's JSON, and long integers are text."""
    if isinstance(written, dict):
        return all(_same(value, understood.get(key)) for key, value in written.items() if value or key in understood)
    if isinstance(written, list):
        return len(written) == len(understood) and all(map(_same, written, understood))
    return written == understood or str(written) == str(understood) or float(written) == understood


def test_both_documents_mean_what_they_say(package, read):
    pipeline, platform = yaml.safe_load_all(package.read_text())
    assert read["name"] == pipeline["pipelineInfo"]["name"]
    assert read["loads_platform"]
    assert _same(pipeline, read["spec"])
    assert _same(pipeline["deploymentSpec"]["executors"], read["executors"])
    assert _same(platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"], read["kubernetes"])


def test_every_executor_has_its_kubernetes_settings(read):
    assert read["kubernetes"].keys() == read["executors"].keys()


def test_constants_have_the_types_that_the_driver_demands(read):
    """The rule of the driver in Go, as its source says it: only for STRING does it convert, and a null ends the task."""
    # By JSON, as a proto's Value holds it: each number is a float.
    kinds = {"NUMBER_INTEGER": float, "NUMBER_DOUBLE": float, "BOOLEAN": bool, "LIST": list, "STRUCT": dict}
    tasks = specs.all_tasks(read["spec"])
    assert {"Trainer", "Notify"} <= tasks.keys()
    for name, task in tasks.items():
        definitions = read["spec"]["components"][task["componentRef"]["name"]].get("inputDefinitions", {})
        for key, value in task.get("inputs", {}).get("parameters", {}).items():
            kind, constant = definitions["parameters"][key]["parameterType"], value["runtimeValue"]["constant"]
            assert type(constant) is kinds.get(kind, str), f"{name}.{key}: {kind} {constant!r}"
            assert kind != "NUMBER_INTEGER" or constant == int(constant), f"{name}.{key}: {constant!r}"


@pytest.mark.parametrize("where", ["pipeline", "executor", "kubernetes"])
def test_a_field_that_kubeflow_does_not_know_is_an_error(package, tmp_path, where):
    """The check itself: a misspelt field in each of the three messages is seen."""
    pipeline, platform = yaml.safe_load_all(package.read_text())
    label = next(iter(pipeline["deploymentSpec"]["executors"]))
    messages = {
        "pipeline": specs.all_tasks(pipeline)["Trainer"],
        "executor": pipeline["deploymentSpec"]["executors"][label]["container"],
        "kubernetes": platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][label],
    }
    messages[where]["nodeSelectr"] = {}
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump_all([pipeline, platform]))
    done = run_script(NEWEST, "read_package.py", tmp_path / "pipeline.yaml")
    assert done.returncode != 0
    assert "nodeSelectr" in done.stderr
