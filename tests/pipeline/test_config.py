"""The configuration: valid files, overrides, and the errors for invalid ones."""

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from data.errors import InputError
from data.renamed import RenamedWarning
from pipeline.config import CONFIGS, Config, load


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_configuration_is_valid_and_keeps_its_values(file):
    """Every value of the file is in the loaded tree, by its name there and by its path."""
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    resolved = load(file).model_dump(mode="json")
    assert written
    _assert_contains(resolved, written)
    assert load(Path(file.stem)).model_dump(mode="json") == resolved


def _assert_contains(resolved, written):
    for key, value in written.items():
        if isinstance(value, dict):
            _assert_contains(resolved[key], value)
        elif not isinstance(value, list):  # an item of a list may leave out keys that have defaults
            assert resolved[key] == value, key
        else:
            assert len(resolved[key]) == len(value), key


def test_the_resolved_configuration_reads_back_as_itself(tmp_path):
    config = load(None, ("train.seed=5", f"workspace={tmp_path}"))
    again = tmp_path / "resolved.yaml"
    again.write_text(config.to_yaml())
    assert load(again) == config


def test_a_value_is_replaced_by_set():
    assert load(None, ("train.seed=7",)).train.seed == 7


def test_paths_do_not_depend_on_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load(None, ("workspace=here", "data.records=there"))
    assert config.workspace == tmp_path / "here"
    assert config.data.records == tmp_path / "there"
    assert config.models == tmp_path / "here" / "models"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train:\n  sede: 1", r"unknown key train\.sede \(did you mean seed\?\)"),
        ("worksapce: x", r"unknown key worksapce \(did you mean workspace\?\)"),
        ("train:\n  seed: many", r"train\.seed: .*got 'many'"),
        ("- a\n- b", "expected `key: value` lines, not a list"),
        ("a: [", "not YAML"),
    ],
)
def test_a_bad_file_gives_one_line_that_names_the_key(tmp_path, text, message):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_file_names_those_that_are_there(tmp_path):
    with pytest.raises(InputError, match=r"No such file.*demo"):
        load(tmp_path / "absent.yaml")


@pytest.mark.parametrize("override", ["seed", "=1", "train.=1", "name.deeper=1"])
def test_a_bad_override_is_named(override):
    with pytest.raises(InputError, match="--set"):
        load(None, ("name=x", override))


def test_a_renamed_key_still_works_and_says_so():
    with pytest.warns(RenamedWarning, match="kubeflow.every_task is now kubeflow.default_task"):
        config = load(None, ("kubeflow.every_task={cpu_limit: 2}",))
    assert config.kubeflow.default_task.cpu_limit == 2


def test_no_whole_number_may_be_absurdly_large():
    """What passes here reaches TensorFlow, OpenCV and Kubernetes, whose errors name no key."""
    limits = dict(_largest_integers(Config.model_json_schema(), "config"))
    assert len(limits) > 40
    assert {key: most for key, most in limits.items() if most is None or most >= 2**31} == {
        "config.$defs.DataSettings.properties.evaluation": 2**63 - 1  # a time may number spans
    }


def _largest_integers(schema, path):
    """Yields the largest value of each integer in a JSON schema, None where there is none."""
    if isinstance(schema, list):
        for part in schema:
            yield from _largest_integers(part, path)
    elif isinstance(schema, dict):
        if schema.get("type") == "integer":
            yield path, schema.get("maximum")
        for key, part in schema.items():
            yield from _largest_integers(part, path if key in ("anyOf", "items") else f"{path}.{key}")


@pytest.mark.parametrize(
    ("override", "limit"),
    [
        ("model.img_size=100000000000000000000", "4096"),
        ("model.depths=[1, 1, 1, 1, 100000000000000000000, 1, 1, 1, 1]", "128"),
        ("train.stages=[{steps: 100000000000000000000}]", "1000000000"),
        ("tune.win_size=[8, 100000000000000000000]", "128"),
        ("pairs.limits.max_pixels=100000000000000000000", "1000000000"),
    ],
)
def test_an_absurd_number_is_refused_with_its_key_and_limit(override, limit):
    key = override.partition("=")[0]
    with pytest.raises(
        InputError, match=rf"--set {key}=.*: {key}.*: input should be less than or equal to {limit} \(got 1"
    ):
        load(None, (override,))


@pytest.mark.parametrize(
    "override",
    [
        "train.stages=[{learning_rate: .inf}]",
        "train.optimizer.clip_norm=.inf",
        "train.loss={l1: .nan}",
        "train.augment.mixup=1e400",  # YAML's text, and pydantic's infinity
        "gate.slice_gains_psnr={light: -.inf}",
        "pairs.thresholds.max_shift=.inf",
    ],
)
def test_no_number_is_infinite_or_none(override):
    with pytest.raises(InputError, match=r"--set .*: (train|gate|pairs)\..*: input should be (a finite number|less)"):
        load(None, (override,))


