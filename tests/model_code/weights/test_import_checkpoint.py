"""Checkpoints as PyTorch writes them: read without it, refused where they would run code or do not fit."""

import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from click.testing import CliRunner

from data.errors import InputError
from model_code.network import build
from model_code.saved_model.loading import load_restorer
from model_code.weights import reference_weights
from model_code.weights.torch_checkpoint import read_state_dict
from pipeline.commands.models.import_checkpoint import import_model


class _Stored:
    """A tensor, for the pickler below."""

    def __init__(self, array):
        self.array = array


def _global(module, name):
    """Returns an object that is pickled as that name."""
    stand_in = type(name, (), {"__module__": module})
    sys.modules.setdefault(module, types.ModuleType(module))
    setattr(sys.modules[module], name, stand_in)
    return stand_in


@pytest.fixture
def save(monkeypatch, tmp_path):
    """Returns a function that writes an object to a file in the format of `torch.save`."""
    for module in ("torch", "torch._utils"):
        monkeypatch.setitem(sys.modules, module, types.ModuleType(module))
    rebuild = _global("torch._utils", "_rebuild_tensor_v2")
    kinds = {"float32": "FloatStorage", "float16": "HalfStorage", "int64": "LongStorage"}
    storages = {dtype: _global("torch", name) for dtype, name in kinds.items()}

    def write(content, name="checkpoint.pth", alter=lambda arguments: arguments):
        arrays = []

        class Pickler(pickle.Pickler):
            def persistent_id(self, value):
                return value if isinstance(value, tuple) and value[:1] == ("storage",) else None

            def reducer_override(self, value):
                if not isinstance(value, _Stored):
                    return NotImplemented
                array = value.array
                if not (array.flags.c_contiguous or array.flags.f_contiguous):
                    array = np.ascontiguousarray(array)
                arrays.append(array)
                storage = ("storage", storages[array.dtype.name], str(len(arrays) - 1), "cpu", array.size)
                strides = tuple(stride // array.itemsize for stride in array.strides)
                return rebuild, alter((storage, 0, array.shape, strides, False, OrderedDict()))

        stream = io.BytesIO()
        Pickler(stream, protocol=2).dump(content)
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", stream.getvalue())
            for number, array in enumerate(arrays):
                archive.writestr(f"archive/data/{number}", array.tobytes(order="A"))
        return path

    return write


def _state(seed=3):
    """Weights of micro8 as the authors' trainer keeps them."""
    arrays = reference_weights.to_reference(build.build("micro8", 64, seed=seed))
    return arrays, OrderedDict((f"module.{key}", _Stored(array)) for key, array in arrays.items())


def test_arrays_are_read_as_written(save):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    content = {
        "epoch": 7,
        "state_dict": OrderedDict(
            a=_Stored(values), t=_Stored(values.T), h=_Stored(values.astype(np.float16)), n=_Stored(np.array([3]))
        ),
        "optimizer": {"state": {0: _Stored(values)}, "param_groups": [{"lr": 1e-4}]},
    }
    read = read_state_dict(save(content))
    assert list(read) == ["a", "t", "h", "n"]
    np.testing.assert_array_equal(read["a"], values)
    np.testing.assert_array_equal(read["t"], values.T)
    assert read["h"].dtype == np.float16
    assert read["n"].tolist() == [3]


def test_an_imported_model_restores_as_the_network_with_these_weights(save, tmp_path):
    arrays, state = _state()
    path = save({"epoch": 1, "state_dict": state})
    done = CliRunner().invoke(import_model, [str(path), str(tmp_path / "m"), "--variant", "micro8", "--img-size", "64"])
    assert done.exit_code == 0, done.output
    model = build.build("micro8", 64, seed=99)
    reference_weights.load_reference_weights(model, arrays)
    images = np.random.default_rng(0).random((2, 40, 72, 3), dtype=np.float32)
    served = load_restorer(tmp_path / "m").restore_tensor(images)
    np.testing.assert_allclose(served, model(images, training=False), rtol=0, atol=1e-6)


class _Harmful:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"state_dict": {"a": _Harmful()}}, "would run"),
        ({"epoch": 3}, "no weights"),
        ([1, 2], "no weights"),
    ],
)
def test_checkpoints_with_code_or_without_weights_are_refused(save, capsys, content, message):
    path = save(content)
    with pytest.raises(InputError, match=message) as refused:
        read_state_dict(path)
    assert str(refused.value).startswith(str(path))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda a: (a[0], 1, *a[2:]), "lies outside"),
        (lambda a: (*a[:3], (3, -1), *a[4:]), "lies outside"),
        (lambda a: (*a[:2], (4096, 4096), (0, 0), *a[4:]), "repeats"),
        (lambda a: (("storage", "FloatStorage", "../../x", "cpu", 6), *a[1:]), "damaged"),
    ],
)
def test_a_view_outside_its_numbers_is_refused(save, alter, message):
    path = save({"state_dict": {"a": _Stored(np.zeros((2, 3), np.float32))}}, alter=alter)
    with pytest.raises(InputError, match=message):
        read_state_dict(path)


