"""Image and manifests, as their files say; nothing is built or applied here."""

import re
from pathlib import Path

import pytest
import yaml

from components.production import registry
from pipeline.commands.schedule import schedule
from pipeline.config import load

ROOT = Path(__file__).resolve().parents[2]
KUBEFLOW = ROOT / "kubeflow"
SERVING = KUBEFLOW / "manifests" / "serving"


def _instructions():
    """The Dockerfile as (instruction, argument), continued lines joined."""
    text = re.sub(r"^#.*\n", "", (KUBEFLOW / "Dockerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def _stages():
    stages = []
    for name, argument in _instructions():
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, argument))
    return stages


def test_the_last_stage_has_no_build_tools_and_is_not_root():
    dependencies, build, final = _stages()
    assert not [argument for name, argument in final if name == "RUN" and re.search(r"apt-get|pip|g\+\+", argument)]
    assert final[0] == ("FROM", "python:3.13-slim-trixie")
    # The environment's interpreter is the same file in all three.
    assert dependencies[0][1].split()[0] == final[0][1]
    assert build[0][1].split()[0] == dependencies[0][1].split()[-1]
    (user,) = [argument for name, argument in final if name == "USER"]
    assert user == "10001:10001"


def test_everything_it_installs_is_hash_checked():
    installs = " ".join(argument for stage in _stages() for name, argument in stage if name == "RUN")
    assert "--require-hashes" in installs
    assert '"requirements/image-${ACCELERATOR}.lock"' in installs
    assert "--no-deps --no-build-isolation" in installs


def test_the_build_context_has_only_the_copied_files():
    copies = [
        argument for stage in _stages() for name, argument in stage if name == "COPY" and "--from" not in argument
    ]
    copied = {word for argument in copies for word in argument.split()[:-1]}
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)


def test_a_change_of_the_code_leaves_the_large_layer_as_it_is():
    """Nothing of ours but `requirements/` is there when the layer of the dependencies is made."""
    dependencies, *_ = _stages()
    assert [argument for name, argument in dependencies if name == "COPY"] == ["requirements ./requirements"]


def test_the_labels_tell_what_setup_tells():
    setup = (ROOT / "setup.py").read_text()
    (text,) = [argument for name, argument in _stages()[-1] if name == "LABEL"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\S+)="([^"]*)"', text))
    for label, field in {
        "title": "name",
        "description": "description",
        "version": "version",
        "licenses": "license",
    }.items():
        assert f'{field}="{labels[label]}"' in setup
    assert labels["base.name"] == _stages()[-1][0][1]


def test_no_secret_is_in_the_instructions():
    assert not [line for line in _instructions() if re.search(r"passw|secret|token|_key|://\S+@", " ".join(line), re.I)]


@pytest.mark.parametrize("path", sorted((KUBEFLOW / "manifests").rglob("*.yaml")), ids=lambda path: path.name)
def test_a_manifest_names_its_kind(path):
    for document in yaml.safe_load_all(path.read_text()):
        assert {"apiVersion", "kind", "metadata"} <= document.keys()
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", document["metadata"]["name"])


@pytest.mark.parametrize("path", sorted((KUBEFLOW / "manifests").rglob("*.yaml")), ids=lambda path: path.name)
def test_kubernetes_has_every_field_of_a_manifest(path):
    """Kubernetes' own schemas, strictly: a field that is misspelt or misplaced is an error."""
    validator = pytest.importorskip(
        "kubernetes_validate", reason="NO MANIFEST IS VALIDATED: kubernetes-validate is missing"
    )
    for document in yaml.safe_load_all(path.read_text()):
        for version in ("1.30", validator.latest_version()):
            validator.validate(document, version, strict=True)


def test_a_new_volume_is_handed_to_the_user_of_the_image():
    job = yaml.safe_load((KUBEFLOW / "manifests" / "volume-owner.yaml").read_text())
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (user,) = [argument for name, argument in _stages()[-1] if name == "USER"]
    assert container["command"] == ["chown", user, load(None, ()).kubeflow.mount_path.as_posix()]
    (volume,) = pod["volumes"]
    claim = yaml.safe_load((KUBEFLOW / "manifests" / "volume.yaml").read_text())["metadata"]["name"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim


def _deployment():
    return yaml.safe_load((SERVING / "deployment.yaml").read_text())


def test_the_service_reaches_the_servers_ports():
    pod, service = _deployment()["spec"]["template"], yaml.safe_load((SERVING / "service.yaml").read_text())
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert _deployment()["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"]: port["port"] for port in service["spec"]["ports"]} == ports


def test_the_server_follows_the_push_destination_and_cannot_write_it():
    pod = _deployment()["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    arguments = dict(argument.removeprefix("--").split("=") for argument in container["args"])
    config = load(None, ("workspace=/mnt/ast/workspace",))
    assert arguments["model_base_path"] == str(config.models)
    mount = next(mount for mount in container["volumeMounts"] if mount["name"] == "data")
    assert mount["readOnly"]
    assert Path(mount["mountPath"]) in Path(arguments["model_base_path"]).parents
    assert mount["mountPath"] == str(config.kubeflow.mount_path)
    claim = next(volume for volume in pod["volumes"] if volume["name"] == "data")["persistentVolumeClaim"]["claimName"]
    assert claim == yaml.safe_load((KUBEFLOW / "manifests" / "volume.yaml").read_text())["metadata"]["name"]
    names = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
    assert (names["grpc"], names["http"]) == (arguments["port"], arguments["rest_api_port"])
    assert container["readinessProbe"]["httpGet"]["path"] == f"/v1/models/{arguments['model_name']}"
    assert registry.SAVED_MODEL == "saved_model.pb"  # the file that TF Serving looks for in a version's folder


def test_the_server_is_not_root():
    pod = _deployment()["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def _commands():
    """Returns the pod of the CronJob, and the arguments of `ast-restore` in the CronJob and in the systemd unit."""
    (job,) = (KUBEFLOW / "manifests" / "schedule").glob("*.yaml")
    pod = yaml.safe_load(job.read_text())["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    unit = (ROOT / "docs" / "operate" / "ast-restore.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    return pod, [pod["containers"][0]["args"], line.split()[1:]]


def test_cron_job_and_unit_use_options_that_exist():
    _, commands = _commands()
    for command, *arguments in commands:
        assert command == "schedule"
        schedule.make_context("schedule", list(arguments))


def test_the_cron_job_shares_the_volume_and_the_user_of_the_server():
    pod, _ = _commands()
    server = _deployment()["spec"]["template"]["spec"]
    assert pod["securityContext"] == server["securityContext"]
    claims = [
        [v["persistentVolumeClaim"]["claimName"] for v in one["volumes"] if "persistentVolumeClaim" in v]
        for one in (pod, server)
    ]
    assert claims[0] == claims[1]
    paths = [
        [m["mountPath"] for m in one["containers"][0]["volumeMounts"] if m["name"] == "data"] for one in (pod, server)
    ]
    assert paths[0] == paths[1]