@pytest.mark.parametrize("override", ["train.augment.rain=yes", "train.seed=true", "train.loss={l1: on}"])
def test_yes_is_no_number(override):
    with pytest.raises(InputError, match="yes, no, true and false are no numbers"):
        load(None, (override,))


@pytest.mark.parametrize(
    "key", ["workspace", "data.records", "push_directory", "signing_key", "train.perceptual_model", "train.warm_start",
            "notify.webhook_variable", "mlflow.tracking_uri_variable", "kubeflow.volume_claim"],
)  # fmt: skip
def test_an_empty_text_is_no_setting(key):
    """As a variable that is not set gives it; an empty path would be the working directory."""
    with pytest.raises(InputError, match=f"--set {key}=.*{key}: "):
        load(None, (f'{key}=""',))


@pytest.mark.parametrize(
    "override",
    [
        "notify.webhook_variable=https://user:pass@hooks.example/T0ken",
        "mlflow.tracking_uri_variable=http://hooks.example/T0ken",
        "train.seed=https://user:pass@hooks.example/T0ken",
        "unknown=https://hooks.example/T0ken",
    ],
)
def test_no_error_repeats_an_address_wherever_it_stands(override):
    with pytest.raises(InputError) as caught:
        load(None, (override,))
    assert "T0ken" not in str(caught.value)
    assert override.partition("=")[0] in str(caught.value)


@pytest.mark.parametrize(
    "override",
    [
        "kubeflow.volume_claim=my claim",
        "kubeflow.image_pull_secrets=[../x]",
        "kubeflow.secrets=[{secret: A_b, key: k, variable: V}]",
        "kubeflow.secrets=[{secret: ab, key: a/b, variable: V}]",
        "kubeflow.mount_path=mnt",
        "kubeflow.mount_path=/",
        "kubeflow.tasks={Trainer: {memory_limit: 1.0e+300}}",
    ],
)
def test_what_kubernetes_would_refuse_at_a_runs_first_task_is_refused_here(override):
    with pytest.raises(InputError, match="--set kubeflow"):
        load(None, (override,))


def test_every_section_and_every_key_is_described():
    assert [path for path, description in _descriptions(Config, "config") if not description] == []


def _descriptions(model, path):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield f"{path}.{name}", field.annotation.__doc__
            yield from _descriptions(field.annotation, f"{path}.{name}")
        else:
            yield f"{path}.{name}", field.description


def test_a_renamed_path_in_an_override_meets_the_file_that_uses_the_new_name():
    with pytest.warns(RenamedWarning, match="is now train.divergence"):
        config = load(None, ("train.divergence.max_rollbacks=7", "train.guard.bad_steps=5"))
    assert (config.train.divergence.max_rollbacks, config.train.divergence.max_nonfinite_steps) == (7, 5)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "train.loss.sim=1",
            r"--set train\.loss\.sim=1: unknown key train\.loss\.sim \(known: 'charbonnier', 'l1', .*\)",
        ),
        ("train.seed=many", r"--set train\.seed=many: train\.seed: .*\(got 'many'\)"),
        ("train.seed=010", r"--set train\.seed=010: .*octal"),
        ("train.stages=[{patch: 64, batsh: 1}]", r"unknown key train\.stages\.0\.batsh \(did you mean batch\?\)"),
        ("train={seed: 1, seed: 2}", "key seed stands in line 1 already"),
        ("name=X" + "x" * 5000, r"--set name=Xx{74}\.\.\.: name: .*\.\.\.\)$"),
        ("data={records: [1, 2]}", "--set data={records"),
    ],
)
def test_an_error_of_an_override_names_the_override_and_not_the_file(override, message):
    with pytest.raises(InputError, match=message) as caught:
        load(None, (override,))
    assert "demo.yaml" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_file_with_many_faults_names_a_few_and_counts_the_others(tmp_path):
    file = tmp_path / "many.yaml"
    file.write_text("".join(f"key{number}: 1\n" for number in range(100)))

    with pytest.raises(InputError, match=r"unknown key key4 .*and 95 more") as caught:
        load(file)
    assert len(str(caught.value)) < 2500


def test_a_home_directory_is_expanded_in_every_path(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    config = load(None, ("push_directory=~/models", "workspace=~/work", "data.records=~/records"))

    assert (config.push_directory, config.workspace, config.data.records) == (
        tmp_path / "models",
        tmp_path / "work",
        tmp_path / "records",
    )


@pytest.mark.parametrize("key", ["workspace", "push_directory", "data.records"])
@pytest.mark.parametrize("folder", ["/data/set[1]", "/data/*", "~nobody-of-this-name/x", '"/data/\\0"'])
def test_a_path_that_cannot_work_is_refused_at_once(key, folder):
    with pytest.raises(InputError, match=f"--set {key}="):
        load(None, (f"{key}={folder}",))


def test_a_byte_order_mark_is_skipped_and_another_encoding_is_named(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: marked\n")
    assert load(file).name == "marked"
    file.write_bytes("name: ümlaut\n".encode("latin-1"))
    with pytest.raises(InputError, match="not YAML in UTF-8"):
        load(file)
