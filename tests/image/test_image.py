"""What can be told of the image without building it; `make image-test` builds it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.image.check import container_of

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"


def _pins(name):
    text = (REQUIREMENTS / name).read_text()
    return {
        match[1]: (match[2], set(re.findall(r"sha256:(\w+)", match[0])))
        for match in re.finditer(r"^([a-z0-9._-]+)(?:\[[a-z,-]+\])?==(\S+)[^\n]*\n(?:    .*\n?)*", text, re.MULTILINE)
    }


def _names(name):
    lines = (REQUIREMENTS / name).read_text().splitlines()
    return {canonicalize_name(Requirement(line).name) for line in lines if line and line[0] not in "#-"}


def test_the_image_holds_what_the_tests_ran_with():
    tested, image = _pins("tfx-1.21.lock"), _pins("image-cpu.lock")
    assert {name: pin for name, pin in image.items() if tested.get(name) != pin} == {}
    missing = _names("direct.in") - set(image)
    assert missing == set()


def test_the_image_holds_no_test_tool_and_nothing_that_is_excluded():
    image = set(_pins("image-cpu.lock"))
    tools = {
        canonicalize_name(name) for name in ("pytest", "hypothesis", "ruff", "mypy", "mkdocs-material", "import-linter")
    }
    assert image & (tools | _names("image.excludes")) == set()
    assert _names("image.excludes") <= set(_pins("tfx-1.21.lock"))  # an exclusion that excludes nothing is not kept


def test_the_gpu_image_has_cudas_libraries_beside_the_same_packages():
    plain, gpu = _pins("image-cpu.lock"), _pins("image-gpu.lock")
    assert plain.items() <= gpu.items()
    more = set(gpu) - set(plain)
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= more
    assert {name for name in more if not name.startswith("nvidia-")} == set()


@pytest.fixture(scope="module")
def sbom(tmp_path_factory):
    """The list of components, as `make sbom` writes it."""
    if not (ROOT / ".venv-tools" / "bin" / "uv").exists():
        pytest.skip("no .venv-tools: make which fetches uv")
    file = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    command = [str(REQUIREMENTS / "sbom.sh"), "requirements/image-cpu.lock", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Failed to download" in done.stderr or "Failed to fetch" in done.stderr:
        pytest.skip(f"cyclonedx-bom cannot be fetched: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr  # cyclonedx-py has checked it against the schema
    return json.loads(file.read_text())


def test_the_list_of_components_has_each_pin_of_the_lock_with_its_hashes(sbom):
    listed = {
        part["name"]: (
            part["version"],
            {found["content"] for where in part["externalReferences"] for found in where.get("hashes", ())},
        )
        for part in sbom["components"]
    }
    assert listed == _pins("image-cpu.lock")
    assert all(part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}" for part in sbom["components"])


def test_the_list_of_components_says_of_what_and_has_no_date(sbom):
    main = sbom["metadata"]["component"]
    assert f'version="{main["version"]}"' in (ROOT / "setup.py").read_text()
    assert (main["name"], main["type"]) == ("ast-restoration", "application")
    assert main["licenses"][0]["license"]["id"] == "Apache-2.0"
    assert "timestamp" not in sbom["metadata"]
    assert "serialNumber" not in sbom


@pytest.fixture
def environment(tmp_path):
    """A small `site-packages` with one of each kind of what goes, and of what must stay."""
    for name in (
        "tensorflow/__init__.py",
        "tensorflow/include/absl/base.h",
        "tensorflow/include/absl/LICENSE",
        "tensorflow/_api/v2/test/__init__.py",
        "pandas/__init__.py",
        "pandas/tests/test_frame.py",
        "pandas/tests/LICENSE.txt",
        "scipy/stats/_bws_test.py",
        "tfx/utils/io_test.py",
        "tfx/components/testdata/model.bin",
        "numpy/testing/__init__.py",
        "numpy-2.0.dist-info/licenses/LICENSE.txt",
        "numpy/__pycache__/old.cpython-313.pyc",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"" if name.endswith(".py") else b"x")
    for name in ("pyarrow/include", "apache_beam/examples", "tfx/examples", "cv2/data"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def _slim(environment, modules):
    """Runs slim.py as the image's build does, with other modules."""
    script = f"""
import sys; sys.path.insert(0, {str(REQUIREMENTS)!r})
from pathlib import Path
import slim
slim.MODULES = {modules!r}
slim.main(Path({str(environment)!r}))
"""
    variables = os.environ | {"PYTHONPATH": str(environment)}
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=variables, check=False)


def test_headers_and_tests_go_and_licences_and_interfaces_stay(environment):
    done = _slim(environment, ("pandas",))
    assert done.returncode == 0, done.stderr
    left = {str(path.relative_to(environment)) for path in environment.rglob("*") if path.is_file()}
    assert {path for path in left if not path.endswith(".pyc")} == {
        "tensorflow/__init__.py",
        "tensorflow/include/absl/LICENSE",
        "tensorflow/_api/v2/test/__init__.py",
        "pandas/__init__.py",
        "pandas/tests/LICENSE.txt",
        "scipy/stats/_bws_test.py",
        "numpy/testing/__init__.py",
        "numpy-2.0.dist-info/licenses/LICENSE.txt",
    }
    # Only what is imported has bytecode.
    assert {Path(path).name.split(".")[0] for path in left if path.endswith(".pyc")} == {"__init__"}
    assert [Path(path).parts[0] for path in left if path.endswith(".pyc")] == ["pandas"]


def test_a_folder_that_a_library_has_moved_is_noticed(environment):
    (environment / "pyarrow" / "include").rename(environment / "pyarrow" / "headers")
    done = _slim(environment, ("pandas",))
    assert done.returncode != 0
    assert "pyarrow/include" in done.stderr


def test_an_environment_from_which_too_much_has_gone_fails(environment):
    (environment / "tensorflow" / "__init__.py").write_text("import tensorflow.include.base\n")
    done = _slim(environment, ("tensorflow",))
    assert done.returncode != 0
    assert "tensorflow.include" in done.stderr


def test_what_cannot_be_tested_here_is_said(tmp_path):
    """Without buildah the command says so and ends with 75, so that nobody takes it for tested."""
    if os.getuid() != 0:
        pytest.skip("root only")
    for tool in ("bash", "dirname", "grep", "id"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    command = [str(tmp_path / "bash"), str(ROOT / "tests" / "image" / "run.sh")]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PATH": str(tmp_path), "HOME": "/"}, check=False
    )
    assert done.returncode == 75
    assert "THE IMAGE IS NOT TESTED: there is no buildah" in done.stderr


def test_the_check_fills_a_containers_arguments_as_kubeflows_driver_does():
    """`make image-test` runs in minutes and as root only, so that nothing else would tell when the driver changes."""
    kind = {"artifactType": {"instanceSchema": "title: T"}}
    spec = {
        "pipelineInfo": {"name": "ast"},
        "defaultPipelineRoot": "minio://bucket/root",
        "root": {"dag": {"tasks": {"one": {"componentRef": {"name": "one"}}}}},
        "components": {"one": {"executorLabel": "x", "outputDefinitions": {"artifacts": {"model": kind}}}},
        "deploymentSpec": {"executors": {"x": {"container": {"command": ["python"], "args": ["--given", "{{$}}"]}}}},
    }
    command, (option, given), addresses = container_of(spec, "one", "/mnt/output.json")
    assert (command, option) == (["python"], "--given")
    assert json.loads(given)["outputs"]["outputFile"] == "/mnt/output.json"
    assert {Path(address).name for address in addresses} == {"model", "executor-logs"}