def test_files_of_other_formats_are_reported(save, tmp_path):
    whole = save({"state_dict": {"a": _Stored(np.zeros(100, np.float32))}}).read_bytes()
    for name, content in {"text.pth": b"not a zip", "empty.pth": b"", "short.pth": whole[: len(whole) // 2]}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=f"{name}: not a checkpoint"):
            read_state_dict(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_state_dict(tmp_path / "absent.pth")


def test_misfitting_keys_are_listed_and_nothing_is_written(save, tmp_path):
    _, state = _state()
    state["module.extra"] = _Stored(np.zeros(2, np.float32))
    state["module.input_proj.proj.0.bias"] = _Stored(np.zeros(9, np.float32))
    del state["module.output_proj.proj.0.bias"]
    path = save({"state_dict": state})
    with pytest.raises(InputError) as refused:
        import_model.main(
            [str(path), str(tmp_path / "m"), "--variant", "micro8", "--img-size", "64"], standalone_mode=False
        )
    for message in ("1 missing: output_proj.proj.0.bias", "1 not known: extra", "input_proj.proj.0.bias (9,) for (8,)"):
        assert message in str(refused.value)
    assert not list(tmp_path.glob("m*"))


def test_an_existing_folder_is_not_overwritten(save, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="there is something already"):
        import_model.main([str(save({})), str(tmp_path / "m"), "--variant", "micro8"], standalone_mode=False)


def _nested_tuple(depth):
    """Returns a tuple whose hash takes 2**depth steps: each level holds the level below twice."""
    value = ()
    for _ in range(depth):
        value = (value, value)
    return value


def _compress(path):
    """Writes the archive again, compressed: zeros become almost nothing."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("as_list", [False, True], ids=["one key", "many keys"])
def test_a_key_of_endless_work_is_refused_at_once(tmp_path, as_list):
    # Written by hand: Python's own pickler would hash the key.
    levels = b")" + b"".join(b"q%c" % n + b"h%c" % n + b"\x86" for n in range(60))
    item = b"(" + levels + b"K\x01u" if as_list else levels + b"K\x01s"
    path = tmp_path / "endless.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}" + item + b".")

    with pytest.raises(InputError, match="a key is a tuple, not a name"):
        read_state_dict(path)


def test_many_arrays_over_one_file_of_numbers_are_refused(save):
    shared = np.zeros(2**20, np.float32)
    path = save(
        {"state_dict": {f"a{n}": _Stored(shared) for n in range(200)}},
        alter=lambda a: (("storage", a[0][1], "0", "cpu", a[0][4]), *a[1:]),
    )
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in ("archive/data.pkl", "archive/data/0")}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)

    with pytest.raises(InputError, match="repeats numbers"):
        read_state_dict(path)
    _compress(path)
    with pytest.raises(InputError, match="compressed"):
        read_state_dict(path)


@pytest.mark.parametrize("dtype", [_nested_tuple(50), "x" * 10**6, 7], ids=["nested", "long", "number"])
def test_a_strange_storage_is_refused_in_a_short_line(save, dtype):
    path = save(
        {"state_dict": {"a": _Stored(np.zeros(3, np.float32))}}, alter=lambda a: (("storage", dtype, *a[0][2:]), *a[1:])
    )

    with pytest.raises(InputError, match="refused") as refused:
        read_state_dict(path)
    assert len(str(refused.value)) < 500
