"""The two stacks: what is locked, how one is chosen, and that the code asks for neither."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
STACKS = ("1.16", "1.21")
PACKAGES = ("pipeline", "components", "model_code", "data", "kubeflow")


def _locked(stack):
    text = (ROOT / "requirements" / f"tfx-{stack}.lock").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", text, flags=re.MULTILINE)), text


def _direct():
    lines = (ROOT / "requirements" / "direct.in").read_text().splitlines()
    return [Requirement(line).name for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("stack", STACKS)
def test_a_lock_pins_every_dependency_with_hashes_and_names_no_host(stack):
    pins, text = _locked(stack)
    assert pins["tfx"].startswith(stack)
    assert {canonicalize_name(name) for name in _direct()} <= set(pins)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in blocks if block.strip())
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("stack", STACKS)
def test_the_ranges_of_setup_admit_what_is_locked(stack):
    pins, _ = _locked(stack)
    lines = re.findall(r'^        "([a-z][^"]+)",$', (ROOT / "setup.py").read_text(), flags=re.MULTILINE)
    ranges = [Requirement(line) for line in lines]
    assert {requirement.name for requirement in ranges} >= {"tfx", "tensorflow", "numpy"}
    outside = [
        f"{r}: {pins[canonicalize_name(r.name)]}"
        for r in ranges
        if not r.specifier.contains(pins[canonicalize_name(r.name)])
    ]
    assert outside == []


def test_no_code_asks_for_a_version():
    asks = re.compile(r"(version_info|__version__|VERSION)\s*(\[[^]]*\])?\s*(<|>|==|!=)|parse_version")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if asks.search(line)
    ]
    assert found == []


@pytest.fixture
def machine(tmp_path):
    """Chooses on a machine with a given glibc, compiler and Pythons: commands of that name, first on the path."""

    def choose(glibc, order="", compiler=True, pythons=("3.10", "3.13")):
        commands = tmp_path / "bin"
        commands.mkdir(exist_ok=True)
        found = "".join(f'[ "$4" != {version} ] || {{ echo {sys.executable}; exit 0; }}\n' for version in pythons)
        for name, script in {
            "getconf": f'echo "glibc {glibc}"\n',
            "uv": f"{found}exit 1\n",
            "g++": "exit 0\n",
        }.items():
            (commands / name).write_text(f"#!/bin/sh\n{script}")
            (commands / name).chmod(0o755)
        for tool in ("bash", "cut", "sort", "head"):
            if not (commands / tool).exists():
                (commands / tool).symlink_to(subprocess.check_output(["which", tool], text=True).strip())
        if not compiler:
            (commands / "g++").unlink()
        command = [str(commands / "bash"), str(ROOT / "requirements" / "stack.sh"), str(commands / "uv"), order]
        return subprocess.run(command, capture_output=True, text=True, env={"PATH": str(commands)}, check=False)

    return choose


def test_the_newest_that_the_machine_can_run_is_chosen_and_the_reason_said(machine):
    new, old = machine("2.41"), machine("2.36")
    assert new.stdout.splitlines() == ["1.21", "TFX 1.21 on Python 3.13, the newest: this machine has glibc 2.41"]
    assert old.stdout.splitlines()[0] == "1.16"
    assert "because this machine has glibc 2.36" in old.stdout
    without = machine("2.41", compiler=False)
    assert without.stdout.splitlines()[0] == "1.16"
    assert "apt-get install g++" in without.stdout
    assert machine("2.41", pythons=("3.10",)).stdout.splitlines()[0] == "1.16"


def test_an_order_is_an_order_where_it_can_be_met(machine):
    assert machine("2.41", "1.16").stdout.splitlines() == ["1.16", "TFX 1.16 on Python 3.10, as ordered"]
    assert machine("2.41", "1.21").stdout.splitlines()[0] == "1.21"


@pytest.mark.parametrize(
    ("glibc", "order", "more", "reason"),
    [
        ("2.36", "1.21", {}, "this machine has glibc 2.36"),
        ("2.41", "1.16", {"pythons": ("3.13",)}, "Python 3.10, which TFX 1.16 needs, is not here"),
        ("2.41", "1.17", {}, "no such stack; give 1.16 or 1.21"),
        ("2.36", "", {"pythons": ()}, "neither TFX runs here"),
    ],
)
def test_what_is_impossible_is_refused_in_a_line(machine, glibc, order, more, reason):
    done = machine(glibc, order, **more)
    assert done.returncode == 2
    assert done.stdout == ""
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_tfx_starts_without_the_cloud_clients_and_imports_an_extension_that_is_asked_for():
    script = """
import sys
from tfx import v1 as tfx
assert "google.cloud.aiplatform" not in sys.modules
assert not hasattr(tfx.extensions, "nothing_of_this_name")
assert tfx.extensions.google_cloud_big_query.BigQueryExampleGen.__name__ == "BigQueryExampleGen"
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "requirements"), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


def test_what_tfx_only_imports_in_passing_is_run_when_it_is_asked_for():
    script = """
import sys
from tfx import v1 as tfx
import inspect
inspect.getmodule(inspect.currentframe())  # asks every module for its file
assert not {"kubernetes.dynamic.client", "google.cloud.bigquery.client"} & set(sys.modules)
import kubernetes
assert not hasattr(kubernetes.dynamic, "nothing_of_this_name")
assert kubernetes.dynamic.DynamicClient.__name__ == "DynamicClient"
from google.cloud import bigquery
assert bigquery.Client.__module__ == "google.cloud.bigquery.client"
import importlib.resources
assert (importlib.resources.files(bigquery) / "client.py").is_file()
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "requirements"), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


def test_tests_of_a_group_stay_with_one_worker(pytestconfig, request):
    """Fixtures of a file would be made in every worker, silently, if pytest and pytest-xdist disagreed about names."""
    if not pytestconfig.getoption("loadgroup", False):
        pytest.skip("not run by `--dist loadgroup`")
    assert request.node.nodeid.endswith("@tests/test_stacks.py")
