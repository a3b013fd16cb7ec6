"""The precision that `auto` stands for, and that a resumed training keeps."""

import json

import pytest
import tensorflow as tf
import tf_keras as keras

from data.errors import InputError
from model_code.settings import TrainSettings
from model_code.training import precision

PROCESSORS = {
    "flags\t\t: fpu sse2 avx512f avx512_bf16 avx512vl": "mixed_bfloat16",
    "flags\t\t: fpu sse2 amx_bf16 amx_tile": "mixed_bfloat16",
    "flags\t\t: fpu sse2 avx512f avx512_vnni": "float32",
    "model name\t: a processor that names avx512_bf16": "float32",
}


@pytest.fixture
def processor(monkeypatch):
    """Sets the flags of the processor."""

    def set_flags(*flags):
        monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))

    return set_flags


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a GPU decides here, not the processor")
@pytest.mark.parametrize(("line", "expected"), PROCESSORS.items())
def test_auto_follows_the_flags_of_the_processor(line, expected, tmp_path, processor):
    file = tmp_path / "cpuinfo"
    file.write_text(f"processor\t: 0\n{line}\n")
    processor(*precision.cpu_flags(file))

    settings = precision.resolved(TrainSettings(), tmp_path / "checkpoints")

    assert settings.precision == expected


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [([(8, 6)], "mixed_bfloat16"), ([(9, 0), (7, 5)], "float32"), ([(8, 0), (12, 0)], "mixed_bfloat16")],
)
def test_auto_follows_the_weakest_gpu(capabilities, expected, monkeypatch, processor):
    processor()
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: list(range(len(capabilities))))
    details = [{"compute_capability": capability} for capability in capabilities]
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details[gpu])
    chosen, reason = precision.machine_precision(TrainSettings())
    assert chosen == expected
    weakest = min(capabilities)
    assert reason == f"a GPU of compute capability {weakest[0]}.{weakest[1]}"


def test_a_system_without_cpuinfo_has_no_flags(tmp_path):
    assert precision.cpu_flags(tmp_path / "missing") == frozenset()


def test_a_resumed_training_keeps_the_precision_it_began_with(tmp_path, processor):
    processor("avx512_bf16")
    begun = precision.resolved(TrainSettings(), tmp_path)
    processor()

    resumed = precision.resolved(TrainSettings(), tmp_path)

    assert resumed.precision == begun.precision == "mixed_bfloat16"
    assert precision.resolved(TrainSettings(), tmp_path / "other").precision == "float32"


def test_a_stated_precision_is_left_and_stores_nothing(tmp_path, processor):
    processor("avx512_bf16")

    assert precision.resolved(TrainSettings(precision="float32"), tmp_path).precision == "float32"
    assert list(tmp_path.iterdir()) == []


def test_several_workers_compute_in_float32(tmp_path, processor):
    processor("amx_bf16")

    assert precision.resolved(TrainSettings(distribution="multi_worker"), tmp_path).precision == "float32"


@pytest.mark.parametrize("content", ["", "[]", '{"precision": "int8"}', "\0"])
def test_a_damaged_choice_is_reported_in_one_line(content, tmp_path):
    (tmp_path / precision.FILE_NAME).write_text(content)

    with pytest.raises(InputError, match=f"{precision.FILE_NAME}: the precision .* cannot be read"):
        precision.resolved(TrainSettings(), tmp_path)


def test_the_choice_is_plain_json(tmp_path, processor):
    processor("avx512_bf16")
    precision.resolved(TrainSettings(), tmp_path)

    assert json.loads((tmp_path / precision.FILE_NAME).read_text()) == {"precision": "mixed_bfloat16"}


def test_the_global_setting_is_restored_and_layers_keep_theirs():
    with precision.computing_in("mixed_bfloat16"):
        layer = keras.layers.Dense(2)

    assert layer.compute_dtype == "bfloat16"
    assert keras.mixed_precision.global_policy().name == "float32"
